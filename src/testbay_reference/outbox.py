"""What waits to be sent: what has to arrive in order and at all costs, the rest while online."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import Field, asdict, dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from testbay_reference.link import CONNECTION_LOST, Rpc, RpcError
from testbay_reference.surroundings import Payload, Surroundings

Result = Payload | RpcError
Answered = Callable[[Result], None]
OFFLINE = RpcError(CONNECTION_LOST, "the station is offline", local=True)


class Sends(Protocol):
    """What sends messages that are worth nothing later, whatever else it keeps."""

    @property
    def online(self) -> bool: ...
    def send(self, action: str, payload: Payload, answered: Answered = ..., /) -> None: ...


class Kept(Protocol):
    """A message that has to arrive: a dataclass of JSON values, which counts failed attempts."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    attempts: int


K = TypeVar("K", bound=Kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping(Generic[K]):
    """Say how messages that have to arrive are treated.

    Args:
        read: makes one of what was stored.
        request: gives its action and its payload as they are sent now.
        again: hears that the CSMS failed to process it; in how many s it is sent again, or None.
        delivered: hears its end: an answer, or the error of the last attempt.
        opened: may change the order before the first is sent over a connection.
        offline: hears of each that waits while there is no connection.
    """

    read: Callable[..., K]
    request: Callable[[K], tuple[str, Payload]]
    again: Callable[[K, RpcError], float | None]
    delivered: Callable[[K, Result], None]
    opened: Callable[[deque[K]], None] | None = None
    offline: Callable[[K], None] | None = None


class Outbox(Generic[K]):
    """Send messages over whatever connection there is; hold back without what has to arrive."""

    def __init__(self, around: Surroundings, keeping: Keeping[K]) -> None:
        self._around = around
        self._keeping = keeping
        self._rpc: Rpc | None = None
        self._others: deque[tuple[str, Payload, Answered]] = deque()
        stored: list[dict[str, Any]] = around.store.get("queue", [])
        self._queue = deque(keeping.read(**message) for message in stored)
        self._more_others = asyncio.Event()
        self._more_queued = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def online(self) -> bool:
        """Tell whether messages can be sent now."""
        return self._rpc is not None

    @property
    def waiting(self) -> tuple[K, ...]:
        """Return what has to arrive and has not yet."""
        return tuple(self._queue)

    def open(self, rpc: Rpc) -> None:
        """Begin to send over a connection, what is kept longest first."""
        self._rpc = rpc
        if self._queue:
            self._idle.clear()
        if self._keeping.opened is not None:
            self._keeping.opened(self._queue)
        self._around.spawn(self._send_queue(rpc), "outbox: what has to arrive")
        self._around.spawn(self._send_others(rpc), "outbox: other messages")

    def close(self) -> None:
        """Stop sending; what has to arrive stays, the rest is dropped."""
        self._rpc = None
        if self._keeping.offline is not None:
            for message in self._queue:
                self._keeping.offline(message)
            self._save()
        self._more_others.set()
        self._more_queued.set()
        dropped = tuple(self._others)
        self._others.clear()
        self._idle.set()
        for _, _, answered in dropped:
            answered(OFFLINE)

    def send(self, action: str, payload: Payload, answered: Answered = lambda result: None) -> None:
        """Send a message that is worth nothing later; offline it is dropped."""
        if self._rpc is None:
            answered(OFFLINE)
            return
        self._others.append((action, payload, answered))
        self._idle.clear()
        self._more_others.set()

    async def ask(self, action: str, payload: Payload) -> Result:
        """Send a message and wait for what the CSMS answers."""
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        def answered(result: Result) -> None:
            if not answer.done():
                answer.set_result(result)

        self.send(action, payload, answered)
        return await answer

    def keep(self, message: K) -> None:
        """Queue a message until it is delivered."""
        if self._rpc is None and self._keeping.offline is not None:
            self._keeping.offline(message)
        self._queue.append(message)
        self._save()
        if self._rpc is not None:
            self._idle.clear()
        self._more_queued.set()

    async def drained(self, limit: float) -> None:
        """Wait until everything is sent and answered, or nothing can be sent, or a time limit.

        Args:
            limit: in s.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), limit)

    def _save(self) -> None:
        self._around.store.set("queue", [asdict(message) for message in self._queue])

    def _rest(self) -> None:
        if not self._queue and not self._others:
            self._idle.set()

    async def _send_others(self, rpc: Rpc) -> None:
        while self._rpc is rpc:
            if not self._others:
                self._more_others.clear()
                await self._more_others.wait()
                continue
            action, payload, answered = self._others[0]
            result = await rpc.call(action, payload)
            if self._rpc is not rpc or lost(result):
                return  # close() tells those who wait
            self._others.popleft()
            answered(result)
            self._rest()

    async def _send_queue(self, rpc: Rpc) -> None:
        while self._rpc is rpc:
            if not self._queue:
                self._more_queued.clear()
                await self._more_queued.wait()
                continue
            message = self._queue[0]
            result = await rpc.call(*self._keeping.request(message))
            if self._rpc is not rpc or lost(result):
                return
            if isinstance(result, RpcError):
                message.attempts += 1
                self._save()
                pause = self._keeping.again(message, result)
                if pause is not None:
                    await asyncio.sleep(pause)
                    continue
            self._queue.popleft()
            self._save()
            self._keeping.delivered(message, result)
            self._rest()


def lost(result: Result) -> bool:
    """Tell whether there is no answer because there is no connection."""
    return isinstance(result, RpcError) and result.local and result.code == CONNECTION_LOST
