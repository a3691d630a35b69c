"""Reusable states for a CSMS under test (3.22): what the simulated station does to get there."""

from __future__ import annotations

from typing import Any

from testbay.scenario.case import state
from testbay.scenario.checks import When, eq, omitted, one_of, present
from testbay.suites.ocpp16.actions import INSTALL_CERTIFICATE, RENEW_CERTIFICATE, SEND_LIST
from testbay.suites.ocpp16.chains import signed_for
from testbay.suites.ocpp16.checks import same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import (
    ACCEPTED,
    LONGEST_PENDING,
    MOST_BOOTS,
    TOKEN_ACCEPTED,
    CsmsTest,
)

ACCEPTED_SOON = one_of("status", "Accepted", "Pending")


@state(
    "Booted",
    holds=lambda t: t.model.registered,
    readings=(
        "A CSMS may answer Pending at first: the station waits the interval and boots again, "
        f"{MOST_BOOTS} times at most and no longer than {LONGEST_PENDING} s each.",
    ),
)
async def booted(t: CsmsTest) -> None:
    """Boot until the CSMS accepts the station (4.2), and report all connectors."""
    answer = await t.boot(1, ACCEPTED_SOON)
    for again in range(1, MOST_BOOTS):
        pause = t.interval(answer, cfg.boot_interval)
        if answer["status"] != "Pending" or pause > LONGEST_PENDING:
            break
        await t.wait(pause, "a pending station must not boot again earlier")
        with t.round(f"again {again}"):
            answer = await t.boot(1, ACCEPTED_SOON)
    await t.connectors_report(3, "Available")


@state("Authorized")
async def authorized(t: CsmsTest, id_tag: Any = cfg.valid_id_tag, parent: Any = None) -> None:
    """The driver presents a token; with a parent, one of that group."""
    group = "idTagInfo.parentIdTag"
    member = () if parent is None else (When(present(group), same_text(group, parent)),)
    await t.authorize(1, TOKEN_ACCEPTED, *member, id_tag=id_tag)


@state("Charging", holds=lambda t, **_: t.charging)
async def charging(
    t: CsmsTest, id_tag: Any = cfg.valid_id_tag, parent: Any = None, reserved: bool = False
) -> None:
    """The driver plugs in, and charging begins; perhaps at a connector that is reserved."""
    driver = authorized if parent is None else authorized(id_tag=id_tag, parent=parent)
    await t.reach(driver)
    await t.status(1, "Preparing", cfg.connector_id)
    await t.start(3, TOKEN_ACCEPTED, id_tag=id_tag, reserved=reserved)
    await t.status(5, "Charging", cfg.connector_id)


@state("LocalListSent")
async def local_list_sent(t: CsmsTest, without: Any) -> None:
    """The CSMS sends the whole local list, without a token that is to come."""
    t.manual(SEND_LIST(without=without))
    await t.expect(1, "SendLocalList", eq("updateType", "Full"), reply=ACCEPTED)


# -- security --------------------------------------------------------------------------------------

CSMS_ROOT = "CentralSystemRootCertificate"
RENEWAL = eq("requestedMessage", "SignChargePointCertificate")


@state(
    "CertificateInstalled",
    holds=lambda t: t.security_profile != 1 or t.has_root(CSMS_ROOT),
    readings=(
        "CertificateInstalled is needed only where the security profile is 1. Afterwards the CSMS "
        "is asked to delete the certificate.",
    ),
)
async def certificate_installed(t: CsmsTest) -> None:
    """The CSMS installs a root certificate of its own."""
    t.undo(lambda: t.remove_root(CSMS_ROOT))
    t.manual(INSTALL_CERTIFICATE(use=CSMS_ROOT))
    ours = eq("certificateType", CSMS_ROOT)
    await t.expect(1, "InstallCertificate", where=ours, reply=ACCEPTED)


@state(
    "RenewChargePointCertificate",
    holds=lambda t: t.security_profile != 2,
    readings=(
        "RenewChargePointCertificate is needed only where the security profile is 2.",
        "CpoName is what the CSMS has set it to; until then, the configured name of the vendor.",
    ),
)
async def certificate_renewed(t: CsmsTest) -> None:
    """The CSMS has the station ask for a certificate, and signs it."""
    t.manual(RENEW_CERTIFICATE)
    asked = await t.expect(
        1, "ExtendedTriggerMessage", omitted("connectorId"), where=RENEWAL, reply=ACCEPTED
    )
    csr = await t.request_certificate(3, asked, eq("status", "Accepted"))
    signed = await t.expect(
        5, "CertificateSigned", *signed_for(csr), reply=ACCEPTED, within=cfg.signing_time
    )
    await t.take_certificate("certificate", signed)
