"""The device model of the station that the tool simulates for OCPP 2.0.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable with its value before anybody has changed it.

    Args:
        kind: dataType of its characteristics.
        values: what a list may hold.
        longest: how many characters it may have; 0: that is not said.
    """

    value: str
    mutability: str = "ReadOnly"
    kind: str = "string"
    values: str = ""
    longest: int = 0


def _flag(value: bool, mutability: str = "ReadWrite") -> Variable:
    return Variable("true" if value else "false", mutability, "boolean")


def _count(value: int, mutability: str = "ReadWrite") -> Variable:
    return Variable(str(value), mutability, "integer")


POINTS = "ParkingBayOccupancy,EVConnected,Authorized,DataSigned,PowerPathClosed,EnergyTransfer"
STARTS = "EVConnected,Authorized"  # this and more as part 6 has it for every case (3.1)
FILES = "HTTP,HTTPS"
ENERGY = "Energy.Active.Import.Register"
LONGEST_PASSWORD = 64  # characters (A00.FR.205, with its erratum)
MOST = 20  # variables in one request


def variables_of(config: Mapping[str, Any]) -> dict[str, Variable]:
    """Return the variables of the simulated station, by ``Component.Name[instance]``."""
    comm, event = "OCPPCommCtrlr", "TransactionEvent"
    found = {
        f"{comm}.HeartbeatInterval": _count(int(config["heartbeat_interval"])),
        f"{comm}.OfflineThreshold": _count(60),
        f"{comm}.MessageTimeout[Default]": _count(30, "ReadOnly"),
        f"{comm}.NetworkConfigurationPriority": Variable("1", "ReadWrite", "SequenceList", "1,2,3"),
        f"{comm}.NetworkProfileConnectionAttempts": _count(3),
        f"{comm}.ActiveNetworkProfile": _count(1, "ReadOnly"),
        f"{comm}.FileTransferProtocols": Variable(FILES, "ReadOnly", "MemberList", FILES),
        f"{comm}.MessageAttempts[{event}]": _count(3),
        f"{comm}.MessageAttemptInterval[{event}]": _count(60),
        f"{comm}.ResetRetries": _count(1),
        f"{comm}.UnlockOnEVSideDisconnect": _flag(True),
        f"{comm}.RetryBackOffRepeatTimes": _count(3),
        f"{comm}.RetryBackOffRandomRange": _count(10),
        f"{comm}.RetryBackOffWaitMinimum": _count(10),
        f"{comm}.WebSocketPingInterval": _count(60),
        "ClockCtrlr.TimeSource": Variable("Heartbeat", "ReadWrite", "SequenceList", "Heartbeat"),
        "AuthCtrlr.Enabled": _flag(True),
        "AuthCtrlr.AuthorizeRemoteStart": _flag(False),
        "AuthCtrlr.LocalAuthorizeOffline": _flag(True),
        "AuthCtrlr.LocalPreAuthorize": _flag(False),
        "TxCtrlr.EVConnectionTimeOut": _count(60),
        "TxCtrlr.StopTxOnEVSideDisconnect": _flag(True),
        "TxCtrlr.StopTxOnInvalidId": _flag(True),
        "TxCtrlr.TxStartPoint": Variable(STARTS, "ReadWrite", "MemberList", POINTS),
        "TxCtrlr.TxStopPoint": Variable("EVConnected", "ReadWrite", "MemberList", POINTS),
        "SecurityCtrlr.OrganizationName": Variable("testbay", "ReadWrite"),
        "SecurityCtrlr.CertificateEntries": _count(0, "ReadOnly"),
        "SecurityCtrlr.SecurityProfile": _count(config.get("security_profile") or 1, "ReadOnly"),
        "SecurityCtrlr.BasicAuthPassword": Variable("", "WriteOnly", longest=LONGEST_PASSWORD),
        "AlignedDataCtrlr.Interval": _count(900),
        "AlignedDataCtrlr.Measurands": Variable(ENERGY, "ReadWrite", "MemberList", ENERGY),
        "SampledDataCtrlr.TxUpdatedInterval": _count(60),
        "SampledDataCtrlr.TxUpdatedMeasurands": Variable(ENERGY, "ReadWrite", "MemberList", ENERGY),
    }
    actions = ("GetReport", "GetVariables", "SetVariables")
    for action in actions:
        found[f"DeviceDataCtrlr.ItemsPerMessage[{action}]"] = _count(MOST, "ReadOnly")
        found[f"DeviceDataCtrlr.BytesPerMessage[{action}]"] = _count(32768, "ReadOnly")
    return found


def find(known: Mapping[str, Variable], asked: Mapping[str, Any]) -> str:
    """Return the name of the variable that a message means, or why there is none."""
    component, variable = asked["component"], asked["variable"]
    prefix = f"{component['name']}.".casefold()
    if component.get("evse") or not any(n.casefold().startswith(prefix) for n in known):
        return "UnknownComponent"
    instance = f"[{variable['instance']}]" if variable.get("instance") else ""
    wanted = f"{component['name']}.{variable['name']}{instance}".casefold()
    return next((n for n in known if n.casefold() == wanted), "UnknownVariable")


def named(name: str) -> dict[str, Any]:
    """Return component and variable as messages name them."""
    component, _, rest = name.partition(".")
    variable, _, instance = rest.rstrip("]").partition("[")
    about: dict[str, Any] = {"component": {"name": component}, "variable": {"name": variable}}
    if instance:
        about["variable"]["instance"] = instance
    return about
