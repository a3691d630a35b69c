"""The CSMS itself: it listens for stations, serves them, and can be acted on by its control."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import NegotiationError
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from testbay.protocol.versions import OCPP16
from testbay_reference.control import Control
from testbay_reference.csms.administration import administration
from testbay_reference.csms.answers import FILE_NOTICES, answer
from testbay_reference.csms.desk import Desk
from testbay_reference.csms.extras import extra_intents
from testbay_reference.csms.files import file_intents
from testbay_reference.csms.intents import core_intents
from testbay_reference.csms.ledger import Ledger
from testbay_reference.csms.options import CsmsOptions
from testbay_reference.csms.records import StationRecord, to_json
from testbay_reference.csms.renewal import send_certificate
from testbay_reference.csms.security import security_intents
from testbay_reference.csms.settings import greet
from testbay_reference.csms_security.door import Refusal, Visitor, admit, identity_of, visitor
from testbay_reference.csms_security.tls import context, limited, settings
from testbay_reference.doors import Doors, Manners, refused
from testbay_reference.link import Answer, Between, Reply, Rpc, RpcError, directly
from testbay_reference.store import Store

SUBPROTOCOL = Subprotocol(OCPP16.subprotocol)


class Csms:
    """Serve any number of stations over OCPP-J 1.6.

    Args:
        options: how it is set up.
        now: the current date and time, aware.
        store: where it keeps what it has to know after a restart.
        between: puts something between it and each of its connections.

    Raises:
        ValueError: the store or a certificate cannot be used; the sentence says which.
    """

    def __init__(
        self,
        options: CsmsOptions,
        now: Callable[[], datetime],
        store: Store,
        between: Between = directly,
    ) -> None:
        self._options = options
        self._between = between
        self._ledger = Ledger(options, now, store)
        self._desk = Desk(self._ledger)
        self._tls = self._context() if options.secure_port is not None else None
        manners = Manners(
            serve=self._serve,
            admit=self._admit,
            choose=self._subprotocol,
            deflate=options.deflate,
            ping_interval=options.ping_interval,
        )
        self._doors = Doors(options.host, manners)
        self.port: int | None = None
        """Where it listens without TLS, once it has started."""
        self.secure_port: int | None = None
        """Where it listens with TLS, once it has started."""
        self._closing: dict[asyncio.Task[None], None] = {}
        actions = (
            *core_intents(self._desk),
            *extra_intents(self._desk),
            *file_intents(self._desk),
            *security_intents(self._desk),
            *administration(self._desk),
        )
        self.control = Control("OCPP 1.6 CSMS", actions, self._state)

    def _context(self) -> ssl.SSLContext | None:
        ledger = self._ledger
        if ledger.faulty("plain-on-secure-port"):
            return None
        wanted = settings(self._options, ledger.authority, ledger.faulty)
        return limited(wanted) if ledger.faulty("one-tls-handshake") else context(wanted)

    @property
    def roots(self) -> tuple[str, ...]:
        """Return the root certificates of its own authority, in PEM."""
        return self._ledger.authority.roots

    async def start(self) -> int:
        """Begin to listen; return the port, that without TLS if there are two.

        Raises:
            OSError: a port cannot be used.
        """
        options = self._options
        try:
            if options.port is not None:
                self.port = await self._doors.open(options.port, None)
            if options.secure_port is not None:
                self.secure_port = await self._doors.open(options.secure_port, self._tls)
        except OSError:
            await self.stop()
            raise
        port = self.secure_port if self.port is None else self.port
        assert port is not None  # or the options would have been refused
        return port

    async def stop(self) -> None:
        """Close all connections, oldest first, and stop to listen."""
        servers = self._doors.shut()
        if not servers:
            return
        for identity in self._desk.connected:
            line = self._desk.line(identity)
            if line is not None:
                self._hang_up(line, 1001, "the CSMS stops")
        for task in tuple(self._closing):
            await task
        await self._desk.stop()
        for server in servers:
            await server.wait_closed()

    def _hang_up(self, line: Rpc, code: int, reason: str) -> None:
        """Close a connection while others go on; it may take a while if its peer is gone."""
        task = asyncio.create_task(line.close(code, reason), name=f"close: {reason}")
        self._closing[task] = None
        task.add_done_callback(lambda done: self._closing.pop(done, None))

    def _admit(self, ws: ServerConnection, request: Request) -> Response | None:
        identity = identity_of(request.path, self._options.base)
        if identity is None or not self._ledger.knows(identity):
            return refused(ws, HTTPStatus.NOT_FOUND, "No such station is known here.")
        answer = admit(self._ledger, visitor(ws, request, identity))
        if not isinstance(answer, Refusal):
            return None
        self._ledger.note_refusal(identity, answer.text)
        return refused(ws, answer.status, answer.text)

    def _subprotocol(
        self, ws: ServerConnection, offered: Sequence[Subprotocol]
    ) -> Subprotocol | None:
        if offered and self._ledger.faulty("picks-first-subprotocol"):
            return offered[0]
        if len(offered) > 1:
            if self._ledger.faulty("picks-unoffered-subprotocol"):
                return Subprotocol("ocpp2.0.1")
            if self._ledger.faulty("refuses-several-subprotocols"):
                raise NegotiationError("this CSMS wants to be offered one subprotocol")
            if self._ledger.faulty("names-no-subprotocol"):
                return None
        if SUBPROTOCOL in offered:
            return SUBPROTOCOL
        if self._options.refuse_other_subprotocols:
            raise NegotiationError(f"this CSMS speaks {SUBPROTOCOL}")
        return None

    async def _serve(self, ws: ServerConnection) -> None:
        if ws.subprotocol is None and not self._ledger.faulty("names-no-subprotocol"):
            await ws.close(1002, f"no subprotocol in common: this CSMS speaks {SUBPROTOCOL}")
            return
        assert ws.request is not None
        identity = identity_of(ws.request.path, self._options.base)
        assert identity is not None  # or the station would not have been admitted
        station = self._ledger.station(identity)
        self._note_connection(station, visitor(ws, ws.request, identity))
        if self._ledger.faulty("forgets-registration"):
            station.registration = None

        async def on_call(action: str, payload: dict[str, Any]) -> Answer:
            return await self._answer(station, line, action, payload)

        line = Rpc(
            self._between(ws),
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

    def _note_connection(self, station: StationRecord, who: Visitor) -> None:
        """Keep with which security profile a station has come; a new one is binding now."""
        profile = admit(self._ledger, who)
        if isinstance(profile, Refusal):
            return  # it was let in with what is not true any more, and will be asked again
        station.last_profile = profile
        station.shown = {} if who.tls is None else who.tls.to_json()
        if profile == station.next_profile:
            station.security_profile, station.next_profile, station.raised = profile, None, True
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
        if action == "SecurityEventNotification" and ledger.faulty("ignores-security-events"):
            return None
        if action in FILE_NOTICES and ledger.faulty("ignores-file-notices"):
            return None
        if action == "SignCertificate" and reply == {"status": "Accepted"}:
            return Reply(reply, lambda: self._sign(station, payload["csr"]))
        booted = action == "BootNotification" and station.registration == "Accepted"
        if booted and not isinstance(reply, RpcError):
            return Reply(reply, lambda: self._welcome(station, line))
        return reply

    def _sign(self, station: StationRecord, csr: str) -> None:
        work = send_certificate(self._desk, station, csr)
        self._desk.background(work, f"sign for {station.identity}")

    def _welcome(self, station: StationRecord, line: Rpc) -> None:
        if self._ledger.faulty("closes-after-boot"):
            self._hang_up(line, 1000, "that was all")
        elif self._options.greets or self._ledger.faulty("greets"):
            self._desk.background(greet(self._desk, station), f"greet {station.identity}")

    def _state(self) -> dict[str, Any]:
        connected = self._desk.connected
        authority = self._ledger.authority
        return {
            "roots": list(authority.roots) if self._tls is not None else [],
            "refused": self._ledger.refused,
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
