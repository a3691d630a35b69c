"""The station of OCPP 1.6 that the tool simulates: what it is, and what it answers by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from testbay.clock.wall import stamp
from testbay.roles.composite16 import Use
from testbay.roles.station_keys16 import MOST_KEYS, SECRETS, keys_of
from testbay.roles.station_list16 import LocalList
from testbay.roles.station_profiles16 import Profiles
from testbay.roles.station_reservations16 import Reservations
from testbay.roles.station_security16 import Security
from testbay.scenario.role import Action
from testbay.scenario.values import NO_ANSWER, Answer, CallError, Lost, Received, Reply

POWER = 11_000  # W, of a connector that charges
METER_AT_START = 1_000  # Wh, of every connector
FREE = ("", "Available", "Reserved")  # a status in which a connector has no user
UNDER_WAY = {  # what a transfer or installation that is broken off ends with
    "Downloading": "DownloadFailed",
    "Downloaded": "InstallationFailed",
    "SignatureVerified": "InstallationFailed",
    "Installing": "InstallationFailed",
    "InstallRebooting": "InstallationFailed",
    "Uploading": "UploadFailed",
}
FAILED_LOG = "UploadFailure"  # what LogStatusNotification calls it
REPORTED_BY = (
    *("FirmwareStatusNotification", "DiagnosticsStatusNotification"),
    *("SignedFirmwareStatusNotification", "LogStatusNotification"),
)

Payload = Mapping[str, Any]


# -- the station ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transaction:
    """A running transaction.

    Args:
        meter_start: reading of the meter at its start (Wh).
        started: its time stamp, as it was sent.
    """

    id: int
    connector: int
    id_tag: str
    meter_start: int
    started: str


@dataclass
class StationModel16:
    """What the simulated station is at present; it changes by what is said and answered.

    Args:
        config: the configured values; read: number_of_connectors and three intervals.
        past: what an earlier model knew, from ``known()``; empty: a new station.
        connection: the number of the connection that is open; 0 is none.
        registration: how the CSMS answered the last boot on this connection.
        resetting: whether it has said that it will restart and has not yet.
        offline: whether it has lost the connection and will go on where it was (OCPP-J 5.3).
        statuses: what was last reported, by connector; 0 is the station.
        meters: readings while nothing charges, by connector (Wh).
        transactions: those that run, by connector.
        inoperative: what was taken out of operation.
        changed: the configuration keys that were written.
        under_way: what was last reported of a firmware update or an upload that has not ended, by
            the message that reports it.
        security: what belongs to the security extension.
    """

    config: Mapping[str, Any]
    past: Mapping[str, Any] = field(default_factory=dict)
    connection: int = 0
    registration: str = ""
    resetting: bool = False
    offline: bool = False
    statuses: dict[int, str] = field(default_factory=dict)
    meters: dict[int, int] = field(default_factory=dict)
    transactions: dict[int, Transaction] = field(default_factory=dict)
    inoperative: list[int] = field(default_factory=list)
    changed: dict[str, str] = field(default_factory=dict)
    under_way: dict[str, Payload] = field(default_factory=dict)
    local_list: LocalList = field(default_factory=LocalList)
    reservations: Reservations = field(default_factory=Reservations)
    profiles: Profiles = field(default_factory=Profiles)
    security: Security = field(default_factory=Security)

    def __post_init__(self) -> None:
        self.connectors = int(self.config["number_of_connectors"])
        self._keys = keys_of(self.config)
        self._names = {name.casefold(): name for name in self._keys}
        if past := self.past:
            self.connection, self.registration = past["connection"], past["registration"]
            self.resetting, self.offline = past["resetting"], past["offline"]
            self.statuses = {int(k): v for k, v in past["statuses"].items()}
            self.meters = {int(k): v for k, v in past["meters"].items()}
            running = [Transaction(**t) for t in past["transactions"]]
            self.transactions = {t.connector: t for t in running}
            self.inoperative, self.changed = list(past["inoperative"]), dict(past["changed"])
            self.under_way = dict(past["under_way"])
            self.local_list = LocalList.of(past["local_list"])
            self.reservations = Reservations.of(past["reservations"])
            self.profiles = Profiles.of(past["profiles"])
            self.security = Security.of(past["security"])

    def known(self) -> dict[str, Any]:
        """Return what it knows, as JSON; a model made from it answers the same."""
        return {
            "connection": self.connection,
            "registration": self.registration,
            "resetting": self.resetting,
            "offline": self.offline,
            "statuses": {str(k): v for k, v in self.statuses.items()},
            "meters": {str(k): v for k, v in self.meters.items()},
            "transactions": [asdict(t) for t in self.transactions.values()],
            "inoperative": list(self.inoperative),
            "changed": dict(self.changed),
            "under_way": dict(self.under_way),
            "local_list": self.local_list.known(),
            "reservations": self.reservations.known(),
            "profiles": self.profiles.known(),
            "security": self.security.known(),
        }

    alarm = ""
    """A CSMS does nothing that fails every case."""

    def about(self) -> dict[str, Any]:
        """Return what the CSMS says of itself: nothing, there is no message for that."""
        return {}

    @property
    def registered(self) -> bool:
        """Whether the CSMS has accepted the station on this connection, and it still runs."""
        return self.registration == "Accepted" and not self.resetting and not self.offline

    def setting(self, key: str) -> str:
        """Return the value of a configuration key."""
        return self.changed.get(key, self._keys[key].value)

    def meter(self, connector: int, now: datetime) -> int:
        """Return the reading of a meter (Wh); it rises while a transaction runs."""
        running = self.transactions.get(connector)
        if running is None:
            return self.meters.get(connector, METER_AT_START)
        seconds = (now - datetime.fromisoformat(running.started)).total_seconds()
        return running.meter_start + max(0, int(seconds * POWER / 3600))

    # -- what happens to it -----------------------------------------------------------------------

    def observe(self, message: Received) -> None:
        """See a request of the CSMS, or an event of the connection, as it arrives."""
        if message.action == "@connect":
            self.connection, self.resetting = message.connection, False
            self.registration = self.registration if self.offline else ""
            self.offline = False
        elif message.action == "@closed" and message.connection == self.connection:
            self.connection = 0
            self.registration = self.registration if self.offline else ""

    def forget(self) -> None:
        """Be the station that every case begins with (1.3): nothing reserved, limited or listed."""
        self.inoperative = []
        self.local_list, self.reservations, self.profiles = LocalList(), Reservations(), Profiles()
        self.security = Security()

    def unfinished(self) -> list[tuple[str, Payload]]:
        """Return the messages that tell how what is under way is broken off."""
        return [
            (action, {**last, "status": _broken_off(action, last["status"])})
            for action, last in self.under_way.items()
        ]

    def acted(self, action: Action, parameters: Mapping[str, Any]) -> None:
        """See an action at the CSMS that has been done; the station knows nothing of it."""

    def called(self, action: str, payload: Payload, reply: Answer) -> None:
        """See a message of the station with its answer."""
        if action == "StopTransaction" and not isinstance(reply, Lost):
            self._stopped(payload)
        if not isinstance(reply, dict):
            return
        if action == "BootNotification":
            self._booted(reply)
        elif action == "StatusNotification":
            self.statuses[payload["connectorId"]] = payload["status"]
            if payload["status"] in ("Faulted", "Unavailable"):
                self.reservations.drop_at(payload["connectorId"])
        elif action in REPORTED_BY:
            self.under_way.pop(action, None)
            if payload["status"] in UNDER_WAY:
                self.under_way[action] = dict(payload)
        elif action == "StartTransaction":
            self._started(payload, reply)

    def _booted(self, reply: Payload) -> None:
        self.registration, interval = str(reply.get("status", "")), reply.get("interval")
        if self.registration == "Accepted" and isinstance(interval, int) and interval > 0:
            self.changed["HeartbeatInterval"] = str(interval)  # 4.2

    def _started(self, payload: Payload, reply: Payload) -> None:
        number, connector = reply.get("transactionId"), payload["connectorId"]
        self.reservations.drop(payload.get("reservationId"))
        if isinstance(number, int):
            self.profiles.begin(connector, number)
            self.transactions[connector] = Transaction(
                number, connector, payload["idTag"], payload["meterStart"], payload["timestamp"]
            )

    def _stopped(self, payload: Payload) -> None:
        for transaction in list(self.transactions.values()):
            if transaction.id == payload["transactionId"]:
                del self.transactions[transaction.connector]
                self.meters[transaction.connector] = payload["meterStop"]
                self.profiles.end(transaction.connector)

    def answered(self, message: Received, reply: Reply) -> None:
        """See what was answered to a request of the CSMS, and do what was promised."""
        status = reply.get("status") if isinstance(reply, dict) else None
        if isinstance(reply, dict):
            self.security.answered(message.action, message.payload, reply)
        if status not in ("Accepted", "Scheduled"):
            return
        payload = message.payload
        if message.action == "Reset":
            self.resetting = True
        elif message.action == "ChangeConfiguration":
            name = self._names.get(payload["key"].casefold(), payload["key"])
            if name not in SECRETS:
                self.changed[name] = payload["value"]
        elif message.action == "ChangeAvailability":
            meant = self._meant(payload["connectorId"])
            others = [n for n in self.inoperative if n not in meant]
            self.inoperative = others + (meant if payload["type"] == "Inoperative" else [])
        elif message.action == "SendLocalList":
            self.local_list.update(payload)
        elif message.action == "ReserveNow":
            self.reservations.make(payload)
        elif message.action == "CancelReservation":
            self.reservations.drop(payload["reservationId"])
        elif message.action == "SetChargingProfile":
            self.profiles.install(payload["connectorId"], payload["csChargingProfiles"])
        elif message.action == "ClearChargingProfile":
            self.profiles.clear(payload)
        elif message.action == "RemoteStartTransaction":
            self.profiles.wanted = dict(payload.get("chargingProfile", {}))

    def _meant(self, connector: int) -> list[int]:
        """Return what a connector id addresses: 0 is the station and all its connectors."""
        return [connector] if connector else list(range(self.connectors + 1))

    # -- what it answers --------------------------------------------------------------------------

    def answer(self, message: Received, now: datetime) -> Reply:
        """Return the answer when no step chooses one; this must not change anything."""
        if self.registration == "Rejected":
            return NO_ANSWER  # 4.2: while it is rejected a station does not respond
        if (secure := self.security.answers(message.action, message.payload)) is not None:
            return secure
        answer = _ANSWERS.get(message.action)
        if answer is None:
            return CallError("NotSupported", f"this station does not support {message.action}")
        return answer(self, message.payload, now)

    def _get_configuration(self, payload: Payload, now: datetime) -> Reply:
        asked = payload.get("key") or list(self._keys)
        if len(asked) > MOST_KEYS:
            text = f"at most {MOST_KEYS} keys (GetConfigurationMaxKeys), not {len(asked)}"
            return CallError("OccurenceConstraintViolation", text)
        names = [(key, self._names.get(key.casefold())) for key in asked]
        unknown = [key for key, name in names if name is None]
        found = [self._shown(n) for _, n in names if n is not None]
        return {"configurationKey": found} | ({"unknownKey": unknown} if unknown else {})

    def _shown(self, name: str) -> dict[str, Any]:
        """Return what is said of a key; a secret can be written and not be read."""
        entry = {"key": name, "readonly": self._keys[name].accepts is None}
        return entry if name in SECRETS else {**entry, "value": self.setting(name)}

    def _change_configuration(self, payload: Payload, now: datetime) -> Reply:
        name = self._names.get(payload["key"].casefold())
        if name is None:
            return {"status": "NotSupported"}
        accepts = self._keys[name].accepts
        fine = accepts is not None and accepts(payload["value"])
        return {"status": "Accepted" if fine else "Rejected"}

    def _change_availability(self, payload: Payload, now: datetime) -> Reply:
        connector = payload["connectorId"]
        if not 0 <= connector <= self.connectors:
            return {"status": "Rejected"}
        busy = any(n in self.transactions for n in self._meant(connector))
        later = busy and payload["type"] == "Inoperative"
        return {"status": "Scheduled" if later else "Accepted"}

    def _remote_start(self, payload: Payload, now: datetime) -> Reply:
        """Say no: only a case begins a session, and it chooses the answer."""
        return {"status": "Rejected"}

    def _remote_stop(self, payload: Payload, now: datetime) -> Reply:
        """Say yes to what runs: it ends with the case at the latest."""
        running = [t.id for t in self.transactions.values()]
        return {"status": "Accepted" if payload["transactionId"] in running else "Rejected"}

    def _unlock(self, payload: Payload, now: datetime) -> Reply:
        there = 1 <= payload["connectorId"] <= self.connectors
        return {"status": "Unlocked" if there else "NotSupported"}  # errata 3.87

    def _trigger(self, payload: Payload, now: datetime) -> Reply:
        """Say no: only a case sends what was asked for, and it chooses the answer."""
        return {"status": "Rejected"}

    def _send_local_list(self, payload: Payload, now: datetime) -> Reply:
        return {"status": self.local_list.judge(payload)}

    def _local_list_version(self, payload: Payload, now: datetime) -> Reply:
        return {"listVersion": self.local_list.version}

    def _reserve(self, payload: Payload, now: datetime) -> Reply:
        """Say why not: only a case reports a connector as reserved, and it chooses the answer."""
        connector, made = payload["connectorId"], self.reservations.running(now)
        if any(one.id == payload["reservationId"] for one in made):
            return {"status": "Accepted"}  # it replaces that one (5.13)
        places = range(1, self.connectors + 1) if connector == 0 else (connector,)
        states = [self._state(place, now) for place in places]
        known = connector <= self.connectors
        return {"status": min(states, key=_REFUSED.index) if known else "Rejected"}

    def _state(self, connector: int, now: datetime) -> str:
        """Return why a connector cannot be reserved."""
        status = self.statuses.get(connector, "")
        if status == "Faulted":
            return "Faulted"
        if status == "Unavailable" or connector in self.inoperative:
            return "Unavailable"
        reserved = any(one.connector == connector for one in self.reservations.running(now))
        return "Occupied" if reserved or status not in FREE else "Rejected"

    def _cancel_reservation(self, payload: Payload, now: datetime) -> Reply:
        known = any(one.id == payload["reservationId"] for one in self.reservations.running(now))
        return {"status": "Accepted" if known else "Rejected"}

    def _set_profile(self, payload: Payload, now: datetime) -> Reply:
        connector = payload["connectorId"]
        if not 0 <= connector <= self.connectors:
            text = f"connectorId is 0 to {self.connectors}, not {connector}"
            return CallError("PropertyConstraintViolation", text)  # errata 3.39
        running = self.transactions.get(connector)
        number = running.id if running else None
        return {"status": self.profiles.judge(connector, payload["csChargingProfiles"], number)}

    def _clear_profile(self, payload: Payload, now: datetime) -> Reply:
        return {"status": "Accepted" if self.profiles.matching(payload) else "Unknown"}

    def _composite_schedule(self, payload: Payload, now: datetime) -> Reply:
        connector = payload["connectorId"]
        if not 0 <= connector <= self.connectors:
            return {"status": "Rejected"}
        running = self.transactions.get(connector)
        began = datetime.fromisoformat(running.started) if running else None
        sharing = 1 if connector else self.connectors
        return {
            "status": "Accepted",
            "connectorId": connector,
            "scheduleStart": stamp(now),
            "chargingSchedule": self.profiles.schedule(
                payload, Use(connector, now, began, sharing)
            ),
        }

    def _no_diagnostics(self, payload: Payload, now: datetime) -> Reply:
        """Name no file: there is none unless a case says so (5.9)."""
        return {}

    def _later(self, payload: Payload, now: datetime) -> Reply:
        """Take the wish; only a case installs firmware, and the station is free to wait (5.19)."""
        return {}

    def _data_transfer(self, payload: Payload, now: datetime) -> Reply:
        return {"status": "UnknownVendorId"}

    def _agree(self, payload: Payload, now: datetime) -> Reply:
        return {"status": "Accepted"}


def _broken_off(action: str, status: str) -> str:
    failed = UNDER_WAY[status]
    return FAILED_LOG if action == "LogStatusNotification" else failed


_REFUSED = ("Rejected", "Occupied", "Unavailable", "Faulted")
"""Why nothing is reserved; what stands first is said of several connectors."""

_ANSWERS: dict[str, Callable[[StationModel16, Payload, datetime], Reply]] = {
    "CancelReservation": StationModel16._cancel_reservation,
    "ChangeAvailability": StationModel16._change_availability,
    "ChangeConfiguration": StationModel16._change_configuration,
    "ClearCache": StationModel16._agree,
    "ClearChargingProfile": StationModel16._clear_profile,
    "DataTransfer": StationModel16._data_transfer,
    "GetCompositeSchedule": StationModel16._composite_schedule,
    "GetConfiguration": StationModel16._get_configuration,
    "GetDiagnostics": StationModel16._no_diagnostics,
    "GetLocalListVersion": StationModel16._local_list_version,
    "RemoteStartTransaction": StationModel16._remote_start,
    "RemoteStopTransaction": StationModel16._remote_stop,
    "ReserveNow": StationModel16._reserve,
    "Reset": StationModel16._agree,
    "SendLocalList": StationModel16._send_local_list,
    "SetChargingProfile": StationModel16._set_profile,
    "TriggerMessage": StationModel16._trigger,
    "UnlockConnector": StationModel16._unlock,
    "UpdateFirmware": StationModel16._later,
}
