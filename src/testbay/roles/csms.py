"""The tool as a CSMS: it listens for the station under test."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from testbay.protocol.versions import Version
from testbay.roles.end import LEFT, ToolEnd
from testbay.roles.gate import MUTUAL, SECURE, SERVER, Gate
from testbay.roles.handshakes import Refusal, in_words
from testbay.roles.passwords import Shown, password_bytes, shown_in
from testbay.transport.events import (
    Closed,
    Opened,
    TextMessage,
    TlsEnded,
    TlsRefused,
    TransportEvent,
    UpgradeRequest,
)
from testbay.transport.upgrade import Accept, Refuse, Upgrade
from testbay.transport.wire import TLS_CAME, Wire

ANY = ("0.0.0.0", "::")  # addresses that stand for all of this machine
REMEMBERED = 3  # reasons why somebody was not let in
ENDED_AFTERWARDS = "the connection was ended after the handshake, before any request"


class CsmsEnd(ToolEnd):
    """Listens, lets the one station in that is under test, and says why others are not.

    Args:
        identity: of the station, the last part of the path it asks for.
        password: for HTTP Basic authentication, as ``password_bytes`` reads it; empty: none is
            asked for.
        timeout: how long an answer to the tool may take (s).
    """

    def __init__(
        self, version: Version, identity: str, *, password: str = "", timeout: float = 30.0
    ) -> None:
        super().__init__(version, "csms", identity, timeout)
        self.password = password
        self._gate: Gate | None = None
        self._requests: dict[int, UpgradeRequest | None] = {}
        self._handshakes: dict[int, Refusal] = {}
        self._strangers: list[str] = []
        self._refusing = False
        self._away: str | None = None
        self.others: tuple[str, ...] = ()
        """Passwords that the station may have instead, if it was given one in an earlier run."""
        self._served = SERVER
        self.trusted = ""
        """What a station must trust, for a person: the path of the root certificate."""

    @property
    def profile(self) -> int:
        """The security profile with which the station connects at present."""
        return self.gate.profile

    def join(self, gate: Gate) -> None:
        """Take the connections of this station at a gate that others may share."""
        self._gate = gate
        self._served = gate.certificate
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
        """Wait until the station is connected; return why it is not, or nothing.

        What a case has left at the gate is put right before.
        """
        if self._refusing:
            await self.act_accept()
        if self.gate.certificate != self._served or self.gate.maximum:
            self.gate.serve(self._served)
        if await self.wait_connected(timeout):
            return ""
        seen = "; ".join(self._strangers) or "nobody tried"
        why = f"the station {self.identity} did not connect in {timeout:g} s ({seen})"
        return f"{why}; it must connect to {self.url}{self._with()}"

    def _with(self) -> str:
        """Return what the station must show and trust, as far as anything is demanded."""
        shows = {1: " with its password", 2: " with its password", 3: " with its certificate"}
        trusts = f", and trust {self.trusted}" if self.gate.secure and self.trusted else ""
        return shows.get(self.gate.profile, "") + trusts

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
        self._away = None
        self.gate.listener.refuse(False)
        return {}

    async def act_turn_away(self, url: str = "") -> dict[str, Any]:
        """Answer requests for a connection by a refusal, and tell of each; the present one stays.

        Args:
            url: only those that ask for this one.
        """
        self._away = url
        return {}

    async def act_serve(self, certificate: str, tls_max: str = "") -> dict[str, Any]:
        """Show another certificate to connections to come.

        Args:
            tls_max: the only version of TLS that is spoken then; empty: 1.2 and above.
        """
        self.gate.serve(certificate, tls_max)
        return {}

    async def act_require(self, profile: int) -> dict[str, Any]:
        """Let connections to come in with this security profile only."""
        self.gate.require(profile)
        return {}

    async def act_password(self, value: str) -> dict[str, Any]:
        """Ask connections to come for this password, and for no other any more."""
        self.password, self.others = value, ()
        return {}

    def handle(self, wire: Wire, event: TransportEvent) -> None:
        """Take an event of a connection; keep how it was asked for."""
        if type(event) is TextMessage:
            self.text(wire, event.text)
            return
        if isinstance(event, UpgradeRequest):
            self._requests[wire.number] = event
            self.event("@upgrade", wire.number, self._upgrade(event))
            if self._turned_away(event):
                self.event("@turned_away", wire.number, {"url": self._url(event)})
        elif isinstance(event, TlsRefused | TlsEnded):
            self._handshakes.setdefault(wire.number, event)
        elif isinstance(event, Closed):
            refused = self._handshakes.pop(wire.number, None)
            if refused is not None:
                self.stranger(f"{_host(wire)} was not let in: {in_words(refused, self.trusted)}")
            elif wire.number not in self._requests and not self._refusing:
                if wire.established is not None:  # it may have looked at the certificate only now
                    told = {"by": event.by, "reason": ENDED_AFTERWARDS, "detail": event.reason}
                    self.event("@tls_refused", wire.number, told)
                self.stranger(f"{_host(wire)} did not ask for a WebSocket: {event.reason}")
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
        if reason.startswith(TLS_CAME):
            reason = f"{reason}; the tool speaks TLS with security profile 2 or 3 only"
        self.stranger(f"{_host(wire)} did not ask for a WebSocket properly: {reason}")

    def _turned_away(self, request: UpgradeRequest) -> bool:
        return self._away is not None and self._away in ("", self._url(request))

    def _url(self, request: UpgradeRequest | None) -> str:
        """Return the URL that a station was given, without its identity; a proxy may tell it."""
        if request is None:
            return ""
        headers = {name.lower(): value for name, value in request.headers}
        host = headers.get("x-forwarded-host") or headers.get("host", "")
        base = request.path.split("?")[0].rstrip("/").rpartition("/")[0]
        return f"{'wss' if self.gate.secure else 'ws'}://{host}{base}"

    def _offered(self, wire: Wire) -> tuple[str, ...]:
        request = self._requests.get(wire.number)
        return request.subprotocols if request is not None else ()

    def _other_subprotocols(self, wire: Wire) -> str:
        offered = ", ".join(self._offered(wire)) or "no subprotocol"
        wanted = self.version.subprotocol
        return f"{self.identity} was refused, as it offers {offered}; it must offer {wanted}"

    def decide(self, request: UpgradeRequest) -> Upgrade:
        """Return what the station is answered when it asks for a WebSocket."""
        if self._refusing or self._turned_away(request):
            return Refuse(503, "connections are refused at present")
        if self.gate.secure and request.tls is None:
            why = f"it connects without TLS, but security profile {self.profile} needs wss://"
            self.stranger(f"{self.identity} was refused, as {why}")
            return Refuse(403, why)
        asked = self.password and self.profile < MUTUAL
        if asked:
            self._recognise(shown_in(request.authorization))
        if asked and (wrong := self._wrong(shown_in(request.authorization))):
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

    def _wrong(self, shown: Shown) -> str:
        """Return what is wrong with an Authorization header; nothing if it is the right one."""
        if shown.wrong:
            return shown.wrong
        if shown.name != self.identity:
            return f"shows another name than {self.identity}"
        return (
            ""
            if shown.password == self._secret
            else "shows another password than the configured one"
        )

    def _recognise(self, shown: Shown) -> None:
        """Ask for another password where the first that is shown is one that was left behind."""
        for password in (self.password, *self.others):
            if self.others and shown.password == self._bytes(password):
                if password != self.password:
                    self.inbox.notice(LEFT.format("station", "shows"))
                self.password, self.others = password, ()

    def _bytes(self, password: str) -> bytes:
        return password_bytes(password, self.version.hex_passwords)

    @property
    def _secret(self) -> bytes:
        return self._bytes(self.password)

    def _upgrade(self, request: UpgradeRequest) -> dict[str, Any]:
        """Return what an event of a request for a connection carries; no password."""
        right = self._secret if self.password else None
        return {
            "path": request.path,
            "authorization": shown_in(request.authorization).told(right),
            "subprotocols": list(request.subprotocols),
            "secure": request.tls is not None,
        }

    def about(self, wire: Wire, event: Opened) -> dict[str, Any]:
        """Return what an event of a new connection carries."""
        request, tls = self._requests.get(wire.number), wire.established
        authorized = bool(
            request and self.password and not self._wrong(shown_in(request.authorization))
        )
        shown = 0
        if tls is not None and tls.peer_certificate:
            shown = MUTUAL
        elif authorized:
            shown = 1 if tls is None else SECURE
        more = {
            "offered": list(self._offered(wire)),
            "profile": shown,
            "url": self._url(request),
        }
        return super().about(wire, event) | more


def _host(wire: Wire) -> str:
    """Return who it is without the port, which is another one each time."""
    return wire.peer.rpartition(":")[0]
