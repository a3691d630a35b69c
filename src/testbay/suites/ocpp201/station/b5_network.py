"""Provisioning, a station under test: the connection, lost and moved (B04, B09, B10, part 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from testbay.roles.offered import BY_STATION
from testbay.scenario.case import if_implemented, if_writable
from testbay.scenario.checks import Fact, Members, Outcome, Resolve, Spoil, eq, show
from testbay.scenario.configured import Plus
from testbay.scenario.many import NotBefore, times
from testbay.suites.ocpp201 import roots
from testbay.suites.ocpp201.actions import ACCEPT, CLOSE, PLUG_IN
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    additional_root_check,
    falls_back,
    on_profile_2,
    on_profile_3,
)
from testbay.suites.ocpp201.network import (
    COMM,
    ENDPOINTS,
    PREFERRED,
    PRIORITY,
    SLOTS,
    preferring,
    stored,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import Kept, reads, setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

case = partial(station, group="B. Provisioning")

NO_RANDOM = setting(COMM, "RetryBackOffRandomRange", 0)
THRESHOLD = setting(COMM, "OfflineThreshold", cfg.offline_threshold)
FROM_MINIMUM = NotBefore(cfg.retry_back_off_wait_minimum, cfg.max_time_deviation)
SETTLED = "the station takes the connection for a good one by then"


# -- offline for a while (B04) -------------------------------------------------------------------

PLUGGED = (
    "The tool takes the connection away; it lets the station in again when the cable is plugged in."
)


@case(
    "TC_B_51_CS",
    "A status that changes during a long time offline",
    requirements=("B04.FR.01",),
    before=(
        THRESHOLD,
        setting(COMM, "RetryBackOffWaitMinimum", Plus(cfg.offline_threshold, 2)),
        NO_RANDOM,
    ),
    readings=(PLUGGED, "It does not before the threshold has passed."),
)
async def tc_b_51_cs(t: StationTest) -> None:
    await t.lose_connection(1)
    t.manual(PLUG_IN)
    await t.wait(cfg.offline_threshold, "the station is offline for longer than the threshold")
    await t.restore_connection(3)
    here = (t.value(cfg.evse_id), t.value(cfg.connector_id))
    await t.connectors_report(4, "Available", but={here: "Occupied"})


@case(
    "TC_B_52_CS",
    "A status that changes during a short time offline",
    requirements=("B04.FR.02",),
    before=(
        THRESHOLD,
        setting(COMM, "RetryBackOffWaitMinimum", Plus(cfg.offline_threshold, -2)),
        NO_RANDOM,
    ),
    readings=(
        PLUGGED,
        "What the text checks at step 3 can come at step 4 only, with the connection there.",
        "That statuses are told which have not changed is no failure by the text.",
    ),
)
async def tc_b_52_cs(t: StationTest) -> None:
    await t.lose_connection(1)
    t.manual(PLUG_IN)
    await t.restore_connection(3)
    await t.connector_is(4, "Occupied")


# -- connecting again (part 4, 5.3) --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doubled:
    """Of three moments the second distance is twice the first, or more (part 4, 5.3).

    Args:
        slack: how much less is not yet too little (s).
    """

    slack: Any

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"the second pause is at least twice the first one (- {show(self.slack)} s)"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(None, "interval", (self.slack,)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Measure the distances of arrival."""
        one, two = (round(b.at - a.at, 3) for a, b in pairwise(payload))
        fine = two >= 2 * one - float(resolve(self.slack))
        return Outcome(self.text, fine, f"pauses of {one} s and {two} s", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield nothing: it looks at events of the connection only."""
        yield from ()


@case(
    "TC_B_57_CS",
    "Connecting again, with a growing pause where the station is not let in",
    before=(
        if_implemented(if_writable(setting(COMM, "NetworkProfileConnectionAttempts", 3))),
        setting(COMM, "RetryBackOffRepeatTimes", 2),
        NO_RANDOM,
        setting(COMM, "RetryBackOffWaitMinimum", cfg.retry_back_off_wait_minimum),
    ),
    readings=(
        "A pause may be longer, but not shorter by more than max_time_deviation.",
        "The request for a connection that is not accepted is answered with the HTTP status 503.",
    ),
)
async def tc_b_57_cs(t: StationTest) -> None:
    await t.link(1, CLOSE)
    [*_, first] = t.received("@closed")
    back = await t.expect(2, "@connect", within=cfg.reconnect_time)
    t.review(2, [first, back], FROM_MINIMUM)
    await t.wait(cfg.settle_time, SETTLED)
    await t.turn_away(4)
    await t.link(4, CLOSE)
    [*_, again] = t.received("@closed")
    refused = await t.expect(5, "@turned_away", within=cfg.reconnect_time)
    await t.link(6, ACCEPT)
    let = await t.expect(7, "@connect", within=cfg.reconnect_time)
    t.review(7, [again, refused, let], Doubled(cfg.max_time_deviation))


# -- moved to another connection (B09, B10) ------------------------------------------------------


@case(
    "TC_B_43_CS",
    "Data of a connection for a slot that there is not",
    requirements=("B09.FR.02",),
)
async def tc_b_43_cs(t: StationTest) -> None:
    await t.call(1, "SetNetworkProfile", stored(999, cfg.ocpp_csms_url), eq("status", "Rejected"))


ALWAYS_RESET = "As changed by erratum 6.2.18: the reset is always asked for."


MOVED = (Kept(PRIORITY),)
REFUSED = "A request for a connection that is not accepted is answered with the HTTP status 503."


@case(
    "TC_B_45_CS",
    "Moved to another connection",
    requirements=("B09.FR.01", "B10.FR.01", "B10.FR.04", "B10.FR.06"),
    needs=(SLOTS,),
    before=MOVED,
    readings=(*ENDPOINTS, ALWAYS_RESET),
)
async def tc_b_45_cs(t: StationTest) -> None:
    free, used, there = await t.other_endpoint()
    await t.call(1, "SetNetworkProfile", stored(free, there), eq("status", "Accepted"))
    await t.call(3, "SetVariables", preferring(free, used), PREFERRED)
    await t.call(5, "Reset", {"type": "OnIdle"}, eq("status", "Accepted"))
    t.rebooted()
    await t.expect(7, "@connect", eq("url", there), within=cfg.reboot_time)
    await t.run(7, states.booted(asked=True))


@case(
    "TC_B_46_CS",
    "Moved to another connection that cannot be opened, and back",
    requirements=("B10.FR.03", "B10.FR.04"),
    needs=(SLOTS,),
    before=(*MOVED, setting(COMM, "NetworkProfileConnectionAttempts", 2)),
    readings=(
        *ENDPOINTS,
        ALWAYS_RESET,
        REFUSED,
        "The first connection is tried as often as is configured, and no more (B10.FR.03).",
    ),
)
async def tc_b_46_cs(t: StationTest) -> None:
    here = t.model.facts.endpoint
    free, used, there = await t.other_endpoint()
    await t.call(1, "SetNetworkProfile", stored(free, there), eq("status", "Accepted"))
    await t.call(3, "SetVariables", preferring(free, used), PREFERRED)
    await t.turn_away("turn away", there)
    await t.call(5, "Reset", {"type": "OnIdle"}, eq("status", "Accepted"))
    t.rebooted()
    with t.round("first"):
        first = await t.expect(7, "@turned_away", within=cfg.reboot_time)
    with t.round("second"):
        await t.expect(7, "@turned_away", within=cfg.long_operation_timeout)
    await t.expect(8, "@connect", eq("url", here), within=cfg.long_operation_timeout)
    t.review(7, t.received("@turned_away", since=first.position), times(2))
    await t.run(9, states.booted(asked=True))


@case(
    "TC_B_49_CS",
    "No connection can be opened: back to the one that was there last",
    requires=falls_back,
    requirements=("B10.FR.07",),
    needs=(SLOTS,),
    before=(
        *MOVED,
        setting(COMM, "NetworkProfileConnectionAttempts", 1),
        setting(COMM, "RetryBackOffRepeatTimes", 0),
        NO_RANDOM,
        setting(COMM, "RetryBackOffWaitMinimum", cfg.retry_back_off_wait_minimum),
    ),
    readings=(*ENDPOINTS, REFUSED, "Step 5 asks for a reset once idle: the text writes Idle."),
)
async def tc_b_49_cs(t: StationTest) -> None:
    here = t.model.facts.endpoint
    free, used, there = await t.other_endpoint()
    await t.call(1, "SetNetworkProfile", stored(free, there), eq("status", "Accepted"))
    await t.call(3, "SetVariables", preferring(free, used), PREFERRED)
    await t.turn_away("turn away")
    await t.call(5, "Reset", {"type": "OnIdle"}, eq("status", "Accepted"))
    t.rebooted()
    await t.expect(7, "@turned_away", eq("url", there), within=cfg.reboot_time)
    await t.expect(9, "@turned_away", eq("url", here), within=cfg.long_operation_timeout)
    await t.link(12, ACCEPT)
    await t.expect(11, "@connect", eq("url", here), within=cfg.long_operation_timeout)
    await t.run(13, states.booted(asked=True))


# -- moved to a CSMS under another root (M05) ----------------------------------------------------

NEW_ROOT = (
    "The new root is csms_root_2, or where AdditionalRootCertificateCheck is true the same signed "
    "by csms_root, which it replaces.",
    "After the case the station shall trust csms_root only again. A root that has replaced it is "
    "replaced by csms_root signed by csms_root_2.",
)


@case(
    "TC_B_47_CS",
    "A new root does not fit the new connection: back to the old root and connection",
    requires=falls_back & additional_root_check & (on_profile_2 | on_profile_3),
    requirements=("B10.FR.07", "M05.FR.15", "M05.FR.16"),
    needs=(SLOTS, reads(roots.SECURITY, roots.CHECK, "true")),
    before=(
        *MOVED,
        setting(COMM, "NetworkProfileConnectionAttempts", 1),
        roots.new_root_installed,
    ),
    readings=(
        *ENDPOINTS,
        *NEW_ROOT,
        "Prerequisite is security profile 2 or 3, as there is no certificate without TLS.",
        "The certificate that the tool shows stays the same all the time.",
        "The message of step 11 is GetInstalledCertificateIds.",
        "After another case that has replaced the old root, it is back as signed by the new one.",
    ),
)
async def tc_b_47_cs(t: StationTest) -> None:
    here = t.model.facts.endpoint
    free, used, there = await t.other_endpoint()
    new = await t.root(roots.NEW)
    old = roots.Lists(await t.root(roots.OLD), await t.root(roots.PREDECESSOR), new)
    await t.call(1, "SetNetworkProfile", stored(free, there), eq("status", "Accepted"))
    await t.call(3, "SetVariables", preferring(free, used), PREFERRED)
    await t.call(5, "Reset", {"type": "OnIdle"}, eq("status", "Accepted"))
    t.rebooted()
    async with t.forbid(8, "@connect"):
        await t.expect(8, "@tls_refused", where=BY_STATION, within=cfg.reboot_time)
    await t.expect(9, "@connect", eq("url", here), within=cfg.long_operation_timeout)
    await t.run(10, states.booted(asked=True))
    kind = {"certificateType": [roots.KIND]}
    answered = (eq("status", "Accepted"), old)
    await t.call(11, "GetInstalledCertificateIds", kind, *answered)


@case(
    "TC_B_50_CS",
    "Moved to another connection under a new root",
    requires=on_profile_2 | on_profile_3,
    requirements=("M05.FR.13",),
    needs=(SLOTS,),
    before=(*MOVED, roots.new_root_installed),
    readings=(
        *ENDPOINTS,
        *NEW_ROOT,
        "From the reset on the tool shows a certificate under the new root, to whoever connects.",
    ),
)
async def tc_b_50_cs(t: StationTest) -> None:
    free, used, there = await t.other_endpoint()
    await t.call(1, "SetNetworkProfile", stored(free, there), eq("status", "Accepted"))
    await t.call(3, "SetVariables", preferring(free, used), PREFERRED)
    await t.call(5, "Reset", {"type": "OnIdle"}, eq("status", "Accepted"))
    t.rebooted()
    await t.serve("serve", "server_2")
    await t.expect(7, "@tls", within=cfg.reboot_time)
    await t.expect(8, "@connect", eq("url", there))
    await t.run(9, states.booted(asked=True))
