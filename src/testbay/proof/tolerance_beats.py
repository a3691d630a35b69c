"""Heartbeats as another station sends them: after inactivity, or at ticks, leaving some out."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

import orjson
from websockets.exceptions import ConnectionClosed

from testbay.proof.tolerance_wire import CALL, RESULT, Frame, NoAct, Pair, TolerantWire

BEAT = "Heartbeat"
NOW = "2030-01-01T00:00:00.000Z"
CHATTER = ("DataTransfer", {"vendorId": "org.example", "messageId": "x", "data": "{}"})


@dataclass
class OwnBeats(NoAct):
    """Heartbeats in the place of those of the system, which it believes are answered.

    Args:
        skips: a clock ticks, and what was sent since the last tick stands for a Heartbeat;
            otherwise the interval begins anew with each message.
        chatter: how long after every second Heartbeat something else is sent (s).
    """

    skips: bool
    chatter: float
    _boots: tuple[str, ...] = ()
    _last: float = 0.0
    _sending: asyncio.Task[None] | None = None

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Keep its Heartbeats; note when it has sent something else."""
        if frame[0] != CALL:
            return False
        if frame[2] == BEAT:
            await pair.sut.send(orjson.dumps([RESULT, frame[1], {"currentTime": NOW}]).decode())
            return True
        if frame[2] == "BootNotification":
            self._boots = (*self._boots, frame[1])
        self._last = asyncio.get_running_loop().time()
        return False

    async def from_tool(self, pair: Pair, frame: Frame) -> bool:
        """Begin when it has been accepted."""
        accepted = frame[0] == RESULT and frame[2].get("status") == "Accepted"
        if accepted and frame[1] in self._boots:
            if self._sending is not None:
                self._sending.cancel()
            work = self._beats(pair.wire, float(frame[2]["interval"]))
            self._sending = pair.wire.spawn(work)
        return False

    async def _beats(self, wire: TolerantWire, interval: float) -> None:
        loop = asyncio.get_running_loop()
        tick, sent = loop.time(), 0
        while True:
            due = (tick if self.skips else self._last) + interval
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
                continue  # meanwhile, something else may have been sent
            busy, tick = self._last > tick, due
            if self.skips and busy:
                continue
            self.applied, sent = True, sent + 1
            await self._send(wire, BEAT, {})
            if sent % 2 == 0:
                await asyncio.sleep(self.chatter)
                await self._send(wire, *CHATTER)

    async def _send(self, wire: TolerantWire, action: str, payload: dict[str, Any]) -> None:
        self._last = asyncio.get_running_loop().time()
        if wire.pair is not None:
            with contextlib.suppress(ConnectionClosed):
                await wire.pair.add(action, payload)
