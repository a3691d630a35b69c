"""The reservation profile: what the station answers to ReserveNow and CancelReservation."""

from collections.abc import Mapping
from typing import Any

from testbay_reference.link import Answer, Reply
from testbay_reference.station.charging import Charging
from testbay_reference.station.connector import Connector
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.reservations import Reservation, Reservations
from testbay_reference.timing import moment


class Reserving:
    """Answer the calls of the reservation profile."""

    def __init__(
        self,
        context: Context,
        connectors: Mapping[int, Connector],
        charging: Charging,
        reservations: Reservations,
    ) -> None:
        self._context = context
        self._connectors = connectors
        self._charging = charging
        self._reservations = reservations

    @property
    def handlers(self) -> dict[str, Any]:
        """Return the handlers by action."""
        return {"CancelReservation": self._cancel, "ReserveNow": self._reserve}

    def _reserve(self, payload: Payload) -> Answer:
        number = payload["connectorId"]
        wanted = Reservation(
            payload["reservationId"],
            number,
            payload["idTag"],
            payload.get("parentIdTag"),
            payload["expiryDate"],
        )
        status = self._judged(wanted)
        self._context.note(f"reservation {wanted.number} of connector {number}: {status}")
        if status != "Accepted":
            return {"status": status}
        self._reservations.add(wanted)
        return Reply({"status": "Accepted"}, self._reserved)

    def _cancel(self, payload: Payload) -> Answer:
        reservation = self._reservations.find(payload["reservationId"])
        if reservation is None:
            return {"status": "Rejected"}
        if "cancel-reservation-does-nothing" in self._context.faults:
            return {"status": "Accepted"}
        self._reservations.remove(reservation, "cancelled")
        return Reply({"status": "Accepted"}, self._charging.refresh_all)

    def _reserved(self) -> None:
        """Let nobody go on waiting for the cable whom a replaced reservation had let in."""
        self._charging.refresh_all()
        for connector in self._connectors.values():
            holder = connector.authorized
            if holder is not None and not self._reservations.admits(connector, holder):
                self._charging.forget(connector)

    def _judged(self, wanted: Reservation) -> str:
        """Return what ReserveNow.conf says; one that is replaced does not stand in the way."""
        number, replaced = wanted.connector, self._reservations.find(wanted.number)
        zero = self._context.config.flag("ReserveConnectorZeroSupported")
        if moment(wanted.expiry) <= self._context.now():
            return "Rejected"  # there would be nothing to reserve
        if (number not in self._connectors) if number else not zero:
            return "Rejected"
        if self._charging.error is not None:
            return "Faulted"
        if not self._charging.operative:
            return "Unavailable"
        taken = self._reservations.of(number)
        if taken is not None:
            return "Accepted" if taken is replaced else "Occupied"
        statuses = {
            connector.number: self._status(connector, replaced)
            for connector in self._connectors.values()
        }
        if number == 0:
            return _best(statuses.values())
        status = statuses.pop(number)
        # One connector has to remain for whoever reserved any of them.
        station = self._reservations.of(0)
        spared = station is None or station is replaced or "Accepted" in statuses.values()
        return status if spared or status != "Accepted" else "Occupied"

    def _status(self, connector: Connector, replaced: Reservation | None) -> str:
        """Return what could be said of a reservation of a connector."""
        if connector.fault is not None:
            return "Faulted"
        if not connector.operative:
            return "Unavailable"
        own = self._reservations.of(connector.number)
        if own is not None and own is not replaced:
            return "Occupied"
        busy = connector.asking or not connector.idle or connector.outlet.occupied
        return "Occupied" if busy else "Accepted"


def _best(statuses: Any) -> str:
    found = tuple(statuses)
    if "Accepted" in found:
        return "Accepted"
    if "Occupied" in found:
        return "Occupied"
    return "Unavailable" if "Unavailable" in found else "Faulted"
