"""Runs cases: one after another on each lane, every one journaled, stopped and resumed cleanly."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from testbay.campaign.between import Between
from testbay.campaign.lane import Lane, new_test
from testbay.campaign.resume import Earlier
from testbay.campaign.survey import Surveyor
from testbay.clock.wall import now as wall_now
from testbay.clock.wall import stamp
from testbay.scenario import events
from testbay.scenario.case import TestCase
from testbay.scenario.execute import Ended, execute
from testbay.scenario.recorder import Recorder
from testbay.scenario.test import Test
from testbay.scenario.verdict import Verdict

T = TypeVar("T")
STOPPED = "the run was stopped by the tester"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is done.

    Args:
        seed: of every random choice.
        strict: a failed preparation fails the case instead of making it inconclusive.
        repeat: how often each case is run.
    """

    seed: int = 1
    strict: bool = False
    repeat: int = 1


@dataclass
class Run:
    """The state of a run: what is left to do, what is done, who is told.

    Args:
        finished: how often each case has been run to its end.
        surveyor: asks every SUT about itself before its cases.
        abouts: what the SUT on each lane has said of itself.
    """

    cases: list[TestCase]
    sink: events.Sink
    settings: Settings = field(default_factory=Settings)
    now: Callable[[], datetime] = wall_now
    attempts: dict[str, int] = field(default_factory=dict)
    done: dict[str, Ended] = field(default_factory=dict)
    finished: dict[str, int] = field(default_factory=dict)
    surveyor: Surveyor | None = None
    abouts: dict[int, dict[str, Any]] = field(default_factory=dict)
    stopped: str = ""

    def __post_init__(self) -> None:
        self._current: dict[int, tuple[Test, asyncio.Task[Ended]]] = {}
        self._waiting: dict[int, asyncio.Task[Any]] = {}
        self._going = asyncio.Event()
        self._going.set()
        self._ended_at: dict[str, float] = {}
        self._paused_at = self._zero = asyncio.get_running_loop().time()

    def tell(self, event: events.Event, since: float = 0.0, case: str = "") -> None:
        """Tell the readers of something outside a case, or of a case that is not run."""
        t = asyncio.get_running_loop().time() - since
        self.sink(events.Stamped(t, stamp(self.now()), case, 0, event))

    def stop(self, why: str = STOPPED) -> None:
        """End the running cases as inconclusive and begin no other."""
        self.stopped = self.stopped or why
        self.go_on()
        for test, task in list(self._current.values()):
            test.interrupted = why
            task.cancel()
        for waiting in list(self._waiting.values()):
            waiting.cancel()

    @property
    def paused(self) -> bool:
        """Whether no other case is begun at present."""
        return not self._going.is_set()

    def pause(self) -> None:
        """Let the running cases end and begin no other, until the run goes on."""
        if not self.paused and not self.stopped:
            self._paused_at = asyncio.get_running_loop().time()
            self._going.clear()
            self.tell(events.Paused(), self._zero)

    def go_on(self) -> None:
        """Begin cases again."""
        if self.paused:
            self._going.set()
            waited = round(asyncio.get_running_loop().time() - self._paused_at, 3)
            self.tell(events.Continued(waited), self._zero)

    def left(self, case: TestCase) -> int:
        """Return how often a case is still to be run."""
        so_far = Earlier({}, self.done, self.attempts, self.finished)
        return so_far.left(case.id, self.settings.repeat)

    async def on(self, lanes: Sequence[Lane]) -> None:
        """Run every case on the first free lane whose product meets what the case requires."""
        self.skip(lanes)
        waiting = [c for c in self.cases for _ in range(self.left(c))]
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
        if self._pick(lane, lanes, waiting) is not None:
            await self._survey(lane, zero)
        while not self.stopped:
            await self._going.wait()
            case = None if self.stopped else self._pick(lane, lanes, waiting)
            if case is None:
                return
            waiting.remove(case)
            try:
                if why := unmet_by(case, lane):
                    self.done[case.id] = self.miss(case, lane, why)
                else:
                    self.done[case.id] = await self.one(case, lane, between)
                    await self._look(case, lane)
            except Exception as error:  # a bug of the tool costs this case, not the run
                attempt = self.attempts.get(case.id, 1)
                self.done[case.id] = broken(self.sink, case.id, attempt, error, self.now())
            self.finished[case.id] = self.finished.get(case.id, 0) + 1

    async def _survey(self, lane: Lane, zero: float) -> None:
        """Ask the SUT about itself, where that is wanted; a bug of the tool ends no run."""
        if self.surveyor is None or not self.surveyor.at_start:
            return
        lane.given_up = await self._ready(lane)
        if lane.given_up:
            return
        try:
            told = await self._unless_stopped(lane, self.surveyor.told(lane))
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            told = events.Surveyed(lane.number, [], [], why, lane.built)
        if told is not None:
            self.tell(told, zero)
        self._identify(lane)

    async def _look(self, case: TestCase, lane: Lane) -> None:
        """See what a case has left otherwise in the settings of the SUT."""
        if self.surveyor is None or self.stopped or lane.given_up:
            return
        try:
            changed = await self._unless_stopped(lane, self.surveyor.put_back(lane))
        except Exception as error:  # a bug of the tool does not spoil the verdict
            changed = [f"the settings cannot be compared: {type(error).__name__}: {error}"]
        if changed:
            self._tell_of(case, events.LeftBehind(changed))

    def _identify(self, lane: Lane, case: TestCase | None = None) -> None:
        """Tell what the SUT says of itself, when that is new."""
        about, before = lane.model.about(), self.abouts.get(lane.number, {})
        if about and about != before:
            self.abouts[lane.number] = about
            told = events.Identified(lane.number, about, lane.built, before)
            if case is not None and before:
                self._tell_of(case, told)
            else:
                self.tell(told, self._zero)

    def _tell_of(self, case: TestCase, event: events.Event) -> None:
        """Tell of something that belongs to a case that has ended."""
        attempt, t = self.attempts.get(case.id, 1), self._ended_at.get(case.id, 0.0)
        self.sink(events.Stamped(t, stamp(self.now()), case.id, attempt, event))

    def _pick(self, lane: Lane, lanes: Sequence[Lane], waiting: list[TestCase]) -> TestCase | None:
        """Take first what only few lanes can run, so that none of them is left waiting.

        What no lane can run any more comes last, to be told of.
        """
        mine = [c for c in waiting if not unmet_by(c, lane)]
        mine = mine or [c for c in waiting if all(unmet_by(c, x) for x in lanes)]
        return min(mine, key=lambda c: sum(not unmet_by(c, x) for x in lanes), default=None)

    def miss(self, case: TestCase, lane: Lane, why: str) -> Ended:
        """End a case without running it: another one has left the system as it must not be."""
        recorder, _ = self._begin(case, lane)
        left = f"another case has left the system so that this one cannot be run: {why}"
        return not_ready(recorder, left, (), stopped=False)

    async def one(self, case: TestCase, lane: Lane, between: Between) -> Ended:
        """Run one case on a lane."""
        why = lane.given_up or await self._ready(lane)
        recorder, test = self._begin(case, lane)
        self._identify(lane)
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
            self._ended_at[case.id] = recorder.elapsed()
            lane.end.attach(between)
            lane.follow()
            self._identify(lane, case)

    def _begin(self, case: TestCase, lane: Lane) -> tuple[Recorder, Test]:
        """Tell that a case begins."""
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
        return recorder, test

    async def _ready(self, lane: Lane) -> str:
        """Wait until the SUT is there; return why it is not. Stopping the run ends the wait."""
        why = await self._unless_stopped(lane, lane.end.ready(lane.connect_timeout))
        return self.stopped if why is None else why

    async def _unless_stopped(self, lane: Lane, work: Coroutine[Any, Any, T]) -> T | None:
        """Do something; stopping the run ends it, and nothing is returned."""
        task = asyncio.get_running_loop().create_task(work)
        self._waiting[lane.number] = task
        try:
            return await task
        except asyncio.CancelledError:
            if not (self.stopped and task.cancelled()):
                raise
            return None
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
