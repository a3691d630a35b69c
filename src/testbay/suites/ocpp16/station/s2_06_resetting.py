"""Section 2.6: a station is reset, with and without a transaction."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq, one_of
from testbay.suites.ocpp16.checks import HERE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.states.station import charging
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.6 Resetting")

INOPERATIVE = {"connectorId": cfg.connector_id, "type": "Inoperative"}
OPERATIVE = {"connectorId": cfg.connector_id, "type": "Operative"}
AVAILABLE, UNAVAILABLE = eq("status", "Available"), eq("status", "Unavailable")
FINISHING = eq("status", "Finishing")
STILL_PLUGGED = one_of("status", "Finishing", "Preparing")
DONE = eq("status", "Accepted")


@case("TC_013_CS", "Hard reset without a transaction")
async def tc_013_cs(t: StationTest) -> None:
    await t.call(1, "ChangeAvailability", INOPERATIVE, DONE)
    await t.expect(3, "StatusNotification", UNAVAILABLE, where=HERE)
    await t.call(5, "Reset", {"type": "Hard"}, DONE)
    await t.expect(7, "BootNotification", within=cfg.reboot_time)
    await t.connectors_report(9, AVAILABLE, here=UNAVAILABLE)
    await t.call(11, "ChangeAvailability", OPERATIVE, DONE)
    await t.expect(13, "StatusNotification", AVAILABLE, where=HERE)


@case("TC_014_CS", "Soft reset without a transaction")
async def tc_014_cs(t: StationTest) -> None:
    await t.call(1, "ChangeAvailability", INOPERATIVE, DONE)
    await t.expect(3, "StatusNotification", UNAVAILABLE, where=HERE)
    await t.call(5, "Reset", {"type": "Soft"}, DONE)
    if await t.maybe(7, "BootNotification", within=cfg.reboot_time):
        await t.connectors_report(9, AVAILABLE, here=UNAVAILABLE)
    await t.call(11, "ChangeAvailability", OPERATIVE, DONE)
    await t.expect(13, "StatusNotification", AVAILABLE, where=HERE)


ENDED_FIRST = (
    "The status Finishing of step 5 must come before the boot of step 7; a report after the boot "
    "does not stand for it."
)


@case(
    "TC_015_CS",
    "Hard reset with a transaction",
    before=(charging,),
    readings=(
        "StopTransaction comes before or after the boot; if before, the status Finishing of step "
        "5 is required, if after, only the statuses of step 9 are.",
        ENDED_FIRST,
    ),
)
async def tc_015_cs(t: StationTest) -> None:
    await t.call(1, "Reset", {"type": "Hard"}, DONE)
    stopped = t.expect(3, "StopTransaction", eq("reason", "HardReset"), within=cfg.reboot_time)
    booted = t.expect(7, "BootNotification", within=cfg.reboot_time)
    if await t.which(stopped, booted) == 0:
        await stopped
        await t.ahead(t.expect(5, "StatusNotification", FINISHING, where=HERE), booted)
        await booted
        await t.connectors_report(9, AVAILABLE, here=STILL_PLUGGED)
    else:
        await booted
        await t.any_order(
            stopped,
            *t.reports(9, AVAILABLE, here=STILL_PLUGGED),
            t.maybe(5, "StatusNotification", FINISHING, HERE),
        )


@case("TC_016_CS", "Soft reset with a transaction", before=(charging,), readings=(ENDED_FIRST,))
async def tc_016_cs(t: StationTest) -> None:
    await t.call(1, "Reset", {"type": "Soft"}, DONE)
    await t.expect(3, "StopTransaction", eq("reason", "SoftReset"))
    booted = t.maybe(7, "BootNotification", within=cfg.reboot_time)
    await t.ahead(t.expect(5, "StatusNotification", FINISHING, where=HERE), booted)
    if await booted:
        await t.connectors_report(9, AVAILABLE, here=STILL_PLUGGED)
