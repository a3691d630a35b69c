"""Configuration keys as preparations: set, put back afterwards, or asked about beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from testbay.scenario.case import Need
from testbay.scenario.checks import one_of, show
from testbay.scenario.verdict import NotDone
from testbay.suites.ocpp16.checks import same

if TYPE_CHECKING:
    from testbay.suites.ocpp16.station_test import StationTest

CHANGED = one_of("status", "Accepted", "RebootRequired")


def written(value: Any) -> str:
    """Return a value as a configuration key carries it (5.3)."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def equal(one: Any, other: Any) -> bool:
    """Compare two values of a key: without case, and without blanks behind commas."""
    parts = [[p.strip() for p in str(v).split(",")] for v in (one, other)]
    return same(",".join(parts[0]), ",".join(parts[1]))


@dataclass(frozen=True)
class Setting:
    """A configuration key with a value, put back when the case is over.

    Args:
        keep: leave the value as it was set.
    """

    key: str
    wanted: Any
    keep: bool = False

    @property
    def name(self) -> str:
        """The sentence that states it."""
        return f"{self.key} is {show(self.wanted)}"

    def holds(self, t: StationTest) -> bool:
        """Return whether it holds already: the station is always asked."""
        return False

    async def enter(self, t: StationTest) -> None:
        """Read the key; set it where it has another value."""
        wanted, found = written(t.value(self.wanted)), await t.read_key(self.key)
        if found is None:
            raise NotDone("not implemented", f"the station does not know the key {self.key}")
        if equal(found.get("value"), wanted):
            return
        await _set(t, self.key, found, wanted, keep=self.keep)


@dataclass(frozen=True)
class OtherThan:
    """A configuration key has any value but one; if it has that one, another is set.

    Args:
        other: what to set in that case.
    """

    key: str
    unwanted: Any
    other: Any

    @property
    def name(self) -> str:
        """The sentence that states it."""
        return f"{self.key} is not {show(self.unwanted)}"

    def holds(self, t: StationTest) -> bool:
        """Return whether it holds already: the station is always asked."""
        return False

    async def enter(self, t: StationTest) -> None:
        """Read the key; set another value where it has the unwanted one."""
        found = await t.read_key(self.key)
        if found is None:
            raise NotDone("not implemented", f"the station does not know the key {self.key}")
        if equal(found.get("value"), written(t.value(self.unwanted))):
            await _set(t, self.key, found, written(t.value(self.other)), keep=False)
        else:
            t.put_back(self.key)


@dataclass(frozen=True)
class Told:
    """The station has been asked for a configuration key; what it answers is not judged."""

    key: str

    @property
    def name(self) -> str:
        """The sentence that states it."""
        return f"{self.key} is known, where the station has it"

    def holds(self, t: StationTest) -> bool:
        """Return whether the station has been asked before."""
        return self.key in t.model.facts.keys

    async def enter(self, t: StationTest) -> None:
        """Read the key."""
        await t.read_key(self.key)


async def _set(t: StationTest, key: str, found: dict[str, Any], wanted: str, *, keep: bool) -> None:
    if found.get("readonly"):
        shown = f"read-only with the value {found.get('value')!r}"
        raise NotDone("not writable", f"{key} must be {wanted}, but it is {shown}")
    if not keep:
        t.put_back(key)
    answer = await t.call("set", "ChangeConfiguration", {"key": key, "value": wanted}, CHANGED)
    if answer.get("status") == "RebootRequired":
        await t.restart()


def can_be(key: str, value: str) -> Need:
    """The key is not read-only with another value. A key that is not known is not asked here."""

    async def ask(t: StationTest) -> bool:
        await t.online()
        found = await t.read_key(key)
        return found is None or not found.get("readonly") or equal(found.get("value"), value)

    return Need(f"only where {key} is not read-only with another value than {value}", ask)


def has_key(key: str, value: str) -> Need:
    """The key is there, and it has the value or can be given it."""

    async def ask(t: StationTest) -> bool:
        await t.online()
        found = await t.read_key(key)
        return found is not None and (not found.get("readonly") or equal(found.get("value"), value))

    return Need(f"only where {key} is implemented and can be {value}", ask)


def reads(key: str, value: str) -> Need:
    """The key is there with this value; nothing is changed for it."""

    async def ask(t: StationTest) -> bool:
        await t.online()
        found = await t.read_key(key)
        return found is not None and equal(found.get("value"), value)

    return Need(f"only where {key} is {value}", ask)


def writable(key: str) -> Need:
    """The key is there and can be written."""

    async def ask(t: StationTest) -> bool:
        await t.online()
        found = await t.read_key(key)
        return found is not None and not found.get("readonly")

    return Need(f"only where {key} is implemented and can be written", ask)
