"""The configuration of the station: read, changed, kept over restarts, changes told (5.3, 5.8)."""

from collections.abc import Callable, Mapping
from typing import Literal

from testbay_reference.station.keys import Key, listed
from testbay_reference.store import Store

Change = Literal["Accepted", "Rejected", "RebootRequired", "NotSupported"]


class Configuration:
    """Hold the values of the keys; what differs from the factory's is kept in the store.

    Args:
        keys: by lower-case name: names are case insensitive (CiString50Type).
        applies: whether accepted changes are made; a station that is in order makes them.
    """

    def __init__(self, keys: Mapping[str, Key], store: Store, *, applies: bool = True) -> None:
        self._keys = keys
        self._store = store
        self._applies = applies
        self._changed: dict[str, str] = store.get("configuration", {})
        self._waiting = {key.name: self.text(key.name) for key in keys.values() if key.reboot}
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self._guards: dict[str, Callable[[str], bool]] = {}
        self._after: dict[str, Callable[[], None]] = {}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._keys

    def text(self, name: str) -> str:
        """Return the value of a key as it is reported."""
        key = self._keys[name.lower()]
        return self._changed.get(key.name, key.default)

    def effective(self, name: str) -> str:
        """Return the value that is in effect: of some keys the one at the last boot."""
        return self._waiting.get(name, self.text(name))

    def number(self, name: str) -> int:
        """Return the value of a key of type integer; a key that is absent is 0."""
        return int(self.text(name)) if name in self else 0

    def flag(self, name: str) -> bool:
        """Return the value of a boolean key; a key that is absent is false (section 9)."""
        return name in self and self.text(name) == "true"

    def items(self, name: str) -> tuple[str, ...]:
        """Return the items of a comma separated list."""
        return listed(self.text(name))

    def keys(self) -> tuple[Key, ...]:
        """Return all keys, in the order of the specification."""
        return tuple(self._keys.values())

    def find(self, name: str) -> Key | None:
        """Return a key by its name in any case."""
        return self._keys.get(name.lower())

    def on_change(self, name: str, do: Callable[[], None]) -> None:
        """Run a function whenever a key gets another value."""
        self._listeners.setdefault(name, []).append(do)

    def guard(self, name: str, admits: Callable[[str], bool]) -> None:
        """Let a function decide whether the CSMS may set a key to a value that it can have."""
        self._guards[name] = admits

    def after(self, name: str, do: Callable[[], None]) -> None:
        """Run a function when the CSMS has been told that its change of a key was accepted."""
        self._after[name] = do

    def follow_up(self, name: str) -> Callable[[], None] | None:
        """Return what there is to do after the answer to an accepted change."""
        key = self.find(name)
        return self._after.get(key.name) if key is not None else None

    def change(self, name: str, value: str) -> Change:
        """Change a key as the CSMS asked for, and say what OCPP answers."""
        key = self.find(name)
        if key is None:
            return "NotSupported"
        if not key.writable:
            return "Rejected"
        try:
            value = key.check(value)
        except ValueError:
            return "Rejected"
        if key.name in self._guards and not self._guards[key.name](value):
            return "Rejected"
        if self._applies:
            self.put(key.name, value)
        return "RebootRequired" if key.reboot else "Accepted"

    def put(self, name: str, value: str) -> None:
        """Set a valid value, whoever may write it, and tell those who listen."""
        if self.text(name) == value:
            return
        self._changed[name] = value
        self._store.set("configuration", self._changed)
        for do in self._listeners.get(name, ()):
            do()
