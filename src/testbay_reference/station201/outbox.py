"""What waits to be sent: events of transactions in order at all costs, the rest while online."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from testbay_reference.link import CONNECTION_LOST, Rpc, RpcError
from testbay_reference.station201.context import Context, Payload

Result = Payload | RpcError
Answered = Callable[[Result], None]
OFFLINE = RpcError(CONNECTION_LOST, "the station is offline", local=True)
EVENT = "TransactionEvent"


@dataclass(slots=True)
class Event:
    """An event of a transaction that has to reach the CSMS (E04, E13).

    Args:
        attempts: how often it was sent without an answer.
    """

    payload: Payload
    attempts: int = 0


class Outbox:
    """Send messages over whatever connection there is; hold events of transactions back without.

    Args:
        delivered: hears the answer to each event of a transaction, or that there was none.
    """

    def __init__(self, context: Context, delivered: Callable[[Payload, Result], None]) -> None:
        self._context = context
        self._delivered = delivered
        self._rpc: Rpc | None = None
        self._others: deque[tuple[str, Payload, Answered]] = deque()
        stored: list[dict[str, Any]] = context.store.get("queue", [])
        self._queue = deque(Event(**event) for event in stored)
        self._more_others = asyncio.Event()
        self._more_queued = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def online(self) -> bool:
        """Tell whether messages can be sent now."""
        return self._rpc is not None

    @property
    def waiting(self) -> int:
        """Return how many events are not delivered yet."""
        return len(self._queue)

    def queued(self, transaction: str) -> bool:
        """Tell whether events of a transaction are not delivered yet."""
        return any(
            e.payload["transactionInfo"]["transactionId"] == transaction for e in self._queue
        )

    def open(self, rpc: Rpc) -> None:
        """Begin to send over a connection, the oldest event first."""
        self._rpc = rpc
        if self._queue:
            self._idle.clear()
        self._context.spawn(self._send_queue(rpc), "outbox: events of transactions")
        self._context.spawn(self._send_others(rpc), "outbox: other messages")

    def close(self) -> None:
        """Stop sending; events of transactions stay, the rest is dropped (E11.FR.07)."""
        self._rpc = None
        if "forgets-offline" not in self._context.faults:
            for event in self._queue:
                event.payload["offline"] = True
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

    def keep(self, payload: Payload) -> None:
        """Queue an event of a transaction until it is delivered; offline it says that it was."""
        says = self._rpc is None and "forgets-offline" not in self._context.faults
        offline = {"offline": True} if says else {}
        self._queue.append(Event({**payload, **offline}))
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
        self._context.store.set("queue", [asdict(event) for event in self._queue])

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
            event = self._queue[0]
            result = await rpc.call(EVENT, event.payload)
            if self._rpc is not rpc or lost(result):
                return
            if isinstance(result, RpcError) and await self._again(event, result):
                continue
            self._queue.popleft()
            self._save()
            self._delivered(event.payload, result)
            self._rest()

    async def _again(self, event: Event, result: RpcError) -> bool:
        """Tell whether an event is to be sent again, after the pause that grows (E13.FR.03)."""
        variables = self._context.variables
        event.attempts += 1
        self._save()
        self._context.note(f"{EVENT} failed: {result.code} (attempt {event.attempts})")
        most = variables.number(f"OCPPCommCtrlr.MessageAttempts[{EVENT}]")
        if event.attempts >= most + ("repeats-once-more" in self._context.faults):
            return False
        pause = variables.number(f"OCPPCommCtrlr.MessageAttemptInterval[{EVENT}]")
        await asyncio.sleep(pause * event.attempts)
        return True


def lost(result: Result) -> bool:
    """Tell whether there is no answer because there is no connection."""
    return isinstance(result, RpcError) and result.local and result.code == CONNECTION_LOST
