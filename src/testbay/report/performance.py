"""Performance values, measured from the times in a journal (document 2, 9.2 and appendix A.2).

They decide on nothing. What a person or the tool did in between is not measured.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Matches = Callable[[str, Mapping[str, Any]], bool]

TEXTS = {
    "function_timeout": "From the answer to a request to the message that shows its effect",
    "response_timeout": "To answer a request",
    "authorize_response_time": "To answer an Authorize",
    "remote_start_time": "From RemoteStartTransaction to StartTransaction",
    "remote_stop_time": "From RemoteStopTransaction to StopTransaction",
    "boot_time": "From the answer to a Reset, or the power, to BootNotification",
    "reconnect_time": "To connect again once that is possible",
}
"""What is measured: most have the names of the questions of the PICS."""

TRIGGERED = {"SignChargePointCertificate": "SignCertificate"}
POWER = ("power_on", "power_cycle")
MOST_WAITS = 8


@dataclass(frozen=True, slots=True)
class Measured:
    """A performance value.

    Args:
        count: how often it was measured.
        stated: what the vendor states (s); None where nothing is stated.
    """

    name: str
    text: str
    count: int
    least: float
    middle: float
    most: float
    stated: float | None = None


@dataclass(slots=True)
class _Call:
    t: float
    action: str
    payload: dict[str, Any]
    seen: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)


@dataclass(slots=True)
class _Case:
    """What is open in a case."""

    calls: dict[str, _Call] = field(default_factory=dict)
    waits: list[tuple[str, float, Matches]] = field(default_factory=list)
    reserved: dict[Any, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Meter:
    """Measures while the lines of a journal go by."""

    values: dict[str, array[float]] = field(default_factory=dict)
    _open: dict[str, _Case] = field(default_factory=dict)

    def take(self, record: Mapping[str, Any], sut: str) -> None:
        """See a well formed line that belongs to a case."""
        kind, t = record["kind"], record["t"]
        if kind in ("case_started", "case_finished"):
            self._open.pop(record["case"], None)
            return
        if kind not in _KINDS:
            return
        case = self._open.setdefault(record["case"], _Case())
        if kind == "called":
            case.waits.clear()
            if len(case.calls) >= MOST_WAITS:
                case.calls.clear()
            case.calls[record["uid"]] = _Call(t, record["action"], record["payload"])
        elif kind == "answered":
            self._answered(case, record, t, sut)
        elif kind == "received":
            self._received(case, record["action"], record["payload"], t)
        elif kind == "performed":
            if record["name"] in POWER and record["result"] == "done":
                case.waits.append(("boot_time", t, _named("BootNotification")))
        else:
            case.waits.clear()
            if kind == "linked" and record["what"] == "accept":
                case.waits.append(("reconnect_time", t, _named("@connect")))

    def _answered(self, case: _Case, record: Mapping[str, Any], t: float, sut: str) -> None:
        call, reply = case.calls.pop(record["uid"], None), record["reply"]
        if call is None or not isinstance(reply, dict) or "@lost" in reply:
            return
        self._add("response_timeout", t - call.t)
        if sut == "csms":
            if call.action == "Authorize":
                self._add("authorize_response_time", t - call.t)
        elif reply.get("status") == "Accepted":
            for name, matches in _effects(call, case):
                began = call.t if name.startswith("remote") else t
                came = next((at for at, said, what in call.seen if matches(said, what)), None)
                if came is not None:  # it was seen before the answer was
                    self._add(name, came - began)
                elif len(case.waits) < MOST_WAITS:
                    case.waits.append((name, began, matches))

    def _received(self, case: _Case, action: str, payload: dict[str, Any], t: float) -> None:
        for call in case.calls.values():
            if len(call.seen) < MOST_WAITS:
                call.seen.append((t, action, payload))
        for wait in case.waits:
            name, began, matches = wait
            if matches(action, payload):
                self._add(name, t - began)
                case.waits.remove(wait)
                return

    def _add(self, name: str, seconds: float) -> None:
        self.values.setdefault(name, array("d")).append(max(0.0, seconds))

    def measured(self, stated: Mapping[str, Any]) -> tuple[Measured, ...]:
        """Return what was measured, with what the PICS states."""
        return tuple(
            Measured(
                name,
                text,
                len(found),
                min(found),
                median(found),
                max(found),
                _seconds(stated.get(name)),
            )
            for name, text in TEXTS.items()
            if (found := self.values.get(name))
        )


_KINDS = ("called", "answered", "received", "action", "performed", "linked")


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _effects(call: _Call, case: _Case) -> Iterator[tuple[str, Matches]]:
    """Yield which message shows the effect of a call that was accepted, under which name."""
    given = call.payload
    match call.action:
        case "Reset":
            yield "boot_time", _named("BootNotification")
        case "RemoteStartTransaction":
            yield "remote_start_time", _named("StartTransaction", idTag=given.get("idTag"))
        case "RemoteStopTransaction":
            number = given.get("transactionId")
            yield "remote_stop_time", _named("StopTransaction", transactionId=number)
        case "ReserveNow":
            case.reserved[given.get("reservationId")] = given.get("connectorId")
            yield "function_timeout", _status("Reserved", given.get("connectorId"))
        case "CancelReservation":
            connector = case.reserved.get(given.get("reservationId"))
            yield "function_timeout", _status("Available", connector)
        case "ChangeAvailability":
            wanted = "Unavailable" if given.get("type") == "Inoperative" else ""
            yield "function_timeout", _status(wanted, given.get("connectorId"))
        case "TriggerMessage" | "ExtendedTriggerMessage":
            name = str(given.get("requestedMessage"))
            about = {k: v for k, v in given.items() if k == "connectorId"}
            yield "function_timeout", _named(TRIGGERED.get(name, name), **about)


def _named(action: str, **fields: Any) -> Matches:
    """Return what recognises a message with these fields; a text in whatever case."""

    def matches(name: str, payload: Mapping[str, Any]) -> bool:
        same = (_alike(payload.get(k), v) for k, v in fields.items())
        return name == action and all(same)

    return matches


def _alike(one: Any, other: Any) -> bool:
    return str(one).casefold() == str(other).casefold()


def _status(status: str, connector: Any) -> Matches:
    """Return what recognises a status of a connector (none, or 0: of any); empty: in operation."""

    def matches(name: str, payload: Mapping[str, Any]) -> bool:
        here = not connector or payload.get("connectorId") == connector
        now = payload.get("status")
        right = now == status if status else now != "Unavailable"
        return name == "StatusNotification" and here and right

    return matches
