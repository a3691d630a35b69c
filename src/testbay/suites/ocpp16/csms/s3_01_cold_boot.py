"""3.1 Cold boot."""

from __future__ import annotations

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.actions import RECONNECT
from testbay.suites.ocpp16.csms_test import CsmsTest
from testbay.suites.ocpp16.registry import csms

GROUP = "3.1 Cold boot"


@csms(
    "TC_001_CSMS",
    "A station boots and keeps sending heartbeats",
    group=GROUP,
    readings=(
        "A station that starts cold comes with a new connection.",
        "Three heartbeats are sent. An interval of 0 leaves the interval to the station, which "
        "then takes the configured one.",
    ),
)
async def tc_001_csms(t: CsmsTest) -> None:
    await t.link(1, RECONNECT)
    answer = await t.boot(1, eq("status", "Accepted"))
    await t.connectors_report(3, "Available")
    for beat in (1, 2, 3):
        with t.round(f"heartbeat {beat}"):
            await t.wait(t.interval(answer), "a heartbeat is due every interval of step 2")
            await t.call(5, "Heartbeat", {})
