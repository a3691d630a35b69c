"""The local authorization list: sent by the CSMS, kept over restarts (3.5.2, 5.10, 5.15)."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from testbay_reference.link import Answer
from testbay_reference.station.cache import Known
from testbay_reference.station.context import Context, Payload

UNSUPPORTED = -1  # listVersion of a station without a list (5.10)


class LocalList:
    """Hold the list and answer the calls that read and change it; nothing else changes it.

    A list that is switched off is one that the station does not have, as far as a CSMS can see;
    what it holds is kept.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        stored: Payload = context.store.get("local_list", {})
        if "forgets-local-list-after-reset" in context.faults:
            stored = {}
        self._version: int = stored.get("version", 0)
        known: Sequence[dict[str, Any]] = stored.get("entries", ())
        self._entries = {entry["id_tag"].casefold(): Known(**entry) for entry in known}

    @property
    def handlers(self) -> dict[str, Any]:
        """Return the handlers by action."""
        return {"GetLocalListVersion": self._get_version, "SendLocalList": self._send}

    @property
    def enabled(self) -> bool:
        """Tell whether there is a list and it is switched on."""
        return self._context.config.flag("LocalAuthListEnabled")

    @property
    def version(self) -> int:
        """Return the version as it is reported."""
        return self._version if self.enabled else UNSUPPORTED

    def find(self, id_tag: str) -> Known | None:
        """Return what the list says about a token."""
        return self._entries.get(id_tag.casefold()) if self.enabled else None

    def _get_version(self, _payload: Payload) -> Answer:
        return {"listVersion": self.version}

    def _send(self, payload: Payload) -> Answer:
        status = self._update(payload)
        kind, version = payload["updateType"], payload["listVersion"]
        self._context.note(f"local list, {kind} update to version {version}: {status}")
        return {"status": status}

    def _update(self, payload: Payload) -> str:
        """Apply an update as a whole or not at all."""
        faults, config = self._context.faults, self._context.config
        full, version = payload["updateType"] == "Full", payload["listVersion"]
        changes: list[Payload] = payload.get("localAuthorizationList", [])
        if not self.enabled:
            return "NotSupported"
        if not full and version <= self._version and "local-list-ignores-version" not in faults:
            return "VersionMismatch"
        if version < 1:  # errata 3.52
            return "Failed"
        limited = "local-list-without-limit" not in faults
        if limited and len(changes) > config.number("SendLocalListMaxLength"):
            return "Failed"
        if len({change["idTag"].casefold() for change in changes}) < len(changes):
            return "Failed"  # 6.41: no token twice
        if full and any("idTagInfo" not in change for change in changes):
            return "Failed"  # 7.1: required there
        replaces = full or "local-list-differential-replaces" in faults
        keeps = not replaces or (full and "local-list-full-adds" in faults)
        entries = dict(self._entries) if keeps else {}
        for change in changes:
            _apply(entries, change)
        if limited and len(entries) > config.number("LocalAuthListMaxLength"):
            return "Failed"
        if not self._context.memory.writable:
            return "Failed"
        if "local-list-not-stored" not in faults:
            self._keep(entries, version)
        return "Accepted"

    def _keep(self, entries: dict[str, Known], version: int) -> None:
        self._entries = entries
        self._version = version if entries else 0  # 5.10: an empty list has the version 0
        kept = [asdict(known) for known in entries.values()]
        self._context.store.set("local_list", {"version": self._version, "entries": kept})


def _apply(entries: dict[str, Known], change: Payload) -> None:
    """Add, update or (without idTagInfo) delete one entry (7.1)."""
    id_tag, info = change["idTag"], change.get("idTagInfo")
    if info is None:
        entries.pop(id_tag.casefold(), None)
    else:
        known = Known(id_tag, info["status"], info.get("parentIdTag"), info.get("expiryDate"))
        entries[id_tag.casefold()] = known
