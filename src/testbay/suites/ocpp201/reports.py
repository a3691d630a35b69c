"""Reports of a station: their parts, and what they must tell of the device model (B07, B08)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from testbay.protocol.device_model import LISTS, standard_variable, standard_variables
from testbay.scenario.checks import (
    Fact,
    Judges,
    Members,
    Outcome,
    Resolve,
    Satisfies,
    Spoil,
    When,
    any_of,
    eq,
    omitted,
    one_of,
    present,
    satisfies,
)
from testbay.scenario.many import Each
from testbay.scenario.values import OMITTED, Received, pick
from testbay.suites.ocpp201.checks import same_text
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.settings import members

DATA = "reportData"
TYPE, VALUES = "variableCharacteristics.dataType", "variableCharacteristics.valuesList"
ATTRIBUTE = "variableAttribute"
MUTABILITY, VALUE = f"{ATTRIBUTE}[0].mutability", f"{ATTRIBUTE}[0].value"
STATES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")
LAST = one_of("tbc", OMITTED, False)
"""It is the last part of a report."""


# -- one message --------------------------------------------------------------------------------


def of_each(check: Judges) -> Each:
    """Return the check that every variable of a report passes."""
    return Each(DATA, check)


def named(component: str, variable: str, instance: str = "") -> tuple[Each, ...]:
    """Return the checks that a report is about nothing but this."""
    wanted = {
        "component.name": component,
        "variable.name": variable,
        "variable.instance": instance,
    }
    return tuple(of_each(_text(path, value)) for path, value in wanted.items() if value)


def _text(path: str, wanted: str) -> Satisfies:
    return satisfies(path, f"is {wanted}", lambda a, _: same_text(a, wanted), values=(wanted,))


CHARACTERISTICS = of_each(present("variableCharacteristics"))
"""Every variable comes with its characteristics."""
VALUES_OF_LISTS = of_each(
    When(
        one_of(TYPE, *LISTS),
        satisfies(VALUES, "is there and not empty", lambda a, _: isinstance(a, str) and a != ""),
        Spoil(
            "set", "variableCharacteristics", {"dataType": LISTS[0], "supportsMonitoring": False}
        ),
    )
)
"""Whatever is a list comes with the values that it may hold."""


def state_of_evse() -> tuple[Each, ...]:
    """Return the checks of a report of AvailabilityState of EVSE 1."""
    return (
        *named("EVSE", "AvailabilityState"),
        of_each(eq("component.evse.id", 1)),
        of_each(eq(TYPE, "OptionList")),
        of_each(
            satisfies(VALUES, f"is {', '.join(STATES)}", _all_states, values=(", ".join(STATES),))
        ),
        of_each(eq(MUTABILITY, "ReadOnly")),
        of_each(one_of(f"{ATTRIBUTE}[0].type", "Actual", OMITTED)),
        of_each(omitted(f"{ATTRIBUTE}[1]")),
    )


def _all_states(actual: Any, resolve: Resolve) -> bool:
    return isinstance(actual, str) and sorted(members(actual)) == sorted(STATES)


# -- attributes of a variable --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attributes:
    """All attributes of a reported variable pass, or at least one of them does.

    Args:
        accepts: judges an attribute; it gets the variable as well.
        values: other values that break it, by the field of an attribute.
    """

    wanted: str
    accepts: Callable[[Any, Any], bool]
    values: tuple[tuple[str, Any], ...]
    some: bool = False
    path: str = "value"

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"{ATTRIBUTE} {self.wanted}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(f"{ATTRIBUTE}[*].{self.path}", "satisfies"),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Judge the attributes, and show the variable where they do not pass."""
        found = pick(payload, ATTRIBUTE)
        judged = [self.accepts(a, payload) for a in found] if isinstance(found, list) else []
        fine = any(judged) if self.some else all(judged)
        return Outcome(self.text, fine, "yes" if fine else f"{name_of(payload)}: {found}", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield what breaks the first attribute, where it breaks it."""
        for field_, value in self.values:
            path = f"{ATTRIBUTE}[0].{field_}"
            changed = Spoil("set", path, value)
            if not self.judge(_spoiled(payload, field_, value), resolve).passed:
                yield changed


def _spoiled(variable: Any, field_: str, value: Any) -> Any:
    first, *others = variable[ATTRIBUTE]
    kept = {k: v for k, v in first.items() if k != field_}
    changed = kept if value is OMITTED else {**kept, field_: value}
    return {**variable, ATTRIBUTE: [changed, *others]}


def _mutability(attribute: Any) -> Any:
    return attribute.get("mutability", "ReadWrite")  # its default


def _is_value(attribute: Any, variable: Any) -> bool:
    """Return whether the value of a list is made of what it may hold; an empty one has nothing."""
    kind, allowed = pick(variable, TYPE), pick(variable, VALUES)
    if kind not in LISTS or not isinstance(allowed, str):
        return True
    known = [m.casefold() for m in members(allowed)]
    has = members(str(attribute.get("value", "")))
    return all(m.casefold() in known for m in has) and (kind != "OptionList" or len(has) < 2)


def has_value(attribute: Any, variable: Any) -> bool:
    """Return whether an attribute has the value that it must have."""
    if "value" in attribute or _mutability(attribute) == "WriteOnly":
        return True
    name, owner = pick(variable, "variable.name"), pick(variable, "component.name")
    known = standard_variable(str(owner), str(name), _instance(variable))
    only_limit = same_text(owner, "EVSE") and same_text(name, "Power")
    standard = known is not None and known.component != "*" and not only_limit
    return not standard or attribute.get("type", "Actual") != "Actual"


WRITABLE = Attributes(
    "has one with mutability ReadWrite or WriteOnly",
    lambda a, _: _mutability(a) in ("ReadWrite", "WriteOnly"),
    (("mutability", "ReadOnly"),),
    some=True,
    path="mutability",
)
ALLOWED = Attributes(
    "holds values of the list of values only", _is_value, (("value", "SomethingElse"),)
)
NOTHING_SECRET = Attributes(
    "has no value where it is WriteOnly",
    lambda a, _: _mutability(a) != "WriteOnly" or "value" not in a,
    (("value", "other"), ("mutability", "WriteOnly")),
)
FILLED = Attributes(
    "has its value where the variable is a standard one that can be read",
    has_value,
    (("value", OMITTED),),
)


# -- all parts together --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a report are numbered 0, 1, 2 ...; the last one alone is not to be continued."""

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return "seqNo is 0 in the first part and rises by 1, while tbc is true"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact("seqNo", "eq", (0,)), Fact("seqNo", "order"), Fact("tbc", "eq", (True,)))

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare the numbers with the places of the parts."""
        seen = [(m.get("seqNo"), m.get("tbc", False)) for m in payload]
        wanted = [(i, i < len(seen) - 1) for i in range(len(seen))]
        return Outcome(self.text, bool(seen) and seen == wanted, [n for n, _ in seen], self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield another number."""
        yield Spoil("set", "seqNo", 99, len(payload) - 1)


Known = dict[str, tuple[int, int, Any]]
"""Which message, and which of its elements, reports a variable; by name, in lower case."""


def reported(parts: Iterable[Received]) -> Known:
    """Return all variables that the parts of a report name.

    One of a component with an instance stands there by its whole name as well as without it.
    """
    found: Known = {}
    for number, i, variable in _each(parts):
        found.setdefault(name_of(variable).casefold(), (number, i, variable))
        found.setdefault(whole_name_of(variable).casefold(), (number, i, variable))
    return found


def _each(parts: Iterable[Received]) -> Iterator[tuple[int, int, Any]]:
    for number, part in enumerate(parts):
        listed = pick(part, DATA)
        for i, variable in enumerate(listed if isinstance(listed, list) else ()):
            yield number, i, variable


def name_of(variable: Any, own: str = "") -> str:
    """Return the name of a reported variable, with its place and without the component's own."""
    instance = _instance(variable)
    evse, connector = (
        pick(variable, "component.evse.id"),
        pick(variable, "component.evse.connectorId"),
    )
    return _name(
        f"{pick(variable, 'component.name')}{own}",
        str(pick(variable, "variable.name")),
        instance,
        None if evse is OMITTED else evse,
        None if connector is OMITTED else connector,
    )


def whole_name_of(variable: Any) -> str:
    """Return the name of a reported variable with all that tells it from others."""
    own = pick(variable, "component.instance")
    return name_of(variable, "" if own is OMITTED else f"({own})")


def _instance(variable: Any) -> str:
    instance = pick(variable, "variable.instance")
    return "" if instance is OMITTED else str(instance)


def _name(
    component: str, name: str, instance: str = "", evse: Any = None, connector: Any = None
) -> str:
    place = f"@{evse}" + ("" if connector is None else f".{connector}") if evse is not None else ""
    return f"{component}{place}.{name}" + (f"[{instance}]" if instance else "")


Wanted = Callable[[Resolve, Known], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reports:
    """The parts of a report together name certain variables.

    Args:
        wanted: returns their names.
    """

    what: str
    wanted: Wanted
    path: str = f"{DATA}[*].variable.name"
    values: tuple[Any, ...] = ()

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"the report has {self.what}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        each = tuple(Fact(self.path, "eq", (value,)) for value in self.values)
        return each or (Fact(self.path, "contains"),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Look for each of them, and show those that are not there."""
        known = reported(payload)
        wanted = list(self.wanted(resolve, known))
        lacking = [name for name in wanted if name.casefold() not in known]
        shown = f"not there: {', '.join(lacking)}" if lacking else f"{len(wanted)} variables"
        return Outcome(self.text, not lacking, shown, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield another name for one of them."""
        known = reported(payload)
        for name in self.wanted(resolve, known):
            if name.casefold() in known:
                number, i, _ = known[name.casefold()]
                yield Spoil("set", f"{DATA}[{i}].variable.name", "Other", number)


def same_variables(what: str, names: Sequence[str]) -> Reports:
    """Return the check that a report has the variables that another one has; it may have none."""
    return Reports(what, lambda resolve, known: names)


def instances(component: str, name: str, *wanted: str) -> Reports:
    """Return the check that a report has these instances of a variable."""
    return Reports(
        f"the instances {' and '.join(wanted)} of {component}.{name}",
        lambda resolve, known: [_name(component, name, i) for i in wanted],
        f"{DATA}[*].variable.instance",
        wanted,
    )


def required(what: str, *, writable: bool = False) -> Reports:
    """Return the check that a report has every required variable, or every one that is writable."""

    def wanted(resolve: Resolve, known: Known) -> list[str]:
        found: list[str] = []
        for v in standard_variables():
            if v.required and (v.writable or not writable) and there(v.component, v.when, known):
                places = _places(v.component, resolve)
                found += [_name(v.component, v.name, v.instance, *place) for place in places]
        return found

    return Reports(what, wanted)


def states_of_all() -> Reports:
    """Return the check that a report has the states of the station and of each EVSE."""
    return Reports(
        "AvailabilityState of the station and of each EVSE",
        lambda resolve, _: [
            _name(component, "AvailabilityState", "", *place)
            for component in ("ChargingStation", "EVSE")
            for place in _places(component, resolve)
        ],
    )


def state_of_first() -> Reports:
    """Return the check that a report has the state of EVSE 1."""
    name = _name("EVSE", "AvailabilityState", "", 1)
    return Reports(name, lambda resolve, known: [name])


def states_of_evses() -> Reports:
    """Return the check that a report has the state of each EVSE."""
    return Reports(
        f"AvailabilityState of {cfg.evse_count} EVSEs",
        lambda resolve, _: [
            _name("EVSE", "AvailabilityState", "", *place) for place in _places("EVSE", resolve)
        ],
        f"{DATA}[*].component.evse.id",
        (cfg.evse_count,),
    )


def of_known_evse() -> Each:
    """Return the check that a report is about EVSEs that are configured, and no others."""
    return of_each(
        satisfies(
            "component.evse.id",
            f"is one of {cfg.evse_count} EVSEs",
            lambda evse, r: type(evse) is int and 1 <= evse <= int(r(cfg.evse_count)),
        )
    )


def _places(component: str, resolve: Resolve) -> list[tuple[int, ...]]:
    """Return where a component is: at the station, at each EVSE or at each connector."""
    evses = range(1, int(resolve(cfg.evse_count)) + 1)
    if component == "EVSE":
        return [(evse,) for evse in evses]
    if component == "Connector":
        each = range(1, int(resolve(cfg.connectors_per_evse)) + 1)
        return [(evse, connector) for evse in evses for connector in each]
    return [()]


def there(component: str, when: tuple[str, ...], known: Known) -> bool:
    """Return whether the report says that the station has the functional block of a variable.

    A block is there unless it says that it is not available; an optional one must be named at all.
    """
    if not when:
        return _says(known, f"{component}.Available") != "false"
    return any(_optional(block, known) for block in when)


def _optional(block: str, known: Known) -> bool:
    component, _, instance = block.removesuffix("]").partition("[")
    suffix = f"[{instance}]" if instance else ""
    available = _says(known, f"{component}.Available{suffix}")
    if available is None and not instance:
        own = any(name.startswith(f"{component}.".casefold()) for name in known)
        return own and _says(known, f"{component}.Enabled") != "false"
    return available == "true"


def _says(known: Known, name: str) -> str | None:
    found = known.get(name.casefold())
    value = OMITTED if found is None else pick(found[2], VALUE)
    return str(value).lower() if value is not OMITTED else None


# -- variables that enable ------------------------------------------------------------------------


def enabled(parts: Iterable[Received]) -> list[tuple[str, Any]]:
    """Return name and element of each variable Enabled that is true, or cannot be read."""
    found = {whole_name_of(variable).casefold(): variable for _, _, variable in _each(parts)}
    return [
        (name, variable)
        for name, variable in found.items()
        if same_text(pick(variable, "variable.name"), "Enabled")
        and (secret(variable) or str(pick(variable, VALUE)).lower() == "true")
    ]


def secret(variable: Any) -> bool:
    """Return whether a variable of a report cannot be read."""
    return bool(pick(variable, MUTABILITY) == "WriteOnly")


ENABLED = of_each(
    any_of(eq(MUTABILITY, "WriteOnly"), eq(VALUE, "true")),
)
"""Every variable is true, as far as it can be read."""
