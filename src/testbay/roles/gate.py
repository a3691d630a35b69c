"""Where stations connect: one listening port for one station under test or for many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import unquote

from testbay.scenario.verdict import CaseError
from testbay.transport.events import Closed, TransportEvent, UpgradeRequest
from testbay.transport.listener import Listener, listen
from testbay.transport.tls import Settings
from testbay.transport.upgrade import Refuse, Upgrade
from testbay.transport.wire import Wire


class Behind(Protocol):
    """An end of the tool that takes the connections of one identity."""

    identity: str

    def handle(self, wire: Wire, event: TransportEvent) -> None: ...
    def decide(self, request: UpgradeRequest) -> Upgrade: ...
    def stranger(self, why: str) -> None: ...


class Gate:
    """A port; each connection goes to the end whose identity it asks for.

    Args:
        certificates: the TLS settings it can serve, by name; none: it serves plain connections.
        deflate: whether compression of messages is agreed to.
    """

    def __init__(
        self, certificates: Mapping[str, Settings] | None = None, *, deflate: bool = True
    ) -> None:
        self._certificates = dict(certificates or {})
        self._deflate = deflate
        self._ends: dict[str, Behind] = {}
        self._taken: dict[int, Behind] = {}
        self._listener: Listener | None = None

    def admit(self, end: Behind) -> None:
        """Let the station of an end in."""
        self._ends[end.identity] = end

    async def start(self, host: str, port: int) -> int:
        """Listen, with the first of the certificates if there are any; return the port.

        Raises:
            OSError: the port cannot be used.
        """
        first = next(iter(self._certificates.values()), None)
        self._listener = await listen(
            self._handle, host, port, decide=self._decide, tls=first, deflate=self._deflate
        )
        return self._listener.port

    @property
    def listener(self) -> Listener:
        """What listens."""
        assert self._listener is not None
        return self._listener

    @property
    def secure(self) -> bool:
        """Whether connections to come are encrypted."""
        return self.listener.tls is not None

    @property
    def alone(self) -> bool:
        """Whether there is one end only, to which all that happens at the port belongs."""
        return len(self._ends) == 1

    def serve(self, certificate: str) -> None:
        """Show another certificate to connections to come.

        Raises:
            CaseError: there is none of that name.
        """
        if certificate not in self._certificates:
            raise CaseError(f"there is no certificate {certificate!r} to serve")
        self.listener.tls = self._certificates[certificate]

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
