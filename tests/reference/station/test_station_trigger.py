"""Messages that are triggered: after the answer, of the connectors that were meant, or not."""

import pytest
from station_lab import lab

from testbay_reference.station.profiles import OPTIONAL

KINDS = ("Heartbeat", "MeterValues", "StatusNotification")
FILES = {"without": [p for p in OPTIONAL if p == "FirmwareManagement"]}
"""The station that has no messages about files."""


def pending():
    """Return a script in which the second BootNotification is accepted."""
    return {"BootNotification": [{"status": "Pending", "interval": 100}, {"interval": 100}]}


async def trigger(bench, message, connector=None):
    payload = {"requestedMessage": message}
    payload |= {} if connector is None else {"connectorId": connector}
    answer = await bench.peer.call("TriggerMessage", payload)
    await bench.settle()
    return answer["status"]


async def test_meter_values_outside_a_transaction():
    async with lab(keys={"MeterValuesSampledData": "SoC,Voltage.L1"}) as bench:
        mark = bench.mark
        assert await trigger(bench, "MeterValues", 2) == "Accepted"
        (payload,) = bench.peer.payloads("MeterValues", mark)
        assert payload["connectorId"] == 2
        assert "transactionId" not in payload
        values = payload["meterValue"][0]["sampledValue"]
        assert [(value["measurand"], value["context"]) for value in values] == [
            ("SoC", "Trigger"),
            ("Voltage", "Trigger"),
        ]


async def test_meter_values_of_a_transaction_and_of_all_connectors():
    async with lab() as bench:
        await bench.charge()
        mark = bench.mark
        assert await trigger(bench, "MeterValues") == "Accepted"
        payloads = bench.peer.payloads("MeterValues", mark)
        found = sorted((p["connectorId"], p.get("transactionId")) for p in payloads)
        assert found == [(1, 1), (2, None)]


async def test_statuses():
    async with lab() as bench:
        await bench.do("plug_in")
        mark = bench.mark
        assert await trigger(bench, "StatusNotification", 1) == "Accepted"
        assert await trigger(bench, "StatusNotification", 0) == "Accepted"
        assert bench.peer.short(mark) == ["1 Preparing", "0 Available"]
        assert await trigger(bench, "StatusNotification") == "Accepted"
        assert bench.peer.short(mark)[2:] == ["0 Available", "1 Preparing", "2 Available"]


async def test_a_status_that_has_not_lasted_yet():
    async with lab(keys={"MinimumStatusDuration": "10"}) as bench:
        await bench.do("plug_in")
        mark = bench.mark
        await trigger(bench, "StatusNotification", 1)
        assert bench.peer.short(mark) == ["1 Preparing"]
        await bench.settle(12)
        assert bench.peer.short(mark) == ["1 Preparing"]


async def test_a_heartbeat_whatever_the_connector():
    async with lab() as bench:
        mark = bench.mark
        assert await trigger(bench, "Heartbeat", 9) == "Accepted"
        assert bench.peer.short(mark) == ["Heartbeat"]


@pytest.mark.parametrize(
    ("message", "connector", "status"),
    [
        ("MeterValues", 3, "Rejected"),
        ("MeterValues", 0, "Rejected"),
        ("StatusNotification", 3, "Rejected"),
        ("BootNotification", None, "Rejected"),
        ("DiagnosticsStatusNotification", None, "NotImplemented"),
        ("FirmwareStatusNotification", None, "NotImplemented"),
    ],
)
async def test_what_is_not_sent(message, connector, status):
    without = FILES if status == "NotImplemented" else {}
    async with lab(**without) as bench:
        mark = bench.mark
        assert await trigger(bench, message, connector) == status
        assert bench.peer.short(mark) == []


@pytest.mark.parametrize("message", KINDS)
async def test_while_pending_only_what_was_asked_for_is_sent(message):
    async with lab(pending()) as bench:
        await bench.do("plug_in")
        assert await trigger(bench, message, 1) == "Accepted"
        assert [call.action for call in bench.peer.calls] == ["BootNotification", message]
        assert bench.peer.statuses() == ["Preparing"] * (message == "StatusNotification")


async def test_while_pending_the_boot_notification_can_be_hurried():
    async with lab(pending()) as bench:
        assert await trigger(bench, "BootNotification") == "Accepted"
        boots = bench.peer.sent("BootNotification")
        assert boots[1].time - boots[0].time < 10
        assert bench.peer.statuses() == ["Available"]
        assert await trigger(bench, "BootNotification") == "Rejected"


async def test_before_the_csms_answered_nothing_else_is_sent():
    async with lab({"BootNotification": None}) as bench:
        assert await trigger(bench, "Heartbeat") == "Rejected"
        assert bench.peer.short() == ["BootNotification"]


async def test_a_station_without_remote_trigger():
    async with lab(without=("RemoteTrigger",)) as bench:
        frame = await bench.peer.raw_call("TriggerMessage", {"requestedMessage": "Heartbeat"})
        assert (frame[0], frame[2]) == (4, "NotSupported")
