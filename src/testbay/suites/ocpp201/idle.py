"""The general preconditions (2.1): connected, accepted, idle, available, nothing left over.

Nothing is done where the model knows that all is well. What fails here leaves the case
inconclusive; a station that does not come to rest is restarted once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbay.scenario.case import if_implemented, if_writable
from testbay.scenario.checks import eq
from testbay.scenario.configured import Plus
from testbay.scenario.role import Action
from testbay.scenario.values import ANY_CODE
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp201.actions import (
    ACCEPT,
    CLEAR_FAULT,
    EV_READY,
    FREE_LOCK,
    LEAVE_BAY,
    POWER_ON,
    REFUSE,
    UNPLUG,
)
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.settings import Variable, setting

if TYPE_CHECKING:
    from testbay.suites.ocpp201.station_test import StationTest

__all__ = ["ACCEPT", "REFUSE", "online", "prepare", "restart"]

QUIET = (  # what says nothing of a session, nor of where the station is
    *("Heartbeat", "MeterValues", "DataTransfer", "FirmwareStatusNotification"),
    *("LogStatusNotification", "SecurityEventNotification", "NotifyReport"),
)
MOST_ROUNDS = 40
IDLE = "the station must be idle"
WAITS = Variable("TxCtrlr", "EVConnectionTimeOut")
POINTS = (Variable("TxCtrlr", "TxStartPoint"), Variable("TxCtrlr", "TxStopPoint"))


async def prepare(t: StationTest) -> None:
    """Bring the station to where every case begins."""
    with t.recorder.under("idle"):
        await online(t)
        facts = t.model.facts
        facts.tokens.clear()
        if facts.accepted is None and not facts.statuses:
            t.remark("restarted once: it had booted before the run, so its state is unknown")
            facts.needs_reboot = True
        if facts.needs_reboot:
            await restart(t)
        if why := await _at_rest(t):
            t.remark(f"restarted, because {why}")
            await restart(t)
            if why := await _at_rest(t):
                raise StopCase(Verdict.INCONCLUSIVE, f"{IDLE}, but {why}")
        await _forget(t)
        for point in POINTS:
            if t.model.variable(f"{point}") is None:
                await t.read(point)
        _put_aside(t)


async def online(t: StationTest) -> None:
    """Wait until the station is connected and accepted, and has sent what that brings about."""
    with t.recorder.under("online"):
        await _online(t)
        _put_aside(t)


def _put_aside(t: StationTest) -> None:
    """Keep what has come so far from the steps of the case; it belongs to none of them."""
    t.box.put_aside(t.recorder.label("put aside"))


async def _online(t: StationTest) -> None:
    facts = t.model.facts
    if not facts.powered:
        t.manual(POWER_ON)
        await t.finish_actions()
    if not facts.connected:
        await t.link("accept", ACCEPT)
        if not facts.connected:
            await t.expect(1, "@connect", within=cfg.reboot_time)
    if facts.settled:
        return
    await _quiet(t)
    if facts.accepted is False:
        await t.expect(1, "BootNotification", within=Plus(cfg.heartbeat_interval, 60))
        await _quiet(t)
    facts.settled = True


async def _quiet(t: StationTest) -> None:
    for _ in range(MOST_ROUNDS):
        start = t.mark()
        await t.wait(cfg.settle_time, "what the station still has to send has come by then")
        if all(m.action in QUIET for m in t.box.log[start:]) and t.all_answered():
            return
    raise StopCase(Verdict.INCONCLUSIVE, f"{IDLE}, but it does not stop sending messages")


async def restart(t: StationTest) -> None:
    """Restart the station and wait until it is accepted again."""
    with t.recorder.under("restart"):
        await t.call(1, "Reset", {"type": "Immediate"}, eq("status", "Accepted"))
        t.rebooted()
        await t.expect(3, "BootNotification", within=cfg.reboot_time)
        await online(t)


# -- transactions, cables, availability ----------------------------------------------------------


async def _at_rest(t: StationTest) -> str:
    """End transactions and free all EVSEs; return what could not be done."""
    await _cancel_reservations(t)
    await _stop_transactions(t)
    facts = t.model.facts
    if "station" in facts.inoperative:
        await _operative(t, {})
    for evse in range(1, int(t.value(cfg.evse_count)) + 1):
        await _free(t, evse)
    await _nobody_comes(t)
    for evse, connector in t.places():
        if why := await _available(t, evse, connector):
            return why
    for transaction in list(facts.transactions):
        ended = eq("transactionInfo.transactionId", transaction)
        event = t.maybe(1, "TransactionEvent", eq("eventType", "Ended"), ended, within=t.timeout)
        if await event is None and transaction in facts.transactions:
            facts.transactions.pop(transaction)
            return f"transaction {transaction} does not end"
    return ""


async def _stop_transactions(t: StationTest) -> None:
    for transaction in list(t.model.facts.transactions):
        stop = {"transactionId": transaction}
        await t.call("stop", "RequestStopTransaction", stop, or_error=ANY_CODE)


async def _cancel_reservations(t: StationTest) -> None:
    """Cancel what was reserved; some of it has ended by now, so that it need not succeed."""
    for number in list(t.model.facts.reservations):
        reserved = {"reservationId": number}
        await t.call("cancel", "CancelReservation", reserved, or_error=ANY_CODE)
    t.model.facts.reservations.clear()


async def _free(t: StationTest, evse: int) -> None:
    """Undo what was done at an EVSE."""
    facts = t.model.facts
    taken = any(t.model.status(e, c) == "Occupied" for e, c in t.places() if e == evse)
    if evse in facts.jammed:
        await _done(t, FREE_LOCK(evse=evse))
    if evse in facts.unready:
        await _done(t, EV_READY(evse=evse))
    if evse in facts.cut and evse in facts.plugged:
        here = {"evseId": evse, "connectorId": t.value(cfg.connector_id)}
        await t.call("unlock", "UnlockConnector", here, or_error=ANY_CODE)
    if evse in facts.plugged or (taken and evse not in facts.handled):
        await _done(t, UNPLUG(evse=evse))
    if evse in facts.bays:
        await _done(t, LEAVE_BAY(evse=evse))
    if evse in facts.faulted:
        await _done(t, CLEAR_FAULT(evse=evse))
    down = [p for p in facts.inoperative if p.split(".")[0] == str(evse)]
    if down or any(t.model.status(e, c) == "Unavailable" for e, c in t.places() if e == evse):
        await _operative(t, {"evse": {"id": evse}})
    for place in down:
        if "." in place:
            await _operative(t, {"evse": {"id": evse, "connectorId": int(place.split(".")[1])}})


async def _nobody_comes(t: StationTest) -> None:
    """Wait until a station has forgotten whom it let charge without a cable (E03.FR.05).

    Where that begins no transaction, it cannot be stopped, and the same token would undo it.
    """
    facts = t.model.facts
    if facts.awaited:
        waits = await t.known(WAITS) or ""
        own = t.value(cfg.connection_timeout)
        longest = max(own, int(waits)) if waits.isdigit() else own
        longest += t.value(cfg.max_time_deviation) + 1
        await t.wait(longest, "a station that waits for a cable has given up by then")
        facts.awaited = []


async def _done(t: StationTest, action: Action) -> None:
    t.manual(action)
    await t.finish_actions()


async def _operative(t: StationTest, place: dict[str, object]) -> None:
    change = {"operationalStatus": "Operative", **place}
    await t.call("make operative", "ChangeAvailability", change, or_error=ANY_CODE)


async def _available(t: StationTest, evse: int, connector: int) -> str:
    if t.model.status(evse, connector) == "Available":
        return ""
    longest = t.value(cfg.connection_timeout) + t.timeout
    if await t.which(t.connector_is(2, "Available", evse, connector, within=longest)) is None:
        status = t.model.status(evse, connector)
        return f"connector {connector} of EVSE {evse} stays {status}"
    return ""


# -- memory --------------------------------------------------------------------------------------


async def _forget(t: StationTest) -> None:
    """Empty cache and local list; clear charging profiles; no early local authorization (2.1)."""
    facts = t.model.facts
    if facts.local_list:
        empty = {"versionNumber": 1, "updateType": "Full"}
        await t.call("empty the list", "SendLocalList", empty, eq("status", "Accepted"))
    if facts.profiles:
        await t.call("clear profiles", "ClearChargingProfile", {"chargingProfileCriteria": {}})
        facts.profiles = False
    if facts.cached:
        await t.call("clear the cache", "ClearCache", {}, or_error=ANY_CODE)
        facts.cached = False
    if t.model.variable("AuthCtrlr.LocalPreAuthorize") != "false":
        early = setting("AuthCtrlr", "LocalPreAuthorize", "false", keep=True)
        await t.reach(if_implemented(if_writable(early)))
