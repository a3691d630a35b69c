"""What a run tells its readers: frozen events, one kind a class; the journal is their JSON.

Times: ``t`` is seconds of the run's clock since the start of the case (or of the run, outside a
case); ``at`` is wall time. Both stand on every event, see ``Stamped``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, NamedTuple


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run."""

    kind: ClassVar[str]

    def facts(self) -> dict[str, Any]:
        """Return the fields as they stand in the journal."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


class Stamped(NamedTuple):
    """An event with its two time stamps and the case (and attempt) it belongs to."""

    t: float
    at: str
    case: str
    attempt: int
    event: Event

    def to_json(self) -> dict[str, Any]:
        """Return the line of the journal."""
        head = {"t": round(self.t, 6), "at": self.at, "kind": self.event.kind}
        if self.case:
            head |= {"case": self.case, "attempt": self.attempt}
        return head | self.event.facts()


Sink = Callable[[Stamped], None]


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """A run begins: what is tested, by what, in which order.

    ``options`` are those that the tester gave; a run that goes on uses them again, and the answers
    of the vendor's PICS.
    """

    kind: ClassVar[str] = "run_started"
    ocpp: str
    sut: str
    seed: int
    clock: str
    version: str
    cases: list[str]
    config: dict[str, Any]
    product: dict[str, bool]
    options: dict[str, Any] | None = None
    pics: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Identified(Event):
    """What the SUT says of itself: its vendor, model, firmware; told when it says it anew.

    ``product``: of the reference systems, how this one is built. ``before``: what it said before.
    """

    kind: ClassVar[str] = "identified"
    lane: int
    about: dict[str, Any]
    product: str = ""
    before: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surveyed(Event):
    """All settings of the SUT were read, or why not, and what is wrong with them.

    ``entries`` are as they came; ``findings`` are ``[about, sentence]``: the key, the question of
    the PICS or the configured value, and what is so. ``absent``: standard ones that it lacks.
    """

    kind: ClassVar[str] = "surveyed"
    lane: int
    entries: list[dict[str, Any]]
    findings: list[list[Any]]
    why: str = ""
    product: str = ""
    absent: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """The tester lets the run wait; the running cases have ended before the next begin."""

    kind: ClassVar[str] = "paused"


@dataclass(frozen=True, slots=True)
class Continued(Event):
    """The run goes on; how long it has waited (s)."""

    kind: ClassVar[str] = "continued"
    seconds: float


@dataclass(frozen=True, slots=True)
class RunFinished(Event):
    """A run ended: how many cases had which verdict, and why it ended early if it did."""

    kind: ClassVar[str] = "run_finished"
    verdicts: dict[str, int]
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class CaseStarted(Event):
    """A case begins. ``known`` is what the tool knew of the SUT from before.

    ``strict``: a failed preparation fails the case.
    """

    kind: ClassVar[str] = "case_started"
    title: str
    ocpp: str
    sut: str
    group: str
    lane: int
    seed: int
    started: str
    config: dict[str, Any]
    known: dict[str, Any]
    readings: list[str]
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Phase(Event):
    """The case enters a phase: before, main, post or restore."""

    kind: ClassVar[str] = "phase"
    name: str


@dataclass(frozen=True, slots=True)
class Frame(Event):
    """A text on the wire, as it was sent. ``direction`` is ``in`` (from the SUT) or ``out``."""

    kind: ClassVar[str] = "frame"
    direction: str
    text: str
    connection: int


@dataclass(frozen=True, slots=True)
class MessageReceived(Event):
    """A request of the SUT, or an event of the connection, entered the case."""

    kind: ClassVar[str] = "received"
    uid: str
    action: str
    payload: dict[str, Any]
    connection: int
    servable: bool


@dataclass(frozen=True, slots=True)
class PartTaken(Event):
    """A further report of a message that was received is taken like a message of its own."""

    kind: ClassVar[str] = "part"
    uid: str
    whole: str


@dataclass(frozen=True, slots=True)
class Violated(Event):
    """A message broke the schema, or a frame the protocol."""

    kind: ClassVar[str] = "violated"
    uid: str
    where: str
    sentences: list[str]


@dataclass(frozen=True, slots=True)
class Noticed(Event):
    """Something a tester should know that is not judged (an answer that came too late)."""

    kind: ClassVar[str] = "noticed"
    text: str


@dataclass(frozen=True, slots=True)
class Called(Event):
    """The tool sent a request."""

    kind: ClassVar[str] = "called"
    uid: str
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """The SUT answered a request of the tool, or did not.

    Args:
        before: how many messages of the case had come before the answer, where that is known.
    """

    kind: ClassVar[str] = "answered"
    uid: str
    action: str
    reply: Any
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Replied(Event):
    """The tool answered a request of the SUT."""

    kind: ClassVar[str] = "replied"
    uid: str
    action: str
    reply: Any
    by: str


@dataclass(frozen=True, slots=True)
class Linked(Event):
    """The tool acts on the connection itself."""

    kind: ClassVar[str] = "linked"
    uid: str
    what: str
    how: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LinkSeen(Event):
    """What the other end did when the tool acted on the connection."""

    kind: ClassVar[str] = "link_seen"
    uid: str
    seen: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ActionAsked(Event):
    """Somebody is asked to act on the SUT."""

    kind: ClassVar[str] = "action"
    uid: str
    name: str
    parameters: dict[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class ActionDone(Event):
    """The action was done or not: ``done``, ``closed`` (the SUT showed the effect) or why not."""

    kind: ClassVar[str] = "performed"
    uid: str
    name: str
    result: str
    by: str
    seconds: float


@dataclass(frozen=True, slots=True)
class QuestionAsked(Event):
    """A person is asked what only a person can see."""

    kind: ClassVar[str] = "asked"
    uid: str
    question: str


@dataclass(frozen=True, slots=True)
class QuestionAnswered(Event):
    """The answer: yes, no, or nobody could tell (None)."""

    kind: ClassVar[str] = "confirmed"
    uid: str
    question: str
    answer: bool | None
    by: str


@dataclass(frozen=True, slots=True)
class Judged(Event):
    """A step was judged. ``outcomes`` are ``[text, passed, actual, wanted]``.

    ``wanted`` repeats the configured values of the sentence, resolved; else it is empty.
    ``subjects`` are the uids of the messages that were judged.
    """

    kind: ClassVar[str] = "judged"
    label: str
    what: str
    outcomes: list[list[Any]]
    verdict: str
    phase: str
    subjects: list[str]


@dataclass(frozen=True, slots=True)
class Remarked(Event):
    """A remark for the report: left out, not restored, not claimed."""

    kind: ClassVar[str] = "remark"
    text: str
    uid: str = ""


@dataclass(frozen=True, slots=True)
class LeftBehind(Event):
    """What a case has left at the SUT, a sentence each; the next case undoes it."""

    kind: ClassVar[str] = "left_behind"
    what: list[str]


@dataclass(frozen=True, slots=True)
class CaseFinished(Event):
    """The case ended. ``failed`` is the label of the first step that decided the verdict.

    ``stopped``: the tester ended it, or it could not begin; a run that goes on runs it again.
    """

    kind: ClassVar[str] = "case_finished"
    verdict: str
    reason: str
    checks: int
    seconds: float
    failed: str
    trace: str = ""
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class CaseSkipped(Event):
    """The case does not apply to the product; it was not run."""

    kind: ClassVar[str] = "case_skipped"
    title: str
    ocpp: str
    sut: str
    group: str
    reason: str
