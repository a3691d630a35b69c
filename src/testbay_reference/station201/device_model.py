"""The device model of a station: its variables, read, written and reported (B05 to B08)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from testbay.protocol.device_model import LISTS
from testbay_reference.store import Store

Mutability = Literal["ReadOnly", "WriteOnly", "ReadWrite"]
Payload = dict[str, Any]
NUMBERS = {"integer": re.compile(r"-?[0-9]+"), "decimal": re.compile(r"-?[0-9]+(\.[0-9]+)?")}


@dataclass(frozen=True, slots=True)
class Variable:
    """Describe one variable with its value from the factory.

    Args:
        value: None: it has none, but characteristics.
        kind: dataType of its characteristics.
        values: what a list may hold.
        least, most: limits of a number, or of the length of a text.
        reboots: whether a new value takes effect after a restart only.
    """

    component: str
    name: str
    value: str | None = ""
    mutability: Mutability = "ReadOnly"
    kind: str = "string"
    instance: str = ""
    evse: int | None = None
    connector: int | None = None
    unit: str = ""
    values: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    reboots: bool = False

    @property
    def key(self) -> str:
        """Return its name: ``Component.Name[instance]``, with the place of the component."""
        place = ""
        if self.evse is not None:
            place = f"@{self.evse}" + (f".{self.connector}" if self.connector is not None else "")
        return f"{self.component}{place}.{self.name}" + (
            f"[{self.instance}]" if self.instance else ""
        )

    @property
    def named(self) -> Payload:
        """Return component and variable as messages name them."""
        component: Payload = {"name": self.component}
        if self.evse is not None:
            component["evse"] = {"id": self.evse}
            if self.connector is not None:
                component["evse"]["connectorId"] = self.connector
        variable: Payload = {"name": self.name}
        if self.instance:
            variable["instance"] = self.instance
        return {"component": component, "variable": variable}

    def admits(self, value: str) -> bool:
        """Tell whether this may be its value."""
        if self.kind == "boolean":
            return value in ("true", "false")
        if self.kind in ("integer", "decimal"):
            return self._number(value)
        if self.kind == "dateTime":
            return _is_moment(value)
        if self.kind in LISTS and self.values:
            parts = [part.strip() for part in value.split(",")] if value else []
            single = self.kind != "OptionList" or len(parts) == 1
            return single and all(part in self.values for part in parts)
        short = self.least is not None and len(value) < self.least
        return not short and (self.most is None or len(value) <= self.most)

    def _number(self, value: str) -> bool:
        if not NUMBERS[self.kind].fullmatch(value):
            return False
        number = float(value)
        above = self.least is None or number >= self.least
        return above and (self.most is None or number <= self.most)

    def characteristics(self) -> Payload:
        """Return what a report says of it besides its value."""
        found: Payload = {"dataType": self.kind, "supportsMonitoring": False}
        if self.unit:
            found["unit"] = self.unit
        if self.values:
            found["valuesList"] = ",".join(self.values)
        if self.least is not None:
            found["minLimit"] = self.least
        if self.most is not None:
            found["maxLimit"] = self.most
        return found


class DeviceModel:
    """Keep the values of all variables; those that were written survive a restart.

    Args:
        variables: in the order in which they are reported.
        overrides: other values than those of the factory, by name.
        read_only: what cannot be written, though it could be.
        write_only: what cannot be read, though it could be.
        lacks: what this station does not have.
    """

    def __init__(
        self,
        variables: Sequence[Variable],
        store: Store,
        overrides: Mapping[str, str],
        read_only: Sequence[str],
        lacks: Sequence[str],
        write_only: Sequence[str] = (),
    ) -> None:
        self._variables = {v.key: v for v in variables if v.key not in lacks}
        self._read_only = tuple(read_only)
        self._write_only = tuple(write_only)
        self._store = store
        self._values = {key: v.value for key, v in self._variables.items() if v.value is not None}
        for key, value in overrides.items():
            if key not in self._variables:
                raise ValueError(f"variables: this station does not have {key}")
            self._values[key] = value
        written: dict[str, str] = store.get("variables", {})
        self._values |= {k: v for k, v in written.items() if k in self._variables}
        self._computed: dict[str, Callable[[], str]] = {}
        self._changes: dict[str, list[Callable[[], None]]] = {}
        self._checks: dict[str, Callable[[str], bool]] = {}

    def on_change(self, key: str, do: Callable[[], None]) -> None:
        """Call a function whenever the CSMS has written a variable."""
        self._changes.setdefault(key, []).append(do)

    def admit(self, key: str, check: Callable[[str], bool]) -> None:
        """Have values of a variable checked by more than their type when they are written."""
        self._checks[key] = check

    def compute(self, key: str, value: Callable[[], str]) -> None:
        """Have the value of a variable computed when it is asked for."""
        self._computed[key] = value

    def __contains__(self, key: str) -> bool:
        return key in self._variables

    def text(self, key: str, default: str = "") -> str:
        """Return the value of a variable; the default where this station does not have it."""
        if key in self._computed:
            return self._computed[key]()
        return self._values.get(key, default)

    def flag(self, key: str, default: bool = False) -> bool:
        """Return the value of a boolean variable."""
        return self.text(key, str(default).lower()) == "true"

    def number(self, key: str, default: int = 0) -> int:
        """Return the value of an integer variable."""
        return int(self.text(key) or default)

    def members(self, key: str) -> tuple[str, ...]:
        """Return the members of a list variable."""
        return tuple(part.strip() for part in self.text(key).split(",") if part.strip())

    def put(self, key: str, value: str) -> None:
        """Change a variable from inside; it survives a restart."""
        self._values[key] = value
        self._store.set("variables", {**self._store.get("variables", {}), key: value})

    def mutability(self, variable: Variable) -> Mutability:
        """Return whether a variable can be read and written at this station."""
        if variable.key in self._read_only and variable.mutability == "ReadWrite":
            return "ReadOnly"
        if variable.key in self._write_only and variable.mutability == "ReadWrite":
            return "WriteOnly"
        return variable.mutability

    # -- what the CSMS asks -----------------------------------------------------------------------

    def get(self, asked: Payload) -> Payload:
        """Return the result for one element of GetVariables (B06)."""
        kind = asked.get("attributeType", "Actual")
        result = {
            "component": asked["component"],
            "variable": asked["variable"],
            "attributeType": kind,
        }
        found = self.find(asked)
        if isinstance(found, str):
            return {**result, "attributeStatus": found}
        if kind != "Actual":
            return {**result, "attributeStatus": "NotSupportedAttributeType"}
        if self.mutability(found) == "WriteOnly":
            return {**result, "attributeStatus": "Rejected"}
        return {**result, "attributeStatus": "Accepted", "attributeValue": self.text(found.key)}

    def set(self, data: Payload) -> Payload:
        """Write one element of SetVariables, and return its result (B05)."""
        kind = data.get("attributeType", "Actual")
        result = {
            "component": data["component"],
            "variable": data["variable"],
            "attributeType": kind,
        }
        return {**result, "attributeStatus": self._set(data, kind)}

    def _set(self, data: Payload, kind: str) -> str:
        found = self.find(data)
        if isinstance(found, str):
            return found
        if kind != "Actual":
            return "NotSupportedAttributeType"
        value = data["attributeValue"]
        if self.mutability(found) == "ReadOnly" or not found.admits(value):
            return "Rejected"
        if found.key in self._checks and not self._checks[found.key](value):
            return "Rejected"
        self.put(found.key, value)
        for do in self._changes.get(found.key, ()):
            do()
        return "RebootRequired" if found.reboots else "Accepted"

    def find(self, asked: Payload) -> Variable | str:
        """Return the variable that a message names, or why there is none."""
        component, variable = asked["component"], asked["variable"]
        same_component = [
            v
            for v in self._variables.values()
            if same(v.component, component["name"]) and _at(v, component)
        ]
        if not same_component:
            return "UnknownComponent"
        for v in same_component:
            if same(v.name, variable["name"]) and same(v.instance, variable.get("instance", "")):
                return v
        return "UnknownVariable"

    # -- reports ----------------------------------------------------------------------------------

    def all(self) -> Iterator[Variable]:
        """Yield every variable."""
        yield from self._variables.values()

    def entry(self, variable: Variable) -> Payload:
        """Return what a report says of a variable; write-only values are left out (B07.FR.03)."""
        attribute: Payload = {"type": "Actual", "mutability": self.mutability(variable)}
        if attribute["mutability"] != "ReadOnly":
            attribute["persistent"] = True
        has = variable.key in self._computed or variable.key in self._values
        if has and attribute["mutability"] != "WriteOnly":
            attribute["value"] = self.text(variable.key)
        told: Payload = {**variable.named, "variableAttribute": [attribute]}
        told["variableCharacteristics"] = variable.characteristics()
        return told


def _is_moment(text: str) -> bool:
    """Tell whether a text is a date and time with an offset (part 4, 3.3)."""
    try:
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def same(one: str, other: str) -> bool:
    """Compare names as the device model does, without case."""
    return one.casefold() == other.casefold()


def _at(variable: Variable, component: Payload) -> bool:
    """Tell whether the component of a variable is the one that is named, place and instance."""
    if component.get("instance"):
        return False
    evse = component.get("evse")
    if evse is None:
        return variable.evse is None
    return (variable.evse, variable.connector) == (evse["id"], evse.get("connectorId"))
