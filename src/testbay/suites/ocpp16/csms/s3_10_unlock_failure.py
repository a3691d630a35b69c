"""3.10 Unlocking a connector in vain."""

from __future__ import annotations

from testbay.scenario.configured import Plus
from testbay.suites.ocpp16.actions import UNLOCK
from testbay.suites.ocpp16.checks import HERE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms.s3_06_unlocking import WANTED
from testbay.suites.ocpp16.csms_test import CsmsTest
from testbay.suites.ocpp16.registry import csms

GROUP = "3.10 Unlocking in vain"


@csms("TC_030_CSMS", "The lock of the connector does not move", group=GROUP, readings=(WANTED,))
async def tc_030_csms(t: CsmsTest) -> None:
    t.manual(UNLOCK)
    await t.expect(1, "UnlockConnector", HERE, reply={"status": "UnlockFailed"})


@csms(
    "TC_031_CSMS",
    "A connector is to be unlocked that is not there",
    group=GROUP,
    readings=(
        "The operator is asked to unlock a connector that the station does not have. Which "
        "connector the CSMS then names is not judged.",
    ),
)
async def tc_031_csms(t: CsmsTest) -> None:
    t.manual(UNLOCK(connector=Plus(cfg.number_of_connectors, 1)))
    await t.expect(1, "UnlockConnector", reply={"status": "NotSupported"})
