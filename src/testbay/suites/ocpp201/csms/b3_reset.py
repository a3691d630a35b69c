"""Provisioning, a CSMS under test: restarting a station or an EVSE (B11, B12)."""

from __future__ import annotations

from testbay.scenario.checks import eq, omitted
from testbay.suites.ocpp201.actions import RECONNECT, RESET
from testbay.suites.ocpp201.checks import TOKEN
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.csms_test import ACCEPTED, SCHEDULED, CsmsTest
from testbay.suites.ocpp201.features import reset_evse
from testbay.suites.ocpp201.registry import csms
from testbay.suites.ocpp201.states import csms as states

GROUP = "B. Provisioning"
EVSE, PLUG = cfg.evse_id, cfg.connector_id
ON_IDLE, AT_ONCE = eq("type", "OnIdle"), eq("type", "Immediate")
WHOLE, HERE = omitted("evseId"), eq("evseId", EVSE)
RESTARTED = "A station that restarts closes its connection and comes with a new one."
CONNECTED = {"chargingState": "EVConnected"}
UNPLUGGED = {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}
CUT_SHORT = {"chargingState": "EVConnected", "stoppedReason": "ImmediateReset"}


@csms(
    "TC_B_20_CSMS",
    "The station restarts when nothing is charged",
    group=GROUP,
    requirements=("B11.FR.04",),
    readings=(RESTARTED, "The type is validated as the action says it."),
)
async def tc_b_20_csms(t: CsmsTest) -> None:
    t.manual(RESET(when="on_idle"))
    await t.expect(1, "Reset", ON_IDLE, WHOLE, reply=ACCEPTED)
    await t.link(3, RECONNECT)
    await t.boot(3, eq("status", "Accepted"), reason="RemoteReset")
    await t.connectors_report(5, "Available")


@csms(
    "TC_B_21_CSMS",
    "The station restarts once the transaction is over",
    group=GROUP,
    requirements=("B12.FR.01", "B12.FR.03", "E07.FR.03"),
    before=(states.energy_transfer_started,),
    readings=(RESTARTED,),
)
async def tc_b_21_csms(t: CsmsTest) -> None:
    t.manual(RESET(when="on_idle"))
    await t.expect(1, "Reset", ON_IDLE, WHOLE, reply=SCHEDULED)
    await t.tx(3, "Updated", "StopAuthorized", info=CONNECTED, idToken=TOKEN)
    await t.tx(5, "Ended", "EVCommunicationLost", info=UNPLUGGED)
    await t.link(7, RECONNECT)
    await t.boot(7, eq("status", "Accepted"), reason="ScheduledReset")
    await t.connectors_report(9, "Available")


@csms(
    "TC_B_22_CSMS",
    "The station restarts at once, which ends the transaction",
    group=GROUP,
    before=(states.energy_transfer_started,),
    readings=(RESTARTED,),
)
async def tc_b_22_csms(t: CsmsTest) -> None:
    t.manual(RESET(when="immediately"))
    await t.expect(1, "Reset", AT_ONCE, WHOLE, reply=ACCEPTED)
    await t.tx(3, "Ended", "ResetCommand", info=CUT_SHORT)
    await t.link(5, RECONNECT)
    await t.boot(5, eq("status", "Accepted"), reason="RemoteReset")
    await t.connectors_report(7, "Occupied", EVSE, PLUG)
    await t.connectors_report(7, "Available", EVSE, PLUG, others=True)


@csms(
    "TC_B_25_CSMS",
    "An EVSE restarts when nothing is charged",
    group=GROUP,
    requirements=("B11.FR.04",),
    requires=reset_evse,
)
async def tc_b_25_csms(t: CsmsTest) -> None:
    t.manual(RESET(when="on_idle", evse=EVSE))
    await t.expect(1, "Reset", ON_IDLE, HERE, reply=ACCEPTED)


@csms(
    "TC_B_26_CSMS",
    "An EVSE restarts once its transaction is over",
    group=GROUP,
    requirements=("B12.FR.07",),
    requires=reset_evse,
    before=(states.energy_transfer_started,),
)
async def tc_b_26_csms(t: CsmsTest) -> None:
    t.manual(RESET(when="on_idle", evse=EVSE))
    await t.expect(1, "Reset", ON_IDLE, HERE, reply=SCHEDULED)
    await t.tx(3, "Updated", "StopAuthorized", info=CONNECTED, idToken=TOKEN)
    await t.tx(5, "Ended", "EVCommunicationLost", info=UNPLUGGED)


@csms(
    "TC_B_27_CSMS",
    "An EVSE restarts at once, which ends its transaction",
    group=GROUP,
    requires=reset_evse,
    before=(states.energy_transfer_started,),
)
async def tc_b_27_csms(t: CsmsTest) -> None:
    t.manual(RESET(when="immediately", evse=EVSE))
    await t.expect(1, "Reset", AT_ONCE, HERE, reply=ACCEPTED)
    await t.tx(3, "Ended", "ResetCommand", info=CUT_SHORT)
