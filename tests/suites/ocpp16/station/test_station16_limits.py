"""The cases of smart charging, and the schedule that the tool expects of a station."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from station16_lab import CASES, against_reference, applicable, campaign, case, failed

from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp16.composite import Follows, allowed

LIMITS = [n for n, c in CASES.items() if c.group.startswith("2.23 ")]
WATTS = {"charging_rate_unit": "W", "local_limit": 22080.0}
FAULTS = (
    ("TC_056_CS", "charging-profiles-not-stored", "4"),
    ("TC_057_CS", "charging-profiles-not-stored", "4"),
    ("TC_057_CS", "ignores-session-limit", "4"),
    ("TC_059_CS", "remote-start-ignores-profile", "3"),
    ("TC_082_CS", "default-limit-for-later-sessions-only", "4"),
    ("TC_066_CS", "ignores-station-limit", "2"),
    ("TC_066_CS", "ignores-session-limit", "2"),
    ("TC_066_CS", "no-fallback-after-duration", "2"),
    ("TC_066_CS", "composite-ignores-later-limits", "2"),
    ("TC_066_CS", "composite-restarts-schedules", "2"),
    ("TC_067_CS", "clear-profiles-does-nothing", "4"),
    ("TC_067_CS", "clear-profiles-ignores-criteria", "4"),
    ("TC_067_CS", "composite-ignores-later-limits", "8"),
    ("TC_072_CS", "stack-levels-reversed", "2"),
    ("TC_072_CS", "no-fallback-after-duration", "2"),
)


def test_all_cases_are_there() -> None:
    assert len(LIMITS) == 10


@pytest.mark.parametrize(("name", "product"), applicable(LIMITS))
def test_conforming(name: str, product: str) -> None:
    run = against_reference(name, product=product)
    assert (run.ended.verdict, run.ended.reason) == (Verdict.PASS, "")
    assert run.test.recorder.remarks == []


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("config", [WATTS, {"connector_id": 2}, {"max_time_deviation": 30.0}])
def test_configured_otherwise(name: str, config: dict[str, Any]) -> None:
    run = against_reference(name, **config)
    assert (run.ended.verdict, run.ended.reason) == (Verdict.PASS, "")


@pytest.mark.parametrize(("name", "fault", "step"), FAULTS)
def test_faulty(name: str, fault: str, step: str) -> None:
    more: dict[str, Any] = (
        {"max_time_deviation": 10.0} if fault == "composite-restarts-schedules" else {}
    )
    run = against_reference(name, fault, **more)
    assert run.ended.verdict == Verdict.FAIL
    assert step in failed(run)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("TC_072_CS", "ChargeProfileMaxStackLevel", "0"),
        ("TC_066_CS", "MaxChargingProfilesInstalled", "2"),
        ("TC_066_CS", "ChargingScheduleMaxPeriods", "4"),
    ],
)
def test_station_that_keeps_too_little(name: str, key: str, value: str) -> None:
    run = against_reference(name, options={"keys": {key: value}})
    assert run.ended.verdict == Verdict.NOT_APPLICABLE


def test_limits_are_gone_afterwards() -> None:
    names = [*LIMITS, "TC_010_CS"]
    for seed in (1, 2, 3):
        ended = campaign(names, seed)
        assert {n: e.verdict for n, e in ended.items()} == dict.fromkeys(names, Verdict.PASS)


# -- the schedule that is expected ----------------------------------------------------------------

BEGIN = datetime(2030, 1, 1, tzinfo=UTC)


def profile(purpose: str, *steps: tuple[int, float], lasts: int, level: int = 0) -> dict[str, Any]:
    """Return a profile that begins with the schedule."""
    periods = [{"startPeriod": start, "limit": limit} for start, limit in steps]
    schedule = {
        "startSchedule": "2030-01-01T00:00:00Z",
        "duration": lasts,
        "chargingSchedulePeriod": periods,
    }
    return {
        "chargingProfilePurpose": purpose,
        "stackLevel": level,
        "chargingSchedule": schedule,
    }


LOW = profile("TxDefaultProfile", (0, 6), (100, 8), lasts=200)
HIGH = profile("TxDefaultProfile", (0, 7), lasts=150, level=1)
SESSION = profile("TxProfile", (0, 20), lasts=50)
STATION = profile("ChargePointMaxProfile", (0, 10), lasts=300)
BRIEF = {**HIGH, "validFrom": "2030-01-01T00:00:10Z", "validTo": "2030-01-01T00:00:20Z"}


@pytest.mark.parametrize(
    ("profiles", "after", "limit"),
    [
        ([], 0, 16.0),
        ([LOW], -1, 16.0),
        ([LOW], 0, 6.0),
        ([LOW], 100, 8.0),
        ([LOW], 200, 16.0),
        ([LOW, HIGH], 0, 7.0),
        ([HIGH, LOW], 150, 8.0),
        ([LOW, BRIEF], 9, 6.0),
        ([LOW, BRIEF], 10, 7.0),
        ([LOW, BRIEF], 20, 6.0),
        ([LOW, SESSION], 0, 16.0),
        ([LOW, SESSION, STATION], 0, 10.0),
        ([LOW, SESSION, STATION], 50, 6.0),
        ([STATION], 299, 10.0),
        ([STATION], 300, 16.0),
    ],
)
def test_what_is_allowed(profiles: list[dict[str, Any]], after: int, limit: float) -> None:
    assert allowed(profiles, BEGIN + timedelta(seconds=after), 16.0) == limit


def told(*steps: tuple[int, float], start: str = "2030-01-01T00:00:00Z") -> dict[str, Any]:
    """Return an answer to GetCompositeSchedule."""
    periods = [{"startPeriod": at, "limit": limit} for at, limit in steps]
    return {"scheduleStart": start, "chargingSchedule": {"chargingSchedulePeriod": periods}}


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        (told((0, 6), (100, 8)), True),
        (told((0, 6.0), (99, 8.0)), True),
        (told((0, 6), (101, 8)), True),
        (told((0, 6), (60, 6), (100, 8)), True),
        (told((0, 6), (90, 8), start="2030-01-01T00:00:10Z"), True),
        (told((0, 6), (100, 8), start="2030-01-01T00:00:10Z"), False),
        (told((0, 6), (102, 8)), False),
        (told((0, 6), (98, 8)), True),
        (told((0, 6), (97, 8)), False),
        (told((0, 6), (99, 8), start="2030-01-01T00:00:00.600Z"), True),
        (told((0, 6), (97, 8), start="2030-01-01T00:00:00.600Z"), False),
        (told((0, 6)), False),
        (told((0, 6), (100, 8.2)), False),
        (told((5, 6), (100, 8)), False),
        (told(), False),
        (told((0, 6), (100, 8), start="soon"), False),
        ({"status": "Rejected"}, False),
        ({**told(), "chargingSchedule": {"chargingSchedulePeriod": [{"limit": 6}]}}, False),
    ],
)
def test_what_is_told(answer: dict[str, Any], passes: bool) -> None:
    check = Follows((LOW,), 150, ((0, 6), (100, 8)))
    values = {"local_limit": 16.0}
    assert check.judge(answer, lambda v: values.get(getattr(v, "name", ""), v)).passed is passes


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"chargingSchedule": told((0, 6))["chargingSchedule"]}, "scheduleStart is omitted"),
        (
            {"scheduleStart": "2030-01-01T00:00:00Z", "chargingSchedule": {"duration": 150}},
            "chargingSchedule.chargingSchedulePeriod is omitted",
        ),
        (told((0, 6), start="soon"), "the schedule is malformed"),
    ],
)
def test_why_a_schedule_cannot_be_read(answer: dict[str, Any], why: str) -> None:
    check = Follows((LOW,), 150, ((0, 6), (100, 8)))
    outcome = check.judge(answer, lambda v: v)
    assert (outcome.passed, outcome.actual) == (False, why)


def test_the_texts_say_what_is_calculated() -> None:
    for name in LIMITS:
        run = against_reference(name)
        for result in run.test.recorder.results:
            for outcome in result.outcomes:
                if isinstance(outcome.check, Follows):
                    assert len(outcome.actual) == len(outcome.check.periods), case(name).id
                    limits = [p["limit"] for p in outcome.actual]
                    assert limits == [run.test.value(n) for _, n in outcome.check.periods]
