"""Whether a boot of a station was asked for, or it has restarted by itself; for every version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from testbay.scenario.values import Answer, Received

HARMLESS = (
    *("plug_in", "unplug", "present_token"),
    *("occupy_bay", "leave_bay", "ev_ready", "ev_not_ready"),
)
"""What drivers do; whatever else a person does may include switching the station off and on."""

POWER = ("power_off", "power_on", "power_cycle")
"""What takes the power away or gives it back: a boot follows, perhaps late."""

BY_ITSELF = (
    "the station has restarted by itself: a BootNotification came over a new connection, and "
    "nobody had asked it to restart"
)

SILENT = ", before the station had said anything in this case: what came before it may be the cause"


@dataclass
class Boots:
    """The boots of a station, and who asked for them.

    A station that merely connects again sends no BootNotification, unless what it says of itself
    has changed (part 4 of either version).

    Args:
        product: what it said of itself at its last boot.
        asked: whether it may boot.
        owed: whether it must still boot, in whatever case it comes to that.
        updating: whether it does what may take several boots, such as installing firmware.
        connection: number of its newest connection.
        renewed: whether that began after the last boot.
        settled: whether the station has sent something since it was accepted; so it knows that.
        ended: how the connection before ended.
        spoken: whether the station has said anything since the case began.
        alarm: why the last message shows that it has restarted by itself; else nothing.
    """

    product: dict[str, Any] = field(default_factory=dict)
    asked: bool = True
    owed: bool = False
    updating: bool = False
    connection: int = 0
    renewed: bool = False
    settled: bool = False
    ended: str = ""
    spoken: bool = False
    alarm: str = ""

    @classmethod
    def from_json(cls, known: Mapping[str, Any]) -> Boots:
        """Read what ``to_json`` has written."""
        return cls(**{f.name: known[f.name] for f in fields(cls) if f.name in known})

    def to_json(self) -> dict[str, Any]:
        """Return what is known, as JSON."""
        return asdict(self)

    def observe(self, message: Received, accepted: bool | None) -> None:
        """See a request of the station other than a boot, or an event of the connection.

        Args:
            accepted: whether its last boot was accepted.
        """
        self.alarm = ""
        if message.action == "@connect":
            self.connection, self.renewed = message.connection, True
        elif message.action == "@closed":
            self._closed(message)
        elif not message.is_event:
            self.settled, self.spoken = bool(accepted), True

    def boots(
        self,
        product: Mapping[str, Any],
        accepted: bool | None,
        *,
        reason: str = "",
        restarted: bool = True,
    ) -> None:
        """See a boot.

        Args:
            product: what the station says of itself.
            accepted: whether the boot before was accepted.
            reason: why it boots, in its own words.
            restarted: whether the message is one of a restart at all.
        """
        self.alarm = ""
        known = bool(accepted) and self.settled
        again = dict(product) == self.product
        if restarted and known and again and self.renewed and not self.asked:
            says = f"; the station gives {reason} as its reason" if reason else ""
            before = f"; before that, {self.ended}" if self.ended else ""
            self.alarm = f"{BY_ITSELF}{says}{before}"
        self.product, self.renewed, self.settled = dict(product), False, False

    def is_current(self, message: Received) -> bool:
        """Return whether an event is about the newest connection."""
        return message.connection >= self.connection

    def _closed(self, message: Received) -> None:
        if not self.is_current(message):
            return  # an older one that the station has replaced
        by, why = message.get("by"), message.get("reason") or "without a reason"
        self.asked = self.asked or by == "us"
        whom = "the tool" if by == "us" else "the station"
        early = "" if self.spoken else SILENT
        self.ended = f"{whom} had ended the connection ({message.get('code')}: {why}){early}"

    def answered(self, accepted: bool) -> None:
        """See a boot answered."""
        if accepted:
            self.asked, self.owed = self.updating, False

    def ask(self, *, owed: bool = False, several: bool = False) -> None:
        """See the station asked for what lets it boot.

        Args:
            owed: it must boot, however late.
            several: it may boot more than once.
        """
        self.asked, self.owed = True, self.owed or owed
        self.updating = self.updating or several

    def acting(self, action: str) -> None:
        """See somebody asked to act on the station."""
        if action not in HARMLESS:
            self.ask(owed=action in POWER)

    def replied(self, reply: Answer) -> None:
        """See what came back for a call of the tool."""
        self.spoken = self.spoken or isinstance(reply, dict)

    def begin(self) -> None:
        """Begin a case; what was before it is not its doing."""
        self.renewed = self.spoken = False

    def rest(self, *, updating: bool = False) -> None:
        """See the station at rest: nobody has asked it to boot, but a boot that is owed may come.

        Args:
            updating: what may take several boots is still under way.
        """
        self.asked, self.updating = self.owed or updating, updating
