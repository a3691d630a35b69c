"""The local authorization list of the simulated station of OCPP 1.6 (3.5.3, 5.10, 5.15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from testbay.roles.station_keys16 import LIST_LENGTH

Payload = Mapping[str, Any]


@dataclass
class LocalList:
    """Tokens with what the CSMS says of them, and the version that it gave the list.

    Args:
        sent: the version of the last update.
        entries: idTagInfo by token, the token in lower case.
    """

    sent: int = 0
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, plain: Payload) -> LocalList:
        """Make a list from what it was as JSON."""
        return cls(plain["sent"], {k: dict(v) for k, v in plain["entries"].items()})

    def known(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"sent": self.sent, "entries": {k: dict(v) for k, v in self.entries.items()}}

    @property
    def version(self) -> int:
        """What GetLocalListVersion is answered with; 0 is an empty list."""
        return self.sent if self.entries else 0

    def judge(self, update: Payload) -> str:
        """Return the status that an update is answered with."""
        sent, version = update.get("localAuthorizationList", ()), update["listVersion"]
        full = update["updateType"] == "Full"
        if version < 1 or len(sent) > LIST_LENGTH:  # errata 3.52
            return "Failed"
        if full and any("idTagInfo" not in entry for entry in sent):
            return "Failed"
        if not full and version <= self.version:
            return "VersionMismatch"
        return "Failed" if len(self._after(update)) > LIST_LENGTH else "Accepted"

    def update(self, update: Payload) -> None:
        """Take over an update that was accepted."""
        self.entries, self.sent = self._after(update), update["listVersion"]

    def _after(self, update: Payload) -> dict[str, dict[str, Any]]:
        after = {} if update["updateType"] == "Full" else dict(self.entries)
        for entry in update.get("localAuthorizationList", ()):
            token = entry["idTag"].casefold()
            if "idTagInfo" in entry:
                after[token] = dict(entry["idTagInfo"])
            else:  # without it, a differential update takes the token out (7.1)
                after.pop(token, None)
        return after
