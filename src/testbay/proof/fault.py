"""One fault between the system under test and the tool, and payloads deformed by it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from testbay.scenario.values import OMITTED


@dataclass(frozen=True)
class WireFault:
    """What the wire does to one message of the system under test.

    Args:
        act: ``set`` (another value at a path), ``drop``, ``mute`` (it and all others of its action
            from then on), ``repeat``, ``delay`` (by ``value`` s), ``error`` (CALLERROR instead of a
            result, or the reverse), ``recode`` (another code in a CALLERROR), ``early`` (sent
            before the frame ``before``, not where it belongs), ``alone`` (the same, and no other
            of its action afterwards), ``inject`` (a message of its own, before the frame
            ``before`` or at ``value`` s of the loop), ``refuse`` (the operator says no),
            ``unheard``, ``misheard`` and ``overheard`` (an event of a connection is not told, told
            wrongly, or made up).
        uid: id on the wire of the message.
        frame: the request to send, for ``early`` and ``inject``: action and payload; of an event
            its action.
        before: id on the wire of a frame and its direction (``in`` comes from the SUT).
        after: whether it is sent right after that frame instead.
        reply: what the SUT is told for a request that the tool does not get.
    """

    act: str
    uid: str = ""
    path: str = ""
    value: Any = None
    frame: tuple[str, dict[str, Any]] | None = None
    before: tuple[str, str] | None = None
    after: bool = False
    reply: dict[str, Any] | None = None

    def __str__(self) -> str:
        what = f"{self.act} {self.uid} {self.path}".rstrip()
        if self.act == "set":
            return f"{what} = {'(omitted)' if self.value is OMITTED else repr(self.value)}"
        if self.act in ("unheard", "misheard") and self.frame is not None:
            other = "" if self.act == "unheard" else f" = {self.value!r}"
            return f"{self.act} {self.frame[0]} {self.uid} {self.path}".rstrip() + other
        if self.frame is not None:
            side = "after" if self.after else "before"
            where = f"{side} {self.before[1]}" if self.before else f"at {self.value:.3f} s"
            return f"{what} {self.frame[0]} {where}"
        return what if self.value is None else f"{what} {self.value}"


def put(payload: Any, path: str, value: Any) -> Any:
    """Return a copy of a payload with another value at a path; OMITTED takes the field away."""
    changed = copy.deepcopy(payload)
    at, parts = changed, path.replace("[", ".").replace("]", "").split(".")
    for part in parts[:-1]:
        at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
    last: Any = int(parts[-1]) if isinstance(at, list) else parts[-1]
    if value is OMITTED:
        if isinstance(at, list) or last in at:
            del at[last]
    elif isinstance(at, list) and last == len(at):
        at.append(value)
    else:
        at[last] = value
    return changed
