"""The tool as a server: it listens, and each connection to it is a wire."""

from __future__ import annotations

import asyncio
import ssl

from testbay.transport.events import TransportEvent
from testbay.transport.tls import Tls
from testbay.transport.websocket import MAX_SIZE, server_end
from testbay.transport.wire import Decide, Handler, Limits, Wire


class Listener:
    """A server; made by ``listen``. Its attributes hold for connections to come."""

    def __init__(
        self,
        handler: Handler,
        decide: Decide,
        tls: ssl.SSLContext | None,
        deflate: bool,
        max_size: int,
        limits: Limits,
    ) -> None:
        self.handler = handler
        self.decide = decide
        """Says what an upgrade request is answered."""
        self.tls = tls
        """The TLS settings; None for plain connections."""
        self.mixed = False
        """Whether connections are taken that begin without TLS although there are settings."""
        self.deflate = deflate
        """Whether compression is agreed to."""
        self.max_size = max_size
        """Size of incoming messages in bytes, above which the connection is failed."""
        self.limits = limits
        self.host = ""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._wires: dict[int, Wire] = {}
        self._refusing = False

    @property
    def wires(self) -> tuple[Wire, ...]:
        """The connections that are not over, oldest first."""
        return tuple(self._wires.values())

    def refuse(self, on: bool) -> None:
        """Say whether connections to come are reset at once, as if the network were gone.

        Each attempt is still told: Connected, then Closed.
        """
        self._refusing = on

    async def close(self, code: int = 1001, reason: str = "") -> None:
        """Stop listening and end all connections.

        Args:
            code, reason: of the close frames.
        """
        if self._server is not None:
            self._server.close()
        wires = self.wires
        for wire in wires:
            wire.close(code, reason)
        for wire in wires:
            await wire.wait_closed()

    def _make_wire(self) -> Wire:
        tls = Tls(self.tls, None, server=True) if self.tls is not None else None
        wire = Wire(
            self._refused if self._refusing else self.handler,
            server_end(self.max_size, self.deflate),
            tls,
            self.decide,
            self.limits,
            self._forget,
            self.mixed,
        )
        self._wires[wire.number] = wire
        return wire

    def _refused(self, wire: Wire, event: TransportEvent) -> None:
        self.handler(wire, event)
        wire.abort("connections are refused at present", reset=True)

    def _forget(self, wire: Wire) -> None:
        del self._wires[wire.number]


async def listen(
    handler: Handler,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    decide: Decide,
    tls: ssl.SSLContext | None = None,
    deflate: bool = True,
    max_size: int = MAX_SIZE,
    limits: Limits | None = None,
) -> Listener:
    """Listen for WebSocket connections.

    Args:
        handler: is told everything about every connection, synchronously and in order.
        port: 0 for one that is free; ``Listener.port`` tells which.
        decide: says what an upgrade request is answered; it is not asked about improper ones.
        tls: settings as made by ``tls_server``; None for plain connections.
        deflate: whether compression is agreed to.
        max_size: of incoming messages, in bytes.
        limits: time-outs in seconds, bytes that may wait.

    Raises:
        OSError: if the port is in use.
    """
    listener = Listener(handler, decide, tls, deflate, max_size, limits or Limits())
    server = await asyncio.get_running_loop().create_server(listener._make_wire, host, port)
    listener._server = server
    listener.host, listener.port = server.sockets[0].getsockname()[:2]
    return listener
