"""The simulated station of OCPP 1.6: its answers are truthful, valid, and can be had again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from csms16_lab import BOOTED, CONFIG, NOW, accepted_station, answered, asks, starts, stops

from testbay.proof.sample import sample
from testbay.protocol.schemas import check_response
from testbay.protocol.versions import OCPP16
from testbay.roles.station_keys16 import MOST_KEYS
from testbay.roles.station_model16 import StationModel16
from testbay.scenario.values import NO_ANSWER, Answer, CallError, Lost, Payload, Received, Reply

READ = (
    *("GetConfigurationMaxKeys", "NumberOfConnectors", "SupportedFeatureProfiles"),
    *("LocalAuthListMaxLength", "SendLocalListMaxLength", "ChargeProfileMaxStackLevel"),
    *("ChargingScheduleAllowedChargingRateUnit", "ChargingScheduleMaxPeriods"),
    *("MaxChargingProfilesInstalled", "ReserveConnectorZeroSupported"),
)
WRITTEN = (
    *("ClockAlignedDataInterval", "ConnectionTimeOut", "ConnectorPhaseRotation"),
    *("HeartbeatInterval", "LocalAuthorizeOffline", "LocalPreAuthorize"),
    *("MeterValuesAlignedData", "MeterValuesSampledData", "MeterValueSampleInterval"),
    *("ResetRetries", "StopTransactionOnEVSideDisconnect", "StopTransactionOnInvalidId"),
    *("StopTxnAlignedData", "StopTxnSampledData", "TransactionMessageAttempts"),
    *("TransactionMessageRetryInterval", "UnlockConnectorOnEVSideDisconnect"),
    "LocalAuthListEnabled",
)


# -- configuration -------------------------------------------------------------------------------


def test_the_whole_configuration_has_the_keys_and_accessibilities_of_the_document() -> None:
    listed = answered(accepted_station(), "GetConfiguration")
    assert "unknownKey" not in listed
    access = {k["key"]: k["readonly"] for k in listed["configurationKey"]}
    assert {k: access[k] for k in READ} == dict.fromkeys(READ, True)
    assert {k: access[k] for k in WRITTEN} == dict.fromkeys(WRITTEN, False)
    assert "AuthorizeRemoteTxRequests" in access
    assert len(access) <= MOST_KEYS
    profiles = next(
        k["value"] for k in listed["configurationKey"] if k["key"] == "SupportedFeatureProfiles"
    )
    assert {"Reservation", "SmartCharging", "FirmwareManagement"} <= {*profiles.split(",")}
    assert answered(accepted_station(), "GetConfiguration", key=[]) == listed


def test_keys_are_found_whatever_their_case_and_unknown_ones_are_named() -> None:
    model = accepted_station(number_of_connectors=4)
    asked = ["numberofconnectors", "Colour", "MinimumStatusDuration"]
    assert answered(model, "GetConfiguration", key=asked) == {
        "configurationKey": [{"key": "NumberOfConnectors", "readonly": True, "value": "4"}],
        "unknownKey": ["Colour", "MinimumStatusDuration"],
    }


def test_more_keys_than_the_station_takes_are_refused() -> None:
    most = [f"Key{n}" for n in range(MOST_KEYS)]
    assert len(answered(accepted_station(), "GetConfiguration", key=most)["unknownKey"]) == 50
    reply = answered(accepted_station(), "GetConfiguration", key=[*most, "OneMore"])
    assert reply == CallError(
        "OccurenceConstraintViolation", "at most 50 keys (GetConfigurationMaxKeys), not 51"
    )


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("MeterValueSampleInterval", "60", "Accepted"),
        ("metervaluesampleinterval", "0", "Accepted"),
        ("MeterValueSampleInterval", "-1", "Rejected"),
        ("MeterValueSampleInterval", "soon", "Rejected"),
        ("MeterValueSampleInterval", "", "Rejected"),
        ("LocalPreAuthorize", "TRUE", "Accepted"),
        ("LocalPreAuthorize", "1", "Rejected"),
        ("MeterValuesSampledData", "", "Accepted"),
        ("MeterValuesSampledData", "Energy.Active.Import.Register, Voltage.L1", "Accepted"),
        ("MeterValuesSampledData", "Energy.Active.Import.Register,SoC", "Rejected"),
        ("ConnectorPhaseRotation", "0.RST,1.TSR", "Accepted"),
        ("ConnectorPhaseRotation", "RST", "Rejected"),
        ("NumberOfConnectors", "3", "Rejected"),
        ("Colour", "red", "NotSupported"),
    ],
)
def test_a_setting_is_changed_or_not(key: str, value: str, status: str) -> None:
    model = accepted_station()
    before = answered(model, "GetConfiguration", key=[key])
    assert answered(model, "ChangeConfiguration", key=key, value=value) == {"status": status}
    after = answered(model, "GetConfiguration", key=[key])
    if status == "Accepted":
        assert after["configurationKey"][0]["value"] == value
    else:
        assert after == before


def test_the_interval_of_the_boot_is_the_heartbeat_interval() -> None:
    assert accepted_station().setting("HeartbeatInterval") == "120"


# -- charging ------------------------------------------------------------------------------------


def test_a_remote_start_that_no_case_has_asked_for_is_rejected() -> None:
    reply = answered(accepted_station(), "RemoteStartTransaction", idTag="TAG", connectorId=1)
    assert reply == {"status": "Rejected"}


def test_a_remote_stop_is_accepted_for_a_running_transaction() -> None:
    model = accepted_station()
    starts(model, 5)
    assert answered(model, "RemoteStopTransaction", transactionId=5) == {"status": "Accepted"}
    assert answered(model, "RemoteStopTransaction", transactionId=6) == {"status": "Rejected"}
    stops(model, 5, 1500)
    assert answered(model, "RemoteStopTransaction", transactionId=5) == {"status": "Rejected"}


def test_the_meter_rises_while_charging_and_stays_afterwards() -> None:
    model = accepted_station()
    starts(model)
    hour = NOW + timedelta(hours=1)
    assert model.meter(1, NOW) == 1000
    assert model.meter(1, hour) == 12000
    assert model.meter(2, hour) == 1000
    stops(model, 5, model.meter(1, hour))
    assert model.meter(1, hour + timedelta(hours=1)) == 12000


def test_a_stop_that_was_not_answered_leaves_the_transaction() -> None:
    model = accepted_station()
    starts(model)
    stops(model, 5, 1100, Lost("no answer in 30 s"))
    assert 1 in model.transactions
    stops(model, 5, 1100, CallError("InternalError"))
    assert 1 not in model.transactions


@pytest.mark.parametrize("reply", [{}, {"transactionId": "5"}, CallError("x"), Lost("x")])
def test_a_start_without_an_id_is_no_transaction(reply: Answer) -> None:
    model = accepted_station()
    payload = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": NOW.isoformat()}
    model.called("StartTransaction", payload, reply)
    assert model.transactions == {}


# -- availability, restart, lists -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("connector", "kind", "status", "left"),
    [
        (1, "Inoperative", "Scheduled", [1]),
        (2, "Inoperative", "Accepted", [2]),
        (0, "Inoperative", "Scheduled", [0, 1, 2]),
        (1, "Operative", "Accepted", []),
        (3, "Inoperative", "Rejected", []),
    ],
)
def test_availability_changes_at_once_or_after_the_transaction(
    connector: int, kind: str, status: str, left: list[int]
) -> None:
    model = accepted_station()
    starts(model)
    reply = answered(model, "ChangeAvailability", connectorId=connector, type=kind)
    assert (reply, model.inoperative) == ({"status": status}, left)
    answered(model, "ChangeAvailability", connectorId=0, type="Operative")
    assert model.inoperative == []


def test_a_station_that_restarts_is_not_registered_until_it_boots_again() -> None:
    model = accepted_station()
    assert answered(model, "Reset", type="Hard") == {"status": "Accepted"}
    assert (model.resetting, model.registered) == (True, False)
    model.observe(Received("@2", "@closed", Payload(), 1))
    model.observe(Received("@3", "@connect", Payload(), 2))
    assert (model.resetting, model.registered) == (False, False)
    model.called("BootNotification", {}, BOOTED)
    assert model.registered


def test_the_end_of_an_older_connection_says_nothing_of_the_new_one() -> None:
    model = accepted_station()
    model.observe(Received("@2", "@connect", Payload(), 2))
    model.called("BootNotification", {}, BOOTED)
    model.observe(Received("@3", "@closed", Payload(), 1))
    assert model.registered
    model.observe(Received("@4", "@closed", Payload(), 2))
    assert not model.registered


def test_a_rejected_station_does_not_answer() -> None:
    model = accepted_station()
    model.called("BootNotification", {}, {"status": "Rejected", "interval": 60})
    assert answered(model, "GetConfiguration") is NO_ANSWER


# -- all of it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "payload", "reply"),
    [
        ("ClearCache", {}, {"status": "Accepted"}),
        ("DataTransfer", {"vendorId": "org.example"}, {"status": "UnknownVendorId"}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, {"status": "Rejected"}),
        (
            "TriggerMessage",
            {"requestedMessage": "FirmwareStatusNotification"},
            {"status": "Rejected"},
        ),
        ("UnlockConnector", {"connectorId": 2}, {"status": "Unlocked"}),
        ("UnlockConnector", {"connectorId": 3}, {"status": "NotSupported"}),
        ("GetDiagnostics", {"location": "ftp://example.org/"}, {}),
        (
            "UpdateFirmware",
            {"location": "ftp://example.org/", "retrieveDate": "2030-01-01T00:00:00Z"},
            {},
        ),
        (
            "GetLog",
            {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "ftp://x/"}},
            {"status": "Rejected"},
        ),
    ],
)
def test_other_requests(action: str, payload: dict[str, Any], reply: Reply) -> None:
    assert answered(accepted_station(), action, **payload) == reply


@pytest.mark.parametrize("action", sorted(OCPP16.csms_sends))
def test_every_request_of_a_csms_has_a_valid_answer(action: str) -> None:
    payload = sample(OCPP16, action, None, lambda v: v)
    if "location" in payload:
        payload["location"] = "ftp://example.org/"
    reply = answered(accepted_station(), action, **payload)
    if isinstance(reply, CallError):
        assert reply.code in ("NotSupported", "PropertyConstraintViolation")
    else:
        assert check_response(OCPP16, action, reply) == ()


def test_a_model_made_from_what_is_known_answers_the_same() -> None:
    model = accepted_station()
    model.called("StatusNotification", {"connectorId": 1, "status": "Charging"}, {})
    starts(model)
    answered(model, "ChangeConfiguration", key="resetretries", value="7")
    answered(model, "ChangeAvailability", connectorId=2, type="Inoperative")
    answered(model, "SendLocalList", updateType="Full", listVersion=2)
    answered(model, "Reset", type="Soft")
    again = StationModel16(CONFIG, json.loads(json.dumps(model.known())))
    assert again.known() == model.known()
    assert again.meter(1, NOW + timedelta(hours=1)) == 12000
    for action in ("GetConfiguration", "GetLocalListVersion"):
        assert again.answer(asks(action), NOW) == model.answer(asks(action), NOW)
