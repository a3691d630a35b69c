"""The verbs of a case whose system under test is a station; the tool is its CSMS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from testbay.roles.boots201 import UPDATING
from testbay.roles.csms_model201 import statuses, variable_key
from testbay.scenario.checks import Judges, When, all_of, differs, eq, one_of, present
from testbay.scenario.engine import Seconds
from testbay.scenario.expectation import Expectation
from testbay.scenario.features import Feature
from testbay.scenario.role import Action
from testbay.scenario.values import Payload, Received, Reply
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp201 import availability, files, idle, leftovers, roots, secure, waiting
from testbay.suites.ocpp201.actions import POWER_OFF, POWER_ON, TURN_AWAY
from testbay.suites.ocpp201.checks import (
    STOPPED_REASON,
    UNNAMED,
    OfEvse,
    about,
    identifier,
    local_or_omitted,
    nobody,
    several,
    token,
)
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import start_button
from testbay.suites.ocpp201.observing import LOCAL, REMOTE, Observing
from testbay.suites.ocpp201.reports import LAST, Parts
from testbay.suites.ocpp201.results import FITTING, INVALID, REFUSED, TAKEN, Attempt, kind_of, tried
from testbay.suites.ocpp201.settings import Variable

SECOND = "/second"
"""What the path of the second endpoint of the tool has at its end, before the identity."""

__all__ = ["LOCAL", "REMOTE", "But", "StationTest"]

TRIGGERED: dict[str, tuple[str, Judges | None]] = {
    "BootNotification": ("BootNotification", eq("reason", "Triggered")),
    "TransactionEvent": ("TransactionEvent", eq("triggerReason", "Trigger")),
    "MeterValues": ("MeterValues", eq("meterValue[0].sampledValue[0].context", "Trigger")),
    "SignChargingStationCertificate": ("SignCertificate", None),
    "SignV2GCertificate": ("SignCertificate", None),
    "SignCombinedCertificate": ("SignCertificate", None),
}
"""What shows that a message was asked for, by what is asked for; others come by themselves, too."""

But = Mapping[int | tuple[int, int], str]
"""Statuses of EVSEs or connectors that differ from that of all others."""


def at_place(evse: int | None, connector: int | None) -> dict[str, Any]:
    """Return the field that names an EVSE, one of its connectors, or, without one, nothing."""
    if evse is None:
        return {}
    return {"evse": {"id": evse} if connector is None else {"id": evse, "connectorId": connector}}


@dataclass
class StationTest(Observing):
    """A case against a station."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.model.boots.begin()
        self.earlier = tuple(self.model.facts.transactions)

    async def prepare(self) -> None:
        """Bring the station to where every case begins (2.1)."""
        await idle.prepare(self)
        self.note_earlier()
        self.model.boots.rest(updating=self.model.facts.firmware in UPDATING)

    def returns_within(self) -> Seconds:
        """Return how long the station may take to connect again by itself."""
        return cfg.reconnect_time

    def left_behind(self) -> list[str]:
        """Return what the case has left at the station; keep what no message tells."""
        facts, own = self.model.facts, [e for e, s in self.sessions.items() if s.awaited]
        facts.awaited = [*facts.awaited, *(evse for evse in own if evse not in facts.awaited)]
        return leftovers.left(self.model.facts)

    def begin(self) -> None:
        """See the main part begin."""

    def manual(self, action: Action) -> None:
        """Ask for an action; what is switched off is switched on however the case ends."""
        if action.name == POWER_OFF.name:
            self.undo(self._switch_on)
        super().manual(action)

    async def _switch_on(self) -> None:
        if not self.model.facts.powered:
            self.manual(POWER_ON)

    # -- what cases ask ---------------------------------------------------------------------------

    def has(self, feature: Feature) -> bool:
        """Return whether the product has a feature; the configuration says so."""
        return bool(self.config.get(feature.name, feature.default))

    def unnamed_by_button(self) -> tuple[Judges, ...]:
        """Return the check that an event names nobody, where a button ends sessions (C02)."""
        return (UNNAMED,) if self.has(start_button) else ()

    def remark(self, text: str) -> None:
        """Say in the report what is no failure but should be known."""
        self.recorder.remark(text)

    # -- verbs ------------------------------------------------------------------------------------

    def tx_event(
        self,
        step: int,
        trigger: str | tuple[str, ...],
        *checks: Judges,
        evse: int | None = None,
        kind: str | tuple[str, ...] = "",
        reply: Reply | None = None,
        within: Seconds | None = None,
    ) -> Expectation:
        """Expect an event of the transaction of this EVSE, with what the general rules say (2.1).

        Args:
            trigger: its triggerReason; after a remote start it is RemoteStart instead.
            kind: its eventType where the text wants another than the session model.
        """
        number = self.value(cfg.evse_id) if evse is None else evse
        session = self.session(number)
        expected, remote = session.event_type(), session.remote_id
        kinds = several(kind) if kind else (expected,)
        shown, moved = session.token_shown, session.cable_moved
        by_button = remote is None and self.has(start_button)  # C02: nobody is named by it
        named = self.shows_token and not by_button
        reasons = several(trigger)
        ends = session.stopped if "Ended" in kinds and not about(checks, STOPPED_REASON) else ""
        over = eq("eventType", "Ended")
        session.token_shown = session.cable_moved = False
        session.remote_id = None
        return self.expect(
            step,
            "TransactionEvent",
            one_of("eventType", *kinds),
            (
                one_of("triggerReason", *reasons)
                if remote is None or "RemoteStart" in reasons
                else eq("triggerReason", "RemoteStart")
            ),
            *((eq("transactionInfo.remoteStartId", remote),) if remote is not None else ()),
            *(token(self.card["idToken"], self.card["type"]) if shown and named else ()),
            *((nobody(),) if shown and not named else ()),
            *((eq("evse.id", number),) if moved else ()),
            *((eq("evse.connectorId", cfg.connector_id),) if moved else ()),
            *((When(over, local_or_omitted()),) if ends == LOCAL else ()),
            *((When(over, eq(STOPPED_REASON, "Remote")),) if ends == REMOTE else ()),
            *checks,
            where=OfEvse(number, self.places_told),
            reply=reply,
            within=within,
        )

    def connector_is(
        self,
        step: int,
        status: str,
        evse: int | None = None,
        connector: int | None = None,
        *,
        also: tuple[str, ...] = (),
        still: tuple[str, ...] = (),
        within: Seconds | None = None,
    ) -> Expectation:
        """Expect the status of a connector, by StatusNotification or NotifyEvent (G01).

        Args:
            also: what is as good.
            still: what may be told before it.
        """
        number = self.value(cfg.evse_id) if evse is None else evse
        plug = self.value(cfg.connector_id) if connector is None else connector
        told = self.expect(
            step,
            "StatusNotification",
            one_of("connectorStatus", status, *also),
            where=all_of(
                eq("evseId", number),
                eq("connectorId", plug),
                *(differs("connectorStatus", s) for s in still),
            ),
            within=within,
        )
        noticed = self.expect(
            step,
            "NotifyEvent",
            eq("eventData[0].trigger", "Delta"),
            one_of("eventData[0].actualValue", status, *also),
            where=all_of(
                identifier("eventData[0].component.name", "Connector"),
                identifier("eventData[0].variable.name", "AvailabilityState"),
                eq("eventData[0].component.evse.id", number),
                eq("eventData[0].component.evse.connectorId", plug),
                *(differs("eventData[0].actualValue", s) for s in still),
            ),
            within=within,
        )
        return told | noticed

    def places(self) -> list[tuple[int, int]]:
        """Return EVSE and number of every connector of the station."""
        each = range(1, int(self.value(cfg.connectors_per_evse)) + 1)
        return [(e, c) for e in range(1, int(self.value(cfg.evse_count)) + 1) for c in each]

    def connectors(
        self,
        step: int,
        status: str,
        evse: int | None = None,
        but: But | None = None,
        within: Seconds | None = None,
    ) -> list[Expectation]:
        """Expect the status of each connector, of the station or of one EVSE.

        Args:
            but: another status, for these EVSEs or connectors (``(EVSE, CONNECTOR)``).
        """
        other = but or {}
        return [
            self.connector_is(step, other.get((e, c), other.get(e, status)), e, c, within=within)
            for e, c in self.places()
            if evse is None or e == evse
        ]

    async def connectors_report(
        self, step: int, status: str, evse: int | None = None, but: But | None = None
    ) -> None:
        """Wait for the status of each connector, in any order."""
        await self.any_order(*self.connectors(step, status, evse, but))

    async def change_availability(
        self,
        step: int,
        to: str,
        answer: str = "Accepted",
        evse: int | None = None,
        connector: int | None = None,
    ) -> None:
        """Put the station, an EVSE or a connector into operation or out of it (G03, G04).

        Args:
            to: Operative or Inoperative.
            answer: the status that the station must answer with.
        """
        change = {"operationalStatus": to, **at_place(evse, connector)}
        await self.call(step, "ChangeAvailability", change, eq("status", answer))

    async def trigger(
        self,
        step: int,
        message: str,
        answer: str | tuple[str, ...] = "Accepted",
        evse: int | None = None,
        connector: int | None = None,
    ) -> Payload:
        """Ask for a message (F06); it must not come before the answer (F06.FR.04).

        Args:
            answer: the status, or statuses, that the station may answer with.
        """
        asked = {"requestedMessage": message, **at_place(evse, connector)}
        status = one_of("status", *several(answer))
        told = await self.call(step, "TriggerMessage", asked, status)
        if message in TRIGGERED:
            action, where = TRIGGERED[message]
            self.not_ahead(step + 1, action, where=where)
        return told

    async def others_report(self, step: int, status: str) -> None:
        """Wait for the status of each connector of the EVSEs that the cases do not use."""
        own = self.value(cfg.evse_id)
        told = [self.connector_is(step, status, e, c) for e, c in self.places() if e != own]
        if told:
            await self.any_order(*told)

    stay_available = availability.stay_available
    stay_unavailable = availability.stay_unavailable
    goes_on_until_over = availability.goes_on_until_over
    stops_waiting = waiting.stops_waiting
    has_stopped_waiting = waiting.has_stopped_waiting

    async def down_once_over(self, step: int, connector: int | None = None) -> None:
        """See the EVSE of the cases go out of operation, if the step before ended its transaction.

        Args:
            connector: the one that goes; all of the EVSE where none is named.
        """
        if not self.session().ended_by:
            return
        own = [c for e, c in self.places() if e == self.value(cfg.evse_id)]
        meant = {self._place(c): c for c in own if connector in (None, c)}
        news = [c for place, c in meant.items() if place not in self.told_down]
        self.told_down += meant
        if news:
            await self.any_order(*(self.connector_is(step, "Unavailable", None, c) for c in news))

    async def unplugged_before_over(self, step: int) -> None:
        """See the status of a connector without its cable that is to go out of operation.

        It is Available until the transaction is over, or Unavailable at once (G01.FR.05).
        """
        status = await self.connector_is(step, "Available", also=("Unavailable",))
        self.told_down += [p for p, told in statuses(status) if told == "Unavailable"]

    def _place(self, connector: int) -> str:
        return f"{self.value(cfg.evse_id)}.{connector}"

    # -- variables --------------------------------------------------------------------------------

    async def read(self, variable: Variable) -> str | None:
        """Read the value of a variable; None where the station does not have it."""
        asked = {"getVariableData": [variable.to_json()]}
        answer = await self.call("read", "GetVariables", asked)
        result = answer["getVariableResult"][0]
        if result.get("attributeStatus") != "Accepted":
            return None
        return str(result.get("attributeValue", ""))

    async def known(self, variable: Variable) -> str | None:
        """Return the value of a variable; the station is asked where it has not told it yet."""
        known = name_of(variable) in self.model.facts.variables
        return self.model.variable(name_of(variable)) if known else await self.read(variable)

    async def write(self, step: int | str, variable: Variable, value: Any) -> str:
        """Set a variable; return what the station says of it."""
        data = {**variable.to_json(), "attributeValue": str(self.value(value))}
        answer = await self.call(step, "SetVariables", {"setVariableData": [data]})
        status = str(answer["setVariableResult"][0]["attributeStatus"])
        self.points_changed()
        return status

    def put_back(self, variable: Variable) -> None:
        """Give a variable its present value again when the case is over, if it is known."""
        old = self.model.variable(name_of(variable))
        if old is None:
            return

        async def undo() -> None:
            if self.model.variable(name_of(variable)) != old:
                await self.write(f"put {variable} back", variable, old)

        self.undo(undo)

    async def writable(self, variable: Variable) -> bool:
        """Return whether a variable can be set: it is given the value that it has."""
        found = await self.read(variable)
        return found is not None and await self.write("try", variable, found) == "Accepted"

    async def try_value(self, step: int, variable: Variable, attempt: Attempt) -> None:
        """Set a variable to a value; it must be rejected where it is of another type."""
        value = self.stamp() if attempt.value is None else str(self.value(attempt.value))
        data = {"setVariableData": [{**variable.to_json(), "attributeValue": value}]}
        answer = await self.call(step, "SetVariables", data, *tried(variable))
        kind = kind_of(variable)
        if kind not in attempt.types:
            self.check(step + 1, REFUSED, answer)
            self.check(step + 1, INVALID, answer)
        elif kind in FITTING:
            self.check(step + 1, TAKEN, answer)

    async def report(self, step: int, request: int, *checks: Judges) -> list[Received]:
        """Take all parts of a report, numbered from 0; the last one says that it is (B07, B08)."""
        own = (eq("requestId", request), present("generatedAt"))
        part = self.expect(step, "NotifyReport", *own, *checks)
        [parts] = await self.collect(part, until=LAST)
        self.review(step, parts, Parts())
        return parts

    def firmware_at_rest(self) -> tuple[str, ...]:
        """Return what the station may tell of its firmware while there is no update (L01.FR.26)."""
        last = self.model.facts.firmware
        over = last not in ("", "Idle", "Installed", *UPDATING)
        return ("Idle", last) if over else ("Idle",)

    def answer_boots(self, answer: dict[str, Any]) -> None:
        """Lay down what boots are answered with that no step awaits, from now on in this case."""
        self.model.facts.boots = self.value(answer)
        self.undo(self._answer_as_usual)

    def answer_as_usual(self) -> None:
        """Forget what a case has laid down about answers that no step chooses."""
        self.model.facts.tokens.clear()
        self.model.facts.boots.clear()

    async def _answer_as_usual(self) -> None:
        self.answer_as_usual()

    # -- security ---------------------------------------------------------------------------------

    made_up_password = secure.made_up_password
    change_password = secure.change_password
    authorizes = secure.authorizes
    asked_to_sign = secure.asked_to_sign
    signed = secure.signed
    hand_over = secure.hand_over
    settles = secure.settles
    serve = secure.serve
    serves_again = secure.serves_again
    lets_in_as_it_is = secure.lets_in_as_it_is
    root = roots.certificate

    # -- files ------------------------------------------------------------------------------------

    stamp_later = files.stamp_later
    firmware = files.firmware
    place = files.place
    still = files.still
    reconnected_after = secure.reconnected_after

    # -- connection -------------------------------------------------------------------------------

    async def online(self) -> None:
        """Wait until the station is connected and all has come that this brings about."""
        await idle.online(self)

    async def restart(self) -> None:
        """Restart the station, so that a setting takes effect or to get it out of a state."""
        await idle.restart(self)

    async def lose_connection(self, step: int | str = "offline") -> None:
        """Close the connection and let the station in no more, until it is restored."""
        self.undo(self._let_in)
        await self.link(step, idle.REFUSE)

    async def restore_connection(self, step: int | str = "online") -> None:
        """Let the station in again, once all that was asked for is done, and wait for it."""
        await self.link(step, idle.ACCEPT)
        with self.round("online"):
            await self.expect(1, "@connect", within=cfg.reconnect_time)

    async def turn_away(self, step: int | str, url: str = "") -> None:
        """Refuse requests for a connection, each told as ``@turned_away``; what is there stays.

        Args:
            url: only requests for this endpoint of the tool.
        """

        async def undo() -> None:
            await self.link("let in", idle.ACCEPT)
            if not self.model.facts.connected:
                with self.round("online"):
                    await self.expect(1, "@connect", within=cfg.reconnect_time)

        self.undo(undo)
        await self.link(step, TURN_AWAY(url=url))

    async def other_endpoint(self) -> tuple[int, int, str]:
        """Return the slot that is free, the one in use, and the URL that is not in use."""
        active = await self.read(Variable("OCPPCommCtrlr", "ActiveNetworkProfile"))
        slots = [int(self.value(s)) for s in (cfg.configuration_slot, cfg.configuration_slot2)]
        used = next((slot for slot in slots if str(slot) == active), slots[1])
        here = self.model.facts.endpoint
        if not here:
            raise StopCase(Verdict.INCONCLUSIVE, "how the station connects has not been seen")
        there = here.removesuffix(SECOND) if here.endswith(SECOND) else f"{here}{SECOND}"
        return next(slot for slot in slots if slot != used), used, there

    async def _let_in(self) -> None:
        if not self.model.facts.connected:
            await self.restore_connection()


def name_of(variable: Variable) -> str:
    """Return the name under which the model keeps a variable."""
    return variable_key(variable.to_json())
