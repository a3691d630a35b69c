"""What an operator of the CSMS can want of the security of a station, and what comes of it."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from testbay_reference.control import Action, Refused
from testbay_reference.csms201.intents import Command, named
from testbay_reference.csms201.records import Payload, StationRecord
from testbay_reference.csms201.security import Security
from testbay_reference.csms_security.authority import not_pem
from testbay_reference.csms_security.csr import read_request
from testbay_reference.csms_security.door import HIGHEST
from testbay_reference.csms_security.signing import signed

if TYPE_CHECKING:
    from testbay_reference.csms201.server import Csms

PASSWORD = "SecurityCtrlr.BasicAuthPassword"
PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"
SHORTEST, LONGEST = 16, 40  # characters of a password (A00.FR.205)
TRIGGERS = {
    "station": "SignChargingStationCertificate",
    "v2g": "SignV2GCertificate",
    "combined": "SignCombinedCertificate",
}
OF_STATIONS = "ChargingStationCertificate"


class ChangePassword(Command):
    """Give the password that the station shall use from now on; without one it is made."""

    password: str | None = None


class RenewCertificate(Command):
    """Say which certificate is meant."""

    use: Literal["station", "v2g", "combined"] = "station"


class SetSecurityProfile(Command):
    """Give the security profile that the station has to use, whatever it had to use before."""

    profile: int = Field(ge=0, le=HIGHEST)


def secure_intents(csms: "Csms") -> list[Action[Any]]:
    """Return what the CSMS can be asked for in matters of security."""

    async def change_password(wanted: ChangePassword) -> Payload:
        station = csms.choose(wanted.station)
        value = csms.security.new_password() if wanted.password is None else wanted.password
        if not SHORTEST <= len(value) <= LONGEST:
            raise Refused(f"a password has {SHORTEST} to {LONGEST} characters")
        payload = {"setVariableData": [{**named(PASSWORD), "attributeValue": value}]}
        return await csms.send(station, "SetVariables", payload, wait=wanted.wait)

    async def renew(wanted: RenewCertificate) -> Payload:
        station, message = csms.choose(wanted.station), TRIGGERS[wanted.use]
        station.triggered = (*station.triggered, "SignCertificate")
        asked = {"requestedMessage": message}
        return await csms.send(station, "TriggerMessage", asked, wait=wanted.wait)

    async def set_profile(wanted: SetSecurityProfile) -> Payload:
        known = tuple(csms.security.boots)
        if wanted.station is None and len(known) != 1:
            raise Refused(f"which station is meant? known: {', '.join(known) or 'none'}")
        identity = wanted.station or known[0]
        csms.security.require(identity, wanted.profile)
        return {"station": identity}

    return [
        Action("change_password", "Give the station a password", ChangePassword, change_password),
        Action("renew_certificate", "Renew a certificate", RenewCertificate, renew),
        Action(
            "set_security_profile",
            "Let a station in with this security profile only",
            SetSecurityProfile,
            set_profile,
        ),
    ]


def see(
    security: Security, station: StationRecord, action: str, payload: Payload, answer: Payload
) -> None:
    """See what a station has answered, and remember what it means for its access."""
    if action == "SetNetworkProfile" and answer["status"] == "Accepted":
        profile = payload["connectionData"]["securityProfile"]
        security.profile_stored(station.identity, payload["configurationSlot"], profile)
    elif action == "SetVariables":
        results = answer["setVariableResult"]
        for data, result in zip(payload["setVariableData"], results, strict=False):
            _set(security, station, data, str(result["attributeStatus"]))


def _set(security: Security, station: StationRecord, data: Payload, status: str) -> None:
    name = f"{data['component']['name']}.{data['variable']['name']}"
    value = data["attributeValue"]
    taken = status in ("Accepted", "RebootRequired")
    if name == PASSWORD:
        done = security.password_taken if taken else security.password_refused
        done(station.identity, value)
    elif name == PRIORITY and taken:
        security.priority_set(station.identity, value)


async def sign(csms: "Csms", station: StationRecord, payload: Payload) -> None:
    """Sign a request that has been checked, and send the station its certificate."""
    security = csms.security
    if security.faulty("never-sends-certificate"):
        return
    serials = security.serials(station.identity)
    request = read_request(payload["csr"], serials, security.cpo_name)
    name = f"certificate {security.next_number('certificate')} of a station"
    chain = signed(security, request, name)
    if security.faulty("certificate-not-pem"):
        chain = not_pem(chain)
    sent = {"certificateChain": chain}
    if kind := payload.get("certificateType"):
        sent["certificateType"] = kind
    result = await csms.send(station, "CertificateSigned", sent, wait=True)
    if result.get("answer", {}).get("status") == "Accepted":
        if sent.get("certificateType", OF_STATIONS) == OF_STATIONS:
            security.certificate_taken(station.identity)
    else:
        station.remark("a new certificate was not accepted")
