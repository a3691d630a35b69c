"""Section 2.15: what the station does while the tool keeps it offline."""

from __future__ import annotations

from functools import partial

from testbay.scenario.case import if_implemented
from testbay.scenario.checks import eq, one_of
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp16.actions import PRESENT_TOKEN, UNPLUG
from testbay.suites.ocpp16.checks import ACCEPTED, HERE, INVALID
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import (
    authorization_cache,
    local_list,
    local_start,
    local_stop,
    unknown_offline,
)
from testbay.suites.ocpp16.metering import RUNNING, Apart, Chronological, EverySample, FromStart
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.states.station import charging, id_tag_cached, id_tag_local_auth_list
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.15 Offline")

CHARGING, FINISHING = eq("status", "Charging"), eq("status", "Finishing")
LOCAL = one_of("reason", "Local", OMITTED)
WHILE_OFFLINE = "nobody sees what the station does offline, and it takes a moment"

LOST = (
    "The tool itself takes the connection away: it closes it and lets the station in no more.",
    "The station has reconnect_time to connect again once it can.",
)


@case(
    "TC_036_CS",
    "Connection lost during a transaction",
    before=(
        Setting("MeterValueSampleInterval", cfg.meter_value_interval),
        Setting("ClockAlignedDataInterval", "0"),
        charging,
    ),
    readings=(
        *LOST,
        "ClockAlignedDataInterval is 0, so that no other meter values come in between, but for "
        "those of the beginning of the transaction (Transaction.Begin).",
        "The connection is away for three intervals and the deviation, so that three meter values "
        "at least are queued; then one more has to come.",
        "None is missing where the first is an interval after the start of the transaction at "
        "most, each follows the one before by an interval, and all that have to be there are; the "
        "meter values from before the loss are judged with them.",
    ),
)
async def tc_036_cs(t: StationTest) -> None:
    begun = t.received("StartTransaction")[-1]["timestamp"]
    interval, slack = t.value(cfg.meter_value_interval), t.value(cfg.max_time_deviation)
    await t.lose_connection()
    await t.wait(3 * interval + slack, "three meter values are taken while the station is offline")
    await t.restore_connection()
    await t.collect(t.expect(1, "MeterValues", where=RUNNING), during=interval + 2 * slack)
    t.review(
        1,
        t.received("MeterValues", where=RUNNING),
        FromStart(begun, cfg.meter_value_interval, cfg.max_time_deviation),
        Apart(cfg.meter_value_interval, cfg.max_time_deviation, least=4),
        Chronological(),
        EverySample(one_of("format", "Raw", OMITTED)),
        EverySample(one_of("context", "Sample.Periodic", OMITTED)),
    )


CAN_START = local_start & local_stop & (local_list | unknown_offline | authorization_cache)
TRUSTS_ITSELF = (
    Setting("LocalAuthorizeOffline", "true"),
    if_implemented(Setting("LocalAuthListEnabled", "true")),
    if_implemented(Setting("AuthorizationCacheEnabled", "true")),
    if_implemented(Setting("AllowOfflineTxForUnknownId", "true")),
)
VALID_KNOWN = (if_implemented(id_tag_cached), if_implemented(id_tag_local_auth_list))
INVALID_KNOWN = (
    if_implemented(id_tag_cached(id_tag=cfg.invalid_id_tag)),
    if_implemented(id_tag_local_auth_list(id_tag=cfg.invalid_id_tag)),
)
NO_ENERGY = if_implemented(Setting("MaxEnergyOnInvalidId", "0"))
KNOWN = (
    *LOST,
    "The cache is filled before the list: a token that is listed need not be asked about.",
    "Between what the driver does offline settle_time passes, as nothing can be seen of it; the "
    "cable goes in first, unless a lock keeps it out (AQ-2).",
)


@case(
    "TC_037_1_CS",
    "Transaction begun offline with a valid token",
    requires=CAN_START,
    before=(*TRUSTS_ITSELF, *VALID_KNOWN),
    readings=KNOWN,
)
async def tc_037_1_cs(t: StationTest) -> None:
    await t.lose_connection()
    t.starts_session(cfg.valid_id_tag)
    await t.wait(cfg.settle_time, WHILE_OFFLINE)
    await t.restore_connection()
    await t.expect(1, "StartTransaction", HERE, reply=ACCEPTED)
    await t.expect(3, "StatusNotification", CHARGING, where=HERE)


@case(
    "TC_037_2_CS",
    "Transaction begun offline with a token that the CSMS refuses: it goes on without energy",
    requires=CAN_START,
    before=(
        *TRUSTS_ITSELF,
        Setting("StopTransactionOnInvalidId", "false"),
        NO_ENERGY,
        *INVALID_KNOWN,
    ),
    readings=KNOWN,
)
async def tc_037_2_cs(t: StationTest) -> None:
    await t.lose_connection()
    t.token_is(cfg.invalid_id_tag, INVALID)
    t.starts_session(cfg.invalid_id_tag)
    await t.wait(cfg.settle_time, WHILE_OFFLINE)
    await t.restore_connection()
    await t.expect(1, "StartTransaction", HERE, reply=INVALID)
    await t.expect(3, "StatusNotification", HERE, where=CHARGING)
    await t.expect(5, "StatusNotification", HERE, where=eq("status", "SuspendedEVSE"))


@case(
    "TC_037_3_CS",
    "Transaction begun offline with a token that the CSMS refuses: it is stopped",
    requires=CAN_START,
    before=(
        *TRUSTS_ITSELF,
        Setting("StopTransactionOnInvalidId", "true"),
        NO_ENERGY,
        *INVALID_KNOWN,
    ),
    readings=KNOWN,
)
async def tc_037_3_cs(t: StationTest) -> None:
    await t.lose_connection()
    t.token_is(cfg.invalid_id_tag, INVALID)
    t.starts_session(cfg.invalid_id_tag)
    await t.wait(cfg.settle_time, WHILE_OFFLINE)
    await t.restore_connection()
    await t.expect(1, "StartTransaction", HERE, reply=INVALID)
    await t.expect(3, "StatusNotification", HERE, where=CHARGING)
    await t.expect(5, "StopTransaction", eq("reason", "DeAuthorized"))
    await t.expect(7, "StatusNotification", FINISHING, where=HERE)


@case(
    "TC_038_CS",
    "Transaction stopped offline",
    requires=local_stop,
    before=(charging,),
    readings=LOST,
)
async def tc_038_cs(t: StationTest) -> None:
    await t.lose_connection()
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
    await t.wait(cfg.settle_time, WHILE_OFFLINE)
    await t.restore_connection()
    await t.expect(1, "StopTransaction", LOCAL)
    await t.expect(3, "StatusNotification", FINISHING, where=HERE)


@case(
    "TC_039_CS",
    "Transaction begun and stopped offline",
    requires=CAN_START,
    before=(*TRUSTS_ITSELF, *VALID_KNOWN),
    readings=KNOWN,
)
async def tc_039_cs(t: StationTest) -> None:
    await t.lose_connection()
    t.starts_session(cfg.valid_id_tag)
    await t.wait(cfg.settle_time, WHILE_OFFLINE)
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
    await t.wait(cfg.settle_time, WHILE_OFFLINE)
    t.manual(UNPLUG)
    await t.restore_connection()
    await t.expect(1, "StartTransaction", HERE, reply=ACCEPTED)
    await t.expect(3, "StopTransaction", LOCAL)
