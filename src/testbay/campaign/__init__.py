"""A run: which cases, against which system, in which order, with which journal."""
