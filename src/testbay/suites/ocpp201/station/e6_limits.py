"""Transactions, a station under test: time-outs, other ends, vehicles that are not ready (E)."""

from __future__ import annotations

from testbay.scenario.case import Need, if_implemented, if_writable
from testbay.scenario.checks import differs, eq, one_of
from testbay.scenario.features import Not
from testbay.scenario.many import Some
from testbay.suites.ocpp201.actions import EV_NOT_READY, PLUG_IN, PRESENT_TOKEN, UNPLUG_EV
from testbay.suites.ocpp201.checks import CHARGING_STATE, STOPPED_REASON, TIMED_OUT, OfEvse
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    dc,
    fixed_cable,
    iso_15118,
    local_authorization,
    mode_1_2_only,
    mode_3,
    start_button,
)
from testbay.suites.ocpp201.offline import HAS_TOKEN, REMEMBERS
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import Including, Variable, can_be, has, members, setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest
from testbay.suites.ocpp201.waiting import NO_EVENT, ON_TIME

GROUP = "E. Transactions"
START, STOP = ("TxCtrlr", "TxStartPoint"), ("TxCtrlr", "TxStopPoint")
ENDS = ("TxCtrlr", "StopTxOnEVSideDisconnect")
UNLOCKS = ("OCPPCommCtrlr", "UnlockOnEVSideDisconnect")
WAITS = setting("TxCtrlr", "EVConnectionTimeOut", cfg.connection_timeout)
ENABLED = if_implemented(if_writable(setting("AuthCtrlr", "Enabled", "true")))
EARLIER = ("EnergyTransfer", "PowerPathClosed", "DataSigned", "EVConnected")
AUTHORIZED, BAY = (
    Including("Authorized", EARLIER),
    Including("ParkingBayOccupancy", EARLIER),
)
POWER_PATH = Including("PowerPathClosed", ("Authorized",))
POWER_PATH_LAST = Including("PowerPathClosed", ("EnergyTransfer", "EVConnected", "DataSigned"))
CONNECTED = Including("EVConnected", ("EnergyTransfer", "PowerPathClosed"))
IDLE = eq(CHARGING_STATE, "Idle")
LOST = "EVCommunicationLost"
NOT_EARLIER = (
    "The stop points that would end the transaction earlier are taken away where they can be: "
    "part 5 wants a station to which that is possible."
)


async def _outlives(t: StationTest) -> bool:
    """Return whether a transaction can outlive the cable."""
    return await can_be(*STOP, AUTHORIZED).ask(t) or await can_be(*STOP, BAY).ask(t)


async def _need_not_end(t: StationTest) -> bool:
    """Return whether the authorization outlives the cable, or does not end the transaction."""
    apart = Including("EVConnected", (*CONNECTED.without, "Authorized"))
    return await can_be(*ENDS, "false").ask(t) or await can_be(*STOP, apart).ask(t)


async def _begins_before_energy(t: StationTest) -> bool:
    await t.online()
    points = members(await t.read(Variable(*START)) or "")
    return bool({*points} - {"EnergyTransfer"})


@station(
    "TC_E_27_CS",
    "A transaction outlives the cable, and nobody puts it back in time",
    group=GROUP,
    requires=fixed_cable & mode_3 & Not(mode_1_2_only),
    requirements=("E10.FR.02", "E10.FR.03"),
    needs=(
        Need("only where a transaction can outlive the cable", _outlives),
        can_be(*UNLOCKS, "false"),
        can_be(*ENDS, "false"),
    ),
    before=(
        if_writable(setting(*STOP, AUTHORIZED)),
        if_writable(setting(*STOP, BAY)),
        setting(*UNLOCKS, "false"),
        setting(*ENDS, "false"),
        if_writable(WAITS),
        states.energy_transfer_suspended,
    ),
    readings=(
        NOT_EARLIER,
        "As changed by erratum 6.2.52: the cable is not put back.",
        "The connection time-out is set where it can be, so that it is not too long; where it "
        "cannot be, the one that the station has counts.",
        ON_TIME,
    ),
)
async def tc_e_27_cs(t: StationTest) -> None:
    t.manual(UNPLUG_EV)
    await t.tx_event(1, LOST, IDLE, kind="Updated")
    await t.connector_is(3, "Available")
    t.should_be(authorized=False)
    longest = float(await t.known(WAITS.variable) or t.value(cfg.connection_timeout))
    if "Authorized" in t.stop_points:
        await t.stops_waiting(5, eq(STOPPED_REASON, "Timeout"), kind="Ended", seconds=longest)
    else:
        await t.stops_waiting(5, kind="Updated", seconds=longest)


@station(
    "TC_E_35_CS",
    "A transaction ends when the power path opens, by a remote stop",
    group=GROUP,
    requirements=("E06.FR.06", "E06.FR.15"),
    needs=(can_be(*STOP, POWER_PATH),),
    before=(setting(*STOP, POWER_PATH), states.energy_transfer_started),
    readings=(
        NOT_EARLIER,
        "As changed by erratum 6.2.49: one of the events names the remote stop, and the last one "
        "ends the transaction.",
    ),
)
async def tc_e_35_cs(t: StationTest) -> None:
    stop = {"transactionId": t.transaction()}
    await t.call(1, "RequestStopTransaction", stop, eq("status", "Accepted"))
    t.deauthorized()
    event = t.expect(3, "TransactionEvent")
    [events] = await t.collect(event, until=eq("eventType", "Ended"))
    t.review(3, events, Some(eq("triggerReason", "RemoteStop")))
    t.check(3, eq(STOPPED_REASON, "Remote"), events[-1], events[-1])


@station(
    "TC_E_37_CS",
    "A transaction ends when the power path opens, by taking the cable out of the vehicle",
    group=GROUP,
    requires=mode_3 | mode_1_2_only,
    requirements=("E06.FR.06", "E06.FR.15"),
    needs=(can_be(*STOP, POWER_PATH_LAST),),
    before=(
        setting(*STOP, POWER_PATH_LAST),
        if_writable(setting(*ENDS, "false")),
        states.energy_transfer_suspended,
    ),
    readings=(NOT_EARLIER,),
)
async def tc_e_37_cs(t: StationTest) -> None:
    t.manual(UNPLUG_EV)
    why = one_of(STOPPED_REASON, "EVDisconnected", "StoppedByEV")
    await t.tx_event(1, LOST, IDLE, why, kind="Ended")


@station(
    "TC_E_38_CS",
    "A vehicle that is not ready to take energy",
    group=GROUP,
    requires=Not(mode_1_2_only),
    needs=(Need("only where a transaction begins before energy flows", _begins_before_energy),),
    before=(states.authorized,),
    readings=(
        "Where the power path begins the transaction, its first event says so as in the reusable "
        "state, before the vehicle is found not to be ready, or it is step 2 already; where signed "
        "values begin it, an event that says so comes before step 2.",
    ),
)
async def tc_e_38_cs(t: StationTest) -> None:
    t.manual(EV_NOT_READY)
    await t.run(1, states.ev_connected_pre_session(ready=False))
    if t.session().signs_first:
        t.should_be(signed=True)
        await t.tx_event(2, "SignedDataReceived")
    if not t.has_told("SuspendedEV"):
        suspended = eq(CHARGING_STATE, "SuspendedEV")
        await t.tx_event(2, "ChargingStateChanged", suspended)


@station(
    "TC_E_39_CS",
    "Nobody comes with a cable, which ends the authorization and by that the transaction",
    group=GROUP,
    requirements=("E06.FR.04", "E06.FR.15"),
    needs=(can_be(*STOP, Including("Authorized")),),
    before=(
        setting(*STOP, Including("Authorized")),
        WAITS,
        ENABLED,
        if_implemented(setting("AuthCtrlr", "DisableRemoteAuthorization", "false")),
        states.authorized,
    ),
    readings=(
        "As changed by erratum 6.2.47.",
        NO_EVENT,
        ON_TIME,
        "With a parking bay that begins or ends transactions the event may end this one, because "
        "the authorization is a stop point, or leave it to the bay (E03.FR.15).",
        "Step 5 cannot be the end of a transaction that has ended at step 1, so its event type is "
        "judged only where the transaction goes on; otherwise the cable begins another one.",
        "That it does not charge is watched for silence_time.",
    ),
)
async def tc_e_39_cs(t: StationTest) -> None:
    session, going_on = t.session(), False
    begun = session.begun
    t.should_be(authorized=False)
    if begun:
        bay = "ParkingBayOccupancy" in t.start_points | t.stop_points
        kinds = ("Ended", "Updated") if bay else "Ended"
        gone = await t.stops_waiting(1, TIMED_OUT, kind=kinds)
        going_on = gone.get("eventType") == "Updated"
    else:
        await t.has_stopped_waiting()
    t.manual(PLUG_IN)
    await t.connector_is(3, "Occupied")
    event = t.expect(
        5,
        "TransactionEvent",
        eq("triggerReason", "CablePluggedIn"),
        differs(CHARGING_STATE, "Charging"),
        *((eq("eventType", "Updated"),) if going_on else ()),
        where=OfEvse(t.value(cfg.evse_id), t.places_told),
    )
    await t.collect(event, during=cfg.silence_time)


@station(
    "TC_E_52_CS",
    "A token that is not known, while the station may not ask for it",
    group=GROUP,
    requires=local_authorization & Not(start_button),
    requirements=("C01.FR.02", "C01.FR.05"),
    needs=(has("AuthCtrlr", "DisableRemoteAuthorization"), HAS_TOKEN, REMEMBERS),
    before=(
        ENABLED,
        setting("AuthCtrlr", "DisableRemoteAuthorization", "true"),
        states.parking_bay_occupied,
    ),
    readings=(
        "As changed by erratum 6.2.48: the cable is plugged in as well.",
        "The general preparations have emptied cache and list.",
    ),
)
async def tc_e_52_cs(t: StationTest) -> None:
    t.manual(PRESENT_TOKEN(to="start"))  # and by that nobody is authorized
    await t.nothing(1, "Authorize", during=cfg.silence_time)
    async with t.forbid(3, "TransactionEvent", where=eq(CHARGING_STATE, "Charging")):
        await t.run(2, states.ev_connected_pre_session)
        await t.wait(cfg.silence_time, "what does not charge shows that only with time")


@station(
    "TC_E_54_CS",
    "A transaction ends when the cable is taken out of the vehicle, with high level communication",
    group=GROUP,
    requires=(dc | iso_15118) & Not(mode_1_2_only),
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
async def tc_e_54_cs(t: StationTest) -> None:
    t.manual(UNPLUG_EV)
    why = one_of(STOPPED_REASON, "StoppedByEV", "EVDisconnected")
    await t.tx_event(1, LOST, IDLE, why, kind="Ended")
