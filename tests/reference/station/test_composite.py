"""What charging profiles allow together: the calculation alone, by examples."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limit_lab import BEGIN, at, profile

from testbay_reference.station.charging_profile import milliseconds, read_profile
from testbay_reference.station.composite import (
    Combined,
    Place,
    Rules,
    Wiring,
    Wish,
    periods,
    shares,
    whole_seconds,
)

ZERO = milliseconds(BEGIN)
DAY, WEEK = 86_400, 7 * 86_400
WIRING = Wiring(Fraction(32), Fraction(64))
RUNNING = Place(1, ZERO, 7)
IDLE = Place(1, ZERO)
RULES = Rules()


def installed(connector, payload, since=0.0):
    """Return a profile as the station holds it; a TxProfile belongs to the session of RUNNING."""
    session = 7 if payload["chargingProfilePurpose"] == "TxProfile" else None
    moment = ZERO + round(since * 1000)
    return replace(read_profile(payload, connector), since=moment, session=session)


def plan(profiles, duration, *, place=RUNNING, first=0.0, unit="A", wiring=WIRING, rules=RULES):
    """Return the composite schedule as limits by startPeriod."""
    return {
        entry["startPeriod"]: entry["limit"]
        for entry in full_plan(profiles, duration, place, first, unit, wiring, rules)
    }


def full_plan(profiles, duration, place=RUNNING, first=0.0, unit="A", wiring=WIRING, rules=RULES):
    start = ZERO + round(first * 1000)
    end = start + duration * 1000
    combined = Combined(profiles, wiring, rules)
    if place is None:
        steps = combined.station_steps((RUNNING, Place(2, start)), start, end)
    else:
        steps = combined.connector_steps(place, start, end)
    return periods(whole_seconds(steps, start, end), start, unit)


# One profile


def test_without_profiles_the_station_itself_is_the_limit():
    assert full_plan((), 60) == [{"startPeriod": 0, "limit": 32.0, "numberPhases": 3}]
    assert plan((), 60, unit="W") == {0: 22080.0}
    assert plan((), 60, wiring=replace(WIRING, phases=1), unit="W") == {0: 7360.0}


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (0, {0: 6.0, 60: 8.0, 200: 10.0}),
        (20, {0: 6.0, 40: 8.0, 180: 10.0}),
        (60, {0: 8.0, 140: 10.0}),
        (250, {0: 10.0}),
        (-30, {0: 32.0, 30: 6.0, 90: 8.0, 230: 10.0}),
    ],
)
def test_an_absolute_schedule_runs_by_the_date(first, expected):
    one = installed(1, profile("Default", {0: 6, 60: 8, 200: 10}))
    assert plan([one], 300, first=first) == expected


def test_a_schedule_ends_with_its_duration_and_so_does_the_plan():
    one = installed(1, profile("Default", {0: 6, 60: 8, 200: 10}, duration=100))
    assert plan([one], 300) == {0: 6.0, 60: 8.0, 100: 32.0}
    assert plan([one], 100) == {0: 6.0, 60: 8.0}
    assert plan([one], 60) == {0: 6.0}
    longer = installed(1, profile("Default", {0: 6, 60: 8}, duration=250))
    assert plan([longer], 300) == {0: 6.0, 60: 8.0, 250: 32.0}


def test_a_profile_counts_while_it_is_valid():
    one = installed(1, profile("Default", {0: 6, 60: 8}, valid=(30, 90)))
    assert plan([one], 300) == {0: 32.0, 30: 6.0, 60: 8.0, 90: 32.0}


def test_a_relative_schedule_begins_with_the_session():
    one = installed(0, profile("Default", {0: 6, 60: 8}, kind="Relative", duration=100))
    late = replace(RUNNING, begun=ZERO + 50_000)
    assert plan([one], 200, place=late, first=70) == {0: 6.0, 40: 8.0, 80: 32.0}
    idle = replace(IDLE, begun=ZERO + 70_000)
    assert plan([one], 200, place=idle, first=70) == {0: 6.0, 60: 8.0, 100: 32.0}


def test_an_absolute_schedule_without_start_is_relative_too():
    one = installed(1, profile("Tx", {0: 6, 60: 8}, start=None))
    late = replace(RUNNING, begun=ZERO + 50_000)
    assert plan([one], 200, place=late, first=70) == {0: 6.0, 40: 8.0}


def test_a_relative_limit_of_the_station_begins_with_its_installation():
    one = installed(0, profile("Max", {0: 6, 60: 8}, kind="Relative", duration=100), since=10)
    assert plan([one], 200, first=30) == {0: 6.0, 40: 8.0, 80: 32.0}


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (-100, {0: 32.0, 100: 10.0}),
        (0, {0: 10.0}),
        (28_800 - 60, {0: 10.0, 60: 6.0}),
        (72_000 - 60, {0: 6.0, 60: 10.0}),
        (DAY - 60, {0: 10.0}),
        (400 * DAY + 28_800 - 60, {0: 10.0, 60: 6.0}),
    ],
)
def test_every_day_at_the_same_time(first, expected):
    """The example of section 3.13.7, in A."""
    limits = {0: 10.0, 28_800: 6.0, 72_000: 10.0}
    payload = profile("Default", limits, kind="Recurring", recurrencyKind="Daily", duration=DAY)
    assert plan([installed(0, payload)], 3_600, first=first) == expected


def test_every_week_at_the_same_day_and_time():
    payload = profile("Default", {0: 6, DAY: 10}, kind="Recurring", recurrencyKind="Weekly")
    one = installed(0, payload)
    assert plan([one], 2 * WEEK) == {0: 6.0, DAY: 10.0, WEEK: 6.0, WEEK + DAY: 10.0}
    assert plan([one], DAY, first=5 * WEEK - 100) == {0: 10.0, 100: 6.0}


def test_a_recurring_schedule_shorter_than_the_day_leaves_the_rest_to_others():
    payload = profile(
        "Default", 6, kind="Recurring", recurrencyKind="Daily", duration=3_600, level=1
    )
    night = installed(0, payload)
    usual = installed(0, profile("Default", 16, number=2))
    assert plan([night, usual], DAY + 7_200) == {0: 6.0, 3_600: 16.0, DAY: 6.0, DAY + 3_600: 16.0}
    assert plan([night], DAY + 7_200) == {0: 6.0, 3_600: 32.0, DAY: 6.0, DAY + 3_600: 32.0}


def test_what_is_longer_than_the_recurrence_is_not_executed():
    limits = {0: 6.0, DAY - 100: 8.0, DAY + 100: 10.0}
    payload = profile("Default", limits, kind="Recurring", recurrencyKind="Daily", duration=3 * DAY)
    expected = {0: 6.0, DAY - 100: 8.0, DAY: 6.0, 2 * DAY - 100: 8.0}
    assert plan([installed(0, payload)], 2 * DAY) == expected


# Several profiles


def test_the_highest_stack_level_prevails_as_long_as_it_runs():
    low = installed(1, profile("Default", {0: 6, 100: 8, 200: 10}, duration=400))
    high = installed(1, profile("Default", {0: 7, 100: 9}, number=2, level=1, duration=150))
    for profiles in ([low, high], [high, low]):
        assert plan(profiles, 350) == {0: 7.0, 100: 9.0, 150: 8.0, 200: 10.0}
    assert plan([low, high], 350, rules=Rules(levels=False)) == {0: 6.0, 100: 8.0, 200: 10.0}
    assert plan([low, high], 350, rules=Rules(falls_back=False)) == {0: 7.0, 100: 9.0, 150: 32.0}


def test_a_higher_limit_on_a_higher_level_prevails_too():
    low = installed(1, profile("Default", 6))
    high = installed(1, profile("Default", 20, number=2, level=4, duration=50))
    assert plan([low, high], 100) == {0: 20.0, 50: 6.0}


def test_a_higher_level_that_is_not_valid_or_has_not_begun_leaves_the_lower_one():
    low = installed(1, profile("Default", 6))
    later = installed(1, profile("Default", 20, number=2, level=1, start=100))
    bounded = installed(1, profile("Default", 9, number=3, level=2, valid=(20, 40)))
    assert plan([low, later, bounded], 300) == {0: 6.0, 20: 9.0, 40: 6.0, 100: 20.0}


def test_the_lowest_of_the_purposes_counts():
    profiles = [
        installed(0, profile("Max", 10, duration=DAY)),
        installed(
            1,
            profile("Default", {0: 6, 60: 10, 120: 8, 180: 15, 260: 8}, number=2, duration=300),
        ),
        installed(
            1,
            profile("Tx", {0: 8, 50: 11, 140: 16, 200: 6, 240: 12}, number=3, duration=260),
        ),
    ]
    expected = {0: 8.0, 50: 10.0, 200: 6.0, 240: 10.0, 260: 8.0, 300: 10.0}
    assert plan(profiles, 400) == expected
    in_watts = {start: limit * 690 for start, limit in expected.items()}
    assert plan(profiles, 400, unit="W") == in_watts
    assert plan(profiles, 400, place=IDLE) == {0: 6.0, 60: 10.0, 120: 8.0, 180: 10.0, 260: 8.0} | {
        300: 10.0
    }
    without = Rules(station_limit=False)
    assert plan(profiles, 400, rules=without)[140] == 16.0
    assert plan(profiles, 400, rules=Rules(session_limit=False))[120] == 8.0


def test_a_session_limit_goes_before_a_lower_default_limit():
    profiles = [
        installed(1, profile("Default", 6, level=5)),
        installed(1, profile("Tx", 20, number=2, level=0, duration=60)),
    ]
    assert plan(profiles, 100) == {0: 20.0, 60: 6.0}


def test_a_session_limit_belongs_to_its_session_alone():
    one = installed(1, profile("Tx", 6))
    for place in (IDLE, replace(RUNNING, session=8)):
        assert plan([one], 60, place=place) == {0: 32.0}


def test_a_default_limit_of_a_connector_replaces_the_one_for_all_level_by_level():
    all_of_them = installed(0, profile("Default", 6))
    own = installed(1, profile("Default", 20, number=2, duration=100))
    higher = installed(0, profile("Default", 8, number=3, level=1, start=200))
    profiles = [all_of_them, own, higher]
    assert plan(profiles, 300) == {0: 20.0, 100: 32.0, 200: 8.0}
    assert plan(profiles, 300, place=Place(2, ZERO)) == {0: 6.0, 200: 8.0}
    assert plan(profiles, 150, rules=Rules(connector_defaults=False)) == {0: 6.0}


def test_a_newer_default_limit_counts_for_a_running_session():
    one = installed(1, profile("Default", 6), since=50)
    assert plan([one], 60, first=100) == {0: 6.0}
    assert plan([one], 60, first=100, rules=Rules(new_defaults=False)) == {0: 32.0}
    assert plan([one], 60, place=IDLE, first=100, rules=Rules(new_defaults=False)) == {0: 6.0}


# Units and phases


@pytest.mark.parametrize(
    ("unit", "limit", "phases", "amperes", "watts", "used"),
    [
        ("A", 16, None, 16.0, 11040.0, 3),
        ("A", 16, 3, 16.0, 11040.0, 3),
        ("A", 16, 1, 16.0, 3680.0, 1),
        ("A", 16, 2, 16.0, 7360.0, 2),
        ("A", 16, 5, 16.0, 11040.0, 3),
        ("A", 8.1, 3, 8.1, 5589.0, 3),
        ("A", 0.7, 1, 0.7, 161.0, 1),
        ("W", 6000, 3, 8.6, 6000.0, 3),
        ("W", 6000, None, 8.6, 6000.0, 3),
        ("W", 6000, 1, 26.0, 6000.0, 1),
        ("W", 6000.3, 3, 8.6, 6000.3, 3),
        ("W", 11040, 1, 32.0, 7360.0, 1),
        ("W", 99999, 3, 32.0, 22080.0, 3),
        ("A", 0, 3, 0.0, 0.0, 3),
    ],
)
def test_limits_in_the_other_unit(unit, limit, phases, amperes, watts, used):
    one = installed(1, profile("Default", limit, unit=unit, phases=phases))
    for wanted, expected in (("A", amperes), ("W", watts)):
        entry = {"startPeriod": 0, "limit": expected, "numberPhases": used}
        assert full_plan([one], 60, unit=wanted) == [entry]


def test_more_phases_than_the_station_has_change_nothing_about_the_limit():
    single = replace(WIRING, phases=1)
    one = installed(1, profile("Default", 16, phases=3))
    assert plan([one], 60, wiring=single) == {0: 16.0}
    assert plan([one], 60, wiring=single, unit="W") == {0: 3680.0}
    two = installed(1, profile("Default", 6000, unit="W", phases=3))
    assert plan([two], 60, wiring=single, unit="W") == {0: 6000.0}


def test_limits_in_different_units_and_phases_all_hold():
    station = installed(0, profile("Max", 6900, unit="W"))
    session = installed(1, profile("Tx", 16, number=2, phases=1))
    assert plan([station, session], 60) == {0: 16.0}
    assert plan([station, session], 60, unit="W") == {0: 3680.0}
    station = installed(0, profile("Max", 10))
    assert plan([station, session], 60, unit="W") == {0: 2300.0}


def test_a_session_that_keeps_its_phases_gets_no_more_power_for_it():
    one = installed(1, profile("Default", {0: 16, 60: 15.3}, phases=1))
    three = replace(RUNNING, phases=3)
    assert full_plan([one], 120, place=three) == [
        {"startPeriod": 0, "limit": 5.3, "numberPhases": 3},
        {"startPeriod": 60, "limit": 5.1, "numberPhases": 3},
    ]
    back = installed(1, profile("Default", 16, phases=3))
    entry = {"startPeriod": 0, "limit": 16.0, "numberPhases": 1}
    assert full_plan([back], 60, place=replace(RUNNING, phases=1)) == [entry]


def test_equal_limits_on_other_phases_are_periods_of_their_own():
    payload = profile("Default", {0: 16, 60: 16, 120: 16})
    entries = payload["chargingSchedule"]["chargingSchedulePeriod"]
    entries[1]["numberPhases"] = 1
    assert plan([installed(1, payload)], 180) == {0: 16.0, 60: 16.0, 120: 16.0}
    entries[1]["numberPhases"] = 3
    assert plan([installed(1, payload)], 180) == {0: 16.0}


# The whole station


def test_the_station_draws_what_its_connectors_do():
    assert plan((), 60, place=None) == {0: 64.0}
    assert plan((), 60, place=None, unit="W") == {0: 44160.0}
    profiles = [
        installed(1, profile("Tx", {0: 6, 50: 16})),
        installed(0, profile("Default", 10, number=2, duration=80)),
    ]
    assert plan(profiles, 100, place=None) == {0: 16.0, 50: 26.0, 80: 48.0}
    limited = [*profiles, installed(0, profile("Max", 20, number=3, duration=90))]
    assert plan(limited, 100, place=None) == {0: 16.0, 50: 20.0, 90: 48.0}
    assert plan(limited, 100, place=None, unit="W")[50] == 13800.0


def test_the_grid_connection_limits_all_together():
    narrow = replace(WIRING, grid=Fraction(40))
    assert plan((), 60, place=None, wiring=narrow) == {0: 40.0}
    assert plan((), 60, place=None, wiring=narrow, unit="W") == {0: 27600.0}
    assert plan((), 60, wiring=replace(WIRING, grid=Fraction(20))) == {0: 20.0}
    station = installed(0, profile("Max", 10_000, unit="W"))
    assert plan([station], 60, place=None, wiring=narrow) == {0: 14.4}
    assert plan([station], 60, place=None, wiring=narrow, unit="W") == {0: 10000.0}


# Moments between the seconds


def test_no_second_promises_more_than_any_moment_of_it_has():
    falls = installed(1, profile("Default", {0: 16, 60: 6}, start=0.4))
    assert plan([falls], 100) == {0: 16.0, 60: 6.0}
    rises = installed(1, profile("Default", {0: 6, 60: 16}, start=0.4))
    assert plan([rises], 100) == {0: 6.0, 61: 16.0}
    assert plan([rises], 100, first=0.4) == {0: 6.0, 60: 16.0}
    brief = installed(1, profile("Default", {0: 16, 10: 3, 11: 20}, start=0.5))
    assert plan([brief], 30) == {0: 16.0, 10: 3.0, 12: 20.0}


LIMITS = st.dictionaries(st.integers(1, 90), st.integers(0, 40), max_size=4).map(
    lambda more: {0: 12, **dict(sorted(more.items()))}
)
PROFILES = st.lists(
    st.builds(
        profile,
        st.sampled_from(["Max", "Default", "Tx"]),
        LIMITS,
        level=st.integers(0, 2),
        start=st.integers(-50_000, 50_000).map(lambda ms: ms / 1000),
        duration=st.none() | st.integers(1, 120),
        valid=st.tuples(st.none() | st.integers(0, 40), st.none() | st.integers(41, 99)),
    ),
    max_size=4,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(PROFILES)
def test_each_second_has_the_lowest_limit_of_its_moments(payloads):
    profiles = [
        installed(0 if payload["chargingProfilePurpose"] == "ChargePointMaxProfile" else 1, payload)
        for payload in payloads
    ]
    limits = plan(profiles, 100)
    combined = Combined(profiles, WIRING)
    told = 0.0
    for second in range(100):
        told = limits.get(second, told)
        moments = range(ZERO + second * 1000, ZERO + second * 1000 + 1000, 125)
        allowed = min(combined.flow_at(RUNNING, moment).current for moment in moments)
        assert told <= allowed + Fraction(1, 10)
        steady = len({combined.flow_at(RUNNING, moment).current for moment in moments}) == 1
        ends = combined.flow_at(RUNNING, moments[0] + 999).current
        if steady and ends == allowed:
            assert told == allowed


def test_a_year_of_busy_days_can_be_planned():
    days = 366
    limits = {3_600 * hour: 6.0 + hour % 5 for hour in range(24)}
    payload = profile("Default", limits, kind="Recurring", recurrencyKind="Daily")
    assert len(plan([installed(0, payload)], days * DAY)) > 24 * days - 2


# Sharing


def wish(current, phases=3, least=0):
    return Wish(Fraction(current), phases, Fraction(least))


@pytest.mark.parametrize(
    ("wishes", "amperes", "watts", "expected"),
    [
        ([], 10, None, []),
        ([wish(16)], 20, None, [None]),
        ([wish(16)], 10, None, [10]),
        ([wish(16), wish(16)], 32, None, [None, None]),
        ([wish(16), wish(16)], 20, None, [10, 10]),
        ([wish(4), wish(16)], 12, None, [8, 8]),
        ([wish(16), wish(16)], 0, None, [0, 0]),
        ([wish(16), wish(16)], 99, 6900, [5, 5]),
        ([wish(16, phases=1), wish(16)], 99, 3680, [4, 4]),
        ([wish(16, least=8), wish(16, least=8)], 12, None, [12, 0]),
        ([wish(16, least=8), wish(16)], 12, None, [0, 12]),
        ([wish(16), wish(16, least=8)], 12, None, [12, 0]),
        ([wish(16), wish(16, least=5)], 12, None, [6, 6]),
        ([wish(3, least=8), wish(16)], 12, None, [9, 9]),
    ],
)
def test_shares(wishes, amperes, watts, expected):
    limit = None if watts is None else Fraction(watts)
    assert shares(wishes, Fraction(amperes), limit, Fraction(230)) == expected


# Contradictions


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (profile("Default", {5: 6}), "the first startPeriod is not 0"),
        (profile("Default", {}), "the first startPeriod is not 0"),
        (profile("Default", {0: 6, 20: 5, 10: 4}), "does not rise"),
        (profile("Default", -1), "limit is less than 0"),
        (profile("Default", 6, level=-1), "stackLevel is less than 0"),
        (profile("Default", 6, phases=0), "numberPhases is less than 1"),
        (profile("Default", 6, duration=0), "duration is not greater than 0"),
        (profile("Default", 6, least=-6), "minChargingRate is less than 0"),
        (profile("Default", 6, valid=(9, 9)), "validTo is not later than validFrom"),
        (profile("Default", 6, transactionId=4), "transactionId is for TxProfile"),
        (profile("Max", 6, transactionId=4), "transactionId is for TxProfile"),
        (profile("Default", 6, kind="Recurring"), "does not go with kind Recurring"),
        (profile("Default", 6, recurrencyKind="Daily"), "does not go with kind Absolute"),
        (
            profile("Default", 6, kind="Recurring", recurrencyKind="Daily", start=None),
            "needs startSchedule",
        ),
        (profile("Default", {0: 6, 10**40: 8}), "too large to be stored"),
        (profile("Default", 10**40), "limit is too large to be stored"),
        (profile("Tx", 6, transactionId=-(10**40)), "too large to be stored"),
        (profile("Default", 6, validTo="2030-01-01T00:00:60Z"), "validTo is not a date"),
    ],
)
def test_profiles_that_contradict_themselves(payload, text):
    with pytest.raises(ValueError, match=text):
        read_profile(payload, 1)


def test_dates_with_offsets_and_numbers_without_end():
    payload = profile("Default", {0: 6, 10**15: 8}, duration=10**15)
    payload["chargingSchedule"]["startSchedule"] = "2030-01-01T01:00:10+01:00"
    assert plan([installed(1, payload)], 30) == {0: 32.0, 10: 6.0}
    assert at(10) == "2030-01-01T00:00:10Z"
