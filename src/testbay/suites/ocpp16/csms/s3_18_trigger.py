"""3.18 Messages that the CSMS asks for."""

from __future__ import annotations

from testbay.scenario.checks import all_of, eq
from testbay.suites.ocpp16.actions import TRIGGER
from testbay.suites.ocpp16.checks import HERE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import ACCEPTED, REJECTED, CsmsTest
from testbay.suites.ocpp16.features import remote_trigger
from testbay.suites.ocpp16.registry import csms

GROUP = "3.18 Remote trigger"
DIAGNOSTICS, FIRMWARE = "DiagnosticsStatusNotification", "FirmwareStatusNotification"
OTHERS = "Requests for other messages, which a CSMS may send at any time, are let pass."
ELSEWHERE = "So are requests that are about another connector than the one that is asked for."


@csms(
    "TC_054_CSMS",
    "The CSMS asks for each message that it can ask for",
    group=GROUP,
    requires=remote_trigger,
    readings=(
        OTHERS,
        ELSEWHERE,
        "The simulated station has firmware updates: step 18 is Accepted.",
    ),
)
async def tc_054_csms(t: CsmsTest) -> None:
    t.manual(TRIGGER(message="MeterValues", connector=cfg.connector_id))
    here = all_of(eq("requestedMessage", "MeterValues"), HERE)
    await t.expect(1, "TriggerMessage", where=here, reply=ACCEPTED)
    await t.meter_values(3)
    t.manual(TRIGGER(message="Heartbeat"))
    asked = eq("requestedMessage", "Heartbeat")
    await t.expect(5, "TriggerMessage", where=asked, reply=ACCEPTED)
    await t.call(7, "Heartbeat", {})
    t.manual(TRIGGER(message="StatusNotification", connector=cfg.connector_id))
    here = all_of(eq("requestedMessage", "StatusNotification"), HERE)
    await t.expect(9, "TriggerMessage", where=here, reply=ACCEPTED)
    await t.status(11, "Available")
    t.manual(TRIGGER(message=DIAGNOSTICS))
    asked = eq("requestedMessage", DIAGNOSTICS)
    await t.expect(13, "TriggerMessage", where=asked, reply=ACCEPTED)
    await t.diagnostics(15, "Idle")
    t.manual(TRIGGER(message=FIRMWARE))
    asked = eq("requestedMessage", FIRMWARE)
    await t.expect(17, "TriggerMessage", where=asked, reply=ACCEPTED)
    await t.firmware(19, "Idle")


@csms(
    "TC_055_CSMS",
    "The station refuses to send the message that the CSMS asks for",
    group=GROUP,
    requires=remote_trigger,
    readings=(OTHERS,),
)
async def tc_055_csms(t: CsmsTest) -> None:
    t.manual(TRIGGER(message="MeterValues", connector=cfg.connector_id))
    asked = eq("requestedMessage", "MeterValues")
    await t.expect(1, "TriggerMessage", where=asked, reply=REJECTED)
