"""Validations over many messages: every one of them, how many, how far apart, in which order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from testbay.scenario.checks import (
    Fact,
    Judges,
    Members,
    Outcome,
    Resolve,
    Spoil,
    breaking,
    show,
)
from testbay.scenario.values import OMITTED, pick


def moment(text: Any) -> datetime:
    """Read a time stamp of a message.

    Raises:
        ValueError: it is omitted or malformed.
    """
    if not isinstance(text, str):
        raise ValueError("no time stamp")
    read = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    if read.tzinfo is None:
        raise ValueError("a time stamp without an offset")
    return read


def _later(message: Any, path: str, seconds: float) -> str:
    shifted = moment(pick(message, path)) + timedelta(seconds=seconds)
    return shifted.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Every:
    """Each of the messages passes. No message at all is not a pass, unless it may be none."""

    check: Judges
    may_be_none: bool = False

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"in every message {self.check.text}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return self.check.facts

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Judge each message, and show those that do not pass."""
        judged = [self.check.judge(m, resolve) for m in payload]
        bad = [f"message {i + 1}: {show(o.actual)}" for i, o in enumerate(judged) if not o.passed]
        passed = not bad and (bool(judged) or self.may_be_none)
        return Outcome(self.text, passed, bad or f"{len(judged)} messages", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield what breaks one of the messages, the last one first."""
        for i in reversed(range(len(payload))):
            for s in self.check.spoils(payload[i], resolve, members):
                yield Spoil(s.act, s.path, s.value, i)


@dataclass(frozen=True, slots=True)
class Each:
    """Each element of a list in a payload passes; a list that is left out has none."""

    path: str
    check: Judges

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"in every element of {self.path} {self.check.text}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return tuple(replace(f, path=f"{self.path}[*].{f.path}") for f in self.check.facts)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Judge each element, and show those that do not pass."""
        judged = [self.check.judge(e, resolve) for e in self._elements(payload)]
        bad = [f"element {i}: {show(o.actual)}" for i, o in enumerate(judged) if not o.passed]
        return Outcome(self.text, not bad, bad or f"{len(judged)} elements", self)

    def _elements(self, payload: Any) -> list[Any]:
        found = pick(payload, self.path)
        return found if isinstance(found, list) else []

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield what breaks one of the elements, the first one first."""

        def inside(path: str) -> Sequence[str]:
            return members(f"{self.path}[0].{path}")

        for i, element in enumerate(self._elements(payload)):
            for s in self.check.spoils(element, resolve, inside):
                yield Spoil(s.act, f"{self.path}[{i}].{s.path}", s.value)


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of the messages passes."""

    check: Judges

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"in at least one message {self.check.text}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return self.check.facts

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Judge each message, and show all of them if none passes."""
        judged = [self.check.judge(m, resolve) for m in payload]
        passed = [f"message {i + 1}" for i, o in enumerate(judged) if o.passed]
        seen = passed or [f"message {i + 1}: {show(o.actual)}" for i, o in enumerate(judged)]
        return Outcome(self.text, bool(passed), seen or "no message", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield what breaks the only message that passes."""
        passing = [i for i, m in enumerate(payload) if self.check.judge(m, resolve).passed]
        if len(passing) == 1:
            for s in self.check.spoils(payload[passing[0]], resolve, members):
                yield Spoil(s.act, s.path, s.value, passing[0])


@dataclass(frozen=True, slots=True)
class Times:
    """The number of messages is within these bounds; ``most`` None is no upper bound."""

    least: int
    most: int | None

    @property
    def text(self) -> str:
        """The sentence that states it."""
        if self.most is None:
            return f"is sent at least {self.least} times"
        if self.least == self.most:
            return f"is sent {self.least} times"
        return f"is sent {self.least} to {self.most} times"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(None, "count", (self.least, self.most)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Count the messages."""
        fine = self.least <= len(payload) and (self.most is None or len(payload) <= self.most)
        return Outcome(self.text, fine, len(payload), self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield dropping one where that makes too few, repeating one where too many."""
        if len(payload) == self.least and payload:
            yield Spoil("drop", index=len(payload) - 1)
        if len(payload) == self.most and payload:
            yield Spoil("repeat", index=len(payload) - 1)


def times(least: int, most: int | None = -1) -> Times:
    """The number of messages is this, or within these bounds (None: no upper bound)."""
    return Times(least, least if most == -1 else most)


@dataclass(frozen=True, slots=True)
class Spaced:
    """Moments follow each other at a distance; several messages may share a moment.

    Args:
        seconds: the distance (s); a configured value is resolved.
        slack: deviation allowed to either side (s).
        by: path of a time stamp, or ``arrival`` for the moment the tool received it.
        least: how many moments there must be.
    """

    seconds: Any
    slack: Any
    by: str = "arrival"
    least: int = 2

    @property
    def text(self) -> str:
        """The sentence that states it."""
        what = "the moments of arrival" if self.by == "arrival" else f"the values of {self.by}"
        distance = f"{show(self.seconds)} s apart (+- {show(self.slack)} s)"
        return f"{what} of consecutive messages are {distance}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (
            Fact(None if self.by == "arrival" else self.by, "interval", (self.seconds, self.slack)),
        )

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Measure the distances."""
        wanted, slack = float(resolve(self.seconds)), float(resolve(self.slack))
        try:
            moments = sorted({self._moment(m) for m in payload})
        except ValueError:
            return Outcome(self.text, False, "a time stamp is omitted or malformed", self)
        gaps = [round(b - a, 3) for a, b in itertools.pairwise(moments)]
        fine = all(abs(g - wanted) <= slack for g in gaps) and len(moments) >= self.least
        few = "" if len(moments) >= self.least else f"only {len(moments)} moments; "
        return Outcome(self.text, fine, f"{few}distances {gaps} s", self)

    def _moment(self, message: Any) -> float:
        if self.by == "arrival":
            return float(message.at)
        return moment(pick(message, self.by)).timestamp()

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield one moment shifted by more than the slack, alone or away from those beside it."""
        wanted, slack = float(resolve(self.seconds)), float(resolve(self.slack))
        last, shifts = len(payload) - 1, (3 * slack + 1, wanted + 2 * slack + 1)
        if self.by == "arrival":
            yield Spoil("delay", value=shifts[0], index=last)
        elif last >= 0:
            texts = (_later(payload[last], self.by, shift) for shift in shifts)
            sets = (Spoil("set", self.by, text, last) for text in texts)
            yield from breaking(self, sets, payload, resolve)


@dataclass(frozen=True, slots=True)
class NotBefore:
    """Consecutive messages arrive no less than this apart; more is no failure.

    Args:
        seconds: the least distance (s); a configured value is resolved.
        slack: how much earlier is not yet too early (s).
    """

    seconds: Any
    slack: Any

    @property
    def text(self) -> str:
        """The sentence that states it."""
        least = f"{show(self.seconds)} s (- {show(self.slack)} s)"
        return f"consecutive messages arrive at least {least} apart"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(None, "interval", (self.seconds, self.slack)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Measure the distances of arrival."""
        least = float(resolve(self.seconds)) - float(resolve(self.slack))
        gaps = [round(b.at - a.at, 3) for a, b in itertools.pairwise(payload)]
        fine = bool(gaps) and all(gap >= least for gap in gaps)
        return Outcome(self.text, fine, f"distances {gaps} s", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the first message sent twice, or late: the next one comes too early."""
        yield Spoil("repeat", index=0)
        yield Spoil("delay", value=2 * float(resolve(self.slack)) + 1, index=0)


@dataclass(frozen=True, slots=True)
class Rising:
    """A time stamp rises in the order of arrival."""

    by: str

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"the messages come in the order of their {self.by}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(self.by, "order"),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare each moment with the one before."""
        try:
            moments = [moment(pick(m, self.by)) for m in payload]
        except ValueError:
            return Outcome(self.text, False, "a time stamp is omitted or malformed", self)
        shown = [str(pick(m, self.by)) for m in payload]
        return Outcome(self.text, moments == sorted(moments), shown, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the first moment moved behind the last."""
        if len(payload) > 1:
            yield Spoil("set", self.by, _later(payload[-1], self.by, 3600), 0)


@dataclass(frozen=True, slots=True)
class Distinct:
    """The messages differ from each other in a field."""

    path: str

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"{self.path} differs in every message"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(self.path, "distinct"),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare the messages with each other."""
        seen: list[Any] = [pick(m, self.path) for m in payload]
        fine = OMITTED not in seen and all(v not in seen[:i] for i, v in enumerate(seen))
        return Outcome(self.text, fine, seen, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the last message with the value of the first."""
        if len(payload) > 1:
            yield Spoil("set", self.path, pick(payload[0], self.path), len(payload) - 1)


@dataclass(frozen=True, slots=True)
class Near:
    """A number that the tool measured is close to one that is wanted.

    Args:
        what: what was measured, in words.
        wanted: the number; a configured value is resolved.
        slack: deviation allowed to either side.
    """

    what: str
    wanted: Any
    slack: Any

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"{self.what} is {show(self.wanted)} (+- {show(self.slack)})"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(None, "near", (self.wanted, self.slack)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare the measured number."""
        wanted, slack = float(resolve(self.wanted)), float(resolve(self.slack))
        return Outcome(self.text, abs(payload - wanted) <= slack, round(payload, 3), self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield a delay of the last message that was measured by."""
        yield Spoil("delay", value=3 * float(resolve(self.slack)) + 1, index=-1)


@dataclass(frozen=True, slots=True)
class Silence:
    """None of these messages came; it is handed those that did."""

    actions: tuple[str, ...]
    where: Judges | None = None

    @property
    def text(self) -> str:
        """The sentence that states it."""
        selected = f" with {self.where.text}" if self.where else ""
        return f"no {' or '.join(self.actions)}{selected} comes"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(None, "absent", self.actions),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Judge by the messages that came all the same."""
        seen = [f"{m.action} at {m.at:.1f} s" for m in payload]
        return Outcome(self.text, not seen, seen or "none", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield sending one of them where it is forbidden."""
        for action in self.actions:
            yield Spoil("inject", value=action)
