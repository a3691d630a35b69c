"""Booting, registering, staying in touch."""

import pytest
from station_lab import lab

ALL = ["0 Available", "1 Available", "2 Available"]
REJECTED = {"status": "Rejected", "interval": 30}
PENDING = {"status": "Pending", "interval": 30}


async def test_boot_reports_all_statuses_once():
    async with lab() as bench:
        assert bench.peer.short() == ["BootNotification", *ALL]
        boot = bench.peer.payloads("BootNotification")[0]
        assert boot["chargePointVendor"] == "Testbay"
        assert "chargePointSerialNumber" not in boot


async def test_heartbeats_follow_the_interval_of_the_boot():
    async with lab({"BootNotification": {"interval": 40}}) as bench:
        await bench.settle(130)
        times = [call.time for call in bench.peer.sent("Heartbeat")]
        assert times == pytest.approx([42, 82, 122], abs=0.1)
        answer = await bench.peer.call("GetConfiguration", {"key": ["HeartbeatInterval"]})
        assert answer["configurationKey"][0]["value"] == "40"


async def test_a_changed_heartbeat_interval_counts_from_now():
    async with lab({"BootNotification": {"interval": 100}}) as bench:
        await bench.set(HeartbeatInterval=10)
        await bench.settle(25)
        assert [round(call.time) for call in bench.peer.sent("Heartbeat")] == [15, 25]
        await bench.set(HeartbeatInterval=0)
        await bench.settle(500)
        assert len(bench.peer.sent("Heartbeat")) == 2


async def test_an_interval_of_zero_keeps_the_own_heartbeat():
    async with lab({"BootNotification": {"interval": 0}}) as bench:
        await bench.settle(300)
        assert [round(call.time) for call in bench.peer.sent("Heartbeat")] == [302]


@pytest.mark.parametrize("first", [REJECTED, PENDING])
async def test_not_accepted_waits_the_interval_and_is_silent_meanwhile(first):
    async with lab({"BootNotification": [first, {}]}) as bench:
        await bench.do("plug_in")
        await bench.settle(20)
        assert bench.peer.short() == ["BootNotification"]
        await bench.settle(10)
        assert bench.peer.short()[1:] == [
            "BootNotification",
            "0 Available",
            "1 Preparing",
            "2 Available",
        ]
        boots = bench.peer.sent("BootNotification")
        assert boots[1].time - boots[0].time == pytest.approx(30, abs=0.1)
        assert boots[1].connection == boots[0].connection


async def test_zero_interval_lets_the_station_choose():
    async with lab({"BootNotification": [REJECTED | {"interval": 0}, {}]}, boot_retry=20) as bench:
        await bench.settle(20)
        assert [round(call.time) for call in bench.peer.sent("BootNotification")] == [2, 22]


async def test_pending_answers_calls_but_takes_no_remote_start():
    async with lab({"BootNotification": [PENDING, {}]}) as bench:
        await bench.set(MeterValueSampleInterval=7)
        answer = await bench.peer.call("GetConfiguration")
        values = {entry["key"]: entry.get("value") for entry in answer["configurationKey"]}
        assert values["MeterValueSampleInterval"] == "7"
        start = {"connectorId": 1, "idTag": "TAG1"}
        assert await bench.peer.call("RemoteStartTransaction", start) == {"status": "Rejected"}
        stop = {"transactionId": 1}
        assert await bench.peer.call("RemoteStopTransaction", stop) == {"status": "Rejected"}
        await bench.charge()
        assert bench.peer.short() == ["BootNotification"]


async def test_rejected_does_not_answer():
    async with lab({"BootNotification": [REJECTED]}) as bench:
        with pytest.raises(TimeoutError):
            await bench.peer.call("GetConfiguration")


async def test_the_interval_holds_over_a_reconnection():
    async with lab({"BootNotification": [PENDING, {}]}) as bench:
        bench.peer.connections[0].transport.abort()
        await bench.settle(40)
        boots = bench.peer.sent("BootNotification")
        assert [round(boot.time) for boot in boots] == [2, 32]
        assert [boot.connection for boot in boots] == [1, 2]


async def test_a_boot_without_an_answer_is_tried_again():
    async with lab({"BootNotification": [None, {}]}, boot_retry=10) as bench:
        await bench.settle(50)
        assert [round(call.time) for call in bench.peer.sent("BootNotification")] == [2, 42]


async def test_reconnection_without_reboot_reports_only_what_changed():
    async with lab() as bench:
        await bench.do("ev_ready")
        mark = bench.mark
        bench.peer.connections[0].transport.abort()
        await bench.do("plug_in", connector=2)
        await bench.settle(10)
        assert bench.peer.short(mark) == ["2 Preparing"]
        assert bench.peer.calls[-1].connection == 2


async def test_a_status_that_came_and_went_offline_is_not_reported():
    async with lab() as bench:
        mark = bench.mark
        bench.peer.connections[0].transport.abort()
        await bench.do("plug_in", connector=2)
        await bench.do("unplug", connector=2)
        await bench.settle(10)
        assert bench.peer.short(mark) == []
        assert len(bench.peer.connections) == 2


async def test_pauses_between_attempts_to_connect_grow():
    async with lab(connected=False, reconnect=(2, 10)) as bench:
        await bench.settle(30)
        attempts = sum("cannot connect" in line for line in bench.log)
        assert attempts == 5  # at 2, 4, 8, 16 and 26 s
        await bench.online()
        await bench.settle(10)
        assert bench.peer.short() == ["BootNotification", *ALL]


async def test_identity_and_password_go_into_the_upgrade_request():
    async with lab(password="secret") as bench:
        request = bench.peer.connections[0].request
        assert request.path == "/ocpp/CP1"
        assert request.headers["Authorization"] == "Basic Q1AxOnNlY3JldA=="
        assert request.headers["Sec-WebSocket-Protocol"] == "ocpp1.6"


async def test_minimum_status_duration_leaves_out_short_statuses():
    async with lab() as bench:
        await bench.set(MinimumStatusDuration=5)
        mark = bench.mark
        await bench.do("plug_in")
        await bench.do("unplug")
        await bench.settle(10)
        assert bench.peer.short(mark) == []
        await bench.do("plug_in")
        start = bench.time
        await bench.settle(10)
        assert bench.peer.short(mark) == ["1 Preparing"]
        assert bench.peer.calls[-1].time == pytest.approx(start + 5, abs=0.5)


async def test_message_ids_do_not_repeat_over_restarts_of_the_program():
    async with lab() as bench:
        first = set(bench.peer.ids)
        store = bench.store
    async with lab(store=store) as bench:
        assert first.isdisjoint(bench.peer.ids)
