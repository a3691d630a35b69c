"""Conforming systems pass, however they time, order, write and add; the full matrix is sampled."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from testbay.campaign import suites
from testbay.campaign.virtual import Recorded
from testbay.proof.setups import Setup
from testbay.proof.tolerance import Bench, Finding, as_json, judge, sample, tolerate_case
from testbay.proof.tolerance_acts import Add
from testbay.proof.tolerance_run import Conforming
from testbay.proof.tolerance_speech import speech
from testbay.proof.tolerance_trials import Trial, trials
from testbay.scenario.case import TestCase
from testbay.scenario.verdict import Verdict

OCPP = "1.6"
EVERY = {"1.6": 11, "2.0.1": 26}  # one of so many kinds is tried here, the command tries all
OF_STATION = speech(OCPP).station
CASES = list(suites.load(OCPP).cases)


def bench(case_id: str, ocpp: str = OCPP) -> Bench:
    suite = suites.load(ocpp)
    return Bench(suite.cases[case_id], suite)


def conforming(case_id: str, ocpp: str = OCPP) -> Conforming:
    bench_ = bench(case_id, ocpp)
    run, _ = bench_.run(Trial("as it is", ""))
    assert run is not None
    assert run.ended.verdict == Verdict.PASS
    return Conforming(run, bench_.case.sut, speech(ocpp))


def shown(case_id: str, name: str, where: str = "") -> Recorded:
    """Run a case with the first perturbation of a name that has something to do."""
    for trial in trials(conforming(case_id)):
        if trial.name == name and where in trial.where:
            run, applied = bench(case_id).run(trial)
            if applied and run is not None:
                return run
    raise AssertionError(f"{name} is never shown in {case_id}")


def order(run: Recorded) -> list[str]:
    return [str(m.get("status") or m.action) for m in run.test.box.log if not m.is_event]


# -- the matrix ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ocpp", "turn", "case_id"),
    [(o, i, case_id) for o in EVERY for i, case_id in enumerate(suites.load(o).cases)],
)
def test_conforming_systems_never_fail(ocpp: str, turn: int, case_id: str) -> None:
    found = tolerate_case(ocpp, case_id, EVERY[ocpp], turn)
    assert found.runs
    assert found.findings == []


@pytest.mark.parametrize("ocpp", list(EVERY))
def test_the_sample_has_every_perturbation(ocpp: str) -> None:
    """Each kind of perturbation is tried on several cases of its kind of system."""
    suite, every = suites.load(ocpp), EVERY[ocpp]
    for sut in ("station", "csms"):
        tried: dict[str, int] = {}
        for turn, case in enumerate(suite.cases.values()):
            if case.sut == sut:
                everything = list(trials(conforming(case.id, ocpp)))
                tried |= dict.fromkeys((t.name for t in everything), 0) | tried
                for trial in sample(everything, every, turn):
                    tried[trial.name] += 1
        never = [name for name, times in tried.items() if not times]
        assert len(tried) > 60
        assert len(never) <= 3, never  # there are some that few cases have


# -- what is shown is what it is called ------------------------------------------------------------


def test_swapped_messages_change_places() -> None:
    plain, swapped = order(conforming("TC_003_CS").run), order(shown("TC_003_CS", "swapped"))
    one, two = plain.index("StartTransaction"), plain.index("Charging")
    assert (swapped[one], swapped[two]) == ("Charging", "StartTransaction")


def test_a_delayed_message_comes_later() -> None:
    run = shown("TC_003_CS", "3 s later", "StartTransaction")
    plain = conforming("TC_003_CS").run
    moved = (
        run.test.received("StartTransaction")[0].at - plain.test.received("StartTransaction")[0].at
    )
    assert moved == pytest.approx(3, abs=0.1)


def test_a_request_comes_before_the_answer_to_ours() -> None:
    run = shown("TC_012_CS", "behind the next request", "RemoteStopTransaction")
    frames = [(f.action, f.place.kind) for f in Conforming(run, "station", speech(OCPP)).frames]
    assert frames.index(("StopTransaction", 2)) < frames.index(("RemoteStopTransaction", 3))


def test_a_request_is_sent_again() -> None:
    run = shown("TC_003_CS", "sent again with the same id", "StartTransaction")
    ids = [
        f.place.uid
        for f in Conforming(run, "station", speech(OCPP)).requests
        if f.action == "StartTransaction"
    ]
    assert len(ids) == 2
    assert ids[0] == ids[1]


@pytest.mark.parametrize("saying", [s.name for s in OF_STATION if "periodic" not in s.name])
def test_something_is_said_unasked(saying: str) -> None:
    plain, more = conforming("TC_013_CS").run, shown("TC_013_CS", f"unasked: {saying}")
    assert len(order(more)) > len(order(plain))


def test_nothing_is_said_before_the_station_is_accepted() -> None:
    base = conforming("TC_001_CS")
    first = next(f for f in base.requests if f.action == "BootNotification")
    heartbeat = OF_STATION[0].says
    for after in (False, True):
        trial = Trial("unasked", "", act=lambda a=after: Add(heartbeat, first.place, a))  # type: ignore[misc]
        _, applied = bench("TC_001_CS").run(trial)
        assert not applied


def test_a_connection_is_lost_and_comes_back() -> None:
    run = shown("TC_004_2_CS", "connection lost")
    events = [m.action for m in run.test.box.log if m.is_event]
    assert events[-3:] == ["@closed", "@upgrade", "@connect"]
    assert run.ended.verdict == Verdict.PASS


def test_a_slow_person_takes_time() -> None:
    trial = next(t for t in trials(conforming("TC_003_CS")) if t.name == "a slow person")
    run, _ = bench("TC_003_CS").run(trial)
    assert run is not None
    assert run.ended.seconds == pytest.approx(conforming("TC_003_CS").run.ended.seconds + 80, abs=1)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("idTag in the other case", lambda p: p["idTag"] == "testbay-valid-1"),
        ("time stamps with an offset", lambda p: p["timestamp"].endswith("+02:00")),
        ("lower-case time stamps", lambda p: "t" in p["timestamp"] and p["timestamp"][-1] == "z"),
        ("JSON on many lines", lambda p: True),
    ],
)
def test_a_station_writes_otherwise(name: str, seen: Callable[[Any], bool]) -> None:
    base = conforming("TC_003_CS")
    trial = next(t for t in trials(base) if t.name == f"written: {name}")
    run, _ = bench("TC_003_CS").run(trial)
    assert run is not None
    assert run.ended.verdict == Verdict.PASS
    assert seen(run.test.received("StartTransaction")[0].payload)


@pytest.mark.parametrize("name", ["Heartbeats left out", "Heartbeats after silence"])
def test_heartbeats_come_otherwise(name: str) -> None:
    plain, run = conforming("TC_001_CS").run, shown("TC_001_CS", name)
    assert run.ended.verdict == Verdict.PASS
    moments = [round(m.at) for m in run.test.received("Heartbeat")]
    assert moments != [round(m.at) for m in plain.test.received("Heartbeat")]


# -- what is intolerant is found -------------------------------------------------------------------


def verdict_on(body: Callable[[Any], Any], trial: Trial) -> Finding | None:
    suite = suites.load(OCPP)
    case = replace(suite.cases["TC_003_CS"], body=body)
    run, _ = Bench(case, suite).run(trial)
    assert run is not None
    return judge(case, trial, run)


async def _wants_silence(t: Any) -> None:
    await t.nothing(1, "Heartbeat", during=20)


async def _wants_an_exact_text(t: Any) -> None:
    assert False, "a bug of the case"  # noqa: B011, PT015


def test_a_case_that_does_not_bear_a_heartbeat_is_found() -> None:
    often = Trial("often", "why", act=lambda: Add(OF_STATION[0].says, every=7.0))
    found = verdict_on(_wants_silence, often)
    assert found is not None
    assert (found.case, found.trial, found.verdict) == ("TC_003_CS", "often", "FAIL")
    assert "no Heartbeat comes" in found.reason
    assert verdict_on(_wants_silence, Trial("as it is", "")) is None


def test_a_bug_of_the_tool_is_found() -> None:
    found = verdict_on(_wants_an_exact_text, Trial("as it is", ""))
    assert found is not None
    assert found.verdict == "ERROR"


def test_a_case_that_is_not_for_a_product_is_no_finding() -> None:
    no_reader = Setup("no reader", features={"local_start": False})
    case: TestCase = suites.load(OCPP).cases["TC_003_CS"]
    run, applied = bench(case.id).run(Trial("built", "", setup=no_reader))
    assert (run, applied) == (None, False)


def test_the_result_can_be_read_by_a_program() -> None:
    result = as_json([tolerate_case(OCPP, "TC_017_1_CSMS", 20)])
    assert result["cases"] == 1
    assert result["runs"] >= result["shown"] > 0
    assert isinstance(result["findings"], list)
