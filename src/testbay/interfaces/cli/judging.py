"""``testbay rejudge``: a recorded run is judged by the cases as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from testbay.campaign.lane import new_test
from testbay.campaign.selection import find, suite_of
from testbay.campaign.suites import Loaded
from testbay.campaign.wrong import Wrong
from testbay.clock.virtual import run
from testbay.interfaces.cli.live import STYLES
from testbay.interfaces.cli.reports import exit_code, journal_of
from testbay.report.journal_reader import Journal
from testbay.report.markup import visible
from testbay.report.summary import CaseSummary, summarise
from testbay.scenario.case import TestCase
from testbay.scenario.execute import Ended
from testbay.scenario.recorder import Recorder
from testbay.scenario.replay import Diverged, rejudge
from testbay.scenario.role import Operator, Role
from testbay.scenario.test import Test
from testbay.scenario.verdict import Verdict


def judge_again(folder: Path, ids: Sequence[str]) -> int:
    """Judge the cases of a run again; return the exit code by the new verdicts.

    Raises:
        Wrong: there is no run, or it does not have such a case.
    """
    journal = journal_of(folder)
    summary = summarise(journal)
    there = {case.id: case for case in summary.cases}
    wanted = _wanted(ids, there, summary.ocpp, folder)
    table = Table(box=box.SIMPLE, pad_edge=False, header_style="bold")
    for heading in ("Case", "Recorded", "Now", "What differs"):
        table.add_column(heading, no_wrap=heading != "What differs")
    verdicts: list[Verdict] = []
    lost = 0
    for case in wanted:
        result = _one(journal, case)
        now, differs = _told(case, result)
        table.add_row(Text(case.id), _verdict(case.verdict), now, Text(visible(differs)))
        if isinstance(result, Ended):
            verdicts.append(result.verdict)
        lost += isinstance(result, Diverged)
    console = Console(highlight=False)
    console.print(table)
    told = f", {lost} cannot be judged again" if lost else ""
    console.print(f"{len(verdicts)} of {len(wanted)} cases judged again{told}.")
    return exit_code([*verdicts, *[Verdict.INCONCLUSIVE] * bool(lost)])


def _wanted(
    ids: Sequence[str], there: Mapping[str, CaseSummary], ocpp: str, folder: Path
) -> list[CaseSummary]:
    wanted = [case.id for case in find(ids, [ocpp])] or list(there)
    for id in wanted:
        if id not in there:
            raise Wrong(f"the run in {folder} does not have {id}; it has {', '.join(there)}")
    if not wanted:
        raise Wrong(f"the run in {folder} has no case that could be judged")
    return [there[id] for id in wanted]


def _one(journal: Journal, summary: CaseSummary) -> Ended | Diverged | None:
    """Judge the last attempt; None where nothing was run."""
    attempt = summary.last.source
    if attempt.started is None:
        return None
    suite = suite_of(summary.ocpp)
    case = suite.cases.get(summary.id)
    if case is None:
        return Diverged("there is no such case any more")
    if attempt.finished is None:
        return Diverged("the record ends before the case did")
    lines = [stamped.to_json() for stamped in journal.events(attempt)]
    return run(rejudge(case, lines, _maker(case, suite)), virtual=True)


def _maker(case: TestCase, suite: Loaded) -> Any:
    part = suite.part(case.sut)

    def make(
        role: Role, operator: Operator, recorder: Recorder, known: dict[str, Any], *, seed: int
    ) -> Test:
        model = part.make_model(recorder.config, known)
        return new_test(part.make_test, role, operator, recorder, model, seed)

    return make


def _told(case: CaseSummary, result: Ended | Diverged | None) -> tuple[Text, str]:
    if result is None:
        return Text("not run", STYLES[Verdict.NOT_APPLICABLE]), case.reason
    if isinstance(result, Diverged):
        return Text("cannot be judged again", STYLES[Verdict.INCONCLUSIVE]), result.reason
    differs = []
    if result.verdict != case.verdict or result.reason != case.reason:
        differs.append(result.reason or "it was: " + case.reason)
    if result.checks != case.last.checks:
        differs.append(f"{result.checks} checks, then {case.last.checks}")
    return _verdict(result.verdict), "; ".join(differs)


def _verdict(verdict: Verdict) -> Text:
    return Text(verdict.text, STYLES[verdict])
