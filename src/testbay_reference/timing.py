"""Date and time as OCPP writes them, and the points of a clock-aligned interval."""

from datetime import UTC, datetime, timedelta


def stamp(moment: datetime) -> str:
    """Return an aware moment as ISO 8601 in UTC, with milliseconds and Z (3.15)."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Return what an ISO 8601 text means; without an offset it is taken as UTC (3.14)."""
    found = datetime.fromisoformat(text.upper())
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def next_aligned(now: datetime, interval: int) -> datetime:
    """Return the next of the evenly spaced points of the day that begin at midnight (9.1.5).

    Args:
        interval: distance of the points, in s.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = (now - midnight) // timedelta(seconds=interval)
    point = midnight + timedelta(seconds=(passed + 1) * interval)
    return min(point, midnight + timedelta(days=1))
