"""Section 2.17: a station that is faulted."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.actions import FAULT, PLUG_IN, PRESENT_TOKEN
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import local_start
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.17 Faults")

FAULTED = eq("status", "Faulted")


@case(
    "TC_041_CS",
    "No transaction while the station is faulted",
    readings=(
        "The station as a whole is put into the fault, and one status Faulted is required, of "
        "whichever connector; those of others may follow within settle_time, and a status may be "
        "told again before.",
        "The driver presents a token, where the station lets sessions be started locally, and "
        "plugs in.",
    ),
)
async def tc_041_cs(t: StationTest) -> None:
    t.manual(FAULT(connector=0))
    await t.expect(1, "StatusNotification", FAULTED)
    await t.collect(t.expect(1, "StatusNotification", where=FAULTED), during=cfg.settle_time)
    if t.has(local_start):
        t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
    t.manual(PLUG_IN)
    await t.nothing(3, "StartTransaction", during=cfg.transaction_duration)
