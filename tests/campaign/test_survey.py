"""Runs survey their station, identify it, wait, repeat cases, and put back what cases have left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from testbay.campaign.embedded import Build, station_lane
from testbay.campaign.lane import Lane
from testbay.campaign.runner import Run, Settings
from testbay.campaign.suites import load
from testbay.campaign.survey import Surveyor, surveyor
from testbay.scenario import events
from testbay.scenario.case import TestCase
from testbay.scenario.checks import eq
from testbay.scenario.events import Stamped
from testbay.scenario.product import Product
from testbay.scenario.values import CallError
from testbay.scenario.verdict import Verdict

SUITE = load("1.6")
PART = SUITE.part("station")
VALUES = {v.name: v.default for v in PART.values.values()}
PRODUCT = {f.name: f.default for f in PART.features.values()}
KEY = "MeterValueSampleInterval"


def asks(**values: Any) -> Surveyor:
    return surveyor(PART, "station", VALUES | values, PRODUCT, None)


@asynccontextmanager
async def lane_of(**options: Any) -> AsyncIterator[Lane]:
    lane = await station_lane(SUITE, Product("plain"), VALUES, Build(options=options))
    try:
        yield lane
    finally:
        await lane.end.close()
        assert lane.stop is not None
        await lane.stop()


def told(journal: list[Stamped], kind: type[Any]) -> list[Any]:
    return [s.event for s in journal if isinstance(s.event, kind)]


def case(body: Any, name: str = "TC_X_CS") -> TestCase:
    return TestCase(name, "A case", "station", "1.6", "Cases", body)


async def leaves_a_setting(t: Any) -> None:
    await t.call(1, "ChangeConfiguration", {"key": KEY, "value": "7"}, eq("status", "Accepted"))


async def reads_it(t: Any) -> None:
    await t.call(1, "GetConfiguration", {"key": [KEY]}, eq("configurationKey[0].value", "60"))


async def switches_off(t: Any) -> None:
    from testbay.suites.ocpp16.actions import POWER_OFF

    t.manual(POWER_OFF)
    await t.expect(1, "@closed")


# -- surveys ---------------------------------------------------------------------------------------


async def test_a_station_is_surveyed_before_its_cases() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        run = Run([SUITE.cases["TC_021_CS"]], journal.append, surveyor=asks())
        await run.on([lane])
    kinds = [s.event.kind for s in journal if s.event.kind in ("surveyed", "case_started")]
    assert kinds == ["surveyed", "case_started"]
    [survey] = told(journal, events.Surveyed)
    assert len(survey.entries) > 30
    assert (survey.why, survey.findings) == ("", [])
    assert "LightIntensity" in survey.absent
    [identified] = told(journal, events.Identified)
    assert identified.about["chargePointModel"] == "Reference station"
    assert run.done["TC_021_CS"].verdict == Verdict.PASS
    assert not told(journal, events.Noticed)


async def test_what_cannot_be_so_is_told_and_the_run_goes_on() -> None:
    journal: list[Stamped] = []
    async with lane_of(connectors=3) as lane:
        lane.config = {**lane.config, "number_of_connectors": 3}
        surveys = asks(number_of_connectors=2)
        lane.config["number_of_connectors"] = 2
        run = Run([SUITE.cases["TC_021_CS"]], journal.append, surveyor=surveys)
        await run.on([lane])
    [survey] = told(journal, events.Surveyed)
    assert survey.findings == [
        [
            "values.number_of_connectors",
            "it is 2 in the configuration, but NumberOfConnectors is 3",
        ]
    ]
    assert run.done["TC_021_CS"].verdict == Verdict.PASS


async def test_a_station_that_does_not_tell_its_settings() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        call = lane.end.call

        async def refuse(uid: str, action: str, payload: dict[str, Any]) -> Any:
            bare = action == "GetConfiguration" and not payload
            return CallError("InternalError") if bare else await call(uid, action, payload)

        lane.end.call = refuse  # type: ignore[method-assign]
        run = Run([SUITE.cases["TC_021_CS"]], journal.append, surveyor=asks())
        await run.on([lane])
    [survey] = told(journal, events.Surveyed)
    why = "GetConfiguration was not answered with a result: CALLERROR InternalError"
    assert (survey.why, survey.entries) == (why, [])
    assert run.done["TC_021_CS"].verdict == Verdict.PASS


async def test_a_station_that_is_not_there_is_waited_for_once() -> None:
    journal: list[Stamped] = []
    async with lane_of(boot_seconds=1000.0) as lane:
        run = Run(
            [SUITE.cases[c] for c in ("TC_021_CS", "TC_003_CS")], journal.append, surveyor=asks()
        )
        await run.on([lane])
        assert asyncio.get_running_loop().time() < 100
    assert not told(journal, events.Surveyed)
    assert {e.verdict for e in run.done.values()} == {Verdict.INCONCLUSIVE}


# -- what cases leave ------------------------------------------------------------------------------


async def test_a_setting_that_a_case_has_left_is_named_and_put_back() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        cases = [case(leaves_a_setting, "TC_1_CS"), case(reads_it, "TC_2_CS")]
        run = Run(cases, journal.append, surveyor=asks())
        await run.on([lane])
    assert [e.verdict for e in run.done.values()] == [Verdict.PASS, Verdict.PASS], run.done
    left = [
        s for s in journal if isinstance(s.event, events.LeftBehind) and "Meter" in str(s.event)
    ]
    assert [(s.case, s.event.what) for s in left] == [
        ("TC_1_CS", [f"{KEY} is '7', it was '60'; it is set back"])
    ]


async def test_a_station_that_a_case_has_switched_off_is_switched_on() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        cases = [case(switches_off, "TC_1_CS"), case(reads_it, "TC_2_CS")]
        run = Run(cases, journal.append, surveyor=asks())
        await run.on([lane])
    assert [e.verdict for e in run.done.values()] == [Verdict.PASS, Verdict.PASS]
    left = [s.event for s in journal if isinstance(s.event, events.LeftBehind)]
    assert [e.what[0] for e in left] == ["the station is not connected"], "it is not asked then"


# -- waiting and repeating -------------------------------------------------------------------------


async def test_a_run_waits_until_it_goes_on() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        run = Run([SUITE.cases["TC_021_CS"]], journal.append)
        run.pause()
        run.pause()
        task = asyncio.get_running_loop().create_task(run.on([lane]))
        await asyncio.sleep(100)
        assert (run.paused, told(journal, events.CaseStarted)) == (True, [])
        run.go_on()
        run.go_on()
        await task
    assert len(told(journal, events.Paused)) == 1
    assert told(journal, events.Continued) == [events.Continued(100.0)]
    assert run.done["TC_021_CS"].verdict == Verdict.PASS


async def test_the_running_case_ends_before_a_pause() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        run = Run([SUITE.cases[c] for c in ("TC_003_CS", "TC_021_CS")], journal.append)
        task = asyncio.get_running_loop().create_task(run.on([lane]))
        while not told(journal, events.CaseStarted):
            await asyncio.sleep(0.1)
        run.pause()
        await asyncio.sleep(300)
        assert [e.verdict for e in run.done.values()] == [Verdict.PASS]
        run.stop()
        await task
    assert list(run.done) == ["TC_003_CS"], "a run that is stopped while it waits ends"


async def test_cases_are_repeated() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        run = Run([SUITE.cases["TC_021_CS"]], journal.append, Settings(repeat=3))
        await run.on([lane])
    ended = [s.attempt for s in journal if isinstance(s.event, events.CaseFinished)]
    assert (ended, run.finished) == ([1, 2, 3], {"TC_021_CS": 3})


@pytest.mark.parametrize(("finished", "runs"), [(1, 2), (2, 1), (3, 0)])
async def test_a_run_that_goes_on_repeats_what_is_left(finished: int, runs: int) -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        run = Run([SUITE.cases["TC_021_CS"]], journal.append, Settings(repeat=3))
        run.finished = {"TC_021_CS": finished}
        run.done = {"TC_021_CS": None}  # type: ignore[dict-item]
        await run.on([lane])
    assert len(told(journal, events.CaseStarted)) == runs


# -- identity --------------------------------------------------------------------------------------


async def test_a_station_that_becomes_another_is_told_in_its_case() -> None:
    async def other(t: Any) -> None:
        await reads_it(t)
        t.model.boots.product = {**t.model.boots.product, "firmwareVersion": "9.9"}

    journal: list[Stamped] = []
    async with lane_of() as lane:
        cases = [case(reads_it, "TC_1_CS"), case(other, "TC_2_CS")]
        await Run(cases, journal.append, surveyor=asks()).on([lane])
    found = [s for s in journal if isinstance(s.event, events.Identified)]
    assert [s.case for s in found] == ["", "TC_2_CS"]
    last: Any = found[-1].event
    assert (last.before["firmwareVersion"], last.about["firmwareVersion"]) == ("1.0.0", "9.9")
