"""The tool as a CSMS: it listens for the station under test."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from testbay.protocol.versions import Version
from testbay.roles.end import ToolEnd
from testbay.roles.gate import Gate
from testbay.transport.events import (
    Closed,
    Opened,
    TextMessage,
    TransportEvent,
    UpgradeRequest,
)
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
        self._gate: Gate | None = None
        self._requests: dict[int, UpgradeRequest | None] = {}
        self._strangers: list[str] = []
        self._refusing = False

    def join(self, gate: Gate) -> None:
        """Take the connections of this station at a gate that others may share."""
        self._gate = gate
        gate.admit(self)

    async def start(self, host: str, port: int, gate: Gate | None = None) -> int:
        """Listen at a gate of its own; return the port.

        Args:
            gate: with the certificates that it can serve; without it, connections are plain.

        Raises:
            OSError: the port cannot be used.
        """
        self.join(gate or Gate())
        return await self.gate.start(host, port)

    @property
    def gate(self) -> Gate:
        """Where the station connects."""
        assert self._gate is not None
        return self._gate

    async def ready(self, timeout: float) -> str:
        """Wait until the station is connected; return why it is not, or nothing."""
        if await self.wait_connected(timeout):
            return ""
        seen = "; ".join(self._strangers) or "nobody tried"
        why = f"the station {self.identity} did not connect in {timeout:g} s ({seen})"
        return f"{why}; it must connect to {self.url}"

    @property
    def url(self) -> str:
        """Where the station must connect to, as far as this end knows."""
        listener, scheme = self.gate.listener, "wss" if self.gate.secure else "ws"
        host = "ADDRESS" if listener.host in ANY else listener.host
        at = f"[{host}]" if ":" in host else host
        return f"{scheme}://{at}:{listener.port}/{quote(self.identity, safe='')}"

    async def close(self) -> None:
        """End the connections, and stop listening where nobody else is listened for."""
        if self._gate is not None and self.gate.alone:
            await self.gate.close()
        else:
            await self.act_close()

    async def act_refuse(self) -> dict[str, Any]:
        """Close the connection and refuse new ones."""
        self._refusing = True
        self.gate.listener.refuse(self.gate.alone)
        return await self.act_close()

    async def act_accept(self) -> dict[str, Any]:
        """Accept connections again."""
        self._refusing = False
        self.gate.listener.refuse(False)
        return {}

    async def act_serve(self, certificate: str) -> dict[str, Any]:
        """Show another certificate to connections to come."""
        self.gate.serve(certificate)
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
                self.stranger(f"{wire.peer} did not ask for a WebSocket: {event.reason}")
            self._requests.pop(wire.number, None)
        elif isinstance(event, Opened):
            if event.subprotocol is None:
                self.stranger(self._other_subprotocols(wire))
                wire.close(1002, "no common subprotocol")  # OCPP-J 1.6, 3.2
                return
            self._strangers = []
        super().handle(wire, event)

    def bad_upgrade(self, wire: Wire, reason: str) -> None:
        """Take notice of a request that is none for a WebSocket."""
        self._requests.setdefault(wire.number, None)
        self.stranger(f"{wire.peer} did not ask for a WebSocket properly: {reason}")

    def _offered(self, wire: Wire) -> tuple[str, ...]:
        request = self._requests.get(wire.number)
        return request.subprotocols if request is not None else ()

    def _other_subprotocols(self, wire: Wire) -> str:
        offered = ", ".join(self._offered(wire)) or "no subprotocol"
        wanted = self.version.subprotocol
        return f"{self.identity} was refused, as it offers {offered}; it must offer {wanted}"

    def decide(self, request: UpgradeRequest) -> Upgrade:
        """Return what the station is answered when it asks for a WebSocket."""
        if self._refusing:
            return Refuse(503, "connections are refused at present")
        if self._password and (wrong := self._wrong(request.authorization)):
            who = f"{self.identity} was refused, as it {wrong}"
            self.stranger(f"{who} for HTTP Basic authentication")
            return Refuse(401, wrong, (("WWW-Authenticate", 'Basic realm="OCPP"'),))
        offered = self.version.subprotocol in request.subprotocols
        return Accept(self.version.subprotocol if offered else None)

    def stranger(self, why: str) -> None:
        """Note that somebody was not let in, and why."""
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
