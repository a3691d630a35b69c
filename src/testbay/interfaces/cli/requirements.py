"""``testbay show --requirement`` and ``--coverage``: which cases touch which requirement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from testbay.campaign import suites
from testbay.campaign.requirements import (
    Requirement,
    find_requirements,
    ranges,
    requirements,
    with_requirements,
)
from testbay.interfaces.cli.listing import print_json
from testbay.scenario.case import TestCase


def show_requirement(name: str, ocpp: str, sut: str, json: bool) -> int:
    """List the cases that touch a requirement, or each requirement of a use case."""
    found = find_requirements(name, ocpp)
    if json:
        print_json([_as_json(version, r, sut) for version, some in found for r in some])
        return 0
    touching = [case for _, some in found for r in some for case in _for(r.cases, sut)]
    width = max((len(case.id) for case in touching), default=0)
    for version, some in found:
        for one in some:
            remark = f" ({one.remark})" if one.remark else ""
            cases = _for(one.cases, sut)
            print(f"{one.id} of OCPP {version}{remark}{'' if cases else ': no test case names it'}")
            for case in cases:
                print(f"  {case.id:{width}}  {case.title} ({case.sut}, {case.group})")
    return 0


def show_coverage(ocpp: str, sut: str, json: bool) -> int:
    """Show for all requirements of the specification which cases touch them."""
    versions = with_requirements(ocpp)
    if json:
        print_json(
            [_as_json(version, r, sut) for version in versions for r in _all(version)],
        )
        return 0
    print("\n".join(coverage(version, sut) for version in versions), end="")
    return 0


def coverage(ocpp: str, sut: str = "") -> str:
    """Return a table of the requirements of a version and the cases that touch them."""
    known = _all(ocpp)
    suts = [one for one in suites.SUTS if sut in ("", one)]
    names = {case.group[0]: case.group[2:] for case in suites.load(ocpp).cases.values()}
    lines = [
        f"# Requirements of OCPP {ocpp} and the test cases that touch them",
        "",
        f"Written by `testbay show --coverage --ocpp {ocpp}{f' --sut {sut}' if sut else ''}`.",
        "A case touches what its official table names; that is no claim that the case tests all",
        "of a requirement. What the errata have taken back, and what only test cases name, is",
        "shown and not counted.",
        "",
        *_summary(known, suts, names),
    ]
    for block, of_block in groupby(known, lambda r: r.block):
        lines += ["", f"## Block {block}{names.get(block, '')}"]
        for use_case, of_use_case in groupby(of_block, lambda r: r.use_case):
            lines += ["", f"### {use_case}", "", *_use_case(list(of_use_case), suts)]
    without = [
        case.id
        for case in suites.load(ocpp).cases.values()
        if not case.requirements and case.sut in suts
    ]
    lines += ["", "## Cases for which the official tables name no requirement", ""]
    lines += _lines(without) if without else ["None."]
    return "\n".join(lines) + "\n"


def _summary(
    known: Sequence[Requirement], suts: Sequence[str], names: dict[str, str]
) -> Iterator[str]:
    yield _row("block", "requirements", "touched", "not touched", *(f"by a {s} case" for s in suts))
    yield _row("---", *["---:"] * (3 + len(suts)))
    counted = [r for r in known if r.counts]
    blocks = [(block, list(some)) for block, some in groupby(counted, lambda r: r.block)]
    for name, some in [*blocks, ("all", counted)]:
        by = [sum(bool(_for(r.cases, sut)) for r in some) for sut in suts]
        touched = sum(any(_for(r.cases, sut) for sut in suts) for r in some)
        shown = f"{name}{names.get(name, '')}"
        numbers = (len(some), touched, len(some) - touched, *by)
        yield _row(shown, *(str(n) for n in numbers))


def _use_case(some: Sequence[Requirement], suts: Sequence[str]) -> Iterator[str]:
    shown = [r for r in some if r.remark or any(_for(r.cases, sut) for sut in suts)]
    if shown:
        yield _row("requirement", *suts)
        yield _row("---", *["---"] * len(suts))
    for one in shown:
        remark = f" ({one.remark})" if one.remark else ""
        cells = (", ".join(case.id for case in _for(one.cases, sut)) for sut in suts)
        yield _row(f"{one.id}{remark}", *cells)
    if rest := [r.id for r in some if r not in shown]:
        if shown:
            yield ""
        yield f"Not touched: {ranges(rest)}"


def _lines(names: Iterable[str]) -> list[str]:
    """Return names with commas between them, a few on each line."""
    given = list(names)
    rows = [given[n : n + 6] for n in range(0, len(given), 6)]
    return [", ".join(row) + ("," if row is not rows[-1] else "") for row in rows]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _all(ocpp: str) -> list[Requirement]:
    return list(requirements(ocpp).values())


def _for(cases: Iterable[TestCase], sut: str) -> list[TestCase]:
    return [case for case in cases if sut in ("", case.sut)]


def _as_json(ocpp: str, one: Requirement, sut: str) -> dict[str, object]:
    return {
        "id": one.id,
        "ocpp": ocpp,
        "remark": one.remark,
        "cases": [case.id for case in _for(one.cases, sut)],
    }
