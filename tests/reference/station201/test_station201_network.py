"""Connections in slots: stored, chosen by priority, given up for others; pauses; offline times."""

import asyncio
from http import HTTPStatus
from itertools import pairwise

import pytest
from station201_lab import URL, lab201
from websockets.asyncio.server import serve

from testbay.protocol.versions import OCPP201

PRIORITY = {
    "component": {"name": "OCPPCommCtrlr"},
    "variable": {"name": "NetworkConfigurationPriority"},
}
QUICK = {
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "5",
    "OCPPCommCtrlr.NetworkProfileConnectionAttempts": "2",
}


def profile(slot=2, url=f"{URL}/second", **other):
    data = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": url,
        "messageTimeout": 30,
        "securityProfile": 1,
        "ocppInterface": "Wired0",
    }
    return {"configurationSlot": slot, "connectionData": data | other}


async def prefer(bench, value):
    data = {"setVariableData": [{**PRIORITY, "attributeValue": value}]}
    answer = await bench.peer.call("SetVariables", data)
    return answer["setVariableResult"][0]["attributeStatus"]


async def active(bench):
    named = {"component": PRIORITY["component"], "variable": {"name": "ActiveNetworkProfile"}}
    answer = await bench.peer.call("GetVariables", {"getVariableData": [named]})
    return answer["getVariableResult"][0]["attributeValue"]


def paths(bench):
    return [ws.request.path for ws in bench.peer.connections]


async def let_in(bench, but=(), log=None):
    """Serve again, and refuse requests for some paths; ``log`` gets the time of every request."""

    def decide(connection, request):
        if log is not None:
            log.append((request.path, asyncio.get_running_loop().time()))
        if request.path in but:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")
        return None

    bench.server = await serve(
        bench.peer.handle,
        "csms.test",
        9000,
        subprotocols=[OCPP201.subprotocol],
        compression=None,
        process_request=decide,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        profile(slot=999),
        profile(ocppVersion="OCPP16"),
        profile(ocppTransport="SOAP"),
        profile(url="https://csms.test"),
    ],
)
async def test_data_that_cannot_be_used(wrong):
    async with lab201() as bench:
        assert await bench.peer.call("SetNetworkProfile", wrong) == {"status": "Rejected"}


async def test_a_slot_without_data_cannot_be_preferred():
    async with lab201() as bench:
        assert await prefer(bench, "2,1") == "Rejected"
        assert await bench.peer.call("SetNetworkProfile", profile()) == {"status": "Accepted"}
        assert await prefer(bench, "2,1") == "RebootRequired"


async def test_the_station_moves_after_a_reset():
    async with lab201() as bench:
        await bench.peer.call("SetNetworkProfile", profile())
        await prefer(bench, "2,1")
        assert await active(bench) == "1"
        await bench.peer.call("Reset", {"type": "OnIdle"})
        await bench.settle(5)
        assert paths(bench) == ["/ocpp/CS1", "/ocpp/second/CS1"]
        assert await active(bench) == "2"


async def test_each_connection_is_tried_so_many_times_and_then_the_last_one_for_ever():
    async with lab201(variables=QUICK) as bench:
        await bench.peer.call("SetNetworkProfile", profile())
        await prefer(bench, "2,1")
        await bench.offline()
        log = []
        await let_in(bench, ("/ocpp/CS1", "/ocpp/second/CS1"), log)
        await bench.settle(100)
        tried = [path for path, _ in log[:6]]
        assert tried == ["/ocpp/second/CS1"] * 2 + ["/ocpp/CS1"] * 4


async def test_another_connection_is_told_of_the_boot_again():
    async with lab201(variables=QUICK) as bench:
        await bench.peer.call("SetNetworkProfile", profile())
        await prefer(bench, "2,1")
        await bench.offline()
        mark = bench.mark
        await bench.online()
        await bench.settle(20)
        assert paths(bench)[-1] == "/ocpp/second/CS1"
        assert len(bench.peer.sent("BootNotification", since=mark)) == 1


async def test_the_pause_doubles_so_many_times():
    variables = {**QUICK, "OCPPCommCtrlr.RetryBackOffRepeatTimes": "2"}
    async with lab201(variables=variables) as bench:
        await bench.offline()
        log = []
        await let_in(bench, ("/ocpp/CS1",), log)
        await bench.settle(80)
        times = [time for _, time in log]
        gaps = [round(b - a) for a, b in pairwise(times)]
        assert gaps[:3] == [10, 20, 20]


@pytest.mark.parametrize(("threshold", "told"), [("3", 2), ("300", 1)])
async def test_what_is_told_after_a_time_offline(threshold, told):
    variables = {**QUICK, "OCPPCommCtrlr.OfflineThreshold": threshold}
    async with lab201(variables=variables) as bench:
        await bench.offline()
        await bench.do("plug_in")
        mark = bench.mark
        await bench.online()
        await bench.settle(10)
        assert len(bench.peer.sent("StatusNotification", since=mark)) == told
