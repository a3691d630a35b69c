"""The date and time of a run: the loop's where it keeps one, else the computer's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current date and time of the run, aware and in UTC."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return datetime.now(UTC)
    wall = getattr(loop, "wall", None)
    if wall is None:
        return datetime.now(UTC)
    moment: datetime = wall()
    return moment


def stamp(moment: datetime) -> str:
    """Return an aware moment as ISO 8601 in UTC, with milliseconds and Z."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"
