"""All cases on one system, in an order of chance: none may suffer from those before it."""

from __future__ import annotations

import asyncio
import random

import pytest

from testbay.campaign import suites
from testbay.campaign.between import Between
from testbay.campaign.embedded import LANES, Build
from testbay.campaign.runner import Run, Settings, unmet_by
from testbay.clock import VirtualLoop
from testbay.scenario.verdict import Verdict

SYSTEMS = [(ocpp, sut) for ocpp in suites.MODULES for sut in suites.SUTS]


async def failures(ocpp: str, sut: str, product: str, seed: int) -> list[str]:
    """Run the cases that a product is fit for, on one system of it; return what did not pass."""
    suite = suites.load(ocpp)
    part = suite.part(sut)
    [built] = [p for p in part.reference.products if p.name == product]
    config = {value.name: value.default for value in part.values.values()}
    lane = await LANES[sut](suite, built, config, Build(), None)
    cases = [c for c in suite.cases.values() if c.sut == sut and not unmet_by(c, lane)]
    random.Random(seed).shuffle(cases)
    run = Run(cases, lambda event: None, Settings())
    between = Between(lane.end, lane.model, run.now, run.tell)
    lane.end.attach(between)
    try:
        ended = {case.id: await run.one(case, lane, between) for case in cases}
    finally:
        await lane.end.close()
        if lane.stop is not None:
            await lane.stop()
    assert len(ended) > len(suite.cases) // 4
    return [f"{id}: {e.reason}" for id, e in ended.items() if e.verdict != Verdict.PASS]


@pytest.mark.parametrize(("ocpp", "sut"), SYSTEMS)
def test_no_case_suffers_from_those_before_it(ocpp: str, sut: str) -> None:
    first = suites.load(ocpp).part(sut).reference.products[0].name
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(failures(ocpp, sut, first, seed=1)) == []


@pytest.mark.parametrize("ocpp", suites.MODULES)
def test_neither_does_one_over_tls(ocpp: str) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(failures(ocpp, "station", "security profile 3", seed=3)) == []
