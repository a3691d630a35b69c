"""The ports of a CSMS: it listens without TLS, with it, or both, whatever version it speaks."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from testbay_reference.alerts import let_alerts_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """Say how a CSMS receives a station.

    Args:
        serve: serves a connection until it ends.
        admit: answers a request that is refused.
        choose: chooses among the subprotocols that are offered.
        deflate: accept compression of messages.
        ping_interval: in s; None: no pings are sent.
    """

    serve: Callable[[ServerConnection], Awaitable[None]]
    admit: Callable[[ServerConnection, Request], Response | None]
    choose: Callable[[ServerConnection, Sequence[Subprotocol]], Subprotocol | None]
    deflate: bool
    ping_interval: float | None


class Doors:
    """Listen at up to two ports of one host."""

    def __init__(self, host: str, manners: Manners) -> None:
        self._host = host
        self._manners = manners
        self._servers: list[Server] = []

    async def open(self, port: int, tls: ssl.SSLContext | None) -> int:
        """Begin to listen at a port; return it, the one that was free for 0.

        Raises:
            OSError: the port cannot be used.
        """
        let_alerts_out()
        manners = self._manners
        server = await serve(
            manners.serve,
            self._host,
            port,
            process_request=manners.admit,
            select_subprotocol=manners.choose,
            compression="deflate" if manners.deflate else None,
            ping_interval=manners.ping_interval,
            server_header=None,
            ssl=tls,
        )
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def shut(self) -> tuple[Server, ...]:
        """Let nobody in any more; return what listened, whose connections go on."""
        servers, self._servers = tuple(self._servers), []
        for server in servers:
            server.close(close_connections=False)
        return servers


def refused(ws: ServerConnection, status: HTTPStatus, sentence: str) -> Response:
    """Return the response to a station that is not let in."""
    response = ws.respond(status, f"{sentence}\n")
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Basic realm="OCPP", charset="UTF-8"'
    return response
