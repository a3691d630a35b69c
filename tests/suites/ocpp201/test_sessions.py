"""A whole session passes, whenever transactions begin and end, and however it is authorized."""

import pytest

from testbay.campaign import suites
from testbay.campaign.embedded import Build
from testbay.campaign.virtual import Recorded, run_case
from testbay.scenario.case import Body, TestCase
from testbay.scenario.product import Product
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

POINTS = ("ParkingBayOccupancy", "EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")
SIGNED = ("DataSigned",)
STARTS = [SIGNED, *((p,) for p in POINTS), ("EVConnected", "Authorized"), POINTS]
STOPS = [(p,) for p in POINTS] + [("EVConnected", "Authorized"), POINTS]


async def token_first(t: StationTest) -> None:
    await t.run(1, states.authorized)
    await t.run(2, states.ev_connected_pre_session)
    await t.run(3, states.energy_transfer_started)
    await t.run(4, states.parking_bay_unoccupied)


async def cable_first(t: StationTest) -> None:
    await t.run(1, states.ev_connected_pre_session)
    await t.run(2, states.energy_transfer_started)
    await t.run(3, states.ev_disconnected)
    await t.run(4, states.parking_bay_unoccupied)


def session(
    body: Body,
    start: tuple[str, ...],
    stop: tuple[str, ...],
    config: dict[str, str],
    reports: str,
) -> Recorded:
    suite = suites.load("2.0.1")
    case = TestCase("TC_X_01_CS", "A session", "station", "2.0.1", "X", body)
    options = {"tx_start": start, "tx_stop": stop, "bay_sensor": True, "reports": reports}
    if "DataSigned" in start:
        signing = {"SampledDataCtrlr.SignReadings": "true"}
        options |= {"signing_meter": True, "variables": signing}
    defaults = {v.name: v.default for v in suite.part("station").values.values()}
    product = Product("with a bay sensor", options, {"bay_sensor": True})
    return run_case(case, suite, product, defaults | config, build=Build())


@pytest.mark.parametrize("stop", STOPS, ids=",".join)
@pytest.mark.parametrize("start", STARTS, ids=",".join)
@pytest.mark.parametrize("body", [token_first, cable_first])
@pytest.mark.parametrize("by", ["local", "remote"])
def test_a_session_passes(
    body: Body, start: tuple[str, ...], stop: tuple[str, ...], by: str
) -> None:
    ended = session(
        body, start, stop, {"authorize_by": by, "stop_by": by}, "StatusNotification"
    ).ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


def test_a_station_may_report_its_statuses_as_events() -> None:
    run = session(token_first, ("Authorized",), ("EVConnected",), {}, "NotifyEvent")
    assert run.ended.verdict == Verdict.PASS
    assert run.test.received("NotifyEvent")
    assert not run.test.received("StatusNotification")


@pytest.mark.parametrize("last", ["PowerPathClosed", "EnergyTransfer"])
@pytest.mark.parametrize("first", [(), ("ParkingBayOccupancy",)])
@pytest.mark.parametrize("body", [token_first, cable_first])
@pytest.mark.parametrize("by", ["local", "remote"])
def test_signed_values_begin_a_transaction_before_the_power_path_can(
    body: Body, first: tuple[str, ...], last: str, by: str
) -> None:
    start = (*first, *SIGNED, last)
    ended = session(body, start, ("EVConnected",), {"authorize_by": by}, "StatusNotification").ended
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")
