"""The cases against a CSMS, one module per functional block of part 6."""
