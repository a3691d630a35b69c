"""Section 2.14: the power fails, with and without a transaction."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq, one_of
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp16.actions import POWER_CYCLE, POWER_OFF, POWER_ON, PRESENT_TOKEN
from testbay.suites.ocpp16.checks import HERE, at, no_longer
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import stops_after_power_loss, stops_before_power_loss
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.states.station import charging
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.14 Power failure")

AVAILABLE, UNAVAILABLE = eq("status", "Available"), eq("status", "Unavailable")
STILL_PLUGGED = one_of("status", "Preparing", "Finishing")
WENT_ON = one_of("status", "Preparing", "Finishing", "Charging")
POWER_LOSS = eq("reason", "PowerLoss")
BOOTED = {"status": "Accepted"}
INOPERATIVE = {"connectorId": 0, "type": "Inoperative"}


@case(
    "TC_032_1_CS",
    "Power failure: the transaction is stopped before the station goes down",
    requires=stops_before_power_loss,
    before=(charging,),
)
async def tc_032_1_cs(t: StationTest) -> None:
    t.manual(POWER_OFF)
    await t.expect(1, "StopTransaction", POWER_LOSS)
    await t.expect(3, "StatusNotification", eq("status", "Finishing"), where=HERE)
    t.manual(POWER_ON)
    await t.expect(5, "BootNotification", reply=BOOTED, within=cfg.reboot_time)
    await t.connectors_report(7, AVAILABLE, here=STILL_PLUGGED)


PASSING = no_longer(cfg.connector_id, "Available", "Unavailable")


@case(
    "TC_032_2_CS",
    "Power failure: the transaction is stopped, or goes on, once the station is back",
    requires=stops_after_power_loss,
    before=(charging,),
    readings=(
        "Whether the transaction goes on shows in what comes first: the status Charging of its "
        "connector, or the StopTransaction.",
        "Statuses Available and Unavailable of that connector are passed over, as the text allows.",
        "Where the transaction does not go on, the status of step 3 tells already that it has "
        "ended, so that of step 7 need not come.",
    ),
)
async def tc_032_2_cs(t: StationTest) -> None:
    t.manual(POWER_CYCLE)
    await t.expect(1, "BootNotification", reply=BOOTED, within=cfg.reboot_time)
    here = t.expect(3, "StatusNotification", WENT_ON, where=PASSING)
    others = t.reports_of_others(3, AVAILABLE)
    passing = t.maybe(3, "StatusNotification", one_of("status", "Available", "Unavailable"), HERE)
    resumed = t.expect(3, "StatusNotification", where=at(cfg.connector_id, "Charging"))
    stopped = t.expect(5, "StopTransaction", POWER_LOSS)
    if await t.which(resumed, stopped) == 0:
        await t.any_order(here, *others, passing)
        t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
        await t.expect(5, "StopTransaction", one_of("reason", "Local", OMITTED))
        await t.expect(7, "StatusNotification", STILL_PLUGGED, where=HERE)
    else:
        finishing = t.maybe(7, "StatusNotification", STILL_PLUGGED, HERE, within=cfg.settle_time)
        await t.any_order(here, *others, passing, stopped, finishing)


@case("TC_034_CS", "Power failure of a station that is not available")
async def tc_034_cs(t: StationTest) -> None:
    await t.call(1, "ChangeAvailability", INOPERATIVE, eq("status", "Accepted"))
    await t.connectors_report(3, UNAVAILABLE)
    t.manual(POWER_CYCLE)
    await t.expect(5, "BootNotification", reply=BOOTED, within=cfg.reboot_time)
    await t.connectors_report(7, UNAVAILABLE)
