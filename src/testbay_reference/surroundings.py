"""What every part of a running station may use, whatever version it speaks."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from testbay_reference.link import Between, Trace
from testbay_reference.store import Store
from testbay_reference.timers import Timers
from testbay_reference.timing import stamp

Payload = dict[str, Any]
Spawn = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None] | None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Hold the memory, the clock and the log of one life of a station.

    Args:
        timers: end with this life.
        now: date and time.
        note: takes a line for the log.
        trace: takes every text that is sent (True) or received.
        between: puts something between the station and a connection.
        spawn: runs a coroutine until it or this life ends, and returns its task unless that is
            the case already; an exception ends the station.
    """

    store: Store
    timers: Timers
    now: Callable[[], datetime]
    note: Callable[[str], None]
    trace: Trace
    between: Between
    spawn: Spawn

    def stamp(self) -> str:
        """Return the current time as OCPP writes it."""
        return stamp(self.now())
