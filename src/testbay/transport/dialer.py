"""The tool as a client: it dials, and gets a wire or the reason why there is none."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from websockets.exceptions import InvalidURI
from websockets.uri import WebSocketURI, parse_uri

from testbay.transport.events import (
    Closed,
    Connected,
    Headers,
    Opened,
    Party,
    TlsEnded,
    TlsEstablished,
    TlsRefused,
    TransportEvent,
    UpgradeAnswered,
)
from testbay.transport.tls import Tls
from testbay.transport.websocket import MAX_SIZE, client_end
from testbay.transport.wire import Handler, Limits, Wire

Stage = Literal["connect", "tls", "upgrade"]


@dataclass(frozen=True, slots=True)
class DialFailed:
    """No connection was opened."""

    stage: Stage
    """How far it came: the TCP connection, the TLS handshake, the upgrade."""
    reason: str
    by: Party
    """Whose doing it was; a time-out or a refused TCP connection is the peer's."""
    answer: UpgradeAnswered | None = None
    """The answer to the upgrade request, if one came."""
    heard: bool = field(default=False, compare=False)
    """Whether any byte of the peer came."""
    late: bool = field(default=False, compare=False)
    """Whether it was not open in time, and nobody said why."""
    tls: TlsEstablished | None = field(default=None, compare=False)
    """How the connection was encrypted, as far as it came to that."""

    @property
    def status(self) -> int | None:
        """The HTTP status of the answer, if one came."""
        return self.answer.status if self.answer else None


class _Opening:
    """The handler until the connection is open: passes everything on and remembers the stage."""

    def __init__(self, handler: Handler, secure: bool) -> None:
        self.handler = handler
        self.secure = secure
        self.stage: Stage = "connect"
        self.answer: UpgradeAnswered | None = None
        self.closed: Closed | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def __call__(self, wire: Wire, event: TransportEvent) -> None:
        match event:
            case Connected():
                self.stage = "tls" if self.secure else "upgrade"
            case TlsEstablished():
                self.stage = "upgrade"
            case TlsRefused() | TlsEnded():
                self.stage = "tls"
            case UpgradeAnswered():
                self.answer = event
            case Opened():
                wire.handler = self.handler
                self._finish()
            case Closed():
                self.closed = event
                self._finish()
        self.handler(wire, event)

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def dial(
    handler: Handler,
    url: str,
    *,
    subprotocols: Sequence[str] = (),
    headers: Headers = (),
    tls: ssl.SSLContext | None = None,
    deflate: bool = False,
    open_timeout: float = 10.0,
    max_size: int = MAX_SIZE,
    server_name: str | None = None,
    limits: Limits | None = None,
) -> Wire | DialFailed:
    """Open a WebSocket connection, or return why there is none.

    Args:
        handler: is told everything about the connection, synchronously and in order.
        url: ws:// or wss://; a user and a password in it become an Authorization header.
        subprotocols: what is offered, the preferred one first.
        headers: sent in addition; a standard header of the same name is replaced.
        tls: settings as made by ``tls_client``, which wss:// needs.
        deflate: whether compression is offered.
        open_timeout: seconds until the connection has to be open.
        max_size: of incoming messages, in bytes.
        server_name: host name for TLS where it is not that of the URL.
        limits: other time-outs in seconds, bytes that may wait.

    Raises:
        ValueError: for a URL or TLS settings that cannot work with any server.
    """
    uri = _parse(url, tls)
    secure = None
    if uri.secure and tls is not None:
        secure = Tls(tls, server_name or uri.host, server=False)
        secure.start()
    opening = _Opening(handler, uri.secure)
    websocket = client_end(uri, subprotocols, headers, max_size, deflate)
    wire = Wire(opening, websocket, secure, None, limits or Limits())
    try:
        async with asyncio.timeout(open_timeout):
            try:
                await asyncio.get_running_loop().create_connection(lambda: wire, uri.host, uri.port)
            except OSError as error:
                return DialFailed("connect", in_words(error), "peer")
            await opening.done
    except TimeoutError:
        late = f"not open within {open_timeout:g} s"
        if opening.stage != "connect":
            wire.abort(late)
            await wire.wait_closed()
        return _failed(opening, wire, late, "peer", late=True)
    except BaseException:
        wire.abort()
        raise
    if opening.closed is not None:
        return _failed(opening, wire, opening.closed.reason, opening.closed.by)
    return wire


def _failed(opening: _Opening, wire: Wire, why: str, by: Party, late: bool = False) -> DialFailed:
    return DialFailed(
        opening.stage, why, by, opening.answer, wire.heard, late, tls=wire.established
    )


def _parse(url: str, tls: ssl.SSLContext | None) -> WebSocketURI:
    try:
        uri = parse_uri(url)
    except (InvalidURI, ValueError) as error:
        raise ValueError(f"{url!r} is not the URL of a WebSocket: {error}") from error
    if uri.secure and tls is None:
        raise ValueError(f"{url!r} needs TLS settings; make them with tls_client()")
    if not uri.secure and tls is not None:
        raise ValueError(f"{url!r} is plain, but there are TLS settings; did you mean wss://?")
    return uri


def in_words(error: OSError) -> str:
    """Say why a server cannot be reached."""
    if isinstance(error, socket.gaierror):
        return "the host name is not known"
    if error.errno is None:
        return str(error)
    if error.errno == errno.ECONNREFUSED:
        return "connection refused"
    return os.strerror(error.errno).lower()
