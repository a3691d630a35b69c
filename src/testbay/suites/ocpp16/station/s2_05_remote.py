"""Section 2.5: the CSMS starts and stops charging sessions."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.scenario.configured import Plus
from testbay.scenario.features import Not
from testbay.scenario.many import Spaced
from testbay.suites.ocpp16.actions import PLUG_IN
from testbay.suites.ocpp16.checks import ACCEPTED, HERE, enabled, same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import cable_lock
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.states.station import REMOTE_START, charging
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.5 Remote start and stop")

ASKS = "AuthorizeRemoteTxRequests"
ASKED = same_text("configurationKey[0].key", ASKS)
OUR_TAG = same_text("idTag", cfg.valid_id_tag)
NOT_ASKED = f"Where {ASKS} is false an Authorize fails the step: the start is immediate (5.11)."


@case(
    "TC_010_CS",
    "Remote start, cable first",
    requires=Not(cable_lock),
    readings=(NOT_ASKED,),
)
async def tc_010_cs(t: StationTest) -> None:
    answer = await t.call(1, "GetConfiguration", {"key": [ASKS]})
    t.manual(PLUG_IN)
    await t.expect(3, "StatusNotification", eq("status", "Preparing"), where=HERE)
    await t.power_flow(3)
    await t.call(5, "RemoteStartTransaction", REMOTE_START, eq("status", "Accepted"))
    if enabled(answer, ASKS):
        await t.expect(7, "Authorize", OUR_TAG, reply=ACCEPTED)
    async with t.forbid(7, "Authorize"):
        await t.expect(9, "StartTransaction", HERE, OUR_TAG, reply=ACCEPTED)
        await t.expect(11, "StatusNotification", eq("status", "Charging"), where=HERE)


@case("TC_011_1_CS", "Remote start, cable afterwards", readings=(NOT_ASKED,))
async def tc_011_1_cs(t: StationTest) -> None:
    answer = await t.call(1, "GetConfiguration", {"key": [ASKS]}, ASKED)
    await t.call(3, "RemoteStartTransaction", REMOTE_START, eq("status", "Accepted"))
    if enabled(answer, ASKS):
        await t.expect(5, "Authorize", reply=ACCEPTED)
    async with t.forbid(5, "Authorize"):
        await t.expect(7, "StatusNotification", eq("status", "Preparing"), where=HERE)
        t.manual(PLUG_IN)
        await t.expect(9, "StartTransaction", HERE, reply=ACCEPTED)
        await t.expect(11, "StatusNotification", eq("status", "Charging"), where=HERE)


@case(
    "TC_011_2_CS",
    "Remote start without a cable: the wait for it ends",
    before=(Setting("ConnectionTimeOut", cfg.connection_timeout),),
    readings=(
        NOT_ASKED,
        "The time-out is measured from the status Preparing on (9.1.6, errata 3.77).",
    ),
)
async def tc_011_2_cs(t: StationTest) -> None:
    answer = await t.call(1, "GetConfiguration", {"key": [ASKS]}, ASKED)
    await t.call(3, "RemoteStartTransaction", REMOTE_START, eq("status", "Accepted"))
    if enabled(answer, ASKS):
        await t.expect(5, "Authorize", reply=ACCEPTED)
    async with t.forbid(5, "Authorize"):
        preparing = await t.expect(7, "StatusNotification", eq("status", "Preparing"), where=HERE)
        soon = Plus(cfg.connection_timeout, 30)
        free = await t.expect(
            9, "StatusNotification", eq("status", "Available"), where=HERE, within=soon
        )
    t.review(9, [preparing, free], Spaced(cfg.connection_timeout, cfg.max_time_deviation))


@case("TC_012_CS", "Remote stop", before=(charging,))
async def tc_012_cs(t: StationTest) -> None:
    stop = {"transactionId": t.transaction}
    await t.call(1, "RemoteStopTransaction", stop, eq("status", "Accepted"))
    await t.expect(3, "StopTransaction", eq("reason", "Remote"))
    await t.expect(5, "StatusNotification", eq("status", "Finishing"), where=HERE)
