"""OCPP 2.0.1: a device model held against PICS and configuration; each kind of finding."""

from __future__ import annotations

from typing import Any

import pytest

from testbay.campaign.form import load_form
from testbay.suites.ocpp201.stated import FEATURES, RULES
from testbay.suites.ocpp201.told_variables import Told

from .told_lab import Entry, changed, found, model, trait, variable

# -- the PICS --------------------------------------------------------------------------------------

TYPES = variable("AuthCtrlr.SupportedIdTokenTypes", "ISO14443,KeyCode", "MemberList", "ReadOnly",
                 valuesList="ISO14443,KeyCode")  # fmt: skip
RATE = variable("SmartChargingCtrlr.RateUnit", "A", "MemberList", "ReadOnly", valuesList="A,W")
FORMATS = variable("DisplayMessageCtrlr.SupportedFormats", "ASCII", "MemberList", "ReadOnly",
                   valuesList="ASCII,UTF8")  # fmt: skip
PRIORITIES = variable("DisplayMessageCtrlr.SupportedPriorities", "InFront", "MemberList",
                      "ReadOnly", valuesList="InFront")  # fmt: skip
POLICY = variable("AuthCacheCtrlr.Policy", "LRU", "OptionList", valuesList="LRU,LFU")


def flag(name: str, value: str = "true", access: str = "ReadWrite") -> Entry:
    return variable(name, value, "boolean", access)


def only_pics(entries: list[Entry], **answers: Any) -> list[str]:
    told = {k.replace("_", "-"): v for k, v in answers.items()}
    told = {k.replace("--", "."): v for k, v in told.items()}
    return [f for f in found(entries, told) if f.startswith("pics")]


@pytest.mark.parametrize(
    ("question", "entry", "wrong", "says"),
    [
        ("AS-2", flag("SecurityCtrlr.AdditionalRootCertificateCheck", "true", "ReadOnly"), "no",
         "SecurityCtrlr.AdditionalRootCertificateCheck is 'true'"),
        ("AS-2", flag("SecurityCtrlr.AdditionalRootCertificateCheck", "false", "ReadOnly"), "yes",
         "SecurityCtrlr.AdditionalRootCertificateCheck is 'false'"),
        ("AS-3", None, "no", "the station lists SecurityCtrlr.CertSigningWaitMinimum, "
         "SecurityCtrlr.CertSigningRepeatTimes"),
        ("C-02", None, "no", "the station lists AuthCtrlr.OfflineTxForUnknownIdEnabled"),
        ("C-02", flag("AuthCtrlr.OfflineTxForUnknownIdEnabled", "false", "ReadOnly"), "yes",
         "AuthCtrlr.OfflineTxForUnknownIdEnabled is ReadOnly and false"),
        ("C-03", None, "no", "the station lists TxCtrlr.MaxEnergyOnInvalidId"),
        ("C-04", None, "yes", "no MinimumStatusDuration is listed"),
        ("C-04", variable("EVSE@1.MinimumStatusDuration", "0", "integer", unit="s"), "no",
         "the station lists EVSE@1.MinimumStatusDuration"),
        ("C-06.1", None, "no", "TxCtrlr.StopTxOnEVSideDisconnect can be written"),
        ("C-06.1", flag("TxCtrlr.StopTxOnEVSideDisconnect", "true", "ReadOnly"), "yes",
         "TxCtrlr.StopTxOnEVSideDisconnect is 'true'"),
        ("C-06.2", flag("TxCtrlr.StopTxOnEVSideDisconnect", "true", "ReadOnly"), "no",
         "TxCtrlr.StopTxOnEVSideDisconnect is 'true'"),
        ("C-09.1", None, "no", "TxCtrlr.TxStartPoint can hold EVConnected"),
        ("C-09.6", None, "yes", "TxCtrlr.TxStartPoint cannot hold ParkingBayOccupancy"),
        ("C-09.2", variable("TxCtrlr.TxStartPoint", "EVConnected", "MemberList", "ReadOnly",
                            valuesList="EVConnected,Authorized"), "yes",
         "TxCtrlr.TxStartPoint cannot hold Authorized"),
        ("C-10.3", None, "no", "TxCtrlr.TxStopPoint can hold PowerPathClosed"),
        ("C-10.5", None, "yes", "TxCtrlr.TxStopPoint cannot hold ParkingBayOccupancy"),
        ("C-12.2", None, "no", "OCPPCommCtrlr.UnlockOnEVSideDisconnect can be written"),
        ("C-13", None, "no", "EVSE@1.AllowReset is true"),
        ("C-20", None, "yes",
         "the station does not list ChargingStation.AllowNewSessionsPendingFirmwareUpdate"),
        ("C-21", None, "no", "the station lists OCPPCommCtrlr.QueueAllMessages"),
        ("C-23", None, ["Heartbeat", "GPS"],
         "ClockCtrlr.TimeSource can hold Heartbeat, RealTimeClock"),
        ("C-25", None, "no", "ClockCtrlr.TimeOffset can be written"),
        ("C-26", None, "yes", "the station does not list ClockCtrlr.TimeZone"),
        ("C-28", None, "no", "the station lists AlignedDataCtrlr.SendDuringIdle"),
        ("C-31", TYPES, "yes", "AuthCtrlr.SupportedIdTokenTypes is 'ISO14443,KeyCode'"),
        ("C-38", TYPES, "yes", "AuthCtrlr.SupportedIdTokenTypes is 'ISO14443,KeyCode'"),
        ("C-40.1", None, ["Voltage"], "SampledDataCtrlr.TxStartedMeasurands can hold "
         "Energy.Active.Import.Register, Power.Active.Import, Current.Import, Voltage, SoC"),
        ("C-42", None, "yes", "the station lists none of SampledDataCtrlr.SignReadings, "
         "AlignedDataCtrlr.SignReadings"),
        ("C-42", flag("SampledDataCtrlr.SignReadings"), "no",
         "the station lists SampledDataCtrlr.SignReadings"),
        ("C-48.2", flag("AuthCtrlr.AuthorizeRemoteStart", "true", "ReadOnly"), "yes",
         "AuthCtrlr.AuthorizeRemoteStart is 'true'"),
        ("C-49", None, "no", "AuthCacheCtrlr.Available is 'true'"),
        ("C-51", None, "no", "TxCtrlr.TxStartPoint can be written"),
        ("C-52", variable("TxCtrlr.TxStopPoint", "Authorized", "MemberList", "ReadOnly",
                          valuesList="Authorized"), "yes", "TxCtrlr.TxStopPoint is ReadOnly"),
        ("C-53", None, "no", "the station lists AuthCacheCtrlr.LifeTime"),
        ("C-54", POLICY, ["LRU"], "AuthCacheCtrlr.Policy can hold LRU, LFU"),
        ("C-58", None, "no", "the station lists AuthCtrlr.DisableRemoteAuthorization"),
        ("C-59", None, "yes", "the station does not list AuthCacheCtrlr.DisablePostAuthorize"),
        ("C-61", variable("SecurityCtrlr.SecurityProfile", "1", "integer", "ReadOnly"), "no",
         "SecurityCtrlr.SecurityProfile is 1"),
        ("DM-3", None, "yes", "the station does not list MonitoringCtrlr.OfflineQueuingSeverity"),
        ("ISO-5", None, "yes",
         "the station does not list ISO15118Ctrlr.CentralContractValidationAllowed"),
        ("LA-1", None, "no", "the station lists LocalAuthListCtrlr.Enabled"),
        ("LA-3", None, "yes", "the station does not list LocalAuthListCtrlr.DisablePostAuthorize"),
        ("R-2", None, "yes", "the station does not list ReservationCtrlr.NonEvseSpecific"),
        ("R-3", None, "yes", "the station does not list ReservationCtrlr.Enabled"),
        ("SC-2.2", RATE, "yes", "SmartChargingCtrlr.RateUnit cannot hold W"),
        ("UI-1.2", PRIORITIES, "no", "DisplayMessageCtrlr.SupportedPriorities can hold InFront"),
        ("UI-2.4", FORMATS, "yes", "DisplayMessageCtrlr.SupportedFormats cannot hold UTF8"),
        ("HFS-1", None, "no", "ConnectorType of a connector is sType2"),
        ("HFS-2", None, "yes", "ConnectorType is sType2"),
        ("HFS-4", variable("Connector@1.1.ConnectorType", "cCCS2", access="ReadOnly"), "no",
         "ConnectorType of a connector is cCCS2"),
        ("HFS-7", None, "no", "Connector@1.1.SupplyPhases is 3"),
        ("HFS-8", None, 3, "it lists 2 EVSEs"),
        ("local_authorization_list_management",
         flag("LocalAuthListCtrlr.Available", "false", "ReadOnly"), "yes",
         "LocalAuthListCtrlr.Available is 'false'"),
        ("reservation", flag("ReservationCtrlr.Available", "false", "ReadOnly"), "yes",
         "ReservationCtrlr.Available is 'false'"),
        ("advanced_user_interface", None, "yes",
         "the station lists nothing of DisplayMessageCtrlr"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_so(
    question: str, entry: Entry | None, wrong: Any, says: str
) -> None:
    entries = model(*([] if entry is None else [entry]))
    said = ", ".join(wrong) if isinstance(wrong, list) else wrong
    pics = [f for f in found(entries, {question: wrong}) if f.startswith("pics")]
    assert pics == [f"pics {question}: the PICS says {said}, but {says}"]


RIGHT: dict[str, Any] = {
    **dict.fromkeys(("AS-3", "C-02", "C-03", "C-06.1", "C-06.2", "C-07", "C-08", "C-12.1"), "yes"),
    **dict.fromkeys(("C-09.1", "C-09.2", "C-09.4", "C-09.5", "C-10.1", "C-10.2", "C-10.3"), "yes"),
    **dict.fromkeys(("C-12.2", "C-13", "C-21", "C-25", "C-28", "C-30", "C-36", "C-48.1"), "yes"),
    **dict.fromkeys(("C-48.2", "C-49", "C-51", "C-52", "C-53", "C-58", "C-61", "LA-1"), "yes"),
    **dict.fromkeys(("HFS-1", "HFS-7", "local_authorization_list_management"), "yes"),
    **dict.fromkeys(("AS-2", "C-04", "C-09.3", "C-09.6", "C-10.5", "C-20", "C-26", "C-42"), "no"),
    **dict.fromkeys(("C-59", "DM-3", "ISO-5", "LA-3", "R-2", "R-3", "HFS-2", "HFS-4"), "no"),
    **dict.fromkeys(("reservation", "smart_charging", "advanced_device_management"), "no"),
    "C-23": ["Heartbeat", "RealTimeClock"],
    "HFS-8": 2,
}


def test_every_rule_is_about_a_question_for_a_station() -> None:
    asked = [q.id for q in load_form("2.0.1").questions.values() if q.is_for("station")]
    assert [question for question in RULES if question not in asked] == []


def test_answers_that_are_so() -> None:
    assert found(model(), RIGHT) == []


def test_where_there_is_no_answer_nothing_is_said() -> None:
    assert found(model(), {"dut": "station"}) == []


@pytest.mark.parametrize("question", sorted(RULES))
def test_where_the_variables_are_missing_only_what_must_be_there_is_missed(question: str) -> None:
    """Each rule copes with a station that lists nothing, whatever the answer is."""
    told = Told([])
    for answer in ("yes", "no", [], ["LRU"], 2, "text"):
        assert isinstance(RULES[question](answer, told), str)


def test_a_master_pass_is_with_a_display_or_without_one() -> None:
    assert only_pics(model(), C_07="yes", C_08="no") == []
    [one] = only_pics(model(), C_07="no", C_08="no")
    assert one.endswith("but the station lists AuthCtrlr.MasterPassGroupId")
    [one] = only_pics(model(without="AuthCtrlr.MasterPassGroupId"), C_07="yes", C_08="no")
    assert one.startswith("pics C-07: ")


def test_who_it_is() -> None:
    about = {"vendorName": "Testbay", "model": "M1", "firmwareVersion": "2.0"}
    answers = {"vendor": "Testbay B.V.", "model": "M2", "software_version": "1.0"}
    assert found(model(), answers, about) == [
        "pics model: the PICS says M2, but its model is 'M1'",
        "pics software_version: the PICS says 1.0, but its firmwareVersion is '2.0'",
    ]


# -- the product and the configuration -------------------------------------------------------------


@pytest.mark.parametrize("feature", [*FEATURES, "several_evses"])
def test_a_product_that_is_said_to_be_otherwise(feature: str) -> None:
    both = [found(model(), product={feature: has}) for has in (True, False)]
    assert sorted(map(len, both)) in ([0, 1], [0, 0])
    if feature not in ("remote_start_asks", "remote_start_asks_not"):
        [wrong] = next(b for b in both if b)
        assert wrong.startswith(f"product product.{feature}: the configuration says ")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"evse_count": 3}, "evse_count: it is 3 in the configuration, but it lists 2 EVSEs"),
        (
            {"connectors_per_evse": 2},
            "connectors_per_evse: it is 2 in the configuration, but EVSE 1 has 1 connector",
        ),
        ({"evse_id": 3}, "evse_id: it is 3 in the configuration, but it lists no such EVSE"),
        (
            {"connector_id": 2},
            "connector_id: it is 2 in the configuration, but EVSE 1 lists no such connector",
        ),
        (
            {"station_id": "CS9"},
            "station_id: it is CS9 in the configuration, but SecurityCtrlr.Identity is 'CS001'",
        ),
        (
            {"offline_threshold": -1},
            "offline_threshold: it is -1 in the configuration, but minLimit of "
            "OCPPCommCtrlr.OfflineThreshold is 0",
        ),
        (
            {"configuration_slot": 7},
            "configuration_slot: it is 7 in the configuration, but "
            "OCPPCommCtrlr.NetworkConfigurationPriority can hold 1, 2, 3 only",
        ),
        (
            {"invalid_idtoken_idtoken": "01020304"},
            "invalid_idtoken_idtoken: it is 01020304 in the configuration, but "
            "values.valid_idtoken_idtoken is the same token (upper and lower case are the same)",
        ),
    ],
)
def test_a_value_that_cannot_be_so(values: dict[str, Any], says: str) -> None:
    assert found(model(), **values) == [f"configuration values.{says}"]


def test_a_time_that_is_lost_in_the_deviation_allowed() -> None:
    short = {"retry_back_off_wait_minimum": 4, "connection_timeout": 5}
    assert found(model(), max_time_deviation=4.0, **short) == [
        "configuration values.retry_back_off_wait_minimum: it is 4 in the configuration, but "
        "max_time_deviation is 4: no pause would be too short"
    ]
    assert found(model(), max_time_deviation=1.0, **short) == []


def test_a_value_above_the_greatest() -> None:
    entries = changed("TxCtrlr.EVConnectionTimeOut", trait(maxLimit=100))
    [one] = found(entries, connection_timeout=120)
    assert one.endswith("but maxLimit of TxCtrlr.EVConnectionTimeOut is 100")


def test_a_type_of_token_that_the_station_does_not_know() -> None:
    [one] = found(model(TYPES), valid_idtoken_type="ISO15693")
    assert one.startswith("configuration values.valid_idtoken_type: it is ISO15693")


def test_another_security_profile_than_that_of_the_connection() -> None:
    assert found(model(), on_profile_2=True) == [
        "configuration SecurityCtrlr.SecurityProfile: it is 0, but the station is connected with "
        "security profile 2"
    ]
