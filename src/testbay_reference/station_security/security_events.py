"""Security events: all of them logged, those that matter to the CSMS delivered (whitepaper A04)."""

from collections import deque
from datetime import datetime

from testbay_reference.link import RpcError
from testbay_reference.outbox import Result, Sends, lost
from testbay_reference.station_security.parts import Station
from testbay_reference.surroundings import Payload
from testbay_reference.timing import moment

LOG_LENGTH = 1000  # entries; then the oldest go
RETRY = 60.0  # s, after a notification that the CSMS could not process
INFO_LENGTH = 255  # characters that techInfo may have

PUSHED = (
    # critical by section 8
    "FirmwareUpdated",
    "SettingSystemTime",
    "StartupOfTheDevice",
    "ResetOrReboot",
    "SecurityLogWasCleared",
    "MemoryExhaustion",
    "TamperDetectionActivated",
    # not critical there, but demanded by A00.FR.309, 315 and 322, A02.FR.07 and L01
    "InvalidFirmwareSignature",
    "InvalidFirmwareSigningCertificate",
    "InvalidCentralSystemCertificate",
    "InvalidChargePointCertificate",
    "InvalidTLSVersion",
    "InvalidTLSCipherSuite",
    # as OCPP 2.0.1 calls them
    "InvalidCsmsCertificate",
    "InvalidChargingStationCertificate",
)


class SecurityEvents:
    """Log security events, and deliver them to a CSMS that knows the message for that.

    A CSMS shows that it does by using a security profile, or a message of the whitepaper. Whoever
    does neither may speak plain OCPP 1.6, and is spared.
    """

    def __init__(self, context: Station, outbox: Sends) -> None:
        self._context = context
        self._outbox = outbox
        self._log: deque[Payload] = deque(context.store.get("security_log", []), LOG_LENGTH)
        self._queue: deque[Payload] = deque(context.store.get("security_events", []))
        self._sending = False

    def happened(self, kind: str, info: str = "", *, tell: bool = True) -> None:
        """Log an event that happens now, and deliver it as soon as that is possible.

        Args:
            kind: as section 8 of the whitepaper names it.
            info: a sentence for techInfo, without secrets.
            tell: whether the CSMS is to know, if it is an event that a CSMS should know.
        """
        event = {"type": kind, "timestamp": self._context.stamp()}
        if info:
            event["techInfo"] = info[:INFO_LENGTH]
        self._context.note(f"security event: {kind}" + (f" ({info})" if info else ""))
        if "security-log-stays-empty" not in self._context.faults:
            self._log.append(event)
            self._context.store.set("security_log", list(self._log))
        known = self._context.store.get("security_known", False)
        if not tell or kind not in PUSHED or not known or self._silent:
            return
        self._queue.append(event)
        self._save()
        self.deliver()

    def known(self) -> None:
        """Take note that the CSMS knows the whitepaper."""
        self._context.store.set("security_known", True)

    def deliver(self) -> None:
        """Send what waits, the oldest first, if there is a connection."""
        if self._sending or not self._queue or not self._outbox.online:
            return
        self._sending = True
        self._outbox.send("SecurityEventNotification", self._queue[0], self._answered)

    def clear(self) -> None:
        """Clear the log; that this happened is its first entry."""
        self._log.clear()
        self.happened("SecurityLogWasCleared")

    def text(self, oldest: datetime | None = None, latest: datetime | None = None) -> str:
        """Return the log as a text, an event per line, perhaps of a time only."""
        lines = []
        for event in self._log:
            at = moment(event["timestamp"])
            if (oldest is None or at >= oldest) and (latest is None or at <= latest):
                info = event.get("techInfo", "")
                lines.append(f"{event['timestamp']} {event['type']} {info}".rstrip() + "\n")
        return "".join(lines)

    @property
    def _silent(self) -> bool:
        return "no-security-events" in self._context.faults

    def _answered(self, result: Result) -> None:
        self._sending = False
        if lost(result):
            return  # it is sent again when there is a connection
        if isinstance(result, RpcError) and result.code not in ("NotImplemented", "NotSupported"):
            self._context.note(f"SecurityEventNotification failed: {result.code}")
            self._context.timers.after("security events", RETRY, self.deliver)
            return
        self._queue.popleft()
        self._save()
        self.deliver()

    def _save(self) -> None:
        self._context.store.set("security_events", list(self._queue))
