"""``testbay prove``: shows that every check can fail, and which ones could not be shown to."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
from testbay.report.markup import visible
from testbay.scenario.case import TestCase


def prove_cases(ocpp: str, sut: str, ids: Sequence[str], json: Path | None, jobs: int) -> int:
    """Prove cases; return 0 if every check of them can fail, else 1.

    Raises:
        Wrong: a case is unknown, or none is left.
    """
    if jobs < 0:
        raise Wrong("--jobs is a number from 1 on")
    cases = find(ids, [ocpp] if ocpp else list(MODULES)) or cases_of(ocpp, sut)
    cases = [case for case in cases if sut in ("", case.sut)]
    if not cases:
        raise Wrong(f"none of these cases tests a {sut}; leave out --sut {sut}")
    writable(json)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    proofs = _prove(cases, jobs or os.cpu_count() or 1, console)
    result = as_json(proofs)
    if json is not None:
        json.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    _tell(result, console)
    return 1 if result["survivors"] or result["unproven"] else 0


def _prove(cases: Sequence[TestCase], jobs: int, console: Console) -> list[Proof]:
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    proofs: list[Proof] = []
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=len(cases))

        def tell(proof: Proof) -> None:
            bar.update(task, advance=1, description=proof.case)
            if not console.is_terminal:
                print(f"{proof.case}: {len(proof.killed)} of {proof.checks} checks", flush=True)

        for version in dict.fromkeys(case.ocpp for case in cases):
            ids = [case.id for case in cases if case.ocpp == version]
            proofs += prove(version, ids, workers=jobs, tell=tell)
    return proofs


def _tell(result: dict[str, Any], console: Console) -> None:
    for key, why, title in (
        ("survivors", "mutant", "Checks that no fault has made fail"),
        ("unproven", "why", "Checks that no fault is known for, and cases that do not pass"),
    ):
        if result[key]:
            table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False)
            for heading in ("Case", "Check", {"mutant": "Last fault"}.get(why, "Why")):
                table.add_column(heading, no_wrap=heading == "Case")
            for row in result[key]:
                table.add_row(*(Text(visible(str(row[k]))) for k in ("case", "check", why)))
            console.print(table)
    console.print(
        f"{result['killed']} of {result['checks']} checks of {result['cases']} cases were seen to "
        f"fail, in {result['runs']} runs; {len(result['survivors'])} survivors, "
        f"{len(result['unproven'])} unproven."
    )
