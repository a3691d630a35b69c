"""A connector as the software sees it; its status follows from these facts (4.9, 7.7)."""

from dataclasses import dataclass

from testbay_reference.station.cache import same
from testbay_reference.station.hardware import Outlet
from testbay_reference.station.notifier import Notice
from testbay_reference.station.transactions import Transaction

EV_SIDE = "EV side disconnected"


@dataclass(frozen=True, slots=True)
class Holder:
    """A token, with the group it belongs to."""

    id_tag: str
    parent: str | None = None

    def admits(self, id_tag: str, parent: str | None = None) -> bool:
        """Tell whether a token is this one or of the same group (3.10)."""
        return same(self.id_tag, id_tag) or same(self.parent, parent)


@dataclass(slots=True)
class Connector:
    """Hold what is going on at a connector.

    Args:
        operative: whether charging is allowed (5.2).
        scheduled: what the availability will be when the connector is free again.
        authorized: a token that may charge and waits for the cable.
        asking: the CSMS is being asked about a token.
        finishing: a transaction or an attempt is over and the cable still has to be removed.
        info: what the status says about that.
        held: only this token releases the cable, which is still locked.
        suspended: the station offers no energy.
        blocked: no energy for this transaction any more, as its token is not valid.
        limit: energy at which that will be so, in Wh of the meter.
        error: the error code of a fault that prevents charging.
    """

    number: int
    outlet: Outlet
    operative: bool = True
    scheduled: bool | None = None
    authorized: Holder | None = None
    asking: bool = False
    transaction: Transaction | None = None
    finishing: bool = False
    info: str = ""
    held: Holder | None = None
    suspended: bool = False
    blocked: bool = False
    limit: float | None = None
    error: str | None = None

    @property
    def free(self) -> bool:
        """Tell whether a new session may begin here."""
        busy = self.transaction or self.authorized or self.error or self.asking
        held = self.held is not None and self.outlet.locked
        return self.operative and self.scheduled is not False and not busy and not held

    @property
    def notice(self) -> Notice:
        """Return the status."""
        if self.error is not None:
            return Notice("Faulted", self.error)
        if self.transaction is not None:
            return self._charging()
        if self.finishing:
            return Notice("Finishing", info=self.info)
        if not self.operative:
            return Notice("Unavailable")
        if self.outlet.occupied or self.authorized is not None:
            return Notice("Preparing")
        return Notice("Available")

    @property
    def charging(self) -> bool:
        """Tell whether energy flows."""
        return self.transaction is not None and self.notice.status == "Charging"

    def _charging(self) -> Notice:
        # 4.9: when both suspend, the station's suspension is the one that is reported.
        if self.suspended or self.blocked:
            return Notice("SuspendedEVSE")
        if not self.outlet.plugged_ev:
            return Notice("SuspendedEV", info=EV_SIDE)
        if not self.outlet.ev_ready:
            return Notice("SuspendedEV")
        return Notice("Charging")
