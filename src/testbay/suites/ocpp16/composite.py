"""Charging limits that cases set, and what they together allow over time (3.13, 5.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from testbay.scenario.checks import Fact, Members, Outcome, Resolve, Spoil, show
from testbay.scenario.many import moment
from testbay.scenario.values import OMITTED, pick
from testbay.suites.ocpp16.configured import cfg

Profile = Mapping[str, Any]
"""A charging profile as it was sent."""

PERIODS = "chargingSchedule.chargingSchedulePeriod"
START = "scheduleStart"
SLACK = 1
"""s, that a period may begin early or late: schedules are told in whole seconds. A start that is
told so as well may be a second too early, and with it the periods that were measured exactly."""
EXACT = 0.1  # limits have one decimal (7.14)
AHEAD = timedelta(milliseconds=1)
"""As moments are looked at a second apart, none falls on the very edge of a period."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit over time, as a case wants it; the test makes a charging profile of it.

    Args:
        steps: startPeriod (s) and limit, in A, or in kW where the unit is W.
        lasts: duration (s), without the deviation that is added.
        valid: when validTo is (s), from now on, without the deviation; None: no validity.
    """

    purpose: str
    steps: tuple[tuple[int, float], ...]
    lasts: Any
    level: Any = 0
    connector: Any = cfg.connector_id
    valid: int | None = None

    def __str__(self) -> str:
        limits = ", ".join(f"{limit:g} from {start} s" for start, limit in self.steps)
        return f"{self.purpose}, level {self.level}: {limits}"


def allowed(profiles: Iterable[Profile], at: datetime, local: float) -> float:
    """Return what a connector may draw at a moment: the least of all that limits it.

    Args:
        local: what the station can carry by itself.
    """
    found: dict[str, float] = {}
    for profile in sorted(profiles, key=_level, reverse=True):
        limit = _limit(profile, at)
        if limit is not None:
            found.setdefault(profile["chargingProfilePurpose"], limit)
    session = found.get("TxProfile", found.get("TxDefaultProfile", local))
    return min(local, session, found.get("ChargePointMaxProfile", local))


def _level(profile: Profile) -> int:
    level: int = profile["stackLevel"]
    return level


def _limit(profile: Profile, at: datetime) -> float | None:
    """Return what one profile says at a moment; None: nothing."""
    schedule = profile["chargingSchedule"]
    if "validTo" in profile and not _valid(profile, at):
        return None
    elapsed = (at - moment(schedule["startSchedule"])).total_seconds()
    if not 0 <= elapsed < schedule["duration"]:
        return None
    return _at(schedule["chargingSchedulePeriod"], elapsed)


def _valid(profile: Profile, at: datetime) -> bool:
    return moment(profile["validFrom"]) <= at < moment(profile["validTo"])


def _at(periods: Sequence[Any], elapsed: float) -> float | None:
    """Return the limit of the last period that has begun."""
    begun = [pick(p, "limit") for p in periods if pick(p, "startPeriod") <= elapsed]
    return float(begun[-1]) if begun else None


def _unreadable(payload: Any) -> str:
    """Return why nothing can be read from a schedule; its periods count from scheduleStart."""
    missing = [path for path in (START, PERIODS) if pick(payload, path) is OMITTED]
    return f"{missing[0]} is omitted" if missing else "the schedule is malformed"


@dataclass(frozen=True, slots=True)
class Follows:
    """A composite schedule says what the charging profiles that are installed together allow.

    Args:
        seconds: how far it reaches.
        periods: startPeriod (s) and limit as the text has them, for a person to read: in A or
            kW, and as if all profiles began with the schedule.
    """

    profiles: tuple[Profile, ...]
    seconds: Any
    periods: tuple[tuple[int, Any], ...]

    @property
    def text(self) -> str:
        """The sentence that states it."""
        limits = ", ".join(f"{show(limit)} from {start} s" for start, limit in self.periods)
        return f"{PERIODS} is what the profiles allow from {START} on ({limits})"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        facts = [Fact(PERIODS, "satisfies", (cfg.local_limit,))]
        for place, (start, limit) in enumerate(self.periods):
            facts.append(Fact(f"{PERIODS}[{place}].startPeriod", "eq", (start,)))
            facts.append(Fact(f"{PERIODS}[{place}].limit", "eq", (limit,)))
        return tuple(facts)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare the limits of every second, each with those of the seconds around it."""
        try:
            start, told = moment(pick(payload, START)), list(pick(payload, PERIODS))
            wrong = self._wrong(start, told, resolve)
        except (TypeError, ValueError):
            return Outcome(self.text, False, _unreadable(payload), self)
        return Outcome(self.text, wrong is None, wrong or told, self)

    def _wrong(self, start: datetime, told: list[Any], resolve: Resolve) -> str | None:
        local = float(resolve(cfg.local_limit))
        moments = range(-SLACK, int(resolve(self.seconds)) + SLACK + 1)
        expected = {
            n: allowed(self.profiles, start + timedelta(seconds=n) + AHEAD, local) for n in moments
        }
        early = SLACK + (start.microsecond == 0)
        for second in range(int(resolve(self.seconds))):
            limit = _at(told, second)
            near = [expected[n] for n in range(second - SLACK, second + early + 1) if n in expected]
            if limit is None or all(abs(limit - wanted) > EXACT for wanted in near):
                return f"after {second} s it is {limit}, but should be {expected[second]:g}"
        return None

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield another limit, the last one first, and a period too late."""
        for place in reversed(range(len(pick(payload, PERIODS)))):
            yield Spoil("set", f"{PERIODS}[{place}].limit", 1.5)
        yield Spoil("set", f"{PERIODS}[0].startPeriod", 20)
