"""The demonstration: which cases it has, and that it ends in time."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from testbay.campaign import suites
from testbay.campaign.budget import choose, estimate
from testbay.campaign.options import Options
from testbay.campaign.start import plan, products_for
from testbay.campaign.wrong import Wrong
from testbay.interfaces.cli import demo
from testbay.interfaces.cli.running import Job, carry_out
from testbay.scenario.case import TestCase


async def _nothing(t: object) -> None:
    """A case without steps."""


def case(number: int) -> TestCase:
    return TestCase(f"TC_{number}", "", "station", "1.6", f"group {number % 12}", _nothing)


def test_few_cases_are_all_chosen() -> None:
    cases = [case(n) for n in range(40)]
    choice = choose(cases, {c.id: float(n) for n, c in enumerate(cases)}, 1000.0, 50.0)
    assert choice.cases == tuple(cases)
    assert choice.left_out == ()
    assert [c.id for c in choice.order[:2]] == ["TC_39", "TC_38"]


def test_of_many_cases_some_of_every_group_are_chosen() -> None:
    cases = [case(n) for n in range(500)]
    took = {c.id: 3.0 + 7 * (n % 5) for n, c in enumerate(cases)}
    choice = choose(cases, took, 300.0, 50.0)
    assert choice == choose(cases, took, 300.0, 50.0)
    assert {c.group for c in choice.cases} == {c.group for c in cases}
    assert sum(took[c.id] for c in choice.cases) == choice.seconds <= 300.0
    assert len(choice.cases) + len(choice.left_out) == 500
    assert list(choice.cases) == sorted(choice.cases, key=cases.index)


def test_a_case_that_takes_too_long_does_not_keep_others_out() -> None:
    took = {"TC_0": 1.0, "TC_1": 90.0, "TC_2": 1.0}
    for limit, longest in ((10.0, 100.0), (100.0, 10.0)):
        choice = choose([case(n) for n in range(3)], took, limit, longest)
        assert [c.id for c in choice.cases] == ["TC_0", "TC_2"]


@pytest.mark.parametrize("sut", suites.SUTS)
@pytest.mark.parametrize("ocpp", suites.MODULES)
def test_the_demonstration_fits_its_lanes(ocpp: str, sut: str) -> None:
    plan = demo.plan_of(ocpp, sut)
    groups = {c.group for c in suites.load(ocpp).cases.values() if c.sut == sut}
    assert {c.group for c in plan.cases} == groups
    values = plan.configuration.values
    took = estimate(plan.cases, plan.suite, values)
    lanes = [0.0] * demo.LANES[sut]
    for one in plan.order:
        lanes[lanes.index(min(lanes))] += took[one.id]
    assert max(lanes) <= demo.LONGEST
    assert values["heartbeat_interval"] == demo.SHORT["heartbeat_interval"]
    assert all(seconds <= demo.SLOWEST for seconds in took.values())


def test_all_versions_run_and_no_interval_is_for_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[Job] = []
    monkeypatch.setattr(demo, "plan_of", lambda ocpp, sut: (ocpp, sut))
    monkeypatch.setattr(demo, "carry_out", lambda jobs: ran.extend(jobs) or 0)
    assert demo.run_demo(tmp_path) == 0
    assert [job.plan for job in ran] == [(v, sut) for v in suites.MODULES for sut in suites.SUTS]
    assert len({job.folder for job in ran}) == len(ran)
    values = {name for v in suites.MODULES for name in suites.load(v).part("station").values}
    assert demo.SHORT.keys() <= values


def test_lanes_cover_every_product_that_is_needed() -> None:
    suite = suites.load("1.6")
    cases = [c for c in suite.cases.values() if c.sut == "station"]
    names = [p.name for p in products_for(cases, suite, 4, {})]
    assert {"detachable cable", "fixed cable"} <= set(names)
    fewest = products_for(cases, suite, 1, {})
    assert len(fewest) == len({p.name for p in fewest}) <= len(names)
    assert len(products_for(cases[:1], suite, 4, {})) == 1


def test_what_cannot_begin_is_told_and_the_others_are_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        listen = f"127.0.0.1:{busy.getsockname()[1]}"
        blocked = plan(Options("station", "2.0.1", cases=("TC_B_01_CS",), listen=listen))
        other = plan(Options("csms", "1.6", cases=("TC_023_3_CSMS",), reference=True, lanes=1))
        jobs = [Job(blocked, tmp_path / "1"), Job(other, tmp_path / "2")]
        with pytest.raises(Wrong, match="in use"):
            carry_out(jobs)
    said = capsys.readouterr().out
    assert said.index("OCPP 2.0.1, station: ended, while the others go on") < said.index("1 PASS")
    assert f"Report:  {tmp_path / '2'}" in said
