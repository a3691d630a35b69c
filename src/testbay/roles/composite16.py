"""What charging profiles of OCPP 1.6 together allow over time (3.13, 5.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

VOLTAGE = 230  # V, of the area (7.12)
PHASES = 3  # where a period names no number (7.14)
CURRENT = 16.0  # A per phase, what a connector can carry
LONGEST = 366 * 86400  # s
RECURRENCE = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}

Profile = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Installed:
    """A charging profile where it is installed."""

    connector: int
    profile: Profile


@dataclass(frozen=True, slots=True)
class Use:
    """What is asked about: a connector (0 is the grid connection) with what charges there.

    Args:
        now: when it is asked.
        began: when the transaction there did, if one runs.
        charging: how many connectors share the grid connection.
    """

    connector: int
    now: datetime
    began: datetime | None = None
    charging: int = 1


def moment(text: Any) -> datetime | None:
    """Read a time stamp of a profile; one that is omitted or cannot be read is none."""
    try:
        return datetime.fromisoformat(text.upper())
    except (AttributeError, ValueError):
        return None


def composite(
    installed: Sequence[Installed], use: Use, seconds: int, unit: str
) -> list[dict[str, Any]]:
    """Return the periods of the composite schedule from now on.

    Args:
        seconds: how far it reaches; more than a year is not looked at.
        unit: A or W.
    """
    seconds = min(max(1, seconds), LONGEST)
    periods: list[dict[str, Any]] = []
    for offset in _changes(installed, use, seconds):
        amperes = _allowed(installed, use, use.now + timedelta(seconds=offset))
        limit = amperes if unit == "A" else amperes * VOLTAGE * PHASES
        period = {"startPeriod": offset, "limit": round(limit, 1)}
        if not periods or periods[-1]["limit"] != period["limit"]:
            periods.append(period)
    return periods


def _changes(installed: Iterable[Installed], use: Use, seconds: int) -> Iterator[int]:
    """Yield the seconds from now at which a limit may change, in order."""
    ends = use.now + timedelta(seconds=seconds)
    moments = [use.now, *(m for one in installed for m in _moments(one, use, ends))]
    offsets = [int((m - use.now).total_seconds()) for m in moments if use.now <= m < ends]
    yield from sorted(dict.fromkeys(offsets))


def _moments(one: Installed, use: Use, ends: datetime) -> Iterator[datetime]:
    schedule = one.profile["chargingSchedule"]
    for key in ("validFrom", "validTo"):
        if (edge := moment(one.profile.get(key))) is not None:
            yield edge
    start = _start(one, use, use.now)
    again = RECURRENCE.get(one.profile.get("recurrencyKind", ""))
    offsets = [period["startPeriod"] for period in schedule["chargingSchedulePeriod"]]
    offsets.append(schedule.get("duration", 0))
    while start < ends:
        left = (ends - start).total_seconds()  # what is later does not matter, however late
        yield from (start + timedelta(seconds=offset) for offset in offsets if offset < left)
        if again is None:
            return
        start += again


def _start(one: Installed, use: Use, at: datetime) -> datetime:
    """Return when the schedule began that runs at a moment, or will begin."""
    if one.profile["chargingProfileKind"] == "Relative":
        return use.began or use.now
    start = moment(one.profile["chargingSchedule"].get("startSchedule"))
    if start is None:
        return use.began or use.now
    again = RECURRENCE.get(one.profile.get("recurrencyKind", ""))
    if again is not None and start <= at:
        start += again * ((at - start) // again)
    return start


def _allowed(installed: Sequence[Installed], use: Use, at: datetime) -> float:
    """Return the current per phase that is allowed at a moment (A)."""
    limits = [CURRENT * use.charging]
    overall = _prevailing(installed, use, at, "ChargePointMaxProfile", (0,))
    session = None
    if use.connector:
        session = _prevailing(installed, use, at, "TxProfile", (use.connector,))
        if session is None:
            session = _prevailing(installed, use, at, "TxDefaultProfile", (use.connector, 0))
    return min([*limits, *(x for x in (overall, session) if x is not None)])


def _prevailing(
    installed: Iterable[Installed],
    use: Use,
    at: datetime,
    purpose: str,
    connectors: tuple[int, ...],
) -> float | None:
    """Return the limit of the highest profile of a purpose that says something then (3.13.2)."""
    fitting = [
        one
        for one in installed
        if one.profile["chargingProfilePurpose"] == purpose and one.connector in connectors
    ]
    fitting.sort(key=lambda one: (-one.profile["stackLevel"], connectors.index(one.connector)))
    limits = (_limit(one, use, at) for one in fitting)
    return next((limit for limit in limits if limit is not None), None)


def _limit(one: Installed, use: Use, at: datetime) -> float | None:
    """Return what one profile allows at a moment (A per phase); None: it says nothing then."""
    valid_from, valid_to = (moment(one.profile.get(key)) for key in ("validFrom", "validTo"))
    if (valid_from and at < valid_from) or (valid_to and at >= valid_to):
        return None
    schedule = one.profile["chargingSchedule"]
    offset = (at - _start(one, use, at)).total_seconds()
    if offset < 0 or offset >= schedule.get("duration", float("inf")):
        return None
    past = [p for p in schedule["chargingSchedulePeriod"] if p["startPeriod"] <= offset]
    if not past:
        return None
    limit = float(past[-1]["limit"])
    if schedule["chargingRateUnit"] == "A":
        return limit
    phases: int = past[-1].get("numberPhases", PHASES)
    return limit / (VOLTAGE * max(1, phases))
