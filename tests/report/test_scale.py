"""Long journals: neither memory nor the page grows with them."""

import tracemalloc
from pathlib import Path

import pytest

from testbay.report.html import write_html
from testbay.report.journal_reader import read_journal
from testbay.report.summary import summarise

from . import journals


@pytest.mark.parametrize(("cases", "frames"), [(1, 100_000), (20, 5_000)])
def test_a_hundred_thousand_frames_are_not_held_in_memory(
    tmp_path: Path, cases: int, frames: int
) -> None:
    path = tmp_path / "journal.jsonl"
    journals.large(path, cases, frames, lean=True)
    assert path.stat().st_size > 10_000_000
    tracemalloc.start()
    try:
        journal = read_journal(path)
        write_html(journal, tmp_path / "report.html")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
    assert sum(a.frames for attempts in journal.cases.values() for a in attempts) == 100_000
    assert len(summarise(journal).cases) == cases
    assert (tmp_path / "report.html").stat().st_size < 20_000_000
