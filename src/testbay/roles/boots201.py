"""What lets an OCPP 2.0.1 station boot: the calls after which a boot was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testbay.roles.boots import Boots
from testbay.scenario.values import Answer, Lost, Received, pick

SECURES = ("CertificateSigned", "InstallCertificate", "DeleteCertificate")
"""Calls after which a station may begin anew, so that other certificates count."""

MOVES = ("UpdateFirmware", "SetNetworkProfile")
"""Calls after which a station may boot more than once: to use what is new, and to fall back."""

PRIORITY = "networkconfigurationpriority"
SECURITY = "securityctrlr"

UPDATING = (
    *("DownloadScheduled", "Downloading", "DownloadPaused", "Downloaded"),
    *("SignatureVerified", "InstallScheduled", "Installing", "InstallRebooting"),
)
"""Statuses of firmware after which an update goes on, over the end of a case as well."""

TRIGGERED = "Triggered"
"""The reason of a boot that is no restart (BootReasonEnumType)."""


def observe(boots: Boots, message: Received, accepted: bool | None) -> None:
    """See a message of the station.

    Args:
        accepted: whether its last boot was accepted.
    """
    if message.action != "BootNotification":
        boots.observe(message, accepted)
        return
    reason = str(message.get("reason") or "")
    product = message.get("chargingStation") or {}
    boots.boots(product, accepted, reason=reason, restarted=reason != TRIGGERED)


def called(boots: Boots, action: str, payload: Mapping[str, Any], reply: Answer) -> None:
    """See a call of the tool that lets the station boot."""
    status = reply.get("status") if isinstance(reply, dict) else ""
    if action == "Reset":
        taken = status in ("Accepted", "Scheduled") or isinstance(reply, Lost)
        boots.ask(owed=taken and "evseId" not in payload)
    elif action in (*SECURES, *MOVES) or payload.get("requestedMessage") == "BootNotification":
        boots.ask(several=action in MOVES)
    elif action == "SetVariables":
        _set(boots, payload, reply)


def _set(boots: Boots, payload: Mapping[str, Any], reply: Answer) -> None:
    """See variables written: some take effect by a new connection, some by a restart."""
    data = payload.get("setVariableData", ())
    names = [str(pick(d, "variable.name")).casefold() for d in data]
    owners = [str(pick(d, "component.name")).casefold() for d in data]
    results = reply.get("setVariableResult", ()) if isinstance(reply, dict) else ()
    if PRIORITY in names:
        boots.ask(several=True)
    elif SECURITY in owners or any(
        isinstance(r, dict) and r.get("attributeStatus") == "RebootRequired" for r in results
    ):
        boots.ask()
