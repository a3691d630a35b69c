"""Stations that restart by themselves, connect again, or vanish, in the middle of a case.

The case is judged with one clear sentence, without a traceback, and the run goes on or says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from testbay.campaign.embedded import LANES, Build, csms_lane
from testbay.campaign.lane import Lane
from testbay.campaign.runner import Run
from testbay.campaign.suites import Loaded, load
from testbay.roles.boots import BY_ITSELF, SILENT
from testbay.scenario import events
from testbay.scenario.product import Product
from testbay.scenario.role import Action, Performed
from testbay.scenario.verdict import BEFOREHAND

from .lab import SUITE, Story

SUITE201 = load("2.0.1")


class Saboteur:
    """Does something to the station after an action, or after a call of the tool."""

    def __init__(self, lane: Lane, after: str, does: str) -> None:
        self._operator, self._after, self._does = lane.operator, after, does
        self._call = lane.end.call
        self.done = False
        lane.operator = self  # type: ignore[assignment]
        lane.end.call = self.call  # type: ignore[method-assign]

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        performed = await self._operator.perform(uid, action, parameters, closed)
        await self._sabotage(action.name)
        return performed

    async def confirm(self, uid: str, question: str) -> Any:
        return await self._operator.confirm(uid, question)

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Any:
        answer = await self._call(uid, action, payload)
        if action == self._after:
            self._task = asyncio.get_running_loop().create_task(self._sabotage(action))
        return answer

    async def _sabotage(self, name: str) -> None:
        if name != self._after or self.done:
            return
        self.done = True
        closed = asyncio.Event()
        done = await self._operator.perform("x", Action(self._does, ""), {}, closed)
        assert done.result == "done", done


async def against(
    after: str, does: str, *cases: str, suite: Loaded = SUITE, **options: Any
) -> Story:
    values = {v.name: v.default for v in suite.part("station").values.values()}
    lane = await LANES["station"](
        suite, Product("detachable cable"), values, Build(options=options), None
    )
    lane.connect_timeout = 30.0
    Saboteur(lane, after, does)
    story = Story()
    run = Run([suite.cases[c] for c in cases], story.journal.append)
    try:
        await run.on([lane])
    finally:
        await lane.end.close()
        assert lane.stop is not None
        await lane.stop()
    story.done = run.done
    return story


@pytest.mark.parametrize(
    ("after", "case"),
    [
        ("present_token", "TC_003_CS"),
        ("plug_in", "TC_003_CS"),
        ("RemoteStartTransaction", "TC_010_CS"),
        ("GetConfiguration", "TC_019_CS"),
    ],
)
async def test_a_station_that_restarts_by_itself_fails_the_case(after: str, case: str) -> None:
    story = await against(after, "power_cycle", case, "TC_021_CS")
    assert story.verdicts() == ["FAIL", "PASS"]
    assert BY_ITSELF in story.reason() or "the connection was closed" in story.reason()
    assert BEFOREHAND not in story.reason()
    assert SILENT not in story.reason()
    assert story.done[case].trace == ""


async def test_while_preparing_it_fails_the_case_as_well() -> None:
    story = await against("RemoteStartTransaction", "power_cycle", "TC_012_CS", "TC_003_CS")
    assert story.verdicts() == ["FAIL", "PASS"]
    assert story.reason().startswith(BY_ITSELF)
    assert story.reason().endswith(BEFOREHAND)


async def test_a_restart_right_after_a_case_points_to_what_was_before() -> None:
    """The next case fails, as some case must; its reason says that it may not be the cause."""
    values = {v.name: v.default for v in SUITE.part("station").values.values()}
    lane = await LANES["station"](SUITE, Product("detachable cable"), values, Build(), None)
    lane.connect_timeout = 30.0
    saboteur = Saboteur(lane, "never", "power_cycle")
    story = Story()

    def told(stamped: events.Stamped) -> None:
        story.journal.append(stamped)
        if isinstance(stamped.event, events.CaseFinished) and stamped.case == "TC_021_CS":
            saboteur._task = asyncio.get_running_loop().create_task(saboteur._sabotage("never"))

    run = Run([SUITE.cases[c] for c in ("TC_021_CS", "TC_003_CS", "TC_019_CS")], told)
    await run.on([lane])
    await lane.end.close()
    assert lane.stop is not None
    await lane.stop()
    assert [ended.verdict.text for ended in run.done.values()] == ["PASS", "FAIL", "PASS"]
    assert run.done["TC_003_CS"].reason.startswith(BY_ITSELF)
    assert SILENT in run.done["TC_003_CS"].reason


@pytest.mark.parametrize(
    ("after", "case"),
    [
        ("Reset", "TC_013_CS"),
        ("Reset", "TC_015_CS"),
        ("power_cycle", "TC_001_CS"),
        ("power_off", "TC_034_CS"),
    ],
)
async def test_cases_that_expect_a_boot_pass(after: str, case: str) -> None:
    story = await against(f"never {after}", "power_cycle", case)
    assert story.verdicts() == ["PASS"], story.reason()


@pytest.mark.parametrize(
    ("after", "case", "told"),
    [
        ("plug_in", "TC_003_CS", "the connection has been closed since"),
        ("UpdateFirmware", "TC_044_1_CS", "the connection has been closed since"),
        ("GetDiagnostics", "TC_045_1_CS", "the connection has been closed since"),
        ("SignedUpdateFirmware", "TC_080_CS", "the connection has been closed since"),
    ],
)
async def test_a_station_that_vanishes(after: str, case: str, told: str) -> None:
    story = await against(after, "power_off", case, "TC_021_CS", "TC_013_CS")
    first, second, third = story.done.values()
    assert first.verdict.text in ("FAIL", "INCONCLUSIVE")
    assert told in first.reason
    assert first.trace == ""
    assert "\n" not in first.reason
    assert (second.verdict.text, third.verdict.text) == ("INCONCLUSIVE", "INCONCLUSIVE")
    assert "did not connect in 30 s" in second.reason
    assert third.reason == second.reason


@pytest.mark.parametrize(
    ("after", "case"),
    [
        ("update_firmware", "TC_044_1_CSMS"),
        ("Authorize", "TC_003_CSMS"),
        ("fetch_diagnostics", "TC_045_1_CSMS"),
    ],
)
async def test_a_csms_that_vanishes(after: str, case: str) -> None:
    values = {v.name: v.default for v in SUITE.part("csms").values.values()}
    lane = await csms_lane(SUITE, Product("csms"), values, Build())
    saboteur = Saboteur(lane, after, "")

    async def vanish(name: str) -> None:
        if name == after and lane.stop is not None:
            stop, lane.stop = lane.stop, None
            await stop()

    saboteur._sabotage = vanish  # type: ignore[method-assign]
    story = Story()
    run = Run([SUITE.cases[c] for c in (case, "TC_012_CSMS", "TC_021_CSMS")], story.journal.append)
    await run.on([lane])
    await lane.end.close()
    first, second, third = run.done.values()
    assert first.verdict.text in ("FAIL", "INCONCLUSIVE")
    assert "connect" in first.reason
    assert (first.trace, "\n" in first.reason) == ("", False)
    assert (second.verdict.text, third.verdict.text) == ("INCONCLUSIVE", "INCONCLUSIVE")
    assert "cannot be reached: connection refused" in second.reason
    assert third.reason == second.reason


async def test_what_is_left_is_told() -> None:
    story = await against("never", "power_off", "TC_003_CS")
    [left] = story.told_of("TC_003_CS", events.LeftBehind)
    assert left.what == [
        "transaction 1 is running at connector 1",
        "a cable is in at connector 1 (ev and station)",
        "the authorization cache may hold tokens",
    ]


# -- OCPP 2.0.1 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "case"),
    [
        ("plug_in", "TC_E_09_CS"),
        ("present_token", "TC_E_10_CS"),
        ("GetVariables", "TC_E_10_CS"),
        ("ClearCache", "TC_E_09_CS"),
    ],
)
async def test_a_201_station_that_restarts_by_itself_fails_the_case(after: str, case: str) -> None:
    story = await against(after, "power_cycle", case, "TC_B_06_CS", suite=SUITE201)
    assert story.verdicts() == ["FAIL", "PASS"]
    assert BY_ITSELF in story.reason() or "the connection was closed" in story.reason()
    assert story.done[case].trace == ""


@pytest.mark.parametrize(
    "case", ["TC_B_01_CS", "TC_B_02_CS", "TC_B_03_CS", "TC_B_20_CS", "TC_B_21_CS", "TC_E_35_CS"]
)
async def test_201_cases_that_expect_a_boot_pass(case: str) -> None:
    story = await against("never", "power_cycle", case, suite=SUITE201)
    assert story.verdicts() == ["PASS"], story.reason()


async def test_what_is_left_at_a_201_station_is_told() -> None:
    story = await against("never", "power_off", "TC_E_09_CS", "TC_B_06_CS", suite=SUITE201)
    [left] = story.told_of("TC_E_09_CS", events.LeftBehind)
    assert [w for w in left.what if "transaction" not in w] == [
        "a cable is in at EVSE 1",
        "the authorization cache may hold tokens",
    ]
    assert story.verdicts() == ["PASS", "PASS"], "the next case brings it to rest"
    assert not story.told_of("TC_B_06_CS", events.LeftBehind)
