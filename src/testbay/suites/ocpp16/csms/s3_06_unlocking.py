"""3.6 Unlocking a connector."""

from __future__ import annotations

from testbay.suites.ocpp16.actions import UNLOCK
from testbay.suites.ocpp16.checks import HERE
from testbay.suites.ocpp16.csms_test import CsmsTest
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import charging

GROUP = "3.6 Unlocking"
WANTED = (
    "The text validates no field of UnlockConnector: connectorId must be the connector that the "
    "operator named."
)


@csms(
    "TC_017_1_CSMS",
    "A connector is unlocked without a session (cable not fixed)",
    group=GROUP,
    readings=(WANTED,),
)
async def tc_017_1_csms(t: CsmsTest) -> None:
    t.manual(UNLOCK)
    await t.expect(1, "UnlockConnector", HERE, reply={"status": "Unlocked"})


@csms(
    "TC_017_2_CSMS",
    "A connector cannot be unlocked, its cable is fixed",
    group=GROUP,
    readings=(WANTED,),
)
async def tc_017_2_csms(t: CsmsTest) -> None:
    t.manual(UNLOCK)
    await t.expect(1, "UnlockConnector", HERE, reply={"status": "NotSupported"})


@csms(
    "TC_018_1_CSMS",
    "A connector is unlocked during a session, which ends it",
    group=GROUP,
    before=(charging,),
    readings=(WANTED,),
)
async def tc_018_1_csms(t: CsmsTest) -> None:
    t.manual(UNLOCK)
    await t.expect(1, "UnlockConnector", HERE, reply={"status": "Unlocked"})
    await t.status(3, "Finishing")
    await t.stop(5, "UnlockCommand")
    await t.status(7, "Available")
