"""What a person, or a script in a person's place, can do at the station."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from testbay_reference.control import Action, Nothing, Parameters, Refused
from testbay_reference.hardware import Outlet
from testbay_reference.station201.context import Payload
from testbay_reference.station201.evse import Evse, Holder

if TYPE_CHECKING:
    from testbay_reference.station201.station import Station

Side = Literal["both", "ev", "station"]
MOMENT = 0.1  # s, that hands need for anything; meanwhile the station does what it has to do


class AtEvse(Parameters):
    """Name an EVSE."""

    evse: int = Field(1, ge=1, description="Number of the EVSE.")


class AtConnector(AtEvse):
    """Name a connector."""

    connector: int = Field(1, ge=1, description="Number of the connector of the EVSE.")


class Cable(AtConnector):
    """Say which ends of the cable are moved."""

    side: Side | Literal["halfway"] = Field(
        "both", description="Which end; halfway: not as deep into the socket as the lock needs it."
    )


class PresentToken(AtEvse):
    """Name a token, and the EVSE at whose reader it is presented."""

    id_token: str = Field(max_length=36, description="The token.")
    type: str = Field("ISO14443", max_length=20, description="What kind of token it is.")
    to: Literal["start", "stop", "unlock"] = Field(
        "start", description="What whoever presents it wants."
    )


def actions(station: "Station") -> list[Action[Any]]:
    """Return the actions of a station."""
    hands = _Hands(station)

    def slowly(do: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
        async def after_a_moment(values: Any) -> None:
            await asyncio.sleep(MOMENT)
            await do(values)

        return after_a_moment

    table: list[tuple[str, str, type[Parameters], Callable[[Any], Awaitable[None]]]] = [
        ("plug_in", "Plug the cable in", Cable, hands.plug_in),
        ("unplug", "Unplug the cable", Cable, hands.unplug),
        ("present_token", "Present a token at the reader", PresentToken, hands.present),
        ("occupy_bay", "Drive into the parking bay", AtEvse, hands.occupy),
        ("leave_bay", "Drive out of the parking bay", AtEvse, hands.leave),
        ("ev_ready", "Have the vehicle take energy", AtEvse, hands.ready),
        ("ev_not_ready", "Have the vehicle take no energy", AtEvse, hands.not_ready),
        ("ev_stops", "Have the vehicle end the session", AtEvse, hands.ev_stops),
        ("power_off", "Switch the power off", Nothing, station.switch.off),
        ("power_on", "Switch the power on", Nothing, station.switch.on),
        ("power_cycle", "Switch the power off and on again", Nothing, station.switch.cycle),
        ("fault", "Put the connector into a fault", AtConnector, hands.fault),
        ("clear_fault", "Clear the fault of the connector", AtConnector, hands.clear),
        ("jam_lock", "Keep the lock from opening", AtConnector, hands.jam),
        ("free_lock", "Let the lock open again", AtConnector, hands.unjam),
        ("remove_certificate", "Remove its own certificate", Nothing, hands.remove_certificate),
    ]
    return [Action(name, words, kind, slowly(do)) for name, words, kind, do in table]


class _Hands:
    """Do what the actions say."""

    def __init__(self, station: "Station") -> None:
        self._station = station

    async def plug_in(self, values: Cable) -> None:
        outlet = self._outlet(values)

        def move() -> None:
            if values.side != "ev" and not outlet.fixed:
                outlet.plugged_station, outlet.halfway = True, values.side == "halfway"
            if values.side != "station":
                outlet.plugged_ev = True

        self._cable(values, move)

    async def unplug(self, values: Cable) -> None:
        outlet = self._outlet(values)
        if outlet.locked and values.side == "both":
            await self.unplug(values.model_copy(update={"side": "ev"}))  # that may open the lock
        if outlet.locked and values.side != "ev" and not outlet.fixed:
            raise Refused("the cable is locked")

        def move() -> None:
            if values.side != "ev" and not outlet.fixed:
                outlet.plugged_station = outlet.halfway = False
            if values.side != "station":
                outlet.plugged_ev = False

        self._cable(values, move)

    def _cable(self, values: Cable, move: Callable[[], None]) -> None:
        life = self._station.life
        if life is None:
            move()
            return
        evse = life.evses[values.evse]
        was, before = evse.cable, evse.points()
        evse.connector = values.connector
        move()
        if evse.cable and not was:
            life.sessions.plugged(evse, before)
        elif was and not evse.cable:
            life.sessions.unplugged(evse, before)
        else:
            life.notifier.refresh(evse.number)

    async def present(self, values: PresentToken) -> None:
        life, evse = self._station.alive(), self._evse(values)
        if not (self._station.options.local_start or self._station.options.start_button):
            raise Refused("there is no reader for tokens")
        token: Payload = {"idToken": values.id_token, "type": values.type}
        if self._station.options.start_button:
            token = {"idToken": "", "type": "NoAuthorization"}
        faults = self._station.options.faults
        if "ignores-tokens-offline" in faults and evse.holder and life.uplink.rpc is None:
            return
        if evse.holder is not None and evse.holder.admits(token):
            life.sessions.stop(evse, "StopAuthorized", "Local")
            return
        if evse.keeper is not None and evse.outlet.locked:
            if evse.keeper.admits(token):
                life.sessions.release(evse)
            return
        group = life.authorizer.in_group(token).group
        if evse.holder is not None and evse.holder.admits(token, group):
            life.sessions.stop(evse, "StopAuthorized", "Local")  # C01.FR.03
            return
        if not life.in_service():
            return
        decision = await life.authorizer.decide(token)
        if evse.holder is None and decision.accepted:
            life.sessions.authorize(evse, Holder(token, decision.group))
        elif evse.holder is not None and evse.holder.admits(token, decision.group):
            life.sessions.stop(evse, "StopAuthorized", "Local")

    async def occupy(self, values: AtEvse) -> None:
        self._bay()
        self._station.bays.add(values.evse)
        if self._station.life is not None:
            self._station.life.sessions.occupy(self._evse(values))

    async def leave(self, values: AtEvse) -> None:
        self._bay()
        self._station.bays.discard(values.evse)
        if self._station.life is not None:
            self._station.life.sessions.leave(self._evse(values))

    async def ready(self, values: AtEvse) -> None:
        self._vehicle(values, True)

    async def not_ready(self, values: AtEvse) -> None:
        self._vehicle(values, False)

    async def ev_stops(self, values: AtEvse) -> None:
        self._station.alive().sessions.stopped_by_vehicle(self._evse(values))

    def _vehicle(self, values: AtEvse, ready: bool) -> None:
        for outlet in self._station.outlets[values.evse].values():
            outlet.ev_ready = ready
        if self._station.life is not None:
            self._station.life.sessions.vehicle(self._evse(values), ready)

    async def fault(self, values: AtConnector) -> None:
        self._set_fault(values, "fault")

    async def clear(self, values: AtConnector) -> None:
        self._set_fault(values, "")

    def _set_fault(self, values: AtConnector, fault: str) -> None:
        evse = self._evse(values)
        evse.fault = fault
        self._station.alive().notifier.refresh(evse.number)

    async def jam(self, values: AtConnector) -> None:
        self._outlet(values).jammed = True

    async def unjam(self, values: AtConnector) -> None:
        self._outlet(values).jammed = False

    async def remove_certificate(self, values: Nothing) -> None:
        self._station.alive().security.own.remove()

    def _bay(self) -> None:
        if not self._station.options.bay_sensor:
            raise Refused("the station does not see its parking bays")

    def _evse(self, values: AtEvse) -> Evse:
        life = self._station.alive()
        if values.evse not in life.evses:
            raise Refused(f"there is no EVSE {values.evse}")
        return life.evses[values.evse]

    def _outlet(self, values: AtConnector) -> Outlet:
        outlets = self._station.outlets.get(values.evse, {})
        if values.connector not in outlets:
            raise Refused(f"there is no connector {values.connector} of EVSE {values.evse}")
        return outlets[values.connector]
