"""Two ends of a connection in memory: what stands between a system and its WebSocket has one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any

from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

PATIENCE = 10.0  # s, for the other end to close, too


class End:
    """One end; it does what the connections of websockets do, as far as it is needed here.

    The connection is over when the far end, which is not the system's, has closed.

    Args:
        far: whether this is the end of what stands between.
    """

    def __init__(self, far: bool) -> None:
        self.peer = self
        self.close_code: int | None = None
        self.close_reason: str | None = None
        self.transport = self
        self._far = far
        self._texts: deque[str] = deque()
        self._changed = asyncio.Event()
        self._said = False  # this end has closed
        self._cut = False

    async def recv(self) -> str:
        """Return what came next.

        Raises:
            ConnectionClosedOK, ConnectionClosedError: nothing comes any more.
        """
        while not self._texts:
            if self._cut:
                raise ConnectionClosedError(None, None)
            if self.peer._said:
                raise ConnectionClosedOK(None, None)
            self._changed.clear()
            await self._changed.wait()
        return self._texts.popleft()

    async def __aiter__(self) -> AsyncIterator[str]:
        while True:
            try:
                text = await self.recv()
            except ConnectionClosedOK:
                return
            yield text

    async def send(self, message: str | Iterable[str], *, text: bool | None = None) -> None:
        """Send a text.

        Raises:
            ConnectionClosedOK, ConnectionClosedError: the connection is over.
        """
        if self._cut:
            raise ConnectionClosedError(None, None)
        if self._said or self.peer._said:
            raise ConnectionClosedOK(None, None)
        self.peer._texts.append(message if isinstance(message, str) else "".join(message))
        self.peer._changed.set()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close, and wait until it is over."""
        if not self._said:
            self._said = True
            for end in (self, self.peer):
                if end.close_code is None:
                    end.close_code, end.close_reason = code, reason
            self._tell()
        await self.wait_closed()

    async def wait_closed(self) -> None:
        """Wait until it is over; not for ever once this end has closed.

        At the far end it is over as soon as the system has closed: it waits for nothing more.
        """
        while not (self._cut or self.peer._said or (self._far and self._said)):
            self._changed.clear()
            try:
                async with asyncio.timeout(PATIENCE if self._said else None):
                    await self._changed.wait()
            except TimeoutError:
                return

    def abort(self) -> None:
        """End without a word."""
        for end in (self, self.peer):
            end._cut = True
            end.close_code = end.close_code or 1006
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self.peer._changed.set()


def pipe() -> tuple[Any, Any]:
    """Return the end for a system and that for what stands between it and its connection."""
    near, far = End(far=False), End(far=True)
    near.peer, far.peer = far, near
    return near, far
