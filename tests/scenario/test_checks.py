"""Validations of one payload: each rule judged both ways, and what is said to break it does."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from testbay.scenario.checks import (
    Check,
    Fact,
    Judges,
    Satisfies,
    Spoil,
    When,
    any_of,
    at_least,
    at_most,
    contains,
    differs,
    eq,
    lacks,
    more_than,
    omitted,
    one_of,
    others,
    present,
    same,
    satisfies,
    show,
    spoiled,
)
from testbay.scenario.configured import resolve as resolve_in
from testbay.scenario.values import OMITTED, Payload, Received

from .peers import CONFIG, cfg

steady = settings(deadline=None, derandomize=True)
STATES = ("Available", "Preparing", "Charging")


def resolve(value: Any) -> Any:
    return resolve_in(value, CONFIG)


def no_members(path: str) -> Sequence[str]:
    return ()


def members(path: str) -> Sequence[str]:
    return STATES if path.endswith("status") else ()


def passes(check: Judges, payload: Any) -> bool:
    return check.judge(payload, resolve).passed


JUDGED: list[tuple[Judges, str, list[Any], list[Any]]] = [
    (eq("a", 1), "a is 1", [1, 1.0], [2, True, "1", OMITTED, None, [1]]),
    (eq("a", True), "a is True", [True], [1, False, OMITTED]),
    (eq("a", cfg.token), "a is <token>", ["TAG"], ["tag", "<token>", OMITTED]),
    (eq("a", OMITTED), "a is (omitted)", [OMITTED], [None, "", 0]),
    (one_of("a", 1, "x", cfg.token), "a is 1 or x or <token>", [1, "x", "TAG"], [2, OMITTED]),
    (one_of("a", "x", OMITTED), "a is x or (omitted)", ["x", OMITTED], ["y", None]),
    (differs("a", 1), "a is not 1", [2, True, OMITTED], [1, 1.0]),
    (at_least("a", 3), "a is at least 3", [3, 3.5, 4], [2, "4", True, OMITTED]),
    (at_most("a", 3), "a is at most 3", [3, 2.5, -1], [4, "1", False, OMITTED]),
    (more_than("a", 3), "a is more than 3", [4, 3.1], [3, "4", True, OMITTED]),
    (more_than("a", cfg.delay), "a is more than <delay>", [8], [7.0]),
    (present("a"), "a is present", [1, None, "", []], [OMITTED]),
    (omitted("a"), "a is omitted", [OMITTED], [1, None, ""]),
    (contains("a", "x"), "a contains x", ["x", "y, x", ["x"], ["y", "x"]], ["xy", [], 1, OMITTED]),
    (lacks("a", "x"), "a does not contain x", ["y", "", ["y"], 1], ["x", "y,x", ["x"], OMITTED]),
    (satisfies("a", "is even", lambda a, r: a == r(2)), "a is even", [2], [3, OMITTED]),
    (any_of(eq("a", 1), eq("a", 2)), "a is 1 or a is 2", [1, 2], [3, OMITTED]),
]


@pytest.mark.parametrize(("check", "text", "right", "wrong"), JUDGED, ids=lambda v: str(v)[:40])
def test_each_rule(check: Judges, text: str, right: list[Any], wrong: list[Any]) -> None:
    assert check.text == text
    assert isinstance(check, Judges)
    for value, expected in [*((v, True) for v in right), *((v, False) for v in wrong)]:
        payload = {} if value is OMITTED else {"a": value}
        outcome = check.judge(payload, resolve)
        assert outcome.passed is expected, value
        assert outcome.text == text
        assert outcome.check is check
        if isinstance(check, Check):
            assert outcome.actual is value


def test_what_a_validation_looks_at() -> None:
    assert eq("a.b", 1).facts == (Fact("a.b", "eq", (1,)),)
    assert When(present("c"), one_of("a", 1, 2)).facts == (Fact("a", "one_of", (1, 2)),)
    assert len(any_of(eq("a", 1), eq("b", 2)).facts) == 2
    assert satisfies("", "is fine", lambda a, r: True, values=(3,)).facts == (
        Fact(None, "satisfies", (3,)),
    )


def test_a_whole_payload_may_be_judged() -> None:
    check = satisfies("", "it has a twin", lambda p, r: p["a"] == p["b"], Spoil("set", "a", 9))
    assert check.text == "it has a twin"
    assert passes(check, {"a": 1, "b": 1})
    assert not passes(check, {"a": 1, "b": 2})
    assert list(check.spoils({"a": 1, "b": 1}, resolve, no_members)) == [Spoil("set", "a", 9)]


def test_a_condition_that_does_not_hold_says_so() -> None:
    check = When(eq("type", "Ended"), eq("reason", "Timeout"))
    assert check.text == "if type is Ended then reason is Timeout"
    outcome = check.judge({"type": "Started"}, resolve)
    assert (outcome.passed, outcome.actual) == (True, "(condition does not hold)")
    assert passes(check, {"type": "Ended", "reason": "Timeout"})
    outcome = check.judge({"type": "Ended", "reason": "Other"}, resolve)
    assert (outcome.passed, outcome.actual) == (False, "Other")
    assert not list(check.spoils({"type": "Started"}, resolve, no_members))


def test_one_of_several_shows_all_that_were_seen() -> None:
    outcome = any_of(eq("a", 1), eq("b", 2)).judge({"a": 5}, resolve)
    assert (outcome.passed, outcome.actual) == (False, [5, OMITTED])


def test_messages_are_judged_by_their_payload() -> None:
    message = Received("m1", "Status", Payload.of({"a": [{"b": 1}]}))
    assert passes(eq("a[0].b", 1), message)
    assert message["a"][0]["b"] == message.get("a")[0]["b"] == 1


def test_comparing() -> None:
    assert same(1, 1.0)
    assert not same(1, True)
    assert not same(0, False)
    assert same("a", "a")
    assert show(OMITTED) == "(omitted)"
    assert show(1.5) == "1.5"


def test_other_values_prefer_those_of_the_schema() -> None:
    assert list(others("Charging", STATES)) == ["Available", "Preparing", OMITTED]
    assert list(others("x", ())) == ["other", "", OMITTED]
    assert list(others(True, ())) == [False, OMITTED]
    assert list(others(3, ())) == [4, -1, OMITTED]
    assert list(others([1, 2], ())) == [[1], OMITTED]
    assert list(others(OMITTED, ())) == ["other", 1, ["other"]]


# -- what is said to break it does -----------------------------------------------------------------

SCALARS = st.one_of(
    st.integers(-3, 3), st.sampled_from([*STATES, "TAG", "other", ""]), st.booleans(), st.none()
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.just(OMITTED))
PATHS = st.sampled_from(["a", "status", "b.c", "d[0].e", "d[0].status"])
BOUNDS = st.integers(-3, 3)


def simple() -> st.SearchStrategy[Judges]:
    wanted = st.one_of(SCALARS, st.just(cfg.token), st.just(OMITTED))
    return st.one_of(
        st.builds(eq, PATHS, wanted),
        st.builds(differs, PATHS, SCALARS),
        st.builds(lambda p, a, b: one_of(p, a, b), PATHS, wanted, wanted),
        st.builds(at_least, PATHS, BOUNDS),
        st.builds(at_most, PATHS, BOUNDS),
        st.builds(more_than, PATHS, BOUNDS),
        st.builds(present, PATHS),
        st.builds(omitted, PATHS),
        st.builds(contains, PATHS, st.sampled_from(STATES)),
        st.builds(lacks, PATHS, st.sampled_from([*STATES, 1])),
        st.builds(lambda p, v: satisfies(p, "is so", lambda a, r: same(a, r(v))), PATHS, wanted),
    )


CHECKS = st.recursive(
    simple(),
    lambda inner: st.one_of(
        st.builds(When, inner, inner), st.builds(lambda a, b: any_of(a, b), inner, inner)
    ),
    max_leaves=4,
)


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    def fields(**values: Any) -> dict[str, Any]:
        return {k: v for k, v in values.items() if v is not OMITTED}

    inner = fields(e=draw(VALUES), status=draw(VALUES))
    return fields(
        a=draw(VALUES),
        status=draw(VALUES),
        b=draw(st.one_of(SCALARS, st.just(fields(c=draw(VALUES))), st.just(OMITTED))),
        d=draw(st.sampled_from([[inner], [inner, {}], [], OMITTED, "text"])),
    )


@steady
@given(CHECKS, payloads())
def test_a_spoiled_payload_does_not_pass(check: Judges, payload: dict[str, Any]) -> None:
    assume(passes(check, payload))
    for spoil in check.spoils(payload, resolve, members):
        assert spoil.act == "set"
        assert not passes(check, spoiled(payload, spoil)), spoil


@steady
@given(simple(), payloads())
def test_a_plain_validation_can_be_broken(check: Judges, payload: dict[str, Any]) -> None:
    """But for those that accept whatever another value there is to try."""
    assume(passes(check, payload))
    spoils = list(check.spoils(payload, resolve, members))
    if isinstance(check, Check | Satisfies) and not spoils:
        assert check.facts[0].rule == "one_of", check


def test_lists_are_broken_by_what_they_must_not_have() -> None:
    spoils = list(lacks("a", 1).spoils({"a": [2]}, resolve, no_members))
    assert spoils[0] == Spoil("set", "a", [2, 1])
    spoils = list(lacks("a", "x").spoils({"a": "y,z"}, resolve, no_members))
    assert spoils[0] == Spoil("set", "a", "x")
