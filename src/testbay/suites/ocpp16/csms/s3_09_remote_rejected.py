"""3.9 Remote start and stop that the station refuses."""

from __future__ import annotations

from testbay.suites.ocpp16.actions import REMOTE_STOP
from testbay.suites.ocpp16.csms.s3_04_remote_actions import AS_WANTED, START_FOR_TOKEN, WANTED
from testbay.suites.ocpp16.csms_test import REJECTED, CsmsTest
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import charging

GROUP = "3.9 Remote start and stop, refused"


@csms("TC_026_CSMS", "A remote start is refused", group=GROUP, readings=(WANTED,))
async def tc_026_csms(t: CsmsTest) -> None:
    t.manual(START_FOR_TOKEN)
    await t.expect(1, "RemoteStartTransaction", *AS_WANTED, reply=REJECTED)


@csms(
    "TC_028_CSMS",
    "A remote stop is refused: the station does not know the transaction",
    group=GROUP,
    before=(charging,),
    readings=(
        "Which transaction is named is not judged: a CSMS stops what it knows of, and the "
        "simulated station says that it does not know it.",
    ),
)
async def tc_028_csms(t: CsmsTest) -> None:
    t.manual(REMOTE_STOP)
    await t.expect(1, "RemoteStopTransaction", reply=REJECTED)
