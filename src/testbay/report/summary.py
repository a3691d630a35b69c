"""What a run came to: the verdict of every case and of the whole, counted from the journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from testbay.report.journal_reader import Attempt, Journal, Segment
from testbay.report.performance import Measured
from testbay.scenario import events
from testbay.scenario.verdict import Verdict

AGAIN = "; what was run before that, was run with another system"
VIRTUAL = "virtual"  # the clock that jumps
NOT_FINISHED = "the run was ended before the case was"
VERDICTS = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.INCONCLUSIVE,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
"""In the order in which a reader wants to see them."""


@dataclass(frozen=True, slots=True)
class AttemptSummary:
    """How one attempt ended.

    Args:
        number: counted from 1 within the case.
        seconds: how long it took (s).
        started: wall clock, ISO 8601.
        finished: False when the run was ended before it was.
    """

    number: int
    verdict: Verdict
    reason: str
    checks: int
    seconds: float
    failed: str
    started: str
    lane: int
    seed: int
    finished: bool
    source: Attempt


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A case; its last attempt decides."""

    id: str
    title: str
    group: str
    ocpp: str
    sut: str
    attempts: tuple[AttemptSummary, ...]

    @property
    def last(self) -> AttemptSummary:
        """The attempt that decides."""
        return self.attempts[-1]

    @property
    def verdict(self) -> Verdict:
        """The verdict of the last attempt."""
        return self.last.verdict

    @property
    def reason(self) -> str:
        """Why, in words."""
        return self.last.reason


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run as a whole.

    Args:
        started: wall clock, ISO 8601.
        seconds: how long it was running, without the time between a kill and its being resumed (s);
            on the virtual clock, the simulated time of all attempts.
        finished: False while it runs, and after a kill.
        stopped: why it ended early, if it did.
        not_run: ids of cases that were planned and never begun.
        defects: what is wrong with the journal, a sentence each.
        systems: what the systems under test said of themselves at first, each once.
        changes: what they said otherwise during the run, a sentence each.
        updates: the same, in cases that install other firmware.
        surveys: their settings when the run began.
        measured: the performance values.
        options: with which the run was started.
        pauses: how often it was paused, and for how long (s).
    """

    ocpp: str
    sut: str
    seed: int | None
    clock: str
    version: str
    started: str
    seconds: float
    finished: bool
    stopped: str
    starts: int
    cases: tuple[CaseSummary, ...]
    not_run: tuple[str, ...]
    defects: tuple[str, ...]
    config: dict[str, Any]
    product: dict[str, bool]
    pics: dict[str, Any] = field(default_factory=dict)
    systems: tuple[dict[str, Any], ...] = ()
    changes: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    surveys: tuple[events.Surveyed, ...] = ()
    measured: tuple[Measured, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    pauses: tuple[int, float] = (0, 0.0)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many cases have which verdict; verdicts that none has are there with 0."""
        counts = dict.fromkeys(VERDICTS, 0)
        for case in self.cases:
            counts[case.verdict] += 1
        return counts

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all cases; a run that is not complete has not passed."""
        applied = [c.verdict for c in self.cases if c.verdict is not Verdict.NOT_APPLICABLE]
        if not self.cases or self.not_run:
            applied.append(Verdict.INCONCLUSIVE)
        return max(applied, default=Verdict.NOT_APPLICABLE)

    @property
    def groups(self) -> dict[str, list[CaseSummary]]:
        """The cases under the headings of their sections."""
        groups: dict[str, list[CaseSummary]] = {}
        for case in self.cases:
            groups.setdefault(case.group, []).append(case)
        return groups


def summarise(journal: Journal) -> RunSummary:
    """Sum up a journal. Nothing is read again."""
    run = journal.started
    ids = [c for c in journal.planned if c in journal.cases]
    ids += [c for c in journal.cases if c not in journal.planned]
    ended, virtual = journal.finished, run is not None and run.clock == VIRTUAL
    cases = tuple(_case(id, journal.cases[id]) for id in ids)
    return RunSummary(
        ocpp=run.ocpp if run else "",
        sut=run.sut if run else "",
        seed=run.seed if run else None,
        clock=run.clock if run else "",
        version=run.version if run else "",
        started=journal.segments[0].first if journal.segments else "",
        seconds=_simulated(cases) if virtual else sum(_seconds(s) for s in journal.segments),
        finished=ended is not None,
        stopped=ended.stopped if ended is not None else "",
        starts=journal.starts,
        cases=cases,
        not_run=tuple(c for c in journal.planned if c not in journal.cases),
        defects=tuple(_defects(journal)),
        config=run.config if run else {},
        product=run.product if run else {},
        pics=(run.pics or {}) if run else {},
        systems=tuple(_systems(journal)),
        changes=tuple(dict.fromkeys(_changes(journal, asked=False))),
        updates=tuple(dict.fromkeys(_changes(journal, asked=True))),
        surveys=tuple(_surveys(journal)),
        measured=journal.meter.measured((run.pics or {}) if run else {}),
        options=(run.options or {}) if run else {},
        pauses=journal.pauses,
    )


def overall(run: RunSummary) -> str:
    """Return the outcome of a run in one sentence."""
    counts = run.counts
    applied = len(run.cases) - counts[Verdict.NOT_APPLICABLE]
    if not run.cases:
        return "No case was run"
    if applied == 0:
        return "No case applies to this product"
    words = [
        f"{counts[verdict]} {word}"
        for verdict, word in (
            (Verdict.FAIL, "failed"),
            (Verdict.ERROR, "ended in an error of the tool"),
            (Verdict.INCONCLUSIVE, "could not be judged"),
        )
        if counts[verdict]
    ]
    if words:
        words[0] = words[0].replace(" ", f" of {applied} {_cases(applied)} ", 1)
        sentence = ", ".join(words)
    else:
        sentence = "The one case passed" if applied == 1 else f"All {applied} cases passed"
    return f"{sentence}, {len(run.not_run)} not run" if run.not_run else sentence


def _cases(count: int) -> str:
    return "case" if count == 1 else "cases"


def _case(id: str, attempts: list[Attempt]) -> CaseSummary:
    known = next((a for a in reversed(attempts) if a.started or a.skipped), attempts[-1])
    about = known.started or known.skipped
    return CaseSummary(
        id=id,
        title=about.title if about else "",
        group=about.group if about else "",
        ocpp=about.ocpp if about else "",
        sut=about.sut if about else "",
        attempts=tuple(_attempt(i, a) for i, a in enumerate(attempts, 1)),
    )


def _attempt(number: int, attempt: Attempt) -> AttemptSummary:
    started, ended = attempt.started, attempt.finished
    if attempt.skipped is not None:
        verdict, reason, checks, seconds = Verdict.NOT_APPLICABLE, attempt.skipped.reason, 0, 0.0
    elif ended is not None:
        verdict = Verdict.__members__.get(ended.verdict, Verdict.ERROR)
        reason, checks, seconds = ended.reason, ended.checks, ended.seconds
    else:
        verdict, reason = Verdict.INCONCLUSIVE, NOT_FINISHED
        checks, seconds = attempt.checks, attempt.last
    return AttemptSummary(
        number=number,
        verdict=verdict,
        reason=reason,
        checks=checks,
        seconds=round(seconds, 3),
        failed=ended.failed if ended is not None else "",
        started=attempt.at,
        lane=started.lane if started is not None else 0,
        seed=started.seed if started is not None else 0,
        finished=ended is not None or attempt.skipped is not None,
        source=attempt,
    )


def _systems(journal: Journal) -> Iterable[dict[str, Any]]:
    """Yield what the systems under test said of themselves at first, each once."""
    seen: list[dict[str, Any]] = []
    for identity in journal.identities:
        if identity.told.about not in seen and not identity.told.before:
            seen.append(identity.told.about)
            yield identity.told.about


def _surveys(journal: Journal) -> Iterable[events.Surveyed]:
    """Yield the settings of each system; systems of the same kind that are alike once."""
    seen: list[tuple[Any, ...]] = []
    for survey in journal.surveys:
        alike = (survey.product, survey.entries, survey.findings, survey.why)
        if alike not in seen:
            seen.append(alike)
            yield survey


def _changes(journal: Journal, *, asked: bool) -> Iterable[str]:
    """Yield what a system said otherwise than before, as it was told to update itself or not."""
    for identity in journal.identities:
        told, updated = identity.told, identity.case in journal.updating
        about, old = told.about, told.before or told.about
        differs = [n for n in {**old, **about} if old.get(n) != about.get(n)]
        if differs and updated == asked:
            what = ", ".join(f"{n} from {old.get(n)} to {about.get(n)}" for n in differs)
            where = f"in {identity.case}" if identity.case else "between two cases"
            yield f"The system under test has changed {where}: {what}{'' if asked else AGAIN}."


def _simulated(cases: Iterable[CaseSummary]) -> float:
    """Return the time of all attempts (s): on the virtual clock each has a time of its own."""
    return round(sum(a.seconds for case in cases for a in case.attempts), 3)


def _seconds(segment: Segment) -> float:
    try:
        first, last = map(datetime.fromisoformat, (segment.first, segment.last))
        return max(0.0, (last - first).total_seconds())
    except (ValueError, TypeError):  # a date that is none, or one with and one without a zone
        return 0.0


def _defects(journal: Journal) -> Iterable[str]:
    if not journal.starts:
        yield "The journal has no beginning: nothing says what was tested."
    if journal.damaged:
        lines = "line of the journal was" if journal.damaged == 1 else "lines of the journal were"
        yield f"{journal.damaged} damaged {lines} left out; what stood there is missing here."
    if journal.cut:
        yield "The last line of the journal was cut off, as happens when a run is killed."
    if journal.starts and journal.finished is None:
        yield "The journal has no end: the run was ended early, or is still going on."
