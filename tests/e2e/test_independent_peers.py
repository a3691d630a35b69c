"""Cases against a station and a CSMS built on another implementation of OCPP.

A handful over real sockets, all of them on the virtual clock.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any

import ocpp.messages
import pytest

from testbay.campaign.lane import MESSAGE_TIMEOUT
from testbay.clock import now
from testbay.protocol.versions import OCPP16
from testbay.roles.csms import CsmsEnd
from testbay.roles.station import StationEnd

from .lab import SUITE, Story, lane_of, run_on
from .ocpp_csms import Desk
from .ocpp_station import KEYS, Charger


def _sections(sut: str, last: int) -> list[str]:
    """Return the cases of the happy flows: the peers here do not implement more."""
    cases = (c for c in SUITE.cases.values() if c.sut == sut)
    return [c.id for c in cases if int(c.group.split()[0].split(".")[1]) <= last]


STATION = _sections("station", 9)
CSMS = _sections("csms", 7)
FIXED_CABLE = ["TC_017_2_CS", "TC_018_2_CS"]
SOON = 0.6  # s, for a message to come
SHORT: dict[str, Any] = {
    "settle_time": 0.1,
    "silence_time": 0.2,
    "reboot_time": 1.0,
    MESSAGE_TIMEOUT: SOON,
}


@pytest.fixture(autouse=True)
def _package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the package validate in its own task, and log nothing of what it refuses."""
    monkeypatch.setattr(ocpp.messages, "ASYNC_VALIDATION", False)
    monkeypatch.setattr(logging.getLogger("ocpp"), "disabled", True)


async def against_station(
    *cases: str, timeout: float = 30, values: dict[str, Any] | None = None, **defects: Any
) -> Story:
    """Run cases against the independent station.

    Args:
        timeout: for an answer to the tool (s).
        values: configured values that differ.
    """
    end = CsmsEnd(OCPP16, "CS001", timeout=timeout)
    port = await end.start("127.0.0.1", 0)
    charger = Charger(f"ws://127.0.0.1:{port}/ocpp/CS001", now, **defects)
    try:
        return await run_on(lane_of("station", end, charger, **(values or {})), *cases)
    finally:
        await charger.stop()
        await end.close()


async def against_csms(
    *cases: str, timeout: float = 30, values: dict[str, Any] | None = None, **defects: Any
) -> Story:
    """Run cases against the independent CSMS."""
    desk = Desk(now, **defects)
    port = await desk.start()
    end = StationEnd(OCPP16, f"ws://127.0.0.1:{port}/ocpp", "CS001", timeout=timeout)
    try:
        return await run_on(lane_of("csms", end, desk, **(values or {})), *cases)
    finally:
        await end.close()
        await desk.stop()


def not_passed(story: Story) -> dict[str, str]:
    """Return the reasons of the cases that did not pass."""
    fine = ("PASS", "NOT APPLICABLE")
    return {k: e.reason for k, e in story.done.items() if e.verdict.text not in fine}


def without(key: str) -> dict[str, tuple[str, bool]]:
    return {k: v for k, v in KEYS.items() if k != key}


def verdict(story: Story, case: str) -> tuple[str, str]:
    """Return the verdict of a case, and the step that decided it."""
    ended = story.done[case]
    return ended.verdict.text, ended.failed


# -- over real sockets ----------------------------------------------------------------------------


@pytest.mark.real_clock
async def test_a_conforming_station() -> None:
    cases = ("TC_003_CS", "TC_010_CS", "TC_012_CS", "TC_019_CS", "TC_021_CS")
    story = await against_station(*cases, timeout=SOON, values=SHORT)
    assert story.verdicts() == ["PASS"] * len(cases), not_passed(story)


@pytest.mark.real_clock
@pytest.mark.parametrize(
    ("case", "defects", "step"),
    [
        ("TC_012_CS", {"stop_reason": "Local"}, "3"),
        ("TC_003_CS", {"asks": False}, "3"),
        ("TC_019_CS", {"keys": without("HeartbeatInterval")}, "4"),
    ],
)
async def test_a_station_with_a_defect(case: str, defects: dict[str, Any], step: str) -> None:
    story = await against_station(case, timeout=SOON, values=SHORT, **defects)
    assert verdict(story, case) == ("FAIL", step), not_passed(story)


@pytest.mark.real_clock
async def test_a_conforming_csms() -> None:
    cases = ("TC_003_CSMS", "TC_012_CSMS", "TC_014_CSMS", "TC_019_2_CSMS", "TC_021_CSMS")
    story = await against_csms(*cases, timeout=SOON, values=SHORT)
    assert story.verdicts() == ["PASS"] * len(cases), not_passed(story)


BAD_DESKS: list[tuple[str, dict[str, Any], str, str]] = [
    ("TC_003_CSMS", {"tokens": ()}, "FAIL", "4"),
    ("TC_012_CSMS", {"wrong_transaction": 1}, "FAIL", "1"),
    ("TC_014_CSMS", {"resets": {"soft": "Hard"}}, "FAIL", "1"),
    ("TC_019_2_CSMS", {"reads_all": True}, "FAIL", "1"),
    ("TC_003_CSMS", {"registration": "Rejected"}, "INCONCLUSIVE", "Booted/2"),
]


@pytest.mark.real_clock
@pytest.mark.parametrize(("case", "defects", "wanted", "step"), BAD_DESKS)
async def test_a_csms_with_a_defect(
    case: str, defects: dict[str, Any], wanted: str, step: str
) -> None:
    story = await against_csms(case, timeout=SOON, values=SHORT, **defects)
    assert verdict(story, case) == (wanted, step), not_passed(story)


# -- all cases, on the virtual clock --------------------------------------------------------------


async def test_all_cases_against_the_station() -> None:
    story = await against_station(*STATION)
    assert not_passed(story) == {}
    assert [k for k, e in story.done.items() if e.verdict.text != "PASS"] == FIXED_CABLE


@pytest.mark.parametrize("pace", [0.3, 3.0])
@pytest.mark.parametrize("seed", [1, 2])
async def test_all_cases_in_any_order_against_a_slow_station(pace: float, seed: int) -> None:
    cases = list(STATION)
    random.Random(seed).shuffle(cases)
    story = await against_station(*cases, pace=pace)
    assert not_passed(story) == {}


async def test_a_status_that_comes_after_the_end_of_a_case_belongs_to_no_other() -> None:
    """TC_061_1_CS ends when the token was asked about; the station still waits for a cable."""
    story = await against_station("TC_061_1_CS", "TC_003_CS", "TC_061_1_CS", pace=0.3)
    assert not_passed(story) == {}


@pytest.mark.parametrize(
    ("case", "defects", "step"),
    [
        ("TC_010_CS", {"asks": False}, "7"),
        ("TC_019_CS", {"keys": {**KEYS, "ResetRetries": ("1", True)}}, "4"),
        ("TC_019_CS", {"keys": {**KEYS, "SupportedFeatureProfiles": ("Basic", True)}}, "2"),
        ("TC_021_CS", {"keys": {**KEYS, "MeterValueSampleInterval": ("60", True)}}, "2"),
    ],
)
async def test_more_defects_of_the_station(case: str, defects: dict[str, Any], step: str) -> None:
    story = await against_station(case, **defects)
    assert verdict(story, case) == ("FAIL", step), not_passed(story)


async def test_a_station_without_optional_keys() -> None:
    keys = without("StopTransactionOnEVSideDisconnect")
    story = await against_station(*STATION, keys=keys)
    assert not_passed(story) == {}
    skipped = [k for k, e in story.done.items() if e.verdict.text == "NOT APPLICABLE"]
    assert skipped == [*FIXED_CABLE, "TC_005_1_CS", "TC_005_2_CS", "TC_005_3_CS"]


async def test_all_cases_against_the_csms() -> None:
    story = await against_csms(*CSMS)
    assert story.verdicts() == ["PASS"] * len(CSMS), not_passed(story)


async def test_a_station_that_is_switched_off_between_two_cases() -> None:
    end = CsmsEnd(OCPP16, "CS001")
    port = await end.start("127.0.0.1", 0)
    charger = Charger(f"ws://127.0.0.1:{port}/ocpp/CS001", now)
    lane = lane_of("station", end, charger)
    assert (await run_on(lane, "TC_003_CS")).verdicts() == ["PASS"]
    await charger.stop()
    await asyncio.sleep(1)
    again = Charger(f"ws://127.0.0.1:{port}/ocpp/CS001", now)
    lane.operator = lane_of("station", end, again).operator
    story = await run_on(lane, "TC_012_CS")
    await again.stop()
    await end.close()
    assert story.verdicts() == ["PASS"], story.reason()
