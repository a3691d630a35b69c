"""Firmware, diagnostics and logs: a station fetches or uploads a file where it is told to."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, Field

from testbay_reference.control import Action, Refused
from testbay_reference.csms.desk import Desk, Work
from testbay_reference.csms.intents import Command, given, intent
from testbay_reference.csms.records import StationRecord
from testbay_reference.csms.tokens import stamp


class Transfer(Command):
    """Base of what moves a file: where it lies or goes, and how often to try."""

    location: str = Field(max_length=512, description="URL")
    retries: int | None = Field(None, ge=0)
    retry_interval: int | None = Field(None, ge=0, description="Seconds")


class UpdateFirmware(Transfer):
    """Say where the new firmware lies and from when on it may be fetched and installed."""

    signed: bool = Field(False, description="Send its signature, too (see set_firmware)")
    after: int = Field(0, ge=0, description="Fetch it so many seconds from now")
    install_after: int | None = Field(
        None, ge=0, description="Install it so many seconds from now; for signed firmware only"
    )


class FetchSecurityLog(Transfer):
    """Say where to upload the security log, and from which time it is wanted."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class FetchDiagnostics(FetchSecurityLog):
    """Say where to upload diagnostics, and from which time they are wanted."""

    by_log: bool = Field(False, description="Ask by GetLog, as stations with security know it")


def _update_firmware(desk: Desk, station: StationRecord, wanted: UpdateFirmware) -> Work:
    if wanted.signed and not desk.ledger.faulty("sends-firmware-unsigned"):
        return _update_signed(desk, station, wanted)
    if wanted.install_after is not None:
        raise Refused("only signed firmware can be installed at a time of its own")
    payload = given(
        location=wanted.location,
        retrieveDate=_moment(desk, wanted.after),
        retries=wanted.retries,
        retryInterval=wanted.retry_interval,
    )
    return desk.command(station, "UpdateFirmware", payload)


def _update_signed(desk: Desk, station: StationRecord, wanted: UpdateFirmware) -> Work:
    image = desk.ledger.firmware_at(wanted.location)
    if image is None:
        raise Refused(f"no signature of {wanted.location!r} is known; set it first (set_firmware)")
    later = wanted.install_after
    number = desk.ledger.next_number("firmware")
    firmware = given(
        location=wanted.location,
        retrieveDateTime=_moment(desk, wanted.after),
        installDateTime=None if later is None else _moment(desk, later),
        signingCertificate=image.certificate,
        signature=image.signature,
    )
    payload = given(
        requestId=number,
        firmware=firmware,
        retries=wanted.retries,
        retryInterval=wanted.retry_interval,
    )
    return desk.command(station, "SignedUpdateFirmware", payload, request=number)


def _fetch_diagnostics(desk: Desk, station: StationRecord, wanted: FetchDiagnostics) -> Work:
    if wanted.by_log:
        return _get_log(desk, station, wanted, "DiagnosticsLog")
    payload = given(
        location=wanted.location,
        startTime=_stamp_or_none(wanted.since),
        stopTime=_stamp_or_none(wanted.until),
        retries=wanted.retries,
        retryInterval=wanted.retry_interval,
    )
    return desk.command(station, "GetDiagnostics", payload)


def _fetch_security_log(desk: Desk, station: StationRecord, wanted: FetchSecurityLog) -> Work:
    wrong = desk.ledger.faulty("fetches-diagnostics-instead-of-security-log")
    return _get_log(desk, station, wanted, "DiagnosticsLog" if wrong else "SecurityLog")


def _get_log(desk: Desk, station: StationRecord, wanted: FetchSecurityLog, kind: str) -> Work:
    number = desk.ledger.next_number("log")
    log = given(
        remoteLocation=wanted.location,
        oldestTimestamp=_stamp_or_none(wanted.since),
        latestTimestamp=_stamp_or_none(wanted.until),
    )
    payload = given(
        logType=kind,
        requestId=number,
        log=log,
        retries=wanted.retries,
        retryInterval=wanted.retry_interval,
    )
    return desk.command(station, "GetLog", payload, request=number)


def _moment(desk: Desk, seconds: int) -> str:
    return stamp(desk.ledger.now() + timedelta(seconds=seconds))


def _stamp_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)


def file_intents(desk: Desk) -> tuple[Action[Any], ...]:
    """Return the actions that move files."""
    return (
        intent(
            desk, "update_firmware", "Have new firmware fetched.", UpdateFirmware, _update_firmware
        ),
        intent(
            desk,
            "fetch_diagnostics",
            "Have diagnostics uploaded.",
            FetchDiagnostics,
            _fetch_diagnostics,
        ),
        intent(
            desk,
            "fetch_security_log",
            "Have the security log uploaded.",
            FetchSecurityLog,
            _fetch_security_log,
        ),
    )
