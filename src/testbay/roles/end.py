"""What both ends of the tool share: one current session, and an inbox that can be exchanged."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any

from testbay.protocol.connection import Connection
from testbay.protocol.versions import Local, Version
from testbay.roles.session import Session
from testbay.scenario.role import IMPOSSIBLE, Inbox
from testbay.scenario.values import Answer, Lost, Payload, Received, Reply
from testbay.scenario.verdict import CaseError
from testbay.transport.events import (
    BadMessage,
    BadUpgrade,
    BinaryMessage,
    ClientHello,
    Closed,
    Opened,
    TextMessage,
    TlsEnded,
    TlsEstablished,
    TlsRefused,
    TransportEvent,
)
from testbay.transport.settings import pem
from testbay.transport.wire import Wire

REMEMBERED = 100_000  # ids of messages on a connection; of what is forgotten nothing is answered
NOT_CONNECTED = "the system under test is not connected"


NO_LAB = (
    "there are no certificates: make a lab with `testbay lab new DIR` and name it by --lab DIR or "
    "[lab] folder in the configuration"
)

LEFT = "the {} {} a password that an earlier part of this run has given it"


class Impossible(Exception):
    """An act cannot be done, as something is missing that the tester must provide."""


class ToolEnd:
    """One end of the tool: hands what arrives to the attached inbox.

    Args:
        local: which side the tool plays.
        timeout: how long an answer to the tool may take (s).
    """

    def __init__(self, version: Version, local: Local, identity: str, timeout: float) -> None:
        self.version = version
        self.identity = identity
        self._local = local
        self._timeout = timeout
        self._inbox: Inbox | None = None
        self._epoch = 0
        self._events: Iterator[int] = itertools.count(1)
        self._sessions: dict[int, tuple[Session, Wire]] = {}
        self._current: tuple[Session, Wire] | None = None
        self._changed = asyncio.Event()
        self._unanswered: dict[str, str] = {}
        self.mark = ""
        """What the ids of all calls begin with, so that no other run has the same ones."""
        self.helpers: tuple[object, ...] = ()
        """Who has acts besides: each is asked in turn."""

    # -- what the engine asks -------------------------------------------------------------------

    def attach(self, inbox: Inbox) -> None:
        """Hand everything that arrives from now on to this inbox."""
        self._inbox = inbox
        self._epoch += 1

    def wire_id(self, uid: str) -> str:
        """Return the id on the wire of a call: unique over all cases, and with a mark all runs."""
        return f"{self.mark}{self._epoch}-{uid}"

    def call(self, uid: str, action: str, payload: dict[str, Any]) -> Coroutine[Any, Any, Answer]:
        """Send a request and wait for what comes back."""
        if self._current is None:
            return _not_connected()
        return self._current[0].call(self.wire_id(uid), action, payload)

    def answer(self, message: Received, reply: Reply) -> None:
        """Answer a request, if its connection still is there."""
        if (found := self._sessions.get(message.connection)) is not None:
            found[0].answer(message.wire_uid or message.uid, reply)

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        """Act on the connection; the acts are those of this end and its helpers, by their names.

        What an act cannot do for want of something is its result (``impossible``), so that it is
        in the journal; the case is inconclusive then.

        Raises:
            CaseError: there is no such act.
        """
        name = f"act_{what.replace(' ', '_')}"
        acts = (getattr(actor, name, None) for actor in (self, *self.helpers))
        act = next((act for act in acts if act is not None), None)
        if act is None:
            raise CaseError(f"this end cannot {what!r}")
        try:
            seen: dict[str, Any] = await act(**how)
        except Impossible as error:
            return {IMPOSSIBLE: str(error)}
        return seen

    async def act_close(self, code: int = 1000) -> dict[str, Any]:
        """Close the connection, if there is one, and wait until it is closed."""
        for _, wire in list(self._sessions.values()):
            wire.close(code)
            await wire.wait_closed()
        return {}

    async def act_abort(self) -> dict[str, Any]:
        """End the connection without a close frame."""
        for _, wire in list(self._sessions.values()):
            wire.abort()
            await wire.wait_closed()
        return {}

    async def wait_connected(self, timeout: float) -> bool:
        """Wait until the other end is connected."""
        try:
            async with asyncio.timeout(timeout):
                while self._current is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    # -- what the transport tells ---------------------------------------------------------------

    @property
    def inbox(self) -> Inbox:
        """The inbox that is attached."""
        assert self._inbox is not None
        return self._inbox

    def handle(self, wire: Wire, event: TransportEvent) -> None:
        """Take an event of a connection."""
        if type(event) is TextMessage:
            self.text(wire, event.text)
        elif isinstance(event, Opened):
            self._opened(wire, event)
        elif isinstance(event, BinaryMessage):
            if (found := self._sessions.get(wire.number)) is not None:
                found[0].receive_binary(event.data)
        elif isinstance(event, BadMessage):
            text = f"{event.reason}; the tool ends it with the close code {event.code} (RFC 6455)"
            self.inbox.violated("", "the WebSocket connection", (text,))
        elif isinstance(event, BadUpgrade):
            self.bad_upgrade(wire, event.reason)
        elif isinstance(event, ClientHello):
            offers = {"versions": list(event.versions), "ciphers": list(event.cipher_suites)}
            self.event("@client_hello", wire.number, offers)
        elif isinstance(event, TlsEstablished):
            agreed = {"version": event.version, "cipher": event.cipher}
            shown = pem(event.peer_certificate)
            self.event("@tls", wire.number, agreed | {"certificate": shown})
        elif isinstance(event, TlsRefused):
            told = {"by": event.by, "reason": event.reason, "detail": event.detail}
            self.event("@tls_refused", wire.number, told)
        elif isinstance(event, TlsEnded):
            told = {"by": "peer", "reason": f"{event.how} without an alert", "detail": event.stage}
            self.event("@tls_refused", wire.number, told)
        elif isinstance(event, Closed):
            self._closed(wire, event)

    def text(self, wire: Wire, text: str) -> None:
        """Take a text; one of a connection that was closed for its subprotocol is dropped."""
        if (found := self._sessions.get(wire.number)) is not None:
            found[0].receive(text)

    def bad_upgrade(self, wire: Wire, reason: str) -> None:
        """Take notice of an upgrade that cannot be used; whoever dials is told by ``dial``."""

    def _opened(self, wire: Wire, event: Opened) -> None:
        connection = Connection(self.version, self._local, self._timeout, remembered=REMEMBERED)
        session = Session(wire, connection, lambda: self.inbox, self._unanswered)
        old = self._current
        self._sessions[wire.number] = (session, wire)
        self._current = (session, wire)
        if old is not None:
            self.inbox.notice(
                f"{self.identity} connected again while it was connected; the older connection "
                "is closed"
            )
            old[1].close(1000, "connected again")
        self.event("@connect", wire.number, self.about(wire, event))
        self._changed.set()

    def about(self, wire: Wire, event: Opened) -> dict[str, Any]:
        """Return what an event of a new connection carries."""
        return {
            "identity": self.identity,
            "subprotocol": event.subprotocol or "",
            "deflate": event.deflate,
            "secure": wire.established is not None,
        }

    def _closed(self, wire: Wire, event: Closed) -> None:
        found = self._sessions.pop(wire.number, None)
        if found is None:
            return
        session, _ = found
        if self._current is not None and self._current[1] is wire:
            self._current = None
        session.lost(_why(event))
        told = {"code": event.code, "by": event.by, "clean": event.clean, "reason": event.reason}
        self.event("@closed", wire.number, told)
        self.closed(wire, event)
        self._changed.set()

    def closed(self, wire: Wire, event: Closed) -> None:
        """See a connection end; the end that dials may open it again."""

    def notice(self, text: str) -> None:
        """Hand something that is worth a remark to the inbox."""
        self.inbox.notice(text)

    def event(self, action: str, connection: int, payload: dict[str, Any]) -> None:
        """Hand an event of the connection to the inbox."""
        uid = f"@{next(self._events)}"
        self.inbox.receive(Received(uid, action, Payload.of(payload), connection))


def _why(event: Closed) -> str:
    whom = "the tool" if event.by == "us" else "the system under test"
    because = f": {event.reason}" if event.reason else ""
    return f"the connection was closed by {whom} ({event.code}{because})"


async def _not_connected() -> Answer:
    return Lost(NOT_CONNECTED)
