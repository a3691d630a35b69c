"""Checks that OCPP 2.0.1 needs beside the general ones: events of transactions, variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from testbay.scenario.checks import (
    AnyOf,
    Fact,
    Judges,
    Members,
    Outcome,
    Resolve,
    Satisfies,
    Spoil,
    When,
    all_of,
    any_of,
    differs,
    eq,
    omitted,
    one_of,
    satisfies,
)
from testbay.scenario.values import OMITTED, pick
from testbay.suites.ocpp201.configured import cfg

CHARGING_STATE = "transactionInfo.chargingState"
STOPPED_REASON = "transactionInfo.stoppedReason"
TRANSACTION_ID = "transactionInfo.transactionId"
ACCEPTED = {"idTokenInfo": {"status": "Accepted"}}
"""As ``reply=``: the token may charge."""
INVALID = {"idTokenInfo": {"status": "Invalid"}}
"""As ``reply=``: the token may not charge."""
GRANTED = {"status": "Accepted"}
"""As ``reply=``: the station does what it is asked for."""
TOKEN = {"idToken": cfg.valid_idtoken_idtoken, "type": cfg.valid_idtoken_type}
"""The token that the cases use, as a field ``idToken``."""
TIMED_OUT: When = When(eq("eventType", "Ended"), eq(STOPPED_REASON, "Timeout"))
"""Where the transaction ends, it does because nobody came with a cable in time."""
SECOND = {"idToken": cfg.valid_idtoken2_idtoken, "type": cfg.valid_idtoken2_type}
"""Another token that may charge, as a field ``idToken``."""
GROUPED = {
    "status": "Accepted",
    "groupIdToken": {"idToken": cfg.group_idtoken, "type": cfg.group_idtoken_type},
}
"""As a field ``idTokenInfo``: the token may charge, and belongs to the group."""
HUNG_UP = differs("by", "us")
"""The tool has not ended the connection, as it does with one that the station has replaced."""
PLACE_ZERO: AnyOf = any_of(eq("evseId", 0), eq("connectorId", 0))
"""Selects statuses of no connector: EVSEs and connectors are numbered from 1."""
NO_REASON: AnyOf = any_of(omitted("statusInfo"), eq("statusInfo.reasonCode", "NoError"))
"""Nothing is said about a status, or that there is no error."""


def same_text(one: Any, other: Any) -> bool:
    """Compare texts as identifiers are compared in OCPP 2.0.1, without case."""
    both = isinstance(one, str) and isinstance(other, str)
    return both and one.casefold() == other.casefold()


def identifier(path: str, value: Any) -> Satisfies:
    """Return the check that a field has this value, in whatever case (identifierString)."""
    return satisfies(
        path,
        f"is {value}",
        lambda actual, resolve: same_text(actual, resolve(value)),
        values=(value,),
    )


def token(
    value: Any = cfg.valid_idtoken_idtoken, kind: Any = cfg.valid_idtoken_type
) -> tuple[Judges, Judges]:
    """Return the checks of a field ``idToken``: value (without case) and type."""
    return identifier("idToken.idToken", value), eq("idToken.type", kind)


UNNAMED = all_of(eq("idToken.idToken", ""), eq("idToken.type", "NoAuthorization"))
"""The token of whoever charges without one (C02.FR.01)."""


def nobody() -> Judges:
    """Return the check that an event names no token (2.1: with NoAuthorization)."""
    return any_of(omitted("idToken"), UNNAMED)


def several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return one or more texts as more of them."""
    return (value,) if isinstance(value, str) else value


def about(checks: Iterable[Judges], path: str) -> bool:
    """Return whether one of these looks at a field."""
    return any(fact.path == path for check in checks for fact in check.facts)


@dataclass(frozen=True, slots=True)
class AboutVariable:
    """An element of a list is about a variable and, where a check is given, passes it.

    Args:
        path: of the list, such as ``getVariableData``.
    """

    path: str
    component: str
    variable: str
    instance: str = ""
    check: Judges | None = None

    @property
    def text(self) -> str:
        """The sentence that states it."""
        instance = f"[{self.instance}]" if self.instance else ""
        named = f"{self.path} has an element about {self.component}.{self.variable}{instance}"
        return named if self.check is None else f"{named} in which {self.check.text}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        named = [("component.name", self.component), ("variable.name", self.variable)]
        if self.instance:
            named.append(("variable.instance", self.instance))
        own = () if self.check is None else self.check.facts
        return (
            *(Fact(f"{self.path}[*].{field_}", "eq", (value,)) for field_, value in named),
            *(Fact(f"{self.path}[*].{f.path}", f.rule, f.values) for f in own),
        )

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Look for such an element."""
        found = [e for _, e in self._about(payload)]
        fine = any(self.check is None or self.check.judge(e, resolve).passed for e in found)
        return Outcome(self.text, fine, found or pick(payload, self.path), self)

    def _about(self, payload: Any) -> list[tuple[int, Any]]:
        listed = pick(payload, self.path)
        elements = enumerate(listed) if isinstance(listed, list) else ()
        return [(i, e) for i, e in elements if self._names(e)]

    def _names(self, element: Any) -> bool:
        instance = pick(element, "variable.instance")
        return (
            same_text(pick(element, "component.name"), self.component)
            and same_text(pick(element, "variable.name"), self.variable)
            and (same_text(instance, self.instance) if self.instance else instance is OMITTED)
            and pick(element, "component.evse") is OMITTED
        )

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield elements about it that do not pass, and another name for it."""
        for i, element in self._about(payload):
            at = f"{self.path}[{i}]"
            own = () if self.check is None else self.check.spoils(element, resolve, members)
            for spoil in own:
                yield Spoil(spoil.act, f"{at}.{spoil.path}", spoil.value)
            yield Spoil("set", f"{at}.variable.name", "Other")


def local_or_omitted() -> Judges:
    """Return the check that a session was ended at the station, where its end says anything."""
    return one_of(STOPPED_REASON, "Local", OMITTED)


@dataclass(frozen=True, slots=True)
class OfEvse:
    """Selects the events of one EVSE: by evse.id, else by what is known of the transaction.

    A transaction may begin before it is known which EVSE it is for (E01.FR.16, E01.FR.17); until
    it has been named, it may belong to any.

    Args:
        places: the EVSE of each transaction that has been named.
    """

    number: int
    places: Mapping[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"it belongs to EVSE {self.number}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return ()

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Say whether an event belongs to the EVSE."""
        evse = pick(payload, "evse.id")
        known = self.places.get(str(pick(payload, TRANSACTION_ID)), self.number)
        of_it = (known if evse is OMITTED else evse) == self.number
        return Outcome(self.text, of_it, evse, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield nothing: it only selects."""
        yield from ()


@dataclass(frozen=True, slots=True)
class OfSigned:
    """A check of the first sampled value that is signed; of the first one where none is."""

    check: Judges

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"of the signed value {self.check.text}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        first = "meterValue[0].sampledValue[0]"
        return tuple(replace(f, path=f"{first}.{f.path}") for f in self.check.facts)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Judge the sampled value."""
        found = self.check.judge(pick(payload, self._path(payload)), resolve)
        return Outcome(self.text, found.passed, found.actual, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield what breaks the check of that value."""
        path = self._path(payload)
        for spoil in self.check.spoils(pick(payload, path), resolve, members):
            yield replace(spoil, path=f"{path}.{spoil.path}")

    def _path(self, payload: Any) -> str:
        meter = pick(payload, "meterValue")
        for i, value in enumerate(meter if isinstance(meter, list) else []):
            for j, sample in enumerate(value["sampledValue"]):
                if "signedMeterValue" in sample:
                    return f"meterValue[{i}].sampledValue[{j}]"
        return "meterValue[0].sampledValue[0]"


@dataclass(frozen=True, slots=True)
class SeqNos:
    """Within each transaction the numbers rise by one; only an identical event repeats one."""

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return "seqNo of each transaction has no gap, and its first event is Started"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact("seqNo", "order"), Fact("eventType", "satisfies"))

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Look at all events of the case, transaction by transaction."""
        by_id: dict[Any, dict[Any, Any]] = {}
        bad: list[Any] = []
        for message in payload:
            transaction = pick(message, TRANSACTION_ID)
            known = by_id.setdefault(transaction, {})
            number = message.get("seqNo")
            if not repeats(known.setdefault(number, message.payload), message.payload):
                bad.append(transaction)
        for transaction, seen in by_id.items():
            numbers = [n for n in seen if type(n) is int]
            if (
                len(numbers) < len(seen)
                or sorted(numbers) != _run(numbers)
                or min(numbers) < 0
                or seen[min(numbers)].get("eventType") != "Started"
            ):
                bad.append(transaction)
        shown = [str(t) for t in dict.fromkeys(bad)] or f"{len(by_id)} transactions"
        return Outcome(self.text, not bad, shown, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield a number out of the row, a first event that is none, and one event too many."""
        if len(payload) > 1:
            yield Spoil("set", "seqNo", 99, len(payload) - 1)
        yield Spoil("set", "seqNo", -1, 0)
        yield Spoil("set", "eventType", "Updated", 0)
        if payload:
            yield Spoil("add", "seqNo", 99, len(payload) - 1)


def _run(numbers: list[int]) -> list[int]:
    return list(range(min(numbers), min(numbers) + len(numbers))) if numbers else []


def repeats(one: Any, other: Any) -> bool:
    """Return whether an event is the same one sent again; only the mark ``offline`` may change."""
    kept = [{k: v for k, v in p.items() if k != "offline"} for p in (one, other)]
    return bool(kept[0] == kept[1])
