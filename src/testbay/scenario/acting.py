"""Actions that are carried out while a verb is already waiting; its time starts after them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from testbay.scenario import events
from testbay.scenario.recorder import Recorder, plain
from testbay.scenario.role import AUTOMATON, Action, Operator, Performed
from testbay.scenario.verdict import StopCase, Verdict

CLOSING = 0.2  # s, for a prompt to close
NOBODY = "case"  # was asked, as the effect had shown before


@dataclass
class Actor:
    """Has actions performed and questions answered, and tells the readers so.

    Args:
        automatic: what acts has shown that it is no person: it acts when asked, never before.
    """

    operator: Operator
    recorder: Recorder
    resolve: Callable[[Any], Any]
    acted: Callable[[Action, Mapping[str, Any]], None]
    count: int = 0
    automatic: bool = False
    saying: asyncio.Task[None] | None = None

    def uid(self) -> str:
        """Return a new id for an action or question."""
        self.count += 1
        return f"a{self.count}"

    def ask(self, action: Action) -> str:
        """Tell that an action is wanted; return its id."""
        uid, parameters = self.uid(), self.resolve(dict(action.parameters))
        self.recorder.emit(events.ActionAsked(uid, action.name, plain(parameters), action.text))
        return uid

    async def perform(self, uid: str, action: Action, closed: asyncio.Event) -> None:
        """Have one action performed; nobody is asked if the SUT has shown the effect before.

        Raises:
            StopCase: it was not done; the case is inconclusive.
        """
        parameters, started = self.resolve(dict(action.parameters)), self.recorder.elapsed()
        if closed.is_set():
            done = Performed("closed", NOBODY)
        else:
            done = await self.operator.perform(uid, action, parameters, closed)
        seconds = round(self.recorder.elapsed() - started, 3)
        self.recorder.emit(events.ActionDone(uid, action.name, done.result, done.by, seconds))
        if done.result not in ("done", "closed"):
            why = f"the action was not done: {action.text} ({done.result})"
            raise StopCase(Verdict.INCONCLUSIVE, why)
        if done.by != NOBODY:
            self.automatic = done.by == AUTOMATON
        self.acted(action, parameters)

    async def idle(self) -> None:
        """Wait for whoever has not said yet that an action is done whose effect has shown.

        Raises:
            StopCase: it was not done after all.
        """
        if (saying := self.saying) is not None:
            self.saying = None
            await saying

    def forget(self) -> None:
        """Wait for nobody any more; the case has stopped."""
        if self.saying is not None:
            self.saying.cancel()
            self.saying = None

    async def confirm(self, question: str) -> tuple[str, bool]:
        """Have a question answered; return its id and the answer.

        Raises:
            StopCase: nobody can tell; the case is inconclusive.
        """
        uid = self.uid()
        self.recorder.emit(events.QuestionAsked(uid, question))
        said = await self.operator.confirm(uid, question)
        self.recorder.emit(events.QuestionAnswered(uid, question, said.answer, said.by))
        if said.answer is None:
            raise StopCase(Verdict.INCONCLUSIVE, f"nobody could tell: {question}")
        return uid, said.answer


@dataclass
class Acting:
    """The actions of one waiting verb, and the time that starts when they are done."""

    actor: Actor
    actions: Sequence[Action]
    wake: Callable[[], None]
    shown: bool = False
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._since = self.actor.recorder.elapsed()
        self._task: asyncio.Task[None] | None = None
        self._last = False
        if self.actions:  # asked for at once: a message that comes now comes after it
            first = self.actor.ask(self.actions[0])
            self._task = asyncio.get_running_loop().create_task(self._perform(first))
            self._task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # the verb may have ended without asking for it
        self.wake()

    async def _perform(self, first: str) -> None:
        await self.actor.idle()
        for i, action in enumerate(self.actions):
            self._last = i == len(self.actions) - 1
            uid = self.actor.ask(action) if i else first
            await self.actor.perform(uid, action, self.closed if self._last else asyncio.Event())
        self._since = self.actor.recorder.elapsed()

    def left(self, limit: float) -> float | None:
        """Seconds left of a limit; None while somebody is still acting."""
        if self._task is not None:
            if not self._task.done():
                return None
            self._task.result()
        return self._since + limit - self.actor.recorder.elapsed()

    def too_late(self, at: float, within: float | None) -> bool:
        """Return whether something came later than in this time, once everything was done."""
        acting = self._task is not None and not self._task.done()
        return within is not None and not acting and at > self._since + within

    def restart(self) -> None:
        """Let the time start again (something has come)."""
        self._since = max(self._since, self.actor.recorder.elapsed())

    async def finish(self) -> None:
        """End: the last prompt closes if the SUT has shown the effect, the others are done.

        A hook may come back long after the effect; it is awaited before the next action only.
        """
        if self.shown:
            self.closed.set()
        if self._task is None:
            return
        if self.shown and self._last:
            await asyncio.wait((self._task,), timeout=CLOSING)
            if not self._task.done():
                self.actor.saying = self._task
                return
        await self._task

    def cancel(self) -> None:
        """Give up the actions (the case has stopped)."""
        if self._task is not None:
            self._task.cancel()
