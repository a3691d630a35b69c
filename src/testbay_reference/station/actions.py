"""What a person, or a script in a person's place, can do at the station."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from testbay_reference.control import Action, Nothing, Parameters, Refused
from testbay_reference.hardware import Outlet
from testbay_reference.station.charging import LOCK_FAILURE
from testbay_reference.station.connector import Connector

if TYPE_CHECKING:
    from testbay_reference.station.station import Station

Side = Literal["both", "ev", "station"]
ErrorCode = Literal[
    "ConnectorLockFailure",
    "EVCommunicationError",
    "GroundFailure",
    "HighTemperature",
    "InternalError",
    "OtherError",
    "OverCurrentFailure",
    "OverVoltage",
    "PowerMeterFailure",
    "PowerSwitchFailure",
    "ReaderFailure",
    "UnderVoltage",
    "WeakSignal",
]


class AtConnector(Parameters):
    """Name a connector."""

    connector: int = Field(1, ge=1, description="Number of the connector.")


class PlugIn(AtConnector):
    """Say which ends of the cable go in."""

    side: Literal["both", "ev", "station", "halfway"] = Field(
        "both", description="Which end; halfway: not as deep into the socket as the lock needs it."
    )


class Unplug(AtConnector):
    """Say which ends of the cable come out."""

    side: Side = Field("both", description="Which end.")


class PresentToken(Parameters):
    """Name a token, and the reader where it is presented."""

    id_tag: str = Field(min_length=1, max_length=20, description="The token.")
    connector: int | None = Field(
        None, ge=1, description="The connector whose reader it is; none: one reader for all."
    )


class AtStation(Parameters):
    """Name a connector or the whole station."""

    connector: int = Field(0, ge=0, description="Number of the connector; 0: the station.")


class Fault(AtStation):
    """Name what is broken."""

    error_code: ErrorCode = Field("InternalError", description="What the station reports.")


def actions(station: "Station") -> tuple[Action[Any], ...]:
    """Return what can be done at a station."""
    hands = _Hands(station)
    return (
        Action("plug_in", "Plug in the cable; nothing happens if it is in.", PlugIn, hands.plug_in),
        Action("unplug", "Unplug the cable; nothing happens if it is out.", Unplug, hands.unplug),
        Action("present_token", "Present a token at a reader.", PresentToken, hands.token),
        Action("ev_ready", "Let the vehicle ask for energy.", AtConnector, hands.ev_ready),
        Action("ev_not_ready", "Let the vehicle pause.", AtConnector, hands.ev_not_ready),
        Action("suspend_evse", "Let the station pause.", AtConnector, hands.suspend_evse),
        Action("resume_evse", "Let the station go on.", AtConnector, hands.resume_evse),
        Action("power_off", "Disconnect the station from the mains.", Nothing, station.switch.off),
        Action("power_on", "Connect the station to the mains.", Nothing, station.switch.on),
        Action("power_cycle", "Interrupt the mains.", Nothing, station.switch.cycle),
        Action("fault", "Break a connector or the station.", Fault, hands.fault),
        Action("clear_fault", "Repair it.", AtStation, hands.clear_fault),
        Action("jam_lock", "Jam the cable lock.", AtConnector, hands.jam_lock),
        Action("free_lock", "Make the cable lock move again.", AtConnector, hands.free_lock),
        Action("break_memory", "Let no list be stored.", Nothing, hands.break_memory),
        Action("repair_memory", "Let lists be stored again.", Nothing, hands.repair_memory),
        Action("open_housing", "Open the housing of the station.", Nothing, hands.open_housing),
        Action("renew_certificate", "Let it renew its certificate.", Nothing, hands.renew),
        Action("local_reboot", "Restart the station at the station.", Nothing, hands.reboot),
    )


class _Hands:
    """Do the actions: change the things, then let the running software notice."""

    def __init__(self, station: "Station") -> None:
        self._station = station

    async def plug_in(self, values: PlugIn) -> None:
        outlet = self._outlet(values.connector)
        if values.side == "halfway" and outlet.fixed:
            raise Refused("a fixed cable has no plug at the station that could be in halfway")
        before = (outlet.plugged_station, outlet.plugged_ev, outlet.halfway)
        if not outlet.plugged_ev and values.side != "station":
            outlet.plugged_ev = True
            outlet.energy_on_arrival = outlet.meter.register
        if values.side != "ev":
            outlet.plugged_station = True
            outlet.halfway = values.side == "halfway"
        if before != (outlet.plugged_station, outlet.plugged_ev, outlet.halfway):
            self._tell(outlet, self._plugged)

    async def unplug(self, values: Unplug) -> None:
        outlet = self._outlet(values.connector)
        if values.side != "station" and outlet.plugged_ev:
            outlet.plugged_ev, outlet.ev_ready = False, True
            self._tell(outlet, self._unplugged)
        if values.side == "ev" or not outlet.plugged_station:
            return
        if outlet.fixed:
            if values.side == "station":
                raise Refused("the cable is fixed to the station")
            return
        if outlet.locked:
            raise Refused(f"the lock of connector {outlet.number} holds the cable")
        outlet.plugged_station = outlet.halfway = False
        self._tell(outlet, self._unplugged)

    async def token(self, values: PresentToken) -> None:
        if not self._station.options.local_start:
            raise Refused("this station has no reader for tokens")
        if values.connector is not None:
            self._outlet(values.connector)
        self._station.alive().reader.present(values.id_tag, values.connector)

    async def ev_ready(self, values: AtConnector) -> None:
        outlet = self._outlet(values.connector)
        outlet.ev_ready = True
        self._tell(outlet, self._refresh)

    async def ev_not_ready(self, values: AtConnector) -> None:
        outlet = self._outlet(values.connector)
        outlet.ev_ready = False
        self._tell(outlet, self._refresh)

    async def suspend_evse(self, values: AtConnector) -> None:
        self._suspend(values.connector, True)

    async def resume_evse(self, values: AtConnector) -> None:
        self._suspend(values.connector, False)

    async def fault(self, values: Fault) -> None:
        self._set_error(values.connector, values.error_code)

    async def clear_fault(self, values: AtStation) -> None:
        self._set_error(values.connector, None)

    async def jam_lock(self, values: AtConnector) -> None:
        self._lockable(values.connector).jammed = True

    async def free_lock(self, values: AtConnector) -> None:
        outlet = self._lockable(values.connector)
        outlet.jammed = False

        def repaired(connector: Connector) -> None:
            if connector.error == LOCK_FAILURE and not outlet.halfway:
                connector.error = None
            self._refresh(connector)

        self._tell(outlet, repaired)

    async def break_memory(self, values: Nothing) -> None:
        self._station.memory.writable = False

    async def repair_memory(self, values: Nothing) -> None:
        self._station.memory.writable = True

    async def open_housing(self, values: Nothing) -> None:
        self._station.alive().security.events.happened("TamperDetectionActivated")

    async def renew(self, values: Nothing) -> None:
        own = self._station.alive().security.own
        if not own.may_ask:
            raise Refused("the station has no CpoName to put into a request")
        own.ask_for_another()

    async def reboot(self, values: Nothing) -> None:
        self._station.alive().restart("Reboot", deliver=True)

    def _outlet(self, number: int) -> Outlet:
        outlet = self._station.outlets.get(number)
        if outlet is None:
            last = len(self._station.outlets)
            raise Refused(f"there is no connector {number}: they are numbered from 1 to {last}")
        return outlet

    def _lockable(self, number: int) -> Outlet:
        outlet = self._outlet(number)
        if not outlet.lockable:
            raise Refused("this station has no cable lock")
        return outlet

    def _tell(self, outlet: Outlet, event: Callable[[Connector], None]) -> None:
        """Let the software notice; without power nothing does."""
        life = self._station.life
        if life is not None:
            event(life.connectors[outlet.number])

    def _plugged(self, connector: Connector) -> None:
        self._station.alive().charging.plugged(connector)

    def _unplugged(self, connector: Connector) -> None:
        self._station.alive().charging.unplugged(connector)

    def _refresh(self, connector: Connector) -> None:
        self._station.alive().charging.refresh(connector)

    def _suspend(self, number: int, suspended: bool) -> None:
        self._outlet(number)
        connector = self._station.alive().connectors[number]
        connector.suspended = suspended
        self._refresh(connector)

    def _set_error(self, number: int, error: str | None) -> None:
        if number > 0:
            self._outlet(number)
        self._station.alive().charging.set_error(number, error)
