"""The cases for a CSMS against the reference CSMS: conforming, with options, with faults."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from csms16_lab import CONFIG, SUITE

from testbay.campaign.embedded import LANES, Build
from testbay.campaign.runner import Run
from testbay.campaign.virtual import Recorded, run_case
from testbay.clock import VirtualLoop
from testbay.proof.prove import prove_case
from testbay.roles.station_model16 import StationModel16
from testbay.scenario.replay import rejudge
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp16.csms_test import CsmsTest
from testbay.suites.ocpp16.products import CSMSS

FIRST = (
    *("TC_001_CSMS", "TC_003_CSMS", "TC_004_1_CSMS", "TC_004_2_CSMS", "TC_005_1_CSMS"),
    *("TC_007_CSMS", "TC_061_CSMS", "TC_010_CSMS", "TC_011_1_CSMS", "TC_011_2_CSMS"),
    *("TC_012_CSMS", "TC_013_CSMS", "TC_014_CSMS", "TC_017_1_CSMS", "TC_017_2_CSMS"),
    *("TC_018_1_CSMS", "TC_019_1_CSMS", "TC_019_2_CSMS", "TC_021_CSMS"),
)
SECOND = (
    *("TC_023_1_CSMS", "TC_023_2_CSMS", "TC_023_3_CSMS", "TC_024_CSMS", "TC_026_CSMS"),
    *("TC_028_CSMS", "TC_030_CSMS", "TC_031_CSMS", "TC_032_1_CSMS", "TC_037_1_CSMS"),
    *("TC_037_3_CSMS", "TC_039_CSMS", "TC_040_1_CSMS", "TC_040_2_CSMS", "TC_042_1_CSMS"),
    *("TC_042_2_CSMS", "TC_043_1_CSMS", "TC_043_3_CSMS", "TC_043_4_CSMS", "TC_043_5_CSMS"),
    *("TC_044_1_CSMS", "TC_044_2_CSMS", "TC_044_3_CSMS", "TC_045_1_CSMS", "TC_045_2_CSMS"),
    *("TC_046_CSMS", "TC_047_CSMS", "TC_048_1_CSMS", "TC_048_2_CSMS", "TC_048_3_CSMS"),
    *("TC_048_4_CSMS", "TC_049_CSMS", "TC_051_CSMS", "TC_052_CSMS", "TC_053_CSMS"),
    *("TC_054_CSMS", "TC_055_CSMS", "TC_056_CSMS", "TC_057_CSMS", "TC_066_CSMS"),
    *("TC_067_CSMS", "TC_059_CSMS", "TC_064_CSMS"),
)
CASES = (*FIRST, *SECOND)
PRODUCT = CSMSS[0]


def against(case: str, *faults: str, config: dict[str, Any] | None = None, **o: Any) -> Recorded:
    """Run a case against the reference CSMS."""
    build = Build(config or {}, o, faults)
    return run_case(SUITE.cases[case], SUITE, PRODUCT, CONFIG, build=build)


def test_the_cases_stand_in_the_order_of_the_document() -> None:
    listed = [name for name, case in SUITE.cases.items() if case.sut == "csms"]
    assert listed[: len(CASES)] == list(CASES)


@pytest.mark.parametrize("case", CASES)
def test_a_conforming_csms_passes(case: str) -> None:
    run = against(case)
    assert (run.ended.verdict, run.ended.reason) == (Verdict.PASS, "")
    assert run.test.recorder.remarks == []


@pytest.mark.parametrize("case", CASES)
def test_a_csms_that_greets_passes_too(case: str) -> None:
    run = against(case, greets=True)
    assert (run.ended.verdict, run.test.recorder.remarks) == (Verdict.PASS, [])


@pytest.mark.parametrize("case", CASES)
def test_every_check_can_fail(case: str) -> None:
    proof = prove_case("1.6", case)
    assert (proof.broken, proof.tried, proof.untried) == ("", {}, {})


@pytest.mark.parametrize(
    ("fault", "case", "label"),
    [
        ("never-answers", "TC_001_CSMS", "2"),
        ("closes-after-boot", "TC_001_CSMS", "connector 0/4"),
        ("refuses-every-token", "TC_003_CSMS", "4"),
        ("refuses-every-token", "TC_010_CSMS", "6"),
        ("refuses-every-token", "TC_011_2_CSMS", "4"),
        ("ignores-stop", "TC_005_1_CSMS", "4"),
        ("ignores-stop", "TC_018_1_CSMS", "6"),
        ("remote-stop-does-nothing", "TC_012_CSMS", "1"),
        ("sends-soft-instead-of-hard-reset", "TC_013_CSMS", "1"),
        ("sends-hard-instead-of-soft-reset", "TC_014_CSMS", "1"),
        ("reads-one-key-at-a-time", "TC_019_1_CSMS", "1"),
        ("sends-nothing", "TC_021_CSMS", "1"),
        ("sends-nothing", "TC_061_CSMS", "1"),
        ("accepts-every-token", "TC_023_1_CSMS", "2"),
        ("accepts-every-token", "TC_023_2_CSMS", "2"),
        ("refuses-every-token", "TC_023_3_CSMS", "2"),
        ("sends-nothing", "TC_026_CSMS", "1"),
        ("remote-stop-does-nothing", "TC_028_CSMS", "1"),
        ("sends-nothing", "TC_031_CSMS", "1"),
        ("ignores-stop", "TC_032_1_CSMS", "6"),
        ("forgets-registration", "TC_037_1_CSMS", "2"),
        ("believes-stations-about-tokens", "TC_037_3_CSMS", "2"),
        ("ignores-stop", "TC_039_CSMS", "4"),
        ("sends-nothing", "TC_040_1_CSMS", "1"),
        ("sends-nothing", "TC_042_1_CSMS", "1"),
        ("local-list-version-repeats", "TC_043_5_CSMS", "3"),
        ("sends-full-list-always", "TC_043_5_CSMS", "3"),
        ("sends-nothing", "TC_045_1_CSMS", "1"),
        ("refuses-every-token", "TC_046_CSMS", "5/Charging(reserved=True)/Authorized/2"),
        ("sends-nothing", "TC_047_CSMS", "1"),
        ("sends-nothing", "TC_048_3_CSMS", "1"),
        ("sends-nothing", "TC_054_CSMS", "1"),
        ("sends-nothing", "TC_066_CSMS", "1"),
        ("profile-numbers-repeat", "TC_067_CSMS", "1"),
        ("refuses-every-token", "TC_059_CSMS", "4"),
    ],
)
def test_a_fault_fails_its_case_at_its_step(fault: str, case: str, label: str) -> None:
    ended = against(case, fault).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, label)


@pytest.mark.parametrize("case", ["TC_017_1_CSMS", "TC_017_2_CSMS", "TC_018_1_CSMS", "TC_030_CSMS"])
def test_the_first_connector_is_not_the_one_wanted(case: str) -> None:
    second = {"connector_id": 2}
    assert against(case, config=second).ended.verdict == Verdict.PASS
    ended = against(case, "unlocks-first-connector", config=second).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "1")


def test_a_csms_that_refuses_to_act_is_not_blamed() -> None:
    ended = against("TC_012_CSMS", "forgets-transactions").ended
    assert ended.verdict == Verdict.INCONCLUSIVE
    assert ended.reason.startswith("the action was not done: Have the CSMS stop")


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("config", [{}, {"connector_id": 2}, {"number_of_connectors": 1}])
def test_one_station_does_all_cases_one_after_the_other(
    backwards: bool, config: dict[str, Any]
) -> None:
    cases = [SUITE.cases[name] for name in (reversed(CASES) if backwards else CASES)]

    async def main() -> tuple[Run, dict[str, Any]]:
        lane = await LANES["csms"](SUITE, PRODUCT, CONFIG, Build(config))
        run = Run(cases, lambda _: None)
        await run.on([lane])
        [station] = lane.operator._control.state()["stations"].values()  # type: ignore[attr-defined]
        await lane.end.close()
        assert lane.stop is not None
        await lane.stop()
        return run, station

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        run, station = runner.run(main())
    assert {e.verdict for e in run.done.values()} == {Verdict.PASS}
    assert len(run.done) == len(CASES)
    assert [t["ended"] for t in station["transactions"].values()] == ["stopped"] * 18
    assert station["remarks"] == []


@pytest.mark.parametrize("faults", [(), ("refuses-every-token",), ("sends-nothing",)])
@pytest.mark.parametrize("case", CASES)
def test_a_record_gives_the_same_result_again(case: str, faults: tuple[str, ...]) -> None:
    def make(role: Any, operator: Any, recorder: Any, known: Any, *, seed: int) -> CsmsTest:
        model = StationModel16(recorder.config, known)
        return CsmsTest(role, operator, recorder, model, seed)

    run = against(case, *faults, greets=True)
    lines = [json.loads(json.dumps(s.to_json(), default=str)) for s in run.journal]
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        again = runner.run(rejudge(SUITE.cases[case], lines, make))
    assert again == run.ended
