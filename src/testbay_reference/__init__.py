"""Embedded reference systems: a charging station and a CSMS to test against, and to build with."""
