"""OCPP 2.0.1: a device model held against the documents; each kind of finding."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from .told_lab import COMM, Entry, attribute, changed, found, model, trait, variable

# -- the documents ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"evses": 1, "connectors_per_evse": 2},
        {"cable": "fixed"},
        {"signing_meter": True},
        {"bay_sensor": True},
    ],
)
def test_the_reference_station_is_as_the_documents_say(options: dict[str, Any]) -> None:
    more = {"evse_count": options.get("evses", 2)}
    each = {"connectors_per_evse": options.get("connectors_per_evse", 1)}
    assert found(model(**options), **more, **each) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (f"{COMM}.OfflineThreshold", "but each station has it"),
        ("EVSE@2.Power", "but each station has it"),
        ("Connector@1.1.ConnectorType", "but each station has it"),
        ("LocalAuthListCtrlr.ItemsPerMessage", "each station with LocalAuthListCtrlr has it"),
        (f"{COMM}.MessageAttempts[TransactionEvent]", "but each station has it"),
    ],
)
def test_a_required_variable_is_missing(name: str, says: str) -> None:
    [one] = found(model(without=name))
    assert one == f"documents {name}: it is not listed, {says.removeprefix('but ')}" or says in one
    assert one.startswith(f"documents {name}: it is not listed")


def test_a_block_that_is_not_there_needs_no_variables() -> None:
    entries = [e for e in model() if e["component"]["name"] != "LocalAuthListCtrlr"]
    assert found(entries) == []


def test_a_password_is_needed_where_it_is_used() -> None:
    lacks = model(without="SecurityCtrlr.BasicAuthPassword")
    assert found(lacks) == []
    used = changed("SecurityCtrlr.SecurityProfile", attribute(value="2"))
    used = [e for e in used if e["variable"]["name"] != "BasicAuthPassword"]
    assert found(used) == [
        "documents SecurityCtrlr.BasicAuthPassword: it is not listed, but "
        "SecurityCtrlr.SecurityProfile is 2"
    ]


def test_a_station_without_evses() -> None:
    entries = [e for e in model() if e["component"]["name"] not in ("EVSE", "Connector")]
    assert "documents EVSE: no EVSE is listed" in found(entries)
    entries = [e for e in model() if e["component"]["name"] != "Connector"]
    assert "documents EVSE@1: no connector of it is listed" in found(entries)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        (
            f"{COMM}.OfflineThreshold",
            attribute(mutability="ReadOnly"),
            "it is ReadOnly, but must be ReadWrite",
        ),
        (
            f"{COMM}.ResetRetries",
            trait(dataType="decimal"),
            "its dataType is decimal, expected integer",
        ),
        (f"{COMM}.OfflineThreshold", trait(unit="min"), "its unit is min, expected s"),
        (f"{COMM}.OfflineThreshold", trait(unit=None), "it has no unit, expected s"),
        (
            "TxCtrlr.TxStartPoint",
            trait(valuesList="EVConnected,Authorized,Other"),
            "its valuesList has Other, expected some of ParkingBayOccupancy, EVConnected, "
            "Authorized, PowerPathClosed, EnergyTransfer, DataSigned",
        ),
        ("TxCtrlr.TxStartPoint", trait(valuesList=None), "it has no valuesList, but is a list"),
        (
            "TxCtrlr.TxStartPoint",
            trait(valuesList="EVConnected"),
            "it holds Authorized, which is not in its valuesList (EVConnected)",
        ),
        (
            "ChargingStation.AvailabilityState",
            attribute(value="Available,Faulted"),
            "it is 'Available,Faulted', expected one of "
            "Available,Occupied,Reserved,Unavailable,Faulted",
        ),
        (
            "SecurityCtrlr.BasicAuthPassword",
            attribute(value="secret"),
            "it shows its value, but is WriteOnly",
        ),
        (
            f"{COMM}.ResetRetries",
            lambda e: e["variableAttribute"][0].pop("value"),
            "it shows no value, but it is a standard variable that can be read",
        ),
        ("AuthCtrlr.Enabled", attribute(value="1"), "it is '1', expected true or false"),
        (f"{COMM}.ResetRetries", attribute(value="1.5"), "it is '1.5', expected a whole number"),
        (
            "SmartChargingCtrlr.LimitChangeSignificance",
            attribute(value="little"),
            "it is 'little', expected a number",
        ),
        (
            "ClockCtrlr.DateTime",
            attribute(value="2030-01-01T00:00:00"),
            "it is '2030-01-01T00:00:00', expected a date and time with its time zone",
        ),
        (f"{COMM}.ResetRetries", trait(minLimit=2), "it is 1, but its minLimit is 2"),
        (f"{COMM}.ResetRetries", trait(maxLimit=0), "it is 1, but its maxLimit is 0"),
        (
            f"{COMM}.ResetRetries",
            trait(minLimit=3, maxLimit=1),
            "its minLimit 3 is above its maxLimit 1",
        ),
        (
            "SecurityCtrlr.OrganizationName",
            trait(maxLimit=3),
            "it has 7 characters, but its maxLimit is 3",
        ),
        (
            "SecurityCtrlr.BasicAuthPassword",
            trait(maxLimit=65),
            "its maxLimit is 65, expected 64 at most",
        ),
        ("EVSE@1.Power", trait(maxLimit=None), "it has no maxLimit, but must tell it"),
        (
            "LocalAuthListCtrlr.Entries",
            trait(maxLimit=None),
            "it has no maxLimit, but must tell it",
        ),
    ],
)
def test_a_variable_is_otherwise(name: str, change: Callable[[Entry], Any], says: str) -> None:
    assert found(changed(name, change)) == [f"documents {name}: {says}"]


def test_a_variable_without_characteristics() -> None:
    entries = changed(f"{COMM}.ResetRetries", lambda e: e.pop("variableCharacteristics"))
    assert found(entries) == [f"documents {COMM}.ResetRetries: it has no characteristics"]


def test_a_variable_that_is_listed_twice() -> None:
    entries = model()
    assert found([*entries, entries[0]]) == [
        "documents ChargingStation.Available: it is listed more than once (Actual)"
    ]
    limit = copy.deepcopy(entries[0])
    limit["variableAttribute"][0]["type"] = "MaxSet"
    assert found([*entries, limit]) == [], "another attribute may come apart"


def test_what_a_vendor_adds_is_looked_at_for_its_types_only() -> None:
    own = variable("Fan.Pet", "Rex", "string", "ReadOnly")
    assert found(model(own)) == []
    assert found(model(variable("Fan.Count", "many", "integer"))) == [
        "documents Fan.Count: it is 'many', expected a whole number"
    ]


@pytest.mark.parametrize("entry", [{}, {"component": "X", "variable": {}}, 7, "text"])
def test_what_is_no_variable_is_passed_over(entry: Any) -> None:
    assert found([*model(), entry]) == []


def test_names_are_compared_without_case() -> None:
    entries = changed(
        f"{COMM}.OfflineThreshold", lambda e: e["component"].update(name=COMM.upper())
    )
    assert found(entries) == []
