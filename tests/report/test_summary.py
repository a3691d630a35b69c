"""What a run came to."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from testbay.report.journal_reader import Journal
from testbay.report.summary import NOT_FINISHED, RunSummary, overall, summarise
from testbay.scenario import events
from testbay.scenario.verdict import Verdict

from .conftest import written
from .journals import Case, journal, not_done, passing, silent


def summary_of(folder: Path, *cases: Case, planned: tuple[str, ...] = ()) -> RunSummary:
    return summarise(written(folder, b"".join(journal(cases, planned))))


def test_every_verdict_is_counted(run: RunSummary) -> None:
    assert {v.text: n for v, n in run.counts.items()} == {
        "FAIL": 2,
        "ERROR": 1,
        "INCONCLUSIVE": 2,
        "PASS": 2,
        "NOT APPLICABLE": 1,
    }
    assert run.verdict is Verdict.ERROR


def test_the_last_attempt_decides_and_the_earlier_one_stays(run: RunSummary) -> None:
    case = next(c for c in run.cases if c.id == "TC_004_CS")
    assert case.verdict is Verdict.PASS
    assert [a.verdict for a in case.attempts] == [Verdict.FAIL, Verdict.PASS]
    assert [a.number for a in case.attempts] == [1, 2]


def test_a_case_that_was_killed_is_inconclusive_and_says_why(run: RunSummary) -> None:
    case = next(c for c in run.cases if c.id == "TC_011_CS")
    assert case.verdict is Verdict.INCONCLUSIVE
    assert case.reason == NOT_FINISHED
    assert not case.last.finished
    assert case.last.checks == 4
    assert case.last.seconds == pytest.approx(1.918)


def test_what_was_planned_and_never_begun_is_named(run: RunSummary) -> None:
    assert run.not_run == ("TC_044_CS", "TC_050_CS")


def test_the_defects_of_the_journal_are_named(run: RunSummary) -> None:
    damaged, cut, end = run.defects
    assert "2 damaged lines" in damaged
    assert "cut off" in cut
    assert "no end" in end


def test_one_damaged_line_is_spoken_of_as_one(tmp_path: Path) -> None:
    lines = [*journal([passing(Case("TC_001_CS", "Boot", "Core"))])]
    lines.insert(3, b"{\n")
    assert summarise(written(tmp_path, b"".join(lines))).defects == (
        "1 damaged line of the journal was left out; what stood there is missing here.",
    )


def test_the_duration_is_that_of_the_wall_clock(tmp_path: Path) -> None:
    run = summary_of(tmp_path, passing(Case("TC_001_CS", "Boot", "Core", 100.0)))
    assert run.seconds == pytest.approx(150.8, abs=0.1)
    assert run.started == "2026-11-21T10:20:30.000Z"


def test_the_time_between_a_kill_and_its_being_resumed_does_not_count(tmp_path: Path) -> None:
    cases = [
        silent(Case("TC_001_CS", "Boot", "Core")),
        passing(Case("TC_002_CS", "B", "C", 0.0, 2)),
    ]
    lines = b"".join(line for case in cases for line in journal([case]))
    run = summarise(written(tmp_path, lines))
    assert run.seconds == pytest.approx(30.9 + 50.8, abs=0.1)
    assert run.starts == 2


def test_dates_that_cannot_be_read_count_as_no_time(tmp_path: Path) -> None:
    line = journal([], end=False)
    lines = next(iter(line)).replace(b"2026-11-21T", b"9999-99-99T")
    assert summarise(written(tmp_path, lines)).seconds == 0.0


def test_a_verdict_that_is_none_is_an_error(whole: Journal, run: RunSummary) -> None:
    attempt = replace(whole.cases["TC_001_CS"][0])
    assert attempt.finished is not None
    attempt.finished = replace(attempt.finished, verdict="SUPERB")
    odd = replace(whole, cases={"TC_001_CS": [attempt]})
    assert summarise(odd).cases[0].verdict is Verdict.ERROR


def test_groups_keep_the_order_of_the_plan(run: RunSummary) -> None:
    assert list(run.groups) == ["Core: booting", "Core: charging sessions", "Reservation"]


def test_lines_without_a_beginning_still_make_a_case(tmp_path: Path) -> None:
    lines = [*journal([passing(Case("TC_001_CS", "Boot", "Core"))])]
    run = summarise(written(tmp_path, b"".join(lines[2:])))
    assert run.cases[0].title == ""
    assert run.cases[0].verdict is Verdict.PASS
    assert "no beginning" in run.defects[0]


@pytest.mark.parametrize(
    ("cases", "planned", "sentence", "verdict"),
    [
        ([], (), "No case was run", Verdict.INCONCLUSIVE),
        ([passing], (), "The one case passed", Verdict.PASS),
        ([passing, passing], (), "All 2 cases passed", Verdict.PASS),
        ([passing], ("TC_9",), "The one case passed, 1 not run", Verdict.INCONCLUSIVE),
        ([silent], (), "1 of 1 case failed", Verdict.FAIL),
        ([silent, passing], (), "1 of 2 cases failed", Verdict.FAIL),
        (
            [silent, not_done, passing],
            (),
            "1 of 3 cases failed, 1 could not be judged",
            Verdict.FAIL,
        ),
    ],
)
def test_the_outcome_is_said_in_one_sentence(
    tmp_path: Path,
    cases: list[Callable[[Case], Case]],
    planned: tuple[str, ...],
    sentence: str,
    verdict: Verdict,
) -> None:
    every = [make(Case(f"TC_{i}", "Title", "Core")) for i, make in enumerate(cases)]
    run = summary_of(tmp_path, *every, planned=planned)
    assert overall(run) == sentence
    assert run.verdict is verdict


def test_a_product_to_which_nothing_applies_has_neither_passed_nor_failed(tmp_path: Path) -> None:
    case = Case("TC_1", "Title", "Core")
    case.lines[:] = []
    case.emit(events.CaseSkipped("Title", "1.6", "station", "Core", "no lock"))
    run = summary_of(tmp_path, case)
    assert overall(run) == "No case applies to this product"
    assert run.verdict is Verdict.NOT_APPLICABLE
