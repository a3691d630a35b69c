"""Section 2.25, security profiles: raised, never lowered, and what each of them demands."""

from __future__ import annotations

from functools import partial

from testbay.roles.certificates import IS_CERTIFICATE, LONG_KEY, NEW_ENOUGH, NUMBERED
from testbay.roles.offered import OFFERS_SUITES, OFFERS_TLS_12
from testbay.scenario.checks import eq, one_of, present
from testbay.suites.ocpp16.actions import CLOSE, REQUIRE
from testbay.suites.ocpp16.certificates import (
    BASIC,
    LONG_ENOUGH,
    of_serial,
)
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import (
    on_profile_1,
    on_profile_2,
    on_profile_3,
    security_profile_2,
    security_profile_3,
)
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.states.security import (
    HARD,
    certificate_installed,
    renew_charge_point_certificate,
    reset,
)
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.25 Security")

ACCEPTED, AVAILABLE = eq("status", "Accepted"), eq("status", "Available")
CHANGED, BOOTED = one_of("status", "Accepted", "RebootRequired"), {"status": "Accepted"}
REPORTED = present("status")


@case(
    "TC_083_CS",
    "Security profile is raised",
    requires=(on_profile_1 & security_profile_2) | (on_profile_2 & security_profile_3),
    before=(
        certificate_installed(name="csms_root", on=1, keep=True),
        renew_charge_point_certificate(on=2),
    ),
    last=True,
    readings=(
        "From the request on, the tool lets the station in with the higher profile only: the boot "
        "of step 5 comes over such a connection.",
        "A station may connect anew, or restart, as soon as it has accepted the change (white "
        "paper A05.FR.06), or wait for the Reset: the tool waits settle_time for it to go, and "
        "resets it in either case. One that loses its connection before is let in as it was.",
        "Steps 9 to 14 do not exist.",
        "The profile stays as it is, because none can be lowered over OCPP; the root certificate "
        "stays as well, as the station needs it. So the case is run after all others.",
    ),
)
async def tc_083_cs(t: StationTest) -> None:
    before = t.security_profile
    await t.raise_profile(1, CHANGED)
    await t.call(3, "Reset", HARD, ACCEPTED)
    await t.expect(5, "@connect", within=cfg.reboot_time)
    await t.expect(5, "BootNotification", reply=BOOTED, within=cfg.reboot_time)
    await t.connectors_report(7, AVAILABLE)
    if before == 1:
        await t.link(15, REQUIRE(profile=1))
        await t.link(15, CLOSE)
        await t.nothing(16, "@connect", during=cfg.long_operation_timeout)
        await t.link(17, REQUIRE(profile=2))
        await t.expect(18, "@connect", within=cfg.reconnect_time)


@case(
    "TC_084_CS",
    "Security profile is not lowered",
    requires=on_profile_2 | on_profile_3,
)
async def tc_084_cs(t: StationTest) -> None:
    lower = {"key": "SecurityProfile", "value": str(t.security_profile - 1)}
    await t.call(1, "ChangeConfiguration", lower, eq("status", "Rejected"))


@case(
    "TC_085_CS",
    "Station shows its password",
    requires=on_profile_1 | on_profile_2,
    before=(reset,),
    readings=(
        "Whether the password is right is judged by its bytes: where 32 to 40 hexadecimal digits "
        "are configured, those that they stand for.",
    ),
)
async def tc_085_cs(t: StationTest) -> None:
    await t.expect(1, "@upgrade", *BASIC, within=cfg.reboot_time)
    await t.expect(2, "@connect")
    await t.expect(3, "BootNotification", reply=BOOTED, within=cfg.reboot_time)
    await t.connectors_report(5, REPORTED)


@case(
    "TC_086_CS",
    "Station trusts the certificate of the CSMS",
    requires=on_profile_2 | on_profile_3,
    before=(reset,),
    readings=(
        "TLS 1.2 or above: the station offers it in step 1, and it is what is agreed on in step 4.",
        "The header of step 5 is judged in security profile 2 only; with security profile 3 a "
        "password in it is a remark.",
        "The lengths of step 5 are those of the white paper: 16 to 20 bytes, or 40 hexadecimal "
        "digits at most (A00.FR.304).",
    ),
)
async def tc_086_cs(t: StationTest) -> None:
    await t.expect(1, "@client_hello", OFFERS_TLS_12, OFFERS_SUITES, within=cfg.reboot_time)
    await t.expect(3, "@tls", NEW_ENOUGH)
    if t.security_profile == 2:
        await t.expect(5, "@upgrade", *BASIC, *LONG_ENOUGH)
    else:
        t.needs_no_password(await t.expect(5, "@upgrade"))
    await t.expect(6, "@connect")
    await t.expect(7, "BootNotification", reply=BOOTED, within=cfg.reboot_time)
    await t.connectors_report(9, REPORTED)


@case(
    "TC_087_CS",
    "Station shows its certificate",
    requires=on_profile_3,
    before=(reset,),
    readings=(
        "TLS_RSA_WITH_AES_128_GCM_SHA384 does not exist: it is TLS_RSA_WITH_AES_256_GCM_SHA384.",
        "In TLS a certificate travels in DER; what can be judged is that it is one of X.509.",
        "The serial number is read as in TC_074_CS.",
    ),
)
async def tc_087_cs(t: StationTest) -> None:
    await t.expect(1, "@client_hello", OFFERS_TLS_12, OFFERS_SUITES, within=cfg.reboot_time)
    shown = await t.expect(3, "@tls", NEW_ENOUGH)
    t.check(4, IS_CERTIFICATE, shown)
    t.check(4, LONG_KEY, shown)
    t.check(4, NUMBERED, shown)
    t.check(4, of_serial(t.serial_numbers), shown)
    await t.expect(5, "@connect")
    await t.expect(7, "BootNotification", reply=BOOTED, within=cfg.reboot_time)
    await t.connectors_report(9, REPORTED)
