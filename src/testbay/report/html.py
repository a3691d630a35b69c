"""The HTML report: one file that opens anywhere, written piece by piece."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from testbay.report.case_html import case_html
from testbay.report.excerpt import Gap
from testbay.report.journal_reader import Journal
from testbay.report.markup import (
    CLASSES,
    badge,
    day,
    facts,
    plural,
    sut_name,
    text,
    values,
)
from testbay.report.summary import VERDICTS, RunSummary, overall, summarise
from testbay.report.system_html import name_of, system_html
from testbay.report.table import took


def write_html(journal: Journal, target: Path) -> None:
    """Write the report of a run.

    Raises:
        OSError: the journal cannot be read, or the file not be written.
    """
    part = target.with_name(f"{target.name}.part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        for piece in html(journal):
            file.write(piece)
    part.replace(target)


def html(journal: Journal) -> Iterator[str]:
    """Yield the report of a run in pieces."""
    run = summarise(journal)
    style, script = _asset("report.css"), _asset("report.js")
    yield _head(run, style, script)
    yield _top(run)
    yield from _notes(run, journal)
    yield from _toolbar(run)
    yield '<main><div class="columns" aria-hidden="true"><span>Verdict</span><span>Case</span>'
    yield "<span>Title and reason</span><span>Checks</span><span>Time</span></div>"
    for number, (group, cases) in enumerate(run.groups.items()):
        yield f'<section class="group" data-g="{number}"><h2>{text(group) or "Cases"}'
        yield f' <span class="soft">{len(cases)}</span></h2>\n'
        for case in cases:
            yield from case_html(journal, case, number, run.config)
        yield "</section>"
    yield '<p id="none" hidden>No case fits the filters.</p></main>'
    yield f"<footer>Made by testbay {text(run.version)} from the journal of the run.</footer>"
    yield f"<script>{script}</script></body></html>\n"


def _asset(name: str) -> str:
    return resources.files("testbay.report").joinpath("assets", name).read_text("utf-8")


def _digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _head(run: RunSummary, style: str, script: str) -> str:
    # What a system under test sends can run nothing and load nothing, even if it were not escaped.
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; "
        f"script-src 'sha256-{_digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"<title>{text(overall(run))} – testbay report</title><style>{style}</style></head><body>"
    )


def _top(run: RunSummary) -> str:
    of = f"OCPP {run.ocpp} · " if run.ocpp else ""
    rows = (
        ("Tested", f"{text(of)}{text(sut_name(run.sut))}"),
        ("System", text(name_of(run.systems[0])) if run.systems else ""),
        ("Started", text(day(run.started)) if run.started else ""),
        ("Took", text(took(run))),
        ("Clock", text(run.clock)),
        ("Order", text(run.options.get("order", "") or "")),
        ("Seed", "" if run.seed is None else str(run.seed)),
        ("Paused", plural(run.pauses[0], "time") if run.pauses[0] else ""),
        ("testbay", text(run.version)),
        ("Resumed", plural(run.starts - 1, "time") if run.starts > 1 else ""),
    )
    return (
        f'<header class="top"><p class="brand">testbay report {badge(run.verdict)}</p>'
        f"<h1>{text(overall(run))}</h1>{_bar(run)}{facts(rows)}</header>"
    )


def _bar(run: RunSummary) -> str:
    """Draw the counts. Attributes instead of styles: the page forbids inline styles."""
    total = len(run.cases) or 1
    parts, x = [], 0.0
    for verdict, count in run.counts.items():
        part = 1000 * count / total
        if count:
            parts.append(
                f'<rect class="{CLASSES[verdict]}" x="{x:.2f}" width="{part:.2f}" height="10"/>'
            )
        x += part
    words = ", ".join(f"{n} {v.text}" for v, n in run.counts.items() if n) or "no cases"
    legend = "".join(
        f'<li class="{CLASSES[v]}"><b>{n}</b> {v.text}</li>' for v, n in run.counts.items() if n
    )
    return (
        f'<svg class="share" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{words}">{"".join(parts)}</svg><ul class="legend">{legend}</ul>'
    )


def _notes(run: RunSummary, journal: Journal) -> Iterator[str]:
    if run.stopped or run.defects or run.changes:
        yield '<ul class="defects">'
        if run.stopped:
            yield f"<li>The run ended early: {text(run.stopped)}</li>"
        yield from (f"<li>{text(d)}</li>" for d in (*run.defects, *run.changes))
        yield "</ul>"
    yield '<div class="about">'
    yield from system_html(run)
    if run.not_run:
        yield f"<details><summary>{plural(len(run.not_run), 'case')} planned and not run</summary>"
        yield f"<p>{text(', '.join(run.not_run))}</p></details>"
    if journal.remarks.count:
        yield f"<details><summary>{plural(journal.remarks.count, 'remark')} outside the cases"
        yield "</summary><ul class=plain>"
        for remark in journal.remarks:
            if isinstance(remark, Gap):
                remark = f"… {remark.left_out:,} more …"
            yield f"<li>{text(remark)}</li>"
        yield "</ul></details>"
    if run.config:
        yield f"<details><summary>Configuration</summary>{values(run.config)}</details>"
    if run.product:
        said = {k: "yes" if v else "no" for k, v in run.product.items()}
        yield f"<details><summary>Product</summary>{values(said)}</details>"
    if run.pics:
        yield f"<details><summary>PICS</summary>{values(run.pics)}</details>"
    yield "</div>"


def _toolbar(run: RunSummary) -> Iterator[str]:
    counts = {v: n for v, n in run.counts.items() if n}
    yield '<nav class="tools" hidden aria-label="Filters">'
    for verdict in VERDICTS:
        if verdict in counts:
            yield f'<button type="button" class="{CLASSES[verdict]}" '
            yield f'data-v="{CLASSES[verdict]}" aria-pressed="true">{verdict.text} '
            yield f"<b>{counts[verdict]}</b></button>"
    yield '<select aria-label="Group"><option value="">All groups</option>'
    for number, group in enumerate(run.groups):
        yield f'<option value="{number}">{text(group) or "Cases"}</option>'
    yield '</select><input type="search" placeholder="Search id, title, reason" '
    yield 'aria-label="Search in id, title and reason">'
    yield '<span id="count" role="status"></span></nav>\n'
