"""Reports of progress: every one is delivered, in order, also after a time without connection."""

from collections import deque

from testbay_reference.link import RpcError
from testbay_reference.outbox import Result, Sends, lost
from testbay_reference.station_files.parts import Station
from testbay_reference.surroundings import Payload


class Reports:
    """Send messages one after the other; a new one waits until the one before is answered.

    Args:
        name: under which they survive a restart; none: they do not.
    """

    def __init__(self, context: Station, outbox: Sends, name: str | None = None) -> None:
        self._context = context
        self._outbox = outbox
        self._name = name
        stored: list[tuple[str, Payload]] = context.store.get(name, []) if name else []
        self._queue = deque((action, payload) for action, payload in stored)
        self._sending = False

    def add(self, action: str, payload: Payload) -> None:
        """Send a message, now or when there is a connection."""
        self._queue.append((action, payload))
        self._save()
        self.deliver()

    def deliver(self) -> None:
        """Send what waits, if there is a connection."""
        if self._sending or not self._queue or not self._outbox.online:
            return
        self._sending = True
        self._outbox.send(*self._queue[0], self._answered)

    def _answered(self, result: Result) -> None:
        self._sending = False
        if lost(result):
            return  # it is sent again when there is a connection
        action, _ = self._queue.popleft()
        self._save()
        if isinstance(result, RpcError):
            self._context.note(f"{action} failed: {result.code} {result.description}".rstrip())
        self.deliver()

    def _save(self) -> None:
        if self._name is not None:
            self._context.store.set(self._name, list(self._queue))
