"""What the CSMS said about tokens: the authorization cache (C10 to C12)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from testbay_reference.link import Answer
from testbay_reference.station201.context import Context, Payload
from testbay_reference.timing import moment

SIZE = 100
ENABLED, LIFE = "AuthCacheCtrlr.Enabled", "AuthCacheCtrlr.LifeTime"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a token.

    Args:
        group: the group it belongs to.
        until: when that ends, if the CSMS has said so.
        used: when it was asked about or used the last time.
    """

    id_token: str
    type: str
    status: str
    group: str | None = None
    until: str | None = None
    used: str = ""

    @property
    def valid(self) -> bool:
        """Tell whether the token may charge, as far as is known."""
        return self.status == "Accepted"

    @property
    def key(self) -> str:
        """Return what makes two tokens the same: both fields, without case (C01.FR.25)."""
        return key(self.id_token, self.type)


def key(id_token: str, kind: str) -> str:
    """Return a token as one text."""
    return f"{kind}/{id_token}".casefold()


def known(token: Payload, info: Payload, used: str = "") -> Known:
    """Read what the CSMS says about a token."""
    group = info.get("groupIdToken", {}).get("idToken")
    until = info.get("cacheExpiryDateTime")
    return Known(token["idToken"], token["type"], info["status"], group, until, used)


class Cache:
    """Remember the latest tokens, valid and not valid; kept in the store."""

    def __init__(self, context: Context) -> None:
        self._context = context
        entries = (Known(**entry) for entry in context.store.get("cache", []))
        self._known = {entry.key: entry for entry in entries}

    @property
    def enabled(self) -> bool:
        """Tell whether there is a cache and it is switched on."""
        return self._context.variables.flag(ENABLED)

    def find(self, token: Payload) -> Known | None:
        """Return what is known about a token; what has outlived its time is forgotten."""
        if not self.enabled:
            return None
        now = self._context.now()
        for old in [k for k in self._known.values() if self._over(k, now)]:
            del self._known[old.key]
        found = self._known.get(key(token["idToken"], token["type"]))
        if found is not None:
            self._known[found.key] = replace(found, used=self._context.stamp())
            self._save()
        return found

    def learn(self, token: Payload, info: Payload) -> None:
        """Take over what the CSMS said (C10.FR.04, C10.FR.05); invalid entries go first."""
        if not self.enabled or "caches-nothing" in self._context.faults:
            return
        entry = known(token, info, self._context.stamp())
        self._known.pop(entry.key, None)
        while len(self._known) >= SIZE:
            del self._known[next(self._spare())]
        self._known[entry.key] = entry
        self._save()

    def clear(self, _payload: Payload) -> Answer:
        """Answer ClearCache (C11)."""
        if not self.enabled:
            return {"status": "Rejected"}
        if "keeps-cache-after-clear" not in self._context.faults:
            self._known.clear()
            self._save()
        return {"status": "Accepted"}

    def _over(self, entry: Known, now: datetime) -> bool:
        """Tell whether the time of an entry has come (C10.FR.08, C10.FR.13)."""
        if entry.until is not None:
            return moment(entry.until) <= now
        life = self._context.variables.number(LIFE)
        return life > 0 and moment(entry.used) + timedelta(seconds=life) <= now

    def _spare(self) -> Iterator[str]:
        yield from (name for name, entry in self._known.items() if not entry.valid)
        yield from self._known

    def _save(self) -> None:
        self._context.store.set("cache", [asdict(entry) for entry in self._known.values()])
