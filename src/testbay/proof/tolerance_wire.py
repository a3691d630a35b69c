"""The wire of a conforming system that is not the reference: it delays, adds, repeats, drops.

It stands between the system and its WebSocket like the wire of the proof, but keeps what OCPP-J
asks for: towards the tool at most one CALL of the system under test is open at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import orjson
from websockets.exceptions import ConnectionClosed

from testbay.proof.pipe import pipe

CALL, RESULT, ERROR = 2, 3, 4
Frame = list[Any]
Side = Literal["client", "server"]
SOON = 0.001  # s, so that what is sent first arrives first


@dataclass(frozen=True, slots=True)
class Dress:
    """How the frames of the system look on the way, for a whole run.

    Args:
        of_sut: what is made of a frame of the system; the action is that of the CALL it answers.
        of_tool: the reverse for frames of the tool, where values have to be translated back.
        rename: another message id for a CALL of the system, from its number.
        write: how a frame is written.
        pieces: into how many fragments a text is cut.
    """

    of_sut: Callable[[Frame, str], Frame] | None = None
    of_tool: Callable[[Frame, str], Frame] | None = None
    rename: Callable[[int], str] | None = None
    write: Callable[[Frame], str] | None = None
    pieces: int = 1


PLAIN_DRESS = Dress()


@dataclass
class Seen:
    """What has passed the wire: what the system can say of itself without contradiction.

    Args:
        here: the connector, or the EVSE, that the cases use.
    """

    here: int = 1
    registered: bool = False
    _calls: dict[str, Frame] = field(default_factory=dict)
    _fresh: bool = True

    def connected(self) -> None:
        """A connection begins: what comes first tells whether the station has booted."""
        self._fresh = True

    def call(self, frame: Frame) -> None:
        """Note a request, of either end, about a station."""
        self._calls[frame[1]] = frame
        self._fresh = False
        if frame[2] == "BootNotification":
            self.registered = False
        self.request(frame[2], frame[3] or {})

    def answer(self, frame: Frame) -> None:
        """Note an answer."""
        called = self._calls.pop(frame[1], None)
        if called is None or frame[0] != RESULT:
            return
        if called[2] == "BootNotification":
            self.registered = frame[2].get("status") == "Accepted"
        self.reply(called[2], called[3] or {}, frame[2] or {})

    def request(self, action: str, payload: dict[str, Any]) -> None:
        """Note what a station says of itself, as a version has it."""

    def reply(self, action: str, payload: dict[str, Any], answer: dict[str, Any]) -> None:
        """Note what a station is told, as a version has it."""

    def fitted(self, frame: Frame) -> Frame:
        """Return a frame of the system as it is once something has been added before it."""
        return frame

    def completed(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Return a request that is added with what only the moment of sending can tell."""
        return payload

    @property
    def talkative(self) -> bool:
        """Whether the station may send what it likes: accepted, and not about to boot."""
        return self.registered and not self._fresh


class Act(Protocol):
    """What a perturbation does at one place of a run; a fresh one for every run."""

    applied: bool

    def begin(self, wire: TolerantWire) -> None:
        """See the wire begin (to set a timer)."""

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Take a frame of the system instead of the pair; False leaves it to the pair."""

    async def from_tool(self, pair: Pair, frame: Frame) -> bool:
        """Take a frame of the tool instead of the pair; False leaves it to the pair."""


class NoAct:
    """Nothing is done: the base of all acts."""

    applied = False

    def begin(self, wire: TolerantWire) -> None:
        """Set no timer."""

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Leave it to the pair."""
        return False

    async def from_tool(self, pair: Pair, frame: Frame) -> bool:
        """Leave it to the pair."""
        return False


@dataclass
class Pair:
    """Two connections, one to either end, and what is open on them."""

    wire: TolerantWire
    sut: Any
    tool: Any
    open: str = ""
    asked: str = ""
    over: bool = False
    own: dict[str, None] = field(default_factory=dict)
    _waiting: deque[Frame] = field(default_factory=deque)
    names: dict[str, str] = field(default_factory=dict)
    _actions: dict[str, str] = field(default_factory=dict)
    _late: list[asyncio.Task[None]] = field(default_factory=list)
    _flush: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def idle(self) -> bool:
        """Whether nothing is open in either direction."""
        return not self.open and not self.asked and not self._waiting

    # -- towards the tool -------------------------------------------------------------------------

    async def to_tool(self, frame: Frame) -> None:
        """Pass on a frame of the system; a CALL waits until ours before it has been answered."""
        if frame[0] != CALL:
            if frame[1] == self.asked:
                self.asked = ""
            if self.wire.sut == "server":
                self.wire.seen.answer(frame)
            await self.send(frame)
            return
        await self._queue(self.wire.seen.fitted(frame))

    async def _queue(self, frame: Frame) -> None:
        if self.open and self.open not in self.own and not self._waiting:
            self.open = ""  # the system has given up waiting for the answer
        self._waiting.append(frame)
        await self._pump()

    async def add(self, action: str, payload: dict[str, Any]) -> None:
        """Send a request that the system has not sent; its answer is kept from it."""
        if self.over:
            return
        uid = self.wire.fresh_id()
        self.own[uid] = None
        await self._queue([CALL, uid, action, self.wire.seen.completed(action, payload)])

    def answered(self, uid: str) -> None:
        """Keep the answer to a request from the system: it has one already."""
        self.own[uid] = None

    async def _pump(self) -> None:
        if self.open or not self._waiting:
            return
        frame = self._waiting.popleft()
        self.open = frame[1]
        if self.wire.sut == "client":
            self.wire.seen.call(frame)
        await self.send(frame)

    async def pause(self, seconds: float) -> None:
        """Let time pass, but no longer than the system keeps the connection."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.sut.wait_closed()

    async def later(self, seconds: float, work: Callable[[], Any]) -> None:
        """Do something after a while, or as soon as the system closes the connection."""

        async def wait() -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._flush.wait()
            with contextlib.suppress(ConnectionClosed):
                await work()

        self._late.append(asyncio.get_running_loop().create_task(wait()))

    # -- towards the system -----------------------------------------------------------------------

    async def to_sut(self, frame: Frame) -> None:
        """Pass on a frame of the tool, unless it answers what the system has not asked."""
        if frame[0] == CALL:
            self.asked = frame[1]
            await self.sut.send(orjson.dumps(frame).decode())
            return
        if self.wire.sut == "client":
            self.wire.seen.answer(frame)
        uid, kept = frame[1], frame[1] in self.own
        self.own.pop(uid, None)
        if uid == self.open:
            self.open = ""
        if not kept:
            known = self.names.pop(uid, uid)
            await self.sut.send(orjson.dumps([frame[0], known, *frame[2:]]).decode())
        await self._pump()

    # -- reading ----------------------------------------------------------------------------------

    async def from_sut(self) -> None:
        """Read what the system sends until it closes."""
        act, dress = self.wire.act, self.wire.dress
        with contextlib.suppress(ConnectionClosed):
            async for text in self.sut:
                frame = orjson.loads(text)
                if frame[0] == CALL:
                    action = frame[2]
                    if dress.rename is not None:
                        name = dress.rename(self.wire.count())
                        self.names[name], frame[1] = frame[1], name
                    self._actions[frame[1]] = action
                else:
                    action = self._actions.get(frame[1], "")
                if dress.of_sut is not None:
                    frame = dress.of_sut(frame, action)
                if not await act.from_sut(self, frame):
                    await self.to_tool(frame)
        self._flush.set()
        await asyncio.gather(*self._late, return_exceptions=True)
        await self.tool.close(self.sut.close_code if self.sut.close_code == 1001 else 1000)

    async def from_tool(self) -> None:
        """Read what the tool sends until it closes."""
        act, dress = self.wire.act, self.wire.dress
        with contextlib.suppress(ConnectionClosed):
            async for text in self.tool:
                frame = orjson.loads(text)
                action = frame[2] if frame[0] == CALL else self._actions.get(frame[1], "")
                if frame[0] == CALL:
                    self._actions[frame[1]] = action
                    if self.wire.sut == "server":
                        self.wire.seen.call(frame)
                if dress.of_tool is not None:
                    frame = dress.of_tool(frame, action)
                if not await act.from_tool(self, frame):
                    await self.to_sut(frame)
        self.over = True
        await self.sut.close()

    async def send(self, frame: Frame) -> None:
        """Write a frame to the tool, as the dress wants it."""
        end, dress = self.tool, self.wire.dress
        text = dress.write(frame) if dress.write is not None else orjson.dumps(frame).decode()
        if dress.pieces > 1:
            size = max(1, len(text) // dress.pieces)
            await end.send([text[i : i + size] for i in range(0, len(text), size)])
        else:
            await end.send(text)

    def cut(self) -> None:
        """Lose both connections without a word, as a network does."""
        self.sut.transport.abort()
        self.tool.transport.abort()


@dataclass
class TolerantWire:
    """Passes on what goes over each connection of the system under test.

    Args:
        sut: which end of the connection the system is.
        act: what is done at one place.
        dress: how its frames look.
    """

    sut: Side
    act: Act = field(default_factory=NoAct)
    dress: Dress = PLAIN_DRESS
    seen: Seen = field(default_factory=Seen)
    pairs: list[Pair] = field(default_factory=list)
    _tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    _added: int = 0
    _counted: int = 0

    def start(self) -> None:
        """Begin, before there is any connection."""
        self.act.begin(self)

    def join(self, tool: Any) -> Any:
        """Stand between the system and a connection of it; return its new end."""
        near, far = pipe()
        self.spawn(self._joined(far, tool))
        return near

    async def stop(self) -> None:
        """End what is going on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Do something beside the passing on."""
        self._tasks.append(asyncio.get_running_loop().create_task(work))
        return self._tasks[-1]

    @property
    def pair(self) -> Pair | None:
        """The pair that is connected, the latest one."""
        return self.pairs[-1] if self.pairs else None

    def fresh_id(self) -> str:
        """Return an id that no end uses."""
        self._added += 1
        return f"added-{self._added}"

    def count(self) -> int:
        """Return a number for the next id of the system."""
        self._counted += 1
        return self._counted

    async def _joined(self, sut: Any, tool: Any) -> None:
        """Serve one connection of the system."""
        pair = Pair(self, sut, tool)
        self.seen.connected()
        self.pairs.append(pair)
        back = asyncio.get_running_loop().create_task(pair.from_tool())
        try:
            await pair.from_sut()
            await back
        finally:
            back.cancel()
            self.pairs.remove(pair)
