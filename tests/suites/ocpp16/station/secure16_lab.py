"""A scripted station whose acts on the connection, files and certificates are scripted, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from station16_lab import AT_REST, Says, ScriptedStation, against, boot, reports, status

from testbay.pki.lab import Lab
from testbay.scenario.values import Payload, Received

LAB = Lab.seeded()
FIRMWARE = {
    "location": "http://127.0.0.1:8080/firmware.bin",
    "signature": "c2lnbmF0dXJl",
    "signingCertificate": LAB.signer().chain,
    "sha256": "00" * 32,
}
LINKS: dict[str, dict[str, Any]] = {
    "firmware": FIRMWARE,
    "fetched": {"times": 1, "watched": True},
    "place": {"location": "http://127.0.0.1:8080/logs/1/"},
    "uploads": {"files": [{"name": "log", "size": 9, "sha256": "00"}], "watched": True},
}
"""What the tool's own acts come to."""

NO_FILES = {"SupportedFileTransferProtocols": None, "SecurityProfile": None}
KNOWN = {**AT_REST, "keys": {**AT_REST["keys"], **NO_FILES}}
"""What the tool knows of a station that needs no preparation and is asked for no key."""


@dataclass
class SecureStation(ScriptedStation):
    """A scripted station.

    Args:
        links: what acts on the connection come to, by name.
    """

    links: Mapping[str, dict[str, Any]] = field(default_factory=lambda: LINKS)

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((f"@{what}", how))
        if what == "certificate":
            return {"pem": LAB.root(str(how["name"]))}
        self._react(what)
        return dict(self.links.get(what, {}))

    async def _say(self, script: tuple[Says, ...]) -> None:
        for line in script:
            if isinstance(line, tuple) and line[0].startswith("@"):
                self._tell(*line)
            else:
                await super()._say((line,))

    def _tell(self, action: str, payload: dict[str, Any]) -> None:
        assert self._inbox is not None
        self._count += 1
        self._connection += action == "@connect"
        event = Received(f"@{self._count}", action, Payload.of(payload), self._connection)
        self._inbox.receive(event)


async def verdict(name: str, on: Mapping[str, Any], **more: Any) -> str:
    """Return the verdict of a case, with the label of the step that decided it.

    Args:
        on: what the station says after a call or an act, by name.
        more: ``answers``, ``keys`` and ``links`` of the station, or configured values.
    """
    of_station = {k: more.pop(k) for k in ("answers", "keys", "links") if k in more}
    station = SecureStation(on=dict(on), **of_station)
    run = await against(station, name, more.pop("known", KNOWN), **more)
    return f"{run.verdict} {run.ended.failed}".strip()


def firmware(*statuses: str) -> tuple[Says, ...]:
    """Return the statuses of an update without a signature."""
    return tuple(("FirmwareStatusNotification", {"status": s}) for s in statuses)


def diagnostics(*statuses: str) -> tuple[Says, ...]:
    """Return the statuses of an upload of diagnostics."""
    return tuple(("DiagnosticsStatusNotification", {"status": s}) for s in statuses)


def closed_and_back(**shown: Any) -> tuple[Says, ...]:
    """Return how a station connects anew."""
    return ("@closed", {"by": "peer"}), 0.5, ("@connect", shown)


__all__ = ["KNOWN", "LAB", "LINKS", "SecureStation", "boot", "reports", "status", "verdict"]
