"""How one case is carried out: needs, preparations, scenario, rules, restoring, verdict."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from testbay.scenario import events
from testbay.scenario.case import TestCase
from testbay.scenario.checks import Outcome
from testbay.scenario.engine import VALID
from testbay.scenario.recorder import Recorder, StepResult
from testbay.scenario.test import Test
from testbay.scenario.verdict import Broke, StopCase, Verdict

GENERAL = ("validation", "validation of messages")


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
    except asyncio.CancelledError:
        if test.interrupted is None:
            raise
        _uncancel()
        stopped, reason = Verdict.INCONCLUSIVE, test.interrupted
    except Exception as error:
        stopped, reason, trace = _stopped_by(error, test)
    if (hidden := test.broken) is not None:  # the case stopped before a verb could raise it
        test.broken = None
        worse = _stopped_by(hidden, test)
        if worse[0] > stopped:
            stopped, reason, trace = worse
    results = test.recorder.results
    verdict = max([stopped, *(r.verdict for r in results)])
    decisive = [r for r in results if r.verdict == verdict and verdict > Verdict.PASS]
    decided = decisive[0] if decisive else None
    if decided is not None and (not reason or verdict > stopped):
        reason = _sentence(test.recorder, decided)
    elif decided is not None:
        reason = _with_another(test.recorder, reason, decisive)
    if (broke := await _restore(test)) and verdict < Verdict.FAIL:
        verdict, reason, decided = Verdict.FAIL, f"while settings were put back, {broke}", None
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


def _with_another(recorder: Recorder, reason: str, decisive: Sequence[StepResult]) -> str:
    """Return why a case has ended, and what else has failed: what came first is said first.

    What may not come is recorded last, though it may be why something else has not come.
    """
    untold = (r for r in decisive if f"step {r.label}:" not in reason)
    others = [r for r in untold if not _tells(reason, r)]
    said = _sentence(recorder, others[0]) if others else reason
    if said in reason:
        return reason
    return f"{said}; then {reason}" if others[0] is decisive[0] else f"{reason}; then {said}"


def _stopped_by(error: Exception, test: Test) -> tuple[Verdict, str, str]:
    """Return verdict, reason and trace. What is no StopCase is a bug of the tool or of the case."""
    if isinstance(error, StopCase):
        preparing = test.recorder.phase in ("needs", "before") and error.verdict == Verdict.FAIL
        preparing = preparing and not isinstance(error, Broke)
        return test.recorder.bad if preparing else error.verdict, str(error), ""
    trace = "".join(traceback.format_exception(error))
    return Verdict.ERROR, f"{type(error).__name__}: {error}", trace


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
        why = f"the preparation did not go as described: {_sentence(recorder, bad[0])}"
        raise StopCase(max(r.verdict for r in bad), why)
    recorder.enter("main")
    test.begin()
    await case.body(test)
    await test.finish()
    recorder.enter("post")
    for rule in case.post:
        test.review("post", test.received(*rule.actions, where=rule.where), *rule.checks)
    _something_judged(test)
    for rule in test.rules():
        messages = test.received(*rule.actions, where=rule.where)
        if messages:  # a rule of the suite needs something to rule
            test.review("post", messages, *rule.checks)
    _judge_validity(test)


def _something_judged(test: Test) -> None:
    """See that the case itself has judged something: else it would pass whatever came.

    Raises:
        StopCase: it has not; this is an error of the case.
    """
    judged = (r for r in test.recorder.results if r.phase in ("main", "post") and r.outcomes)
    if all(r.label == "valid" for r in judged):
        raise StopCase(Verdict.ERROR, "nothing was judged")


def _judge_validity(test: Test) -> None:
    """Record that every message was valid; a breach has been recorded when it was seen."""
    if any(r.label == "valid" for r in test.recorder.results):
        return
    subjects = tuple(test.payloads)
    outcome = Outcome(VALID, True, f"{len(subjects)} messages")
    if subjects:
        test.recorder.record("valid", "messages of the SUT", [outcome], subjects[-1:])


def _sentence(recorder: Recorder, result: StepResult) -> str:
    bad = next((o for o in result.outcomes if not o.passed), None)
    if bad is None:
        return result.what
    if bad.text == VALID:
        return f"the SUT broke the protocol: {bad.actual}"
    wanted = recorder.sentence(bad.check) if bad.check is not None else bad.text
    about = "" if result.what in (*GENERAL, wanted) else f"{result.what}: "
    return f"step {result.label}: {about}{wanted}; it was: {bad.actual}"


def _tells(reason: str, result: StepResult) -> bool:
    """Tell whether a reason is that of the step which has stopped the case."""
    bad = next((o for o in result.outcomes if not o.passed), None)
    return bad is not None and (bad.text in reason or reason.endswith(str(bad.actual)))


def _uncancel() -> None:
    if (task := asyncio.current_task()) is not None:
        task.uncancel()


async def _restore(test: Test) -> str:
    """Put settings back in reverse order. What fails here is a remark, not a verdict.

    Returns what the SUT has done meanwhile that no case allows, or nothing.
    """
    broke = ""
    test.recorder.enter("restore")
    test.forget_actions()
    with test.recorder.under("restore"):
        for act in reversed(test.undos):
            try:
                await act()
                await test.finish()
            except asyncio.CancelledError:
                if test.interrupted is None:
                    raise
                _uncancel()
                test.recorder.remark(f"not restored: {test.interrupted}")
            except StopCase as stop:
                broke = broke or (str(stop) if isinstance(stop, Broke) else "")
                test.recorder.remark(f"not restored: {stop}")
            except Exception as error:
                test.recorder.remark(f"not restored: {type(error).__name__}: {error}")
    test.release()
    for message in test.box.unclaimed():
        if not test.ambient(message):
            text = f"not claimed by any step: {message.action} at {message.at:.1f} s"
            test.recorder.remark(text, message.uid)
    if left := test.left_behind():
        test.recorder.emit(events.LeftBehind(left))
    return broke or (str(test.broken) if isinstance(test.broken, Broke) else "")
