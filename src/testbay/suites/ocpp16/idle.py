"""The general preconditions (1.3): connected, accepted, idle, available, nothing left over.

Nothing is done where the model knows that all is well. What fails here leaves the case
inconclusive; a station that does not come to rest is restarted once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from testbay.roles.csms_model16 import CABLE
from testbay.scenario.case import if_writable
from testbay.scenario.checks import eq
from testbay.scenario.configured import Plus
from testbay.scenario.role import Action
from testbay.scenario.values import ANY_CODE
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp16.actions import (
    ACCEPT,
    CLEAR_FAULT,
    FREE_LOCK,
    POWER_ON,
    REPAIR_MEMORY,
    UNPLUG,
)
from testbay.suites.ocpp16.checks import at, no_longer
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import local_list
from testbay.suites.ocpp16.settings import Setting

if TYPE_CHECKING:
    from testbay.suites.ocpp16.station_test import StationTest

CABLED = ("Charging", "SuspendedEV", "SuspendedEVSE", "Finishing")
QUIET = (  # what says nothing of a session, nor of where the station is
    *("Heartbeat", "MeterValues", "DataTransfer", "DiagnosticsStatusNotification"),
    *("FirmwareStatusNotification", "LogStatusNotification", "SecurityEventNotification"),
)
MOST_ROUNDS = 40
DURATION = "MinimumStatusDuration"
LIST_ON, CACHE_ON = "LocalAuthListEnabled", "AuthorizationCacheEnabled"
IDLE = "the station must be idle"
ACCEPTED = eq("status", "Accepted")


async def prepare(t: StationTest) -> None:
    """Bring the station to where every case begins."""
    t.model.facts.tokens.clear()
    with t.recorder.under("idle"):
        await online(t)
        facts = t.model.facts
        if facts.accepted is None and not facts.statuses:
            t.recorder.remark(
                "restarted once: it had booted before the run, so its state is unknown"
            )
            facts.needs_reboot = True
        await _transferred(t)
        if facts.needs_reboot:
            await restart(t)
        if why := await _at_rest(t, insist=False):
            t.recorder.remark(f"restarted, because {why}")
            await restart(t)
            if why := await _at_rest(t, insist=True):
                raise StopCase(Verdict.INCONCLUSIVE, f"{IDLE}, but {why}")
        await _forget(t)
        await _status_duration(t)
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
    if facts.settled and not facts.authorized:
        return
    await _quiet(t)
    if facts.accepted is False:
        await t.expect(1, "BootNotification", within=Plus(cfg.boot_interval, 60))
        await _quiet(t)
    facts.settled, facts.authorized = True, False


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
        await t.call(1, "Reset", {"type": "Hard"}, eq("status", "Accepted"))
        await t.expect(3, "BootNotification", within=cfg.reboot_time)
        await online(t)


async def _transferred(t: StationTest) -> None:
    """Wait for the end of transfers and updates; a station that tells none is restarted."""
    facts = t.model.facts
    limit = t.value(cfg.file_transfer_time) + t.value(cfg.installation_time)
    async with t.acting() as acting:
        while facts.under_way:
            if not await t.next_arrival(acting.left(limit)):
                break
    if facts.under_way:
        told = ", ".join(f"{action} {status}" for action, status in facts.under_way.items())
        t.recorder.remark(f"restarted, because a transfer or an update does not end: {told}")
        facts.under_way.clear()
        facts.needs_reboot = True


# -- transactions, cables, availability ----------------------------------------------------------


async def _at_rest(t: StationTest, *, insist: bool) -> str:
    """End transactions and free all connectors; return what could not be done.

    Args:
        insist: have every cable taken out where a connector is not available, whatever is known;
            otherwise those that were asked for, and those that were in before the run began.
    """
    why = await _end_transactions(t)
    if not why:
        await _cancel_reservations(t)
        why = await _free_connectors(t, insist)
    return why


async def _end_transactions(t: StationTest) -> str:
    running = t.model.facts.transactions
    for number in list(running):
        stop = {"transactionId": number}
        answer = await t.call("stop", "RemoteStopTransaction", stop)
        if answer.get("status") != "Accepted":
            running.pop(number, None)
            t.recorder.remark(f"transaction {number} is given up: the station does not stop it")
        elif not await t.maybe(
            1, "StopTransaction", where=eq("transactionId", number), within=t.timeout
        ):
            running.pop(number, None)
            return f"transaction {number} does not end"
    return ""


async def _cancel_reservations(t: StationTest) -> None:
    """Cancel what was reserved; some of it has ended by now, so that it need not succeed."""
    for number in list(t.model.facts.reservations):
        reserved = {"reservationId": number}
        await t.call("cancel", "CancelReservation", reserved, or_error=ANY_CODE)
    t.model.facts.reservations.clear()


async def _free_connectors(t: StationTest, insist: bool) -> str:
    facts = t.model.facts
    if 0 in facts.faulted:
        await _done(t, CLEAR_FAULT(connector=0))
    if 0 in facts.inoperative:
        await _operative(t, 0)
    for number in range(1, int(t.value(cfg.number_of_connectors)) + 1):
        before = t.model.status(number)
        unknown = before in CABLED and number not in facts.handled
        if unknown or (insist and before != "Available"):
            facts.plugged[number] = list(CABLE)
        if number in facts.jammed:
            await _done(t, FREE_LOCK(connector=number))
        if number in facts.plugged and (why := await _unplug(t, number, insist)):
            return why
        if number in facts.faulted or await _stays_faulted(t, number):
            await _done(t, CLEAR_FAULT(connector=number))
        if number in facts.inoperative or before == "Unavailable":
            await _operative(t, number)
        if not await _available(t, number):
            return f"connector {number} stays {t.model.status(number)}"
    return ""


async def _unplug(t: StationTest, number: int, insist: bool) -> str:
    """Have a cable taken out; return why it is still in, or nothing.

    Args:
        insist: end the case where it cannot be taken out; a restart has not helped.
    """
    plugged = t.model.facts.plugged
    ends = plugged[number]
    locked = number in t.model.facts.locked  # perhaps, as in the two other cases
    if locked or "ev" not in ends or t.model.status(number) == "Preparing":
        await t.call("unlock", "UnlockConnector", {"connectorId": number})
    t.manual(UNPLUG(connector=number, side="both" if len(ends) > 1 else ends[0]))
    try:
        await t.finish_actions()
    except StopCase as stop:
        plugged[number] = ends  # it is still in
        if insist:
            raise
        return str(stop)
    return ""


async def _stays_faulted(t: StationTest, number: int) -> bool:
    """Return whether a connector is faulted, and not only for what has been undone just now."""
    if t.model.status(number) != "Faulted":
        return False
    repaired = no_longer(number, "Faulted")
    seen = t.maybe(2, "StatusNotification", where=repaired, within=cfg.settle_time)
    return await seen is None


async def _done(t: StationTest, action: Action) -> None:
    t.manual(action)
    await t.finish_actions()


async def _operative(t: StationTest, connector: int) -> None:
    change = {"connectorId": connector, "type": "Operative"}
    await t.call("make operative", "ChangeAvailability", change, eq("status", "Accepted"))


async def _available(t: StationTest, connector: int) -> bool:
    if t.model.status(connector) == "Available":
        return True
    longest = t.setting("ConnectionTimeOut")
    patience = t.timeout + (int(longest) if longest.isdigit() else t.value(cfg.connection_timeout))
    free = at(connector, "Available")
    return await t.maybe(2, "StatusNotification", where=free, within=patience) is not None


# -- memory --------------------------------------------------------------------------------------


async def _forget(t: StationTest) -> None:
    """Empty cache and local list; clear charging profiles."""
    facts = t.model.facts
    if facts.memory_broken:
        await _done(t, REPAIR_MEMORY)
    if facts.local_list or (facts.local_list is None and t.has(local_list)):
        await _empty_list(t)
    if facts.profiles:
        await t.call("clear profiles", "ClearChargingProfile", {})
        facts.profiles = False
    if facts.cached:
        answer = await t.call("clear the cache", "ClearCache", {})
        if _switched_off(t, CACHE_ON) and answer.get("status") != "Accepted":
            async with _switched_on(t, CACHE_ON):
                await t.call("clear the cache", "ClearCache", {})


async def _empty_list(t: StationTest) -> None:
    """Empty the local authorization list; where nobody has filled it, this need not succeed."""
    filled, off = bool(t.model.facts.local_list), _switched_off(t, LIST_ON)
    emptied = await _emptied(t, must=filled and not off)
    if not emptied and off:
        async with _switched_on(t, LIST_ON):
            emptied = await _emptied(t, must=filled)
    if not emptied and not filled:
        t.recorder.remark("the local authorization list may hold something: it cannot be emptied")
        t.model.facts.local_list = False


async def _emptied(t: StationTest, *, must: bool) -> bool:
    empty = {"listVersion": 1, "updateType": "Full"}
    checks, error = ((ACCEPTED,), None) if must else ((), ANY_CODE)
    answer = await t.call("empty the list", "SendLocalList", empty, *checks, or_error=error)
    return bool(ACCEPTED.judge(answer, t.value).passed)


def _switched_off(t: StationTest, key: str) -> bool:
    """Return whether a store is out of use; a station may then know of none to be emptied."""
    return t.setting(key).lower() == "false"


@asynccontextmanager
async def _switched_on(t: StationTest, key: str) -> AsyncIterator[None]:
    """Have a store in use for a while, where the key can be written; at most for the case."""
    await t.reach(if_writable(Setting(key, True)))
    yield
    await t.reach(if_writable(Setting(key, False, keep=True)))


async def _status_duration(t: StationTest) -> None:
    """Have each status reported at once; a station without the key reports them so anyway."""
    keys = t.model.facts.keys
    entry = keys.get(DURATION)
    known = DURATION in keys and (
        entry is None or bool(entry.get("readonly")) or entry.get("value") == "0"
    )
    if not known:
        await t.reach(if_writable(Setting(DURATION, "0", keep=True)))
