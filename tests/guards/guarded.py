"""What the guards look at: the cases of all suites, what they do, and the source files."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from testbay.campaign.suites import MODULES, load
from testbay.scenario.case import TestCase
from testbay.scenario.describe import Description, describe

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"


@functools.cache
def cases() -> dict[str, TestCase]:
    """Return the registered cases of all versions."""
    return {id: case for version in MODULES for id, case in load(version).cases.items()}


@functools.cache
def described() -> dict[str, Description]:
    """Return what all cases do, as far as it can be read."""
    made = {}
    for id, case in cases().items():
        try:
            made[id] = describe(case)
        except ValueError:
            continue  # the guard of the form of cases says so
    return made


def modules(*folders: str) -> Iterator[Path]:
    """Yield the Python files in folders of the project, sorted."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def shown(path: Path) -> str:
    """Return a path as a message names it."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Return the files under version control; those that are new and not ignored too."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive
        skipped = re.compile(r"/(\.venv|\.git|__pycache__|build|dist|runs)/")
        return tuple(
            p for p in sorted(ROOT.rglob("*")) if p.is_file() and not skipped.search(f"{p}")
        )
    return tuple(ROOT / line for line in listed.splitlines() if (ROOT / line).is_file())
