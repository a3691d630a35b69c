"""Section 2.7: a connector is unlocked remotely."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.scenario.features import Not
from testbay.suites.ocpp16.actions import UNPLUG
from testbay.suites.ocpp16.checks import HERE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import fixed_cable, mechanical_lock
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.states.station import charging
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.7 Unlocking")

CONNECTOR = {"connectorId": cfg.connector_id}
DETACHABLE = Not(fixed_cable) & mechanical_lock
FIXED = fixed_cable & Not(mechanical_lock)


@case("TC_017_1_CS", "Unlock without a transaction, detachable cable", requires=DETACHABLE)
async def tc_017_1_cs(t: StationTest) -> None:
    await t.call(1, "UnlockConnector", CONNECTOR, eq("status", "Unlocked"))


@case("TC_017_2_CS", "Unlock without a transaction, fixed cable", requires=FIXED)
async def tc_017_2_cs(t: StationTest) -> None:
    await t.call(1, "UnlockConnector", CONNECTOR, eq("status", "NotSupported"))


@case(
    "TC_018_1_CS",
    "Unlock during a transaction, detachable cable",
    requires=DETACHABLE,
    before=(charging,),
)
async def tc_018_1_cs(t: StationTest) -> None:
    await t.call(1, "UnlockConnector", CONNECTOR, eq("status", "Unlocked"))
    await t.expect(3, "StopTransaction", eq("reason", "UnlockCommand"))
    await t.expect(5, "StatusNotification", eq("status", "Finishing"), where=HERE)
    t.manual(UNPLUG)
    await t.expect(7, "StatusNotification", eq("status", "Available"), where=HERE)


@case(
    "TC_018_2_CS",
    "Unlock during a transaction, fixed cable",
    requires=FIXED,
    before=(charging,),
)
async def tc_018_2_cs(t: StationTest) -> None:
    await t.call(1, "UnlockConnector", CONNECTOR, eq("status", "NotSupported"))
