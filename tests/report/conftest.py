"""Journals and the reports made from them."""

from pathlib import Path

import pytest

from testbay.report.html import html
from testbay.report.journal_reader import Journal, read_journal
from testbay.report.summary import RunSummary, summarise

from . import journals


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    """Return the journal in which everything happens."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "journal.jsonl").write_bytes(journals.everything())
    return read_journal(folder)


@pytest.fixture(scope="session")
def run(whole: Journal) -> RunSummary:
    """Return its summary."""
    return summarise(whole)


@pytest.fixture(scope="session")
def page(whole: Journal) -> str:
    """Return its page."""
    return "".join(html(whole))


def written(folder: Path, lines: bytes) -> Journal:
    """Return a journal of these lines."""
    path = folder / "journal.jsonl"
    path.write_bytes(lines)
    return read_journal(path)
