"""A CSMS with scripted stations around it, all on the loop of the test."""

import asyncio
import itertools
from contextlib import suppress
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from testbay.clock import now
from testbay_reference.csms import Csms, CsmsOptions, Token
from testbay_reference.store import Store

BOOT = {"chargePointVendor": "Vendor", "chargePointModel": "Model"}
OK = {"status": "Accepted"}


class ScriptedStation:
    """A station that does exactly what a test says; calls of the CSMS wait to be picked up."""

    _ids = itertools.count(1)

    def __init__(self, ws: ClientConnection) -> None:
        self.ws = ws
        self.received: list[list[Any]] = []
        self._frames: asyncio.Queue[list[Any]] = asyncio.Queue()
        self._calls: list[list[Any]] = []

    async def frame(self) -> list[Any]:
        """Return the next frame, whatever it is."""
        text = await self.ws.recv()
        frame = orjson.loads(text)
        self.received.append(frame)
        return frame

    async def call(self, action: str, payload: Any = None, uid: str | None = None) -> Any:
        """Call the CSMS; return the payload of its answer, or the code of its CALLERROR."""
        uid = uid or f"s{next(self._ids)}"
        await self.send([2, uid, action, {} if payload is None else payload])
        return await self.answer_to(uid)

    async def answer_to(self, uid: str) -> Any:
        """Wait for an answer; calls that come before it are kept."""
        while True:
            frame = await self.frame()
            if frame[0] == 2:
                self._calls.append(frame)
            else:
                assert frame[1] == uid, f"an answer to {frame[1]}, which is not open"
                return frame[2]

    async def send(self, frame: Any) -> None:
        await self.ws.send(frame if isinstance(frame, str) else orjson.dumps(frame).decode())

    async def take(self, action: str) -> tuple[str, dict[str, Any]]:
        """Wait for the next call of the CSMS, which must be this one; return id and payload."""
        frame = self._calls.pop(0) if self._calls else await self.frame()
        assert frame[0] == 2, f"{frame} instead of {action}"
        assert frame[2] == action, f"{frame[2]} instead of {action}"
        return frame[1], frame[3]

    async def obey(self, action: str, answer: dict[str, Any] | None = None) -> dict[str, Any]:
        """Wait for a call and answer it; return what was asked."""
        uid, payload = await self.take(action)
        await self.send([3, uid, OK if answer is None else answer])
        return payload

    async def refuse(self, action: str, code: str) -> dict[str, Any]:
        """Wait for a call and answer it with a CALLERROR."""
        uid, payload = await self.take(action)
        await self.send([4, uid, code, "", {}])
        return payload

    async def silence(self, seconds: float) -> None:
        """Make sure that nothing comes for some time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                raise AssertionError(f"received {await self.frame()}")

    async def boot(self) -> Any:
        return await self.call("BootNotification", BOOT)

    async def start(self, id_tag: str = "TAG", connector: int = 1, **more: Any) -> Any:
        payload = {"connectorId": connector, "idTag": id_tag, "meterStart": 10}
        payload |= {"timestamp": "2030-01-01T00:00:00Z"} | more
        return await self.call("StartTransaction", payload)

    async def stop(self, transaction: int, **more: Any) -> Any:
        payload = {"transactionId": transaction, "meterStop": 20}
        payload |= {"timestamp": "2030-01-01T01:00:00Z"} | more
        return await self.call("StopTransaction", payload)

    async def closed(self) -> tuple[int | None, str | None]:
        """Wait until the CSMS has closed the connection; return code and reason."""
        with suppress(ConnectionClosed):
            while True:
                await self.frame()
        return self.ws.close_code, self.ws.close_reason


class Lab:
    """Start CSMSs and stations, and end them in order."""

    def __init__(self) -> None:
        self.csms: Csms
        self.port = 0
        self._all: list[Csms] = []
        self._stations: list[ScriptedStation] = []

    async def open(self, store: Store | None = None, **options: Any) -> Csms:
        """Start a CSMS that knows the token TAG."""
        options.setdefault("tokens", (Token("TAG"),))
        self.csms = Csms(CsmsOptions(**options), now, store or Store())
        self.port = await self.csms.start()
        self._all.append(self.csms)
        return self.csms

    async def connect(self, path: str = "/ocpp/CP1", **options: Any) -> ScriptedStation:
        """Connect a station that has not booted yet."""
        settings: dict[str, Any] = {"subprotocols": ["ocpp1.6"], "compression": None}
        settings |= {"ping_interval": None, "proxy": None} | options
        secure = settings.get("ssl") is not None
        port = self.csms.secure_port if secure else self.csms.port
        ws = await connect(f"{'wss' if secure else 'ws'}://127.0.0.1:{port}{path}", **settings)
        self._stations.append(ScriptedStation(ws))
        return self._stations[-1]

    async def station(self, identity: str = "CP1", **options: Any) -> ScriptedStation:
        """Connect a station and boot it."""
        station = await self.connect(f"/ocpp/{identity}", **options)
        assert (await station.boot())["status"] == "Accepted"
        return station

    async def act(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Perform an action of the control."""
        return await self.csms.control.perform(name, parameters)

    def begin(self, name: str, **parameters: Any) -> "asyncio.Task[dict[str, Any]]":
        """Perform an action while the test goes on."""
        return asyncio.create_task(self.act(name, **parameters))

    def record(self, identity: str = "CP1") -> dict[str, Any]:
        """Return what the CSMS shows of a station."""
        found: dict[str, Any] = self.csms.control.state()["stations"][identity]
        return found

    async def close(self) -> None:
        for station in self._stations:
            await station.ws.close()
        for csms in self._all:
            await csms.stop()
