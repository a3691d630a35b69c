"""Judge a recorded run again without a system under test: its journal plays all other parts.

A case is a function of its inputs (messages, answers, what people did, configuration, seed, start)
and of the one clock, so the same inputs at the same moments give the same run. If the case now does
something that the record does not have, the record cannot say how the SUT would have reacted.

Time stamps are all there is to go by: in a record of real time, a message within a millisecond of a
deadline may fall on the other side of it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from testbay.scenario import events
from testbay.scenario.case import TestCase
from testbay.scenario.checks import Judges, same
from testbay.scenario.execute import Ended, execute
from testbay.scenario.many import moment
from testbay.scenario.recorder import Recorder, plain
from testbay.scenario.role import Action, Confirmed, Inbox, Operator, Performed, Role
from testbay.scenario.secret import stands_for
from testbay.scenario.test import Test
from testbay.scenario.values import (
    Answer,
    Payload,
    Received,
    Reply,
    answer_from_json,
    reply_to_json,
)

SLACK = 1.0  # s by which a moment, or a time stamp of ours, may differ from the record
BURST = 0.005  # s; inputs this close were there before the engine looked, if it did nothing between
EARLY = 0.4e-6  # s; the inputs of a moment come before the timers of that moment
GRACE = 0.05  # s more for holding a request: the record says when that ended
SPINS = 100  # rounds of the loop in which the case may catch up with the record

Line = Mapping[str, Any]
Token = tuple[str, str]

_REPLIES = {
    "answered": "called",
    "link_seen": "linked",
    "performed": "action",
    "confirmed": "asked",
}
_INPUTS = ("received", "violated", "noticed", *_REPLIES)
_DOES = {
    "called": "call {action}",
    "linked": "act on the connection ({what})",
    "action": "ask for the action {name}",
    "asked": "ask {question!r}",
}


@dataclass(frozen=True, slots=True)
class Diverged:
    """The record cannot be judged by this case; this is not a verdict."""

    reason: str

    def __str__(self) -> str:
        return f"cannot be judged again: {self.reason}"


class MakeTest(Protocol):
    """Makes the test object of a suite, with a model made from what was known at the start."""

    def __call__(
        self,
        role: Role,
        operator: Operator,
        recorder: Recorder,
        known: dict[str, Any],
        *,
        seed: int,
    ) -> Test: ...


async def rejudge(
    case: TestCase,
    journal_lines: Sequence[Line],
    make_test: MakeTest,
    *,
    tighten: Mapping[str, tuple[Judges, ...]] | None = None,
    sink: events.Sink | None = None,
    strict: bool | None = None,
) -> Ended | Diverged:
    """Run a case against its record, in the time of the record: on the jumping clock, at once.

    Args:
        journal_lines: the lines of one attempt at the case; lines of others are passed over.
        tighten: more checks for the message or answer of a step, by its label.
        sink: told of every event of the new run.
        strict: a failed preparation fails the case; as recorded, if it is not given.

    Raises:
        ValueError: the lines do not say how the case was started.
    """
    record = Record.of(case.id, journal_lines)
    replay = _Replay(record, sink)
    start = record.start
    recorder = replay.recorder = _Recorder(
        case.id,
        start["attempt"],
        replay.hear,
        datetime.fromisoformat(start["started"]),
        dict(start["config"]),
        start.get("strict", False) if strict is None else strict,
    )
    test = make_test(replay, replay, recorder, dict(start["known"]), seed=start["seed"])
    test.tighten = dict(tighten or {})
    test.hold += GRACE
    replay.attach(test)
    try:
        await replay.begin()
        ended = await execute(case, test)
    finally:
        replay.end()
    reason = replay.diverged or replay.not_comparable()
    return Diverged(reason) if reason else ended


# -- the record ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Burst:
    """Inputs between which the recorded run did nothing; ``after``: what it had done before."""

    inputs: list[Line]
    after: list[Token]

    @property
    def due(self) -> float:
        return float(self.inputs[-1]["t"])


@dataclass(frozen=True, slots=True)
class Record:
    """The journal of one attempt at a case, taken apart.

    Args:
        horizon: until when it shows how the SUT behaved in the scenario (s).
    """

    start: Line
    bursts: list[_Burst]
    outputs: dict[Token, Line]
    begun: float
    horizon: float
    restored: float

    @classmethod
    def of(cls, case: str, lines: Sequence[Line]) -> Record:
        """Take the lines apart.

        Raises:
            ValueError: they do not say how the case was started.
        """
        start = next((x for x in lines if x["kind"] == "case_started" and x["case"] == case), None)
        if start is None:
            raise ValueError(f"the journal does not say how {case} was started")
        mine = [x for x in lines if x.get("case") == case and x["attempt"] == start["attempt"]]
        mine = mine[mine.index(start) + 1 :]
        phases = {x["name"]: float(x["t"]) for x in reversed(mine) if x["kind"] == "phase"}
        last = float(mine[-1]["t"]) if mine else 0.0
        asks = ("replied", *_REPLIES.values())
        return cls(
            start,
            list(_bursts(mine)),
            {(x["kind"], x["uid"]): x for x in mine if x["kind"] in asks},
            min(phases.values(), default=last),
            phases.get("restore", last),
            last,
        )


def _bursts(lines: Sequence[Line]) -> Iterator[_Burst]:
    """Group inputs; each group knows what the recorded run did between it and the one before."""
    inputs: list[Line] = []
    after: list[Token] = []
    came: dict[str, float] = {}
    for line in lines:
        token, is_input = _token(line), line["kind"] in _INPUTS or _hold_ended(line, came)
        if inputs and (token is not None or (is_input and line["t"] - inputs[-1]["t"] > BURST)):
            yield _Burst(inputs, after)
            inputs, after = [], []
        if token is not None:
            after.append(token)
        if is_input:
            inputs.append(line)
        if line["kind"] == "received":
            came[line["uid"]] = line["t"]
        if line["kind"] in _REPLIES:  # the case tells it again when it takes it
            yield _Burst(inputs, after)
            inputs, after = [], [(line["kind"], line["uid"])]
    if inputs:
        yield _Burst(inputs, after)


def _token(line: Line) -> Token | None:
    """Return what names a thing that the case did; None for what happens as a message comes in."""
    kind = line["kind"]
    if kind == "phase":
        return kind, line["name"]
    if kind == "judged":
        return None if line["label"] == "valid" else (kind, line["label"])
    if kind == "replied":
        return None if line["by"] == "default" else (kind, line["uid"])
    return (kind, line["uid"]) if kind in _REPLIES.values() else None


def _hold_ended(line: Line, came: Mapping[str, float]) -> bool:
    """Return whether this is a default answer after some time. When it was given is an input."""
    if line["kind"] != "replied" or line["by"] != "default":
        return False
    return bool(line["t"] - came.get(line["uid"], 0.0) > BURST)


# -- playing it ------------------------------------------------------------------------------------


class _Recorder(Recorder):
    """Tells the recorded moment while an input is handed in."""

    pinned: float | None = None

    def elapsed(self) -> float:
        return super().elapsed() if self.pinned is None else self.pinned


class _Otherwise(Exception):
    """The case did something that the recorded run did not do."""


@dataclass
class _Replay:
    """Role and operator in one. One pump hands in the inputs, strictly in the order recorded."""

    record: Record
    sink: events.Sink | None
    diverged: str = ""
    recorder: _Recorder = field(init=False)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._next = self._spins = 0
        self._owed: Counter[Token] = Counter()
        self._made: set[Token] = set()
        self._given: dict[Token, asyncio.Future[Line]] = {}
        self._handle: asyncio.Handle | None = None
        self._over = False
        self._phases: dict[str, float] = {}

    def attach(self, inbox: Inbox) -> None:
        assert isinstance(inbox, Test)
        self._test = inbox

    async def begin(self) -> None:
        """Let the record run, up to the moment at which the case began."""
        self._advance()
        begun = asyncio.Event()
        self._loop.call_at(self.recorder.zero + self.record.begun, begun.set)
        await begun.wait()

    def end(self) -> None:
        """Stop playing."""
        if self._handle is not None:
            self._handle.cancel()

    def hear(self, stamped: events.Stamped) -> None:
        """Note what the case has done, and pass it on."""
        event = stamped.event
        if isinstance(event, events.Phase):
            self._phases[event.name] = stamped.t
        told = _token({"kind": event.kind, **event.facts()})
        if told is None and event.kind in _REPLIES:
            told = (event.kind, event.facts()["uid"])
        if told is not None:
            self._owed[told] -= 1
            self._made.add(told)
        if self.sink is not None:
            self.sink(stamped)

    # -- inputs ---------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Hand in what is due, then have this called again when more is."""
        while self._next < len(self.record.bursts):
            burst = self.record.bursts[self._next]
            if self._later(burst.due):
                return
            if not self._caught_up(burst):
                self._handle = self._loop.call_soon(self._advance)
                return
            self._next += 1
            self._spins = 0
            for line in burst.inputs:
                self._hand_in(line)
        if not self._later(self.record.restored):
            self._over = True
            for future in self._given.values():
                if not future.done():
                    future.set_result({})

    def _later(self, t: float) -> bool:
        when = self.recorder.zero + t
        if self._loop.time() >= when - 2 * EARLY:
            return False
        self._handle = self._loop.call_at(when - EARLY, self._advance)
        return True

    def _caught_up(self, burst: _Burst) -> bool:
        """Return whether the case has done what it had done before; a changed case may never."""
        if not self._spins:
            self._owed.update(burst.after)
        self._spins += 1
        return self._spins > SPINS or all(self._owed[token] <= 0 for token in burst.after)

    def _hand_in(self, line: Line) -> None:
        kind, test = line["kind"], self._test
        if kind in _REPLIES:
            future = self._future(kind, line["uid"])
            if not future.done():
                future.set_result(line)
            return
        self.recorder.pinned = line["t"]
        try:
            if kind == "received":
                test.receive(
                    Received(
                        line["uid"],
                        line["action"],
                        Payload.of(line["payload"]),
                        line["connection"],
                        servable=line["servable"],
                    )
                )
            elif kind == "violated":
                test.violated(line["uid"], line["where"], tuple(line["sentences"]))
            elif kind == "noticed":
                test.notice(line["text"])
            else:
                test.hold_ends(line["uid"])
        finally:
            self.recorder.pinned = None

    def _future(self, kind: str, uid: str) -> asyncio.Future[Line]:
        return self._given.setdefault((kind, uid), self._loop.create_future())

    # -- what the case does -----------------------------------------------------------------------

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        """Answer as the SUT did."""
        line = await self._ask("answered", uid, action=action, payload=payload)
        self._test.answer_comes(line.get("before"))
        return answer_from_json(line["reply"])

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        """Tell what the other end did."""
        return dict((await self._ask("link_seen", uid, what=what, how=dict(how)))["seen"])

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        """Be done when it was done."""
        how = dict(parameters)
        line = await self._ask("performed", uid, name=action.name, parameters=how)
        return Performed(line["result"], line["by"])

    async def confirm(self, uid: str, question: str) -> Confirmed:
        """Answer as it was answered."""
        line = await self._ask("confirmed", uid, question=question)
        return Confirmed(line["answer"], line["by"])

    def answer(self, message: Received, reply: Reply) -> None:
        """See that the SUT is answered as it was."""
        if self.restoring:
            return
        made = plain(reply_to_json(reply))
        line = self.record.outputs.get(("replied", message.uid))
        if line is None:
            raise self._otherwise(f"the case now answers {message.action}; then it had no answer")
        if not _alike(line["reply"], made):
            raise self._otherwise(
                f"the case now answers {message.action} with {made}, then with {line['reply']}"
            )

    async def _ask(self, kind: str, uid: str, **made: Any) -> Line:
        asked = _REPLIES[kind]
        what, now = _DOES[asked].format(**made), self.recorder.elapsed()
        line = self.record.outputs.get((asked, uid))
        if line is None:
            raise self._otherwise(f"the case now wants to {what}, which is not in the record")
        for key, value in made.items():
            if not _alike(line[key], plain(value)):
                then = f"{key} was {line[key]}, now it is {plain(value)}"
                raise self._otherwise(f"the case now wants to {what} in another way: {then}")
        if abs(now - line["t"]) > SLACK and not self.restoring:
            moments = f"then at {line['t']:.1f} s, now at {now:.1f} s"
            raise self._otherwise(f"the case now wants to {what} at another moment: {moments}")
        future = self._future(kind, uid)
        if self._over and not future.done():
            future.set_result({})
        if not (came := await future):
            raise self._otherwise(f"the record ends before it says what came of this: {what}")
        return came

    @property
    def restoring(self) -> bool:
        """Whether the verdict has been decided."""
        return "restore" in self._phases

    def _otherwise(self, reason: str) -> _Otherwise:
        if not self.restoring:
            self.diverged = self.diverged or reason
        return _Otherwise(reason)

    def not_comparable(self) -> str:
        """Return why the record does not cover what the case did, or nothing."""
        ended, horizon = self._phases.get("restore", 0.0), self.record.horizon
        if ended > horizon + 2 * BURST:
            return f"the case now waits until {ended:.1f} s; the record ends at {horizon:.1f} s"
        if "post" in self._phases:  # it was not stopped by a verdict
            for token, line in self.record.outputs.items():
                due = token[0] in _DOES and line["t"] < horizon
                if due and token not in self._made:
                    return f"the case does not {_DOES[token[0]].format(**line)} any more"
        return ""


def _alike(then: Any, now: Any) -> bool:
    """Compare JSON; a time stamp of ours may differ as far as moments may."""
    if isinstance(then, dict) and isinstance(now, dict):
        return then.keys() == now.keys() and all(_alike(v, now[k]) for k, v in then.items())
    if isinstance(then, list) and isinstance(now, list):
        return len(then) == len(now) and all(map(_alike, then, now))
    if same(then, now):
        return True
    if isinstance(then, str) and isinstance(now, str) and stands_for(then, now):
        return True
    try:
        return abs((moment(then) - moment(now)).total_seconds()) <= SLACK
    except ValueError:
        return False
