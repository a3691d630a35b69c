"""What lets an OCPP 1.6 station boot: the calls after which a boot was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testbay.roles.boots import Boots
from testbay.scenario.values import Answer, Lost

RESTARTS = ("Reset", "UpdateFirmware", "SignedUpdateFirmware")
"""Calls after which a station may boot."""

SECURES = ("CertificateSigned", "InstallCertificate", "DeleteCertificate")
"""Calls after which a station may begin anew, so that other certificates count."""

SECURITY_KEYS = ("securityprofile", "authorizationkey", "additionalrootcertificatecheck")
"""Settings that may take a new connection, and with it a boot, to take effect."""


def called(boots: Boots, action: str, payload: Mapping[str, Any], reply: Answer) -> None:
    """See a call of the tool that lets the station boot."""
    status = reply.get("status") if isinstance(reply, dict) else ""
    key = str(payload.get("key", "")).casefold()
    triggered = payload.get("requestedMessage") == "BootNotification"
    if action in (*RESTARTS, *SECURES) or triggered:
        taken = status == "Accepted" or isinstance(reply, Lost)
        boots.ask(owed=action == "Reset" and taken, several="Firmware" in action)
    elif action == "ChangeConfiguration" and (status == "RebootRequired" or key in SECURITY_KEYS):
        boots.ask()
