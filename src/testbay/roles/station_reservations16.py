"""The reservations of the simulated station of OCPP 1.6 (5.1, 5.13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from testbay.roles.composite16 import moment

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reservation:
    """A reservation that the station has accepted.

    Args:
        connector: 0 is any connector of the station.
        expiry: when it ends, as it was sent.
    """

    id: int
    connector: int
    id_tag: str
    expiry: str
    parent: str = ""

    def runs(self, now: datetime) -> bool:
        """Return whether it has not expired; a time stamp that cannot be read never does."""
        ends = moment(self.expiry)
        return ends is None or ends > now


@dataclass
class Reservations:
    """The reservations by their ids."""

    made: dict[int, Reservation] = field(default_factory=dict)

    @classmethod
    def of(cls, plain: list[dict[str, Any]]) -> Reservations:
        """Make them from what they were as JSON."""
        return cls({one["id"]: Reservation(**one) for one in plain})

    def known(self) -> list[dict[str, Any]]:
        """Return them as JSON."""
        return [asdict(one) for one in self.made.values()]

    def running(self, now: datetime) -> list[Reservation]:
        """Return those that have not expired."""
        return [one for one in self.made.values() if one.runs(now)]

    def at(self, connector: int, now: datetime) -> Reservation | None:
        """Return the one that a session on a connector uses: its own, or one of any connector."""
        fitting = {one.connector: one for one in self.running(now)}
        return fitting.get(connector, fitting.get(0))

    def make(self, request: Payload) -> None:
        """Keep one that was accepted; it replaces another one with its id."""
        self.made[request["reservationId"]] = Reservation(
            request["reservationId"],
            request["connectorId"],
            request["idTag"],
            request["expiryDate"],
            request.get("parentIdTag", ""),
        )

    def drop(self, number: int | None) -> None:
        """Forget one: it was used or cancelled."""
        if number is not None:
            self.made.pop(number, None)

    def drop_at(self, connector: int) -> None:
        """Forget those of a connector that is out of order (5.13)."""
        self.made = {n: one for n, one in self.made.items() if one.connector != connector}
