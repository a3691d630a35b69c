"""Remote control, a station under test: remote start, stop and unlocking (F01 to F05)."""

from __future__ import annotations

from testbay.scenario.case import if_implemented, if_writable
from testbay.scenario.checks import any_of, eq, one_of
from testbay.scenario.features import Not
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    cable_lock,
    mechanical_lock,
    mode_1_2_only,
    remote_start_asks,
    remote_start_asks_not,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import Including, not_stuck, setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import REMOTE, StationTest
from testbay.suites.ocpp201.waiting import NO_EVENT, ON_TIME

GROUP = "F. Remote control"
ENABLED, ASKS = ("AuthCtrlr", "Enabled"), ("AuthCtrlr", "AuthorizeRemoteStart")
HERE = {"evseId": cfg.evse_id, "connectorId": cfg.connector_id}
DONE_ANYWAY = any_of(
    eq("eventType", "Ended"), one_of("triggerReason", "RemoteStop", "UnlockCommand")
)
GOES_ON = "That the station does not do it all the same is watched for silence_time."
AUTHORIZES = (
    if_implemented(if_writable(setting(*ENABLED, "true"))),
    if_implemented(setting("AuthCtrlr", "DisableRemoteAuthorization", "false")),
)


@station(
    "TC_F_01_CS",
    "Remote start after the cable",
    group=GROUP,
    requires=Not(cable_lock),
    requirements=(
        *("F01.FR.03", "F01.FR.04", "F01.FR.05", "F01.FR.13", "F01.FR.17", "F01.FR.19"),
        "F02.FR.01",
    ),
    before=(*AUTHORIZES, states.ev_connected_pre_session),
)
async def tc_f_01_cs(t: StationTest) -> None:
    await t.run(1, states.authorized(by=REMOTE))
    await t.run(2, states.energy_transfer_started)


@station(
    "TC_F_02_CS",
    "Remote start before the cable, with a question to the CSMS",
    group=GROUP,
    requires=remote_start_asks,
    requirements=("F01.FR.01", "F02.FR.01"),
    needs=(not_stuck(*ENABLED, "false"), not_stuck(*ASKS, "false")),
    before=(
        *AUTHORIZES,
        if_writable(setting(*ASKS, "true")),
        states.parking_bay_occupied,
    ),
)
async def tc_f_02_cs(t: StationTest) -> None:
    await t.run(1, states.authorized(by=REMOTE))
    await t.run(2, states.energy_transfer_started)


@station(
    "TC_F_03_CS",
    "Remote start before the cable, without a question to the CSMS",
    group=GROUP,
    requires=remote_start_asks_not,
    requirements=("F01.FR.02", "F02.FR.01"),
    needs=(not_stuck(*ASKS, "true"),),
    before=(
        *AUTHORIZES,
        if_writable(setting(*ASKS, "false")),
        states.parking_bay_occupied,
    ),
    readings=(
        "That the station asks the CSMS all the same fails: F01.FR.02, which the case is about, "
        "has the energy flow without that, and the state Authorized has no such step then.",
    ),
)
async def tc_f_03_cs(t: StationTest) -> None:
    async with t.forbid(1, "Authorize"):
        await t.run(1, states.authorized(by=REMOTE))
        await t.run(2, states.energy_transfer_started)


@station(
    "TC_F_04_CS",
    "Remote start for which nobody comes with a cable",
    group=GROUP,
    requirements=("E03.FR.01", "E03.FR.05", "F02.FR.01"),
    before=(
        setting("TxCtrlr", "EVConnectionTimeOut", cfg.connection_timeout),
        *AUTHORIZES,
        if_writable(setting("TxCtrlr", "TxStartPoint", Including("Authorized"))),
        if_writable(setting("TxCtrlr", "TxStopPoint", Including("Authorized"))),
        states.authorized(by=REMOTE),
    ),
    readings=(
        "As changed by errata 6.2.56 and 6.2.57: the start point is set where it can be.",
        "That the event is Ended needs the authorization among the stop points, which is set "
        "where it can be; where it is not among them, the transaction goes on.",
        NO_EVENT,
        ON_TIME,
    ),
)
async def tc_f_04_cs(t: StationTest) -> None:
    session = t.session()
    if session.begun:
        t.should_be(authorized=False)
        await t.stops_waiting(1)
    else:
        t.should_be(authorized=False)
        await t.has_stopped_waiting()
    await t.run(3, states.authorized(by=REMOTE))


@station(
    "TC_F_05_CS",
    "Unlocking during a transaction",
    group=GROUP,
    requires=mechanical_lock & Not(mode_1_2_only),
    requirements=("F05.FR.01", "F05.FR.02"),
    before=(states.energy_transfer_started,),
    readings=(GOES_ON,),
)
async def tc_f_05_cs(t: StationTest) -> None:
    await t.call(1, "UnlockConnector", HERE, eq("status", "OngoingAuthorizedTransaction"))
    await t.nothing("post", "TransactionEvent", where=DONE_ANYWAY, during=cfg.silence_time)


@station(
    "TC_F_06_CS",
    "Unlocking while nothing is charged",
    group=GROUP,
    requires=mechanical_lock & Not(mode_1_2_only),
    requirements=("F05.FR.01", "F05.FR.04"),
)
async def tc_f_06_cs(t: StationTest) -> None:
    await t.call(1, "UnlockConnector", HERE, eq("status", "Unlocked"))


@station(
    "TC_F_07_CS",
    "Unlocking a connector without a cable",
    group=GROUP,
    requires=mechanical_lock & Not(mode_1_2_only),
    requirements=("F05.FR.01", "F05.FR.06"),
)
async def tc_f_07_cs(t: StationTest) -> None:
    await t.call(1, "UnlockConnector", HERE, eq("status", "Unlocked"))


@station(
    "TC_F_08_CS",
    "Remote stop",
    group=GROUP,
    requirements=("F03.FR.02", "F03.FR.03", "F03.FR.07", "F03.FR.09"),
    before=(states.energy_transfer_started,),
)
async def tc_f_08_cs(t: StationTest) -> None:
    await t.run(1, states.stop_authorized(by=REMOTE))


@station(
    "TC_F_09_CS",
    "Remote stop of a transaction that there is not",
    group=GROUP,
    requirements=("F03.FR.08",),
    before=(states.energy_transfer_started,),
    readings=(GOES_ON,),
)
async def tc_f_09_cs(t: StationTest) -> None:
    other = {"transactionId": f"no-{t.fresh()}"}
    await t.call(1, "RequestStopTransaction", other, eq("status", "Rejected"))
    await t.nothing("post", "TransactionEvent", where=DONE_ANYWAY, during=cfg.silence_time)


@station(
    "TC_F_10_CS",
    "Unlocking a connector that there is not",
    group=GROUP,
    requires=mechanical_lock & Not(mode_1_2_only),
    requirements=("F05.FR.03",),
)
async def tc_f_10_cs(t: StationTest) -> None:
    other = {**HERE, "connectorId": 999}
    await t.call(1, "UnlockConnector", other, eq("status", "UnknownConnector"))
