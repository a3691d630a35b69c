"""When the certificates of a laboratory are valid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from testbay.pki.names import Dates


@dataclass(frozen=True, slots=True)
class Calendar:
    """When certificates are valid."""

    roots: tuple[datetime, datetime]
    valid: tuple[datetime, datetime]
    expired: tuple[datetime, datetime]
    not_yet_valid: tuple[datetime, datetime]
    behind: timedelta
    """How long before its signing a certificate begins that is signed for a request."""

    def of(self, dates: Dates) -> tuple[datetime, datetime]:
        """Return from when to when a certificate is valid."""
        found: tuple[datetime, datetime] = getattr(self, dates)
        return found

    def since(self, dates: Dates, now: datetime) -> tuple[datetime, datetime]:
        """Return from when to when a certificate is valid that is signed now."""
        first, last = self.of(dates)
        if dates != "valid":
            return first, last
        begins = max(now.replace(microsecond=0) - self.behind, self.roots[0])
        return min(begins, last - timedelta(days=1)), last

    @classmethod
    def at(cls, now: datetime, roots: tuple[datetime, datetime] | None = None) -> Self:
        """Return dates for systems that go by the real time.

        What is not yet valid stays so for as long as the laboratory is used.

        Args:
            roots: when the roots are valid, if they are there already.
        """
        now = now.replace(microsecond=0)
        year, day = timedelta(days=365), timedelta(days=1)
        first, last = roots or (now - year, now + 10 * year)
        return cls(
            roots=(first, last),
            valid=(max(now - day, first), min(now + 2 * year, last)),
            expired=(now - year, now - 30 * day),
            not_yet_valid=(now + 5 * year, now + 7 * year),
            behind=timedelta(minutes=5),
        )


def _year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


TIMELESS = Calendar(
    roots=(_year(2000), _year(2099)),
    valid=(_year(2000), _year(2099)),
    expired=(_year(2000), _year(2001)),
    not_yet_valid=(_year(2090), _year(2099)),
    behind=timedelta(days=20 * 365),
)
"""Dates that are the same by the real time and by the virtual one, which begins in 2030."""
