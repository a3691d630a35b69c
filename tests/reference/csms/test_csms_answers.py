"""What the CSMS answers to an accepted station (OCPP 1.6, chapter 4), and what it keeps."""

import asyncio
from typing import Any

import pytest
from csms_lab import OK, Lab, ScriptedStation

from testbay_reference.csms import Token
from testbay_reference.csms.records import StationRecord, Transaction

SAMPLE = {"timestamp": "2030-01-01T00:00:30Z", "sampledValue": [{"value": "15"}]}


async def opened(lab: Lab, **options: Any) -> ScriptedStation:
    await lab.open(**options)
    return await lab.station()


def transaction(lab: Lab, number: int) -> dict[str, Any]:
    found: dict[str, Any] = lab.record()["transactions"][str(number)]
    return found


async def test_heartbeat(lab: Lab) -> None:
    station = await opened(lab)
    await asyncio.sleep(60)
    assert await station.call("Heartbeat") == {"currentTime": "2030-01-01T00:01:00.000Z"}
    assert lab.record()["last_seen"] == "2030-01-01T00:01:00.000Z"


async def test_status_notification_is_kept(lab: Lab) -> None:
    station = await opened(lab)
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
    assert await station.call("StatusNotification", status) == {}
    status = {"connectorId": 2, "errorCode": "OtherError", "status": "Faulted", "info": "why"}
    status |= {"vendorId": "v", "vendorErrorCode": "7", "timestamp": "2030-01-01T00:00:09Z"}
    assert await station.call("StatusNotification", status) == {}
    one, two = lab.record()["connectors"].values()
    assert (one["status"], one["at"]) == ("Preparing", "2030-01-01T00:00:00.000Z")
    assert (two["info"], two["vendor_error_code"]) == ("why", "7")
    assert two["at"] == "2030-01-01T00:00:09Z"


async def test_a_transaction_from_start_to_stop(lab: Lab) -> None:
    station = await opened(lab)
    assert await station.start(connector=2) == {"transactionId": 1, "idTagInfo": OK}
    values = {"connectorId": 2, "transactionId": 1, "meterValue": [SAMPLE]}
    assert await station.call("MeterValues", values) == {}
    assert await station.stop(1, transactionData=[SAMPLE]) == {}
    kept = transaction(lab, 1)
    assert (kept["connector"], kept["meter_start"], kept["meter_stop"]) == (2, 10, 20)
    assert (kept["ended"], kept["reason"], kept["stopped_by"]) == ("stopped", "Local", None)
    assert lab.record()["samples"]["1"] == [SAMPLE, SAMPLE]
    assert lab.record()["remarks"] == []


async def test_stop_says_what_about_the_token_if_there_is_one(lab: Lab) -> None:
    station = await opened(lab, tokens=(Token("TAG"), Token("OLD", "Blocked")))
    for number, (tag, status) in enumerate([("TAG", "Accepted"), ("OLD", "Blocked")], 1):
        await station.start(connector=number)
        answer = await station.stop(number, idTag=tag, reason="Remote")
        assert answer == {"idTagInfo": {"status": status}}
        assert transaction(lab, number)["reason"] == "Remote"
        assert transaction(lab, number)["stopped_by"] == tag


async def test_a_refused_token_gets_a_transaction_id_all_the_same(lab: Lab) -> None:
    station = await opened(lab)
    answer = await station.start("NOBODY")
    assert answer == {"transactionId": 1, "idTagInfo": {"status": "Invalid"}}
    assert transaction(lab, 1)["status"] == "Invalid"


async def test_a_transaction_started_offline_is_one_like_any_other(lab: Lab) -> None:
    station = await opened(lab)
    first = await station.start(timestamp="2029-12-24T18:00:00Z")
    assert first == {"transactionId": 1, "idTagInfo": OK}
    await station.stop(1, timestamp="2029-12-24T19:00:00Z")
    assert (await station.start(timestamp="2029-12-25T18:00:00Z"))["transactionId"] == 2


async def test_a_start_that_comes_again_gets_the_same_id(lab: Lab) -> None:
    station = await opened(lab, one_transaction_per_token=True)
    first = await station.start()
    assert await station.start() == first == {"transactionId": 1, "idTagInfo": OK}
    assert "StartTransaction of transaction 1 came again" in lab.record()["remarks"]
    await station.stop(1)
    assert (await station.start())["transactionId"] == 2  # the same moment, but another one


async def test_a_stop_that_comes_again_is_answered_again(lab: Lab) -> None:
    station = await opened(lab)
    await station.start()
    assert await station.stop(1, transactionData=[SAMPLE]) == {}
    assert await station.stop(1, transactionData=[SAMPLE]) == {}
    assert lab.record()["samples"]["1"] == [SAMPLE]


async def test_a_new_transaction_on_a_connector_ends_the_one_before(lab: Lab) -> None:
    station = await opened(lab)
    await station.start()
    await station.start(timestamp="2030-01-01T02:00:00Z")
    assert transaction(lab, 1)["ended"] == "replaced"
    assert transaction(lab, 2)["ended"] is None
    await station.stop(1)  # its stop was only late
    assert transaction(lab, 1)["ended"] == "stopped"


@pytest.mark.parametrize("number", [-1, 77])
async def test_messages_of_transactions_without_a_known_id_are_answered(
    lab: Lab, number: int
) -> None:
    station = await opened(lab)
    values = {"connectorId": 1, "transactionId": number, "meterValue": [SAMPLE]}
    assert await station.call("MeterValues", values) == {}
    assert await station.stop(number, idTag="TAG") == {"idTagInfo": OK}
    assert len(lab.record()["remarks"]) == (0 if number == -1 else 2)


async def test_odd_contents_are_remarked_upon_but_answered(lab: Lab) -> None:
    station = await opened(lab)
    assert (await station.start(connector=0))["idTagInfo"] == OK
    assert await station.stop(1, meterStop=0) == {}
    remarks = " ".join(lab.record()["remarks"])
    assert "connector 0" in remarks
    assert "less energy" in remarks


async def test_meter_values_outside_a_transaction(lab: Lab) -> None:
    station = await opened(lab)
    values = {"connectorId": 0, "meterValue": [SAMPLE]}
    assert await station.call("MeterValues", values) == {}
    assert lab.record()["samples"]["0"] == [SAMPLE]


def test_only_so_much_is_kept() -> None:
    record = StationRecord("CP1")
    for number in range(1, 206):
        one = Transaction(number, 1, "TAG", 0, "2030-01-01T00:00:00Z", "Accepted", ended="stopped")
        record.add_transaction(one)
        record.add_samples(number, [SAMPLE] * 600)
        record.add_samples(number, [SAMPLE] * 600)
        record.remark(f"remark {number}")
    assert list(record.transactions) == list(record.samples) == list(range(5, 206))
    assert len(record.samples[205]) == 1000
    assert record.remarks == [f"remark {number}" for number in range(106, 206)]


async def test_data_transfer(lab: Lab) -> None:
    vendors = {"com.known": ("hello",), "com.open": ()}
    station = await opened(lab, vendors=vendors)

    async def status(vendor: str, message: str | None) -> str:
        payload = {"vendorId": vendor} | ({"messageId": message} if message else {})
        answer = await station.call("DataTransfer", payload | {"data": "x"})
        assert "data" not in answer
        return str(answer["status"])

    assert await status("com.other", "hello") == "UnknownVendorId"
    assert await status("com.known", "bye") == "UnknownMessageId"
    assert await status("com.known", None) == "UnknownMessageId"
    assert await status("com.known", "hello") == "Accepted"
    assert await status("com.open", "anything") == "Accepted"


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("DiagnosticsStatusNotification", {"status": "Uploading"}),
        ("FirmwareStatusNotification", {"status": "Downloaded"}),
        ("LogStatusNotification", {"status": "Idle"}),
        ("SignedFirmwareStatusNotification", {"status": "Idle"}),
        ("SecurityEventNotification", {"type": "X", "timestamp": "2030-01-01T00:00:00Z"}),
    ],
)
async def test_notices_are_kept(lab: Lab, action: str, payload: dict[str, Any]) -> None:
    station = await opened(lab)
    assert await station.call(action, payload) == {}
    assert lab.record()["notices"] == {action: payload}


async def test_certificates_are_not_signed(lab: Lab) -> None:
    station = await opened(lab)
    assert await station.call("SignCertificate", {"csr": "x"}) == {"status": "Rejected"}


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("Fly", {}, "NotImplemented"),
        ("Reset", {"type": "Hard"}, "NotSupported"),
        ("Authorize", {}, "OccurenceConstraintViolation"),
        ("Authorize", {"idTag": 5}, "TypeConstraintViolation"),
        ("Authorize", {"idTag": "x" * 21}, "PropertyConstraintViolation"),
        ("Authorize", {"idTag": "TAG", "more": 1}, "FormationViolation"),
        ("StatusNotification", {"connectorId": 1, "errorCode": "No", "status": "Available"}, ""),
    ],
)
async def test_what_cannot_be_served_gets_the_fitting_error(
    lab: Lab, action: str, payload: dict[str, Any], code: str
) -> None:
    station = await opened(lab)
    assert await station.call(action, payload) == (code or "PropertyConstraintViolation")
    assert await station.call("Heartbeat")  # and the connection goes on


async def test_frames_that_are_no_messages_do_not_end_the_connection(lab: Lab) -> None:
    station = await opened(lab)
    await station.send("hello")
    await station.send("[]")
    await station.ws.send(b"\x00\x01")
    assert await station.call("Heartbeat")
    assert len(lab.record()["remarks"]) == 3


async def test_an_answer_that_was_not_asked_for_is_ignored(lab: Lab) -> None:
    station = await opened(lab)
    await station.send([3, "nobody", {}])
    assert await station.call("Heartbeat")
