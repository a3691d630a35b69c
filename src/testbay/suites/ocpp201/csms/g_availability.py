"""Availability, a CSMS under test (G03 to G05)."""

from __future__ import annotations

from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.csms_test import SCHEDULED, CsmsTest
from testbay.suites.ocpp201.registry import csms
from testbay.suites.ocpp201.states import csms as states

GROUP = "G. Availability"
EVSE, PLUG = cfg.evse_id, cfg.connector_id
WHOLE = "The state is the scenario, and its validations are those of the case."
ONCE = "The duration of the transaction is waited for in the state StopAuthorized."


@csms(
    "TC_G_03_CSMS",
    "An EVSE is put out of operation",
    group=GROUP,
    readings=(WHOLE,),
)
async def tc_g_03_csms(t: CsmsTest) -> None:
    await t.run(1, states.unavailable(evse=EVSE))


@csms(
    "TC_G_04_CSMS",
    "An EVSE is put back into operation",
    group=GROUP,
    before=(states.unavailable(evse=EVSE),),
)
async def tc_g_04_csms(t: CsmsTest) -> None:
    await t.availability(1, "Operative", EVSE)
    await t.connectors_report(3, "Available", EVSE)


@csms("TC_G_05_CSMS", "The whole station is put out of operation", group=GROUP)
async def tc_g_05_csms(t: CsmsTest) -> None:
    await t.availability(1, "Inoperative")
    await t.connectors_report(3, "Unavailable")


@csms(
    "TC_G_06_CSMS",
    "The whole station is put back into operation",
    group=GROUP,
    before=(states.unavailable,),
    readings=("The action says Inoperative; the validation, Operative, is what is meant.",),
)
async def tc_g_06_csms(t: CsmsTest) -> None:
    await t.availability(1, "Operative")
    await t.connectors_report(3, "Available")


@csms("TC_G_07_CSMS", "A connector is put out of operation", group=GROUP)
async def tc_g_07_csms(t: CsmsTest) -> None:
    await t.availability(1, "Inoperative", EVSE, PLUG)
    await t.connectors_report(3, "Unavailable", EVSE, PLUG)


@csms(
    "TC_G_08_CSMS",
    "A connector is put back into operation",
    group=GROUP,
    before=(states.unavailable(evse=EVSE, connector=PLUG),),
)
async def tc_g_08_csms(t: CsmsTest) -> None:
    await t.availability(1, "Operative", EVSE, PLUG)
    await t.connectors_report(3, "Available", EVSE, PLUG)


@csms(
    "TC_G_11_CSMS",
    "An EVSE is put out of operation while it charges",
    group=GROUP,
    before=(states.energy_transfer_started,),
    readings=(ONCE,),
)
async def tc_g_11_csms(t: CsmsTest) -> None:
    await t.availability(1, "Inoperative", EVSE, reply=SCHEDULED)
    await t.run(3, states.stop_authorized)
    await t.run(4, states.ev_connected_post_session)
    await t.run(5, states.ev_disconnected)
    await t.connectors_report(6, "Unavailable", EVSE)


@csms(
    "TC_G_14_CSMS",
    "The whole station is put out of operation while an EVSE charges",
    group=GROUP,
    before=(states.energy_transfer_started,),
    readings=(ONCE,),
)
async def tc_g_14_csms(t: CsmsTest) -> None:
    await t.availability(1, "Inoperative", reply=SCHEDULED)
    await t.connectors_report(3, "Unavailable", EVSE, PLUG, others=True)
    await t.run(5, states.stop_authorized)
    await t.run(6, states.ev_connected_post_session)
    await t.run(7, states.ev_disconnected)
    await t.connectors_report(8, "Unavailable", EVSE, PLUG)


@csms(
    "TC_G_17_CSMS",
    "A connector is put out of operation while its EVSE charges",
    group=GROUP,
    before=(states.energy_transfer_started,),
    readings=(ONCE,),
)
async def tc_g_17_csms(t: CsmsTest) -> None:
    await t.availability(1, "Inoperative", EVSE, PLUG, reply=SCHEDULED)
    await t.run(3, states.stop_authorized)
    await t.run(4, states.ev_connected_post_session)
    await t.run(5, states.ev_disconnected)
    await t.connectors_report(6, "Unavailable", EVSE, PLUG)


@csms(
    "TC_G_20_CSMS",
    "The lock of a connector fails",
    group=GROUP,
    requirements=("G05.FR.03",),
)
async def tc_g_20_csms(t: CsmsTest) -> None:
    lock = {"name": "ConnectorPlugRetentionLock", "evse": {"id": EVSE, "connectorId": PLUG}}
    await t.event(1, lock, "Problem", "true")
