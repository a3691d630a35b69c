"""Memory of writing and reporting a large journal."""

from __future__ import annotations

import tempfile
import tracemalloc
from pathlib import Path

from testbay.campaign.journal import Journal
from testbay.report.html import write_html
from testbay.report.journal_reader import read_journal
from testbay.scenario import events
from testbay.scenario.events import Stamped

AT = "2030-01-01T00:00:00.000Z"
FRAMES = 100_000


def table() -> list[tuple[str, float]]:
    """Return what was done and the peak of memory while doing it (MiB)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tracemalloc.start()
        _write(folder)
        written = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        write_html(read_journal(folder), folder / "report.html")
        reported = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        size = (folder / "journal.jsonl").stat().st_size
    mib = 2**20
    return [
        (f"write {FRAMES} frames ({size / mib:.0f} MiB on disk)", written / mib),
        (f"report {FRAMES} frames", reported / mib),
    ]


def _write(folder: Path) -> None:
    journal = Journal(folder)
    run = events.RunStarted("1.6", "station", 1, "real", "0", ["TC_003_CS"], {}, {})
    journal(Stamped(0.0, AT, "", 0, run))
    start = events.CaseStarted("t", "1.6", "station", "g", 1, 1, AT, {}, {}, [])
    journal(Stamped(0.0, AT, "TC_003_CS", 1, start))
    for i in range(FRAMES):
        frame = events.Frame("in", f'[2,"{i}","Heartbeat",{{}}]', 1)
        journal(Stamped(i / 100, AT, "TC_003_CS", 1, frame))
    end = events.CaseFinished("PASS", "", 1, 1.0, "")
    journal(Stamped(1000.0, AT, "TC_003_CS", 1, end))
    journal.close()
