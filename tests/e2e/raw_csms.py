"""A small CSMS that writes its frames by hand: well-behaved, but for one bad thing."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

STAMP = "2030-01-01T00:00:00Z"
ANSWERS: dict[str, dict[str, Any]] = {
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "BootNotification": {"status": "Accepted", "interval": 30, "currentTime": STAMP},
    "Heartbeat": {"currentTime": STAMP},
    "StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
    "StatusNotification": {},
    "StopTransaction": {},
}

BadThing = Callable[["RawCsms"], Awaitable[None]]
"""What a CSMS does that it must not."""


class RawCsms:
    """Listens for the tool, answers it, and calls it as the operator wants.

    Args:
        bad: what it does, once, by the moment: ``answer to X`` in place of an answer to the tool,
            ``before X`` for a call of its own.
        refuses: with which HTTP status it refuses a connection; 0: it does not.
        subprotocol: what it chooses, whatever is offered.
    """

    def __init__(
        self,
        bad: dict[str, BadThing] | None = None,
        refuses: int = 0,
        subprotocol: str | None = "ocpp1.6",
    ) -> None:
        self.bad, self.refuses, self.subprotocol = dict(bad or {}), refuses, subprotocol
        self.got: list[Any] = []
        self.closes: list[tuple[int, str]] = []
        self._ids = itertools.count(1)
        self._server: Server | None = None
        self._socket: ServerConnection | None = None

    @property
    def socket(self) -> ServerConnection:
        """The connection that is open, or was last."""
        assert self._socket is not None
        return self._socket

    @property
    def errors(self) -> list[Any]:
        """The CALLERRORs that the tool has sent."""
        return [frame for frame in self.got if frame[0] == 4]

    async def start(self) -> int:
        """Listen; return the port."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            ping_interval=None,
            compression=None,
            process_request=self._decide,
            select_subprotocol=lambda connection, offered: (
                Subprotocol(self.subprotocol) if self.subprotocol else None
            ),
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """End everything."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _decide(self, connection: ServerConnection, request: Request) -> Response | None:
        return connection.respond(self.refuses, "no\n") if self.refuses else None

    async def _serve(self, socket: ServerConnection) -> None:
        self._socket = socket
        with suppress(ConnectionClosed):
            async for text in socket:
                await self._take(json.loads(text))
        self.closes.append((socket.close_code or 0, socket.close_reason or ""))

    async def _take(self, frame: Any) -> None:
        self.got.append(frame)
        if frame[0] == 2 and not await self._misbehave(f"answer to {frame[2]}"):
            await self.send(3, frame[1], ANSWERS[frame[2]])

    async def _misbehave(self, moment: str) -> bool:
        thing = self.bad.pop(moment, None)
        if thing is not None:
            await thing(self)
        return thing is not None

    async def send(self, *frame: Any) -> None:
        """Send a frame."""
        await self.socket.send(json.dumps(frame))

    async def cut_off(self) -> None:
        """Wait until the connection is gone."""
        await self.socket.wait_closed()

    async def perform(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do what the operator of the CSMS would do."""
        if name == "remote_stop":
            await self._call("RemoteStopTransaction", {"transactionId": 7})
        elif name == "unlock":
            await self._call("UnlockConnector", {"connectorId": parameters["connector"]})
        else:
            raise ValueError(f"this CSMS cannot {name}")
        return {}

    async def _call(self, action: str, payload: dict[str, Any]) -> None:
        await self._misbehave(f"before {action}")
        await asyncio.sleep(0)
        await self.send(2, f"o{next(self._ids)}", action, payload)
