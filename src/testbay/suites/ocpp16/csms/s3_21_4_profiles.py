"""3.21.4 Security: upgrading the security profile, and connecting with each of them."""

from __future__ import annotations

from testbay.roles.attempts import (
    AGREED,
    NO_COMMON_PROTOCOL,
    REFUSED,
    SUITES,
    UPGRADED,
)
from testbay.roles.certificates import NEW_ENOUGH, SERVER_CERTIFICATE
from testbay.scenario.checks import eq
from testbay.suites.ocpp16.actions import CLOSE, DIAL, PROBE, RAISE_SECURITY_PROFILE, RESET
from testbay.suites.ocpp16.checks import same_text
from testbay.suites.ocpp16.csms.s3_21_1_connection import GROUP, OTHERS
from testbay.suites.ocpp16.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp16.features import (
    on_profile_1,
    on_profile_2,
    on_profile_3,
    security_profile_2,
    security_profile_3,
)
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import certificate_installed, certificate_renewed

WRONG_PASSWORD = "not-the-password"
OLD_TLS = "TLSv1.1"
RESTARTED = "A station that restarts closes its connection and comes with a new one."
ENDED = (
    "The CSMS may refuse as it likes: by an answer over HTTP, by an alert of TLS, or by ending the "
    "connection. Silence, and a TCP connection that cannot be opened, are no refusal."
)
OLD_VERSION = (
    "That the CSMS must use TLS 1.2 or above is tried with a station that offers TLS 1.1 only: it "
    "is not let in, be it refused in the handshake or by the upgrade (A00.FR.314, A00.FR.418)."
)
EACH_SUITE = "Each cipher suite is tried by a handshake of its own that offers nothing else."
CERTIFICATE = (
    "The configured server certificate is one that leads to the configured root and is valid for "
    "the host: the station does not connect otherwise. In a handshake it is not in PEM: that it "
    "can be read as X.509 is what is validated.",
    "Where the URL has an address instead of a name there is no FQDN: any commonName is fine.",
)


@csms(
    "TC_083_CSMS",
    "The CSMS puts the station on a higher security profile, and keeps it there",
    group=GROUP,
    requires=security_profile_2 & (on_profile_1 | (on_profile_2 & security_profile_3)),
    before=(certificate_installed, certificate_renewed),
    readings=(
        RESTARTED,
        ENDED,
        OTHERS,
        "The expected result is cut off: the station and the CSMS are connected.",
        "OCPP cannot lower a security profile (A00.FR.005): afterwards somebody is asked to do it "
        "in the CSMS. Where that is not done, the station stays on the higher one.",
    ),
)
async def tc_083_csms(t: CsmsTest) -> None:
    lower, higher = t.security_profile, t.security_profile + 1
    t.manual(RAISE_SECURITY_PROFILE)
    told = await t.expect(
        1,
        "ChangeConfiguration",
        eq("value", str(higher)),
        where=same_text("key", "SecurityProfile"),
        reply=ACCEPTED,
    )
    t.manual(RESET(kind="hard"))
    await t.expect(3, "Reset", eq("type", "Hard"), reply=ACCEPTED)
    await t.take_profile(5, told)
    await t.boot(7, eq("status", "Accepted"))
    await t.connectors_report(9, "Available")
    await t.link("close", CLOSE)
    await t.link(11, DIAL(security=lower), REFUSED)
    await t.link(13, DIAL(security=higher), UPGRADED)


@csms(
    "TC_085_CSMS",
    "The station connects with its name and password",
    group=GROUP,
    requires=on_profile_1 | on_profile_2,
    readings=(
        ENDED,
        "Step 4 says that the CSMS validates the combination: a wrong password is tried before the "
        "right one, and must be refused as none at all is.",
    ),
)
async def tc_085_csms(t: CsmsTest) -> None:
    await t.link("close", CLOSE)
    await t.link(1, DIAL(password=""), REFUSED)
    with t.round("wrong password"):
        await t.link(3, DIAL(password=WRONG_PASSWORD), REFUSED)
    await t.link(3, DIAL, UPGRADED)
    await t.boot(5)
    await t.connectors_report(7, "Available")


@csms(
    "TC_086_CSMS",
    "The CSMS shows a valid certificate, and speaks TLS as it must",
    group=GROUP,
    requires=on_profile_2 | on_profile_3,
    readings=(ENDED, OLD_VERSION, EACH_SUITE, *CERTIFICATE),
)
async def tc_086_csms(t: CsmsTest) -> None:
    await t.link("close", CLOSE)
    await t.link(1, PROBE, AGREED, NEW_ENOUGH, *SERVER_CERTIFICATE)
    for suite in SUITES:
        with t.round(suite):
            offer = PROBE(version="TLSv1.2", ciphers=[suite])
            await t.link(1, offer, AGREED, eq("cipher", suite), *SERVER_CERTIFICATE)
    with t.round(OLD_TLS):
        await t.link(1, DIAL(tls_max=OLD_TLS), REFUSED)
    await t.link(3, PROBE, AGREED)
    await t.link(5, DIAL, UPGRADED)
    await t.boot(7)
    await t.connectors_report(9, "Available")


@csms(
    "TC_087_CSMS",
    "The station shows its certificate, and the CSMS lets it in",
    group=GROUP,
    requires=on_profile_3,
    readings=(
        ENDED,
        OLD_VERSION,
        EACH_SUITE,
        CERTIFICATE[0],
        "A CSMS that asks for a certificate must not do without, nor take one that leads to a root "
        "that it does not know (A00.FR.403, A00.FR.407): both are tried before the right one.",
    ),
)
async def tc_087_csms(t: CsmsTest) -> None:
    await t.link("close", CLOSE)
    await t.link(1, PROBE, AGREED, NEW_ENOUGH)
    for suite in SUITES:
        with t.round(suite):
            offer = PROBE(version="TLSv1.2", ciphers=[suite])
            await t.link(3, offer, AGREED, eq("cipher", suite))
    with t.round(OLD_TLS):
        await t.link(3, DIAL(tls_max=OLD_TLS), REFUSED)
    with t.round("no certificate"):
        await t.link(3, DIAL(certificate=""), REFUSED)
    with t.round("unknown root"):
        await t.link(3, DIAL(certificate="unknown_root"), REFUSED)
    await t.link(5, DIAL, UPGRADED)
    await t.boot(7)
    await t.connectors_report(9, "Available")


@csms(
    "TC_088_CSMS",
    "The CSMS chooses the subprotocol that it knows",
    group=GROUP,
    readings=(
        ENDED,
        "Of step 4 the beginning is lost: the answer names ocpp1.6 as its subprotocol.",
        "OCPP-J 3.1.2 wants the upgrade to be completed without a subprotocol and the connection "
        "to be closed at once, where step 2 wants no upgrade: a CSMS may do either.",
    ),
)
async def tc_088_csms(t: CsmsTest) -> None:
    await t.link("close", CLOSE)
    await t.link(1, DIAL(subprotocols=["ocpp0.1"]), NO_COMMON_PROTOCOL)
    offer = DIAL(subprotocols=["ocpp0.1", "ocpp1.6"])
    await t.link(3, offer, UPGRADED, eq("subprotocol", "ocpp1.6"))
