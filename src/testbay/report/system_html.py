"""The page's part on the system under test: who it is, its settings, its certificate, its speed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from testbay.report.certificate import Certification, certification
from testbay.report.markup import clip, plural, shown, text, values
from testbay.report.performance import Measured
from testbay.report.summary import RunSummary
from testbay.scenario.events import Surveyed

MOST = 500  # settings, and findings, of one system


def system_html(run: RunSummary) -> Iterator[str]:
    """Yield what is known of the system under test, folded."""
    for about in run.systems[1:]:  # the first stands in the head
        yield f"<details><summary>Another system</summary>{values(about)}</details>"
    if run.updates:
        yield "<details><summary>Firmware that cases have installed</summary><ul class=plain>"
        yield from (f"<li>{text(clip(update, 1000))}</li>" for update in run.updates)
        yield "</ul></details>"
    for survey in run.surveys:
        yield from _survey(survey)
    found = certification(run)
    if found is not None:
        yield from _certification(found)
    if run.measured:
        yield f"<details><summary>Performance</summary>{_measured(run.measured)}</details>"


def name_of(about: dict[str, Any]) -> str:
    """Return in one line what a system says of itself."""
    vendor, model = about.get("chargePointVendor"), about.get("chargePointModel")
    firmware = about.get("firmwareVersion")
    parts = [str(part) for part in (vendor, model) if part]
    return clip(" ".join([*parts, *([f"firmware {firmware}"] if firmware else [])]), 300)


def _survey(survey: Surveyed) -> Iterator[str]:
    of = f" ({survey.product})" if survey.product else ""
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
        rows = ((e.get("key"), _value(e), _access(e)) for e in survey.entries[:MOST])
        yield _table(("Key", "Value", "Access"), rows)
    if survey.absent:
        yield f"<p class=soft>Optional and not there: {text(', '.join(survey.absent))}</p>"
    yield "</details>"


def _value(entry: dict[str, Any]) -> str:
    return clip(shown(entry["value"]), 2000) if "value" in entry else "(not shown)"


def _access(entry: dict[str, Any]) -> str:
    return {True: "R", False: "RW"}.get(entry.get("readonly") is True, "")


def _certification(found: Certification) -> Iterator[str]:
    word = "all that counts has passed" if found.complete else "not yet"
    yield f"<details><summary>Certification ({text(found.kind)}): {word}</summary>"
    rows = (
        (p.name, f"{p.wanted - len(p.open)} of {p.wanted}", ", ".join(p.open))
        for p in found.profiles
    )
    yield _table(("Profile", "Passed", "Not passed"), rows)
    if found.optional:
        yield f"<p class=soft>Optional, so not counted: {text(', '.join(found.optional))}</p>"
    yield "</details>"


def _measured(found: Iterable[Measured]) -> str:
    rows = (
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
    return _table(("What", "Times", "Shortest", "Median", "Longest", "Stated"), rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    head = "".join(f"<th scope=col>{text(h)}</th>" for h in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f'<div class="scroll"><table class="values"><tr>{head}</tr>{body}</table></div>'
