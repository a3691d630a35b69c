"""Heartbeats come after inactivity, or at the ticks of a clock of which some may be left out."""

from __future__ import annotations

from typing import Any

import pytest
from station16_lab import ScriptedStation, against, boot, reports

from testbay.scenario.values import Payload, Received
from testbay.suites.ocpp16.heartbeats import Beats, alive

BEAT, DATA = "Heartbeat", "DataTransfer"
EVERY = 30.0


def said(*moments: tuple[float, str] | float) -> list[Received]:
    """Return the messages of a station that was accepted at 0 s; a number is a Heartbeat."""
    named = [
        (0.0, "BootNotification"),
        *(m if isinstance(m, tuple) else (m, BEAT) for m in moments),
    ]
    return [
        Received(f"m{i}", action, Payload(), position=i, at=at)
        for i, (at, action) in enumerate(named)
    ]


def found(messages: list[Received], ended: float) -> Any:
    return Beats(EVERY, 2.0, ended).judge(messages, lambda v: v)


@pytest.mark.parametrize(
    ("moments", "ended"),
    [
        ((30.0, 60.0, 90.0, 120.0), 135.0),  # a clock that ticks
        ((29.0, 60.5, 91.0), 115.0),  # within the deviation
        (((12.0, DATA), 30.0, (50.0, DATA), 60.0), 80.0),  # other messages do not matter to it
        (((12.0, DATA), 42.0, 72.0, (80.0, DATA), 110.0), 135.0),  # each begins the interval anew
        (((12.0, DATA), 60.0, 90.0, (95.0, DATA), 150.0), 170.0),  # instead of the next tick
        (((12.0, DATA), (40.0, DATA), 90.0), 110.0),  # instead of two
        (((1.0, DATA), (20.0, DATA), (40.0, DATA), (60.0, DATA)), 80.0),  # never silent
        (((0.5, "@connect"), 30.5), 50.0),  # it counts from the new connection
    ],
)
def test_what_the_specification_allows(moments: Any, ended: float) -> None:
    outcome = found(said(*moments), ended)
    assert outcome.passed, outcome.actual


@pytest.mark.parametrize(
    ("moments", "ended", "told"),
    [
        ((60.0, 120.0), 135.0, "nothing from 0.0 s to 60.0 s"),
        ((20.0, 40.0), 60.0, "one at 20.0 s, 20.0 s after the last"),
        ((30.0, 60.0, 67.0), 90.0, "one at 67.0 s, 7.0 s after the last"),
        ((30.0, 60.0, 90.0), 135.0, "nothing from 90.0 s to 135.0 s"),
        (((12.0, DATA),), 135.0, "nothing from 12.0 s to 135.0 s"),
        (((12.0, DATA), 90.0), 100.0, "nothing from 12.0 s to 90.0 s"),
        (((12.0, DATA), 50.0), 70.0, "one at 50.0 s, 38.0 s after the last"),
    ],
)
def test_what_it_does_not_allow(moments: Any, ended: float, told: str) -> None:
    outcome = found(said(*moments), ended)
    assert not outcome.passed
    assert told in outcome.actual


def test_it_begins_with_the_boot() -> None:
    messages = said(30.0)
    early = Received("e", BEAT, Payload(), position=-1, at=-5.0)
    assert found([*messages[1:], early, messages[0]], 40.0).passed


def test_what_shows_that_a_station_is_there() -> None:
    actions = {"MeterValues": True, BEAT: False, "@connect": True, "@closed": False}
    assert {a: alive(Received("m", a, Payload())) for a in actions} == actions


async def test_a_station_that_talks_all_the_time_is_not_judged() -> None:
    chatter = (10.0, (DATA, {"vendorId": "V"})) * 14
    script = (boot(), 15.0, boot(), *reports(), *chatter)
    run = await against(ScriptedStation(on={"power_cycle": [script]}), "TC_001_CS")
    assert run.verdict == "INCONCLUSIVE"
    assert "sent StatusNotification, DataTransfer so often that no Heartbeat" in run.ended.reason


@pytest.mark.parametrize("pause", [4.98, 20.0])
async def test_a_station_that_counts_anew(pause: float) -> None:
    beats = (pause, (DATA, {"vendorId": "V"}), 29.98, (BEAT, {})) * 4
    script = (boot(), 15.0, boot(), *reports(), *beats)
    run = await against(ScriptedStation(on={"power_cycle": [script]}), "TC_001_CS")
    assert run.verdict == "PASS", run.ended.reason
