"""3.13 Settings that the station refuses."""

from __future__ import annotations

from testbay.suites.ocpp16.actions import CHANGE_SETTING
from testbay.suites.ocpp16.checks import same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms.s3_07_configuration import INTERVAL, OTHERS
from testbay.suites.ocpp16.csms_test import REJECTED, CsmsTest
from testbay.suites.ocpp16.registry import csms

GROUP = "3.13 Settings refused"


@csms("TC_040_1_CSMS", "A setting is not known", group=GROUP, readings=(OTHERS,))
async def tc_040_1_csms(t: CsmsTest) -> None:
    t.manual(CHANGE_SETTING(key=cfg.unsupported_key, value="1"))
    await t.expect(
        1,
        "ChangeConfiguration",
        where=same_text("key", cfg.unsupported_key),
        reply={"status": "NotSupported"},
    )


@csms(
    "TC_040_2_CSMS",
    "The value of a setting is not valid",
    group=GROUP,
    readings=("The value that is not valid is -1: an interval is not negative.", OTHERS),
)
async def tc_040_2_csms(t: CsmsTest) -> None:
    t.manual(CHANGE_SETTING(key=INTERVAL, value="-1"))
    await t.expect(1, "ChangeConfiguration", where=same_text("key", INTERVAL), reply=REJECTED)
