"""Faults in what the tool hears of connections: no message on the wire carries it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from testbay.campaign.lane import End
from testbay.proof.fault import WireFault, put
from testbay.scenario.role import Inbox
from testbay.scenario.values import Answer, Payload, Received, Reply

UNHEARD, MISHEARD, OVERHEARD = "unheard", "misheard", "overheard"


def number_of(uid: str) -> int:
    """Return the number of an event of a connection."""
    return int(uid.lstrip("@"))


class HardOfHearing:
    """The tool's end, but for one event: it is not told, or told wrongly, or made up.

    So it is as if the system had given up there, or had done something else.

    Args:
        fault: ``unheard`` (from this event on, none of its kind is told), ``misheard`` (this event
            has another value at a path) or ``overheard`` (at ``value`` s of the loop, an event is
            told that there was not); ``frame`` names the kind.
    """

    def __init__(self, end: End, fault: WireFault) -> None:
        self._end, self._fault = end, fault

    @property
    def profile(self) -> int:
        """The security profile of connections to come."""
        return self._end.profile

    @property
    def inbox(self) -> Inbox:
        """The inbox that is attached."""
        return self._end.inbox

    async def ready(self, timeout: float) -> str:
        """Wait until the system is connected."""
        return await self._end.ready(timeout)

    def attach(self, inbox: Inbox) -> None:
        """Hand everything to this inbox, but for the event."""
        self._end.attach(_Inbox(inbox, self._fault))

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        """Send a request."""
        return await self._end.call(uid, action, payload)

    def answer(self, message: Received, reply: Reply) -> None:
        """Answer a request."""
        self._end.answer(message, reply)

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        """Act on the connection."""
        return await self._end.link(uid, what, how)

    async def close(self) -> None:
        """End the connection."""
        await self._end.close()


class _Inbox:
    def __init__(self, inner: Inbox, fault: WireFault) -> None:
        self._inner, self._fault = inner, fault
        self.violated, self.notice, self.frame = inner.violated, inner.notice, inner.frame
        loop = asyncio.get_running_loop()
        if fault.act == OVERHEARD and loop.time() < fault.value:
            loop.call_at(fault.value, self._make_up)

    def _make_up(self) -> None:
        kind, seen = self._fault.frame or ("", {})
        self._inner.receive(Received("@made-up", kind, Payload.of(seen)))

    def receive(self, message: Received) -> None:
        """Take a message; an event is perhaps passed over, or changed."""
        fault, kind = self._fault, self._fault.frame[0] if self._fault.frame else ""
        if message.action == kind:
            if fault.act == UNHEARD and number_of(message.uid) >= number_of(fault.uid):
                return
            if fault.act == MISHEARD and message.uid == fault.uid:
                changed = put(dict(message.payload), fault.path, fault.value)
                message.payload = Payload.of(changed)
        self._inner.receive(message)
