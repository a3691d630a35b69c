"""Security, a CSMS under test: TLS and certificates, and the security profile (A00, A02, A05)."""

from __future__ import annotations

from typing import Any

from testbay.pki.lab import Lab
from testbay.roles.attempts import AGREED, REFUSED, SUITES, UPGRADED
from testbay.roles.certificates import (
    CHAIN,
    LONG_ENOUGH,
    NEW_ENOUGH,
    SERVER_CERTIFICATE,
    about,
    in_chain,
    is_pem,
    of_client,
    of_the_key,
    read,
)
from testbay.scenario.checks import Satisfies, Spoil, eq, satisfies
from testbay.suites.ocpp201.access import SET
from testbay.suites.ocpp201.actions import (
    CHANGE_VARIABLES,
    CLOSE,
    DIAL,
    PROBE,
    RECONNECT,
    RESET,
    SET_NETWORK_PROFILE,
)
from testbay.suites.ocpp201.checks import AboutVariable
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.csms.a_security import BOOTED, ENDED, GROUP, OTHERS
from testbay.suites.ocpp201.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp201.features import (
    combined_certificate,
    iso_15118,
    on_profile_1,
    on_profile_2,
    on_profile_3,
    security_profile_2,
    security_profile_3,
)
from testbay.suites.ocpp201.registry import csms
from testbay.suites.ocpp201.states import csms as states

WITH_TLS = on_profile_2 | on_profile_3
REJECTED = {"status": "Rejected"}
OLD_TLS = "TLSv1.1"
COMM, PRIORITY = "OCPPCommCtrlr", "NetworkConfigurationPriority"
INVALID = {
    "unknown_root": "unknown root",
    "expired": "expired",
    "wrong_name": "another serial number",
}
EACH_SUITE = "Each cipher suite is tried by a handshake of its own that offers nothing else."
TRUSTED = (
    "The configured server certificate is one that leads to the configured root and is valid for "
    "the host: the station does not connect otherwise."
)
IN_PEM = (
    "In a handshake a certificate is not in PEM: that it can be read as X.509 is what is validated."
)
ADDRESS = "Where the URL has an address instead of a name there is no FQDN: any commonName is fine."
OLD_VERSION = (
    "It is tried with a station that offers TLS 1.1 only: it is not let in, be it refused in the "
    "handshake or by the upgrade (A00.FR.314, A00.FR.418)."
)
NOT_JUDGED = (
    "As the note at step 5 says, the certificate probably does not come from the CSMS: what is "
    "wrong with it is a remark and no failure, but one for another key than that of the request.",
    "That it leads to the configured root for ISO 15118 is left to whoever signs.",
    "The request names the organization of the station and its serial number.",
)


def generated_for(request: str) -> Satisfies:
    """The chain has a certificate for the key of this request (PEM), as far as it can be read."""
    exact = of_the_key(request)

    def accepts(chain: Any, resolve: Any) -> bool:
        return not read(chain) or exact.judge({CHAIN: chain}, resolve).passed

    stranger = Spoil("set", CHAIN, Lab.seeded().root("stranger_root"))
    text = "has a certificate for the key of the request of step 3, if it can be read"
    return satisfies(CHAIN, text, accepts, stranger)


NUMBERED_LEAF = in_chain(
    CHAIN,
    "has a serial number",
    lambda found, _: (of_client(found).serial_number.strip("0-") != "", about(found)),
)
NAMED = in_chain(
    CHAIN,
    "has the serial number of the station as its commonName",
    lambda found, resolve: (
        of_client(found).common_name == str(resolve(cfg.serial_number)),
        about(found),
    ),
)


@csms(
    "TC_A_04_CSMS",
    "The CSMS shows a valid certificate, and lets the station in",
    group=GROUP,
    requirements=(
        *("A00.FR.306", "A00.FR.307", "A00.FR.312", "A00.FR.318", "A00.FR.321", "A00.FR.502"),
        *("A00.FR.503", "A00.FR.507", "A00.FR.508", "A00.FR.510"),
    ),
    requires=WITH_TLS,
    readings=(EACH_SUITE, TRUSTED, IN_PEM, ADDRESS),
)
async def tc_a_04_csms(t: CsmsTest) -> None:
    await t.link("close", CLOSE)
    await t.link(3, PROBE, AGREED, NEW_ENOUGH, *SERVER_CERTIFICATE)
    for suite in SUITES:
        with t.round(suite):
            offer = PROBE(version="TLSv1.2", ciphers=[suite])
            await t.link(3, offer, AGREED, eq("cipher", suite), *SERVER_CERTIFICATE)
    await t.link(5, DIAL, UPGRADED)
    await t.boot(7, BOOTED)
    await t.connectors_report(9, "Available")


@csms(
    "TC_A_06_CSMS",
    "The CSMS does not speak a version of TLS that is too old",
    group=GROUP,
    requirements=(
        *("A00.FR.314", "A00.FR.315", "A00.FR.409", "A00.FR.416", "A00.FR.417", "A00.FR.418"),
    ),
    requires=WITH_TLS,
    readings=(ENDED, OLD_VERSION, TRUSTED),
)
async def tc_a_06_csms(t: CsmsTest) -> None:
    await t.link("close", CLOSE)
    await t.link(1, DIAL(tls_max=OLD_TLS), REFUSED)
    await t.link(7, DIAL, UPGRADED)
    await t.boot(9, BOOTED)
    await t.connectors_report(11, "Available")


@csms(
    "TC_A_07_CSMS",
    "The station shows its certificate, and is let in",
    group=GROUP,
    requirements=("A00.FR.409", "A00.FR.410", "A00.FR.415", "A00.FR.416", "A00.FR.421"),
    requires=on_profile_3,
    readings=(EACH_SUITE, TRUSTED),
)
async def tc_a_07_csms(t: CsmsTest) -> None:
    await t.link("close", CLOSE)
    await t.link(3, PROBE, AGREED, NEW_ENOUGH)
    for suite in SUITES:
        with t.round(suite):
            offer = PROBE(version="TLSv1.2", ciphers=[suite])
            await t.link(3, offer, AGREED, eq("cipher", suite))
    await t.link(5, DIAL, UPGRADED)
    await t.boot(7, BOOTED)
    await t.connectors_report(9, "Available")


@csms(
    "TC_A_08_CSMS",
    "The station shows an invalid certificate, and is not let in until it shows its own",
    group=GROUP,
    requirements=("A00.FR.405", "A00.FR.407", "A00.FR.409", "A00.FR.410"),
    requires=on_profile_3,
    readings=(
        ENDED,
        "The kinds of invalid certificates that are named are tried one after the other, each in a "
        "round of its own.",
    ),
)
async def tc_a_08_csms(t: CsmsTest) -> None:
    for flaw, name in INVALID.items():
        with t.round(name):
            await t.link("close", CLOSE)
            await t.link(3, DIAL(certificate=flaw), REFUSED)
            await t.link(9, DIAL, UPGRADED)
            await t.boot(11, BOOTED)
            await t.connectors_report(13, "Available")


@csms(
    "TC_A_11_CSMS",
    "The CSMS has the station renew the certificate of its connection",
    group=GROUP,
    requirements=("A02.FR.11", "A02.FR.14", "F06.FR.01"),
    requires=on_profile_3,
    readings=(
        "The station reconnects without a restart: it does not boot again (A02.FR.08).",
        "Afterwards the station shows the configured certificate again, if the CSMS takes it.",
    ),
)
async def tc_a_11_csms(t: CsmsTest) -> None:
    await t.run(1, states.certificate_renewed)
    await t.wait(cfg.settle_time, "a CSMS may need a moment until the new certificate counts")
    t.model.offline = True
    await t.link(2, RECONNECT, UPGRADED)


@csms(
    "TC_A_12_CSMS",
    "The CSMS has the station renew its certificate for ISO 15118",
    group=GROUP,
    requirements=("A02.FR.11", "F06.FR.01"),
    requires=iso_15118,
    readings=NOT_JUDGED,
)
async def tc_a_12_csms(t: CsmsTest) -> None:
    csr = await t.ask_for_certificate("v2g")
    signed = await t.signed_certificate(generated_for(csr))
    t.remark_on(signed, is_pem(CHAIN), LONG_ENOUGH)


@csms(
    "TC_A_13_CSMS",
    "The CSMS has the station renew a certificate for its connection and for ISO 15118",
    group=GROUP,
    requirements=("A02.FR.11",),
    requires=security_profile_3 & iso_15118 & combined_certificate,
    readings=(
        *NOT_JUDGED,
        "A request for a combined certificate names no type (part 2, SignCertificateRequest).",
    ),
)
async def tc_a_13_csms(t: CsmsTest) -> None:
    csr = await t.ask_for_certificate("combined")
    signed = await t.signed_certificate(generated_for(csr))
    t.remark_on(signed, is_pem(CHAIN), LONG_ENOUGH, NUMBERED_LEAF, NAMED)


@csms(
    "TC_A_14_CSMS",
    "The station does not take the certificate that it has asked for",
    group=GROUP,
    requires=on_profile_3,
    readings=("The simulated station rejects whatever certificate comes, and keeps the old one.",),
)
async def tc_a_14_csms(t: CsmsTest) -> None:
    await t.ask_for_certificate("station")
    await t.signed_certificate(reply=REJECTED)
    event = {"type": "InvalidChargingStationCertificate", "timestamp": t.stamp()}
    await t.call(7, "SecurityEventNotification", event)


def has_slot(slot: Any) -> Satisfies:
    """The value names this configuration slot, among those in their order."""

    def names(value: Any, _: Any) -> bool:
        return isinstance(value, str) and str(slot) in [one.strip() for one in value.split(",")]

    text = "names the configuration slot of step 1"
    return satisfies("attributeValue", text, names, Spoil("set", "attributeValue", "9"))


@csms(
    "TC_A_19_CSMS",
    "The CSMS puts the station on a higher security profile, and keeps it there",
    group=GROUP,
    requirements=("A05.FR.04", "A05.FR.07"),
    requires=security_profile_2 & (on_profile_1 | (on_profile_2 & security_profile_3)),
    before=(states.certificate_for_higher_profile,),
    readings=(
        ENDED,
        OTHERS,
        "OCPP20 stands for this version too (part 2, OCPPVersionEnumType).",
        "That a trusted certificate is installed is so: the station knows the configured root.",
        "OCPP cannot lower a security profile: afterwards somebody is asked to do it in the CSMS. "
        "Where that is not done, the station stays on the higher one.",
    ),
)
async def tc_a_19_csms(t: CsmsTest) -> None:
    lower = int(t.value(cfg.security_profile))
    higher = lower + 1
    t.manual(
        SET_NETWORK_PROFILE(
            slot=cfg.configuration_slot,
            url=cfg.ocpp_csms_url,
            interface=cfg.ocpp_interface,
            security_profile=higher,
            message_timeout=cfg.message_timeout,
        )
    )
    stored = await t.expect(
        1,
        "SetNetworkProfile",
        eq("connectionData.messageTimeout", cfg.message_timeout),
        eq("connectionData.ocppInterface", cfg.ocpp_interface),
        eq("connectionData.ocppTransport", "JSON"),
        eq("connectionData.ocppVersion", "OCPP20"),
        eq("connectionData.securityProfile", higher),
        reply=ACCEPTED,
    )
    slot = stored["configurationSlot"]
    order = f"{slot},{t.model.value(f'{COMM}.{PRIORITY}').split(',')[0]}"
    t.manual(CHANGE_VARIABLES(values={f"{COMM}.{PRIORITY}": order}))
    named = AboutVariable(SET, COMM, PRIORITY)
    wanted = AboutVariable(SET, COMM, PRIORITY, check=has_slot(slot))
    await t.expect(3, "SetVariables", wanted, where=named)
    t.manual(RESET(when="immediately"))
    await t.expect(5, "Reset", reply=ACCEPTED)
    await t.take_profile(7, higher)
    await t.run(9, states.booted)
    await t.link("close", CLOSE)
    await t.link(10, DIAL(security=lower), REFUSED)
    await t.link(12, DIAL(security=higher), UPGRADED)
