"""The requirements of the specification, and the test cases that touch them.

A suite holds the ids as data, ``requirements.toml``: a table for each source of them.
"""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

from testbay.campaign.selection import NEAREST
from testbay.campaign.suites import MODULES, load
from testbay.campaign.wrong import Wrong
from testbay.scenario.case import TestCase

REMARKS = {
    "part2": "",
    "added": "added by the errata",
    "removed": "taken back by the errata",
    "cited": "not in the specification, but named by test cases",
}
"""What is said of the requirements in a table of the data."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement, with the cases that touch it in the order of the document.

    Args:
        remark: where it is from, unless it stands in the specification as it is.
        counts: it is one that holds.
    """

    id: str
    cases: tuple[TestCase, ...]
    remark: str
    counts: bool

    @property
    def use_case(self) -> str:
        """The use case that it belongs to."""
        return self.id.partition(".")[0]

    @property
    def block(self) -> str:
        """The letter of the functional block."""
        return self.id[0]


@functools.cache
def requirements(ocpp: str) -> Mapping[str, Requirement]:
    """Return the requirements of a version, sorted; none where its cases name none."""
    data = resources.files(MODULES[ocpp].rpartition(".")[0]).joinpath("requirements.toml")
    if not data.is_file():
        return {}
    by: dict[str, list[TestCase]] = {}
    for case in load(ocpp).cases.values():
        for id in case.requirements:
            by.setdefault(id, []).append(case)
    made = [
        Requirement(id, tuple(by.get(id, ())), REMARKS[table], table in ("part2", "added"))
        for table, use_cases in tomllib.loads(data.read_text("utf-8")).items()
        for use_case, numbers in use_cases.items()
        for id in _ids(use_case, numbers)
    ]
    return {one.id: one for one in sorted(made, key=lambda one: _place(one.id))}


def with_requirements(ocpp: str) -> list[str]:
    """Return the versions whose cases name requirements.

    Args:
        ocpp: the only one that is wanted, or empty.

    Raises:
        Wrong: it is not one of them.
    """
    known = [version for version in MODULES if requirements(version)]
    if ocpp and ocpp not in known:
        raise Wrong(
            f"the test cases of OCPP {ocpp} name no requirements; those of {', '.join(known)} do"
        )
    return [ocpp] if ocpp else known


def find_requirements(name: str, ocpp: str) -> list[tuple[str, list[Requirement]]]:
    """Return the requirement with this id, or all of a use case, for each version that has it.

    Raises:
        Wrong: there is none; the nearest are named.
    """
    wanted = name.upper()
    versions = with_requirements(ocpp)
    found = [
        (version, [r for r in requirements(version).values() if wanted in (r.id, r.use_case)])
        for version in versions
    ]
    if there := [(version, some) for version, some in found if some]:
        return there
    known = [id for version in versions for id in requirements(version)]
    near = difflib.get_close_matches(wanted, known, n=NEAREST, cutoff=0.6)
    hint = f"the nearest: {', '.join(near)}" if near else "one looks like this: E03.FR.05"
    raise Wrong(f"there is no requirement {name} in OCPP {', '.join(versions)}; {hint}")


def _ids(use_case: str, numbers: str) -> Iterator[str]:
    """Yield the ids of ``01-03 05``; the numbers keep their leading zeros."""
    for part in numbers.split():
        first, _, last = part.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield f"{use_case}.FR.{number:0{len(first)}}"


def ranges(ids: Iterable[str]) -> str:
    """Return sorted ids of one use case, those that follow each other as a range."""
    rows: list[list[str]] = []
    for id in ids:
        if rows and _place(id) == (*_place(rows[-1][-1])[:-1], _place(rows[-1][-1])[-1] + 1):
            rows[-1].append(id)
        else:
            rows.append([id])
    parts = [row if len(row) < 3 else [f"{row[0]} to {row[-1]}"] for row in rows]
    return ", ".join(part for row in parts for part in row)


def _place(id: str) -> tuple[str, int]:
    use_case, number = re.fullmatch(r"(\w+)\.FR\.(\d+)", id.upper()).groups()  # type: ignore[union-attr]
    return use_case, int(number)
