"""Runs cases: one after another on each lane, every one journaled, stopped and resumed cleanly."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from testbay.campaign.between import Between
from testbay.campaign.lane import Lane, new_test
from testbay.clock.wall import now as wall_now
from testbay.clock.wall import stamp
from testbay.scenario import events
from testbay.scenario.case import TestCase
from testbay.scenario.execute import Ended, execute
from testbay.scenario.recorder import Recorder
from testbay.scenario.test import Test
from testbay.scenario.verdict import Verdict

STOPPED = "the run was stopped by the tester"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is done.

    Args:
        seed: of every random choice.
        strict: a failed preparation fails the case instead of making it inconclusive.
    """

    seed: int = 1
    strict: bool = False


@dataclass
class Run:
    """The state of a run: what is left to do, what is done, who is told."""

    cases: list[TestCase]
    sink: events.Sink
    settings: Settings = field(default_factory=Settings)
    now: Callable[[], datetime] = wall_now
    attempts: dict[str, int] = field(default_factory=dict)
    done: dict[str, Ended] = field(default_factory=dict)
    stopped: str = ""

    def __post_init__(self) -> None:
        self._current: dict[int, tuple[Test, asyncio.Task[Ended]]] = {}
        self._waiting: dict[int, asyncio.Task[str]] = {}

    def tell(self, event: events.Event, since: float = 0.0, case: str = "") -> None:
        """Tell the readers of something outside a case, or of a case that is not run."""
        t = asyncio.get_running_loop().time() - since
        self.sink(events.Stamped(t, stamp(self.now()), case, 0, event))

    def stop(self, why: str = STOPPED) -> None:
        """End the running cases as inconclusive and begin no other."""
        self.stopped = self.stopped or why
        for test, task in list(self._current.values()):
            test.interrupted = why
            task.cancel()
        for waiting in list(self._waiting.values()):
            waiting.cancel()

    async def on(self, lanes: Sequence[Lane]) -> None:
        """Run every case on the first free lane whose product meets what the case requires."""
        self.skip(lanes)
        waiting = [c for c in self.cases if c.id not in self.done]
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(self._work(lane, lanes, waiting))

    def skip(self, lanes: Sequence[Lane]) -> None:
        """Tell which cases apply to no lane, with the reason."""
        for case in self.cases:
            unmet = [why for lane in lanes if (why := unmet_by(case, lane))]
            if lanes and len(unmet) == len(lanes) and case.id not in self.done:
                self.leave_out(case, unmet[0])

    def leave_out(self, case: TestCase, why: str) -> None:
        """Tell that a case does not apply, and do not run it."""
        self.done[case.id], skipped = not_applicable(case, why)
        self.tell(skipped, case=case.id)

    async def _work(self, lane: Lane, lanes: Sequence[Lane], waiting: list[TestCase]) -> None:
        zero = asyncio.get_running_loop().time()
        between = Between(lane.end, lane.model, self.now, lambda e: self.tell(e, zero))
        lane.end.attach(between)
        for event in lane.early:
            self.tell(event, zero)
        lane.early.clear()
        while not self.stopped:
            case = self._pick(lane, lanes, waiting)
            if case is None:
                return
            waiting.remove(case)
            try:
                self.done[case.id] = await self.one(case, lane, between)
            except Exception as error:  # a bug of the tool costs this case, not the run
                attempt = self.attempts.get(case.id, 1)
                self.done[case.id] = broken(self.sink, case.id, attempt, error, self.now())

    def _pick(self, lane: Lane, lanes: Sequence[Lane], waiting: list[TestCase]) -> TestCase | None:
        """Take first what only few lanes can run, so that none of them is left waiting."""
        mine = [c for c in waiting if not unmet_by(c, lane)]
        return min(mine, key=lambda c: sum(not unmet_by(c, x) for x in lanes), default=None)

    async def one(self, case: TestCase, lane: Lane, between: Between) -> Ended:
        """Run one case on a lane."""
        why = lane.given_up or await self._ready(lane)
        attempt = self.attempts[case.id] = self.attempts.get(case.id, 0) + 1
        recorder = Recorder(
            case.id, attempt, self.sink, self.now(), lane.config, self.settings.strict
        )
        test = new_test(
            lane.make_test, lane.end, lane.operator, recorder, lane.model, self.settings.seed
        )
        recorder.emit(
            events.CaseStarted(
                title=case.title,
                ocpp=case.ocpp,
                sut=case.sut,
                group=case.group,
                lane=lane.number,
                seed=self.settings.seed,
                started=recorder.started.isoformat(),
                config=lane.config,
                known=lane.model.known(),
                readings=list(case.readings),
                strict=self.settings.strict,
            )
        )
        if why:
            lane.given_up = why
            return not_ready(recorder, why, between.notices, bool(self.stopped))
        between.notices.clear()
        recorder.phase = "needs"  # what comes before the scenario begins is no part of it
        lane.end.attach(test)
        task = asyncio.get_running_loop().create_task(execute(case, test))
        self._current[lane.number] = (test, task)
        try:
            return await task
        finally:
            del self._current[lane.number]
            lane.end.attach(between)

    async def _ready(self, lane: Lane) -> str:
        """Wait until the SUT is there; return why it is not. Stopping the run ends the wait."""
        task = asyncio.get_running_loop().create_task(lane.end.ready(lane.connect_timeout))
        self._waiting[lane.number] = task
        try:
            return await task
        except asyncio.CancelledError:
            if not (self.stopped and task.cancelled()):
                raise
            return self.stopped
        finally:
            del self._waiting[lane.number]


def not_applicable(case: TestCase, why: str) -> tuple[Ended, events.CaseSkipped]:
    """End a case that does not apply; return how, and what is told of it."""
    skipped = events.CaseSkipped(case.title, case.ocpp, case.sut, case.group, why)
    return Ended(Verdict.NOT_APPLICABLE, why, "", 0, 0.0), skipped


def unmet_by(case: TestCase, lane: Lane) -> str:
    """Return why the product of a lane does not meet what a case requires, or nothing."""
    return case.requires.unmet(lane.product) if case.requires is not None else ""


def broken(
    sink: events.Sink, case: str, attempt: int, error: BaseException, now: datetime
) -> Ended:
    """End a case that a bug outside its scenario has ended."""
    reason = f"{type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error))
    finished = events.CaseFinished(Verdict.ERROR.name, reason, 0, 0.0, "", trace)
    sink(events.Stamped(0.0, stamp(now), case, attempt, finished))
    return Ended(Verdict.ERROR, reason, "", 0, 0.0, trace)


def not_ready(recorder: Recorder, why: str, notices: Sequence[str], stopped: bool) -> Ended:
    """End a case that could not begin, because the SUT is not there, or the run is stopped."""
    reason = why if stopped else "; ".join([why, *(n for n in notices if n not in why)])
    verdict, seconds = Verdict.INCONCLUSIVE, recorder.elapsed()
    recorder.emit(events.CaseFinished(verdict.name, reason, 0, seconds, "", stopped=True))
    return Ended(verdict, reason, "", 0, seconds)
