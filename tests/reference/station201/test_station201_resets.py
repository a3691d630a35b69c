"""Resets: of the station and of an EVSE, at once or once idle."""

import pytest
from station201_lab import lab201

TOKEN = {"id_token": "TAG", "type": "ISO14443"}


async def charge(bench, evse=1):
    await bench.do("plug_in", evse=evse)
    await bench.do("present_token", evse=evse, **TOKEN)


def boots(bench, since=0):
    return [boot["reason"] for boot in bench.peer.payloads("BootNotification", since=since)]


@pytest.mark.parametrize("kind", ["OnIdle", "Immediate"])
async def test_an_idle_station_resets_at_once(kind):
    async with lab201() as bench:
        assert await bench.peer.call("Reset", {"type": kind}) == {"status": "Accepted"}
        await bench.settle(5)
        assert boots(bench) == ["PowerUp", "RemoteReset"]


async def test_a_reset_at_once_ends_the_transaction_before_the_boot():
    async with lab201() as bench:
        await charge(bench)
        mark = bench.mark
        assert await bench.peer.call("Reset", {"type": "Immediate"}) == {"status": "Accepted"}
        await bench.settle(5)
        after = bench.peer.sent(since=mark)
        assert [call.action for call in after[:2]] == ["TransactionEvent", "BootNotification"]
        ended = after[0].payload
        assert (ended["eventType"], ended["triggerReason"]) == ("Ended", "ResetCommand")
        assert ended["transactionInfo"]["stoppedReason"] == "ImmediateReset"
        assert ended["transactionInfo"]["chargingState"] == "EVConnected"
        assert "idToken" not in ended


async def test_a_reset_waits_for_all_transactions():
    async with lab201() as bench:
        await charge(bench, 1)
        await charge(bench, 2)
        assert await bench.peer.call("Reset", {"type": "OnIdle"}) == {"status": "Scheduled"}
        await bench.do("present_token", evse=1, **TOKEN)
        await bench.settle(5)
        assert boots(bench) == ["PowerUp"]
        await bench.do("present_token", evse=2, **TOKEN)
        await bench.settle(5)
        assert boots(bench) == ["PowerUp", "ScheduledReset"]


async def test_nothing_new_begins_while_a_reset_is_waited_for():
    async with lab201(tells_reset=True) as bench:
        await charge(bench)
        mark = bench.mark
        await bench.peer.call("Reset", {"type": "OnIdle"})
        await bench.settle()
        told = bench.peer.payloads("StatusNotification", since=mark)
        assert [(s["evseId"], s["connectorStatus"]) for s in told] == [(2, "Unavailable")]
        start = {
            "idToken": {"idToken": "X", "type": "ISO14443"},
            "remoteStartId": 1,
            "evseId": 2,
        }
        assert await bench.peer.call("RequestStartTransaction", start) == {"status": "Rejected"}


async def test_one_evse_is_reset_and_the_other_goes_on():
    async with lab201() as bench:
        await charge(bench, 1)
        await charge(bench, 2)
        mark = bench.mark
        reset = {"type": "Immediate", "evseId": 1}
        assert await bench.peer.call("Reset", reset) == {"status": "Accepted"}
        await bench.settle(5)
        events = bench.peer.payloads("TransactionEvent", since=mark)
        assert [(e["eventType"], e["triggerReason"]) for e in events] == [("Ended", "ResetCommand")]
        assert boots(bench) == ["PowerUp"]
        evses = bench.station.state()["evses"]
        assert [evse["transaction"] is None for evse in evses] == [True, False]


async def test_one_evse_is_reset_once_idle():
    async with lab201(tells_reset=True) as bench:
        await charge(bench)
        reset = {"type": "OnIdle", "evseId": 1}
        assert await bench.peer.call("Reset", reset) == {"status": "Scheduled"}
        await bench.do("present_token", evse=1, **TOKEN)
        await bench.do("unplug", evse=1)
        await bench.settle(5)
        assert boots(bench) == ["PowerUp"]
        assert bench.station.state()["evses"][0]["connectors"] == {"1": "Available"}


@pytest.mark.parametrize(("options", "evse"), [({"evse_reset": False}, 1), ({}, 9)])
async def test_an_evse_that_cannot_be_reset(options, evse):
    async with lab201(**options) as bench:
        reset = {"type": "OnIdle", "evseId": evse}
        assert await bench.peer.call("Reset", reset) == {"status": "Rejected"}
