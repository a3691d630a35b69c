"""Every check of every case is seen to fail, and every check that a case describes is there."""

import functools

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
    """A branch that no set-up takes would be a check that nobody has seen fail."""
    judged = {label.split("#")[0] for label, _ in proof(ocpp, case_id).killed}
    judged |= {less for label in judged for less in _without_a_round(label)}
    described = describe(suites.load(ocpp).cases[case_id])
    missing = [
        f"{step.label} {step.verb} {'/'.join(step.actions)}"
        for step in described.steps
        if step.direction == "sut"
        and not step.optional
        and step.verb not in ("setting", "which")
        and any(c.role == "check" for c in step.checks)
        and step.label not in judged
    ]
    assert not missing


def _without_a_round(label: str) -> set[str]:
    """Return the label without one of the rounds, or states, that the step stands in."""
    parts = label.split("/")
    return {"/".join(parts[:i] + parts[i + 1 :]) for i in range(len(parts) - 1)}
