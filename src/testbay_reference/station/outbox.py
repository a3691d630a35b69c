"""What waits to be sent: transaction messages in order and at all costs, the rest while online."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from testbay_reference.link import CONNECTION_LOST, Rpc, RpcError
from testbay_reference.station.context import Context, Payload

Result = Payload | RpcError
Answered = Callable[[Result], None]
OFFLINE = RpcError(CONNECTION_LOST, "the station is offline", local=True)


@dataclass(slots=True)
class TransactionMessage:
    """A transaction-related message (3.7).

    Args:
        transaction: the station's own number of the transaction, of which the CSMS's id is put
            into the payload when the message is sent.
        attempts: how often the CSMS failed to process it.
    """

    action: str
    payload: Payload
    transaction: int
    attempts: int = 0


class Outbox:
    """Send messages over whatever connection there is; hold transaction messages back without.

    Args:
        address: gives the payload of a transaction message its transactionId.
        delivered: hears the end of each transaction message: an answer, or the error of the
            last attempt.
    """

    def __init__(
        self,
        context: Context,
        address: Callable[[TransactionMessage], Payload],
        delivered: Callable[[TransactionMessage, Result], None],
    ) -> None:
        self._context = context
        self._address = address
        self._delivered = delivered
        self._rpc: Rpc | None = None
        self._others: deque[tuple[str, Payload, Answered]] = deque()
        stored: list[dict[str, Any]] = context.store.get("queue", [])
        self._queue = deque(TransactionMessage(**message) for message in stored)
        self._more_others = asyncio.Event()
        self._more_queued = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def online(self) -> bool:
        """Tell whether messages can be sent now."""
        return self._rpc is not None

    @property
    def waiting(self) -> tuple[TransactionMessage, ...]:
        """Return the transaction messages that are not delivered yet."""
        return tuple(self._queue)

    def open(self, rpc: Rpc) -> None:
        """Begin to send over a connection, the oldest transaction message first."""
        self._rpc = rpc
        if self._queue:
            self._idle.clear()
        if "delivers-newest-values-first" in self._context.faults:
            self._turn_round()
        self._context.spawn(self._send_queue(rpc), "outbox: transaction messages")
        self._context.spawn(self._send_others(rpc), "outbox: other messages")

    def close(self) -> None:
        """Stop sending; transaction messages stay, the rest is dropped."""
        self._rpc = None
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

    def keep(self, message: TransactionMessage) -> None:
        """Queue a transaction message until it is delivered."""
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

    def _turn_round(self) -> None:
        places = [at for at, message in enumerate(self._queue) if message.action == "MeterValues"]
        values = [self._queue[at] for at in places]
        for at, message in zip(places, reversed(values), strict=True):
            self._queue[at] = message

    def _save(self) -> None:
        self._context.store.set("queue", [asdict(message) for message in self._queue])

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
        config = self._context.config
        while self._rpc is rpc:
            if not self._queue:
                self._more_queued.clear()
                await self._more_queued.wait()
                continue
            message = self._queue[0]
            result = await rpc.call(message.action, self._address(message))
            if self._rpc is not rpc or lost(result):
                return
            if isinstance(result, RpcError):
                message.attempts += 1
                self._save()
                what = f"{message.action} failed: {result.code} {result.description}".rstrip()
                self._context.note(f"{what} (attempt {message.attempts})")
                if message.attempts < config.number("TransactionMessageAttempts"):
                    pause = config.number("TransactionMessageRetryInterval") * message.attempts
                    await asyncio.sleep(pause)
                    continue
            self._queue.popleft()
            self._save()
            self._delivered(message, result)
            self._rest()


def lost(result: Result) -> bool:
    """Tell whether there is no answer because there is no connection."""
    return isinstance(result, RpcError) and result.local and result.code == CONNECTION_LOST
