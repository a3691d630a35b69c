"""Status notifications: sent when a status has changed and lasted, and only when news (4.9)."""

from dataclasses import dataclass
from functools import partial

from testbay_reference.link import RpcError
from testbay_reference.outbox import Result
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Notice:
    """What a StatusNotification says about a connector, besides the time."""

    status: str
    error: str = "NoError"
    info: str = ""


class Notifier:
    """Tell the CSMS the statuses of connector 0 and all others."""

    def __init__(self, context: Context, outbox: Outbox) -> None:
        self._context = context
        self._outbox = outbox
        self._current: dict[int, tuple[Notice, str]] = {}  # with the time since when
        self._sent: dict[int, Notice] = {}
        self._delivered: dict[int, Notice] = {}
        self.active = False

    def current(self, connector: int) -> Notice:
        """Return the status of a connector as it is, reported or not."""
        return self._current[connector][0]

    def update(self, connector: int, notice: Notice) -> None:
        """Take note of a status; report it as soon as it has lasted MinimumStatusDuration."""
        known = self._current.get(connector)
        if known is not None and known[0] == notice:
            return
        self._current[connector] = (notice, self._context.stamp())
        self._context.note(f"connector {connector}: {_words(notice)}")
        self._context.timers.cancel(("status", connector))
        if not self.active:
            return
        seconds = self._context.config.number("MinimumStatusDuration")
        if seconds == 0:
            self._report(connector)
        else:
            report = partial(self._report, connector)
            self._context.timers.after(("status", connector), seconds, report)

    def begin(self, *, everything: bool) -> None:
        """Report all statuses after a boot, or after a reconnection those that are news."""
        faults = self._context.faults
        self.active = True
        for connector in sorted(self._current):
            if not everything:
                if self._current[connector][0] != self._delivered.get(connector):
                    self._report(connector)
            elif "boots-without-status" in faults:
                self._sent[connector] = self._delivered[connector] = self.current(connector)
            elif connector > 0 or "boot-reports-connectors-only" not in faults:
                self._report(connector, boot=True)

    def pause(self) -> None:
        """Stop reporting: there is no connection; what was not answered counts as not sent."""
        self.active = False
        self._sent = dict(self._delivered)

    def report(self, connector: int) -> None:
        """Report a status again because the CSMS asked for it."""
        self._sent.pop(connector, None)
        self._report(connector)

    def payload(self, connector: int) -> Payload:
        """Return what a StatusNotification about a connector says now."""
        return _payload(connector, *self._current[connector])

    def warn(self, connector: int, error: str, info: str) -> None:
        """Report an error that does not change the status (4.9); offline nobody hears of it."""
        notice = Notice(self.current(connector).status, error, info)
        payload = _payload(connector, notice, self._context.stamp())
        self._context.note(f"connector {connector}: {_words(notice)}")
        self._outbox.send("StatusNotification", payload)

    def _report(self, connector: int, boot: bool = False) -> None:
        notice, since = self._current[connector]
        if not self.active or (not boot and self._sent.get(connector) == notice):
            return
        self._sent[connector] = notice
        if not boot and self._hidden(notice):
            return
        shown = notice
        if boot and "boot-reports-always-available" in self._context.faults:
            shown = Notice("Available")

        def answered(result: Result) -> None:
            if not isinstance(result, RpcError) or not result.local:
                self._delivered[connector] = notice

        self._outbox.send("StatusNotification", _payload(connector, shown, since), answered)

    def _hidden(self, notice: Notice) -> bool:
        fault = {
            "Preparing": "preparing-not-reported",
            "Reserved": "reserved-not-reported",
            "Charging": "charging-not-reported",
            "Finishing": "finishing-not-reported",
            "Unavailable": "availability-not-reported",
            "Faulted": "faulted-not-reported",
        }.get(notice.status)
        return fault is not None and fault in self._context.faults


def _payload(connector: int, notice: Notice, since: str) -> Payload:
    payload = {
        "connectorId": connector,
        "errorCode": notice.error,
        "status": notice.status,
        "timestamp": since,
    }
    return payload | ({"info": notice.info} if notice.info else {})


def _words(notice: Notice) -> str:
    more = [text for text in (notice.error, notice.info) if text not in ("", "NoError")]
    return notice.status + (f" ({', '.join(more)})" if more else "")
