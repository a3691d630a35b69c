"""All reports of a run at once."""

from __future__ import annotations

from pathlib import Path

from testbay.report.html import write_html
from testbay.report.journal_reader import read_journal
from testbay.report.json_report import write_json
from testbay.report.junit import write_junit

WRITERS = {"report.html": write_html, "junit.xml": write_junit, "report.json": write_json}


def write_reports(run: Path, folder: Path | None = None) -> list[Path]:
    """Write the reports of a run and return their paths.

    Args:
        run: the folder with the journal.
        folder: where to write them; beside the journal if it is not given.

    Raises:
        OSError: there is no journal, or a file cannot be written.
    """
    journal = read_journal(run)
    folder = folder or journal.path.parent
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in WRITERS.items():
        write(journal, folder / name)
    return [folder / name for name in WRITERS]
