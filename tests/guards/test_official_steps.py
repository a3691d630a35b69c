"""Every numbered message of the official step tables is declared, with its number and sender.

``steps_16.json`` and ``steps_201.json`` hold facts only: ids, sections (of 2.0.1 the letter of the
functional block), and for each numbered step its kind, sender, messages and flags (o optional,
a any order, r repeated).
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from testbay.scenario.case import TestCase
from testbay.scenario.checks import eq
from testbay.scenario.describe import Description, Step, describe
from testbay.scenario.test import Test

from . import guarded

ALLOWED: dict[tuple[str, int], str] = {
    ("station Authorized", 3): "A case with a step of its own for this status judges it there.",
    ("station Authorized", 4): "A case with a step of its own for this status judges it there.",
    ("station Authorized15118", 3): "The event that comes of the authorization has to be taken.",
    ("station Authorized15118", 4): "The event that comes of the authorization has to be taken.",
    ("station Booted", 1): "The table leaves it to the case; TC_B_45_CS asks in its step 5.",
    ("station Booted", 2): "The table leaves it to the case; TC_B_45_CS asks in its step 5.",
    ("station EVConnectedPostSession", 3): "Never due: DataSigned is no stop point (erratum 2.24).",
    ("station EVConnectedPostSession", 4): "Never due: DataSigned is no stop point (erratum 2.24).",
    ("TC_G_13_CS", 3): "Nothing has changed, so only another status than Unavailable is wrong.",
    ("TC_G_13_CS", 4): "Nothing has changed, so only another status than Unavailable is wrong.",
    ("TC_046_2_CS", 5): "The Authorize of the state Charging, which is step 5, may stay away.",
    ("TC_049_CS", 5): "The Authorize of the state Charging, which is step 5, may stay away.",
}
"""Steps that are declared otherwise: case or state, number, and why. The case has a reading."""

FILES = {"1.6": "steps_16.json", "2.0.1": "steps_201.json"}
_SENT = ("expect", "maybe", "call")
_QUIET = ("nothing", "forbid")


@dataclass(frozen=True, slots=True)
class Official:
    """A numbered step of an official table."""

    number: int
    kind: str
    side: str
    actions: tuple[str, ...]
    flags: str = ""

    def __str__(self) -> str:
        what = "/".join(self.actions)
        return f"step {self.number}: {what} {self.kind} of the {self.side}"


@functools.cache
def index(version: str) -> dict[str, Any]:
    """Return the index of a version."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / FILES[version]).read_text("utf-8"))
    return found


def official(rows: Iterable[Any]) -> tuple[Official, ...]:
    """Return the messages of a table."""
    made = (Official(r[0], r[1], r[2], tuple(r[3].split("|")), *r[4:]) for r in rows)
    return tuple(s for s in made if s.kind in ("call", "answer") and s.actions != ("",))


def _declares(step: Step, wanted: Official, sut: str) -> bool:
    kind = "answer" if step.verb == "answer" else "call" if step.verb in _SENT else ""
    return (
        kind == wanted.kind
        and step.number == str(wanted.number)
        and step.direction == ("sut" if wanted.side == sut else "tool")
        and any(action in wanted.actions for action in step.actions)
    )


def differences(
    name: str, table: tuple[Official, ...], declared: list[Step], sut: str
) -> Iterator[tuple[int, str]]:
    """Yield how the declared steps differ from a table: the number and a sentence."""
    for wanted in table:
        found = [s for s in declared if _declares(s, wanted, sut)]
        if not found:
            yield wanted.number, f"{name} lacks {wanted}"
        elif wanted.kind == "call" and "o" not in wanted.flags and all(s.optional for s in found):
            yield wanted.number, f"{name} has {wanted} as optional"
    called = {str(w.number) for w in table if w.kind == "call"}
    for step in declared:
        if step.verb not in (*_SENT, "answer") or not step.number.isdigit():
            continue
        events = all(a.startswith("@") for a in step.actions)
        follows = step.verb == "answer" and str(int(step.number) - 1) in called
        if not events and not follows and not any(_declares(step, w, sut) for w in table):
            yield int(step.number), f"{name} invents step {step.number}: {step.what} {step.verb}"


def problems(described: Iterable[Description], allowed: Mapping[tuple[str, int], str]) -> list[str]:
    """Return what cases and states declare otherwise than the tables, and needless allowances."""
    found: dict[tuple[str, int, str], None] = {}
    explained: set[str] = set()
    for case in described:
        tables = index(case.ocpp)
        entry = tables["cases"].get(case.id)
        explained |= {case.id} if case.readings else set()
        if entry is not None:
            own = [s for s in case.steps if not s.inside] + list(_spread(case))
            for number, text in differences(case.id, official(entry["steps"]), own, case.sut):
                found[case.id, number, text] = None
        for name, title, inner in _states(case):
            if (entry := tables["states"].get(title)) is not None:
                explained |= {title} if case.readings else set()
                for number, text in differences(name, official(entry["steps"]), inner, case.sut):
                    found[title, number, text] = None
    texts = [t for name, n, t in found if (name, n) not in allowed or name not in explained]
    needed = {(name, n) for name, n, _ in found}
    texts += [
        f"{name} step {n}: the allowance is not needed"
        for name, n in allowed
        if (name, n) not in needed
    ]
    return texts


def _spread(case: Description) -> Iterator[Step]:
    """Yield the messages of states of our own that stand for one step, as that step."""
    for row, title, inner in _carried_out(case):
        if row.verb == "run" and not title and row.inside.isdigit():
            for step in inner:
                number = int(row.inside) + (step.direction == "tool")
                if step.verb in (*_SENT, "answer"):
                    yield replace(step, label=str(number))


def _states(case: Description) -> Iterator[tuple[str, str, list[Step]]]:
    """Yield the states of a case: a name for messages, the key in the index, the steps."""
    for row, title, inner in _carried_out(case):
        yield f"state {row.state}", title, inner


def _carried_out(case: Description) -> Iterator[tuple[Step, str, list[Step]]]:
    """Yield what carries out a state, the key of the state in the index, and its steps."""
    known = {re.sub(r"[^a-z0-9]", "", k.lower()): k for k in index(case.ocpp)["states"]}
    for row in case.steps:
        if not row.state or row.verb not in ("reach", "run"):
            continue
        title = re.sub(r"[^a-z0-9]", "", row.state.partition("(")[0].lower())
        inner = [s for s in case.steps if s.inside == row.label]
        yield row, known.get(f"{case.sut}{title}", ""), inner


def _section(module: str) -> str:
    """Return the section that the name of a module begins with, ``s2_05_``, ``b_`` or ``b1_``."""
    if numbers := re.match(r"s(\d+)_(\d+)_", module):
        return f"{int(numbers[1])}.{int(numbers[2])}"
    letter = re.match(r"([a-z])\d*_", module)
    return letter[1].upper() if letter else "no section"


def misplaced(cases: Iterable[TestCase]) -> list[str]:
    """Return cases that are not in the table, or not where the table has them."""
    texts, groups = [], dict[tuple[str, str], str]()
    for case in cases:
        entry = index(case.ocpp)["cases"].get(case.id)
        if entry is None:
            texts.append(f"{case.id} is not an official case of OCPP {case.ocpp}")
            continue
        if entry["sut"] != case.sut:
            texts.append(f"{case.id} is a case for a {entry['sut']}, not for a {case.sut}")
        section = _section(case.body.__module__.rpartition(".")[2])
        if section != entry["section"]:
            texts.append(f"{case.id} belongs to section {entry['section']}, not to {section}")
        group = groups.setdefault((case.ocpp, entry["section"]), case.group)
        if case.group != group:
            texts.append(f"{case.id} is in the group {case.group!r}, its section is {group!r}")
    return texts


# -- the project ----------------------------------------------------------------------------------


def test_the_cases_declare_the_official_steps() -> None:
    assert problems(guarded.described().values(), ALLOWED) == []


def test_the_cases_are_official_and_in_their_section() -> None:
    assert misplaced(guarded.cases().values()) == []


# -- the guard sees what is wrong -----------------------------------------------------------------


async def tc_003_cs(t: Test) -> None:
    await t.expect(1, "StatusNotification", eq("status", "Preparing"))
    await t.maybe(3, "Authorize")
    await t.expect(5, "StopTransaction")
    await t.expect(9, "StatusNotification")


def _bad(**more: Any) -> TestCase:
    return TestCase("TC_003_CS", "", "station", "1.6", "", tc_003_cs, **more)


LACKING = [
    "TC_003_CS has step 3: Authorize call of the station as optional",
    "TC_003_CS lacks step 5: StartTransaction call of the station",
    "TC_003_CS lacks step 6: StartTransaction answer of the csms",
    "TC_003_CS lacks step 7: StatusNotification call of the station",
    "TC_003_CS lacks step 8: StatusNotification answer of the csms",
    "TC_003_CS invents step 5: StopTransaction expect",
    "TC_003_CS invents step 9: StatusNotification expect",
    "TC_003_CS invents step 10: StatusNotification answer",
]


def test_it_sees_missing_optional_and_invented_steps() -> None:
    assert problems([describe(_bad())], {}) == LACKING


def test_an_allowance_needs_a_reading_and_a_difference() -> None:
    allowed = {("TC_003_CS", number): "why" for number in (3, 5, 6, 7, 8, 9, 10)}
    assert problems([describe(_bad())], allowed) == LACKING
    assert problems([describe(_bad(readings=("So.",)))], allowed) == []
    assert problems([], {("TC_003_CS", 3): "why"}) == [
        "TC_003_CS step 3: the allowance is not needed"
    ]


@pytest.mark.parametrize(
    ("id", "sut", "message"),
    [
        ("TC_999_CS", "station", "TC_999_CS is not an official case of OCPP 1.6"),
        ("TC_003_CS", "csms", "TC_003_CS is a case for a station, not for a csms"),
        ("TC_003_CS", "station", "TC_003_CS belongs to section 2.2, not to no section"),
    ],
)
def test_it_sees_cases_that_are_misplaced(id: str, sut: str, message: str) -> None:
    assert message in misplaced([TestCase(id, "", sut, "1.6", "", tc_003_cs)])


def test_the_index_has_all_cases_and_states() -> None:
    tables = index("1.6")
    assert (len(tables["cases"]), len(tables["states"])) == (184, 20)
    assert (len(index("2.0.1")["cases"]), len(index("2.0.1")["states"])) == (677, 43)
    assert official(tables["cases"]["TC_003_CS"]["steps"])[0] == Official(
        1, "call", "station", ("StatusNotification",)
    )
