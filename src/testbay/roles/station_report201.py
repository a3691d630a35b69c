"""The reports of the station that the tool simulates for OCPP 2.0.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from testbay.roles.station_variables201 import named

if TYPE_CHECKING:
    from testbay.roles.station_model201 import StationModel201

PART = 10  # variables in one NotifyReport
STATES = "Available,Occupied,Reserved,Unavailable,Faulted"
PROBLEM = "Problem"  # of componentCriteria; the others hold of all components

Fields = Mapping[str, Any]


def reported(station: StationModel201, asked: Fields) -> list[dict[str, Any]]:
    """Return what a station reports when it is asked by GetBaseReport or GetReport."""
    settings = [_setting(station, name) for name in station.variables]
    states = _states(station)
    if base := asked.get("reportBase"):
        if base == "SummaryInventory":
            return states
        if base == "ConfigurationInventory":
            return [s for s in settings if s["variableAttribute"][0]["mutability"] != "ReadOnly"]
        return [*states, *settings]
    if list(asked.get("componentCriteria", ())) == [PROBLEM]:
        return []
    wanted = asked.get("componentVariable") or ()
    return [r for r in (*states, *settings) if not wanted or any(_fits(r, w) for w in wanted)]


def state_of(station: StationModel201, asked: Fields) -> str | None:
    """Return the state of what is named, as reports have it; None where there is no such one."""
    place = asked["component"].get("evse")
    for state in _states(station):
        if _fits(state, asked) and state["component"].get("evse") == place:
            return str(state["variableAttribute"][0]["value"])
    return None


def parts(request: int, found: list[dict[str, Any]], stamp: str) -> list[dict[str, Any]]:
    """Return the messages that carry a report."""
    cuts = [found[i : i + PART] for i in range(0, len(found), PART)]
    return [
        {
            "requestId": request,
            "generatedAt": stamp,
            "seqNo": i,
            "tbc": i < len(cuts) - 1,
            "reportData": cut,
        }
        for i, cut in enumerate(cuts)
    ]


def _setting(station: StationModel201, name: str) -> dict[str, Any]:
    about = station.variables[name]
    attribute = {"type": "Actual", "mutability": about.mutability}
    if about.mutability != "WriteOnly":
        attribute["value"] = station.value(name)
    kind: dict[str, Any] = {"dataType": about.kind, "supportsMonitoring": False}
    if about.values:
        kind["valuesList"] = about.values
    if about.longest:
        kind["maxLimit"] = about.longest
    return {**named(name), "variableAttribute": [attribute], "variableCharacteristics": kind}


def _states(station: StationModel201) -> list[dict[str, Any]]:
    """Return the states of the station, of its EVSEs and of its connectors."""
    found = [_state({"name": "ChargingStation"}, "Available")]
    evses: dict[int, list[str]] = {}
    for evse, connector in station.places():
        status = station.statuses.get(f"{evse}.{connector}", "Available")
        evses.setdefault(evse, []).append(status)
        place = {"id": evse, "connectorId": connector}
        found.append(_state({"name": "Connector", "evse": place}, status))
    for evse, statuses in evses.items():
        free = "Available" in statuses
        status = "Available" if free else statuses[0]
        found.append(_state({"name": "EVSE", "evse": {"id": evse}}, status))
    return found


def _state(component: dict[str, Any], status: str) -> dict[str, Any]:
    attribute = {"type": "Actual", "mutability": "ReadOnly", "value": status}
    kind = {"dataType": "OptionList", "valuesList": STATES, "supportsMonitoring": False}
    return {
        "component": component,
        "variable": {"name": "AvailabilityState"},
        "variableAttribute": [attribute],
        "variableCharacteristics": kind,
    }


def _fits(reported_: Fields, wanted: Fields) -> bool:
    """Return whether a variable is one that was asked for; an EVSE means its connectors too."""
    component, asked = reported_["component"], wanted["component"]
    if component["name"].casefold() != asked["name"].casefold():
        return False
    here, there = component.get("evse", {}), asked.get("evse", {})
    if any(here.get(k) != there[k] for k in ("id", "connectorId") if k in there):
        return False
    variable, other = reported_["variable"], wanted.get("variable")
    if other is None:
        return True
    same = variable["name"].casefold() == other["name"].casefold()
    return same and ("instance" not in other or variable.get("instance") == other["instance"])
