"""Being in operation or not: the station, its EVSEs, their connectors (G03, G04); it is kept."""

from collections.abc import Mapping

from testbay_reference.link import Answer, Reply
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.evse import Evse
from testbay_reference.station201.notifier import Notifier


class Availability:
    """Keep what the CSMS has put out of operation, over restarts."""

    def __init__(self, context: Context, evses: Mapping[int, Evse]) -> None:
        self._context = context
        self._evses = evses
        self._scheduled: dict[str, Payload] = {}
        self.notifier: Notifier | None = None
        down = context.store.get("inoperative", [])
        self._station = "station" not in down
        for number, evse in evses.items():
            evse.operative = str(number) not in down
            evse.connectors_down = {c for c in evse.outlets if f"{number}.{c}" in down}

    @property
    def station(self) -> bool:
        """Tell whether the station as a whole is in operation."""
        return self._station

    def change(self, payload: Payload) -> Answer:
        """Answer ChangeAvailability; it waits for the end of transactions (G03.FR.05)."""
        evse = payload.get("evse")
        if evse is not None:
            found = self._evses.get(evse["id"])
            if found is None or evse.get("connectorId", 1) not in found.outlets:
                return {"status": "Rejected"}
        payload = self._misread(payload)
        evse = payload.get("evse")
        meant = [e for n, e in self._evses.items() if evse is None or n == evse["id"]]
        if payload["operationalStatus"] == "Inoperative" and any(e.transaction for e in meant):
            if "goes-down-at-once" in self._context.faults:
                return Reply({"status": "Scheduled"}, lambda: self._apply(payload))
            self._scheduled[self._place(payload)] = payload
            for one in meant:
                if (evse or {}).get("connectorId") in (None, one.connector):
                    one.goes_down = True
                if one.transaction is None and evse is None:
                    self._apply({**payload, "evse": {"id": one.number}})
            return {"status": "Scheduled"}
        return Reply({"status": "Accepted"}, lambda: self._apply(payload))

    def idle(self) -> None:
        """Do what has waited for the end of a transaction."""
        for place, payload in list(self._scheduled.items()):
            evse = payload.get("evse")
            meant = [e for n, e in self._evses.items() if evse is None or n == evse["id"]]
            if not any(e.transaction for e in meant):
                del self._scheduled[place]
                self._apply(payload)

    def _misread(self, payload: Payload) -> Payload:
        """Return what is asked for, or what a fault makes of it."""
        faults, place = self._context.faults, self._place(payload)
        if "toggles-availability" in faults:
            number, _, connector = place.partition(".")
            evse = self._evses.get(int(number)) if number.isdigit() else None
            up = self._station if evse is None else evse.operative
            up = up and not (connector and evse and int(connector) in evse.connectors_down)
            payload = payload | {"operationalStatus": "Inoperative" if up else "Operative"}
        if "takes-all-down" in faults and payload["operationalStatus"] == "Inoperative":
            payload = {k: v for k, v in payload.items() if k != "evse"}
        return payload

    def _place(self, payload: Payload) -> str:
        evse = payload.get("evse")
        if evse is None:
            return "station"
        return str(evse["id"]) + (f".{evse['connectorId']}" if "connectorId" in evse else "")

    def _apply(self, payload: Payload) -> None:
        place, up = self._place(payload), payload["operationalStatus"] == "Operative"
        self._scheduled.pop(place, None)
        number, _, connector = place.partition(".")
        for each, one in self._evses.items():
            if place == "station" or each == int(number):
                one.goes_down = False
        if place == "station":
            self._station = up
        elif not connector:
            self._evses[int(number)].operative = up
        elif up:
            self._evses[int(number)].connectors_down.discard(int(connector))
        else:
            self._evses[int(number)].connectors_down.add(int(connector))
        self._save()
        if self.notifier is not None:
            self.notifier.refresh_all()

    def _save(self) -> None:
        down = [] if self._station else ["station"]
        for number, evse in self._evses.items():
            if not evse.operative:
                down.append(str(number))
            down += [f"{number}.{c}" for c in sorted(evse.connectors_down)]
        self._context.store.set("inoperative", down)
