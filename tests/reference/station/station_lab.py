"""A station under test and a scripted CSMS, both on the loop of the test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from testbay.clock import now
from testbay.protocol.schemas import check_request, check_response
from testbay.protocol.versions import OCPP16
from testbay_reference.station import Station, StationOptions
from testbay_reference.store import Store

Payload = dict[str, Any]
Script = Payload | Exception | None | Callable[[Payload], Any]
URL = "ws://csms.test:9000/ocpp"


@dataclass
class Sent:
    """A call of the station: when it came, over which connection."""

    action: str
    payload: Payload
    time: float
    connection: int


@dataclass
class Refusal(Exception):
    """Answer with a CALLERROR."""

    code: str = "InternalError"


@dataclass
class Peer:
    """A CSMS that answers as it is told and checks what it gets.

    Args:
        script: answers by action: a payload, a list of them of which the last stays, None for
            silence, a Refusal, or a function of the request.
    """

    script: dict[str, Any] = field(default_factory=dict)
    calls: list[Sent] = field(default_factory=list)
    connections: list[ServerConnection] = field(default_factory=list)
    answers: dict[str, asyncio.Future[list[Any]]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    open: str | None = None
    wrong: list[str] = field(default_factory=list)
    jobs: list[asyncio.Task[None]] = field(default_factory=list)
    gate: Any = None
    numbers: Any = field(default_factory=lambda: count(1))
    transactions: Any = field(default_factory=lambda: count(1))

    def default(self, action: str) -> Payload:
        accepted = {"idTagInfo": {"status": "Accepted"}}
        time = "2030-01-01T00:00:00Z"
        if action == "StartTransaction":
            return accepted | {"transactionId": next(self.transactions)}
        return {
            "BootNotification": {"status": "Accepted", "currentTime": time, "interval": 300},
            "Authorize": accepted,
            "Heartbeat": {"currentTime": time},
        }.get(action, {})

    async def handle(self, ws: ServerConnection) -> None:
        self.connections.append(ws)
        number = len(self.connections)
        self.open = None
        with suppress(ConnectionClosed):
            while True:
                frame = orjson.loads(await ws.recv())
                if frame[0] != 2:
                    self.answers.pop(frame[1]).set_result(frame)
                    continue
                _, uid, action, payload = frame
                self.check(uid, action, payload)
                time = asyncio.get_running_loop().time()
                self.calls.append(Sent(action, payload, time, number))
                self.open = uid
                self.jobs.append(asyncio.create_task(self.respond(ws, uid, action, payload)))

    def check(self, uid: str, action: str, payload: Payload) -> None:
        """Note whatever no station should ever do."""
        wrong = [violation.text for violation in check_request(OCPP16, action, payload)]
        if uid in self.ids:
            wrong.append(f"message id {uid} came twice")
        if self.open is not None:
            wrong.append(f"{action} was sent while {self.open} was open")
        if action not in OCPP16.station_sends:
            wrong.append(f"{action} is not for stations")
        self.ids.add(uid)
        self.wrong += wrong

    async def respond(self, ws: ServerConnection, uid: str, action: str, payload: Payload) -> None:
        """Answer a little later, so that calls that overlap are noticed."""
        answer = self.answer(action, payload)
        if answer is None:
            self.open = None
            return
        await asyncio.sleep(0.01)
        self.open = None
        if isinstance(answer, Refusal):
            text = orjson.dumps([4, uid, answer.code, "", {}]).decode()
        else:
            assert check_response(OCPP16, action, answer) == ()
            text = orjson.dumps([3, uid, answer]).decode()
        with suppress(ConnectionClosed):
            await ws.send(text)

    def answer(self, action: str, payload: Payload) -> Any:
        if action not in self.script:
            return self.default(action)
        answer = self.script[action]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        answer = answer(payload) if callable(answer) else answer
        if isinstance(answer, dict) and action in ("StartTransaction", "BootNotification"):
            return self.default(action) | answer
        return answer

    async def call(self, action: str, payload: Payload | None = None) -> Payload:
        """Call the station and return the payload of its answer."""
        frame = await self.raw_call(action, payload or {})
        assert frame[0] == 3, frame
        assert check_response(OCPP16, action, frame[2]) == ()
        answer: Payload = frame[2]
        return answer

    async def raw_call(self, action: str, payload: Payload, limit: float = 20.0) -> list[Any]:
        """Call the station and return the frame that answers."""
        uid = f"c{next(self.numbers)}"
        return await self.raw(orjson.dumps([2, uid, action, payload]).decode(), uid, limit)

    async def raw(self, text: str, uid: str, limit: float = 20.0) -> list[Any]:
        """Send a text and return the frame that answers it."""
        self.answers[uid] = asyncio.get_running_loop().create_future()
        await self.connections[-1].send(text)
        return await asyncio.wait_for(self.answers[uid], limit)

    def sent(self, *actions: str, since: int = 0) -> list[Sent]:
        """Return the calls of the station with these actions; without any: all of them."""
        return [call for call in self.calls[since:] if not actions or call.action in actions]

    def payloads(self, action: str, since: int = 0) -> list[Payload]:
        """Return the payloads of the calls with this action."""
        return [call.payload for call in self.sent(action, since=since)]

    def statuses(self, connector: int = 1, since: int = 0) -> list[str]:
        """Return the statuses that were reported of a connector."""
        found = self.payloads("StatusNotification", since)
        return [entry["status"] for entry in found if entry["connectorId"] == connector]

    def short(self, since: int = 0) -> list[str]:
        """Return all calls in short: statuses as `1 Charging`, the rest as actions."""
        return [
            f"{call.payload['connectorId']} {call.payload['status']}"
            if call.action == "StatusNotification"
            else call.action
            for call in self.calls[since:]
        ]


@dataclass
class Lab:
    """The station, its CSMS and the network between them."""

    peer: Peer
    station: Station
    store: Store
    log: list[str]
    tls: Any = None
    server: Any = None
    task: asyncio.Task[None] | None = None

    @property
    def mark(self) -> int:
        """Return how many calls there were, to look at later ones only."""
        return len(self.peer.calls)

    @property
    def time(self) -> float:
        return asyncio.get_running_loop().time()

    async def do(self, action: str, **parameters: Any) -> None:
        """Do an action and let what follows happen."""
        await self.station.control.perform(action, parameters)
        await self.settle()

    async def settle(self, seconds: float = 0.25) -> None:
        await asyncio.sleep(seconds)

    async def online(self) -> None:
        self.server = await serve(
            self.peer.handle,
            "csms.test",
            9000,
            subprotocols=["ocpp1.6"],
            compression=None,
            ssl=self.tls,
            process_request=self.peer.gate,
        )

    async def offline(self) -> None:
        """Cut the connection and refuse new ones."""
        self.server.close(close_connections=False)
        for ws in self.peer.connections:
            ws.transport.abort()
        await self.server.wait_closed()
        await self.settle()

    async def set(self, **values: Any) -> None:
        """Change configuration keys by OCPP."""
        for key, value in values.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            answer = await self.peer.call("ChangeConfiguration", {"key": key, "value": text})
            assert answer == {"status": "Accepted"}

    async def charge(self, id_tag: str = "TAG1", connector: int = 1) -> None:
        """Start a transaction by cable and token."""
        await self.do("plug_in", connector=connector)
        await self.do("present_token", id_tag=id_tag, connector=connector)


@asynccontextmanager
async def lab(
    script: dict[str, Any] | None = None,
    *,
    store: Store | None = None,
    wait: float = 5.0,
    connected: bool = True,
    url: str = URL,
    tls: Any = None,
    gate: Any = None,
    **options: Any,
) -> AsyncIterator[Lab]:
    """Run a station against a scripted CSMS; it has booted when the context begins."""
    log: list[str] = []
    store = Store() if store is None else store
    station = Station(StationOptions(url, "CP1", **options), now, store, log=log.append)
    bench = Lab(Peer(dict(script or {}), gate=gate), station, store, log, tls)
    if connected:
        await bench.online()
    task = bench.task = asyncio.create_task(station.run())
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
