"""What a conforming system of OCPP 1.6 may say of its own accord, once a station is accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from testbay.proof.tolerance_acts import Request, Says
from testbay.proof.tolerance_speech import Saying, fixed, now
from testbay.proof.tolerance_wire import Seen

SUSPENDED = ("SuspendedEV", "SuspendedEVSE")


@dataclass
class Seen16(Seen):
    """What a station has told of its connectors, and which transactions run on them."""

    statuses: dict[int, str] = field(default_factory=dict)
    transactions: dict[int, int] = field(default_factory=dict)

    def request(self, action: str, payload: dict[str, Any]) -> None:
        """Note a status, or the end of a transaction; a boot leaves no status to tell again."""
        if action == "BootNotification":
            self.statuses = {}
        elif action == "StatusNotification":
            self.statuses[payload["connectorId"]] = payload["status"]
        elif action == "StopTransaction":
            ended = payload["transactionId"]
            self.transactions = {c: t for c, t in self.transactions.items() if t != ended}

    def reply(self, action: str, payload: dict[str, Any], answer: dict[str, Any]) -> None:
        """Note that a transaction has begun."""
        if action == "StartTransaction":
            self.transactions[payload["connectorId"]] = answer["transactionId"]

    def place(self, connector: int) -> str:
        """Return which connector this is: ``station``, ``here`` or one of the ``others``."""
        if connector == 0:
            return "station"
        return "here" if connector == self.here else "others"


Says16 = Callable[[Seen16], Sequence[Request]]


def _of(says: Says16) -> Says:
    """Return what says something from what a station of this version has told."""
    return lambda seen: says(seen) if isinstance(seen, Seen16) else ()


def _status(connector: int, status: str, **more: Any) -> Request:
    told = {"connectorId": connector, "errorCode": "NoError", "status": status}
    return "StatusNotification", told | {"timestamp": now()} | more


def _present(pick: str, **more: Any) -> Says:
    """Report the present status of a connector again: ``here``, ``others`` or ``station``."""

    def says(seen: Seen16) -> Sequence[Request]:
        chosen = [c for c in seen.statuses if seen.place(c) == pick]
        return [_status(c, seen.statuses[c], **more) for c in chosen]

    return _of(says)


def _sample(connector: int, transaction: int | None, context: str, value: str) -> Request:
    sampled = {"value": value, "context": context, "measurand": "Energy.Active.Import.Register"}
    payload: dict[str, Any] = {
        "connectorId": connector,
        "meterValue": [{"timestamp": now(), "sampledValue": [{**sampled, "unit": "Wh"}]}],
    }
    return "MeterValues", payload if transaction is None else payload | {
        "transactionId": transaction
    }


def _measured(context: str) -> Says:
    def says(seen: Seen16) -> Sequence[Request]:
        return [_sample(c, t, context, "1234") for c, t in seen.transactions.items()]

    return _of(says)


def _clock(seen: Seen16) -> Sequence[Request]:
    return [_sample(c, None, "Sample.Clock", "1000") for c in (0, 2)]


def _suspended(*order: str) -> Says:
    """Report what a connector passes through between Preparing, Charging and Finishing."""

    def says(seen: Seen16) -> Sequence[Request]:
        passing = ("Preparing", "Charging", *SUSPENDED)
        here = [c for c, s in seen.statuses.items() if seen.place(c) == "here" and s in passing]
        return [_status(c, s) for c in here for s in order if s != seen.statuses[c]]

    return _of(says)


OF_STATION: tuple[Saying, ...] = (
    Saying(
        "Heartbeat", "A station may send a Heartbeat at any time (4.6).", fixed("Heartbeat", {})
    ),
    Saying(
        "DataTransfer",
        "A station may send vendor specific data at any time (4.3).",
        fixed("DataTransfer", {"vendorId": "org.example", "messageId": "x", "data": "{}"}),
    ),
    Saying(
        "DiagnosticsStatusNotification",
        "Idle says that no diagnostics are uploaded (4.4).",
        fixed("DiagnosticsStatusNotification", {"status": "Idle"}),
    ),
    Saying(
        "FirmwareStatusNotification",
        "Idle says that no firmware is updated (4.5).",
        fixed("FirmwareStatusNotification", {"status": "Idle"}),
    ),
    Saying(
        "SecurityEventNotification",
        "A station tells of security events (security whitepaper, A04).",
        lambda seen: (
            (
                "SecurityEventNotification",
                {"type": "SettingSystemTime", "timestamp": now()},
            ),
        ),
    ),
    Saying(
        "LogStatusNotification",
        "Idle says that no log is uploaded (security whitepaper).",
        fixed("LogStatusNotification", {"status": "Idle"}),
    ),
    Saying(
        "clock-aligned MeterValues",
        "A station may measure at any time, for itself and connectors without a transaction (4.7).",
        _of(_clock),
    ),
    Saying(
        "periodic MeterValues",
        "A station samples while a transaction runs (4.7).",
        _measured("Sample.Periodic"),
    ),
    Saying(
        "status of the station again",
        "A status may be reported again; connector 0 is the station.",
        _present("station"),
        rare=True,
    ),
    Saying(
        "status of others again",
        "The present status of another connector may be reported again.",
        _present("others"),
        rare=True,
    ),
    Saying(
        "status again",
        "The present status of the connector may be reported again.",
        _present("here"),
        rare=True,
    ),
    Saying(
        "a warning",
        "An error with a status other than Faulted is a warning (4.9).",
        _present("here", errorCode="HighTemperature", info="fan at full speed"),
        rare=True,
    ),
)

BEGINNING = Saying(
    "MeterValues of the beginning",
    "A station may send what it measured at the beginning of a transaction (7.37).",
    _measured("Transaction.Begin"),
)
"""Said once a transaction has started."""

PASSING: tuple[Saying, ...] = (
    Saying(
        "suspended by the vehicle",
        "Between two statuses a connector may be SuspendedEV (4.9).",
        _suspended("SuspendedEV"),
    ),
    Saying(
        "suspended by the station, then the vehicle",
        "Between two statuses a connector may be SuspendedEVSE and then SuspendedEV (4.9).",
        _suspended("SuspendedEVSE", "SuspendedEV"),
    ),
)
"""Said before a StatusNotification Charging or Finishing, or a Start- or StopTransaction."""

OF_CSMS: tuple[Saying, ...] = (
    Saying(
        "GetConfiguration",
        "A CSMS may read all settings at any time (5.8).",
        fixed("GetConfiguration", {}),
    ),
    Saying(
        "GetConfiguration of a key",
        "A CSMS may read a setting at any time (5.8).",
        fixed("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    ),
    Saying(
        "GetConfiguration of several keys",
        "A CSMS may read several settings at any time, such as those it needs after a boot (5.8).",
        fixed(
            "GetConfiguration",
            {"key": ["SupportedFeatureProfiles", "NumberOfConnectors", "GetConfigurationMaxKeys"]},
        ),
    ),
    Saying(
        "ChangeConfiguration",
        "A CSMS may change a setting at any time (5.3).",
        fixed("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "900"}),
    ),
    Saying(
        "ChangeConfiguration of an unknown key",
        "A CSMS may try keys of vendors (5.3).",
        fixed("ChangeConfiguration", {"key": "ExampleVendor/Brightness", "value": "80"}),
    ),
    Saying(
        "TriggerMessage Heartbeat",
        "A CSMS may ask for a Heartbeat (5.17).",
        fixed("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ),
    Saying(
        "TriggerMessage StatusNotification",
        "A CSMS may ask for a status (5.17).",
        fixed("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}),
    ),
    Saying(
        "GetLocalListVersion",
        "A CSMS may ask for the version of the local list (5.10).",
        fixed("GetLocalListVersion", {}),
    ),
    Saying(
        "SendLocalList",
        "A CSMS may send the local list (5.15).",
        fixed("SendLocalList", {"listVersion": 7, "updateType": "Full"}),
    ),
    Saying(
        "DataTransfer",
        "A CSMS may send vendor specific data (5.6).",
        fixed("DataTransfer", {"vendorId": "org.example"}),
    ),
    Saying(
        "SetChargingProfile",
        "A CSMS may limit the station (5.16); one that does not support that says so.",
        fixed(
            "SetChargingProfile",
            {
                "connectorId": 0,
                "csChargingProfiles": {
                    "chargingProfileId": 1,
                    "stackLevel": 0,
                    "chargingProfilePurpose": "ChargePointMaxProfile",
                    "chargingProfileKind": "Relative",
                    "chargingSchedule": {
                        "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
                    },
                },
            },
        ),
    ),
)
