"""Cases against a station and a CSMS built on another implementation of OCPP, over real sockets."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from testbay.campaign.lane import MESSAGE_TIMEOUT
from testbay.protocol.versions import OCPP16
from testbay.roles.csms import CsmsEnd
from testbay.roles.station import StationEnd

from .lab import Story, lane_of, run_on
from .ocpp_csms import Desk
from .ocpp_station import KEYS, Charger

pytestmark = pytest.mark.real_clock

SOON = 0.6  # s, for a message to come
SHORT: dict[str, Any] = {
    "number_of_connectors": 1,
    "settle_time": 0.1,
    "silence_time": 0.2,
    "reboot_time": 1.0,
    MESSAGE_TIMEOUT: SOON,
}


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Leave out what the package logs of every message that it refuses."""
    logging.getLogger("ocpp").disabled = True


async def against_station(*cases: str, **defects: Any) -> Story:
    """Run cases against the independent station."""
    end = CsmsEnd(OCPP16, "CS001", timeout=SOON)
    port = await end.start("127.0.0.1", 0)
    charger = Charger(f"ws://127.0.0.1:{port}/ocpp/CS001", **defects)
    try:
        return await run_on(lane_of("station", end, charger, **SHORT), *cases)
    finally:
        await charger.stop()
        await end.close()


async def against_csms(*cases: str, **defects: Any) -> Story:
    """Run cases against the independent CSMS."""
    desk = Desk(**defects)
    port = await desk.start()
    end = StationEnd(OCPP16, f"ws://127.0.0.1:{port}/ocpp", "CS001", timeout=SOON)
    try:
        return await run_on(lane_of("csms", end, desk, **SHORT), *cases)
    finally:
        await end.close()
        await desk.stop()


def without(key: str) -> dict[str, tuple[str, bool]]:
    return {k: v for k, v in KEYS.items() if k != key}


# -- a station ------------------------------------------------------------------------------------


async def test_a_conforming_station() -> None:
    cases = ("TC_003_CS", "TC_010_CS", "TC_012_CS", "TC_019_CS", "TC_021_CS")
    story = await against_station(*cases)
    assert {k: (e.verdict.text, e.reason) for k, e in story.done.items()} == dict.fromkeys(
        cases, ("PASS", "")
    )


@pytest.mark.parametrize(
    ("case", "defects", "step"),
    [
        ("TC_012_CS", {"stop_reason": "Local"}, "3"),
        ("TC_003_CS", {"asks": False}, "3"),
        ("TC_010_CS", {"asks": False}, "7"),
        ("TC_019_CS", {"keys": without("HeartbeatInterval")}, "4"),
        ("TC_019_CS", {"keys": {**KEYS, "ResetRetries": ("1", True)}}, "4"),
        ("TC_019_CS", {"keys": {**KEYS, "SupportedFeatureProfiles": ("Basic", True)}}, "2"),
    ],
)
async def test_a_station_with_a_defect(case: str, defects: dict[str, Any], step: str) -> None:
    story = await against_station(case, **defects)
    ended = story.done[case]
    assert (ended.verdict.text, ended.failed) == ("FAIL", step), ended.reason


# -- a CSMS ---------------------------------------------------------------------------------------


async def test_a_conforming_csms() -> None:
    cases = ("TC_003_CSMS", "TC_012_CSMS", "TC_014_CSMS", "TC_019_2_CSMS", "TC_021_CSMS")
    story = await against_csms(*cases)
    assert {k: (e.verdict.text, e.reason) for k, e in story.done.items()} == dict.fromkeys(
        cases, ("PASS", "")
    )


@pytest.mark.parametrize(
    ("case", "defects", "verdict", "step"),
    [
        ("TC_003_CSMS", {"tokens": ()}, "FAIL", "4"),
        ("TC_012_CSMS", {"wrong_transaction": 1}, "FAIL", "1"),
        ("TC_014_CSMS", {"resets": {"soft": "Hard"}}, "FAIL", "1"),
        ("TC_019_2_CSMS", {"reads_all": True}, "FAIL", "1"),
        ("TC_003_CSMS", {"registration": "Rejected"}, "INCONCLUSIVE", "Booted/2"),
    ],
)
async def test_a_csms_with_a_defect(
    case: str, defects: dict[str, Any], verdict: str, step: str
) -> None:
    story = await against_csms(case, **defects)
    ended = story.done[case]
    assert (ended.verdict.text, ended.failed) == (verdict, step), ended.reason
