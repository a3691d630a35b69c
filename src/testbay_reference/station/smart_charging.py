"""The smart charging profile: limits are set, cleared, told, and kept to (3.13, 5.5, 5.7, 5.16)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from testbay.protocol.versions import OCPP16
from testbay_reference.link import Answer, Reply, RpcError
from testbay_reference.station.charging_profile import (
    SECOND,
    ChargingProfile,
    Unit,
    date,
    milliseconds,
    read_profile,
)
from testbay_reference.station.charging_profiles import ChargingProfiles, ProfileRefused
from testbay_reference.station.composite import (
    Combined,
    Flow,
    Place,
    Rules,
    Wiring,
    Wish,
    periods,
    shares,
    whole_seconds,
)
from testbay_reference.station.connector import Connector
from testbay_reference.station.context import Context, Payload
from testbay_reference.timing import stamp

LONGEST = 366 * 86_400  # s, of a composite schedule
UNITS: Mapping[str, Unit] = {"Current": "A", "Power": "W"}  # errata 3.88
A_DAY = 86_400 * SECOND
TIMER = "charging limits"
SESSIONS = "charging_sessions"


class SmartCharging:
    """Keep the charging profiles, and say what each vehicle may draw.

    Args:
        changed: called when limits are other ones than before.
    """

    def __init__(
        self,
        context: Context,
        connectors: Mapping[int, Connector],
        changed: Callable[[], None],
    ) -> None:
        self._context = context
        self._connectors = connectors
        self._changed = changed
        options = context.options
        rated = Fraction(str(options.rated_current))
        grid = rated * options.connectors
        if options.grid_current is not None:
            grid = Fraction(str(options.grid_current))
        self._wiring = Wiring(rated, grid, options.phases)
        self._vehicle = Fraction(str(options.power)) / (self._wiring.voltage * options.phases)
        self._profiles = ChargingProfiles(context.store, self._most)
        if "forgets-charging-profiles-after-reset" in context.faults:
            self._profiles.clear({})
        self._rules = _rules(context)
        self._places: dict[int, Place] = {}
        self._due = 0

    @property
    def handlers(self) -> dict[str, Any]:
        """Return the handlers by action."""
        return {
            "ClearChargingProfile": self._clear,
            "GetCompositeSchedule": self._composite,
            "SetChargingProfile": self._set,
        }

    @property
    def supported(self) -> bool:
        """Tell whether the station has the smart charging profile."""
        return "SmartCharging" in self._context.options.profiles

    def shown(self) -> list[Payload]:
        """Return the installed profiles, for display."""
        return [
            {"connector": one.connector, **one.payload, "session": one.session}
            for one in self._profiles.installed
        ]

    # Sessions

    def admits(self, connector: Connector, payload: Payload) -> bool:
        """Tell whether a session could begin with this profile (5.11, 5.16.2)."""
        try:
            profile = self._read(payload, connector.number)
            if profile.purpose != "TxProfile":
                raise ProfileRefused("Rejected", f"a session takes no {profile.purpose}")
            if profile.transaction_id is not None:
                raise ProfileRefused("Rejected", "there is no transactionId yet")
            self._check(profile)
            self._profiles.make_room(profile, self._now())
        except ProfileRefused as why:
            self._context.note(f"charging profile {payload['chargingProfileId']} refused: {why}")
            return False
        return True

    def begin(self, connector: Connector, payload: Payload | None) -> None:
        """Take note of a transaction that has begun, perhaps with a profile of its own."""
        transaction = connector.transaction
        assert transaction is not None
        session, faults = transaction.number, self._context.faults
        place = Place(connector.number, self._now(), session)
        if "tx-profile-survives-transaction" in faults:
            self._profiles.hand_on(connector.number, session)
        if payload is not None and "remote-start-ignores-profile" not in faults:
            profile = self._read(payload, connector.number)
            try:
                self._profiles.install(replace(profile, session=session))
            except ProfileRefused as why:  # others came since the remote start was accepted
                self._context.note(f"charging profile {profile.id} refused: {why}")
        if not self._context.config.flag("ConnectorSwitch3to1PhaseSupported"):
            place = replace(place, phases=self._combined().flow_at(place, place.begun).phases)
        self._places[connector.number] = place
        self._keep_sessions()

    def resume(self, connector: Connector) -> None:
        """Go on with a transaction that a loss of power interrupted."""
        transaction = connector.transaction
        assert transaction is not None
        kept: dict[str, dict[str, Any]] = self._context.store.get(SESSIONS, {})
        fresh = {"begun": self._now(), "phases": None}
        known = kept.get(str(transaction.number), fresh)
        place = Place(connector.number, known["begun"], transaction.number, known["phases"])
        self._places[connector.number] = place

    def settle(self) -> None:
        """Forget the profiles of transactions that did not survive the restart."""
        running = [place.session for place in self._places.values()]
        for profile in self._profiles.installed:
            if profile.session is not None and profile.session not in running:
                self._profiles.end(profile.session)

    def end(self, connector: Connector) -> None:
        """Take note of a transaction that is over; its profiles are too (7.10)."""
        place = self._places.pop(connector.number, None)
        survives = "tx-profile-survives-transaction" in self._context.faults
        if place is not None and place.session is not None and not survives:
            self._profiles.end(place.session)
        self._keep_sessions()

    def _keep_sessions(self) -> None:
        kept = {
            str(place.session): {"begun": place.begun, "phases": place.phases}
            for place in self._places.values()
        }
        self._context.store.set(SESSIONS, kept)

    # Limits

    def update(self) -> list[Connector]:
        """Calculate what is offered now; return the connectors where that has changed."""
        at = max(self._now(), self._due)
        ignored = "charging-profiles-ignored" in self._context.faults
        combined = Combined((), self._wiring) if ignored else self._combined()
        offers = self._offers(combined, at)
        self._wait(combined, at)
        changed = []
        for connector in self._connectors.values():
            offer = offers.get(connector.number)
            possible = offer or self._wiring.full
            connector.outlet.offered = float(possible.power)
            connector.outlet.phases = possible.phases
            if offer != connector.offer:
                connector.offer = offer
                changed.append(connector)
        return changed

    def drawn(self, connector: Connector) -> float:
        """Return what flows into a vehicle now, in W."""
        if not connector.charging or connector.offer is None:
            return 0.0
        current = min(connector.offer.current, self._vehicle)
        return float(current * self._wiring.voltage * connector.offer.phases)

    def _offers(self, combined: Combined, at: int) -> dict[int, Flow]:
        """Return what each running session is offered, with what all share divided fairly."""
        volts = self._wiring.voltage
        amperes, watts = combined.shared_at(at)
        flows = {place.number: combined.flow_at(place, at) for place in self._places.values()}
        asking = [place for place in self._places.values() if self._connectors[place.number].asks]
        wishes = [
            Wish(
                min(flows[place.number].current, self._vehicle),
                flows[place.number].phases,
                combined.least_at(place, at),
            )
            for place in asking
        ]
        levels = shares(wishes, amperes, watts, volts)
        level_of = {place.number: level for place, level in zip(asking, levels, strict=True)}
        offers: dict[int, Flow] = {}
        for number, flow in flows.items():
            limits = [flow.current, amperes]
            if watts is not None:
                limits.append(watts / (volts * flow.phases))
            level = level_of.get(number)
            current = min(limits) if level is None else min(*limits, level)
            offers[number] = Flow(current, current * volts * flow.phases, flow.phases)
        return offers

    def _wait(self, combined: Combined, at: int) -> None:
        """Come back when the next limit begins or ends."""
        following = combined.changes_after(tuple(self._places.values()), at)
        if following is None or not self._places:
            self._context.timers.cancel(TIMER)
            return

        target = min(following, at + A_DAY)

        def due() -> None:
            self._due = target  # the clock of the loop may be a little ahead of the date
            self._changed()

        self._context.timers.after(TIMER, (target - self._now()) / SECOND, due)

    def _combined(self) -> Combined:
        return Combined(self._profiles.installed, self._wiring, self._rules)

    def _now(self) -> int:
        return milliseconds(self._context.now())

    # Calls of the CSMS

    def _set(self, payload: Payload) -> Answer:
        number, profile = payload["connectorId"], payload["csChargingProfiles"]
        if number != 0 and number not in self._connectors:  # errata 3.39
            return RpcError(OCPP16.code("enum"), f"connectorId: there is no connector {number}")
        try:
            judged = self._judged(profile, number)
            if "charging-profiles-not-stored" not in self._context.faults:
                self._profiles.install(judged)
        except ProfileRefused as why:
            self._context.note(f"charging profile {profile['chargingProfileId']} refused: {why}")
            return {"status": why.status}
        self._context.note(f"charging profile {judged.id}: {judged.purpose} at {number}")
        return Reply({"status": "Accepted"}, self._changed)

    def _clear(self, payload: Payload) -> Answer:
        faults = self._context.faults
        if "clear-profiles-does-nothing" in faults:
            return {"status": "Accepted"}
        criteria = {} if "clear-profiles-ignores-criteria" in faults else payload
        gone = self._profiles.clear(criteria)
        self._context.note(f"charging profiles cleared: {[one.id for one in gone]}")
        return Reply({"status": "Accepted" if gone else "Unknown"}, self._changed)

    def _composite(self, payload: Payload) -> Answer:
        number, duration = payload["connectorId"], payload["duration"]
        unit = payload.get("chargingRateUnit") or self._usual_unit(number)
        known = number == 0 or number in self._connectors
        if not known or unit not in self._units() or not 1 <= duration <= LONGEST:
            return {"status": "Rejected"}
        now = self._now()
        start = now - now % SECOND
        end = start + duration * SECOND
        combined = self._for_report(now)
        if number == 0:
            places = [self._place(one, now) for one in self._connectors]
            steps = combined.station_steps(places, now, end)
        else:
            steps = combined.connector_steps(self._place(number, now), now, end)
        steps[0] = replace(steps[0], at=start)
        plan = periods(whole_seconds(steps, start, end), start, unit)
        if "composite-ignores-later-limits" in self._context.faults:
            plan = plan[:1]
        return {
            "status": "Accepted",
            "connectorId": number,
            "scheduleStart": stamp(date(start)),
            "chargingSchedule": {  # without startSchedule (errata 3.57)
                "duration": duration,
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": plan,
            },
        }

    def _for_report(self, now: int) -> Combined:
        if "composite-restarts-schedules" not in self._context.faults:
            return self._combined()
        fresh = [
            one if one.start is None else replace(one, start=now)
            for one in self._profiles.installed
        ]
        return Combined(fresh, self._wiring, self._rules)

    def _place(self, number: int, now: int) -> Place:
        """Return a connector with its session, or with one that would begin now."""
        return self._places.get(number) or Place(number, now)

    def _usual_unit(self, number: int) -> Unit:
        """Return the unit of the profiles that matter, or else the first that is allowed."""
        units = {
            one.unit: None
            for one in self._profiles.installed
            if number == 0 or one.connector in (0, number)
        }
        return next(iter(units)) if len(units) == 1 else self._units()[0]

    # Judging

    def _judged(self, payload: Payload, number: int) -> ChargingProfile:
        """Return a profile that can be installed.

        Raises:
            ProfileRefused: it cannot.
        """
        profile = self._read(payload, number)
        if profile.purpose == "ChargePointMaxProfile" and number != 0:  # 3.13.1
            raise ProfileRefused("Rejected", "a ChargePointMaxProfile is for connector 0 only")
        if profile.purpose == "TxProfile":
            profile = replace(profile, session=self._session(profile))
        self._check(profile)
        return profile

    def _read(self, payload: Payload, number: int) -> ChargingProfile:
        try:
            return replace(read_profile(payload, number), since=self._now())
        except ValueError as error:
            raise ProfileRefused("Rejected", str(error)) from None

    def _session(self, profile: ChargingProfile) -> int:
        """Return the transaction of a TxProfile, by the station's own number (3.13.1, 5.16.4)."""
        if profile.connector == 0:
            raise ProfileRefused("Rejected", "a TxProfile is for one connector, not for all")
        transaction = self._connectors[profile.connector].transaction
        if transaction is None:
            text = f"no transaction runs at connector {profile.connector}"
            raise ProfileRefused("Rejected", text)
        wanted = profile.transaction_id
        if wanted is not None and wanted != transaction.transaction_id:
            text = f"transaction {wanted} does not run at connector {profile.connector}"
            raise ProfileRefused("Rejected", text)
        return transaction.number

    def _check(self, profile: ChargingProfile) -> None:
        """Refuse what is over already, and what by its keys (9.4) the station cannot do."""
        config = self._context.config
        if profile.valid_to is not None and profile.valid_to <= profile.since:
            raise ProfileRefused("Rejected", "validTo is over")
        if profile.unit not in self._units():
            raise ProfileRefused("NotSupported", f"limits in {profile.unit} are not supported")
        if profile.level > config.number("ChargeProfileMaxStackLevel"):
            raise ProfileRefused("NotSupported", f"there is no stack level {profile.level}")
        if len(profile.periods) > config.number("ChargingScheduleMaxPeriods"):
            raise ProfileRefused("NotSupported", f"{len(profile.periods)} periods are too many")

    def _units(self) -> tuple[Unit, ...]:
        allowed = self._context.config.items("ChargingScheduleAllowedChargingRateUnit")
        return tuple(UNITS[quantity] for quantity in allowed)

    def _most(self) -> int:
        return self._context.config.number("MaxChargingProfilesInstalled")


def _rules(context: Context) -> Rules:
    faults = context.faults
    return Rules(
        levels="stack-levels-reversed" not in faults,
        falls_back="no-fallback-after-duration" not in faults,
        station_limit="ignores-station-limit" not in faults,
        session_limit="ignores-session-limit" not in faults,
        new_defaults="default-limit-for-later-sessions-only" not in faults,
        connector_defaults="default-limit-of-all-connectors-wins" not in faults,
    )
