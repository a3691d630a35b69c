"""An EVSE as the software sees it: its connectors, its session, and what of it is true."""

from dataclasses import dataclass, field, replace

from testbay_reference.hardware import Outlet
from testbay_reference.station201.context import Payload


@dataclass(frozen=True, slots=True)
class Holder:
    """A token that may charge, with the group it belongs to."""

    token: Payload
    group: str | None = None

    def admits(self, token: Payload, group: str | None = None) -> bool:
        """Tell whether a token is this one or of the same group (C09)."""
        same = str(self.token["idToken"]).casefold() == str(token["idToken"]).casefold()
        return (same and self.token["type"] == token["type"]) or (
            self.group is not None and self.group == group
        )

    def within(self, group: str | None) -> "Holder":
        """Return the same token with its group, once that is known."""
        return replace(self, group=self.group or group)


@dataclass(slots=True)
class Transaction:
    """A transaction of an EVSE.

    Args:
        seq: the number of its next event.
        state: the last charging state that an event told.
        began: when it began, on the clock of the loop.
    """

    id: str
    evse: int
    seq: int = 0
    state: str = ""
    began: float = 0.0
    remote_start_id: int | None = None


@dataclass(slots=True)
class Evse:
    """Hold what is going on at an EVSE.

    Args:
        connector: the connector that is used, or was used last.
        bay: a vehicle stands in its parking bay.
        holder: the token that may charge.
        reserved: the token that it is kept for.
        keeper: the token that may have the cable back, whose session is over.
        closed: the power path is closed: cable and authorization are there.
        offers: where it is closed, energy is offered as well.
        energy: energy flows.
        signed: signed meter values are at hand.
        show_token, show_place: the next event of the transaction names them.
        remote_id: the remote start that the next event names.
        stopped: why the session is to end, once somebody has said so.
        resetting: it is about to be reset, and begins nothing new.
        operative: of the EVSE, by the CSMS; of each connector in ``connectors_down``.
        goes_down: the connector that is used goes out of operation once the transaction is over.
    """

    number: int
    outlets: dict[int, Outlet]
    connector: int = 1
    bay: bool = False
    holder: Holder | None = None
    reserved: Holder | None = None
    keeper: Holder | None = None
    closed: bool = False
    offers: bool = False
    energy: bool = False
    signed: bool = False
    transaction: Transaction | None = None
    show_token: bool = False
    show_place: bool = False
    remote_id: int | None = None
    stopped: str = ""
    resetting: bool = False
    operative: bool = True
    connectors_down: set[int] = field(default_factory=set)
    goes_down: bool = False
    fault: str = ""

    @property
    def outlet(self) -> Outlet:
        """Return the connector that is used."""
        return self.outlets[self.connector]

    @property
    def cable(self) -> bool:
        """Tell whether vehicle and EVSE are connected."""
        return self.outlet.connected

    @property
    def free(self) -> bool:
        """Tell whether a session can begin here."""
        return self.transaction is None and self.holder is None

    @property
    def usable(self) -> bool:
        """Tell whether it is in operation, and no reset is waited for."""
        return self.operative and not self.resetting

    def open_to(self, token: Payload, group: str | None = None) -> bool:
        """Tell whether a token may be used here: it is not reserved for another one (H03)."""
        return self.reserved is None or self.reserved.admits(token, group)

    def points(self) -> dict[str, bool]:
        """Return for each start and stop point whether it is reached (E01, E06)."""
        return {
            "ParkingBayOccupancy": self.bay,
            "EVConnected": self.cable,
            "Authorized": self.holder is not None,
            "DataSigned": self.signed,
            "PowerPathClosed": self.closed,
            "EnergyTransfer": self.energy,
        }

    def charging_state(self) -> str:
        """Return what the next event tells of the energy (E02, E03)."""
        if self.energy:
            return "Charging"
        if self.closed:
            ready = self.outlet.ev_ready or not self.offers
            return "SuspendedEVSE" if ready else "SuspendedEV"
        return "EVConnected" if self.cable else "Idle"
