"""What the CSMS makes the station do: start, stop, unlock, availability, unknown actions."""

import pytest
from station_lab import lab

START = {"connectorId": 1, "idTag": "TAG1"}
ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}
BLOCKED = {"idTagInfo": {"status": "Blocked"}}


async def test_remote_start_then_cable():
    async with lab() as bench:
        mark = bench.mark
        assert await bench.peer.call("RemoteStartTransaction", START) == ACCEPTED
        await bench.settle()
        assert bench.peer.short(mark) == ["Authorize", "1 Preparing"]
        await bench.do("plug_in")
        assert bench.peer.short(mark)[2:] == ["StartTransaction", "1 Charging"]
        assert bench.peer.payloads("StartTransaction")[0]["idTag"] == "TAG1"


async def test_cable_then_remote_start():
    async with lab() as bench:
        mark = bench.mark
        await bench.do("plug_in")
        assert await bench.peer.call("RemoteStartTransaction", START) == ACCEPTED
        await bench.settle()
        expected = ["1 Preparing", "Authorize", "StartTransaction", "1 Charging"]
        assert bench.peer.short(mark) == expected


async def test_remote_start_without_authorize():
    async with lab() as bench:
        await bench.set(AuthorizeRemoteTxRequests=False)
        mark = bench.mark
        await bench.peer.call("RemoteStartTransaction", START)
        await bench.settle()
        assert bench.peer.short(mark) == ["1 Preparing"]


async def test_remote_start_with_a_cached_token():
    async with lab() as bench:
        await bench.set(LocalPreAuthorize=True)
        await bench.charge()
        await bench.peer.call("RemoteStopTransaction", {"transactionId": 1})
        await bench.do("unplug")
        mark = bench.mark
        assert await bench.peer.call("RemoteStartTransaction", START) == ACCEPTED
        await bench.settle()
        assert bench.peer.short(mark) == ["1 Preparing"]


async def test_a_remote_start_that_is_not_authorized_changes_nothing():
    async with lab({"Authorize": BLOCKED}) as bench:
        mark = bench.mark
        assert await bench.peer.call("RemoteStartTransaction", START) == ACCEPTED
        await bench.settle()
        assert bench.peer.short(mark) == ["Authorize"]


async def test_remote_start_times_out():
    async with lab(keys={"ConnectionTimeOut": "15"}) as bench:
        await bench.peer.call("RemoteStartTransaction", START)
        await bench.settle(20)
        assert bench.peer.statuses()[-2:] == ["Preparing", "Available"]


@pytest.mark.parametrize("number", [0, 3])
async def test_remote_start_needs_a_connector_that_exists(number):
    async with lab() as bench:
        start = {"connectorId": number, "idTag": "TAG1"}
        assert await bench.peer.call("RemoteStartTransaction", start) == REJECTED


async def test_remote_start_is_rejected_where_something_is_going_on():
    async with lab() as bench:
        await bench.charge()
        assert await bench.peer.call("RemoteStartTransaction", START) == REJECTED
        await bench.do("present_token", id_tag="TAG2", connector=2)
        start = {"connectorId": 2, "idTag": "TAG3"}
        assert await bench.peer.call("RemoteStartTransaction", start) == REJECTED
        assert await bench.peer.call("RemoteStartTransaction", {"idTag": "TAG3"}) == REJECTED


async def test_two_remote_starts_at_once():
    async with lab() as bench:
        assert await bench.peer.call("RemoteStartTransaction", START) == ACCEPTED
        assert await bench.peer.call("RemoteStartTransaction", START) == REJECTED


async def test_the_station_chooses_the_connector_with_a_cable():
    async with lab() as bench:
        await bench.do("plug_in", connector=2)
        assert await bench.peer.call("RemoteStartTransaction", {"idTag": "TAG1"}) == ACCEPTED
        await bench.settle()
        assert bench.peer.payloads("StartTransaction")[0]["connectorId"] == 2


async def test_remote_stop():
    async with lab() as bench:
        await bench.charge()
        mark = bench.mark
        stop = {"transactionId": 1}
        assert await bench.peer.call("RemoteStopTransaction", stop) == ACCEPTED
        await bench.settle()
        assert bench.peer.short(mark) == ["StopTransaction", "1 Finishing"]
        payload = bench.peer.payloads("StopTransaction")[0]
        assert payload["reason"] == "Remote"
        assert "idTag" not in payload
        assert await bench.peer.call("RemoteStopTransaction", stop) == REJECTED
        await bench.do("unplug")
        assert bench.peer.statuses()[-1] == "Available"


async def test_unlock_without_a_transaction():
    async with lab() as bench:
        mark = bench.mark
        answer = await bench.peer.call("UnlockConnector", {"connectorId": 1})
        assert answer == {"status": "Unlocked"}
        assert bench.peer.short(mark) == []


async def test_unlock_stops_the_transaction():
    async with lab() as bench:
        await bench.charge()
        mark = bench.mark
        answer = await bench.peer.call("UnlockConnector", {"connectorId": 1})
        assert answer == {"status": "Unlocked"}
        await bench.settle()
        assert bench.peer.short(mark) == ["StopTransaction", "1 Finishing"]
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == "UnlockCommand"
        await bench.do("unplug")
        assert bench.peer.statuses()[-1] == "Available"


@pytest.mark.parametrize("options", [{"cable": "fixed"}, {"cable_lock": False}])
async def test_unlock_without_a_lock(options):
    async with lab(**options) as bench:
        await bench.charge()
        answer = await bench.peer.call("UnlockConnector", {"connectorId": 1})
        assert answer == {"status": "NotSupported"}
        await bench.settle()
        assert bench.peer.sent("StopTransaction") == []


async def test_unlock_of_an_unknown_connector_and_of_a_jammed_lock():
    async with lab() as bench:
        answer = await bench.peer.call("UnlockConnector", {"connectorId": 9})
        assert answer == {"status": "NotSupported"}
        await bench.do("jam_lock")
        answer = await bench.peer.call("UnlockConnector", {"connectorId": 1})
        assert answer == {"status": "UnlockFailed"}
        await bench.settle()
        assert bench.peer.statuses()[-1] == "Faulted"
        await bench.do("free_lock")
        assert bench.peer.statuses()[-1] == "Available"
        answer = await bench.peer.call("UnlockConnector", {"connectorId": 1})
        assert answer == {"status": "Unlocked"}


async def test_a_jammed_lock_prevents_charging():
    async with lab() as bench:
        await bench.do("jam_lock")
        await bench.charge()
        assert bench.peer.statuses()[-1] == "Faulted"
        assert bench.peer.sent("StartTransaction") == []
        await bench.do("free_lock")
        assert bench.peer.statuses()[-1] == "Preparing"


async def test_availability_of_a_connector():
    async with lab() as bench:
        mark = bench.mark
        off = {"connectorId": 1, "type": "Inoperative"}
        assert await bench.peer.call("ChangeAvailability", off) == ACCEPTED
        assert await bench.peer.call("ChangeAvailability", off) == ACCEPTED
        await bench.settle()
        assert bench.peer.short(mark) == ["1 Unavailable"]
        await bench.do("plug_in")
        on = {"connectorId": 1, "type": "Operative"}
        assert await bench.peer.call("ChangeAvailability", on) == ACCEPTED
        await bench.settle()
        assert bench.peer.short(mark)[1:] == ["1 Preparing"]
        wrong = {"connectorId": 7, "type": "Operative"}
        assert await bench.peer.call("ChangeAvailability", wrong) == REJECTED


async def test_availability_of_the_whole_station():
    async with lab() as bench:
        mark = bench.mark
        off = {"connectorId": 0, "type": "Inoperative"}
        assert await bench.peer.call("ChangeAvailability", off) == ACCEPTED
        await bench.settle()
        assert bench.peer.short(mark) == ["0 Unavailable", "1 Unavailable", "2 Unavailable"]


async def test_availability_waits_for_the_transaction_and_for_the_cable():
    async with lab() as bench:
        await bench.charge()
        off = {"connectorId": 1, "type": "Inoperative"}
        scheduled = {"status": "Scheduled"}
        assert await bench.peer.call("ChangeAvailability", off) == scheduled
        assert bench.peer.statuses()[-1] == "Charging"
        await bench.peer.call("RemoteStopTransaction", {"transactionId": 1})
        await bench.settle()
        assert await bench.peer.call("ChangeAvailability", off) == scheduled
        assert await bench.peer.call("RemoteStartTransaction", START) == REJECTED
        await bench.do("unplug")
        assert bench.peer.statuses()[-2:] == ["Finishing", "Unavailable"]


async def test_a_scheduled_change_can_be_taken_back():
    async with lab() as bench:
        await bench.charge()
        await bench.peer.call("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
        answer = await bench.peer.call(
            "ChangeAvailability", {"connectorId": 0, "type": "Operative"}
        )
        assert answer == ACCEPTED
        await bench.do("unplug")
        assert bench.peer.statuses(1)[-1] == "Available"
        assert bench.peer.statuses(2)[-2:] == ["Unavailable", "Available"]


async def test_a_waiting_session_ends_when_the_connector_becomes_inoperative():
    async with lab() as bench:
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.peer.call("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
        await bench.do("plug_in")
        assert bench.peer.statuses()[-1] == "Unavailable"
        assert bench.peer.sent("StartTransaction") == []


@pytest.mark.parametrize(
    ("vendor", "status"), [("com.example", "UnknownVendorId"), ("testbay", "UnknownMessageId")]
)
async def test_data_transfer(vendor, status):
    async with lab() as bench:
        answer = await bench.peer.call("DataTransfer", {"vendorId": vendor, "data": "x"})
        assert answer == {"status": status}


@pytest.mark.parametrize(
    ("message", "data", "answer"),
    [
        ("Echo", {"data": "x"}, {"status": "Accepted", "data": "x"}),
        ("echo", {}, {"status": "Accepted"}),
        ("Refuse", {"data": "x"}, {"status": "Rejected"}),
        ("Sing", {"data": "x"}, {"status": "UnknownMessageId"}),
    ],
)
async def test_data_transfer_to_the_own_vendor(message, data, answer):
    async with lab() as bench:
        request = {"vendorId": "Testbay", "messageId": message, **data}
        assert await bench.peer.call("DataTransfer", request) == answer


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("GetDiagnostics", {"location": "ftp://host/file"}, "NotSupported"),
        ("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}, "NotSupported"),
        ("Dance", {}, "NotImplemented"),
        ("Reset", {}, "OccurenceConstraintViolation"),
        ("Reset", {"type": "Gentle"}, "PropertyConstraintViolation"),
        ("Reset", {"type": 1}, "TypeConstraintViolation"),
        ("ClearCache", {"why": 1}, "FormationViolation"),
    ],
)
async def test_calls_that_cannot_be_served(action, payload, code):
    async with lab(without=("FirmwareManagement",)) as bench:
        frame = await bench.peer.raw_call(action, payload)
        assert (frame[0], frame[2]) == (4, code)
