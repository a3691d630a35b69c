"""The dual of the proof: what a conforming system may do otherwise must not make a case fail."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from testbay.campaign import suites
from testbay.campaign.embedded import Build
from testbay.campaign.lane import Lane
from testbay.campaign.virtual import Recorded, product_for, run_case
from testbay.proof.setups import PLAIN, setups_of
from testbay.proof.tolerance_people import Person
from testbay.proof.tolerance_run import Conforming
from testbay.proof.tolerance_speech import Speech, speech
from testbay.proof.tolerance_trials import Trial, trials
from testbay.proof.tolerance_wire import NoAct, Side, TolerantWire
from testbay.scenario.case import TestCase
from testbay.scenario.verdict import Verdict

CONNECT = 300.0  # s, so that a station may be slow to start


RIGHT = (
    (
        "requests pass it",
        "answered by default before the step could choose",
        "A request that comes long before the answer to the call is answered by default, as a "
        "system may wait for that before it answers; no step could choose then.",
    ),
    *(
        (
            late,
            "it needs a larger file",
            "A short transfer is over before its status can be asked for, if messages take long.",
        )
        for late in ("a line that takes", "s later")
    ),
    *(
        (
            person,
            seen,
            "A person slower than the time-out of the station must begin anew.",
        )
        for person in ("slow person", "a person who")
        for seen in ("the station had stopped waiting for the cable", "plugging in took")
    ),
)
"""Where it is right to be inconclusive: which perturbation, what the reason says, and why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A conforming system that did not pass.

    Args:
        verdict: what it got instead.
        reason: why, as the report says it.
    """

    case: str
    trial: str
    text: str
    verdict: str
    reason: str


@dataclass
class Tolerance:
    """What was tried on one case.

    Args:
        runs: how many trials there were.
        idle: how many of them had nothing to do at their place.
    """

    case: str
    runs: int = 0
    idle: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass
class Bench:
    """Runs one case, perturbed or not."""

    case: TestCase
    suite: suites.Loaded

    @property
    def speech(self) -> Speech:
        """What systems of its version say."""
        return speech(self.suite.ocpp)

    def run(self, trial: Trial) -> tuple[Recorded | None, bool]:
        """Run the case; say whether the perturbation was shown. None: no product can run it."""
        setup = trial.setup
        product, _ = product_for(self.case, self.suite, setup.product, dict(setup.features))
        if product is None:
            return None, False
        product = replace(product, features={**product.features, **setup.features})
        act, wires = trial.act(), list[TolerantWire]()

        def interpose(sut: str) -> TolerantWire:
            side: Side = "client" if sut == "station" else "server"
            wires.append(TolerantWire(side, act, trial.dress, self.speech.seen()))
            wires[-1].seen.here = int(setup.config.get(self.speech.here, 1))
            return wires[-1]

        def cut() -> None:
            if trial.cuts and (pair := wires[-1].pair) is not None:
                pair.cut()

        def wrap(lane: Lane) -> None:
            lane.connect_timeout = CONNECT
            if trial.pace is not None:
                lane.operator = Person(lane.operator, trial.pace, cut)

        config = {v.name: v.default for v in self.suite.part(self.case.sut).values.values()}
        build = Build(setup.config, setup.options, setup.faults)
        run = run_case(
            self.case,
            self.suite,
            product,
            config,
            build=build,
            interpose=interpose,
            wrap=wrap,
        )
        return run, act.applied


def judge(case: TestCase, trial: Trial, run: Recorded) -> Finding | None:
    """Return what is wrong with the verdict of a run, or nothing."""
    ended = run.ended
    if ended.verdict == Verdict.PASS:
        return None
    right = (why for name, seen, why in RIGHT if name in trial.name and seen in ended.reason)
    if ended.verdict == Verdict.INCONCLUSIVE and next(right, ""):
        return None
    if ended.verdict == Verdict.NOT_APPLICABLE and trial.setup is not PLAIN:
        return None  # the case is not for a system that is built so
    reason = ended.trace or ended.reason
    return Finding(case.id, str(trial), trial.text, ended.verdict.text, reason)


def tolerate_case(ocpp: str, case_id: str, every: int = 1, turn: int = 0) -> Tolerance:
    """Try one case with all perturbations, or with a sample of them.

    Args:
        every: one of so many kinds of perturbation is tried, at one place; 1: all, everywhere.
        turn: which ones; over as many turns as ``every``, each kind is tried.
    """
    suite = suites.load(ocpp)
    bench = Bench(suite.cases[case_id], suite)
    found = Tolerance(case_id)
    everything = list(_all(bench))
    for trial in everything if every == 1 else sample(everything, every, turn):
        found.runs += 1
        try:
            run, applied = bench.run(trial)
        except Exception as error:  # a bug of the tool costs this trial
            why = "".join(traceback.format_exception(error))
            crash = Finding(case_id, str(trial), trial.text, Verdict.ERROR.text, why)
            found.findings.append(crash)
            continue
        found.idle += trial.act is not NoAct and not applied
        if run is not None and (finding := judge(bench.case, trial, run)):
            found.findings.append(finding)
    return found


def sample(everything: Sequence[Trial], every: int, turn: int) -> Iterator[Trial]:
    """Yield one of so many kinds of perturbation, each at one place."""
    for i, name in enumerate(dict.fromkeys(t.name for t in everything)):
        if (i + turn) % every == 0:
            alike = [t for t in everything if t.name == name]
            yield alike[(7 * turn + i) % len(alike)]


def as_json(results: Sequence[Tolerance]) -> dict[str, Any]:
    """Return the result for a program to read."""
    return {
        "cases": len(results),
        "runs": sum(r.runs for r in results),
        "shown": sum(r.runs - r.idle for r in results),
        "findings": [asdict(f) for r in results for f in r.findings],
    }


def _all(bench: Bench) -> Iterator[Trial]:
    """Yield all trials, in each set-up in which the case is proved."""
    for setup in setups_of(bench.case):
        # not a system that is dressed up on another wire, nor what every case is proved in
        if setup.dress is None and not setup.usual:
            run, _ = bench.run(Trial("as it is", "", setup=setup))
            if run is not None:
                yield from trials(Conforming(run, bench.case.sut, bench.speech), setup)


def tolerate(
    ocpp: str,
    case_ids: Sequence[str],
    *,
    workers: int = 2,
    every: int = 1,
    tell: Callable[[Tolerance], None] = lambda _: None,
) -> list[Tolerance]:
    """Try cases in several processes; ``tell`` gets each result as it is there.

    Args:
        every: one of so many kinds of perturbation is tried, at one place; 1: all, everywhere.
    """
    results = []
    places = {case_id: i for i, case_id in enumerate(suites.load(ocpp).cases)}
    turns = [places[case_id] for case_id in case_ids]
    work = partial(tolerate_case, ocpp, every=every)
    with ProcessPoolExecutor(workers) as pool:
        for found in pool.map(partial(_in_turn, work), case_ids, turns):
            tell(found)
            results.append(found)
    return results


def _in_turn(work: Callable[..., Tolerance], case_id: str, turn: int) -> Tolerance:
    return work(case_id, turn=turn)
