"""What all profiles together allow, now and over time: arithmetic without I/O (3.13, 5.7).

At any moment one profile of each purpose prevails: the one with the highest stack level whose
schedule runs then. A TxProfile goes before a TxDefaultProfile; a ChargePointMaxProfile and what
the station can carry limit both. A limit in A is per phase, one in W for all phases.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

from testbay_reference.station.charging_profile import (
    MOST_PHASES,
    SECOND,
    ChargingProfile,
    Period,
    Purpose,
    Unit,
)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the station can carry.

    Args:
        current: of one connector, in A per phase.
        grid: of all connectors together, in A per phase.
        voltage: the set voltage of the area, of one phase, in V (7.12).
    """

    current: Fraction
    grid: Fraction
    phases: int = MOST_PHASES
    voltage: Fraction = Fraction(230)

    @property
    def full(self) -> "Flow":
        """Return what one connector can carry."""
        current = min(self.current, self.grid)
        return Flow(current, current * self.voltage * self.phases, self.phases)


@dataclass(frozen=True, slots=True)
class Place:
    """A connector and what goes on there.

    Args:
        begun: when the session began; without one the moment at which one would begin.
        session: the station's own number of the running transaction.
        phases: the number of phases that this session has to keep, if it has.
    """

    number: int
    begun: int
    session: int | None = None
    phases: int | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """What may flow: A per phase and W in all, on so many phases."""

    current: Fraction
    power: Fraction
    phases: int

    def rate(self, unit: Unit) -> Fraction:
        """Return it in one unit."""
        return self.current if unit == "A" else self.power


@dataclass(frozen=True, slots=True)
class Step:
    """What may flow from a moment on, in ms since 1970."""

    at: int
    flow: Flow


@dataclass(frozen=True, slots=True)
class Rules:
    """Say how profiles are combined; what OCPP asks for is the default everywhere.

    Args:
        levels: the highest stack level prevails; otherwise the lowest.
        falls_back: when a schedule is over, a lower level takes its place; otherwise none.
        station_limit: a ChargePointMaxProfile counts.
        session_limit: a TxProfile goes before a TxDefaultProfile; otherwise it does not count.
        new_defaults: a TxDefaultProfile also counts for sessions that ran before it came.
        connector_defaults: a TxDefaultProfile of a connector goes before the one for all.
    """

    levels: bool = True
    falls_back: bool = True
    station_limit: bool = True
    session_limit: bool = True
    new_defaults: bool = True
    connector_defaults: bool = True


class Combined:
    """Combine installed profiles with what the station can carry."""

    def __init__(
        self, profiles: Iterable[ChargingProfile], wiring: Wiring, rules: Rules = Rules()
    ) -> None:
        order = sorted(profiles, key=lambda one: one.level, reverse=rules.levels)
        self._profiles = tuple(order)
        self._wiring = wiring
        self._rules = rules

    def prevailing(self, place: Place, at: int) -> tuple[ChargingProfile, Period] | None:
        """Return what limits a session by itself, without regard to the station's limit."""
        profiles = (*self._of_session(place), *self._defaults(place))
        return self._first(profiles, place.begun, at)

    def flow_at(self, place: Place, at: int) -> Flow:
        """Return what a connector may draw at a moment."""
        found = (self.prevailing(place, at), self._station_limit(at))
        limits = [one for one in found if one is not None]
        wiring, volts = self._wiring, self._wiring.voltage
        kept = place.phases or wiring.phases
        # Errata 3.34: more phases than can be used change nothing about the limit.
        phases = min(kept, *(period.phases for _, period in limits)) if limits else kept
        current = min(wiring.current, wiring.grid)
        for profile, period in limits:
            full = Fraction(1) if profile.unit == "A" else volts * phases
            current = min(current, period.limit / full)
        if place.phases is not None and phases < kept:  # no fewer phases: the same power on them
            current, phases = current * phases / kept, kept
        return Flow(current, current * volts * phases, phases)

    def station_at(self, places: Sequence[Place], at: int) -> Flow:
        """Return what all connectors together may draw from the grid at a moment."""
        flows = [self.flow_at(place, at) for place in places]
        phases = max(flow.phases for flow in flows)
        amperes, watts = self.shared_at(at)
        full = self._wiring.voltage * phases
        current = min(sum((flow.current for flow in flows), Fraction(0)), amperes)
        power = min(sum((flow.power for flow in flows), Fraction(0)), current * full)
        if watts is not None:
            current, power = min(current, watts / full), min(power, watts)
        return Flow(current, power, phases)

    def shared_at(self, at: int) -> tuple[Fraction, Fraction | None]:
        """Return what all connectors have to share: A per phase, and W if they are limited."""
        found = self._station_limit(at)
        if found is None:
            return self._wiring.grid, None
        profile, period = found
        if profile.unit == "A":
            return min(self._wiring.grid, period.limit), None
        return self._wiring.grid, period.limit

    def least_at(self, place: Place, at: int) -> Fraction:
        """Return the current below which a session is better paused, in A per phase (7.13)."""
        found = self.prevailing(place, at)
        if found is None or found[0].least is None:
            return Fraction(0)
        profile, period = found
        phases = min(period.phases, place.phases or self._wiring.phases)
        full = Fraction(1) if profile.unit == "A" else self._wiring.voltage * phases
        return found[0].least / full

    def changes_after(self, places: Sequence[Place], at: int) -> int | None:
        """Return the next moment at which any of the limits may change."""
        moments = (one.changes_after(at, place.begun) for place in places for one in self._profiles)
        return min((when for when in moments if when is not None), default=None)

    def connector_steps(self, place: Place, start: int, end: int) -> list[Step]:
        """Return what a connector may draw from one moment to another."""
        return self._steps((place,), start, end, lambda at: self.flow_at(place, at))

    def station_steps(self, places: Sequence[Place], start: int, end: int) -> list[Step]:
        """Return what the station may draw from one moment to another."""
        return self._steps(places, start, end, lambda at: self.station_at(places, at))

    def _steps(
        self, places: Sequence[Place], start: int, end: int, flow: Callable[[int], Flow]
    ) -> list[Step]:
        steps: list[Step] = []
        at: int | None = start
        while at is not None and at < end:
            now = flow(at)
            if not steps or steps[-1].flow != now:
                steps.append(Step(at, now))
            at = self.changes_after(places, at)
        return steps

    def _of_session(self, place: Place) -> list[ChargingProfile]:
        if place.session is None or not self._rules.session_limit:
            return []
        return [one for one in self._of("TxProfile") if one.session == place.session]

    def _defaults(self, place: Place) -> list[ChargingProfile]:
        """Return the default profiles of a connector; its own replace those for all (3.13.1)."""
        found = [one for one in self._of("TxDefaultProfile") if one.connector in (0, place.number)]
        own = [one.level for one in found if one.connector != 0]
        if not self._rules.connector_defaults:
            return [one for one in found if one.connector == 0] or found
        if not self._rules.new_defaults and place.session is not None:
            found = [one for one in found if one.since < place.begun]
        return [one for one in found if one.connector != 0 or one.level not in own]

    def _station_limit(self, at: int) -> tuple[ChargingProfile, Period] | None:
        if not self._rules.station_limit:
            return None
        return self._first(self._of("ChargePointMaxProfile"), at, at)

    def _of(self, purpose: Purpose) -> list[ChargingProfile]:
        return [one for one in self._profiles if one.purpose == purpose]

    def _first(
        self, profiles: Sequence[ChargingProfile], begun: int, at: int
    ) -> tuple[ChargingProfile, Period] | None:
        for profile in profiles:
            period = profile.period_at(at, begun)
            if period is not None:
                return profile, period
            if profile.valid(at) and not self._rules.falls_back:
                return None
        return None


def whole_seconds(steps: Sequence[Step], start: int, end: int) -> list[Step]:
    """Move steps to whole seconds after `start`, so that no second ever promises too much."""
    cuts: dict[int, None] = {}
    for step in steps:
        down = step.at - (step.at - start) % SECOND
        cuts |= {down: None, step.at if step.at == down else down + SECOND: None}
    edges = [cut for cut in sorted(cuts) if cut < end]
    found: list[Step] = []
    i = 0
    for first, last in zip(edges, [*edges[1:], end], strict=True):
        while i + 1 < len(steps) and steps[i + 1].at <= first:
            i += 1
        flows: list[Flow] = []
        for step in islice(steps, i, None):
            if step.at >= last:
                break
            flows.append(step.flow)
        found.append(Step(first, min(flows, key=lambda flow: (flow.power, flow.current))))
    return found


def periods(steps: Sequence[Step], start: int, unit: Unit) -> list[dict[str, Any]]:
    """Return steps as chargingSchedulePeriod; limits are cut to the one decimal of OCPP (7.14)."""
    found: list[dict[str, Any]] = []
    for step in steps:
        limit = (step.flow.rate(unit) * 10 // 1) / 10
        entry: dict[str, Any] = {"limit": limit, "numberPhases": step.flow.phases}
        if not found or entry.items() - found[-1].items():
            found.append({"startPeriod": (step.at - start) // SECOND, **entry})
    return found


@dataclass(frozen=True, slots=True)
class Wish:
    """What a vehicle would take, and below which current it is better paused, in A per phase."""

    current: Fraction
    phases: int
    least: Fraction = Fraction(0)


def shares(
    wishes: Sequence[Wish], amperes: Fraction, watts: Fraction | None, voltage: Fraction
) -> list[Fraction | None]:
    """Share what the station may draw among vehicles, first come first.

    All get the same current, those that want less only that. One whose share would be less than
    it can use waits until there is more, the last to come first (3.13.4).

    Returns:
        The current that each is limited to, in A per phase; None: it gets all it wants.
    """
    served = list(range(len(wishes)))
    while True:
        chosen = [wishes[i] for i in served]
        levels = [_level(amperes, [(wish.current, 1) for wish in chosen])]
        if watts is not None:
            weights = [(wish.current, wish.phases) for wish in chosen]
            levels.append(_level(watts / voltage, weights))
        level = min((one for one in levels if one is not None), default=None)
        short = [
            i
            for i in served
            if level is not None and level < min(wishes[i].least, wishes[i].current)
        ]
        if not short:
            return [level if i in served else Fraction(0) for i in range(len(wishes))]
        served.remove(short[-1])


def _level(total: Fraction, wishes: Sequence[tuple[Fraction, int]]) -> Fraction | None:
    """Return the current up to which wishes can be met; None: all of them can.

    Args:
        wishes: the current wanted, and how often it counts.
    """
    left, weight = total, sum(weight for _, weight in wishes)
    for current, counts in sorted(wishes):
        if current * weight > left:
            return left / weight
        left -= current * counts
        weight -= counts
    return None
