"""The station as a thing: it is switched on, reset, used, and lives one life after the other."""

from collections.abc import Callable
from datetime import datetime

from testbay_reference.control import Control
from testbay_reference.hardware import Meter, Outlet
from testbay_reference.link import Between, Note, Trace, directly, message_ids, quiet, untraced
from testbay_reference.named_faults import NamedFaults
from testbay_reference.powered import Powered
from testbay_reference.station201.actions import actions
from testbay_reference.station201.faults import FAULTS
from testbay_reference.station201.life import Box, Life
from testbay_reference.station201.options import StationOptions
from testbay_reference.store import Store


class Station(Powered[Life]):
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
        log: Note = quiet,
        trace: Trace = untraced,
        between: Between = directly,
    ) -> None:
        self.options = options
        self._store = Store() if store is None else store
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
            ids=message_ids(self._store),
            now=now,
            note=log,
            trace=trace,
            between=between,
        )
        meters = (outlet.meter for at in self.outlets.values() for outlet in at.values())
        super().__init__(options.identity, self._begin_life, meters, warned=False, log=log)
        self.control = Control(f"Charging station {options.identity}", actions(self), self.state)

    def power_off(self) -> None:
        """Take the power away; the next boot notification says so."""
        if self.life is not None:
            self.life.next_reason = "PowerUp"
        super().power_off()

    def _begin_life(self, before: Life | None) -> Life:
        return Life(self._box, "PowerUp" if before is None else before.next_reason)

    def _outlet(self, evse: int, connector: int) -> Outlet:
        options = self.options
        lockable = options.cable == "detachable" and options.cable_lock
        return Outlet(
            connector, options.cable == "fixed", lockable, Meter(options.meter_resolution)
        )
