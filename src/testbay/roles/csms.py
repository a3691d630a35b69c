"""The tool as a CSMS: it listens for the station under test."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote

from testbay.protocol.versions import Version
from testbay.roles.end import ToolEnd
from testbay.transport.events import Opened, TextMessage, TransportEvent, UpgradeRequest
from testbay.transport.listener import Listener, listen
from testbay.transport.upgrade import Accept, Refuse, Upgrade
from testbay.transport.wire import Wire


class CsmsEnd(ToolEnd):
    """Listens, lets the one station in that is under test, and says why others are not.

    Args:
        identity: of the station, the last part of the path it asks for.
        password: for HTTP Basic authentication; empty: none is asked for.
        timeout: how long an answer to the tool may take (s).
    """

    def __init__(
        self, version: Version, identity: str, *, password: str = "", timeout: float = 30.0
    ) -> None:
        super().__init__(version, "csms", identity, timeout)
        self._password = password
        self._listener: Listener | None = None
        self._requests: dict[int, UpgradeRequest] = {}
        self._strangers: list[str] = []

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port.

        Raises:
            OSError: the port cannot be used.
        """
        self._listener = await listen(self.handle, host, port, decide=self._decide)
        return self._listener.port

    async def ready(self, timeout: float) -> str:
        """Wait until the station is connected; return why it is not, or nothing."""
        if await self.wait_connected(timeout):
            return ""
        seen = "; ".join(self._strangers[-3:]) or "nobody tried"
        return f"the station {self.identity} did not connect in {timeout:g} s ({seen})"

    async def close(self) -> None:
        """End the connections and stop listening."""
        if self._listener is not None:
            await self._listener.close()

    async def act_refuse(self) -> dict[str, Any]:
        """Close the connection and refuse new ones."""
        assert self._listener is not None
        self._listener.refuse(True)
        return await self.act_close()

    async def act_accept(self) -> dict[str, Any]:
        """Accept connections again."""
        assert self._listener is not None
        self._listener.refuse(False)
        return {}

    def handle(self, wire: Wire, event: TransportEvent) -> None:
        """Take an event of a connection; keep how it was asked for."""
        if type(event) is TextMessage:
            self.text(wire, event.text)
            return
        if isinstance(event, UpgradeRequest):
            self._requests[wire.number] = event
        elif isinstance(event, Opened) and event.subprotocol is None:
            self._stranger(f"it does not offer the subprotocol {self.version.subprotocol}")
            wire.close(1002, "no common subprotocol")  # OCPP-J 1.6, 3.2
            return
        super().handle(wire, event)

    def _decide(self, request: UpgradeRequest) -> Upgrade:
        identity = unquote(request.path.split("?")[0].rstrip("/").rpartition("/")[2])
        if identity != self.identity:
            why = f"a station with the identity {identity!r} was refused; {self.identity} is wanted"
            self._stranger(why)
            return Refuse(404, why)
        if self._password and not self._authentic(request.authorization):
            self._stranger(f"{identity} did not show the configured password")
            return Refuse(401, "wrong password", (("WWW-Authenticate", 'Basic realm="OCPP"'),))
        offered = self.version.subprotocol in request.subprotocols
        return Accept(self.version.subprotocol if offered else None)

    def _stranger(self, why: str) -> None:
        self._strangers = [*self._strangers[-9:], why]
        self.inbox.notice(why)

    def _authentic(self, header: str | None) -> bool:
        scheme, _, encoded = (header or "").partition(" ")
        try:
            shown = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            return False
        return scheme.lower() == "basic" and shown == f"{self.identity}:{self._password}".encode()

    def about(self, wire: Wire, event: Opened) -> dict[str, Any]:
        """Return what an event of a new connection carries."""
        request = self._requests.pop(wire.number, None)
        offered = list(request.subprotocols) if request is not None else []
        return super().about(wire, event) | {"offered": offered}
