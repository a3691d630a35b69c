"""What happened in one attempt at a case, as the page tells it: of bounded size, typed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from testbay.report.excerpt import Excerpt
from testbay.report.wiretext import CALL, Correlator, Message
from testbay.scenario import events

FIRST, LAST, AROUND, MARKS = 150, 150, 40, 60
MOST_REMARKS = 100
MOST_OUTCOMES = 60
MOST_PENDING = 256
MOST_SUBJECTS = 5
NO_STEP = "not claimed"


@dataclass(frozen=True, slots=True)
class Result:
    """One validation: the sentence, whether it held, what was there, what was configured."""

    text: str
    passed: bool
    actual: Any
    wanted: str


@dataclass(slots=True)
class Step:
    """A judged step, or an act of the tool (no results).

    Args:
        decisive: the step that decided the verdict.
        left_out: how many results are not shown.
        frames: numbers of the frames with the messages that were judged, the first of them.
        sent: what the tool sent, if it sent something.
        reply: what the tool answered, with who chose it.
    """

    t: float
    label: str
    what: str
    results: list[Result]
    verdict: str
    phase: str
    decisive: bool = False
    left_out: int = 0
    frames: list[int] = field(default_factory=list)
    sent: dict[str, Any] | None = None
    reply: tuple[Any, str] | None = None

    @property
    def failed(self) -> list[Result]:
        """What did not hold."""
        return [r for r in self.results if not r.passed]


@dataclass(slots=True)
class Act:
    """Something somebody was asked to do, or to look at; ``result`` is empty while it is open."""

    t: float
    text: str
    name: str
    parameters: dict[str, Any]
    question: bool = False
    result: str = ""
    by: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class LinkAct:
    """What the tool did to the connection, and what the other end did."""

    t: float
    what: str
    how: dict[str, Any]
    seen: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of the case begins."""

    t: float
    name: str


@dataclass(frozen=True, slots=True)
class ActEnd:
    """The end of an act, where it happened."""

    t: float
    act: Act


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """Something happened to a connection."""

    t: float
    name: str
    connection: int
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark, a notice, or a message that no step claimed (then with its frame)."""

    t: float
    text: str
    frame: int = 0
    payload: dict[str, Any] | None = None
    connection: int = 0


Entry = Step | Act | LinkAct | Phase
Item = Message | Act | ActEnd | LinkAct | LinkEvent | Phase | Step


def _excerpt() -> Excerpt[Any]:
    return Excerpt(FIRST, LAST, AROUND, MARKS)


@dataclass(slots=True)
class Story:
    """One attempt.

    Args:
        steps: steps, acts and phases in their order, as they are listed.
        flow: messages, acts and events of the connection in their order, as they are drawn.
        known: what the tool knew of the SUT from before.
        left: what the case has left at the SUT.
    """

    steps: Excerpt[Entry] = field(default_factory=_excerpt)
    flow: Excerpt[Item] = field(default_factory=_excerpt)
    remarks: Excerpt[Remark] = field(default_factory=lambda: Excerpt(MOST_REMARKS, MOST_REMARKS))
    unclaimed: list[Remark] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    trace: str = ""
    frames: int = 0


def tell(stream: Iterable[events.Stamped], failed: str, unclaimed: Iterable[str]) -> Story:
    """Make the story of an attempt from its events.

    Args:
        failed: label of the step that decided the verdict.
        unclaimed: ids of the messages that no step claimed.
    """
    teller = _Teller(failed, unclaimed)
    for stamped in stream:
        teller.take(stamped)
    return teller.story


class _Teller:
    """Goes through the events; keeps open what waits for its end, and little else."""

    def __init__(self, failed: str, unclaimed: Iterable[str]) -> None:
        self.story = Story()
        self._failed = failed
        self._unclaimed = dict.fromkeys(unclaimed)
        self._left: dict[str, Remark] = {}
        self._correlator = Correlator()
        self._acts: dict[str, Act] = {}
        self._links: dict[str, LinkAct] = {}
        self._incoming: Message | None = None
        self._calling: events.Called | None = None
        self._calls: OrderedDict[int, str] = OrderedDict()
        self._tool_step: Step | None = None
        self._by_uid: WeakValueDictionary[str, Message] = WeakValueDictionary()
        self._steps: OrderedDict[str, Step] = OrderedDict()
        self._replies: OrderedDict[str, tuple[Any, str]] = OrderedDict()

    def take(self, stamped: events.Stamped) -> None:
        t, event = stamped.t, stamped.event
        match event:
            case events.Frame():
                self._frame(stamped, event)
            case events.PartTaken(uid, whole):
                if (message := self._by_uid.get(whole)) is not None:
                    self._by_uid[uid] = message
            case events.MessageReceived():
                self._received(t, event)
            case events.Judged():
                self._judged(t, event)
            case events.Called():
                self._called(t, event)
            case events.Replied(uid, _, reply, by):
                self._replied(uid, reply, by)
            case events.Violated(uid):
                if uid and (message := self._by_uid.get(uid) or self._named(uid)) is not None:
                    message.bad = True
            case events.Phase(name):
                phase = Phase(t, name)
                self.story.steps.add(phase)
                self.story.flow.add(phase)
            case events.Noticed(text):
                self.story.remarks.add(Remark(t, text))
            case events.Remarked(text, uid):
                self._remarked(t, text, uid)
            case events.LeftBehind(what):
                self.story.left += what
            case events.CaseStarted():
                self.story.readings = event.readings
                self.story.config, self.story.known = event.config, event.known
            case events.CaseFinished():
                self.story.trace = event.trace
            case _:
                self._acted(t, event)

    def _acted(self, t: float, event: events.Event) -> None:
        match event:
            case events.ActionAsked(uid, name, parameters, text):
                self._begin(uid, Act(t, text, name, parameters))
            case events.QuestionAsked(uid, question):
                self._begin(uid, Act(t, question, "", {}, question=True))
            case events.ActionDone(uid, _, result, by, seconds):
                self._end(t, uid, result, by, seconds)
            case events.QuestionAnswered(uid, _, answer, by):
                said = {True: "yes", False: "no", None: "nobody could tell"}[answer]
                self._end(t, uid, said, by, None)
            case events.Linked(uid, what, how):
                link = self._links[uid] = LinkAct(t, what, how)
                self.story.steps.add(link)
                self.story.flow.add(link)
            case events.LinkSeen(uid, seen) if uid in self._links:
                self._links.pop(uid).seen = seen
            case _:
                pass

    def _begin(self, uid: str, act: Act) -> None:
        self._acts[uid] = act
        self.story.steps.add(act)
        self.story.flow.add(act)

    def _end(self, t: float, uid: str, result: str, by: str, seconds: float | None) -> None:
        act = self._acts.pop(uid, None)
        if act is not None:
            act.result, act.by = result, by
            act.seconds = t - act.t if seconds is None else seconds
            self.story.flow.add(ActEnd(t, act))

    def _frame(self, stamped: events.Stamped, frame: events.Frame) -> None:
        self.story.frames += 1
        message = self._correlator.message(
            stamped.t, stamped.at, frame.direction, frame.connection, frame.text
        )
        self.story.flow.add(message)
        if message.incoming:
            self._incoming = message
            uid = self._calls.pop(message.answers, "")
            if uid:
                self._by_uid[uid] = message
        elif self._calling is not None and message.sort == CALL:
            if message.action == self._calling.action:
                _remember(self._calls, message.number, self._calling.uid)
                self._by_uid[self._calling.uid] = message
            self._calling = None

    def _named(self, uid: str) -> Message | None:
        """Return the latest frame of the SUT if it has this id: breaches are told before it is."""
        latest = self._incoming
        return latest if latest is not None and latest.uid == uid else None

    def _received(self, t: float, event: events.MessageReceived) -> None:
        message: Message | None = None
        if event.action.startswith("@"):
            link = LinkEvent(t, event.action[1:], event.connection, event.payload)
            self.story.flow.add(link)
        else:
            message = self._named(event.uid.rpartition("#")[0]) or self._named(event.uid)
            if message is not None:
                self._by_uid[event.uid] = message
                if event.uid in self._unclaimed:
                    message.step = NO_STEP
        if event.uid in self._unclaimed:
            number = message.number if message is not None else 0
            self._left[event.uid] = Remark(t, event.action, number, event.payload, event.connection)

    def _called(self, t: float, event: events.Called) -> None:
        self._calling = event
        step, self._tool_step = self._tool_step, None
        if step is None or event.action not in step.what:
            step = Step(t, "", f"tool sends {event.action}", [], "PASS", "")
            self.story.steps.add(step)
        step.sent = event.payload

    def _judged(self, t: float, event: events.Judged) -> None:
        results = [Result(*_outcome(o)) for o in event.outcomes]
        step = Step(t, event.label, event.what, _most(results), event.verdict, event.phase)
        step.left_out = len(results) - len(step.results)
        found = (self._by_uid.get(u) or self._named(u) for u in event.subjects)
        subjects = [m for m in found if m is not None]
        step.frames = [m.number for m in subjects[:MOST_SUBJECTS]]
        blamed = bool(step.failed) and len(subjects) <= MOST_SUBJECTS
        claims = event.phase != "post" and event.label != "valid"
        for message in subjects:
            message.bad = message.bad or blamed
            if claims and not message.step:
                message.step = event.label
        self._tool_step = None if results else step
        for uid in event.subjects[:1]:
            step.reply = self._replies.pop(uid, None)
            _remember(self._steps, uid, step)
        if not step.failed:
            self.story.steps.add(step)
            return
        step.decisive = bool(self._failed) and event.label == self._failed
        step.decisive = step.decisive and event.verdict != "PASS"
        if step.decisive:
            self._failed = ""
        self.story.steps.mark(step, decisive=step.decisive)
        if event.verdict != "PASS":
            self.story.flow.mark(step, decisive=step.decisive)

    def _replied(self, uid: str, reply: Any, by: str) -> None:
        step = self._steps.get(uid)
        if step is not None and step.reply is None:
            step.reply = (reply, by)
        else:
            _remember(self._replies, uid, (reply, by))

    def _remarked(self, t: float, text: str, uid: str) -> None:
        left = self._left.pop(uid, None) if uid else None
        if left is not None:
            self.story.unclaimed.append(left)
        else:
            self.story.remarks.add(Remark(t, text))


def _outcome(outcome: list[Any]) -> tuple[str, bool, Any, str]:
    """Return the parts of an outcome; a part that a damaged line lacks is empty."""
    text, passed, actual, wanted = [*outcome, *[""] * 4][:4]
    return str(text), passed is True, actual, str(wanted)


def _most(results: list[Result]) -> list[Result]:
    """Return at most so many results, what failed before what passed, in their order."""
    if len(results) <= MOST_OUTCOMES:
        return results
    order = sorted(range(len(results)), key=lambda i: (results[i].passed, i))[:MOST_OUTCOMES]
    return [results[i] for i in sorted(order)]


def _remember(memory: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    memory[key] = value
    if len(memory) > MOST_PENDING:
        memory.popitem(last=False)
