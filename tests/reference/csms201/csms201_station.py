"""The reference CSMS of OCPP 2.0.1 with a scripted station, on the loop of the test."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from testbay.clock import now
from testbay.protocol.schemas import check_request
from testbay.protocol.versions import OCPP201
from testbay_reference.csms201 import Csms, CsmsOptions
from testbay_reference.csms201.tokens import Token
from testbay_reference.store import Store

BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "Vendor", "model": "Model"}}
STAMP = "2030-01-01T00:00:00Z"
TOKEN = {"idToken": "TAG", "type": "ISO14443"}


class Scripted:
    """A station that answers every request of the CSMS as a test says."""

    def __init__(self, ws: ClientConnection, answers: dict[str, Any]) -> None:
        self.ws = ws
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._ids = itertools.count(1)
        self._open: dict[str, asyncio.Future[Any]] = {}
        self._came = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with suppress(ConnectionClosedError):
            await self._serve()

    async def _serve(self) -> None:
        async for text in self.ws:
            kind, uid, *rest = orjson.loads(text)
            if kind != 2:
                self._open.pop(uid).set_result(rest[0])
                continue
            assert check_request(OCPP201, rest[0], rest[1]) == ()
            self.asked.append((rest[0], rest[1]))
            self._came.set()
            answer = self.answers.get(rest[0], {"status": "Accepted"})
            answer = answer(rest[1]) if callable(answer) else answer
            await self.ws.send(orjson.dumps([3, uid, answer]).decode())

    async def call(self, action: str, payload: dict[str, Any]) -> Any:
        """Call the CSMS; return the payload of its answer, or the code of its CALLERROR."""
        uid = f"s{next(self._ids)}"
        answer = self._open[uid] = asyncio.get_running_loop().create_future()
        await self.ws.send(orjson.dumps([2, uid, action, payload]).decode())
        return await answer

    async def until(self, count: int) -> None:
        """Wait until the CSMS has asked so often."""
        async with asyncio.timeout(5):
            while len(self.asked) < count:
                self._came.clear()
                await self._came.wait()

    async def event(self, kind: str, number: int, transaction: str = "TX", **more: Any) -> Any:
        """Send an event of a transaction."""
        info = {"transactionId": transaction}
        payload = {"eventType": kind, "triggerReason": "Trigger", "timestamp": STAMP}
        return await self.call(
            "TransactionEvent", {**payload, "seqNo": number, "transactionInfo": info, **more}
        )

    async def close(self) -> None:
        await self.ws.close()
        await self._reading


class Lab:
    """A CSMS and one station at it."""

    def __init__(self) -> None:
        self._csms: list[Csms] = []
        self._stations: list[Scripted] = []

    async def open(self, answers: dict[str, Any] | None = None, **options: Any) -> Scripted:
        """Start a CSMS that knows the token TAG, and connect a station."""
        tokens = (Token("TAG"), Token("GONE", "Expired", group="G"))
        self.csms = Csms(CsmsOptions(tokens=tokens, **options), now, Store())
        self._csms.append(self.csms)
        self.port = await self.csms.start()
        return await self.connect(answers)

    async def connect(
        self, answers: dict[str, Any] | None = None, *versions: str, path: str = "/ocpp/CS1"
    ) -> Scripted:
        """Connect a station."""
        ws = await connect(
            f"ws://127.0.0.1:{self.port}{path}",
            subprotocols=list(versions or ("ocpp2.0.1",)),  # type: ignore[arg-type]
            compression=None,
            ping_interval=None,
            proxy=None,
        )
        self._stations.append(Scripted(ws, answers or {}))
        return self._stations[-1]

    async def act(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Perform an action of the control."""
        return await self.csms.control.perform(name, parameters)

    @property
    def record(self) -> dict[str, Any]:
        """What the CSMS shows of the station."""
        found: dict[str, Any] = self.csms.control.state()["stations"]["CS1"]
        return found

    async def close(self) -> None:
        for station in self._stations:
            await station.close()
        for csms in self._csms:
            await csms.stop()
