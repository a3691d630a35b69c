"""What a conforming system may do at one place of a run, between it and the tool."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.exceptions import ConnectionClosed

from testbay.proof.tolerance_wire import CALL, RESULT, SOON, Frame, NoAct, Pair, Seen, TolerantWire

Request = tuple[str, dict[str, Any]]
Says = Callable[[Seen], Sequence[Request]]
"""What a system says of its own accord, from what has been seen of it; nothing: not here."""


@dataclass(frozen=True, slots=True)
class Place:
    """A frame of the system: a request, or the answer to one of the tool."""

    kind: int
    uid: str

    def fits(self, frame: Frame) -> bool:
        """Return whether this is the frame."""
        return (frame[0] == CALL) == (self.kind == CALL) and bool(frame[1] == self.uid)


@dataclass
class Delay(NoAct):
    """A frame comes later.

    Args:
        overtaken: whether others may pass it; otherwise all that come after it wait as well.
    """

    place: Place
    seconds: float
    overtaken: bool = False

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Hold it up."""
        if self.applied or not self.place.fits(frame):
            return False
        self.applied = True
        if not self.overtaken:
            await pair.pause(self.seconds)
            return False
        await pair.later(self.seconds, lambda: pair.to_tool(frame))
        return True


@dataclass
class SlowLine(NoAct):
    """Every frame takes its time, in both directions."""

    seconds: float
    applied = True

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Let a frame of the system travel."""
        await pair.pause(self.seconds)
        return False

    async def from_tool(self, pair: Pair, frame: Frame) -> bool:
        """Let a frame of the tool travel."""
        await asyncio.sleep(self.seconds)
        return False


@dataclass
class AfterRequest(NoAct):
    """An answer comes after the next request of the system, or after some time at the latest."""

    place: Place
    longest: float
    _held: Frame | None = None

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Hold the answer back; let it go behind the next request."""
        if self._held is None:
            if self.applied or not self.place.fits(frame):
                return False
            self._held = frame
            await pair.later(self.longest, lambda: self._release(pair))
            return True
        await pair.to_tool(frame)
        if frame[0] == CALL:
            self.applied = True
            await asyncio.sleep(SOON)
            await self._release(pair)
        return True

    async def _release(self, pair: Pair) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            await pair.to_tool(held)


@dataclass
class Add(NoAct):
    """Requests that the reference does not send, before or after a frame, or at a moment.

    Args:
        moment: of the loop (s).
        every: again and again, so many seconds apart.
    """

    says: Says
    place: Place | None = None
    after: bool = False
    moment: float | None = None
    every: float | None = None

    def begin(self, wire: TolerantWire) -> None:
        """Wait for the moment."""
        if self.moment is not None:
            wire.spawn(self._at_moment(wire, self.moment))

        if self.every is not None:
            wire.spawn(self._for_ever(wire, self.every))

    async def _at_moment(self, wire: TolerantWire, moment: float) -> None:
        await asyncio.sleep(moment - asyncio.get_running_loop().time())
        if wire.pair is not None:
            await self._say(wire.pair)

    async def _for_ever(self, wire: TolerantWire, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            if wire.pair is not None:
                await self._say(wire.pair)

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Send them beside the frame."""
        if self.applied or self.place is None or not self.place.fits(frame):
            return False
        if not self.after:
            await self._say(pair)
            return False
        await pair.to_tool(frame)
        await self._say(pair)
        return True

    async def _say(self, pair: Pair) -> None:
        if pair.wire.seen.talkative:
            for action, payload in self.says(pair.wire.seen):
                self.applied = True
                with contextlib.suppress(ConnectionClosed):
                    await pair.add(action, payload)


@dataclass
class Swap(NoAct):
    """A request comes after the one that follows it.

    Args:
        reply: what the system is told at once, as the tool will.
    """

    first: str
    second: str
    reply: dict[str, Any]
    _held: Frame | None = None

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Hold the first back until the second has passed."""
        if frame[0] != CALL:
            return False
        if frame[1] == self.first:
            self._held = frame
            await pair.sut.send(orjson.dumps([RESULT, frame[1], self.reply]).decode())
            return True
        if frame[1] == self.second and self._held is not None:
            self.applied = True
            await pair.to_tool(frame)
            pair.answered(self._held[1])
            await pair.to_tool(self._held)
            return True
        return False


@dataclass
class Rewrite(NoAct):
    """An answer says something else.

    Args:
        change: fields of the answer with other values.
    """

    place: Place
    change: Mapping[str, Any]

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Change the answer, once."""
        if self.applied or not self.place.fits(frame):
            return False
        self.applied = True
        await pair.to_tool([*frame[:2], {**frame[2], **self.change}])
        return True


@dataclass
class Again(NoAct):
    """A request is sent again because its answer was lost.

    Args:
        seconds: after which the system has given up waiting.
        same_id: whether it keeps the message id.
    """

    uid: str
    seconds: float
    same_id: bool
    _frame: Frame = field(default_factory=list)

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Remember the request."""
        if frame[0] == CALL and frame[1] == self.uid:
            self._frame = frame
        return False

    async def from_tool(self, pair: Pair, frame: Frame) -> bool:
        """Lose the answer, once."""
        if self.applied or frame[0] == CALL or frame[1] != self.uid:
            return False
        self.applied = True
        pair.wire.spawn(self._resend(pair))
        return True

    async def _resend(self, pair: Pair) -> None:
        await asyncio.sleep(self.seconds)
        again = list(self._frame)
        if not self.same_id:
            again[1] = pair.open = pair.wire.fresh_id()
            pair.names[again[1]] = self.uid
        with contextlib.suppress(ConnectionClosed):
            await pair.send(again)


@dataclass
class Cut(NoAct):
    """The connection is lost, when nothing is under way: at a moment, or after an answer.

    Args:
        answered: id of the request whose answer has just come.
        clean: whether the system closes it as it should.
    """

    moment: float | None = None
    answered: str = ""
    clean: bool = False

    def begin(self, wire: TolerantWire) -> None:
        """Wait for the moment."""
        if self.moment is not None:
            wire.spawn(self._at_moment(wire, self.moment))

    async def _at_moment(self, wire: TolerantWire, moment: float) -> None:
        await asyncio.sleep(moment - asyncio.get_running_loop().time())
        if wire.pair is not None and wire.pair.idle and wire.seen.talkative:
            await self.cut(wire.pair)

    async def from_tool(self, pair: Pair, frame: Frame) -> bool:
        """Pass the answer on, then end the connection."""
        if self.applied or frame[0] == CALL or frame[1] != self.answered:
            return False
        await pair.to_sut(frame)
        await self.cut(pair)
        return True

    async def cut(self, pair: Pair) -> None:
        """End the connection now."""
        self.applied = True
        if self.clean:
            await pair.sut.close(1001)
        else:
            pair.cut()


@dataclass
class Ping(NoAct):
    """A ping, and a pong that nobody asked for, come before a frame."""

    place: Place

    async def from_sut(self, pair: Pair, frame: Frame) -> bool:
        """Send both."""
        if not self.applied and self.place.fits(frame):
            self.applied = True
            await pair.tool.ping(b"here")
            await pair.tool.pong(b"unasked")
        return False
