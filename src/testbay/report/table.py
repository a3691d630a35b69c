"""The verdicts as rows of plain text, for a terminal."""

from __future__ import annotations

from typing import NamedTuple

from testbay.report.markup import duration, visible
from testbay.report.summary import VIRTUAL, RunSummary, overall
from testbay.scenario.verdict import Verdict


class Row(NamedTuple):
    """A line of the table; all of it is text but the verdict."""

    id: str
    verdict: Verdict
    title: str
    reason: str
    checks: str
    time: str


HEADINGS = ("Case", "Verdict", "Title", "Reason", "Checks", "Time")


def rows(run: RunSummary) -> list[Row]:
    """Return a row for every case. Control characters in what the SUT sent are written out."""
    return [
        Row(
            case.id,
            case.verdict,
            visible(case.title),
            "" if case.verdict is Verdict.PASS else visible(case.reason),
            str(case.last.checks) if case.verdict is not Verdict.NOT_APPLICABLE else "",
            duration(case.last.seconds) if case.verdict is not Verdict.NOT_APPLICABLE else "",
        )
        for case in run.cases
    ]


def took(run: RunSummary) -> str:
    """Return how long a run took, and of which time that was."""
    simulated = " of simulated time" if run.clock == VIRTUAL else ""
    return f"{duration(run.seconds)}{simulated}"


def totals(run: RunSummary) -> list[str]:
    """Return what stands below the table: the outcome, the counts, and what a reader must know."""
    counts = ", ".join(f"{n} {v.text}" for v, n in run.counts.items() if n)
    lines = [f"{overall(run)}.", *([f"{counts} in {took(run)}"] if counts else [])]
    if run.stopped:
        lines.append(f"The run ended early: {run.stopped}")
    for case in run.cases:
        if len(case.attempts) > 1:
            before = ", ".join(a.verdict.text for a in case.attempts[:-1])
            lines.append(f"{case.id}: attempt {case.last.number} decides; before: {before}")
    return [*lines, *run.defects, *map(visible, run.changes)]
