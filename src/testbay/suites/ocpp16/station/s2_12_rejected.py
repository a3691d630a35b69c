"""Section 2.12: remote starts and stops that the station must reject."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.scenario.values import ANY_CODE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.states.station import REMOTE_START, charging
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.12 Remote actions that are rejected")

REJECTED = eq("status", "Rejected")
AT_STATION = {"connectorId": 0, "idTag": cfg.valid_id_tag}


@case(
    "TC_026_CS",
    "Remote start where a transaction runs",
    before=(Setting("LocalPreAuthorize", "false"), charging),
)
async def tc_026_cs(t: StationTest) -> None:
    await t.call(1, "RemoteStartTransaction", REMOTE_START, REJECTED)


@case(
    "TC_027_CS",
    "Remote start at connector 0",
    readings=("The text names no code for the CALLERROR, so any of OCPP-J will do.",),
)
async def tc_027_cs(t: StationTest) -> None:
    await t.call(1, "RemoteStartTransaction", AT_STATION, REJECTED, or_error=ANY_CODE)


@case("TC_028_CS", "Remote stop of an unknown transaction", before=(charging,))
async def tc_028_cs(t: StationTest) -> None:
    unknown = {"transactionId": t.unknown_transaction}
    await t.call(1, "RemoteStopTransaction", unknown, REJECTED)
