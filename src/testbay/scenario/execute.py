"""How one case is carried out: needs, preparations, scenario, rules, restoring, verdict."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass

from testbay.scenario import events
from testbay.scenario.case import TestCase
from testbay.scenario.checks import Outcome
from testbay.scenario.engine import VALID
from testbay.scenario.recorder import StepResult
from testbay.scenario.test import Test
from testbay.scenario.verdict import StopCase, Verdict


@dataclass(frozen=True, slots=True)
class Ended:
    """How a case ended: the verdict, why, and the label of the step that decided it."""

    verdict: Verdict
    reason: str
    failed: str
    checks: int
    seconds: float
    trace: str = ""


async def execute(case: TestCase, test: Test) -> Ended:
    """Carry out one case. A preparation that fails is never blamed on the SUT.

    Cancelling the task after ``interrupt`` ends the case as inconclusive; any other cancellation
    goes through.
    """
    stopped, reason, trace = Verdict.PASS, "", ""
    try:
        await _scenario(case, test)
    except StopCase as stop:
        stopped, reason = stop.verdict, str(stop)
        if test.recorder.phase in ("needs", "before"):
            stopped = _while_preparing(test, stopped)
    except asyncio.CancelledError:
        if test.interrupted is None:
            raise
        _uncancel()
        stopped, reason = Verdict.INCONCLUSIVE, test.interrupted
    except Exception as error:  # a bug of the tool or of the case, never a verdict on the SUT
        stopped, reason = Verdict.ERROR, f"{type(error).__name__}: {error}"
        trace = traceback.format_exc()
    results = test.recorder.results
    if stopped == Verdict.PASS and not any(r.outcomes for r in results):
        stopped, reason = Verdict.ERROR, "nothing was judged"
    verdict = max([stopped, *(r.verdict for r in results)])
    decided = next((r for r in results if r.verdict == verdict and verdict > Verdict.PASS), None)
    if decided is not None and (not reason or verdict > stopped):
        reason = _sentence(decided)
    await _restore(test)
    checks = sum(len(r.outcomes) for r in results)
    seconds = round(test.recorder.elapsed(), 3)
    failed = decided.label if decided is not None else ""
    ended = Ended(verdict, reason, failed, checks, seconds, trace)
    test.recorder.emit(
        events.CaseFinished(
            verdict.name, reason, checks, seconds, failed, trace, test.interrupted is not None
        )
    )
    return ended


async def _scenario(case: TestCase, test: Test) -> None:
    recorder = test.recorder
    recorder.enter("needs")
    for need in case.needs:
        if not await need.ask(test):
            test.not_applicable(need.text)
    recorder.enter("before")
    await test.prepare()
    for preparation in case.before:
        await test.reach(preparation)
    bad = [r for r in recorder.results if r.verdict > Verdict.PASS]
    if bad:
        why = f"the preparation did not go as described: {_sentence(bad[0])}"
        raise StopCase(recorder.bad, why)
    recorder.enter("main")
    test.begin()
    await case.body(test)
    await test.finish()
    recorder.enter("post")
    for rule in (*case.post, *test.rules()):
        messages = test.received(*rule.actions, where=rule.where)
        if messages or rule in case.post:  # a rule of the suite needs something to rule
            test.review("post", messages, *rule.checks)
    _judge_validity(test)


def _judge_validity(test: Test) -> None:
    """Record that every message was valid; a breach has been recorded when it was seen."""
    if any(r.label == "valid" for r in test.recorder.results):
        return
    subjects = tuple(test.payloads)
    outcome = Outcome(VALID, True, f"{len(subjects)} messages")
    if subjects:
        test.recorder.record("valid", "messages of the SUT", [outcome], subjects[-1:])


def _while_preparing(test: Test, stopped: Verdict) -> Verdict:
    return min(stopped, test.recorder.bad) if stopped == Verdict.FAIL else stopped


def _sentence(result: StepResult) -> str:
    bad = next((o for o in result.outcomes if not o.passed), None)
    return f"step {result.label}: {bad.text}; it was: {bad.actual}" if bad else result.what


def _uncancel() -> None:
    if (task := asyncio.current_task()) is not None:
        task.uncancel()


async def _restore(test: Test) -> None:
    """Put settings back in reverse order. What fails here is a remark, not a verdict."""
    test.recorder.enter("restore")
    test.forget_actions()
    with test.recorder.under("restore"):
        for act in reversed(test.undos):
            try:
                await act()
            except (StopCase, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError):
                    _uncancel()
                test.recorder.remark(f"not restored: {error or 'stopped'}")
            except Exception as error:
                test.recorder.remark(f"not restored: {type(error).__name__}: {error}")
    test.release()
    for message in test.box.unclaimed():
        if not test.ambient(message):
            text = f"not claimed by any step: {message.action} at {message.at:.1f} s"
            test.recorder.remark(text, message.uid)
