"""A scripted system under test with its operator, two small suites, and the harness of all tests.

The peer keeps OCPP-J's rule of one open call, so a tool that holds an answer blocks it. Every run
of the harness is judged again from its journal, and must give the same result.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from testbay.scenario import events
from testbay.scenario.case import Need, Rule, TestCase
from testbay.scenario.checks import Judges
from testbay.scenario.configured import Configured
from testbay.scenario.execute import Ended, execute
from testbay.scenario.recorder import Recorder, StepResult
from testbay.scenario.replay import Diverged, rejudge
from testbay.scenario.role import AUTOMATON, Action, Confirmed, Inbox, Operator, Performed, Role
from testbay.scenario.test import Preparation, Test
from testbay.scenario.values import (
    NO_ANSWER,
    Answer,
    CallError,
    Lost,
    Payload,
    Received,
    Reply,
)
from testbay.scenario.verdict import Verdict

Body = Callable[[Any], Awaitable[None]]
Line = dict[str, Any]

STARTED = datetime(2030, 1, 1, tzinfo=UTC)
PLUG_IN = Action("plug_in", "Plug in the cable")
PRESENT = Action("present", "Present the token")
UNPLUG = Action("unplug", "Unplug the cable")


class cfg:
    """What the tests configure."""

    token = Configured("token", str, "TAG", "the token")
    password = Configured("password", str, "s3cret-word", "the password", secret=True)
    pin = Configured("pin", int, 4711, "the number of the token", secret=True)
    delay = Configured("delay", float, 7.0, "how long it takes", "s")


CONFIG: dict[str, Any] = {v.name: v.default for v in (cfg.token, cfg.password, cfg.pin, cfg.delay)}


# -- the system under test -------------------------------------------------------------------------


@dataclass
class Peer:
    """The SUT and whoever acts on it, in one.

    Args:
        slow: seconds a person needs: half to act, half to say so.
        refuses: names of actions that are not done.
        answers: to calls of the tool, by action; a function gets peer and payload.
        does: what an action makes the SUT do, by name.
        sees: the answers to questions.
        hook: acts without a prompt that could close.
    """

    slow: float = 2.0
    hook: bool = False
    refuses: tuple[str, ...] = ()
    answers: dict[str, Any] = field(default_factory=dict)
    does: dict[str, Callable[[Peer], None]] = field(default_factory=dict)
    sees: dict[str, bool | None] = field(default_factory=dict)
    links: dict[str, Any] = field(default_factory=dict)
    on_answer: Callable[[Peer, str, Reply], None] | None = None
    replies: list[tuple[str, str, Reply, float]] = field(default_factory=list)
    performed: list[tuple[str, str, float]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: list[tuple[str, dict[str, Any], str]] = []
        self._open = ""
        self._count = 0
        self._inbox: Inbox | None = None

    # -- what the script says -------------------------------------------------------------------

    def send(self, action: str, /, *, uid: str = "", **payload: Any) -> None:
        """Send a request as soon as the one before it has been answered."""
        self._queue.append((action, payload, uid))
        if not self._open:
            self._pump()

    def say(
        self, action: str, /, *, uid: str = "", servable: bool = True, **payload: Any
    ) -> Received:
        """Send a request at once, or tell an event of the connection."""
        self._count += 1
        message = Received(uid or f"m{self._count}", action, Payload.of(payload), 1)
        message.servable = servable
        self.inbox.receive(message)
        return message

    def later(self, seconds: float, action: str, /, **payload: Any) -> None:
        """Send a request after some seconds."""
        self._loop.call_later(seconds, lambda: self.send(action, **payload))

    def then(self, seconds: float, what: Callable[[], object]) -> None:
        """Do something after some seconds."""
        self._loop.call_later(seconds, what)

    @property
    def inbox(self) -> Inbox:
        """The test."""
        assert self._inbox is not None
        return self._inbox

    def _pump(self) -> None:
        if self._queue:
            action, payload, uid = self._queue.pop(0)
            self._count += 1
            self._open = uid or f"m{self._count}"
            self.inbox.receive(Received(self._open, action, Payload.of(payload), 1))

    # -- the tool's end -------------------------------------------------------------------------

    def attach(self, inbox: Inbox) -> None:
        """Hand everything to this test from now on."""
        self._inbox = inbox

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        """Answer a call of the tool."""
        self.calls.append((action, payload))
        await asyncio.sleep(0.02)
        answer = self.answers.get(action, {"status": "Accepted"})
        if callable(answer):
            answer = answer(self, payload)
        if isinstance(answer, Lost):
            await asyncio.sleep(30)
        assert isinstance(answer, dict | CallError | Lost)
        return answer

    def answer(self, message: Received, reply: Reply) -> None:
        """Take an answer; the next request may go."""
        at = round(self._loop.time() - self.zero, 3)
        self.replies.append((message.wire_uid, message.action, reply, at))
        if message.wire_uid == self._open and reply is not NO_ANSWER:
            self._open = ""
            self._loop.call_soon(self._answered, message.action, reply)

    zero = 0.0

    def _answered(self, action: str, reply: Reply) -> None:
        if self.on_answer is not None:
            self.on_answer(self, action, reply)
        if not self._open:
            self._pump()

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        """Act on the connection."""
        await asyncio.sleep(0.02)
        seen = self.links.get(what, {})
        return dict(seen(self, how) if callable(seen) else seen)

    # -- the operator ---------------------------------------------------------------------------

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        """Act after a while, and say so later still, unless the prompt has closed by then."""
        who = AUTOMATON if self.hook else "person"
        if action.name in self.refuses:
            await asyncio.sleep(self.slow)
            return Performed("refused", who)
        await asyncio.sleep(self.slow / 2)
        if (what := self.does.get(action.name)) is not None:
            what(self)
        if self.hook:
            await asyncio.sleep(self.slow / 2)
            return self._done(action, "done", who)
        try:
            async with asyncio.timeout(self.slow / 2):
                await closed.wait()
        except TimeoutError:
            return self._done(action, "done", who)
        return self._done(action, "closed", who)

    def _done(self, action: Action, result: str, who: str) -> Performed:
        self.performed.append((action.name, result, round(self._loop.time() - self.zero, 3)))
        return Performed(result, who)

    async def confirm(self, uid: str, question: str) -> Confirmed:
        """Answer a question."""
        await asyncio.sleep(self.slow)
        return Confirmed(self.sees.get(question, True), "person")


# -- two suites ------------------------------------------------------------------------------------


class SmallModel:
    """Counts the transactions that were started; a Boot that is marked as wild is an alarm."""

    alarm = ""

    def __init__(self, started: int = 0) -> None:
        self.started = started
        self.acts: list[str] = []

    def observe(self, message: Received) -> None:
        """Break on demand."""
        if message.get("breaks") == "observe":
            raise KeyError("the model does not know this")
        self.alarm = "it has restarted by itself" if message.get("wild") else ""

    def answer(self, message: Received, now: datetime) -> Reply:
        """Answer with the time, and the number that the next transaction gets."""
        if message.get("breaks") == "answer":
            raise ZeroDivisionError("the default cannot be made")
        if message.action == "Start":
            return {"status": "Accepted", "transaction": self.started + 1}
        if message.action == "Boot":
            return {"status": "Accepted", "currentTime": now.isoformat()}
        return {"status": "Accepted"}

    def answered(self, message: Received, reply: Reply) -> None:
        """Count."""
        if message.action == "Start":
            self.started += 1

    def called(self, action: str, payload: Mapping[str, Any], reply: Answer) -> None:
        """See a call."""

    def acted(self, action: Action, parameters: Mapping[str, Any]) -> None:
        """See an action."""
        self.acts.append(action.name)

    def known(self) -> dict[str, Any]:
        """Return the count."""
        return {"started": self.started}

    def about(self) -> dict[str, Any]:
        """Return nothing: it is nobody in particular."""
        return {}


class SmallTest(Test):
    """Order is arrival, but Start and Status(Charging) may come in either order."""

    HELD: ClassVar[tuple[str, ...]] = ("Authorize", "Start", "Boot")

    def answer_matters(self, message: Received) -> bool:
        return message.action in self.HELD

    def reversible(self, one: Received, other: Received) -> bool:
        return {_kind(one), _kind(other)} == {"Start", "Charging"}

    def spontaneous(self, message: Received) -> bool:
        return bool(message.get("trigger") == "periodic")

    def ambient(self, message: Received) -> bool:
        return message.action == "Heartbeat"


def _kind(message: Received) -> str:
    return str(message.get("status", message.action))


class NumberedTest(SmallTest):
    """Messages with a sequence number are in its order, and due when all before have come."""

    HELD = ("Authorize", "Start", "Boot", "Event")

    def in_order(self, earlier: Received, later: Received) -> bool:
        if "seq" in earlier.payload and "seq" in later.payload:
            return bool(earlier["seq"] < later["seq"]) or earlier.payload == later.payload
        return super().in_order(earlier, later)

    def due(self, message: Received) -> bool:
        if "seq" not in message.payload:
            return True
        come = [m.payload["seq"] for m in self.box.log if "seq" in m.payload]
        return all(n in come for n in range(message["seq"]))

    def rules(self) -> tuple[Rule, ...]:
        return self.hold_always

    hold_always: tuple[Rule, ...] = ()


# -- the harness -----------------------------------------------------------------------------------


@dataclass
class Run:
    """A run of a case, with what it left behind."""

    ended: Ended
    test: Test
    peer: Peer
    journal: list[Line]
    again: Ended | Diverged | None = None
    retest: Test | None = None

    @property
    def verdict(self) -> Verdict:
        return self.ended.verdict

    @property
    def results(self) -> list[StepResult]:
        return self.test.recorder.results

    @property
    def remarks(self) -> list[str]:
        return self.test.recorder.remarks

    def outcomes(self, label: str) -> dict[str, bool]:
        """Return the outcomes of a step, by their text."""
        return {o.text: o.passed for r in self.results if r.label == label for o in r.outcomes}

    def failed(self) -> list[tuple[str, str]]:
        """Return label and text of what did not pass."""
        return [(r.label, o.text) for r in self.results for o in r.outcomes if not o.passed]

    def lines(self, kind: str) -> list[Line]:
        """Return the lines of the journal of one kind."""
        return [line for line in self.journal if line["kind"] == kind]


@dataclass
class Setup:
    """How a case is run."""

    kind: type[SmallTest] = SmallTest
    before: tuple[Preparation, ...] = ()
    post: tuple[Rule, ...] = ()
    needs: tuple[Need, ...] = ()
    strict: bool = False
    known: int = 0
    more: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=lambda: dict(CONFIG))
    start: Callable[[Peer], object] | None = None

    def case(self, body: Body) -> TestCase:
        """Make a case of a body."""
        return TestCase(
            "TC_1",
            "A case",
            "station",
            "0",
            "Cases",
            body,
            needs=self.needs,
            before=self.before,
            post=self.post,
        )

    def make_test(
        self,
        role: Role,
        operator: Operator,
        recorder: Recorder,
        known: dict[str, Any],
        *,
        seed: int,
    ) -> Test:
        """Make the test object."""
        return self.kind(role, operator, recorder, SmallModel(**known), seed, **self.more)


def steps(results: Sequence[StepResult]) -> list[tuple[str, str, str, list[tuple[str, bool]]]]:
    """Return what was judged, to compare two runs."""
    return [
        (r.label, r.verdict.name, r.phase, [(o.text, o.passed) for o in r.outcomes])
        for r in results
    ]


async def run(
    body: Body,
    peer: Peer | None = None,
    setup: Setup | None = None,
    *,
    again: bool = True,
    journaled: bool = True,
    interrupt: Callable[[Test, asyncio.Task[Ended]], None] | None = None,
) -> Run:
    """Run a case against a peer, then judge its record again, which must change nothing.

    Args:
        again: whether the record can be judged again (an interrupted run cannot).
        journaled: whether a journal is kept.
        interrupt: gets the test and its task when it has begun.
    """
    peer, setup = peer or Peer(), setup or Setup()
    case, journal = setup.case(body), list[Line]()

    def sink(stamped: events.Stamped) -> None:
        if journaled:
            journal.append(json.loads(json.dumps(stamped.to_json(), default=str)))

    known = {"started": setup.known}
    recorder = Recorder(case.id, 1, sink, STARTED, setup.config, setup.strict)
    test = setup.make_test(peer, peer, recorder, known, seed=7)
    recorder.emit(
        events.CaseStarted(
            case.title,
            case.ocpp,
            case.sut,
            case.group,
            1,
            7,
            STARTED.isoformat(),
            setup.config,
            known,
            [],
            setup.strict,
        )
    )
    peer.zero = recorder.zero
    peer.attach(test)
    if setup.start is not None:
        setup.start(peer)
    task = asyncio.get_running_loop().create_task(execute(case, test))
    if interrupt is not None:
        interrupt(test, task)
    done = Run(await task, test, peer, journal)
    if again:
        await judge_again(done, setup, case)
        assert isinstance(done.again, Ended), str(done.again)
        assert replace(done.again, trace="") == replace(done.ended, trace="")
        assert done.retest is not None
        assert steps(done.retest.recorder.results) == steps(done.results)
        assert done.retest.recorder.remarks == done.remarks
    return done


async def judge_again(
    done: Run,
    setup: Setup,
    case: TestCase | Body,
    tighten: Mapping[str, tuple[Judges, ...]] | None = None,
    journal: list[Line] | None = None,
) -> Ended | Diverged:
    """Judge the record of a run again, perhaps with another body or more checks."""

    def keep(*args: Any, **more: Any) -> Test:
        done.retest = setup.make_test(*args, **more)
        return done.retest

    case = case if isinstance(case, TestCase) else setup.case(case)
    lines = done.journal if journal is None else journal
    done.again = await rejudge(case, lines, keep, tighten=tighten)
    return done.again


async def verdict_of(body: Body, peer: Peer | None = None, setup: Setup | None = None) -> Verdict:
    """Run a case and return its verdict only."""
    return (await run(body, peer, setup)).verdict
