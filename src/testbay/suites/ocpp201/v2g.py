"""How a station under test is given a certificate for ISO 15118 (block A)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from testbay.pki.inspect import Csr, csr
from testbay.pki.lab import Lab
from testbay.roles.certificates import Stands, key_of, tampered
from testbay.scenario.case import if_implemented, if_writable, state
from testbay.scenario.checks import eq
from testbay.scenario.values import Received, pick
from testbay.suites.ocpp201 import secure
from testbay.suites.ocpp201.certificates import IS_REQUEST
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.reports import VALUE, reported
from testbay.suites.ocpp201.settings import setting

if TYPE_CHECKING:
    from testbay.suites.ocpp201.station_test import StationTest

VEHICLES = "ISO15118Ctrlr"
KIND = "V2GCertificate"
LEAST = 256  # bits
BEFORE = (
    if_implemented(setting(VEHICLES, "V2GCertificateInstallationEnabled", True)),
    if_writable(setting(VEHICLES, "CountryName", "NL")),
    if_writable(setting(VEHICLES, "OrganizationName", cfg.vendor_name)),
)


def _flawed_requests(text: str) -> Iterator[str]:
    lab = Lab.seeded()
    yield lab.request("ANOTHER-STATION", weak=True).csr
    yield lab.request("ANOTHER-STATION", kind="rsa").csr
    yield tampered(text)


def _by_ecdsa(request: Csr, _: Any) -> tuple[bool, str]:
    return request.key == "EC" and request.bits >= LEAST, key_of(request)


BY_ECDSA = Stands(
    "csr",
    f"is for a key of an elliptic curve, with {LEAST} bits at least",
    csr,
    _by_ecdsa,
    _flawed_requests,
)


def names_secc(secc: str) -> Stands:
    """The request names the SECC in its CN."""
    return Stands(
        "csr",
        "has the SeccId in its CN",
        csr,
        lambda request, _: (secc in request.common_name, f"{request.common_name} ({secc})"),
        _flawed_requests,
        (secc,),
    )


def seccs(parts: list[Received]) -> dict[int | None, str]:
    """Return the SeccIds in a report, by EVSE; None: of the station."""
    found: dict[int | None, str] = {}
    for name, (_, _, variable) in reported(parts).items():
        place, _, what = name.partition(".")
        component, _, evse = place.partition("@")
        value = pick(variable, VALUE)
        if (
            (component, what) == (VEHICLES.casefold(), "seccid")
            and value
            and isinstance(value, str)
        ):
            found[int(evse.partition(".")[0]) if evse else None] = value
    return found


@state(f"What the station reports of its {VEHICLES} is known")
async def known(t: StationTest) -> None:
    """Have the station report everything."""
    number = t.fresh()
    asked = {"requestId": number, "reportBase": "FullInventory"}
    await t.call(1, "GetBaseReport", asked, secure.ACCEPTED)
    await t.report(3, number)


@state(
    "RenewV2GChargingStationCertificate",
    readings=(
        "Without EVSE where the SeccId is one of the whole station, or where there is none.",
        "The request is for a V2GCertificate, as that is what the trigger asks for (A02.FR.13).",
        "CountryName and OrganizationName are left as they are where they cannot be written: "
        "nothing that is judged depends on them. OrganizationName becomes vendor_name.",
        "The station trusts v2g_root of the laboratory already, and keeps the certificate.",
    ),
)
async def renewed(t: StationTest) -> None:
    """Have the station get a certificate for each SeccId that it has reported."""
    found = seccs(t.received("NotifyReport")) or {None: ""}
    for evse, secc in found.items():
        with t.round(f"EVSE {evse}" if evse else "station"):
            await t.trigger(1, f"Sign{KIND}", evse=evse)
            named = (names_secc(secc),) if secc else ()
            kind = eq("certificateType", KIND)
            request = await t.asked_to_sign(3, IS_REQUEST, BY_ECDSA, kind, *named)
            chain = await t.signed(request, use="v2g")
            signed = secure.handed_over(chain, KIND)
            await t.call(5, "CertificateSigned", signed, secure.ACCEPTED)
