"""One end of a WebSocket connection without I/O: bytes in, events and bytes out.

The protocol is that of ``websockets``; here it is put under full control: any answer to an upgrade,
pings that stay unanswered, frames that are wrong on purpose.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from types import GeneratorType

from websockets.client import ClientProtocol
from websockets.exceptions import ProtocolError
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.streams import StreamReader
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from testbay.transport.events import (
    BadMessage,
    BadUpgrade,
    BinaryMessage,
    Headers,
    Opened,
    Party,
    PingReceived,
    PongReceived,
    TextMessage,
    TransportEvent,
    UpgradeRequest,
)
from testbay.transport.frames import text_frame, text_of
from testbay.transport.upgrade import (
    Refuse,
    Upgrade,
    answered,
    first,
    listed,
    merge,
    refusal,
    shown,
)

MAX_SIZE = 2**20
"""Bytes of an incoming message unless told otherwise."""

_REASON_SHOWN = 200  # characters
_PROTOCOL_ERROR, _INVALID_DATA = 1002, 1007
_TEXT, _BINARY, _CONT = Opcode.TEXT, Opcode.BINARY, Opcode.CONT
_OPEN = State.OPEN
_AT_REST = StreamReader.at_eof.__code__  # where the parser waits for a frame to begin

_silent = logging.getLogger("testbay.transport.websocket")
_silent.disabled = True  # the events tell everything


class WebSocket:
    """Either end of a connection; made by ``server_end`` or ``client_end``."""

    def __init__(
        self,
        protocol: ServerProtocol | ClientProtocol,
        path: str = "",
        headers: Headers = (),
        max_size: int = MAX_SIZE,
    ) -> None:
        self._protocol = protocol
        self._is_client = isinstance(protocol, ClientProtocol)
        self._max_size = max_size
        self._simple = False  # see text_alone
        self._headers = headers
        self._response: Response | None = None
        self._fragments = bytearray()
        self._binary = False
        self._told = False
        self._ended = False
        self.path = path
        self.subprotocol: str | None = None
        self.opened = False
        """Whether the connection was opened, even if it is closed by now."""
        self.failure: tuple[Party, str] | None = None
        """Why it was not opened or had to be failed, and whose doing that was."""
        self.finished = False
        """Whether nothing more is to be sent; known after ``output``."""

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._protocol.state is State.OPEN

    @property
    def closing(self) -> bool:
        """Whether a close frame was sent or received."""
        return self._protocol.state is State.CLOSING

    @property
    def asked(self) -> bool:
        """Whether a request waits for ``answer``."""
        return self._response is not None

    @property
    def acceptable(self) -> bool:
        """Whether the request that waits is a proper one, so that it can be accepted."""
        return self._response is not None and self._response.status_code == 101

    @property
    def mid_message(self) -> bool:
        """Whether a part of a message has come, but not its end."""
        protocol = self._protocol
        return bool(protocol.reader.buffer) or protocol.current_size is not None

    @property
    def close_frames(self) -> tuple[tuple[int, str] | None, tuple[int, str] | None, Party | None]:
        """Code and text of the close frame received, of the one sent, and whose was first."""
        protocol = self._protocol
        received, sent = protocol.close_rcvd, protocol.close_sent
        first: Party | None = None
        if received or sent:
            first = "peer" if received and (not sent or protocol.close_rcvd_then_sent) else "us"
        return (
            (int(received.code), received.reason) if received else None,
            (int(sent.code), sent.reason) if sent else None,
            first,
        )

    def set_auto_pong(self, on: bool) -> None:
        """Say whether pings are answered at once."""
        vars(self._protocol).pop("recv_frame", None)
        if not on:
            vars(self._protocol)["recv_frame"] = self._receive_frame_silently

    def text_alone(self, data: bytes) -> str | None:
        """Take bytes that are just one ordinary text message, and return it.

        Nearly all are. None: they are something else and not taken; give them to ``receive``.
        """
        if not self._simple or self._protocol.state is not _OPEN:
            return None
        return text_of(data, not self._is_client, self._max_size)

    def _between_messages(self) -> bool:
        """Tell whether the parser waits for a message to begin that needs no decompression."""
        protocol = self._protocol
        if not self.opened or protocol.extensions or protocol.current_size is not None:
            return False
        inner: object = protocol.parser
        while isinstance(inner, GeneratorType) and inner.gi_yieldfrom is not None:
            inner = inner.gi_yieldfrom
        return isinstance(inner, GeneratorType) and inner.gi_code is _AT_REST

    def receive(self, data: bytes) -> Iterator[TransportEvent]:
        """Take bytes from the peer and tell what they mean, one event at a time."""
        self._simple = False
        yield from self._receive(data)
        self._simple = self._between_messages()

    def _receive(self, data: bytes) -> Iterator[TransportEvent]:
        if self._ended:
            return
        protocol = self._protocol
        protocol.receive_data(data)
        for item in protocol.events_received():
            if type(item) is Frame:
                if item.opcode is _TEXT and item.fin:
                    try:
                        text = item.data.decode()  # type: ignore[union-attr]
                    except UnicodeDecodeError as error:
                        yield self._fail(_INVALID_DATA, _not_utf8(error))
                        return
                    yield TextMessage(text)
                else:
                    yield from self._frame(item)
                    if self._ended:
                        return
            elif type(item) is Request:
                yield from self._requested(item)
            elif type(item) is Response:
                yield from self._answered(item)
        if protocol.parser_exc is not None or protocol.handshake_exc is not None:
            yield from self._failed()

    def receive_end(self) -> Iterator[TransportEvent]:
        """Take notice that the peer sends nothing more."""
        if self._ended:
            return
        self._ended, self._simple = True, False
        self._protocol.receive_eof()
        for item in self._protocol.events_received():
            if type(item) is Response:  # one whose body goes on to the end of the connection
                yield from self._answered(item)

    def output(self) -> bytes:
        """Return the bytes to be sent to the peer."""
        writes = self._protocol.data_to_send()
        if len(writes) == 1:
            out = writes[0]
        elif not writes:
            return b""
        else:
            out = b"".join(writes)
        if not writes[-1]:
            self.finished = True
        return out

    def begin(self) -> None:
        """Ask the server for a connection, as a client; a server waits."""
        if isinstance(self._protocol, ClientProtocol):
            request = self._protocol.connect()
            merge(request.headers, self._headers)
            self._protocol.send_request(request)

    def answer(self, upgrade: Upgrade | None, date: str) -> Iterator[TransportEvent]:
        """Answer the request for a connection, as a server.

        Args:
            upgrade: the decision; None where the request cannot be accepted at all.
            date: for the Date header.
        """
        assert isinstance(self._protocol, ServerProtocol)
        response, self._response = self._response, None
        assert response is not None, "no request waits for an answer"
        if isinstance(upgrade, Refuse):
            response = refusal(upgrade)
            self.failure = ("us", f"refused with status {upgrade.status}")
        elif upgrade is not None:
            if upgrade.subprotocol is not None:
                response.headers["Sec-WebSocket-Protocol"] = upgrade.subprotocol
            self.subprotocol = upgrade.subprotocol
            merge(response.headers, upgrade.headers)
        if "Date" in response.headers:
            del response.headers["Date"]
        response.headers["Date"] = date
        self._protocol.send_response(response)
        yield answered("us", response)
        if response.status_code == 101:
            yield self._open()

    def send_text(self, data: bytes) -> bool:
        """Send a text message; tell whether the connection was open."""
        protocol = self._protocol
        if protocol.state is not _OPEN:
            return False
        if protocol.extensions:
            protocol.send_text(data)
        else:
            mask = os.urandom(4) if self._is_client else None
            protocol.writes.append(text_frame(data, mask))
        return True

    def send_binary(self, data: bytes) -> bool:
        """Send a binary message; tell whether the connection was open."""
        if self._protocol.state is not State.OPEN:
            return False
        self._protocol.send_binary(data)
        return True

    def send_ping(self, data: bytes) -> bool:
        """Send a ping; tell whether that was possible."""
        if self._protocol.state not in (State.OPEN, State.CLOSING):
            return False
        self._protocol.send_ping(data)
        return True

    def send_pong(self, data: bytes) -> bool:
        """Send a pong; tell whether that was possible."""
        if self._protocol.state not in (State.OPEN, State.CLOSING):
            return False
        self._protocol.send_pong(data)
        return True

    def send_close(self, code: int, reason: str) -> bool:
        """Send a close frame; tell whether the connection was open.

        Raises:
            ValueError: for a code or text that cannot be in a close frame.
        """
        if self._protocol.state is not State.OPEN:
            return False
        try:
            self._protocol.send_close(code, reason)
        except ProtocolError as error:
            raise ValueError(f"close frame with {code} {reason!r}: {error}") from error
        return True

    def _frame(self, item: Frame) -> Iterator[TransportEvent]:
        opcode = item.opcode
        if opcode is Opcode.PING:
            yield PingReceived(bytes(item.data))
        elif opcode is Opcode.PONG:
            yield PongReceived(bytes(item.data))
        elif opcode is _BINARY and item.fin:
            yield BinaryMessage(bytes(item.data))
        elif opcode in (_TEXT, _BINARY, _CONT):
            if opcode is not _CONT:
                self._binary = opcode is _BINARY
            self._fragments += item.data
            if item.fin:
                data, self._fragments = self._fragments, bytearray()
                if self._binary:
                    yield BinaryMessage(bytes(data))
                    return
                try:
                    text = data.decode()
                except UnicodeDecodeError as error:
                    yield self._fail(_INVALID_DATA, _not_utf8(error))
                    return
                yield TextMessage(text)

    def _requested(self, request: Request) -> Iterator[TransportEvent]:
        assert isinstance(self._protocol, ServerProtocol)
        self._response = response = self._protocol.accept(request)
        self.path = request.path
        yield UpgradeRequest(
            path=request.path,
            headers=shown(request.headers),
            subprotocols=listed(request.headers, "Sec-WebSocket-Protocol"),
            authorization=first(request.headers, "Authorization"),
            extensions=tuple(request.headers.get_all("Sec-WebSocket-Extensions")),
            method=request.method,
            http_version=request.protocol,
        )
        if response.status_code != 101:
            reason = _shorten(str(self._protocol.handshake_exc))
            self.failure = ("us", reason)
            self._told = True
            yield BadUpgrade(reason)

    def _answered(self, response: Response) -> Iterator[TransportEvent]:
        yield answered("peer", response)
        if self._protocol.handshake_exc is None:
            self.subprotocol = self._protocol.subprotocol
            yield self._open()
        elif response.status_code != 101:
            self.failure = ("peer", f"refused with status {response.status_code}")
            self._told = True
        # otherwise an answer that is wrong: told as a bad upgrade

    def _open(self) -> Opened:
        self.opened = True
        return Opened(self.subprotocol, self.path, bool(self._protocol.extensions))

    def _failed(self) -> Iterator[TransportEvent]:
        if self._told:
            return
        self._told = True
        protocol = self._protocol
        if protocol.parser_exc is not None:
            sent = protocol.close_sent
            code = int(sent.code) if sent else _PROTOCOL_ERROR
            reason = _shorten(str(protocol.parser_exc))
            self.failure = ("us", reason)
            yield BadMessage(reason, code)
        elif protocol.handshake_exc is not None:
            reason = _shorten(str(protocol.handshake_exc.__cause__ or protocol.handshake_exc))
            self.failure = ("us", reason)
            yield BadUpgrade(reason)

    def _fail(self, code: int, reason: str) -> BadMessage:
        self._told = True
        self._ended = True
        self.failure = ("us", reason)
        self._protocol.fail(code, reason)
        return BadMessage(reason, code)

    def _receive_frame_silently(self, item: Frame) -> None:
        if item.opcode is Opcode.PING:
            self._protocol.events.append(item)
        else:
            type(self._protocol).recv_frame(self._protocol, item)


def server_end(max_size: int = MAX_SIZE, deflate: bool = True) -> WebSocket:
    """Make the end of a server.

    Args:
        max_size: of incoming messages, in bytes.
        deflate: whether compression is agreed to.
    """
    extensions = [ServerPerMessageDeflateFactory(compress_settings={"memLevel": 5})]
    return WebSocket(
        ServerProtocol(
            extensions=extensions if deflate else None, max_size=max_size, logger=_silent
        ),
        max_size=max_size,
    )


def client_end(
    uri: WebSocketURI,
    subprotocols: Sequence[str] = (),
    headers: Headers = (),
    max_size: int = MAX_SIZE,
    deflate: bool = False,
) -> WebSocket:
    """Make the end of a client.

    Args:
        uri: where to connect to.
        subprotocols: what is offered, the preferred one first.
        headers: sent in addition; a standard header of the same name is replaced.
        max_size: of incoming messages, in bytes.
        deflate: whether compression is offered.
    """
    factory = ClientPerMessageDeflateFactory(
        client_max_window_bits=True, compress_settings={"memLevel": 5}
    )
    return WebSocket(
        ClientProtocol(
            uri,
            extensions=[factory] if deflate else None,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            max_size=max_size,
            logger=_silent,
        ),
        uri.resource_name,
        headers,
        max_size,
    )


def _not_utf8(error: UnicodeDecodeError) -> str:
    return f"text that is not UTF-8: {error.reason} at byte {error.start}"


def _shorten(text: str) -> str:
    return text if len(text) <= _REASON_SHOWN else text[:_REASON_SHOWN] + " ..."
