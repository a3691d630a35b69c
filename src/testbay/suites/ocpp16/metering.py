"""Checks over MeterValues: every element of every message, never the first one only."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from testbay.scenario.checks import (
    Fact,
    Judges,
    Members,
    Outcome,
    Resolve,
    Spoil,
    satisfies,
    show,
)
from testbay.scenario.many import moment
from testbay.scenario.values import pick
from testbay.suites.ocpp16.configured import cfg

STAMP = "meterValue[*].timestamp"
SAMPLE = "meterValue[*].sampledValue[*]"
ENERGY = "Energy.Active.Import.Register"
BEGIN = "Transaction.Begin"
PHASES = ("L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")


def _elements(messages: Any) -> list[Any]:
    lists = [pick(m, "meterValue") for m in messages]
    return [e for several in lists if isinstance(several, list) for e in several]


def _samples(element: Any) -> list[Any]:
    found = pick(element, "sampledValue")
    return found if isinstance(found, list) else []


def _inside(members: Members, at: str) -> Members:
    return lambda path: members(at + path)


def _of_running(payload: Any, resolve: Resolve) -> bool:
    samples = [s for e in _elements([payload]) for s in _samples(e)]
    begins = bool(samples) and all(pick(s, "context") == BEGIN for s in samples)
    return pick(payload, "connectorId") == resolve(cfg.connector_id) and not begins


RUNNING = satisfies(
    "",
    f"connector {show(cfg.connector_id)} is measured, not only at the beginning ({BEGIN})",
    _of_running,
)
"""The values of the connector that the cases use, but for those of the beginning; to select."""


def _shifted(text: Any, seconds: float) -> str:
    later = moment(text) + timedelta(seconds=seconds)
    return later.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Apart:
    """The moments of measurement follow each other at a distance.

    Args:
        seconds: the distance (s).
        slack: deviation allowed to either side (s).
        least: how many moments there must be.
    """

    seconds: Any
    slack: Any
    least: int

    @property
    def text(self) -> str:
        """The sentence that states it."""
        distance = f"{show(self.seconds)} s apart (+- {show(self.slack)} s)"
        return f"{STAMP} has at least {self.least} moments, {distance}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(STAMP, "interval", (self.seconds,)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Measure the distances."""
        wanted, slack = float(resolve(self.seconds)), float(resolve(self.slack))
        try:
            moments = sorted({moment(pick(e, "timestamp")) for e in _elements(payload)})
        except ValueError:
            return Outcome(self.text, False, "a time stamp is omitted or malformed", self)
        gaps = [round((b - a).total_seconds(), 3) for a, b in itertools.pairwise(moments)]
        fine = all(abs(g - wanted) <= slack for g in gaps) and len(moments) >= self.least
        return Outcome(self.text, fine, f"{len(moments)} moments, distances {gaps} s", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the last moment shifted by more than the slack."""
        if payload:
            shift, path = 3 * float(resolve(self.slack)) + 1, "meterValue[0].timestamp"
            yield Spoil("set", path, _shifted(pick(payload[-1], path), shift), len(payload) - 1)


@dataclass(frozen=True, slots=True)
class FromStart:
    """The first moment of measurement is no later than an interval after the start (9.1.20).

    Args:
        begun: the time stamp of the StartTransaction.
        seconds: the interval (s).
        slack: how much later is not yet too late (s).
    """

    begun: Any
    seconds: Any
    slack: Any

    @property
    def text(self) -> str:
        """The sentence that states it."""
        latest = f"{show(self.seconds)} s (+ {show(self.slack)} s) after the transaction has begun"
        return f"the first {STAMP} is at most {latest}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(STAMP, "interval", (self.seconds,)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Measure the time from the start to the first moment."""
        latest = float(resolve(self.seconds)) + float(resolve(self.slack))
        try:
            moments = [moment(pick(e, "timestamp")) for e in _elements(payload)]
            begun = moment(self.begun)
        except ValueError:
            return Outcome(self.text, False, "a time stamp is omitted or malformed", self)
        if not moments:
            return Outcome(self.text, False, "no moment", self)
        first = round((min(moments) - begun).total_seconds(), 3)
        return Outcome(self.text, first <= latest, f"{first} s", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the first message left out."""
        yield Spoil("drop", index=0)


@dataclass(frozen=True, slots=True)
class Chronological:
    """The moments of measurement do not fall from message to message."""

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"the messages come in the order of their {STAMP}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(STAMP, "order"),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare each moment with the one before."""
        stamps = [pick(e, "timestamp") for e in _elements(payload)]
        try:
            moments = [moment(stamp) for stamp in stamps]
        except ValueError:
            return Outcome(self.text, False, "a time stamp is omitted or malformed", self)
        return Outcome(self.text, bool(moments) and moments == sorted(moments), stamps, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the first moment moved behind the last."""
        if len(payload) > 1:
            path = "meterValue[0].timestamp"
            yield Spoil("set", path, _shifted(pick(payload[-1], path), 3600), 0)


@dataclass(frozen=True, slots=True)
class Aligned:
    """The moments of measurement are multiples of an interval from midnight on (9.1.5)."""

    seconds: Any
    slack: Any

    @property
    def text(self) -> str:
        """The sentence that states it."""
        multiple = f"a multiple of {show(self.seconds)} s (+- {show(self.slack)} s)"
        return f"{STAMP} is {multiple} from midnight on"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(STAMP, "satisfies", (self.seconds,)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Measure how far each moment is from the nearest multiple."""
        step, slack = float(resolve(self.seconds)), float(resolve(self.slack))
        stamps = [pick(e, "timestamp") for e in _elements(payload)]
        try:
            off = [s for s in stamps if self._distance(s, step) > slack]
        except ValueError:
            return Outcome(self.text, False, "a time stamp is omitted or malformed", self)
        return Outcome(self.text, bool(stamps) and not off, off or f"{len(stamps)} moments", self)

    def _distance(self, stamp: Any, step: float) -> float:
        at = moment(stamp)
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        rest = (at - day).total_seconds() % step
        return min(rest, step - rest)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the last moment shifted by half an interval."""
        if payload:
            path = "meterValue[0].timestamp"
            text = _shifted(pick(payload[-1], path), float(resolve(self.seconds)) / 2)
            yield Spoil("set", path, text, len(payload) - 1)


@dataclass(frozen=True, slots=True)
class EverySample:
    """Each sampled value of each message passes. None at all is not a pass."""

    check: Judges

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"in every sampledValue {self.check.text}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return tuple(Fact(f"{SAMPLE}.{f.path}", f.rule, f.values) for f in self.check.facts)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Judge each sampled value, and show those that do not pass."""
        samples = [s for e in _elements(payload) for s in _samples(e)]
        judged = [self.check.judge(s, resolve) for s in samples]
        bad = [show(o.actual) for o in judged if not o.passed]
        shown = bad[:10] or f"{len(judged)} values"
        return Outcome(self.text, bool(judged) and not bad, shown, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield what breaks a sampled value of a message, the last message first."""
        for i in reversed(range(len(payload))):
            for k, sample in enumerate(_samples(pick(payload[i], "meterValue[0]"))):
                at = f"meterValue[0].sampledValue[{k}]."
                for s in self.check.spoils(sample, resolve, _inside(members, at)):
                    yield Spoil(s.act, at + s.path, s.value, i)


@dataclass(frozen=True, slots=True)
class Measures:
    """Each list of sampled values has one for each measurand of a configuration key (9.1.17).

    Args:
        listed: the value of the key: measurands, some with a phase; empty: the energy register.
    """

    listed: Any

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"every list of sampledValue has {self.listed or ENERGY}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(f"{SAMPLE}.measurand", "contains"),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Look for each measurand in each list."""
        elements, wanted = _elements(payload), self._wanted()
        gaps = [w for e in elements for w in wanted if not any(_is(s, w) for s in _samples(e))]
        missing = [f"{w} is missing" for w in dict.fromkeys(gaps)]
        shown = missing or f"{len(elements)} lists"
        return Outcome(self.text, bool(elements) and not gaps, shown, self)

    def _wanted(self) -> list[str]:
        parts = [p.strip() for p in str(self.listed or "").split(",")]
        return [p for p in parts if p] or [ENERGY]

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the last message with one measurand called another."""
        if not payload:
            return
        wanted, last = self._wanted()[0], len(payload) - 1
        samples = _samples(pick(payload[last], "meterValue[0]"))
        rest = [s for s in samples if not _is(s, wanted)]
        path = "meterValue[0].sampledValue"
        yield Spoil("set", path, rest or [{**samples[0], "measurand": "Temperature"}], last)


def _is(sample: Any, wanted: str) -> bool:
    """Return whether a sampled value is of this measurand, and phase if one is named."""
    measurand, phase = pick(sample, "measurand"), pick(sample, "phase")
    name, _, suffix = wanted.rpartition(".")
    if suffix in PHASES and name:
        return _named(measurand) == name and str(phase).split("-")[0] == suffix.split("-")[0]
    return _named(measurand) == wanted


def _named(measurand: Any) -> str:
    return measurand if isinstance(measurand, str) else ENERGY


def has_sample(payload: Any, field: str, value: Any) -> bool:
    """Return whether any sampled value of a MeterValues has a field with this value."""
    return any(pick(s, field) == value for e in _elements([payload]) for s in _samples(e))
