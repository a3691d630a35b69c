"""The station as a thing: it is switched on, reset, used, and lives one life after the other."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from typing import Any

from testbay_reference.control import Control, Refused
from testbay_reference.link import Between, Trace, directly
from testbay_reference.named_faults import NamedFaults
from testbay_reference.station.hardware import Meter, Outlet
from testbay_reference.station201.actions import actions
from testbay_reference.station201.faults import FAULTS
from testbay_reference.station201.life import Box, Life
from testbay_reference.station201.options import StationOptions
from testbay_reference.store import Store


def _quiet(_line: str) -> None:
    return None


def _untraced(_sent: bool, _text: str) -> None:
    return None


class Station:
    """Simulate a charging station that speaks OCPP 2.0.1.

    Args:
        options: how it is built and where it connects to.
        now: date and time, aware.
        store: what it remembers over restarts; without one, as long as the object lives.
        log: takes a line about everything that happens.
        trace: takes every text that is sent (True) or received.
        between: puts something between it and each of its connections.

    Raises:
        ValueError: a fault or a variable of the options is not known.
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
        self.outlets = {
            evse: {
                connector: self._outlet(evse, connector)
                for connector in range(1, options.connectors_per_evse + 1)
            }
            for evse in range(1, options.evses + 1)
        }
        self.bays: set[int] = set()
        self._box = Box(
            options=options,
            faults=NamedFaults(FAULTS, options.faults),
            store=self._store,
            outlets=self.outlets,
            bays=self.bays,
            ids=_ids(self._store),
            now=now,
            note=log,
            trace=trace,
            between=between,
        )
        self._reason = "PowerUp"
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
        """Take the power away."""
        self._powered = False
        if self._life is not None:
            self._life.next_reason = "PowerUp"
            self._life.restart("PowerLoss", deliver=False, ending="off")

    def power_on(self) -> None:
        """Give the power back."""
        self._powered = True
        self._power_on.set()

    async def _live(self) -> None:
        self._life = Life(self._box, self._reason)
        try:
            ending = await self._life.run()
            self._log(f"ended: {ending}")
            self._reason = self._life.next_reason
        finally:
            for outlets in self.outlets.values():
                for outlet in outlets.values():
                    outlet.meter.flow(0.0, asyncio.get_running_loop().time())
            self._life = None

    def _outlet(self, evse: int, connector: int) -> Outlet:
        options = self.options
        lockable = options.cable == "detachable" and options.cable_lock
        return Outlet(
            connector, options.cable == "fixed", lockable, Meter(options.meter_resolution)
        )


def _ids(store: Store) -> Iterator[str]:
    """Give message ids that never come twice from one identity (part 4, 4.1.4)."""
    start = int(store.get("starts", 0)) + 1
    store.set("starts", start)
    return (f"{start}-{number}" for number in count(1))
