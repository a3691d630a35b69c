"""Reservations: which there are, and which connectors they keep from other tokens (5.13)."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from testbay_reference.station.connector import Connector, Holder
from testbay_reference.station.context import Context
from testbay_reference.timing import moment

EARLY = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Reservation:
    """One reservation.

    Args:
        number: the reservationId.
        connector: 0 is for any one connector.
        expiry: when it ends by itself, as the CSMS wrote it.
    """

    number: int
    connector: int
    id_tag: str
    parent: str | None
    expiry: str

    @property
    def holder(self) -> Holder:
        """Return the token, with its group, that may charge."""
        return Holder(self.id_tag, self.parent)


class Reservations:
    """Keep the reservations, in the store too, and guard the connectors.

    A reservation of connector 0 guards a connector only when it is the last one that is left.

    Args:
        changed: is called when one has expired.
    """

    def __init__(self, context: Context, connectors: Mapping[int, Connector]) -> None:
        self._context = context
        self._connectors = connectors
        self._all: dict[int, Reservation] = {}
        self._guards: dict[int, Reservation] = {}
        self.changed: Callable[[], None] = _nothing
        stored: list[dict[str, Any]] = context.store.get("reservations", [])
        if "forgets-reservation-after-reset" in context.faults:
            stored = []
        for entry in stored:
            reservation = Reservation(**entry)
            if moment(reservation.expiry) > context.now():
                self._all[reservation.number] = reservation
                self._watch(reservation)

    def find(self, number: int) -> Reservation | None:
        """Return a reservation by its reservationId."""
        return self._all.get(number)

    def of(self, connector: int) -> Reservation | None:
        """Return the reservation that was made of a connector, or with 0 of the station."""
        return next((found for found in self._all.values() if found.connector == connector), None)

    def shown(self) -> list[dict[str, Any]]:
        """Return the reservations, for display."""
        return [asdict(reservation) for reservation in self._all.values()]

    def add(self, reservation: Reservation) -> None:
        """Take a reservation, in place of one with the same reservationId."""
        self._all[reservation.number] = reservation
        self._save()
        self._watch(reservation)
        where = f"connector {reservation.connector}"
        self._context.note(f"{where}: reserved for {reservation.id_tag} until {reservation.expiry}")

    def remove(self, reservation: Reservation, why: str) -> None:
        """End a reservation."""
        del self._all[reservation.number]
        self._context.timers.cancel(("reservation", reservation.number))
        self._save()
        where = f"connector {reservation.connector}"
        self._context.note(f"{where}: reservation {reservation.number} ended, {why}")

    def use(self, connector: Connector, holder: Holder) -> int | None:
        """End the reservation that a transaction fulfils and return its reservationId (4.8)."""
        for number in (connector.number, 0):
            reservation = self.of(number)
            if reservation and reservation.holder.admits(holder.id_tag, holder.parent):
                if "reservation-survives-transaction" not in self._context.faults:
                    self.remove(reservation, "used")
                return reservation.number
        return None

    def guard(self, connector: Connector) -> Reservation | None:
        """Return the reservation that keeps other tokens from a connector."""
        if "reservation-ignored" in self._context.faults:
            return None
        return self._guards.get(connector.number)

    def bars(self, connector: Connector, id_tag: str) -> bool:
        """Tell whether a token cannot charge at a connector, whatever its group is."""
        guard = self.guard(connector)
        if guard is None or "reservation-asks-about-others" in self._context.faults:
            return False
        return guard.parent is None and not guard.holder.admits(id_tag)

    def meant_for(self, connector: Connector, id_tag: str) -> bool:
        """Tell whether a connector is kept for this very token."""
        guard = self.guard(connector)
        return guard is not None and guard.holder.admits(id_tag)

    def needs_group(self, connector: Connector, id_tag: str) -> bool:
        """Tell whether the group of a token decides whether it may charge at a connector."""
        guard = self.guard(connector)
        return guard is not None and guard.parent is not None and not guard.holder.admits(id_tag)

    def admits(self, connector: Connector, holder: Holder) -> bool:
        """Tell whether a token, with the group that it has, may charge at a connector."""
        guard = self.guard(connector)
        if guard is None:
            return True
        groups = "reservation-ignores-parent" not in self._context.faults
        return guard.holder.admits(holder.id_tag, holder.parent if groups else None)

    def review(self, *, in_service: bool) -> tuple[Connector, ...]:
        """End what can be kept no longer and mark the connectors that are guarded.

        Args:
            in_service: whether the station as a whole is neither Faulted nor Unavailable.

        Returns:
            The connectors that have become reserved, or are so no longer.
        """
        serving = [c.number for c in self._connectors.values() if c.in_service and in_service]
        for reservation in tuple(self._all.values()):
            number = reservation.connector
            if (number not in serving) if number else not serving:
                self.remove(reservation, "out of service")
        guards = self._placed()
        if "reservation-blocks-after-end" in self._context.faults:
            self._guards |= guards
        else:
            self._guards = guards
        changed = []
        for connector in self._connectors.values():
            if connector.reserved != (connector.number in guards):
                connector.reserved = not connector.reserved
                changed.append(connector)
        return tuple(changed)

    def _placed(self) -> dict[int, Reservation]:
        """Return which reservation guards which connector now."""
        guards = {found.connector: found for found in self._all.values() if found.connector}
        station = self.of(0)
        if station is None or self._arrived(station):
            return guards
        left = [c for c in self._connectors.values() if c.number not in guards and c.idle]
        free = [c for c in left if not c.outlet.occupied]
        if len(free) < 2 and left:
            before = [c for c in left if c.reserved]
            guards[(free or before or left)[0].number] = station
        return guards

    def _arrived(self, reservation: Reservation) -> bool:
        """Tell whether the holder waits for the cable somewhere, and so has a connector."""
        waiting = (connector.authorized for connector in self._connectors.values())
        return any(
            holder and reservation.holder.admits(holder.id_tag, holder.parent) for holder in waiting
        )

    def _watch(self, reservation: Reservation) -> None:
        name = ("reservation", reservation.number)
        if "reservation-never-expires" in self._context.faults:
            return
        seconds = (moment(reservation.expiry) - self._context.now()).total_seconds()
        early = "reservation-expires-early" in self._context.faults
        end = seconds / 2 if early else seconds
        self._context.timers.after(name, end, lambda: self._expire(reservation, early=early))

    def _expire(self, reservation: Reservation, *, early: bool) -> None:
        if not early and moment(reservation.expiry) - self._context.now() > EARLY:
            self._watch(reservation)  # the loop's clock ran ahead of the date
            return
        self.remove(reservation, "expired")
        self.changed()

    def _save(self) -> None:
        self._context.store.set("reservations", self.shown())


def _nothing() -> None:
    return None
