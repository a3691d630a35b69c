"""The station of OCPP 2.0.1 that the tool simulates: what it is, and what it answers by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from testbay.roles.station_report201 import parts, reported, state_of
from testbay.roles.station_variables201 import find, variables_of
from testbay.scenario.role import Action
from testbay.scenario.values import Answer, CallError, Received, Reply

POWER = 11_000  # W, of a connector that charges
METER_AT_START = 1_000  # Wh, of every EVSE
LIMIT = "DeviceDataCtrlr.ItemsPerMessage[GetVariables]"
PASSWORD = "SecurityCtrlr.BasicAuthPassword"
PROFILE = "SecurityCtrlr.SecurityProfile"
REPORTS = ("GetBaseReport", "GetReport")
Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Transaction:
    """A running transaction.

    Args:
        seq: the number of its next event.
        started: the time stamp of its first event.
    """

    id: str
    evse: int
    seq: int
    started: str
    state: str = ""


@dataclass
class StationModel201:
    """What the simulated station is at present; it changes by what is said and answered.

    Args:
        config: the configured values.
        past: what an earlier model knew, from ``known()``; empty: a new station.
        connection: the number of the connection that is open; 0 is none.
        registration: how the CSMS answered the last boot on this connection.
        resetting: whether it has said that it will restart and has not yet.
        offline: whether it has lost the connection and will go on where it was.
        statuses: what was last reported, by ``EVSE.CONNECTOR``.
        transactions: those that run, by EVSE.
        begun: how many transactions there were so far.
        ending: the id of the transaction whose last event has been sent and not been answered.
        inoperative: what the CSMS has taken out of operation: EVSE.CONNECTOR, EVSE, or station.
        changed: the variables that were written.
        queued: how many events of a transaction wait to be sent, by its id.
        promised: the requests for reports that have been accepted and not been served yet.
        refuses: the variables that it does not let anybody change, unless a case says so.
    """

    config: Mapping[str, Any]
    past: Mapping[str, Any] = field(default_factory=dict)
    connection: int = 0
    registration: str = ""
    resetting: bool = False
    offline: bool = False
    statuses: dict[str, str] = field(default_factory=dict)
    transactions: dict[int, Transaction] = field(default_factory=dict)
    begun: int = 0
    ending: str = ""
    inoperative: list[str] = field(default_factory=list)
    changed: dict[str, str] = field(default_factory=dict)
    queued: dict[str, int] = field(default_factory=dict)
    promised: list[dict[str, Any]] = field(default_factory=list)
    refuses: tuple[str, ...] = (PASSWORD,)

    def __post_init__(self) -> None:
        self.evses = int(self.config["evse_count"])
        self.connectors = int(self.config["connectors_per_evse"])
        self.variables = variables_of(self.config)
        if past := self.past:
            self.connection, self.registration = past["connection"], past["registration"]
            self.resetting, self.offline = past["resetting"], past["offline"]
            self.statuses, self.begun = dict(past["statuses"]), past["begun"]
            self.transactions = {t["evse"]: Transaction(**t) for t in past["transactions"]}
            self.inoperative, self.changed = list(past["inoperative"]), dict(past["changed"])
            self.queued, self.promised = dict(past["queued"]), list(past["promised"])
            self.ending = past.get("ending", "")

    def known(self) -> dict[str, Any]:
        """Return what it knows, as JSON; a model made from it answers the same."""
        return {
            "connection": self.connection,
            "registration": self.registration,
            "resetting": self.resetting,
            "offline": self.offline,
            "statuses": dict(self.statuses),
            "transactions": [asdict(t) for t in self.transactions.values()],
            "begun": self.begun,
            "ending": self.ending,
            "inoperative": list(self.inoperative),
            "changed": dict(self.changed),
            "queued": dict(self.queued),
            "promised": list(self.promised),
        }

    @property
    def alarm(self) -> str:
        """Why the last message of the CSMS fails whatever case is running: nothing does."""
        return ""

    def about(self) -> dict[str, Any]:
        """Return what the CSMS says of itself: nothing, there is no message for that."""
        return {}

    @property
    def registered(self) -> bool:
        """Whether the CSMS has accepted the station on this connection, and it still runs."""
        there = self.connection and not self.resetting and not self.offline
        return bool(there) and self.registration == "Accepted"

    def value(self, name: str) -> str:
        """Return the value of a variable."""
        return self.changed.get(name, self.variables[name].value)

    def secured(self, profile: int) -> None:
        """See the security profile with which the station connects from now on."""
        self.changed = {**self.changed, PROFILE: str(profile)}

    @property
    def most(self) -> int:
        """How many variables one GetVariables may ask for."""
        return int(self.value(LIMIT))

    def place(self, evse: int | None, connector: int | None) -> str:
        """Return the name of a connector, of an EVSE, or of the station."""
        if evse is None:
            return "station"
        return str(evse) if connector is None else f"{evse}.{connector}"

    def places(self) -> list[tuple[int, int]]:
        """Return EVSE and number of every connector."""
        each = range(1, self.connectors + 1)
        return [(e, c) for e in range(1, self.evses + 1) for c in each]

    def meter(self, evse: int, now: datetime) -> int:
        """Return the reading of a meter (Wh); it rises while a transaction runs."""
        running = self.transactions.get(evse)
        if running is None:
            return METER_AT_START
        seconds = (now - datetime.fromisoformat(running.started)).total_seconds()
        return METER_AT_START + max(0, int(seconds * POWER / 3600))

    # -- what happens to it -----------------------------------------------------------------------

    def observe(self, message: Received) -> None:
        """See a request of the CSMS, or an event of the connection, as it arrives."""
        if message.action == "@connect":
            if self.resetting:  # whoever closed the connection before
                self.registration = ""
            self.connection, self.resetting = message.connection, False
            self.offline = False
        elif message.action == "@closed" and message.connection == self.connection:
            self.connection = 0
            if message.get("by") == "us" and not self.offline:
                self.registration = ""  # a station that restarts boots; one that was cut off not

    def forget(self) -> None:
        """Be the station that every case begins with (3.1)."""
        self.inoperative, self.queued = [], {}

    def acted(self, action: Action, parameters: Mapping[str, Any]) -> None:
        """See an action at the CSMS that has been done; the station knows nothing of it."""

    def called(self, action: str, payload: Payload, reply: Answer) -> None:
        """See a message of the station with its answer."""
        if not isinstance(reply, dict):
            return
        if action == "BootNotification":
            self.registration = str(reply.get("status", ""))
        elif action == "StatusNotification":
            place = f"{payload['evseId']}.{payload['connectorId']}"
            self.statuses[place] = payload["connectorStatus"]
        elif action == "NotifyEvent":
            for event in payload["eventData"]:
                self._told(event)
        elif action == "TransactionEvent":
            self._event(payload)
        elif action == "NotifyReport" and not payload.get("tbc", False):
            self.promised = [p for p in self.promised if p["requestId"] != payload["requestId"]]

    def _told(self, event: Payload) -> None:
        evse = event["component"].get("evse", {})
        if event["variable"]["name"] == "AvailabilityState" and "connectorId" in evse:
            self.statuses[f"{evse['id']}.{evse['connectorId']}"] = event["actualValue"]

    def _event(self, payload: Payload) -> None:
        info, seq = payload["transactionInfo"], payload["seqNo"] + 1
        self.ending = ""
        if payload.get("offline") and (left := self.queued.get(info["transactionId"], 0) - 1) >= 0:
            self.queued = {info["transactionId"]: left} if left else {}
        running = next(
            (t for t in self.transactions.values() if t.id == info["transactionId"]), None
        )
        if payload["eventType"] == "Ended":
            if running is not None:
                del self.transactions[running.evse]
            return
        if running is None:
            if payload["eventType"] != "Started":  # it has ended; an event of it comes late
                return
            evse = payload.get("evse", {}).get("id", int(self.config["evse_id"]))
            running = Transaction(info["transactionId"], evse, seq, payload["timestamp"])
            self.begun += 1
        state = info.get("chargingState", running.state)
        self.transactions[running.evse] = Transaction(
            running.id, running.evse, seq, running.started, state
        )

    def answered(self, message: Received, reply: Reply) -> None:
        """See what was answered to a request of the CSMS, and do what was promised."""
        if not isinstance(reply, dict):
            return
        payload = message.payload
        if message.action == "Reset" and reply.get("status") == "Accepted":
            self.resetting = "evseId" not in payload
        elif message.action == "SetVariables":
            for data, result in zip(
                payload["setVariableData"], reply["setVariableResult"], strict=False
            ):
                if result["attributeStatus"] in ("Accepted", "RebootRequired"):
                    name = find(self.variables, data)
                    if self.variables[name].mutability == "WriteOnly":
                        continue  # it is used once, and nobody can read it
                    self.changed = {**self.changed, name: data["attributeValue"]}
        elif message.action == "ChangeAvailability" and reply.get("status") != "Rejected":
            evse = payload.get("evse") or {}
            place = self.place(evse.get("id"), evse.get("connectorId"))
            others = [p for p in self.inoperative if p != place]
            down = payload["operationalStatus"] == "Inoperative"
            self.inoperative = [*others, place] if down else others
        elif message.action in REPORTS and reply.get("status") == "Accepted":
            self.promised = [*self.promised, dict(payload)]

    # -- what it answers --------------------------------------------------------------------------

    def answer(self, message: Received, now: datetime) -> Reply:
        """Return the answer when no step chooses one; this must not change anything."""
        answer = _ANSWERS.get(message.action)
        if answer is None:
            return CallError("NotSupported", f"this station does not support {message.action}")
        return answer(self, message.payload, now)

    def _get_variables(self, payload: Payload, now: datetime) -> Reply:
        asked = payload["getVariableData"]
        if len(asked) > self.most:
            return CallError("OccurrenceConstraintViolation", f"at most {self.most} variables")
        return {"getVariableResult": [self._got(one, now) for one in asked]}

    def _got(self, asked: Payload, now: datetime) -> dict[str, Any]:
        name, kind = find(self.variables, asked), asked.get("attributeType", "Actual")
        result = {
            "component": asked["component"],
            "variable": asked["variable"],
            "attributeType": kind,
        }
        state = None if name in self.variables else state_of(self, asked)
        if name not in self.variables and state is None:
            return {**result, "attributeStatus": name}
        if kind != "Actual":
            return {**result, "attributeStatus": "NotSupportedAttributeType"}
        if state is None and self.variables[name].mutability == "WriteOnly":
            return {**result, "attributeStatus": "Rejected"}
        value = self.value(name) if state is None else state
        return {**result, "attributeStatus": "Accepted", "attributeValue": value}

    def _set_variables(self, payload: Payload, now: datetime) -> Reply:
        data = payload["setVariableData"]
        most = int(self.value("DeviceDataCtrlr.ItemsPerMessage[SetVariables]"))
        if len(data) > most:
            return CallError("OccurrenceConstraintViolation", f"at most {most} variables")
        return {"setVariableResult": [self._set(one) for one in data]}

    def _set(self, data: Payload) -> dict[str, Any]:
        name, kind = find(self.variables, data), data.get("attributeType", "Actual")
        result = {
            "component": data["component"],
            "variable": data["variable"],
            "attributeType": kind,
        }
        if name not in self.variables:
            return {**result, "attributeStatus": name}
        if kind != "Actual":
            return {**result, "attributeStatus": "NotSupportedAttributeType"}
        fine = self.variables[name].mutability != "ReadOnly" and name not in self.refuses
        return {**result, "attributeStatus": "Accepted" if fine else "Rejected"}

    def _availability(self, payload: Payload, now: datetime) -> Reply:
        """Say yes to what is so already: only a case does what was asked for."""
        evse = payload.get("evse") or {}
        down = self.place(evse.get("id"), evse.get("connectorId")) in self.inoperative
        wanted = payload["operationalStatus"] == "Inoperative"
        return {"status": "Accepted" if down == wanted else "Rejected"}

    def _stop(self, payload: Payload, now: datetime) -> Reply:
        """Say yes to what runs: it ends with the case at the latest."""
        running = [t.id for t in self.transactions.values()]
        return {"status": "Accepted" if payload["transactionId"] in running else "Rejected"}

    def _unlock(self, payload: Payload, now: datetime) -> Reply:
        if (payload["evseId"], payload["connectorId"]) not in self.places():
            return {"status": "UnknownConnector"}
        busy = payload["evseId"] in self.transactions
        return {"status": "OngoingAuthorizedTransaction" if busy else "Unlocked"}

    def _transaction_status(self, payload: Payload, now: datetime) -> Reply:
        if "transactionId" not in payload:
            return {"messagesInQueue": bool(self.queued)}
        running = [t.id for t in self.transactions.values() if t.id != self.ending]
        ongoing = payload["transactionId"] in running
        waiting = payload["transactionId"] in self.queued
        return {"messagesInQueue": waiting, "ongoingIndicator": ongoing}

    def _report(self, payload: Payload, now: datetime) -> Reply:
        return {"status": "Accepted" if reported(self, payload) else "EmptyResultSet"}

    def parts_of_report(self, asked: Payload, stamp: str) -> list[dict[str, Any]]:
        """Return the messages that answer a request for a report."""
        return parts(asked["requestId"], reported(self, asked), stamp)

    def _accepted(self, payload: Payload, now: datetime) -> Reply:
        return {"status": "Accepted"}

    def _rejected(self, payload: Payload, now: datetime) -> Reply:
        """Say no: only a case does what was asked for, and it chooses the answer."""
        return {"status": "Rejected"}

    def _data_transfer(self, payload: Payload, now: datetime) -> Reply:
        return {"status": "UnknownVendorId"}


_ANSWERS: dict[str, Callable[[StationModel201, Payload, datetime], Reply]] = {
    "CertificateSigned": StationModel201._rejected,
    "ChangeAvailability": StationModel201._availability,
    "ClearCache": StationModel201._accepted,
    "DataTransfer": StationModel201._data_transfer,
    "GetBaseReport": StationModel201._report,
    "GetReport": StationModel201._report,
    "GetTransactionStatus": StationModel201._transaction_status,
    "GetVariables": StationModel201._get_variables,
    "RequestStartTransaction": StationModel201._rejected,
    "RequestStopTransaction": StationModel201._stop,
    "Reset": StationModel201._rejected,
    "SetNetworkProfile": StationModel201._rejected,
    "SetVariables": StationModel201._set_variables,
    "TriggerMessage": StationModel201._rejected,
    "UnlockConnector": StationModel201._unlock,
}
