"""Proves cases: run conforming, then once per check with a fault that must make it fail."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from testbay.campaign import suites
from testbay.campaign.embedded import Build
from testbay.campaign.lane import Lane
from testbay.campaign.virtual import Recorded, product_for, run_case
from testbay.proof.derive import Base
from testbay.proof.fault import WireFault
from testbay.proof.hearing import MISHEARD, OVERHEARD, UNHEARD, HardOfHearing
from testbay.proof.setups import HOMES, Setup, likely_for, setups_of
from testbay.proof.wire import Wire
from testbay.scenario.case import TestCase
from testbay.scenario.checks import Outcome
from testbay.scenario.product import Product
from testbay.scenario.recorder import StepResult
from testbay.scenario.role import Action, Confirmed, Performed
from testbay.scenario.verdict import Verdict

TRIES = 26  # faults for one check
ELSEWHERE = ("refuse", UNHEARD, MISHEARD, OVERHEARD)  # faults that are not made on the wire
Key = tuple[str, str]


@dataclass
class Proof:
    """What is known of the checks of one case.

    Args:
        killed: the checks that a fault made fail, with the fault.
        tried: the checks that no fault has made fail, with the last fault that was tried.
        untried: the checks that no fault is known for, with the reason.
        broken: why the conforming run was no PASS.
    """

    case: str
    killed: dict[Key, str] = field(default_factory=dict)
    tried: dict[Key, str] = field(default_factory=dict)
    untried: dict[Key, str] = field(default_factory=dict)
    broken: str = ""
    runs: int = 0

    @property
    def checks(self) -> int:
        """How many checks the case has."""
        return len(self.killed) + len(self.tried) + len(self.untried)

    def settle(self, key: Key, by: str) -> None:
        """Note that a fault made a check fail."""
        self.killed[key] = by
        self.tried.pop(key, None)
        self.untried.pop(key, None)


class _Refusing:
    """An operator whose answer to one question is no."""

    def __init__(self, inner: Any, uid: str) -> None:
        self._inner, self._uid = inner, uid

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        performed: Performed = await self._inner.perform(uid, action, parameters, closed)
        return performed

    async def confirm(self, uid: str, question: str) -> Confirmed:
        if uid == self._uid:
            return Confirmed(False, "proof")
        said: Confirmed = await self._inner.confirm(uid, question)
        return said


@dataclass
class _Bench:
    """Runs one case in one set-up, conforming or with a fault."""

    case: TestCase
    suite: suites.Loaded
    product: Product
    setup: Setup

    def run(self, wire: WireFault | None = None, faults: tuple[str, ...] = ()) -> Recorded:
        config = {v.name: v.default for v in self.suite.part(self.case.sut).values.values()}
        build = Build(self.setup.config, self.setup.options, (*self.setup.faults, *faults))

        def interpose(_: str) -> Wire:
            fault = wire if wire and wire.act not in ELSEWHERE else None
            return Wire(fault, self.setup.dress)

        def wrap(lane: Lane) -> None:
            if wire is not None and wire.act == "refuse":
                lane.operator = _Refusing(lane.operator, wire.uid)
            elif wire is not None and wire.act in ELSEWHERE:
                lane.end = HardOfHearing(lane.end, wire)

        return run_case(
            self.case,
            self.suite,
            replace(self.product, features={**self.product.features, **self.setup.features}),
            config,
            build=build,
            interpose=interpose,
            wrap=wrap,
        )


def prove_case(ocpp: str, case_id: str) -> Proof:
    """Prove one case in all its set-ups."""
    suite = suites.load(ocpp)
    case = suite.cases[case_id]
    proof = Proof(case_id)
    proven: list[tuple[_Bench, Recorded]] = []
    for setup in setups_of(case):
        product, why = product_for(case, suite, setup.product)
        if product is None:
            proof.broken = f"no product runs it: {why}"
            continue
        bench = _Bench(case, suite, product, setup)
        proven.append((bench, _prove_setup(proof, bench)))
    for bench, run in proven:  # many runs: only for what no set-up has shown
        _sweep(proof, bench, run, named_faults(case))
    return proof


def _prove_setup(proof: Proof, bench: _Bench) -> Recorded:
    """Prove what can be proved in one set-up without trying all named faults."""
    run = bench.run()
    proof.runs += 1
    if bench.setup.usual and run.ended.verdict == Verdict.NOT_APPLICABLE:
        return run
    if run.ended.verdict != Verdict.PASS:
        proof.broken = (
            f"{bench.setup.label}: conforming, it is {run.ended.verdict.text}: {run.ended.reason}"
        )
    base = Base(run, bench.suite.version)
    for result, outcome in _checks(run):
        key = (result.label, outcome.text)
        if key in proof.killed or not outcome.passed:
            continue
        if home := bench.setup.usual and _home(bench.case).get(of_state(key)):
            proof.settle(key, f"as in {home}")
            continue
        _try(proof, bench, result, outcome, base.faults(result, outcome))
    _sweep(proof, bench, run, likely_for(bench.case))
    for result, outcome in _checks(run):
        if (result.label, outcome.text) in (proof.tried | proof.untried):
            _try(proof, bench, result, outcome, base.unheard(result, outcome))
    return run


def of_state(key: Key) -> Key:
    """Return a check without what its state stands in, and without the state's parameters."""
    *around, number = re.sub(r"\([^/]*\)", "", key[0]).split("/")
    return "/".join([*around[-1:], number]), key[1]


def _home(case: TestCase) -> Mapping[Key, str]:
    """Return the checks of states that another case has shown in the usual set-ups."""
    homes = HOMES.get((case.ocpp, case.sut), ())
    return {} if case.id in homes else _shown(case.ocpp, homes)


@functools.cache
def _shown(ocpp: str, homes: tuple[str, ...]) -> Mapping[Key, str]:
    keys = ((key, home) for home in homes for key in prove_case(ocpp, home).killed)
    return {of_state(key): home for key, home in keys if not of_state(key)[0].isdigit()}


def _checks(run: Recorded) -> Iterator[tuple[StepResult, Outcome]]:
    for result in run.test.recorder.results:
        if result.phase != "restore":
            for outcome in result.outcomes:
                yield result, outcome


def _try(
    proof: Proof,
    bench: _Bench,
    result: StepResult,
    outcome: Outcome,
    faults: Iterator[WireFault],
) -> None:
    key = (result.label, outcome.text)
    for fault in islice(faults, TRIES):
        proof.runs += 1
        if key in failed_checks(bench.run(fault)):
            proof.settle(key, str(fault))
            return
        proof.tried[key] = str(fault)
        proof.untried.pop(key, None)
    if key not in proof.tried:
        vacuous = outcome.actual == "(condition does not hold)"
        why = "its condition does not hold in this set-up" if vacuous else "no fault is known"
        proof.untried.setdefault(key, why)


def _sweep(proof: Proof, bench: _Bench, run: Recorded, names: Sequence[str]) -> None:
    """Try named faults of the reference system on what no fault on the wire has broken."""
    for name in names:
        if not proof.tried and not proof.untried:
            return
        proof.runs += 1
        failed = failed_checks(bench.run(faults=(name,)))
        for key in [*proof.tried, *proof.untried]:
            if key in failed:
                proof.settle(key, f"the reference system {name}")


def failed_checks(run: Recorded) -> set[Key]:
    """Return the checks that failed; a run that ended in ERROR has shown nothing."""
    if run.ended.verdict == Verdict.ERROR:
        return set()
    return {(r.label, o.text) for r, o in _checks(run) if not o.passed}


def named_faults(case: TestCase) -> Sequence[str]:
    """Return the misbehaviours that the reference system of a case can be given."""
    from testbay_reference.systems import faults

    return tuple(faults(case.ocpp, case.sut))


def prove(
    ocpp: str,
    case_ids: Sequence[str],
    *,
    workers: int = 2,
    tell: Callable[[Proof], None] = lambda _: None,
) -> list[Proof]:
    """Prove cases in several processes; ``tell`` gets each proof as it is there."""
    proofs = []
    with ProcessPoolExecutor(workers) as pool:
        for proof in pool.map(prove_case, [ocpp] * len(case_ids), case_ids):
            tell(proof)
            proofs.append(proof)
    return proofs


def as_json(proofs: Sequence[Proof]) -> dict[str, Any]:
    """Return the result as ``testbay prove --json`` writes it."""
    survivors = [
        {"case": p.case, "check": f"{label}: {text}", "mutant": mutant}
        for p in proofs
        for (label, text), mutant in p.tried.items()
    ]
    unproven = [
        {"case": p.case, "check": f"{label}: {text}", "why": why}
        for p in proofs
        for (label, text), why in p.untried.items()
    ]
    broken = [{"case": p.case, "check": "", "why": p.broken} for p in proofs if p.broken]
    return {
        "cases": len(proofs),
        "checks": sum(p.checks for p in proofs),
        "killed": sum(len(p.killed) for p in proofs),
        "runs": sum(p.runs for p in proofs),
        "survivors": survivors,
        "unproven": [*unproven, *broken],
    }
