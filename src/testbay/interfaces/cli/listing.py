"""``testbay list`` and ``testbay show``: the cases, from their source, without a run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable

from testbay.campaign import suites
from testbay.campaign.selection import find, in_group, suite_of
from testbay.campaign.wrong import Wrong
from testbay.scenario.case import TestCase


def cases_of(ocpp: str, sut: str, group: str = "") -> list[TestCase]:
    """Return the cases of a version (empty: of all) for a system under test (empty: for both).

    Raises:
        Wrong: there is no such version or group.
    """
    versions = [ocpp] if ocpp else list(suites.MODULES)
    found = [case for version in versions for case in suite_of(version).cases.values()]
    return in_group([case for case in found if sut in ("", case.sut)], group)


def list_cases(ocpp: str, sut: str, group: str, json: bool) -> int:
    """List the cases, as a table or as JSON."""
    cases = cases_of(ocpp, sut, group)
    if json:
        print_json([summary(case) for case in cases])
        return 0
    width = max(len(case.id) for case in cases)
    heading = ""
    for case in cases:
        if (now := f"OCPP {case.ocpp}, {case.sut}: {case.group}") != heading:
            print(f"{chr(10) if heading else ''}{now}")
            heading = now
        print(f"  {case.id:{width}}  {case.title}")
    print(f"\n{len(cases)} cases")
    return 0


def summary(case: TestCase) -> dict[str, object]:
    """Return what is listed of a case."""
    return {
        "id": case.id,
        "ocpp": case.ocpp,
        "sut": case.sut,
        "title": case.title,
        "group": case.group,
        "requires": case.requires.text if case.requires is not None else "",
    }


def show_cases(
    id: str, all: bool, requirement: str, coverage: bool, ocpp: str, sut: str, json: bool
) -> int:
    """Show one case or all of them, or requirements and their cases, as text or as JSON."""
    from testbay.scenario.describe import as_json, as_text, describe

    if sum((bool(id), all, bool(requirement), coverage)) != 1:
        raise Wrong(
            "say which case to show, as testbay list names it, or --all, --requirement R or "
            "--coverage"
        )
    if ocpp:
        suite_of(ocpp)  # says that there is no such version
    if requirement or coverage:
        from testbay.interfaces.cli.requirements import show_coverage, show_requirement

        shown = (ocpp, sut, json)
        return show_requirement(requirement, *shown) if requirement else show_coverage(*shown)
    cases: Iterable[TestCase]
    cases = cases_of(ocpp, sut) if all else find([id], [ocpp] if ocpp else suites.MODULES)
    if json:
        described = [as_json(describe(case)) for case in cases]
        print_json(described if all else described[0])
        return 0
    width = max(60, shutil.get_terminal_size((120, 24)).columns)
    print("\n".join(as_text(describe(case), width) for case in cases), end="")
    return 0


def print_json(value: object) -> None:
    """Print a value as JSON."""
    import orjson

    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    sys.stdout.write(text)
