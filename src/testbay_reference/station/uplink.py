"""The connection to the CSMS: opened, kept, opened again with a growing pause (OCPP-J 3, 5.4)."""

import asyncio
from collections.abc import Callable, Iterator

from websockets.asyncio.client import ClientConnection

from testbay.protocol.versions import OCPP16
from testbay_reference.alerts import let_alerts_out
from testbay_reference.dialling import dial
from testbay_reference.link import Channel, OnCall, Rpc
from testbay_reference.station.context import Context
from testbay_reference.station_security.access import Access


class Uplink:
    """Keep a connection to the CSMS.

    Args:
        access: with what to connect.
        on_call: answers the calls of the CSMS.
        ids: message ids.
        opened, closed: hear of each connection.
    """

    def __init__(
        self,
        context: Context,
        access: Access,
        on_call: OnCall,
        ids: Iterator[str],
        opened: Callable[[Rpc], None],
        closed: Callable[[], None],
    ) -> None:
        let_alerts_out()
        self._context = context
        self._access = access
        self._on_call = on_call
        self._ids = ids
        self._opened = opened
        self._closed = closed
        self._ws: Channel | None = None
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

    async def renew(self) -> None:
        """Close the connection; `run` makes another one with the new credentials."""
        if self._ws is not None:
            await self._ws.close(1000, "new credentials")

    def cut(self) -> None:
        """Drop the connection without a word."""
        if self._ws is not None:
            self._ws.transport.abort()

    async def _connect(self) -> ClientConnection | None:
        ping = int(self._context.config.effective("WebSocketPingInterval")) or None
        deflate = self._context.options.deflate
        return await dial(self._access, OCPP16, self._context.note, ping=ping, deflate=deflate)

    async def _serve(self, opened: ClientConnection) -> None:
        ws = self._context.between(opened)
        timeout = float(self._context.config.number("MessageTimeout"))
        note = self._context.note
        rpc = Rpc(
            ws,
            OCPP16,
            self._on_call,
            timeout=timeout,
            ids=self._ids,
            note=note,
            garbled=self._access.garbled,
            trace=self._context.trace,
        )
        self._ws, self.rpc = ws, rpc
        self._opened(rpc)
        try:
            await rpc.serve()
        finally:
            self._ws = self.rpc = None
            self._access.closed()
            self._closed()
            reason = f" ({ws.close_reason})" if ws.close_reason else ""
            note(f"connection ended: {ws.close_code}{reason}")

    def _retime(self) -> None:
        if self.rpc is not None:
            self.rpc.timeout = float(self._context.config.number("MessageTimeout"))
