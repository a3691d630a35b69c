"""What the tool knows of an OCPP 2.0.1 station while it plays the CSMS, and its default answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from testbay.roles import boots201
from testbay.roles.boots import Boots
from testbay.scenario.role import Action
from testbay.scenario.values import Answer, Received, Reply, pick

TOKENS = ("valid_idtoken_idtoken", "valid_idtoken2_idtoken")
"""The configured values that name tokens which may charge."""
PASSWORD = "SecurityCtrlr.BasicAuthPassword"
RESTARTS = "restarts"  # beside the facts


@dataclass
class Facts:
    """What is known of the station; all of it can be written as JSON.

    Args:
        accepted: whether its last boot was accepted; None where it has not booted yet.
        settled: whether all has come that a boot or a connection brings about.
        statuses: the last status of each connector, by ``EVSE.CONNECTOR``.
        transactions: the EVSE of each running transaction; 0 where it has not been named.
        plugged: the EVSEs whose cable is plugged in, as far as somebody was asked to.
        handled: the EVSEs whose cable somebody was asked to move; of others nothing is known.
        cut: the EVSEs whose cable was taken out of the vehicle only.
        bays: the EVSEs in whose parking bay a vehicle stands.
        unready: the EVSEs whose vehicle was asked to take no energy.
        awaited: the EVSEs at which somebody was authorized who has not brought a cable.
        variables: what the station said of its variables, by name in lower case; None for one that
            it does not have.
        inoperative: what was put out of operation: ``station``, ``EVSE`` or ``EVSE.CONNECTOR``.
        cached: whether the authorization cache may hold something.
        tokens: what a case has laid down about tokens (in lower case): their ``idTokenInfo``.
        endpoint: the URL by which the station is connected, without its identity.
        boots: what a case has laid down about the answer to boots that no step awaits.
        password: the one that the station was given last; empty: the configured one.
        certificate: the one that it has shown last (PEM).
        security_profile: with which it has connected last; 0: nothing has shown it yet.
        firmware: the last status of an update that it has told.
    """

    connected: bool = True
    powered: bool = True
    accepted: bool | None = None
    settled: bool = False
    needs_reboot: bool = False
    statuses: dict[str, str] = field(default_factory=dict)
    transactions: dict[str, int] = field(default_factory=dict)
    plugged: list[int] = field(default_factory=list)
    handled: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    bays: list[int] = field(default_factory=list)
    unready: list[int] = field(default_factory=list)
    awaited: list[int] = field(default_factory=list)
    variables: dict[str, str | None] = field(default_factory=dict)
    inoperative: list[str] = field(default_factory=list)
    faulted: list[int] = field(default_factory=list)
    jammed: list[int] = field(default_factory=list)
    reservations: list[int] = field(default_factory=list)
    local_list: bool = False
    cached: bool = True
    profiles: bool = False
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    boots: dict[str, Any] = field(default_factory=dict)
    endpoint: str = ""
    password: str = ""
    certificate: str = ""
    security_profile: int = 0
    firmware: str = ""

    @classmethod
    def from_json(cls, known: Mapping[str, Any]) -> Facts:
        """Read what ``CsmsModel201.known`` has written."""
        facts = cls(**{f.name: known[f.name] for f in fields(cls) if f.name in known})
        for name, value in vars(facts).items():
            if isinstance(value, list):
                setattr(facts, name, list(value))
            elif isinstance(value, dict):
                setattr(facts, name, dict(value))
        return facts


class CsmsModel201:
    """Follows the station by its messages, its answers and the actions on it; answers by itself.

    Args:
        config: the configured values and features; the tokens and intervals are read from it.
        known: what an earlier model knew.
    """

    def __init__(self, config: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        self.config = config
        self.facts = Facts.from_json(known)
        self.boots = Boots.from_json(known.get(RESTARTS, {}))
        self._tokens = {str(config.get(name, "")).casefold() for name in TOKENS} - {""}

    def known(self) -> dict[str, Any]:
        """Return what it knows, as JSON; a model made from it answers the same."""
        return dict(vars(self.facts)) | {RESTARTS: self.boots.to_json()}

    @property
    def alarm(self) -> str:
        """Why the last message of the station fails whatever case is running; else nothing."""
        return self.boots.alarm

    def about(self) -> dict[str, Any]:
        """Return what the station says of itself when it boots."""
        return dict(self.boots.product)

    # -- what the station sends -----------------------------------------------------------------

    def observe(self, message: Received) -> None:
        """See a request of the station, or an event of the connection, as it arrives."""
        facts = self.facts
        boots201.observe(self.boots, message, facts.accepted)
        if message.action == "@connect":
            facts.connected, facts.settled = True, False
            facts.endpoint = str(message.get("url") or "")
            facts.security_profile = message.get("profile") or facts.security_profile
        elif message.action == "@tls":
            facts.certificate = message.get("certificate") or facts.certificate
        elif message.action == "@closed":
            if self.boots.is_current(message):
                facts.connected = facts.settled = False
        elif message.action == "BootNotification":
            facts.settled = facts.needs_reboot = False
            facts.awaited = []
        for place, status in statuses(message):
            facts.statuses[place] = status
        if message.action == "TransactionEvent":
            self._transaction(message)
        elif message.action == "FirmwareStatusNotification":
            facts.firmware = str(message.get("status"))

    def _transaction(self, message: Received) -> None:
        identity, running = str(pick(message, "transactionInfo.transactionId")), {}
        running = dict(self.facts.transactions)
        if message.get("eventType") == "Ended":
            running.pop(identity, None)
        else:
            evse = pick(message, "evse.id")
            running[identity] = evse if type(evse) is int else running.get(identity, 0)
        self.facts.transactions = running

    def answer(self, message: Received, now: datetime) -> Reply:
        """Return the answer when no step chooses one; this does not change anything."""
        moment = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        match message.action:
            case "BootNotification":
                interval = self.config["heartbeat_interval"]
                usual = {"status": "Accepted", "interval": interval, "currentTime": moment}
                return usual | self.facts.boots
            case "Heartbeat":
                return {"currentTime": moment}
            case "Authorize":
                return {"idTokenInfo": self._token(message)}
            case "TransactionEvent":
                shown = "idToken" in message.payload
                return {"idTokenInfo": self._token(message)} if shown else {}
            case "DataTransfer":
                return {"status": "UnknownVendorId"}
            case "SignCertificate" | "NotifyEVChargingNeeds":
                return {"status": "Accepted"}
            case "NotifyEVChargingSchedule":
                return {"status": "Accepted"}
            case "GetCertificateStatus" | "Get15118EVCertificate":
                failed = {"status": "Failed"}
                return (
                    failed if message.action.startswith("GetC") else {**failed, "exiResponse": ""}
                )
        return {}

    def _token(self, message: Received) -> dict[str, Any]:
        name = str(pick(message, "idToken.idToken")).casefold()
        if name in self.facts.tokens:
            return dict(self.facts.tokens[name])
        nobody = pick(message, "idToken.type") == "NoAuthorization"
        return {"status": "Accepted" if nobody or name in self._tokens else "Invalid"}

    def answered(self, message: Received, reply: Reply) -> None:
        """See what was answered to a request of the station."""
        if not isinstance(reply, dict):
            return
        if message.action == "BootNotification":
            self.facts.accepted = reply.get("status") == "Accepted"
            self.boots.answered(self.facts.accepted)
        if "idTokenInfo" in reply:
            self.facts.cached = True

    # -- what the tool does ---------------------------------------------------------------------

    def called(self, action: str, payload: Mapping[str, Any], reply: Answer) -> None:
        """See a call of the tool with what came back."""
        self.boots.replied(reply)
        boots201.called(self.boots, action, payload, reply)
        if isinstance(reply, dict) and (learn := _LEARN.get(action)) is not None:
            learn(self.facts, payload, reply)

    def acted(self, action: Action, parameters: Mapping[str, Any]) -> None:
        """See an action on the station that has been done."""
        facts, evse = self.facts, parameters.get("evse")
        match action.name:
            case "plug_in" | "unplug":
                facts.handled = with_(facts.handled, evse)
                cut = action.name == "unplug" and parameters.get("side") == "ev"
                facts.cut = (with_ if cut else without)(facts.cut, evse)
                plugged = action.name == "plug_in" or (cut and not self.config.get("fixed_cable"))
                facts.plugged = (with_ if plugged else without)(facts.plugged, evse)
            case "occupy_bay":
                facts.bays = with_(facts.bays, evse)
            case "leave_bay":
                facts.bays = without(facts.bays, evse)
            case "ev_not_ready":
                facts.unready = with_(facts.unready, evse)
            case "ev_ready":
                facts.unready = without(facts.unready, evse)
            case "power_off":
                facts.powered = False
            case "power_on" | "power_cycle":
                facts.powered = True
            case "fault":
                facts.faulted = with_(facts.faulted, evse)
            case "clear_fault":
                facts.faulted = without(facts.faulted, evse)
            case "jam_lock":
                facts.jammed = with_(facts.jammed, evse)
            case "free_lock":
                facts.jammed = without(facts.jammed, evse)

    # -- what cases ask -------------------------------------------------------------------------

    def status(self, evse: int, connector: int) -> str:
        """Return the last status of a connector; ``Available`` where it has not told any."""
        return self.facts.statuses.get(f"{evse}.{connector}", "Available")

    def transaction(self, evse: int) -> str | None:
        """Return the transaction that runs on an EVSE, the last one that was begun."""
        found = [t for t, e in self.facts.transactions.items() if e == evse]
        return found[-1] if found else None

    def variable(self, name: str) -> str | None:
        """Return what the station has said of a variable, as ``Component.Name[instance]``."""
        return self.facts.variables.get(name.casefold())


def statuses(message: Received) -> Iterator[tuple[str, str]]:
    """Yield place and status of each connector that a message reports (G01.FR.01)."""
    if message.action == "StatusNotification":
        yield (
            f"{message.get('evseId')}.{message.get('connectorId')}",
            str(message.get("connectorStatus")),
        )
    elif message.action == "NotifyEvent":
        for event in message.get("eventData", ()):
            about = f"{pick(event, 'component.name')}.{pick(event, 'variable.name')}"
            if about.casefold() == "connector.availabilitystate":
                evse = pick(event, "component.evse.id")
                connector = pick(event, "component.evse.connectorId")
                yield f"{evse}.{connector}", str(event.get("actualValue"))


def with_(items: list[Any], item: Any) -> list[Any]:
    """Return a list with an item at its end, once."""
    return [*without(items, item), item]


def without(items: list[Any], item: Any) -> list[Any]:
    """Return a list without an item."""
    return [i for i in items if i != item]


def variable_name(asked: Mapping[str, Any]) -> str:
    """Return the name of a variable in a message: ``Component.Name[instance]``, with its place."""
    component, variable = asked.get("component", {}), asked.get("variable", {})
    parts = [str(component.get("name"))]
    if component.get("instance"):
        parts.append(f"({component['instance']})")
    evse = component.get("evse")
    if evse:
        parts.append(
            f"@{evse.get('id')}" + (f".{evse['connectorId']}" if "connectorId" in evse else "")
        )
    instance = f"[{variable['instance']}]" if variable.get("instance") else ""
    return f"{''.join(parts)}.{variable.get('name')}{instance}"


def variable_key(asked: Mapping[str, Any]) -> str:
    """Return the name of a variable in lower case: it has none (identifierString)."""
    return variable_name(asked).casefold()


# -- what an answer to a call of the tool says ----------------------------------------------------

Learn = Callable[[Facts, Mapping[str, Any], Mapping[str, Any]], None]


def _read(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    for result in reply.get("getVariableResult", ()):
        if result.get("attributeType", "Actual") != "Actual":
            continue
        known = result.get("attributeStatus") == "Accepted"
        facts.variables[variable_key(result)] = result.get("attributeValue") if known else None


def _written(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    asked = {variable_key(data): data for data in payload.get("setVariableData", ())}
    for result in reply.get("setVariableResult", ()):
        name, status = variable_key(result), result.get("attributeStatus")
        if name not in asked or asked[name].get("attributeType", "Actual") != "Actual":
            continue
        if status in ("Accepted", "RebootRequired"):
            facts.variables[name] = asked[name]["attributeValue"]
            if name == PASSWORD.casefold():
                facts.password = asked[name]["attributeValue"]
        facts.needs_reboot = facts.needs_reboot or status == "RebootRequired"


def _availability(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    if reply.get("status") not in ("Accepted", "Scheduled"):
        return
    evse = payload.get("evse") or {}
    connector = f".{evse['connectorId']}" if "connectorId" in evse else ""
    place = f"{evse['id']}{connector}" if evse else "station"
    down = payload.get("operationalStatus") == "Inoperative"
    facts.inoperative = (with_ if down else without)(facts.inoperative, place)


def _cleared(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    facts.cached = False


def _reserved(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    if reply.get("status") == "Accepted":
        facts.reservations = with_(facts.reservations, payload["id"])


def _released(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    facts.reservations = without(facts.reservations, payload["reservationId"])


def _listed(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    if reply.get("status") == "Accepted":
        sent = bool(payload.get("localAuthorizationList"))
        if sent or payload["updateType"] == "Full":
            facts.local_list = sent


def _limited(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    facts.profiles = facts.profiles or reply.get("status") == "Accepted"


_LEARN: dict[str, Learn] = {
    "GetVariables": _read,
    "SetVariables": _written,
    "ChangeAvailability": _availability,
    "ClearCache": _cleared,
    "ReserveNow": _reserved,
    "CancelReservation": _released,
    "SendLocalList": _listed,
    "SetChargingProfile": _limited,
}
