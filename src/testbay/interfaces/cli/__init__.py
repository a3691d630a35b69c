"""The command line. Everything that costs time is imported by the command that needs it."""
