"""What a case has left at a station, in words: what the next case undoes before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from testbay.roles.csms_model16 import Facts
from testbay.suites.ocpp16.settings import CHANGED

if TYPE_CHECKING:
    from testbay.suites.ocpp16.station_test import StationTest


def left(facts: Facts) -> list[str]:
    """Return what is known to be otherwise than where a case begins (1.3)."""
    return list(_left(facts))


def _left(facts: Facts) -> Iterator[str]:
    if not facts.powered:
        yield "the station is switched off"
    elif not facts.connected:
        yield "the station is not connected"
    for number, connector in facts.transactions.items():
        yield f"transaction {number} is running at connector {connector}"
    for connector, ends in facts.plugged.items():
        yield f"a cable is in at {_place(connector)} ({' and '.join(ends)})"
    for connector in facts.locked:
        yield f"a cable may be locked at {_place(connector)}"
    for number in facts.reservations:
        yield f"reservation {number} may hold"
    for connector in facts.inoperative:
        yield f"{_place(connector)} is out of operation"
    for connector in facts.faulted:
        yield f"{_place(connector)} has been put into a fault"
    for connector in facts.jammed:
        yield f"{_place(connector)} cannot be unlocked"
    for action, status in facts.under_way.items():
        yield f"a transfer or an update is under way ({action} {status})"
    if facts.memory_broken:
        yield "the station cannot store lists"
    if facts.local_list:
        yield "the local authorization list is filled"
    if facts.profiles:
        yield "charging profiles are installed"
    if facts.cached:
        yield "the authorization cache may hold tokens"
    if facts.password:
        yield "the station has another password than the configured one"
    if facts.needs_reboot:
        yield "a setting waits for a restart"


def _place(connector: int) -> str:
    return f"connector {connector}" if connector else "the station"


def put_back(t: StationTest, key: str) -> None:
    """Give a key its present value again when the case is over, if the station has told it."""
    entry = t.model.facts.keys.get(key)
    if entry is None or not isinstance(entry.get("value"), str):
        return
    old = {"key": key, "value": entry["value"]}

    async def undo() -> None:
        if t.setting(key) != old["value"]:
            await t.call(f"put {key} back", "ChangeConfiguration", old, CHANGED)

    t.undo(undo)
