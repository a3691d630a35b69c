"""The reference CSMS of OCPP 2.0.1: what it answers, and what it sends for an operator."""

from __future__ import annotations

from typing import Any

import pytest
from csms201_station import BOOT, STAMP, TOKEN, Lab

from testbay_reference.control import Refused
from testbay_reference.csms201 import CsmsOptions

THRESHOLD = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
LIMIT = {
    "component": {"name": "DeviceDataCtrlr"},
    "variable": {"name": "ItemsPerMessage", "instance": "GetVariables"},
}
STATUS = {"timestamp": STAMP, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}


def reads(values: dict[str, str]) -> Any:
    """Return what answers GetVariables with these values, by the name of the variable."""

    def answer(payload: dict[str, Any]) -> dict[str, Any]:
        asked = payload["getVariableData"]
        told = [
            {**a, "attributeStatus": "Accepted", "attributeValue": values[a["variable"]["name"]]}
            for a in asked
        ]
        return {"getVariableResult": told}

    return answer


# -- answers -------------------------------------------------------------------------------------


async def test_a_station_is_accepted_and_served(lab201: Lab) -> None:
    station = await lab201.open(interval=77)
    assert await station.call("StatusNotification", STATUS) == "SecurityError"
    answer = await station.call("BootNotification", BOOT)
    assert (answer["status"], answer["interval"]) == ("Accepted", 77)
    assert await station.call("StatusNotification", STATUS) == {}
    assert lab201.record["statuses"] == {"1.1": "Available"}


@pytest.mark.parametrize(("held", "told"), [(None, "Pending"), ("rejected", "Rejected")])
async def test_a_station_is_held_back_once(lab201: Lab, held: str | None, told: str) -> None:
    station = await lab201.open()
    await lab201.act("hold_back", answer=held)
    assert (await station.call("BootNotification", BOOT))["status"] == told
    assert await station.call("StatusNotification", STATUS) == "SecurityError"
    assert (await station.call("BootNotification", BOOT))["status"] == "Accepted"


async def test_a_pending_station_may_report(lab201: Lab) -> None:
    station = await lab201.open(registration="Pending")
    await station.call("BootNotification", BOOT)
    await lab201.act("report_inventory", kind="summary")
    part = {"requestId": 1, "generatedAt": STAMP, "seqNo": 0}
    assert await station.call("NotifyReport", part) == {}


@pytest.mark.parametrize(
    ("token", "info"),
    [
        (TOKEN, {"status": "Accepted"}),
        ({"idToken": "tag", "type": "ISO14443"}, {"status": "Accepted"}),
        ({"idToken": "", "type": "NoAuthorization"}, {"status": "Accepted"}),
        ({"idToken": "WHO", "type": "ISO14443"}, {"status": "Unknown"}),
        (
            {"idToken": "GONE", "type": "ISO14443"},
            {"status": "Expired", "groupIdToken": {"idToken": "G", "type": "Central"}},
        ),
    ],
)
async def test_tokens(lab201: Lab, token: dict[str, str], info: dict[str, Any]) -> None:
    station = await lab201.open()
    await station.call("BootNotification", BOOT)
    assert await station.call("Authorize", {"idToken": token}) == {"idTokenInfo": info}
    assert await station.event("Started", 0, idToken=token) == {"idTokenInfo": info}
    assert await station.event("Updated", 1) == {}


async def test_a_transaction_is_over_with_its_end_and_an_event_twice_is_noted(lab201: Lab) -> None:
    station = await lab201.open()
    await station.call("BootNotification", BOOT)
    await station.event("Started", 0)
    assert lab201.record["transactions"] == {"TX": True}
    await station.event("Ended", 3)
    await station.event("Updated", 1)
    await station.event("Updated", 1)
    assert lab201.record["transactions"] == {"TX": False}
    assert lab201.record["remarks"] == ["event 1 of transaction TX came again"]


# -- intents -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters", "action", "payload"),
    [
        (
            "remote_start",
            {"id_token": "TAG", "evse": 2},
            "RequestStartTransaction",
            {"idToken": TOKEN, "remoteStartId": 1, "evseId": 2},
        ),
        ("remote_stop", {}, "RequestStopTransaction", {"transactionId": "TX"}),
        ("unlock", {"evse": 2}, "UnlockConnector", {"evseId": 2, "connectorId": 1}),
        ("reset", {"when": "on_idle"}, "Reset", {"type": "OnIdle"}),
        ("reset", {"when": "immediately", "evse": 1}, "Reset", {"type": "Immediate", "evseId": 1}),
        (
            "change_availability",
            {"operative": False, "evse": 1, "connector": 2},
            "ChangeAvailability",
            {"operationalStatus": "Inoperative", "evse": {"id": 1, "connectorId": 2}},
        ),
        ("trigger", {"message": "Heartbeat"}, "TriggerMessage", {"requestedMessage": "Heartbeat"}),
        (
            "change_variables",
            {"values": {"OCPPCommCtrlr.OfflineThreshold": "5"}},
            "SetVariables",
            {"setVariableData": [{**THRESHOLD, "attributeValue": "5"}]},
        ),
        (
            "report_inventory",
            {"kind": "full"},
            "GetBaseReport",
            {"requestId": 1, "reportBase": "FullInventory"},
        ),
        (
            "report_components",
            {"variable": "EVSE.AvailabilityState", "condition": "problem", "evse": 1},
            "GetReport",
            {
                "requestId": 1,
                "componentCriteria": ["Problem"],
                "componentVariable": [
                    {
                        "component": {"name": "EVSE", "evse": {"id": 1}},
                        "variable": {"name": "AvailabilityState"},
                    }
                ],
            },
        ),
        (
            "set_network_profile",
            {
                "slot": 2,
                "url": "ws://csms/ocpp",
                "interface": "Wired0",
                "security_profile": 1,
                "message_timeout": 30,
            },
            "SetNetworkProfile",
            {
                "configurationSlot": 2,
                "connectionData": {
                    "ocppVersion": "OCPP20",
                    "ocppTransport": "JSON",
                    "ocppCsmsUrl": "ws://csms/ocpp",
                    "messageTimeout": 30,
                    "securityProfile": 1,
                    "ocppInterface": "Wired0",
                },
            },
        ),
        ("ask_transaction", {"any": True}, "GetTransactionStatus", {}),
        ("ask_transaction", {"evse": 1}, "GetTransactionStatus", {"transactionId": "TX"}),
    ],
)
async def test_what_is_sent_for_an_intent(
    lab201: Lab, name: str, parameters: dict[str, Any], action: str, payload: dict[str, Any]
) -> None:
    station = await lab201.open({"GetTransactionStatus": {"messagesInQueue": False}})
    await station.call("BootNotification", BOOT)
    await station.event("Started", 0, evse={"id": 1, "connectorId": 1})
    station.answers["SetVariables"] = {
        "setVariableResult": [{**THRESHOLD, "attributeStatus": "Accepted"}]
    }
    station.answers["UnlockConnector"] = {"status": "Unlocked"}
    told = await lab201.act(name, **parameters)
    assert station.asked == [(action, payload)]
    assert "answer" in told


@pytest.mark.parametrize("name", ["remote_stop", "ask_transaction"])
async def test_what_is_about_a_transaction_needs_one(lab201: Lab, name: str) -> None:
    station = await lab201.open()
    await station.call("BootNotification", BOOT)
    with pytest.raises(Refused):
        await lab201.act(name)


async def test_no_more_variables_are_read_at_once_than_the_station_has_said(lab201: Lab) -> None:
    station = await lab201.open({"GetVariables": reads({"ItemsPerMessage": "2", "A": "1"})})
    await station.call("BootNotification", BOOT)
    await lab201.act("read_variables", variables=["DeviceDataCtrlr.ItemsPerMessage[GetVariables]"])
    await lab201.act("read_variables", variables=["X.A"] * 5)
    sizes = [len(payload["getVariableData"]) for _, payload in station.asked]
    assert sizes == [1, 2, 2, 1]


async def test_an_operator_need_not_wait(lab201: Lab) -> None:
    station = await lab201.open({"GetVariables": reads({"OfflineThreshold": "5"})})
    await station.call("BootNotification", BOOT)
    variables = ["OCPPCommCtrlr.OfflineThreshold"]
    told = await lab201.act("read_variables", variables=variables, wait=False)
    assert told == {"station": "CS1", "sent": True}
    await station.until(1)


async def test_a_csms_that_greets_reads_and_sets_up_what_has_booted(lab201: Lab) -> None:
    answers = {
        "GetVariables": reads({"Enabled": "true", "HeartbeatInterval": "5"}),
        "SetVariables": {"setVariableResult": [{**THRESHOLD, "attributeStatus": "Accepted"}]},
        "GetTransactionStatus": {"messagesInQueue": False},
        "GetLocalListVersion": {"versionNumber": 0},
    }
    station = await lab201.open(answers, greets=True)
    await station.call("BootNotification", BOOT)
    await station.until(7)
    assert [action for action, _ in station.asked] == [
        *("GetVariables", "GetBaseReport", "SetVariables", "TriggerMessage"),
        *("GetTransactionStatus", "ChangeAvailability", "GetLocalListVersion"),
    ]


# -- versions and misbehaviours ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "fault", "chosen"),
    [
        (("ocpp0.1", "ocpp2.0.1"), (), "ocpp2.0.1"),
        (("ocpp0.1",), (), None),
        (("ocpp0.1", "ocpp2.0.1"), ("picks-first-subprotocol",), "ocpp0.1"),
    ],
)
async def test_the_version_that_is_chosen(
    lab201: Lab, offered: tuple[str, ...], fault: tuple[str, ...], chosen: str | None
) -> None:
    await lab201.open(faults=fault)
    station = await lab201.connect({}, *offered)
    assert station.ws.subprotocol == chosen
    if chosen is None:
        await station.ws.wait_closed()
        assert station.ws.close_code == 1002


async def test_a_fault_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no-such"):
        CsmsOptions(faults=("no-such",))


async def test_limits_can_be_ignored(lab201: Lab) -> None:
    answers = {"GetVariables": reads({"ItemsPerMessage": "2", "A": "1"})}
    station = await lab201.open(answers, faults=("ignores-limits",))
    await station.call("BootNotification", BOOT)
    await lab201.act("read_variables", variables=["DeviceDataCtrlr.ItemsPerMessage[GetVariables]"])
    await lab201.act("read_variables", variables=["X.A"] * 5)
    assert [len(payload["getVariableData"]) for _, payload in station.asked] == [1, 5]
