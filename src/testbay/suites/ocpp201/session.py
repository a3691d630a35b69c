"""What should be true of each EVSE: the facts of a session, and whether a transaction is due.

Fed by the actions that are asked for and by states, never by what the station did: a step is due
because of configuration and session, or a station that does nothing would skip its own steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Points = frozenset[str]
POINTS: Points = frozenset(
    (
        *("ParkingBayOccupancy", "EVConnected", "Authorized"),
        *("DataSigned", "PowerPathClosed", "EnergyTransfer"),
    )
)
"""When transactions can begin and end; DataSigned ends none."""


@dataclass
class Session:
    """One EVSE in a case.

    Args:
        start, stop: when a transaction begins and ends: TxStartPoint, TxStopPoint.
        running: a transaction should be running.
        begun: its first event has been due.
        ended_by: the stop point that ended the last one.
        stopped: how the session was ended, ``local`` or ``remote``.
        stage: the last state that was passed on the way out of a session.
        token_shown, cable_moved: since the last event of a transaction.
        remote_id: a remote start that no event has named yet.
        awaited: whoever was authorized may still bring a cable; no message tells of that.
        ids: the transactions that were seen here; for selecting messages only.
    """

    start: Points
    stop: Points
    bay: bool = False
    cable: bool = False
    authorized: bool = False
    energy: bool = False
    signed: bool = False
    running: bool = False
    begun: bool = False
    ended_by: str = ""
    stopped: str = ""
    stage: str = ""
    token_shown: bool = False
    cable_moved: bool = False
    awaited: bool = False
    remote_id: int | None = None
    ids: list[str] = field(default_factory=list)

    def points(self) -> dict[str, bool]:
        """Return for each start and stop point whether it is reached (E01, E06)."""
        return {
            "ParkingBayOccupancy": self.bay,
            "EVConnected": self.cable,
            "Authorized": self.authorized,
            "DataSigned": self.signed,
            "PowerPathClosed": self.cable and self.authorized,
            "EnergyTransfer": self.energy,
        }

    def set(self, **facts: bool) -> None:
        """Change facts; a transaction that should begin or end by that does."""
        before = self.points()
        for name, value in facts.items():
            setattr(self, name, value)
        now = self.points()
        self.awaited |= self.authorized and not before["Authorized"]
        if not self.running and any(now[p] and not before[p] for p in self.start if p in now):
            self.running, self.begun = True, False
            self.ended_by = self.stopped = self.stage = ""
        fallen = [p for p in now if p in self.stop and before[p] and not now[p]]
        if self.running and fallen:
            self.running, self.ended_by = False, fallen[0]
        self.awaited &= self.authorized and not (self.cable or self.running)

    def event_type(self) -> str:
        """Return what the next event of the transaction should be."""
        if not self.running:
            self.begun = False
            return "Ended"
        first, self.begun = not self.begun, True
        return "Started" if first else "Updated"

    @property
    def signs_first(self) -> bool:
        """Whether signed values begin the transaction, before the power path can (E01.FR.04)."""
        return "DataSigned" in self.start and "EVConnected" not in self.start and not self.begun

    def power_lost(self) -> None:
        """End what does not outlive a restart; cables and vehicles stay."""
        self.authorized = self.energy = self.running = self.begun = self.signed = False
        self.token_shown = self.cable_moved = self.awaited = False
        self.remote_id = None

    def drop(self) -> None:
        """Take the right to charge away without anybody having asked for it."""
        self.set(authorized=False, energy=False)


EFFECTS: dict[str, dict[str, bool]] = {
    "occupy_bay": {"bay": True},
    "leave_bay": {"bay": False},
    "plug_in": {"cable": True},
    "unplug": {"cable": False, "energy": False},
    "ev_stops": {"authorized": False, "energy": False},
    "present_token": {"authorized": True},
    "present_token to stop": {"authorized": False, "energy": False},
}
"""What an action on the station makes true; ``NAME to PURPOSE`` where its purpose matters."""
