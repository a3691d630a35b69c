"""Performance values, measured by the times of a journal; what a person did is not in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from testbay.report.performance import TEXTS, Meter
from testbay.scenario import events
from testbay.scenario.events import Event, Stamped

ACCEPTED = {"status": "Accepted"}


def called(action: str, **payload: Any) -> Event:
    return events.Called(f"c-{action}", action, payload)


def answered(action: str, reply: Any = None) -> Event:
    return events.Answered(f"c-{action}", action, ACCEPTED if reply is None else reply)


def sent(action: str, **payload: Any) -> Event:
    return events.MessageReceived("m", action, payload, 1, True)


def status(value: str, connector: int = 1) -> Event:
    return sent("StatusNotification", connectorId=connector, status=value)


def measured(lines: Iterable[tuple[float, Event]], sut: str = "station") -> dict[str, list[float]]:
    meter = Meter()
    for t, event in lines:
        meter.take(Stamped(t, "", "TC_1", 1, event).to_json(), sut)
    return {name: [round(v, 3) for v in found] for name, found in meter.values.items()}


ASKED = events.ActionAsked("a1", "plug_in", {}, "Plug in")
DONE = events.ActionDone("a1", "power_cycle", "done", "hook", 3.0)


@pytest.mark.parametrize(
    ("name", "lines", "value"),
    [
        (
            "remote_start_time",
            [
                (1.0, called("RemoteStartTransaction", idTag="TAG")),
                (1.2, answered("RemoteStartTransaction")),
                (1.3, sent("Authorize", idTag="TAG")),
                (2.5, sent("StartTransaction", idTag="tag")),
            ],
            1.5,
        ),
        (
            "remote_stop_time",
            [
                (1.0, called("RemoteStopTransaction", transactionId=7)),
                (1.2, answered("RemoteStopTransaction")),
                (1.3, sent("StopTransaction", transactionId=6)),
                (1.8, sent("StopTransaction", transactionId=7)),
            ],
            0.8,
        ),
        (
            "function_timeout",
            [
                (1.0, called("ReserveNow", connectorId=2, reservationId=5)),
                (1.5, answered("ReserveNow")),
                (1.6, status("Reserved", 1)),
                (1.9, status("Reserved", 2)),
            ],
            0.4,
        ),
        (
            "function_timeout",
            [
                (1.0, called("CancelReservation", reservationId=5)),
                (1.5, answered("CancelReservation")),
                (1.75, status("Available")),
            ],
            0.25,
        ),
        (
            "function_timeout",
            [
                (1.0, called("ChangeAvailability", connectorId=1, type="Inoperative")),
                (1.5, answered("ChangeAvailability")),
                (1.6, status("Available")),
                (1.7, status("Unavailable")),
            ],
            0.2,
        ),
        (
            "function_timeout",
            [
                (1.0, called("TriggerMessage", requestedMessage="MeterValues", connectorId=1)),
                (1.1, answered("TriggerMessage")),
                (1.2, sent("MeterValues", connectorId=2)),
                (1.6, sent("MeterValues", connectorId=1)),
            ],
            0.5,
        ),
        (
            "function_timeout",
            [  # it is seen before the answer is, as both come at once
                (1.0, called("TriggerMessage", requestedMessage="Heartbeat")),
                (1.1, sent("Heartbeat")),
                (1.1, answered("TriggerMessage")),
            ],
            0.0,
        ),
        (
            "boot_time",
            [
                (1.0, called("Reset", type="Hard")),
                (2.0, answered("Reset")),
                (9.0, sent("BootNotification")),
            ],
            7.0,
        ),
        ("boot_time", [(3.0, DONE), (9.0, sent("BootNotification"))], 6.0),
        (
            "reconnect_time",
            [(1.0, events.Linked("k1", "accept", {})), (4.0, sent("@connect"))],
            3.0,
        ),
    ],
)
def test_what_is_measured(name: str, lines: list[tuple[float, Event]], value: float) -> None:
    assert measured(lines)[name] == [value]


@pytest.mark.parametrize(
    "between",
    [ASKED, called("GetConfiguration"), events.Linked("k1", "close", {})],
)
def test_what_others_do_in_between_is_not_measured(between: Event) -> None:
    found = measured(
        [
            (1.0, called("RemoteStartTransaction", idTag="TAG")),
            (1.2, answered("RemoteStartTransaction")),
            (1.3, between),
            (40.0, sent("StartTransaction", idTag="TAG")),
        ]
    )
    assert "remote_start_time" not in found


def test_what_is_refused_or_lost_is_not_measured() -> None:
    found = measured(
        [
            (1.0, called("ReserveNow", connectorId=1, reservationId=5)),
            (1.5, answered("ReserveNow", {"status": "Rejected"})),
            (1.6, status("Reserved")),
            (2.0, called("Reset")),
            (32.0, answered("Reset", {"@lost": "no answer in 30 s"})),
            (33.0, sent("BootNotification")),
        ]
    )
    assert found == {"response_timeout": [0.5]}


def test_a_csms_answers() -> None:
    lines = [
        (1.0, called("Authorize", idTag="TAG")),
        (1.5, answered("Authorize", {"idTagInfo": {"status": "Accepted"}})),
        (2.0, called("Heartbeat")),
        (2.1, answered("Heartbeat", {"@error": "InternalError"})),
    ]
    assert measured(lines, "csms") == {
        "response_timeout": [0.5, 0.1],
        "authorize_response_time": [0.5],
    }


def test_cases_are_apart() -> None:
    meter = Meter()
    for case in ("TC_1", "TC_2"):
        for t, event in ((1.0, called("Reset")), (1.1, answered("Reset"))):
            meter.take(Stamped(t, "", case, 1, event).to_json(), "station")
        finished = events.CaseFinished("PASS", "", 1, 1.0, "")
        meter.take(Stamped(2.0, "", case, 1, finished).to_json(), "station")
        meter.take(Stamped(9.0, "", case, 2, sent("BootNotification")).to_json(), "station")
    assert "boot_time" not in meter.values


def test_what_is_told_of_them() -> None:
    meter = Meter()
    for t in (1.0, 2.0, 4.0):
        for at, event in ((0.0, called("Heartbeat")), (t, answered("Heartbeat"))):
            meter.take(Stamped(at, "", "TC_1", 1, event).to_json(), "station")
    [found] = meter.measured({"response_timeout": 3})
    assert (found.count, found.least, found.middle, found.most) == (3, 1.0, 2.0, 4.0)
    assert (found.text, found.stated) == (TEXTS["response_timeout"], 3.0)


def test_a_peer_that_never_answers_fills_no_memory() -> None:
    meter = Meter()
    for n in range(10_000):
        event = events.Called(f"c{n}", "Heartbeat", {})
        meter.take(Stamped(float(n), "", "TC_1", 1, event).to_json(), "station")
    assert sum(len(case.calls) for case in meter._open.values()) < 100
