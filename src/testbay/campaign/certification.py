"""Which cases a product is certified by: each applies, does not, or waits for an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from testbay.campaign.conditions import ALWAYS, And, Compare, Condition, Not, Or, deciding, leaves
from testbay.campaign.form import Form, Row
from testbay.campaign.pics import Pics
from testbay.scenario import features
from testbay.scenario.case import TestCase

Status = Literal["mandatory", "conditional", "optional", "not listed"]

_STATUS: dict[str, Status] = {
    "M": "mandatory",
    "C": "conditional",
    "O": "optional",
    "": "not listed",
}
ITSELF = "the case itself asks for this"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the answers mean for a case.

    Args:
        profile: of the certificate; empty: the case is not part of the certification.
        applies: None where an answer is missing that decides.
        why: the answers that exclude it, or that are missing; empty where it applies.
        questions: their ids.
        lacks: prerequisites of the case that the product does not meet, a sentence each.
    """

    case: str
    title: str
    profile: str
    status: Status
    applies: bool | None
    why: str = ""
    questions: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


def rulings(pics: Pics, cases: Mapping[str, TestCase]) -> list[Ruling]:
    """Return what the answers mean for every case for this system, in the order of the plan.

    Args:
        cases: those that can be run, by id; what they require of the product counts too.

    Raises:
        PicsError: the PICS does not say which system it describes.
    """
    end = {"station": "_CS", "csms": "_CSMS"}[pics.sut]
    rows = [row for row in pics.form.rows.values() if row.case.endswith(end)]
    return [rule(pics, row, cases.get(row.case)) for row in rows]


def rule(pics: Pics, row: Row, case: TestCase | None) -> Ruling:
    """Return what the answers mean for a case.

    Args:
        case: None where it cannot be run.
    """
    said = row.said(pics.answers)
    own, listed = required(case, pics.form), row.applying.holds(pics.answers)
    both = And((row.applying, own))
    applies = both.holds(pics.answers)
    blamed = row.applying if listed is False else own if applies is False else both
    decided = () if applies else deciding(blamed, pics.answers)
    why = "; ".join(pics.said(question) for question in decided)
    must = said.must is not None and said.must.holds(pics.answers)
    return Ruling(
        row.case,
        case.title if case is not None else "",
        said.profile,
        "mandatory" if must else _STATUS[said.status],
        applies,
        f"{why}; {ITSELF}" if blamed is own and why else why,
        decided,
        () if applies is False else tuple(_lacking(pics, said)),
    )


def _lacking(pics: Pics, row: Row) -> Iterator[str]:
    """Yield the prerequisites of a case that the answers do not meet."""
    if row.needs is None or row.needs.holds(pics.answers) is not False:
        return
    for leaf in leaves(row.needs):
        if isinstance(leaf, Compare) and leaf.holds(pics.answers) is False:
            yield f"{pics.said(leaf.question)}, and the case needs at least {leaf.other}"


def certificate(pics: Pics) -> str:
    """Return the certificate that the profiles make: Full, Subset, or what it depends on."""
    full = pics.form.full.holds(pics.answers)
    if full is None:
        asked = ", ".join(deciding(pics.form.full, pics.answers))
        return f"Full or Subset, as {asked} will be answered"
    return "Full" if full else "Subset"


def required(case: TestCase | None, form: Form) -> Condition:
    """Return what a case requires of the product, as a condition on answers."""
    if case is None or case.requires is None:
        return ALWAYS
    return _translated(case.requires, form)


def _translated(condition: features.Condition, form: Form) -> Condition:
    match condition:
        case features.Feature(run=""):
            return ALWAYS
        case features.Feature(name=name, run=needed):
            return form.features[needed or name]
        case features.Not(inner=inner):
            return Not(_translated(inner, form))
        case features.All(parts=parts):
            return And(tuple(_translated(part, form) for part in parts))
    return Or(tuple(_translated(part, form) for part in condition.parts))
