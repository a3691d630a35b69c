"""What an operator can want of a station's security: passwords, certificates, the profile."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from testbay_reference.certificates import certificates_of, hash_data, same_certificate
from testbay_reference.control import Action, Refused
from testbay_reference.csms.desk import Desk, Payload, Work, told
from testbay_reference.csms.intents import (
    Command,
    ConnectorId,
    ask_for_message,
    given,
    intent,
    set_key,
)
from testbay_reference.csms.options import Use
from testbay_reference.csms.passwords import LONGEST, SHORTEST, checked_password
from testbay_reference.csms.records import StationRecord
from testbay_reference.csms.settings import PASSWORD, PROFILE
from testbay_reference.csms_security.door import HIGHEST
from testbay_reference.link import RpcError

# What a message of ExtendedTriggerMessage is called where it is not called like that.
_TRIGGERED = {
    "FirmwareStatusNotification": "SignedFirmwareStatusNotification",
    "SignChargePointCertificate": "SignCertificate",
}


class ChangePassword(Command):
    """Give the password that the station shall use from now on; without one it is made."""

    password: str | None = Field(
        None, description="16 to 20 bytes: text in UTF-8, or hexadecimal digits"
    )


class OfUse(Command):
    """Name certificates by what they are used for."""

    use: Use


class RaiseProfile(Command):
    """Name the security profile to change to; without one it is the next higher."""

    profile: int | None = Field(None, ge=1, le=HIGHEST)


class ExtendedTrigger(Command):
    """Name the message to ask for, and of which connector (none: of all)."""

    message: Literal[
        "BootNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "SignChargePointCertificate",
        "StatusNotification",
    ]
    connector: ConnectorId | None = None


def _change_password(desk: Desk, station: StationRecord, wanted: ChangePassword) -> Work:
    if wanted.password is None:
        return set_key(desk, station, PASSWORD, _new_password(desk))
    try:
        value = checked_password(wanted.password).hex().upper()
    except ValueError as error:
        raise Refused(str(error)) from None
    return set_key(desk, station, PASSWORD, value)


def _new_password(desk: Desk) -> str:
    size, name = LONGEST, f"password {desk.ledger.next_number('password')}"
    if desk.ledger.faulty("makes-short-passwords"):
        size = SHORTEST - 1
    elif desk.ledger.faulty("makes-long-passwords"):
        size = LONGEST + 1
    value = desk.ledger.keys.secret(name, size).hex().upper()
    if desk.ledger.faulty("sends-passwords-as-text"):
        return f"Secret {value[:12]}"
    return value


def _raise_profile(desk: Desk, station: StationRecord, wanted: RaiseProfile) -> Work:
    now = desk.ledger.required_profile(station.identity) or station.last_profile
    profile = now + 1 if wanted.profile is None else wanted.profile
    name = station.identity
    if profile > HIGHEST:
        raise Refused(f"station {name!r} uses security profile {HIGHEST}: there is none higher")
    if profile <= now:
        raise Refused(f"station {name!r} uses security profile {now}; it can only be raised")
    if profile > 1 and desk.ledger.options.secure_port is None:
        raise Refused(f"this CSMS has no port with TLS, which profile {profile} needs")
    if desk.ledger.faulty("raises-profile-too-far"):
        profile += 1
    elif desk.ledger.faulty("keeps-profile"):
        profile = now
    return set_key(desk, station, PROFILE, str(profile))


def _extended_trigger(desk: Desk, station: StationRecord, wanted: ExtendedTrigger) -> Work:
    message = _TRIGGERED.get(wanted.message, wanted.message)
    payload = given(requestedMessage=wanted.message, connectorId=wanted.connector)
    return ask_for_message(desk, station, "ExtendedTriggerMessage", payload, message)


def _renew_certificate(desk: Desk, station: StationRecord, wanted: Command) -> Work:
    asked = ExtendedTrigger(message="SignChargePointCertificate", **wanted.model_dump())
    return _extended_trigger(desk, station, asked)


def _root(desk: Desk, use: Use) -> str:
    """Return the root certificate to install for a use.

    Raises:
        Refused: none is known.
    """
    options, authority = desk.ledger.options, desk.ledger.authority
    if use == "CentralSystemRootCertificate":
        return options.csms_root or authority.roots[0]
    if not options.manufacturer_root:
        raise Refused("no root certificate of a manufacturer has been given to this CSMS")
    return options.manufacturer_root


def _install_certificate(desk: Desk, station: StationRecord, wanted: OfUse) -> Work:
    root = _root(desk, wanted.use)
    if desk.ledger.faulty("installs-another-root"):
        root = desk.ledger.authority.stranger.chain
    payload = {"certificateType": wanted.use, "certificate": root}
    return desk.command(station, "InstallCertificate", payload)


def _list_certificates(desk: Desk, station: StationRecord, wanted: OfUse) -> Work:
    def then(answer: Payload) -> None:
        station.installed[wanted.use] = answer.get("certificateHashData", [])

    payload = {"certificateType": wanted.use}
    return desk.command(station, "GetInstalledCertificateIds", payload, then)


def _delete_certificate(desk: Desk, station: StationRecord, wanted: OfUse) -> Work:
    desk.check(station, "DeleteCertificate")
    return _find_and_delete(desk, station, wanted, _root(desk, wanted.use))


async def _find_and_delete(desk: Desk, station: StationRecord, wanted: OfUse, root: str) -> Payload:
    """Ask which hash algorithm the station uses, and delete the certificate as it names it."""
    certificate = certificates_of(root, "the root certificate")[0]
    if desk.ledger.faulty("deletes-without-looking"):
        chosen: Payload | None = hash_data(certificate, certificate, "SHA256")
    else:
        result = await _list_certificates(desk, station, wanted)
        listed = result.get("answer", {}).get("certificateHashData", [])
        fits = [
            one
            for one in listed
            if same_certificate(one, hash_data(certificate, certificate, one["hashAlgorithm"]))
        ]
        chosen = _chosen(desk, listed, fits, hash_data(certificate, certificate, "SHA256"))
        if chosen is None:
            text = "the station does not list this certificate"
            error = {"error": {"code": "NotListed", "description": text}}
            return result if "error" in result else result | error
    payload = {"certificateHashData": chosen}
    answer = await desk.send(station, "DeleteCertificate", payload)
    return told(station, "DeleteCertificate", answer) | (
        {} if isinstance(answer, RpcError) else {"deleted": answer["status"] == "Accepted"}
    )


def _chosen(
    desk: Desk, listed: Sequence[Payload], fits: Sequence[Payload], own: Payload
) -> Payload | None:
    if not fits:
        return None
    if desk.ledger.faulty("deletes-by-sha256"):
        return own
    if desk.ledger.faulty("deletes-another-certificate"):
        others = [one for one in listed if one not in fits]
        return others[0] if others else {**fits[0], "serialNumber": "1"}
    return fits[0]


def security_intents(desk: Desk) -> tuple[Action[Any], ...]:
    """Return the actions of the security extension (white paper)."""
    return (
        intent(
            desk,
            "change_password",
            "Give the station a new password for HTTP Basic authentication.",
            ChangePassword,
            _change_password,
        ),
        intent(
            desk,
            "raise_security_profile",
            "Have the station use a higher security profile.",
            RaiseProfile,
            _raise_profile,
        ),
        intent(
            desk,
            "renew_certificate",
            "Have the station ask for a new certificate of its own.",
            Command,
            _renew_certificate,
        ),
        intent(
            desk,
            "install_certificate",
            "Install a root certificate in the station.",
            OfUse,
            _install_certificate,
        ),
        intent(
            desk,
            "list_certificates",
            "Ask which root certificates are installed in the station.",
            OfUse,
            _list_certificates,
        ),
        intent(
            desk,
            "delete_certificate",
            "Delete the root certificate that this CSMS installs, as the station names it.",
            OfUse,
            _delete_certificate,
        ),
        intent(
            desk,
            "extended_trigger",
            "Ask the station for a message of the security extension now.",
            ExtendedTrigger,
            _extended_trigger,
        ),
    )
