"""What a test case does, read from its source: no run, and no system under test."""

from __future__ import annotations

import ast
import functools
import textwrap
from collections.abc import Iterator
from typing import Any

from testbay.scenario.case import TestCase
from testbay.scenario.describe_facts import Description, Shown, Step, values
from testbay.scenario.describe_steps import Reader
from testbay.scenario.describe_verbs import noted

__all__ = ["Description", "Shown", "Step", "as_json", "as_text", "describe"]


@functools.cache
def describe(case: TestCase) -> Description:
    """Return what a case does: its preparations, its steps, then the rules over all messages.

    Raises:
        ValueError: a step has no literal number, or a verb cannot be read; with file and line.
    """
    reader = Reader()
    start = reader.start(reader.kind(case.body))
    reader.readings.update(dict.fromkeys(case.readings))
    nowhere = ast.Pass(lineno=0)
    for preparation in case.before:
        reader.preparation(preparation, start, "reach", nowhere)
    reader.body(case.body, {}, start)
    post = []
    for rule in case.post:
        selecting = [noted(rule.where, start, "where")] if rule.where is not None else []
        checks = tuple(selecting + [noted(check, start) for check in rule.checks])
        what = " and ".join(rule.actions)
        reader.steps.append(Step("post", "rule", what, rule.actions, "sut", checks))
        post.append(f"{what}: {', '.join(c.text for c in checks)}")
    return Description(
        id=case.id,
        ocpp=case.ocpp,
        sut=case.sut,
        title=case.title,
        group=case.group,
        steps=tuple(reader.steps),
        before=tuple(p.name for p in case.before),
        readings=tuple(reader.readings),
        requires=case.requires.text if case.requires is not None else "",
        needs=tuple(need.text for need in case.needs),
        post=tuple(post),
        configured=tuple(reader.seen),
        requirements=case.requirements,
    )


# -- JSON ---------------------------------------------------------------------------------------


def as_json(described: Description) -> dict[str, Any]:
    """Return a description as JSON holds it; a configured value is written ``<name>``."""
    return {
        "id": described.id,
        "ocpp": described.ocpp,
        "sut": described.sut,
        "title": described.title,
        "group": described.group,
        "requires": described.requires,
        "needs": list(described.needs),
        "before": list(described.before),
        "steps": [_step(step) for step in described.steps],
        "post": list(described.post),
        "readings": list(described.readings),
        "configured": list(described.configured),
        "requirements": list(described.requirements),
    }


def _step(step: Step) -> dict[str, Any]:
    made: dict[str, Any] = {
        "step": step.label,
        "verb": step.verb,
        "action": " | ".join(step.actions) or None,
        "direction": step.direction,
        "what": step.what,
        "checks": [fact for check in step.checks for fact in _facts(check)],
    }
    if step.optional:
        made["optional"] = True
    if step.under:
        made["under"] = list(step.under)
    if step.state:
        made["state"] = step.state
    return made


def _facts(check: Shown) -> Iterator[dict[str, Any]]:
    for fact in check.facts:
        made: dict[str, Any] = {"path": fact.path, "rule": fact.rule, "values": values(fact)}
        made["text"] = check.text
        if check.role in ("where", "until"):
            made[check.role] = True
        yield made


# -- text -----------------------------------------------------------------------------------------

_WHO = {"manual": "person", "confirm": "person", "wait": ""}
_HEADS = ("step", "who", "message", "validations", "around")
_MARKS = {"where": "the one in which {}", "until": "until {}"}


def as_text(described: Description, width: int = 120) -> str:
    """Return a description as a table for a terminal of that width (characters).

    Steps inside states stand under the name of the state; default answers are left out.
    """
    lines = [f"{described.id}  {described.title}"]
    lines.append(f"OCPP {described.ocpp}, {described.sut} under test, {described.group}")
    lines += [f"only where {described.requires}"] if described.requires else []
    lines += [f"asks first: {need}" for need in described.needs]
    if described.requirements:
        touched = f"touches {', '.join(described.requirements)}"
        lines += textwrap.wrap(touched, width, subsequent_indent="  ", break_on_hyphens=False)
    lines += ["", *_table([_HEADS, *_rows(described)], width)]
    if described.readings:
        lines += ["", "readings"]
        for sentence in described.readings:
            lines += textwrap.wrap(sentence, width, initial_indent="- ", subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def _rows(described: Description) -> Iterator[tuple[str, ...]]:
    """Yield a row for each step, and the name of a state (one cell) where it begins or goes on."""
    inside, around = "", {"": 0}
    for step in described.steps:
        if step.state and step.verb != "setting":
            around[step.label] = len(step.under)
            continue
        if step.verb == "answer" and step.direction == "tool" and not step.checks:
            continue
        if step.state:
            yield (f"setting: {step.what}{_around(step)}",)
            continue
        if step.inside != inside:
            inside = step.inside
            yield (_heading(described, inside),)
        yield _row(described.sut, step, around.get(inside, 0))


def _heading(described: Description, inside: str) -> str:
    row = next((s for s in described.steps if s.label == inside and s.state), None)
    if not inside or row is None:
        return inside or "(the case)"
    return f"{inside.replace('/', ' / ')}{_around(row)}"


def _around(row: Step) -> str:
    return f" ({'; '.join(row.under)})" if row.under else ""


def _row(sut: str, step: Step, shared: int) -> tuple[str, ...]:
    who = _WHO.get(step.verb, "tool" if step.direction == "tool" else sut)
    what = f"answer to {step.what}" if step.response and step.verb == "answer" else step.what
    what = f"{what} (optional)" if step.optional else what
    texts = [_MARKS.get(c.role, "{}").format(c.text) for c in step.checks]
    return (step.number, who, what, "; ".join(texts), "; ".join(step.under[shared:]))


def _table(rows: list[tuple[str, ...]], width: int) -> Iterator[str]:
    widths = _widths([row for row in rows if len(row) > 1], width)
    for row in rows:
        if len(row) == 1:
            yield from textwrap.wrap(row[0], width)
            continue
        cells = [textwrap.wrap(c, w) or [""] for c, w in zip(row, widths, strict=True)]
        for i in range(max(len(cell) for cell in cells)):
            parts = [cell[i] if i < len(cell) else "" for cell in cells]
            padded = (p.ljust(w) for p, w in zip(parts, widths, strict=True))
            yield "  ".join(padded).rstrip()


def _widths(rows: list[tuple[str, ...]], width: int) -> list[int]:
    """Share the width: what is short stays whole, the long columns get what is left."""
    wanted = [max(len(row[i]) for row in rows) for i in range(len(_HEADS))]
    left = width - 2 * (len(wanted) - 1)
    widths = [0] * len(wanted)
    for n, i in enumerate(sorted(range(len(wanted)), key=lambda i: wanted[i])):
        widths[i] = max(min(wanted[i], left // (len(wanted) - n)), 4)
        left -= widths[i]
    return widths
