"""OCPP-J on one open connection: what comes goes to the inbox, what is sent is told to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from testbay.protocol.connection import (
    REMEMBERED,
    CallReceived,
    Connection,
    ErrorReceived,
    Garbage,
    LocalError,
    ResultReceived,
    Unanswerable,
)
from testbay.protocol.framing import CALL, CALLERROR, CALLRESULT
from testbay.protocol.schemas import Violation
from testbay.scenario.role import Inbox
from testbay.scenario.values import Answer, CallError, Lost, Payload, Received, Reply


class Texts(Protocol):
    """What a session needs of the connection below it."""

    number: int

    def send_text(self, text: str) -> bool: ...


SHOWN = 60  # characters of a message that is no frame
FORMS = {
    CALL: "a CALL is [2, id, action, payload]",
    CALLRESULT: "a CALLRESULT is [3, id, payload]",
    CALLERROR: "a CALLERROR is [4, id, code, description, details]",
}


@dataclass
class Session:
    """The RPC of one connection.

    Args:
        inbox: gives the inbox that is attached at the moment.
        unanswered: actions of the calls whose connection ended before the answer, by id; all
            sessions of an end have it in common.
    """

    wire: Texts
    connection: Connection
    inbox: Callable[[], Inbox]
    unanswered: dict[str, str] = field(default_factory=dict)
    _waiting: dict[str, asyncio.Future[Answer]] = field(default_factory=dict)
    _told_overlap: bool = False
    _timer: asyncio.TimerHandle | None = None
    _astray: str = ""
    _over: str = ""
    _given: dict[str, Reply] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        """Send a request and wait for its answer, a time-out, or the end of the connection.

        A call of a case that was stopped may still be open; its answer is waited for first.
        """
        while self._waiting:
            await asyncio.wait(self._waiting.values())
        if self._over:
            return Lost(self._over)
        text = self.connection.call(uid, action, payload, self._loop.time())
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting[uid] = answer
        self._astray = ""
        self.send(text)
        if self._timer is None:
            self._watch()
        try:
            return await answer
        except asyncio.CancelledError:
            if uid in self._waiting:  # the peer may answer yet
                self._waiting[uid] = self._loop.create_future()
            raise

    def _watch(self) -> None:
        """Set the one timer to the deadline of the open call; it looks again when it fires."""
        deadline = self.connection.deadline
        fires = self._loop.call_at(deadline, self._expire) if deadline is not None else None
        self._timer = fires

    def _expire(self) -> None:
        for late in self.connection.expire(self._loop.time()):
            instead = f"; instead came {self._astray}" if self._astray else ""
            self._settle(late.uid, Lost(f"no answer in {late.seconds:g} s{instead}"))
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
        self._given[uid] = reply
        if len(self._given) > REMEMBERED:
            del self._given[next(iter(self._given))]
        return True

    def send(self, text: str) -> None:
        """Send a text and tell the inbox, unless the connection is being closed."""
        if self.wire.send_text(text):
            self.inbox().frame("out", text, self.wire.number)

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
            self._unanswerable(came, inbox)
        elif isinstance(came, Garbage):
            self._garbage(came, inbox)

    def receive_binary(self, data: bytes) -> None:
        """Take a binary message of the peer, which OCPP-J does not have."""
        inbox, shown = self.inbox(), data.decode("utf-8", "backslashreplace")
        inbox.frame("in", f"(binary) {shown}", self.wire.number)
        self._astray = "a binary message"
        text = f"it has {len(data)} bytes, {_shown(shown)}; OCPP-J sends text messages only"
        inbox.violated("", "a binary message", (text,))

    def _garbage(self, came: Garbage, inbox: Inbox) -> None:
        bad = came.malformed
        where = f"the text {_shown(bad.raw)}"
        self._astray = f"{where}, which cannot be read"
        if came.action is not None:
            where = f"the answer to {came.action}"
        form = FORMS.get(bad.kind or 0, "OCPP-J sends JSON arrays such as [2, id, action, payload]")
        reason = bad.reason[:1].lower() + bad.reason[1:].rstrip(".")
        inbox.violated("", where, (f"{reason}; {form}",))
        if came.reply is not None:
            self.send(came.reply)

    def _unanswerable(self, came: Unanswerable, inbox: Inbox) -> None:
        self._astray = f"an answer with the id {came.uid!r}"
        if came.reason == "late":
            inbox.notice(came.text)
        elif came.reason == "unknown" and (action := self.unanswered.pop(came.uid, None)):
            told = "came over another connection than the call"
            inbox.notice(f"the answer to {action} ({came.uid}) {told}")
        else:
            rule = "an answer has the id of its call, and there is one to each call"
            inbox.violated("", "an answer", (f"{came.text}; {rule}",))

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
        if came.repeated:
            self._retried(came, inbox)
            return
        if came.reused and servable:
            used = f"the message id {call.uid} was used before on this connection"
            text = f"{used}; every call needs an id of its own"
            inbox.violated(call.uid, call.action, (text,))
        if not servable:
            texts = tuple(v.text for v in came.violations) or (came.reason,)
            inbox.violated(call.uid, call.action, texts)
            self.answer(call.uid, CallError(came.code or "", came.reason))
        number = self.wire.number
        payload = Payload.of(call.payload)
        inbox.receive(Received(call.uid, call.action, payload, number, servable=servable))

    def _retried(self, came: CallReceived, inbox: Inbox) -> None:
        """Answer as before what was sent again, as its answer was lost (OCPP-J errata 3.1)."""
        call = came.call
        inbox.notice(f"{call.action} was sent again with the message id {call.uid}")
        given = self._given.get(call.uid)
        if came.code is not None:  # the first one is still open, or it was never valid
            given = CallError(came.code, came.reason)
        if given is not None:
            self.answer(call.uid, given)

    def lost(self, why: str) -> None:
        """The connection has ended: nothing that is open will be answered."""
        self._over = why
        if (call := self.connection.lost().call) is not None:
            self.unanswered[call[0]] = call[1]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for uid in list(self._waiting):
            self._settle(uid, Lost(why))

    def _settle(self, uid: str, answer: Answer) -> None:
        future = self._waiting.pop(uid, None)
        if future is not None:
            future.set_result(answer)


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "...")
