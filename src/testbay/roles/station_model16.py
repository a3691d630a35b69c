"""The station of OCPP 1.6 that the tool simulates: what it is, and what it answers by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from testbay.scenario.role import Action
from testbay.scenario.values import NO_ANSWER, Answer, CallError, Lost, Received, Reply

POWER = 11_000  # W, of a connector that charges
METER_AT_START = 1_000  # Wh, of every connector
MOST_KEYS = 50  # in one GetConfiguration
LIST_LENGTH = 100  # tokens in the local list, and in one SendLocalList
MEASURED = ("Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage")
ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")

Payload = Mapping[str, Any]
Accepts = Callable[[str], bool]


# -- configuration keys --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """A configuration key: its value at first, and which values may be written.

    Args:
        accepts: judges a new value; None: the key is read-only.
    """

    value: str
    accepts: Accepts | None = None


def _whole(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _truth(value: str) -> bool:
    return value.lower() in ("true", "false")


def _members(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")] if value.strip() else []


def _measurands(value: str) -> bool:
    """Whether all of them are measured here, each of them perhaps of one phase (9.1.17)."""
    return all(any(f"{m}.".startswith(f"{own}.") for own in MEASURED) for m in _members(value))


def _rotations(value: str) -> bool:
    parts = (m.partition(".") for m in _members(value))
    return all(_whole(number) and name in ROTATIONS for number, _, name in parts)


def keys_of(config: Mapping[str, Any]) -> dict[str, Key]:
    """Return the configuration keys of the station, with the accessibility of chapter 9."""
    connectors = int(config["number_of_connectors"])
    return {
        "AuthorizationCacheEnabled": Key("true", _truth),
        "AuthorizeRemoteTxRequests": Key("true", _truth),
        "ClockAlignedDataInterval": Key("0", _whole),
        "ConnectionTimeOut": Key(str(config["connection_timeout"]), _whole),
        "ConnectorPhaseRotation": Key(
            ",".join(f"{n}.RST" for n in range(connectors + 1)), _rotations
        ),
        "GetConfigurationMaxKeys": Key(str(MOST_KEYS)),
        "HeartbeatInterval": Key(str(config["heartbeat_interval"]), _whole),
        "LocalAuthorizeOffline": Key("true", _truth),
        "LocalPreAuthorize": Key("false", _truth),
        "MeterValuesAlignedData": Key("", _measurands),
        "MeterValuesSampledData": Key(MEASURED[0], _measurands),
        "MeterValueSampleInterval": Key(str(config["meter_value_interval"]), _whole),
        "NumberOfConnectors": Key(str(connectors)),
        "ResetRetries": Key("3", _whole),
        "StopTransactionOnEVSideDisconnect": Key("true", _truth),
        "StopTransactionOnInvalidId": Key("true", _truth),
        "StopTxnAlignedData": Key("", _measurands),
        "StopTxnSampledData": Key("", _measurands),
        "SupportedFeatureProfiles": Key("Core,LocalAuthListManagement,RemoteTrigger"),
        "TransactionMessageAttempts": Key("3", _whole),
        "TransactionMessageRetryInterval": Key("60", _whole),
        "UnlockConnectorOnEVSideDisconnect": Key("true", _truth),
        "LocalAuthListEnabled": Key("true", _truth),
        "LocalAuthListMaxLength": Key(str(LIST_LENGTH)),
        "SendLocalListMaxLength": Key(str(LIST_LENGTH)),
        # TC_019_1 wants these from every station, whatever its feature profiles are.
        "ChargeProfileMaxStackLevel": Key("8"),
        "ChargingScheduleAllowedChargingRateUnit": Key("Current,Power"),
        "ChargingScheduleMaxPeriods": Key("24"),
        "MaxChargingProfilesInstalled": Key("8"),
    }


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
        statuses: what was last reported, by connector; 0 is the station.
        meters: readings while nothing charges, by connector (Wh).
        transactions: those that run, by connector.
        inoperative: what was taken out of operation.
        changed: the configuration keys that were written.
    """

    config: Mapping[str, Any]
    past: Mapping[str, Any] = field(default_factory=dict)
    connection: int = 0
    registration: str = ""
    resetting: bool = False
    statuses: dict[int, str] = field(default_factory=dict)
    meters: dict[int, int] = field(default_factory=dict)
    transactions: dict[int, Transaction] = field(default_factory=dict)
    inoperative: list[int] = field(default_factory=list)
    changed: dict[str, str] = field(default_factory=dict)
    list_version: int = 0

    def __post_init__(self) -> None:
        self.connectors = int(self.config["number_of_connectors"])
        self._keys = keys_of(self.config)
        self._names = {name.casefold(): name for name in self._keys}
        if past := self.past:
            self.connection, self.registration = past["connection"], past["registration"]
            self.resetting = past["resetting"]
            self.statuses = {int(k): v for k, v in past["statuses"].items()}
            self.meters = {int(k): v for k, v in past["meters"].items()}
            running = [Transaction(**t) for t in past["transactions"]]
            self.transactions = {t.connector: t for t in running}
            self.inoperative, self.changed = list(past["inoperative"]), dict(past["changed"])
            self.list_version = past["list_version"]

    def known(self) -> dict[str, Any]:
        """Return what it knows, as JSON; a model made from it answers the same."""
        return {
            "connection": self.connection,
            "registration": self.registration,
            "resetting": self.resetting,
            "statuses": {str(k): v for k, v in self.statuses.items()},
            "meters": {str(k): v for k, v in self.meters.items()},
            "transactions": [asdict(t) for t in self.transactions.values()],
            "inoperative": list(self.inoperative),
            "changed": dict(self.changed),
            "list_version": self.list_version,
        }

    @property
    def registered(self) -> bool:
        """Whether the CSMS has accepted the station on this connection, and it still runs."""
        return self.registration == "Accepted" and not self.resetting

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
            self.connection, self.registration, self.resetting = message.connection, "", False
        elif message.action == "@closed" and message.connection == self.connection:
            self.connection, self.registration = 0, ""

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
        elif action == "StartTransaction":
            self._started(payload, reply)

    def _booted(self, reply: Payload) -> None:
        self.registration, interval = str(reply.get("status", "")), reply.get("interval")
        if self.registration == "Accepted" and isinstance(interval, int) and interval > 0:
            self.changed["HeartbeatInterval"] = str(interval)  # 4.2

    def _started(self, payload: Payload, reply: Payload) -> None:
        number, connector = reply.get("transactionId"), payload["connectorId"]
        if isinstance(number, int):
            self.transactions[connector] = Transaction(
                number, connector, payload["idTag"], payload["meterStart"], payload["timestamp"]
            )

    def _stopped(self, payload: Payload) -> None:
        for transaction in list(self.transactions.values()):
            if transaction.id == payload["transactionId"]:
                del self.transactions[transaction.connector]
                self.meters[transaction.connector] = payload["meterStop"]

    def answered(self, message: Received, reply: Reply) -> None:
        """See what was answered to a request of the CSMS, and do what was promised."""
        status = reply.get("status") if isinstance(reply, dict) else None
        if status not in ("Accepted", "Scheduled"):
            return
        payload = message.payload
        if message.action == "Reset":
            self.resetting = True
        elif message.action == "ChangeConfiguration":
            name = self._names.get(payload["key"].casefold(), payload["key"])
            self.changed[name] = payload["value"]
        elif message.action == "ChangeAvailability":
            meant = self._meant(payload["connectorId"])
            others = [n for n in self.inoperative if n not in meant]
            self.inoperative = others + (meant if payload["type"] == "Inoperative" else [])
        elif message.action == "SendLocalList":
            self.list_version = payload["listVersion"]

    def _meant(self, connector: int) -> list[int]:
        """Return what a connector id addresses: 0 is the station and all its connectors."""
        return [connector] if connector else list(range(self.connectors + 1))

    # -- what it answers --------------------------------------------------------------------------

    def answer(self, message: Received, now: datetime) -> Reply:
        """Return the answer when no step chooses one; this must not change anything."""
        if self.registration == "Rejected":
            return NO_ANSWER  # 4.2: while it is rejected a station does not respond
        answer = _ANSWERS.get(message.action)
        if answer is None:
            return CallError("NotSupported", f"this station does not support {message.action}")
        return answer(self, message.payload)

    def _get_configuration(self, payload: Payload) -> Reply:
        asked = payload.get("key") or list(self._keys)
        if len(asked) > MOST_KEYS:
            text = f"at most {MOST_KEYS} keys (GetConfigurationMaxKeys), not {len(asked)}"
            return CallError("OccurenceConstraintViolation", text)
        names = [(key, self._names.get(key.casefold())) for key in asked]
        unknown = [key for key, name in names if name is None]
        found = [
            {"key": n, "readonly": self._keys[n].accepts is None, "value": self.setting(n)}
            for _, n in names
            if n is not None
        ]
        return {"configurationKey": found} | ({"unknownKey": unknown} if unknown else {})

    def _change_configuration(self, payload: Payload) -> Reply:
        name = self._names.get(payload["key"].casefold())
        if name is None:
            return {"status": "NotSupported"}
        accepts = self._keys[name].accepts
        fine = accepts is not None and accepts(payload["value"])
        return {"status": "Accepted" if fine else "Rejected"}

    def _change_availability(self, payload: Payload) -> Reply:
        connector = payload["connectorId"]
        if not 0 <= connector <= self.connectors:
            return {"status": "Rejected"}
        busy = any(n in self.transactions for n in self._meant(connector))
        later = busy and payload["type"] == "Inoperative"
        return {"status": "Scheduled" if later else "Accepted"}

    def _remote_start(self, payload: Payload) -> Reply:
        """Say no: only a case begins a session, and it chooses the answer."""
        return {"status": "Rejected"}

    def _remote_stop(self, payload: Payload) -> Reply:
        """Say yes to what runs: it ends with the case at the latest."""
        running = [t.id for t in self.transactions.values()]
        return {"status": "Accepted" if payload["transactionId"] in running else "Rejected"}

    def _unlock(self, payload: Payload) -> Reply:
        there = 1 <= payload["connectorId"] <= self.connectors
        return {"status": "Unlocked" if there else "NotSupported"}  # errata 3.87

    def _trigger(self, payload: Payload) -> Reply:
        """Say no: only a case sends what was asked for, and it chooses the answer."""
        message = payload["requestedMessage"]
        there = message in ("BootNotification", "Heartbeat", "MeterValues", "StatusNotification")
        return {"status": "Rejected" if there else "NotImplemented"}

    def _send_local_list(self, payload: Payload) -> Reply:
        if len(payload.get("localAuthorizationList", ())) > LIST_LENGTH:
            return {"status": "Failed"}
        old = payload["listVersion"] <= self.list_version
        differs = payload["updateType"] == "Differential" and old
        return {"status": "VersionMismatch" if differs else "Accepted"}

    def _local_list_version(self, payload: Payload) -> Reply:
        return {"listVersion": self.list_version}

    def _data_transfer(self, payload: Payload) -> Reply:
        return {"status": "UnknownVendorId"}

    def _agree(self, payload: Payload) -> Reply:
        return {"status": "Accepted"}


_ANSWERS: dict[str, Callable[[StationModel16, Payload], Reply]] = {
    "ChangeAvailability": StationModel16._change_availability,
    "ChangeConfiguration": StationModel16._change_configuration,
    "ClearCache": StationModel16._agree,
    "DataTransfer": StationModel16._data_transfer,
    "GetConfiguration": StationModel16._get_configuration,
    "GetLocalListVersion": StationModel16._local_list_version,
    "RemoteStartTransaction": StationModel16._remote_start,
    "RemoteStopTransaction": StationModel16._remote_stop,
    "Reset": StationModel16._agree,
    "SendLocalList": StationModel16._send_local_list,
    "TriggerMessage": StationModel16._trigger,
    "UnlockConnector": StationModel16._unlock,
}
