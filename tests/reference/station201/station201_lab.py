"""The reference station of OCPP 2.0.1 and a scripted CSMS, both on the loop of the test."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import orjson
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from testbay.clock import now
from testbay.pki.lab import Lab as Certificates
from testbay.protocol.schemas import check_request, check_response
from testbay.protocol.versions import OCPP201
from testbay_reference.certificates import load_identity
from testbay_reference.station201 import Station, StationOptions
from testbay_reference.store import Store

Payload = dict[str, Any]
URL = "ws://csms.test:9000/ocpp"
TIME = "2030-01-01T00:00:00Z"
DEFAULT: dict[str, Payload] = {
    "BootNotification": {"status": "Accepted", "currentTime": TIME, "interval": 300},
    "Heartbeat": {"currentTime": TIME},
    "Authorize": {"idTokenInfo": {"status": "Accepted"}},
}


@dataclass
class Sent:
    """A call of the station: when it came, over which connection."""

    action: str
    payload: Payload
    time: float
    connection: int


@dataclass
class Peer:
    """A CSMS that answers as it is told, and notes what no station should send.

    Args:
        script: by action: what differs from the usual answer, a list of that of which the last
            stays, None for silence, the code of a CALLERROR, or a function of the request.
    """

    script: dict[str, Any] = field(default_factory=dict)
    calls: list[Sent] = field(default_factory=list)
    connections: list[ServerConnection] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _answers: dict[str, asyncio.Future[list[Any]]] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)
    _numbers: Any = field(default_factory=lambda: count(1))

    async def handle(self, ws: ServerConnection) -> None:
        """Serve one connection of the station."""
        self.connections.append(ws)
        number = len(self.connections)
        with suppress(ConnectionClosed):
            while True:
                kind, uid, *rest = orjson.loads(await ws.recv())
                if kind != 2:
                    self._answers.pop(uid).set_result([kind, *rest])
                    continue
                self._check(uid, *rest)
                time = asyncio.get_running_loop().time()
                self.calls.append(Sent(rest[0], rest[1], time, number))
                await self._respond(ws, uid, *rest)

    def _check(self, uid: str, action: str, payload: Payload) -> None:
        self.wrong += [violation.text for violation in check_request(OCPP201, action, payload)]
        if uid in self._ids:
            self.wrong.append(f"message id {uid} came twice")
        self._ids.add(uid)

    async def _respond(self, ws: ServerConnection, uid: str, action: str, payload: Payload) -> None:
        answer = self.script.get(action, {})
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Callable):
            answer = answer(payload)
        if answer is None:
            return
        if isinstance(answer, str):
            frame: list[Any] = [4, uid, answer, "", {}]
        else:
            frame = [3, uid, {**DEFAULT.get(action, {}), **answer}]
            assert check_response(OCPP201, action, frame[2]) == ()
        await ws.send(orjson.dumps(frame).decode())

    async def ask(self, action: str, payload: Payload, limit: float = 20.0) -> list[Any]:
        """Call the station; return the frame that answers, without its id."""
        uid = f"c{next(self._numbers)}"
        answer = self._answers[uid] = asyncio.get_running_loop().create_future()
        await self.connections[-1].send(orjson.dumps([2, uid, action, payload]).decode())
        return await asyncio.wait_for(answer, limit)

    async def call(self, action: str, payload: Payload) -> Payload:
        """Call the station and return the payload of its answer, which is no error."""
        frame = await self.ask(action, payload)
        assert frame[0] == 3, frame
        assert check_response(OCPP201, action, frame[1]) == ()
        answer: Payload = frame[1]
        return answer

    def sent(self, *actions: str, since: int = 0) -> list[Sent]:
        """Return the calls of the station with these actions; without any: all of them."""
        return [call for call in self.calls[since:] if not actions or call.action in actions]

    def payloads(self, action: str, since: int = 0) -> list[Payload]:
        """Return the payloads of the calls with this action."""
        return [call.payload for call in self.sent(action, since=since)]


@dataclass
class Lab:
    """The station, its CSMS and the network between them."""

    peer: Peer
    station: Station
    server: Server | None = None
    tls: bool = False

    @property
    def mark(self) -> int:
        """Return how many calls there were, to look at later ones only."""
        return len(self.peer.calls)

    async def do(self, action: str, **parameters: Any) -> None:
        """Do an action at the station and let what follows happen."""
        await self.station.control.perform(action, parameters)
        await self.settle()

    async def settle(self, seconds: float = 0.25) -> None:
        """Let time pass on the loop of the test."""
        await asyncio.sleep(seconds)

    async def online(self) -> None:
        """Let the station in."""
        protocols = [OCPP201.subprotocol]
        self.server = await serve(
            self.peer.handle,
            "csms.test",
            9000,
            subprotocols=protocols,
            compression=None,
            ssl=_tls() if self.tls else None,
        )

    async def offline(self) -> None:
        """Cut the connection and let nobody in."""
        assert self.server is not None
        self.server.close(close_connections=False)
        for ws in self.peer.connections:
            ws.transport.abort()
        await self.server.wait_closed()
        await self.settle()


@cache
def _tls() -> ssl.SSLContext:
    """Return what a CSMS with a certificate for its name speaks."""
    shown = Certificates.seeded(hosts=("csms.test",)).server()
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_identity(made, shown.chain, shown.key)
    return made


@asynccontextmanager
async def lab201(
    script: dict[str, Any] | None = None, *, wait: float = 5.0, tls: bool = False, **options: Any
) -> AsyncIterator[Lab]:
    """Run a station against a scripted CSMS; it has booted when the context begins."""
    log: list[str] = []
    station = Station(StationOptions(URL, "CS1", **options), now, Store(), log=log.append)
    bench = Lab(Peer(dict(script or {})), station, tls=tls)
    await bench.online()
    task = asyncio.create_task(station.run())
    try:
        await asyncio.sleep(wait)
        yield bench
        assert not task.done() or task.exception() is None
    finally:
        await station.stop()
        await task
        if bench.server is not None:
            bench.server.close()
            await bench.server.wait_closed()
    assert [line for line in log if "internal error" in line] == []
    assert bench.peer.wrong == []
