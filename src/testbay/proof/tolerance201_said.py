"""What a conforming system of OCPP 2.0.1 may say of its own accord, once a station is accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from testbay.proof.tolerance_acts import Request, Says
from testbay.proof.tolerance_speech import Saying, fixed, now
from testbay.proof.tolerance_wire import CALL, Frame, Seen

EVENT, STATUS, NOTICE = "TransactionEvent", "StatusNotification", "NotifyEvent"
ENERGY = "Energy.Active.Import.Register"
Where = tuple[int, int]


@dataclass
class Running:
    """A transaction as its events tell of it.

    Args:
        last: the number of its last event, as the system counts.
        added: after which of these numbers an event was added.
    """

    evse: int = 0
    last: int = 0
    state: str = ""
    energy: float = 0.0
    over: bool = False
    added: list[int] = field(default_factory=list)


@dataclass
class Seen201(Seen):
    """What a station has told of its connectors, and which transactions run."""

    statuses: dict[Where, str] = field(default_factory=dict)
    by_notice: bool = False
    known: dict[str, Running] = field(default_factory=dict)

    def request(self, action: str, payload: dict[str, Any]) -> None:
        """Note a status."""
        if action == STATUS:
            place = payload["evseId"], payload["connectorId"]
            self.statuses[place] = payload["connectorStatus"]
        elif action == NOTICE:
            for event in payload["eventData"]:
                evse = event["component"].get("evse", {})
                if event["variable"]["name"] == "AvailabilityState" and "connectorId" in evse:
                    self.statuses[evse["id"], evse["connectorId"]] = event["actualValue"]
                    self.by_notice = True

    def fitted(self, frame: Frame) -> Frame:
        """Count events that were added; note what an event tells of its transaction."""
        if frame[0] != CALL or frame[2] != EVENT:
            return frame
        payload, info = frame[3], frame[3]["transactionInfo"]
        running = self.known.setdefault(info["transactionId"], Running())
        number = payload["seqNo"]
        running.last = max(running.last, number)
        running.evse = payload.get("evse", {}).get("id", running.evse)
        running.state = info.get("chargingState", running.state)
        running.over |= payload["eventType"] == "Ended"
        for value in payload.get("meterValue", ()):
            for sample in value["sampledValue"]:
                if sample.get("measurand", ENERGY) == ENERGY:
                    running.energy = sample["value"]
        shift = sum(1 for place in running.added if place < number)
        return [*frame[:3], {**payload, "seqNo": number + shift}]

    def completed(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Number an event that is added."""
        if action != EVENT:
            return payload
        running = self.known[payload["transactionInfo"]["transactionId"]]
        number = running.last + len(running.added) + 1
        running.added.append(running.last)
        return {**payload, "seqNo": number}

    @property
    def running(self) -> dict[str, Running]:
        """The transactions that run, by id."""
        return {name: one for name, one in self.known.items() if not one.over}


Says201 = Callable[[Seen201], Sequence[Request]]


def _of(says: Says201) -> Says:
    """Return what says something from what a station of this version has told."""
    return lambda seen: says(seen) if isinstance(seen, Seen201) else ()


# -- statuses and monitoring ---------------------------------------------------------------------


def notice(component: dict[str, Any], variable: str, value: str, **more: Any) -> Request:
    """Return a NotifyEvent about a variable."""
    event = {
        "eventId": 77_000,
        "timestamp": now(),
        "trigger": "Delta",
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": component,
        "variable": {"name": variable},
        **more,
    }
    return NOTICE, {"generatedAt": now(), "seqNo": 0, "eventData": [event]}


def _present(here: bool) -> Says:
    """Report the present status of connectors again, of the EVSE of the cases or of others."""

    def says(seen: Seen201) -> Sequence[Request]:
        places = [p for p in seen.statuses if (p[0] == seen.here) == here]
        return [_status(seen, place) for place in places]

    return _of(says)


def _status(seen: Seen201, place: Where) -> Request:
    status, (evse, connector) = seen.statuses[place], place
    if seen.by_notice:
        where = {"name": "Connector", "evse": {"id": evse, "connectorId": connector}}
        return notice(where, "AvailabilityState", status, trigger="Periodic")
    told = {"connectorStatus": status, "evseId": evse, "connectorId": connector}
    return STATUS, {"timestamp": now(), **told}


def _of_evse(seen: Seen201) -> Sequence[Request]:
    evse = {"name": "EVSE", "evse": {"id": seen.here}}
    told = {s for p, s in seen.statuses.items() if p[0] == seen.here} or {"Available"}
    return (notice(evse, "AvailabilityState", told.pop() if len(told) == 1 else "Occupied"),)


def _monitored(seen: Seen201) -> Sequence[Request]:
    fan = {"name": "ExampleFan", "instance": "left"}
    more = {"trigger": "Alerting", "eventNotificationType": "PreconfiguredMonitor"}
    return (notice(fan, "Speed", "2400", cleared=False, techInfo="all is well", **more),)


def _of_connector(seen: Seen201) -> Sequence[Request]:
    """Tell what is monitored at a connector, which is not its status."""
    contactor = {"name": "ExampleContactor", "evse": {"id": seen.here, "connectorId": 1}}
    return (notice(contactor, "Cycles", "4711", trigger="Periodic"),)


# -- meters and transactions ---------------------------------------------------------------------


def _metered(evse: int) -> Says:
    def says(seen: Seen201) -> Sequence[Request]:
        if any(one.evse == evse for one in seen.running.values()):
            return ()
        told = {"evseId": evse, "meterValue": _values(0.0, "Sample.Clock")}
        return (("MeterValues", told),)

    return _of(says)


def _values(energy: float, context: str) -> list[dict[str, Any]]:
    sample = {"value": energy, "context": context, "measurand": ENERGY}
    return [{"timestamp": now(), "sampledValue": [sample]}]


def _updated(identity: str, trigger: str, info: dict[str, Any], **more: Any) -> Request:
    told = {"transactionId": identity, **info}
    return EVENT, {
        "eventType": "Updated",
        "timestamp": now(),
        "triggerReason": trigger,
        "seqNo": 0,
        "transactionInfo": told,
        **more,
    }


def _sampled(trigger: str, context: str) -> Says:
    def says(seen: Seen201) -> Sequence[Request]:
        return [
            _updated(name, trigger, {}, meterValue=_values(one.energy, context))
            for name, one in seen.running.items()
        ]

    return _of(says)


def _states(*order: str, of: tuple[str, ...] = ()) -> Says:
    """Report charging states that a transaction passes through, where it is in one of these."""

    def says(seen: Seen201) -> Sequence[Request]:
        return [
            _updated(name, "ChargingStateChanged", {"chargingState": state})
            for name, one in seen.running.items()
            if one.state in of
            for state in order
        ]

    return _of(says)


def _rate(seen: Seen201) -> Sequence[Request]:
    charging = [name for name, one in seen.running.items() if one.state == "Charging"]
    return [_updated(name, "ChargingRateChanged", {}) for name in charging]


OF_STATION: tuple[Saying, ...] = (
    Saying(
        "Heartbeat", "A station may send a Heartbeat at any time (G02).", fixed("Heartbeat", {})
    ),
    Saying(
        "DataTransfer",
        "A station may send vendor specific data at any time (P02).",
        fixed("DataTransfer", {"vendorId": "org.example", "messageId": "x", "data": {"a": 1}}),
    ),
    Saying(
        "SecurityEventNotification",
        "A station tells of security events (A04).",
        _of(
            lambda seen: (
                ("SecurityEventNotification", {"type": "SettingSystemTime", "timestamp": now()}),
            )
        ),
    ),
    Saying(
        "MeterValues of the station",
        "A station may send clock-aligned values of itself (J01).",
        _metered(0),
    ),
    Saying(
        "MeterValues of another EVSE",
        "A station may send clock-aligned values of an EVSE without a transaction (J01).",
        _metered(2),
    ),
    Saying(
        "MeterValues of the EVSE",
        "A station may send clock-aligned values of an EVSE without a transaction (J01).",
        _metered(1),
    ),
    Saying(
        "periodic values of the transaction",
        "A station samples while a transaction runs (E02.FR.10, J02).",
        _sampled("MeterValuePeriodic", "Sample.Periodic"),
    ),
    Saying(
        "clock-aligned values of the transaction",
        "A station may tell clock-aligned values while a transaction runs (J01).",
        _sampled("MeterValueClock", "Sample.Clock"),
    ),
    Saying(
        "another charging rate",
        "A station tells that its own limit has changed the rate (TriggerReasonEnumType).",
        _of(_rate),
    ),
    Saying(
        "energy suspended for a moment",
        "The vehicle may stop to take energy for a moment (E02).",
        _states("SuspendedEV", "Charging", of=("Charging",)),
        rare=True,
    ),
    Saying(
        "status again",
        "The present status of the connector may be reported again.",
        _present(True),
        rare=True,
    ),
    Saying(
        "status of others again",
        "The present status of another connector may be reported again.",
        _present(False),
        rare=True,
    ),
    Saying(
        "status of the EVSE",
        "An EVSE and the station have an AvailabilityState besides that of connectors (G01).",
        _of(_of_evse),
        rare=True,
    ),
    Saying(
        "an event of monitoring",
        "A station tells of what its maker has it monitor (N07).",
        _of(_monitored),
        rare=True,
    ),
    Saying(
        "an event of monitoring at the connector",
        "What is monitored may be a component of a connector (N07).",
        _of(_of_connector),
        rare=True,
    ),
)

SUSPENDED: tuple[Saying, ...] = (
    Saying(
        "suspended by the station first",
        "Between the authorization and the energy, the station may suspend it (E02).",
        _states("SuspendedEVSE", of=("EVConnected",)),
    ),
    Saying(
        "suspended by the station, then the vehicle",
        "Between the authorization and the energy, both may suspend it one after the other.",
        _states("SuspendedEVSE", "SuspendedEV", of=("EVConnected",)),
    ),
)
"""Said before an event that tells that energy flows."""

STOPPING = Saying(
    "the end of the energy by itself",
    "Each trigger may be told by an event of its own (E02.FR.17, E03.FR.12).",
    _states("EVConnected", of=("Charging",)),
)
"""Said before an event that ends a transaction for another reason than its charging state."""


# -- the CSMS ------------------------------------------------------------------------------------


def variable(component: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a variable as requests name it."""
    return {"component": {"name": component}, "variable": {"name": name}, **more}


_LIMIT = {
    "evseId": 0,
    "chargingProfile": {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "ChargingStationMaxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {
                "id": 1,
                "startSchedule": "2029-01-01T00:00:00Z",
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
            }
        ],
    },
}
_ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "GetVariables",
        "A CSMS may read variables at any time (B06).",
        {"getVariableData": [variable("AuthCtrlr", "Enabled")]},
    ),
    (
        "SetVariables",
        "A CSMS may change a variable at any time (B05).",
        {"setVariableData": [variable("OCPPCommCtrlr", "HeartbeatInterval", attributeValue="300")]},
    ),
    (
        "GetBaseReport",
        "A CSMS may ask for a report at any time (B07).",
        {"requestId": 990_001, "reportBase": "FullInventory"},
    ),
    (
        "GetReport",
        "A CSMS may ask for a report of some variables (B08).",
        {"requestId": 990_002, "componentCriteria": ["Problem"]},
    ),
    (
        "TriggerMessage of Heartbeat",
        "A CSMS may ask for a Heartbeat (F06).",
        {"requestedMessage": "Heartbeat"},
    ),
    (
        "TriggerMessage of StatusNotification",
        "A CSMS may ask for a status (F06).",
        {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}},
    ),
    ("GetLocalListVersion", "A CSMS may ask for the version of the local list (D02).", {}),
    (
        "SendLocalList",
        "A CSMS may send the local list (D01).",
        {"versionNumber": 7, "updateType": "Full"},
    ),
    ("DataTransfer", "A CSMS may send vendor specific data (P01).", {"vendorId": "org.example"}),
    ("SetChargingProfile", "A CSMS may limit the station (K01).", _LIMIT),
    ("GetTransactionStatus", "A CSMS may ask whether messages are queued (E14).", {}),
    ("ClearCache", "A CSMS may have the cache cleared (C11).", {}),
    (
        "GetInstalledCertificateIds",
        "A CSMS may ask for the certificates that are installed (M03).",
        {},
    ),
    ("SetMonitoringBase", "A CSMS may choose what is monitored (N03).", {"monitoringBase": "All"}),
    (
        "GetChargingProfiles",
        "A CSMS may ask for charging profiles (K09).",
        {"requestId": 990_003, "chargingProfile": {}},
    ),
    (
        "GetLog",
        "A CSMS may ask for a log (N01).",
        {
            "requestId": 990_004,
            "logType": "DiagnosticsLog",
            "log": {"remoteLocation": "https://files.testbay.example/log"},
        },
    ),
)
OF_CSMS = tuple(Saying(n, text, fixed(n.split(" of ")[0], said)) for n, text, said in _ASKED)
