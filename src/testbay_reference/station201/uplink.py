"""The connection to the CSMS: opened, kept, opened again with a growing pause (part 4, 5.3)."""

import asyncio
from collections.abc import Callable, Iterator

from websockets.asyncio.client import ClientConnection

from testbay.protocol.versions import OCPP201
from testbay_reference.alerts import let_alerts_out
from testbay_reference.dialling import dial
from testbay_reference.link import Channel, OnCall, Rpc
from testbay_reference.station201.context import Context
from testbay_reference.station201.network import Network
from testbay_reference.station201.security import Connecting


class Uplink:
    """Keep a connection to the CSMS.

    Args:
        network: chooses the connection.
        access: with what to connect.
        on_call: answers the calls of the CSMS.
        ids: message ids.
        opened, closed: hear of each connection; whether it is another one than the last.
    """

    def __init__(
        self,
        context: Context,
        network: Network,
        access: Connecting,
        on_call: OnCall,
        ids: Iterator[str],
        opened: Callable[[Rpc, bool], None],
        closed: Callable[[], None],
    ) -> None:
        let_alerts_out()
        self._context = context
        self._network = network
        self._access = access
        self._on_call = on_call
        self._ids = ids
        self._opened = opened
        self._closed = closed
        self._ws: Channel | None = None
        self._attempts = 0
        self.rpc: Rpc | None = None

    async def run(self) -> None:
        """Connect, serve, and connect again, for ever."""
        faults, lost, refused = self._context.faults, 0, 0
        while True:
            ws = await self._connect()
            if ws is not None:
                await self._serve(ws, self._network.opened())
                self._network.begin()
                lost += 1
                if "never-reconnects" in faults or (lost > 1 and "reconnects-once" in faults):
                    return
            else:
                if self._network.failed():
                    self._attempts = 0
                refused += 1
                if "gives-up-refused" in faults:
                    return
                if "gives-up-refused-twice" in faults and refused > 1:
                    return
            await asyncio.sleep(self._pause())
            self._attempts += 1

    def settled(self) -> None:
        """Take the connection for a good one: the next pause is a short one again."""
        self._attempts = 0

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

    def _pause(self) -> float:
        """Return how long to wait before the next attempt: doubled so many times (8.1 to 8.3)."""
        variables, faults = self._context.variables, self._context.faults
        if "hurries-back" in faults:
            return 0.5
        doubled = min(self._attempts, variables.number("OCPPCommCtrlr.RetryBackOffRepeatTimes"))
        doubled = 0 if "never-doubles" in faults else doubled
        return float(variables.number("OCPPCommCtrlr.RetryBackOffWaitMinimum", 1) * 2**doubled)

    async def _connect(self) -> ClientConnection | None:
        options, note = self._context.options, self._context.note
        ping = self._context.variables.number("OCPPCommCtrlr.WebSocketPingInterval") or None
        self._access.use(self._network.address, self._network.profile, moving=self._network.moving)
        return await dial(self._access, OCPP201, note, ping=ping, context=options.ssl)

    async def _serve(self, opened: ClientConnection, other: bool) -> None:
        ws, note = self._context.between(opened), self._context.note
        rpc = Rpc(
            ws,
            OCPP201,
            self._on_call,
            timeout=float(self._context.variables.number("OCPPCommCtrlr.MessageTimeout[Default]")),
            ids=self._ids,
            note=note,
            garbled=self._access.garbled,
            trace=self._context.trace,
        )
        self._ws, self.rpc = ws, rpc
        self._opened(rpc, other)
        try:
            await rpc.serve()
        finally:
            self._ws = self.rpc = None
            self._access.closed()
            self._closed()
            note(f"connection ended: {ws.close_code}")
