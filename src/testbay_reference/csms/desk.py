"""The desk of an operator: commands to the stations that are connected."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from testbay.protocol.schemas import check_request
from testbay.protocol.versions import OCPP16
from testbay_reference.control import Refused
from testbay_reference.csms.ledger import Ledger
from testbay_reference.csms.records import StationRecord
from testbay_reference.link import Rpc, RpcError

Payload = dict[str, Any]
Work = Coroutine[Any, Any, Payload]

# While a station is pending, these two are not allowed (OCPP 1.6, 4.2).
_FOR_ACCEPTED = ("RemoteStartTransaction", "RemoteStopTransaction")


class Desk:
    """Choose a station, make sure that a command makes sense, and send it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._lines: dict[str, Rpc] = {}
        self._tasks: dict[asyncio.Task[Any], None] = {}

    @property
    def connected(self) -> tuple[str, ...]:
        """Return the identities of the stations that are connected, first come first."""
        return tuple(name for name, line in self._lines.items() if not line.closed)

    def plug(self, identity: str, line: Rpc) -> Rpc | None:
        """Use this connection for a station; return the one that it replaces."""
        old = self._lines.pop(identity, None)
        self._lines[identity] = line
        return old

    def unplug(self, identity: str, line: Rpc) -> None:
        """Forget a connection that has ended, unless it was replaced."""
        if self._lines.get(identity) is line:
            del self._lines[identity]

    def line(self, identity: str) -> Rpc | None:
        """Return the connection of a station."""
        return self._lines.get(identity)

    def choose(self, identity: str | None) -> StationRecord:
        """Return the station meant: the one named, or the only one there is.

        Raises:
            Refused: it is not connected, or which one is meant cannot be told.
        """
        connected = self.connected
        there = ", ".join(connected) or "none"
        if identity is None and len(connected) == 1:
            identity = connected[0]
        elif identity is None and connected:
            raise Refused(f"several stations are connected; say which: {there}")
        elif identity is None:
            raise Refused("no station is connected")
        if identity not in connected:
            raise Refused(f"station {identity!r} is not connected; connected: {there}")
        return self.ledger.station(identity)

    def check(self, station: StationRecord, action: str) -> None:
        """Make sure that a station may be sent this, as far as its registration goes.

        Raises:
            Refused: it may not; the sentence says why.
        """
        name, status = station.identity, station.registration
        if status == "Rejected":
            raise Refused(f"station {name!r} is rejected: it is sent nothing (OCPP 1.6, 4.2)")
        if action in _FOR_ACCEPTED and status != "Accepted":
            why = "is still pending" if status else "has not booted yet"
            raise Refused(f"station {name!r} {why}: no {action} before it is accepted")

    def command(
        self,
        station: StationRecord,
        action: str,
        payload: Payload,
        then: Callable[[Payload], None] | None = None,
        **extra: Any,
    ) -> Work:
        """Check a command; what is returned sends it and tells what the station answered.

        Args:
            then: gets the answer, if there is one.
            extra: more to tell.

        Raises:
            Refused: the station may not be sent this, or the message would not be valid.
        """
        self.check(station, action)
        for violation in check_request(OCPP16, action, payload):
            raise Refused(f"{action} cannot be sent like this: {violation.text}")

        async def carry_out() -> Payload:
            answer = await self.send(station, action, payload)
            if then is not None and not isinstance(answer, RpcError):
                then(answer)
                self.ledger.keep(station)
            return told(station, action, answer) | extra

        return carry_out()

    async def send(
        self, station: StationRecord, action: str, payload: Payload
    ) -> Payload | RpcError:
        """Send one call and wait for the answer."""
        answer = await self._send(station, action, payload)
        if self.ledger.faulty("repeats-commands"):
            await self._send(station, action, payload)
        if isinstance(answer, RpcError) and not answer.local:
            station.remark(f"{action} was answered with {answer.code}: {answer.description}")
        return answer

    async def _send(
        self, station: StationRecord, action: str, payload: Payload
    ) -> Payload | RpcError:
        line = self._lines.get(station.identity)
        if line is None:
            return RpcError("ConnectionLost", "the station is not connected", local=True)
        return await line.call(action, payload)

    def background(self, work: Work, name: str) -> None:
        """Carry something out while others go on."""
        task = asyncio.create_task(work, name=name)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    async def stop(self) -> None:
        """End what is being carried out, in the order in which it began."""
        for task in tuple(self._tasks):
            task.cancel()
        for task in tuple(self._tasks):
            await asyncio.wait((task,))


def told(station: StationRecord, action: str, answer: Payload | RpcError) -> Payload:
    """Tell what came of a command."""
    result: Payload = {"station": station.identity, "action": action}
    if isinstance(answer, RpcError):
        return result | {"error": {"code": answer.code, "description": answer.description}}
    return result | {"answer": answer}
