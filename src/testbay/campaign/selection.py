"""Which cases a run has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from testbay.campaign import pics as statements
from testbay.campaign import suites
from testbay.campaign.wrong import Wrong
from testbay.scenario.case import TestCase

NEAREST = 3  # ids that are named when one is unknown


def suite_of(ocpp: str) -> suites.Loaded:
    """Load the suite of a version.

    Raises:
        Wrong: there is none.
    """
    if ocpp not in suites.MODULES:
        raise Wrong(f"there is no OCPP {ocpp} here; there is {', '.join(suites.MODULES)}")
    return suites.load(ocpp)


def version_of(ocpp: str, ids: Sequence[str], pics: Path | None = None) -> str:
    """Return the version that is asked for, else that of the cases or the PICS, else the first.

    Raises:
        Wrong: the cases are not of one version, or there is none of that id.
        PicsError: the PICS cannot be read.
    """
    if ocpp or not ids:
        stated = statements.version(pics) if pics is not None and not ocpp else ""
        return ocpp or stated or next(iter(suites.MODULES))
    first, *others = dict.fromkeys(case.ocpp for case in find(ids, suites.MODULES))
    if others:
        versions = " and ".join((first, *others))
        raise Wrong(f"these are cases of OCPP {versions}, and a run is of one version")
    return first


def find(ids: Sequence[str], versions: Iterable[str]) -> list[TestCase]:
    """Return the cases with these ids; upper and lower case are the same.

    Raises:
        Wrong: there is none; the nearest are named.
    """
    among: dict[str, TestCase] = {}
    names = list(versions)
    for ocpp in names:
        for case in suite_of(ocpp).cases.values():
            among.setdefault(case.id, case)
    by_lower = {id.lower(): case for id, case in among.items()}
    for id in ids:
        if id.lower() not in by_lower:
            raise Wrong(_unknown(id, among, names))
    return [by_lower[id.lower()] for id in dict.fromkeys(ids)]


def _unknown(id: str, among: Mapping[str, TestCase], versions: Sequence[str]) -> str:
    for other in (v for v in suites.MODULES if v not in versions):
        if any(known.lower() == id.lower() for known in suite_of(other).cases):
            return f"{id} is a case of OCPP {other}, and OCPP {versions[0]} is meant here"
    of = f" for OCPP {versions[0]}" if len(versions) == 1 else ""
    found = difflib.get_close_matches(id.upper(), among, n=NEAREST, cutoff=0.4)
    hint = f"the nearest: {', '.join(found)}" if found else "none is near"
    return f"there is no case {id}{of}; {hint} (testbay list shows all)"


def select(
    suite: suites.Loaded, sut: str, ids: Sequence[str] = (), group: str = ""
) -> list[TestCase]:
    """Return the cases for a system under test, in the order of the document.

    Raises:
        Wrong: an id or group is unknown, or belongs to the other system; nothing is left.
    """
    wanted = [case.id for case in find(ids, [suite.ocpp])]
    for id in wanted:
        if (of := suite.cases[id].sut) != sut:
            raise Wrong(f"{id} tests a {of}: say testbay run {of} --case {id}")
    cases = [case for case in suite.cases.values() if case.sut == sut]
    chosen = [case for case in in_group(cases, group) if not wanted or case.id in wanted]
    if not chosen:
        of = f"in the group {group!r} " if group else ""
        raise Wrong(f"no case {of}fits; testbay list --sut {sut} shows what there is")
    return chosen


def in_group(cases: Sequence[TestCase], group: str) -> list[TestCase]:
    """Return the cases of the groups with this heading, or with this in their heading.

    Raises:
        Wrong: there is none.
    """
    if not group:
        return list(cases)
    there = list(dict.fromkeys(case.group for case in cases))
    exact = [name for name in there if name.lower() == group.lower()]
    found = exact or [name for name in there if group.lower() in name.lower()]
    if not found:
        raise Wrong(f"there is no group {group!r}; there are: {', '.join(there)}")
    return [case for case in cases if case.group in found]
