"""A connection of the tool, either end: asyncio carries the bytes, everything above is sans-I/O.

Each observation goes to the handler, synchronously and in order; Closed comes exactly once, last.
A handler that raises ends its connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import struct
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import Literal

from testbay.clock import now
from testbay.transport.events import (
    BadUpgrade,
    Closed,
    Connected,
    Opened,
    Party,
    TextMessage,
    TlsEnded,
    TlsEstablished,
    TransportEvent,
    UpgradeRequest,
)
from testbay.transport.hello import HANDSHAKE_RECORD, HelloReader
from testbay.transport.tls import Tls
from testbay.transport.upgrade import Upgrade
from testbay.transport.websocket import WebSocket

TLS_CAME = "TLS came where plain HTTP is spoken"
_ALERT_RECORD = 21
_ABNORMAL = 1006
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_CHUNK = 65_536  # bytes

_numbers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Iterator[int]] = (
    weakref.WeakKeyDictionary()
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much a connection waits for its peer."""

    open_timeout: float = 30.0
    """Seconds in which a client has to bring its upgrade request to an end."""
    close_timeout: float = 10.0
    """Seconds in which a peer has to answer a close frame, and then to end the connection."""
    max_unsent: int = 16 * 2**20
    """Bytes that may wait because the peer does not read."""


Handler = Callable[["Wire", TransportEvent], None]
Decide = Callable[[UpgradeRequest], Upgrade]


def next_number() -> int:
    """Return the number of the next connection of the running loop, from 1 on."""
    loop = asyncio.get_running_loop()
    if loop not in _numbers:
        _numbers[loop] = itertools.count(1)
    return next(_numbers[loop])


class Wire(asyncio.Protocol):
    """One connection, either end. Made by ``listen`` and ``dial``."""

    def __init__(
        self,
        handler: Handler,
        websocket: WebSocket,
        tls: Tls | None,
        decide: Decide | None,
        limits: Limits,
        forget: Callable[[Wire], None] | None = None,
        mixed: bool = False,
    ) -> None:
        self.handler = handler
        """Gets every event from now on."""
        self.number = next_number()
        self.peer = ""
        """Address and port of the other end."""
        self.established: TlsEstablished | None = None
        """How the connection is encrypted, once it is."""
        self._mixed = mixed
        self._closed: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()
        self._websocket = websocket
        self._tls = tls
        self._decide = decide
        self._limits = limits
        self._forget = forget
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._why: tuple[Party, str] | None = None
        self._stray: HelloReader | None = None
        self._begun = False  # bytes have come
        self._corked = False  # output is collected while input is worked off
        self._closing = False  # the peer has to answer or to end the connection in time
        self._mute = False  # nothing more can be sent
        self._over = False  # nothing is sent or told any more but Closed
        self._ended = False  # the peer sends nothing more

    # ---- what the tool does -------------------------------------------------------------------

    @property
    def is_server(self) -> bool:
        """Whether the peer dialled."""
        return self._decide is not None

    @property
    def heard(self) -> bool:
        """Whether any byte of the peer has come."""
        return self._begun

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._websocket.is_open and not self._over

    @property
    def path(self) -> str:
        """The path asked for, as sent: with the query and still percent-encoded."""
        return self._websocket.path

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol agreed on."""
        return self._websocket.subprotocol

    def send_text(self, text: str) -> bool:
        """Send a text message; tell whether the connection was open."""
        if self._over or not self._websocket.send_text(text.encode()):
            return False
        if not self._corked:
            self._push()
        return True

    def send_binary(self, data: bytes) -> bool:
        """Send a binary message; tell whether the connection was open."""
        if self._over or not self._websocket.send_binary(data):
            return False
        if not self._corked:
            self._push()
        return True

    def send_raw(self, data: bytes) -> bool:
        """Send bytes as they are, inside TLS if there is TLS: wrong frames on purpose."""
        if self._over or self._mute or self._transport is None:
            return False
        self._push()
        self._write(data)
        return True

    def ping(self, data: bytes = b"") -> bool:
        """Send a ping; tell whether that was possible."""
        sent = not self._over and self._websocket.send_ping(data)
        self._flush()
        return sent

    def pong(self, data: bytes = b"") -> bool:
        """Send a pong, asked for or not; tell whether that was possible."""
        sent = not self._over and self._websocket.send_pong(data)
        self._flush()
        return sent

    def set_auto_pong(self, on: bool) -> None:
        """Say whether pings are answered at once, as they are to begin with."""
        self._websocket.set_auto_pong(on)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Send a close frame and wait for the peer to answer it; before the opening just end.

        Raises:
            ValueError: for a code or text that cannot be in a close frame.
        """
        if self._over:
            return
        if self._websocket.send_close(code, reason):
            self._flush()
        elif not self._websocket.opened:
            self.abort(reason or "ended by us before it was open")

    def abort(self, why: str = "aborted", *, reset: bool = False) -> None:
        """End the connection without a close frame; messages sent before still go out.

        Args:
            why: becomes the reason of Closed.
            reset: whether TCP is reset (RST) instead of closed (FIN); the peer may then lose
                messages that it has not read.
        """
        if self._over:
            return
        self._because("us", why)
        self._push()
        self._over = True
        if self._transport is None:
            return
        if reset:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    async def wait_closed(self) -> Closed:
        """Wait until the connection is over and the handler has been told."""
        return await asyncio.shield(self._closed)

    # ---- what asyncio tells -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; as a client with TLS or the upgrade request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=self._limits.max_unsent)
        self.peer = _address(transport.get_extra_info("peername"))
        if self.is_server:
            self._set_timer(self._limits.open_timeout, self._open_timed_out)
        self._tell(Connected(self.peer))
        if self._tls is None:
            self._websocket.begin()
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Work off bytes from the peer; what is sent meanwhile goes out together afterwards."""
        self._corked = True
        try:
            if not self._begun:
                self._begin(data)
            if self._tls is not None:
                data = self._decrypt(self._tls, data)
            if data and self._stray is None:
                if (text := self._websocket.text_alone(data)) is not None:
                    if not self._over:
                        self.handler(self, TextMessage(text))
                    return
                for event in self._websocket.receive(data):
                    if self._over:
                        return
                    if type(event) is TextMessage:
                        self.handler(self, event)
                    else:
                        self._observe(event)
            elif data:
                self._read_stray(data)
        finally:
            self._corked = False
            self._flush()
            if self._tls is not None and (self._tls.refused or self._tls.ended):
                self._tls_over(self._tls)

    def eof_received(self) -> None:
        """Take notice of the end of the peer's data; asyncio then closes the connection."""
        self._end_of_input("end of file")
        self._set_timer(self._limits.close_timeout, self._close_timed_out)

    def pause_writing(self) -> None:
        """Give up on a peer that does not read."""
        limit = self._limits.max_unsent / 2**20
        self._give_up(f"the peer does not read: more than {limit:g} MiB wait to be sent")

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the end."""
        self._mute = True
        if isinstance(exc, OSError):
            self._drain()
            self._end_of_input("reset")
        elif exc is not None:
            self._because("us", f"this tool failed: {type(exc).__name__}")
        else:
            self._end_of_input("end of file")
        self._set_timer(None)
        self._over = True
        closed = self._summary()
        if self._forget is not None:
            self._forget(self)
        try:
            self.handler(self, closed)
        finally:
            self._closed.set_result(closed)

    # ---- inside: telling ----------------------------------------------------------------------

    def _tell(self, event: TransportEvent) -> None:
        if not self._over:
            self.handler(self, event)

    def _because(self, by: Party, reason: str) -> None:
        if self._why is None:
            self._why = (by, reason)

    def _observe(self, event: TransportEvent) -> None:
        """Tell an event other than a text message, and do what follows from it."""
        if isinstance(event, UpgradeRequest):
            event = replace(event, tls=self.established)
        self._tell(event)
        if isinstance(event, UpgradeRequest):
            if self._websocket.acceptable and not self._over:
                assert self._decide is not None
                self._answer(self._decide(event))
        elif isinstance(event, BadUpgrade) and self._websocket.asked:
            self._answer(None)

    def _answer(self, upgrade: Upgrade | None) -> None:
        if self._over:
            return
        for event in self._websocket.answer(upgrade, format_datetime(now(), usegmt=True)):
            if type(event) is Opened:
                self._set_timer(None)
            self._tell(event)

    def _summary(self) -> Closed:
        websocket = self._websocket
        received, sent, first = websocket.close_frames
        code = None
        if websocket.opened:
            code = (received or sent or (_ABNORMAL, ""))[0]
            if received and sent and not websocket.failure:
                by: Party = first or "us"
                return Closed(code, (received if by == "peer" else sent)[1], by, clean=True)
        by, reason = websocket.failure or self._why or ("peer", "the connection ended")
        return Closed(code, reason, first or by, clean=False)

    # ---- inside: bytes ------------------------------------------------------------------------

    def _flush(self) -> None:
        """Send what there is to send, unless more may come at once."""
        if not self._corked:
            self._push()

    def _push(self) -> None:
        if self._over or self._transport is None:
            return
        websocket = self._websocket
        data = websocket.output()
        if data or self._tls is not None:
            self._write(data)
        if websocket.is_open:
            return
        if websocket.finished:
            self._finish()
        elif websocket.closing and not self._closing:
            self._closing = True
            self._set_timer(self._limits.close_timeout, self._close_timed_out)

    def _write(self, data: bytes) -> None:
        if self._mute:
            return
        assert self._transport is not None
        if self._tls is not None:
            if data:
                self._tls.send(data)
            data = self._tls.output()
        if data:
            self._transport.write(data)

    def _finish(self, linger: bool | None = None) -> None:
        """End our side; a server then leaves it to the peer to end the connection.

        Closing at once, with bytes from the peer unread, would make TCP throw away what we sent.
        """
        if self._mute or self._over or self._transport is None:
            return
        if self._tls is not None:
            self._tls.close()
            self._write(b"")
        self._mute = True
        if linger is None:
            linger = self.is_server
        if linger and not self._ended and self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()
        self._set_timer(self._limits.close_timeout, self._close_timed_out)

    def _decrypt(self, tls: Tls, data: bytes) -> bytes:
        plain = tls.receive(data)
        if tls.events:
            events, tls.events = tls.events, []
            for event in events:
                if type(event) is TlsEstablished:
                    self.established = event
                    self._websocket.begin()
                self._tell(event)
        return plain

    def _tls_over(self, tls: Tls) -> None:
        if tls.refused is not None:
            detail = f" ({tls.refused.detail})" if tls.refused.detail else ""
            self._because(tls.refused.by, f"TLS refused: {tls.refused.reason}{detail}")
            self._finish(linger=tls.refused.by == "us")
        else:
            self._end_of_input("end of file")
            self._finish()

    def _begin(self, data: bytes) -> None:
        """Look at the first byte: it may belong to TLS where there is none, or the reverse."""
        self._begun = True
        if self._tls is not None:
            if self._mixed and data[0] != HANDSHAKE_RECORD:
                self._tls = None
                self._websocket.begin()
        elif data[0] == (HANDSHAKE_RECORD if self.is_server else _ALERT_RECORD):
            self._stray = HelloReader()

    def _read_stray(self, data: bytes) -> None:
        assert self._stray is not None
        if self._mute:
            return
        if self.is_server:
            hello = self._stray.feed(data)
            if not self._stray.done:
                return
            if hello is not None:
                self._tell(hello)
            reason = f"{TLS_CAME}: the client wants wss://"
        else:
            reason = "a TLS alert came where plain HTTP is spoken: the server wants wss://"
        self._because("us", reason)
        self._tell(BadUpgrade(reason))
        self._finish(linger=True)

    # ---- inside: the end ----------------------------------------------------------------------

    def _end_of_input(self, how: Literal["end of file", "reset"]) -> None:
        if self._ended:
            return
        self._ended = True
        websocket = self._websocket
        partial = websocket.mid_message
        for event in websocket.receive_end():
            self._observe(event)
        received, sent, _ = websocket.close_frames
        ended = "the connection ended" if how == "end of file" else "the connection was reset"
        if self._tls is not None and (stage := self._tls.silent_stage):
            self._because("peer", f"{ended} during the TLS handshake, without an alert")
            self._tell(TlsEnded(stage, how))
        elif not websocket.opened:
            what = "upgrade request" if self.is_server else "answer to the upgrade request"
            self._because("peer", f"{ended} before a complete {what}")
        elif partial:
            self._because("peer", f"{ended} in the middle of a message")
        elif sent and not received:
            self._because("us", f"{ended} without an answer to the close frame")
        else:
            self._because("peer", f"{ended} without a close frame")
        self._flush()

    def _drain(self) -> None:
        """Read what came before the peer went away, when sending was what noticed it."""
        if self._over or self._ended or self._transport is None:
            return
        descriptor = self._transport.get_extra_info("socket").fileno()
        with contextlib.suppress(OSError):
            while data := os.read(descriptor, _CHUNK):
                self.data_received(data)

    def _open_timed_out(self) -> None:
        what = "upgrade request"
        if self._tls is not None and not self._tls.established:
            what = "TLS handshake"
        self._give_up(f"no complete {what} within {self._limits.open_timeout:g} s")

    def _close_timed_out(self) -> None:
        received, sent, _ = self._websocket.close_frames
        seconds = f"{self._limits.close_timeout:g} s"
        if sent and not received:
            self._give_up(f"no answer to the close frame within {seconds}")
        else:
            self._give_up(f"the peer did not end the connection within {seconds}")

    def _give_up(self, why: str) -> None:
        self._because("us", why)
        self._over = True
        if self._transport is not None:
            self._transport.abort()

    def _set_timer(self, delay: float | None, call: Callable[[], None] | None = None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if delay is not None and call is not None:
            self._timer = asyncio.get_running_loop().call_later(delay, call)


def _address(name: object) -> str:
    if isinstance(name, tuple) and len(name) >= 2:
        host, port = name[0], name[1]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return str(name)
