"""The reports of a run, the table of its verdicts, and the exit code that follows from them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from testbay.campaign.wrong import Wrong
from testbay.report.html import write_html
from testbay.report.journal_reader import Journal, read_journal
from testbay.report.json_report import write_json
from testbay.report.junit import write_junit
from testbay.report.summary import RunSummary, summarise
from testbay.scenario.verdict import Verdict

if TYPE_CHECKING:
    from rich.table import Table

HTML, JSON, JUNIT = "report.html", "verdicts.json", "junit.xml"
WIDTH = 120  # columns of a table where there is no terminal


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """Return what a run with these verdicts ends with: ERROR over FAIL over INCONCLUSIVE."""
    codes = {Verdict.ERROR: 4, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}
    return codes.get(max(verdicts, default=Verdict.PASS), 0)


def journal_of(folder: Path) -> Journal:
    """Read the journal of a run.

    Raises:
        Wrong: there is none.
    """
    try:
        return read_journal(folder)
    except OSError as error:
        why = error.strerror or str(error)
        raise Wrong(f"{folder} is no folder of a run: its journal cannot be read ({why})") from None


def writable(*files: Path | None) -> None:
    """See that files can be written, before a run that they are about.

    Raises:
        Wrong: one cannot.
    """
    for file in files:
        if file is None:
            continue
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("ab"):
                pass
        except OSError as error:
            raise Wrong(f"{file} cannot be written: {error.strerror}; name another file") from None


def write_reports(folder: Path, json: Path | None = None, junit: Path | None = None) -> RunSummary:
    """Write all reports of a run into its folder, and besides where they are asked for.

    Raises:
        Wrong: there is no journal, or a report cannot be written.
    """
    journal = journal_of(folder)
    try:
        write_html(journal, folder / HTML)
        write_json(journal, folder / JSON, about=True)
        if json is not None:
            write_json(journal, json)
        for target in (folder / JUNIT, junit):
            if target is not None:
                write_junit(journal, target)
    except OSError as error:
        raise Wrong(
            f"{error.filename} cannot be written: {error.strerror}; the journal is complete: "
            f"testbay report {folder} writes the reports again"
        ) from None
    return summarise(journal)


def report_again(folder: Path, json: Path | None, junit: Path | None) -> int:
    """Write the reports of a run again; print where the HTML report is."""
    writable(json, junit)
    write_reports(folder, json, junit)
    print(folder / HTML)
    return 0


def tell_result(run: RunSummary) -> int:
    """Print the verdicts; return the exit code."""
    from rich.console import Console
    from rich.text import Text

    from testbay.interfaces.cli.live import STYLES
    from testbay.report.certificate import lines as certificate_lines
    from testbay.report.table import HEADINGS, rows, totals

    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    console.print(Text(f"\nOCPP {run.ocpp}, {run.sut} under test", "bold"))
    table = _table(HEADINGS)
    for row in rows(run):
        cells = [Text(str(cell)) for cell in row]
        cells[HEADINGS.index("Verdict")] = Text(row.verdict.text, STYLES[row.verdict])
        table.add_row(*cells)
    console.print(table)
    first, *others = totals(run)
    console.print(Text(first, STYLES[run.verdict]))
    for line in (*others, *certificate_lines(run)):
        console.print(Text(line))
    return exit_code([run.verdict])


def _table(headings: Iterable[str]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False, header_style="bold")
    for heading in headings:
        short = heading in ("Case", "Verdict", "Checks", "Time")
        right = heading in ("Checks", "Time")
        table.add_column(heading, no_wrap=short, justify="right" if right else "left")
    return table
