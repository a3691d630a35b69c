"""A small station that writes its frames by hand: well-behaved, but for one bad thing."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

STAMP = "2030-01-01T00:00:00Z"
KEYS = {
    "AuthorizeRemoteTxRequests": ("true", False),
    "ConnectionTimeOut": ("30", False),
    "MeterValueSampleInterval": ("60", False),
    "MinimumStatusDuration": ("0", False),
}
"""Its configuration: value, and whether it can only be read."""


class RawStation:
    """Dials the tool, again when it is cut off, and has one call open at a time.

    Args:
        url: of the tool, with the identity.
        bad: what it does once, by the moment: ``before X``, ``instead of X`` for a call of its
            own, ``answer to X`` for one of the tool, ``connected``.
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
        self.boots = True
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._ids = itertools.count(1)
        self._online = asyncio.Event()
        self._one = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._socket: ClientConnection | None = None

    # -- the connection ---------------------------------------------------------------------------

    @property
    def socket(self) -> ClientConnection:
        """The connection that is open, or was last."""
        assert self._socket is not None
        return self._socket

    def start(self) -> None:
        """Dial."""
        self._do(self._run())

    async def stop(self) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _do(self, work: Any) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def _run(self) -> None:
        while True:
            try:
                await self._connected()
            except (InvalidHandshake, OSError) as error:
                self.refused.append(str(error))
            await asyncio.sleep(1)

    async def _connected(self) -> None:
        wanted = [Subprotocol(self.subprotocol)] if self.subprotocol else None
        async with connect(
            self.url, subprotocols=wanted, proxy=None, ping_interval=None, compression=None
        ) as self._socket:
            self._online.set()
            self._do(self._begin())
            try:
                async for text in self._socket:
                    await self._take(json.loads(text))
            except ConnectionClosed:
                pass
            self._online.clear()
            self.closes.append((self._socket.close_code or 0, self._socket.close_reason or ""))
        for answer in self._answers.values():
            if not answer.done():
                answer.cancel()

    async def _begin(self) -> None:
        await self._misbehave("connected")
        if self.boots:
            self.boots = False
            await self.call("BootNotification", chargePointVendor="V", chargePointModel="M")
            for connector in range(3):
                await self.status("Available", connector)

    async def _misbehave(self, moment: str) -> bool:
        thing = self.bad.pop(moment, None)
        if thing is not None:
            await thing(self)
        return thing is not None

    # -- what it says -----------------------------------------------------------------------------

    async def send(self, *frame: Any) -> None:
        """Send a frame."""
        await self.socket.send(json.dumps(frame))

    async def call(self, action: str, **payload: Any) -> Any:
        """Call the tool until it has answered; return its answer."""
        async with self._one:
            await self._misbehave(f"before {action}")
            if await self._misbehave(f"instead of {action}"):
                return {}
            while True:
                uid = f"s{next(self._ids)}"
                answer = self._answers[uid] = asyncio.get_running_loop().create_future()
                await self._online.wait()
                try:
                    await self.send(2, uid, action, payload)
                    return await answer
                except (ConnectionClosed, asyncio.CancelledError):
                    if not answer.cancelled() and answer.done():
                        raise
                    task = asyncio.current_task()
                    if task is not None and task.cancelling():
                        raise

    async def status(self, status: str, connector: int = 1) -> None:
        """Report a status."""
        fields = {"connectorId": connector, "errorCode": "NoError", "status": status}
        await self.call("StatusNotification", **fields)

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
            asked = payload.get("key") or list(self.keys)
            known = [k for k in asked if k in self.keys]
            return {
                "configurationKey": [
                    {"key": k, "value": self.keys[k][0], "readonly": self.keys[k][1]} for k in known
                ],
                "unknownKey": [k for k in asked if k not in self.keys],
            }
        if action == "ChangeConfiguration":
            self.keys[payload["key"]] = (payload["value"], False)
        elif action == "RemoteStartTransaction":
            self._do(self._remote_start(payload["idTag"]))
        elif action == "RemoteStopTransaction":
            self._do(self._remote_stop())
        elif action == "Reset":
            self.boots = True
            self._do(self._restart())
        return {"status": "Unlocked" if action == "UnlockConnector" else "Accepted"}

    async def _restart(self) -> None:
        await asyncio.sleep(1)
        await self.socket.close()

    async def _remote_start(self, tag: str) -> None:
        await self.call("Authorize", idTag=tag)
        self.authorized = True
        await (self._start(tag) if self.plugged else self.status("Preparing"))

    async def _start(self, tag: str) -> None:
        fields = {"connectorId": 1, "idTag": tag, "meterStart": 0, "timestamp": STAMP}
        answer = await self.call("StartTransaction", **fields)
        self.transaction = answer.get("transactionId")
        await self.status("Charging")

    async def _remote_stop(self) -> None:
        fields = {"transactionId": self.transaction, "meterStop": 5, "timestamp": STAMP}
        await self.call("StopTransaction", **fields, reason="Remote")
        self.transaction, self.authorized = None, False
        await self.status("Finishing")

    # -- what is done at it -----------------------------------------------------------------------

    async def perform(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do what a person would do at the station."""
        tag = parameters.get("id_tag", "TESTBAY-VALID-1")
        if name == "plug_in":
            self.plugged = True
            self._do(self._start(tag) if self.authorized else self.status("Preparing"))
        elif name == "unplug":
            self.plugged = False
            self._do(self.status("Available"))
        elif name == "present_token":
            self._do(self._present(tag))
        else:
            raise ValueError(f"this station cannot {name}")
        return {}

    async def _present(self, tag: str) -> None:
        await self.call("Authorize", idTag=tag)
        self.authorized = True
        await (self._start(tag) if self.plugged else self.status("Preparing"))


BadThing = Callable[[RawStation], Awaitable[None]]
"""What a station does that it must not."""
