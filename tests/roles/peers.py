"""What the tests of both ends have in common: an inbox that keeps everything, and raw peers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from testbay.protocol.versions import OCPP16
from testbay.roles.csms import CsmsEnd
from testbay.roles.station import StationEnd
from testbay.scenario.values import Received

TIMEOUT = 10.0  # s, for an answer to the tool
QUIET: dict[str, Any] = {"ping_interval": None, "compression": None}
OURS = [Subprotocol("ocpp1.6")]


class Inbox:
    """Keeps what the end hands in."""

    def __init__(self) -> None:
        self.messages: list[Received] = []
        self.breaches: list[tuple[str, str, tuple[str, ...]]] = []
        self.notices: list[str] = []
        self.frames: list[tuple[str, str, int]] = []

    def receive(self, message: Received) -> None:
        self.messages.append(message)

    def violated(self, uid: str, where: str, sentences: tuple[str, ...]) -> None:
        self.breaches.append((uid, where, sentences))

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def frame(self, direction: str, text: str, connection: int) -> None:
        self.frames.append((direction, text, connection))

    def all(self, action: str) -> list[Received]:
        """Return the messages or events of an action."""
        return [m for m in self.messages if m.action == action]

    def breach(self) -> str:
        """Return the only breach as a report shows it."""
        [(_, where, sentences)] = self.breaches
        return f"{where}: {'; '.join(sentences)}"


@asynccontextmanager
async def csms(identity: str = "CP1", **options: Any) -> AsyncIterator[tuple[CsmsEnd, Inbox]]:
    """Have the tool listen as a CSMS."""
    end, inbox = CsmsEnd(OCPP16, identity, timeout=TIMEOUT, **options), Inbox()
    end.attach(inbox)
    await end.start("127.0.0.1", 0)
    try:
        yield end, inbox
    finally:
        await end.close()


def dial(end: CsmsEnd, path: str = "", **options: Any) -> connect:
    """Return a raw station that connects to the tool."""
    url = end.url if not path else end.url[: end.url.rindex("/")] + path
    return connect(url, proxy=None, **{"subprotocols": OURS, **QUIET, **options})


@asynccontextmanager
async def online() -> AsyncIterator[tuple[CsmsEnd, Inbox, ClientConnection]]:
    """Have a raw station connected to the tool."""
    async with csms() as (end, inbox), dial(end) as peer:
        await turns()
        yield end, inbox, peer


class Server:
    """A raw CSMS: keeps its connections and what came over them."""

    def __init__(self) -> None:
        self.sockets: list[ServerConnection] = []
        self.paths: list[str] = []
        self.headers: list[Any] = []
        self.got: asyncio.Queue[Any] = asyncio.Queue()
        self.port = 0

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.sockets.append(socket)
        self.paths.append(socket.request.path)
        self.headers.append(socket.request.headers)
        async for text in socket:
            self.got.put_nowait(json.loads(text))


@asynccontextmanager
async def serving(handle: Any = None, **options: Any) -> AsyncIterator[Server]:
    """Have a raw CSMS listen."""
    server = Server()
    settings = {"subprotocols": OURS, **QUIET, **options}
    async with serve(handle or server.handle, "127.0.0.1", 0, **settings) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


@asynccontextmanager
async def station(url: str, **options: Any) -> AsyncIterator[tuple[StationEnd, Inbox]]:
    """Have the tool as a station, which has not dialled yet."""
    end, inbox = StationEnd(OCPP16, url, "CP1", timeout=TIMEOUT, **options), Inbox()
    end.attach(inbox)
    try:
        yield end, inbox
    finally:
        await end.close()


async def heard(peer: ClientConnection | ServerConnection) -> Any:
    """Return the next frame that the tool sent to a raw peer."""
    return json.loads(await peer.recv())


async def turns() -> None:
    """Let everything happen that can happen without time passing."""
    for _ in range(5):
        await asyncio.sleep(0.001)


def now() -> float:
    """Return the time of the loop (s)."""
    return asyncio.get_running_loop().time()
