"""Where stations connect: one listening port for one station under test or for many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from urllib.parse import unquote

from testbay.scenario.verdict import CaseError
from testbay.transport.events import Closed, TransportEvent, UpgradeRequest
from testbay.transport.listener import Listener, listen
from testbay.transport.tls import Settings
from testbay.transport.upgrade import Refuse, Upgrade
from testbay.transport.wire import Wire

Certificates = Callable[..., Settings]
"""Gives the TLS settings with a certificate of this name; whether the client must show one, too;
the only version of TLS that is spoken, if there is one."""

HIGHEST = 3  # security profile
SECURE = 2  # and those above it are encrypted
MUTUAL = 3  # and here the station shows a certificate
SERVER = "server"


class Behind(Protocol):
    """An end of the tool that takes the connections of one identity."""

    identity: str

    def handle(self, wire: Wire, event: TransportEvent) -> None: ...
    def decide(self, request: UpgradeRequest) -> Upgrade: ...
    def stranger(self, why: str) -> None: ...


class Gate:
    """A port; each connection goes to the end whose identity it asks for.

    From security profile 2 on it speaks TLS. What comes without is let speak, so that whoever it is
    can be told, and is then refused.

    Args:
        certificates: what it can show; none: it serves plain connections only.
        profile: the security profile of connections (0: nothing is demanded).
        certificate: the name of the one that is shown first.
        deflate: whether compression of messages is agreed to.
    """

    def __init__(
        self,
        certificates: Certificates | None = None,
        *,
        profile: int = 0,
        certificate: str = SERVER,
        deflate: bool = True,
    ) -> None:
        self._certificates = certificates
        self.profile = profile
        self.certificate = certificate
        self.maximum = ""
        self._deflate = deflate
        self._ends: dict[str, Behind] = {}
        self._taken: dict[int, Behind] = {}
        self._listener: Listener | None = None

    def admit(self, end: Behind) -> None:
        """Let the station of an end in."""
        self._ends[end.identity] = end

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port.

        Raises:
            OSError: the port cannot be used.
        """
        self._listener = await listen(
            self._handle, host, port, decide=self._decide, deflate=self._deflate
        )
        self._apply()
        return self._listener.port

    @property
    def listener(self) -> Listener:
        """What listens."""
        assert self._listener is not None
        return self._listener

    @property
    def secure(self) -> bool:
        """Whether connections to come are encrypted."""
        return self.profile >= SECURE

    @property
    def alone(self) -> bool:
        """Whether there is one end only, to which all that happens at the port belongs."""
        return len(self._ends) == 1

    def serve(self, certificate: str, maximum: str = "") -> None:
        """Show another certificate to connections to come.

        Args:
            maximum: the only version of TLS that is spoken then; empty: 1.2 and above.

        Raises:
            CaseError: there is none of that name.
        """
        before, self.maximum = self.maximum, maximum
        try:
            self._serve(certificate, self.profile)
        except BaseException:
            self.maximum = before
            raise

    def require(self, profile: int) -> None:
        """Let connections to come in with this security profile only.

        Raises:
            CaseError: there is no such profile, or there are no certificates for it.
        """
        if profile not in range(HIGHEST + 1):
            raise CaseError(f"there is no security profile {profile!r}; there are 0 to {HIGHEST}")
        self._serve(self.certificate, profile)

    def _serve(self, certificate: str, profile: int) -> None:
        before = self.certificate, self.profile
        self.certificate, self.profile = certificate, profile
        try:
            self._apply()
        except BaseException:
            self.certificate, self.profile = before
            raise

    def _apply(self) -> None:
        settings = None
        if self._certificates is not None:  # a name that there is not is told of at once
            only = (self.maximum,) if self.maximum else ()
            settings = self._certificates(self.certificate, self.profile >= MUTUAL, *only)
        elif self.secure or self.certificate != SERVER:
            raise CaseError("there are no certificates to serve: the tool listens without TLS")
        self.listener.tls = settings if self.secure else None
        self.listener.mixed = self.secure

    async def close(self) -> None:
        """Stop listening and end all connections."""
        if self._listener is not None:
            await self._listener.close()

    def _handle(self, wire: Wire, event: TransportEvent) -> None:
        taken = self._taken.get(wire.number)
        if taken is None and isinstance(event, UpgradeRequest):
            taken = self._ends.get(_identity(event))
            if taken is not None:
                self._taken[wire.number] = taken
        if isinstance(event, Closed):
            self._taken.pop(wire.number, None)
        for end in [taken] if taken is not None else list(self._ends.values()):
            end.handle(wire, event)  # nobody's yet: each of them may be meant

    def _decide(self, request: UpgradeRequest) -> Upgrade:
        identity = _identity(request)
        if (end := self._ends.get(identity)) is not None:
            return end.decide(request)
        whom = f"with the identity {identity!r}" if identity else "without an identity"
        why = f"a station {whom} was refused; {' or '.join(self._ends)} is wanted"
        for other in self._ends.values():
            other.stranger(why)
        return Refuse(404, why)


def _identity(request: UpgradeRequest) -> str:
    return unquote(request.path.split("?")[0].rstrip("/").rpartition("/")[2])
