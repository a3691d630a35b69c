"""Resets that the CSMS asks for: of the station, of one EVSE, at once or once idle (B11, B12)."""

from collections.abc import Callable, Mapping

from testbay_reference.link import Answer, Reply
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.evse import Evse
from testbay_reference.station201.notifier import Notifier
from testbay_reference.station201.sessions import Sessions

STATION = 0  # stands for all EVSEs, where a reset waits


class Resets:
    """Answer resets, and carry them out when nothing stands against it.

    Args:
        reboot: restarts the station, with the reason for its boot notification.
    """

    def __init__(
        self,
        context: Context,
        evses: Mapping[int, Evse],
        sessions: Sessions,
        notifier: Notifier,
        reboot: Callable[[str], None],
    ) -> None:
        self._context = context
        self._evses = evses
        self._sessions = sessions
        self._notifier = notifier
        self._reboot = reboot
        self._waiting: dict[int, None] = {}

    def answer(self, payload: Payload) -> Answer:
        """Answer a Reset."""
        number = payload.get("evseId", STATION)
        if number != STATION and not self._can_reset(number):
            return {"status": "Rejected"}
        waits = payload["type"] == "OnIdle" and self._busy(number)
        if "resets-nothing" in self._context.faults:
            return {"status": "Scheduled" if waits else "Accepted"}
        if waits:
            self._waiting[number] = None
            return Reply({"status": "Scheduled"}, lambda: self._close(number))
        if number == STATION:
            return Reply({"status": "Accepted"}, lambda: self._reboot("RemoteReset"))
        return Reply({"status": "Accepted"}, lambda: self._restart(number))

    def idle(self) -> None:
        """See an EVSE become free: a reset may have waited for that."""
        for number in [n for n in self._waiting if not self._busy(n)]:
            del self._waiting[number]
            if number == STATION:
                self._reboot("ScheduledReset")
            else:
                self._restart(number)

    def _can_reset(self, number: int) -> bool:
        known = number in self._evses
        return known and self._context.variables.flag(f"EVSE@{number}.AllowReset")

    def _meant(self, number: int) -> list[Evse]:
        return [e for n, e in self._evses.items() if number in (STATION, n)]

    def _busy(self, number: int) -> bool:
        busy = (e.transaction is not None or e.reserved is not None for e in self._meant(number))
        return any(busy)

    def _close(self, number: int) -> None:
        """Let no new session begin where a reset is waited for."""
        for evse in self._meant(number):
            evse.resetting = True
            if self._context.options.tells_reset:
                self._notifier.refresh(evse.number)

    def _restart(self, number: int) -> None:
        """Restart one EVSE; what it was told about its operation stays."""
        evse = self._evses[number]
        self._close(number)
        self._sessions.lose_power(evse, "ImmediateReset")
        evse.remote_id, evse.stopped = None, ""
        evse.show_token = evse.show_place = evse.offers = False
        evse.resetting = False
        self._notifier.refresh(number)
