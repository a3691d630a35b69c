"""OCPP-J on one open connection: what comes goes to the inbox, what is sent is told to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from testbay.protocol.connection import (
    CallReceived,
    Connection,
    ErrorReceived,
    Garbage,
    LocalError,
    ResultReceived,
    Unanswerable,
)
from testbay.protocol.schemas import Violation
from testbay.scenario.role import Inbox
from testbay.scenario.values import Answer, CallError, Lost, Payload, Received, Reply


class Texts(Protocol):
    """What a session needs of the connection below it."""

    number: int

    def send_text(self, text: str) -> bool: ...


@dataclass
class Session:
    """The RPC of one connection.

    Args:
        inbox: gives the inbox that is attached at the moment.
    """

    wire: Texts
    connection: Connection
    inbox: Callable[[], Inbox]
    _waiting: dict[str, asyncio.Future[Answer]] = field(default_factory=dict)
    _told_overlap: bool = False
    _timer: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        """Send a request and wait for its answer, a time-out, or the end of the connection."""
        text = self.connection.call(uid, action, payload, self._loop.time())
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting[uid] = answer
        self.send(text)
        if self._timer is None:
            self._watch()
        try:
            return await answer
        finally:
            self._waiting.pop(uid, None)

    def _watch(self) -> None:
        """Set the one timer to the deadline of the open call; it looks again when it fires."""
        deadline = self.connection.deadline
        fires = self._loop.call_at(deadline, self._expire) if deadline is not None else None
        self._timer = fires

    def _expire(self) -> None:
        for late in self.connection.expire(self._loop.time()):
            self._settle(late.uid, Lost(f"no answer in {late.seconds:g} s"))
        self._watch()

    def answer(self, uid: str, reply: Reply) -> bool:
        """Answer a request of the peer; False when it is not open any more."""
        try:
            if isinstance(reply, CallError):
                details = dict(reply.details)
                text = self.connection.error(uid, reply.code, reply.description, details)
            elif isinstance(reply, dict):
                text = self.connection.result(uid, reply)
            else:
                return True
        except LocalError:
            return False
        self.send(text)
        return True

    def send(self, text: str) -> None:
        """Send a text and tell the inbox."""
        self.inbox().frame("out", text, self.wire.number)
        self.wire.send_text(text)

    def receive(self, text: str) -> None:
        """Take a text of the peer."""
        inbox = self.inbox()
        inbox.frame("in", text, self.wire.number)
        came = self.connection.receive(text, self._loop.time())
        if type(came) is CallReceived:
            self._called(came, inbox)
        elif type(came) is ResultReceived:
            self._breaches(came.uid, f"the answer to {came.action}", came.violations)
            self._settle(came.uid, came.payload)
        elif isinstance(came, ErrorReceived):
            self._breaches(came.uid, f"the CALLERROR to {came.action}", came.violations)
            self._settle(came.uid, CallError(came.code, came.description, came.details))
        elif isinstance(came, Unanswerable):
            if came.reason == "late":
                inbox.notice(came.text)
            else:
                inbox.violated("", "an answer", (came.text,))
        elif isinstance(came, Garbage):
            inbox.violated("", "a frame", (came.malformed.reason,))
            if came.reply is not None:
                self.send(came.reply)

    def _breaches(self, uid: str, where: str, violations: tuple[Violation, ...]) -> None:
        if violations:
            self.inbox().violated(uid, where, tuple(v.text for v in violations))

    def _called(self, came: CallReceived, inbox: Inbox) -> None:
        call = came.call
        servable = came.code is None
        if came.overlapping and not self._told_overlap:
            self._told_overlap = True
            waiting = f"{call.action} came while an earlier request was unanswered"
            inbox.notice(f"{waiting} for {came.waiting:.1f} s (OCPP-J advises against it)")
        if came.reused and came.repeated:
            inbox.notice(f"{call.action} was sent again with the message id {call.uid}")
        elif came.reused and servable:
            text = f"the message id {call.uid} was used before on this connection"
            inbox.violated(call.uid, call.action, (text,))
        if not servable:
            texts = tuple(v.text for v in came.violations) or (came.reason,)
            inbox.violated(call.uid, call.action, texts)
            self.answer(call.uid, CallError(came.code or "", came.reason))
        number = self.wire.number
        payload = Payload.of(call.payload)
        inbox.receive(Received(call.uid, call.action, payload, number, servable=servable))

    def lost(self, why: str) -> None:
        """The connection has ended: nothing that is open will be answered."""
        self.connection.lost()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for uid in list(self._waiting):
            self._settle(uid, Lost(why))

    def _settle(self, uid: str, answer: Answer) -> None:
        future = self._waiting.get(uid)
        if future is not None and not future.done():
            future.set_result(answer)
