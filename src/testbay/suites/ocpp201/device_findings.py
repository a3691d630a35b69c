"""What the documents lay down of the device model, held against what a station reports of it.

Where a text leaves it open, nothing is said; what a vendor adds is looked at for its types only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from testbay.protocol.device_model import (
    LISTS,
    StandardVariable,
    standard_variable,
    standard_variables,
)
from testbay.scenario.survey import Finding
from testbay.suites.ocpp201.reports import DATA, Known, has_value, reported, there
from testbay.suites.ocpp201.settings import members
from testbay.suites.ocpp201.told_variables import (
    Entry,
    Told,
    actual,
    attributes,
    characteristic,
    mutability,
    number_of,
    text_at,
    value_of,
)

PASSWORD = "SecurityCtrlr.BasicAuthPassword"
PROFILE = "SecurityCtrlr.SecurityProfile"
LIMITED = ("EVSE.Power", "LocalAuthListCtrlr.Entries")
"""Variables that must tell their greatest value (part 2, 2.13.7 and 2.5.2)."""

MOST = {
    "SecurityCtrlr.BasicAuthPassword": 64,
    "SecurityCtrlr.MaxCertificateChainSize": 10000,
    "DeviceDataCtrlr.ConfigurationValueSize": 1000,
    "DeviceDataCtrlr.ReportingValueSize": 2500,
    "DeviceDataCtrlr.ValueSize": 2500,
}
"""The greatest maxLimit that part 2 with its errata has for a variable."""


def _moment(value: str) -> bool:
    try:
        return "T" in value.upper() and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


KINDS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "boolean": ("true or false", lambda v: v.casefold() in ("true", "false")),
    "integer": ("a whole number", lambda v: re.fullmatch(r"[+-]?[0-9]+", v) is not None),
    "decimal": (
        "a number",
        lambda v: re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", v) is not None,
    ),
    "dateTime": ("a date and time with its time zone", _moment),
}
"""By dataType: what a value is, in words, and whether it is that."""


def undocumented(told: Told) -> Iterator[Finding]:
    """Yield what the documents demand of the device model and is otherwise."""
    known = reported([{DATA: told.entries}])  # type: ignore[list-item]
    yield from _twice(told)
    yield from _missing(told, known)
    for name, entry in told.named():
        for says in _of_one(name, entry):
            yield Finding("documents", name, says)


def _twice(told: Told) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for name, entry in told.named():
        for attribute in attributes(entry):
            own = (name.casefold(), str(attribute.get("type", "Actual")))
            if own in seen:
                yield Finding("documents", name, f"it is listed more than once ({own[1]})")
            seen.add(own)


# -- what must be there ----------------------------------------------------------------------------


def absent(told: Told) -> list[str]:
    """Return the standard variables that the components of a station lack and need not have."""
    listed = [(text_at(e, "component.name"), text_at(e, "variable.name")) for e in told.entries]
    has = {(c.casefold(), v.casefold()) for c, v in listed}
    components = {component for component, _ in has}
    lacking = (
        v
        for v in standard_variables()
        if not v.required
        and v.component.casefold() in components
        and (v.component.casefold(), v.name.casefold()) not in has
    )
    return list(dict.fromkeys(f"{v.component}.{v.name}" for v in lacking))


def _missing(told: Told, known: Known) -> Iterator[Finding]:
    places = told.places()
    if not places:
        yield Finding("documents", "EVSE", "no EVSE is listed")
    for evse, connectors in places.items():
        if not connectors:
            yield Finding("documents", f"EVSE@{evse}", "no connector of it is listed")
    for v in standard_variables():
        if v.required and there(v.component, v.when, known):
            for place in _places(v, places):
                name = str(v).replace(f"{v.component}.", f"{v.component}{place}.", 1)
                if not told.has(name):
                    yield Finding("documents", name, _why(v))
    if told.number(PROFILE) in (1, 2) and not told.has(PASSWORD):
        says = f"it is not listed, but {PROFILE} is {told.value(PROFILE)}"
        yield Finding("documents", PASSWORD, says)


def _why(v: StandardVariable) -> str:
    whose = f"station with {' or '.join(v.when)}" if v.when else "station"
    return f"it is not listed, but each {whose} has it"


def _places(v: StandardVariable, places: dict[int, list[int]]) -> list[str]:
    if v.component == "EVSE":
        return [f"@{evse}" for evse in places]
    if v.component == "Connector":
        return [f"@{evse}.{c}" for evse, connectors in places.items() for c in connectors]
    return [""]


# -- what each must be -----------------------------------------------------------------------------


def _of_one(name: str, entry: Entry) -> Iterator[str]:
    component, variable = text_at(entry, "component.name"), text_at(entry, "variable.name")
    v = standard_variable(component, variable, text_at(entry, "variable.instance"))
    attribute = actual(entry)
    if v is not None:
        yield from _as_laid_down(v, entry, attribute)
    yield from _whole(component, entry, attribute)
    kind, value = characteristic(entry, "dataType"), value_of(entry)
    if value is not None and (v is None or v.kind == kind):
        yield from _value(str(kind), value, entry)
    yield from _limits(f"{component}.{variable}", entry)


def _as_laid_down(
    v: StandardVariable, entry: Entry, attribute: dict[str, Any] | None
) -> Iterator[str]:
    """Yield what differs from the standard variable."""
    if v.mutability and attribute is not None and mutability(attribute) not in v.mutability:
        yield f"it is {mutability(attribute)}, but must be {' or '.join(v.mutability)}"
    kind = characteristic(entry, "dataType")
    if kind is not None and kind != v.kind:
        yield f"its dataType is {kind}, expected {v.kind}"
    unit = characteristic(entry, "unit")
    if v.units and unit is None:
        yield f"it has no unit, expected {' or '.join(v.units)}"
    elif v.units and unit not in v.units:
        yield f"its unit is {unit}, expected {' or '.join(v.units)}"
    listed = characteristic(entry, "valuesList")
    if v.values and isinstance(listed, str):
        other = [m for m in members(listed) if m not in v.values]
        if other:
            yield f"its valuesList has {', '.join(other)}, expected some of {', '.join(v.values)}"


def _whole(component: str, entry: Entry, attribute: dict[str, Any] | None) -> Iterator[str]:
    """Yield what is missing of a variable, or shown although it must not be."""
    if characteristic(entry, "dataType") is None:
        yield "it has no characteristics"
    for one in attributes(entry):
        if mutability(one) == "WriteOnly" and one.get("value"):
            yield "it shows its value, but is WriteOnly"
    if attribute is not None and not has_value(attribute, entry):
        yield "it shows no value, but it is a standard variable that can be read"
    if characteristic(entry, "dataType") in LISTS and not characteristic(entry, "valuesList"):
        yield "it has no valuesList, but is a list"


def _value(kind: str, value: str, entry: Entry) -> Iterator[str]:
    if kind in KINDS:
        words, fits = KINDS[kind]
        if value and not fits(value.strip()):
            yield f"it is {value!r}, expected {words}"
        return
    listed = characteristic(entry, "valuesList")
    if kind not in LISTS or not isinstance(listed, str) or not listed:
        return
    allowed = [m.casefold() for m in members(listed)]
    has = members(value)
    other = [m for m in has if m.casefold() not in allowed]
    if other:
        yield f"it holds {', '.join(other)}, which is not in its valuesList ({listed})"
    if kind == "OptionList" and len(has) > 1:
        yield f"it is {value!r}, expected one of {listed}"


def _limits(name: str, entry: Entry) -> Iterator[str]:
    least, most = characteristic(entry, "minLimit"), characteristic(entry, "maxLimit")
    value, kind = value_of(entry), characteristic(entry, "dataType")
    if most is None and name in LIMITED:
        yield "it has no maxLimit, but must tell it"
    if most is not None and name in MOST and most > MOST[name]:
        yield f"its maxLimit is {most:g}, expected {MOST[name]} at most"
    if least is not None and most is not None and least > most:
        yield f"its minLimit {least:g} is above its maxLimit {most:g}"
        return
    if value is None:
        return
    if kind in ("integer", "decimal"):
        number = number_of(value)
        if number is not None and least is not None and number < least:
            yield f"it is {value}, but its minLimit is {least:g}"
        if number is not None and most is not None and number > most:
            yield f"it is {value}, but its maxLimit is {most:g}"
    elif kind in ("string", *LISTS) and most is not None and len(value) > most:
        yield f"it has {len(value)} characters, but its maxLimit is {most:g}"
