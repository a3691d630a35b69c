"""3.12 Transactions of a station that is offline."""

from __future__ import annotations

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import TOKEN_ACCEPTED, CsmsTest
from testbay.suites.ocpp16.registry import csms

GROUP = "3.12 Offline"
LONG = cfg.transaction_duration
STAMPED = (
    "What happened offline is sent with the time stamp of then.",
    "A station that comes back without a restart does not boot again (OCPP-J 5.3).",
)


@csms("TC_037_1_CSMS", "A transaction began offline", group=GROUP, readings=STAMPED)
async def tc_037_1_csms(t: CsmsTest) -> None:
    await t.go_offline(1)
    began = t.stamp()
    await t.wait(LONG, "a transaction with a valid token runs offline")
    await t.come_back(1)
    await t.start(1, TOKEN_ACCEPTED, at=began)
    await t.status(3, "Charging")


@csms(
    "TC_037_3_CSMS",
    "A transaction began offline with a token that may not charge, and is stopped",
    group=GROUP,
    readings=STAMPED,
)
async def tc_037_3_csms(t: CsmsTest) -> None:
    await t.go_offline(1)
    began = t.stamp()
    await t.wait(LONG, "a transaction with an invalid token runs offline")
    await t.come_back(1)
    await t.start(1, eq("idTagInfo.status", "Invalid"), id_tag=cfg.invalid_id_tag, at=began)
    await t.status(3, "Charging")
    await t.stop(5, "DeAuthorized")
    await t.status(7, "Finishing")


@csms(
    "TC_039_CSMS",
    "A whole transaction took place offline",
    group=GROUP,
    readings=(*STAMPED, "The driver stops at the station: the reason is Local."),
)
async def tc_039_csms(t: CsmsTest) -> None:
    await t.go_offline(1)
    began = t.stamp()
    await t.wait(LONG, "a transaction runs offline")
    ended = t.stamp()
    await t.wait(cfg.settle_time, "the driver unplugs the cable, and the connection comes back")
    await t.come_back(1)
    await t.start(1, TOKEN_ACCEPTED, at=began)
    await t.stop(3, "Local", at=ended)
