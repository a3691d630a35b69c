"""Reservations: for whom they are, what they show, and how they end (H01 to H04)."""

import pytest
from station201_lab import lab201

MINE = {"idToken": "01020304", "type": "ISO14443"}
OTHER = {"idToken": "05060708", "type": "ISO14443"}


async def reserve(bench, number=1, until="2030-01-01T01:00:00Z", evse=1, **more):
    asked = {"id": number, "expiryDateTime": until, "idToken": MINE, "evseId": evse}
    answer = await bench.peer.call("ReserveNow", asked | more)
    await bench.settle()
    return answer["status"]


def last_status(bench):
    return bench.peer.payloads("StatusNotification")[-1]["connectorStatus"]


async def test_a_reservation_shows_and_can_be_cancelled():
    async with lab201() as bench:
        assert await reserve(bench) == "Accepted"
        assert last_status(bench) == "Reserved"
        gone = {"reservationId": 1}
        assert await bench.peer.call("CancelReservation", gone) == {"status": "Accepted"}
        await bench.settle()
        assert last_status(bench) == "Available"
        assert await bench.peer.call("CancelReservation", gone) == {"status": "Rejected"}


async def test_it_is_kept_over_a_reset_which_waits_for_it():
    async with lab201() as bench:
        await reserve(bench)
        assert await bench.peer.call("Reset", {"type": "Immediate"}) == {"status": "Accepted"}
        await bench.settle(10)
        told = bench.peer.payloads("StatusNotification")[-2:]
        assert {one["evseId"]: one["connectorStatus"] for one in told} == {
            1: "Reserved",
            2: "Available",
        }
        assert await bench.peer.call("Reset", {"type": "OnIdle"}) == {"status": "Scheduled"}
        mark = bench.mark
        await bench.peer.call("CancelReservation", {"reservationId": 1})
        await bench.settle(10)
        assert len(bench.peer.sent("BootNotification", since=mark)) == 1


@pytest.mark.parametrize(("token", "runs"), [(MINE, True), (OTHER, False)])
async def test_it_is_for_one_token(token, runs):
    async with lab201() as bench:
        await reserve(bench)
        await bench.do("plug_in")
        await bench.do("present_token", id_token=token["idToken"])
        states = [e["transactionInfo"] for e in bench.peer.payloads("TransactionEvent")]
        assert ("Charging" in [s.get("chargingState") for s in states]) is runs
        started = {"idToken": OTHER, "remoteStartId": 1, "evseId": 1}
        answer = await bench.peer.call("RequestStartTransaction", started)
        assert answer["status"] == "Rejected"


async def test_it_expires():
    async with lab201() as bench:
        await reserve(bench, until="2030-01-01T00:01:00Z")
        await bench.settle(90)
        told = bench.peer.payloads("ReservationStatusUpdate")
        assert told == [{"reservationId": 1, "reservationUpdateStatus": "Expired"}]
        assert last_status(bench) == "Available"


async def test_what_cannot_be_reserved():
    async with lab201() as bench:
        assert await reserve(bench, until="2029-01-01T00:00:00Z") == "Rejected"
        assert await reserve(bench, evse=9) == "Rejected"
        assert await reserve(bench) == "Accepted"
        assert await reserve(bench) == "Accepted"  # the same one again
        assert await reserve(bench, number=2) == "Occupied"
        await bench.do("plug_in", evse=2)
        assert await reserve(bench, number=3, evse=2) == "Occupied"


async def test_without_reservations_they_are_not_supported():
    async with lab201(lacks=("ReservationCtrlr.Available",)) as bench:
        for action, asked in (
            ("CancelReservation", {"reservationId": 1}),
            ("ReserveNow", {"id": 1, "expiryDateTime": "2030-01-01T01:00:00Z", "idToken": MINE}),
        ):
            kind, code, *_ = await bench.peer.ask(action, asked)
            assert (kind, code) == (4, "NotSupported")
