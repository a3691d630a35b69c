"""3.5 Restart of the station."""

from __future__ import annotations

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.actions import RECONNECT, RESET
from testbay.suites.ocpp16.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp16.registry import csms

GROUP = "3.5 Resetting"
RESTARTED = "A station that restarts closes its connection and comes with a new one."


@csms("TC_013_CSMS", "The station is reset hard", group=GROUP, readings=(RESTARTED,))
async def tc_013_csms(t: CsmsTest) -> None:
    t.manual(RESET(kind="hard"))
    await t.expect(1, "Reset", eq("type", "Hard"), reply=ACCEPTED)
    await t.link(3, RECONNECT)
    await t.boot(3, eq("status", "Accepted"))
    await t.connectors_report(5, "Available")


@csms(
    "TC_014_CSMS",
    "The station is reset softly",
    group=GROUP,
    readings=(RESTARTED, "The validation of Reset.req has lost its number: it is that of step 1."),
)
async def tc_014_csms(t: CsmsTest) -> None:
    t.manual(RESET(kind="soft"))
    await t.expect(1, "Reset", eq("type", "Soft"), reply=ACCEPTED)
    await t.link(3, RECONNECT)
    await t.boot(3, eq("status", "Accepted"))
    await t.connectors_report(5, "Available")
