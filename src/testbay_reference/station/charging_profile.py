"""A charging profile as the station understands it, and what makes one contradictory (7.8-7.14).

Moments are whole milliseconds since 1970 and limits are fractions, so that nothing is rounded
before a result leaves the station.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

from testbay_reference.timing import moment

Purpose = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]
Kind = Literal["Absolute", "Recurring", "Relative"]
Unit = Literal["A", "W"]

SECOND = 1000  # ms
LARGEST = 2**63 - 1
MOST_PHASES = 3  # also what an absent numberPhases means (7.14)
_RECURRENCES = {"Daily": 86_400 * SECOND, "Weekly": 7 * 86_400 * SECOND}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(when: datetime) -> int:
    """Return an aware moment in ms since 1970."""
    return (when - _EPOCH) // timedelta(milliseconds=1)


def date(when: int) -> datetime:
    """Return a moment in ms since 1970 as a date."""
    return _EPOCH + timedelta(milliseconds=when)


@dataclass(frozen=True, slots=True)
class Period:
    """A limit from a moment of the schedule on.

    Args:
        start: in ms since the start of the schedule.
        limit: in the unit of the schedule: A per phase, or W in all.
        phases: on how many phases at most.
    """

    start: int
    limit: Fraction
    phases: int


@dataclass(frozen=True, slots=True)
class ChargingProfile:
    """A profile at a connector, or at the station as a whole (0).

    Args:
        start: where the schedule begins; None: where the session does.
        recurs: the time from one beginning to the next, in ms.
        duration: length of the schedule, in ms.
        least: below this rate charging is not worth while, in `unit`.
        transaction_id: the transaction it is meant for, as the CSMS calls it.
        since: when it was installed.
        session: the station's own number of the transaction it belongs to.
        payload: as it came.
    """

    id: int
    connector: int
    purpose: Purpose
    level: int
    kind: Kind
    unit: Unit
    periods: tuple[Period, ...]
    start: int | None
    recurs: int | None
    duration: int | None
    valid_from: int | None
    valid_to: int | None
    least: Fraction | None
    transaction_id: int | None
    payload: Mapping[str, Any]
    since: int = 0
    session: int | None = None

    def valid(self, at: int) -> bool:
        """Tell whether a moment is between validFrom and validTo (3.13.2)."""
        begun = self.valid_from is None or self.valid_from <= at
        return begun and (self.valid_to is None or at < self.valid_to)

    def period_at(self, at: int, begun: int) -> Period | None:
        """Return the period that is executed at a moment; None: the schedule does not run then.

        Args:
            begun: when the session began, or would begin.
        """
        elapsed = at - self._anchor(begun)
        if elapsed < 0 or not self.valid(at):
            return None
        length = self.duration
        if self.recurs is not None:  # what is longer than the recurrence is not executed (5.16.4)
            elapsed %= self.recurs
            length = min(length or self.recurs, self.recurs)
        if length is not None and elapsed >= length:
            return None
        return next(period for period in reversed(self.periods) if period.start <= elapsed)

    def changes_after(self, at: int, begun: int) -> int | None:
        """Return the next moment at which another period, or none, may be executed."""
        first = self._anchor(begun)
        rounds = max(0, (at - first) // self.recurs) if self.recurs is not None else 0
        origin = first + rounds * (self.recurs or 0)
        moments = [self.valid_from, self.valid_to]
        moments += [origin + period.start for period in self.periods]
        moments += [origin + length for length in (self.duration, self.recurs) if length]
        return min((when for when in moments if when is not None and when > at), default=None)

    def _anchor(self, begun: int) -> int:
        """Return where the schedule begins.

        A limit of the whole station knows no session: relative, it begins with its installation.
        """
        if self.start is not None:
            return self.start
        return self.since if self.purpose == "ChargePointMaxProfile" else begun


def read_profile(payload: Mapping[str, Any], connector: int) -> ChargingProfile:
    """Return the profile of a valid message.

    Raises:
        ValueError: it contradicts itself or the rules of OCPP; the text says how.
    """
    schedule, kind = payload["chargingSchedule"], payload["chargingProfileKind"]
    purpose, recurrence = payload["chargingProfilePurpose"], payload.get("recurrencyKind")
    start, duration = _moment(schedule, "startSchedule"), schedule.get("duration")
    valid_from, valid_to = _moment(payload, "validFrom"), _moment(payload, "validTo")
    numbers = [payload["chargingProfileId"], payload["stackLevel"], duration or 0]
    numbers += [entry["startPeriod"] for entry in schedule["chargingSchedulePeriod"]]
    if any(abs(number) > LARGEST for number in (*numbers, payload.get("transactionId", 0))):
        raise ValueError("a number is too large to be stored")
    if payload["stackLevel"] < 0:
        raise ValueError("stackLevel is less than 0")
    if "transactionId" in payload and purpose != "TxProfile":
        raise ValueError(f"transactionId is for TxProfile, not for {purpose}")
    if (kind == "Recurring") != (recurrence is not None):  # errata 3.56
        raise ValueError(f"recurrencyKind {recurrence} does not go with kind {kind}")
    if kind == "Recurring" and start is None:
        raise ValueError("a recurring schedule needs startSchedule")
    if duration is not None and duration <= 0:
        raise ValueError("duration is not greater than 0")
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        raise ValueError("validTo is not later than validFrom")
    return ChargingProfile(
        id=payload["chargingProfileId"],
        connector=connector,
        purpose=purpose,
        level=payload["stackLevel"],
        kind=kind,
        unit=schedule["chargingRateUnit"],
        periods=_periods(schedule["chargingSchedulePeriod"]),
        start=None if kind == "Relative" else start,
        recurs=_RECURRENCES.get(recurrence or ""),
        duration=None if duration is None else duration * SECOND,
        valid_from=valid_from,
        valid_to=valid_to,
        least=_rate(schedule, "minChargingRate") if "minChargingRate" in schedule else None,
        transaction_id=payload.get("transactionId"),
        payload=payload,
    )


def _periods(entries: Sequence[Mapping[str, Any]]) -> tuple[Period, ...]:
    starts = [entry["startPeriod"] for entry in entries]
    if starts[:1] != [0]:  # 5.16.4
        raise ValueError("the first startPeriod is not 0")
    if any(later <= earlier for earlier, later in pairwise(starts)):
        raise ValueError("startPeriod does not rise from period to period")
    if any(entry.get("numberPhases", MOST_PHASES) < 1 for entry in entries):
        raise ValueError("numberPhases is less than 1")
    return tuple(
        Period(
            entry["startPeriod"] * SECOND,
            _rate(entry, "limit"),
            min(entry.get("numberPhases", MOST_PHASES), MOST_PHASES),
        )
        for entry in entries
    )


def _rate(fields: Mapping[str, Any], name: str) -> Fraction:
    rate = Fraction(str(fields[name]))
    if rate < 0:
        raise ValueError(f"{name} is less than 0")
    if rate > LARGEST:
        raise ValueError(f"{name} is too large to be stored")
    return rate


def _moment(fields: Mapping[str, Any], name: str) -> int | None:
    if name not in fields:
        return None
    try:
        return milliseconds(moment(fields[name]))
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is not a date and time that this station knows") from None
