"""The verdicts as JSON, for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from testbay.report.journal_reader import Journal
from testbay.report.summary import RunSummary, summarise


def write_json(journal: Journal, target: Path) -> None:
    """Write the verdicts of a run as JSON.

    Raises:
        OSError: the file cannot be written.
    """
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    target.write_bytes(orjson.dumps(json_report(summarise(journal)), option=options))


def json_report(run: RunSummary) -> dict[str, Any]:
    """Return the count of every verdict, and every case with what became of it."""
    return {
        "verdicts": {v.text: n for v, n in sorted(run.counts.items(), key=_as_listed)},
        "cases": [
            {
                "id": case.id,
                "ocpp": case.ocpp or run.ocpp,
                "sut": case.sut or run.sut,
                "verdict": case.verdict.text,
                "reason": case.reason,
                "checks": case.last.checks,
                "seconds": case.last.seconds,
            }
            for case in run.cases
        ],
    }


_LISTED = ("PASS", "FAIL", "INCONCLUSIVE", "NOT_APPLICABLE", "ERROR")


def _as_listed(item: tuple[Any, int]) -> int:
    return _LISTED.index(item[0].name)
