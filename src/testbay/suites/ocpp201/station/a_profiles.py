"""Security, a station under test: its security profile is raised, and not lowered (A05)."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import Judges, Spoil, eq, one_of, satisfies
from testbay.suites.ocpp201 import roots, secure
from testbay.suites.ocpp201.actions import CLOSE, REMOVE_CERTIFICATE, REQUIRE
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    last_root_goes,
    on_profile_1,
    on_profile_2,
    on_profile_3,
    own_certificate_goes,
    security_profile_1,
    security_profile_2,
    security_profile_3,
)
from testbay.suites.ocpp201.network import (
    ENDPOINTS,
    PREFERRED,
    PRIORITY,
    SLOTS,
    preferring,
    secured,
    stored,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.results import GOT, STATUS
from testbay.suites.ocpp201.settings import Kept, Variable, members
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

case = partial(station, group="A. Security", needs=(SLOTS,))

VALUE = f"{GOT}[0].attributeValue"
PROFILE = Variable(roots.SECURITY, "SecurityProfile")
TAKEN = eq("status", "Accepted")
WHICH_SLOT = ENDPOINTS[-1]
KEEPS = (
    "the data of the connection were rejected, so the slot keeps what it had: where that is valid, "
    "from a case or a run before, clear it, as the station may accept it then"
)
ONE_PORT = (
    "The tool has one port, which speaks TLS or not as it demands a security profile: the URL of "
    "the connection differs from the present one by its scheme only, or not at all."
)


def lacks(slot: int) -> Judges:
    """The value of a list does not have this slot."""
    return satisfies(
        VALUE,
        f"is there, and does not contain slot {slot}",
        lambda value, _: isinstance(value, str) and str(slot) not in members(value),
        Spoil("set", VALUE, f"{slot}"),
    )


@case(
    "TC_A_19_CS",
    "Security profile is raised",
    requirements=("A05.FR.04", "A05.FR.05", "A05.FR.06"),
    requires=(on_profile_1 & security_profile_2) | (on_profile_2 & security_profile_3),
    before=(roots.certificate_installed(on=1), secure.renewed(on=2)),
    last=True,
    readings=(
        "As changed by errata 6.2.6, 6.2.7, 6.2.17 and 6.2.18: the reset is always asked for.",
        WHICH_SLOT,
        ONE_PORT,
        "From the answer to the reset on, the tool lets the station in with the higher security "
        "profile only.",
        "The profile stays as it is, as none can be lowered to 1 over OCPP; so do the certificates "
        "that it needs. So the case is run after all others.",
    ),
)
async def tc_a_19_cs(t: StationTest) -> None:
    before, here = secure.profile_of(t), t.model.facts.endpoint
    free, used, _ = await t.other_endpoint()
    higher = before + 1
    t.lets_in_as_it_is()
    await t.call(1, "SetNetworkProfile", stored(free, secured(here, higher), higher), TAKEN)
    await t.call(3, "SetVariables", preferring(free, used), PREFERRED)
    await t.call(5, "Reset", {"type": "OnIdle"}, TAKEN)
    t.rebooted()
    await t.link(7, REQUIRE(profile=higher))
    await t.expect(8, "@connect", eq("profile", higher), within=cfg.reboot_time)
    await t.run(10, states.booted(asked=True))
    profile = {"getVariableData": [PROFILE.to_json()]}
    await t.call(11, "GetVariables", profile, eq(VALUE, str(higher)))
    order = {"getVariableData": [PRIORITY.to_json()]}
    await t.call(13, "GetVariables", order, lacks(used))
    if before == 1:
        await t.link(15, REQUIRE(profile=1))
        await t.link(15, CLOSE)
        await t.nothing(16, "@connect", during=cfg.long_operation_timeout)
        await t.link(17, REQUIRE(profile=2))
        await t.expect(18, "@connect", eq("profile", 2), within=cfg.reconnect_time)


@case(
    "TC_A_20_CS",
    "Security profile cannot be raised without a root certificate of the CSMS",
    requirements=("A05.FR.02",),
    requires=on_profile_1
    & security_profile_1
    & (security_profile_2 | security_profile_3)
    & last_root_goes,
    before=(secure.one_connection, Kept(PRIORITY), roots.no_root_installed),
    readings=(
        "As changed by errata 6.2.8 and 6.2.9.",
        "The security profile of the new connection is 2, or 3 where the station has no other.",
        WHICH_SLOT,
    ),
)
async def tc_a_20_cs(t: StationTest) -> None:
    free, used, there = await t.other_endpoint()
    higher = 2 if t.has(security_profile_2) else 3
    known = one_of("status", "Accepted", "Rejected")
    profile = stored(free, secured(there, higher), higher)
    answer = await t.call(1, "SetNetworkProfile", profile, known)
    if answer["status"] == "Rejected":
        t.remark(KEEPS)
    await t.call(3, "SetVariables", preferring(free, used), eq(STATUS, "Rejected"))


@case(
    "TC_A_21_CS",
    "Security profile cannot be raised to 3 without a certificate of the station",
    requirements=("A05.FR.03",),
    requires=(on_profile_1 | on_profile_2) & security_profile_3 & own_certificate_goes,
    before=(roots.certificate_installed, Kept(PRIORITY)),
    readings=(
        "As changed by erratum 6.2.10. That the station has no certificate cannot be seen over "
        "OCPP: somebody is asked to remove it. The station gets none again after the case.",
        WHICH_SLOT,
    ),
)
async def tc_a_21_cs(t: StationTest) -> None:
    t.manual(REMOVE_CERTIFICATE)
    await t.finish_actions()
    free, used, there = await t.other_endpoint()
    await t.call(1, "SetNetworkProfile", stored(free, secured(there, 3), 3), TAKEN)
    await t.call(3, "SetVariables", preferring(free, used), eq(STATUS, "Rejected"))


@case(
    "TC_A_22_CS",
    "Security profile is not lowered to 1",
    requirements=("B09.FR.04", "B09.FR.31"),
    requires=on_profile_2 | on_profile_3,
    readings=("As changed by erratum 6.2.11.", WHICH_SLOT),
)
async def tc_a_22_cs(t: StationTest) -> None:
    free, _, there = await t.other_endpoint()
    lower = stored(free, secured(there, 1), 1)
    await t.call(1, "SetNetworkProfile", lower, eq("status", "Rejected"))
