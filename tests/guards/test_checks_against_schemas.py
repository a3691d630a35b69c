"""Every field and literal in a check exists in the schema of its message; nothing is opaque."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from testbay.protocol.schemas import Field, field
from testbay.protocol.versions import Local, Version, by_name
from testbay.scenario.case import TestCase
from testbay.scenario.checks import Fact, eq, one_of, present
from testbay.scenario.describe import Description, Step, describe
from testbay.scenario.test import Test

from . import guarded

OPAQUE: dict[tuple[str, str], str] = {}
"""Checks whose source does not say what they look at: case, label of the step, and why."""

SIDES: dict[str, tuple[Local, Local]] = {
    "station": ("station", "csms"),
    "csms": ("csms", "station"),
}
_FROM_SUT = ("expect", "maybe", "nothing", "forbid")
_LITERAL = ("eq", "one_of", "not_eq", "contains", "not_contains")
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}


def problems(described: Iterable[Description], opaque: Mapping[tuple[str, str], str]) -> list[str]:
    """Return what is wrong with the checks and payloads of cases."""
    texts: dict[str, None] = {}
    needed = set()
    for case in described:
        version = by_name(case.ocpp)
        for step in case.steps:
            about = f"{case.id} {step.where}"
            texts.update(dict.fromkeys(f"{about}: {t}" for t in _actions(case, step, version)))
            for check in step.checks:
                if not check.known:
                    needed.add((case.id, step.label))
                    if (case.id, step.label) not in opaque:
                        texts[f"{about}: what is judged cannot be read: {check.text}"] = None
                for fact in check.facts:
                    texts.update(dict.fromkeys(f"{about}: {t}" for t in _fact(fact, step, version)))
    unused = [k for k in opaque if k not in needed]
    return [*texts, *(f"{id} {label}: the allowance is not needed" for id, label in unused)]


def _actions(case: Description, step: Step, version: Version) -> Iterator[str]:
    """Yield messages that do not exist, or are sent by the other side."""
    own, other = SIDES[case.sut]
    for action in step.actions:
        if action.startswith("@"):
            continue
        if action not in version.actions:
            yield f"{action} is no message of OCPP {version.name}"
        elif step.verb == "call" and action not in version.sends(other):
            yield f"{action} is not sent by a {other}"
        elif step.verb in _FROM_SUT and action not in version.sends(own):
            yield f"{action} is not sent by a {own}"


def _fact(fact: Fact, step: Step, version: Version) -> Iterator[str]:
    """Yield what is wrong with a path or a literal."""
    messages = [a for a in step.actions if a in version.actions]
    if not fact.path or not messages or any(a.startswith("@") for a in step.actions):
        return
    sides = (False, True) if step.verb in ("check", "review") else (step.response,)
    candidates = (field(version, a, fact.path, side) for a in messages for side in sides)
    found = [f for f in candidates if f is not None]
    if not found:
        yield f"{' and '.join(messages)} has no field {fact.path}"
        return
    for value in fact.values if fact.rule in _LITERAL else ():
        wrong = [w for f in found if (w := _literal(f, value, fact.rule))]
        if len(wrong) == len(found):
            yield wrong[0]


def _literal(known: Field, value: Any, rule: str) -> str:
    if type(value) not in _TYPES:
        return ""
    if known.enum and value not in known.enum and not rule.endswith("contains"):
        return f"{known.path} cannot be {value!r}"
    kind = _TYPES[type(value)]
    fits = kind in known.types or (kind == "integer" and "number" in known.types)
    if known.types and not fits and not rule.endswith("contains"):
        return f"{known.path} cannot be {value!r}, it is of type {' or '.join(known.types)}"
    return ""


# -- the project ----------------------------------------------------------------------------------


def test_checks_name_fields_and_values_that_exist() -> None:
    assert problems(guarded.described().values(), OPAQUE) == []


# -- the guard sees what is wrong -----------------------------------------------------------------


async def wrong_path(t: Test) -> None:
    await t.expect(1, "StatusNotification", eq("state", "Preparing"))


async def wrong_literal(t: Test) -> None:
    await t.expect(1, "StatusNotification", one_of("status", "Preparing", "Prepering"))


async def wrong_type(t: Test) -> None:
    await t.expect(1, "StatusNotification", where=eq("connectorId", "1"))


async def wrong_payload(t: Test) -> None:
    await t.call(1, "Reset", {"type": "Cold", "when": "now"})


async def wrong_reply(t: Test) -> None:
    await t.expect(1, "Authorize", reply={"idTagInfo": {"status": "Refused"}})


async def wrong_part(t: Test) -> None:
    answer = await t.call(1, "GetConfiguration", {})
    t.check(2, present("[0].name"), answer["configurationKey"])


async def wrong_sender(t: Test) -> None:
    await t.call(1, "StartTransaction", {})
    await t.nothing(3, "Reset", during=1)
    await t.expect(5, "Hearbeat")


async def opaque_check(t: Test) -> None:
    answer = await t.call(1, "GetConfiguration", {})
    await t.expect(3, "Heartbeat", answer["check"])


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (wrong_path, ["StatusNotification has no field state"]),
        (wrong_literal, ["status cannot be 'Prepering'"]),
        (wrong_type, ["connectorId cannot be '1', it is of type integer"]),
        (wrong_payload, ["type cannot be 'Cold'", "Reset has no field when"]),
        (wrong_reply, ["idTagInfo.status cannot be 'Refused'"]),
        (wrong_part, ["GetConfiguration has no field configurationKey[0].name"]),
        (
            wrong_sender,
            [
                "StartTransaction is not sent by a csms",
                "Reset is not sent by a station",
                "Hearbeat is no message of OCPP 1.6",
            ],
        ),
        (opaque_check, ["what is judged cannot be read: check of step 2"]),
    ],
)
def test_it_sees_what_is_wrong(body: Any, wrong: list[str]) -> None:
    case = TestCase("TC_X", "", "station", "1.6", "", body)
    assert [text.partition(": ")[2] for text in problems([describe(case)], {})] == wrong


def test_an_allowance_lets_one_check_be_opaque_and_must_be_needed() -> None:
    case = describe(TestCase("TC_X", "", "station", "1.6", "", opaque_check))
    assert problems([case], {("TC_X", "3"): "why"}) == []
    assert problems([case], {("TC_X", "3"): "why", ("TC_X", "1"): "why"}) == [
        "TC_X 1: the allowance is not needed"
    ]
