"""3.21.2 Security: events and logs."""

from __future__ import annotations

from testbay.roles.certificates import is_pem, of_the_key
from testbay.scenario.checks import eq, omitted
from testbay.suites.ocpp16.actions import (
    FETCH_SECURITY_LOG,
    INSTALL_CERTIFICATE,
    RENEW_CERTIFICATE,
)
from testbay.suites.ocpp16.chains import same_certificate
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms.s3_21_1_connection import GROUP
from testbay.suites.ocpp16.csms_test import ACCEPTED, REJECTED, CsmsTest
from testbay.suites.ocpp16.features import (
    security_profile_1,
    security_profile_2,
    security_profile_3,
)
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import CSMS_ROOT, RENEWAL

LOG = {"status": "Accepted", "filename": "security.log"}


@csms(
    "TC_077_CSMS",
    "The station finds that its new certificate is invalid, and tells of it",
    group=GROUP,
    requires=security_profile_3,
    readings=(
        "The simulated station rejects whatever certificate comes, and keeps the old one.",
        "The signed certificate is one in PEM for the key of the request.",
    ),
)
async def tc_077_csms(t: CsmsTest) -> None:
    t.manual(RENEW_CERTIFICATE)
    asked = await t.expect(
        1, "ExtendedTriggerMessage", omitted("connectorId"), where=RENEWAL, reply=ACCEPTED
    )
    csr = await t.request_certificate(3, asked, eq("status", "Accepted"))
    chain = "certificateChain"
    signed = (is_pem(chain), of_the_key(csr))
    await t.expect(5, "CertificateSigned", *signed, reply=REJECTED, within=cfg.signing_time)
    await t.security_event(7, "InvalidChargePointCertificate")


@csms(
    "TC_078_CSMS",
    "The station finds that a root certificate of the CSMS is invalid, and tells of it",
    group=GROUP,
    requires=security_profile_2 | security_profile_3,
    readings=("The simulated station rejects whatever certificate comes.",),
)
async def tc_078_csms(t: CsmsTest) -> None:
    root = await t.root("csms_root_2")
    t.manual(INSTALL_CERTIFICATE(use=CSMS_ROOT))
    await t.expect(
        1,
        "InstallCertificate",
        eq("certificateType", CSMS_ROOT),
        same_certificate("certificate", root),
        reply=REJECTED,
    )
    await t.security_event(3, "InvalidCentralSystemCertificate")


@csms(
    "TC_079_CSMS",
    "The CSMS fetches the security log",
    group=GROUP,
    requires=security_profile_1 | security_profile_2 | security_profile_3,
    readings=("The simulated station uploads no file: it says so only.",),
)
async def tc_079_csms(t: CsmsTest) -> None:
    t.manual(FETCH_SECURITY_LOG)
    wish = await t.expect(
        1,
        "GetLog",
        eq("log.remoteLocation", cfg.log_location),
        eq("logType", "SecurityLog"),
        reply=LOG,
    )
    await t.log_status(3, "Uploading", wish)
    await t.log_status(5, "Uploaded", wish)
