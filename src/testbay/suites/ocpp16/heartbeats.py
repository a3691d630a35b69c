"""When Heartbeats are due: the interval counts inactivity, and may be counted in two ways."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from testbay.scenario.checks import Fact, Members, Outcome, Resolve, Spoil, show
from testbay.scenario.values import Received

BEAT = "Heartbeat"


@dataclass(frozen=True, slots=True)
class Beats:
    """A station that says nothing else sends a Heartbeat every interval (4.6, 9.1.10).

    Another message may begin the interval anew, as inactivity is what counts (9.1.10), or be taken
    instead of the Heartbeat of its interval (4.6). It begins with the first BootNotification.

    Args:
        seconds: the interval (s); a configured value is resolved.
        slack: how far a moment may be off (s).
        ended: how long was watched, since the case began (s); no part of the sentence.
    """

    seconds: Any
    slack: Any
    ended: float = 0.0

    @property
    def text(self) -> str:
        """The sentence that states it."""
        every = f"every {show(self.seconds)} s (+- {show(self.slack)} s)"
        return f"while nothing else is sent, a Heartbeat arrives {every}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(None, "interval", (self.seconds, self.slack)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """See that each Heartbeat is due when it comes, and that none is missing."""
        interval, slack = float(resolve(self.seconds)), float(resolve(self.slack))
        everything = sorted(payload, key=lambda m: m.position)
        messages = list(itertools.dropwhile(lambda m: m.action != "BootNotification", everything))
        wrong = list(_untimely(messages, interval, slack))
        wrong += _silences(messages, self.ended, interval, slack)
        beats = [round(m.at, 1) for m in messages if m.action == BEAT]
        return Outcome(self.text, not wrong, wrong or f"Heartbeats at {beats} s", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the last Heartbeat late, and one of them left out."""
        beats = [i for i, m in enumerate(payload) if m.action == BEAT]
        if beats:
            yield Spoil("delay", value=3 * float(resolve(self.slack)) + 1, index=beats[-1])
            yield Spoil("drop", index=beats[len(beats) // 2])


def alive(message: Received) -> bool:
    """Return whether a message besides Heartbeats shows that the station is there."""
    return message.action == "@connect" or not (message.is_event or message.action == BEAT)


def _untimely(messages: Sequence[Received], interval: float, slack: float) -> Iterator[str]:
    """Yield the Heartbeats that are not due: neither after silence, nor at a tick of a clock."""
    tick, others = messages[0].at, [messages[0].at]
    for message in messages[1:]:
        if message.action == BEAT:
            silent = any(abs(message.at - m - interval) <= slack for m in others)
            if not silent and not _at_a_tick(message.at, others, tick, interval, slack):
                yield f"one at {message.at:.1f} s, {message.at - others[-1]:.1f} s after the last"
            tick, others = message.at, []
        others.append(message.at)


def _at_a_tick(
    at: float, others: Sequence[float], tick: float, interval: float, slack: float
) -> bool:
    """Return whether this is a whole number of intervals, and those before were not silent."""
    count = round((at - tick) / interval)
    if count < 1 or abs(at - tick - count * interval) > slack:
        return False
    starts = (tick + k * interval for k in range(count - 1))
    return all(any(s < m <= s + interval + slack for m in others if m > tick) for s in starts)


def _silences(
    messages: Sequence[Received], ended: float, interval: float, slack: float
) -> Iterator[str]:
    """Yield the times in which a Heartbeat was due, however it is counted, and nothing came."""
    tick = last = messages[0].at
    for message in [*messages[1:], None]:
        at = message.at if message is not None else max(ended, last)
        skipped = math.ceil(round((last - tick) / interval, 3))
        if at > max(last + interval, tick + (skipped + 1) * interval) + slack:
            yield f"nothing from {last:.1f} s to {at:.1f} s"
        last = at
        if message is not None and message.action == BEAT:
            tick = at
