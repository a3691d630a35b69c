"""Booting: accepted at once, after a while, or not."""

import pytest
from station201_lab import lab201

REJECTED = {"status": "Rejected", "interval": 30}
PENDING = {"status": "Pending", "interval": 30}
REPORT = {"requestId": 7, "reportBase": "SummaryInventory"}


async def test_a_boot_tells_every_connector():
    async with lab201() as bench:
        sent = [call.action for call in bench.peer.calls]
        assert sent[0] == "BootNotification"
        assert sorted(sent[1:]) == [
            *("SecurityEventNotification", "StatusNotification", "StatusNotification")
        ]


async def test_one_message_may_tell_of_all_connectors():
    async with lab201(reports="NotifyEvent", groups_events=True) as bench:
        [told] = bench.peer.payloads("NotifyEvent")
        names = [event["component"]["name"] for event in told["eventData"]]
        assert names == ["EVSE", "EVSE", "Connector", "Connector"]


@pytest.mark.parametrize("first", [REJECTED, PENDING])
async def test_a_station_that_is_not_accepted_is_silent_for_the_interval(first):
    async with lab201({"BootNotification": [first, {}]}) as bench:
        await bench.do("plug_in")
        await bench.settle(20)
        assert [call.action for call in bench.peer.calls] == ["BootNotification"]
        await bench.settle(10)
        boots = bench.peer.sent("BootNotification")
        assert boots[1].time - boots[0].time == pytest.approx(30, abs=0.1)


async def test_a_rejected_station_refuses_what_it_is_asked():
    async with lab201({"BootNotification": [REJECTED]}) as bench:
        frame = await bench.peer.ask("GetBaseReport", REPORT)
        assert frame[:2] == [4, "SecurityError"]


async def test_a_rejected_station_may_wait_offline():
    async with lab201({"BootNotification": [REJECTED, {}]}, waits_offline=True) as bench:
        await bench.settle(40)
        boots = bench.peer.sent("BootNotification")
        assert [boot.connection for boot in boots] == [1, 2]
        assert boots[1].time - boots[0].time >= 30


async def test_a_pending_station_reports_but_starts_nothing():
    async with lab201({"BootNotification": [PENDING, {}]}) as bench:
        assert await bench.peer.call("GetBaseReport", REPORT) == {"status": "Accepted"}
        await bench.settle()
        assert len(bench.peer.sent("NotifyReport")) == 1
        token = {"idToken": "TAG", "type": "ISO14443"}
        start = {"idToken": token, "remoteStartId": 1, "evseId": 1}
        assert await bench.peer.call("RequestStartTransaction", start) == {"status": "Rejected"}


async def test_a_pending_station_boots_again_when_it_is_asked_to():
    async with lab201({"BootNotification": [PENDING, {}]}) as bench:
        asked = {"requestedMessage": "BootNotification"}
        assert await bench.peer.call("TriggerMessage", asked) == {"status": "Accepted"}
        await bench.settle()
        assert [boot["reason"] for boot in bench.peer.payloads("BootNotification")] == [
            *("PowerUp", "Triggered")
        ]
        assert len(bench.peer.sent("StatusNotification")) == 2


async def test_a_message_can_be_one_that_is_not_triggered():
    async with lab201({}, not_triggered=("Heartbeat",)) as bench:
        answer = await bench.peer.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
        assert answer == {"status": "NotImplemented"}
