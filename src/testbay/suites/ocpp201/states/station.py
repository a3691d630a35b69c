"""The states of a station under test that cases begin with or pass through (2.18 and 2.19)."""

from __future__ import annotations

from typing import Any

from testbay.scenario.case import if_implemented, if_writable, state
from testbay.scenario.checks import (
    all_of,
    any_of,
    eq,
    one_of,
)
from testbay.scenario.values import OMITTED, pick
from testbay.scenario.verdict import NotDone
from testbay.suites.ocpp201.actions import (
    ACCEPT,
    EV_NOT_READY,
    LEAVE_BAY,
    OCCUPY_BAY,
    PLUG_IN,
    POWER_CYCLE,
    PRESENT_TO_STOP,
    PRESENT_TOKEN,
    REFUSE,
    UNPLUG,
)
from testbay.suites.ocpp201.availability import NO_OTHER, STATUSES, STILL, other_goes_down
from testbay.suites.ocpp201.checks import (
    ACCEPTED,
    CHARGING_STATE,
    GROUPED,
    PLACE_ZERO,
    SECOND,
    STOPPED_REASON,
    TOKEN,
    identifier,
    local_or_omitted,
    token,
)
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import bay_sensor, cable_lock, start_button
from testbay.suites.ocpp201.settings import Variable, setting
from testbay.suites.ocpp201.station_test import LOCAL, REMOTE, But, StationTest

ENABLED = Variable("AuthCtrlr", "Enabled")
EARLY = Variable("AuthCtrlr", "LocalPreAuthorize")
CACHE = Variable("AuthCacheCtrlr", "Enabled")
ASKS_REMOTE = Variable("AuthCtrlr", "AuthorizeRemoteStart")
UNSEEN = "nobody sees what the station does offline, and it takes a moment"
AN_HOUR = 3600.0  # s that a reservation holds
POST = ("post", "disconnected", "gone")


@state("ParkingBayOccupied", holds=lambda t, evse=None: t.session(evse).bay)
async def parking_bay_occupied(t: StationTest, evse: int | None = None) -> None:
    if not t.has(bay_sensor):
        return
    t.manual(OCCUPY_BAY(evse=_number(t, evse)))
    if t.session(evse).running:
        await t.tx_event(1, "EVDetected", evse=evse)


@state(
    "Authorized",
    holds=lambda t, evse=None, by="": t.session(evse).authorized,
    readings=(
        "The token counts as cached, so that the CSMS need not be asked, where LocalPreAuthorize "
        "cannot be false and the token has been accepted in this case before.",
    ),
)
async def authorized(t: StationTest, evse: int | None = None, by: str = "") -> None:
    session = t.session(evse)
    if not (session.bay or session.cable):
        await t.reach(parking_bay_occupied(evse=evse))
    if (by or t.value(cfg.authorize_by)) == LOCAL:
        asks = await _asks(t) and not t.has(start_button)
        t.manual(PRESENT_TOKEN(evse=_number(t, evse), **_on(t.card)))
        if asks:
            await t.expect(1, "Authorize", *token(*t.card.values()), reply=t.accepted)
        if session.begun or (session.running and "Authorized" in session.start):
            await t.tx_event(3, "Authorized", evse=evse, reply=t.accepted)
        return
    t.points_known()
    remote_id, before = t.fresh(), t.model.transaction(_number(t, evse))
    start = {"idToken": t.card, "remoteStartId": remote_id, "evseId": _number(t, evse)}
    same = (eq("transactionId", before),) if session.running and before else ()
    await t.call(1, "RequestStartTransaction", start, eq("status", "Accepted"), *same)
    session.set(authorized=True)
    session.remote_id, session.token_shown = remote_id, True
    if await _asks(t) and await t.known(ASKS_REMOTE) == "true":
        await t.expect(3, "Authorize", *token(*t.card.values()), reply=t.accepted)
    if session.begun or (session.running and "Authorized" in session.start):
        await t.tx_event(5, "RemoteStart", evse=evse, reply=t.accepted)


@state(
    "Authorized15118",
    holds=lambda t: t.session().authorized,
    readings=(
        "The event of the transaction that the authorization brings about, where there is one, is "
        "taken as step 3 here, as in the state Authorized; the table of this state lacks it.",
        "With PnC a GetCertificateStatus that comes before is answered by default. With EIM the "
        "CSMS is asked where it is in the state Authorized (2.1: not with NoAuthorization).",
    ),
)
async def authorized_15118(t: StationTest) -> None:
    session, asks = t.session(), True
    if t.value(cfg.authorization_method) == "EIM":
        asks = await _asks(t) and not t.has(start_button)
        t.manual(PRESENT_TOKEN)
    else:
        session.set(authorized=True)
    if asks:
        await t.expect(1, "Authorize", reply=t.accepted)
    if session.begun or (session.running and "Authorized" in session.start):
        await t.tx_event(3, "Authorized", reply=t.accepted)


@state("EVConnectedPreSession", holds=lambda t, evse=None: t.session(evse).cable)
async def ev_connected_pre_session(
    t: StationTest, evse: int | None = None, ready: bool = True
) -> None:
    session = t.session(evse)
    late = () if ready or session.begun or "EVConnected" in session.start else ("SuspendedEV",)
    if not session.authorized:
        await t.reach(parking_bay_occupied(evse=evse))
    t.manual(PLUG_IN(evse=_number(t, evse)))
    closed = ("SuspendedEVSE", "Charging", *late) if session.authorized else ()
    triggers, told = (
        ("CablePluggedIn", "ChargingStateChanged"),
        one_of(CHARGING_STATE, "EVConnected", *closed),
    )
    due = session.running and not session.signs_first
    event = [t.tx_event(3, triggers, told, evse=evse)] if due else []
    _, *events = await t.any_order(t.connector_is(1, "Occupied", evse), *event)
    if any(e is not None and pick(e, CHARGING_STATE) == "Charging" for e in events):
        session.set(energy=True)


@state(
    "EnergyTransferStarted",
    holds=lambda t, evse=None, by="": t.session(evse).energy,
    readings=(
        "Where the authorization or the cable closes the power path and the transaction begins by "
        "that, its first event may name either instead of the charging state: the states "
        "Authorized and EVConnectedPreSession take it so.",
        "Where an event has told already that energy flows, as the states EVConnectedPreSession "
        "and Authorized allow, it is step 9 as well.",
    ),
)
async def energy_transfer_started(t: StationTest, evse: int | None = None, by: str = "") -> None:
    session = t.session(evse)
    await t.reach(authorized(evse=evse, by=by))
    plugged = not session.cable
    if plugged:
        known = session.running
        t.manual(PLUG_IN(evse=_number(t, evse)))
        due = known or "EVConnected" in session.start
        told = eq(CHARGING_STATE, "EVConnected")
        event = [t.tx_event(3, "CablePluggedIn", told, evse=evse)] if due else []
        await t.any_order(t.connector_is(1, "Occupied", evse), *event)
    if session.signs_first:
        session.set(signed=True)
        await t.tx_event(5, "SignedDataReceived", evse=evse)
    if "PowerPathClosed" in session.start and session.running and not session.begun:
        cause = "CablePluggedIn" if plugged else "Authorized"
        shut = one_of(CHARGING_STATE, "SuspendedEVSE", "EVConnected")
        await t.tx_event(7, ("ChargingStateChanged", cause), shut, evse=evse)
    flows = session.energy or t.has_told("Charging", evse)
    session.set(energy=True)
    if session.running and not flows:
        await t.tx_event(9, "ChargingStateChanged", eq(CHARGING_STATE, "Charging"), evse=evse)


@state("EnergyTransferStarted on all EVSEs")
async def all_charging(t: StationTest) -> None:
    for evse in range(1, t.value(cfg.evse_count) + 1):
        await t.reach(energy_transfer_started(evse=evse))


@state("EnergyTransferSuspended")
async def energy_transfer_suspended(t: StationTest, evse: int | None = None) -> None:
    session = t.session(evse)
    await t.reach(energy_transfer_started(evse=evse))
    await t.wait(cfg.transaction_duration, "the transaction has its configured duration")
    t.manual(EV_NOT_READY(evse=_number(t, evse)))
    session.set(energy=False)
    await t.tx_event(
        1,
        "ChargingStateChanged",
        one_of(CHARGING_STATE, "EVConnected", "SuspendedEV"),
        *((eq(STOPPED_REASON, "StoppedByEV"),) if session.ended_by else ()),
        evse=evse,
    )


@state(
    "StopAuthorized",
    holds=lambda t, evse=None, by="": t.session(evse).stage != "",
    readings=(
        "As changed by erratum 6.2.117. Where the transaction ends with the authorization, its "
        "last event is the first one that comes, or a second one that tells the charging state; "
        "where it goes on, that second one is judged in the state EVConnectedPostSession.",
    ),
)
async def stop_authorized(t: StationTest, evse: int | None = None, by: str = "") -> None:
    session = t.session(evse)
    await t.reach(energy_transfer_started(evse=evse))
    await t.wait(cfg.transaction_duration, "the transaction has its configured duration")
    told = eq(CHARGING_STATE, "EVConnected")
    if (by or t.value(cfg.stop_by)) == LOCAL:
        t.manual(PRESENT_TO_STOP(evse=_number(t, evse), **_on(t.card)))
        session.token_shown = False
        ends = () if session.running else ("Ended", "Updated")
        named = all_of(*token(*t.card.values()))
        shown = any_of(eq("idToken", OMITTED), named, *t.unnamed_by_button())
        event = await t.tx_event(1, "StopAuthorized", shown, evse=evse, kind=ends, reply=t.accepted)
        if ends and event.get("eventType") == "Updated":
            await t.tx_event(3, "ChargingStateChanged", told, evse=evse, kind="Ended")
    else:
        stop = {"transactionId": t.transaction(evse)}
        await t.call(1, "RequestStopTransaction", stop, eq("status", "Accepted"))
        session.set(authorized=False, energy=False)
        session.stopped = REMOTE
        ends = () if session.running else ("Ended", "Updated")
        event = await t.tx_event(3, "RemoteStop", evse=evse, kind=ends)
        if ends and event.get("eventType") == "Updated":
            await t.tx_event(5, "ChargingStateChanged", told, evse=evse, kind="Ended")
    session.stage = "stopped"


@state(
    "EVConnectedPostSession",
    holds=lambda t, evse=None: t.session(evse).stage in POST,
    readings=(
        "Step 3 is never due: DataSigned is no stop point (part 2, TxStopPoint; erratum 2.24).",
    ),
)
async def ev_connected_post_session(t: StationTest, evse: int | None = None) -> None:
    session = t.session(evse)
    await t.reach(stop_authorized(evse=evse))
    if session.running:
        await t.tx_event(1, "ChargingStateChanged", eq(CHARGING_STATE, "EVConnected"), evse=evse)
    session.stage = "post"


@state(
    "EVDisconnected",
    holds=lambda t, evse=None, **_: t.session(evse).stage in POST[1:],
    readings=(
        "A connector that goes out of operation once its transaction is over may tell Available "
        "or Unavailable when the cable is taken out (table of this state; G01.FR.05); one that "
        "is out of operation already says nothing then.",
        "Where a reset is waited for it may be told to be unavailable, and once that is over "
        "occupied again, before the cable is taken out.",
    ),
)
async def ev_disconnected(
    t: StationTest, evse: int | None = None, down: bool = False, resetting: bool = False
) -> None:
    session = t.session(evse)
    await t.reach(ev_connected_post_session(evse=evse))
    running = session.running
    t.manual(UNPLUG(evse=_number(t, evse)))
    if resetting:
        occupied = ("Occupied",)
        await t.connector_is(1, "Available", evse, also=("Unavailable",), still=occupied)
    elif not down:
        await t.connector_is(1, "Available", evse)
    elif running:
        await t.unplugged_before_over(1)
    if running:
        await t.tx_event(3, "EVCommunicationLost", eq(CHARGING_STATE, "Idle"), evse=evse)
    session.stage = "disconnected"


@state("ParkingBayUnoccupied", holds=lambda t, evse=None: t.session(evse).stage == "gone")
async def parking_bay_unoccupied(t: StationTest, evse: int | None = None) -> None:
    session = t.session(evse)
    await t.reach(ev_disconnected(evse=evse))
    running = session.running
    if t.has(bay_sensor):
        t.manual(LEAVE_BAY(evse=_number(t, evse)))
        if running:
            why = eq(STOPPED_REASON, "Remote") if session.stopped == REMOTE else local_or_omitted()
            await t.tx_event(1, "EVDeparted", why, evse=evse)
    session.stage = "gone"


@state("Booted")
async def booted(
    t: StationTest, power: bool = False, but: But | None = None, asked: bool = False
) -> None:
    if power:
        t.manual(POWER_CYCLE)
    elif not asked:  # or a step of the case has asked for it
        await t.call(1, "Reset", {"type": "Immediate"}, eq("status", "Accepted"))
    t.rebooted()
    await t.expect(3, "BootNotification", within=cfg.reboot_time)
    told = t.expect(
        7,
        "SecurityEventNotification",
        where=one_of("type", "StartupOfTheDevice", "ResetOrReboot"),
    )
    async with t.forbid(5, "StatusNotification", where=PLACE_ZERO):
        await t.any_order(*t.connectors(5, "Available", but=but), told)


@state("Unavailable", readings=(NO_OTHER,))
async def unavailable(t: StationTest, evse: Any = None, connector: Any = None) -> None:
    number, plug = t.value(evse), t.value(connector)
    await t.change_availability(1, "Inoperative", evse=number, connector=plug)
    if number is None:
        await t.connectors_report(3, "Unavailable")
        return
    async with t.forbid(3, *STATUSES, where=other_goes_down(evse, connector)):
        if plug is not None:
            await t.connector_is(3, "Unavailable", number, plug)
        else:
            await t.connectors_report(3, "Unavailable", number)
        await t.wait(cfg.settle_time, STILL)


@state("Reserved")
async def reserved(t: StationTest, evse: Any = cfg.evse_id) -> None:
    number, until = t.value(evse), t.stamp_later(AN_HOUR)
    wanted = {"id": t.fresh(), "expiryDateTime": until, "idToken": TOKEN, "evseId": number}
    await t.call(1, "ReserveNow", wanted, eq("status", "Accepted"))
    async with t.forbid(3, "StatusNotification", where=PLACE_ZERO):
        await t.connectors_report(3, "Reserved", number)


@state("Booting")
async def booting(t: StationTest) -> None:
    await t.call(1, "Reset", {"type": "Immediate"}, eq("status", "Accepted"))
    t.rebooted()


@state("StartOfflineTransaction")
async def start_offline_transaction(t: StationTest) -> None:
    await t.link(1, REFUSE)
    if t.has(bay_sensor):
        t.manual(OCCUPY_BAY)
    t.manual(PRESENT_TOKEN)
    t.manual(PLUG_IN)
    await t.wait(cfg.transaction_duration, UNSEEN)
    session = t.session()
    session.set(energy=True)
    session.token_shown = session.cable_moved = False
    session.begun = session.running
    await t.link(2, ACCEPT)


@state(
    "TransactionEventsInQueueEnded",
    readings=(
        "That the station may authorize by itself while offline is set where it can be.",
        "The cache is filled before the list: a token that is listed need not be asked about.",
        "Between what the driver does offline settle_time passes, as nothing can be seen of it.",
    ),
)
async def transaction_events_in_queue_ended(t: StationTest) -> None:
    unknown = setting("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true")
    trusted = setting("AuthCtrlr", "LocalAuthorizeOffline", "true")
    await t.reach(if_implemented(if_writable(unknown)))
    await t.reach(if_implemented(if_writable(trusted)))
    await t.reach(if_implemented(id_token_cached))
    await t.reach(if_implemented(id_token_local_auth_list))
    await t.lose_connection(1)
    if t.has(bay_sensor):
        t.manual(OCCUPY_BAY)
    if not t.has(cable_lock):
        t.manual(PLUG_IN)
    t.manual(PRESENT_TOKEN)
    if t.has(cable_lock):
        t.manual(PLUG_IN)
    await t.wait(cfg.transaction_duration, "the transaction has its configured duration")
    t.manual(PRESENT_TO_STOP)
    await t.wait(cfg.settle_time, UNSEEN)
    t.manual(UNPLUG)
    await t.wait(cfg.settle_time, UNSEEN)
    if t.has(bay_sensor):
        t.manual(LEAVE_BAY)
    await t.restore_connection(2)


# -- what the station has in its memory ------------------------------------------------------------


@state("IdTokenCached", readings=("As changed by erratum 6.2.120: a whole session takes place.",))
async def id_token_cached(t: StationTest, second: bool = False) -> None:
    await _implemented(t, "AuthCacheCtrlr")
    await t.reach(if_implemented(if_writable(setting("AuthCacheCtrlr", "Enabled", "true"))))
    t.other_card = SECOND if second else None
    await t.run(1, parking_bay_occupied)
    await t.run(2, authorized)
    await t.run(3, ev_connected_pre_session)
    await t.run(4, energy_transfer_started)
    await t.run(5, stop_authorized)
    await t.run(6, ev_disconnected)
    await t.run(7, parking_bay_unoccupied)
    t.other_card = None
    t.sessions.clear()


@state("IdTokenLocalAuthList")
async def id_token_local_auth_list(
    t: StationTest, second: bool = False, grouped: bool = False
) -> None:
    await _implemented(t, "LocalAuthListCtrlr")
    enabled = setting("LocalAuthListCtrlr", "Enabled", "true")
    await t.reach(if_implemented(if_writable(enabled)))
    info = GROUPED if grouped else ACCEPTED["idTokenInfo"]
    entry = {"idToken": SECOND if second else TOKEN, "idTokenInfo": info}
    full = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [entry]}
    await t.call(1, "SendLocalList", full, eq("status", "Accepted"))


@state("The tokens belong to one group")
async def tokens_grouped(t: StationTest) -> None:
    for card in (TOKEN, SECOND):
        t.model.facts.tokens[str(t.value(card["idToken"])).casefold()] = t.value(GROUPED)


async def _implemented(t: StationTest, component: str) -> None:
    """Leave the state out where the station has no such memory."""
    there = [await t.known(Variable(component, name)) for name in ("Available", "Enabled")]
    if "true" not in there:
        raise NotDone("not implemented", f"the station has no {component} that it can use")


async def _asks(t: StationTest) -> bool:
    """Return whether the CSMS must be asked about the token that is shown."""
    if not t.shows_token or await t.known(ENABLED) == "false":
        return False
    named = identifier("idToken.idToken", t.card["idToken"])
    before = t.received("Authorize", "TransactionEvent", where=named)
    return not (before and await t.known(EARLY) == "true" and await t.known(CACHE) != "false")


def _on(card: dict[str, Any]) -> dict[str, Any]:
    """Return a token as actions name it."""
    return {"id_token": card["idToken"], "type": card["type"]}


def _number(t: StationTest, evse: int | None) -> int:
    return int(t.value(cfg.evse_id)) if evse is None else evse
