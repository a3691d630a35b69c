"""The requirements that cases name exist, and the table of what is covered is up to date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from testbay.campaign.requirements import REMARKS, Requirement, requirements, with_requirements
from testbay.interfaces.cli.requirements import coverage
from testbay.scenario.case import TestCase

from . import guarded

CITED = REMARKS["cited"]


def problems(cases: Iterable[TestCase], known: Mapping[str, Requirement]) -> list[str]:
    """Return ids that cases name and nobody knows, and ids that are kept only for cases."""
    named = [(case.id, id) for case in cases for id in case.requirements]
    ids = {id for _, id in named}
    return [f"{case}: there is no requirement {id}" for case, id in named if id not in known] + [
        f"{r.id}: no case names it" for r in known.values() if r.remark == CITED and r.id not in ids
    ]


def document(version: str) -> str:
    """Return the name of the table of what is covered."""
    return f"docs/coverage-{version.replace('.', '')}.md"


# -- the project ----------------------------------------------------------------------------------


def test_cases_name_requirements_that_there_are() -> None:
    versions = with_requirements("")
    for version in versions:
        cases = [case for case in guarded.cases().values() if case.ocpp == version]
        assert problems(cases, requirements(version)) == []
    others = [c.id for c in guarded.cases().values() if c.ocpp not in versions and c.requirements]
    assert others == []


def test_the_table_of_what_is_covered_is_up_to_date() -> None:
    for version in with_requirements(""):
        file = guarded.ROOT / document(version)
        same = file.read_text("utf-8") == coverage(version)
        assert same, f"write it: testbay show --coverage --ocpp {version} > {document(version)}"


# -- the guard sees what is wrong -----------------------------------------------------------------


async def _nothing(t: object) -> None:
    """A case without steps."""


def test_it_sees_ids_that_nobody_knows_or_needs() -> None:
    case = TestCase("TC_1", "", "csms", "9", "", _nothing, requirements=("A01.FR.01", "A01.FR.1"))
    known = {
        id: Requirement(id, (), remark, counts=not remark)
        for id, remark in (("A01.FR.01", ""), ("A01.FR.02", ""), ("A01.FR.03", CITED))
    }
    assert problems([case], known) == [
        "TC_1: there is no requirement A01.FR.1",
        "A01.FR.03: no case names it",
    ]
