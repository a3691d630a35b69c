"""The local authorization list: sent by the CSMS, kept over restarts (D01, D02)."""

from dataclasses import asdict

from testbay_reference.link import Answer, RpcError
from testbay_reference.station201.cache import Known, key, known
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.variables import SIZE

AVAILABLE, ENABLED = "LocalAuthListCtrlr.Available", "LocalAuthListCtrlr.Enabled"
ENTRIES, MOST = "LocalAuthListCtrlr.Entries", "LocalAuthListCtrlr.ItemsPerMessage"


class LocalList:
    """Hold the list, and answer the calls that read and change it; nothing else changes it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        stored: Payload = context.store.get("local_list", {})
        self._version: int = stored.get("version", 0)
        entries = (Known(**entry) for entry in stored.get("entries", ()))
        self._entries = {entry.key: entry for entry in entries}
        context.variables.compute(ENTRIES, lambda: str(len(self._entries)))

    @property
    def supported(self) -> bool:
        """Tell whether the station has a list at all."""
        return self._context.variables.flag(AVAILABLE) or ENABLED in self._context.variables

    @property
    def enabled(self) -> bool:
        """Tell whether there is a list and it is switched on."""
        return self.supported and self._context.variables.flag(ENABLED, True)

    def find(self, token: Payload) -> Known | None:
        """Return what the list says about a token."""
        if not self.enabled:
            return None
        return self._entries.get(key(token["idToken"], token["type"]))

    def version(self, _payload: Payload) -> Answer:
        """Answer GetLocalListVersion (D02)."""
        if not self.supported:
            return RpcError("NotSupported", "this station has no local authorization list")
        return {"versionNumber": self._version if self.enabled else 0}

    def update(self, payload: Payload) -> Answer:
        """Answer SendLocalList (D01)."""
        if not self.supported:
            return RpcError("NotSupported", "this station has no local authorization list")
        status = self._update(payload)
        kind, version = payload["updateType"], payload["versionNumber"]
        self._context.note(f"local list, {kind} update to version {version}: {status}")
        return {"status": status}

    def _update(self, payload: Payload) -> str:
        """Apply an update as a whole or not at all."""
        changes: list[Payload] = payload.get("localAuthorizationList", [])
        full, version = payload["updateType"] == "Full", payload["versionNumber"]
        named = [key(c["idToken"]["idToken"], c["idToken"]["type"]) for c in changes]
        if not self.enabled or version < 1:  # D01.FR.18
            return "Failed"
        if not full and version <= self._version:  # D01.FR.19
            return "VersionMismatch"
        if len(changes) > self._context.variables.number(MOST) or len({*named}) < len(named):
            return "Failed"
        if full and any("idTokenInfo" not in change for change in changes):
            return "Failed"
        entries = {} if full else dict(self._entries)
        for name, change in zip(named, changes, strict=True):
            entries.pop(name, None)
            if (info := change.get("idTokenInfo")) is not None:
                entries[name] = known(change["idToken"], info)
        if len(entries) > SIZE:
            return "Failed"
        self._entries, self._version = entries, version
        kept = [asdict(entry) for entry in entries.values()]
        self._context.store.set("local_list", {"version": version, "entries": kept})
        return "Accepted"
