"""Section 2.25, root certificates: installed, listed and deleted."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.certificates import Lists, ListsNoMore
from testbay.suites.ocpp16.features import security_profile_2, security_profile_3
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.secure import CSMS_ROOT, MANUFACTURER_ROOT, NEW_ROOT, ROOT_CHECK, STORE
from testbay.suites.ocpp16.settings import Told
from testbay.suites.ocpp16.states.security import certificate_absent, certificate_installed
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.25 Security", requires=security_profile_2 | security_profile_3)

ACCEPTED = eq("status", "Accepted")
OPERATOR, MANUFACTURER = NEW_ROOT, "manufacturer_root_2"
LIMITS = (Told(STORE), Told(ROOT_CHECK))
FOR_OPERATOR, FOR_MANUFACTURER = (
    {"certificateType": CSMS_ROOT},
    {"certificateType": MANUFACTURER_ROOT},
)
NEW = (
    "The certificate is one that the station does not have: otherwise it is deleted first. After "
    "the case it is as before.",
    "The hash data may be made with any of the three algorithms; hexadecimal digits may be large "
    "or small, a serial number has no leading zeros (white paper 6.1).",
    "Where CertificateStoreMaxLength leaves no room, this cannot be judged.",
)
SUCCESSION = (
    "Where AdditionalRootCertificateCheck is true, the certificate is one that csms_root has "
    "signed; it then stays, as it replaces the other one (white paper M05.FR.09)."
)


@case(
    "TC_075_1_CS",
    "Root certificate of the manufacturer is installed",
    before=(
        *LIMITS,
        certificate_absent(name=MANUFACTURER, use=MANUFACTURER_ROOT),
    ),
    readings=(*NEW, "Garbled: the prerequisite is security profile 2 or 3."),
)
async def tc_075_1_cs(t: StationTest) -> None:
    pem = await t.certificate(MANUFACTURER)
    await t.call(1, "InstallCertificate", {**FOR_MANUFACTURER, "certificate": pem}, ACCEPTED)
    await t.call(3, "GetInstalledCertificateIds", FOR_MANUFACTURER, ACCEPTED, Lists(pem))


@case(
    "TC_075_2_CS",
    "Root certificate of the CSMS is installed",
    before=(
        *LIMITS,
        certificate_absent(name=OPERATOR, use=CSMS_ROOT),
    ),
    readings=(*NEW, SUCCESSION, "The prerequisite is read as in TC_075_1_CS."),
)
async def tc_075_2_cs(t: StationTest) -> None:
    pem = await t.certificate(OPERATOR)
    await t.call(1, "InstallCertificate", {**FOR_OPERATOR, "certificate": pem}, ACCEPTED)
    await t.call(3, "GetInstalledCertificateIds", FOR_OPERATOR, ACCEPTED, Lists(pem, t.issuer(pem)))


@case(
    "TC_076_CS",
    "Root certificate is deleted",
    before=(
        *LIMITS,
        certificate_installed(name=OPERATOR),
    ),
    readings=(
        "The certificate is another one than that by which the station trusts the tool: a station "
        "does not delete that (white paper M04.FR.06).",
        "It is deleted by the hash data that the station has listed in step 2, so that has to name "
        "it.",
        "The status of step 6 may be NotFound: it may have been the only one.",
        SUCCESSION,
    ),
)
async def tc_076_cs(t: StationTest) -> None:
    pem = await t.certificate(OPERATOR)
    listed = await t.call(1, "GetInstalledCertificateIds", FOR_OPERATOR, Lists(pem, t.issuer(pem)))
    named = {"certificateHashData": t.hash_data(listed, pem)}
    await t.call(3, "DeleteCertificate", named, ACCEPTED)
    await t.call(5, "GetInstalledCertificateIds", FOR_OPERATOR, ListsNoMore(pem, t.issuer(pem)))
