"""What conforming systems of OCPP 2.0.1 do otherwise is shown, and is what it is called."""

from collections.abc import Callable
from typing import Any

import pytest

from testbay.campaign import suites
from testbay.campaign.virtual import Recorded
from testbay.proof.setups import PLAIN, setups_of
from testbay.proof.tolerance import Bench, judge
from testbay.proof.tolerance_run import Conforming
from testbay.proof.tolerance_speech import speech
from testbay.proof.tolerance_trials import Trial, trials
from testbay.proof.tolerance_wire import NoAct
from testbay.scenario.verdict import Verdict

OCPP = "2.0.1"


def bench(case_id: str) -> Bench:
    suite = suites.load(OCPP)
    return Bench(suite.cases[case_id], suite)


def shown(case_id: str, name: str, where: str = "") -> Recorded:
    """Run a case with the first perturbation of a name that has something to do; it must pass."""
    plain, _ = bench(case_id).run(Trial("as it is", ""))
    assert plain is not None
    for trial in trials(Conforming(plain, bench(case_id).case.sut, speech(OCPP))):
        if trial.name == name and where in trial.where:
            run, applied = bench(case_id).run(trial)
            assert run is not None
            if applied or trial.act is NoAct:
                assert run.ended.verdict == Verdict.PASS, run.ended.reason
                return run
    raise AssertionError(f"{name} is never shown in {case_id}")


def events(run: Recorded) -> list[Any]:
    return [m.payload for m in run.test.received("TransactionEvent")]


def test_an_event_that_is_added_moves_the_numbers_of_those_behind_it() -> None:
    run = shown("TC_E_38_CS", "unasked: periodic values of the transaction", "after Transaction")
    numbers = [e["seqNo"] for e in events(run)]
    assert numbers == list(range(len(numbers)))
    assert "MeterValuePeriodic" in [e["triggerReason"] for e in events(run)]


@pytest.mark.parametrize("case_id", ["TC_B_22_CS", "TC_B_27_CS"])
def test_energy_may_end_by_an_event_of_its_own(case_id: str) -> None:
    *_, stops, ended = events(shown(case_id, "unasked: the end of the energy by itself"))
    reasons = stops["triggerReason"], ended["triggerReason"]
    assert reasons == ("ChargingStateChanged", "ResetCommand")


def test_numbers_go_on() -> None:
    assert events(shown("TC_E_38_CS", "written: numbers that go on"))[0]["seqNo"] > 4000


@pytest.mark.parametrize(("size", "parts"), [("1", 100), ("all", 1)])
def test_reports_come_in_other_parts(size: str, parts: int) -> None:
    run = shown("TC_B_12_CS", "parts of reports", size)
    told = [m.payload for m in run.test.received("NotifyReport")]
    assert len(told) == 1 if parts == 1 else len(told) > 20
    assert [p["seqNo"] for p in told] == list(range(len(told)))
    assert not told[-1].get("tbc", False)


def test_a_full_report_has_components_of_the_vendor() -> None:
    run = shown("TC_B_13_CS", "components of the vendor")
    names = {
        v["component"]["name"] for m in run.test.received("NotifyReport") for v in m["reportData"]
    }
    assert "ExampleFan" in names


def test_every_event_tells_its_state_and_its_place() -> None:
    for told in events(shown("TC_E_38_CS", "events tell where they are")):
        assert told["evse"]["id"] == 1
        assert "chargingState" in told["transactionInfo"]


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("data of the vendor everywhere", lambda e: "customData" in e["transactionInfo"]),
        ("all optional fields", lambda e: e["offline"] is False),
        ("idToken in the other case", lambda e: True),
        ("no meter values in events", lambda e: "meterValue" not in e),
    ],
)
def test_a_station_writes_otherwise(name: str, seen: Callable[[Any], bool]) -> None:
    assert all(seen(e) for e in events(shown("TC_E_03_CS", f"written: {name}")))


def test_an_event_is_sent_again_with_another_id() -> None:
    told = events(shown("TC_E_03_CS", "sent again with another id", "Started"))
    assert [e["seqNo"] for e in told[:2]] == [0, 0]


@pytest.mark.parametrize(
    ("case_id", "setup", "name"),
    [
        ("TC_E_08_CS", "remote", "connection lost"),
        ("TC_E_31_CS", "remote", "a person who never confirms"),
        ("TC_E_38_CS", "", "a person who is late to confirm"),
        ("TC_E_39_CS", "", "sent again with another id"),
        ("TC_B_02_CS", "", "connection closed"),
    ],
)
def test_what_once_failed_a_conforming_station_does_so_no_more(
    case_id: str, setup: str, name: str
) -> None:
    bench_ = bench(case_id)
    where = next((s for s in setups_of(bench_.case) if s.label == setup), PLAIN)
    plain, _ = bench_.run(Trial("as it is", "", setup=where))
    assert plain is not None
    tried = [t for t in trials(Conforming(plain, "station", speech(OCPP)), where) if t.name == name]
    assert tried
    for trial in tried:
        run, _ = bench_.run(trial)
        assert run is not None
        assert judge(bench_.case, trial, run) is None


def test_what_a_person_was_asked_for_in_between_is_not_swapped() -> None:
    plain, _ = bench("TC_E_39_CS").run(Trial("as it is", ""))
    assert plain is not None
    base = Conforming(plain, "station", speech(OCPP))
    swapped = [t.where for t in trials(base) if t.name == "swapped"]
    assert [f.asked for f in base.requests][-1] > 0
    assert not [where for where in swapped if "EVConnectTimeout" in where]
