"""A station that waits for a cable, and when it has waited enough (E03, E10, C01.FR.26)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from testbay.scenario.checks import Fact, Judges, Members, Outcome, Resolve, Spoil, differs, show
from testbay.scenario.configured import Plus
from testbay.scenario.many import Near, moment
from testbay.scenario.values import Received, pick
from testbay.suites.ocpp201.configured import cfg

if TYPE_CHECKING:
    from testbay.suites.ocpp201.station_test import StationTest

TIME_OUT = "EVConnectTimeout"
WAITED = "the time that it has waited"
ON_TIME = "How long the station has waited may be off by max_time_deviation."
NO_EVENT = (
    "Where no transaction has begun, the tool waits until the station must have stopped waiting "
    "for the cable, max_time_deviation included."
)


@dataclass(frozen=True, slots=True)
class Waited:
    """An event tells that this much time has passed since another one, by what both say of it.

    On a slow line, or sent again, an event comes later than what it tells of.

    Args:
        since: the time stamp of the other one.
    """

    seconds: Any
    slack: Any
    since: str

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"{WAITED} is {show(self.seconds)} (+- {show(self.slack)})"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact("timestamp", "near", (self.seconds, self.slack)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare the time stamps."""
        wanted, slack = float(resolve(self.seconds)), float(resolve(self.slack))
        try:
            passed = (moment(pick(payload, "timestamp")) - moment(self.since)).total_seconds()
        except ValueError:
            return Outcome(self.text, False, "a time stamp is malformed", self)
        return Outcome(self.text, abs(passed - wanted) <= slack, round(passed, 3), self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield a time much later."""
        yield Spoil("set", "timestamp", "2099-01-01T00:00:00Z")


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
    since, slack = next(m for m in reversed(said) if not t.spontaneous(m)), cfg.max_time_deviation
    event = await t.tx_event(step, TIME_OUT, *checks, kind=kind, within=Plus(seconds, 60))
    if (told := since.get("timestamp")) is not None:
        t.check(step, Waited(seconds, slack, str(told)), event)
    else:
        t.check(step, Near(WAITED, seconds, slack), event.at - since.at, event)
    return event


async def has_stopped_waiting(t: StationTest) -> None:
    """Wait until the station must have stopped waiting for a cable; no event tells of that."""
    longest = Plus(cfg.connection_timeout, Plus(cfg.max_time_deviation, 1))
    await t.wait(longest, "the station stops waiting for the cable")
