"""TLS over memory, so that each step of a handshake and each refusal is seen, and its settings.

An asyncio transport with an ``ssl`` argument hides failed handshakes: neither the handler nor the
exception handler hears of a client that refused the certificate. And it closes without sending the
alert that OpenSSL has written, so that a peer on asyncio refuses without saying why: TlsEnded. Such
a peer can be mended by flushing ``_process_outgoing`` of asyncio's ``SSLProtocol`` before its
``_on_handshake_complete`` gets an exception. Real peers without alerts exist, too.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from testbay.transport.ciphers import MODERN, OLD, iana_name, openssl_list
from testbay.transport.events import TlsEstablished, TlsRefused, TransportEvent
from testbay.transport.hello import HelloReader

_RECORD = 16_384  # bytes of plain text in a record, at most
_ALERT = re.compile(r"(?:SSLV3|TLSV1|TLSV13)_ALERT_")


class Tls:
    """One end of a TLS connection: bytes in, plain text, events and bytes out."""

    def __init__(self, context: ssl.SSLContext, server_name: str | None, server: bool) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server, server_hostname=server_name
        )
        self._server = server
        self._hello = HelloReader()
        self._hello.done = not server
        self.events: list[TransportEvent] = []
        """What was seen since the events were last taken away."""
        self.established = False
        self.refused: TlsRefused | None = None
        """The first refusal; the object gives odd errors afterwards."""
        self.heard = False
        """Whether application data has come."""
        self.ended = False
        """Whether the peer has announced the end of its data (close_notify)."""
        self._closed = False

    @property
    def silent_stage(self) -> Literal["handshake", "first read"] | None:
        """Where in the handshake the peer stands that has told nothing; None if it is over.

        In TLS 1.3 a client is refused for its certificate only after its own handshake.
        """
        if self.refused or self.ended:
            return None
        if not self.established:
            return "handshake"
        early = not self._server and not self.heard and self._object.version() == "TLSv1.3"
        return "first read" if early else None

    def start(self) -> None:
        """Begin the handshake as a client.

        Raises:
            ValueError: if the context cannot even make a ClientHello; nothing must be concluded
                about the peer from that.
        """
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            raise ValueError(f"these TLS settings fail without a peer: {error.reason}") from error

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the peer and return the plain text in them."""
        if self.refused or self._closed:
            return b""
        if not self._hello.done and (hello := self._hello.feed(data)):
            self.events.append(hello)
        self._incoming.write(data)
        parts = []
        try:
            if not self.established:
                self._object.do_handshake()
                self._establish()
                if not self._incoming.pending and not self._object.pending():
                    return b""
            while part := self._object.read(_RECORD):
                parts.append(part)
                if not self._incoming.pending and not self._object.pending():
                    break
            else:
                self.ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        except ssl.SSLError as error:
            self.refused = _refusal(error)
            self.events.append(self.refused)
        if parts:
            self.heard = True
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def send(self, data: bytes) -> None:
        """Encrypt plain text; fetch the result with ``output``."""
        if self.refused or self._closed:
            return
        written = self._object.write(data)
        while written < len(data):
            data = data[written:]
            written = self._object.write(data)

    def output(self) -> bytes:
        """Return the bytes to be sent to the peer."""
        return self._outgoing.read() if self._outgoing.pending else b""

    def close(self) -> None:
        """Announce the end of our data (close_notify)."""
        if self._closed or self.refused or not self.established:
            return
        self._closed = True
        with contextlib.suppress(ssl.SSLError):  # it wants the peer's close_notify, too
            self._object.unwrap()

    def _establish(self) -> None:
        self.established = True
        cipher = self._object.cipher()
        self.events.append(
            TlsEstablished(
                version=self._object.version() or "",
                cipher=iana_name(cipher[0]) if cipher else "",
                resumed=bool(self._object.session_reused),
                peer_certificate=self._object.getpeercert(True),
            )
        )


def _refusal(error: ssl.SSLError) -> TlsRefused:
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsRefused("us", error.reason or "CERTIFICATE_VERIFY_FAILED", error.verify_message)
    reason = error.reason or "unknown"
    if "ALERT" in reason:
        return TlsRefused("peer", _ALERT.sub("", reason))
    return TlsRefused("us", reason)


Settings = ssl.SSLContext
"""The TLS settings of an end, for layers above that only pass them on."""


def tls_server(
    cert: Path | str | None,
    key: Path | str | None = None,
    client_ca: Path | str | None = None,
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ciphers: Sequence[str] | None = None,
    weak_keys: bool = False,
) -> ssl.SSLContext:
    """Make the settings of a server.

    Sessions cannot be resumed by tickets, so that every handshake shows its certificates.

    Args:
        cert: PEM file with the certificate and those that link it to a root; None: it comes later.
        key: PEM file with the private key; None if it is in the same file.
        client_ca: PEM file with the roots of client certificates; clients must then show one.
        minimum, maximum: versions of TLS that are spoken.
        ciphers: IANA names for TLS 1.2 and below, None for a choice that fits the versions; those
            of TLS 1.3 are always on.
        weak_keys: whether certificates with keys that are too short are shown and taken; then a
            case can judge them.

    Raises:
        ValueError: for a cipher suite that OpenSSL does not have.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _limit(context, minimum, maximum, ciphers, weak_keys)
    if cert is not None:
        context.load_cert_chain(cert, key)
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


def tls_client(
    server_ca: Path | str | None,
    cert: Path | str | None = None,
    key: Path | str | None = None,
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ciphers: Sequence[str] | None = None,
    weak_keys: bool = False,
) -> ssl.SSLContext:
    """Make the settings of a client.

    Args:
        server_ca: PEM file with the roots of server certificates; None accepts any certificate
            under any name.
        cert: PEM file with the client's certificate, if it has one.
        key: PEM file with the private key; None if it is in the same file.
        minimum, maximum: versions of TLS that are offered.
        ciphers: IANA names for TLS 1.2 and below, None for a choice that fits the versions; those
            of TLS 1.3 are always on.
        weak_keys: whether certificates with keys that are too short are shown and taken; then a
            case can judge them.

    Raises:
        ValueError: for a cipher suite that OpenSSL does not have.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _limit(context, minimum, maximum, ciphers, weak_keys)
    if server_ca is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(server_ca)
    if cert is not None:
        context.load_cert_chain(cert, key)
    return context


def tls_of_this_machine() -> ssl.SSLContext:
    """Make the settings of a client that trusts what this machine trusts.

    The environment variable SSL_CERT_FILE names a PEM file with other roots.
    """
    return ssl.create_default_context()


def _limit(
    context: ssl.SSLContext,
    minimum: ssl.TLSVersion,
    maximum: ssl.TLSVersion,
    ciphers: Sequence[str] | None,
    weak_keys: bool,
) -> None:
    """Set versions and cipher suites.

    OpenSSL 3 speaks TLS 1.0 and 1.1 only at security level 0; without it a client fails by itself
    and never sends a ClientHello. CPython's default list lacks the suites with RSA key exchange.
    """
    old = ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    weak = minimum in old or maximum in old
    if ciphers is None:
        ciphers = (*MODERN, *OLD) if weak else MODERN
    weak = weak or weak_keys or any("_NULL_" in name or "_anon_" in name for name in ciphers)
    context.set_ciphers(openssl_list(ciphers) + (":@SECLEVEL=0" if weak else ""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are test material
        context.minimum_version = minimum
        context.maximum_version = maximum
