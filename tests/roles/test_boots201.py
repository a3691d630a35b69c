"""OCPP 2.0.1: which boots were asked for, and which show that a station has restarted by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from testbay.roles.boots import BY_ITSELF
from testbay.roles.boots201 import UPDATING
from testbay.roles.csms_model201 import CsmsModel201
from testbay.roles.station_model201 import StationModel201
from testbay.scenario.values import CallError, Lost, Payload, Received
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.leftovers import left

WHO = {"vendorName": "V", "model": "M", "firmwareVersion": "1.0"}
Act = Callable[[CsmsModel201], Any]


def says(model: Any, action: str, connection: int = 1, reply: Any = None, **fields: Any) -> str:
    """Let the station say something, which is answered by default; return the alarm."""
    message = Received("m", action, Payload(fields), connection)
    model.observe(message)
    alarm = str(model.alarm)
    if not message.is_event:
        usual = {"status": "Accepted"} if action == "BootNotification" else {}
        model.answered(message, usual if reply is None else reply)
    return alarm


def boots(
    model: CsmsModel201, reason: str = "PowerUp", status: str = "Accepted", **other: Any
) -> str:
    who = {**WHO, **other}
    reply = {"status": status}
    return says(model, "BootNotification", 2, reply, reason=reason, chargingStation=who)


def reports(model: CsmsModel201, connection: int = 2) -> str:
    place = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available"}
    return says(model, "StatusNotification", connection, **place)


def connects(number: int) -> Act:
    return lambda model: says(model, "@connect", number)


def loses(by: str = "peer", number: int = 1) -> Act:
    return lambda model: says(model, "@closed", number, code=1006, by=by, reason="lost")


def calls(action: str, reply: Any = None, **fields: Any) -> Act:
    answer = {"status": "Accepted"} if reply is None else reply
    return lambda model: model.called(action, fields, answer)


def sets(component: str, name: str, status: str = "Accepted") -> Act:
    named = {"component": {"name": component}, "variable": {"name": name}}
    data = [{**named, "attributeValue": "1"}]
    results = [{**named, "attributeStatus": status}]
    return calls("SetVariables", {"setVariableResult": results}, setVariableData=data)


def acts(action: str) -> Act:
    return lambda model: model.boots.acting(action)


def at_rest() -> CsmsModel201:
    """Return what is known of a station with which a case has begun."""
    model = CsmsModel201({"heartbeat_interval": 30}, {})
    connects(1)(model)
    says(model, "BootNotification", 1, reason="PowerUp", chargingStation=WHO)
    reports(model, 1)
    model.boots.rest()
    assert model.alarm == ""
    return model


def returns(model: CsmsModel201) -> None:
    loses()(model)
    connects(2)(model)


@pytest.mark.parametrize("reason", ["PowerUp", "Watchdog", "ApplicationReset", "RemoteReset"])
def test_a_boot_that_nobody_has_asked_for(reason: str) -> None:
    model = at_rest()
    returns(model)
    alarm = boots(model, reason)
    assert alarm == (
        f"{BY_ITSELF}; the station gives {reason} as its reason; before that, the station had "
        "ended the connection (1006: lost)"
    )
    assert says(model, "Heartbeat", 2) == "", "it is told of once"


def test_a_station_that_merely_connects_again() -> None:
    model = at_rest()
    returns(model)
    assert reports(model) == ""
    assert says(model, "Heartbeat", 2) == ""


def test_a_boot_over_the_same_connection_is_no_restart() -> None:
    model = at_rest()
    assert boots(model) == ""


def test_a_boot_that_was_triggered_is_no_restart() -> None:
    model = at_rest()
    returns(model)
    assert boots(model, "Triggered") == ""


def test_a_station_that_connects_again_before_it_has_hung_up() -> None:
    model = at_rest()
    connects(2)(model)
    loses("us", 1)(model)
    assert model.facts.connected, "the newer one is there"
    assert boots(model).startswith(BY_ITSELF)


@pytest.mark.parametrize(
    "asks",
    [
        calls("Reset", type="Immediate"),
        calls("Reset", {"status": "Scheduled"}, type="OnIdle"),
        calls("Reset", type="Immediate", evseId=1),
        calls("Reset", Lost("the connection was closed"), type="Immediate"),
        calls("UpdateFirmware", firmware={}),
        calls("SetNetworkProfile", configurationSlot=1),
        calls("CertificateSigned", certificateChain="PEM"),
        calls("InstallCertificate", certificate="PEM"),
        calls("TriggerMessage", requestedMessage="BootNotification"),
        sets("OCPPCommCtrlr", "NetworkConfigurationPriority"),
        sets("SecurityCtrlr", "BasicAuthPassword"),
        sets("TxCtrlr", "TxStartPoint", "RebootRequired"),
        acts("power_cycle"),
        acts("power_on"),
        acts("clear_fault"),
        loses("us"),
    ],
)
def test_a_boot_that_was_asked_for(asks: Act) -> None:
    model = at_rest()
    asks(model)
    returns(model)
    assert boots(model) == ""


@pytest.mark.parametrize(
    "asks",
    [
        sets("OCPPCommCtrlr", "HeartbeatInterval"),
        calls("SetVariables", CallError("InternalError"), setVariableData=[]),
        calls("TriggerMessage", requestedMessage="Heartbeat"),
        calls("GetVariables", {}),
        calls("ChangeAvailability", operationalStatus="Inoperative"),
        *(acts(a) for a in ("plug_in", "present_token", "occupy_bay", "ev_not_ready")),
    ],
)
def test_what_asks_for_no_boot(asks: Act) -> None:
    model = at_rest()
    asks(model)
    returns(model)
    assert boots(model).startswith(BY_ITSELF)


def test_a_boot_that_is_put_off_is_still_owed_in_the_next_case() -> None:
    model = at_rest()
    calls("Reset", {"status": "Scheduled"}, type="OnIdle")(model)
    model.boots.rest()
    returns(model)
    assert boots(model, "ScheduledReset") == ""
    reports(model)
    connects(3)(model)
    assert boots(model).startswith(BY_ITSELF), "it was owed once"


@pytest.mark.parametrize(
    "asks",
    [
        calls("Reset", {"status": "Rejected"}, type="Immediate"),
        calls("Reset", type="Immediate", evseId=1),
        acts("clear_fault"),
    ],
)
def test_what_owes_no_boot_counts_in_its_case_only(asks: Act) -> None:
    model = at_rest()
    asks(model)
    model.boots.rest()
    returns(model)
    assert boots(model).startswith(BY_ITSELF)


@pytest.mark.parametrize("action", ["power_off", "power_on", "power_cycle"])
def test_power_that_comes_back_late(action: str) -> None:
    model = at_rest()
    acts(action)(model)
    model.boots.rest()
    returns(model)
    assert boots(model) == ""


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_a_station_that_is_not_accepted_tries_again(status: str) -> None:
    model = at_rest()
    calls("Reset", type="Immediate")(model)
    returns(model)
    assert boots(model, "RemoteReset", status) == ""
    assert boots(model, "RemoteReset", status) == "", "over the same connection"
    loses("peer", 2)(model)
    connects(3)(model)  # B03.FR.04
    assert boots(model, "RemoteReset", status) == ""
    assert boots(model, "RemoteReset") == ""
    reports(model)
    assert model.alarm == ""


def test_a_boot_whose_answer_was_lost_is_sent_again() -> None:
    model = at_rest()
    calls("Reset", type="Immediate")(model)
    returns(model)
    assert boots(model) == ""
    loses("peer", 2)(model)
    connects(3)(model)
    assert boots(model) == "", "it has not said anything since, so it may not know"


@pytest.mark.parametrize(
    "asks",
    [
        calls("UpdateFirmware", firmware={}),
        calls("SetNetworkProfile", configurationSlot=1),
        sets("OCPPCommCtrlr", "NetworkConfigurationPriority"),
    ],
)
def test_what_may_take_several_boots(asks: Act) -> None:
    model = at_rest()
    asks(model)
    for number in (2, 3, 4):
        connects(number)(model)
        assert boots(model) == ""
        reports(model)
    model.boots.rest()
    connects(5)(model)
    assert boots(model).startswith(BY_ITSELF)


def test_an_update_that_outlasts_its_case() -> None:
    model = at_rest()
    calls("UpdateFirmware", firmware={})(model)
    says(model, "FirmwareStatusNotification", 1, status="InstallScheduled")
    assert "an update of the firmware is under way (InstallScheduled)" in left(model.facts)
    model.boots.rest(updating=model.facts.firmware in UPDATING)
    returns(model)
    assert boots(model, "FirmwareUpdate") == ""
    says(model, "FirmwareStatusNotification", 2, status="Installed")
    model.boots.rest(updating=model.facts.firmware in UPDATING)
    connects(3)(model)
    assert boots(model).startswith(BY_ITSELF)


def test_a_station_that_tells_of_new_elements() -> None:
    model = at_rest()
    returns(model)
    assert boots(model, modem={"iccid": "8949"}) == ""  # part 4, 5.5
    assert model.about()["modem"] == {"iccid": "8949"}


def test_what_is_known_can_be_written_down() -> None:
    model = at_rest()
    connects(2)(model)
    again = CsmsModel201(model.config, model.known())
    assert again.known() == model.known()
    assert boots(again).startswith(BY_ITSELF)
    old = {"product": WHO, "accepted": True}
    assert CsmsModel201(model.config, old).about() == {}, "a journal from before that has nothing"


def test_a_csms_says_nothing_of_its_restarts() -> None:
    config = {v.name: v.default for v in vars(cfg).values() if hasattr(v, "default")}
    model = StationModel201(config)
    for action in ("@closed", "@connect"):
        model.observe(Received("m", action, Payload({"by": "peer"}), 1))
        assert model.alarm == ""


# -- what is left ----------------------------------------------------------------------------------


def test_what_is_left_at_a_station_is_named() -> None:
    model = at_rest()
    facts = model.facts
    facts.cached = False
    assert left(facts) == []
    facts.transactions, facts.plugged, facts.cut = {"T": 1, "U": 0}, [1, 2], [2]
    facts.bays, facts.unready, facts.reservations = [1], [1], [7]
    facts.inoperative, facts.faulted, facts.jammed = ["station", "1", "2.1"], [1], [2]
    facts.local_list = facts.profiles = facts.cached = facts.needs_reboot = True
    facts.password, facts.connected = "other", False
    assert left(facts) == [
        "the station is not connected",
        "transaction T is running on EVSE 1",
        "transaction U is running on an EVSE that it has not named",
        "a cable is in at EVSE 1",
        "a cable is in at EVSE 2 (taken out of the vehicle only)",
        "a vehicle stands in the parking bay of EVSE 1",
        "the vehicle at EVSE 1 takes no energy",
        "reservation 7 may hold",
        "the station is out of operation",
        "EVSE 1 is out of operation",
        "connector 1 of EVSE 2 is out of operation",
        "EVSE 1 has been put into a fault",
        "a connector of EVSE 2 cannot be unlocked",
        "the local authorization list is filled",
        "charging profiles are installed",
        "the authorization cache may hold tokens",
        "the station has another password than the configured one",
        "a setting waits for a restart",
    ]
    facts.powered = False
    assert left(facts)[0] == "the station is switched off"
