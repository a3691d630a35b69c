"""How a station is given passwords, certificates and a security profile, and rid of them again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from testbay.roles.passwords import HEX, HEX_LENGTHS
from testbay.scenario.checks import Judges, eq
from testbay.scenario.values import ANY_CODE, Payload, Received, pick
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp16.actions import CERTIFICATE, PASSWORD, REQUIRE, SERVE, SIGN
from testbay.suites.ocpp16.certificates import LISTED, place_of
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.settings import CHANGED

if TYPE_CHECKING:
    from testbay.suites.ocpp16.station_test import StationTest

VALID, PASSWORD_KEY, PROFILE_KEY = "server", "AuthorizationKey", "SecurityProfile"
BYTES = 20  # of a password that is made up
CSMS_ROOT, MANUFACTURER_ROOT = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
KINDS = (CSMS_ROOT, MANUFACTURER_ROOT)
NEW_ROOT, SUCCESSOR = "csms_root_2", "successor"  # the same, but signed by csms_root
ROOT_CHECK, STORE = "AdditionalRootCertificateCheck", "CertificateStoreMaxLength"
WITHOUT_TLS, BY_TOOL = eq("secure", False), eq("by", "us")  # it has not the higher profile yet
TOLD = ("chargePointSerialNumber", "chargeBoxSerialNumber")

# -- who the station is ----------------------------------------------------------------------------


def serial_numbers(t: StationTest) -> tuple[str, ...]:
    """Return the serial numbers that the station may have: configured, or told when it booted.

    Its identity may be one, too. Where it tells none, nobody knows.
    """
    if known := str(t.value(cfg.serial_number)):
        return (known,)
    told = (t.model.about().get(name) for name in TOLD)
    numbers = [name for name in told if isinstance(name, str) and name]
    return tuple(dict.fromkeys([*numbers, t.value(cfg.station_id)])) if numbers else ()


# -- passwords -------------------------------------------------------------------------------------


def made_up_password(t: StationTest) -> str:
    """Return 20 random bytes in hexadecimal digits."""
    return t.random.randbytes(BYTES).hex().upper()


async def change_password(t: StationTest, step: int, value: str, checks: Judges) -> None:
    """Give the station another password, and ask it for that one from now on."""
    facts = t.model.facts
    if not facts.password:
        t.undo(partial(_configured_password, t))
    before = facts.password or cfg.authorization_key
    await t.link("password", PASSWORD(value=value))
    await t.call(step, "ChangeConfiguration", {"key": PASSWORD_KEY, "value": value}, checks)
    if facts.password != value:  # it keeps the one that it has
        await t.link("password", PASSWORD(value=before))


async def _configured_password(t: StationTest) -> None:
    facts, right = t.model.facts, str(t.value(cfg.authorization_key))
    if not facts.password:
        return
    changed = facts.password
    await t.online()
    await t.link("password", PASSWORD(value=cfg.authorization_key))
    value = right if _is_hex(right) else right.encode().hex().upper()
    back = {"key": PASSWORD_KEY, "value": value}
    await t.call("put AuthorizationKey back", "ChangeConfiguration", back, CHANGED)
    if facts.password != value:
        await t.link("password", PASSWORD(value=changed))
        raise StopCase(Verdict.FAIL, "the station keeps the password that it was given last")
    facts.password = ""
    await t.expect(1, "@connect", within=cfg.reconnect_time)


def _is_hex(text: str) -> bool:
    return len(text) in HEX_LENGTHS and len(text) % 2 == 0 and HEX.issuperset(text)


def needs_no_password(t: StationTest, request: Received) -> None:
    """Say in the report where a station shows a password that its security profile does not use."""
    if pick(request, "authorization.password") != "none":
        t.remark(f"the station shows a password, with security profile {t.security_profile}")


# -- certificates ----------------------------------------------------------------------------------


async def certificate(t: StationTest, name: str) -> str:
    """Return a root certificate to install, as PEM; its issuer is kept in ``issuers``.

    A station with AdditionalRootCertificateCheck takes a root of the CSMS only if the one that it
    has has signed it (white paper M05.FR.09).
    """
    if name == NEW_ROOT and replaces_roots(t):
        name = SUCCESSOR
    seen = await t.link("certificate", CERTIFICATE(name=name))
    pem = str(seen["pem"])
    if "issuer" in seen:
        t.issuers[pem] = str(seen["issuer"])
    return pem


def replaces_roots(t: StationTest) -> bool:
    """Return whether a new root of the CSMS replaces the one before."""
    return t.setting(ROOT_CHECK).strip().lower() == "true"


async def signed(t: StationTest, csr: str, flaw: str = "") -> str:
    """Sign what the station has asked to be signed; return the chain as PEM.

    Raises:
        StopCase: it cannot be signed.
    """
    seen = await t.link("sign", SIGN(csr=csr, flaw=flaw) if flaw else SIGN(csr=csr))
    if "error" in seen:
        raise StopCase(t.recorder.bad, f"the request cannot be signed: {seen['error']}")
    return str(seen["chain"])


async def listed(t: StationTest, use: str, pem: str) -> dict[str, Any] | None:
    """Ask which certificates are installed; return how the station names this one.

    Raises:
        StopCase: it does not, and there is no room for it.
    """
    answers = []
    for kind in dict.fromkeys((use, *KINDS)):
        answer = await t.call("list", "GetInstalledCertificateIds", {"certificateType": kind})
        answers.append(answer)
        if kind == use and (place := place_of(answer, pem, t.issuers.get(pem, ""))) is not None:
            return dict(answer[LISTED][place])
        if not t.setting(STORE).isdigit() or t.recorder.phase == "restore":
            return None
    installed = sum(len(answer.get(LISTED, ())) for answer in answers)
    if installed >= int(t.setting(STORE)):
        why = f"{installed} certificates are installed, and {STORE} is {t.setting(STORE)}"
        raise StopCase(Verdict.INCONCLUSIVE, f"there is no room for another one: {why}")
    return None


def hash_data(t: StationTest, listed: Payload, pem: str) -> dict[str, Any]:
    """Return how the station has listed a certificate.

    Raises:
        StopCase: it has not.
    """
    if (place := place_of(listed, pem, t.issuers.get(pem, ""))) is None:
        raise StopCase(t.recorder.bad, "the station does not list the certificate")
    return dict(listed[LISTED][place])


def removes(t: StationTest, use: str, pem: str) -> None:
    """Have a certificate deleted when the case is over, unless it has replaced another one."""
    if use == CSMS_ROOT and replaces_roots(t):
        t.remark(f"the new root certificate stays: {ROOT_CHECK} is true, so it replaces the other")
        return

    async def undo() -> None:
        if (named := await listed(t, use, pem)) is not None:
            gone = {"certificateHashData": named}
            await t.call("delete", "DeleteCertificate", gone, eq("status", "Accepted"))

    t.undo(undo)


async def without(t: StationTest, use: str, pem: str) -> None:
    """See that a certificate is not installed; it will be installed again if it was."""
    if (named := await listed(t, use, pem)) is None:
        removes(t, use, pem)
        return
    again = {"certificateType": use, "certificate": pem}

    async def undo() -> None:
        if await listed(t, use, pem) is None:
            await t.call("install again", "InstallCertificate", again, eq("status", "Accepted"))

    t.undo(undo)
    gone = {"certificateHashData": named}
    answer = await t.call("delete", "DeleteCertificate", gone, or_error=ANY_CODE)
    if answer.get("status") != "Accepted":
        t.remark("the certificate was installed already, and the station keeps it")


# -- the connection --------------------------------------------------------------------------------


async def serve(t: StationTest, step: int, certificate: str) -> Payload:
    """Show another server certificate to connections to come; after the case, the valid one."""
    if certificate != VALID and not t.shows_other:
        t.shows_other = True
        t.undo(partial(_serve_valid, t))
    return await t.link(step, SERVE(certificate=certificate))


async def _serve_valid(t: StationTest) -> None:
    await t.link("serve", SERVE(certificate=VALID))
    if not t.model.facts.connected:
        await t.expect(1, "@connect", within=cfg.reconnect_time)


def reconnected_after(t: StationTest, hello: Received) -> float:
    """Return how long after the end of its connection the station has come back (s)."""
    ends = [m.at for m in t.received("@closed") if m.position < hello.position]
    return hello.at - ends[-1] if ends else 0.0


async def raise_profile(t: StationTest, step: int, checks: Judges) -> None:
    """Have the station use the next security profile, and let it in with that one only.

    A station may connect with it at once, may restart for it, or may wait until it is reset.
    """
    wanted = t.security_profile + 1
    t.undo(partial(_let_in_as_it_is, t))
    await t.link("profile", REQUIRE(profile=wanted))
    change = {"key": PROFILE_KEY, "value": str(wanted)}
    await t.call(step, "ChangeConfiguration", change, checks)
    if await leaves(t, wanted - 1):
        await t.link("profile", REQUIRE(profile=wanted))


async def leaves(t: StationTest, before: int = 0) -> bool:
    """Give the station the time to connect anew by itself, where it wants to.

    A station that waits for a reset may lose its connection: it is let in as it is then.

    Args:
        before: the security profile that it may still have, where it has been given a higher one.

    Returns:
        Whether it still has that one.
    """
    still = False
    with t.round("by itself"):
        closed, connected = t.expect(1, "@closed"), t.expect(1, "@connect", within=cfg.reboot_time)
        goes = t.maybe(1, "@closed", within=cfg.settle_time)
        comes = t.maybe(1, "@connect", within=cfg.settle_time)
        if await t.which(goes, comes) is None:
            return False
        if before:
            plain = t.maybe(1, "@upgrade", where=WITHOUT_TLS, within=cfg.reboot_time)
            bare = t.maybe(1, "@tls_refused", where=BY_TOOL, within=cfg.reboot_time)
            still = await t.which(connected, plain, bare) in (1, 2)
        if still:
            await closed
            await t.link("profile", REQUIRE(profile=before))
            await connected
        else:
            await t.any_order(closed, connected)
        await t.wait(cfg.settle_time, "what it sends once it is connected has come by then")
    return still


async def _let_in_as_it_is(t: StationTest) -> None:
    """Let the station in with the security profile that it has connected with last."""
    has = t.security_profile
    await t.link("profile", REQUIRE(profile=has))
    if has != t.value(cfg.security_profile):
        t.remark(
            f"the station stays on security profile {has}, as none can be lowered over OCPP: "
            f"set security_profile to {has} for the next run"
        )
