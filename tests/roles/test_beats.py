"""Heartbeats of the simulated station: sent where it would be silent for longer than agreed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from testbay.roles.station import StationEnd
from testbay.scenario.values import Payload, Received

from .peers import Inbox, now, serving, station, turns

EVERY = 20
STAMP = "2030-01-01T00:00:00Z"


ACCEPTED, REFUSED = {"status": "Accepted"}, {"status": "Rejected"}
COMM = {"name": "OCPPCommCtrlr"}
WANTED = {"component": COMM, "variable": {"name": "HeartbeatInterval"}, "attributeValue": "7"}
OTHER = {"component": COMM, "variable": {"name": "OfflineThreshold"}, "attributeValue": "7"}
TAKEN = {"setVariableResult": [{"attributeStatus": "Accepted"}] * 2}


class Csms:
    """Answers every call, and notes when each came."""

    def __init__(self, status: str = "Accepted", every: int = EVERY) -> None:
        self.boot = {"status": status, "interval": every, "currentTime": STAMP}
        self.sockets: list[ServerConnection] = []
        self.came: list[tuple[str, float]] = []

    async def handle(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        async for text in socket:
            _, uid, action, _ = json.loads(text)
            self.came.append((action, round(now())))
            answer: dict[str, Any] = {"currentTime": STAMP} if action == "Heartbeat" else {}
            answer = self.boot if action == "BootNotification" else answer
            await socket.send(json.dumps([3, uid, answer]))

    def beats(self) -> list[float]:
        """Return when heartbeats came."""
        return [at for action, at in self.came if action == "Heartbeat"]


@asynccontextmanager
async def booted(csms: Csms) -> AsyncIterator[tuple[StationEnd, Inbox, float]]:
    """Have a station that has just booted; the time at which it did."""
    async with (
        serving(csms.handle) as server,
        station(f"ws://127.0.0.1:{server.port}/") as (end, inbox),
    ):
        await end.ready(5)
        boot = {"chargePointVendor": "Testbay", "chargePointModel": "Simulated"}
        await end.call("c1", "BootNotification", boot)
        yield end, inbox, round(now())


async def test_a_station_that_has_nothing_to_say_sends_heartbeats() -> None:
    csms = Csms()
    async with booted(csms) as (_, inbox, at):
        await asyncio.sleep(3 * EVERY + 10)
        assert csms.beats() == [at + 21, at + 42, at + 63]
        assert [m.action for m in inbox.messages] == ["@connect"], "they are no part of a case"
        assert inbox.breaches == []


async def test_one_that_says_something_else_sends_none() -> None:
    csms = Csms()
    async with booted(csms) as (end, _, at):
        for n in range(4):
            await asyncio.sleep(EVERY)
            await end.call(f"h{n}", "Heartbeat", {})
        assert csms.beats() == [at + EVERY * n for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("action", "payload", "reply", "every"),
    [
        ("ChangeConfiguration", {"key": "heartbeatInterval", "value": "7"}, ACCEPTED, 7),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "7"}, REFUSED, EVERY),
        ("ChangeConfiguration", {"key": "ConnectionTimeOut", "value": "7"}, ACCEPTED, EVERY),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "-7"}, ACCEPTED, EVERY),
        ("SetVariables", {"setVariableData": [OTHER, WANTED]}, TAKEN, 7),
        ("SetVariables", {"setVariableData": [OTHER, OTHER]}, TAKEN, EVERY),
        ("Reset", {"type": "Soft"}, ACCEPTED, EVERY),
    ],
)
async def test_the_csms_may_set_another_interval(
    action: str, payload: dict[str, Any], reply: dict[str, Any], every: int
) -> None:
    csms = Csms()
    async with booted(csms) as (end, _, at):
        end.answer(Received("r1", action, Payload.of(payload), 1), reply)
        await asyncio.sleep(EVERY + 5)
        assert csms.beats()[0] == at + every + 1


async def test_one_that_is_not_accepted_sends_none() -> None:
    for csms in (Csms("Pending"), Csms("Rejected"), Csms(every=0)):
        async with booted(csms):
            await asyncio.sleep(10 * EVERY)
            assert csms.beats() == []


async def test_one_that_is_offline_sends_none_and_goes_on_when_it_is_back() -> None:
    csms = Csms()
    async with booted(csms) as (end, inbox, _):
        await end.link("k1", "abort", {})
        await asyncio.sleep(5 * EVERY)
        assert csms.beats() == []
        await end.link("k2", "dial", {})
        back = round(now())
        await asyncio.sleep(EVERY + 5)
        assert csms.beats() == [back + EVERY + 1]
        await turns()
        await csms.sockets[-1].close()
        await asyncio.sleep(EVERY + 5)
        assert len(csms.beats()) == 2, "also where the CSMS has hung up"
        assert inbox.breaches == []
