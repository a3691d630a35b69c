"""Speak OCPP-J over one open WebSocket: calls out one at a time, calls in answered in order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed

from testbay.protocol.framing import (
    CALL,
    CALLERROR,
    CALLRESULT,
    Call,
    CallError,
    CallResult,
    Malformed,
    decode,
    encode_call,
    encode_error,
    encode_result,
)
from testbay.protocol.schemas import check_request, check_response
from testbay.protocol.versions import Version
from testbay_reference.store import Store

TIMED_OUT = "TimedOut"
CONNECTION_LOST = "ConnectionLost"
INVALID_ANSWER = "InvalidAnswer"


@dataclass(frozen=True, slots=True)
class RpcError:
    """Say why a call has no result: a CALLERROR, or (`local`) what this end saw instead."""

    code: str
    description: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    local: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer with a payload and do something as soon as the answer has been sent."""

    payload: dict[str, Any]
    then: Callable[[], None]


Answer = dict[str, Any] | Reply | RpcError | None
OnCall = Callable[[str, dict[str, Any]], Awaitable[Answer]]
Note = Callable[[str], None]
Trace = Callable[[bool, str], None]


class Channel(Protocol):
    """An open connection, as far as a reference system uses it: one of websockets is one."""

    async def recv(self) -> str | bytes: ...
    async def send(self, message: Any, *, text: bool | None = None) -> None: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...
    @property
    def close_code(self) -> int | None: ...
    @property
    def close_reason(self) -> str | None: ...
    @property
    def transport(self) -> Any: ...


Between = Callable[[Channel], Channel]


def directly(channel: Channel) -> Channel:
    """Put nothing between a system and its connection."""
    return channel


def quiet(_line: str) -> None:
    """Take a line, and do nothing with it."""


def untraced(_sent: bool, _text: str) -> None:
    """Take a text that was sent or received, and do nothing with it."""


def message_ids(store: Store) -> Iterator[str]:
    """Give ids that never come twice from one end, whatever restarts (1.6 errata 3.1; 4, 4.1.4)."""
    start = int(store.get("starts", 0)) + 1
    store.set("starts", start)
    return (f"{start}-{number}" for number in count(1))


class Rpc:
    """Exchange calls with the peer of one WebSocket connection.

    Args:
        ws: an open connection of websockets.asyncio, of either side.
        version: the OCPP version that was negotiated.
        on_call: answers a call of the peer; it is asked for one call at a time. None: no answer.
        timeout: how long to wait for an answer, in seconds; may be changed at any time.
        ids: message ids; the caller sees to it that they never repeat.
        note: gets a sentence about everything that was not in order.
        garbled: gets the reason why something that came is not a message.
        trace: gets every text, with True for those that were sent.
    """

    def __init__(
        self,
        ws: Channel,
        version: Version,
        on_call: OnCall,
        *,
        timeout: float,
        ids: Iterator[str],
        note: Note = quiet,
        garbled: Note = quiet,
        trace: Trace = untraced,
    ) -> None:
        self._ws = ws
        self._version = version
        self._on_call = on_call
        self.timeout = timeout
        self._ids = ids
        self._note = note
        self._garbled = garbled
        self._trace = trace
        self._turn = asyncio.Lock()
        self._open: tuple[str, asyncio.Future[dict[str, Any] | RpcError]] | None = None
        self._incoming: asyncio.Queue[Call] = asyncio.Queue()
        self._in_work: dict[str, None] = {}
        self._over = False

    @property
    def closed(self) -> bool:
        """Tell whether nothing can be sent any more."""
        return self._over

    async def serve(self) -> None:
        """Receive until the connection ends; calls that are open then fail as lost."""
        worker = asyncio.create_task(self._answer_calls(), name="rpc: answer calls")
        try:
            while True:
                await self._receive(await self._ws.recv())
        except ConnectionClosed:
            pass
        finally:
            self._over = True
            if self._open is not None and not self._open[1].done():
                self._open[1].set_result(_lost())
            worker.cancel()
            await asyncio.wait((worker,))  # and do not take our own cancellation for its
            if not worker.cancelled():
                worker.result()

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any] | RpcError:
        """Send a call as soon as none of ours is open, and wait for its answer.

        Raises:
            ValueError: the payload breaks the schema of the action: our own mistake.
        """
        violations = check_request(self._version, action, payload)
        if violations:
            raise ValueError(f"refusing to send an invalid {action}: {violations[0].text}")
        async with self._turn:
            if self._over:
                return _lost()
            uid = next(self._ids)
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[dict[str, Any] | RpcError] = loop.create_future()
            self._open = (uid, answer)
            limit = loop.call_later(self.timeout, self._settle, uid, self._timed_out(action))
            try:
                text = encode_call(uid, action, payload)
                self._trace(True, text)
                await self._ws.send(text, text=True)
                result = await answer
            except ConnectionClosed:
                return _lost()
            finally:
                limit.cancel()
                self._open = None
        return result if isinstance(result, RpcError) else self._checked(action, result)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection in the ordinary way; `serve` returns soon after."""
        await self._ws.close(code, reason)

    def _timed_out(self, action: str) -> RpcError:
        text = f"no answer to {action} within {self.timeout:g} s"
        return RpcError(TIMED_OUT, text, local=True)

    def _settle(self, uid: str, answer: dict[str, Any] | RpcError) -> None:
        if self._open is None or self._open[0] != uid or self._open[1].done():
            self._note(f"ignored an answer to {uid}, which is not open")
        else:
            self._open[1].set_result(answer)

    def _checked(self, action: str, payload: dict[str, Any]) -> dict[str, Any] | RpcError:
        violations = check_response(self._version, action, payload)
        if not violations:
            return payload
        text = f"the answer to {action} is not valid: {violations[0].text}"
        self._note(text)
        return RpcError(INVALID_ANSWER, text, local=True)

    async def _receive(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self._note("ignored a binary message: OCPP-J is text")
            return
        self._trace(False, message)
        frame = decode(message, self._version)
        if isinstance(frame, CallResult):
            self._settle(frame.uid, frame.payload)
        elif isinstance(frame, CallError):
            self._settle(frame.uid, RpcError(frame.code, frame.description, frame.details))
        elif isinstance(frame, Malformed):
            await self._malformed(frame)
        elif frame.uid in self._in_work:
            text = "a call with this id is being handled already"
            await self._send(encode_error(frame.uid, "GenericError", text))
        else:
            self._in_work[frame.uid] = None
            self._incoming.put_nowait(frame)

    async def _malformed(self, frame: Malformed) -> None:
        """Refuse a CALL that cannot be read; a type that is not known is ignored (4.1.3)."""
        self._note(f"received what is not a message: {frame.reason}")
        self._garbled(frame.reason)
        if frame.uid is not None and frame.kind == CALL:
            await self._send(encode_error(frame.uid, frame.code, frame.reason))
        elif frame.uid is not None and frame.kind in (CALLRESULT, CALLERROR):
            self._settle(frame.uid, RpcError(INVALID_ANSWER, frame.reason, local=True))

    async def _answer_calls(self) -> None:
        while True:
            call = await self._incoming.get()
            answer = await self._answer(call)
            del self._in_work[call.uid]
            if answer is None:
                continue
            if isinstance(answer, RpcError):
                text = encode_error(call.uid, answer.code, answer.description, answer.details)
                await self._send(text)
                continue
            payload = answer.payload if isinstance(answer, Reply) else answer
            await self._send(encode_result(call.uid, payload))
            if isinstance(answer, Reply):
                answer.then()

    async def _answer(self, call: Call) -> Answer:
        version = self._version
        if call.action not in version.station_sends | version.csms_sends:
            return RpcError("NotImplemented", f"{call.action} is not an action of OCPP")
        violations = check_request(version, call.action, call.payload)
        if violations:
            return RpcError(violations[0].code, violations[0].text)
        try:
            answer = await self._on_call(call.action, call.payload)
        except Exception as error:
            self._note(f"internal error in {call.action}: {error!r}")
            return RpcError("InternalError", f"{call.action} could not be processed")
        if answer is not None and not isinstance(answer, RpcError):
            payload = answer.payload if isinstance(answer, Reply) else answer
            wrong = check_response(version, call.action, payload)
            if wrong:
                self._note(f"internal error: our answer to {call.action}: {wrong[0].text}")
                return RpcError("InternalError", f"{call.action} could not be processed")
        return answer

    async def _send(self, text: str) -> None:
        self._trace(True, text)
        with suppress(ConnectionClosed):
            await self._ws.send(text, text=True)


def _lost() -> RpcError:
    return RpcError(CONNECTION_LOST, "the connection has ended", local=True)
