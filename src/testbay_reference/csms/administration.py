"""What an administrator can set at the CSMS itself; nothing of it is sent to a station."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field

from testbay_reference.control import Action, Parameters, Refused
from testbay_reference.csms.desk import Desk, Payload
from testbay_reference.csms.options import Policy, SignedFirmware
from testbay_reference.csms.records import Registration
from testbay_reference.csms.tokens import Standing, Token
from testbay_reference.csms_security.door import HIGHEST


class SetToken(Parameters):
    """Say what the CSMS shall know about a token."""

    id_tag: str = Field(min_length=1, max_length=20)
    status: Standing = "Accepted"
    parent: str | None = Field(None, max_length=20, description="Group of the token")
    expiry: AwareDatetime | None = Field(None, description="Expired from then on")


class RemoveToken(Parameters):
    """Name a token."""

    id_tag: str


class SetRegistration(Parameters):
    """Say how BootNotification is answered: by one station, or by all without their own plan."""

    policy: Policy
    interval: int | None = Field(None, ge=0, description="Seconds; none: as configured")
    station: str | None = None


class SetStation(Parameters):
    """Put a station on the list of those that are let in, or give it a password."""

    station: str = Field(min_length=1)
    password: str | None = Field(None, description="Text or hexadecimal; none: it is not asked")


class SetSecurityProfile(Parameters):
    """Say which security profile a station has to use from now on, be it lower than before."""

    profile: int = Field(ge=0, le=HIGHEST, description="0: none in particular")
    station: str | None = Field(None, description="Identity; needed if several are known")
    serial: str | None = Field(None, description="Serial number in its certificate; none: as known")


class SetFirmware(Parameters):
    """Give what goes with a firmware image: its signature and the certificate to that."""

    signature: str = Field(max_length=800, description="In base64")
    certificate: str = Field(max_length=5500, description="PEM")
    location: str = Field("", max_length=512, description="URL; empty: of all without their own")


class Disconnect(Parameters):
    """Name the station to hang up on; needed if several are connected."""

    station: str | None = None


def administration(desk: Desk) -> tuple[Action[Any], ...]:
    """Return the actions of an administrator."""
    ledger = desk.ledger

    async def set_token(wanted: SetToken) -> None:
        expiry: datetime | None = wanted.expiry
        ledger.set_token(Token(wanted.id_tag, wanted.status, wanted.parent, expiry))

    async def remove_token(wanted: RemoveToken) -> None:
        if not ledger.remove_token(wanted.id_tag):
            raise Refused(f"token {wanted.id_tag!r} is not known")

    async def registration(wanted: SetRegistration) -> None:
        usual = ledger.interval(wanted.policy)
        interval = usual if wanted.interval is None else wanted.interval
        ledger.set_plan(Registration(wanted.policy, interval), wanted.station)

    async def set_station(wanted: SetStation) -> None:
        try:
            ledger.set_station(wanted.station, wanted.password)
        except ValueError as error:
            raise Refused(str(error)) from None

    async def set_security_profile(wanted: SetSecurityProfile) -> None:
        known = tuple(ledger.stations)
        if wanted.station is None and len(known) != 1:
            there = ", ".join(known) or "none"
            raise Refused(f"say which station is meant; those known: {there}")
        ledger.require_profile(wanted.station or known[0], wanted.profile, wanted.serial)

    async def set_firmware(wanted: SetFirmware) -> None:
        image = SignedFirmware(wanted.signature, wanted.certificate, wanted.location)
        ledger.firmware[wanted.location] = image

    async def disconnect(wanted: Disconnect) -> Payload:
        station = desk.choose(wanted.station)
        line = desk.line(station.identity)
        if line is not None:
            await line.close(1000, "closed by the operator")
        return {"station": station.identity}

    return (
        Action("set_token", "Set what is known about a token.", SetToken, set_token),
        Action("remove_token", "Forget a token.", RemoveToken, remove_token),
        Action("registration", "Set how boots are answered.", SetRegistration, registration),
        Action("set_station", "Let a station in, with a password.", SetStation, set_station),
        Action(
            "set_security_profile",
            "Set the security profile that a station has to use; nothing is sent to it.",
            SetSecurityProfile,
            set_security_profile,
        ),
        Action(
            "set_firmware",
            "Set the signature of a firmware image, and the certificate to it.",
            SetFirmware,
            set_firmware,
        ),
        Action("disconnect", "Close the connection of a station.", Disconnect, disconnect),
    )
