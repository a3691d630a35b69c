"""The verbs of a case whose system under test is a CSMS; the tool is its station."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from testbay.roles.station_model201 import LIMIT, StationModel201, Transaction
from testbay.scenario.case import Rule
from testbay.scenario.checks import Judges, eq, omitted
from testbay.scenario.role import Action
from testbay.scenario.test import Test
from testbay.scenario.values import Payload, Received, Reply
from testbay.scenario.verdict import StopCase
from testbay.suites.ocpp201 import access
from testbay.suites.ocpp201.actions import CHANGE_AVAILABILITY, CLOSE, DIAL, RECONNECT
from testbay.suites.ocpp201.checks import GRANTED, TOKEN
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.limits import RULES

ACCEPTED = GRANTED
"""As ``reply=``: the station does what it is asked for."""

SCHEDULED = {"status": "Scheduled"}
"""As ``reply=``: the station does what it is asked for when the transaction is over."""

TOKEN_ACCEPTED = eq("idTokenInfo.status", "Accepted")
"""The CSMS lets the token charge."""

CHOSEN = (
    *("CertificateSigned", "ChangeAvailability", "GetReport", "GetTransactionStatus", "Reset"),
    *("RequestStartTransaction", "RequestStopTransaction", "SetNetworkProfile"),
    *("TriggerMessage", "UnlockConnector"),
)
"""Requests that are held for a step; what is always answered alike need not keep a CSMS waiting."""
AMBIENT = (
    *("ChangeAvailability", "DataTransfer", "GetBaseReport", "GetReport", "GetVariables"),
    *("SetVariables", "SetVariableMonitoring", "GetMonitoringReport", "SetMonitoringBase"),
    *("GetLocalListVersion", "SendLocalList", "ClearCache", "GetTransactionStatus"),
    *("SetChargingProfile", "ClearChargingProfile", "GetChargingProfiles", "TriggerMessage"),
    *("GetInstalledCertificateIds", "GetDisplayMessages", "@connect"),
    *("@client_hello", "@tls", "@tls_refused"),
)
COLD_STARTS = ("TC_B_01_CSMS",)  # they boot the station themselves
MOST_BOOTS = 5
LONGEST_PENDING = 300  # s, until the next boot
MOST_ROUNDS = 10
LONGEST_ID = 36  # characters of the id of a transaction


def at_place(evse: Any, connector: Any) -> tuple[Judges, ...]:
    """Return the checks that a request names this connector, this EVSE, or the station."""
    if evse is None:
        return (omitted("evse"),)
    plug = omitted("evse.connectorId") if connector is None else eq("evse.connectorId", connector)
    return eq("evse.id", evse), plug


@dataclass
class CsmsTest(Test):
    """A case against a CSMS.

    Args:
        stage: how far the session on the EVSE of the cases has come: the states passed.
        prepared: whether the station stands where every case begins; then steps choose answers.
    """

    model: StationModel201
    stage: list[str] = field(default_factory=list)
    prepared: bool = False

    # -- what the engine asks of the suite --------------------------------------------------------

    def answer_matters(self, message: Received) -> bool:
        """Return whether steps choose between answers to this message."""
        return message.action in CHOSEN and self.prepared

    def ambient(self, message: Received) -> bool:
        """Return whether it may come at any time; that a CSMS hangs up is worth a remark."""
        if message.action == "@closed":
            return bool(message.get("by") == "us")
        return message.action in AMBIENT

    def rules(self) -> tuple[Rule, ...]:
        """Return what holds in every case (general rules, 3.1)."""
        return RULES

    async def prepare(self) -> None:
        """Bring the simulated station to where every case begins (3.1): accepted and idle."""
        from testbay.suites.ocpp201.states.csms import registered

        self.undo(self.return_to_idle)
        if self.model.resetting:
            await self.link("restart", RECONNECT)
        if not self.model.registered:
            if self.recorder.case in COLD_STARTS and not self.model.transactions:
                return
            await self.reach(registered)
            await self.settle()
        await self.return_to_idle()
        self.box.put_aside("idle/put aside")  # what the CSMS said meanwhile is no step of the case
        self.prepared = True

    def begin(self) -> None:
        """Keep what the CSMS said during the preparations from the steps of the case."""
        self.box.put_aside("before/put aside")

    async def settle(self) -> None:
        """Let the CSMS say all it has to say to a station that has booted, and do as it says."""
        for _ in range(MOST_ROUNDS):
            start = self.mark()
            await self.wait(cfg.settle_time, "what a CSMS sends after a boot has come by then")
            await self.deliver()
            if self.mark() == start:
                return

    async def deliver(self) -> None:
        """Send the reports that the station has promised beside the steps of a case."""
        self.release()  # a request for one may still be held for a step
        while self.model.promised:
            asked, *self.model.promised = self.model.promised
            with self.recorder.under("promised"):
                await self.report("report", asked)

    async def return_to_idle(self) -> None:
        """End what runs, and report every connector as available."""
        self.prepared = False
        self.release()
        self.model.forget()
        if not self.model.registered:
            return
        with self.recorder.under("idle"):
            for running in list(self.model.transactions.values()):
                info = {"stoppedReason": "Local", "chargingState": "Idle"}
                await self.tx(1, "Ended", "StopAuthorized", evse=running.evse, info=info)
            for evse, connector in self.model.places():
                if self.model.statuses.get(f"{evse}.{connector}") != "Available":
                    await self.status(3, "Available", evse, connector)
            await self.deliver()

    async def operative_again(self, evse: Any, connector: Any) -> None:
        """Have the CSMS put back into operation what a case has had taken out of it."""
        if self.inoperative(evse, connector) and self.model.registered:
            self.manual(CHANGE_AVAILABILITY(operative=True, evse=evse, connector=connector))
            status = eq("operationalStatus", "Operative")
            await self.expect(1, "ChangeAvailability", where=status, reply=ACCEPTED)

    # -- what cases ask ---------------------------------------------------------------------------

    def passed(self, stage: str) -> bool:
        """Return whether the session has come so far."""
        return stage in self.stage

    @property
    def running(self) -> Transaction:
        """The transaction on the EVSE of the cases; without one the case ends."""
        running = self.model.transactions.get(self.value(cfg.evse_id))
        if running is None:
            raise StopCase(self.recorder.bad, "no transaction is running, but the case needs one")
        return running

    @property
    def transaction(self) -> str:
        """The id of the transaction on the EVSE of the cases."""
        return self.running.id

    def inoperative(self, evse: Any, connector: Any) -> bool:
        """Return whether the CSMS has taken this place out of operation; None: any, all."""
        number, plug = self.value(evse), self.value(connector)
        return self.model.place(number, plug) in self.model.inoperative

    def interval(self, answer: Payload) -> float:
        """Return the interval of an answer to a boot (s); 0 leaves it to the station (B01)."""
        given = answer.get("interval")
        fine = isinstance(given, int) and given > 0
        return float(given if fine else self.value(cfg.heartbeat_interval))

    def check_registered(self) -> None:
        """End the case where the CSMS has not accepted the boot: then nothing may be sent."""
        if not self.model.registered:
            seen = self.model.registration or "it has hung up"
            why = f"the CSMS has not accepted the station, which must not go on then: {seen}"
            raise StopCase(self.recorder.bad, why)

    def asks_already(self, where: Judges) -> bool:
        """Return whether the CSMS has asked this since the station did the last thing."""
        asked = self.received("GetTransactionStatus", where=where, since=self.box.since())
        return not all(message.claimed for message in asked)

    def take_at_once(self, most: int) -> None:
        """Be a station that takes no more variables than this in one GetVariables, in this case."""
        self.model.changed = {**self.model.changed, LIMIT: str(most)}

        async def as_before() -> None:
            self.model.changed = {k: v for k, v in self.model.changed.items() if k != LIMIT}

        self.undo(as_before)

    def remark(self, text: str) -> None:
        """Tell the reader of the report something that is not judged."""
        self.recorder.remark(text)

    # -- verbs: what the station sends ------------------------------------------------------------

    async def boot(self, step: int | str, *checks: Judges, reason: str = "PowerUp") -> Payload:
        """Send a BootNotification."""
        station = {"vendorName": cfg.vendor_name, "model": cfg.model}
        payload = {"reason": reason, "chargingStation": station}
        return await self.call(step, "BootNotification", payload, *checks)

    async def status(
        self,
        step: int,
        status: str,
        evse: int | None = None,
        connector: int | None = None,
        *,
        error: str | None = None,
    ) -> None:
        """Report the status of a connector, by the message that is configured."""
        number = self.value(cfg.evse_id) if evse is None else evse
        plug = self.value(cfg.connector_id) if connector is None else connector
        if self.value(cfg.status_by) == "StatusNotification":
            payload = {
                "timestamp": self.stamp(),
                "connectorStatus": status,
                "evseId": number,
                "connectorId": plug,
            }
            await self.call(step, "StatusNotification", payload, error=error)
            return
        component = {"name": "Connector", "evse": {"id": number, "connectorId": plug}}
        await self.event(step, component, "AvailabilityState", status, error=error)

    async def event(
        self,
        step: int,
        component: dict[str, Any],
        variable: str,
        value: str,
        *,
        error: str | None = None,
    ) -> None:
        """Notify that a variable has another value now."""
        event = {
            "eventId": self.fresh(),
            "timestamp": self.stamp(),
            "trigger": "Delta",
            "actualValue": value,
            "eventNotificationType": "HardWiredNotification",
            "component": component,
            "variable": {"name": variable},
        }
        told = {"generatedAt": self.stamp(), "seqNo": 0, "eventData": [event]}
        await self.call(step, "NotifyEvent", told, error=error)

    async def connectors_report(
        self,
        step: int,
        status: str,
        evse: Any = None,
        connector: Any = None,
        *,
        others: bool = False,
        error: str | None = None,
    ) -> None:
        """Report the status of each connector: of the station, of an EVSE, or of all but these.

        Args:
            others: those named are left out; without, they are the ones that are meant.
            error: the code of the CALLERROR that must be the answer.
        """
        if error is None:
            self.check_registered()
        wanted = self.value(evse), self.value(connector)
        for number, plug in self.model.places():
            here = wanted[0] in (None, number) and wanted[1] in (None, plug)
            if here != others:
                with self.round(f"connector {plug} of EVSE {number}"):
                    await self.status(step, status, number, plug, error=error)

    async def authorize(
        self, step: int, *checks: Judges, token: dict[str, Any] | None = None
    ) -> Payload:
        """Ask whether a token may charge."""
        return await self.call(step, "Authorize", {"idToken": token or TOKEN}, *checks)

    async def tx(
        self,
        step: int,
        kind: str,
        trigger: str,
        *checks: Judges,
        evse: int | None = None,
        info: dict[str, Any] | None = None,
        of: Transaction | None = None,
        **more: Any,
    ) -> Payload:
        """Send an event of the transaction of an EVSE.

        Args:
            kind: its eventType.
            info: fields of transactionInfo besides the id.
            of: the transaction, where it has ended already.
            more: other fields, such as ``idToken``, ``offline``, and by ``place=True`` ``evse``: it
                is told once, when the vehicle is connected (E01.FR.16), not with every start.
        """
        number = self.value(cfg.evse_id) if evse is None else evse
        running = of or self.model.transactions.get(number)
        identity = running.id if running else self._new_transaction()
        payload = {
            "eventType": kind,
            "timestamp": self.stamp(),
            "triggerReason": trigger,
            "seqNo": running.seq if running else 0,
            "transactionInfo": {"transactionId": identity, **(info or {})},
        }
        own = {"evse": {"id": number, "connectorId": cfg.connector_id}}
        place = own if more.pop("place", False) else {}
        self.model.ending = identity if kind == "Ended" else ""
        return await self.call(step, "TransactionEvent", {**payload, **place, **more}, *checks)

    def _new_transaction(self) -> str:
        """Return an id that no transaction of this station has ever had (E01.FR.08)."""
        station, number = self.value(cfg.station_id), self.model.begun + 1
        return f"{self.now():%Y%m%dT%H%M%S}-{number}-{station}"[:LONGEST_ID]

    async def remotely_started(self, step: int, kind: str, asked: Received) -> None:
        """Tell that the transaction goes with a remote start.

        Args:
            kind: its eventType.
            asked: the request of the CSMS.
        """
        info = {"remoteStartId": asked["remoteStartId"]}
        await self.tx(step, kind, "RemoteStart", info=info, idToken=dict(asked["idToken"]))
        self.stage.append("authorized")

    def meter_value(
        self, context: str, evse: int | None = None, at: str = ""
    ) -> list[dict[str, Any]]:
        """Return the reading of the meter of an EVSE, now or at a time stamp, as messages do."""
        number, when = self.value(cfg.evse_id) if evse is None else evse, at or self.stamp()
        sample = {
            "value": self.model.meter(number, datetime.fromisoformat(when)),
            "context": context,
            "measurand": "Energy.Active.Import.Register",
            "unitOfMeasure": {"unit": "Wh"},
        }
        return [{"timestamp": when, "sampledValue": [sample]}]

    async def meter_values(self, step: int, evse: int) -> None:
        """Send the present reading of the meter of an EVSE."""
        payload = {"evseId": evse, "meterValue": self.meter_value("Trigger", evse)}
        await self.call(step, "MeterValues", payload)

    async def report(self, step: int | str, asked: Mapping[str, Any]) -> None:
        """Send what was asked for by GetBaseReport or GetReport, in as many parts as it needs.

        Args:
            asked: the request.
        """
        for part in self.model.parts_of_report(asked, self.stamp()):
            with self.round(f"part {part['seqNo'] + 1}"):
                told = {"requestId": part["requestId"], "generatedAt": part["generatedAt"]}
                place = {"seqNo": part["seqNo"], "tbc": part["tbc"]}
                data = {"reportData": part["reportData"]}
                await self.call(step, "NotifyReport", {**told, **place, **data})

    # -- verbs: what the CSMS sends ---------------------------------------------------------------

    async def availability(
        self,
        step: int,
        status: str,
        evse: Any = None,
        connector: Any = None,
        *,
        reply: Reply = ACCEPTED,
    ) -> None:
        """Have the CSMS change the availability of a connector, of an EVSE or of the station."""
        operative = status == "Operative"
        self.manual(CHANGE_AVAILABILITY(operative=operative, evse=evse, connector=connector))
        if not operative:
            self.undo(lambda: self.operative_again(evse, connector))
        wanted = (eq("operationalStatus", status), *at_place(evse, connector))
        await self.expect(step, "ChangeAvailability", *wanted, reply=reply)

    async def asks_status(
        self, step: int, how: Action, where: Judges, reply: dict[str, bool]
    ) -> None:
        """Have the CSMS ask about transactions, unless it does by itself what the step is about.

        What it has asked before the station told the last thing is let pass.
        """
        if not self.asks_already(where):
            self.box.put_aside("asked/put aside")
            self.manual(how)
        await self.expect(step, "GetTransactionStatus", where=where, reply=reply)

    # -- verbs: the connection --------------------------------------------------------------------

    async def go_offline(self, step: int, waiting: int = 0) -> None:
        """Close the connection, and go on with what is under way: it is no restart.

        Args:
            waiting: how many events of the transaction will be sent later.
        """
        self.model.offline = True
        if waiting:
            self.model.queued = {self.transaction: waiting}
        await self.link(step, CLOSE)

    async def offer(self, step: int, subprotocols: list[str], *checks: Judges) -> None:
        """Connect anew and offer these versions; a CSMS may hang up where it has none of them."""
        await self.link(step, CLOSE)
        await self.link(step, DIAL(subprotocols=subprotocols), *checks)
        self.box.put_aside("offered/put aside")

    async def stay_pending(self, seconds: float) -> None:
        """Wait for the next boot, and do meanwhile what the CSMS says."""
        ends = self.recorder.elapsed() + seconds
        while (left := ends - self.recorder.elapsed()) > 0:
            pause = min(left, self.value(cfg.settle_time))
            await self.wait(pause, "a pending station must not boot again earlier")
            await self.deliver()

    async def come_back(self, step: int) -> None:
        """Connect again, after it was lost or the station was without power."""
        await self.link(step, DIAL)

    # -- verbs: access (access.py) ----------------------------------------------------------------

    takes_passwords = access.takes_passwords
    take_password = access.take_password
    ask_for_certificate = access.ask_for_certificate
    signed_certificate = access.signed_certificate
    take_profile = access.take_profile
    remark_on = access.remark_on
