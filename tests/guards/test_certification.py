"""The forms and the certification of a suite are complete, and agree with the official documents.

The indexes hold facts only: of the forms the questions with who is asked, what may be answered and
the configuration key or variable; of the plan the profile, status and condition of each case, with
the ids of the questions. For OCPP 1.6 these are appendix A and C of document 2, for 2.0.1 the
sections 3, 4, 6 and 7 of part 5 as errata 2025-09 change them. A case can have several profiles.
"""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from testbay.campaign.conditions import (
    YES,
    And,
    Compare,
    Condition,
    Is,
    Not,
    Or,
    leaves,
    parse,
    questions,
)
from testbay.campaign.form import Form, Question, load_form
from testbay.campaign.suites import SUTS, load

from . import guarded

FILES = {"1.6": "certification_16.json", "2.0.1": "certification_201.json"}
OWN = {
    "1.6": {
        "security_profile_2": "Appendix C asks for several profiles of security; no form does.",
        "firmware_management": "The cases of unsigned updates are in no form.",
        "smart_charging": "A row of the table of profiles (A.1), without an id.",
        "advanced_security": "A row of the table of profiles (A.1), without an id.",
        "communication_ports": "The list that belongs to AQ-8, without an id.",
        "other_minimums": "A row of the table of limits without a name.",
        "other_maximums": "A row of the table of limits without a name.",
        "performance_communication": "The table below the performance values (A.2), without an id.",
    },
    "2.0.1": {
        "dut": "What the PICS is about; the conditions tell stations and CSMSs apart.",
        "vendor": "Names the product.",
        "model": "Names the product.",
        "software_version": "Names the product.",
        "subtype": "Conditions name a product subtype; errata 5.2 adds one.",
        "security_profile_2": "A part of Core; a station can be tested with it or without.",
        "tested_cable": "A station can have HFS-1 and HFS-2; one connector is tested.",
        "advanced_security": "A certification profile (section 2).",
        "local_authorization_list_management": "A certification profile (section 2).",
        "smart_charging": "A certification profile (section 2).",
        "advanced_device_management": "A certification profile (section 2).",
        "advanced_user_interface": "A certification profile (section 2).",
        "reservation": "A certification profile (section 2).",
        "iso_15118_support": "A certification profile (section 2).",
        "hardwired_monitor": "The second half of AQ-5.",
        "preconfigured_monitor": "The second half of AQ-6.",
        "retention_lock": "TC_G_20_CS, which is in no profile, is about such a component.",
        "unsupported_criterion": "TC_B_19_CS, which is in no profile, needs such a criterion.",
    },
}
"""Questions that the index does not have, and where they come from."""

WORDS = {
    "charging_station": "station",
    "charging_station_software_stack": "software_stack",
    "n/a": "none",
    "yes: monitor": "yes",
}
NUMBERS = {
    "integer": ("count", "seconds"),
    "seconds": ("seconds",),
    "text": ("text",),
    "list": ("texts",),
}
FACTS = {
    "Fixed cable": "fixed_cable",
    "DUT supports multiple security profiles": "multiple_security_profiles",
}
SUBTYPE = Is("subtype", ("mode_1_2_only",))
PROFILES = {
    "ISO 15118 Support": "iso_15118_support",
    "Local Authorization List Management": "local_authorization_list_management",
    "Smart Charging": "smart_charging",
}


@functools.cache
def index(version: str) -> dict[str, Any]:
    """Return the index of a version."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / FILES[version]).read_text("utf-8"))
    return found


def rows(version: str) -> Mapping[str, list[dict[str, str]]]:
    """Return what the suite says of the cases, as it is written; by profile, where it is listed."""
    folder = guarded.SOURCE / "testbay/suites" / f"ocpp{version.replace('.', '')}"
    found = tomllib.loads((folder / "certification.toml").read_text("utf-8"))
    titles = {name: profile["title"] for name, profile in found["profiles"].items()}
    return {
        case: [row | {"profile": titles[row["profile"]]} for row in several(entry)]
        for case, entry in found["cases"].items()
    }


def several(entry: Any) -> list[Any]:
    """Return what is said of a case for each profile; it may be said of none, one or many."""
    if not entry:
        return []
    return entry if isinstance(entry, list) and not isinstance(entry[0], str) else [entry]


def official(tree: Mapping[str, Any]) -> Condition:
    """Return a condition of the index as one of ours."""
    match tree:
        case {"and": parts}:
            return And(tuple(official(part) for part in parts))
        case {"or": parts}:
            return Or(tuple(official(part) for part in parts))
        case {"not": inner}:
            return Not(official(inner))
        case {"feature": id, "in": answers}:
            return Is(id, tuple(answer.lower() for answer in answers))
        case {"feature": id, "gt": least}:
            return Compare(id, ">", str(least))
        case {"feature": id}:
            return Is(id, (YES,))
        case {"fact": name}:
            return Is(FACTS[name], (YES,))
        case {"profile": name}:
            return Is(PROFILES[name], (YES,))
    assert "subtype" in tree
    return SUBTYPE


def wrong_rows(ours: Mapping[str, list[dict[str, str]]], facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield how the certification differs from the facts."""
    yield from (f"{case} is not in the index" for case in ours if case not in facts)
    for case, listed in facts.items():
        if case not in ours:
            yield f"{case} is missing"
            continue
        found, wanted = ours[case], several(listed)
        if len(found) != len(wanted):
            yield f"{case} belongs to {', '.join(profile for profile, *_ in wanted) or 'none'}"
            continue
        for entry, (profile, status, tree) in zip(found, wanted, strict=True):
            if (entry["profile"], entry["status"]) != (profile, status):
                yield f"{case} is {status} of {profile}"
            when = parse(entry["when"]) if "when" in entry else None
            if when != (official(tree) if tree else None):
                yield f"{case} has another condition"


def wrong_questions(form: Form, facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield how the questions differ from the facts."""
    yield from (f"{id} is not asked" for id in facts if id not in form.questions)
    for id, question in form.questions.items():
        if id not in facts:
            if id not in OWN[form.ocpp]:
                yield f"{id} is asked, but no form does"
            continue
        _, sut, answers, keys = facts[id]
        if question.sut != sut:
            yield f"{id} is asked of {sut}"
        if list(question.keys) != keys:
            yield f"{id} is about the keys {keys}"
        if not _answers_agree(question, answers):
            yield f"{id} has other answers: {answers}"


def _answers_agree(question: Question, answers: Any) -> bool:
    if answers == "list" and question.several:
        return True
    if isinstance(answers, str):
        return question.kind in NUMBERS[answers]
    return {WORDS.get(a, a) for a in answers} == set(question.answers)


def conditions(form: Form) -> Iterator[tuple[str, Condition]]:
    """Yield all conditions of a form, with where they stand."""
    yield from form.features.items()
    for clause in (*form.contradictions, *form.notes):
        yield clause.says, clause.when
    for row in form.rows.values():
        for one in (row, *row.more):
            for condition in (one.when, one.must, one.needs):
                if condition is not None:
                    yield row.case, condition


def unknown(where: str, condition: Condition, form: Form) -> Iterator[str]:
    """Yield what a condition asks that no question answers, or no question can be answered by."""
    for leaf in leaves(condition):
        question = form.questions.get(leaf.question)
        if question is None:
            yield f"{where}: there is no question {leaf.question}"
        elif isinstance(leaf, Compare):
            asked = form.questions.get(leaf.other)
            number = leaf.other.isdigit() or (asked and asked.kind in ("count", "seconds"))
            if question.kind not in ("count", "seconds") or not number:
                yield f"{where}: {leaf.question} is compared, but is no number"
        elif isinstance(leaf, Is) and not set(leaf.answers) <= set(question.answers):
            yield f"{where}: {leaf.question} is never {' or '.join(leaf.answers)}"


# -- the project ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", FILES)
def test_the_questions_are_those_of_the_forms(version: str) -> None:
    assert list(wrong_questions(load_form(version), index(version)["questions"])) == []
    assert [id for id in OWN[version] if id in index(version)["questions"]] == []


@pytest.mark.parametrize("version", FILES)
def test_the_certification_is_that_of_the_plan(version: str) -> None:
    assert list(wrong_rows(rows(version), index(version)["cases"])) == []


@pytest.mark.parametrize("version", FILES)
def test_conditions_ask_questions_there_are(version: str) -> None:
    form = load_form(version)
    found = [text for where, c in conditions(form) for text in unknown(where, c, form)]
    assert found == []


@pytest.mark.parametrize("version", FILES)
def test_every_case_has_its_certification(version: str) -> None:
    rows = load_form(version).rows
    cases = load(version).cases
    assert [id for id in cases if id not in rows] == []
    ends = {"station": "_CS", "csms": "_CSMS"}
    assert [c.id for c in cases.values() if not c.id.endswith(ends[c.sut])] == []


@pytest.mark.parametrize("version", FILES)
def test_every_feature_is_answered_by_questions(version: str) -> None:
    """A new feature needs a line in the table [product] of pics.toml."""
    form = load_form(version)
    features = {f.name: f for sut in SUTS for f in load(version).part(sut).features.values()}
    assert {f.name for f in features.values() if f.run is None} == form.features.keys()
    needed = {f.run for f in features.values() if f.run}
    assert needed <= form.features.keys()


@pytest.mark.parametrize("version", FILES)
def test_prerequisites_are_those_of_the_plan(version: str) -> None:
    stated = {row.case for row in load_form(version).rows.values() if row.needs is not None}
    assert stated == index(version)["prerequisites"].keys()


@pytest.mark.parametrize("version", FILES)
def test_questions_are_questions(version: str) -> None:
    for question in load_form(version).questions.values():
        assert re.fullmatch(r"[A-Z].*\?", question.ask), question.id
        assert question.sut in (*SUTS, "both"), question.id
        assert not question.only or question.only in load_form(version).questions, question.id


# -- the guard sees what is wrong -----------------------------------------------------------------


def test_it_sees_a_wrong_certification() -> None:
    facts = {
        "A": ["Core", "C", {"not": {"feature": "AQ-2"}}],
        "B": [],
        "C": ["Core", "M", None],
        "E": ["Core", "M", None],
    }
    facts["F"] = [["Core", "C", {"feature": "X", "gt": 1}], ["Top", "M", None]]
    facts |= {"G": facts["F"], "H": facts["F"], "I": []}
    whole = [
        {"profile": "Core", "status": "C", "when": "X > 1"},
        {"profile": "Top", "status": "M"},
    ]
    ours: dict[str, list[dict[str, str]]] = {
        "A": [{"profile": "Core", "status": "C", "when": "AQ-2"}],
        "B": [],
        "C": [{"profile": "Core", "status": "O"}],
        "D": [],
        "F": whole,
        "G": whole[:1],
        "H": [whole[0] | {"when": "X > 2"}, whole[1]],
        "I": whole[1:],
    }
    assert list(wrong_rows(ours, facts)) == [
        "D is not in the index",
        "A has another condition",
        "C is M of Core",
        "E is missing",
        "G belongs to Core, Top",
        "H has another condition",
        "I belongs to none",
    ]


def test_it_sees_wrong_questions() -> None:
    form = load_form("1.6")
    facts = index("1.6")["questions"]
    changed = {
        **{id: fact for id, fact in facts.items() if id != "AQ-3"},
        "C-06": [*facts["C-06"][:2], ["yes", "no"], []],
        "AQ-10": ["question", "station", ["yes", "no"], []],
        "AQ-99": ["question", "station", ["yes", "no"], []],
    }
    assert sorted(wrong_questions(form, changed)) == [
        "AQ-10 is asked of station",
        "AQ-3 is asked, but no form does",
        "AQ-99 is not asked",
        "C-06 has other answers: ['yes', 'no']",
        "C-06 is about the keys []",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("AQ-99", "x: there is no question AQ-99"),
        ("C-06 = maybe", "x: C-06 is never maybe"),
        ("dut", "x: dut is never yes"),
        ("C-06 > 3", "x: C-06 is compared, but is no number"),
        ("LocalAuthListMaxLength > C-06", "x: LocalAuthListMaxLength is compared, but is no"),
        ("LocalAuthListMaxLength >= 5 and C-06 = both", ""),
    ],
)
def test_it_sees_conditions_that_cannot_be(text: str, found: str) -> None:
    problems = list(unknown("x", parse(text), load_form("1.6")))
    assert "".join(problems).startswith(found)
    assert bool(problems) == bool(found)


def test_it_reads_every_kind_of_fact() -> None:
    cases = index("2.0.1")["cases"].items()
    listed = [t for _, rows in cases for _, _, t in several(rows) if t is not None]
    asked = {q for t in listed for q in questions(official(t))}
    assert {"subtype", "iso_15118_support", "HFS-8", "AQ-11", "C-40"} <= asked
    trees = [t for _, _, t in filter(None, index("1.6")["cases"].values()) if t is not None]
    asked = {q for t in trees for q in questions(official(t))}
    assert {"subtype", "fixed_cable", "multiple_security_profiles", "C-06", "AQ-7.1"} <= asked
