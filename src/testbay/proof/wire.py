"""The wire between tool and system under test: it passes everything on, but for one fault.

It stands between the system and its WebSocket, inside of TLS, so that whatever the two ends show
each other in a handshake is their own. It shares no code with either end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.exceptions import ConnectionClosed

from testbay.proof.fault import WireFault, put
from testbay.proof.pipe import pipe

CALL, RESULT, ERROR = 2, 3, 4


@dataclass
class Wire:
    """Passes on what goes over each connection of the system under test.

    Args:
        fault: what to do to one message.
        dress: what to make of each frame of the system under test.
    """

    fault: WireFault | None = None
    dress: Callable[[list[Any]], list[Any]] | None = None
    applied: bool = False
    _swallowed: dict[str, None] = field(default_factory=dict)
    _tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    _count: int = 0
    _muted: str | None = None
    _towards_tool: list[Any] = field(default_factory=list)

    def start(self) -> None:
        """Begin, before there is any connection."""
        if self.fault and self.fault.act == "inject" and self.fault.before is None:
            self._spawn(self._inject_later(self.fault))

    def join(self, tool: Any) -> Any:
        """Stand between the system and a connection of it; return its new end."""
        near, far = pipe()
        self._spawn(self._joined(far, tool))
        return near

    async def stop(self) -> None:
        """End what is going on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Any) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def _joined(self, sut: Any, tool: Any) -> None:
        """Serve one connection of the system."""
        self._towards_tool.append(tool)
        back = asyncio.get_running_loop().create_task(self._pass_to_sut(tool, sut))
        try:
            await self._pass_to_tool(sut, tool)
            await back
        finally:
            back.cancel()
            self._towards_tool.remove(tool)

    async def _pass_to_sut(self, tool: Any, sut: Any) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in tool:
                frame = orjson.loads(text)
                if frame[0] != CALL and frame[1] in self._swallowed:
                    del self._swallowed[frame[1]]
                    continue  # the answer to a message of ours, or to one that we answered
                if frame[0] == CALL:
                    await self._before("out", frame[1], tool)
                await sut.send(text)
        await sut.close()

    async def _pass_to_tool(self, sut: Any, tool: Any) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in sut:
                frame = orjson.loads(text)
                if self.dress is not None:
                    frame = self.dress(frame)
                    text = orjson.dumps(frame).decode()
                await self._before("in", frame[1], tool)
                fault = self.fault
                if self._muted is not None and frame[0] == CALL and frame[2] == self._muted:
                    await sut.send(_answered(frame, fault))
                elif fault is None or self._done() or frame[1] != fault.uid:
                    await tool.send(text)
                    await self._after(frame[1], tool)
                else:
                    await self._spoil(fault, frame, sut, tool)
        await tool.close()

    def _done(self) -> bool:
        """Whether the fault has been made; a retry of the same message passes unharmed."""
        return self.applied and (self.fault is None or self.fault.act not in ("early", "alone"))

    async def _spoil(self, fault: WireFault, frame: list[Any], sut: Any, tool: Any) -> None:
        self.applied = True
        if frame[0] != CALL:
            if fault.act != "drop":
                await tool.send(orjson.dumps(_spoiled_answer(fault, frame)).decode())
            return
        text = orjson.dumps(frame).decode()
        if fault.act == "set":
            frame[3] = put(frame[3], fault.path, fault.value)
            await tool.send(orjson.dumps(frame).decode())
        elif fault.act == "repeat":
            await tool.send(text)
            await self._send_own(tool, frame[2], frame[3])
        elif fault.act in ("drop", "delay", "early", "alone", "mute"):
            await sut.send(_answered(frame, fault))
            self._muted = frame[2] if fault.act in ("alone", "mute") else None
            if fault.act == "delay":
                self._swallowed[frame[1]] = None
                self._spawn(self._send_later(tool, text, float(fault.value)))
        else:
            await tool.send(text)

    async def _before(self, direction: str, uid: str, tool: Any) -> None:
        """Send what is to come before a frame."""
        fault = self.fault
        if fault and not fault.after and fault.before == (direction, uid) and not self.applied:
            await self._send_fault(tool)
            await asyncio.sleep(0.001)  # so that the tool has it before what comes now

    async def _after(self, uid: str, tool: Any) -> None:
        """Send what is to come right after a frame of the SUT."""
        fault = self.fault
        if fault and fault.after and fault.before == ("in", uid) and not self.applied:
            await self._send_fault(tool)

    async def _send_fault(self, tool: Any) -> None:
        if self.fault is not None and self.fault.frame is not None:
            self.applied = True
            await self._send_own(tool, *self.fault.frame)

    async def _send_own(self, tool: Any, action: str, payload: dict[str, Any]) -> None:
        self._count += 1
        uid = f"wire-{self._count}"
        self._swallowed[uid] = None
        await tool.send(orjson.dumps([CALL, uid, action, payload]).decode())

    async def _send_later(self, tool: Any, text: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with contextlib.suppress(ConnectionClosed):
            await (self._towards_tool[-1] if self._towards_tool else tool).send(text)

    async def _inject_later(self, fault: WireFault) -> None:
        await asyncio.sleep(float(fault.value) - asyncio.get_running_loop().time())
        if self._towards_tool and fault.frame:
            self.applied = True
            with contextlib.suppress(ConnectionClosed):
                await self._send_own(self._towards_tool[-1], *fault.frame)


def _answered(frame: list[Any], fault: WireFault | None) -> str:
    """Return what the system under test is told for a request that the tool does not get."""
    reply = fault.reply if fault is not None else None
    return orjson.dumps([RESULT, frame[1], reply or {}]).decode()


def _spoiled_answer(fault: WireFault, frame: list[Any]) -> list[Any]:
    if fault.act == "set" and frame[0] == RESULT:
        return [RESULT, frame[1], put(frame[2], fault.path, fault.value)]
    if fault.act == "error":
        if frame[0] == RESULT:
            return [ERROR, frame[1], "InternalError", "", {}]
        return [RESULT, frame[1], {}]
    if fault.act == "recode" and frame[0] == ERROR:
        return [ERROR, frame[1], "InternalError", "", {}]
    return frame
