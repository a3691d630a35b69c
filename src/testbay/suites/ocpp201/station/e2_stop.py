"""Transactions, a station under test: when and how they end (E06, E07)."""

from __future__ import annotations

from testbay.scenario.case import Need, if_implemented, if_writable
from testbay.scenario.checks import all_of, differs, eq, omitted, one_of, present
from testbay.scenario.features import Not
from testbay.scenario.many import Every, times
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp201.actions import (
    EV_NOT_READY,
    EV_STOPS,
    LEAVE_BAY,
    PRESENT_TO_STOP,
    UNPLUG,
)
from testbay.suites.ocpp201.checks import CHARGING_STATE, INVALID, STOPPED_REASON, local_or_omitted
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    bay_sensor,
    fixed_cable,
    iso_15118,
    local_authorization,
    offline_authorization,
    start_button,
)
from testbay.suites.ocpp201.offline import from_before
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import Including, can_be, setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import LOCAL, REMOTE, StationTest

GROUP = "E. Transactions"
STOP = ("TxCtrlr", "TxStopPoint")
POWER_PATH = Including("PowerPathClosed", ("Authorized",))
ENERGY = Including("EnergyTransfer", ("Authorized", "PowerPathClosed"))
ENERGY_TOO = Including("EnergyTransfer")
CONNECTED = Including(
    "EVConnected", ("EnergyTransfer", "PowerPathClosed", "DataSigned", "Authorized")
)
AUTHORIZED = Including("Authorized", ("PowerPathClosed",))
DEAUTHORIZED = Including("Authorized", ("EnergyTransfer", "DataSigned"))
OPENED = Including("PowerPathClosed", DEAUTHORIZED.without)
BAY = Including("ParkingBayOccupancy", (*CONNECTED.without, "EVConnected"))
AUTHORIZES = (
    if_implemented(if_writable(setting("AuthCtrlr", "Enabled", "true"))),
    if_implemented(setting("AuthCtrlr", "DisableRemoteAuthorization", "false")),
)
NOT_EARLIER = (
    "The stop points that would end the transaction earlier are taken away where they can be: "
    "part 5 wants a station to which that is possible."
)
LOCAL_UNSAID = "A reason that is left out stands for Local (2.1, E06.FR.09)."


@station(
    "TC_E_06_CS",
    "A session is ended at the station",
    group=GROUP,
    requires=local_authorization,
    requirements=("E07.FR.04", "E06.FR.15", "C01.FR.03"),
    before=(*AUTHORIZES, states.energy_transfer_started),
)
async def tc_e_06_cs(t: StationTest) -> None:
    await t.run(1, states.stop_authorized(by=LOCAL))
    await t.run(2, states.ev_connected_post_session)
    await t.run(3, states.ev_disconnected)
    await t.run(4, states.parking_bay_unoccupied)


@station(
    "TC_E_07_CS",
    "A transaction ends when the power path opens, by a token at the station",
    group=GROUP,
    requires=local_authorization,
    requirements=("E06.FR.06", "E06.FR.15"),
    needs=(can_be(*STOP, POWER_PATH),),
    before=(setting(*STOP, POWER_PATH), states.energy_transfer_started),
    readings=(NOT_EARLIER,),
)
async def tc_e_07_cs(t: StationTest) -> None:
    await t.run(1, states.stop_authorized(by=LOCAL))


@station(
    "TC_E_08_CS",
    "A transaction ends when the energy stops, because the session is ended",
    group=GROUP,
    requirements=("E06.FR.07", "E06.FR.15"),
    needs=(can_be(*STOP, ENERGY),),
    before=(setting(*STOP, ENERGY), states.energy_transfer_started),
    readings=(NOT_EARLIER,),
)
async def tc_e_08_cs(t: StationTest) -> None:
    await t.run(1, states.stop_authorized)


@station(
    "TC_E_14_CS",
    "A transaction ends when the cable is taken out",
    group=GROUP,
    requires=Not(fixed_cable),
    requirements=("E06.FR.02", "E06.FR.15"),
    needs=(can_be(*STOP, CONNECTED),),
    before=(setting(*STOP, CONNECTED), states.ev_connected_post_session),
    readings=(NOT_EARLIER, "As changed by erratum 6.2.51."),
)
async def tc_e_14_cs(t: StationTest) -> None:
    session = t.session()
    t.manual(UNPLUG)
    await t.connector_is(1, "Available")
    idle = eq(CHARGING_STATE, "Idle")
    if session.stopped == REMOTE:
        why = one_of(STOPPED_REASON, "Remote", "EVDisconnected")
        await t.tx_event(3, "EVCommunicationLost", idle, why, kind="Ended")
    else:
        why = one_of(STOPPED_REASON, "Local", "EVDisconnected", OMITTED)
        await t.tx_event(3, "EVCommunicationLost", idle, why, kind="Ended")


@station(
    "TC_E_15_CS",
    "A transaction ends with the authorization, by a token at the station",
    group=GROUP,
    requires=local_authorization,
    requirements=("E06.FR.03", "E06.FR.15"),
    needs=(can_be(*STOP, AUTHORIZED),),
    before=(setting(*STOP, AUTHORIZED), states.energy_transfer_started),
    readings=(NOT_EARLIER, LOCAL_UNSAID),
)
async def tc_e_15_cs(t: StationTest) -> None:
    await t.wait(cfg.transaction_duration, "the transaction has its configured duration")
    t.manual(PRESENT_TO_STOP)
    t.session().token_shown = False
    await t.tx_event(1, "StopAuthorized", local_or_omitted(), kind="Ended")


async def _shows_tokens(t: StationTest) -> bool:
    return t.shows_token


async def _ends_by_deauthorizing(t: StationTest) -> bool:
    return await can_be(*STOP, DEAUTHORIZED).ask(t) or await can_be(*STOP, OPENED).ask(t)


@station(
    "TC_E_16_CS",
    "A transaction that began offline ends, because the CSMS does not accept its token",
    group=GROUP,
    requires=local_authorization & Not(start_button) & offline_authorization,
    requirements=("E06.FR.04", "E06.FR.15", "C15.FR.04"),
    needs=(
        Need("only where whoever charges has a token", _shows_tokens),
        Need("only where a transaction can end by deauthorizing it alone", _ends_by_deauthorizing),
    ),
    before=(
        if_writable(setting(*STOP, DEAUTHORIZED)),
        if_writable(setting(*STOP, OPENED)),
        *AUTHORIZES,
        if_implemented(setting("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true")),
        if_implemented(if_writable(setting("AuthCtrlr", "LocalAuthorizeOffline", "true"))),
        setting("TxCtrlr", "StopTxOnInvalidId", "true"),
        if_implemented(states.id_token_cached),
        if_implemented(states.id_token_local_auth_list),
        states.start_offline_transaction,
    ),
    readings=(
        NOT_EARLIER,
        "Of the two stop points that the case may use both are set, or the one that there is.",
        "Which events were queued is told by their time stamps, compared with the clock of the "
        "tool; the first event is one of them anyway.",
        "That the station may authorize by itself while offline is set where it can be.",
    ),
)
async def tc_e_16_cs(t: StationTest) -> None:
    deauthorized = eq("triggerReason", "Deauthorized")
    before = differs("triggerReason", "Deauthorized")
    named, other = all_of(before, present("idToken")), all_of(before, omitted("idToken"))
    shown, others, _ = await t.collect(
        t.expect(1, "TransactionEvent", where=named, reply=INVALID),
        t.expect(1, "TransactionEvent", where=other),
        t.expect(
            3,
            "TransactionEvent",
            eq("eventType", "Ended"),
            eq(STOPPED_REASON, "DeAuthorized"),
            where=deauthorized,
        ),
        until=deauthorized,
        during=cfg.reconnect_time,
    )
    t.review(1, shown, times(1, None))
    first, *more = sorted((*shown, *others), key=lambda m: m.position)
    t.review(1, [first, *from_before(t, more)], Every(eq("offline", True)))


@station(
    "TC_E_19_CS",
    "A transaction ends when the vehicle leaves the parking bay",
    group=GROUP,
    requires=bay_sensor,
    requirements=("E06.FR.01", "E06.FR.15"),
    needs=(can_be(*STOP, BAY),),
    before=(setting(*STOP, BAY), states.ev_disconnected),
    readings=(NOT_EARLIER, LOCAL_UNSAID),
)
async def tc_e_19_cs(t: StationTest) -> None:
    t.manual(LEAVE_BAY)
    if t.session().stopped == REMOTE:
        await t.tx_event(1, "EVDeparted", eq(STOPPED_REASON, "Remote"), kind="Ended")
    else:
        await t.tx_event(1, "EVDeparted", local_or_omitted(), kind="Ended")


@station(
    "TC_E_21_CS",
    "A transaction ends with the authorization, by a remote stop",
    group=GROUP,
    requirements=("E06.FR.03", "E06.FR.15", "F03.FR.09"),
    needs=(can_be(*STOP, AUTHORIZED),),
    before=(setting(*STOP, AUTHORIZED), states.energy_transfer_started),
    readings=(NOT_EARLIER,),
)
async def tc_e_21_cs(t: StationTest) -> None:
    stop = {"transactionId": t.transaction()}
    await t.call(1, "RequestStopTransaction", stop, eq("status", "Accepted"))
    t.deauthorized()
    await t.tx_event(3, "RemoteStop", eq(STOPPED_REASON, "Remote"), kind="Ended")


@station(
    "TC_E_22_CS",
    "A transaction ends when the vehicle takes no more energy",
    group=GROUP,
    requirements=("E06.FR.07", "E06.FR.15"),
    needs=(can_be(*STOP, ENERGY_TOO),),
    before=(setting(*STOP, ENERGY_TOO), states.energy_transfer_started),
    readings=(
        "As changed by erratum 6.2.50: the transaction ends, whatever charging state is told.",
    ),
)
async def tc_e_22_cs(t: StationTest) -> None:
    t.manual(EV_NOT_READY)
    t.should_be(energy=False)
    state = one_of(CHARGING_STATE, "EVConnected", "SuspendedEV")
    by_vehicle = eq(STOPPED_REASON, "StoppedByEV")
    await t.tx_event(1, "ChargingStateChanged", state, by_vehicle, kind="Ended")


@station(
    "TC_E_46_CS",
    "A vehicle ends its session by ISO 15118",
    group=GROUP,
    requires=iso_15118,
    requirements=("E15.FR.04", "E15.FR.05"),
    before=(
        states.ev_connected_pre_session,
        states.authorized_15118,
        states.energy_transfer_started,
    ),
    readings=("As changed by erratum 6.2.55. The stop points are what the station says of them.",),
)
async def tc_e_46_cs(t: StationTest) -> None:
    t.manual(EV_STOPS)
    over = t.stop_points & {"Authorized", "PowerPathClosed", "EnergyTransfer"}
    connected, by_vehicle = eq(CHARGING_STATE, "EVConnected"), eq(STOPPED_REASON, "StoppedByEV")
    if over:
        await t.tx_event(1, "StopAuthorized", connected, by_vehicle, kind="Ended")
    else:
        await t.tx_event(1, "StopAuthorized", connected, kind="Updated")
