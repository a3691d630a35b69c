"""``testbay check``: PICS and configuration against the system under test, before a run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from testbay.campaign import start
from testbay.campaign.between import attend
from testbay.campaign.config import Certificates
from testbay.campaign.lane import Lane
from testbay.campaign.profiles import PROFILE, profile_of
from testbay.campaign.start import Plan
from testbay.campaign.virtual import product_for, survey_one
from testbay.files import SCHEMES
from testbay.scenario.case import TestCase
from testbay.scenario.configured import Configured
from testbay.scenario.describe import describe
from testbay.scenario.role import Operator
from testbay.scenario.survey import Finding, Reading

MOST_NAMED = 3  # cases that need something
CERTIFIES = ("sign", "certificate", "serve", "new key", "take certificate")
TRANSFERS = ("firmware", "place", "uploads", "fetched")
"""Acts of the tool that need certificates, or file servers."""


@dataclass(frozen=True)
class Used:
    """A configured value that the chosen cases use.

    Args:
        setting: what it is in this run.
        own: whether it is another than by default.
        cases: how many cases use it.
    """

    value: Configured
    setting: Any
    own: bool
    cases: int


@dataclass(frozen=True)
class Checked:
    """What came of asking a system.

    Args:
        product: of a reference system, how it is built.
        about: what it says of itself.
        why: why it could not be asked.
    """

    product: str = ""
    about: dict[str, Any] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    findings: Sequence[Finding] = ()
    why: str = ""


def used(plan: Plan) -> list[Used]:
    """Return the configured values that the cases of a run use, in the order of the file."""
    part = plan.suite.part(plan.options.sut)
    cases = chosen(plan)
    counts = {value.name: len(cases) for value in part.always}
    for case in cases:
        for name in describe(case).configured:
            if name not in [value.name for value in part.always]:
                counts[name] = counts.get(name, 0) + 1
    values = plan.configuration.values
    if plan.products:  # each of them is connected in its own way
        values = values | {PROFILE: _profiles(plan, cases)}
    return [
        Used(value, values[value.name], values[value.name] != value.default, counts[value.name])
        for value in part.values.values()
        if counts.get(value.name)
    ]


def _profiles(plan: Plan, cases: Sequence[TestCase]) -> str:
    """Return the security profiles with which the reference systems are connected, in words."""
    made = plan.configuration.product
    found = (product_for(case, plan.suite, config=made, products=plan.products) for case in cases)
    each = {profile_of(made | dict(product.features)) for product, _ in found if product}
    return ", ".join(map(str, sorted(each)))


def missing(plan: Plan) -> dict[str, str]:
    """Return what the chosen cases need and is not configured, each with the reason."""
    lacks = {
        f"values.{one.value.name}": f"it is empty, but cases use it: {one.value.sentence}"
        for one in used(plan)
        if one.setting == "" and one.value.default != ""
    }
    if plan.products:  # reference systems, with the tool's own certificates and files
        return lacks
    made = plan.configuration
    for table, acts, there in (
        ("[lab]", CERTIFIES, made.lab != Certificates()),
        ("[files]", TRANSFERS, any(getattr(made.files, scheme) for scheme in SCHEMES)),
    ):
        cases = [] if there else [c.id for c in chosen(plan) if any(a in acts for a in _acts(c))]
        if cases:
            named = ", ".join(cases[:MOST_NAMED])
            more = f" and {len(cases) - MOST_NAMED} more" if len(cases) > MOST_NAMED else ""
            lacks[table] = f"{named}{more} need it; see testbay config new"
    return lacks


def _acts(case: TestCase) -> dict[str, None]:
    """Return the acts on the connection that a case has."""
    steps = (step for step in describe(case).steps if step.verb == "link")
    return {str(step.what).partition(",")[0]: None for step in steps}


def chosen(plan: Plan) -> list[TestCase]:
    """Return the cases of a run that apply to the product."""
    cases = [case for case in plan.cases if case.id not in plan.excluded]
    if plan.products:
        product = plan.configuration.product
        return [
            case
            for case in cases
            if product_for(case, plan.suite, config=product, products=plan.products)[0] is not None
        ]
    features = plan.configuration.product
    return [c for c in cases if c.requires is None or not c.requires.unmet(features)]


def check_reference(plan: Plan) -> list[Checked]:
    """Ask each of the reference systems that the cases need, on the virtual clock."""
    config = plan.configuration.values | plan.configuration.product
    found = (
        product_for(case, plan.suite, config=plan.configuration.product, products=plan.products)[0]
        for case in chosen(plan)
    )
    products = {p.name: p for p in found if p is not None}.values()
    sut = plan.options.sut

    async def ask(lane: Lane) -> Checked:
        return await _ask(plan, lane)

    return [survey_one(sut, plan.suite, product, config, ask)[0] for product in products]


async def check_real(plan: Plan, person: Operator) -> list[Checked]:
    """Ask the tester's system.

    Raises:
        Unusable: the tool cannot listen, or dial.
    """
    lanes = await start.lane_of(plan, person)
    try:
        checked = []
        for lane in lanes:
            attend(lane)
            why = await lane.end.ready(lane.connect_timeout)
            checked.append(Checked(why=why) if why else await _ask(plan, lane))
        return checked
    finally:
        await asyncio.gather(*(start.end_of(lane) for lane in lanes), return_exceptions=True)


async def _ask(plan: Plan, lane: Lane) -> Checked:
    reading, findings = await plan.surveyor.ask(lane)
    names = [f"values.{value.value.name}" for value in used(plan)]
    found = [f for f in findings if f.about in names or not f.about.startswith("values.")]
    return Checked(lane.built, dict(lane.model.about()), reading, found, reading.why)
