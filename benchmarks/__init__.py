"""Benchmarks: ratios measured in one run, so that the speed of the machine does not matter."""
