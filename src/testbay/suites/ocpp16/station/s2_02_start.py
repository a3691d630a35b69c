"""Section 2.2: a charging session is started at the station."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.scenario.configured import Plus
from testbay.scenario.features import Not
from testbay.scenario.many import Spaced
from testbay.suites.ocpp16.actions import PLUG_IN, PRESENT_TOKEN
from testbay.suites.ocpp16.checks import ACCEPTED, HERE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import cable_lock, local_start, reader
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.states.station import authorized
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.2 Starting a charging session")


@case(
    "TC_003_CS",
    "Session at the station, cable first",
    requires=local_start & Not(cable_lock),
    readings=(
        "Which token is presented is not judged: any means of identification will do (1.2).",
    ),
)
async def tc_003_cs(t: StationTest) -> None:
    t.manual(PLUG_IN)
    await t.expect(1, "StatusNotification", eq("status", "Preparing"), where=HERE)
    await t.power_flow(1)
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
    await t.expect(3, "Authorize", reply=ACCEPTED)
    await t.expect(5, "StartTransaction", HERE, reply=ACCEPTED)
    await t.expect(7, "StatusNotification", eq("status", "Charging"), where=HERE)


@case(
    "TC_004_1_CS",
    "Session at the station, token first",
    requires=local_start & reader,
    before=(Setting("MeterValueSampleInterval", cfg.meter_value_interval),),
)
async def tc_004_1_cs(t: StationTest) -> None:
    await t.run(1, authorized)
    t.manual(PLUG_IN)
    await t.expect(3, "StartTransaction", HERE, reply=ACCEPTED)
    await t.expect(5, "StatusNotification", eq("status", "Charging"), where=HERE)


@case(
    "TC_004_2_CS",
    "Token without a cable: the wait for it ends",
    requires=local_start & reader,
    before=(Setting("ConnectionTimeOut", cfg.connection_timeout),),
    readings=("The time-out is measured from the status Preparing on (9.1.6, errata 3.77).",),
)
async def tc_004_2_cs(t: StationTest) -> None:
    await t.run(1, authorized)
    preparing, soon = t.last_status(), Plus(cfg.connection_timeout, 30)
    free = await t.expect(
        2, "StatusNotification", eq("status", "Available"), where=HERE, within=soon
    )
    t.review(2, [preparing, free], Spaced(cfg.connection_timeout, cfg.max_time_deviation))
