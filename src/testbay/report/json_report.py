"""The verdicts as JSON, for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from testbay.report.journal_reader import Journal
from testbay.report.summary import RunSummary, summarise
from testbay.scenario.events import Surveyed


def write_json(journal: Journal, target: Path, *, about: bool = False) -> None:
    """Write the verdicts of a run as JSON.

    Args:
        about: also what was tested, and how.

    Raises:
        OSError: the file cannot be written.
    """
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    run = summarise(journal)
    report = json_report(run) | (about_run(run) if about else {})
    target.write_bytes(orjson.dumps(report, option=options))


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


def about_run(run: RunSummary) -> dict[str, Any]:
    """Return what was tested, and how; secrets are masked, as they are in the journal."""
    return {
        "run": {
            "ocpp": run.ocpp,
            "sut": run.sut,
            "started": run.started,
            "seconds": run.seconds,
            "clock": run.clock,
            "seed": run.seed,
            "testbay": run.version,
            "complete": run.finished and not run.stopped and not run.not_run,
            "not_run": list(run.not_run),
            "options": run.options,
            "config": run.config,
            "product": run.product,
            "pics": run.pics,
        },
        "systems": list(run.systems),
        "changes": list(run.changes),
        "settings": [_settings(survey) for survey in run.surveys],
    }


def _settings(survey: Surveyed) -> dict[str, Any]:
    """Return the settings of a system as it has listed them, and what cannot be so."""
    pairs = [pair for pair in survey.findings if len(pair) == 2]
    return {
        "of": survey.product,
        "not_read": survey.why,
        "entries": survey.entries,
        "absent": survey.absent,
        "findings": [{"about": about, "says": says} for about, says in pairs],
    }


_LISTED = ("PASS", "FAIL", "INCONCLUSIVE", "NOT_APPLICABLE", "ERROR")


def _as_listed(item: tuple[Any, int]) -> int:
    return _LISTED.index(item[0].name)
