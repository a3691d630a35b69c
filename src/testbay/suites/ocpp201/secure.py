"""How a station under test is given passwords and certificates, and rid of them again (block A)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from testbay.scenario.case import state
from testbay.scenario.checks import Judges, eq, one_of
from testbay.scenario.values import Payload, Received, pick
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp201.actions import CLOSE, PASSWORD, REQUIRE, SERVE, SIGN
from testbay.suites.ocpp201.certificates import BASIC, REQUEST, is_leaf_of
from testbay.suites.ocpp201.checks import HUNG_UP
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.settings import Variable, setting

if TYPE_CHECKING:
    from testbay.suites.ocpp201.station_test import StationTest

COMM = "OCPPCommCtrlr"
PASSWORD_VARIABLE = Variable("SecurityCtrlr", "BasicAuthPassword")
ACTIVE = Variable(COMM, "ActiveNetworkProfile")
OWN = "ChargingStationCertificate"
RENEWAL = f"Sign{OWN}"
VALID = "server"
MUTUAL = 3  # the security profile with which the station shows a certificate
LETTERS = "GHJKLMNPQRSTUVWXYZ"  # none of them is a hexadecimal digit
CHARACTERS = 20  # of a password that is made up
AFTERWARDS = "what the station sends once it is connected has come by then"
ACCEPTED = eq("status", "Accepted")


def profile_of(t: StationTest) -> int:
    """Return the security profile with which the station is connected."""
    return int(t.model.facts.security_profile or t.value(cfg.security_profile))


# -- passwords -------------------------------------------------------------------------------------


def made_up_password(t: StationTest, length: int = CHARACTERS) -> str:
    """Return a random password."""
    return "".join(LETTERS[b % len(LETTERS)] for b in t.random.randbytes(length))


async def change_password(t: StationTest, step: int, value: str, *checks: Judges) -> Payload:
    """Give the station another password, and ask it for that one from now on if it takes it."""
    facts = t.model.facts
    if not facts.password:
        t.undo(partial(_configured_password, t))
    before = facts.password or cfg.basic_auth_password
    await t.link("password", PASSWORD(value=value))
    data = {**PASSWORD_VARIABLE.to_json(), "attributeValue": value}
    answer = await t.call(step, "SetVariables", {"setVariableData": [data]}, *checks)
    if facts.password != value:  # it keeps the one that it has
        await t.link("password", PASSWORD(value=before))
    return answer


async def _configured_password(t: StationTest) -> None:
    facts, right = t.model.facts, str(t.value(cfg.basic_auth_password))
    if not facts.password:
        return
    changed = facts.password
    await t.online()
    await t.link("password", PASSWORD(value=cfg.basic_auth_password))
    status = await t.write("put the password back", PASSWORD_VARIABLE, right)
    if facts.password != right:
        await t.link("password", PASSWORD(value=changed))
        raise StopCase(Verdict.FAIL, "the station keeps the password that it was given last")
    facts.password = ""
    if status == "RebootRequired":
        await t.restart()
    else:
        await t.expect(1, "@connect", within=cfg.reconnect_time)


async def authorizes(t: StationTest, step: int, *checks: Judges) -> None:
    """Wait for the request for a WebSocket; judge its password where the security profile has one.

    With security profile 3, a password in it is a remark.
    """
    if profile_of(t) < 3:
        await t.expect(step, "@upgrade", *BASIC, *checks)
    elif pick(await t.expect(step, "@upgrade"), "authorization.password") != "none":
        t.remark("the station shows a password, with security profile 3")


# -- certificates ----------------------------------------------------------------------------------


def serial_numbers(t: StationTest) -> tuple[str, ...]:
    """Return the serial numbers that the station may have: configured, or told when it booted.

    Its identity may be one, too. Where it tells none, nobody knows.
    """
    told = t.model.about().get("serialNumber")
    known = (str(t.value(cfg.serial_number)), t.value(cfg.station_id))
    return tuple(dict.fromkeys((*((told,) if isinstance(told, str) else ()), *known)))


async def asked_to_sign(t: StationTest, step: int, *checks: Judges, **how: Any) -> Received:
    """Wait for the request to sign a certificate; the answer is that it will be signed."""
    return await t.expect(step, "SignCertificate", *checks, reply={"status": "Accepted"}, **how)


async def signed(t: StationTest, request: Any, flaw: str = "", use: str = "") -> str:
    """Sign what the station has asked to be signed; return the chain as PEM.

    Args:
        flaw: of the certificate.
        use: v2g: it is for ISO 15118.

    Raises:
        StopCase: it cannot be signed.
    """
    more = {name: given for name, given in (("flaw", flaw), ("use", use)) if given}
    seen = await t.link("sign", SIGN(csr=request["csr"], **more))
    if "error" in seen:
        raise StopCase(t.recorder.bad, f"the request cannot be signed: {seen['error']}")
    return str(seen["chain"])


def handed_over(chain: str, use: str = OWN) -> dict[str, Any]:
    """Return the message that brings a signed certificate.

    Args:
        use: certificateType; empty: it is for both uses, so that none is named.
    """
    return {"certificateChain": chain, **({"certificateType": use} if use else {})}


async def hand_over(t: StationTest, step: int, request: Received) -> bool:
    """Bring the station the certificate for a request; return whether it accepts it."""
    chain = await signed(t, request)
    known = one_of("status", "Accepted", "Rejected")
    answer = await t.call(step, "CertificateSigned", handed_over(chain), known)
    if answer["status"] != "Accepted":
        return False
    await comes_back(t, step, chain)
    await t.wait(cfg.settle_time, AFTERWARDS)
    return True


async def comes_back(t: StationTest, step: int, chain: str) -> None:
    """See the station connect with its new certificate; its connection is closed if it stays."""
    shown = t.expect(step, "@tls", is_leaf_of(chain), within=cfg.reconnect_time)
    connected = t.expect(step, "@connect", within=cfg.reconnect_time)
    with t.round("by itself"):
        if await t.maybe(step, "@closed", where=HUNG_UP, within=cfg.settle_time) is None:
            await t.link(step, CLOSE)
    await shown
    await connected


async def settles(t: StationTest, step: int) -> None:
    """Let the station connect again if it does so by itself for what it has been given."""
    if await t.maybe(step, "@closed", where=HUNG_UP, within=cfg.settle_time) is not None:
        await t.expect(step, "@connect", within=cfg.reconnect_time)
        await t.wait(cfg.settle_time, AFTERWARDS)


def _on_another(t: StationTest, on: int = 0) -> bool:
    return on not in (0, profile_of(t))


@state(
    "RenewChargingStationCertificate",
    holds=_on_another,
    readings=(
        "As changed by errata 6.2.122 and 6.2.123: a station that does not connect again by itself "
        "in settle_time loses its connection.",
        "The certificate that the station has got stays.",
        "With security profile 2 nothing shows which certificate the station has: it need not "
        "connect again.",
    ),
)
async def renewed(t: StationTest, on: int = 0) -> None:
    """Have the station get another certificate.

    Args:
        on: the security profile that it is for; 0: any.
    """
    await t.trigger(1, RENEWAL)
    request = await asked_to_sign(t, 3, *REQUEST)
    chain = await signed(t, request)
    await t.call(5, "CertificateSigned", handed_over(chain), ACCEPTED)
    if profile_of(t) == MUTUAL:
        await comes_back(t, 7, chain)
        await t.maybe(8, "BootNotification", within=cfg.settle_time)
    else:
        await settles(t, 7)


# -- the connection --------------------------------------------------------------------------------


async def serve(
    t: StationTest, step: int | str, certificate: str = VALID, tls_max: str = ""
) -> Payload:
    """Show another certificate, or speak an old TLS only, in connections to come."""
    more = {"tls_max": tls_max} if tls_max else {}
    return await t.link(step, SERVE(certificate=certificate, **more))


def serves_again(t: StationTest) -> None:
    """Show the valid certificate again when the case is over, and let the station come back."""

    async def undo() -> None:
        await t.link("serve", SERVE(certificate=VALID))
        if not t.model.facts.connected:
            await t.expect(1, "@connect", within=cfg.reconnect_time)

    t.undo(undo)


def reconnected_after(t: StationTest, hello: Received) -> float:
    """Return how long after the end of its connection the station has come back (s)."""
    ends = [m.at for m in t.received("@closed") if m.position < hello.position]
    return hello.at - ends[-1] if ends else 0.0


@state("OCPPCommCtrlr.NetworkConfigurationPriority has the active connection only")
async def one_connection(t: StationTest) -> None:
    active = await t.read(ACTIVE)
    if active is not None:
        await t.reach(setting(COMM, "NetworkConfigurationPriority", active))


def lets_in_as_it_is(t: StationTest) -> None:
    """When the case is over, let the station in with the security profile that it has then."""

    async def undo() -> None:
        has = profile_of(t)
        await t.link("profile", REQUIRE(profile=has))
        if has != t.value(cfg.security_profile):
            t.remark(
                f"the station stays on security profile {has}, as none can be lowered to 1: set "
                f"security_profile to {has} for the next run"
            )

    t.undo(undo)
