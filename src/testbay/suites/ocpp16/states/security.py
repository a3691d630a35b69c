"""The states in which a station has certificates or has been reset (2.25, 2.27)."""

from __future__ import annotations

from typing import Any

from testbay.scenario.case import state
from testbay.scenario.checks import eq, one_of
from testbay.suites.ocpp16 import secure
from testbay.suites.ocpp16.certificates import place_of
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.secure import CSMS_ROOT
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.station_test import StationTest

ACCEPTED = eq("status", "Accepted")
RENEWAL = {"requestedMessage": "SignChargePointCertificate"}
HARD = {"type": "Hard"}


def _on_another(t: StationTest, on: int = 0, **_: Any) -> bool:
    """Return whether a state is for another security profile, so that nothing is to be done."""
    return on not in (0, t.security_profile)


@state(
    "CertificateInstalled",
    holds=_on_another,
    readings=(
        "A station that has no certificate of that kind yet answers NotFound in step 2 of the "
        "state (white paper M03.FR.02).",
        "What the state has installed is deleted after the case, unless the station needs it.",
    ),
)
async def certificate_installed(
    t: StationTest, name: str, use: str = CSMS_ROOT, on: int = 0, keep: bool = False
) -> None:
    """See that a root certificate is installed.

    Args:
        on: the security profile that it is for; 0: any.
        keep: leave it there after the case.
    """
    pem = await t.certificate(name)
    kind = {"certificateType": use}
    known = one_of("status", "Accepted", "NotFound")
    answer = await t.call(1, "GetInstalledCertificateIds", kind, known)
    if place_of(answer, pem, t.issuers.get(pem, "")) is None:
        if not keep:
            secure.removes(t, use, pem)
        await t.call(3, "InstallCertificate", {**kind, "certificate": pem}, ACCEPTED)


@state("Certificate not installed")
async def certificate_absent(t: StationTest, name: str, use: str) -> None:
    await secure.without(t, use, await t.certificate(name))


@state(
    "RenewChargePointCertificate",
    holds=_on_another,
    readings=("The certificate that the station has got stays.",),
)
async def renew_charge_point_certificate(t: StationTest, on: int = 0) -> None:
    await t.reach(Setting("CpoName", cfg.vendor_name))
    await t.call(1, "ExtendedTriggerMessage", RENEWAL, ACCEPTED)
    asked = await t.expect(3, "SignCertificate", reply={"status": "Accepted"})
    chain = await t.signed(asked["csr"])
    await t.call(5, "CertificateSigned", {"certificateChain": chain}, ACCEPTED)
    await secure.leaves(t)


@state("Charge Point is triggered to reset")
async def reset(t: StationTest) -> None:
    await t.call(1, "Reset", HARD, ACCEPTED)
