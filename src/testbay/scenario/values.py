"""What passes between a case and the two ends: payloads, messages, replies, acts on the link."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from testbay.scenario.verdict import StopCase, Verdict


class _Omitted:
    __slots__ = ()

    def __repr__(self) -> str:
        return "(omitted)"


OMITTED = _Omitted()
"""The value of a field that a payload does not have."""


class Payload(dict[str, Any]):
    """What the system under test sent: a field it left out is its failure, not an error of ours.

    Objects inside are wrapped when they are read; most of a payload never is.
    """

    def __missing__(self, key: str) -> Any:
        raise StopCase(Verdict.FAIL, f"the field {key} is omitted, but the case needs it")

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        return self._wrapped(key, value) if type(value) in (dict, list) else value

    def get(self, key: str, default: Any = None) -> Any:
        """Return a field, or the default when it is omitted."""
        value = super().get(key, default)
        return self._wrapped(key, value) if type(value) in (dict, list) and key in self else value

    def _wrapped(self, key: str, value: Any) -> Any:
        wrapped = _wrap(value)
        self[key] = wrapped
        return wrapped

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Payload:
        """Wrap a decoded JSON object."""
        return cls(fields)


class _Items(list[Any]):
    """A list of a payload whose objects have been wrapped; what it lacks is the SUT's failure."""

    def __getitem__(self, index: Any) -> Any:
        try:
            return super().__getitem__(index)
        except IndexError:
            why = f"a list has {len(self)} elements, but the case needs element {index}"
            raise StopCase(Verdict.FAIL, why) from None


def _wrap(value: Any) -> Any:
    if type(value) is dict:
        return Payload(value)
    return _Items(_wrap(v) for v in value) if type(value) is list else value


def pick(payload: Any, path: str) -> Any:
    """Return the value at a dotted path (``meterValue[0].timestamp``), or OMITTED."""
    value = payload.payload if isinstance(payload, Received) else payload
    for part in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() and int(part) < len(value) else OMITTED
        else:
            value = value.get(part, OMITTED) if isinstance(value, dict) else OMITTED
    return value


def put(payload: Any, path: str, value: Any) -> Any:
    """Return a copy of a payload with another value at a path; OMITTED takes the field away."""
    changed = copy.deepcopy(payload.payload if isinstance(payload, Received) else payload)
    at, parts = changed, path.replace("[", ".").replace("]", "").split(".")
    for part, after in itertools.pairwise(parts):
        inside = pick(at, part)
        if not isinstance(inside, dict | list):
            if value is OMITTED:
                return changed
            inside = [] if after.isdigit() else {}
            _set(at, part, inside)
        at = pick(at, part)
    _set(at, parts[-1], value)
    return changed


def _set(at: dict[str, Any] | list[Any], part: str, value: Any) -> None:
    if isinstance(at, list):
        place = slice(int(part), int(part) + 1) if part.isdigit() else slice(len(at), None)
        at[place] = [] if value is OMITTED else [value]
    elif value is OMITTED:
        at.pop(part, None)
    else:
        at[part] = value


@dataclass(frozen=True, slots=True)
class CallError:
    """A CALLERROR: sent by the tool (as ``reply=``) or by the system under test."""

    code: str
    description: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"CALLERROR {self.code}" + (f" ({self.description})" if self.description else "")


ANY_CODE = "of any code"
"""As ``or_error=`` of a call: the text names no code."""


class _NoAnswer:
    __slots__ = ()

    def __repr__(self) -> str:
        return "no answer"


NO_ANSWER = _NoAnswer()
"""As ``reply=``: leave the request unanswered."""

Reply = dict[str, Any] | CallError | _NoAnswer


@dataclass(frozen=True, slots=True)
class Lost:
    """A call that got no answer, and why: out of time, or no connection."""

    why: str

    def __str__(self) -> str:
        return self.why


Answer = dict[str, Any] | CallError | Lost


@dataclass(eq=False, slots=True)
class Received:
    """A request of the system under test, or an event of the connection (its action begins ``@``).

    Args:
        uid: the id of the message on the wire; made unique by the engine when it is used twice.
        connection: number of the connection it came over.
        whole: the message of whose reports this is a further one, see ``Engine.parts``.
    """

    uid: str
    action: str
    payload: Payload
    connection: int = 0
    position: int = -1
    at: float = 0.0
    claimed: str = ""
    reply: Reply | None = None
    wire_uid: str = ""
    servable: bool = True
    whole: Received | None = None

    def __getitem__(self, key: str) -> Any:
        return self.payload[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Return a field, or the default when it is omitted."""
        return self.payload.get(key, default)

    def was_answered(self, chosen: Reply) -> bool:
        """Return whether the answer that was given is a chosen one, in what that says."""
        if isinstance(chosen, dict) and isinstance(self.reply, dict):
            return all(k in self.reply and self.reply[k] == v for k, v in chosen.items())
        return bool(chosen == self.reply)

    @property
    def is_event(self) -> bool:
        """Whether it is an event of the connection instead of a message."""
        return self.action.startswith("@")


@dataclass(frozen=True, slots=True)
class Link:
    """An act of the tool on the connection itself: close, refuse, serve, dial.

    Args:
        unseen: the parameters that are not written out: secrets, and long texts.
    """

    what: str
    how: tuple[tuple[str, Any], ...] = ()
    unseen: tuple[str, ...] = ()

    def __call__(self, **how: Any) -> Link:
        return replace(self, how=tuple(how.items()))

    def __str__(self) -> str:
        shown = ((k, v) for k, v in self.how if k not in self.unseen)
        return self.what + "".join(f", {k} {_words(v)}" for k, v in shown)


def _words(value: Any) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)


def reply_to_json(reply: Reply | Answer) -> Any:
    """Return a reply in the form the journal keeps."""
    if isinstance(reply, CallError):
        return {
            "@error": reply.code,
            "description": reply.description,
            "details": dict(reply.details),
        }
    if isinstance(reply, Lost):
        return {"@lost": reply.why}
    return {"@no answer": True} if isinstance(reply, _NoAnswer) else reply


def answer_from_json(reply: dict[str, Any]) -> Answer:
    """Return the answer of the system under test as the journal has kept it."""
    if "@error" in reply:
        return CallError(reply["@error"], reply["description"], reply["details"])
    return Lost(reply["@lost"]) if "@lost" in reply else reply
