"""The station as a thing: it is switched on, reset, used, and lives one life after the other."""

from collections.abc import Callable
from datetime import datetime

from testbay_reference.control import Control
from testbay_reference.hardware import Memory, Meter, Outlet
from testbay_reference.link import Between, Note, Trace, directly, message_ids, quiet, untraced
from testbay_reference.powered import Powered
from testbay_reference.station.actions import actions
from testbay_reference.station.faults import Faults
from testbay_reference.station.keys import built, core_keys, profile_keys
from testbay_reference.station.life import Box, Life
from testbay_reference.station.options import StationOptions
from testbay_reference.station.security_keys import security_keys
from testbay_reference.station_files.diary import Diary
from testbay_reference.store import Store


class Station(Powered[Life]):
    """Simulate a charging station that speaks OCPP 1.6.

    Args:
        options: how it is built and where it connects to.
        now: date and time, aware.
        store: what it remembers over restarts; without one, as long as the object lives.
        log: takes a line about everything that happens.
        trace: takes every text that is sent (True) or received.
        between: puts something between it and each of its connections.

    Raises:
        ValueError: a fault or a configuration key of the options is not known.
    """

    def __init__(
        self,
        options: StationOptions,
        now: Callable[[], datetime],
        store: Store | None = None,
        *,
        log: Note = quiet,
        trace: Trace = untraced,
        between: Between = directly,
    ) -> None:
        self.options = options
        self._store = Store() if store is None else store
        self._faults = Faults(options.faults)
        self._outlets = {
            number: self._outlet(number) for number in range(1, options.connectors + 1)
        }
        self.memory = Memory()
        every = core_keys(options) + profile_keys(options) + security_keys(options)
        keys = built(every, options.keys, options.read_only, options.lacks)
        diary = Diary(now)

        def note(line: str) -> None:
            diary.note(line)
            log(line)

        self._box = Box(
            options=options,
            keys=keys,
            faults=self._faults,
            store=self._store,
            outlets=self._outlets,
            memory=self.memory,
            diary=diary,
            ids=message_ids(self._store),
            now=now,
            note=note,
            trace=trace,
            between=between,
        )
        meters = (outlet.meter for outlet in self._outlets.values())
        warned = options.power_loss == "before"
        super().__init__(options.identity, self._begin_life, meters, warned=warned, log=log)
        self.control = Control(f"Charging station {options.identity}", actions(self), self.state)

    @property
    def outlets(self) -> dict[int, Outlet]:
        """Return the connectors as things."""
        return self._outlets

    def _begin_life(self, _before: Life | None) -> Life:
        self._faults.boots += 1
        return Life(self._box)

    def _outlet(self, number: int) -> Outlet:
        options = self.options
        energy = self._store.get("meters", {}).get(str(number), 0.0)
        stuck = "meter-never-rises" in self._faults
        meter = Meter(options.meter_resolution, float(energy), stuck=stuck)
        return Outlet(number, options.cable == "fixed", options.has_lock, meter)
