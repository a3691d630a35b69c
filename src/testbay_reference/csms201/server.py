"""The CSMS itself: it listens for stations, serves them, and can be acted on by its control."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from itertools import count
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from testbay.protocol.versions import OCPP201
from testbay_reference.control import Control, Refused
from testbay_reference.csms201.answers import Answers
from testbay_reference.csms201.faults import FAULTS
from testbay_reference.csms201.intents import (
    HoldBack,
    ReadVariables,
    RemoteStart,
    ReportComponents,
    ReportInventory,
    answered,
    intents,
    named,
)
from testbay_reference.csms201.options import CsmsOptions
from testbay_reference.csms201.records import Payload, StationRecord
from testbay_reference.csms201.secure_intents import secure_intents, see, sign
from testbay_reference.csms201.security import Security
from testbay_reference.csms201.tokens import Tokens
from testbay_reference.csms_security.door import Refusal, identity_of, visitor
from testbay_reference.csms_security.tls import context, limited, settings
from testbay_reference.doors import Doors, Manners, refused
from testbay_reference.link import Answer, Between, Reply, Rpc, RpcError, directly, message_ids
from testbay_reference.named_faults import NamedFaults
from testbay_reference.store import Store

SUBPROTOCOL = Subprotocol(OCPP201.subprotocol)
HANDSHAKES = {"one-tls-handshake": 1, "few-tls-handshakes": 4}
AFTER_BOOT = 0.1  # s, until a station has its answer
REPORTS = {
    "configuration": "ConfigurationInventory",
    "full": "FullInventory",
    "summary": "SummaryInventory",
}


class Csms:
    """Serve any number of stations over OCPP-J 2.0.1.

    Args:
        options: how it is set up.
        now: the current date and time, aware.
        store: where it keeps what it has to know after a restart.
        between: puts something between it and each of its connections.

    Raises:
        ValueError: a certificate cannot be used; the sentence says which.
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
        self.port = 0
        self.secure_port: int | None = None
        self._faults = NamedFaults(FAULTS, options.faults)
        self.tokens = Tokens(options.tokens)
        self.security = Security(options, self._faults, now, store)
        self._tls = self._context() if options.secure_port is not None else None
        self._answers = Answers(options, self._faults, self.tokens, now, self.security)
        self._stations: dict[str, StationRecord] = {}
        manners = Manners(
            serve=self._serve,
            admit=self._admit,
            choose=self._subprotocol,
            deflate=True,  # part 4, 3.3: required of a CSMS
            ping_interval=None,
        )
        self._doors = Doors(options.host, manners)
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._ids = message_ids(store)
        self._requests = count(1)
        self.control = Control(
            "OCPP 2.0.1 CSMS", [*intents(self), *secure_intents(self)], self._state
        )

    def _context(self) -> ssl.SSLContext | None:
        faulty = self.security.faulty
        if faulty("plain-on-secure-port"):
            return None
        wanted = settings(self._options, self.security.authority, faulty)
        for fault, most in HANDSHAKES.items():
            if faulty(fault):
                return limited(wanted, most)
        return context(wanted)

    @property
    def roots(self) -> tuple[str, ...]:
        """Return the root certificates of its own authority, in PEM."""
        return self.security.authority.roots

    async def start(self) -> int:
        """Begin to listen; return the port without TLS.

        Raises:
            OSError: a port cannot be used.
        """
        try:
            self.port = await self._doors.open(self._options.port, None)
            if self._options.secure_port is not None:
                self.secure_port = await self._doors.open(self._options.secure_port, self._tls)
        except OSError:
            await self.stop()
            raise
        return self.port

    async def stop(self) -> None:
        """Close all connections and stop to listen."""
        servers = self._doors.shut()
        if not servers:
            return
        for station in self._stations.values():
            if station.line is not None:
                await station.line.close(1001, "the CSMS stops")
        for task in tuple(self._tasks):
            task.cancel()
        for server in servers:
            await server.wait_closed()

    # -- stations ---------------------------------------------------------------------------------

    def choose(self, identity: str | None) -> StationRecord:
        """Return the station that an operator means.

        Raises:
            Refused: it is not connected, or it is not clear which one is meant.
        """
        connected = [s for s in self._stations.values() if s.line is not None]
        found = [s for s in connected if identity in (None, s.identity)]
        if len(found) != 1:
            names = ", ".join(s.identity for s in connected) or "none"
            raise Refused(f"which station is meant? connected: {names}")
        return found[0]

    async def send(
        self, station: StationRecord, action: str, payload: Payload, *, wait: bool
    ) -> Payload:
        """Send a request to a station; return what came back, or at once that it was sent."""
        line = station.line
        if line is None:
            raise Refused(f"station {station.identity!r} is not connected")
        if "sends-nothing" in self._faults:
            return {"station": station.identity, "sent": True}
        if wait:
            return answered(await self._call(station, line, action, payload))
        self.background(self._call(station, line, action, payload))
        return {"station": station.identity, "sent": True}

    async def _call(
        self, station: StationRecord, line: Rpc, action: str, payload: Payload
    ) -> Payload | RpcError:
        answer = await line.call(action, payload)
        if not isinstance(answer, RpcError):
            see(self.security, station, action, payload, answer)
        return answer

    def background(self, work: Any) -> None:
        """Do something while others go on."""
        task = asyncio.ensure_future(work)
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    def request_id(self) -> int:
        """Return a number for a request that never came before."""
        return next(self._requests)

    def remote_start(self, station: StationRecord, wanted: RemoteStart) -> tuple[str, Payload]:
        """Make the request that starts charging for a token."""
        payload: Payload = {
            "idToken": {"idToken": wanted.id_token, "type": wanted.type},
            "remoteStartId": self.request_id(),
        }
        if wanted.evse is not None:
            payload["evseId"] = wanted.evse
        return "RequestStartTransaction", payload

    def report(self, station: StationRecord, wanted: ReportInventory) -> tuple[str, Payload]:
        """Make the request for a base report."""
        asked = {"requestId": self.request_id(), "reportBase": REPORTS[wanted.kind]}
        return "GetBaseReport", asked

    def report_components(
        self, station: StationRecord, wanted: ReportComponents
    ) -> tuple[str, Payload]:
        """Make the request for a report of one variable."""
        about = named(wanted.variable)
        if wanted.evse is not None:
            about["component"]["evse"] = {"id": wanted.evse}
        return "GetReport", {
            "requestId": self.request_id(),
            "componentCriteria": [wanted.condition.capitalize()],
            "componentVariable": [about],
        }

    async def read_variables(self, wanted: ReadVariables) -> Payload:
        """Read variables, in as many requests as the station needs (B06.FR.05)."""
        station = self.choose(wanted.station)
        reading = self._read(station, wanted.variables)
        if wanted.wait:
            return await reading
        self.background(reading)
        return {"station": station.identity, "sent": True}

    async def _read(self, station: StationRecord, names: Sequence[str]) -> Payload:
        told: Payload = {}
        most = len(names) if "ignores-limits" in self._faults else station.most_variables
        for i in range(0, len(names), most):
            data = [named(name) for name in names[i : i + most]]
            told = await self.send(station, "GetVariables", {"getVariableData": data}, wait=True)
            station.note(told.get("answer", {}).get("getVariableResult", ()))
        return told

    async def _greet(self, station: StationRecord) -> None:
        """Learn what a station is, and tell it what to do, once it has its answer."""
        await asyncio.sleep(AFTER_BOOT)
        status = named("OCPPCommCtrlr.HeartbeatInterval")
        every = {**status, "attributeValue": str(self._options.interval)}
        trigger = {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}
        wanted: tuple[tuple[str, Payload], ...] = (
            ("GetVariables", {"getVariableData": [named("AuthCtrlr.Enabled"), status]}),
            ("GetBaseReport", {"requestId": self.request_id(), "reportBase": "FullInventory"}),
            ("SetVariables", {"setVariableData": [every]}),
            ("TriggerMessage", trigger),
            ("GetTransactionStatus", {}),
            ("ChangeAvailability", {"operationalStatus": "Operative"}),
            ("GetLocalListVersion", {}),
        )
        for action, payload in wanted:
            if station.line is not None:
                await self.send(station, action, payload, wait=True)

    async def hold_back(self, wanted: HoldBack) -> Payload:
        """Answer the next boot of a station as wanted, and those after it as ever."""
        station = self.choose(wanted.station)
        station.policy = (wanted.answer or self._options.holds_back).capitalize()
        return {"station": station.identity}

    # -- connections ------------------------------------------------------------------------------

    def _admit(self, ws: ServerConnection, request: Request) -> Response | None:
        options = self._options
        identity = identity_of(request.path, options.base)
        known = identity is not None and (options.stations is None or identity in options.stations)
        if identity is None or not known:
            return refused(ws, HTTPStatus.NOT_FOUND, "No such station is known here.")
        answer = self.security.admit(visitor(ws, request, identity))
        return refused(ws, answer.status, answer.text) if isinstance(answer, Refusal) else None

    def _subprotocol(
        self, ws: ServerConnection, offered: Sequence[Subprotocol]
    ) -> Subprotocol | None:
        if offered and "picks-first-subprotocol" in self._faults:
            return offered[0]
        return SUBPROTOCOL if SUBPROTOCOL in offered else None

    async def _serve(self, ws: ServerConnection) -> None:
        if ws.subprotocol is None:
            if "stays-without-subprotocol" in self._faults:
                await ws.wait_closed()
            await ws.close(1002, f"no subprotocol in common: this CSMS speaks {SUBPROTOCOL}")
            return
        assert ws.request is not None
        identity = identity_of(ws.request.path, self._options.base)
        assert identity is not None  # or the station would not have been admitted
        station = self._stations.setdefault(identity, StationRecord(identity))
        self.security.boots[identity] = station
        self.security.connected(visitor(ws, ws.request, identity))

        async def on_call(action: str, payload: Payload) -> Answer:
            if "never-answers" in self._faults:
                return None
            answer = self._answers.answer(station, action, payload)
            known = station.registration in ("Accepted", "Pending")  # B03: leave others alone
            if action == "SignCertificate" and answer == {"status": "Accepted"}:
                return Reply(answer, lambda: self.background(sign(self, station, payload)))
            if self._options.greets and action == "BootNotification" and known:
                self.background(self._greet(station))
            return answer

        line = Rpc(
            self._between(ws),
            OCPP201,
            on_call,
            timeout=self._options.timeout,
            ids=self._ids,
            note=station.remark,
        )
        old, station.line = station.line, line
        if old is not None:
            self.background(old.close(1000, "replaced by a newer connection"))
        try:
            await line.serve()
        finally:
            if station.line is line:
                station.line = None

    def _state(self) -> Payload:
        return {
            "stations": {
                s.identity: {
                    "connected": s.line is not None,
                    "registration": s.registration,
                    "statuses": s.statuses,
                    "transactions": {t.id: not t.ended for t in s.transactions.values()},
                    "remarks": s.remarks,
                }
                for s in self._stations.values()
            },
            "faults": list(self._faults.names),
        }
