"""3.2 Start of a charging session."""

from __future__ import annotations

from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import TOKEN_ACCEPTED, CsmsTest
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import authorized, charging

GROUP = "3.2 Starting a charging session"


@csms("TC_003_CSMS", "A session starts with the cable, then the token", group=GROUP)
async def tc_003_csms(t: CsmsTest) -> None:
    await t.status(1, "Preparing")
    await t.authorize(3, TOKEN_ACCEPTED)
    await t.start(5, TOKEN_ACCEPTED)
    await t.status(7, "Charging")


@csms(
    "TC_004_1_CSMS",
    "A session starts with the token, then the cable",
    group=GROUP,
    readings=(
        "The scenario names the state Charging and nothing else: its steps are the scenario, and "
        "its validations are those of the case.",
    ),
)
async def tc_004_1_csms(t: CsmsTest) -> None:
    await t.run(1, charging)


@csms(
    "TC_004_2_CSMS",
    "The cable is not plugged in before the connection times out",
    group=GROUP,
    before=(authorized,),
)
async def tc_004_2_csms(t: CsmsTest) -> None:
    await t.status(1, "Preparing")
    await t.wait(cfg.connection_timeout, "the station gives up waiting for the cable")
    await t.status(3, "Available")


@csms(
    "TC_005_1_CSMS",
    "The cable is unplugged at the vehicle, which ends the transaction",
    group=GROUP,
    before=(charging,),
)
async def tc_005_1_csms(t: CsmsTest) -> None:
    await t.status(1, "SuspendedEV")
    await t.stop(3, "EVDisconnected")
    await t.status(5, "Finishing")
    await t.status(7, "Available")
