"""Provisioning, a station under test: resets of the station and of an EVSE (B11, B12)."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq, omitted, one_of
from testbay.scenario.features import Not
from testbay.suites.ocpp201.checks import CHARGING_STATE, STOPPED_REASON
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import reservations, reset_evse, several_evses
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import But, StationTest

case = partial(station, group="B. Provisioning")

STARTUP = one_of("type", "StartupOfTheDevice", "ResetOrReboot")
ENDING_EARLY = {"Authorized", "EnergyTransfer", "PowerPathClosed", "DataSigned"}
ON_IDLE = {"type": "OnIdle"}
AT_ONCE = {"type": "Immediate"}
THE_EVSE = {"evseId": cfg.evse_id}
SCHEDULED = eq("reason", "ScheduledReset")
BY_RESET = (
    eq(CHARGING_STATE, "EVConnected"),
    eq(STOPPED_REASON, "ImmediateReset"),
)
STOP_POINTS = (
    "That later steps are left out because the transaction is over is told by the stop points; "
    "the text names start points for it."
)
WITH_CABLE = (
    "A connector is occupied after the boot where the cable has not been taken out before it."
)
NO_MORE_USE = (
    "A connector that becomes free while a reset is waited for may be told to be unavailable "
    "instead: nothing new begins there (B12)."
)
RESETS_IN_BETWEEN = (
    "Once the transaction is over the EVSE may be told to be unavailable for a reset."
)


def ended_early(t: StationTest) -> bool:
    """Return whether taking the right to charge away ends a transaction."""
    return bool(t.stop_points & ENDING_EARLY)


@case(
    "TC_B_20_CS",
    "Reset once idle, of a station that is idle",
    requirements=("B01.FR.03", "B11.FR.01", "B11.FR.03", "B11.FR.04"),
)
async def tc_b_20_cs(t: StationTest) -> None:
    await t.call(1, "Reset", ON_IDLE, eq("status", "Accepted"))
    t.rebooted()
    await t.expect(3, "BootNotification", within=cfg.reboot_time)
    await t.connectors_report(5, "Available")


@case(
    "TC_B_21_CS",
    "Reset once idle, during a transaction",
    requirements=("B12.FR.01", "B12.FR.03"),
    before=(states.energy_transfer_started,),
    readings=(STOP_POINTS, WITH_CABLE, NO_MORE_USE),
)
async def tc_b_21_cs(t: StationTest) -> None:
    await t.call(1, "Reset", ON_IDLE, eq("status", "Scheduled"))
    await t.run(3, states.stop_authorized)
    await t.run(4, states.ev_connected_post_session)
    if not ended_early(t):
        await t.run(5, states.ev_disconnected(resetting=True))
        if "EVConnected" not in t.stop_points:
            await t.run(6, states.parking_bay_unoccupied)
    await t.expect(7, "BootNotification", SCHEDULED, within=cfg.reboot_time)
    t.rebooted()
    here = (t.value(cfg.evse_id), t.value(cfg.connector_id))
    plugged: But = {here: "Occupied"} if t.session().cable else {}
    told = t.expect(11, "SecurityEventNotification", where=STARTUP)
    await t.any_order(*t.connectors(9, "Available", but=plugged), told)


@case(
    "TC_B_22_CS",
    "Reset at once, during a transaction",
    requirements=("B01.FR.03", "B12.FR.02", "B12.FR.04", "E07.FR.03"),
    before=(states.energy_transfer_started,),
    readings=("The end of the transaction is told before the boot (B12.FR.04).",),
)
async def tc_b_22_cs(t: StationTest) -> None:
    await t.call(1, "Reset", AT_ONCE, eq("status", "Accepted"))
    over = t.tx_event(3, "ResetCommand", *BY_RESET, omitted("idToken"), kind="Ended")
    t.rebooted()
    reason = eq("reason", "RemoteReset")
    boot = t.expect(5, "BootNotification", reason, within=cfg.reboot_time)
    await t.ahead(over, boot)
    await boot
    here = (t.value(cfg.evse_id), t.value(cfg.connector_id))
    await t.connectors_report(7, "Available", but={here: "Occupied"})


@case(
    "TC_B_23_CS",
    "What is out of operation stays so over a reset",
    requirements=("B01.FR.03", "B11.FR.01", "B11.FR.02", "B11.FR.03", "B11.FR.04"),
    before=(states.unavailable(evse=cfg.evse_id, connector=cfg.connector_id),),
)
async def tc_b_23_cs(t: StationTest) -> None:
    await t.call(1, "Reset", ON_IDLE, eq("status", "Accepted"))
    t.rebooted()
    await t.expect(3, "BootNotification", eq("reason", "RemoteReset"), within=cfg.reboot_time)
    here = (t.value(cfg.evse_id), t.value(cfg.connector_id))
    await t.connectors_report(5, "Available", but={here: "Unavailable"})


@case(
    "TC_B_24_CS",
    "What is reserved stays so over a reset",
    requires=reservations,
    requirements=("B01.FR.03", "B11.FR.01", "B11.FR.03", "B11.FR.04", "B11.FR.05"),
    before=(states.reserved,),
    readings=(
        "As changed by erratum 6.2.16: the reset is one at once.",
        "All connectors of the EVSE are reserved (state Reserved), and stay so.",
    ),
)
async def tc_b_24_cs(t: StationTest) -> None:
    await t.call(1, "Reset", AT_ONCE, eq("status", "Accepted"))
    t.rebooted()
    await t.expect(3, "BootNotification", eq("reason", "RemoteReset"), within=cfg.reboot_time)
    await t.connectors_report(5, "Available", but={t.value(cfg.evse_id): "Reserved"})


@case(
    "TC_B_41_CS",
    "Reset once idle, during two transactions",
    requires=several_evses,
    requirements=("B12.FR.01", "B12.FR.03", "E07.FR.03"),
    before=(states.energy_transfer_started(evse=1), states.energy_transfer_started(evse=2)),
    readings=(
        "EVSE 1 was disconnected at step 5: only EVSE 2 can be occupied at step 13.",
        NO_MORE_USE,
    ),
)
async def tc_b_41_cs(t: StationTest) -> None:
    await t.call(1, "Reset", ON_IDLE, eq("status", "Scheduled"))
    await t.run(3, states.stop_authorized(evse=1))
    await t.run(4, states.ev_connected_post_session(evse=1))
    await t.run(5, states.ev_disconnected(evse=1, resetting=True))
    await t.run(6, states.parking_bay_unoccupied(evse=1))
    await t.run(7, states.stop_authorized(evse=2))
    await t.run(8, states.ev_connected_post_session(evse=2))
    if not ended_early(t):
        await t.run(9, states.ev_disconnected(evse=2, resetting=True))
        if "EVConnected" not in t.stop_points:
            await t.run(10, states.parking_bay_unoccupied(evse=2))
    await t.expect(11, "BootNotification", SCHEDULED, within=cfg.reboot_time)
    t.rebooted()
    plugged: But = {(2, t.value(cfg.connector_id)): "Occupied"} if t.session(2).cable else {}
    await t.connectors_report(13, "Available", but=plugged)


@case(
    "TC_B_25_CS",
    "Reset of an EVSE that is idle",
    requires=reset_evse,
    requirements=("B11.FR.01", "B11.FR.08", "B11.FR.10"),
)
async def tc_b_25_cs(t: StationTest) -> None:
    await t.call(1, "Reset", {**ON_IDLE, **THE_EVSE}, eq("status", "Accepted"))


@case(
    "TC_B_26_CS",
    "Reset of an EVSE once idle, during its transaction",
    requires=reset_evse,
    requirements=("B12.FR.01", "B12.FR.07"),
    before=(states.energy_transfer_started,),
    readings=(RESETS_IN_BETWEEN,),
)
async def tc_b_26_cs(t: StationTest) -> None:
    await t.call(1, "Reset", {**ON_IDLE, **THE_EVSE}, eq("status", "Scheduled"))
    await t.run(3, states.stop_authorized)
    await t.run(4, states.ev_connected_post_session)
    await t.run(5, states.ev_disconnected(resetting=True))
    await t.run(6, states.parking_bay_unoccupied)


@case(
    "TC_B_27_CS",
    "Reset of an EVSE at once, during its transaction",
    requires=reset_evse,
    requirements=("B12.FR.02", "B12.FR.08", "E07.FR.03"),
    before=(states.energy_transfer_started,),
)
async def tc_b_27_cs(t: StationTest) -> None:
    await t.call(1, "Reset", {**AT_ONCE, **THE_EVSE}, eq("status", "Accepted"))
    await t.tx_event(3, "ResetCommand", *BY_RESET, kind="Ended")


@case(
    "TC_B_28_CS",
    "Reset of an EVSE, where only the whole station can be reset",
    requires=Not(reset_evse),
    requirements=("B11.FR.01", "B11.FR.09", "B12.FR.01", "B12.FR.09"),
)
async def tc_b_28_cs(t: StationTest) -> None:
    await t.call(1, "Reset", {**ON_IDLE, **THE_EVSE}, eq("status", "Rejected"))


@case(
    "TC_B_29_CS",
    "Reset of an EVSE during its transaction, where only the whole station can be reset",
    requires=Not(reset_evse),
    requirements=("B12.FR.01", "B12.FR.09"),
    before=(states.energy_transfer_started,),
)
async def tc_b_29_cs(t: StationTest) -> None:
    await t.call(1, "Reset", {**ON_IDLE, **THE_EVSE}, eq("status", "Rejected"))
