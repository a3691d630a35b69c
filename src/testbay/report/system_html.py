"""The page's part on the system under test: who it is, its settings, its certificate, its speed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from testbay.report.certificate import Certification, certification
from testbay.report.markup import clip, plural, text, values
from testbay.report.performance import Measured
from testbay.report.settings import heads, rows
from testbay.report.summary import RunSummary
from testbay.scenario.events import Surveyed

MOST = 2000  # settings, and findings, of one system


def system_html(run: RunSummary) -> Iterator[str]:
    """Yield what is known of the system under test, folded."""
    for about in run.systems[1:]:  # the first stands in the head
        yield f"<details><summary>Another system</summary>{values(about)}</details>"
    if run.updates:
        yield "<details><summary>Firmware that cases have installed</summary><ul class=plain>"
        yield from (f"<li>{text(clip(update, 1000))}</li>" for update in run.updates)
        yield "</ul></details>"
    built = [survey.product for survey in run.surveys]
    for survey in run.surveys:
        alike = bool(survey.product) and built.count(survey.product) > 1
        yield from _survey(survey, f", lane {survey.lane}" if alike else "")
    found = certification(run)
    if found is not None:
        yield from _certification(found)
    if run.measured:
        yield f"<details><summary>Performance</summary>{_measured(run.measured)}</details>"


def name_of(about: dict[str, Any]) -> str:
    """Return in one line what a system says of itself."""
    vendor = about.get("chargePointVendor") or about.get("vendorName")
    model = about.get("chargePointModel") or about.get("model")
    firmware = about.get("firmwareVersion")
    parts = [str(part) for part in (vendor, model) if part]
    return clip(" ".join([*parts, *([f"firmware {firmware}"] if firmware else [])]), 300)


def _survey(survey: Surveyed, lane: str) -> Iterator[str]:
    of = f" ({survey.product}{lane})" if survey.product else ""
    wrong = f", {plural(len(survey.findings), 'contradiction')}" if survey.findings else ""
    yield f"<details><summary>Settings when the run began{text(of)}{wrong}</summary>"
    if survey.why:
        yield f"<p>They were not read: {text(survey.why)}</p>"
    pairs = [f for f in survey.findings if len(f) == 2][:MOST]
    if pairs:
        yield "<ul class=plain>"
        yield from (f"<li><b>{text(about)}</b>: {text(says)}</li>" for about, says in pairs)
        yield "</ul>"
    if survey.entries:
        yield _table(heads(survey.entries), list(rows(survey.entries))[:MOST])
    if survey.absent:
        yield f"<p class=soft>Optional and not there: {text(', '.join(survey.absent))}</p>"
    yield "</details>"


def _certification(found: Certification) -> Iterator[str]:
    word = "all that counts has passed" if found.complete else "not yet"
    yield f"<details><summary>Certification ({text(found.kind)}): {word}</summary>"
    profiles = (
        (p.name, f"{p.wanted - len(p.open)} of {p.wanted}", ", ".join(p.open))
        for p in found.profiles
    )
    yield _table(("Profile", "Passed", "Not passed"), profiles)
    if found.optional:
        yield f"<p class=soft>Optional, so not counted: {text(', '.join(found.optional))}</p>"
    yield "</details>"


def _measured(found: Iterable[Measured]) -> str:
    times = (
        (
            m.text,
            f"{m.count}",
            f"{m.least:.3f} s",
            f"{m.middle:.3f} s",
            f"{m.most:.3f} s",
            "" if m.stated is None else f"{m.stated:g} s",
        )
        for m in found
    )
    return _table(("What", "Times", "Shortest", "Median", "Longest", "Stated"), times)


def _table(titles: tuple[str, ...], cells: Iterable[tuple[Any, ...]]) -> str:
    head = "".join(f"<th scope=col>{text(title)}</th>" for title in titles)
    body = "".join(
        "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in cells
    )
    return f'<div class="scroll"><table class="values"><tr>{head}</tr>{body}</table></div>'
