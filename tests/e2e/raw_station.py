"""A small station that writes its frames by hand: well-behaved, but for one bad thing."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

STAMP = "2030-01-01T00:00:00Z"
KEYS = {
    "AuthorizeRemoteTxRequests": "true",
    "ConnectionTimeOut": "30",
    "MeterValueSampleInterval": "60",
    "MinimumStatusDuration": "0",
}
"""Its configuration; all of it can be written."""

BadThing = Callable[["RawStation"], Awaitable[None]]
"""What a station does that it must not."""
Job = Callable[[], Awaitable[None]]


class RawStation:
    """Dials the tool, again when it is cut off, and has one call open at a time.

    Args:
        url: of the tool, with the identity.
        bad: what it does, once, by the moment: ``before X`` and ``after X`` for a call of its
            own, ``answer to X`` in place of an answer to the tool.
    """

    def __init__(
        self, url: str, bad: dict[str, BadThing] | None = None, subprotocol: str = "ocpp1.6"
    ) -> None:
        self.url, self.subprotocol = url, subprotocol
        self.bad = dict(bad or {})
        self.keys = dict(KEYS)
        self.got: list[Any] = []
        self.closes: list[tuple[int, str]] = []
        self.refused: list[str] = []
        self.transaction: int | None = None
        self.plugged = self.authorized = False
        self.booted = False
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._ids = itertools.count(1)
        self._online = asyncio.Event()
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._socket: ClientConnection | None = None

    @property
    def socket(self) -> ClientConnection:
        """The connection that is open, or was last."""
        assert self._socket is not None
        return self._socket

    @property
    def errors(self) -> list[Any]:
        """The CALLERRORs that the tool has sent."""
        return [frame for frame in self.got if frame[0] == 4]

    # -- the connection ---------------------------------------------------------------------------

    def start(self) -> None:
        """Dial."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._dial()), loop.create_task(self._work())]

    async def stop(self) -> None:
        """End everything."""
        broken = [task for task in self._tasks if task.done()]
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None and not self._socket.transport.is_closing():
            self._socket.transport.abort()
        for task in broken:
            task.result()

    async def _dial(self) -> None:
        while True:
            try:
                await self._connection()
            except (InvalidHandshake, OSError) as error:
                self.refused.append(str(error))
            await asyncio.sleep(1)

    async def _connection(self) -> None:
        wanted = [Subprotocol(self.subprotocol)] if self.subprotocol else None
        self._socket = await connect(
            self.url, subprotocols=wanted, proxy=None, ping_interval=None, compression=None
        )
        if not self.booted:
            self.booted = True
            self._jobs.put_nowait(self._boot)
        self._online.set()
        with suppress(ConnectionClosed):
            async for text in self._socket:
                await self._take(json.loads(text))
        self._online.clear()
        self.closes.append((self._socket.close_code or 0, self._socket.close_reason or ""))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(None)  # asked again when the connection is back

    async def _misbehave(self, moment: str) -> bool:
        thing = self.bad.pop(moment, None)
        if thing is not None:
            await thing(self)
        return thing is not None

    # -- what it says -----------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            await (await self._jobs.get())()

    async def send(self, *frame: Any) -> None:
        """Send a frame."""
        await self.socket.send(json.dumps(frame))

    async def cut_off(self) -> None:
        """Wait until the connection is gone."""
        await self.socket.wait_closed()
        self._online.clear()

    async def call(self, action: str, **payload: Any) -> Any:
        """Call the tool until it has answered; return its answer."""
        await self._misbehave(f"before {action}")
        while True:
            await self._online.wait()
            uid = f"s{next(self._ids)}"
            answer = self._answers[uid] = asyncio.get_running_loop().create_future()
            try:
                await self.send(2, uid, action, payload)
            except ConnectionClosed:
                await self.cut_off()
                continue
            await self._misbehave(f"after {action}")
            if (said := await answer) is not None:
                return said

    async def status(self, status: str, connector: int = 1) -> None:
        """Report a status."""
        fields = {"connectorId": connector, "errorCode": "NoError", "status": status}
        await self.call("StatusNotification", **fields)

    async def _boot(self) -> None:
        await self.call("BootNotification", chargePointVendor="V", chargePointModel="M")
        for connector in range(3):
            await self.status("Available", connector)

    async def _authorize(self, tag: str) -> None:
        await self.call("Authorize", idTag=tag)
        self.authorized = True
        await (self._begin(tag) if self.plugged else self.status("Preparing"))

    async def _begin(self, tag: str) -> None:
        fields = {"connectorId": 1, "idTag": tag, "meterStart": 0, "timestamp": STAMP}
        answer = await self.call("StartTransaction", **fields)
        self.transaction = answer.get("transactionId")
        await self.status("Charging")

    async def _end(self) -> None:
        fields = {"transactionId": self.transaction, "meterStop": 5, "timestamp": STAMP}
        await self.call("StopTransaction", **fields, reason="Remote")
        self.transaction, self.authorized = None, False
        await self.status("Finishing")

    async def _restart(self) -> None:
        self.transaction, self.authorized, self.booted = None, False, False
        await self.socket.close()
        await self.cut_off()

    # -- what it is told --------------------------------------------------------------------------

    async def _take(self, frame: Any) -> None:
        self.got.append(frame)
        if frame[0] == 2:
            if not await self._misbehave(f"answer to {frame[2]}"):
                await self.send(3, frame[1], self._answer(frame[2], frame[3]))
        elif (answer := self._answers.get(frame[1])) is not None and not answer.done():
            answer.set_result(frame[2])

    def _answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if action == "GetConfiguration":
            known = [k for k in payload["key"] if k in self.keys]
            return {
                "configurationKey": [
                    {"key": k, "value": self.keys[k], "readonly": False} for k in known
                ],
                "unknownKey": [k for k in payload["key"] if k not in self.keys],
            }
        if action == "ChangeConfiguration":
            self.keys[payload["key"]] = payload["value"]
        elif action == "RemoteStartTransaction":
            self._jobs.put_nowait(lambda: self._authorize(payload["idTag"]))
        elif action == "RemoteStopTransaction":
            self._jobs.put_nowait(self._end)
        elif action == "Reset":
            self._jobs.put_nowait(self._restart)
        return {"status": "Unlocked" if action == "UnlockConnector" else "Accepted"}

    # -- what is done at it -----------------------------------------------------------------------

    async def perform(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do what a person would do at the station."""
        tag = parameters.get("id_tag", "TESTBAY-VALID-1")
        if name == "plug_in":
            self.plugged = True
            begin = self.authorized
            job: Job = (lambda: self._begin(tag)) if begin else (lambda: self.status("Preparing"))
            self._jobs.put_nowait(job)
        elif name == "unplug":
            self.plugged = False
            self._jobs.put_nowait(lambda: self.status("Available"))
        elif name == "present_token":
            self._jobs.put_nowait(lambda: self._authorize(tag))
        else:
            raise ValueError(f"this station cannot {name}")
        return {}
