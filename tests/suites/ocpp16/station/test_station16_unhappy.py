"""Sections 2.10 to 2.18 against the reference station: it passes; with a fault it fails there."""

from __future__ import annotations

from typing import Any

import pytest
from station16_lab import CASES, against_reference, applicable, campaign, failed

from testbay.roles.csms_model16 import CsmsModel16
from testbay.scenario.verdict import Verdict

NAMES = [n for n, c in CASES.items() if 10 <= int(c.group.split()[0].removeprefix("2.")) <= 18]
"""The cases of these sections."""

FAULTS = (
    ("TC_023_4_CS", "starts-without-authorize", "1"),
    ("TC_023_4_CS", "starts-despite-refusal", "post"),
    ("TC_023_4_CS", "preparing-not-reported", "3"),
    ("TC_024_CS", "remote-start-does-nothing", "5"),
    ("TC_024_CS", "preparing-not-reported", "7"),
    ("TC_024_CS", "lock-failure-not-reported", "9"),
    ("TC_024_CS", "faulted-not-reported", "9"),
    ("TC_024_CS", "starts-despite-lock-failure", "post"),
    ("TC_032_1_CS", "never-stops", "1"),
    ("TC_032_1_CS", "finishing-not-reported", "3"),
    ("TC_032_1_CS", "boots-without-boot-notification", "5"),
    ("TC_032_1_CS", "boots-without-status", "7"),
    ("TC_032_1_CS", "boot-reports-always-available", "7"),
    ("TC_032_2_CS", "boots-without-boot-notification", "1"),
    ("TC_032_2_CS", "boots-without-status", "3"),
    ("TC_032_2_CS", "never-stops", "5"),
    ("TC_034_CS", "availability-not-reported", "3"),
    ("TC_034_CS", "boots-without-boot-notification", "5"),
    ("TC_034_CS", "forgets-unavailable-after-reset", "7"),
    ("TC_036_CS", "never-reconnects", "online/1"),
    ("TC_036_CS", "no-meter-values", "1"),
    ("TC_036_CS", "drops-offline-meter-values", "1"),
    ("TC_036_CS", "delivers-newest-values-first", "1"),
    ("TC_036_CS", "stamps-values-at-delivery", "1"),
    ("TC_036_CS", "meter-ignores-interval", "1"),
    ("TC_037_1_CS", "refuses-offline", "1"),
    ("TC_037_1_CS", "never-starts", "IdTagCached"),
    ("TC_037_1_CS", "charging-not-reported", "IdTagCached"),
    ("TC_037_2_CS", "never-reconnects", "online/1"),
    ("TC_037_2_CS", "refuses-offline", "1"),
    ("TC_037_2_CS", "keeps-charging-refused-token", "5"),
    ("TC_037_2_CS", "stops-refused-token-despite-setting", "5"),
    ("TC_037_3_CS", "refuses-offline", "1"),
    ("TC_037_3_CS", "keeps-charging-refused-token", "5"),
    ("TC_038_CS", "ignores-own-token", "1"),
    ("TC_038_CS", "never-stops", "1"),
    ("TC_038_CS", "finishing-not-reported", "3"),
    ("TC_039_CS", "refuses-offline", "1"),
    ("TC_041_CS", "faulted-not-reported", "1"),
    ("TC_041_CS", "starts-while-faulted", "3"),
    ("TC_042_2_CS", "local-list-not-stored", ""),
    ("TC_043_2_CS", "local-list-not-stored", "4"),
    ("TC_043_2_CS", "local-list-ignores-version", "10"),
    ("TC_008_1_CS", "authorizes-despite-local-list", "5"),
    ("TC_008_1_CS", "local-list-not-stored", "5"),
    ("TC_008_1_CS", "charging-not-reported", "9"),
    ("TC_008_2_CS", "authorizes-despite-local-list", "6"),
    ("TC_008_2_CS", "remote-start-does-nothing", "7"),
)


def test_all_cases_are_there() -> None:
    assert len(NAMES) == 28


@pytest.mark.parametrize(("name", "product"), applicable(NAMES))
def test_conforming(name: str, product: str) -> None:
    run = against_reference(name, product=product)
    assert (run.ended.verdict, run.ended.reason) == (Verdict.PASS, "")
    left_out = [r for r in run.test.recorder.remarks if r.startswith("left out")]
    assert run.test.recorder.remarks == left_out


@pytest.mark.parametrize(("name", "fault", "step"), FAULTS)
def test_faulty(name: str, fault: str, step: str) -> None:
    run = against_reference(name, fault)
    if step == "IdTagCached":  # the state before the case shows it
        assert run.ended.verdict == Verdict.INCONCLUSIVE
        assert run.ended.failed.startswith(step)
    elif step:
        assert run.ended.verdict == Verdict.FAIL
        assert step in failed(run)
    else:
        assert run.ended.verdict == Verdict.PASS


@pytest.mark.parametrize("name", ["TC_042_1_CS", "TC_043_1_CS"])
def test_station_that_refuses_by_an_error(name: str) -> None:
    run = against_reference(name, options={"refusal": "error"})
    assert run.ended.verdict == Verdict.PASS


@pytest.mark.parametrize("name", ["TC_042_1_CS", "TC_043_1_CS"])
def test_station_that_has_a_list_after_all(name: str) -> None:
    run = against_reference(name, options={"without": ()})
    wanted = {"TC_042_1_CS": Verdict.PASS, "TC_043_1_CS": Verdict.FAIL}  # one is switched off
    assert run.ended.verdict == wanted[name]


def test_transaction_that_goes_on_after_the_power_failure() -> None:
    run = against_reference("TC_032_2_CS", options={"power_loss": "resume"})
    assert (run.ended.verdict, run.test.recorder.remarks) == (Verdict.PASS, [])
    run = against_reference("TC_032_2_CS", "ignores-own-token", options={"power_loss": "resume"})
    assert (run.ended.verdict, run.ended.failed) == (Verdict.FAIL, "5")


@pytest.mark.parametrize("name", ["TC_037_1_CS", "TC_037_2_CS", "TC_037_3_CS", "TC_039_CS"])
@pytest.mark.parametrize("lacking", ["list", "cache", "both"])
def test_station_that_knows_tokens_by_other_means(name: str, lacking: str) -> None:
    options: dict[str, Any] = {}
    if lacking != "cache":
        options["without"] = ("LocalAuthListManagement",)
    if lacking != "list":
        options["authorization_cache"] = False
    features: dict[str, Any] = {
        "local_list": lacking == "cache",
        "authorization_cache": lacking == "list",
    }
    run = against_reference(name, options=options, **features)
    assert run.ended.verdict == Verdict.PASS
    assert all(r.startswith("left out: ") for r in run.test.recorder.remarks)


def test_settings_are_put_back_although_the_case_ends_offline() -> None:
    run = against_reference("TC_037_2_CS", "refuses-offline")
    assert run.ended.failed == "1"
    model = run.test.model
    assert isinstance(model, CsmsModel16)
    keys = model.facts.keys
    assert (keys["StopTransactionOnInvalidId"] or {})["value"] == "true"
    assert not any(r.startswith("not restored") for r in run.test.recorder.remarks)


@pytest.mark.parametrize("product", ["", "fixed cable", "no local start", "no back-up power"])
@pytest.mark.parametrize("seed", range(3))
def test_cases_leave_nothing_to_each_other(seed: int, product: str) -> None:
    others = ["TC_003_CS", "TC_005_2_CS", "TC_007_1_CS", "TC_013_CS", "TC_017_1_CS", "TC_070_CS"]
    ended = campaign([*NAMES, *others], seed, product=product)
    assert {n: e.reason for n, e in ended.items() if e.verdict != Verdict.PASS} == {}


@pytest.mark.parametrize(
    "fault",
    [
        "starts-while-faulted",
        "starts-despite-refusal",
        "starts-despite-lock-failure",
        "keeps-charging-refused-token",
        "local-list-ignores-version",
        "refuses-offline",
        "faulted-not-reported",
    ],
)
def test_failure_does_not_spread_to_other_cases(fault: str) -> None:
    for seed in (2, 5):
        ended = campaign(NAMES, seed, fault)
        bad = [name for name, e in ended.items() if e.verdict != Verdict.PASS]
        assert [n for n in bad if against_reference(n, fault).ended.verdict == Verdict.PASS] == []
