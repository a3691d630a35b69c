"""Provisioning, a CSMS under test: booting and connecting (B01 to B03)."""

from __future__ import annotations

from testbay.roles.attempts import NO_COMMON_PROTOCOL
from testbay.scenario.checks import eq, one_of
from testbay.suites.ocpp201.actions import HOLD_BACK, RECONNECT, TRIGGER
from testbay.suites.ocpp201.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp201.features import pending, rejects_boot
from testbay.suites.ocpp201.registry import csms
from testbay.suites.ocpp201.states import csms as states

GROUP = "B. Provisioning"
COLD = "A station that starts cold comes with a new connection."
NOT_YET = one_of("status", "Pending", "Rejected")


@csms(
    "TC_B_01_CSMS",
    "A boot is accepted",
    group=GROUP,
    requirements=("B01.FR.02",),
    readings=(
        COLD,
        "The station has been accepted before: it must be accepted at once now. Where this is its "
        "first boot of the run, it boots twice, and may be pending the first time (B02).",
    ),
)
async def tc_b_01_csms(t: CsmsTest) -> None:
    await t.reach(states.registered)
    await t.settle()
    await t.link(1, RECONNECT)
    await t.run(1, states.booted)


@csms(
    "TC_B_02_CSMS",
    "A boot is answered with Pending at first",
    group=GROUP,
    requirements=("B02.FR.01", "B02.FR.06"),
    requires=pending,
    readings=(COLD, "The second validation is given for step 3; it belongs to step 4."),
)
async def tc_b_02_csms(t: CsmsTest) -> None:
    t.manual(HOLD_BACK(answer="pending"))
    await t.link(1, RECONNECT)
    answer = await t.boot(1, eq("status", "Pending"))
    await t.stay_pending(t.interval(answer))
    await t.boot(3, eq("status", "Accepted"))
    await t.connectors_report(5, "Available")


@csms(
    "TC_B_30_CSMS",
    "A station that is not accepted yet sends what it must not send",
    group=GROUP,
    requirements=("B02.FR.09", "B03.FR.07"),
    requires=pending | rejects_boot,
    readings=(COLD,),
)
async def tc_b_30_csms(t: CsmsTest) -> None:
    t.manual(HOLD_BACK)
    await t.link(1, RECONNECT)
    await t.boot(1, NOT_YET)
    await t.connectors_report(3, "Available", error="SecurityError")


@csms(
    "TC_B_31_CSMS",
    "A station that is not accepted yet is asked to boot again",
    group=GROUP,
    requires=pending | rejects_boot,
    readings=(
        COLD,
        "Requests for other messages are let pass; a report that a CSMS asks for while the station "
        "is pending comes before the boot of step 5.",
    ),
)
async def tc_b_31_csms(t: CsmsTest) -> None:
    t.manual(HOLD_BACK)
    await t.link(1, RECONNECT)
    await t.boot(1, NOT_YET)
    t.manual(TRIGGER(message="BootNotification"))
    asked = eq("requestedMessage", "BootNotification")
    await t.expect(3, "TriggerMessage", where=asked, reply=ACCEPTED)
    await t.deliver()
    await t.boot(5, eq("status", "Accepted"), reason="Triggered")
    await t.connectors_report(7, "Available")


@csms(
    "TC_B_58_CSMS",
    "The CSMS chooses its own among the versions that are offered",
    group=GROUP,
    readings=(
        "Part 4 (3.1.2) has a CSMS that supports none of the offered versions complete the "
        "handshake without choosing one, and close the connection: this is a refusal as well.",
    ),
)
async def tc_b_58_csms(t: CsmsTest) -> None:
    await t.offer(1, ["ocpp0.1"], NO_COMMON_PROTOCOL)
    await t.offer(3, ["ocpp0.1", "ocpp2.0.1"], eq("subprotocol", "ocpp2.0.1"))
