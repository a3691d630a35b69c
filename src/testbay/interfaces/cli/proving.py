"""``testbay prove``: shows that every check can fail, and that no conforming system does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from testbay.campaign.selection import find
from testbay.campaign.suites import MODULES
from testbay.campaign.wrong import Wrong
from testbay.interfaces.cli.listing import cases_of
from testbay.interfaces.cli.reports import WIDTH, writable
from testbay.proof.prove import Proof, as_json, prove
from testbay.proof.tolerance import Tolerance, tolerate
from testbay.proof.tolerance import as_json as tolerance_json
from testbay.report.markup import visible
from testbay.scenario.case import TestCase

R = TypeVar("R", Proof, Tolerance)
HEADINGS = {"mutant": "Last fault", "trial": "Variant", "text": "Why it conforms"}


def prove_cases(ocpp: str, sut: str, ids: Sequence[str], json: Path | None, jobs: int) -> int:
    """Prove cases; return 0 if every check of them can fail, else 1.

    Raises:
        Wrong: a case is unknown, or none is left.
    """
    cases, console = _chosen(ocpp, sut, ids, json, jobs), _console()

    def line(proof: Proof) -> str:
        return f"{len(proof.killed)} of {proof.checks} checks"

    result = as_json(_each(cases, jobs, console, prove, line))
    _write(result, json)
    _tell(result, console)
    return 1 if result["survivors"] or result["unproven"] else 0


def tolerate_cases(
    ocpp: str, sut: str, ids: Sequence[str], json: Path | None, jobs: int, sample: int
) -> int:
    """Try cases with systems that conform otherwise; return 0 if all of them pass, else 1.

    Args:
        sample: one of so many kinds of variant is tried, at one place; 1: all, everywhere.

    Raises:
        Wrong: a case is unknown, or none is left.
    """
    if sample < 1:
        raise Wrong("--sample is a number from 1 on")
    cases, console = _chosen(ocpp, sut, ids, json, jobs), _console()

    def line(found: Tolerance) -> str:
        return f"{found.runs} variants, {len(found.findings)} failed"

    result = tolerance_json(_each(cases, jobs, console, partial(tolerate, every=sample), line))
    _write(result, json)
    columns = ("case", "trial", "text", "verdict", "reason")
    _table("Conforming systems that did not pass", columns, result["findings"], console)
    console.print(
        f"{result['cases']} cases were tried with {result['runs']} variants of conforming systems, "
        f"{result['shown']} of which had something to show; {len(result['findings'])} did not pass."
    )
    return 1 if result["findings"] else 0


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)


def _chosen(
    ocpp: str, sut: str, ids: Sequence[str], json: Path | None, jobs: int
) -> list[TestCase]:
    if jobs < 0:
        raise Wrong("--jobs is a number from 1 on")
    cases = find(ids, [ocpp] if ocpp else list(MODULES)) or cases_of(ocpp, sut)
    cases = [case for case in cases if sut in ("", case.sut)]
    if not cases:
        raise Wrong(f"none of these cases tests a {sut}; leave out --sut {sut}")
    writable(json)
    return cases


def _write(result: dict[str, Any], json: Path | None) -> None:
    if json is not None:
        json.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))


def _each(
    cases: Sequence[TestCase],
    jobs: int,
    console: Console,
    work: Callable[..., list[R]],
    line: Callable[[R], str],
) -> list[R]:
    """Have the cases of each version worked on, and tell how far it has come."""
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    results: list[R] = []
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=len(cases))

        def tell(one: R) -> None:
            bar.update(task, advance=1, description=one.case)
            if not console.is_terminal:
                print(f"{one.case}: {line(one)}", flush=True)

        for version in dict.fromkeys(case.ocpp for case in cases):
            ids = [case.id for case in cases if case.ocpp == version]
            results += work(version, ids, workers=jobs or os.cpu_count() or 1, tell=tell)
    return results


def _tell(result: dict[str, Any], console: Console) -> None:
    for key, why, title in (
        ("survivors", "mutant", "Checks that no fault has made fail"),
        ("unproven", "why", "Checks that no fault is known for, and cases that do not pass"),
    ):
        _table(title, ("case", "check", why), result[key], console)
    console.print(
        f"{result['killed']} of {result['checks']} checks of {result['cases']} cases were seen to "
        f"fail, in {result['runs']} runs; {len(result['survivors'])} survivors, "
        f"{len(result['unproven'])} unproven."
    )


def _table(
    title: str, columns: Sequence[str], rows: Sequence[dict[str, Any]], console: Console
) -> None:
    if rows:
        table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False)
        for name in columns:
            table.add_column(HEADINGS.get(name, name.title()), no_wrap=name == "case")
        for row in rows:
            table.add_row(*(Text(visible(str(row[k]))) for k in columns))
        console.print(table)
