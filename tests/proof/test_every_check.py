"""Every check of every case is seen to fail, and every check that a case describes is there."""

import functools
import re
from collections.abc import Iterator

import pytest

from testbay.campaign import suites
from testbay.proof.prove import Proof, prove_case
from testbay.scenario.describe import describe

CASES = [(ocpp, case_id) for ocpp in suites.MODULES for case_id in suites.load(ocpp).cases]


@functools.cache
def proof(ocpp: str, case_id: str) -> Proof:
    return prove_case(ocpp, case_id)


@pytest.mark.parametrize(("ocpp", "case_id"), CASES)
def test_nothing_survives(ocpp: str, case_id: str) -> None:
    found = proof(ocpp, case_id)
    assert not found.broken
    assert not found.tried, f"no fault makes these fail: {found.tried}"
    assert not found.untried, f"nothing is known that makes these fail: {found.untried}"
    assert found.killed


@pytest.mark.parametrize(("ocpp", "case_id"), CASES)
def test_every_described_step_was_judged_in_some_set_up(ocpp: str, case_id: str) -> None:
    """A branch that no set-up takes would be a check that nobody has seen fail.

    A state may hold already in one case, so another one may judge its steps.
    """
    missing = [label for label in described(ocpp, case_id) if label not in judged(ocpp, case_id)]
    shared = {label: shown for label in missing if (shown := _shared(label))}
    for other in _others(ocpp, case_id, set(shared.values())):
        seen = {_shared(label) for label in judged(ocpp, other)}
        shared = {label: shown for label, shown in shared.items() if shown not in seen}
        missing = [label for label in missing if not _shared(label) or label in shared]
        if not shared:
            break
    assert not missing


@functools.cache
def judged(ocpp: str, case_id: str) -> frozenset[str]:
    """Return the labels of the steps that a case has judged, with a round and without it."""
    labels = {label.split("#")[0] for label, _ in proof(ocpp, case_id).killed}
    return frozenset(labels | {less for label in labels for less in _without_a_round(label)})


@functools.cache
def described(ocpp: str, case_id: str) -> tuple[str, ...]:
    """Return the labels of the steps that a case must have judged."""
    return tuple(
        step.label
        for step in describe(suites.load(ocpp).cases[case_id]).steps
        if step.direction == "sut"
        and not step.optional
        and step.verb not in ("setting", "which")
        and any(c.role == "check" for c in step.checks)
    )


def _shared(label: str) -> str:
    """Return a step of a state, or a question that is no step; nothing for a step of the case."""
    *around, last = re.sub(r"\([^/]*\)", "", label).split("/")
    if around:
        return f"{around[-1]}/{last}"
    return "" if last.isdigit() or last == "post" else last


def _others(ocpp: str, case_id: str, wanted: set[str]) -> Iterator[str]:
    """Yield the cases of the same kind of system that have one of these steps, too."""
    cases = suites.load(ocpp).cases
    alike = [o for o, c in cases.items() if o != case_id and c.sut == cases[case_id].sut]
    for other in alike if wanted else ():
        if wanted & {_shared(label) for label in described(ocpp, other)}:
            yield other


def _without_a_round(label: str) -> set[str]:
    """Return the label without one of the rounds, or states, that the step stands in."""
    parts = label.split("/")
    return {"/".join(parts[:i] + parts[i + 1 :]) for i in range(len(parts) - 1)}
