"""Transactions, a station under test: what it says of them and of its queue (E14)."""

from __future__ import annotations

from testbay.scenario.case import Need, if_writable, state
from testbay.scenario.checks import all_of, any_of, eq, omitted, one_of
from testbay.scenario.configured import Plus
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp201.actions import (
    EV_NOT_READY,
    LEAVE_BAY,
    PRESENT_TO_STOP,
    UNPLUG_EV,
)
from testbay.suites.ocpp201.checks import CHARGING_STATE, STOPPED_REASON, token
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import bay_sensor, local_authorization
from testbay.suites.ocpp201.offline import (
    COMM,
    LOST,
    METERED,
    NO_STATE,
    OFFLINE,
    QUEUED,
    QUEUES,
    SAMPLES,
    STILL_ONLINE,
    vehicle_leaves,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import Including, can_be, setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import LOCAL, StationTest

GROUP = "E. Transactions"
ASK = "GetTransactionStatus"
ONGOING, QUEUE = "ongoingIndicator", "messagesInQueue"
STOP = ("TxCtrlr", "TxStopPoint")
ENDS = ("TxCtrlr", "StopTxOnEVSideDisconnect")
LONGER = Plus(cfg.retry_back_off_wait_minimum, cfg.transaction_duration)
SETTLED = "what the station still has to send of the transaction has come by then"
HELD = (
    "The tool leaves the first event from the queue unanswered until the station has answered "
    "the question, for settle_time at most, so that the queue cannot have become empty."
)
EMPTY = "The tool first lets settle_time pass, in which the queue becomes empty."


@station(
    "TC_E_28_CS",
    "Status of a transaction that there is not",
    group=GROUP,
    requirements=("E14.FR.01",),
)
async def tc_e_28_cs(t: StationTest) -> None:
    other = {"transactionId": f"no-{t.fresh()}"}
    await t.call(1, ASK, other, eq(ONGOING, False), eq(QUEUE, False))


@station(
    "TC_E_29_CS",
    "Status of a transaction that runs and has events in the queue",
    group=GROUP,
    requirements=("E14.FR.02", "E14.FR.04"),
    before=(*QUEUES, states.energy_transfer_started),
    readings=(*LOST, HELD, NO_STATE, STILL_ONLINE),
)
async def tc_e_29_cs(t: StationTest) -> None:
    running = {"transactionId": t.transaction()}
    await t.lose_connection(1)
    await t.wait(cfg.retry_back_off_wait_minimum, "meter values are queued meanwhile")
    await t.restore_connection(2)
    with t.holding(cfg.settle_time):
        await t.call(3, ASK, running, eq(ONGOING, True), eq(QUEUE, True))
    of_it = all_of(METERED, any_of(OFFLINE, t.since_lost()))
    await t.expect(5, "TransactionEvent", *QUEUED, where=of_it)


@station(
    "TC_E_30_CS",
    "Status of a transaction that runs and has no events in the queue",
    group=GROUP,
    requirements=("E14.FR.02", "E14.FR.05"),
    before=(states.energy_transfer_started,),
    readings=(EMPTY,),
)
async def tc_e_30_cs(t: StationTest) -> None:
    await t.wait(cfg.settle_time, SETTLED)
    await t.online()
    t.release()
    running = {"transactionId": t.transaction()}
    await t.call(1, ASK, running, eq(ONGOING, True), eq(QUEUE, False))


@state("The session has ended while the station was offline")
async def ended_offline(t: StationTest) -> None:
    if t.value(cfg.stop_by) == LOCAL:
        t.manual(PRESENT_TO_STOP)
        t.session().token_shown = False
        await t.reach(vehicle_leaves)
        return
    t.manual(EV_NOT_READY)
    t.should_be(energy=False)
    await t.wait(cfg.settle_time, states.UNSEEN)
    t.manual(UNPLUG_EV)
    t.deauthorized()
    await t.wait(cfg.settle_time, states.UNSEEN)
    if t.has(bay_sensor):
        t.manual(LEAVE_BAY)
        await t.wait(cfg.settle_time, states.UNSEEN)


@state("The events of the end")
async def events_of_the_end(t: StationTest) -> None:
    local, ended_by = t.value(cfg.stop_by) == LOCAL, t.session().ended_by
    at_once = ("Authorized", "PowerPathClosed", "EnergyTransfer") if local else ("EnergyTransfer",)
    over, goes_on = ended_by in at_once, ended_by not in at_once
    apart = eq(CHARGING_STATE, "EVConnected")
    suspended = one_of(CHARGING_STATE, "EVConnected", "SuspendedEV")
    if local:
        shown = any_of(omitted("idToken"), all_of(*token()), *t.unnamed_by_button())
        kinds = ("Ended", "Updated") if over else "Updated"
        stop = await t.tx_event(1, "StopAuthorized", shown, kind=kinds)
        if goes_on:
            await t.tx_event(3, "ChargingStateChanged", apart, kind="Updated")
        elif stop.get("eventType") == "Updated":
            await t.tx_event(3, "ChargingStateChanged", apart, kind="Ended")
    elif goes_on:
        await t.tx_event(5, "ChargingStateChanged", suspended, kind="Updated")
    else:
        by_ev = eq(STOPPED_REASON, "StoppedByEV")
        await t.tx_event(5, "ChargingStateChanged", suspended, by_ev, kind="Ended")
    idle = eq(CHARGING_STATE, "Idle")
    if ended_by == "ParkingBayOccupancy":
        await t.tx_event(7, "EVCommunicationLost", idle, kind="Updated")
        await t.tx_event(9, "EVDeparted", kind="Ended")
    elif goes_on:
        why = one_of(STOPPED_REASON, "Local", "EVDisconnected", "StoppedByEV", OMITTED)
        await t.tx_event(7, "EVCommunicationLost", idle, why, kind="Ended")


async def _can_end_offline(t: StationTest) -> bool:
    if t.value(cfg.stop_by) == LOCAL and t.has(local_authorization):
        return True
    await t.online()
    others = ("EVConnected", "PowerPathClosed", "EnergyTransfer", "ParkingBayOccupancy")
    for point in others:
        if await can_be(*STOP, Including(point)).ask(t):
            return True
    return await can_be(*ENDS, "true").ask(t)


@station(
    "TC_E_31_CS",
    "Status of a transaction that has ended and has events in the queue",
    group=GROUP,
    requirements=("E14.FR.03", "E14.FR.04"),
    needs=(Need("only where a transaction can be ended while offline", _can_end_offline),),
    before=(
        *SAMPLES,
        setting(COMM, "OfflineThreshold", Plus(LONGER, 60)),
        setting(COMM, "RetryBackOffWaitMinimum", LONGER),
        setting(COMM, "RetryBackOffRandomRange", 0),
        if_writable(setting(COMM, "UnlockOnEVSideDisconnect", "true")),
        if_writable(setting(*ENDS, "true")),
        states.energy_transfer_started,
    ),
    readings=(
        *LOST,
        HELD,
        "As changed by erratum 6.2.53: where stop_by is remote, the vehicle stops the energy, and "
        "the cable is taken out of the vehicle.",
        "That the cable ends the authorization is set where it can be, or a session that is ended "
        "by the vehicle would not end with every stop point.",
        "Between what the driver does settle_time passes, as nothing can be seen of it.",
        "Each event that is due by the stop points is judged as in its reusable state.",
    ),
)
async def tc_e_31_cs(t: StationTest) -> None:
    ended = {"transactionId": t.transaction()}
    await t.lose_connection()
    await t.reach(ended_offline)
    await t.wait(cfg.transaction_duration, "so long the connection stays away besides")
    await t.restore_connection()
    with t.holding(cfg.settle_time):
        await t.call(1, ASK, ended, eq(ONGOING, False), eq(QUEUE, True))
    await t.run(3, events_of_the_end)


@station(
    "TC_E_32_CS",
    "Status of a transaction that has ended and has no events in the queue",
    group=GROUP,
    requirements=("E14.FR.03", "E14.FR.05"),
    before=(states.energy_transfer_started, states.parking_bay_unoccupied),
    readings=(EMPTY,),
)
async def tc_e_32_cs(t: StationTest) -> None:
    await t.wait(cfg.settle_time, SETTLED)
    await t.online()
    t.release()
    ended = {"transactionId": t.last_transaction()}
    await t.call(1, ASK, ended, eq(ONGOING, False), eq(QUEUE, False))


@station(
    "TC_E_33_CS",
    "Status of the queue while there are events in it",
    group=GROUP,
    requirements=("E14.FR.06", "E14.FR.07"),
    before=(*QUEUES, states.energy_transfer_started),
    readings=(*LOST, HELD, NO_STATE, STILL_ONLINE),
)
async def tc_e_33_cs(t: StationTest) -> None:
    await t.lose_connection(1)
    await t.wait(cfg.retry_back_off_wait_minimum, "meter values are queued meanwhile")
    await t.restore_connection(2)
    with t.holding(cfg.settle_time):
        await t.call(3, ASK, {}, omitted(ONGOING), eq(QUEUE, True))
    of_it = all_of(METERED, any_of(OFFLINE, t.since_lost()))
    await t.expect(5, "TransactionEvent", *QUEUED, where=of_it)


@station(
    "TC_E_34_CS",
    "Status of the queue while there are no events in it",
    group=GROUP,
    requirements=("E14.FR.06", "E14.FR.08"),
)
async def tc_e_34_cs(t: StationTest) -> None:
    await t.call(1, ASK, {}, omitted(ONGOING), eq(QUEUE, False))
