"""Security events: which are logged, which are told, to whom and when (whitepaper A04, 8)."""

import asyncio
from datetime import UTC, datetime

import pytest
from secure_lab import NEW, events, secure, sign
from station_lab import Refusal, lab

from testbay.clock import VirtualLoop
from testbay_reference.store import Store

START = "StartupOfTheDevice"


def log_of(bench):
    return bench.station.life.security.events.text()


async def test_what_is_told_after_a_boot():
    async with secure(1) as bench:
        assert bench.peer.short()[-1] == "SecurityEventNotification"
        assert events(bench) == [START]
        await bench.peer.call("Reset", {"type": "Soft"})
        await bench.settle(10)
        assert events(bench) == [START, START, "ResetOrReboot"]
        await bench.do("power_cycle")
        await bench.settle(10)
        assert events(bench) == [START, START, "ResetOrReboot", START]


async def test_a_csms_that_may_speak_plain_ocpp_is_spared():
    async with lab() as bench:
        assert events(bench) == []
        await bench.do("open_housing")
        assert events(bench) == []
        assert START in log_of(bench)


async def test_a_message_of_the_whitepaper_shows_that_the_csms_knows_it():
    async with lab() as bench:
        wanted = {"certificateType": "ManufacturerRootCertificate"}
        await bench.peer.call("GetInstalledCertificateIds", wanted)
        await bench.do("open_housing")
        assert events(bench) == ["TamperDetectionActivated"]
        await bench.peer.call("Reset", {"type": "Hard"})
        await bench.settle(10)
        assert events(bench)[1:] == [START, "ResetOrReboot"]


async def test_events_wait_for_the_connection_and_for_a_restart():
    store = Store()
    async with secure(1, store=store) as bench:
        await bench.offline()
        await bench.do("open_housing")
    async with secure(1, store=store) as bench:
        assert events(bench) == ["TamperDetectionActivated", START]
        first, second = bench.peer.payloads("SecurityEventNotification")
        assert first["timestamp"] < second["timestamp"]


async def test_events_wait_until_the_station_is_accepted():
    pending = {"BootNotification": [{"status": "Pending", "interval": 30}, {"interval": 100}]}
    async with secure(1, pending) as bench:
        await bench.do("open_housing")
        assert events(bench) == []
        await bench.settle(40)
        assert events(bench) == [START, "TamperDetectionActivated"]


async def test_an_event_that_could_not_be_processed_is_sent_again():
    script = {"SecurityEventNotification": [Refusal(), Refusal(), {}]}
    async with secure(1, script) as bench:
        assert events(bench) == [START]
        await bench.do("open_housing")
        await bench.settle(200)
        assert events(bench) == [START, START, START, "TamperDetectionActivated"]


async def test_an_event_that_is_not_answered_is_sent_again():
    script = {"SecurityEventNotification": [None, {}]}
    async with secure(1, script) as bench:
        await bench.settle(200)
        assert events(bench) == [START, START]


async def test_a_csms_that_does_not_know_the_message_gets_each_event_once():
    script = {"SecurityEventNotification": Refusal("NotImplemented")}
    async with secure(1, script) as bench:
        await bench.settle(200)
        assert events(bench) == [START]


async def test_an_event_in_flight_when_the_connection_ends_is_sent_again():
    script = {"SecurityEventNotification": [None, {}]}
    async with secure(1, script) as bench:
        await bench.offline()
        await bench.online()
        await bench.settle(10)
        assert events(bench) == [START, START]


async def test_what_is_only_logged():
    async with secure(1) as bench:
        await bench.peer.connections[-1].send("nonsense")
        await bench.peer.call("ChangeConfiguration", {"key": "AuthorizationKey", "value": NEW})
        await bench.settle(5)
        text = log_of(bench)
        assert "InvalidMessages" in text
        assert "ReconfigurationOfSecurityParameters AuthorizationKey was changed" in text
        assert events(bench) == [START]


async def test_a_part_of_the_log():
    async with secure(1) as bench:
        await bench.settle(100)
        await bench.do("open_housing")
        log = bench.station.life.security.events
        moment = datetime(2030, 1, 1, 0, 1, tzinfo=UTC)
        assert START in log.text(None, moment)
        assert START not in log.text(moment)
        assert "TamperDetectionActivated" in log.text(moment)
        assert log.text(moment, moment) == ""
        assert all(line.count(" ") >= 1 for line in log.text().splitlines())


async def test_clearing_the_log_is_an_event():
    async with secure(1) as bench:
        bench.station.life.security.events.clear()
        await bench.settle()
        assert events(bench)[-1] == "SecurityLogWasCleared"
        assert START not in log_of(bench)


async def test_the_log_has_an_end():
    async with secure(1, {"SecurityEventNotification": None}) as bench:
        for _ in range(1100):
            bench.station.life.security.events.happened("InvalidMessages", "x" * 300)
        lines = log_of(bench).splitlines()
        assert len(lines) == 1000
        assert len(lines[0]) < 320


@pytest.mark.parametrize("profile", [1, 2, 3])
def test_two_runs_are_the_same(profile):
    async def run():
        async with secure(profile, {"SignCertificate": {"status": "Accepted"}}) as bench:
            await sign(bench)
            await bench.settle(10)
            await bench.peer.call("Reset", {"type": "Soft"})
            await bench.settle(10)
            return bench.peer.calls, bench.log

    seen = []
    for _ in range(2):
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            seen.append(runner.run(run()))
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ("Heartbeat", ["Heartbeat"]),
        ("StatusNotification", ["0 Available", "1 Available", "2 Available"]),
        ("MeterValues", ["MeterValues", "MeterValues"]),
        ("LogStatusNotification", ["LogStatusNotification"]),
        ("FirmwareStatusNotification", ["SignedFirmwareStatusNotification"]),
    ],
)
async def test_extended_trigger(message, sent):
    async with secure(1) as bench:
        mark = bench.mark
        wanted = {"requestedMessage": message}
        assert await bench.peer.call("ExtendedTriggerMessage", wanted) == {"status": "Accepted"}
        await bench.settle()
        assert bench.peer.short(mark) == sent


async def test_extended_trigger_that_is_not_possible():
    async with secure(1) as bench:
        wanted = {"requestedMessage": "BootNotification"}
        assert await bench.peer.call("ExtendedTriggerMessage", wanted) == {"status": "Rejected"}
        wanted = {"requestedMessage": "StatusNotification", "connectorId": 9}
        assert await bench.peer.call("ExtendedTriggerMessage", wanted) == {"status": "Rejected"}
