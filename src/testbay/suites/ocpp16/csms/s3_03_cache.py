"""3.3 The authorization cache of the station."""

from __future__ import annotations

from testbay.suites.ocpp16.actions import CLEAR_CACHE
from testbay.suites.ocpp16.csms_test import ACCEPTED, TOKEN_ACCEPTED, CsmsTest
from testbay.suites.ocpp16.registry import csms

GROUP = "3.3 Authorization cache"


@csms(
    "TC_007_CSMS",
    "A session starts with a token from the cache",
    group=GROUP,
    readings=(
        "No step fills the cache: the simulated station takes the token as cached and starts "
        "without an Authorize.",
    ),
)
async def tc_007_csms(t: CsmsTest) -> None:
    await t.status(1, "Preparing")
    await t.start(3, TOKEN_ACCEPTED)
    await t.status(5, "Charging")


@csms("TC_061_CSMS", "The cache is cleared", group=GROUP)
async def tc_061_csms(t: CsmsTest) -> None:
    t.manual(CLEAR_CACHE)
    await t.expect(1, "ClearCache", reply=ACCEPTED)
