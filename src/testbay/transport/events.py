"""What is observed of a connection, from the first byte to its end, in order.

A server sees Connected, with TLS ClientHello and TlsEstablished, then UpgradeRequest,
UpgradeAnswered, Opened, messages, Closed. A client sees the same without ClientHello and
UpgradeRequest. Whatever goes wrong, Closed comes exactly once and last.

Every field can be journaled, except where its docstring says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Party = Literal["us", "peer"]
"""Who did it: this tool or the other end."""

Headers = tuple[tuple[str, str], ...]
"""HTTP headers in their order; ``MASK`` replaces values that differ from run to run."""

MASK = "(masked)"
"""Stands for the value of Date, Sec-WebSocket-Key and Sec-WebSocket-Accept."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The TCP connection is there."""

    peer: str
    """Address and port of the other end."""


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What a TLS client offers, read from its first message."""

    versions: tuple[str, ...]
    """Such as TLSv1.3, TLSv1.2, in the order offered; old clients name only the highest."""
    cipher_suites: tuple[str, ...]
    """IANA names in the order offered; an unknown one as 0xABCD."""
    suite_numbers: tuple[int, ...]
    """The same suites as numbers."""
    server_name: str | None
    """The host name asked for, if any."""


@dataclass(frozen=True, slots=True)
class TlsEstablished:
    """The TLS handshake is complete at this end.

    With TLS 1.3 a server can still refuse the certificate of its client afterwards.
    """

    version: str
    """Such as TLSv1.2."""
    cipher: str
    """IANA name of the cipher suite in use."""
    resumed: bool
    """Whether an earlier session was resumed, without certificates."""
    peer_certificate: bytes | None = field(default=None, repr=False)
    """The certificate of the other end in DER, if it showed one. Often random."""


@dataclass(frozen=True, slots=True)
class TlsRefused:
    """One end refused to go on with TLS and said why."""

    by: Party
    reason: str
    """By the peer the name of its alert, such as CERTIFICATE_EXPIRED; by us OpenSSL's reason."""
    detail: str = ""
    """What was wrong with the certificate, if that is why we refused."""


@dataclass(frozen=True, slots=True)
class TlsEnded:
    """The peer went away during the TLS handshake without an alert: no reason is known."""

    stage: Literal["handshake", "first read"]
    """First read: TLS 1.3, this end's handshake was complete but the peer never said anything."""
    how: Literal["end of file", "reset"]


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """A client asks for a WebSocket connection."""

    path: str
    """As sent: with the query and still percent-encoded."""
    headers: Headers
    subprotocols: tuple[str, ...]
    """In the order offered."""
    authorization: str | None
    """The raw header. Often a password: mask it in reports."""
    extensions: tuple[str, ...]
    """Raw values of Sec-WebSocket-Extensions."""
    method: str = "GET"
    http_version: str = "HTTP/1.1"
    tls: TlsEstablished | None = None
    """How the connection is encrypted; None if it is not."""


@dataclass(frozen=True, slots=True)
class UpgradeAnswered:
    """A server, this tool or the peer, answers the request for a WebSocket connection."""

    by: Party
    status: int
    headers: Headers
    subprotocol: str | None
    """The subprotocol of the answer, whether it was offered or not."""
    body: str = ""
    """The beginning of the body."""


@dataclass(frozen=True, slots=True)
class BadUpgrade:
    """The peer sent something that is no proper upgrade request, or no proper answer to one."""

    reason: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Messages can be sent now."""

    subprotocol: str | None
    path: str
    deflate: bool
    """Whether messages are compressed by permessage-deflate."""


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A complete text message."""

    text: str


@dataclass(frozen=True, slots=True)
class BinaryMessage:
    """A complete binary message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class BadMessage:
    """The peer broke the WebSocket protocol; this end fails the connection with a close code."""

    reason: str
    code: int


@dataclass(frozen=True, slots=True)
class PingReceived:
    """A ping; it was answered unless ``Wire.auto_pong`` is off."""

    data: bytes = field(repr=False)
    """Random with many peers: not for a journal."""


@dataclass(frozen=True, slots=True)
class PongReceived:
    """A pong, asked for or not."""

    data: bytes = field(repr=False)
    """What the ping carried."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is over. Comes exactly once, after everything else."""

    code: int | None
    """The close code: the peer's, else ours, else 1006; None if it was never open."""
    reason: str
    """The text of the close frame, or what happened where there was none."""
    by: Party
    """Who began to end it."""
    clean: bool
    """Whether both ends sent a close frame."""


TransportEvent = (
    Connected
    | ClientHello
    | TlsEstablished
    | TlsRefused
    | TlsEnded
    | UpgradeRequest
    | UpgradeAnswered
    | BadUpgrade
    | Opened
    | TextMessage
    | BinaryMessage
    | BadMessage
    | PingReceived
    | PongReceived
    | Closed
)
