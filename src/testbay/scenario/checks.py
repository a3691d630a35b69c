"""Validations of one payload as values: shown without a run, judged in one, broken on purpose.

A check has ``judge(payload, resolve)``. ``spoils`` says how a fault on the wire would break it;
that is what the proof of a case is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from testbay.scenario.values import OMITTED, pick, put

Resolve = Callable[[Any], Any]
Members = Callable[[str], Sequence[str]]
"""The members of the enumeration at a path of the judged message; empty if it is none."""


@dataclass(frozen=True, slots=True)
class Spoil:
    """One way to break a check: another value at a path, or an act on the message as a whole.

    Args:
        act: ``set``, ``drop``, ``repeat``, ``delay``, or ``add`` (one more, with that value).
        index: which of the judged messages.
    """

    act: str
    path: str = ""
    value: Any = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One validation, judged."""

    text: str
    passed: bool
    actual: Any
    check: Judges | None = field(default=None, compare=False, repr=False)


@runtime_checkable
class Judges(Protocol):
    """A validation: the sentence that states it, the judgement, the ways to break it."""

    @property
    def text(self) -> str: ...
    @property
    def facts(self) -> tuple[Fact, ...]: ...
    def judge(self, payload: Any, resolve: Resolve) -> Outcome: ...
    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]: ...


@dataclass(frozen=True, slots=True)
class Fact:
    """What a validation looks at, for documents and guards: path, rule and values."""

    path: str | None
    rule: str
    values: tuple[Any, ...] = ()


def same(actual: Any, wanted: Any) -> bool:
    """Compare as JSON does: 1 and 1.0 are equal, true and 1 are not."""
    return isinstance(actual, bool) == isinstance(wanted, bool) and bool(actual == wanted)


def show(value: Any) -> str:
    """Write a value for a sentence."""
    return "(omitted)" if value is OMITTED else str(value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _members(actual: Any) -> list[Any]:
    if isinstance(actual, str):
        return [part.strip() for part in actual.split(",")]
    return actual if isinstance(actual, list) else []


@dataclass(frozen=True, slots=True)
class _Rule:
    """How one kind of check reads and judges. ``accepts`` gets the actual and the wanted values."""

    words: str
    accepts: Callable[[Any, Sequence[Any]], bool]


_RULES: dict[str, _Rule] = {
    "eq": _Rule("is {}", lambda a, w: same(a, w[0])),
    "one_of": _Rule("is {}", lambda a, w: any(same(a, v) for v in w)),
    "not_eq": _Rule("is not {}", lambda a, w: not same(a, w[0])),
    "ge": _Rule("is at least {}", lambda a, w: _number(a) and a >= w[0]),
    "gt": _Rule("is more than {}", lambda a, w: _number(a) and a > w[0]),
    "le": _Rule("is at most {}", lambda a, w: _number(a) and a <= w[0]),
    "present": _Rule("is present", lambda a, w: a is not OMITTED),
    "omitted": _Rule("is omitted", lambda a, w: a is OMITTED),
    "contains": _Rule("contains {}", lambda a, w: w[0] in _members(a)),
    "not_contains": _Rule(
        "does not contain {}", lambda a, w: a is not OMITTED and w[0] not in _members(a)
    ),
}


@dataclass(frozen=True, slots=True)
class Check:
    """A predicate on one field of a payload: the rule is one of ``_RULES``."""

    path: str
    rule: str
    values: tuple[Any, ...] = ()

    @property
    def text(self) -> str:
        """The sentence that states it."""
        wanted = " or ".join(show(v) for v in self.values)
        return f"{self.path} {_RULES[self.rule].words.format(wanted)}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(self.path, self.rule, self.values),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Say whether the payload satisfies it."""
        actual = pick(payload, self.path)
        return Outcome(self.text, self._accepts(actual, resolve), actual, self)

    def _accepts(self, actual: Any, resolve: Resolve) -> bool:
        return _RULES[self.rule].accepts(actual, [resolve(v) for v in self.values])

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield other values at the path that it does not accept."""
        actual = pick(payload, self.path)
        wanted = [resolve(v) for v in self.values] if self.rule.startswith("not_") else []
        if self.rule == "not_contains" and isinstance(actual, list):
            wanted = [[*actual, *wanted]]
        for value in (*wanted, *others(actual, members(self.path))):
            if not self._accepts(value, resolve):
                yield Spoil("set", self.path, value)


def others(actual: Any, members: Sequence[str]) -> Iterator[Any]:
    """Yield values that differ from the actual one, those that the schema allows first."""
    yield from (m for m in members if m != actual)
    if isinstance(actual, bool):
        yield not actual
    elif isinstance(actual, int | float):
        yield from (actual + 1, -1)
    elif isinstance(actual, str) and not members:
        yield from ("other", "")
    elif isinstance(actual, list):
        yield actual[:-1]
    if actual is OMITTED:
        yield from ("other", 1, ["other"])
    else:
        yield OMITTED


def eq(path: str, value: Any) -> Check:
    """The field is this value."""
    return Check(path, "eq", (value,))


def one_of(path: str, *values: Any) -> Check:
    """The field is one of these values; OMITTED may be one of them."""
    return Check(path, "one_of", values)


def differs(path: str, value: Any) -> Check:
    """The field is not this value."""
    return Check(path, "not_eq", (value,))


def at_least(path: str, bound: Any) -> Check:
    """The field is a number not below the bound."""
    return Check(path, "ge", (bound,))


def more_than(path: str, bound: Any) -> Check:
    """The field is a number above the bound."""
    return Check(path, "gt", (bound,))


def at_most(path: str, bound: Any) -> Check:
    """The field is a number not above the bound."""
    return Check(path, "le", (bound,))


def present(path: str) -> Check:
    """The field is there."""
    return Check(path, "present")


def omitted(path: str) -> Check:
    """The field is not there."""
    return Check(path, "omitted")


def contains(path: str, member: Any) -> Check:
    """The list, or comma separated list, has this member."""
    return Check(path, "contains", (member,))


def lacks(path: str, member: Any) -> Check:
    """The list, or comma separated list, is there without this member."""
    return Check(path, "not_contains", (member,))


@dataclass(frozen=True, slots=True)
class Satisfies:
    """A predicate of a suite on one field (``path``), or on the whole payload (``path`` empty).

    Args:
        accepts: judges the value; it gets the resolver of configured values too.
        breaking: spoils known to break it, tried before other values.
    """

    path: str
    wanted: str
    accepts: Callable[[Any, Resolve], bool]
    breaking: tuple[Spoil, ...] = ()
    values: tuple[Any, ...] = ()

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"{self.path} {self.wanted}".strip()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(self.path or None, "satisfies", self.values),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Say whether the payload satisfies it."""
        actual = pick(payload, self.path) if self.path else payload
        return Outcome(self.text, self.accepts(actual, resolve), actual, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the known spoils, then other values that it does not accept."""
        yield from self.breaking
        if self.path:
            for value in others(pick(payload, self.path), members(self.path)):
                if not self.accepts(value, resolve):
                    yield Spoil("set", self.path, value)


def satisfies(
    path: str,
    wanted: str,
    accepts: Callable[[Any, Resolve], bool],
    *breaking: Spoil,
    values: tuple[Any, ...] = (),
) -> Satisfies:
    """Make a check of a predicate; ``wanted`` continues the sentence that begins with the path."""
    return Satisfies(path, wanted, accepts, breaking, values)


def breaking(
    check: Judges, spoils: Iterator[Spoil], payload: Any, resolve: Resolve
) -> Iterator[Spoil]:
    """Keep of other values those that break this check; other acts need a run to tell."""
    for spoil in spoils:
        if spoil.act != "set" or not check.judge(spoiled(payload, spoil), resolve).passed:
            yield spoil


def spoiled(payload: Any, spoil: Spoil) -> Any:
    """Return what is judged, one payload or many messages, with another value at a path."""
    if not isinstance(payload, list):
        return put(payload, spoil.path, spoil.value)
    changed = list(payload)
    changed[spoil.index] = put(payload[spoil.index], spoil.path, spoil.value)
    return changed


@dataclass(frozen=True, slots=True)
class When:
    """A conditional validation. Where the condition does not hold it says so and passes.

    Args:
        spoil: what makes the condition hold and the consequence fail, for messages in which the
            condition may never hold.
    """

    condition: Judges
    then: Judges
    spoil: Spoil | None = None

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"if {self.condition.text} then {self.then.text}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return self.then.facts

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Judge the consequence where the condition holds."""
        if not self.condition.judge(payload, resolve).passed:
            return Outcome(self.text, True, "(condition does not hold)", self)
        inner = self.then.judge(payload, resolve)
        return Outcome(self.text, inner.passed, inner.actual, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the spoils of the consequence that leave the condition as it is."""
        if self.condition.judge(payload, resolve).passed:
            yield from breaking(self, self.then.spoils(payload, resolve, members), payload, resolve)
        elif self.spoil is not None:
            yield self.spoil


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these validations holds."""

    checks: tuple[Judges, ...]

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return " or ".join(c.text for c in self.checks)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return tuple(f for c in self.checks for f in c.facts)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Say whether one of them holds."""
        judged = [c.judge(payload, resolve) for c in self.checks]
        return Outcome(self.text, any(o.passed for o in judged), [o.actual for o in judged], self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield what breaks all of them at once."""
        for check in self.checks:
            yield from breaking(self, check.spoils(payload, resolve, members), payload, resolve)


def any_of(*checks: Judges) -> AnyOf:
    """At least one of these validations holds."""
    return AnyOf(checks)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these validations holds."""

    checks: tuple[Judges, ...]

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return " and ".join(c.text for c in self.checks)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return tuple(f for c in self.checks for f in c.facts)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Say whether all of them hold."""
        judged = [c.judge(payload, resolve) for c in self.checks]
        return Outcome(self.text, all(o.passed for o in judged), [o.actual for o in judged], self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield what breaks one of them."""
        for check in self.checks:
            yield from check.spoils(payload, resolve, members)


def all_of(*checks: Judges) -> AllOf:
    """Every one of these validations holds."""
    return AllOf(checks)
