"""The station as a thing: it is switched on, reset, used, and lives one life after the other."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from typing import Any

from testbay_reference.control import Control, Refused
from testbay_reference.link import Between, Trace, directly
from testbay_reference.station.actions import actions
from testbay_reference.station.diary import Diary
from testbay_reference.station.faults import Faults
from testbay_reference.station.hardware import Memory, Meter, Outlet
from testbay_reference.station.keys import built, core_keys, profile_keys
from testbay_reference.station.life import Box, Life
from testbay_reference.station.options import StationOptions
from testbay_reference.station.security_keys import security_keys
from testbay_reference.store import Store


def _quiet(_line: str) -> None:
    return None


def _untraced(_sent: bool, _text: str) -> None:
    return None


class Station:
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
        log: Callable[[str], None] = _quiet,
        trace: Trace = _untraced,
        between: Between = directly,
    ) -> None:
        self.options = options
        self._store = Store() if store is None else store
        self._log = log
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
            ids=_ids(self._store),
            now=now,
            note=note,
            trace=trace,
            between=between,
        )
        self._life: Life | None = None
        self._powered = True
        self._stopping = False
        self._power_on = asyncio.Event()
        self._done = asyncio.Event()
        self._done.set()
        self.control = Control(f"Charging station {options.identity}", actions(self), self.state)

    async def run(self) -> None:
        """Boot and serve until `stop`.

        Raises:
            RuntimeError: the station runs already.
        """
        if not self._done.is_set():
            raise RuntimeError("the station runs already")
        self._stopping = False
        self._done.clear()
        try:
            while not self._stopping:
                if self._powered:
                    await self._live()
                else:
                    self._power_on.clear()
                    await self._power_on.wait()
        finally:
            self._done.set()

    async def stop(self) -> None:
        """End the station as if it was switched off, and wait until `run` has returned."""
        self._stopping = True
        self._power_on.set()
        if self._life is not None:
            self._life.restart("PowerLoss", deliver=False, ending="end")
        await self._done.wait()

    def state(self) -> dict[str, Any]:
        """Return what is going on, for display."""
        state: dict[str, Any] = {"identity": self.options.identity, "powered": self._powered}
        return state | (self._life.state() if self._life is not None else {"connected": False})

    @property
    def outlets(self) -> dict[int, Outlet]:
        """Return the connectors as things."""
        return self._outlets

    @property
    def life(self) -> Life | None:
        """Return the running software; None without power."""
        return self._life

    def alive(self) -> Life:
        """Return the running software.

        Raises:
            Refused: the station has no power.
        """
        if self._life is None:
            raise Refused("the station has no power")
        return self._life

    def power_off(self) -> None:
        """Take the power away; with a back-up source the station says so first."""
        self._powered = False
        if self._life is not None:
            deliver = self.options.power_loss == "before"
            self._life.restart("PowerLoss", deliver=deliver, ending="off")

    def power_on(self) -> None:
        """Give the power back."""
        self._powered = True
        self._power_on.set()

    async def _live(self) -> None:
        self._faults.boots += 1
        self._life = Life(self._box)
        try:
            ending = await self._life.run()
            self._log(f"ended: {ending}")
        finally:
            for outlet in self._outlets.values():
                outlet.meter.flow(0.0, asyncio.get_running_loop().time())
            self._life = None

    def _outlet(self, number: int) -> Outlet:
        options = self.options
        energy = self._store.get("meters", {}).get(str(number), 0.0)
        stuck = "meter-never-rises" in self._faults
        meter = Meter(options.meter_resolution, float(energy), stuck=stuck)
        return Outlet(number, options.cable == "fixed", options.has_lock, meter)


def _ids(store: Store) -> Iterator[str]:
    """Give message ids that never come twice from one identity, whatever restarts (errata 3.1)."""
    start = int(store.get("starts", 0)) + 1
    store.set("starts", start)
    return (f"{start}-{number}" for number in count(1))
