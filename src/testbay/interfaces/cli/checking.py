"""``testbay check``: PICS and configuration against the connected system, before a run."""

from __future__ import annotations

import asyncio
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from testbay.campaign import start
from testbay.campaign.checking import (
    Checked,
    Used,
    check_real,
    check_reference,
    chosen,
    missing,
    used,
)
from testbay.campaign.options import Options
from testbay.campaign.start import Plan
from testbay.campaign.survey import WRONG
from testbay.interfaces.cli.listing import print_json
from testbay.interfaces.cli.prompts import Nobody
from testbay.report.markup import visible
from testbay.report.settings import lines
from testbay.scenario.secret import MASK

CONTRADICTION, NOT_ASKED = 1, 3  # exit codes


def check(options: Options, json: bool) -> int:
    """Check, and show what was found; return 1 for contradictions, 3 where nothing answers.

    Raises:
        Wrong: the options do not go together, a file cannot be used, an address is in use.
    """
    plan = start.plan(options)
    if options.reference:
        checked = check_reference(plan)
    else:
        if not json:
            waiting = f"Waiting for the {options.sut} at {plan.address}"
            print("\n".join([waiting, *plan.needs]), flush=True)
        checked = asyncio.run(check_real(plan, Nobody()))
    values = used(plan)
    if json:
        print_json(_summary(plan, checked, values))
    else:
        width = max(60, shutil.get_terminal_size((120, 24)).columns)
        print("\n".join(_hidden(plan, line) for line in _lines(plan, checked, values, width)))
    if any(one.findings for one in checked) or missing(plan):
        return CONTRADICTION
    return NOT_ASKED if not checked or any(one.why for one in checked) else 0


def _hidden(plan: Plan, line: str) -> str:
    for secret in plan.secrets:
        line = line.replace(secret, MASK)
    return line


def _shown(plan: Plan, value: Used) -> Any:
    return MASK if value.value.secret and value.setting else value.setting


def _summary(plan: Plan, checked: Sequence[Checked], values: Sequence[Used]) -> dict[str, Any]:
    return {
        "ocpp": plan.options.ocpp,
        "sut": plan.options.sut,
        "systems": [
            {
                "product": one.product,
                "about": one.about,
                "why": one.why,
                "asked": list(one.reading.asked),
                "settings": [_told(plan, e) for e in one.reading.entries],
                "absent": list(one.reading.absent),
                "findings": [asdict(f) for f in one.findings],
            }
            for one in checked
        ],
        "values": [
            {
                "name": value.value.name,
                "value": _shown(plan, value),
                "unit": value.value.unit,
                "default": not value.own,
                "cases": value.cases,
            }
            for value in values
        ],
        "missing": missing(plan),
    }


def _told(plan: Plan, told: Any) -> Any:
    """Return what a system has told, with the secrets in it hidden."""
    if isinstance(told, dict):
        return {key: _told(plan, value) for key, value in told.items()}
    if isinstance(told, list):
        return [_told(plan, value) for value in told]
    return _hidden(plan, told) if isinstance(told, str) else told


# -- as text ---------------------------------------------------------------------------------------


def _lines(
    plan: Plan, checked: Sequence[Checked], values: Sequence[Used], width: int
) -> Iterator[str]:
    for one in checked:
        yield from _system(plan, one, checked[0] if one is not checked[0] else Checked(), width)
    yield from _values(plan, values, width)
    found = len(dict.fromkeys(finding for one in checked for finding in one.findings))
    lacks = missing(plan)
    yield ""
    for name, why in lacks.items():
        yield from _wrapped("Missing: ", f"{name}: {why}", width)
    said = f"{found} {'contradiction' if found == 1 else 'contradictions'}"
    yield f"{said if found else 'No contradiction'}, {len(lacks) or 'nothing'} missing."


def _system(plan: Plan, one: Checked, first: Checked, width: int) -> Iterator[str]:
    """Yield what is known of a system; of settings that the first one has as well, nothing."""
    built = f", the reference system {one.product}" if one.product else ""
    yield ""
    yield f"The {plan.options.sut}{built}"
    if one.why:
        yield from _wrapped("  ", f"not asked: {one.why}", width)
        return
    if one.about != first.about:
        yield from (visible(f"  {name}: {value}") for name, value in one.about.items())
    yield from (visible(f"  {said}") for said in one.reading.asked)
    entries = [entry for entry in one.reading.entries if entry not in first.reading.entries]
    if one.reading.entries:
        shown = "" if len(entries) == len(one.reading.entries) else f", {len(entries)} of its own"
        yield f"  {len(one.reading.entries)} settings{shown}{':' if entries else ''}"
    told = lines(entries)
    longest = max((len(name) for name, _, _ in told), default=0)
    yield from (
        visible(f"    {name:{longest}}  {access:2}  {value}") for name, access, value in told
    )
    if one.reading.absent and one.reading.absent != first.reading.absent:
        said = f"optional and not there: {', '.join(one.reading.absent)}"
        yield from _wrapped("  ", said, width)
    for finding in one.findings:
        text = f"  {finding.about}, against {WRONG[finding.sort]}: "
        yield from _wrapped(text, visible(finding.says), width)


def _values(plan: Plan, values: Sequence[Used], width: int) -> Iterator[str]:
    count = len(chosen(plan))
    yield ""
    yield f"Configured values that the {count} chosen {'case' if count == 1 else 'cases'} use"
    longest = max((len(value.value.name) for value in values), default=0)
    for value in values:
        unit = f" {value.value.unit}" if value.value.unit else ""
        own = "" if value.own else " (default)"
        said = f"{_shown(plan, value)}{unit}{own}" if value.setting != "" else f"empty{own}"
        head = f"  {value.value.name:{longest}}  "
        yield from _wrapped(head, f"{said}: {value.value.sentence}", width)


def _wrapped(head: str, said: str, width: int) -> Iterator[str]:
    indent = " " * min(len(head), 30)
    yield from textwrap.wrap(f"{head}{said}", width, subsequent_indent=indent) or [head]
