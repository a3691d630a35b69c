"""The cases for a station under test, a module for each section of the document."""
