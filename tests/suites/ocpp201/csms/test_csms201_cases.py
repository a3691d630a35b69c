"""The cases for a CSMS against the reference CSMS: conforming, with options, with faults."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from csms201_lab import CASES, CONFIG, PRODUCT, SPECIAL, SUITE, against

from testbay.campaign.embedded import LANES, Build
from testbay.campaign.runner import Run
from testbay.clock import VirtualLoop
from testbay.roles.station_model201 import StationModel201
from testbay.scenario.replay import rejudge
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp201.csms_test import CsmsTest

OTHER: list[dict[str, Any]] = [
    {"status_by": "NotifyEvent"},
    {"evse_id": 2},
    {"evse_count": 1},
    {"connectors_per_evse": 2, "connector_id": 2},
]


@pytest.mark.parametrize("case", [*CASES, *SPECIAL])
@pytest.mark.parametrize("options", [{}, {"greets": True}, {"holds_back": "rejected"}])
def test_a_conforming_csms_passes(case: str, options: dict[str, Any]) -> None:
    run = against(case, **options)
    assert (run.ended.verdict, run.ended.reason) == (Verdict.PASS, "")
    assert run.test.recorder.remarks == []


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("config", OTHER, ids=str)
def test_it_passes_with_every_kind_of_station(case: str, config: dict[str, Any]) -> None:
    run = against(case, config=config)
    assert (run.ended.verdict, run.test.recorder.remarks) == (Verdict.PASS, [])


@pytest.mark.parametrize(
    ("fault", "case", "label"),
    [
        ("accepts-other-names", "TC_A_02_CSMS", "2"),
        ("accepts-any-password", "TC_A_03_CSMS", "2"),
        ("lacks-rsa-aes128", "TC_A_04_CSMS", "TLS_RSA_WITH_AES_128_GCM_SHA256/4"),
        ("tls-1.1", "TC_A_06_CSMS", "2"),
        ("ec-certificate-only", "TC_A_07_CSMS", "TLS_RSA_WITH_AES_128_GCM_SHA256/4"),
        ("asks-no-client-certificate", "TC_A_08_CSMS", "unknown root/4"),
        ("accepts-old-password", "TC_A_09_CSMS", "old password/4"),
        ("keeps-old-password", "TC_A_09_CSMS", "old password/4"),
        ("takes-refused-password", "TC_A_10_CSMS", "4"),
        (
            "certificate-of-unknown-authority",
            "TC_A_11_CSMS",
            "1/RenewChargingStationCertificate/5",
        ),
        ("refuses-renewed-certificate", "TC_A_11_CSMS", "3"),
        ("certificate-for-another-key", "TC_A_12_CSMS", "5"),
        ("never-sends-certificate", "TC_A_13_CSMS", "5"),
        ("rejects-certificate-requests", "TC_A_14_CSMS", "4"),
        ("accepts-old-profile", "TC_A_19_CSMS", "11"),
        ("refuses-new-profile", "TC_A_19_CSMS", "8"),
        ("accepts-every-token", "TC_E_16_CSMS", "2"),
        ("ignores-limits", "TC_B_08_CSMS", "1"),
        ("picks-first-subprotocol", "TC_B_58_CSMS", "2"),
        ("stays-without-subprotocol", "TC_B_58_CSMS", "2"),
        ("sends-nothing", "TC_B_20_CSMS", "1"),
        ("sends-nothing", "TC_E_34_CSMS", "1"),
        ("sends-nothing", "TC_F_06_CSMS", "1"),
        ("sends-nothing", "TC_G_05_CSMS", "1"),
        ("serves-before-boot", "TC_B_30_CSMS", "connector 1 of EVSE 1/4"),
    ],
)
def test_a_fault_fails_its_case_at_its_step(fault: str, case: str, label: str) -> None:
    ended = against(case, fault).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, label)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("options", [{}, {"greets": True}])
def test_one_station_does_all_cases_one_after_the_other(seed: int, options: dict[str, Any]) -> None:
    cases = [SUITE.cases[name] for name in CASES]
    if seed:
        random.Random(seed).shuffle(cases)

    async def main() -> tuple[Run, dict[str, Any]]:
        lane = await LANES["csms"](SUITE, PRODUCT, CONFIG, Build(options=options))
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
    assert not any(station["transactions"].values()), "every transaction has been ended"
    assert station["remarks"] == []


@pytest.mark.parametrize("faults", [(), ("accepts-every-token",), ("sends-nothing",)])
@pytest.mark.parametrize("case", [*CASES, *SPECIAL])
def test_a_record_gives_the_same_result_again(case: str, faults: tuple[str, ...]) -> None:
    def make(role: Any, operator: Any, recorder: Any, known: Any, *, seed: int) -> CsmsTest:
        model = StationModel201(recorder.config, known)
        return CsmsTest(role, operator, recorder, model, seed)

    run = against(case, *faults, greets=True)
    lines = [json.loads(json.dumps(s.to_json(), default=str)) for s in run.journal]
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        again = runner.run(rejudge(SUITE.cases[case], lines, make))
    assert again == run.ended
