"""What a case does, as values: its steps with their validations, and what surrounds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from testbay.scenario.checks import Fact, show
from testbay.scenario.configured import Configured, Plus
from testbay.scenario.describe_values import Computed
from testbay.scenario.values import OMITTED

Direction = Literal["sut", "tool"]
Role = Literal["check", "where", "until", "payload"]


@dataclass(frozen=True, slots=True)
class Shown:
    """A validation of a step, what selects its message, or a field of what the tool sends.

    Args:
        known: whether its source says what it looks at; a value may be left to the run.
    """

    text: str
    facts: tuple[Fact, ...]
    role: Role = "check"
    known: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a case, or of a state inside it.

    Args:
        label: as the results of a run carry it, without the labels of rounds ("Charging/9").
        verb: the verb of the language; ``answer`` and ``seen`` for what comes back.
        what: the message, or the sentence of an action, a question, a silence.
        actions: the messages it is about; connection events begin with ``@``.
        direction: ``sut`` for what the SUT sends or answers, ``tool`` for all else.
        response: whether it is the answer to the message.
        optional: whether it need not come.
        under: the blocks, loops and conditions around it, outermost first.
        state: the state or setting that begins here.
        where: file and line.
    """

    label: str
    verb: str
    what: str
    actions: tuple[str, ...] = ()
    direction: Direction = "tool"
    checks: tuple[Shown, ...] = ()
    response: bool = False
    optional: bool = False
    under: tuple[str, ...] = ()
    state: str = ""
    where: str = ""

    @property
    def number(self) -> str:
        """The number of the step inside the case or its state."""
        return self.label.rpartition("/")[2]

    @property
    def inside(self) -> str:
        """The states around it, or nothing for a step of the case itself."""
        return self.label.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a case without a run.

    Args:
        before: names of the states and settings it begins with.
        readings: of the case and of the states it uses.
        requires: what must hold of the product, in words; empty if nothing.
        needs: what the device is asked first.
        post: rules over all messages, a sentence each.
        configured: names of the configured values it uses.
        requirements: ids of the requirements that it touches.
    """

    id: str
    ocpp: str
    sut: str
    title: str
    group: str
    steps: tuple[Step, ...]
    before: tuple[str, ...]
    readings: tuple[str, ...]
    requires: str
    needs: tuple[str, ...]
    post: tuple[str, ...]
    configured: tuple[str, ...]
    requirements: tuple[str, ...] = ()


def shown(check: Any, role: Role = "check", under: str = "") -> Shown:
    """Return a validation as it is shown; ``under`` is the path of the value that it judges."""
    if isinstance(check, Computed) and check.values:
        each = [shown(value, role, under) for value in check.values]
        facts = tuple(fact for one in each for fact in one.facts)
        return Shown(" or ".join(s.text for s in each), facts, role, all(s.known for s in each))
    if not hasattr(check, "judge"):
        return Shown(str(check), (Fact(None, "satisfies"),), role, known=False)
    if not under:
        return Shown(check.text, check.facts, role)
    facts = tuple(_beneath(fact, under) for fact in check.facts)
    path = check.facts[0].path if check.facts else None
    text = check.text.removeprefix(path) if path else f" {check.text}"
    return Shown(f"{facts[0].path}{text}" if facts else check.text, facts, role)


def _beneath(fact: Fact, under: str) -> Fact:
    path = fact.path or ""
    joined = f"{under}{path}" if path.startswith("[") or not path else f"{under}.{path}"
    return replace(fact, path=joined)


def payload(fields: Any) -> tuple[Shown, ...]:
    """Return what the tool sends, a field each."""
    if not isinstance(fields, dict):
        return (Shown(str(fields), (Fact(None, "satisfies"),), "payload", known=False),)
    return tuple(_field(path, value) for path, value in _leaves("", fields))


def _field(path: str, value: Any) -> Shown:
    if path.rpartition(".")[2].startswith("**"):
        return Shown(path, (Fact(None, "satisfies"),), "payload", known=False)
    return Shown(f"{path} is {show(value)}", (Fact(path, "eq", (value,)),), "payload")


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _leaves(f"{path}.{name}" if path else str(name), part)
    elif isinstance(value, list) and value:
        for i, part in enumerate(value):
            yield from _leaves(f"{path}[{i}]", part)
    elif path:
        yield path, value


def values(fact: Fact) -> list[Any]:
    """Return the values of a fact as JSON holds them; those that a run must say are left out.

    A configured value is its name in pointed brackets, an omitted field is null.
    """
    return [_json(v) for value in fact.values for v in _possible(value)]


def _possible(value: Any) -> tuple[Any, ...]:
    return value.values if isinstance(value, Computed) else (value,)


def _json(value: Any) -> Any:
    if value is OMITTED:
        return None
    if isinstance(value, Configured | Plus):
        return str(value)
    if isinstance(value, dict):
        return {str(k): _json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_json(v) for v in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
