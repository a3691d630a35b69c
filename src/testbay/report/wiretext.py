"""Frames as a reader sees them: what kind of message, its action, and which answers which."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import orjson

from testbay.report.markup import brief, clip

LONGEST = 20_000
MOST_OPEN = 512
BRIEF = 84

CALL, RESULT, ERROR, OTHER = "call", "result", "error", "other"


@dataclass(slots=True, weakref_slot=True)
class Message:
    """A frame in a case. ``number`` counts the frames of the case from 1.

    Args:
        text: as it was on the wire; what is longer than ``LONGEST`` is cut.
        length: of the whole text, in characters.
        about: the first fields of the payload.
        answers: the number of the frame with the call that this one answers, or 0.
        answered: the number of the frame that answers this call, or 0.
        seconds: from the call to this answer (s).
        step: label of the step that claimed it.
        bad: a validation of it failed.
    """

    number: int
    t: float
    at: str
    direction: str
    connection: int
    text: str
    length: int
    sort: str
    uid: str
    action: str
    about: str
    answers: int = 0
    answered: int = 0
    seconds: float = 0.0
    step: str = ""
    bad: bool = False

    @property
    def incoming(self) -> bool:
        """Whether it came from the system under test."""
        return self.direction == "in"


class Correlator:
    """Makes messages of frames, and finds for every answer its call by the message id."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[bool, int, str], Message] = OrderedDict()
        self._count = 0

    def message(self, t: float, at: str, direction: str, connection: int, text: str) -> Message:
        """Return the next frame of the case as a message."""
        self._count += 1
        sort, uid, action, about = _look(text)
        shown = clip(text, LONGEST)
        message = Message(
            self._count, t, at, direction, connection, shown, len(text), sort, uid, action, about
        )
        if sort == CALL:
            self._open[message.incoming, connection, uid] = message
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        elif sort in (RESULT, ERROR):
            call = self._open.pop((not message.incoming, connection, uid), None)
            if call is not None:
                message.answers, call.answered = call.number, message.number
                message.action, message.seconds = call.action, t - call.t
        return message


def _look(text: str) -> tuple[str, str, str, str]:
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        return OTHER, "", "", clip(text, BRIEF)
    match frame:
        case [2, str(uid), str(action), dict(payload), *_]:
            return CALL, uid, action, brief(payload, BRIEF)
        case [3, str(uid), dict(payload), *_]:
            return RESULT, uid, "", brief(payload, BRIEF)
        case [4, str(uid), code, *rest]:
            return ERROR, uid, "", clip(_error(code, rest), BRIEF)
        case _:
            return OTHER, "", "", clip(text, BRIEF)


def _error(code: Any, rest: list[Any]) -> str:
    return f"CALLERROR {code}" + (f": {rest[0]}" if rest and rest[0] else "")
