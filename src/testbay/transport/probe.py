"""A TLS handshake and nothing else: what a server agrees to, and what it shows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from testbay.transport.dialer import Stage, in_words
from testbay.transport.events import Party, TlsEstablished
from testbay.transport.tls import Settings, Tls

LINGER = 2.0  # s, for a server that refuses a client certificate after the handshake (TLS 1.3)


@dataclass(frozen=True, slots=True)
class Probed:
    """How a handshake ended."""

    agreed: TlsEstablished | None
    """What was agreed on; it may be refused all the same by who sees no good certificate."""
    stage: Stage
    reason: str = ""
    """Why it was refused; nothing where it was not."""
    by: Party | None = None
    """Who refused."""
    heard: bool = False
    """Whether any byte of the peer came."""
    late: bool = False
    """Whether it did not end in time, and nobody said why."""


class _Handshake(asyncio.Protocol):
    def __init__(self, tls: Tls) -> None:
        self.tls = tls
        self.agreed: TlsEstablished | None = None
        self.heard = False
        self.reset = False
        self._said_all = False
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self.tls.output())

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self.heard = True
        self.tls.receive(data)
        for event in self.tls.events:
            if isinstance(event, TlsEstablished):
                self.agreed = event
        self.tls.events.clear()
        if self._said_all:
            return
        self._transport.write(self.tls.output())
        if self.tls.refused is not None:
            self._transport.close()
        elif self.agreed is not None and self._transport.can_write_eof():
            self._said_all = True
            self._transport.write_eof()  # a server that does not like us can still say so

    def connection_lost(self, exc: Exception | None) -> None:
        self.reset = exc is not None
        if not self.over.done():
            self.over.set_result(None)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def probe(
    host: str, port: int, tls: Settings, *, server_name: str = "", timeout: float = 10.0
) -> Probed:
    """Make a handshake with a server, then end the connection.

    Args:
        tls: settings as made by ``client_settings``.
        server_name: host name for TLS where it is not that of the server.
        timeout: how long all of it may take (s).

    Raises:
        ValueError: for TLS settings that cannot work with any server.
    """
    end = Tls(tls, server_name or host, server=False)
    end.start()
    shake = _Handshake(end)
    loop = asyncio.get_running_loop()
    stage: Stage = "connect"
    try:
        async with asyncio.timeout(timeout):
            await loop.create_connection(lambda: shake, host, port)
            stage = "tls"
            await _over(shake)
    except OSError as error:
        if isinstance(error, TimeoutError):
            shake.abort()
            why = f"no handshake within {timeout:g} s"
            return Probed(None, stage, why, "peer", shake.heard, late=True)
        return Probed(None, stage, in_words(error), "peer")
    refused = end.refused
    if refused is not None:
        reason = f"{refused.reason} ({refused.detail})" if refused.detail else refused.reason
        return Probed(shake.agreed, stage, reason, refused.by, shake.heard)
    if shake.agreed is None:
        how = "reset" if shake.reset else "ended"
        why = f"the connection was {how} during the TLS handshake, without an alert"
        return Probed(None, stage, why, "peer", shake.heard)
    return Probed(shake.agreed, stage, heard=shake.heard)


async def _over(shake: _Handshake) -> None:
    """Wait for the end; a server that keeps an agreed connection open is left after a while."""
    while not shake.over.done():
        done, _ = await asyncio.wait((shake.over,), timeout=LINGER)
        if not done and shake.agreed is not None:
            shake.abort()
            return
