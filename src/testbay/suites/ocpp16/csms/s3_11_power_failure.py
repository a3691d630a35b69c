"""3.11 Power failure during a transaction."""

from __future__ import annotations

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.csms_test import CsmsTest
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import charging

GROUP = "3.11 Power failure"


@csms(
    "TC_032_1_CSMS",
    "After a power failure the station stops its transactions",
    group=GROUP,
    before=(charging,),
    readings=(
        "A station without power ends its connection without a close frame.",
        "The transaction ended when the power failed: that is the time stamp of StopTransaction.",
    ),
)
async def tc_032_1_csms(t: CsmsTest) -> None:
    failed = t.stamp()
    await t.lose_power(1)
    await t.come_back(1)
    await t.boot(1, eq("status", "Accepted"))
    await t.connectors_report(3, "Available", here="Finishing")
    await t.stop(5, "PowerLoss", at=failed)
