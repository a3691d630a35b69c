"""Every check of every case is seen to fail, and every check that a case describes is there."""

import functools
import re

import pytest

from testbay.campaign import suites
from testbay.proof.prove import Proof, prove_case
from testbay.scenario.describe import Step, describe

CASES = [(ocpp, case_id) for ocpp in suites.MODULES for case_id in suites.load(ocpp).cases]

_STARTS = "The case has transactions begin at another point than the one that the step is for."
_STOPS = "The case has transactions end at another point than the one that the step is for."
_PLUGGED = "The case has the cable in, and what that brings about judged, before the state."
_LOCAL = "The case has whoever charges act at the station, and the step is for the other way."
_REMOTELY = "The case has the CSMS act from afar, and the step is for the other way."
_CONTRACT = "The contract of the vehicle has authorized it already, by Authorized15118."
_OVER = (
    "By erratum 6.2.117 what ends with the energy or the power path has ended in StopAuthorized."
)
_GROUPS: tuple[tuple[str, str, str], ...] = (
    (_OVER, "7", "G_11_CS G_17_CS"),
    (_OVER, "9", "G_14_CS"),
    (_STARTS, "Authorized/5", "E_01_CS E_02_CS E_11_CS"),
    (_STARTS, "EnergyTransferStarted/5", "E_01_CS E_09_CS E_10_CS E_12_CS E_13_CS"),
    (_STARTS, "EnergyTransferStarted/7", "E_09_CS E_10_CS E_12_CS E_13_CS"),
    (_STARTS, "ParkingBayOccupied/1", "E_01_CS E_02_CS E_09_CS E_11_CS"),
    (_PLUGGED, "EnergyTransferStarted/1", "E_01_CS E_03_CS E_09_CS E_10_CS E_12_CS E_13_CS"),
    (_PLUGGED, "EnergyTransferStarted/1", "E_16_CS E_43_CS E_46_CS F_01_CS"),
    (_PLUGGED, "EnergyTransferStarted/3", "E_01_CS E_03_CS E_09_CS E_10_CS E_12_CS E_13_CS"),
    (_PLUGGED, "EnergyTransferStarted/3", "E_16_CS E_43_CS E_46_CS F_01_CS"),
    (_PLUGGED, "EnergyTransferStarted/7", "E_01_CS E_16_CS E_43_CS"),
    (_LOCAL, "Authorized/2", "E_03_CS E_04_CS E_05_CS E_10_CS"),
    (_LOCAL, "Authorized/5", "E_03_CS E_04_CS E_05_CS E_10_CS"),
    (_LOCAL, "StopAuthorized/2", "E_06_CS E_07_CS"),
    (_LOCAL, "StopAuthorized/5", "E_06_CS E_07_CS"),
    (_REMOTELY, "Authorized/1", "E_13_CS F_01_CS F_02_CS F_03_CS F_04_CS"),
    (_REMOTELY, "Authorized/2", "F_01_CSMS F_02_CSMS F_03_CSMS"),
    (_REMOTELY, "Authorized/4", "F_01_CSMS F_02_CSMS F_03_CSMS"),
    (_REMOTELY, "StopAuthorized/1", "F_08_CS"),
    ("The case has the station start without asking about the token.", "Authorized/3", "F_03_CS"),
    (_CONTRACT, "Authorized/1", "E_46_CS"),
    (_CONTRACT, "Authorized/2", "E_46_CS"),
    (_CONTRACT, "Authorized/3", "E_46_CS"),
    (_CONTRACT, "Authorized/5", "E_46_CS"),
    (_STOPS, "EVConnectedPostSession/1", "E_16_CS"),
    (_STOPS, "EVDisconnected/3", "E_16_CS"),
    (_STOPS, "ParkingBayUnoccupied/1", "E_16_CS"),
    (_STOPS, "StopAuthorized/5", "E_14_CS E_16_CS E_19_CS"),
    (
        "With a security profile below 3 the reference station stays connected.",
        *("RenewChargingStationCertificate/7", "A_19_CS"),
    ),
)
UNREACHED = {(f"TC_{case}", step): why for why, step, cases in _GROUPS for case in cases.split()}
"""Steps, and steps of states, that no set-up can reach in a case, and why."""


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

    A state is one function, so that it counts once in a case, wherever it is asked for there.
    """
    found, seen = described(ocpp, case_id), judged(ocpp, case_id)
    missing = {(case_id, step) for step in found if step not in seen}
    assert missing == {key for key in UNREACHED if key[0] == case_id}


def judged(ocpp: str, case_id: str) -> set[str]:
    """Return the steps that a case has judged, without the rounds that they stand in."""
    states = {name for step in _steps(ocpp, case_id) for name in _bare(step.label)[:-1]}
    labels = [_bare(label.split("#")[0]) for label, _ in proof(ocpp, case_id).killed]
    return {_place([*(n for n in names[:-1] if n in states), names[-1]]) for names in labels}


def described(ocpp: str, case_id: str) -> list[str]:
    """Return the steps that a case must have judged."""
    return [
        _place(_bare(step.label))
        for step in _steps(ocpp, case_id)
        if step.direction == "sut"
        and not step.optional
        and step.verb not in ("setting", "which")
        and any(c.role == "check" for c in step.checks)
    ]


@functools.cache
def _steps(ocpp: str, case_id: str) -> tuple[Step, ...]:
    return tuple(describe(suites.load(ocpp).cases[case_id]).steps)


def _bare(label: str) -> list[str]:
    """Return the parts of a label without the parameters of states."""
    return re.sub(r"\([^/]*\)", "", label).split("/")


def _place(names: list[str]) -> str:
    """Return the state that a step stands in, if it does, and the step."""
    return "/".join(names[-2:])
