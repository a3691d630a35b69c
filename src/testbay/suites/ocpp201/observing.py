"""What a station sends and what is done at it, as the engine and the session model see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from testbay.roles.csms_model201 import CsmsModel201, statuses
from testbay.roles.limits import limited
from testbay.scenario.case import Rule
from testbay.scenario.checks import Judges, all_of, differs, satisfies
from testbay.scenario.expectation import Expectation
from testbay.scenario.many import moment
from testbay.scenario.role import Action
from testbay.scenario.test import Test
from testbay.scenario.values import OMITTED, Payload, Received, Reply, pick
from testbay.scenario.verdict import StopCase, Verdict
from testbay.suites.ocpp201.checks import (
    CHARGING_STATE,
    TOKEN,
    TRANSACTION_ID,
    OfEvse,
    SeqNos,
    repeats,
)
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.session import EFFECTS, POINTS, Points, Session
from testbay.suites.ocpp201.settings import members

CHOSEN = ("Authorize", "TransactionEvent", "BootNotification", "SignCertificate")
PERIODIC = ("MeterValuePeriodic", "MeterValueClock")
UNASKED = (
    *PERIODIC,
    "ChargingRateChanged",
)  # what the meter or a limit of the station brings about
AMBIENT = (
    *("Heartbeat", "MeterValues", "@connect", "@closed"),
    *("@client_hello", "@tls", "@tls_refused", "@upgrade", "@turned_away"),
)
STATUS_IN = {
    "StatusNotification": ("connectorStatus",),
    "NotifyEvent": ("eventData[0].actualValue", "eventData[0].trigger"),
}
SUSPENDED = ("SuspendedEV", "SuspendedEVSE")
LOCAL, REMOTE = "local", "remote"


class Asked(NamedTuple):
    """An action that has been asked for: when (s), and what had come by then."""

    name: str
    at: float
    seen: int


@dataclass
class Observing(Test):
    """A case that follows a station: which messages belong together, and what should be true.

    Args:
        earlier: the transactions that began before the case.
        places_told: the EVSE of each transaction that the station has named.
    """

    model: CsmsModel201
    sessions: dict[int, Session] = field(default_factory=dict)
    told_down: list[str] = field(default_factory=list)
    other_card: dict[str, Any] | None = None
    earlier: tuple[str, ...] = ()
    places_told: dict[str, int] = field(default_factory=dict)
    _seen: dict[str, set[Any]] = field(default_factory=dict)
    _first: dict[str, int] = field(default_factory=dict)
    _pending: list[Asked] = field(default_factory=list)
    _plugging: float = 0.0
    _statuses: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._statuses = dict(self.model.facts.statuses)
        self.places_told = {t: e for t, e in self.model.facts.transactions.items() if e}

    # -- what the engine asks of the suite --------------------------------------------------------

    def answer_matters(self, message: Received) -> bool:
        """Return whether steps choose between answers to this message."""
        return message.action in CHOSEN

    def in_order(self, earlier: Received, later: Received) -> bool:
        """Return whether ``earlier`` may stand at an earlier step than ``later``.

        Events of one transaction go by their numbers and are free against all else (2.1), but
        one that names a token waits for the answer whether it may charge (C01.FR.02).
        """
        one, other = transaction_of(earlier), transaction_of(later)
        if earlier.action == "Authorize" and other and "idToken" in later.payload:
            return earlier.position < later.position
        if not one and not other:
            return super().in_order(earlier, later)
        if one != other:
            return True
        again = repeats(earlier.payload, later.payload) and earlier.position < later.position
        return again or _number(earlier) < _number(later)

    def due(self, message: Received) -> bool:
        """Return whether all events of the transaction before this one have come."""
        if message.action != "TransactionEvent":
            return True
        identity = transaction_of(message)
        self._note(identity, message)
        first = self._first.get(identity)
        number = message.get("seqNo")
        if first is None or type(number) is not int:
            return False
        return self._seen[identity].issuperset(range(first, number))

    def _note(self, identity: str, message: Received) -> None:
        """Keep which events of a transaction have come, and on which EVSE it is."""
        number = message.get("seqNo")
        self._seen.setdefault(identity, set()).add(number)
        if message.get("eventType") == "Started" and type(number) is int:
            self._first.setdefault(identity, number)
        evse = pick(message, "evse.id")
        if type(evse) is int and identity not in self.places_told:
            self.places_told[identity] = evse
            self.session(evse).ids.append(identity)

    def parts(self, message: Received) -> Sequence[Payload]:
        """Return the events of a NotifyEvent: it may group what happens together (1.38)."""
        if message.action != "NotifyEvent":
            return ()
        return [Payload(message.payload | {"eventData": [e]}) for e in message["eventData"]]

    def spontaneous(self, message: Received) -> bool:
        """Return whether it may come at any time: then only a step it satisfies claims it."""
        if message.action == "TransactionEvent":
            return message.get("triggerReason") in PERIODIC
        return message.action == "SecurityEventNotification"

    def beside(self, message: Received, checks: Sequence[Judges]) -> bool:
        """Return whether it may come as well as what is wanted, and is not it.

        Meter values come when they are due, the energy may be suspended for a moment, and a
        charging state or a status may be told again; that it ends may be told by itself before
        the end of the transaction (E02.FR.17); an event whose answer was lost is sent again.
        """
        if message.action == "TransactionEvent":
            if self._given_up() or self._sent_again(message):
                return not all(c.judge(message.payload, self.value).passed for c in checks)
            fits = self._fits(message, checks, "triggerReason")
            if message.get("triggerReason") in UNASKED:
                return not fits
            if message.get("triggerReason") != "ChargingStateChanged":
                return False
            if not fits and not self._fits(message, checks, "eventType"):
                return bool(message.get("eventType") == "Updated")
            if fits and self._fits(message, checks, CHARGING_STATE):
                return False
            return pick(message, CHARGING_STATE) in (*SUSPENDED, *self._states_before(message))
        if message.action in STATUS_IN and not self._fits(
            message, checks, *STATUS_IN[message.action]
        ):
            return self._told(message)
        return False

    def _fits(self, message: Received, checks: Sequence[Judges], *paths: str) -> bool:
        about = [c for c in checks if any(f.path in paths for f in c.facts)]
        return not about or all(c.judge(message.payload, self.value).passed for c in about)

    def _states_before(self, message: Received) -> list[Any]:
        """Return the charging state that the transaction had, and the one before a suspension."""
        identity = transaction_of(message)
        events = [m for m in self.box.log[: message.position] if transaction_of(m) == identity]
        told = [state for m in events if (state := pick(m, CHARGING_STATE)) is not OMITTED]
        return [*told[-1:], *[state for state in told if state not in SUSPENDED][-1:]]

    def _sent_again(self, message: Received) -> bool:
        """Return whether the same event has come before: sent again with another message id."""
        number, earlier = message.get("seqNo"), self.box.of(message.action)
        before = (m for m in earlier if m.position < message.position)
        return any(m.get("seqNo") == number and repeats(m.payload, message.payload) for m in before)

    def _told(self, message: Received) -> bool:
        """Return whether it is the status that the station has told of this connector before."""
        now = next(statuses(message), None)
        if now is None:
            return False
        new = dict(s for m in self.box.log[: message.position] for s in statuses(m))
        place, status = now
        return new.get(place, self._statuses.get(place)) == status

    def heralds(self, message: Received, e: Expectation) -> bool:
        """Return whether it is from a queue that an event may stand in further back (E04)."""
        return message.action in e.actions and message.get("offline") is True

    def ambient(self, message: Received) -> bool:
        """Return whether it may come at any time and needs no remark."""
        return self.spontaneous(message) or message.action in AMBIENT

    def rules(self) -> tuple[Rule, ...]:
        """Return what holds in every case (general rules, 2.1)."""
        own = satisfies(
            TRANSACTION_ID, "began in this case", lambda actual, _: actual not in self.earlier
        )
        return (Rule(("TransactionEvent",), (SeqNos(),), own),)

    def note_earlier(self) -> None:
        """Keep which transactions began before the case: their first events are not in it."""
        seen = [transaction_of(message) for message in self.box.log]
        self.earlier = tuple(dict.fromkeys((*self.earlier, *(t for t in seen if t))))

    def excuse(self) -> str:
        """Return what people or the tool's own limits have kept the station from."""
        if self._given_up():
            return "the station had stopped waiting for the cable when it was plugged in"
        waits = self.model.variable("TxCtrlr.EVConnectionTimeOut")
        longest = float(waits) if waits and waits.isdigit() else self.value(cfg.connection_timeout)
        if self._plugging > longest:
            return f"plugging in took {self._plugging:.0f} s, longer than a station has to wait"
        return limited(self.recorder.remarks)

    def _given_up(self) -> bool:
        """Return whether the station has told that nobody came with a cable, and then one did."""
        now = len(self.box.log)
        spans = [(asked.name, asked.seen, now) for asked in self._pending]
        spans += [(action.name, asked, done) for action, asked, done in self.performed[-1:]]
        return any(
            name == "plug_in"
            and "EVConnectTimeout" in [m.get("triggerReason") for m in self.box.log[start:end]]
            for name, start, end in spans
        )

    def _acted(self, action: Action, parameters: Mapping[str, Any]) -> None:
        super()._acted(action, parameters)
        now = self.recorder.elapsed()
        asked = self._pending.pop(0).at if self._pending else now
        if action.name == "plug_in":
            self._plugging = now - asked

    # -- sessions ---------------------------------------------------------------------------------

    def manual(self, action: Action) -> None:
        """Ask for an action; the session model changes as it should by that."""
        self.model.boots.acting(action.name)
        super().manual(action)
        self._pending.append(Asked(action.name, self.recorder.elapsed(), self.mark()))
        parameters = {k: self.value(v) for k, v in action.parameters}
        purpose = f" to {parameters['to']}" if "to" in parameters else ""
        effect = EFFECTS.get(action.name + purpose)
        if effect is None or parameters.get("side", "both") not in ("both", "ev"):
            return
        self.points_known()
        session = self.session(parameters.get("evse"))
        session.set(**effect)
        session.token_shown |= action.name == "present_token"
        session.cable_moved |= action.name == "plug_in"
        if purpose:
            session.stopped = LOCAL

    @property
    def shows_token(self) -> bool:
        """Whether whoever authorizes shows a token (2.1: not with NoAuthorization)."""
        return bool(self.value(cfg.valid_idtoken_type) != "NoAuthorization")

    @property
    def card(self) -> dict[str, Any]:
        """The token that whoever charges shows, as messages name it."""
        return self.other_card or TOKEN

    @property
    def accepted(self) -> Reply:
        """The answer that the token may charge, with what the case has laid down about it."""
        name = str(self.value(self.card["idToken"])).casefold()
        info = self.model.facts.tokens.get(name, {})
        return {"idTokenInfo": info if info.get("status") == "Accepted" else {"status": "Accepted"}}

    def session(self, evse: int | None = None) -> Session:
        """Return what should be true of an EVSE; that of the cases where none is named."""
        number = self.value(cfg.evse_id) if evse is None else evse
        if number not in self.sessions:
            self.sessions[number] = Session(self.start_points, self.stop_points)
        return self.sessions[number]

    @property
    def start_points(self) -> Points:
        """When transactions begin: what the station said of TxStartPoint."""
        return frozenset(members(self.model.variable("TxCtrlr.TxStartPoint") or ""))

    @property
    def stop_points(self) -> Points:
        """When transactions end: what the station said of TxStopPoint."""
        return frozenset(members(self.model.variable("TxCtrlr.TxStopPoint") or ""))

    def points_known(self) -> None:
        """See that it is known when transactions begin and end, or their events cannot be due.

        Raises:
            StopCase: the station does not say it.
        """
        for name, points in (("start", self.start_points), ("stop", self.stop_points)):
            if points.isdisjoint(POINTS):
                why = f"the station names no {name} point of transactions that there is"
                raise StopCase(Verdict.INCONCLUSIVE, f"{why} (TxCtrlr.Tx{name.title()}Point)")

    def points_changed(self) -> None:
        """Take over start and stop points that a preparation has set."""
        for session in self.sessions.values():
            session.start, session.stop = self.start_points, self.stop_points

    def rebooted(self) -> None:
        """See the station restart: sessions end, cables and vehicles stay."""
        for session in self.sessions.values():
            session.power_lost()

    def transaction(self, evse: int | None = None) -> str:
        """Return the id of the transaction that runs on an EVSE."""
        number = self.value(cfg.evse_id) if evse is None else evse
        found = self.model.transaction(number)
        if found is None:
            raise StopCase(self.recorder.bad, "no transaction is running, but the case needs one")
        return found

    def since_lost(self) -> Judges:
        """Return what selects the events from after the connection was lost, by their stamps."""
        text = "is from after the connection was lost"
        return satisfies("timestamp", text, lambda stamp, _: self._since_lost(stamp))

    def _since_lost(self, stamp: Any) -> bool:
        try:
            past, lost = (self.now() - moment(stamp)).total_seconds(), self.received("@closed")[-1]
        except (ValueError, IndexError):
            return True  # where nothing is known, it is judged
        return past <= self.recorder.elapsed() - lost.at

    def last_transaction(self) -> str:
        """Return the id of the last transaction on the EVSE of the cases; it may have ended."""
        ids = self.session().ids
        return ids[-1] if ids else self.transaction()

    def has_told(self, state: str, evse: int | None = None) -> bool:
        """Return whether the last event that a step took was sent because of this charging state.

        One that names the cable does not count: what changes by that has its own (E03.FR.12).
        """
        session = self.session(evse)
        events = [m for m in self.box.of("TransactionEvent") if m.claimed]
        own = [m for m in events if transaction_of(m) in session.ids[-1:]]
        if not own or not session.running:
            return False
        last = max(own, key=_number)
        trigger, first = last.get("triggerReason"), last.get("eventType") == "Started"
        instead = trigger == "RemoteStart" and first and "Authorized" not in session.start
        own_event = trigger == "ChargingStateChanged" or instead
        return own_event and pick(last, CHARGING_STATE) == state

    def should_be(self, evse: int | None = None, **facts: bool) -> None:
        """Say what is true of an EVSE from now on, besides what people are asked to do."""
        self.points_known()
        self.session(evse).set(**facts)

    def of_own_evse(self) -> Judges:
        """Return what selects the events of the EVSE of the cases that may carry meter values."""
        own = OfEvse(self.value(cfg.evse_id), self.places_told)
        return all_of(own, differs("triggerReason", "ChargingStateChanged"))

    def deauthorized(self, evse: int | None = None) -> None:
        """Say that the right to charge is gone; nobody has asked for it."""
        self.session(evse).drop()


def transaction_of(message: Received) -> str:
    """Return the transaction of an event, or nothing."""
    found = pick(message, TRANSACTION_ID)
    return str(found) if message.action == "TransactionEvent" and found is not OMITTED else ""


def _number(message: Received) -> int:
    number = message.get("seqNo")
    return number if type(number) is int else 0
