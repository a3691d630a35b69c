"""Section 2.23: smart charging."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.scenario.configured import Plus
from testbay.scenario.features import Not
from testbay.suites.ocpp16.composite import Limit
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import mode_1_2_only, smart_charging
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.states.limits import can_keep, set_charging_profile
from testbay.suites.ocpp16.states.station import REMOTE_START, charging
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.23 Smart charging", requires=smart_charging & Not(mode_1_2_only))

DONE, REJECTED = eq("status", "Accepted"), eq("status", "Rejected")
WRONG = "PropertyConstraintViolation"
A_DAY = 86400  # s
DEFAULT = Limit("TxDefaultProfile", ((0, 6),), cfg.duration, cfg.stack_level)
SESSION = Limit("TxProfile", ((0, 6),), cfg.duration, cfg.stack_level)
LONG = Limit("TxProfile", ((0, 6),), Plus(cfg.duration, A_DAY), cfg.stack_level)
SET_AS_ELSEWHERE = (
    "startSchedule, which the text does not name, is what the other cases of the section have: "
    "the current time minus the deviation."
)
LOCAL = "No limit is above what the station can carry by itself, and after the last that is it."
SECONDS = (
    "A period may begin a second early or late: the schedule is in whole seconds; and another one "
    "early where scheduleStart is in whole seconds, too."
)
NOW = "The current time is any moment from when the schedule is asked for until it comes."
CALCULATED = (SET_AS_ELSEWHERE, LOCAL, SECONDS, NOW)


@case("TC_056_CS", "Limit for every session", readings=CALCULATED)
async def tc_056_cs(t: StationTest) -> None:
    await t.set_limit(1, DEFAULT, DONE)
    await t.schedule(3, cfg.duration, t.limits, (0, 6))


@case(
    "TC_057_CS",
    "Limit for the session that runs",
    before=(charging,),
    readings=(*CALCULATED, "The lost part of step 1 is read as in TC_056, with the transactionId."),
)
async def tc_057_cs(t: StationTest) -> None:
    await t.set_limit(1, SESSION, DONE, t.transaction)
    await t.schedule(3, cfg.duration, t.limits, (0, 6))


@case("TC_058_1_CS", "Limit for a session where none runs", readings=(SET_AS_ELSEWHERE,))
async def tc_058_1_cs(t: StationTest) -> None:
    await t.set_limit(1, SESSION, REJECTED, t.unknown_transaction, WRONG)


@case(
    "TC_058_2_CS",
    "Limit for another session than the one that runs",
    before=(charging,),
    readings=(SET_AS_ELSEWHERE, "Steps 5 and 6 are those of the state Charging."),
)
async def tc_058_2_cs(t: StationTest) -> None:
    await t.set_limit(1, SESSION, REJECTED, t.unknown_transaction)


@case(
    "TC_060_CS",
    "Remote start with a limit that is not for one session",
    readings=(SET_AS_ELSEWHERE, "The purpose is TxDefaultProfile."),
)
async def tc_060_cs(t: StationTest) -> None:
    start = {**REMOTE_START, "chargingProfile": t.profile(DEFAULT)}
    await t.call(1, "RemoteStartTransaction", start, REJECTED, or_error=WRONG)


@case(
    "TC_059_CS",
    "Remote start with a limit",
    readings=(
        *CALCULATED,
        "What the profile says is left open: it is that of TC_057, without transactionId, and it "
        "lasts a day longer, so that it does not matter when the driver plugs in.",
    ),
)
async def tc_059_cs(t: StationTest) -> None:
    await t.run(1, charging(limit=LONG))
    await t.schedule(2, cfg.duration, t.limits, (0, 6))


@case(
    "TC_082_CS",
    "Limit for every session while one runs",
    before=(charging,),
    readings=CALCULATED,
)
async def tc_082_cs(t: StationTest) -> None:
    await t.set_limit(1, DEFAULT, DONE)
    await t.schedule(3, cfg.duration, t.limits, (0, 6))


UPPER = Limit("TxDefaultProfile", ((0, 6), (60, 8), (200, 10)), 400, level=1)
LOWER = Limit("TxDefaultProfile", ((0, 7), (100, 9)), 400, valid=401)
STATION = Limit("ChargePointMaxProfile", ((0, 11), (200, 12)), A_DAY, connector=0, valid=401)


@case(
    "TC_067_CS",
    "Limits are cleared: one by its number, some by criteria, then all",
    before=(
        set_charging_profile(limit=UPPER),
        set_charging_profile(limit=LOWER),
        set_charging_profile(limit=STATION),
    ),
    readings=(
        LOCAL,
        SECONDS,
        NOW,
        "The two profiles that stand side by side are read apart as in TC_K_40 of OCPP 2.0.1.",
    ),
)
async def tc_067_cs(t: StationTest) -> None:
    upper, lower, whole = t.limits
    one = {"id": upper["chargingProfileId"]}
    await t.call(1, "ClearChargingProfile", one, DONE)
    await t.schedule(3, 350, [lower, whole], (0, 7), (100, 9))
    some = {"chargingProfilePurpose": LOWER.purpose, "stackLevel": LOWER.level}
    await t.call(5, "ClearChargingProfile", some, DONE)
    await t.schedule(7, 350, [whole], (0, 11), (200, 12))
    await t.call(9, "ClearChargingProfile", {}, DONE)
    await t.schedule(11, 350, [], (0, cfg.local_limit))


BELOW = Limit("TxDefaultProfile", ((0, 6), (100, 8), (200, 10)), 400, valid=401)
ABOVE = Limit("TxDefaultProfile", ((0, 7), (100, 9)), 150, level=1, valid=401)


@case(
    "TC_072_CS",
    "Limits are stacked",
    needs=(can_keep("ChargeProfileMaxStackLevel", 1),),
    before=(set_charging_profile(limit=BELOW), set_charging_profile(limit=ABOVE)),
    readings=(
        LOCAL,
        SECONDS,
        NOW,
        "Garbled in profile 2: its validity and its start are those of profile 1.",
        "Stack levels are counted from 0 (9.4.1), so that two of them need the level 1.",
    ),
)
async def tc_072_cs(t: StationTest) -> None:
    await t.schedule(1, 350, t.limits, (0, 7), (100, 9), (150, 8), (200, 10))


WHOLE = Limit("ChargePointMaxProfile", ((0, 10),), A_DAY, connector=0)
USUAL = Limit("TxDefaultProfile", ((0, 6), (60, 10), (120, 8), (180, 15), (260, 8)), 300, valid=401)
RUNNING = Limit("TxProfile", ((0, 8), (50, 11), (140, 16), (200, 6), (240, 12)), 260, valid=401)


@case(
    "TC_066_CS",
    "Limits for different purposes together",
    needs=(can_keep("MaxChargingProfilesInstalled", 3), can_keep("ChargingScheduleMaxPeriods", 5)),
    before=(
        charging,
        set_charging_profile(limit=WHOLE),
        set_charging_profile(limit=USUAL),
        set_charging_profile(limit=RUNNING),
    ),
    readings=(LOCAL, SECONDS, NOW, "ChargingStationMaxProfile is ChargePointMaxProfile."),
)
async def tc_066_cs(t: StationTest) -> None:
    periods = ((0, 8), (50, 10), (200, 6), (240, 10), (260, 8), (300, 10))
    await t.schedule(1, 400, t.limits, *periods)
