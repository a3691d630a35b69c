"""What the ends of an embedded lane are given: serial number, password, signed firmware."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from testbay.campaign.config import IDENTITY
from testbay.pki import firmware
from testbay.pki.lab import Lab
from testbay.protocol.versions import Version
from testbay.roles.passwords import password_bytes

PASSWORD = "authorization_key"
PASSWORDS = (PASSWORD, "basic_auth_password")  # the configured value, by what a suite calls it
SERIAL = "serial_number"
SIGNATURE, SIGNER = "firmware_signature", "signing_certificate"
LOGS = "log_location"
LOCATION, SPOILED = "firmware_location", "spoiled_firmware_location"
SEED = 1  # of the keys that embedded systems make


def serial_number(values: Mapping[str, Any]) -> str:
    """Return the serial number of the station as its certificate has it."""
    return str(values.get(SERIAL) or values[IDENTITY])


def password_name(values: Container[str]) -> str:
    """Return what a suite calls the password of the station, among its configured values."""
    return next((name for name in PASSWORDS if name in values), PASSWORD)


def as_csms(password: str, version: Version) -> str:
    """Write a password as the reference CSMS reads it."""
    read = password_bytes(password, version.hex_passwords)
    return password if read == password.encode() else f"hex:{read.hex()}"


def signed_firmware(lab: Lab, values: Mapping[str, Any]) -> dict[str, str]:
    """Return signature and signing certificate of the firmware that a CSMS sends, by their names.

    The tester's own stay as they are.
    """
    if values.get(SIGNATURE) or SIGNATURE not in values:
        return {}
    signer = lab.signer()
    signature = firmware.signature(firmware.image("2.0.0"), signer.key)
    return {SIGNATURE: signature, SIGNER: signer.chain}


def told_of_firmware(values: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what a reference CSMS is told: signature, certificate, location of each image."""
    signature, certificate = str(values.get(SIGNATURE, "")), str(values.get(SIGNER, ""))
    if not signature:
        return []
    told = [(signature, certificate, str(values.get(LOCATION, "")))]
    if spoiled := str(values.get(SPOILED, "")):
        told.append((firmware.spoiled(signature), certificate, spoiled))
    return told
