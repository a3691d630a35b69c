"""The tool as a CSMS: it listens for the station under test."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote, unquote

from testbay.protocol.versions import Version
from testbay.roles.end import ToolEnd
from testbay.transport.events import (
    Closed,
    Opened,
    TextMessage,
    TransportEvent,
    UpgradeRequest,
)
from testbay.transport.listener import Listener, listen
from testbay.transport.upgrade import Accept, Refuse, Upgrade
from testbay.transport.wire import Wire

ANY = ("0.0.0.0", "::")  # addresses that stand for all of this machine
REMEMBERED = 3  # reasons why somebody was not let in


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
        self._requests: dict[int, UpgradeRequest | None] = {}
        self._strangers: list[str] = []
        self._refusing = False

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
        seen = "; ".join(self._strangers) or "nobody tried"
        why = f"the station {self.identity} did not connect in {timeout:g} s ({seen})"
        return f"{why}; its URL must be {self.url}"

    @property
    def url(self) -> str:
        """Where the station must connect to, as far as this end knows."""
        assert self._listener is not None
        host = "ADDRESS" if self._listener.host in ANY else self._listener.host
        at = f"[{host}]" if ":" in host else host
        return f"ws://{at}:{self._listener.port}/{quote(self.identity, safe='')}"

    async def close(self) -> None:
        """End the connections and stop listening."""
        if self._listener is not None:
            await self._listener.close()

    async def act_refuse(self) -> dict[str, Any]:
        """Close the connection and refuse new ones."""
        assert self._listener is not None
        self._refusing = True
        self._listener.refuse(True)
        return await self.act_close()

    async def act_accept(self) -> dict[str, Any]:
        """Accept connections again."""
        assert self._listener is not None
        self._refusing = False
        self._listener.refuse(False)
        return {}

    def handle(self, wire: Wire, event: TransportEvent) -> None:
        """Take an event of a connection; keep how it was asked for."""
        if type(event) is TextMessage:
            self.text(wire, event.text)
            return
        if isinstance(event, UpgradeRequest):
            self._requests[wire.number] = event
        elif isinstance(event, Closed):
            if wire.number not in self._requests and not self._refusing:
                self._stranger(f"{wire.peer} did not ask for a WebSocket: {event.reason}")
            self._requests.pop(wire.number, None)
        elif isinstance(event, Opened):
            if event.subprotocol is None:
                self._stranger(self._other_subprotocols(wire))
                wire.close(1002, "no common subprotocol")  # OCPP-J 1.6, 3.2
                return
            self._strangers = []
        super().handle(wire, event)

    def bad_upgrade(self, wire: Wire, reason: str) -> None:
        """Take notice of a request that is none for a WebSocket."""
        self._requests.setdefault(wire.number, None)
        self._stranger(f"{wire.peer} did not ask for a WebSocket properly: {reason}")

    def _offered(self, wire: Wire) -> tuple[str, ...]:
        request = self._requests.get(wire.number)
        return request.subprotocols if request is not None else ()

    def _other_subprotocols(self, wire: Wire) -> str:
        offered = ", ".join(self._offered(wire)) or "no subprotocol"
        wanted = self.version.subprotocol
        return f"{self.identity} was refused, as it offers {offered}; it must offer {wanted}"

    def _decide(self, request: UpgradeRequest) -> Upgrade:
        identity = unquote(request.path.split("?")[0].rstrip("/").rpartition("/")[2])
        if identity != self.identity:
            whom = f"with the identity {identity!r}" if identity else "without an identity"
            why = f"a station {whom} was refused; {self.identity} is wanted"
            self._stranger(why)
            return Refuse(404, why)
        if self._password and (wrong := self._wrong(request.authorization)):
            self._stranger(f"{identity} was refused, as it {wrong} for HTTP Basic authentication")
            return Refuse(401, wrong, (("WWW-Authenticate", 'Basic realm="OCPP"'),))
        offered = self.version.subprotocol in request.subprotocols
        return Accept(self.version.subprotocol if offered else None)

    def _stranger(self, why: str) -> None:
        others = [s for s in self._strangers if s != why]
        self._strangers = [*others[1 - REMEMBERED :], why]
        self.inbox.notice(why)

    def _wrong(self, header: str | None) -> str:
        """Return what is wrong with an Authorization header; nothing if it is the right one."""
        scheme, _, encoded = (header or "").partition(" ")
        if scheme.lower() != "basic":
            return "shows no name and password"
        try:
            shown = base64.b64decode(encoded, validate=True)
        except ValueError:
            return "shows a name and password that are not Base64"
        name, _, password = shown.partition(b":")
        if name != self.identity.encode():
            return f"shows another name than {self.identity}"
        right = password == self._password.encode()
        return "" if right else "shows another password than the configured one"

    def about(self, wire: Wire, event: Opened) -> dict[str, Any]:
        """Return what an event of a new connection carries."""
        return super().about(wire, event) | {"offered": list(self._offered(wire))}
