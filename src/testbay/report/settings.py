"""What a system has told of its settings, as rows: keys, or variables of components."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from testbay.report.markup import clip, shown

Say = Callable[[Any], str]
LONGEST = 2000  # characters of a value
HIDDEN = "(not shown)"
KEYS = ("Key", "Value", "Access")
VARIABLES = (
    *("Component", "Instance", "EVSE", "Variable", "Instance", "Attribute"),
    *("Value", "Unit", "Mutability"),
)
ACCESS = {"ReadOnly": "R", "ReadWrite": "RW", "WriteOnly": "W"}


def heads(entries: Sequence[Any]) -> tuple[str, ...]:
    """Return the heads of the columns."""
    return VARIABLES if any(_is_variable(e) for e in entries) else KEYS


def rows(entries: Sequence[Any], say: Say = shown) -> Iterator[tuple[str, ...]]:
    """Yield a row for each key, or for each attribute of each variable.

    Args:
        say: writes a value.
    """
    variables = heads(entries) == VARIABLES
    for entry in entries:
        if not variables:
            yield _key(entry, say)
        elif _is_variable(entry):
            yield from _variable(entry, say)


def lines(entries: Sequence[Any]) -> list[tuple[str, str, str]]:
    """Return name, access and value of each key, or of each attribute of each variable."""
    if heads(entries) == KEYS:
        return [(name, access, value) for name, value, access in (_key(e, str) for e in entries)]
    found = []
    for row in rows(entries, str):
        component, instance, evse, name, of, attribute, value, unit, mutability = row
        place = f"{component}{f'({instance})' if instance else ''}{f'@{evse}' if evse else ''}"
        variable = f"{place}.{name}{f'[{of}]' if of else ''}"
        variable += "" if attribute == "Actual" else f" {attribute}"
        said = f"{value} {unit}".rstrip() if unit and value != HIDDEN else value
        found.append((variable, ACCESS.get(mutability, mutability), said))
    return found


def _key(entry: Any, say: Say) -> tuple[str, str, str]:
    entry = entry if isinstance(entry, dict) else {}
    access = {True: "R", False: "RW"}[entry.get("readonly") is True]
    return str(entry.get("key")), _value(entry, say), access


def _value(holder: dict[str, Any], say: Say) -> str:
    return clip(say(holder["value"]), LONGEST) if "value" in holder else HIDDEN


def _is_variable(entry: Any) -> bool:
    return isinstance(entry, dict) and "component" in entry and "variable" in entry


def _variable(entry: dict[str, Any], say: Say) -> Iterator[tuple[str, ...]]:
    component, variable = _dict(entry["component"]), _dict(entry["variable"])
    evse = _dict(component.get("evse"))
    place = ".".join(str(evse[k]) for k in ("id", "connectorId") if k in evse)
    whose = (_text(component, "name"), _text(component, "instance"), place)
    named = (*whose, _text(variable, "name"), _text(variable, "instance"))
    unit = _text(_dict(entry.get("variableCharacteristics")), "unit")
    attributes = entry.get("variableAttribute")
    for attribute in attributes if isinstance(attributes, list) and attributes else [{}]:
        one = _dict(attribute)
        kind, mutability = one.get("type", "Actual"), one.get("mutability", "ReadWrite")
        yield (*named, str(kind), _value(one, say), unit, str(mutability))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(holder: dict[str, Any], key: str) -> str:
    return str(holder.get(key) or "")
