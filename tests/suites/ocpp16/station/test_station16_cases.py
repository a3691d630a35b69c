"""The cases against the reference station: it passes; with a fault it fails at the step."""

from __future__ import annotations

import pytest
from station16_lab import CASES, against_reference, applicable, campaign, failed

from testbay.scenario.verdict import Verdict

FIRST = [n for n, c in CASES.items() if int(c.group.split()[0].removeprefix("2.")) < 10]
"""The cases of sections 2.1 to 2.9."""

FAULTS = (
    ("TC_001_CS", "boots-without-boot-notification", "1"),
    ("TC_001_CS", "boot-retry-ignores-interval", "3"),
    ("TC_001_CS", "boot-gives-up", "3"),
    ("TC_001_CS", "talks-before-accepted", "3"),
    ("TC_001_CS", "boot-reports-connectors-only", "5"),
    ("TC_001_CS", "heartbeat-ignores-interval", "7"),
    ("TC_001_CS", "no-heartbeat", "7"),
    ("TC_002_CS", "silent-while-pending", "4"),
    ("TC_002_CS", "boots-without-status", "9"),
    ("TC_003_CS", "preparing-not-reported", "1"),
    ("TC_003_CS", "starts-without-authorize", "3"),
    ("TC_003_CS", "never-starts", "5"),
    ("TC_003_CS", "charging-not-reported", "7"),
    ("TC_004_1_CS", "starts-without-authorize", "1/Authorized/1"),
    ("TC_004_1_CS", "charging-not-reported", "5"),
    ("TC_004_2_CS", "ignores-connection-timeout", "2"),
    ("TC_004_2_CS", "connection-timeout-doubled", "2"),
    ("TC_068_CS", "stops-on-foreign-token", "1"),
    ("TC_068_CS", "ignores-own-token", "3"),
    ("TC_068_CS", "finishing-not-reported", "5"),
    ("TC_069_CS", "stops-on-foreign-token", "1"),
    ("TC_069_CS", "ignores-parent-token", "3"),
    ("TC_005_1_CS", "ignores-ev-disconnect", "1"),
    ("TC_005_1_CS", "stuck-in-finishing", "5"),
    ("TC_005_2_CS", "finishing-not-reported", "3"),
    ("TC_005_2_CS", "stuck-in-finishing", "7"),
    ("TC_005_3_CS", "stops-on-ev-disconnect-despite-setting", "1"),
    ("TC_005_3_CS", "remote-stop-does-nothing", "7"),
    ("TC_007_1_CS", "authorizes-despite-cache", "1"),
    ("TC_007_2_CS", "caches-nothing", "2"),
    ("TC_061_1_CS", "keeps-cache-after-clear", "7"),
    ("TC_061_2_CS", "keeps-cache-after-clear", "3/Charging/5"),
    ("TC_010_CS", "remote-start-without-authorize", "7"),
    ("TC_010_CS", "remote-start-on-next-connector", "9"),
    ("TC_011_1_CS", "remote-start-does-nothing", "5"),
    ("TC_011_2_CS", "connection-timeout-doubled", "9"),
    ("TC_012_CS", "remote-stop-does-nothing", "3"),
    ("TC_012_CS", "finishing-not-reported", "5"),
    ("TC_013_CS", "availability-not-reported", "3"),
    ("TC_013_CS", "reset-without-reboot", "7"),
    ("TC_013_CS", "forgets-unavailable-after-reset", "9"),
    ("TC_014_CS", "boot-reports-always-available", "9"),
    ("TC_015_CS", "reset-keeps-transaction", "3"),
    ("TC_015_CS", "finishing-not-reported", "5"),
    ("TC_015_CS", "boots-without-boot-notification", "7"),
    ("TC_015_CS", "boot-reports-always-available", "9"),
    ("TC_016_CS", "reset-keeps-transaction", "3"),
    ("TC_016_CS", "finishing-not-reported", "5"),
    ("TC_016_CS", "boots-without-status", "9"),
    ("TC_017_2_CS", "unlocks-fixed-cable", "2"),
    ("TC_018_1_CS", "unlock-keeps-transaction", "3"),
    ("TC_018_1_CS", "stuck-in-finishing", "7"),
    ("TC_018_2_CS", "unlocks-fixed-cable", "2"),
    ("TC_019_CS", "configuration-list-incomplete", "4"),
    ("TC_021_CS", "configuration-not-applied", "4"),
    ("TC_070_CS", "no-meter-values", "1"),
    ("TC_070_CS", "meter-ignores-interval", "1"),
    ("TC_070_CS", "meter-misses-measurands", "1"),
    ("TC_071_CS", "meter-not-aligned", "1"),
)
ENDS_AUTHORIZED = "TC_061_1_CS"  # its last answer lets the station report Preparing once more


def test_all_cases_are_there() -> None:
    assert len(FIRST) == 30


@pytest.mark.parametrize(("name", "product"), applicable(FIRST))
def test_conforming(name: str, product: str) -> None:
    run = against_reference(name, product=product)
    assert (run.ended.verdict, run.ended.reason) == (Verdict.PASS, "")
    late = name == ENDS_AUTHORIZED or product == "modes 1 and 2 only"  # a status after the end
    assert run.test.recorder.remarks == [] or late


@pytest.mark.parametrize(("name", "fault", "step"), FAULTS)
def test_faulty(name: str, fault: str, step: str) -> None:
    run = against_reference(name, fault)
    assert run.ended.verdict == Verdict.FAIL
    assert step in failed(run)


@pytest.mark.parametrize("name", ["TC_010_CS", "TC_011_1_CS", "TC_011_2_CS", "TC_012_CS"])
def test_remote_start_that_asks_for_no_authorization(name: str) -> None:
    keys = {"keys": {"AuthorizeRemoteTxRequests": "false"}}
    assert against_reference(name, options=keys).ended.verdict == Verdict.PASS


@pytest.mark.parametrize(("name", "step"), [("TC_010_CS", "7"), ("TC_011_1_CS", "5")])
def test_authorize_that_is_not_asked_for(name: str, step: str) -> None:
    keys = {"keys": {"AuthorizeRemoteTxRequests": "false"}}
    run = against_reference(name, "authorizes-remote-start-despite-setting", options=keys)
    assert failed(run) == [step]


@pytest.mark.parametrize("name", ["TC_015_CS", "TC_016_CS"])
def test_transaction_that_is_reported_after_the_reset(name: str) -> None:
    run = against_reference(name, options={"hard_reset": "after"})
    assert run.ended.verdict == Verdict.PASS


@pytest.mark.parametrize("name", ["TC_068_CS", "TC_069_CS"])
def test_one_reader_for_several_connectors(name: str) -> None:
    run = against_reference(name, shared_reader=True)
    assert run.ended.verdict == Verdict.PASS


@pytest.mark.parametrize(
    ("name", "key", "verdict"),
    [
        ("TC_005_3_CS", "StopTransactionOnEVSideDisconnect", Verdict.NOT_APPLICABLE),
        ("TC_005_2_CS", "UnlockConnectorOnEVSideDisconnect", Verdict.NOT_APPLICABLE),
        ("TC_005_1_CS", "UnlockConnectorOnEVSideDisconnect", Verdict.PASS),
    ],
)
def test_key_that_cannot_be_written(name: str, key: str, verdict: Verdict) -> None:
    run = against_reference(name, options={"read_only": (key,), "keys": {key: "true"}})
    assert run.ended.verdict == verdict


def test_station_without_the_cache_that_was_promised() -> None:
    run = against_reference("TC_007_1_CS", options={"authorization_cache": False})
    assert run.ended.verdict == Verdict.INCONCLUSIVE
    assert run.ended.reason == "the station does not know the key AuthorizationCacheEnabled"


@pytest.mark.parametrize("seed", range(4))
def test_cases_leave_nothing_to_each_other(seed: int) -> None:
    ended = campaign(FIRST, seed)
    assert {n: e.reason for n, e in ended.items() if e.verdict != Verdict.PASS} == {}


@pytest.mark.parametrize(
    "fault",
    [
        "never-stops",
        "remote-stop-does-nothing",
        "stuck-in-finishing",
        "finishing-not-reported",
        "stays-locked-on-ev-disconnect",
        "reset-keeps-transaction",
    ],
)
def test_failure_does_not_spread_to_other_cases(fault: str) -> None:
    for seed in (2, 5):
        ended = campaign(FIRST, seed, fault)
        bad = [name for name, e in ended.items() if e.verdict != Verdict.PASS]
        assert [n for n in bad if against_reference(n, fault).ended.verdict == Verdict.PASS] == []
