"""Section 2.24: data of a vendor that the station does not know."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import one_of
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.24 Data of a vendor")

ANY_ANSWER = one_of("status", "Rejected", "UnknownMessageId", "UnknownVendorId", "Accepted")


@case(
    "TC_062_CS",
    "Data of an unknown vendor, sent to the station",
    readings=("Accepted is no failure, but a remark: the station accepts what it cannot know.",),
)
async def tc_062_cs(t: StationTest) -> None:
    unknown = {"vendorId": cfg.unsupported_vendor_id}
    answer = await t.call(1, "DataTransfer", unknown, ANY_ANSWER)
    if answer.get("status") == "Accepted":
        t.remark("the station accepts data of a vendor that it is not to support")
