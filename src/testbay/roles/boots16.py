"""Whether a boot of an OCPP 1.6 station was asked for, or it has restarted by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from testbay.scenario.values import Answer, Received

RESTARTS = ("Reset", "UpdateFirmware", "SignedUpdateFirmware")
"""Calls after which a station may boot."""

SECURES = ("CertificateSigned", "InstallCertificate", "DeleteCertificate")
"""Calls after which a station may begin anew, so that other certificates count."""

SECURITY_KEYS = ("securityprofile", "authorizationkey", "additionalrootcertificatecheck")
"""Settings that may take a new connection, and with it a boot, to take effect."""

HARMLESS = ("plug_in", "unplug", "present_token")
"""What drivers do; whatever else a person does may include switching the station off and on."""

BY_ITSELF = (
    "the station has restarted by itself: a BootNotification came over a new connection, and "
    "nobody had asked it to restart"
)


@dataclass
class Boots:
    """The boots of a station, and who asked for them.

    A station that merely connects again sends no BootNotification, unless what it says of itself
    has changed (OCPP-J 5.4).

    Args:
        product: what it said of itself at its last boot.
        asked: whether it may boot.
        updating: whether it is installing firmware, which may take several boots.
        connection: number of its newest connection.
        renewed: whether that began after the last boot.
        settled: whether the station has sent something since it was accepted; so it knows that.
        ended: how the connection before ended.
        alarm: why the last message shows that it has restarted by itself; else nothing.
    """

    product: dict[str, Any] = field(default_factory=dict)
    asked: bool = True
    updating: bool = False
    connection: int = 0
    renewed: bool = False
    settled: bool = False
    ended: str = ""
    alarm: str = ""

    @classmethod
    def from_json(cls, known: Mapping[str, Any]) -> Boots:
        """Read what ``to_json`` has written."""
        return cls(**{f.name: known[f.name] for f in fields(cls) if f.name in known})

    def to_json(self) -> dict[str, Any]:
        """Return what is known, as JSON."""
        return asdict(self)

    def observe(self, message: Received, accepted: bool | None) -> None:
        """See a request of the station, or an event of the connection.

        Args:
            accepted: whether its last boot was accepted.
        """
        self.alarm = ""
        if message.action == "@connect":
            self.connection, self.renewed = message.connection, True
        elif message.action == "@closed":
            self._closed(message)
        elif message.action == "BootNotification":
            again = dict(message.payload) == self.product
            known = bool(accepted) and self.settled
            if known and again and self.renewed and not self.asked:
                self.alarm = f"{BY_ITSELF}{f'; before that, {self.ended}' if self.ended else ''}"
            self.product, self.renewed, self.settled = dict(message.payload), False, False
        elif not message.is_event:
            self.settled = bool(accepted)

    def is_current(self, message: Received) -> bool:
        """Return whether an event is about the newest connection."""
        return message.connection >= self.connection

    def _closed(self, message: Received) -> None:
        if not self.is_current(message):
            return  # an older one that the station has replaced
        by, why = message.get("by"), message.get("reason") or "without a reason"
        self.asked = self.asked or by == "us"
        whom = "the tool" if by == "us" else "the station"
        self.ended = f"{whom} had ended the connection ({message.get('code')}: {why})"

    def answered(self, accepted: bool) -> None:
        """See a boot answered."""
        if accepted:
            self.asked = self.updating

    def called(self, action: str, payload: Mapping[str, Any], reply: Answer) -> None:
        """See a call of the tool that lets the station boot."""
        status = reply.get("status") if isinstance(reply, dict) else ""
        key = str(payload.get("key", "")).casefold()
        triggered = payload.get("requestedMessage") == "BootNotification"
        if action in (*RESTARTS, *SECURES) or triggered:
            self.asked = True
            self.updating = self.updating or "Firmware" in action
        elif action == "ChangeConfiguration" and (
            status == "RebootRequired" or key in SECURITY_KEYS
        ):
            self.asked = True

    def acting(self, action: str) -> None:
        """See somebody asked to act on the station."""
        self.asked = self.asked or action not in HARMLESS

    def rest(self) -> None:
        """Begin a case: nobody has asked for a boot yet."""
        self.asked = self.updating = False
