"""Variables of the device model as preparations: set, put back afterwards, asked beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from testbay.scenario.case import Need
from testbay.scenario.checks import show
from testbay.scenario.verdict import NotDone

if TYPE_CHECKING:
    from testbay.suites.ocpp201.station_test import StationTest

UNKNOWN = ("UnknownComponent", "UnknownVariable", "NotSupportedAttributeType")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the device model.

    Args:
        evse, connector: where the component is one of an EVSE or of a connector.
    """

    component: str
    name: str
    instance: str | None = None
    component_instance: str | None = None
    evse: int | None = None
    connector: int | None = None

    def __str__(self) -> str:
        instance = f"[{self.instance}]" if self.instance else ""
        where = f" of EVSE {self.evse}" if self.evse else ""
        return f"{self.component}.{self.name}{instance}{where}"

    def to_json(self) -> dict[str, Any]:
        """Return it as messages name it: component and variable."""
        component: dict[str, Any] = {"name": self.component}
        if self.component_instance is not None:
            component["instance"] = self.component_instance
        if self.evse is not None:
            component["evse"] = {"id": self.evse}
            if self.connector is not None:
                component["evse"]["connectorId"] = self.connector
        variable = {"name": self.name}
        if self.instance is not None:
            variable["instance"] = self.instance
        return {"component": component, "variable": variable}


def written(value: Any) -> str:
    """Return a value as a variable carries it; whole seconds are integers there."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def members(text: str) -> list[str]:
    """Return the members of a list as a variable carries it."""
    return [part.strip() for part in text.split(",") if part.strip()]


def equal(one: Any, other: Any) -> bool:
    """Compare two values of a variable: without case, and without blanks behind commas."""
    parts = [[p.casefold() for p in members(str(v))] for v in (one, other)]
    return parts[0] == parts[1]


@dataclass(frozen=True, slots=True)
class Including:
    """The value of a list variable, with one member more where it lacks it.

    Args:
        without: members that must not be there.
    """

    member: str
    without: tuple[str, ...] = ()

    def __str__(self) -> str:
        less = f" and without {', '.join(self.without)}" if self.without else ""
        return f"a list with {self.member}{less}"

    def of(self, found: str) -> str:
        """Return the list that a station should have instead of one that was found."""
        have = [member for member in members(found) if member not in self.without]
        return ",".join(have if self.member in have else [*have, self.member])


@dataclass(frozen=True)
class Setting:
    """A variable with a value, put back when the case is over.

    Args:
        keep: leave the value as it was set.
    """

    variable: Variable
    wanted: Any
    keep: bool = False

    @property
    def name(self) -> str:
        """The sentence that states it."""
        return f"{self.variable} is {show(self.wanted)}"

    def holds(self, t: StationTest) -> bool:
        """Return whether it holds already: the station is always asked."""
        return False

    async def enter(self, t: StationTest) -> None:
        """Read the variable; set it where it has another value."""
        found = await t.read(self.variable)
        if found is None:
            raise NotDone("not implemented", f"the station does not have {self.variable}")
        wanted = self._wanted(t, found)
        if equal(found, wanted):
            return
        if not self.keep:
            t.put_back(self.variable)
        status = await t.write("set", self.variable, wanted)
        if status == "RebootRequired":
            await t.restart()
        elif status != "Accepted":
            raise NotDone("not writable", f"{self.variable} stays {found!r} ({status})")

    def _wanted(self, t: StationTest, found: str) -> str:
        if isinstance(self.wanted, Including):
            return self.wanted.of(found)
        return written(t.value(self.wanted))


@dataclass(frozen=True)
class Kept:
    """A variable that the case changes: it gets its present value again when the case is over."""

    variable: Variable

    @property
    def name(self) -> str:
        """The sentence that states it."""
        return f"{self.variable} is put back afterwards"

    def holds(self, t: StationTest) -> bool:
        """Return whether it holds already: the station is always asked."""
        return False

    async def enter(self, t: StationTest) -> None:
        """Read the variable; one that the station does not have needs nothing."""
        if await t.read(self.variable) is not None:
            t.put_back(self.variable)


def setting(
    component: str, name: str, wanted: Any, instance: str | None = None, *, keep: bool = False
) -> Setting:
    """Make a setting of a variable of the station."""
    return Setting(Variable(component, name, instance), wanted, keep)


def has(component: str, name: str, instance: str | None = None) -> Need:
    """The variable is there."""
    variable = Variable(component, name, instance)

    async def ask(t: StationTest) -> bool:
        await t.online()
        return await t.read(variable) is not None

    return Need(f"only where {variable} is implemented", ask)


def reads(component: str, name: str, value: str, instance: str | None = None) -> Need:
    """The variable is there with this value, or with this member; nothing is changed for it."""
    variable = Variable(component, name, instance)

    async def ask(t: StationTest) -> bool:
        await t.online()
        found = await t.read(variable)
        return found is not None and (equal(found, value) or value in members(found))

    return Need(f"only where {variable} is {value}", ask)


def can_be(component: str, name: str, wanted: Any, instance: str | None = None) -> Need:
    """The variable has the value, or can be given it; it is tried, and put back at once."""
    variable = Variable(component, name, instance)
    made = Setting(variable, wanted)

    async def ask(t: StationTest) -> bool:
        await t.online()
        found = await t.read(variable)
        if found is None:
            return False
        value = made._wanted(t, found)
        if equal(found, value):
            return True
        status = await t.write("try", variable, value)
        if status in ("Accepted", "RebootRequired"):
            await t.write("put back", variable, found)
        return status in ("Accepted", "RebootRequired")

    return Need(f"only where {variable} can be {show(wanted)}", ask)


def not_stuck(component: str, name: str, flag: str) -> Need:
    """The variable has another value than this flag, or can be given one, or is not there."""
    variable = Variable(component, name)
    other = can_be(component, name, "false" if flag == "true" else "true")

    async def ask(t: StationTest) -> bool:
        await t.online()
        return await t.read(variable) is None or await other.ask(t)

    return Need(f"not where {variable} is {flag} and cannot be written", ask)
