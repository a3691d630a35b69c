"""What the cases have in common that take the connection away or let events go unanswered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from testbay.scenario.case import Need, state
from testbay.scenario.checks import (
    Fact,
    Judges,
    Members,
    Outcome,
    Resolve,
    Spoil,
    differs,
    eq,
    present,
    show,
)
from testbay.scenario.configured import Plus
from testbay.scenario.many import moment
from testbay.scenario.values import Received
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp201.actions import LEAVE_BAY, UNPLUG
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import bay_sensor
from testbay.suites.ocpp201.settings import Variable, setting
from testbay.suites.ocpp201.states.station import UNSEEN
from testbay.suites.ocpp201.station_test import StationTest

COMM = "OCPPCommCtrlr"
SAMPLED = "SampledDataCtrlr"
MEMORIES = ("AuthCacheCtrlr", "LocalAuthListCtrlr")
SAMPLES = (
    setting(SAMPLED, "TxUpdatedMeasurands", cfg.transaction_updated_measurands),
    setting(SAMPLED, "TxUpdatedInterval", cfg.transaction_updated_meter_values_interval),
)
AWAY = (
    setting(COMM, "OfflineThreshold", Plus(cfg.retry_back_off_wait_minimum, 60)),
    setting(COMM, "RetryBackOffWaitMinimum", cfg.retry_back_off_wait_minimum),
    setting(COMM, "RetryBackOffRandomRange", 0),
)
OFFLINE = eq("offline", True)
QUEUED: tuple[Judges, ...] = (
    eq("eventType", "Updated"),
    present("meterValue"),
    OFFLINE,
)
"""What holds of an event with meter values of a transaction that goes on offline."""
LOST = (
    "The tool itself takes the connection away: it closes it and lets the station in no more.",
    "The station has reconnect_time to connect again once it can.",
)
METERED = differs("triggerReason", "ChargingStateChanged")
"""Selects the events that carry meter values."""
STILL_ONLINE = (
    "An event without the mark offline whose time stamp is from before the connection was lost is "
    "not one of those that are judged: the field offline is about when it happened, E11.FR.02 "
    "about the queue, in which it may stand by then."
)
NO_STATE = (
    "An event that only tells a charging state need carry no meter values, so it is not one of "
    "those that are judged."
)


async def _shows_tokens(t: StationTest) -> bool:
    return t.shows_token


async def _remembers(t: StationTest) -> bool:
    await t.online()
    wanted = [Variable(c, name) for c in MEMORIES for name in ("Available", "Enabled")]
    return "true" in [await t.known(variable) for variable in wanted]


HAS_TOKEN = Need("only where whoever charges has a token", _shows_tokens)
REMEMBERS = Need("only with an authorization cache or a local authorization list", _remembers)


@state("The vehicle leaves while the station is offline")
async def vehicle_leaves(t: StationTest) -> None:
    await t.wait(cfg.settle_time, UNSEEN)
    t.manual(UNPLUG)
    await t.wait(cfg.settle_time, UNSEEN)
    if t.has(bay_sensor):
        t.manual(LEAVE_BAY)
        await t.wait(cfg.settle_time, UNSEEN)


def while_away(
    before: Received, connected: Received, events: Sequence[Received], slack: float
) -> list[Received]:
    """Return the events from before the station was back, by its own clock.

    Args:
        before: an event from before the connection was lost.
        connected: the connection that followed.
        slack: how far the moments may be off (s).
    """
    gone, began = connected.at - before.at, moment(before["timestamp"])
    return [
        event
        for event in events
        if (moment(event["timestamp"]) - began).total_seconds() < gone - slack
    ]


def from_before(t: StationTest, events: Sequence[Received]) -> list[Received]:
    """Return the events from before the last connection; the station has the time of the CSMS."""
    [*_, connected] = t.received("@connect")
    slack = float(t.value(cfg.max_time_deviation))
    back = t.recorder.started + timedelta(seconds=connected.at - slack)
    return [event for event in events if moment(event["timestamp"]) < back]


@dataclass(frozen=True)
class Asks:
    """How a run must be configured, or its case can say nothing of the station."""

    name: str
    right: Callable[[StationTest], bool]

    def holds(self, t: StationTest) -> bool:
        """Return whether nothing needs to be done."""
        return False

    async def enter(self, t: StationTest) -> None:
        """End the case where it is configured otherwise."""
        if not self.right(t):
            raise StopCase(Verdict.INCONCLUSIVE, f"it must be configured otherwise: {self.name}")


def _long_enough(t: StationTest) -> bool:
    away, interval = cfg.retry_back_off_wait_minimum, cfg.transaction_updated_meter_values_interval
    return bool(t.value(away) > t.value(interval))


QUEUES = (
    Asks("retry_back_off_wait_minimum is more than the interval of meter values", _long_enough),
    *SAMPLES,
    *AWAY,
)


@dataclass(frozen=True, slots=True)
class Gaps:
    """A message that is sent again keeps its distances (E13.FR.03).

    Args:
        pause: after the first attempt (s); it grows by itself with each that follows.
        more: what comes on top, waiting for an answer (s).
        slack: deviation allowed to either side (s).
        optional: what comes on top may be left out, or be less.
    """

    pause: Any
    more: Any
    slack: Any
    optional: bool = False

    @property
    def text(self) -> str:
        """The sentence that states it."""
        upto = "up to " if self.optional else ""
        more = f" and {upto}{show(self.more)} s" if self.more else ""
        each = f"{show(self.pause)} s for each attempt before it"
        return f"it is sent again after {each}{more} (+- {show(self.slack)} s)"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(None, "interval", (self.pause, self.slack)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Measure the distances of arrival; how many there are is for others to judge."""
        pause, more, slack = (float(resolve(v)) for v in (self.pause, self.more, self.slack))
        gaps = [round(later.at - one.at, 3) for one, later in pairwise(payload)]
        fine = bool(gaps)
        for n, gap in enumerate(gaps, 1):
            least = n * pause + (0 if self.optional else more)
            fine = fine and least - slack <= gap <= n * pause + more + slack
        return Outcome(self.text, fine, f"distances {gaps} s", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the last message, later than it may come."""
        late = 2 * float(resolve(self.slack)) + 1 + (float(self.more) if self.optional else 0)
        yield Spoil("delay", value=late, index=len(payload) - 1)
