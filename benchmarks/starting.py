"""How long the command line takes to start, as whole processes."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

COMMANDS = {"testbay --help": 0.3, "testbay list": 0.5, "testbay show --all --json": 1.0}
"""The goal of each command, in seconds."""


def table(runs: int = 7) -> list[tuple[str, float, float]]:
    """Return per command the median seconds and the goal."""
    rows = []
    program = Path(sys.executable).parent / "testbay"
    for command, goal in COMMANDS.items():
        arguments = [str(program), *command.split()[1:]]
        seconds = []
        for _ in range(runs + 1):
            started = perf_counter()
            subprocess.run(arguments, check=True, capture_output=True)
            seconds.append(perf_counter() - started)
        rows.append((command, statistics.median(seconds[1:]), goal))
    return rows
