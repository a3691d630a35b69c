"""One attempt to connect to a CSMS, whatever version is spoken then."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from testbay.protocol.versions import Version

PATIENCE = 10.0  # s, for opening and closing a connection


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt to connect is made with."""

    url: str
    authorization: str | None
    tls: ssl.SSLContext | None


class Access(Protocol):
    """What knows with what to connect, and hears of success and failure."""

    def attempt(self) -> Attempt: ...
    def failed(self, error: BaseException) -> None: ...
    def opened(self, ws: ClientConnection) -> None: ...


class Line(ClientConnection):
    """A connection that knows why it was lost: in TLS 1.3 a certificate is refused that late."""

    end: Exception | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        self.end = exc
        super().connection_lost(exc)


async def dial(
    access: Access,
    version: Version,
    note: Callable[[str], None],
    *,
    ping: int | None,
    deflate: bool = False,
    context: ssl.SSLContext | None = None,
) -> ClientConnection | None:
    """Try to connect once; return the connection, or None after a line in the log.

    Args:
        ping: interval of pings, in s; None: none are sent.
        deflate: offer compression of messages.
        context: takes the place of that of the attempt, where there is TLS.
    """
    try:
        attempt = access.attempt()
    except ssl.SSLError as error:
        note(f"cannot set up TLS: {error.reason}")
        return None
    sent = attempt.authorization
    lines: list[Line] = []

    def line(*arguments: Any, **named: Any) -> Line:
        lines.append(Line(*arguments, **named))
        return lines[-1]

    try:
        ws = await connect(
            attempt.url,
            subprotocols=[Subprotocol(version.subprotocol)],
            additional_headers={"Authorization": sent} if sent else None,
            ssl=(context or attempt.tls) if attempt.tls else None,
            compression="deflate" if deflate else None,
            proxy=None,
            ping_interval=ping,
            ping_timeout=ping,
            open_timeout=PATIENCE,
            close_timeout=PATIENCE,
            create_connection=cast("type[ClientConnection]", line),
        )
    except (OSError, TimeoutError, WebSocketException) as error:
        why = next((one.end for one in lines if one.end is not None), None) or error
        note(f"cannot connect to {attempt.url}: {why or type(why).__name__}")
        access.failed(why)
        return None
    if ws.subprotocol != version.subprotocol:
        note(f"the CSMS does not speak {version.subprotocol}")
        await ws.close(1002, "no common subprotocol")
        return None
    access.opened(ws)
    note(f"connected to {attempt.url}")
    return ws
