"""What the CSMS said about tokens: the authorization cache (3.5.1)."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from testbay_reference.store import Store
from testbay_reference.timing import moment

SIZE = 100


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a token."""

    id_tag: str
    status: str
    parent: str | None = None
    expiry: str | None = None

    def valid(self, now: datetime) -> bool:
        """Tell whether the token may charge, as far as is known."""
        return self.status == "Accepted" and not self.expired(now)

    def expired(self, now: datetime) -> bool:
        """Tell whether what was known has ended."""
        return self.expiry is not None and moment(self.expiry) <= now


def same(one: str | None, other: str | None) -> bool:
    """Compare tokens: they are case insensitive (errata 3.74)."""
    return one is not None and other is not None and one.casefold() == other.casefold()


class Cache:
    """Remember the latest tokens, valid and not valid; kept in the store."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._known = {
            entry["id_tag"].casefold(): Known(**entry) for entry in store.get("cache", [])
        }

    def find(self, id_tag: str) -> Known | None:
        """Return what is known about a token; an entry that has expired says Expired."""
        known = self._known.get(id_tag.casefold())
        if known is not None and known.status == "Accepted" and known.expired(self._now()):
            known = Known(known.id_tag, "Expired", known.parent, known.expiry)
            self._known[id_tag.casefold()] = known
            self._save()
        return known

    def update(self, id_tag: str, info: dict[str, Any]) -> None:
        """Take over an idTagInfo; invalid entries go first when the cache is full."""
        known = Known(id_tag, info["status"], info.get("parentIdTag"), info.get("expiryDate"))
        self._known.pop(id_tag.casefold(), None)
        while len(self._known) >= SIZE:
            invalid = (name for name, old in self._known.items() if not old.valid(self._now()))
            del self._known[next(invalid, next(iter(self._known)))]
        self._known[id_tag.casefold()] = known
        self._save()

    def clear(self) -> None:
        """Forget all tokens."""
        self._known.clear()
        self._save()

    def _save(self) -> None:
        self._store.set("cache", [asdict(known) for known in self._known.values()])
