"""The CSMS itself: it listens for stations, serves them, and can be acted on by its control."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import NegotiationError
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from testbay.protocol.versions import OCPP16
from testbay_reference.control import Control
from testbay_reference.csms.administration import administration
from testbay_reference.csms.answers import answer
from testbay_reference.csms.desk import Desk
from testbay_reference.csms.door import authorized, identity_of
from testbay_reference.csms.extras import extra_intents
from testbay_reference.csms.intents import core_intents
from testbay_reference.csms.ledger import Ledger
from testbay_reference.csms.options import CsmsOptions
from testbay_reference.csms.records import StationRecord, to_json
from testbay_reference.csms.settings import greet
from testbay_reference.link import Answer, Reply, Rpc, RpcError
from testbay_reference.store import Store

SUBPROTOCOL = Subprotocol(OCPP16.subprotocol)


class Csms:
    """Serve any number of stations over OCPP-J 1.6.

    Args:
        options: how it is set up.
        now: the current date and time, aware.
        store: where it keeps what it has to know after a restart.
    """

    def __init__(self, options: CsmsOptions, now: Callable[[], datetime], store: Store) -> None:
        self._options = options
        self._ledger = Ledger(options, now, store)
        self._desk = Desk(self._ledger)
        self._server: Server | None = None
        self._closing: dict[asyncio.Task[None], None] = {}
        actions = (
            *core_intents(self._desk),
            *extra_intents(self._desk),
            *administration(self._desk),
        )
        self.control = Control("OCPP 1.6 CSMS", actions, self._state)

    async def start(self) -> int:
        """Begin to listen; return the port."""
        options = self._options
        self._server = await serve(
            self._serve,
            options.host,
            options.port,
            process_request=self._admit,
            select_subprotocol=self._subprotocol,
            compression="deflate" if options.deflate else None,
            ping_interval=options.ping_interval,
            server_header=None,
            ssl=options.tls,
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close all connections, oldest first, and stop to listen."""
        if self._server is None:
            return
        self._server.close(close_connections=False)
        for identity in self._desk.connected:
            line = self._desk.line(identity)
            if line is not None:
                self._hang_up(line, 1001, "the CSMS stops")
        for task in tuple(self._closing):
            await task
        await self._desk.stop()
        await self._server.wait_closed()
        self._server = None

    def _hang_up(self, line: Rpc, code: int, reason: str) -> None:
        """Close a connection while others go on; it may take a while if its peer is gone."""
        task = asyncio.create_task(line.close(code, reason), name=f"close: {reason}")
        self._closing[task] = None
        task.add_done_callback(lambda done: self._closing.pop(done, None))

    def _admit(self, ws: ServerConnection, request: Request) -> Response | None:
        identity = identity_of(request.path, self._options.base)
        if identity is None or not self._ledger.knows(identity):
            return ws.respond(HTTPStatus.NOT_FOUND, "No such station is known here.\n")
        passwords = self._ledger.passwords(identity)
        if not passwords or self._ledger.faulty("accepts-any-password"):
            return None
        if authorized(request.headers.get_all("Authorization"), identity, passwords):
            return None
        response = ws.respond(HTTPStatus.UNAUTHORIZED, "The password is missing or wrong.\n")
        response.headers["WWW-Authenticate"] = 'Basic realm="OCPP", charset="UTF-8"'
        return response

    def _subprotocol(
        self, ws: ServerConnection, offered: Sequence[Subprotocol]
    ) -> Subprotocol | None:
        if offered and self._ledger.faulty("picks-first-subprotocol"):
            return offered[0]
        if SUBPROTOCOL in offered:
            return SUBPROTOCOL
        if self._options.refuse_other_subprotocols:
            raise NegotiationError(f"this CSMS speaks {SUBPROTOCOL}")
        return None

    async def _serve(self, ws: ServerConnection) -> None:
        if ws.subprotocol is None:
            await ws.close(1002, f"no subprotocol in common: this CSMS speaks {SUBPROTOCOL}")
            return
        assert ws.request is not None
        identity = identity_of(ws.request.path, self._options.base)
        assert identity is not None  # or the station would not have been admitted
        station = self._ledger.station(identity)
        if self._ledger.faulty("forgets-registration"):
            station.registration = None

        async def on_call(action: str, payload: dict[str, Any]) -> Answer:
            return await self._answer(station, line, action, payload)

        line = Rpc(
            ws,
            OCPP16,
            on_call,
            timeout=self._options.timeout,
            ids=self._ledger.message_ids(),
            note=station.remark,
        )
        old = self._desk.plug(identity, line)
        if old is not None:
            self._hang_up(old, 1000, "replaced by a newer connection")
        try:
            await line.serve()
        finally:
            self._desk.unplug(identity, line)
            self._ledger.keep(station)

    async def _answer(
        self, station: StationRecord, line: Rpc, action: str, payload: dict[str, Any]
    ) -> Answer:
        ledger = self._ledger
        if ledger.faulty("answers-late"):
            await asyncio.sleep(self._options.late)
        if action == "StopTransaction" and ledger.faulty("ignores-stop"):
            return None
        reply = answer(ledger, station, action, payload)
        if ledger.faulty("never-answers"):
            return None
        booted = action == "BootNotification" and station.registration == "Accepted"
        if booted and not isinstance(reply, RpcError):
            return Reply(reply, lambda: self._welcome(station, line))
        return reply

    def _welcome(self, station: StationRecord, line: Rpc) -> None:
        if self._ledger.faulty("closes-after-boot"):
            self._hang_up(line, 1000, "that was all")
        elif self._options.greets or self._ledger.faulty("greets"):
            self._desk.background(greet(self._desk, station), f"greet {station.identity}")

    def _state(self) -> dict[str, Any]:
        connected = self._desk.connected
        return {
            "stations": {
                identity: {"connected": identity in connected, **_shown(station)}
                for identity, station in self._ledger.stations.items()
            },
            "tokens": [
                {"id_tag": token.id_tag, **token.info(self._ledger.now())}
                for token in self._ledger.tokens
            ],
            "faults": list(self._options.faults),
        }


def _shown(station: StationRecord) -> dict[str, Any]:
    plain = to_json(station)
    del plain["identity"], plain["passwords"]
    return plain | {"needs_password": bool(station.passwords)}
