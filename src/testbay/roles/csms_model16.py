"""What the tool knows of an OCPP 1.6 station while it plays the CSMS, and its default answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from testbay.roles import boots16
from testbay.roles.boots import Boots
from testbay.scenario.role import Action
from testbay.scenario.values import Answer, Received, Reply

CABLE = ("ev", "station")
"""The two ends of a cable, in the order of the text."""

BOOTS = "boots"  # beside the facts

UNDER_WAY: dict[str, tuple[str, ...]] = {
    "FirmwareStatusNotification": ("Downloading", "Downloaded", "Installing"),
    "SignedFirmwareStatusNotification": (
        *("DownloadScheduled", "Downloading", "DownloadPaused", "Downloaded"),
        *("SignatureVerified", "InstallScheduled", "Installing", "InstallRebooting"),
    ),
    "DiagnosticsStatusNotification": ("Uploading",),
    "LogStatusNotification": ("Uploading",),
}
"""Statuses after which a transfer or an update goes on; others end it."""

KEEPS_LOCKED = ("DeAuthorized", "PowerLoss")
"""Reasons to stop after which a station may keep the cable locked: nobody was there to take it."""


@dataclass
class Facts:
    """What is known of the station; all of it can be written as JSON.

    Args:
        accepted: whether its last boot was accepted; None where it has not booted yet.
        settled: whether all has come that a boot or a connection brings about.
        authorized: whether a token was accepted for which nothing has begun or ended yet: what
            the station says of it, and the end of its wait for a cable, may still come.
        statuses: the last status of each connector.
        transactions: the connector of each running transaction.
        plugged: the ends of the cable that are plugged in, for each connector.
        handled: the connectors whose cable somebody was asked to move; of others nothing is known.
        keys: what the station said of its configuration; None for a key that it does not know.
        cached: whether the authorization cache may hold something (as it may when nothing is
            known yet); None where there is no cache.
        local_list: whether the local authorization list holds something; None: nobody knows.
        faulted: the connectors (0: the station) that somebody has put into a fault.
        jammed: the connectors that somebody has kept from being unlocked.
        locked: the connectors where a cable may be locked that nobody but its token releases.
        memory_broken: whether somebody has kept the station from storing lists.
        tokens: what a case has laid down about tokens (in lower case): their ``idTagInfo``.
        under_way: transfers and updates that have not ended: the last status, by message.
        password: the AuthorizationKey that the station was given last; empty: the configured one.
        security_profile: the one that it has connected with last; None: nobody knows.
        certificate: the one that it has shown last (PEM).
    """

    connected: bool = True
    powered: bool = True
    accepted: bool | None = None
    settled: bool = False
    authorized: bool = False
    needs_reboot: bool = False
    statuses: dict[int, str] = field(default_factory=dict)
    transactions: dict[int, int] = field(default_factory=dict)
    next_transaction: int = 1
    plugged: dict[int, list[str]] = field(default_factory=dict)
    handled: list[int] = field(default_factory=list)
    inoperative: list[int] = field(default_factory=list)
    keys: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    cached: bool | None = True
    reservations: list[int] = field(default_factory=list)
    local_list: bool | None = None
    faulted: list[int] = field(default_factory=list)
    jammed: list[int] = field(default_factory=list)
    locked: list[int] = field(default_factory=list)
    memory_broken: bool = False
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    profiles: bool = False
    under_way: dict[str, str] = field(default_factory=dict)
    password: str = ""
    security_profile: int | None = None
    certificate: str = ""

    @classmethod
    def from_json(cls, known: Mapping[str, Any]) -> Facts:
        """Read what ``CsmsModel16.known`` has written."""
        facts = cls(**known)
        facts.statuses = {int(n): s for n, s in facts.statuses.items()}
        facts.transactions = {int(n): int(c) for n, c in facts.transactions.items()}
        facts.plugged = {int(n): list(ends) for n, ends in facts.plugged.items()}
        facts.tokens = {k: dict(info) for k, info in facts.tokens.items()}
        facts.under_way = dict(facts.under_way)
        facts.keys = {k: dict(e) if e is not None else None for k, e in facts.keys.items()}
        for name in ("inoperative", "reservations", "faulted", "jammed", "locked"):
            setattr(facts, name, list(getattr(facts, name)))
        return facts


class CsmsModel16:
    """Follows the station by its messages, its answers and the actions on it; answers by itself.

    Args:
        config: the configured values and features; the tokens and intervals are read from it.
        known: what an earlier model knew.
    """

    def __init__(self, config: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        self.config = config
        self.facts = Facts.from_json({k: v for k, v in known.items() if k != BOOTS})
        self.boots = Boots.from_json(known.get(BOOTS, {}))
        self._started: list[tuple[Received, int]] = []  # so that an answer can be given twice
        self._tokens = {
            str(config.get(name, "")).casefold() for name in ("valid_id_tag", "valid_id_tag_2")
        } - {""}

    def known(self) -> dict[str, Any]:
        """Return what it knows, as JSON; a model made from it answers the same."""
        facts = {
            name: {str(k): v for k, v in value.items()} if isinstance(value, dict) else value
            for name, value in vars(self.facts).items()
        }
        return facts | {BOOTS: self.boots.to_json()}

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
        if message.action == "BootNotification":
            self.boots.boots(message.payload, facts.accepted)
        else:
            self.boots.observe(message, facts.accepted)
        if message.action == "@connect":
            facts.connected, facts.settled = True, False
            facts.security_profile = message.get("profile") or facts.security_profile
        elif message.action == "@tls":
            facts.certificate = message.get("certificate") or facts.certificate
        elif message.action == "@closed":
            if self.boots.is_current(message):
                facts.connected = facts.settled = False
        elif not message.servable:
            return
        elif message.action == "BootNotification":
            facts.settled = facts.needs_reboot = facts.authorized = False
        elif message.action == "StatusNotification":
            number, status = message["connectorId"], message["status"]
            if status == "Available" and facts.statuses.get(number) == "Preparing":
                facts.authorized = False
            facts.statuses[number] = status
        elif message.action in UNDER_WAY:
            status = message.get("status")
            facts.under_way.pop(message.action, None)
            if status in UNDER_WAY[message.action]:
                facts.under_way[message.action] = status

    def answer(self, message: Received, now: datetime) -> Reply:
        """Return the answer when no step chooses one; this does not change anything."""
        moment = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        match message.action:
            case "BootNotification":
                interval = self.config["heartbeat_interval"]
                return {"status": "Accepted", "interval": interval, "currentTime": moment}
            case "Heartbeat":
                return {"currentTime": moment}
            case "Authorize":
                return {"idTagInfo": self._token(message["idTag"])}
            case "StartTransaction":
                number = self.facts.next_transaction
                number = next((n for m, n in self._started if m is message), number)
                return {"transactionId": number, "idTagInfo": self._token(message["idTag"])}
            case "StopTransaction":
                tag = message.get("idTag")
                return {} if tag is None else {"idTagInfo": self._token(tag)}
            case "DataTransfer":
                return {"status": "UnknownVendorId"}
            case "SignCertificate":
                return {"status": "Accepted"}
        return {}

    def _token(self, id_tag: Any) -> dict[str, Any]:
        name = str(id_tag).casefold()
        if name in self.facts.tokens:
            return dict(self.facts.tokens[name])
        known = name in self._tokens
        return {"status": "Accepted" if known else "Invalid"}

    def answered(self, message: Received, reply: Reply) -> None:
        """See what was answered to a request of the station."""
        if not isinstance(reply, dict):
            return
        facts = self.facts
        if message.action == "BootNotification":
            facts.accepted = reply.get("status") == "Accepted"
            self.boots.answered(facts.accepted)
        elif message.action == "Authorize":
            info = reply.get("idTagInfo", {})
            facts.authorized = facts.authorized or info.get("status") == "Accepted"
        elif message.action == "StartTransaction":
            facts.authorized = False
            number = reply["transactionId"]
            self._started = [*self._started[-7:], (message, number)]
            facts.transactions[number] = message["connectorId"]
            facts.next_transaction = max(facts.next_transaction, number) + 1
        elif message.action == "StopTransaction":
            connector = facts.transactions.pop(message["transactionId"], None)
            facts.authorized = False
            if connector is not None and message.get("reason") in KEEPS_LOCKED:
                facts.locked = _with(facts.locked, connector)
        if facts.cached is not None and "idTagInfo" in reply:
            facts.cached = True

    # -- what the tool does ---------------------------------------------------------------------

    def called(self, action: str, payload: Mapping[str, Any], reply: Answer) -> None:
        """See a call of the tool with what came back."""
        self.boots.replied(reply)
        boots16.called(self.boots, action, payload, reply)
        if isinstance(reply, dict) and (learn := _LEARN.get(action)) is not None:
            learn(self.facts, payload, reply)

    def acted(self, action: Action, parameters: Mapping[str, Any]) -> None:
        """See an action on the station that has been done."""
        facts = self.facts
        if action.name in ("plug_in", "unplug"):
            self._cable(action.name == "plug_in", parameters)
        elif action.name == "power_off":
            facts.powered = False
        elif action.name in ("power_on", "power_cycle"):
            facts.powered = True
        elif action.name == "fault":
            facts.faulted = _with(facts.faulted, parameters["connector"])
        elif action.name == "clear_fault":
            facts.faulted = _without(facts.faulted, parameters["connector"])
        elif action.name == "jam_lock":
            facts.jammed = _with(facts.jammed, parameters["connector"])
        elif action.name == "free_lock":
            facts.jammed = _without(facts.jammed, parameters["connector"])
        elif action.name in ("break_memory", "repair_memory"):
            facts.memory_broken = action.name == "break_memory"

    def _cable(self, plugged: bool, parameters: Mapping[str, Any]) -> None:
        connector, side = parameters["connector"], parameters.get("side", "both")
        self.facts.handled = [*(c for c in self.facts.handled if c != connector), connector]
        moved = (side,) if side in CABLE else CABLE
        ends = self.facts.plugged.get(connector, [])
        if plugged:
            ends = [e for e in CABLE if e in ends or e in moved]
        else:
            ends = [e for e in ends if e not in moved]
        if self.config.get("fixed_cable"):
            ends = [e for e in ends if e == "ev"]
        self.facts.plugged.pop(connector, None)
        if ends:
            self.facts.plugged[connector] = ends
        else:
            self.facts.locked = _without(self.facts.locked, connector)

    # -- what cases ask -------------------------------------------------------------------------

    def status(self, connector: int) -> str:
        """Return the last status of a connector; ``Available`` where it has not told any."""
        return self.facts.statuses.get(connector, "Available")

    def transaction(self, connector: int) -> int | None:
        """Return the transaction that runs on a connector, the last one that was started."""
        found = [n for n, c in self.facts.transactions.items() if c == connector]
        return found[-1] if found else None


def _with(numbers: list[int], number: int) -> list[int]:
    return [*_without(numbers, number), number]


def _without(numbers: list[int], number: int) -> list[int]:
    return [n for n in numbers if n != number]


# -- what an answer to a call of the tool says ----------------------------------------------------

Learn = Callable[[Facts, Mapping[str, Any], Mapping[str, Any]], None]


def _read(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    asked = {str(key).casefold(): str(key) for key in payload.get("key", ())}  # CiStrings (7.29)
    for entry in reply.get("configurationKey", ()):
        if isinstance(entry, dict) and isinstance(entry.get("key"), str):
            name = str(entry["key"])
            facts.keys[asked.get(name.casefold(), name)] = dict(entry)
    for key in reply.get("unknownKey", ()):
        if isinstance(key, str):
            facts.keys[key] = None


def _changed(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    status = reply.get("status")
    if status in ("Accepted", "RebootRequired"):
        entry = facts.keys.get(payload["key"]) or {"key": payload["key"], "readonly": False}
        facts.keys[payload["key"]] = {**entry, "value": payload["value"]}
        if payload["key"] == "AuthorizationKey":
            facts.password = payload["value"]
    if status == "RebootRequired":
        facts.needs_reboot = True


def _availability(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    if reply.get("status") not in ("Accepted", "Scheduled"):
        return
    connector = payload["connectorId"]
    if payload["type"] == "Inoperative":
        facts.inoperative = [*(n for n in facts.inoperative if n != connector), connector]
    else:
        facts.inoperative = [n for n in facts.inoperative if connector not in (0, n)]


def _cleared(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    facts.cached = False if reply.get("status") == "Accepted" else None


def _reserved(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    if reply.get("status") == "Accepted" and payload["reservationId"] not in facts.reservations:
        facts.reservations.append(payload["reservationId"])


def _released(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    facts.reservations = [n for n in facts.reservations if n != payload["reservationId"]]


def _listed(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    if reply.get("status") == "Accepted":
        sent = bool(payload.get("localAuthorizationList"))
        if sent or payload["updateType"] == "Full":
            facts.local_list = sent


def _limited(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    facts.profiles = facts.profiles or reply.get("status") == "Accepted"


def _started_with(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    if "chargingProfile" in payload:
        _limited(facts, payload, reply)


def _unlimited(facts: Facts, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    if not payload:
        facts.profiles = False


_LEARN: dict[str, Learn] = {
    "GetConfiguration": _read,
    "ChangeConfiguration": _changed,
    "ChangeAvailability": _availability,
    "ClearCache": _cleared,
    "ReserveNow": _reserved,
    "CancelReservation": _released,
    "SendLocalList": _listed,
    "RemoteStartTransaction": _started_with,
    "SetChargingProfile": _limited,
    "ClearChargingProfile": _unlimited,
}
