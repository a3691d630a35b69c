"""Transactions, a station under test: the cable is taken out of the vehicle (E06, E09, E10)."""

from __future__ import annotations

from testbay.scenario.case import Need, if_implemented, if_writable
from testbay.scenario.checks import eq
from testbay.scenario.features import Not
from testbay.suites.ocpp201.actions import (
    EV_READY,
    PLUG_IN_EV,
    PRESENT_TO_UNLOCK,
    UNPLUG_EV,
    UNPLUG_STATION,
)
from testbay.suites.ocpp201.checks import CHARGING_STATE, STOPPED_REASON
from testbay.suites.ocpp201.features import (
    fixed_cable,
    local_authorization,
    mode_1_2_only,
    mode_3,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import Including, Variable, can_be, setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

GROUP = "E. Transactions"
STOP = ("TxCtrlr", "TxStopPoint")
ENDS = ("TxCtrlr", "StopTxOnEVSideDisconnect")
UNLOCKS = ("OCPPCommCtrlr", "UnlockOnEVSideDisconnect")
UNLOCK = Variable(*UNLOCKS)
NEVER = ("EnergyTransfer", "PowerPathClosed")
CONNECTED = Including("EVConnected", NEVER)
AUTHORIZED = Including("Authorized", (*NEVER, "EVConnected", "DataSigned"))
BAY = Including("ParkingBayOccupancy", AUTHORIZED.without)
IDLE = eq(CHARGING_STATE, "Idle")
LOST = "EVCommunicationLost"
NOT_EARLIER = (
    "The stop points that would end the transaction earlier are taken away where they can be: "
    "part 5 wants a station to which that is possible."
)
SUSPENDED_FIRST = (
    "The text that we have names no state to begin with; it is that of the cases beside it, and "
    "of the same case for a CSMS: EnergyTransferSuspended."
)
OVER_ALREADY = (
    "Where the transaction has ended because the energy stopped, no event is due for the cable."
)


async def _need_not_end(t: StationTest) -> bool:
    """Return whether the authorization outlives the cable, or does not end the transaction."""
    without = Including("EVConnected", (*NEVER, "Authorized"))
    return await can_be(*ENDS, "false").ask(t) or await can_be(*STOP, without).ask(t)


async def _goes_on(t: StationTest) -> bool:
    """Return whether a transaction can outlive the cable."""
    return await can_be(*STOP, AUTHORIZED).ask(t) or await can_be(*STOP, BAY).ask(t)


@station(
    "TC_E_17_CS",
    "A transaction ends because the cable, taken out of the vehicle, ends the authorization",
    group=GROUP,
    requires=mode_3 & (local_authorization | fixed_cable),
    requirements=("E06.FR.04", "E06.FR.15"),
    needs=(can_be(*STOP, AUTHORIZED), can_be(*ENDS, "true")),
    before=(
        setting(*STOP, AUTHORIZED),
        setting(*ENDS, "true"),
        if_writable(setting(*UNLOCKS, "false")),
        if_implemented(if_writable(setting("AuthCtrlr", "Enabled", "true"))),
        if_implemented(setting("AuthCtrlr", "DisableRemoteAuthorization", "false")),
        states.energy_transfer_suspended,
    ),
    readings=(
        "As erratum 6.2.46 has it, the authorization is the stop point; that erratum 6.2.45 names "
        "the power path as well contradicts it.",
        SUSPENDED_FIRST,
    ),
)
async def tc_e_17_cs(t: StationTest) -> None:
    t.manual(UNPLUG_EV)
    t.deauthorized()
    why = eq(STOPPED_REASON, "EVDisconnected")
    await t.tx_event(1, LOST, IDLE, why, kind="Ended")
    if not t.has(fixed_cable):
        if await t.known(UNLOCK) == "false":
            t.manual(PRESENT_TO_UNLOCK)
        t.manual(UNPLUG_STATION)
    await t.connector_is(3, "Available")


@station(
    "TC_E_20_CS",
    "A transaction ends when the cable is taken out of the vehicle",
    group=GROUP,
    requires=mode_3 | mode_1_2_only,
    requirements=("E06.FR.02", "E06.FR.15"),
    needs=(
        can_be(*STOP, CONNECTED),
        Need("not where the cable always ends the authorization, and by that all", _need_not_end),
    ),
    before=(
        setting(*STOP, CONNECTED),
        if_writable(setting(*ENDS, "false")),
        states.energy_transfer_suspended,
    ),
    readings=(NOT_EARLIER,),
)
async def tc_e_20_cs(t: StationTest) -> None:
    t.manual(UNPLUG_EV)
    why = eq(STOPPED_REASON, "EVDisconnected")
    await t.tx_event(1, LOST, IDLE, why, kind="Ended")


@station(
    "TC_E_24_CS",
    "The cable, taken out of the vehicle, ends the authorization and is unlocked at once",
    group=GROUP,
    requires=Not(fixed_cable) & mode_3 & Not(mode_1_2_only),
    requirements=("E09.FR.01", "E09.FR.02", "E09.FR.04"),
    needs=(can_be(*ENDS, "true"), can_be(*UNLOCKS, "true")),
    before=(
        setting(*ENDS, "true"),
        setting(*UNLOCKS, "true"),
        states.energy_transfer_suspended,
    ),
    readings=(OVER_ALREADY,),
)
async def tc_e_24_cs(t: StationTest) -> None:
    running = t.session().running
    t.manual(UNPLUG_EV)
    t.deauthorized()
    if running:
        await t.tx_event(1, LOST, IDLE)
    t.manual(UNPLUG_STATION)
    await t.connector_is(3, "Available")


@station(
    "TC_E_25_CS",
    "The cable, taken out of the vehicle, ends the authorization and stays locked",
    group=GROUP,
    requires=(mode_3 | mode_1_2_only) & (local_authorization | fixed_cable),
    requirements=("E09.FR.01", "E09.FR.03", "E09.FR.04"),
    needs=(can_be(*ENDS, "true"), can_be(*UNLOCKS, "false")),
    before=(
        setting(*ENDS, "true"),
        setting(*UNLOCKS, "false"),
        states.energy_transfer_suspended,
    ),
    readings=(OVER_ALREADY,),
)
async def tc_e_25_cs(t: StationTest) -> None:
    running = t.session().running
    t.manual(UNPLUG_EV)
    t.deauthorized()
    if running:
        await t.tx_event(1, LOST, IDLE)
    if not t.has(fixed_cable):
        t.manual(PRESENT_TO_UNLOCK)
        t.manual(UNPLUG_STATION)
    await t.connector_is(3, "Available")


@station(
    "TC_E_26_CS",
    "A transaction outlives the cable, and goes on when it is back",
    group=GROUP,
    requires=mode_3 & Not(mode_1_2_only),
    requirements=("E10.FR.01", "E10.FR.03"),
    needs=(
        Need("only where a transaction can outlive the cable", _goes_on),
        can_be(*UNLOCKS, "false"),
        can_be(*ENDS, "false"),
    ),
    before=(
        if_writable(setting(*STOP, AUTHORIZED)),
        if_writable(setting(*STOP, BAY)),
        setting(*UNLOCKS, "false"),
        setting(*ENDS, "false"),
        states.energy_transfer_suspended,
    ),
    readings=(
        NOT_EARLIER,
        SUSPENDED_FIRST,
        "The vehicle takes energy again once the cable is back.",
    ),
)
async def tc_e_26_cs(t: StationTest) -> None:
    t.manual(UNPLUG_EV)
    await t.tx_event(1, LOST, IDLE, kind="Updated")
    if t.has(fixed_cable):
        await t.connector_is(3, "Available")
    t.manual(EV_READY)
    t.manual(PLUG_IN_EV)
    await t.tx_event(5, "CablePluggedIn", eq(CHARGING_STATE, "EVConnected"), kind="Updated")
    t.should_be(energy=True)
    charging = eq(CHARGING_STATE, "Charging")
    await t.tx_event(7, "ChargingStateChanged", charging, kind="Updated")
