"""What every charging profile of a CSMS must be like, whatever case is running (3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from testbay.scenario.case import Rule
from testbay.scenario.checks import Spoil, present, satisfies
from testbay.scenario.many import Every
from testbay.scenario.values import pick

SET, START = "SetChargingProfile", "RequestStartTransaction"
SCHEDULES = "chargingProfile.chargingSchedule"
PERIODS = "chargingSchedulePeriod"
FIRST = f"{SCHEDULES}[0].{PERIODS}[0]"


def _periods(schedules: Any) -> Iterator[list[Any]]:
    """Yield the periods of each schedule."""
    for schedule in schedules if isinstance(schedules, list) else []:
        periods = pick(schedule, PERIODS)
        yield periods if isinstance(periods, list) else []


def _in_order(schedules: Any) -> bool:
    for periods in _periods(schedules):
        starts = [start for p in periods if isinstance(start := pick(p, "startPeriod"), int)]
        if starts != sorted(starts):
            return False
    return True


def _one_phase(schedules: Any) -> bool:
    each = (period for periods in _periods(schedules) for period in periods)
    chosen = (p for p in each if isinstance(p, dict) and "phaseToUse" in p)
    return all(p.get("numberPhases") == 1 for p in chosen)


IN_ORDER = satisfies(
    SCHEDULES,
    "has periods whose startPeriod never falls",
    lambda schedules, _: _in_order(schedules),
    Spoil("set", f"{FIRST}.startPeriod", 10**6),
)
ONE_PHASE = satisfies(
    SCHEDULES,
    "has no phaseToUse where numberPhases is not 1",
    lambda schedules, _: _one_phase(schedules),
    Spoil("set", f"{FIRST}.phaseToUse", 2),
)
RULES = (
    Rule((START, SET), (Every(IN_ORDER),), present("chargingProfile")),
    Rule((SET,), (Every(ONE_PHASE),)),
)
