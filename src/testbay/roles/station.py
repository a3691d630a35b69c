"""The tool as a station: it dials the CSMS under test."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Coroutine
from typing import Any
from urllib.parse import quote

from testbay.protocol.versions import Version
from testbay.roles.end import ToolEnd
from testbay.scenario.values import Answer
from testbay.transport.dialer import DialFailed, dial
from testbay.transport.events import Closed
from testbay.transport.tls import tls_of_this_machine
from testbay.transport.wire import Wire

HINTS = {
    401: "; it wants a password, or another one",
    403: "; it does not let this station in",
    404: "; the path of the URL is wrong, or it does not know this identity",
}
"""What a tester should look at, by the HTTP status of the answer."""

PAUSES = (1.0, 2.0, 4.0)  # s, before each attempt to open a lost connection again


class StationEnd(ToolEnd):
    """Dials, and dials again when a case asks for it.

    Args:
        url: of the CSMS, without the identity.
        identity: of the simulated station.
        password: for HTTP Basic authentication; empty: none is sent.
        timeout: how long an answer to the tool may take (s).
    """

    def __init__(
        self,
        version: Version,
        url: str,
        identity: str,
        *,
        password: str = "",
        timeout: float = 30.0,
    ) -> None:
        super().__init__(version, "station", identity, timeout)
        self._redialling: asyncio.Task[None] | None = None
        self._url = f"{url.rstrip('/')}/{quote(identity, safe='')}"
        self._tls = tls_of_this_machine() if url.startswith("wss:") else None
        self._headers: tuple[tuple[str, str], ...] = ()
        if password:
            basic = base64.b64encode(f"{identity}:{password}".encode()).decode()
            self._headers = (("Authorization", f"Basic {basic}"),)

    def call(self, uid: str, action: str, payload: dict[str, Any]) -> Coroutine[Any, Any, Answer]:
        """Send a request and wait for what comes back; a lost connection is opened again first."""
        if self._redialling is None:
            return super().call(uid, action, payload)
        return self._call_later(self._redialling, uid, action, payload)

    async def _call_later(
        self, redialling: asyncio.Task[None], uid: str, action: str, payload: dict[str, Any]
    ) -> Answer:
        await asyncio.wait((redialling,))
        return await super().call(uid, action, payload)

    def closed(self, wire: Wire, event: Closed) -> None:
        """See a connection end; a station opens one again that it has not closed itself."""
        if event.by != "us" and self._current is None and self._redialling is None:
            self._redialling = asyncio.get_running_loop().create_task(self._redial())

    async def _redial(self) -> None:
        try:
            for pause in PAUSES:
                await asyncio.sleep(pause)
                if self._current is not None or (await self.act_dial())["upgraded"]:
                    return
        finally:
            self._redialling = None

    async def ready(self, timeout: float) -> str:
        """Dial unless the CSMS is connected; return why that failed, or nothing."""
        if self._current is not None:
            return ""
        seen = await self.act_dial(timeout=timeout)
        if seen["upgraded"] and self._current is not None:
            return ""
        hint = HINTS.get(seen.get("http_status", 0), "")
        answered = seen["upgraded"] or "http_status" in seen
        how = "used" if answered else "reached"
        if "CERTIFICATE_VERIFY_FAILED" in seen["reason"]:
            hint = "; name the file with its root certificate by SSL_CERT_FILE=..., if it is yours"
        return f"the CSMS at {self._url} cannot be {how}: {seen['reason']}{hint}"

    async def close(self) -> None:
        """End the connection."""
        if self._redialling is not None:
            self._redialling.cancel()
        await self.act_close()

    async def act_dial(
        self, subprotocols: list[str] | None = None, timeout: float = 30.0
    ) -> dict[str, Any]:
        """Connect; say whether that worked, with which HTTP status and subprotocol."""
        result = await dial(
            self.handle,
            self._url,
            subprotocols=subprotocols or [self.version.subprotocol],
            headers=self._headers,
            tls=self._tls,
            open_timeout=timeout,
        )
        if isinstance(result, DialFailed):
            seen = {"upgraded": False, "by": result.by, "reason": result.reason}
            return seen if result.status is None else {**seen, "http_status": result.status}
        if result.subprotocol is None:
            result.close(1002, "no common subprotocol")
            await result.wait_closed()
            why = f"it did not choose the subprotocol {self.version.subprotocol}"
            return {"upgraded": True, "reason": why}
        return {"upgraded": True, "subprotocol": result.subprotocol, "reason": ""}

    async def act_reconnect(self) -> dict[str, Any]:
        """Close the connection and dial again."""
        await self.act_close()
        return await self.act_dial()
