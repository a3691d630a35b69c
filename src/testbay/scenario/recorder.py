"""What a case has found so far: judged steps with their labels, remarks, and the events told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from testbay.scenario import events
from testbay.scenario.checks import Judges, Outcome, show
from testbay.scenario.configured import Configured, Plus, resolve
from testbay.scenario.verdict import CaseError, Verdict


@dataclass(frozen=True, slots=True)
class StepResult:
    """One judged step: its label (``charging/9``), what it was about, and the outcomes."""

    label: str
    what: str
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    subjects: tuple[str, ...]
    phase: str


_WORST = {"needs": Verdict.INCONCLUSIVE, "before": Verdict.INCONCLUSIVE, "restore": Verdict.PASS}


@dataclass
class Recorder:
    """Judged steps, remarks and events of one case.

    Args:
        strict: a failed preparation fails the case instead of making it inconclusive.
    """

    case: str
    attempt: int
    sink: events.Sink
    started: datetime
    config: dict[str, Any]
    strict: bool = False
    results: list[StepResult] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    phase: str = "main"
    prefix: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._zero = self._loop.time()

    @property
    def zero(self) -> float:
        """Time of the loop at which the case began (s)."""
        return self._zero

    def elapsed(self) -> float:
        """Seconds since the start of the case, by the run's one clock, in whole microseconds.

        So the journal holds the times that the case was decided by.
        """
        return round(self._loop.time() - self._zero, 6)

    def now(self) -> datetime:
        """Wall clock: the recorded start plus what the one clock says has passed."""
        return self.started + timedelta(seconds=self.elapsed())

    def emit(self, event: events.Event) -> None:
        """Tell the readers."""
        elapsed = self.elapsed()
        at = (self.started + timedelta(seconds=elapsed)).isoformat(timespec="milliseconds")
        at = at.replace("+00:00", "Z")
        self.sink(events.Stamped(elapsed, at, self.case, self.attempt, event))

    @property
    def bad(self) -> Verdict:
        """What a failed validation means in this phase."""
        worst = _WORST.get(self.phase, Verdict.FAIL)
        return Verdict.FAIL if self.strict and self.phase == "before" else worst

    def enter(self, phase: str) -> None:
        """Begin a phase."""
        self.phase = phase
        self.emit(events.Phase(phase))

    def remark(self, text: str, uid: str = "") -> None:
        """Add a remark for the report."""
        self.remarks.append(text)
        self.emit(events.Remarked(text, uid))

    def label(self, step: int | str) -> str:
        """Return the full label of a step: states and rounds, then its number."""
        return "/".join([*self.prefix, str(step)])

    @contextlib.contextmanager
    def under(self, *labels: str) -> Iterator[None]:
        """Record the steps inside under these labels."""
        self.prefix.extend(labels)
        try:
            yield
        finally:
            del self.prefix[-len(labels) :]

    def record(
        self,
        label: str,
        what: str,
        outcomes: Sequence[Outcome],
        subjects: tuple[str, ...] = (),
        least: Verdict | None = None,
    ) -> None:
        """Record a judged step. ``least`` softens what a failure means (acted too early)."""
        failed = [o for o in outcomes if not o.passed]
        verdict = min(least or self.bad, self.bad) if failed else Verdict.PASS
        self.results.append(StepResult(label, what, tuple(outcomes), verdict, subjects, self.phase))
        shown = [[o.text, o.passed, plain(o.actual), self._wanted(o)] for o in outcomes]
        self.emit(events.Judged(label, what, shown, verdict.name, self.phase, list(subjects)))
        if failed and self.phase == "restore":
            self.remark(f"not restored: step {label}: {failed[0].text}: {plain(failed[0].actual)}")

    def _wanted(self, outcome: Outcome) -> str:
        if outcome.check is None:
            return ""
        values = [v for fact in outcome.check.facts for v in fact.values]
        return ", ".join(self._shown(v) for v in values if isinstance(v, Configured | Plus))

    def sentence(self, check: Judges) -> str:
        """Return the sentence of a check with the configured values in place of their names."""
        text = check.text
        for value in (v for fact in check.facts for v in fact.values):
            if isinstance(value, Configured | Plus):
                text = text.replace(str(value), self._shown(value))
        return text

    def _shown(self, value: Configured | Plus) -> str:
        base = value
        while isinstance(base, Plus):
            base = base.value
        if getattr(base, "secret", False):
            return "(configured, secret)"
        try:
            return show(resolve(value, self.config))
        except CaseError:  # of a condition that does not hold: it was not needed
            return "(not configured)"


def plain(value: Any) -> Any:
    """Return a value that JSON can hold; what it cannot is written as text."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
