"""3.8 Tokens that may not charge, and a lock that fails."""

from __future__ import annotations

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import CsmsTest
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import authorized

GROUP = "3.8 Sessions that do not begin"
NUMBERED = "The validation of Authorize.conf is given for step 1; it belongs to step 2."


@csms("TC_023_1_CSMS", "A token is not known", group=GROUP, readings=(NUMBERED,))
async def tc_023_1_csms(t: CsmsTest) -> None:
    await t.authorize(1, eq("idTagInfo.status", "Invalid"), id_tag=cfg.invalid_id_tag)


@csms("TC_023_2_CSMS", "A token has expired", group=GROUP, readings=(NUMBERED,))
async def tc_023_2_csms(t: CsmsTest) -> None:
    await t.authorize(1, eq("idTagInfo.status", "Expired"), id_tag=cfg.expired_id_tag)


@csms("TC_023_3_CSMS", "A token is blocked", group=GROUP, readings=(NUMBERED,))
async def tc_023_3_csms(t: CsmsTest) -> None:
    await t.authorize(1, eq("idTagInfo.status", "Blocked"), id_tag=cfg.blocked_id_tag)


@csms("TC_024_CSMS", "The connector cannot be locked", group=GROUP, before=(authorized,))
async def tc_024_csms(t: CsmsTest) -> None:
    await t.status(1, "Preparing")
    await t.status(3, "Faulted", error="ConnectorLockFailure")
