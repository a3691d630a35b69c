"""The form of a PICS (protocol implementation conformance statement), as a suite brings it along.

The suite holds it as data: ``pics.toml``, the questions, and ``certification.toml``, the cases.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, Literal

from testbay.campaign.conditions import ALWAYS, And, Answer, Condition, Or, parse
from testbay.campaign.suites import MODULES, SUTS
from testbay.campaign.wrong import Wrong

UNANSWERED = "unanswered"
DUT = "dut"  # the question that says which system the others are about
CSMS = "csms"

Kind = Literal["choice", "text", "texts", "count", "seconds"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question that a vendor answers.

    Args:
        section: the table of the file that it stands in.
        sut: who is asked: ``station``, ``csms`` or ``both``.
        answers: what may be answered to a choice.
        several: more than one of them may be.
        keys: configuration keys of OCPP that say the same.
        only: the question that must be answered yes for this one to make sense.
        more: what is told beside it.
    """

    id: str
    section: str
    sut: str
    ask: str
    kind: Kind
    answers: tuple[str, ...]
    several: bool = False
    keys: tuple[str, ...] = ()
    only: str = ""
    more: str = ""

    def is_for(self, sut: str) -> bool:
        """Return whether it is asked of such a system."""
        return self.sut in ("both", sut)

    @property
    def allowed(self) -> str:
        """What may be answered, in words."""
        match self.kind:
            case "text":
                return "a text"
            case "texts":
                return "a list of texts"
            case "count":
                return "a whole number from 0 on"
            case "seconds":
                return "a number of seconds"
        quoted = ", ".join(f'"{one}"' for one in self.answers)
        return f"a list with some of {quoted}" if self.several else f"one of {quoted}"

    def read(self, value: Any) -> Answer | None:
        """Return an answer as it is kept; None where it is none that is allowed."""
        match self.kind:
            case "text":
                return value if isinstance(value, str) and value.strip() else None
            case "texts":
                return _texts(value)
            case "count" | "seconds":
                return _number(value, whole=self.kind == "count")
        known = {one.casefold(): one for one in self.answers}
        if not self.several:
            return known.get(value.casefold()) if isinstance(value, str) else None
        given = tuple(known.get(one.casefold(), "") for one in _texts(value) or ())
        return given if given and all(given) else None


def _texts(value: Any) -> tuple[str, ...] | None:
    fine = isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)
    return tuple(dict.fromkeys(value)) or None if fine else None


def _number(value: Any, *, whole: bool) -> int | float | None:
    kinds = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, kinds):
        return None
    return value if 0 <= value < float("inf") else None


@dataclass(frozen=True, slots=True)
class Clause:
    """Something that is said of answers for which a condition holds."""

    when: Condition
    says: str


@dataclass(frozen=True, slots=True)
class Value:
    """A configured value that follows from answers.

    Args:
        answer: the question whose answer it is; empty: it is a value where a condition holds.
    """

    name: str
    answer: str = ""
    when: Condition = ALWAYS
    value: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What the certification says of a case.

    Args:
        profile: of the certificate; empty: the case is not part of the certification.
        status: M mandatory, C conditional, O optional; empty like the profile.
        when: to which products it applies, its profile included.
        must: where it holds, a conditional case is mandatory.
        needs: what a product to which it applies must be capable of.
        more: what it is for further profiles; one of them is enough.
    """

    case: str
    profile: str = ""
    status: str = ""
    when: Condition = ALWAYS
    must: Condition | None = None
    needs: Condition | None = None
    more: tuple[Row, ...] = ()

    def said(self, answers: Mapping[str, Answer]) -> Row:
        """Return what counts: for the profile that holds, and where it is mandatory."""
        held = [row for row in (self, *self.more) if row.when.holds(answers)]
        mandatory = [row for row in held if row.status == "M"]
        return next(iter(mandatory or held), self)

    @property
    def applying(self) -> Condition:
        """To which products it applies, by any profile."""
        return Or(tuple(row.when for row in (self, *self.more))) if self.more else self.when


@dataclass(frozen=True)
class Form:
    """The questions of a version, and what follows from the answers.

    Args:
        sections: the headings of the tables.
        features: the properties of a product that a suite chooses cases by.
        rows: what the certification says of each case.
        full: whether every profile is to be certified.
        values: configured values that follow from the answers.
    """

    ocpp: str
    sections: Mapping[str, str]
    questions: Mapping[str, Question]
    features: Mapping[str, Condition]
    contradictions: tuple[Clause, ...]
    notes: tuple[Clause, ...]
    rows: Mapping[str, Row]
    full: Condition = ALWAYS
    values: tuple[Value, ...] = ()

    def asked(self, sut: str) -> list[Question]:
        """Return the questions to such a system, in the order of the form."""
        return [q for q in self.questions.values() if q.is_for(sut)]


def has_form(ocpp: str) -> bool:
    """Return whether there is a form of a version."""
    return resources.files(MODULES[ocpp].rpartition(".")[0]).joinpath("pics.toml").is_file()


@functools.cache
def load_form(ocpp: str) -> Form:
    """Load the form of a version.

    Raises:
        Wrong: there is none.
    """
    if not has_form(ocpp):
        raise Wrong(
            f"there is no PICS form for OCPP {ocpp} yet: say under [product] of the configuration "
            "what the product is and can do"
        )
    stated, certified = _data(ocpp, "pics.toml"), _data(ocpp, "certification.toml")
    named: dict[str, Condition] = {}
    for name, text in stated["derived"].items():
        named[name] = parse(text, named)

    def clauses(table: str) -> tuple[Clause, ...]:
        return tuple(Clause(parse(c["when"], named), c["says"]) for c in stated[table])

    profiles = certified["profiles"]
    return Form(
        ocpp,
        stated["sections"],
        {
            id: _question(id, section, entry)
            for section in stated["sections"]
            for id, entry in stated[section].items()
        },
        {name: parse(text, named) for name, text in stated["product"].items()},
        clauses("contradiction"),
        clauses("note"),
        {id: _row(id, entry, profiles, named) for id, entry in certified["cases"].items()},
        And(tuple(parse(p["when"], named) for p in profiles.values() if "when" in p)),
        tuple(_value(entry, named) for entry in stated.get("value", ())),
    )


def _data(ocpp: str, name: str) -> dict[str, Any]:
    package = MODULES[ocpp].rpartition(".")[0]
    return tomllib.loads(resources.files(package).joinpath(name).read_text("utf-8"))


def _question(id: str, section: str, entry: Mapping[str, Any]) -> Question:
    answers = entry.get("answers", ["yes", "no"])
    choice = isinstance(answers, list)
    return Question(
        id,
        section,
        entry["for"],
        entry["ask"],
        "choice" if choice else answers,
        tuple(answers) if choice else (),
        entry.get("several", False),
        tuple(entry.get("keys", ())),
        entry.get("only", ""),
        entry.get("add", ""),
    )


def _row(
    id: str,
    entry: Mapping[str, str] | list[Mapping[str, str]],
    profiles: Mapping[str, Any],
    named: Mapping[str, Condition],
) -> Row:
    if isinstance(entry, list):
        first, *others = (_row(id, one, profiles, named) for one in entry)
        return replace(first, more=tuple(others))
    if not entry:
        return Row(id)
    profile = profiles[entry["profile"]]
    texts = [f"({t})" for t in (profile.get("when"), entry.get("when")) if t]

    def optional(name: str) -> Condition | None:
        return parse(entry[name], named) if name in entry else None

    when = parse(" and ".join(texts), named) if texts else ALWAYS
    return Row(id, profile["title"], entry["status"], when, optional("must"), optional("needs"))


def _value(entry: Mapping[str, str], named: Mapping[str, Condition]) -> Value:
    if "answer" in entry:
        return Value(entry["name"], entry["answer"])
    return Value(entry["name"], "", parse(entry["when"], named), entry["is"])


def sut_of(dut: str) -> str:
    """Return the system under test that an answer to the question for it means."""
    return dut if dut in SUTS else "station"
