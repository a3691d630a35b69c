"""How retries are timed, and which events are from the time without a connection."""

import pytest

from testbay.scenario.values import Payload, Received
from testbay.suites.ocpp201.offline import Gaps, while_away


def event(at: float, seconds: int = 0) -> Received:
    stamp = f"2030-01-01T00:{seconds // 60:02}:{seconds % 60:02}Z"
    payload = Payload.of({"timestamp": stamp, "seqNo": 1})
    message = Received("u", "TransactionEvent", payload)
    message.at = at
    return message


@pytest.mark.parametrize(
    ("gaps", "more", "optional", "passes"),
    [
        ((10, 20, 30), 0, False, True),
        ((13, 17), 0, False, True),
        ((15, 20), 0, False, False),
        ((10, 10), 0, False, False),
        ((40, 50), 30, False, True),
        ((10, 20), 30, False, False),
        ((10,), 30, True, True),
        ((40,), 30, True, True),
        ((50,), 30, True, False),
        ((), 0, False, False),
    ],
)
def test_gaps_between_attempts(
    gaps: tuple[int, ...], more: float, optional: bool, passes: bool
) -> None:
    times = [sum(gaps[:n]) for n in range(len(gaps) + 1)]
    check = Gaps(10, more, 4.0, optional)
    judged = check.judge([event(float(at)) for at in times], lambda value: value)
    assert judged.passed is passes


def test_events_are_told_apart_by_the_clock_of_the_station() -> None:
    before, connected = event(100.0, seconds=500), event(120.0)
    events = [event(121.0, 505), event(121.0, 515), event(121.0, 517), event(125.0, 525)]
    assert while_away(before, connected, events, 4.0) == events[:2]
