"""Security, a CSMS under test: passwords (A00, A01)."""

from __future__ import annotations

from testbay.roles.attempts import REFUSED, UPGRADED
from testbay.scenario.checks import eq
from testbay.suites.ocpp201.access import FITS, NEW_PASSWORD
from testbay.suites.ocpp201.actions import CHANGE_PASSWORD, CLOSE, DIAL, RECONNECT
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.csms_test import CsmsTest
from testbay.suites.ocpp201.features import on_profile_1, on_profile_2
from testbay.suites.ocpp201.registry import csms

GROUP = "A. Security"
WITH_PASSWORD = on_profile_1 | on_profile_2
WRONG_PASSWORD = "Xk3-9qLw_27.Tz+Bf61*"  # 20 of the characters that a password may have
ENDED = (
    "The CSMS may refuse as it likes: by an answer over HTTP, by an alert of TLS, or by ending the "
    "connection. Silence, and a TCP connection that cannot be opened, are no refusal."
)
NAMES = "Component and variable are called as in the appendices: SecurityCtrlr.BasicAuthPassword."
OTHERS = "Messages about other variables, which a CSMS may send at any time, are let pass."
LENGTH = (
    "The new password is any of 16 to 64 characters (A00.FR.205 with its erratum): that is part "
    "of what the CSMS sends."
)
BOOTED = eq("status", "Accepted")


@csms(
    "TC_A_01_CSMS",
    "The station shows its name and password, and is let in",
    group=GROUP,
    requirements=("A00.FR.204", "B01.FR.02"),
    requires=WITH_PASSWORD,
)
async def tc_a_01_csms(t: CsmsTest) -> None:
    await t.link("close", CLOSE)
    await t.link(1, DIAL, UPGRADED)
    await t.boot(3, BOOTED)
    await t.connectors_report(5, "Available")


@csms(
    "TC_A_02_CSMS",
    "The station shows another name than its own, and is not let in",
    group=GROUP,
    requirements=("A00.FR.204",),
    requires=WITH_PASSWORD,
    readings=(ENDED,),
)
async def tc_a_02_csms(t: CsmsTest) -> None:
    await t.link("close", CLOSE)
    await t.link(1, DIAL(name=f"{t.value(cfg.station_id)}Invalid"), REFUSED)


@csms(
    "TC_A_03_CSMS",
    "The station shows a wrong password, and is not let in",
    group=GROUP,
    requirements=("A00.FR.204",),
    requires=WITH_PASSWORD,
    readings=(ENDED, "The wrong password is the same in every run, so that runs can be repeated."),
)
async def tc_a_03_csms(t: CsmsTest) -> None:
    await t.link("close", CLOSE)
    await t.link(1, DIAL(password=WRONG_PASSWORD), REFUSED)


@csms(
    "TC_A_09_CSMS",
    "The CSMS gives the station another password, which counts from then on",
    group=GROUP,
    requirements=("A01.FR.02", "A01.FR.03"),
    requires=WITH_PASSWORD,
    readings=(
        NAMES,
        OTHERS,
        LENGTH,
        ENDED,
        "The purpose is that only the new password counts (A01.FR.03): the old one is tried before "
        "it, and must be refused.",
        "Afterwards the CSMS is asked to give the configured password back.",
    ),
)
async def tc_a_09_csms(t: CsmsTest) -> None:
    t.takes_passwords()
    t.manual(CHANGE_PASSWORD)
    told = await t.expect(1, "SetVariables", FITS, where=NEW_PASSWORD)
    await t.take_password(told)
    await t.link("close", CLOSE)
    with t.round("old password"):
        await t.link(3, DIAL(password=t.value(cfg.basic_auth_password)), REFUSED)
    await t.link(3, DIAL, UPGRADED)
    await t.boot(5, BOOTED)
    await t.connectors_report(7, "Available")


@csms(
    "TC_A_10_CSMS",
    "The station does not take another password, and the old one counts on",
    group=GROUP,
    requirements=("A01.FR.02", "A01.FR.04", "A01.FR.05"),
    requires=WITH_PASSWORD,
    readings=(NAMES, OTHERS, LENGTH),
)
async def tc_a_10_csms(t: CsmsTest) -> None:
    t.manual(CHANGE_PASSWORD)
    await t.expect(1, "SetVariables", FITS, where=NEW_PASSWORD)
    await t.wait(cfg.settle_time, "the CSMS has seen the answer by then")
    await t.link(3, RECONNECT, UPGRADED)
    await t.boot(5, BOOTED)
    await t.connectors_report(7, "Available")
