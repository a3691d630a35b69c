"""What the meter of a connector can report, and how OCPP writes it (4.7, 7.31)."""

from collections.abc import Callable, Sequence
from typing import Any

from testbay_reference.hardware import Outlet

ENERGY = "Energy.Active.Import.Register"
VOLTAGE = 230.0
PHASES = ("L1", "L2", "L3")

Sampled = dict[str, Any]
Reading = tuple[str, str | None]  # value and phase


def _energy(outlet: Outlet, time: float) -> list[Reading]:
    value = outlet.meter.read(time)
    return [(str(int(value)) if value == int(value) else f"{value:.3f}".rstrip("0"), None)]


def _power(outlet: Outlet, time: float) -> list[Reading]:
    return [(f"{outlet.meter.power:.0f}", None)]


def _power_offered(outlet: Outlet, time: float) -> list[Reading]:
    return [(f"{outlet.offered:.0f}", None)]


def _current(outlet: Outlet, time: float) -> list[Reading]:
    used = PHASES[: outlet.phases]
    each = outlet.meter.power / VOLTAGE / len(used)
    return [(f"{each if phase in used else 0.0:.1f}", phase) for phase in PHASES]


def _current_offered(outlet: Outlet, time: float) -> list[Reading]:
    return [(f"{outlet.offered / VOLTAGE / outlet.phases:.1f}", None)]


def _voltage(outlet: Outlet, time: float) -> list[Reading]:
    return [(f"{VOLTAGE:.1f}", f"{phase}-N") for phase in PHASES]


def _soc(outlet: Outlet, time: float) -> list[Reading]:
    return [(f"{outlet.soc(time):.0f}", None)]


Read = Callable[[Outlet, float], list[Reading]]
MEASURANDS: dict[str, tuple[Read, str, str]] = {  # how to read it, unit, location
    ENERGY: (_energy, "Wh", "Outlet"),
    "Power.Active.Import": (_power, "W", "Outlet"),
    "Power.Offered": (_power_offered, "W", "Outlet"),
    "Current.Import": (_current, "A", "Outlet"),
    "Current.Offered": (_current_offered, "A", "Outlet"),
    "Voltage": (_voltage, "V", "Outlet"),
    "SoC": (_soc, "Percent", "EV"),
}


def split(item: str) -> tuple[str, str | None]:
    """Return measurand and phase of an item such as `Voltage.L1` (9.1.17).

    Raises:
        ValueError: the station cannot measure it.
    """
    if item in MEASURANDS:
        return item, None
    measurand, _, phase = item.rpartition(".")
    if measurand in ("Current.Import", "Voltage") and phase.removesuffix("-N") in PHASES:
        return measurand, phase.removesuffix("-N")
    raise ValueError(f"{item} is not measured here; there are {', '.join(MEASURANDS)}")


def sample(outlet: Outlet, items: Sequence[str], context: str, time: float) -> list[Sampled]:
    """Read the meter of a connector.

    Args:
        items: measurands, some with a phase; none: the energy register (9.1.17).
        context: why it is read, as OCPP names it.
        time: the moment, of the loop's clock.
    """
    values: list[Sampled] = []
    for item in items or (ENERGY,):
        measurand, wanted = split(item)
        read, unit, location = MEASURANDS[measurand]
        for value, phase in read(outlet, time):
            if wanted is not None and (phase or "").removesuffix("-N") != wanted:
                continue
            entry = {"value": value, "context": context, "measurand": measurand}
            entry |= {"location": location, "unit": unit}
            values.append(entry | ({"phase": phase} if phase else {}))
    return values
