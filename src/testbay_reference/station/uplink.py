"""The connection to the CSMS: opened, kept, opened again with a growing pause (OCPP-J 3, 5.4)."""

import asyncio
from collections.abc import Callable, Iterator

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from testbay.protocol.versions import OCPP16
from testbay_reference.link import OnCall, Rpc
from testbay_reference.station.context import Context

PATIENCE = 10.0  # s, for opening and closing a connection


class Uplink:
    """Keep a connection to the CSMS.

    Args:
        on_call: answers the calls of the CSMS.
        ids: message ids.
        opened, closed: hear of each connection.
    """

    def __init__(
        self,
        context: Context,
        on_call: OnCall,
        ids: Iterator[str],
        opened: Callable[[Rpc], None],
        closed: Callable[[], None],
    ) -> None:
        self._context = context
        self._on_call = on_call
        self._ids = ids
        self._opened = opened
        self._closed = closed
        self._ws: ClientConnection | None = None
        self._pause = context.options.reconnect[0]
        self.rpc: Rpc | None = None
        context.config.on_change("MessageTimeout", self._retime)

    async def run(self) -> None:
        """Connect, serve, and connect again, for ever."""
        while True:
            ws = await self._connect()
            if ws is not None:
                await self._serve(ws)
                if "never-reconnects" in self._context.faults:
                    return
            first, longest = self._context.options.reconnect
            await asyncio.sleep(self._pause)
            self._pause = min(max(self._pause * 2, first), longest)

    def settled(self) -> None:
        """Take the connection for a good one: the next pause is a short one again."""
        self._pause = self._context.options.reconnect[0]

    async def close(self) -> None:
        """Close the connection as one does before a restart."""
        if self._ws is not None:
            await self._ws.close(1001, "restart")

    def cut(self) -> None:
        """Drop the connection without a word."""
        if self._ws is not None:
            self._ws.transport.abort()

    async def _connect(self) -> ClientConnection | None:
        options, note = self._context.options, self._context.note
        headers = {"Authorization": options.authorization} if options.authorization else None
        ping = int(self._context.config.effective("WebSocketPingInterval")) or None
        secure = options.url.startswith("wss")
        try:
            ws = await connect(
                options.address,
                subprotocols=[Subprotocol(OCPP16.subprotocol)],
                additional_headers=headers,
                ssl=(options.ssl or True) if secure else None,
                compression=None,
                proxy=None,
                ping_interval=ping,
                ping_timeout=ping,
                open_timeout=PATIENCE,
                close_timeout=PATIENCE,
            )
        except (OSError, TimeoutError, WebSocketException) as error:
            note(f"cannot connect to {options.address}: {error or type(error).__name__}")
            return None
        if ws.subprotocol != OCPP16.subprotocol:  # OCPP-J 3.2
            note(f"the CSMS does not speak {OCPP16.subprotocol}")
            await ws.close(1002, "no common subprotocol")
            return None
        return ws

    async def _serve(self, ws: ClientConnection) -> None:
        timeout = float(self._context.config.number("MessageTimeout"))
        note = self._context.note
        rpc = Rpc(
            ws,
            OCPP16,
            self._on_call,
            timeout=timeout,
            ids=self._ids,
            note=note,
            trace=self._context.trace,
        )
        self._ws, self.rpc = ws, rpc
        note(f"connected to {self._context.options.address}")
        self._opened(rpc)
        try:
            await rpc.serve()
        finally:
            self._ws = self.rpc = None
            self._closed()
            reason = f" ({ws.close_reason})" if ws.close_reason else ""
            note(f"connection ended: {ws.close_code}{reason}")

    def _retime(self) -> None:
        if self.rpc is not None:
            self.rpc.timeout = float(self._context.config.number("MessageTimeout"))
