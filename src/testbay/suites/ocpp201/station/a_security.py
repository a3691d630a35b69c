"""Security, a station under test: passwords and the certificates of both ends (A00, A01)."""

from __future__ import annotations

from functools import partial

from testbay.roles.certificates import IS_CERTIFICATE, LONG_KEY, NEW_ENOUGH, NUMBERED
from testbay.roles.offered import BY_STATION, OFFERS_SUITES, OFFERS_TLS_12
from testbay.scenario.case import if_implemented
from testbay.scenario.checks import eq, one_of
from testbay.suites.ocpp201 import secure
from testbay.suites.ocpp201.actions import CLOSE
from testbay.suites.ocpp201.certificates import (
    BASIC,
    LONG_ENOUGH,
    of_serial,
)
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    on_profile_1,
    on_profile_2,
    on_profile_3,
    security_profile_1,
    security_profile_2,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.results import STATUS
from testbay.suites.ocpp201.settings import setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

case = partial(station, group="A. Security")

BOOTED = one_of("type", "StartupOfTheDevice", "ResetOrReboot")
FLAWS = ("expired", "not_yet_valid", "unknown_root", "wrong_host", "wildcard")
OLD_TLS = "TLSv1.1"
WHATEVER_IT_TRIES = "the station may try again with the certificate that is not valid"
ALL_OF_THEM = "there may be an event for each attempt, and none may be left for the next round"
PROFILE_3 = "With security profile 3 a password in the request of the upgrade is a remark."


@case(
    "TC_A_01_CS",
    "Station shows its password",
    requirements=(
        *("A00.FR.202", "A00.FR.203", "A00.FR.204", "A00.FR.205", "A00.FR.301", "A00.FR.302"),
        *("A00.FR.304", "B01.FR.01", "B01.FR.05", "B01.FR.09"),
    ),
    requires=(on_profile_1 & security_profile_1) | (on_profile_2 & security_profile_2),
    readings=(
        "The password is the configured one, so that its characters are those of the "
        "configuration; its length is judged: up to 64 characters since erratum 2.1.",
        "The password is in use already, as it is the one of this run: nothing is set for it.",
    ),
)
async def tc_a_01_cs(t: StationTest) -> None:
    start = t.mark()
    await t.run(1, states.booted)
    shown = [m for m in t.received("@upgrade") if m.position >= start][-1]
    for check in (*BASIC, *LONG_ENOUGH):
        t.check(1, check, shown, shown)


@case(
    "TC_A_04_CS",
    "Certificate of the CSMS is valid",
    requirements=(
        *("A00.FR.309", "A00.FR.312", "A00.FR.313", "A00.FR.319", "A00.FR.321", "A00.FR.412"),
        "A00.FR.422",
    ),
    requires=on_profile_2 | on_profile_3,
    before=(states.booting,),
    readings=(PROFILE_3,),
)
async def tc_a_04_cs(t: StationTest) -> None:
    hello = await t.expect(1, "@client_hello", within=cfg.reboot_time)
    t.check(2, OFFERS_TLS_12, hello, hello)
    t.check(2, OFFERS_SUITES, hello, hello)
    await t.expect(3, "@tls", NEW_ENOUGH)
    await t.authorizes(5)
    await t.expect(6, "@connect")
    await t.expect(7, "BootNotification", within=cfg.reboot_time)
    await t.connectors_report(9, "Available")


@case(
    "TC_A_05_CS",
    "Certificate of the CSMS is not valid",
    requirements=(
        *("A00.FR.309", "A00.FR.310", "A00.FR.311", "A00.FR.412", "A00.FR.413", "A00.FR.414"),
    ),
    requires=on_profile_2 | on_profile_3,
    before=(
        setting(secure.COMM, "NetworkProfileConnectionAttempts", 3),
        secure.one_connection,
        if_implemented(setting("SecurityCtrlr", "AllowCSMSTLSWildcards", "false")),
    ),
    readings=(
        "As changed by errata 6.2.2 to 6.2.4: five certificates, one after the other.",
        "Step 7 is that the station ends the TLS handshake, or the connection before it asks for a "
        "WebSocket; that it comes back to a valid certificate is step 9.",
        "That it does not connect is watched from its attempt on until twice the time is over that "
        "it has taken in step 2.",
    ),
)
async def tc_a_05_cs(t: StationTest) -> None:
    t.serves_again()
    await t.link(1, CLOSE)
    hello = await t.expect(2, "@client_hello", within=cfg.reconnect_time)
    patience = 2 * t.reconnected_after(hello)
    await t.expect(3, "@connect", within=cfg.reconnect_time)
    for flaw in FLAWS:
        with t.round(flaw):
            await t.serve(6, flaw)
            await t.link(4, CLOSE)
            await t.expect(5, "@client_hello", within=cfg.reconnect_time)
            async with t.forbid(7, "@connect"):
                await t.expect(7, "@tls_refused", where=BY_STATION)
                await t.wait(patience, WHATEVER_IT_TRIES)
            await t.serve(9)
            await t.expect(8, "@client_hello", within=cfg.reconnect_time)
            await t.expect(9, "@connect", within=cfg.reconnect_time)
            invalid = eq("type", "InvalidCsmsCertificate")
            await t.expect(10, "SecurityEventNotification", where=invalid)
            await t.wait(cfg.settle_time, ALL_OF_THEM)


@case(
    "TC_A_06_CS",
    "CSMS speaks too old a TLS",
    requirements=("A00.FR.314", "A00.FR.316", "A00.FR.416", "A00.FR.417", "A00.FR.419"),
    requires=on_profile_2 | on_profile_3,
    before=(setting(secure.COMM, "NetworkProfileConnectionAttempts", 1),),
    readings=(
        "The station is reset first, as in the state Booting: it boots in step 10.",
        "The CSMS speaks TLS 1.1 and nothing else until a handshake has failed. A station that "
        "names the versions it takes, as with TLS 1.3, leaves it to the CSMS to end that.",
        PROFILE_3,
    ),
)
async def tc_a_06_cs(t: StationTest) -> None:
    t.serves_again()
    await t.serve(2, tls_max=OLD_TLS)
    await t.run(1, states.booting)
    await t.expect(1, "@client_hello", within=cfg.reboot_time)
    async with t.forbid(3, "@tls"):
        await t.expect(3, "@tls_refused")
    await t.serve(5)
    await t.expect(4, "@client_hello", within=cfg.reconnect_time)
    await t.expect(6, "@tls", NEW_ENOUGH)
    await t.authorizes(8)
    await t.expect(9, "@connect")
    await t.expect(10, "BootNotification", within=cfg.reboot_time)
    old = eq("type", "InvalidTLSVersion")
    await t.any_order(
        *t.connectors(12, "Available"),
        t.expect(14, "SecurityEventNotification", where=BOOTED),
        t.maybe(16, "SecurityEventNotification", where=old),
    )


@case(
    "TC_A_07_CS",
    "Station shows its certificate",
    requirements=(
        *("A00.FR.401", "A00.FR.402", "A00.FR.415", "A00.FR.416", "A00.FR.422", "A00.FR.502"),
        *("A00.FR.503", "A00.FR.507", "A00.FR.508", "A00.FR.511"),
    ),
    requires=on_profile_3,
    before=(states.booting,),
    readings=(
        "In TLS a certificate travels in DER; what can be judged is that it is one of X.509.",
        "The serial number is serial_number, one that the station has told when it booted, or its "
        "identity.",
    ),
)
async def tc_a_07_cs(t: StationTest) -> None:
    hello = await t.expect(1, "@client_hello", within=cfg.reboot_time)
    shown = await t.expect(3, "@tls")
    t.check(4, OFFERS_TLS_12, hello, hello)
    t.check(4, OFFERS_SUITES, hello, hello)
    serial = of_serial(secure.serial_numbers(t))
    for check in (NEW_ENOUGH, IS_CERTIFICATE, LONG_KEY, NUMBERED, serial):
        t.check(4, check, shown, shown)
    await t.authorizes(5)
    await t.expect(6, "@connect")
    await t.expect(7, "BootNotification", within=cfg.reboot_time)
    await t.connectors_report(9, "Available")


# -- the password is changed (A01) -----------------------------------------------------------------


@case(
    "TC_A_09_CS",
    "Password of the station is changed",
    requirements=("A01.FR.01", "A01.FR.11", "A01.FR.12", "B01.FR.01"),
    requires=(on_profile_1 & security_profile_1) | (on_profile_2 & security_profile_2),
    readings=(
        "From the request on, the tool lets the station in with the new password only.",
        "A station that answers RebootRequired is reset, as the text has no step for that.",
        "After the case the station gets its configured password again.",
    ),
)
async def tc_a_09_cs(t: StationTest) -> None:
    taken = one_of(STATUS, "Accepted", "RebootRequired")
    answer = await t.change_password(1, t.made_up_password(), taken)
    if answer["setVariableResult"][0]["attributeStatus"] == "RebootRequired":
        await t.run(2, states.booting)
    await t.expect(3, "@upgrade", *BASIC, within=cfg.reboot_time)
    await t.expect(4, "@connect")
    if answer["setVariableResult"][0]["attributeStatus"] == "RebootRequired":
        await t.expect(5, "BootNotification", within=cfg.reboot_time)
        await t.connectors_report(7, "Available")


@case(
    "TC_A_10_CS",
    "Password that is too short",
    requirements=("A01.FR.01", "A01.FR.11", "A01.FR.12"),
    requires=(on_profile_1 & security_profile_1) | (on_profile_2 & security_profile_2),
    readings=(
        "The password has 15 characters.",
        "The tool closes the connection before step 3, so that the station shows which password it "
        "has.",
    ),
)
async def tc_a_10_cs(t: StationTest) -> None:
    await t.change_password(1, t.made_up_password(15), eq(STATUS, "Rejected"))
    await t.link(3, CLOSE)
    await t.expect(3, "@upgrade", *BASIC, within=cfg.reconnect_time)
    await t.expect(4, "@connect")
    await t.run(5, states.booted)
