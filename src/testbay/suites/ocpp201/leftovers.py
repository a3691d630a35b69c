"""What a case has left at a station, in words: what the next case undoes before it begins."""

from __future__ import annotations

from collections.abc import Iterator

from testbay.roles.boots201 import UPDATING
from testbay.roles.csms_model201 import Facts


def left(facts: Facts) -> list[str]:
    """Return what is known to be otherwise than where a case begins (2.1)."""
    return list(_left(facts))


def _left(facts: Facts) -> Iterator[str]:
    if not facts.powered:
        yield "the station is switched off"
    elif not facts.connected:
        yield "the station is not connected"
    for transaction, evse in facts.transactions.items():
        where = f"on EVSE {evse}" if evse else "on an EVSE that it has not named"
        yield f"transaction {transaction} is running {where}"
    for evse in facts.plugged:
        halfway = " (taken out of the vehicle only)" if evse in facts.cut else ""
        yield f"a cable is in at EVSE {evse}{halfway}"
    for evse in facts.bays:
        yield f"a vehicle stands in the parking bay of EVSE {evse}"
    for evse in facts.unready:
        yield f"the vehicle at EVSE {evse} takes no energy"
    for evse in facts.awaited:
        yield f"EVSE {evse} may still wait for a cable"
    for number in facts.reservations:
        yield f"reservation {number} may hold"
    for place in facts.inoperative:
        yield f"{_place(place)} is out of operation"
    for evse in facts.faulted:
        yield f"EVSE {evse} has been put into a fault"
    for evse in facts.jammed:
        yield f"a connector of EVSE {evse} cannot be unlocked"
    if facts.firmware in UPDATING:
        yield f"an update of the firmware is under way ({facts.firmware})"
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


def _place(place: str) -> str:
    evse, _, connector = place.partition(".")
    if evse == "station":
        return "the station"
    return f"connector {connector} of EVSE {evse}" if connector else f"EVSE {evse}"
