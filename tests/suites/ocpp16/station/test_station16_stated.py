"""What is stated of a station, held against its settings: a rule for every question with keys."""

from __future__ import annotations

from typing import Any

import pytest

from testbay.campaign.form import load_form
from testbay.scenario.survey import Reading, Stated
from testbay.suites.ocpp16.keys import CORE
from testbay.suites.ocpp16.standard_keys import BY_NAME, required
from testbay.suites.ocpp16.stated import FEATURES, RULES
from testbay.suites.ocpp16.station_survey import StationSurvey
from testbay.suites.ocpp16.told_settings import Settings

FORM = load_form("1.6")
PROFILES = "SupportedFeatureProfiles"
ALL = {
    PROFILES: "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,"
    "RemoteTrigger",
    "AllowOfflineTxForUnknownId": "false",
    "AuthorizationCacheEnabled": "true",
    "MinimumStatusDuration": "0",
    "NumberOfConnectors": "2",
    "ReserveConnectorZeroSupported": "true",
    "StopTransactionOnEVSideDisconnect": "true",
    "UnlockConnectorOnEVSideDisconnect": "true",
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "LocalAuthListEnabled": "true",
    "LocalAuthListMaxLength": "100",
    "HeartbeatInterval": "300",
    "SupportedFileTransferProtocols": "HTTP, FTP",
    "SecurityProfile": "1",
}


def entries(**more: Any) -> list[dict[str, Any]]:
    """Return settings; a value of None takes one away, one in brackets is read-only."""
    values = {**ALL, **more}
    return [
        {"key": key, "readonly": isinstance(value, tuple), "value": "".join(value)}
        for key, value in values.items()
        if value is not None
    ]


def found(answers: dict[str, Any], **more: Any) -> list[str]:
    told = entries(**more)
    stated = Stated(answers, {}, {}, {})
    every = StationSurvey().findings(Reading(told), stated)
    return [str(f) for f in every if f.sort == "pics"]


# -- the questions ---------------------------------------------------------------------------------


def test_there_is_a_rule_for_every_question_with_keys() -> None:
    asked = [q.id for q in FORM.questions.values() if q.keys and q.is_for("station")]
    assert [id for id in asked if id not in RULES] == []
    assert [id for id in RULES if id not in FORM.questions] == []


def test_rules_of_features_are_those_of_questions() -> None:
    assert [f for f, q in FEATURES.items() if f not in FORM.features or q not in RULES] == []


def test_keys_of_questions_are_standard_keys() -> None:
    keys = {key for q in FORM.questions.values() for key in q.keys}
    assert [key for key in sorted(keys) if key.casefold() not in BY_NAME] == []


@pytest.mark.parametrize(
    ("question", "answer", "more", "wrong"),
    [
        ("C-02", "yes", {}, ""),
        ("C-02", "no", {}, "the station lists AllowOfflineTxForUnknownId"),
        ("C-02", "no", {"AllowOfflineTxForUnknownId": ("false",)}, ""),
        ("C-02", "yes", {"AllowOfflineTxForUnknownId": ("false",)}, "is read-only and false"),
        ("C-02", "yes", {"AllowOfflineTxForUnknownId": None}, "the station does not list"),
        ("C-03", "no", {}, ""),
        ("C-03", "yes", {}, "the station does not list MaxEnergyOnInvalidId"),
        ("C-04", "no", {}, "the station lists AuthorizationCacheEnabled"),
        ("C-05", "yes", {"MinimumStatusDuration": "3"}, "comes to the test with the value 0"),
        ("C-05", "no", {"MinimumStatusDuration": None}, ""),
        ("C-06", "both", {}, ""),
        ("C-06", "yes", {}, "can be written: answer both"),
        ("C-06", "yes", {"StopTransactionOnEVSideDisconnect": ("true",)}, ""),
        ("C-06", "both", {"StopTransactionOnEVSideDisconnect": ("false",)}, "answer no"),
        ("C-06", "no", {"StopTransactionOnEVSideDisconnect": None}, ""),
        ("C-10", "configurable", {}, ""),
        ("C-10", "configurable", {"UnlockConnectorOnEVSideDisconnect": ("false",)}, "answer no"),
        ("C-11", "no", {}, "SecurityProfile is 1"),
        ("security_profile_2", "no", {"SecurityProfile": "2"}, "SecurityProfile is 2"),
        ("advanced_security", "no", {}, ""),
        ("R-0", "no", {}, "SupportedFeatureProfiles names Reservation"),
        ("R-0", "yes", {PROFILES: "Core"}, "does not name Reservation"),
        ("R-1", "no", {}, "ReserveConnectorZeroSupported is 'true'"),
        ("R-1", "yes", {"ReserveConnectorZeroSupported": None}, "does not list"),
        ("SC-1", "both", {}, ""),
        ("SC-1", "A", {}, "ChargingScheduleAllowedChargingRateUnit is 'Current,Power'"),
        ("SC-1", "W", {"ChargingScheduleAllowedChargingRateUnit": "power"}, ""),
        ("LA-0", "no", {}, "names LocalAuthListManagement"),
        ("LA-0", "yes", {"LocalAuthListEnabled": None}, "does not list LocalAuthListEnabled"),
        ("RT-0", "yes", {PROFILES: "Core"}, "does not name RemoteTrigger"),
        ("smart_charging", "no", {}, ""),  # it may have more than is to be certified
        ("smart_charging", "yes", {PROFILES: "Core"}, "does not name SmartCharging"),
        ("firmware_management", "no", {}, "names FirmwareManagement"),
        ("connectors", "single", {}, "NumberOfConnectors is 2"),
        ("connectors", "multiple", {"NumberOfConnectors": "1"}, "NumberOfConnectors is 1"),
        ("LocalAuthListMaxLength", 5, {}, "LocalAuthListMaxLength is 100"),
        ("LocalAuthListMaxLength", 100, {}, ""),
        ("SendLocalListMaxLength", 5, {}, ""),  # it is not listed
        ("HeartbeatInterval_min", 600, {}, "HeartbeatInterval is 300, which is less"),
        ("HeartbeatInterval_max", 60, {}, "HeartbeatInterval is 300, which is more"),
        ("HeartbeatInterval_min", 600, {"HeartbeatInterval": "0"}, ""),
        ("file_transfer_protocols", ("http", "ftp"), {}, ""),
        ("file_transfer_protocols", ("ftp",), {}, "SupportedFileTransferProtocols is 'HTTP, FTP'"),
    ],
)
def test_rules(question: str, answer: Any, more: dict[str, Any], wrong: str) -> None:
    said = found({question: answer, "dut": "station"}, **more)
    if not wrong:
        assert said == []
        return
    [sentence] = said
    assert sentence.startswith(f"{question}: the PICS says ")
    assert wrong in sentence


def test_the_question_is_told_in_words() -> None:
    asked = {"C-03": FORM.questions["C-03"].ask}
    stated = Stated({"C-03": "yes"}, asked, {}, {})
    [finding] = [
        f for f in StationSurvey().findings(Reading(entries()), stated) if f.sort == "pics"
    ]
    assert str(finding) == (
        f"C-03: the PICS says yes ({asked['C-03']}), but the station does not list "
        "MaxEnergyOnInvalidId"
    )


def test_a_station_comes_with_its_lowest_profile() -> None:
    said = found({"C-11": "yes", "security_profile_2": "yes"}, SecurityProfile="2")
    assert said == [
        "C-11: the PICS says yes, but SecurityProfile is 2; a station comes to the test with its "
        "lowest one"
    ]


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"vendor": "Testbay GmbH", "model": "reference"}, []),
        ({"vendor": "Other"}, ["vendor: the PICS says Other, but its chargePointVendor is"]),
        ({"software_version": "1.0"}, ["software_version: the PICS says 1.0, but its firmware"]),
    ],
)
def test_what_a_station_says_of_itself(answers: dict[str, str], wrong: list[str]) -> None:
    about = {
        "chargePointVendor": "Testbay",
        "chargePointModel": "Reference station",
        "firmwareVersion": "1.0.0",
    }
    stated = Stated(answers, {}, {}, {}, about)
    told = [str(f) for f in StationSurvey().findings(Reading(entries()), stated)]
    said = [f for f in told if ": the PICS says" in f]
    assert [any(s.startswith(w) for s in said) for w in wrong] == [True] * len(wrong)
    assert len(said) == len(wrong)


# -- the documents ---------------------------------------------------------------------------------

COMPLETE = {key.key: ("5", key.access == "R") for key in CORE}


def documents(**more: Any) -> list[str]:
    """Return what is wrong by the documents with a station that has the profile Core."""
    values: dict[str, Any] = {
        **{name: ("5",) if readonly else "5" for name, (_, readonly) in COMPLETE.items()},
        **dict.fromkeys((k.name for k in required("Core") if k.kind == "boolean"), "true"),
        PROFILES: ("Core",),
        **more,
    }
    listed = [
        {"key": k, "readonly": isinstance(v, tuple), "value": "".join(v)}
        for k, v in values.items()
        if v is not None
    ]
    found = StationSurvey().findings(Reading(listed), Stated())
    return [str(f) for f in found if f.sort == "documents"]


def test_a_station_as_the_documents_want_it() -> None:
    assert documents() == []


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"ResetRetries": None}, "ResetRetries: it is not listed, but each station with the pro"),
        ({"ResetRetries": ("5",)}, "ResetRetries: it is R, but must be RW"),
        ({"NumberOfConnectors": "2"}, "NumberOfConnectors: it is RW, but must be R"),
        ({"LocalPreAuthorize": "perhaps"}, "LocalPreAuthorize: it is 'perhaps', expected true or"),
        ({"ConnectionTimeOut": "soon"}, "ConnectionTimeOut: it is 'soon', expected a whole number"),
        ({PROFILES: ("Core,Dancing",)}, "SupportedFeatureProfiles: it is 'Core,Dancing', expected"),
        ({PROFILES: ("Reservation",)}, "SupportedFeatureProfiles: it does not name Core"),
        ({"AuthorizationKey": "secret"}, "AuthorizationKey: it shows its value"),
        ({PROFILES: ("Core,SmartCharging",)}, "ChargeProfileMaxStackLevel: it is not listed"),
        ({"resetretries": "5"}, "ResetRetries: it is listed more than once"),
    ],
)
def test_what_the_documents_demand(more: dict[str, Any], wrong: str) -> None:
    assert any(text.startswith(wrong) for text in documents(**more)), documents(**more)


@pytest.mark.parametrize(
    "more",
    [
        {"UnlockConnectorOnEVSideDisconnect": ("true",)},
        {"AuthorizeRemoteTxRequests": ("false",)},
        {"VendorThing": "anything"},
        {"HEARTBEATINTERVAL": "5", "HeartbeatInterval": None},
        {"ConnectorPhaseRotation": ""},
    ],
)
def test_what_is_left_to_the_station(more: dict[str, Any]) -> None:
    assert documents(**more) == []


# -- without a PICS, and the configuration ---------------------------------------------------------


def test_without_a_pics_the_features_of_the_product_count() -> None:
    product = {"reservations": False, "authorization_cache": True, "reader": True}
    stated = Stated({}, {}, {}, product)
    said = [str(f) for f in StationSurvey().findings(Reading(entries()), stated)]
    wrong = "the configuration says false, but SupportedFeatureProfiles names Reservation"
    assert f"product.reservations: {wrong}" in said
    assert not any("authorization_cache" in text for text in said)


@pytest.mark.parametrize(
    ("values", "answers", "wrong"),
    [
        ({"number_of_connectors": 3}, {}, "values.number_of_connectors: it is 3"),
        ({"connector_id": 3}, {}, "values.connector_id: it is 3"),
        ({"charging_rate_unit": "W"}, {}, ""),
        ({"stack_level": 3}, {}, ""),
        (
            {"heartbeat_interval": 30},
            {"HeartbeatInterval_min": 60},
            "values.heartbeat_interval: it is 30 in the configuration, but HeartbeatInterval_min "
            "of the PICS is 60",
        ),
        (
            {"meter_value_interval": 600},
            {"MeterValueSampleInterval_max": 60},
            "values.meter_value_interval: it is 600",
        ),
        (
            {"valid_id_tag": "A", "blocked_id_tag": "a"},
            {},
            "values.blocked_id_tag: it is a in the configuration, but values.valid_id_tag is the",
        ),
    ],
)
def test_configured_values(values: dict[str, Any], answers: dict[str, Any], wrong: str) -> None:
    stated = Stated(answers, {}, values, {})
    every = StationSurvey().findings(Reading(entries()), stated)
    said = [str(f) for f in every if f.sort == "configuration"]
    assert [text[: len(wrong)] for text in said] == ([wrong] if wrong else [])


def test_settings_are_looked_up_without_case() -> None:
    told = Settings([{"key": "heartbeatINTERVAL", "readonly": False, "value": " 30 "}, {"key": 7}])
    assert (told.has("HeartbeatInterval"), told.number("HeartbeatInterval")) == (True, 30)
    assert told.writable("HEARTBEATINTERVAL")
    assert told.value("Other") is None
