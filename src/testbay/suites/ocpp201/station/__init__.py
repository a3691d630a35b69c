"""The cases against a charging station, one module per functional block of part 6."""
