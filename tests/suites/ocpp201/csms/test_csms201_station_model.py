"""The simulated station of OCPP 2.0.1: its answers are truthful, valid, and can be had again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from csms201_lab import CONFIG, NOW, STAMP, accepted_station, answered, boots, happens, starts

from testbay.proof.sample import sample
from testbay.protocol.schemas import check_request, check_response
from testbay.protocol.versions import OCPP201
from testbay.roles.station_model201 import LIMIT, StationModel201
from testbay.scenario.values import CallError, Payload, Received

THRESHOLD = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}


def parts(model: StationModel201, action: str, **payload: Any) -> list[dict[str, Any]]:
    """Return the reports that answer a request, each of them valid."""
    asked = {"requestId": 5, **payload}
    assert answered(model, action, **asked) == {"status": "Accepted"}
    sent = model.parts_of_report(asked, STAMP)
    assert all(check_request(OCPP201, "NotifyReport", part) == () for part in sent)
    assert [part["seqNo"] for part in sent] == list(range(len(sent)))
    assert [part["tbc"] for part in sent] == [True] * (len(sent) - 1) + [False]
    return [data for part in sent for data in part["reportData"]]


# -- variables -----------------------------------------------------------------------------------


def test_what_was_written_is_read() -> None:
    model = accepted_station()
    [told] = answered(model, "GetVariables", getVariableData=[THRESHOLD])["getVariableResult"]
    assert told["attributeValue"] == "60"
    data = [{**THRESHOLD, "attributeValue": "123"}]
    [done] = answered(model, "SetVariables", setVariableData=data)["setVariableResult"]
    assert done["attributeStatus"] == "Accepted"
    [told] = answered(model, "GetVariables", getVariableData=[THRESHOLD])["getVariableResult"]
    assert told["attributeValue"] == "123"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TxCtrlr.TxStartPoint", "EVConnected,Authorized"),
        ("TxCtrlr.TxStopPoint", "EVConnected"),
        ("AuthCtrlr.Enabled", "true"),
        ("AuthCtrlr.AuthorizeRemoteStart", "false"),
    ],
)
def test_it_is_set_as_the_general_preconditions_have_it(name: str, value: str) -> None:
    component, _, variable = name.partition(".")
    asked = [{"component": {"name": component}, "variable": {"name": variable}}]
    [told] = answered(accepted_station(), "GetVariables", getVariableData=asked)[
        "getVariableResult"
    ]
    assert told["attributeValue"] == value


@pytest.mark.parametrize("profile", [0, 1, 2, 3])
def test_it_tells_the_security_profile_with_which_it_connects(profile: int) -> None:
    model = accepted_station(security_profile=profile)
    asked = [{"component": {"name": "SecurityCtrlr"}, "variable": {"name": "SecurityProfile"}}]
    [told] = answered(model, "GetVariables", getVariableData=asked)["getVariableResult"]
    assert told["attributeValue"] == str(profile or 1)
    model.secured(3)
    [told] = answered(model, "GetVariables", getVariableData=asked)["getVariableResult"]
    assert told["attributeValue"] == "3"


def test_every_value_that_is_reported_can_be_read() -> None:
    model = accepted_station()
    model.statuses["2.1"] = "Occupied"
    for one in parts(model, "GetBaseReport", reportBase="FullInventory"):
        asked = [{"component": one["component"], "variable": one["variable"]}]
        [told] = answered(model, "GetVariables", getVariableData=asked)["getVariableResult"]
        assert told.get("attributeValue") == one["variableAttribute"][0].get("value")
    evse = {
        "component": {"name": "EVSE", "evse": {"id": 9}},
        "variable": {"name": "AvailabilityState"},
    }
    [told] = answered(model, "GetVariables", getVariableData=[evse])["getVariableResult"]
    assert told["attributeStatus"] == "UnknownComponent"


@pytest.mark.parametrize(
    ("component", "variable", "status"),
    [
        ("ocppcommctrlr", "OFFLINETHRESHOLD", "Accepted"),
        ("OCPPCommCtrlr", "Colour", "UnknownVariable"),
        ("Colour", "OfflineThreshold", "UnknownComponent"),
        ("SecurityCtrlr", "BasicAuthPassword", "Rejected"),
    ],
)
def test_a_variable_is_found_whatever_its_case(component: str, variable: str, status: str) -> None:
    asked = [{"component": {"name": component}, "variable": {"name": variable}}]
    [told] = answered(accepted_station(), "GetVariables", getVariableData=asked)[
        "getVariableResult"
    ]
    assert (told["attributeStatus"], "attributeValue" in told) == (status, status == "Accepted")


def test_more_variables_than_it_takes_are_refused() -> None:
    model = accepted_station()
    model.changed = {LIMIT: "4"}
    assert len(answered(model, "GetVariables", getVariableData=[THRESHOLD] * 4)) == 1
    refused = answered(model, "GetVariables", getVariableData=[THRESHOLD] * 5)
    assert isinstance(refused, CallError)
    assert refused.code == "OccurrenceConstraintViolation"


# -- reports -------------------------------------------------------------------------------------


def test_the_reports_contain_what_their_kind_says() -> None:
    model = accepted_station()
    full = parts(model, "GetBaseReport", reportBase="FullInventory")
    assert len(full) > len(model.variables)
    changeable = parts(model, "GetBaseReport", reportBase="ConfigurationInventory")
    kinds = {c["variableAttribute"][0]["mutability"] for c in changeable}
    assert kinds == {"ReadWrite", "WriteOnly"}
    summary = parts(model, "GetBaseReport", reportBase="SummaryInventory")
    names = [s["component"]["name"] for s in summary]
    assert names == ["ChargingStation", "Connector", "Connector", "EVSE", "EVSE"]


def test_a_password_is_never_reported() -> None:
    full = parts(accepted_station(), "GetBaseReport", reportBase="FullInventory")
    [password] = [r for r in full if r["variable"] == PASSWORD["variable"]]
    assert "value" not in password["variableAttribute"][0]
    assert password["variableCharacteristics"]["maxLimit"] == 64, "a CSMS knows how long it may be"


@pytest.mark.parametrize(
    ("criteria", "wanted", "found"),
    [
        (["Available"], {"name": "EVSE", "evse": {"id": 1}}, [1]),
        (["Problem", "Active"], {"name": "evse"}, [1, 2]),
        (["Enabled"], {"name": "EVSE", "evse": {"id": 2}}, [2]),
    ],
)
def test_a_report_is_of_the_components_that_were_asked_for(
    criteria: list[str], wanted: dict[str, Any], found: list[int]
) -> None:
    about = [{"component": wanted, "variable": {"name": "AvailabilityState"}}]
    told = parts(
        accepted_station(), "GetReport", componentCriteria=criteria, componentVariable=about
    )
    assert [t["component"]["evse"]["id"] for t in told] == found


@pytest.mark.parametrize(
    "asked",
    [
        {"componentCriteria": ["Problem"]},
        {"componentVariable": [{"component": {"name": "Connector", "evse": {"id": 7}}}]},
    ],
)
def test_a_report_of_nothing_is_not_promised(asked: dict[str, Any]) -> None:
    model = accepted_station()
    assert answered(model, "GetReport", requestId=1, **asked) == {"status": "EmptyResultSet"}
    assert model.promised == []


def test_a_promise_is_kept_with_the_last_part() -> None:
    model = accepted_station()
    answered(model, "GetBaseReport", requestId=1, reportBase="SummaryInventory")
    answered(model, "GetBaseReport", requestId=2, reportBase="FullInventory")
    first, *_, last = model.parts_of_report(model.promised[1], STAMP)
    model.called("NotifyReport", first, {})
    assert [p["requestId"] for p in model.promised] == [1, 2]
    model.called("NotifyReport", last, {})
    assert [p["requestId"] for p in model.promised] == [1]


# -- transactions and availability ---------------------------------------------------------------


def test_it_knows_which_transactions_run_and_what_is_still_to_come() -> None:
    model = accepted_station()
    starts(model)
    assert answered(model, "GetTransactionStatus", transactionId="TX") == {
        "ongoingIndicator": True,
        "messagesInQueue": False,
    }
    model.queued = {"TX": 2}
    assert answered(model, "GetTransactionStatus") == {"messagesInQueue": True}
    happens(model, "Ended", 3, offline=True)
    assert answered(model, "GetTransactionStatus", transactionId="TX") == {
        "ongoingIndicator": False,
        "messagesInQueue": True,
    }
    happens(model, "Updated", 1, offline=True)
    assert model.transactions == {}, "an event that comes late does not start it again"
    assert answered(model, "GetTransactionStatus") == {"messagesInQueue": False}


@pytest.mark.parametrize("evse", [{}, {"evse": {"id": 1}}, {"evse": {"id": 1, "connectorId": 1}}])
def test_only_what_is_so_already_is_said_yes_to(evse: dict[str, Any]) -> None:
    model = accepted_station()
    up, down = {"operationalStatus": "Operative"}, {"operationalStatus": "Inoperative"}
    assert answered(model, "ChangeAvailability", **up, **evse) == {"status": "Accepted"}
    assert answered(model, "ChangeAvailability", **down, **evse) == {"status": "Rejected"}
    message = Received("r1", "ChangeAvailability", Payload.of({**down, **evse}))
    model.answered(message, {"status": "Scheduled"})
    assert answered(model, "ChangeAvailability", **down, **evse) == {"status": "Accepted"}
    assert answered(model, "ChangeAvailability", **up, **evse) == {"status": "Rejected"}


def test_only_what_runs_is_stopped_and_only_connectors_are_unlocked() -> None:
    model = accepted_station()
    starts(model, 2)
    stop, unlock = "RequestStopTransaction", "UnlockConnector"
    assert answered(model, stop, transactionId="TX") == {"status": "Accepted"}
    assert answered(model, stop, transactionId="TY") == {"status": "Rejected"}
    assert answered(model, unlock, evseId=1, connectorId=1) == {"status": "Unlocked"}
    busy = {"status": "OngoingAuthorizedTransaction"}
    assert answered(model, unlock, evseId=2, connectorId=1) == busy
    assert answered(model, unlock, evseId=9, connectorId=1) == {"status": "UnknownConnector"}


# -- all of it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    [
        *("ChangeAvailability", "ClearCache", "DataTransfer", "GetBaseReport", "GetReport"),
        *("GetTransactionStatus", "GetVariables", "RequestStartTransaction", "Reset"),
        *("RequestStopTransaction", "SetNetworkProfile", "SetVariables", "TriggerMessage"),
        "UnlockConnector",
    ],
)
def test_every_answer_is_valid(action: str) -> None:
    model = accepted_station()
    payload = sample(OCPP201, action, None, lambda value: value)
    reply = answered(model, action, **payload)
    assert check_response(OCPP201, action, reply) == ()


def test_what_it_does_not_have_it_says() -> None:
    reply = answered(accepted_station(), "GetLocalListVersion")
    assert isinstance(reply, CallError)
    assert reply.code == "NotSupported"


def test_a_model_made_of_what_another_knows_is_the_same() -> None:
    model = accepted_station()
    starts(model)
    model.called("StatusNotification", status(), {})
    answered(model, "SetVariables", setVariableData=[{**THRESHOLD, "attributeValue": "9"}])
    answered(model, "GetBaseReport", requestId=2, reportBase="FullInventory")
    model.queued, model.offline = {"TX": 1}, True
    again = StationModel201(CONFIG, json.loads(json.dumps(model.known())))
    assert again.known() == model.known()
    assert again.meter(1, NOW) == model.meter(1, NOW)


def status() -> dict[str, Any]:
    return {"timestamp": STAMP, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}


def test_a_restart_ends_the_registration_and_a_lost_connection_does_not() -> None:
    model = accepted_station()
    reset = Received("r1", "Reset", Payload.of({"type": "Immediate"}))
    model.answered(reset, {"status": "Accepted"})
    assert not model.registered
    model.observe(Received("@2", "@connect", Payload(), 2))
    assert (model.registration, model.resetting) == ("", False)
    model.called("BootNotification", {}, boots())
    model.offline = True
    model.observe(Received("@3", "@closed", Payload(), 2))
    assert not model.registered
    model.observe(Received("@4", "@connect", Payload(), 3))
    assert model.registered
