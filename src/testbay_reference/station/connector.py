"""A connector as the software sees it; its status follows from these facts (4.9, 7.7)."""

from dataclasses import dataclass

from testbay_reference.hardware import Outlet
from testbay_reference.station.cache import same
from testbay_reference.station.composite import Flow
from testbay_reference.station.context import Payload
from testbay_reference.station.notifier import Notice
from testbay_reference.station.transactions import Transaction

EV_SIDE = "EV side disconnected"


@dataclass(frozen=True, slots=True)
class Holder:
    """A token, with the group it belongs to and a charging profile for its session."""

    id_tag: str
    parent: str | None = None
    profile: Payload | None = None

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
        offer: what the station lets the vehicle draw; None: there is no session.
        error: the error code of a fault that prevents charging.
        shared_error: the same, of the station as a whole.
        reserved: only the token of a reservation may begin a session here (5.13).
        updating: nobody may begin a session here because of new firmware (whitepaper L01.FR.07).
        asleep: a cable is in, but nobody came (a station for modes 1 and 2 only).
        careless: sessions begin in spite of a fault; no station that is in order does that.
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
    offer: Flow | None = None
    error: str | None = None
    shared_error: str | None = None
    reserved: bool = False
    updating: bool = False
    asleep: bool = False
    careless: bool = False

    @property
    def fault(self) -> str | None:
        """Return the error code of what prevents charging, here or in the whole station."""
        return self.error or self.shared_error

    @property
    def occupied(self) -> bool:
        """Tell whether there is a plug."""
        return self.outlet.occupied

    @property
    def in_service(self) -> bool:
        """Tell whether charging is possible here at all, now or after somebody else."""
        return self.operative and self.fault is None

    @property
    def idle(self) -> bool:
        """Tell whether nobody uses the connector and it could be used."""
        busy = self.transaction or self.authorized or self.finishing or self.updating
        held = self.held is not None and self.outlet.locked
        return self.in_service and self.scheduled is not False and not busy and not held

    @property
    def free(self) -> bool:
        """Tell whether a new session may begin here."""
        busy = self.transaction or self.authorized or self.asking or self._broken
        held = self.held is not None and self.outlet.locked
        wanted = self.operative and self.scheduled is not False and not self.updating
        return wanted and not busy and not held

    @property
    def notice(self) -> Notice:
        """Return the status."""
        if self.fault is not None:
            return Notice("Faulted", self.fault)
        if self.transaction is not None:
            return self._charging()
        if self.finishing:
            return Notice("Finishing", info=self.info)
        if not self.operative or (self.updating and self.authorized is None):
            return Notice("Unavailable")
        if self.authorized is not None:
            return Notice("Preparing")
        if self.reserved:
            return Notice("Reserved")
        if self.outlet.occupied and not self.asleep:
            return Notice("Preparing")
        return Notice("Available")

    @property
    def asks(self) -> bool:
        """Tell whether a vehicle takes what it is offered."""
        wants = self.transaction is not None and self.outlet.plugged_ev and self.outlet.ev_ready
        return wants and not self.suspended and not self.blocked and self.fault is None

    @property
    def charging(self) -> bool:
        """Tell whether energy flows."""
        return self.transaction is not None and self.notice.status == "Charging"

    @property
    def _broken(self) -> bool:
        return self.fault is not None and not self.careless

    def _charging(self) -> Notice:
        # 4.9: when both suspend, the station's suspension is the one that is reported.
        withheld = self.offer is not None and self.offer.current == 0
        if self.suspended or self.blocked or withheld:
            return Notice("SuspendedEVSE")
        if not self.outlet.plugged_ev:
            return Notice("SuspendedEV", info=EV_SIDE)
        if not self.outlet.ev_ready:
            return Notice("SuspendedEV")
        return Notice("Charging")
