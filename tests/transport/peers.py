"""What the tests of connections have in common: a record of events, and peers that misbehave."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect

from testbay.transport import (
    Accept,
    Handler,
    Listener,
    Refuse,
    Upgrade,
    Wire,
    listen,
)
from testbay.transport.events import Closed, TextMessage, TransportEvent, UpgradeRequest

E = TypeVar("E")

QUIET: dict[str, Any] = {"proxy": None, "ping_interval": None, "compression": None}
"""For the client of websockets: nothing by itself."""

QUIET_SERVER: dict[str, Any] = {"ping_interval": None, "compression": None}


class Record:
    """A handler that keeps all events and knows that Closed comes once and last."""

    def __init__(self, then: Handler | None = None) -> None:
        self.events: list[tuple[int, TransportEvent]] = []
        self.wires: dict[int, Wire] = {}
        self.over: list[int] = []
        self.then = then

    def __call__(self, wire: Wire, event: TransportEvent) -> None:
        assert wire.number not in self.over, f"{event} after Closed"
        if isinstance(event, Closed):
            self.over.append(wire.number)
        self.wires[wire.number] = wire
        self.events.append((wire.number, event))
        if self.then is not None:
            self.then(wire, event)

    def of(self, number: int) -> list[TransportEvent]:
        """Return the events of one connection."""
        return [event for owner, event in self.events if owner == number]

    def all(self, kind: type[E]) -> list[E]:
        """Return the events of a kind."""
        return [event for _, event in self.events if isinstance(event, kind)]

    def one(self, kind: type[E]) -> E:
        """Return the only event of a kind."""
        found = self.all(kind)
        assert len(found) == 1, f"{len(found)} {kind.__name__} in {self.names()}"
        return found[0]

    def names(self) -> list[str]:
        """Return the kinds of all events."""
        return [type(event).__name__ for _, event in self.events]

    @property
    def wire(self) -> Wire:
        """The only connection."""
        (wire,) = self.wires.values()
        return wire


def accept(request: UpgradeRequest) -> Upgrade:
    """Accept, with the subprotocol that the tests use if it is offered."""
    return Accept("ocpp1.6" if "ocpp1.6" in request.subprotocols else None)


def refuse(_: UpgradeRequest) -> Upgrade:
    """Refuse as a server does that wants a password."""
    return Refuse(401, "who are you?", (("WWW-Authenticate", 'Basic realm="testbay"'),))


@asynccontextmanager
async def listening(handler: Handler, **options: Any) -> AsyncIterator[Listener]:
    """Listen during a block."""
    listener = await listen(handler, **({"decide": accept} | options))
    try:
        yield listener
    finally:
        await listener.close()


class Raw(asyncio.Protocol):
    """A peer that only does what it is told: it sends and keeps bytes."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.eof = asyncio.Event()
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.transport: Any = None
        self.keep_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data

    def eof_received(self) -> bool:
        self.eof.set()
        return self.keep_open

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)

    def send(self, data: bytes) -> None:
        self.transport.write(data)


async def raw_client(port: int) -> Raw:
    """Connect without saying anything."""
    loop = asyncio.get_running_loop()
    _, peer = await loop.create_connection(Raw, "csms.test", port)
    return peer


@asynccontextmanager
async def raw_server(*says: bytes, hang_up: bool = False) -> AsyncIterator[tuple[int, list[Raw]]]:
    """Serve peers that answer the first bytes they get with the given ones."""
    peers: list[Raw] = []

    class Answering(Raw):
        def data_received(self, data: bytes) -> None:
            first = not self.received
            super().data_received(data)
            if first:
                for part in says:
                    self.send(part)
                if hang_up:
                    self.transport.close()

    def make() -> Raw:
        peers.append(Answering())
        return peers[-1]

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], peers
    finally:
        server.close()
        for peer in peers:
            peer.transport.abort()


def upgrade_request(path: str = "/CP1", extra: Sequence[str] = ()) -> bytes:
    """Return the bytes of a proper request."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: csms.test",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: ocpp1.6",
        *extra,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def turns(count: int = 5) -> None:
    """Let everything happen that can happen without time passing."""
    for _ in range(count):
        await asyncio.sleep(0.001)


def echo(wire: Wire, event: TransportEvent) -> None:
    if isinstance(event, TextMessage):
        assert wire.send_text(event.text)


def seconds() -> float:
    return asyncio.get_running_loop().time()


async def opened(port: int) -> ClientConnection:
    """Connect with the client of websockets."""
    return await connect(f"ws://csms.test:{port}/CP1", max_size=None, **QUIET)


async def opened_raw(port: int) -> Raw:
    """Connect and open, then do only what is told."""
    peer = await raw_client(port)
    peer.send(upgrade_request())
    await turns(1)
    assert peer.received.startswith(b"HTTP/1.1 101")
    peer.received.clear()
    return peer
