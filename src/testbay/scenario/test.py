"""The verbs of a test case (semantics 2 to 11)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from testbay.scenario import events
from testbay.scenario.checks import Judges, Outcome
from testbay.scenario.engine import Engine, Seconds
from testbay.scenario.expectation import Branch, Expectation, Maybe
from testbay.scenario.mailbox import Watch
from testbay.scenario.many import Silence
from testbay.scenario.recorder import plain
from testbay.scenario.role import IMPOSSIBLE, Action
from testbay.scenario.search import Search
from testbay.scenario.values import (
    ANY_CODE,
    Answer,
    CallError,
    Link,
    Payload,
    Received,
    Reply,
    reply_to_json,
)
from testbay.scenario.verdict import CaseError, StopCase, Verdict

ANSWERED = "is answered with a result"
AHEAD = "what may not come before the answer"
_ANSWER = re.compile(r"\s*\[\s*[34]\b")  # CALLRESULT or CALLERROR


class Preparation(Protocol):
    """A reusable or memory state with its parameters, or a setting."""

    @property
    def name(self) -> str: ...
    def holds(self, t: Any) -> bool: ...
    async def enter(self, t: Any) -> None: ...


@dataclass
class Test(Engine):
    """What a test case gets. One subclass per version and SUT says what is version specific."""

    __test__ = False  # not a test of pytest

    def __post_init__(self) -> None:
        super().__post_init__()
        self._calls = self._links = 0
        self._answer_at: int | None = None
        self._called_at = 0

    def returns_within(self) -> Seconds:
        """Return how long the SUT may take to connect again by itself (s)."""
        return 0.0

    # -- messages -----------------------------------------------------------------------------

    def expect(
        self,
        step: int,
        action: str,
        *checks: Judges,
        where: Judges | None = None,
        reply: Reply | None = None,
        within: Seconds | None = None,
    ) -> Expectation:
        """The SUT sends ``action`` (step n); the tool answers it (step n + 1)."""
        branch = Branch(step, action, checks, where)
        return Expectation(self, step, (branch,), reply, self.value(within))

    def maybe(
        self,
        step: int,
        action: str,
        *checks: Judges,
        where: Judges | None = None,
        reply: Reply | None = None,
        within: Seconds | None = None,
    ) -> Maybe:
        """Like expect, for a message that need not come. Without ``where`` the checks select."""
        branch = Branch(step, action, checks, where)
        return Maybe(self, step, (branch,), reply, self.value(within))

    async def any_order(self, *expected: Expectation) -> list[Any]:
        """Wait for all of these, in whatever order they come; None for an optional one left out."""
        return await self.group(expected, ordered=False)

    async def sequence(self, *expected: Expectation) -> list[Any]:
        """Wait for these one after the other; optional ones may be left out."""
        return await self.group(expected, ordered=True)

    async def collect(
        self,
        *expected: Expectation,
        until: Judges | None = None,
        during: Seconds | None = None,
    ) -> list[list[Received]]:
        """Take every message that fits one of these, until one passes ``until`` or time is over."""
        rounds: list[list[Received]] = [[] for _ in expected]
        limit = self.timeout if during is None else float(self.value(during))
        ended = until is None
        open_, search = dict(enumerate(expected)), Search(self.box, expected, rounds=True)
        async with self.acting() as acting:
            while True:
                claim = search.find(open_)
                if claim:
                    taken = rounds[claim.index]
                    taken.append(claim.message)
                    self.take(expected[claim.index], claim, (), f"#{len(taken)}")
                    if until and until.judge(claim.message.payload, self.value).passed:
                        ended = acting.shown = True
                        break
                    if during is None:
                        acting.restart()
                elif not await self.next_arrival(acting.left(limit)):
                    break
        if not ended and until is not None:
            text = f"a message comes in which {until.text}"
            missing = Outcome(text, False, f"none in {limit:g} s")
            label, what = self.recorder.label(expected[0].step), f"SUT sends {expected[0].name}"
            self._record_as(label, what, [missing], (), self._guilt())
            raise StopCase(self._guilt(), f"{text}: none came in {limit:g} s{self._because()}")
        return rounds

    async def which(self, *expected: Expectation) -> int | None:
        """Return which of these comes first, unclaimed; only where the text lets the SUT choose."""
        limit = max(self.limit(e) for e in expected)
        open_, search = dict(enumerate(expected)), Search(self.box, expected)
        async with self.acting() as acting:
            while True:
                claim = search.find(open_)
                if claim or not await self.next_arrival(acting.left(limit)):
                    acting.shown = claim is not None
                    return claim.index if claim else None

    async def ahead(self, expected: Expectation, later: Expectation) -> Received:
        """Wait for a message that must come before another, which is left unclaimed.

        When the other comes first, that is the deadline: a message out of order is taken then.
        """
        if await self.which(expected, later) != 1:
            return await expected
        return self.overdue(expected, f"{later.name} came first")

    async def call(
        self,
        step: int | str,
        action: str,
        payload: dict[str, Any],
        *checks: Judges,
        error: str | tuple[str, ...] | None = None,
        or_error: str | tuple[str, ...] | None = None,
    ) -> Payload:
        """The tool sends ``action`` (step n); the SUT answers it (step n + 1).

        Args:
            error: the code of the CALLERROR that it must be answered with.
            or_error: the code of a CALLERROR that is as good as a result that passes the checks.
        """
        await self.finish_actions()
        await self._returned()
        self.box.stimulus()
        self._calls += 1
        uid, sent = f"c{self._calls}", self.value(payload)
        self.record(step, f"tool sends {action}", [])
        self.recorder.emit(events.Called(uid, action, sent))
        self._called_at, self._answer_at = len(self.box.log), None
        reply = await self.role.call(uid, action, sent)
        told = plain(reply_to_json(reply))
        self.recorder.emit(events.Answered(uid, action, told, self._answer_at))
        self.model.called(action, sent, reply)
        label = step + 1 if isinstance(step, int) else step
        what = f"SUT answers {action}"
        if error is not None:
            wanted = (error,) if isinstance(error, str) else error
            text = f"{action} is answered with CALLERROR {' or '.join(wanted)}"
            fine = isinstance(reply, CallError) and reply.code in wanted
            self.record(label, what, [Outcome(text, fine, reply_to_json(reply))], (uid,))
            return Payload()
        came = _answered(action, reply, or_error)
        if came.passed and isinstance(reply, CallError):
            self.record(label, what, [came], (uid,))
            return Payload()
        if not isinstance(reply, dict):
            self.record(label, what, [Outcome(came.text, False, str(reply))], (uid,))
            raise StopCase(self.recorder.bad, f"{action} was not answered with a result: {reply}")
        answer = self.payloads[uid] = Payload.of(reply)
        self.record(label, what, [came, *self.judge(checks, answer)], (uid,))
        return answer

    def frame(self, direction: str, text: str, connection: int) -> None:
        """Tell the readers of a raw text; note what had come before an answer."""
        super().frame(direction, text, connection)
        if direction == "in" and self._answer_at is None and _ANSWER.match(text):
            self.answer_comes(len(self.box.log))

    def answer_comes(self, before: int | None) -> None:
        """Note how many messages came before the answer to the last call; None: nobody knows."""
        self._answer_at = before

    def not_ahead(self, step: int, action: str, where: Judges | None = None) -> None:
        """See that no such message has come between the last call and its answer."""
        if self._answer_at is None:
            return
        came = self.received(action, where=where, since=self._called_at)
        ahead = [m for m in came if m.position < self._answer_at]
        uids, silence = tuple(m.uid for m in ahead), Silence((action,), where)
        self.record(step, AHEAD, self.judge((silence,), ahead), uids)

    async def _returned(self) -> None:
        """Wait for the SUT to connect again, if it has lost the connection.

        That may happen while nothing is under way; a request can only come after it.
        """
        if self.box.lost is None:
            return
        waited, longest = self.box.waited, float(self.value(self.returns_within()))
        async with self.acting():
            while (since := self.box.lost) is not None:
                if not await self.next_arrival(since + longest - self.recorder.elapsed()):
                    break
        self.box.waited = waited

    @contextlib.contextmanager
    def holding(self, seconds: Seconds) -> Iterator[None]:
        """While the block runs, leave requests that steps may choose the answer to open longer."""
        self.hold, before = float(self.value(seconds)), self.hold
        try:
            yield
        finally:
            self.hold = before
            self.release()

    # -- silence ------------------------------------------------------------------------------

    async def nothing(
        self,
        step: int | str,
        *actions: str,
        where: Judges | None = None,
        during: Seconds,
    ) -> None:
        """Wait and see that none of these comes, counted from the last stimulus or claim."""
        async with self.forbid(step, *actions, where=where) as watch, self.acting() as acting:
            while not watch.hit and await self.next_arrival(acting.left(float(self.value(during)))):
                pass

    @contextlib.asynccontextmanager
    async def forbid(
        self, step: int | str, *actions: str, where: Judges | None = None
    ) -> AsyncIterator[Watch]:
        """None of these may come while the block runs, nor since the last stimulus or claim."""
        watch = Watch(actions, where, self.box.since())
        self.box.watches.append(watch)
        for message in self.box.log[watch.start :]:
            self.box.show(watch, message)
        ran_through = False
        try:
            yield watch
            ran_through = True
        finally:
            self.box.watches.remove(watch)
            if where is None:
                self.box.silence_ends(actions)
            hit = tuple(m.uid for m in watch.hit)
            silence = Silence(actions, where)
            if ran_through or hit:  # a silence that was cut short proves nothing
                self.record(step, silence.text, self.judge((silence,), watch.hit), hit)

    async def wait(self, seconds: Seconds, why: str) -> None:
        """Let time pass because the text says so; never to synchronise."""
        async with self.acting() as acting:
            while await self.next_arrival(acting.left(float(self.value(seconds)))):
                pass

    # -- people and the connection --------------------------------------------------------------

    def manual(self, action: Action) -> None:
        """Ask for an action. It is carried out while the next verb is already waiting."""
        self.box.stimulus(by_action=True)
        self.asked.append(len(self.box.log))
        self._actions.append(action)

    async def confirm(self, step: int | str, question: str) -> None:
        """Ask what only a person can see. No answer is not a failure of the SUT."""
        await self.finish_actions()
        uid, answer = await self.actor.confirm(question)
        self.record(step, question, [Outcome(question, answer, "yes" if answer else "no")], (uid,))

    async def link(self, step: int | str, act: Link, *checks: Judges) -> Payload:
        """Act on the connection itself; what the other end did is judged like an answer."""
        await self.finish_actions()
        self.box.stimulus()
        self._links += 1
        uid, how = f"k{self._links}", self.value(dict(act.how))
        self.record(step, f"tool: {act}", [])
        self.recorder.emit(events.Linked(uid, act.what, plain(how)))
        seen = self.payloads[uid] = Payload.of(await self.role.link(uid, act.what, how))
        self.recorder.emit(events.LinkSeen(uid, plain(seen)))
        if IMPOSSIBLE in seen:
            raise StopCase(Verdict.INCONCLUSIVE, str(seen[IMPOSSIBLE]))
        if checks:
            label = step + 1 if isinstance(step, int) else step
            self.record(label, f"connection: {act}", self.judge(checks, seen), (uid,))
        return seen

    # -- states ---------------------------------------------------------------------------------

    async def run(self, step: int, state: Preparation) -> None:
        """Carry out a reusable state as one step; its own steps are recorded under it."""
        with self.recorder.under(f"{step}", state.name):
            await state.enter(self)

    async def reach(self, state: Preparation) -> None:
        """Carry out a state unless it holds already ("if State is NOT X then execute X")."""
        await self.finish_actions()
        if not state.holds(self):
            with self.recorder.under(state.name):
                await state.enter(self)

    def undo(self, act: Callable[[], Awaitable[Any]]) -> None:
        """Register what puts back a setting when the case is over, however it ends."""
        self.undos.append(act)

    def not_applicable(self, reason: str) -> None:
        """This SUT cannot be asked this. Only preparations may find that out."""
        if self.recorder.phase not in ("needs", "before"):
            raise CaseError("a case cannot become not applicable in its main part")
        raise StopCase(Verdict.NOT_APPLICABLE, reason)

    # -- judging --------------------------------------------------------------------------------

    def check(self, step: int | str, check: Judges, value: Any, *subjects: Received) -> None:
        """Judge a value once more, with something that was not known when it was awaited."""
        self.settled("check")
        uids = tuple(m.uid for m in subjects)
        judged = value.payload if isinstance(value, Received) else value
        if not uids:  # the message or answer itself, if it is one
            uids = tuple(uid for uid, p in self.payloads.items() if p is judged)
        self.record(step, "validation", self.judge((check,), judged), uids)

    def review(self, step: int | str, messages: Sequence[Received | None], *checks: Judges) -> None:
        """Judge many messages together: how many, how far apart, every one of them."""
        self.settled("review")
        seen = [m for m in messages if m is not None]
        uids = tuple(m.uid for m in seen)
        self.record(step, "validation of messages", self.judge(checks, seen), uids)

    def received(
        self, *actions: str, where: Judges | None = None, since: int = 0
    ) -> list[Received]:
        """Return all messages so far, claimed or not, in the order of arrival."""
        return [
            m
            for m in self.box.log[since:]
            if m.action in actions and (where is None or where.judge(m.payload, self.value).passed)
        ]

    def mark(self) -> int:
        """Return the present end of the log, for ``received(since=...)``."""
        return len(self.box.log)

    @contextlib.contextmanager
    def round(self, label: str) -> Iterator[None]:
        """Steps inside are repeated ones; their results carry the label."""
        with self.recorder.under(label):
            yield


def _answered(action: str, reply: Answer, or_error: str | tuple[str, ...] | None) -> Outcome:
    """Say whether an answer is a result, or a CALLERROR that is as good."""
    if or_error is None:
        return Outcome(f"{action} {ANSWERED}", isinstance(reply, dict), "yes")
    codes = (or_error,) if isinstance(or_error, str) else or_error
    fine = isinstance(reply, dict)
    if isinstance(reply, CallError):
        fine = reply.code in codes or ANY_CODE in codes
    text = f"{action} {ANSWERED}, or with CALLERROR {' or '.join(codes)}"
    return Outcome(text, fine, "a result" if isinstance(reply, dict) else str(reply))
