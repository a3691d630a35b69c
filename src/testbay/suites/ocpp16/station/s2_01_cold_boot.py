"""Section 2.1: a station starts and registers."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.scenario.configured import Plus
from testbay.scenario.many import NotBefore
from testbay.suites.ocpp16.actions import POWER_CYCLE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.1 Cold boot")

REJECTED = {"status": "Rejected", "interval": cfg.boot_interval}
PENDING = {"status": "Pending", "interval": cfg.boot_interval}
RETRY = NotBefore(cfg.boot_interval, cfg.max_time_deviation)
RETRY_BY = Plus(cfg.boot_interval, 60)

READINGS = (
    "The interval of the first answer is a configured value of its own, because the text names "
    "none; it is a minimum (4.2), so a later BootNotification is no failure.",
    "A status or a Heartbeat before the station is accepted fails the step: 4.2 forbids them.",
    "The interval of the Heartbeats counts inactivity, from the accepted boot on (4.6, 9.1.10): "
    "another message may begin it anew, or be taken instead of a Heartbeat. A station that says "
    "other things so often that no two Heartbeats are due is not judged.",
)


@case("TC_001_CS", "Boot that is rejected first", readings=READINGS)
async def tc_001_cs(t: StationTest) -> None:
    t.manual(POWER_CYCLE)
    first = await t.expect(1, "BootNotification", reply=REJECTED, within=cfg.reboot_time)
    async with t.forbid(3, "StatusNotification", "Heartbeat"):
        second = await t.expect(3, "BootNotification", within=RETRY_BY)
    t.review(3, [first, second], RETRY)
    await t.connectors_report(5, eq("status", "Available"))
    await t.beats(7, second)


@case(
    "TC_002_CS", "Boot that is pending first, with a change of the configuration", readings=READINGS
)
async def tc_002_cs(t: StationTest) -> None:
    t.manual(POWER_CYCLE)
    first = await t.expect(1, "BootNotification", reply=PENDING, within=cfg.reboot_time)
    async with t.forbid(7, "StatusNotification", "Heartbeat"):
        await t.call(3, "GetConfiguration", {})
        t.put_back("MeterValueSampleInterval")
        wanted = {"key": "MeterValueSampleInterval", "value": t.text(cfg.meter_value_interval)}
        await t.call(5, "ChangeConfiguration", wanted, eq("status", "Accepted"))
        second = await t.expect(7, "BootNotification", within=RETRY_BY)
    t.review(7, [first, second], RETRY)
    await t.connectors_report(9, eq("status", "Available"))
    await t.beats(11, second)
