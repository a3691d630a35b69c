"""Reservations of EVSEs (H01 to H04): for a token or its group, until they expire or are used."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from testbay_reference.link import Answer, Reply, RpcError
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.evse import Evse, Holder
from testbay_reference.station201.notifier import Notifier
from testbay_reference.station201.outbox import Outbox
from testbay_reference.timing import moment

AVAILABLE = "ReservationCtrlr.Available"
STORED = "reservations"
NONE = "this station takes no reservations"


class Reservations:
    """Keep reservations, over restarts; each is for one EVSE, which the CSMS has to name.

    Args:
        idle: hears that an EVSE has become free.
    """

    def __init__(
        self,
        context: Context,
        evses: Mapping[int, Evse],
        notifier: Notifier,
        outbox: Outbox,
        idle: Callable[[Evse], None],
    ) -> None:
        self._context = context
        self._evses = evses
        self._notifier = notifier
        self._outbox = outbox
        self._idle = idle
        self._kept: dict[str, Payload] = dict(context.store.get(STORED, {}))
        for payload in tuple(self._kept.values()):
            self._hold(payload)

    def reserve(self, payload: Payload) -> Answer:
        """Answer ReserveNow."""
        if not self._context.variables.flag(AVAILABLE):
            return RpcError("NotSupported", NONE)
        evse, left = self._evses.get(payload.get("evseId", 0)), self._left(payload)
        if evse is None or left <= 0:
            return {"status": "Rejected"}
        kept = self._kept.get(str(payload["id"]))
        again = kept is not None and kept["evseId"] == evse.number  # H01.FR.02: it replaces that
        if not again:
            status = self._notifier.status(evse.number, evse.connector)
            refused = {"Reserved": "Occupied"}.get(status, status)
            if refused != "Available" or not evse.free:
                return {"status": "Occupied" if refused == "Available" else refused}

        def begin() -> None:
            if not again:
                self._drop(str(payload["id"]))
            self._kept[str(payload["id"])] = payload
            self._save()
            self._hold(payload)
            self._notifier.refresh(evse.number)

        return Reply({"status": "Accepted"}, begin)

    def cancel(self, payload: Payload) -> Answer:
        """Answer CancelReservation."""
        if not self._context.variables.flag(AVAILABLE):
            return RpcError("NotSupported", NONE)
        number = str(payload["reservationId"])
        if number not in self._kept:
            return {"status": "Rejected"}
        return Reply({"status": "Accepted"}, lambda: self._drop(number))

    def used(self, evse: Evse) -> None:
        """See the one come for whom an EVSE was reserved (H03)."""
        for number, payload in tuple(self._kept.items()):
            if payload["evseId"] == evse.number:
                self._drop(number)

    def _hold(self, payload: Payload) -> None:
        number, group = str(payload["id"]), payload.get("groupIdToken", {}).get("idToken")
        self._evses[payload["evseId"]].reserved = Holder(payload["idToken"], group)
        left = max(self._left(payload), 0.0)
        self._context.timers.after(f"reservation {number}", left, lambda: self._expire(number))

    def _expire(self, number: str) -> None:
        self._drop(number)
        told: dict[str, Any] = {"reservationId": int(number), "reservationUpdateStatus": "Expired"}
        self._outbox.send("ReservationStatusUpdate", told)

    def _drop(self, number: str) -> None:
        payload = self._kept.pop(number, None)
        if payload is None:
            return
        self._context.timers.cancel(f"reservation {number}")
        self._save()
        self._evses[payload["evseId"]].reserved = None
        self._notifier.refresh(payload["evseId"])
        self._idle(self._evses[payload["evseId"]])

    def _save(self) -> None:
        kept = {} if "forgets-reservations" in self._context.faults else self._kept
        self._context.store.set(STORED, dict(kept))

    def _left(self, payload: Payload) -> float:
        return (moment(payload["expiryDateTime"]) - self._context.now()) / timedelta(seconds=1)
