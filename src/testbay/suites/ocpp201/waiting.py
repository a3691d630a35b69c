"""A station that waits for a cable, and when it has waited enough (E03, E10, C01.FR.26)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testbay.scenario.checks import Judges, differs
from testbay.scenario.configured import Plus
from testbay.scenario.many import Near, moment
from testbay.scenario.values import Received
from testbay.suites.ocpp201.configured import cfg

if TYPE_CHECKING:
    from testbay.suites.ocpp201.station_test import StationTest

TIME_OUT = "EVConnectTimeout"
ON_TIME = "How long the station has waited may be off by max_time_deviation."
NO_EVENT = (
    "Where no transaction has begun, the tool waits until the station must have stopped waiting "
    "for the cable, max_time_deviation included."
)


async def stops_waiting(
    t: StationTest,
    step: int,
    *checks: Judges,
    kind: str | tuple[str, ...] = "",
    seconds: Any = cfg.connection_timeout,
) -> Received:
    """Expect the event that nobody came with a cable, so long after what came last.

    Args:
        seconds: how long the station waits, from the last event or authorization on.
    """
    said = t.received("Authorize", "TransactionEvent", where=differs("triggerReason", TIME_OUT))
    since = next(m for m in reversed(said) if not t.spontaneous(m))
    event = await t.tx_event(step, TIME_OUT, *checks, kind=kind, within=Plus(seconds, 60))
    wanted = Near("the time that it has waited", seconds, cfg.max_time_deviation)
    t.check(step, wanted, _between(since, event), event)
    return event


def _between(one: Received, other: Received) -> float:
    """Return the time from one message to another (s), by what they say of it if both do.

    On a slow line, or sent again, a message comes later than what it tells of.
    """
    try:
        told, later = moment(one.get("timestamp")), moment(other.get("timestamp"))
    except ValueError:
        return other.at - one.at
    return (later - told).total_seconds()


async def has_stopped_waiting(t: StationTest) -> None:
    """Wait until the station must have stopped waiting for a cable; no event tells of that."""
    longest = Plus(cfg.connection_timeout, Plus(cfg.max_time_deviation, 1))
    await t.wait(longest, "the station stops waiting for the cable")
