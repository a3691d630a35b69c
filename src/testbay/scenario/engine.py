"""The machinery under the verbs: messages in, claims, answers, time, records (semantics 3 to 7)."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from testbay.scenario import events
from testbay.scenario.acting import Acting, Actor
from testbay.scenario.checks import Judges, Outcome
from testbay.scenario.configured import Configured, Plus, resolve
from testbay.scenario.expectation import Expectation, open_of
from testbay.scenario.mailbox import Mailbox
from testbay.scenario.recorder import Recorder, plain
from testbay.scenario.role import Action, Model, Operator, Role
from testbay.scenario.search import Claim, Search
from testbay.scenario.values import NO_ANSWER, Payload, Received, Reply, reply_to_json
from testbay.scenario.verdict import Broke, CaseError, StopCase, Verdict

if TYPE_CHECKING:
    from testbay.scenario.case import Rule

IN_TIME = "is sent in time"
VALID = "every message and answer of the SUT is valid"
IN_ORDER = "it comes in the order of the steps"
BY_DEFAULT = "answered by default before the step could choose"
LOOKED_BACK = 50  # claims, to see whether order can be broken at all
Seconds = float | Configured | Plus


@dataclass
class Engine:
    """What every verb stands on, and the hooks by which a suite says its part.

    Args:
        timeout: how long a message may take to come (s), unless a step says otherwise.
        hold: how long a request waits for a step to choose its answer (s).
        tighten: more checks for steps by their label; for judging a record again only.
    """

    role: Role
    operator: Operator
    recorder: Recorder
    model: Model
    seed: int = 1
    timeout: float = 30.0
    hold: float = 1.0
    tighten: dict[str, tuple[Judges, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.config = self.recorder.config
        self.random = random.Random(self.seed)
        self.box = Mailbox(self, self.value, self.recorder.elapsed)
        self.actor = Actor(self.operator, self.recorder, self.value, self._acted)
        self.asked: list[int] = []
        self.performed: list[tuple[Action, int, int]] = []
        self.payloads: dict[str, Payload] = {}
        self.undos: list[Callable[[], Awaitable[Any]]] = []
        self._loop, self._arrived = asyncio.get_running_loop(), asyncio.Event()
        self._actions: list[Action] = []
        self._took: dict[str, Expectation] = {}
        self._held: dict[str, Received] = {}
        self._hold_ends: asyncio.TimerHandle | None = None
        self.broken: Exception | None = None
        self.interrupted: str | None = None

    # -- what the suite says ------------------------------------------------------------------

    def default(self, message: Received) -> Reply:
        """Return the answer when no step chooses one; it must not change anything."""
        return self.model.answer(message, self.now())

    def answer_matters(self, message: Received) -> bool:
        """Return whether steps choose between answers; only such a message is held for a step."""
        return False

    def reversible(self, one: Received, other: Received) -> bool:
        """Return whether these two may come in either order."""
        return False

    def in_order(self, earlier: Received, later: Received) -> bool:
        """Return whether ``earlier`` may stand at an earlier step than ``later``."""
        return self.side_by_side(earlier, later) or earlier.position < later.position

    def side_by_side(self, one: Received, other: Received) -> bool:
        """Return whether no order is between them: in one message, or free as the suite says."""
        return (one.whole or one) is (other.whole or other) or self.reversible(one, other)

    @property
    def by_arrival(self) -> bool:
        """Whether a message never has to stand before one that came earlier."""
        return type(self).in_order is Engine.in_order

    def due(self, message: Received) -> bool:
        """Return whether all messages that belong before this one have come."""
        return True

    def parts(self, message: Received) -> Sequence[Payload]:
        """Return what it reports, as messages that report one thing each; nothing: it is one."""
        return ()

    def spontaneous(self, message: Received) -> bool:
        """Return whether it may come at any time: then only a step it satisfies claims it."""
        return False

    def beside(self, message: Received, checks: Sequence[Judges]) -> bool:
        """Return whether it may come beside what a step with these checks wants, and is not it."""
        return False

    def heralds(self, message: Received, e: Expectation) -> bool:
        """Return whether it shows that what a step awaits is still on its way."""
        return False

    def ambient(self, message: Received) -> bool:
        """Return whether an unclaimed one is not worth a remark."""
        return False

    def rules(self) -> tuple[Rule, ...]:
        """Return what holds in every case, over all its messages."""
        return ()

    def excuse(self) -> str:
        """Return why what is missing may not be the fault of the SUT; then it is inconclusive."""
        return ""

    def left_behind(self) -> list[str]:
        """Return what the case has left at the SUT, a sentence each."""
        return []

    async def prepare(self) -> None:
        """Bring the SUT to where every case begins (general preconditions)."""

    def begin(self) -> None:
        """See the main part begin."""

    # -- values -----------------------------------------------------------------------------------

    def value(self, value: Any) -> Any:
        """Return what the tester configured; anything else as it is."""
        return resolve(value, self.config)

    def now(self) -> datetime:
        """Wall clock: the recorded start plus what the one clock says has passed."""
        return self.recorder.now()

    def stamp(self) -> str:
        """Return the wall clock as a message carries it."""
        return self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def fresh(self) -> int:
        """Return a new id, from the recorded seed."""
        return self.random.randint(1, 2**31 - 1)

    # -- inbox: what the role hands in ------------------------------------------------------------

    def receive(self, message: Received) -> None:
        """Take in a request or an event. It may wait a moment for a step to claim it."""
        with self._guarded():
            self._receive(message)
        self._arrived.set()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Keep an exception for the case: here, the end of the connection would swallow it."""
        try:
            yield
        except Exception as error:
            self.broken = self.broken or error
            self._arrived.set()

    def _receive(self, message: Received) -> None:
        payload, parts = message.payload, self.box.add(message)
        self.payloads.update({m.uid: m.payload for m in (message, *parts)})
        said = (message.uid, message.action, payload, message.connection)
        self.recorder.emit(events.MessageReceived(*said, message.servable))
        for part in parts:
            self.recorder.emit(events.PartTaken(part.uid, message.uid))
        if message.servable:  # what is malformed is judged, but teaches nothing
            for one in (message, *parts):
                self.model.observe(one)
            if self.broken is None and self.model.alarm:
                self.broken = Broke(self.model.alarm, self.recorder.phase)
        if message.is_event or not message.servable:
            message.reply = NO_ANSWER
        elif self.answer_matters(message) and self.due(message):
            self._held[message.uid] = message
            if self._hold_ends is None:
                self._answer_overdue()
        else:  # a held answer would keep the SUT from sending more
            self._answer(message, self.default(message), "default")

    def violated(self, uid: str, where: str, sentences: tuple[str, ...]) -> None:
        """Record a breach of schema or protocol: it fails the case (generic conventions)."""
        self.recorder.emit(events.Violated(uid, where, list(sentences)))
        outcome = Outcome(VALID, False, f"{where}: {'; '.join(sentences)}")
        self.recorder.record("valid", where, [outcome], (uid,) if uid else ())

    def notice(self, text: str) -> None:
        """Note something that is not judged."""
        self.recorder.emit(events.Noticed(text))
        self.recorder.remarks.append(text)

    def frame(self, direction: str, text: str, connection: int) -> None:
        """Tell the readers of a raw text on the wire."""
        self.recorder.emit(events.Frame(direction, text, connection))

    def _answer_overdue(self) -> None:
        """Answer what has been held long enough, in the order of arrival; then wait for the next.

        There is one timer for all: timers of the same moment would fire in any order.
        """
        self._hold_ends = None
        for message in list(self._held.values()):
            ends = self.recorder.zero + message.at + self.hold
            if self._loop.time() < ends - 1e-6:
                self._hold_ends = self._loop.call_at(ends, self._answer_overdue)
                return
            self._answer_default(message)

    def _answer_default(self, message: Received) -> None:
        with self._guarded():
            self._held.pop(message.uid, None)
            if message.reply is None:
                self._answer(message, self.default(message), "default")

    def hold_ends(self, uid: str) -> None:
        """Answer a request by default now, if it still waits for a step."""
        if (message := self._held.get(uid)) is not None:
            self._answer_default(message)

    def all_answered(self) -> bool:
        """Return whether no request of the SUT waits for its answer."""
        return not self._held

    def release(self) -> None:
        """Answer everything that still waits for a step."""
        if self._hold_ends is not None:
            self._hold_ends.cancel()
            self._hold_ends = None
        for message in list(self._held.values()):
            self._answer_default(message)

    def _answer(self, message: Received, reply: Reply, by: str) -> None:
        self._held.pop(message.uid, None)
        sent = message.reply = self.value(reply)
        replied = events.Replied(message.uid, message.action, plain(reply_to_json(sent)), by)
        self.recorder.emit(replied)
        self.role.answer(message, sent)
        self.model.answered(message, sent)

    # -- machinery: claiming --------------------------------------------------------------------

    def take(
        self,
        e: Expectation,
        claim: Claim,
        among: Sequence[Received],
        suffix: str = "",
        late: float | None = None,
        skipped: Sequence[Received] = (),
    ) -> None:
        message, branch, lost = claim.message, claim.branch, None
        outcomes = []
        if not suffix and not e.optional:
            at = f"at {message.at:.3f} s" + (f", not in {late:g} s" if late is not None else "")
            outcomes.append(Outcome(f"{e.name} {IN_TIME}", late is None, at))
        outcomes += self.judge(branch.checks, message.payload)
        if not suffix and not e.optional:  # others are never taken out of order
            ordered = self.box.ordered(message, among)
            told = not message.is_event and self._can_be_misplaced(message, (*among, *skipped))
            if not ordered or told:
                said = "yes" if ordered else f"out of order, at {message.at:.1f} s"
                outcomes.append(Outcome(IN_ORDER, ordered, said))
        label = self.recorder.label(f"{branch.step}{suffix}")
        early = message.position < self.box.line and self.box.by_action
        self._record_as(
            label,
            f"SUT sends {branch.action}",
            outcomes,
            (message.uid,),
            Verdict.INCONCLUSIVE if early and not self.actor.automatic else None,
        )
        if message.reply is None:
            self._answer(message, self._wanted_reply(message, e.reply), label)
        elif (
            e.reply is not None
            and message.servable
            and not message.was_answered(self.value(e.reply))
        ):
            lost = Outcome("the tool answers as the step says", False, BY_DEFAULT)
            self._record_as(label, "tool answers", [lost], (), Verdict.INCONCLUSIVE)
        self.box.take(message, label)
        self._took[message.uid] = e
        if lost is not None:  # what follows rests on that answer; the SUT is not to blame for it
            raise StopCase(Verdict.INCONCLUSIVE, f"step {label}: {message.action} was {BY_DEFAULT}")

    def _can_be_misplaced(self, message: Received, among: Sequence[Received]) -> bool:
        """Whether order says anything here; what holds by construction is not recorded.

        Looks back for what it could have come before: the stimulus, or a claimed message. A step
        that would have taken it in its stead ends the search.
        """
        floor, line = self.box.floor_of(message.action), self.box.line
        beside = {m.position for m in among}
        claims = self.box.claims
        for i in range(len(claims), max(0, len(claims) - LOOKED_BACK), -1):
            if i == self.box.line_drawn and line > floor:
                return True
            m = claims[i - 1]
            if m.position < floor or m.position in beside:
                continue
            if self._took[m.uid].branch(message) is not None:
                return False
            if not (self.in_order(m, message) and self.in_order(message, m)):
                return True
        return line > floor and not self.box.line_drawn

    def _wanted_reply(self, message: Received, reply: Reply | None) -> Reply:
        default = self.default(message)
        if isinstance(reply, dict) and isinstance(default, dict):
            return {**default, **reply}
        return default if reply is None else reply

    async def group(
        self, members: tuple[Expectation, ...], *, ordered: bool
    ) -> list[Received | None]:
        got: dict[int, Received] = {}
        among: list[Received] = []
        search, limit = Search(self.box, members), 0.0
        async with self.acting() as acting:
            while True:
                open_ = open_of(members, got, ordered)
                needed = [e for e in open_.values() if not e.optional or e.within is not None]
                if not needed:
                    acting.shown = True
                    break
                beside = () if ordered else tuple(among)
                claim = search.find(open_, among=beside)
                limit = max(self.limit(e) for e in needed)
                if claim is None and not await self._progress(acting, limit, needed):
                    claim = search.find(open_, final=True, among=beside)
                    if claim is None:
                        break
                if claim:
                    e = members[claim.index]
                    late = e.within if acting.too_late(claim.message.at, e.within) else None
                    # Had it come before these, they would have been left out of the sequence.
                    before = [m for i, m in got.items() if ordered and members[i].optional]
                    self.take(e, claim, beside, late=late, skipped=before)
                    got[claim.index] = claim.message
                    among.append(claim.message)
                    if ordered:
                        acting.restart()
        missing = [e for e in open_of(members, got, ordered).values() if not e.optional]
        said = [
            self._missed(e, f"not in {limit if e.within is None else e.within:g} s")
            for e in (missing[:1] if ordered else missing)
        ]
        if said:
            raise StopCase(self._guilt(), "; ".join(said))
        return [got.get(i) for i in range(len(members))]

    async def _progress(self, acting: Acting, limit: float, needed: Sequence[Expectation]) -> bool:
        """Wait for an arrival; its time starts anew with what shows that it is on its way."""
        seen = len(self.box.log)
        arrived = await self.next_arrival(acting.left(limit))
        if any(self.heralds(m, e) for m in self.box.log[seen:] for e in needed):
            acting.restart()
        return arrived

    def limit(self, e: Expectation) -> float:
        """Return how long a message may take to come (s)."""
        return self.timeout if e.within is None else e.within

    def overdue(self, e: Expectation, why: str) -> Received:
        """Take a message whose time is over: one out of order, or none at all.

        Raises:
            StopCase: there is none; the rest of the case rests on it.
        """
        claim = Search(self.box, (e,)).find({0: e}, final=True)
        if claim is None:
            raise StopCase(self._guilt(), self._missed(e, why))
        self.take(e, claim, ())
        return claim.message

    def _missed(self, e: Expectation, why: str) -> str:
        """Record that a message has not come; return the sentence that says so."""
        others = self.box.unclaimed(*e.actions)
        hint = "".join(f"; the one at {m.at:.1f} s fits no step" for m in others[-2:])
        closed = [m for m in self.box.log if m.action in ("@closed", "@connect")]
        if closed and closed[-1].action == "@closed":
            hint += f"; the connection has been closed since {closed[-1].at:.1f} s"
        outcome = Outcome(f"{e.name} {IN_TIME}", False, f"{why}{hint}")
        wanted = [self.recorder.sentence(c) for b in e.branches for c in (b.where, *b.checks) if c]
        about = f" ({', '.join(dict.fromkeys(wanted))})" if wanted else ""
        label, what = self.recorder.label(e.step), f"SUT sends {e.name}{about}"
        self._record_as(label, what, [outcome], (), self._guilt())
        return f"step {label}: {e.told}{about} did not come: {why}{hint}{self._because()}"

    def _because(self) -> str:
        return f"; {excuse}" if (excuse := self.excuse()) else ""

    def _guilt(self) -> Verdict:
        return Verdict.INCONCLUSIVE if self.excuse() else self.recorder.bad

    def _acted(self, action: Action, parameters: Mapping[str, Any]) -> None:
        now = len(self.box.log)
        self.performed.append((action, self.asked.pop(0) if self.asked else now, now))
        self.model.acted(action, parameters)

    # -- machinery: time and actions ------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def acting(self) -> AsyncIterator[Acting]:
        """Have the actions asked for carried out while the block waits; time starts after them."""
        self.box.waited = True
        acting = Acting(self.actor, self._actions, self._arrived.set)
        self._actions = []
        try:
            yield acting
        except BaseException:
            acting.cancel()
            raise
        await acting.finish()

    async def finish_actions(self) -> None:
        if self._actions:
            waited = self.box.waited
            async with self.acting():
                pass
            self.box.waited = waited

    async def finish(self) -> None:
        """Have the actions done that no verb has waited for."""
        await self.finish_actions()
        await self.actor.idle()
        self.raise_broken()

    def raise_broken(self) -> None:
        """Raise what went wrong where messages are taken in, once."""
        if (error := self.broken) is not None:
            self.broken = None
            raise error

    def forget_actions(self) -> None:
        """Drop the actions that nobody has carried out; the case has stopped."""
        self.actor.forget()
        self._actions, self.asked = [], []

    def settled(self, verb: str) -> None:
        if self._actions:
            raise CaseError(f"{verb}: the action before it has not been carried out yet")

    async def next_arrival(self, timeout: float | None) -> bool:
        """Wait until something arrives or is done; False when the time is over."""
        self.raise_broken()
        if timeout is not None and timeout <= 0:
            return False
        self._arrived.clear()
        settled = self.box.next_settled()
        limit = timeout if settled is None else settled + 0.001
        sooner = limit is not None and (timeout is None or limit < timeout)
        try:
            async with asyncio.timeout(limit if sooner else timeout):
                await self._arrived.wait()
        except TimeoutError:
            return sooner
        return True

    # -- machinery: recording -------------------------------------------------------------------

    def judge(self, checks: Sequence[Judges], value: Any) -> list[Outcome]:
        return [c.judge(value, self.value) for c in checks]

    def record(
        self,
        step: int | str,
        what: str,
        outcomes: list[Outcome],
        subjects: tuple[str, ...] = (),
    ) -> None:
        self._record_as(self.recorder.label(step), what, outcomes, subjects, None)

    def _record_as(
        self,
        label: str,
        what: str,
        outcomes: list[Outcome],
        subjects: tuple[str, ...],
        least: Verdict | None,
    ) -> None:
        if label in self.tighten and subjects and subjects[0] in self.payloads:
            outcomes = outcomes + self.judge(self.tighten[label], self.payloads[subjects[0]])
        self.recorder.record(label, what, outcomes, subjects, least)
