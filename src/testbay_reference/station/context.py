"""What the parts of a running station share: its make, memory, clock and log."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from testbay_reference.link import Between, Trace
from testbay_reference.station.configuration import Configuration
from testbay_reference.station.faults import Faults
from testbay_reference.station.hardware import Memory
from testbay_reference.station.options import StationOptions
from testbay_reference.station.timers import Timers
from testbay_reference.station.timing import stamp
from testbay_reference.store import Store

Payload = dict[str, Any]
Spawn = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None] | None]


@dataclass(frozen=True, slots=True)
class Context:
    """Hold what every part of one life of the station may use.

    Args:
        timers: end with this life.
        memory: for lists that the CSMS sends.
        now: date and time.
        note: takes a line for the log.
        trace: takes every text that is sent (True) or received.
        between: puts something between the station and a connection.
        spawn: runs a coroutine until it or this life ends, and returns its task unless that is
            the case already; an exception ends the station.
    """

    options: StationOptions
    faults: Faults
    config: Configuration
    store: Store
    timers: Timers
    memory: Memory
    now: Callable[[], datetime]
    note: Callable[[str], None]
    trace: Trace
    between: Between
    spawn: Spawn

    def stamp(self) -> str:
        """Return the current time as OCPP writes it."""
        return stamp(self.now())
