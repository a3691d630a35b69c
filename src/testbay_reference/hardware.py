"""What a reboot does not touch: sockets, plugs, locks, meters and the vehicles at them."""

from dataclasses import dataclass, field
from math import floor

BATTERY = 60_000.0  # Wh
SOC_ON_ARRIVAL = 20.0  # percent


@dataclass(slots=True)
class Meter:
    """Count energy: the register is computed from the power that flowed and for how long.

    Args:
        resolution: step of what is read, in Wh.
        register: energy at the moment `since`, in Wh.
        power: what flows since then, in W.
        since: a moment of the loop's clock, in s.
        stuck: the register does not move, whatever flows.
    """

    resolution: float = 1.0
    register: float = 0.0
    power: float = 0.0
    since: float = 0.0
    stuck: bool = False

    def exact(self, time: float) -> float:
        """Return the energy at a moment, in Wh."""
        if self.stuck:
            return self.register
        return self.register + self.power * (time - self.since) / 3600.0

    def read(self, time: float) -> float:
        """Return the register as the meter shows it, in Wh."""
        steps = floor(self.exact(time) / self.resolution + 1e-9)
        return steps * self.resolution

    def flow(self, power: float, time: float) -> None:
        """Let another power flow from now on, in W."""
        self.register = self.exact(time)
        self.power = power
        self.since = time


@dataclass(slots=True)
class Memory:
    """The memory for lists that the CSMS sends; it can be broken.

    Args:
        writable: whether it takes what is written.
    """

    writable: bool = True


@dataclass(slots=True)
class Outlet:
    """One connector as a thing: what is plugged in, what is locked, what the vehicle wants.

    Args:
        fixed: the cable belongs to the station and has a plug at the vehicle's side only.
        plugged_station: the plug is in the socket; always so with a fixed cable.
        plugged_ev: the plug is in the vehicle.
        halfway: the plug is in the socket, but not as far as the lock needs it.
        jammed: the lock does not move.
        offered: what the station lets the vehicle draw, in W.
        phases: on how many phases.
    """

    number: int
    fixed: bool
    lockable: bool
    meter: Meter = field(default_factory=Meter)
    plugged_station: bool = False
    plugged_ev: bool = False
    halfway: bool = False
    ev_ready: bool = True
    jammed: bool = False
    locked: bool = False
    energy_on_arrival: float = 0.0
    offered: float = 0.0
    phases: int = 3

    def __post_init__(self) -> None:
        """A fixed cable is always at the station."""
        self.plugged_station = self.fixed

    @property
    def occupied(self) -> bool:
        """Tell whether the station can notice a plug: in its socket, or its cable in a vehicle."""
        return self.plugged_ev if self.fixed else self.plugged_station

    @property
    def connected(self) -> bool:
        """Tell whether station and vehicle are connected."""
        return self.plugged_station and self.plugged_ev and not self.halfway

    def lock(self) -> bool:
        """Lock the plug, if there is a lock; tell whether it holds as it should."""
        if self.lockable and not self.locked:
            self.locked = not self.jammed and not self.halfway
            return self.locked
        return True

    def unlock(self) -> bool:
        """Unlock the plug; tell whether the lock is open."""
        if self.jammed:
            return False
        self.locked = False
        return True

    def soc(self, time: float) -> float:
        """Return the state of charge of the vehicle, in percent."""
        charged = self.meter.exact(time) - self.energy_on_arrival
        return min(100.0, SOC_ON_ARRIVAL + 100.0 * charged / BATTERY)
