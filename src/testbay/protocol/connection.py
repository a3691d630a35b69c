"""One OCPP-J connection without I/O: texts in, events out, time passed in (OCPP-J 1.6, chapter 4).

Whose fault it is stays apart: wrong use by us raises ``LocalError``, what the peer does wrong is
part of an event.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from testbay.protocol.framing import (
    CALL,
    Call,
    CallError,
    CallResult,
    Malformed,
    decode,
    encode_call,
    encode_error,
    encode_result,
)
from testbay.protocol.schemas import Violation, check_request, check_response
from testbay.protocol.versions import Local, Version
from testbay.protocol.wording import members, show

REMEMBERED = 1000  # ids of past calls, per kind


class LocalError(Exception):
    """We used the connection wrongly; nothing was sent and the peer is not to blame."""


class CallReceived(NamedTuple):
    """The peer calls.

    Args:
        call: the frame.
        violations: what is wrong with its payload.
        overlapping: an earlier call of the peer is still unanswered, which 4.1.1 advises against
            unless the peer takes that one for timed out.
        waiting: seconds since the oldest unanswered call came; 0 if there is none.
        reused: the peer has used this message id before on this connection.
        repeated: it did so for the very same text, which is allowed to retry (errata 3.1).
        code: the error code with which the protocol wants it refused; None: it can be served.
        reason: why, one sentence without a full stop; empty if it can be served.
    """

    call: Call
    violations: tuple[Violation, ...]
    overlapping: bool
    waiting: float
    reused: bool
    repeated: bool
    code: str | None
    reason: str


class ResultReceived(NamedTuple):
    """The answer to our open call; ``seconds`` after it was sent."""

    uid: str
    action: str
    payload: dict[str, Any]
    violations: tuple[Violation, ...]
    seconds: float
    frame: CallResult


@dataclass(frozen=True, slots=True)
class ErrorReceived:
    """A CALLERROR to our open call; ``code`` in the official spelling, ``frame.code`` as sent."""

    uid: str
    action: str
    code: str
    description: str
    details: dict[str, Any]
    seconds: float
    violations: tuple[Violation, ...]
    frame: CallError


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """An answer that belongs to no open call.

    Args:
        reason: "late": the call had timed out; "duplicate": it has been answered;
            "unknown": no call of ours had this id.
        uid: the message id.
        action: of the call; None if unknown.
        frame: the answer.
        seconds: since the call was sent; None if unknown.
        text: one sentence.
    """

    reason: Literal["late", "duplicate", "unknown"]
    uid: str
    action: str | None
    frame: CallResult | CallError
    seconds: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Garbage:
    """A message that is no frame.

    Args:
        malformed: the message and why it cannot be read.
        reply: the CALLERROR that the protocol wants sent; None: it is to be ignored.
        action: of our open call, if this was meant as the answer to it. The call stays open.
    """

    malformed: Malformed
    reply: str | None
    action: str | None


Event: TypeAlias = CallReceived | ResultReceived | ErrorReceived | Unanswerable | Garbage


@dataclass(frozen=True, slots=True)
class TimedOut:
    """A call of ours that was not answered in time."""

    uid: str
    action: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Lost:
    """What was open when the connection ended.

    Args:
        call: id and action of our unanswered call.
        unanswered: ids and actions of the peer's calls that we have not answered.
    """

    call: tuple[str, str] | None
    unanswered: tuple[tuple[str, str], ...]


class _Sent(NamedTuple):
    """A call of ours and when it was sent."""

    uid: str
    action: str
    at: float


class _Unanswered(NamedTuple):
    """A call of the peer: when it came, and how often with this id."""

    action: str
    at: float
    times: int


_V = TypeVar("_V")


@dataclass(slots=True)
class _Memory(Generic[_V]):
    """The last so many ids with what is known about them; the oldest is forgotten first."""

    limit: int
    entries: dict[str, _V] = field(default_factory=dict)

    def put(self, uid: str, value: _V) -> None:
        self.entries.pop(uid, None)
        self.entries[uid] = value
        if len(self.entries) > self.limit:
            del self.entries[next(iter(self.entries))]


class Connection:
    """Speak OCPP-J on one connection.

    Args:
        version: the version of OCPP.
        local: which side we are.
        timeout: seconds after which a call of ours counts as timed out.
        remembered: how many past ids are kept, per kind.
    """

    __slots__ = (
        "_answered",
        "_open",
        "_timed_out",
        "_unanswered",
        "_used",
        "local",
        "timeout",
        "version",
    )

    def __init__(
        self, version: Version, local: Local, timeout: float, *, remembered: int = REMEMBERED
    ) -> None:
        self.version = version
        self.local = local
        self.timeout = timeout
        self._open: _Sent | None = None
        self._timed_out: _Memory[_Sent] = _Memory(remembered)
        self._answered: _Memory[_Sent] = _Memory(remembered)
        self._unanswered: _Memory[_Unanswered] = _Memory(remembered)
        self._used: _Memory[int] = _Memory(remembered)

    @property
    def open_call(self) -> tuple[str, str] | None:
        """Return id and action of our open call, if there is one."""
        return (self._open.uid, self._open.action) if self._open else None

    @property
    def deadline(self) -> float | None:
        """Return when our open call times out, or None without one."""
        return self._open.at + self.timeout if self._open else None

    def call(self, uid: str, action: str, payload: Mapping[str, Any], now: float) -> str:
        """Return the text of a CALL and open it. The payload is not judged: it is ours.

        Args:
            now: seconds of the clock that ``receive`` and ``expire`` are given as well.

        Raises:
            LocalError: a call of ours is open; the id is too long or has been answered before;
                the payload is not JSON.
        """
        if self._open is not None:
            raise LocalError(
                f"{action} cannot be sent: {self._open.action} ({self._open.uid}) is still open"
            )
        if len(uid) > self.version.max_id_length:
            limit = self.version.max_id_length
            raise LocalError(f"the message id {uid} is longer than {limit} characters")
        if uid in self._answered.entries:
            raise LocalError(f"the message id {uid} has been used and answered before")
        try:
            text = encode_call(uid, action, payload)
        except TypeError as error:
            raise LocalError(f"the payload of {action} cannot be sent: {error}") from error
        self._timed_out.entries.pop(uid, None)  # a retry with the same id (errata 3.1)
        self._open = _Sent(uid, action, now)
        return text

    def receive(self, data: str | bytes, now: float) -> Event:
        """Take one message of the peer.

        An answer counts as in time until ``expire`` has said otherwise.
        """
        frame = decode(data, self.version)
        if isinstance(frame, Call):
            return self._called(frame, now)
        if isinstance(frame, Malformed):
            return self._garbage(frame)
        sent = self._open
        if sent is None or sent.uid != frame.uid:
            return self._unanswerable(frame, now)
        self._open = None
        self._answered.put(sent.uid, sent)
        seconds = now - sent.at
        if isinstance(frame, CallResult):
            violations = check_response(self.version, sent.action, frame.payload)
            return ResultReceived(sent.uid, sent.action, frame.payload, violations, seconds, frame)
        return ErrorReceived(
            uid=sent.uid,
            action=sent.action,
            code=self.version.error_code(frame.code) or frame.code,
            description=frame.description,
            details=frame.details,
            seconds=seconds,
            violations=_error_violations(self.version, frame),
            frame=frame,
        )

    def result(self, uid: str, payload: Mapping[str, Any]) -> str:
        """Return the text of the answer to a call of the peer.

        Raises:
            LocalError: the peer has no open call with this id; the payload is not JSON.
        """
        self._require(uid)
        try:
            text = encode_result(uid, payload)
        except TypeError as error:
            raise LocalError(f"the answer to {uid} cannot be sent: {error}") from error
        self._answer(uid)
        return text

    def error(
        self,
        uid: str,
        code: str,
        description: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the text of a CALLERROR to a call of the peer. The code is not judged.

        Raises:
            LocalError: the peer has no open call with this id; the details are not JSON.
        """
        self._require(uid)
        try:
            text = encode_error(uid, code, description, details)
        except TypeError as error:
            raise LocalError(f"the error for {uid} cannot be sent: {error}") from error
        self._answer(uid)
        return text

    def expire(self, now: float) -> tuple[TimedOut, ...]:
        """Close our open call if its time is over, and return it."""
        sent = self._open
        if sent is None or now < sent.at + self.timeout:
            return ()
        self._open = None
        self._timed_out.put(sent.uid, sent)
        return (TimedOut(sent.uid, sent.action, now - sent.at),)

    def lost(self) -> Lost:
        """Close everything that is open, because the connection has ended, and return it."""
        lost = Lost(
            self.open_call,
            tuple((uid, call.action) for uid, call in self._unanswered.entries.items()),
        )
        self._open = None
        self._unanswered.entries.clear()
        return lost

    def _require(self, uid: str) -> None:
        if uid not in self._unanswered.entries:
            raise LocalError(f"the peer has no open call with the id {uid}")

    def _answer(self, uid: str) -> None:
        call = self._unanswered.entries[uid]
        if call.times == 1:
            del self._unanswered.entries[uid]
        else:
            self._unanswered.entries[uid] = call._replace(times=call.times - 1)

    def _called(self, call: Call, now: float) -> CallReceived:
        waiting = 0.0
        overlapping = bool(self._unanswered.entries)
        if overlapping:
            waiting = now - next(iter(self._unanswered.entries.values())).at
        same = self._unanswered.entries.get(call.uid)
        if same is None:
            self._unanswered.put(call.uid, _Unanswered(call.action, now, 1))
        else:  # each of them may be answered
            self._unanswered.entries[call.uid] = same._replace(times=same.times + 1)
        seen = self._used.entries.get(call.uid)
        text = hash(call.raw)
        self._used.put(call.uid, text)
        violations = self._violations(call)
        code, reason = None, ""
        if violations:
            code, reason = violations[0].code, violations[0].text
        elif same is not None:  # 4.2.3 asks for a CALLERROR
            code = self.version.code("message id")
            reason = f"a call with the id {call.uid} is still open"
        return CallReceived(
            call=call,
            violations=violations,
            overlapping=overlapping,
            waiting=waiting,
            reused=seen is not None,
            repeated=seen == text,
            code=code,
            reason=reason,
        )

    def _violations(self, call: Call) -> tuple[Violation, ...]:
        action = call.action
        peer: Local = "csms" if self.local == "station" else "station"
        if action in self.version.sends(self.local) and action not in self.version.sends(peer):
            text = f"{action} is for a {self.local} to send, not for a {peer}"
            code = self.version.code("wrong direction")
            return (Violation("", "direction", action, text, code),)
        return check_request(self.version, action, call.payload)

    def _garbage(self, malformed: Malformed) -> Garbage:
        reply = None
        uid = malformed.uid
        if malformed.kind == CALL and uid is not None:
            reply = encode_error(uid, malformed.code, malformed.reason)
        elif uid is None and self.version.unreadable_id is not None:
            reply = encode_error(self.version.unreadable_id, malformed.code, malformed.reason)
        action = None
        if self._open is not None and malformed.kind != CALL and uid == self._open.uid:
            action = self._open.action
        return Garbage(malformed, reply, action)

    def _unanswerable(self, frame: CallResult | CallError, now: float) -> Unanswerable:
        uid = frame.uid
        sent = self._timed_out.entries.pop(uid, None)
        if sent is not None:
            self._answered.put(uid, sent)
            seconds = now - sent.at
            text = (
                f"the answer to {sent.action} ({uid}) came {seconds:.1f} s after the call, "
                f"which had timed out after {self.timeout:g} s"
            )
            return Unanswerable("late", uid, sent.action, frame, seconds, text)
        sent = self._answered.entries.get(uid)
        if sent is not None:
            text = f"the call {sent.action} ({uid}) has been answered before"
            return Unanswerable("duplicate", uid, sent.action, frame, now - sent.at, text)
        text = f"no call with the id {uid} was sent"
        return Unanswerable("unknown", uid, None, frame, None, text)


def _error_violations(version: Version, frame: CallError) -> tuple[Violation, ...]:
    found = []
    if version.error_code(frame.code) is None:
        text = f"errorCode is {show(frame.code)}, which is none of {members(version.error_codes)}"
        found.append(Violation("errorCode", "enum", frame.code, text, version.code("enum")))
    limit = version.max_description_length
    if limit is not None and len(frame.description) > limit:
        length = len(frame.description)
        text = f"errorDescription is longer than {limit} characters ({length})"
        code = version.code("maxLength")
        found.append(Violation("errorDescription", "maxLength", frame.description, text, code))
    return tuple(found)
