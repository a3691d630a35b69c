"""3.20 Vendor specific data."""

from __future__ import annotations

from testbay.scenario.checks import one_of
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import CsmsTest
from testbay.suites.ocpp16.registry import csms

GROUP = "3.20 Data transfer"
REFUSALS = ("Rejected", "UnknownMessageId", "UnknownVendorId")


@csms(
    "TC_064_CSMS",
    "The CSMS does not support the data of a vendor",
    group=GROUP,
    readings=("Accepted is allowed by a note of the text; it is a remark.",),
)
async def tc_064_csms(t: CsmsTest) -> None:
    data = {"vendorId": cfg.unsupported_vendor_id}
    answer = await t.call(1, "DataTransfer", data, one_of("status", *REFUSALS, "Accepted"))
    if answer.get("status") == "Accepted":
        t.remark("the CSMS accepts the data of a vendor that it does not support")
