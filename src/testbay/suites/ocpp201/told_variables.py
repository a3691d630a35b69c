"""The device model as a station has reported it, looked up without regard to case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from testbay.roles.csms_model201 import variable_name
from testbay.scenario.values import OMITTED, pick
from testbay.suites.ocpp201.settings import members

Entry = Mapping[str, Any]
ACTUAL = "Actual"


def attributes(entry: Entry) -> list[dict[str, Any]]:
    """Return the attributes of a reported variable."""
    found = entry.get("variableAttribute")
    return [a for a in found if isinstance(a, dict)] if isinstance(found, list) else []


def actual(entry: Entry) -> dict[str, Any] | None:
    """Return the attribute with the actual value, if there is one."""
    return next((a for a in attributes(entry) if a.get("type", ACTUAL) == ACTUAL), None)


def characteristic(entry: Entry, name: str) -> Any:
    """Return one of the characteristics; None where it is not told."""
    found = pick(entry, f"variableCharacteristics.{name}")
    return None if found is OMITTED else found


def text_at(entry: Entry, path: str) -> str:
    """Return a text of an entry; nothing where it is not told."""
    found = pick(entry, path)
    return "" if found is OMITTED else str(found)


class Told:
    """What the parts of a report list."""

    def __init__(self, entries: Iterable[Any]) -> None:
        self.entries = [e for e in entries if _is_variable(e)]
        self._by_name = {variable_name(e).casefold(): e for e in reversed(self.entries)}

    def named(self) -> Iterator[tuple[str, Entry]]:
        """Yield every variable with its name, as ``Component@1.2.Name[instance]``."""
        for entry in self.entries:
            yield variable_name(entry), entry

    def entry(self, name: str) -> Entry | None:
        """Return a variable; None where it is not listed."""
        return self._by_name.get(name.casefold())

    def has(self, name: str) -> bool:
        """Return whether it is listed."""
        return self.entry(name) is not None

    def all_of(self, component: str, variable: str) -> list[tuple[str, Entry]]:
        """Return a variable at every place where it is; any component where none is named."""
        return [
            (name, entry)
            for name, entry in self.named()
            if text_at(entry, "variable.name").casefold() == variable.casefold()
            and component.casefold() in ("", text_at(entry, "component.name").casefold())
        ]

    def value(self, name: str) -> str | None:
        """Return its actual value; None where it is not listed or shows none."""
        entry = self.entry(name)
        return None if entry is None else value_of(entry)

    def shown(self, name: str) -> str:
        """Return its value for a sentence."""
        value = self.value(name)
        return "without a value" if value is None else repr(value)

    def number(self, name: str) -> float | None:
        """Return its value as a number; None where it is none."""
        return number_of(self.value(name))

    def true(self, name: str) -> bool:
        """Return whether it is listed as true."""
        return (self.value(name) or "").strip().casefold() == "true"

    def writable(self, name: str) -> bool:
        """Return whether it is listed and can be written."""
        entry = self.entry(name)
        attribute = None if entry is None else actual(entry)
        return attribute is not None and mutability(attribute) != "ReadOnly"

    def allowed(self, name: str) -> list[str] | None:
        """Return what a list may hold; None where that is not told."""
        entry = self.entry(name)
        found = None if entry is None else characteristic(entry, "valuesList")
        return members(found) if isinstance(found, str) and found else None

    def possible(self, name: str) -> list[str] | None:
        """Return what a list can hold at this station: all it may, or what it holds for good."""
        if self.has(name) and not self.writable(name):
            value = self.value(name)
            return None if value is None else members(value)
        return self.allowed(name)

    def places(self) -> dict[int, list[int]]:
        """Return the EVSEs that are named, each with its connectors."""
        found: dict[int, set[int]] = {}
        for entry in self.entries:
            evse = pick(entry, "component.evse.id")
            connector = pick(entry, "component.evse.connectorId")
            if type(evse) is int and evse > 0:
                of_evse = found.setdefault(evse, set())
                if type(connector) is int and connector > 0:
                    of_evse.add(connector)
        return {evse: sorted(found[evse]) for evse in sorted(found)}


def _is_variable(entry: Any) -> bool:
    named = (pick(entry, "component.name"), pick(entry, "variable.name"))
    return all(isinstance(name, str) for name in named)


def value_of(entry: Entry) -> str | None:
    """Return the actual value of a variable; None where it shows none."""
    attribute = actual(entry) or {}
    value = attribute.get("value")
    return value if isinstance(value, str) else None


def mutability(attribute: Mapping[str, Any]) -> str:
    """Return the mutability of an attribute; that has a default."""
    return str(attribute.get("mutability", "ReadWrite"))


def number_of(value: str | None) -> float | None:
    """Return a value as a number; None where it is none."""
    try:
        return float((value or "").strip())
    except ValueError:
        return None
