"""A small CSMS on the `ocpp` package: it shares nothing with the tool but the specification."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from ocpp.exceptions import OCPPError
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

RESETS = {"hard": "Hard", "soft": "Soft"}


class Desk:
    """What the CSMS knows of all its stations, and what its operator has it do.

    Args:
        now: gives the date and time.
        tokens: that may charge.
        registration: the answer to a boot.
        resets: the type of a reset by how it was wanted.
        wrong_transaction: added to the id of the transaction that is stopped.
        interval: between heartbeats (s).
        reads_all: whether it reads all settings, whatever was asked for.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        tokens: tuple[str, ...] = ("TESTBAY-VALID-1", "TESTBAY-VALID-2"),
        registration: str = "Accepted",
        resets: dict[str, str] = RESETS,
        wrong_transaction: int = 0,
        reads_all: bool = False,
        interval: int = 300,
    ) -> None:
        self.now = now
        self.tokens, self.registration, self.resets = tokens, registration, resets
        self.wrong_transaction, self.reads_all = wrong_transaction, reads_all
        self.interval = interval
        self.running: dict[int, int] = {}
        self.numbers = itertools.count(1001)
        self.line: Line | None = None
        self._server: Server | None = None
        self._tasks: list[asyncio.Task[Any]] = []

    async def start(self) -> int:
        """Listen; return the port."""
        self._server = await serve(
            self._serve, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")]
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.line = Line(self, socket.request.path.rpartition("/")[2], socket)
        with suppress(ConnectionClosed, OCPPError):
            await self.line.start()

    async def perform(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Do what an operator has the CSMS do."""
        assert self.line is not None
        message = self._message(name, parameters)
        self._tasks.append(asyncio.get_running_loop().create_task(self.line.call(message)))
        return {}

    def _message(self, name: str, given: dict[str, Any]) -> Any:
        if name == "remote_stop":
            number = next(n for n, at in self.running.items() if at == given["connector"])
            return call.RemoteStopTransaction(transaction_id=number + self.wrong_transaction)
        if name == "remote_start":
            return call.RemoteStartTransaction(
                id_tag=given["id_tag"], connector_id=given["connector"]
            )
        if name == "clear_cache":
            return call.ClearCache()
        if name == "reset":
            return call.Reset(type=self.resets[given["kind"]])
        if name == "read_configuration":
            keys = given.get("keys")
            return call.GetConfiguration(key=None if self.reads_all else keys)
        if name == "change_setting":
            return call.ChangeConfiguration(key=given["key"], value=given["value"])
        if name == "unlock":
            return call.UnlockConnector(connector_id=given["connector"])
        raise ValueError(f"nobody can {name} here")


class Line(ChargePoint):  # type: ignore[misc]
    """The connection of one station."""

    def __init__(self, desk: Desk, identity: str, socket: ServerConnection) -> None:
        super().__init__(identity, socket, response_timeout=5)
        self.desk = desk

    def _stamp(self) -> str:
        return self.desk.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def _judge(self, token: str) -> dict[str, str]:
        return {"status": "Accepted" if token in self.desk.tokens else "Invalid"}

    @on(Action.boot_notification)  # type: ignore[misc]
    def on_boot(self, **_: Any) -> Any:
        return call_result.BootNotification(
            current_time=self._stamp(), interval=self.desk.interval, status=self.desk.registration
        )

    @on(Action.heartbeat)  # type: ignore[misc]
    def on_heartbeat(self) -> Any:
        return call_result.Heartbeat(current_time=self._stamp())

    @on(Action.status_notification)  # type: ignore[misc]
    def on_status(self, **_: Any) -> Any:
        return call_result.StatusNotification()

    @on(Action.authorize)  # type: ignore[misc]
    def on_authorize(self, id_tag: str) -> Any:
        return call_result.Authorize(id_tag_info=self._judge(id_tag))

    @on(Action.start_transaction)  # type: ignore[misc]
    def on_start(self, connector_id: int, id_tag: str, **_: Any) -> Any:
        number = next(self.desk.numbers)
        self.desk.running[number] = connector_id
        return call_result.StartTransaction(transaction_id=number, id_tag_info=self._judge(id_tag))

    @on(Action.stop_transaction)  # type: ignore[misc]
    def on_stop(self, transaction_id: int, **_: Any) -> Any:
        self.desk.running.pop(transaction_id, None)
        return call_result.StopTransaction()
