"""Results of reading and setting variables: what an answer of the station must say (B05, B06)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from testbay.protocol.device_model import standard_variable
from testbay.scenario.checks import (
    Fact,
    Judges,
    Members,
    Outcome,
    Resolve,
    Spoil,
    any_of,
    eq,
    omitted,
    one_of,
    satisfies,
)
from testbay.scenario.configured import Plus
from testbay.scenario.values import OMITTED, pick
from testbay.suites.ocpp201.checks import AboutVariable, same_text
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.settings import Variable

GOT, SET = "getVariableResult", "setVariableResult"
STATUS, REASON = f"{SET}[0].attributeStatus", f"{SET}[0].attributeStatusInfo"
REFUSED, TAKEN = eq(STATUS, "Rejected"), eq(STATUS, "Accepted")
INVALID = any_of(omitted(REASON), eq(f"{REASON}.reasonCode", "InvalidValue"))
"""Nothing is said about a value that was refused, or that it is none."""
FITTING = ("integer", "boolean")
"""Types of which the variables that cases try to set take every value."""


def about(path: str, variable: Variable) -> Iterator[Judges]:
    """Yield the checks that a result is about a variable; names are compared without case."""
    names = [("component.name", variable.component), ("variable.name", variable.name)]
    names += [("variable.instance", variable.instance)] if variable.instance else []
    for field, name in names:
        yield satisfies(f"{path}[0].{field}", f"is {name}", partial(_same, name), values=(name,))


def _same(name: str, actual: Any, resolve: Any) -> bool:
    return same_text(actual, name)


def no_error(path: str) -> Judges:
    """Return the check that nothing is said about a status, or that there is no error."""
    return any_of(omitted(path), eq(f"{path}.reasonCode", "NoError"))


def each(path: str, variable: Variable, *checks: Judges) -> Iterator[Judges]:
    """Yield the checks of the element of a list, wherever it stands, that is about a variable."""
    for check in checks:
        yield AboutVariable(path, variable.component, variable.name, check=check)


def as_many(path: str, number: int) -> Judges:
    """Return the check that there is a result for each variable (B05.FR.01, B06.FR.01)."""
    return satisfies(
        path, f"has {number} elements", lambda a, _: isinstance(a, list) and len(a) == number
    )


@dataclass(frozen=True, slots=True)
class OneForEach:
    """There is one result for each element of a GetVariables, and no other (B06.FR.01, 02).

    Args:
        asked: the elements.
    """

    asked: Any

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"{GOT} has one element about each variable asked for, and no other"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(GOT, "satisfies"),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare the names of what was asked for and of what was told, in any order."""
        got = pick(payload, GOT)
        found = sorted(_names(one) for one in got) if isinstance(got, list) else []
        fine = found == sorted(_names(one) for one in self.asked)
        return Outcome(self.text, fine, f"{len(found)} elements", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield another name in the first element."""
        yield Spoil("set", f"{GOT}[0].variable.name", "Another")


def _names(element: Any) -> tuple[str, ...]:
    parts = ("component.name", "variable.name", "variable.instance")
    found = (pick(element, part) for part in parts)
    return tuple("" if one is OMITTED else str(one).casefold() for one in found)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A value that variables of several types are set to.

    Args:
        value: a configured one is resolved; None: the present time.
        types: of which it is a value.
    """

    word: str
    value: Any
    types: tuple[str, ...]

    def __str__(self) -> str:
        return self.word


ATTEMPTS = (
    Attempt("a number", cfg.offline_threshold, ("integer", "decimal")),
    Attempt("a fraction", Plus(cfg.offline_threshold, 0.1), ("decimal",)),
    Attempt("a boolean", "true", ("boolean",)),
    Attempt("a moment", None, ("dateTime",)),
    Attempt("a word", "abc", ()),
)
"""The values of TC_B_11."""


def tried(variable: Variable) -> Iterator[Judges]:
    """Yield the checks of a result for a value that may be none."""
    yield one_of(STATUS, "Accepted", "Rejected")
    yield eq(f"{SET}[0].attributeType", "Actual")
    yield from about(SET, variable)


def kind_of(variable: Variable) -> str:
    """Return the type of a standard variable."""
    known = standard_variable(variable.component, variable.name, variable.instance or "")
    return known.kind if known is not None else ""
