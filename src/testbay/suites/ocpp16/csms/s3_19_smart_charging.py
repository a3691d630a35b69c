"""3.19 Smart charging."""

from __future__ import annotations

from testbay.scenario.checks import Judges, When, eq, omitted, one_of, present, satisfies
from testbay.scenario.many import Distinct
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp16.actions import (
    CLEAR_ALL_PROFILES,
    CLEAR_PROFILES,
    LIMIT_SESSION,
    LIMIT_SESSIONS,
    LIMIT_STATION,
    READ_SCHEDULE,
    REMOTE_START,
    REMOVE_STATION_LIMIT,
)
from testbay.suites.ocpp16.checks import HERE, same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import ACCEPTED, TOKEN_ACCEPTED, CsmsTest
from testbay.suites.ocpp16.features import smart_charging
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import charging

GROUP = "3.19 Smart charging"
SET, STARTED = "csChargingProfiles", "chargingProfile"
PURPOSE, NUMBER = f"{SET}.chargingProfilePurpose", f"{SET}.chargingProfileId"
SCHEDULE, PERIOD = f"{SET}.chargingSchedule", f"{SET}.chargingSchedule.chargingSchedulePeriod[0]"
STACKED = eq(f"{SET}.stackLevel", cfg.stack_level)
OF_NO_TRANSACTION = omitted(f"{SET}.transactionId")
LEVEL = {"unit": cfg.charging_rate_unit, "stack_level": cfg.stack_level}
STATION_LEVEL, SESSION_LEVEL = LIMIT_STATION(**LEVEL), LIMIT_SESSION(**LEVEL)
DEFAULT_LEVEL = LIMIT_SESSIONS(**LEVEL)
START_LIMITED = REMOTE_START(id_tag=cfg.valid_id_tag, unit=cfg.charging_rate_unit)
CLEAR_DEFAULTS = CLEAR_PROFILES(
    connector=cfg.connector_id, purpose="TxDefaultProfile", stack_level=cfg.stack_level
)
NO_CRITERIA = tuple(omitted(k) for k in ("connectorId", "chargingProfilePurpose", "stackLevel"))
SOME_CRITERIA = (
    HERE,
    eq("chargingProfilePurpose", "TxDefaultProfile"),
    eq("stackLevel", cfg.stack_level),
)
OTHERS = "Profiles of other purposes, which a CSMS may send at any time, are let pass."
LIMITED = "The limit is 6 A where the configured unit is A, and 6000 W where it is W."
PHASES = satisfies(
    f"{PERIOD}.numberPhases",
    f"is {cfg.number_phases}, or omitted where that is 3",
    lambda n, r: n == r(cfg.number_phases) or (n is OMITTED and r(cfg.number_phases) == 3),
    values=(cfg.number_phases,),
)


def of_session(profile: str) -> tuple[Judges, ...]:
    """Return what holds of a profile for one session, however its schedule is written."""
    kind, start = f"{profile}.chargingProfileKind", f"{profile}.chargingSchedule.startSchedule"
    bounds = (f"{profile}.validFrom", f"{profile}.validTo", start)
    absolute = (*bounds, f"{profile}.chargingSchedule.duration")
    return (
        one_of(kind, "Absolute", "Relative"),
        omitted(f"{profile}.recurrencyKind"),
        *(When(eq(kind, "Absolute"), present(path)) for path in absolute),
        When(eq(kind, "Relative"), omitted(start)),
    )


@csms(
    "TC_056_CSMS",
    "Every session on a connector is limited",
    group=GROUP,
    requires=smart_charging,
    readings=(LIMITED, OTHERS),
)
async def tc_056_csms(t: CsmsTest) -> None:
    t.manual(
        LIMIT_SESSIONS(
            limit=t.wanted_limit,
            unit=cfg.charging_rate_unit,
            seconds=cfg.duration,
            start=cfg.start_period,
            phases=cfg.number_phases,
            stack_level=cfg.stack_level,
        )
    )
    await t.expect(
        1,
        "SetChargingProfile",
        HERE,
        STACKED,
        eq(f"{SET}.chargingProfileKind", "Absolute"),
        present(f"{SET}.validFrom"),
        present(f"{SET}.validTo"),
        OF_NO_TRANSACTION,
        omitted(f"{SET}.recurrencyKind"),
        present(f"{SCHEDULE}.startSchedule"),
        eq(f"{SCHEDULE}.chargingRateUnit", cfg.charging_rate_unit),
        eq(f"{SCHEDULE}.duration", cfg.duration),
        eq(f"{PERIOD}.startPeriod", cfg.start_period),
        eq(f"{PERIOD}.limit", t.wanted_limit),
        PHASES,
        where=eq(PURPOSE, "TxDefaultProfile"),
        reply=ACCEPTED,
    )


@csms(
    "TC_057_CSMS",
    "The session that runs is limited",
    group=GROUP,
    requires=smart_charging,
    before=(charging,),
    readings=(OTHERS,),
)
async def tc_057_csms(t: CsmsTest) -> None:
    t.manual(LIMIT_SESSION(limit=t.wanted_limit, unit=cfg.charging_rate_unit))
    await t.expect(
        1,
        "SetChargingProfile",
        HERE,
        eq(f"{SET}.transactionId", t.transaction),
        *of_session(SET),
        where=eq(PURPOSE, "TxProfile"),
        reply=ACCEPTED,
    )


@csms(
    "TC_066_CSMS",
    "The limits that result from all profiles are read",
    group=GROUP,
    requires=smart_charging,
    readings=(
        "The schedule in the answer is what the simulated station can carry: it has no profiles.",
    ),
)
async def tc_066_csms(t: CsmsTest) -> None:
    t.manual(READ_SCHEDULE(seconds=cfg.charging_schedule_duration, unit=cfg.charging_rate_unit))
    await t.expect(
        1,
        "GetCompositeSchedule",
        HERE,
        eq("duration", cfg.charging_schedule_duration),
        eq("chargingRateUnit", cfg.charging_rate_unit),
        reply=ACCEPTED,
    )


@csms(
    "TC_067_CSMS",
    "Charging profiles are cleared: one by its number, some by criteria, then all",
    group=GROUP,
    requires=smart_charging,
    before=(charging,),
    readings=(OTHERS, "Step 8 is lost; its validation says Accepted."),
)
async def tc_067_csms(t: CsmsTest) -> None:
    with t.round("profile 1"):
        t.manual(STATION_LEVEL(limit=t.wanted_limit))
        checks = (eq("connectorId", 0), STACKED, OF_NO_TRANSACTION)
        where = eq(PURPOSE, "ChargePointMaxProfile")
        one = await t.expect(1, "SetChargingProfile", *checks, where=where, reply=ACCEPTED)
    with t.round("profile 2"):
        t.manual(DEFAULT_LEVEL(limit=t.wanted_limit))
        checks = (HERE, STACKED, OF_NO_TRANSACTION)
        where = eq(PURPOSE, "TxDefaultProfile")
        two = await t.expect(1, "SetChargingProfile", *checks, where=where, reply=ACCEPTED)
    with t.round("profile 3"):
        t.manual(SESSION_LEVEL(limit=t.wanted_limit))
        checks = (HERE, STACKED, eq(f"{SET}.transactionId", t.transaction))
        where = eq(PURPOSE, "TxProfile")
        three = await t.expect(1, "SetChargingProfile", *checks, where=where, reply=ACCEPTED)
    t.review(1, [one, two, three], Distinct(NUMBER))
    t.manual(REMOVE_STATION_LIMIT)
    first = eq("id", one[SET]["chargingProfileId"])
    await t.expect(3, "ClearChargingProfile", first, *NO_CRITERIA, reply=ACCEPTED)
    t.manual(CLEAR_DEFAULTS)
    await t.expect(5, "ClearChargingProfile", omitted("id"), *SOME_CRITERIA, reply=ACCEPTED)
    t.manual(CLEAR_ALL_PROFILES)
    await t.expect(7, "ClearChargingProfile", omitted("id"), *NO_CRITERIA, reply=ACCEPTED)


@csms(
    "TC_059_CSMS",
    "A session is started remotely with a limit of its own",
    group=GROUP,
    requires=smart_charging,
    readings=("csChargingProfiles is chargingProfile in step 1.",),
)
async def tc_059_csms(t: CsmsTest) -> None:
    t.manual(START_LIMITED(limit=t.wanted_limit))
    await t.expect(
        1,
        "RemoteStartTransaction",
        same_text("idTag", cfg.valid_id_tag),
        HERE,
        eq(f"{STARTED}.chargingProfilePurpose", "TxProfile"),
        omitted(f"{STARTED}.transactionId"),
        eq(f"{STARTED}.chargingSchedule.chargingSchedulePeriod[0].startPeriod", 0),
        *of_session(STARTED),
        reply=ACCEPTED,
    )
    await t.authorize(3, TOKEN_ACCEPTED)
    await t.status(5, "Preparing")
    await t.start(7, TOKEN_ACCEPTED)
    await t.status(9, "Charging")
