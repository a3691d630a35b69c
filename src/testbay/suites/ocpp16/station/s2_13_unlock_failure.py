"""Section 2.13: unlocking that fails, or that cannot be."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq, one_of
from testbay.scenario.configured import Plus
from testbay.suites.ocpp16.actions import JAM_LOCK
from testbay.suites.ocpp16.checks import HERE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import mechanical_lock
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.13 Unlocking that fails")

CONNECTOR = {"connectorId": cfg.connector_id}
UNKNOWN_CONNECTOR = {"connectorId": Plus(cfg.number_of_connectors, 1)}


@case(
    "TC_030_CS",
    "Unlock of a lock that does not move",
    requires=mechanical_lock,
    readings=(
        "How the lock is kept from moving is left to the tester; without a lock there is no such "
        "state, so AQ-9 is required.",
        "The status of step 3 may follow within settle_time; the present one is that of before.",
    ),
)
async def tc_030_cs(t: StationTest) -> None:
    t.manual(JAM_LOCK)
    before = t.model.status(t.value(cfg.connector_id))
    await t.call(1, "UnlockConnector", CONNECTOR, eq("status", "UnlockFailed"))
    allowed = one_of("status", "Faulted", before)
    await t.maybe(3, "StatusNotification", allowed, where=HERE, within=cfg.settle_time)


@case(
    "TC_031_CS",
    "Unlock of a connector that is not there",
    readings=("The unknown connector is the one after the last.",),
)
async def tc_031_cs(t: StationTest) -> None:
    await t.call(1, "UnlockConnector", UNKNOWN_CONNECTOR, eq("status", "NotSupported"))
