"""The standard device model of OCPP 2.0.1: every variable that the documents describe (part 2, 2).

Names, types and units are those of the appendices; what is required and what may be written is
taken from part 2 (chapter 2) and part 4 (chapter 8), with the errata of 2025-09.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ANY = "*"
"""As a component: every one may have the variable. As an instance: it has names of its own."""
LISTS = ("OptionList", "MemberList", "SequenceList")
"""The types whose values are members of a list."""
_DATA = Path(__file__).with_name("device_model_201.json")


@dataclass(frozen=True, slots=True)
class StandardVariable:
    """A variable of the standard device model.

    Args:
        required: a station has it, where it has what ``when`` names.
        when: the controllers of optional functional blocks, one of which must be there;
            ``Component`` or ``Component[instance of its variable Available]``.
        mutability: what is allowed; empty: nothing is said of it.
        kind: dataType of its characteristics.
        values: what it may hold, if that is laid down.
    """

    component: str
    name: str
    instance: str
    required: bool
    when: tuple[str, ...]
    mutability: tuple[str, ...]
    kind: str
    units: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def writable(self) -> bool:
        """Whether every station lets it be written."""
        return bool(self.mutability) and "ReadOnly" not in self.mutability

    def __str__(self) -> str:
        return f"{self.component}.{self.name}" + (f"[{self.instance}]" if self.instance else "")


@cache
def standard_variables() -> tuple[StandardVariable, ...]:
    """Return all of them: those of named components first, then those of any component."""
    return tuple(_read(entry) for entry in json.loads(_DATA.read_text(encoding="utf-8")))


def standard_variable(component: str, name: str, instance: str = "") -> StandardVariable | None:
    """Return what is laid down about a variable; names are compared without case."""
    known = _by_name()
    for owner in (component.casefold(), ANY):
        found = known.get((owner, name.casefold()), {})
        if instance.casefold() in found:
            return found[instance.casefold()]
        if ANY in found or owner == ANY:
            return found.get(ANY) or found.get("")
    return None


@cache
def _by_name() -> dict[tuple[str, str], dict[str, StandardVariable]]:
    known: dict[tuple[str, str], dict[str, StandardVariable]] = {}
    for v in standard_variables():
        same = known.setdefault((v.component.casefold(), v.name.casefold()), {})
        same[v.instance.casefold()] = v
    return known


def _read(entry: dict[str, Any]) -> StandardVariable:
    return StandardVariable(
        component=entry["component"],
        name=entry["variable"],
        instance=entry.get("instance", ""),
        required=entry.get("required", False),
        when=tuple(entry.get("when", ())),
        mutability=tuple(entry.get("mutability", ())),
        kind=entry["type"],
        units=tuple(entry.get("units", ())),
        values=tuple(entry.get("values", ())),
    )
