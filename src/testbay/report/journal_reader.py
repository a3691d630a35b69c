"""Reads a journal: one pass that notes where everything stands, then one attempt at a time.

Nothing but places and summaries is kept, so the length of a journal does not matter.
"""

from __future__ import annotations

import types
import typing
from array import array
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import orjson

from testbay.report.excerpt import Excerpt
from testbay.report.performance import Meter
from testbay.scenario import events
from testbay.scenario.events import CaseFinished, CaseSkipped, CaseStarted, RunFinished, RunStarted

NAME = "journal.jsonl"
MOST_UNCLAIMED = 200
MOST_SURVEYS = 64  # and as many times that the SUT says something new of itself

_Types = tuple[type, ...] | None
_Shape = tuple[tuple[str, _Types, _Types, bool], ...]
"""Name, types of the value, types of the members of a list, whether it must be there."""


def _types(hint: Any) -> _Types:
    """Return what isinstance takes for a type hint; None where anything will do."""
    if hint is Any:
        return None
    if isinstance(hint, types.UnionType):
        return tuple(t for part in typing.get_args(hint) for t in _types(part) or (object,))
    return (float, int) if hint is float else (typing.get_origin(hint) or hint,)


def _members(hint: Any) -> _Types:
    return _types(typing.get_args(hint)[0]) if typing.get_origin(hint) is list else None


def _shape(cls: type[events.Event]) -> _Shape:
    every = typing.get_type_hints(cls)
    hints = ((f, every[f.name]) for f in fields(cls))
    return tuple((f.name, _types(h), _members(h), f.default is MISSING) for f, h in hints)


_CLASSES = {
    c.kind: c
    for c in vars(events).values()
    if isinstance(c, type) and issubclass(c, events.Event) and c is not events.Event
}
_SHAPES = {kind: _shape(cls) for kind, cls in _CLASSES.items()}


def read_record(line: bytes) -> dict[str, Any] | None:
    """Return a line as the object that it is; None when it is damaged."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) and _well_formed(record) else None


def _well_formed(record: dict[str, Any]) -> bool:
    if not (
        isinstance(record.get("t"), float | int)
        and isinstance(record.get("at"), str)
        and isinstance(record.get("kind"), str)
        and isinstance(record.get("case", ""), str)
        and isinstance(record.get("attempt", 0), int)
    ):
        return False
    for name, kinds, members, needed in _SHAPES.get(record["kind"], ()):
        if name not in record:
            if needed:
                return False
            continue
        value = record[name]
        if kinds is not None and not isinstance(value, kinds):
            return False
        if members is not None and not all(isinstance(m, members) for m in value):
            return False
    return True


def event_of(record: dict[str, Any]) -> events.Stamped | None:
    """Return the event of a well formed record; None for a kind that a later version wrote."""
    cls = _CLASSES.get(record["kind"])
    if cls is None:
        return None
    values = {name: record[name] for name, *_ in _SHAPES[record["kind"]] if name in record}
    case, attempt = record.get("case", ""), record.get("attempt", 0)
    return events.Stamped(record["t"], record["at"], case, attempt, cls(**values))


@dataclass(slots=True)
class Attempt:
    """One attempt at a case: what begins and ends it, and where its lines stand.

    Args:
        started: without its configuration and what was known; those stand in the journal.
        checks: the outcomes judged so far, for an attempt that did not end.
        unclaimed: ids of the messages that no step claimed, the first of them.
    """

    case: str
    number: int
    at: str
    last: float = 0.0
    checks: int = 0
    frames: int = 0
    started: CaseStarted | None = None
    finished: CaseFinished | None = None
    skipped: CaseSkipped | None = None
    unclaimed: list[str] = field(default_factory=list)
    spans: array[int] = field(default_factory=lambda: array("Q"))

    def covers(self, start: int, end: int) -> None:
        """Note a line; neighbours become one span."""
        if self.spans and self.spans[-1] == start:
            self.spans[-1] = end
        else:
            self.spans.extend((start, end))


@dataclass(frozen=True, slots=True)
class Segment:
    """The time from one start of a run to its end or its being resumed, as wall clock."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What a SUT said of itself; the case in which that changed, if it changed in one."""

    case: str
    told: events.Identified


@dataclass(slots=True)
class Journal:
    """What the first pass found.

    Args:
        cases: the attempts of every case, in the order of the journal.
        damaged: how many lines in the middle could not be read and are left out.
        cut: whether the last line was cut off.
        remarks: what was noticed outside the cases.
        identities: what the systems under test said of themselves, whenever that was new.
        surveys: their settings, as they were read when the run began.
        pauses: how often the run was paused, and for how long (s).
        meter: the performance values.
        updating: the cases that have firmware installed.
    """

    path: Path
    started: RunStarted | None = None
    finished: RunFinished | None = None
    starts: int = 0
    segments: list[Segment] = field(default_factory=list)
    planned: dict[str, None] = field(default_factory=dict)
    cases: dict[str, list[Attempt]] = field(default_factory=dict)
    damaged: int = 0
    cut: bool = False
    frames_between: int = 0
    remarks: Excerpt[str] = field(default_factory=lambda: Excerpt(20, 20))
    identities: list[Identity] = field(default_factory=list)
    surveys: list[events.Surveyed] = field(default_factory=list)
    pauses: tuple[int, float] = (0, 0.0)
    meter: Meter = field(default_factory=Meter)
    updating: dict[str, None] = field(default_factory=dict)

    def events(self, attempt: Attempt) -> Iterator[events.Stamped]:
        """Yield the events of one attempt; damaged lines are left out."""
        with self.path.open("rb") as file:
            for start, end in zip(attempt.spans[::2], attempt.spans[1::2], strict=True):
                file.seek(start)
                while start < end:
                    line = file.readline()
                    start += len(line)
                    record = read_record(line)
                    event = event_of(record) if record is not None else None
                    if event is not None:
                        yield event


def read_journal(run: Path) -> Journal:
    """Read where everything stands in the journal of a run.

    Args:
        run: the folder of the run, or its journal.

    Raises:
        OSError: there is no journal, or it cannot be read.
    """
    path = run / NAME if run.is_dir() else run
    indexer = _Indexer(Journal(path))
    with path.open("rb") as file:
        position = 0
        for line in file:
            end = position + len(line)
            indexer.line(line, position, end)
            position = end
    return indexer.done()


_MILESTONES = ("case_started", "case_finished", "case_skipped", "remark", "identified")


class _Indexer:
    """The first pass."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.latest: dict[tuple[str, int], Attempt] = {}
        self.first = self.last = ""

    def line(self, line: bytes, start: int, end: int) -> None:
        record = read_record(line)
        if record is None:
            if line.endswith(b"\n"):
                self.journal.damaged += bool(line.strip())
            else:
                self.journal.cut = True
            return
        if record["kind"] == "run_started" and self.first:
            self._close_segment()
        if record["at"][10:11] == "T":  # else it is no date, and says nothing of the duration
            self.first = self.first or record["at"]
            self.last = record["at"]
        case = record.get("case", "")
        if case:
            self._of_case(record, case, start, end)
        else:
            self._of_run(record)

    def done(self) -> Journal:
        if self.first:
            self._close_segment()
        return self.journal

    def _close_segment(self) -> None:
        self.journal.segments.append(Segment(self.first, self.last))
        self.first = ""

    def _of_run(self, record: dict[str, Any]) -> None:
        journal, kind = self.journal, record["kind"]
        if kind == "frame":
            journal.frames_between += 1
            return
        stamped = event_of(record)
        match stamped.event if stamped is not None else None:
            case RunStarted() as started:
                journal.started, journal.finished = started, None
                journal.starts += 1
                journal.planned |= dict.fromkeys(started.cases)
            case RunFinished() as finished:
                journal.finished = finished
            case events.Noticed(text) | events.Remarked(text):
                journal.remarks.add(text)
            case events.Violated(_, where, sentences):
                journal.remarks.add(f"{where}: {'; '.join(sentences)}")
            case events.Identified() as told:
                self._identified("", told)
            case events.Surveyed() as survey:
                kept = [
                    s
                    for s in journal.surveys
                    if s.lane != survey.lane or survey.product != s.product
                ]
                journal.surveys = [*kept, survey][-MOST_SURVEYS:]
            case events.Continued(seconds):
                journal.pauses = (journal.pauses[0] + 1, journal.pauses[1] + seconds)
            case _:
                pass

    def _identified(self, case: str, told: events.Identified) -> None:
        if len(self.journal.identities) < MOST_SURVEYS:
            self.journal.identities.append(Identity(case, told))

    def _of_case(self, record: dict[str, Any], case: str, start: int, end: int) -> None:
        number, kind = record.get("attempt", 0), record["kind"]
        attempts = self.journal.cases.setdefault(case, [])
        attempt = attempts[-1] if attempts and not number else self.latest.get((case, number))
        if attempt is None or kind in ("case_started", "case_skipped"):
            attempt = self.latest[case, number] = Attempt(case, number, record["at"])
            if attempts and attempts[-1].skipped is not None and kind == "case_skipped":
                attempts.pop()  # a resumed run says again what does not apply
            attempts.append(attempt)
        attempt.covers(start, end)
        self.journal.meter.take(record, self.journal.started.sut if self.journal.started else "")
        attempt.last = max(attempt.last, record["t"])
        if kind == "frame":
            attempt.frames += 1
        elif kind == "called" and "UpdateFirmware" in record["action"]:
            self.journal.updating[case] = None
        elif kind == "judged":
            attempt.checks += len(record["outcomes"])
        elif kind in _MILESTONES:
            self._milestone(attempt, record)

    def _milestone(self, attempt: Attempt, record: dict[str, Any]) -> None:
        stamped = event_of(record)
        match stamped.event if stamped is not None else None:
            case CaseStarted() as started:
                attempt.started = replace(started, config={}, known={})
            case CaseFinished() as finished:
                attempt.finished = replace(finished, trace="")
            case CaseSkipped() as skipped:
                attempt.skipped = skipped
            case events.Remarked(_, uid) if uid and len(attempt.unclaimed) < MOST_UNCLAIMED:
                attempt.unclaimed.append(uid)
            case events.Identified() as told:
                self._identified(attempt.case, told)
            case _:
                pass
