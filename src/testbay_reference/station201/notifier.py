"""Statuses of connectors: told when they change, by the message that the station is built for."""

from collections.abc import Callable, Sequence
from itertools import count

from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.evse import Evse
from testbay_reference.station201.outbox import Outbox

Place = tuple[int, int]
LOCK = "ConnectorPlugRetentionLock"


class Notifier:
    """Tell the CSMS the status of each connector (G01).

    Args:
        station_operative: tells whether the station as a whole is in operation.
    """

    def __init__(
        self,
        context: Context,
        outbox: Outbox,
        evses: dict[int, Evse],
        station_operative: Callable[[], bool],
    ) -> None:
        self._context = context
        self._outbox = outbox
        self._evses = evses
        self._operative = station_operative
        self._sent: dict[Place, str] = {}
        self._events = count(1)
        self.active = False

    def status(self, evse: int, connector: int) -> str:
        """Return the status of a connector as it is."""
        at = self._evses[evse]
        if at.fault:
            return "Faulted"
        if not (self._operative() and at.operative and connector not in at.connectors_down):
            return "Unavailable"
        leaving = at.goes_down and connector == at.connector and not at.outlet.occupied
        if leaving and self._context.options.down_without_cable:
            return "Unavailable"
        if at.resetting and at.free and not at.outlets[connector].occupied:
            return "Unavailable"
        if at.outlets[connector].occupied:
            return "Occupied"
        return "Reserved" if at.reserved is not None else "Available"

    def places(self) -> list[Place]:
        """Return all connectors with their EVSEs."""
        return [(n, c) for n, evse in self._evses.items() for c in evse.outlets]

    def begin(self, *, everything: bool) -> None:
        """Report all statuses after a boot, or after a reconnection those that are news."""
        self.active = True
        if everything and "boots-without-status" in self._context.faults:
            self._sent = {place: self.status(*place) for place in self.places()}
            return
        self._tell([p for p in self.places() if everything or self._news(p)])

    def pause(self) -> None:
        """Stop reporting: there is no connection."""
        self.active = False

    def refresh(self, evse: int) -> None:
        """Report what has changed at an EVSE."""
        if self.active:
            self._tell([p for p in self.places() if p[0] == evse and self._news(p)])

    def refresh_all(self) -> None:
        """Report what has changed anywhere."""
        if self.active:
            self._tell([p for p in self.places() if self._news(p)])

    def report(self, evse: int, connector: int) -> None:
        """Report the status of a connector, as it is."""
        self._tell([(evse, connector)])

    def _news(self, place: Place) -> bool:
        return self._sent.get(place) != self.status(*place)

    def _tell(self, places: Sequence[Place]) -> None:
        """Report the status of connectors: one by one, or together if the station does so."""
        options, events = self._context.options, list[Payload]()
        for evse, connector in places:
            status = self._sent[evse, connector] = self.status(evse, connector)
            if status == "Occupied" and "occupied-not-reported" in self._context.faults:
                continue
            if options.reports == "StatusNotification":
                self._outbox.send("StatusNotification", self._notification(evse, connector, status))
            else:
                place = {"id": evse, "connectorId": connector}
                events.append(self._event("Connector", place, "AvailabilityState", status))
        if options.groups_events and events:
            self._notice([*self._of_evses(places), *events])
        else:
            for event in events:
                self._notice([event])

    def _of_evses(self, places: Sequence[Place]) -> list[Payload]:
        """Return the events of the EVSEs themselves: they are as their connectors are."""
        of_evses = {evse: self.status(evse, connector) for evse, connector in places}
        return [
            self._event("EVSE", {"id": evse}, "AvailabilityState", status)
            for evse, status in of_evses.items()
        ]

    def _notification(self, evse: int, connector: int, status: str) -> Payload:
        return {
            "timestamp": self._context.stamp(),
            "connectorStatus": status,
            "evseId": evse,
            "connectorId": connector,
        }

    def lock_problem(self, evse: Evse) -> None:
        """Report that the lock of the connector that is used does not hold (G05)."""
        if "lock-failure-not-reported" not in self._context.faults:
            place = {"id": evse.number, "connectorId": evse.connector}
            self._notice([self._event(LOCK, place, "Problem", "true")])

    def _notice(self, events: Sequence[Payload]) -> None:
        moment = self._context.stamp()
        told = {"generatedAt": moment, "seqNo": 0, "eventData": [*events]}
        self._outbox.send("NotifyEvent", told)

    def _event(self, component: str, place: Payload, variable: str, value: str) -> Payload:
        return {
            "eventId": next(self._events),
            "timestamp": self._context.stamp(),
            "trigger": "Delta",
            "actualValue": value,
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": component, "evse": place},
            "variable": {"name": variable},
        }
