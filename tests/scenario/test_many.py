"""Validations over many messages: each judged both ways, and what is said to break it does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from testbay.scenario.checks import Fact, Judges, Spoil, eq, present, spoiled
from testbay.scenario.configured import Plus, resolve
from testbay.scenario.many import (
    Distinct,
    Each,
    Every,
    Near,
    Rising,
    Silence,
    Some,
    Spaced,
    Times,
    moment,
    times,
)
from testbay.scenario.values import OMITTED, Payload, Received

from .peers import CONFIG, cfg
from .test_checks import CHECKS, members, passes, payloads, steady

START = datetime(2030, 1, 1, tzinfo=UTC)


def stamp(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def meters(*values: Any) -> list[Received]:
    return [
        Received(f"m{i}", "Meter", Payload.of({} if v is OMITTED else {"value": v}), at=float(i))
        for i, v in enumerate(values)
    ]


def stamped(*seconds: Any) -> list[Received]:
    """Messages with these time stamps, or with a text that is none."""
    return [
        Received("m", "Meter", Payload.of({"time": s if isinstance(s, str) else stamp(s)}))
        for s in seconds
    ]


def arrived(*seconds: float) -> list[Received]:
    return [Received("m", "Meter", Payload(), at=s) for s in seconds]


ONE = eq("value", 1)
JUDGED: list[tuple[Judges, str, list[Any], list[Any]]] = [
    (
        Every(ONE),
        "in every message value is 1",
        [meters(1), meters(1, 1)],
        [[], meters(1, 2), meters(OMITTED)],
    ),
    (
        Every(ONE, may_be_none=True),
        "in every message value is 1",
        [[], meters(1)],
        [meters(2)],
    ),
    (
        Some(ONE),
        "in at least one message value is 1",
        [meters(1), meters(2, 1, 3)],
        [[], meters(2), meters(OMITTED, 2)],
    ),
    (times(2), "is sent 2 times", [meters(1, 2)], [[], meters(1), meters(1, 2, 3)]),
    (times(1, 2), "is sent 1 to 2 times", [meters(1), meters(1, 2)], [[], meters(1, 2, 3)]),
    (times(1, None), "is sent at least 1 times", [meters(1), meters(1, 2, 3)], [[]]),
    (times(0), "is sent 0 times", [[]], [meters(1)]),
    (
        Distinct("value"),
        "value differs in every message",
        [[], meters(1), meters(1, 2, "1")],
        [meters(1, 2, 1), meters(1, OMITTED)],
    ),
    (
        Rising("time"),
        "the messages come in the order of their time",
        [[], stamped(1), stamped(1, 1, 2), stamped(1, "2030-01-01T03:00:01+02:00")],
        [stamped(2, 1), stamped(1, "soon"), stamped(1, "2030-01-01T00:00:05"), meters(1)],
    ),
    (
        Spaced(cfg.delay, 1, "time"),
        "the values of time of consecutive messages are <delay> s apart (+- 1 s)",
        [stamped(0, 7), stamped(0, 0, 7, 13.5, 13.5), stamped(14, 0, 7)],
        [[], stamped(0), stamped(0, 0), stamped(0, 9), stamped(0, 7, 21), stamped(0, "x")],
    ),
    (
        Spaced(10, cfg.delay, least=3),
        "the moments of arrival of consecutive messages are 10 s apart (+- <delay> s)",
        [arrived(0, 10, 20), arrived(0, 3, 20)],
        [arrived(0, 10), arrived(0, 10, 28), arrived()],
    ),
    (Near("the gap", cfg.delay, 2), "the gap is <delay> (+- 2)", [5, 9.0, 7], [4.9, 9.1, -7]),
    (Near("it", Plus(cfg.delay, 1), 0), "it is <delay> + 1 (+- 0)", [8.0], [7]),
    (Silence(("A", "B")), "no A or B comes", [[]], [meters(1)]),
    (Silence(("A",), ONE), "no A with value is 1 comes", [[]], [meters(1)]),
]


def resolved(value: Any) -> Any:
    return resolve(value, CONFIG)


@pytest.mark.parametrize(("check", "text", "right", "wrong"), JUDGED, ids=lambda v: str(v)[:30])
def test_each_validation(check: Judges, text: str, right: list[Any], wrong: list[Any]) -> None:
    assert check.text == text
    assert check.facts
    for value, expected in [*((v, True) for v in right), *((v, False) for v in wrong)]:
        outcome = check.judge(value, resolved)
        assert (outcome.passed, outcome.text, outcome.check) == (expected, text, check), value


def test_a_failure_shows_what_was_seen() -> None:
    def actual(check: Judges, messages: Any) -> Any:
        return check.judge(messages, resolved).actual

    assert actual(Every(ONE), meters(1, 2, OMITTED)) == ["message 2: 2", "message 3: (omitted)"]
    assert actual(Some(ONE), meters(2, 3)) == ["message 1: 2", "message 2: 3"]
    assert actual(Some(ONE), []) == "no message"
    assert actual(times(2), meters(1)) == 1
    assert actual(Spaced(7, 1), arrived(0)) == "only 1 moments; distances [] s"
    assert actual(Spaced(7, 1), arrived(0, 9)) == "distances [9.0] s"
    assert actual(Silence(("Meter",)), meters(1, 2)) == ["Meter at 0.0 s", "Meter at 1.0 s"]
    assert actual(Near("it", 7, 1), 5.12345) == 5.123


def test_what_they_look_at() -> None:
    assert Every(ONE).facts == Some(ONE).facts == (Fact("value", "eq", (1,)),)
    assert Times(1, None).facts == (Fact(None, "count", (1, None)),)
    assert Spaced(7, 1).facts == (Fact(None, "interval", (7, 1)),)
    assert Spaced(7, 1, "time").facts == (Fact("time", "interval", (7, 1)),)


def test_reading_time_stamps() -> None:
    assert moment("2030-01-01T00:00:00Z") == moment("2030-01-01t01:00:00.000+01:00") == START
    assert moment("2030-01-01T00:00:00.5z") == START + timedelta(seconds=0.5)
    for text in (None, 5, "", "soon", "2030-01-01T00:00:00", OMITTED):
        with pytest.raises(ValueError):  # noqa: PT011
            moment(text)


# -- what is said to break it does -----------------------------------------------------------------


def broken(check: Judges, messages: list[Received]) -> list[Spoil]:
    """See that every other value breaks the check; return all spoils."""
    assert passes(check, messages)
    spoils = list(check.spoils(messages, resolved, members))
    for spoil in spoils:
        if spoil.act == "set":
            assert not passes(check, spoiled(messages, spoil)), spoil
        elif spoil.act == "drop":
            assert not passes(check, messages[:-1])
        elif spoil.act == "repeat":
            assert not passes(check, [*messages, messages[spoil.index]])
    return spoils


@steady
@given(CHECKS, st.lists(payloads(), min_size=1, max_size=3), st.sampled_from([Every, Some]))
def test_spoiling_one_of_many(check: Judges, fields: list[dict[str, Any]], kind: Any) -> None:
    messages = [Received("m", "Meter", Payload.of(f)) for f in fields]
    assume(passes(kind(check), messages))
    broken(kind(check), messages)


@steady
@given(st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True))
def test_spoiling_what_differs(values: list[int]) -> None:
    assert bool(broken(Distinct("value"), meters(*values))) == (len(values) > 1)


@steady
@given(st.lists(st.integers(0, 9000), min_size=1, max_size=4).map(sorted))
def test_spoiling_what_rises(seconds: list[int]) -> None:
    assert bool(broken(Rising("time"), stamped(*seconds))) == (len(seconds) > 1)


@steady
@given(
    st.integers(1, 60),
    st.integers(0, 10),
    st.lists(st.sampled_from([0, 1]), min_size=1, max_size=5),
)
def test_spoiling_what_is_spaced(interval: int, slack: int, steps: list[int]) -> None:
    moments = [0.0]
    for step in (*steps, 1):
        moments.append(moments[-1] + step * interval)
    assert broken(Spaced(interval, slack, "time"), stamped(*moments))
    [delay] = broken(Spaced(interval, slack), arrived(*moments))
    assert delay == Spoil("delay", value=3 * slack + 1, index=len(moments) - 1)


def test_spoiling_counts() -> None:
    assert broken(times(2), meters(1, 2)) == [Spoil("drop", index=1), Spoil("repeat", index=1)]
    assert broken(times(1, 3), meters(1, 2)) == []
    assert broken(times(1, None), meters(1)) == [Spoil("drop", index=0)]
    assert broken(times(0), []) == []


def test_spoiling_the_rest() -> None:
    assert list(Silence(("A", "B")).spoils([], resolved, members)) == [
        Spoil("inject", value="A"),
        Spoil("inject", value="B"),
    ]
    assert list(Near("it", 7, 2).spoils(7, resolved, members)) == [
        Spoil("delay", value=7, index=-1)
    ]
    assert not list(Some(present("value")).spoils(meters(1, 2), resolved, members))


def test_each_element_of_a_list_is_judged() -> None:
    check = Each("items", eq("kind", "A"))
    good = {"items": [{"kind": "A"}, {"kind": "A"}]}
    assert check.text == "in every element of items kind is A"
    assert check.facts == (Fact("items[*].kind", "eq", ("A",)),)
    assert check.judge(good, resolved).passed
    assert check.judge({}, resolved).passed
    mixed = check.judge({"items": [{"kind": "A"}, {"kind": "B"}]}, resolved)
    assert (mixed.passed, mixed.actual) == (False, ["element 1: B"])
    broken = [spoiled(good, s) for s in check.spoils(good, resolved, members)]
    assert len(broken) > 2
    assert [b for b in broken if check.judge(b, resolved).passed] == []
