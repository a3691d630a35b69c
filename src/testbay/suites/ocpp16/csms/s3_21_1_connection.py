"""3.21.1 Security: passwords and certificates of the connection."""

from __future__ import annotations

from testbay.scenario.checks import eq, omitted
from testbay.suites.ocpp16.actions import (
    CHANGE_PASSWORD,
    DELETE_CERTIFICATE,
    INSTALL_CERTIFICATE,
    LIST_CERTIFICATES,
    RENEW_CERTIFICATE,
)
from testbay.suites.ocpp16.chains import names, same_certificate, signed_for
from testbay.suites.ocpp16.checks import same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp16.features import (
    on_profile_1,
    on_profile_2,
    on_profile_3,
    security_profile_2,
    security_profile_3,
)
from testbay.suites.ocpp16.passwords import HEX_PASSWORD
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import CSMS_ROOT, RENEWAL

GROUP = "3.21 Security"
MANUFACTURER_ROOT = "ManufacturerRootCertificate"
OTHERS = "Messages about other settings, which a CSMS may send at any time, are let pass."
OTHER_USES = (
    "A CSMS may list certificates for other uses as well: only the one named is waited for."
)
DELETED = "Afterwards the CSMS is asked to delete the certificate."
ALGORITHMS = ("SHA256", "SHA384", "SHA512")


@csms(
    "TC_073_CSMS",
    "The CSMS gives the station another password",
    group=GROUP,
    requires=on_profile_1 | on_profile_2,
    readings=(
        "The station reconnects without a restart: it does not boot again (OCPP-J 5.3).",
        "That the CSMS takes the password it has given is a validation of step 3.",
        "Afterwards the CSMS is asked to give the configured password back.",
        OTHERS,
    ),
)
async def tc_073_csms(t: CsmsTest) -> None:
    t.manual(CHANGE_PASSWORD)
    told = await t.expect(
        1,
        "ChangeConfiguration",
        *HEX_PASSWORD,
        where=same_text("key", "AuthorizationKey"),
        reply=ACCEPTED,
    )
    await t.take_password(3, told)


@csms(
    "TC_074_CSMS",
    "The CSMS has the station renew its certificate",
    group=GROUP,
    requires=on_profile_3,
    readings=(
        "The type of algorithm is that of the signature (signing_algorithm); the key of the "
        "request is of the same type. Unless one is configured, RSA and ECDSA are both fine.",
        "The certificate of the station is the one in the chain that is no authority.",
        "The station reconnects without a restart: it does not boot again (OCPP-J 5.3).",
        "Afterwards the station shows the configured certificate again, if the CSMS takes it.",
    ),
)
async def tc_074_csms(t: CsmsTest) -> None:
    t.manual(RENEW_CERTIFICATE)
    asked = await t.expect(
        1, "ExtendedTriggerMessage", omitted("connectorId"), where=RENEWAL, reply=ACCEPTED
    )
    csr = await t.request_certificate(3, asked, eq("status", "Accepted"))
    signed = await t.expect(
        5, "CertificateSigned", *signed_for(csr), reply=ACCEPTED, within=cfg.signing_time
    )
    await t.take_certificate("certificate", signed)
    await t.reconnect(7)


@csms(
    "TC_075_1_CSMS",
    "The CSMS installs a root certificate of the manufacturer",
    group=GROUP,
    requires=security_profile_2 | security_profile_3,
    readings=(OTHER_USES, DELETED),
)
async def tc_075_1_csms(t: CsmsTest) -> None:
    t.undo(lambda: t.remove_root(MANUFACTURER_ROOT))
    root = await t.root("manufacturer_root")
    t.manual(INSTALL_CERTIFICATE(use=MANUFACTURER_ROOT))
    await t.expect(
        1,
        "InstallCertificate",
        eq("certificateType", MANUFACTURER_ROOT),
        same_certificate("certificate", root),
        reply=ACCEPTED,
    )
    t.manual(LIST_CERTIFICATES(use=MANUFACTURER_ROOT))
    await t.expect(3, "GetInstalledCertificateIds", where=eq("certificateType", MANUFACTURER_ROOT))


@csms(
    "TC_075_2_CSMS",
    "The CSMS installs a root certificate of its own",
    group=GROUP,
    requires=security_profile_2 | security_profile_3,
    readings=(OTHER_USES, DELETED),
)
async def tc_075_2_csms(t: CsmsTest) -> None:
    t.undo(lambda: t.remove_root(CSMS_ROOT))
    root = await t.root("csms_root_2")
    t.manual(INSTALL_CERTIFICATE(use=CSMS_ROOT))
    await t.expect(
        1,
        "InstallCertificate",
        eq("certificateType", CSMS_ROOT),
        same_certificate("certificate", root),
        reply=ACCEPTED,
    )
    t.manual(LIST_CERTIFICATES(use=CSMS_ROOT))
    await t.expect(3, "GetInstalledCertificateIds", where=eq("certificateType", CSMS_ROOT))


@csms(
    "TC_076_CSMS",
    "The CSMS deletes a certificate, which the station names by each hash algorithm",
    group=GROUP,
    readings=(
        "The configured hash algorithm is the one by which the station names its certificates: "
        "each of the three in turn.",
        "The optional step 7 is waited for as long as nothing else comes (settle_time).",
        OTHER_USES,
    ),
)
async def tc_076_csms(t: CsmsTest) -> None:
    for algorithm in ALGORITHMS:
        t.hash_with(algorithm)
        with t.round(algorithm):
            t.manual(INSTALL_CERTIFICATE(use=CSMS_ROOT))
            ours = eq("certificateType", CSMS_ROOT)
            sent = await t.expect(1, "InstallCertificate", where=ours, reply=ACCEPTED)
            t.manual(DELETE_CERTIFICATE(use=CSMS_ROOT))
            await t.expect(3, "GetInstalledCertificateIds", where=ours)
            await t.expect(
                5,
                "DeleteCertificate",
                eq("certificateHashData.hashAlgorithm", algorithm),
                names("certificateHashData", sent["certificate"], algorithm),
            )
            await t.maybe(7, "GetInstalledCertificateIds", where=ours, within=cfg.settle_time)
