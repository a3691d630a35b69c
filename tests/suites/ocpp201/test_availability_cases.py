"""Cases of availability: what goes down unasked, too early or not for good is seen."""

import pytest

from testbay.scenario.verdict import Verdict

from .built_lab import SUITE, run

TWO = {"connectors_per_evse": 2}
CASES = [case for case in SUITE.cases if case.startswith("TC_G_") and case.endswith("_CS")]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("reports", ["StatusNotification", "NotifyEvent"])
@pytest.mark.parametrize("more", [{}, TWO])
def test_a_conforming_station_passes(case: str, reports: str, more: dict[str, int]) -> None:
    ended = run(case, {"reports": reports, **more}, more)
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize("reports", ["StatusNotification", "NotifyEvent"])
@pytest.mark.parametrize(
    ("case", "step"),
    [
        ("TC_G_03_CS", "1/Unavailable(evse=1)/3"),
        ("TC_G_07_CS", "1/Unavailable(evse=1, connector=1)/3"),
        ("TC_G_11_CS", "post"),
        ("TC_G_17_CS", "post"),
        ("TC_G_18_CS", "3"),
    ],
)
def test_what_is_not_meant_may_not_go_down(case: str, step: str, reports: str) -> None:
    ended = run(case, {"reports": reports}, {}, "takes-all-down")
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, step)


def test_the_other_connectors_of_the_evse_may_not_go_down() -> None:
    ended = run("TC_G_07_CS", {"evses": 1, **TWO}, {"evse_count": 1, **TWO}, "takes-all-down")
    assert ended.verdict == Verdict.FAIL
    ended = run("TC_G_17_CS", {"evses": 1, **TWO}, {"evse_count": 1, **TWO}, "takes-all-down")
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "post")


@pytest.mark.parametrize("reports", ["StatusNotification", "NotifyEvent"])
@pytest.mark.parametrize("number", ["09", "10", "12", "13", "15", "16"])
def test_a_state_that_is_there_already_must_stay(number: str, reports: str) -> None:
    ended = run(f"TC_G_{number}_CS", {"reports": reports}, {}, "toggles-availability")
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "3" if number == "13" else "post")


@pytest.mark.parametrize(
    ("case", "step"), [("TC_G_11_CS", "2"), ("TC_G_14_CS", "2"), ("TC_G_17_CS", "2")]
)
def test_a_connector_stays_up_until_the_transaction_is_over(case: str, step: str) -> None:
    ended = run(case, {}, {}, "goes-down-at-once")
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, step)
