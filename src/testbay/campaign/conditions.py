"""Conditions on the answers of a vendor, with three values: they hold, they do not, or who knows.

They are written as ``C-07 and C-08 and not AQ-2``, ``C-06 in (yes, both)``, ``dut = csms``,
``LocalAuthListMaxLength >= 5``, ``A > B``, ``A answered``; a name alone means: is answered yes.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Answer = str | int | float | tuple[str, ...]
Answers = Mapping[str, Answer]

_TOKEN = re.compile(r"\s*(>=|[A-Za-z0-9][\w.-]*|[=>(),])")
_COMPARE = {">": operator.gt, ">=": operator.ge}
YES = "yes"


@dataclass(frozen=True, slots=True)
class Is:
    """A question has one of these answers."""

    question: str
    answers: tuple[str, ...]

    def holds(self, answers: Answers) -> bool | None:
        """Return whether it holds; None where it depends on a question that is not answered."""
        given = answers.get(self.question)
        if isinstance(given, tuple):
            return any(one in self.answers for one in given)
        return None if given is None else given in self.answers


@dataclass(frozen=True, slots=True)
class Compare:
    """An answer is a number that is greater than (or equal to) a number or another answer."""

    question: str
    operator: str
    other: str

    def holds(self, answers: Answers) -> bool | None:
        """Return whether it holds; None where it depends on a question that is not answered."""
        given = answers.get(self.question)
        other = float(self.other) if self.other.isdigit() else answers.get(self.other)
        if isinstance(given, str | tuple | None) or isinstance(other, str | tuple | None):
            return None
        return bool(_COMPARE[self.operator](given, other))


@dataclass(frozen=True, slots=True)
class Answered:
    """A question is answered, however."""

    question: str

    def holds(self, answers: Answers) -> bool | None:
        """Return whether it holds; this is always known."""
        return self.question in answers


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    inner: Condition

    def holds(self, answers: Answers) -> bool | None:
        """Return whether it holds; None where it depends on a question that is not answered."""
        held = self.inner.holds(answers)
        return None if held is None else not held


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds; without parts it always does."""

    parts: tuple[Condition, ...] = ()

    def holds(self, answers: Answers) -> bool | None:
        """Return whether it holds; None where it depends on a question that is not answered."""
        held = [part.holds(answers) for part in self.parts]
        return False if False in held else None if None in held else True


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def holds(self, answers: Answers) -> bool | None:
        """Return whether it holds; None where it depends on a question that is not answered."""
        held = [part.holds(answers) for part in self.parts]
        return True if True in held else None if None in held else False


Leaf = Is | Compare | Answered
Condition = Leaf | Not | And | Or
ALWAYS = And()


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield the questions of a condition, as they are asked in it."""
    if isinstance(condition, And | Or):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.inner)
    else:
        yield condition


def questions(condition: Condition) -> tuple[str, ...]:
    """Return the questions that a condition asks, each once."""
    return tuple(dict.fromkeys(leaf.question for leaf in leaves(condition)))


def deciding(condition: Condition, answers: Answers) -> tuple[str, ...]:
    """Return the questions whose answers make it hold or not, or whose answers are missing."""
    return tuple(dict.fromkeys(_deciding(condition, answers, condition.holds(answers))))


def _deciding(condition: Condition, answers: Answers, held: bool | None) -> Iterator[str]:
    """Yield the questions of the parts that are to blame for a value."""
    if isinstance(condition, Not):
        yield from _deciding(condition.inner, answers, None if held is None else not held)
    elif isinstance(condition, And | Or):
        for part in condition.parts:
            if part.holds(answers) is held:
                yield from _deciding(part, answers, held)
    else:
        yield condition.question
        if isinstance(condition, Compare) and not condition.other.isdigit():
            yield condition.other


# -- reading ---------------------------------------------------------------------------------------


def parse(text: str, named: Mapping[str, Condition] | None = None) -> Condition:
    """Read a condition.

    Args:
        named: conditions that have a name of their own.

    Raises:
        ValueError: it is not written as a condition is.
    """
    reader = _Reader(text, named or {})
    condition = reader.either()
    if reader.next:
        raise ValueError(f"{text!r}: {reader.next!r} is not expected")
    return condition


class _Reader:
    def __init__(self, text: str, named: Mapping[str, Condition]) -> None:
        self._text, self._named, self._at, self.next = text, named, 0, ""
        self._step()

    def either(self) -> Condition:
        parts = [self._every()]
        while self._took("or"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _every(self) -> Condition:
        parts = [self._one()]
        while self._took("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Condition:
        if self._took("not"):
            return Not(self._one())
        if self._took("("):
            condition = self.either()
            self._must(")")
            return condition
        name = self._word()
        if name in self._named:
            return self._named[name]
        for sign in _COMPARE:
            if self._took(sign):
                return Compare(name, sign, self._word())
        if self._took("answered"):
            return Answered(name)
        if self._took("in"):
            return Is(name, self._several())
        return Is(name, (self._word() if self._took("=") else YES,))

    def _several(self) -> tuple[str, ...]:
        self._must("(")
        words = [self._word()]
        while self._took(","):
            words.append(self._word())
        self._must(")")
        return tuple(words)

    def _word(self) -> str:
        word = self.next
        if not word[:1].isalnum():
            raise ValueError(f"{self._text!r}: a name is missing")
        self._step()
        return word

    def _must(self, token: str) -> None:
        if not self._took(token):
            raise ValueError(f"{self._text!r}: {token!r} is missing")

    def _took(self, token: str) -> bool:
        if self.next != token:
            return False
        self._step()
        return True

    def _step(self) -> None:
        rest = self._text[self._at :]
        found = _TOKEN.match(rest)
        if found is None and rest.strip():
            raise ValueError(f"{self._text!r}: {rest.strip()!r} is not understood")
        self.next, self._at = (found[1], self._at + found.end()) if found else ("", len(self._text))
