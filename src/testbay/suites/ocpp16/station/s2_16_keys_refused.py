"""Section 2.16: changes of the configuration that the station must refuse."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import OtherThan
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.16 Changes of the configuration that are refused")

INTERVAL = "MeterValueSampleInterval"


@case("TC_040_1_CS", "Change of a key that is not known")
async def tc_040_1_cs(t: StationTest) -> None:
    unknown = {"key": "Testing", "value": "true"}
    await t.call(1, "ChangeConfiguration", unknown, eq("status", "NotSupported"))


@case(
    "TC_040_2_CS",
    "Change to a value that is not possible",
    before=(OtherThan(INTERVAL, "-1", "60"),),
    readings=("The key is read first, so that its value can be put back if the change is made.",),
)
async def tc_040_2_cs(t: StationTest) -> None:
    negative, rejected = {"key": INTERVAL, "value": "-1"}, eq("status", "Rejected")
    wrong = "PropertyConstraintViolation"
    await t.call(1, "ChangeConfiguration", negative, rejected, or_error=wrong)
