"""What the parts of a running station share: its make, its variables, clock and log."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from testbay_reference.link import Between, Trace
from testbay_reference.named_faults import NamedFaults
from testbay_reference.station.timers import Timers
from testbay_reference.station.timing import stamp
from testbay_reference.station201.device_model import DeviceModel
from testbay_reference.station201.options import StationOptions
from testbay_reference.store import Store

Payload = dict[str, Any]
Spawn = Callable[[Coroutine[Any, Any, None], str], None]


@dataclass(frozen=True, slots=True)
class Context:
    """Hold what every part of one life of the station may use.

    Args:
        variables: the device model with its present values.
        timers: end with this life.
        now: date and time.
        note: takes a line for the log.
        trace: takes every text that is sent (True) or received.
        between: puts something between the station and a connection.
        spawn: runs a coroutine until it or this life ends; an exception ends the station.
    """

    options: StationOptions
    faults: NamedFaults
    variables: DeviceModel
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
