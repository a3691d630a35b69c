"""What the simulated station does for its access to a CSMS: passwords, certificates, profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbay.roles.attempts import UPGRADED
from testbay.roles.certificates import CHAIN, is_pem, of_the_key, under
from testbay.roles.station_model201 import PASSWORD as PASSWORD_VARIABLE
from testbay.roles.station_variables201 import LONGEST_PASSWORD
from testbay.scenario.checks import Judges, Spoil, eq, satisfies
from testbay.scenario.secret import MASK
from testbay.scenario.values import Received, Reply, pick
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp201.actions import (
    ABOVE_STATIONS,
    NEW_KEY,
    OLD_PASSWORD,
    PASSWORD,
    RECONNECT,
    RENEW_CERTIFICATE,
    REQUIRE,
    SET_SECURITY_PROFILE,
    TAKE_CERTIFICATE,
)
from testbay.suites.ocpp201.checks import GRANTED, AboutVariable
from testbay.suites.ocpp201.configured import cfg

if TYPE_CHECKING:
    from testbay.suites.ocpp201.csms_test import CsmsTest

SECURITY, SET = "SecurityCtrlr", "setVariableData"
NEW_PASSWORD = AboutVariable(SET, SECURITY, "BasicAuthPassword")
SHORTEST, LONGEST = 16, LONGEST_PASSWORD  # characters (A00.FR.205, with its erratum)


def _may_be_password(text: str) -> bool:
    """Return whether this is long enough; in a journal something else stands for it."""
    return SHORTEST <= len(text) <= LONGEST or text == MASK


FITS = AboutVariable(
    SET,
    SECURITY,
    "BasicAuthPassword",
    check=satisfies(
        "attributeValue",
        f"is a password of {SHORTEST} to {LONGEST} characters",
        lambda value, _: isinstance(value, str) and _may_be_password(value),
        Spoil("set", "attributeValue", "A" * (SHORTEST - 1)),
        Spoil("set", "attributeValue", "A" * (LONGEST + 1)),
    ),
)
"""The new password may be one (A00.FR.205)."""
MUTUAL = 3  # the security profile in which the station shows a certificate
TAKES = "a CSMS may need a moment until what was accepted counts"
MESSAGES = {
    "station": "SignChargingStationCertificate",
    "v2g": "SignV2GCertificate",
    "combined": "SignCombinedCertificate",
}
OWNER = f"{SECURITY}.OrganizationName"
KINDS = {"station": "ChargingStationCertificate", "v2g": "V2GCertificate"}


def must_be_answered(message: Received, reply: Reply) -> None:
    """End the case where a request came too early and was answered otherwise by default."""
    if message.reply != reply:
        why = f"{message.action} came too early: it was answered by default before the step "
        raise StopCase(Verdict.INCONCLUSIVE, f"{why}could choose")


# -- passwords -------------------------------------------------------------------------------------


def takes_passwords(t: CsmsTest) -> None:
    """Be a station that takes another password, in this case."""
    before = t.model.refuses
    t.model.refuses = tuple(name for name in before if name != PASSWORD_VARIABLE)

    async def as_before() -> None:
        t.model.refuses = before

    t.undo(as_before)


def password_in(told: Received) -> str:
    """Return the password that a SetVariables has."""
    for data in told[SET]:
        if NEW_PASSWORD.judge({SET: [data]}, lambda value: value).passed:
            return str(pick(data, "attributeValue"))
    return ""


async def take_password(t: CsmsTest, told: Received) -> None:
    """Show this password on connections to come, until the case is over."""
    await t.link("password", PASSWORD(value=password_in(told)))
    t.undo(lambda: drop_password(t))
    await t.wait(cfg.settle_time, TAKES)


async def drop_password(t: CsmsTest) -> None:
    """Have the CSMS go back to the password that is configured."""
    if t.model.connection:
        t.model.refuses = ()
        t.manual(OLD_PASSWORD)
        await t.expect(1, "SetVariables", where=NEW_PASSWORD)
    await t.link("password", PASSWORD(value=t.value(cfg.basic_auth_password)))
    await t.wait(cfg.settle_time, TAKES)
    await t.link("password", RECONNECT, UPGRADED)


# -- certificates ----------------------------------------------------------------------------------


async def ask_for_certificate(t: CsmsTest, use: str) -> str:
    """Have the CSMS renew a certificate, and ask for it (steps 1 to 4); return the request."""
    t.manual(RENEW_CERTIFICATE(use=use))
    wanted = eq("requestedMessage", MESSAGES[use])
    asked = await t.expect(1, "TriggerMessage", where=wanted, reply=GRANTED)
    must_be_answered(asked, GRANTED)
    made = await t.link("new key", NEW_KEY(organization=t.model.value(OWNER)))
    payload = {"csr": made["csr"]}
    if use in KINDS:
        payload["certificateType"] = KINDS[use]
    await t.call(3, "SignCertificate", payload, eq("status", "Accepted"))
    return str(made["csr"])


async def signed_certificate(t: CsmsTest, *checks: Judges, reply: Reply = GRANTED) -> Received:
    """Wait for the certificate that has been asked for (steps 5 and 6)."""
    return await t.expect(5, "CertificateSigned", *checks, reply=reply, within=cfg.signing_time)


async def renew(t: CsmsTest) -> None:
    """Renew the certificate with which the station connects, and show it from now on."""
    roots = await t.link("roots", ABOVE_STATIONS)
    if not roots["pem"]:
        t.remark("the root of the certificate is not judged: none is configured ([lab] csms_root)")
    csr = await ask_for_certificate(t, "station")
    signer = (of_the_key(csr), under(roots["pem"]))
    checks = (is_pem(CHAIN), *signer, eq("certificateType", KINDS["station"]))
    signed = await signed_certificate(t, *checks)
    must_be_answered(signed, GRANTED)
    chain = str(signed["certificateChain"])
    await t.link("certificate", TAKE_CERTIFICATE(chain=chain), eq("fits", True))
    t.undo(lambda: drop_certificate(t, chain))


async def drop_certificate(t: CsmsTest, chain: str) -> None:
    """Show the certificate again that is configured, if the CSMS still takes it."""
    await t.link("certificate", TAKE_CERTIFICATE(chain=""))
    if t.value(cfg.security_profile) < MUTUAL:
        return
    t.model.offline = True
    if not (await t.link("certificate", RECONNECT))["upgraded"]:
        await t.link("certificate", TAKE_CERTIFICATE(chain=chain))
        await t.link("certificate", RECONNECT)
        t.remark(
            "the CSMS no longer takes the configured certificate of the station: the run goes "
            "on with the one that it has signed; give the station a certificate afterwards"
        )


# -- the security profile --------------------------------------------------------------------------


async def take_profile(t: CsmsTest, step: int, profile: int) -> None:
    """Restart, and connect with this security profile, until the case is over.

    Raises:
        StopCase: it does not trust the certificate of the CSMS.
    """
    before = int(t.value(cfg.security_profile))
    await t.link("profile", REQUIRE(profile=profile))
    t.model.secured(profile)
    t.undo(lambda: drop_profile(t, before))
    await t.wait(cfg.settle_time, TAKES)
    seen = await t.link(step, RECONNECT)
    if seen.get("by") == "us":
        why = f"the station does not trust the CSMS: {seen.get('reason')}; name the root of its "
        raise StopCase(Verdict.INCONCLUSIVE, f"{why}certificate as csms_root")
    t.check(step + 1, UPGRADED, seen)


async def drop_profile(t: CsmsTest, profile: int) -> None:
    """Have the station put back on this security profile, which OCPP cannot do."""
    t.manual(SET_SECURITY_PROFILE(profile=profile))
    await t.link("profile", REQUIRE(profile=profile))
    t.model.secured(profile)
    await t.wait(cfg.settle_time, TAKES)
    await t.link("profile", RECONNECT, UPGRADED)


def remark_on(t: CsmsTest, signed: Received, *checks: Judges) -> None:
    """Tell what is wrong with a certificate, which the verdict does not depend on."""
    for check in checks:
        outcome = check.judge(signed.payload, t.value)
        if not outcome.passed:
            t.remark(f"{outcome.text}: no, {outcome.actual}")
