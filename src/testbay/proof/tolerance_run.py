"""A conforming run, as the frames of it: where perturbations have their places."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from testbay.campaign.virtual import Recorded
from testbay.proof.tolerance_acts import Place
from testbay.proof.tolerance_wire import CALL
from testbay.scenario import events
from testbay.scenario.many import NotBefore, Spaced

if TYPE_CHECKING:
    from testbay.proof.tolerance_speech import Speech

GAP = 1.0  # s without a frame, in which something may come or go
TELLING = ("status", "connectorStatus", "eventType", "triggerReason")
"""Fields that tell one message from others of its action."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A frame of a run: of the system or of the tool.

    Args:
        asked: how many actions had been asked for before it.
    """

    of_sut: bool
    place: Place
    action: str
    payload: dict[str, Any]
    t: float
    asked: int = 0

    @property
    def words(self) -> str:
        """Name it in a sentence."""
        what = self.action if self.place.kind == CALL else f"the answer to {self.action}"
        told = [str(self.payload[name]) for name in TELLING if name in self.payload]
        more = f"({' '.join(told)})" if told else ""
        return f"{what}{more} {self.place.uid}"


@dataclass
class Conforming:
    """A conforming run, as its frames.

    Args:
        speech: what is said in its version.
    """

    run: Recorded
    sut: str
    speech: Speech
    frames: list[Passed] = field(default_factory=list)

    def __post_init__(self) -> None:
        actions: dict[str, str] = {}
        asked = 0
        for stamped in self.run.journal:
            asked += isinstance(stamped.event, events.ActionAsked)
            if not stamped.case or not isinstance(stamped.event, events.Frame):
                continue
            kind, uid, *rest = orjson.loads(stamped.event.text)
            if kind == CALL:
                actions[uid] = rest[0]
            payload = rest[-1] if isinstance(rest[-1], dict) else {}
            of_sut = stamped.event.direction == "in"
            passed = Passed(
                of_sut, Place(kind, uid), actions.get(uid, ""), payload, stamped.t, asked
            )
            self.frames.append(passed)

    @property
    def zero(self) -> float:
        """Moment of the loop at which the case began (s)."""
        return self.run.test.recorder.zero

    @property
    def said(self) -> list[Passed]:
        """The frames of the system."""
        return [f for f in self.frames if f.of_sut]

    @property
    def requests(self) -> list[Passed]:
        """The requests of the system."""
        return [f for f in self.said if f.place.kind == CALL]

    @property
    def answers(self) -> list[Passed]:
        """The answers of the system to the tool."""
        return [f for f in self.said if f.place.kind != CALL]

    def reply(self, uid: str) -> dict[str, Any]:
        """Return what the tool answered to a request."""
        told = (f for f in self.frames if not f.of_sut and f.place.uid == uid)
        return next((f.payload for f in told if f.place.kind != CALL), {})

    def gaps(self) -> Iterator[tuple[float, Passed]]:
        """Yield the middle of each pause, and the frame before it."""
        for before, after in itertools.pairwise(self.frames):
            if after.t - before.t > GAP:
                yield self.zero + (before.t + after.t) / 2, before

    @property
    def case(self) -> str:
        """The id of the case."""
        return self.run.test.recorder.case

    def configured(self, name: str) -> Any:
        """Return a configured value of the run."""
        return self.run.test.config[name]

    def texts(self) -> list[str]:
        """Return the sentences of all checks."""
        return [o.text for r in self.run.test.recorder.results for o in r.outcomes]

    def measured(self) -> dict[str, None]:
        """Return the ids on the wire of the messages whose moment of arrival is judged."""
        known = {m.uid: m.wire_uid for m in self.run.test.box.log}
        actions = {m.uid: m.action for m in self.run.test.box.log}
        return {
            known[uid]: None
            for result in self.run.test.recorder.results
            for outcome in result.outcomes
            for uid in result.subjects
            if uid in known and self._measures(outcome.check, actions[uid])
        }

    def _measures(self, check: Any, action: str) -> bool:
        spaced = isinstance(check, Spaced) and check.by == "arrival"
        return isinstance(check, NotBefore) or spaced or self.speech.measures(check, action)
