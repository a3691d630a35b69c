"""Cases against the reference systems as processes of their own, over real sockets and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from testbay.campaign import processes
from testbay.campaign.config import Configuration, Connect
from testbay.campaign.lane import Lane
from testbay.scenario import events
from testbay.suites.ocpp16.products import reference

from .lab import SUITE, Story, run_on, values_of

pytestmark = pytest.mark.real_clock


def configuration(sut: str) -> Configuration:
    """Return one in which nothing takes long."""
    part = SUITE.part(sut)
    values = values_of(sut, settle_time=0.3, silence_time=0.3, reboot_time=5.0)
    return Configuration(
        Connect(identity="CP", connect_timeout=10, message_timeout=1),
        {name: values[name] for name in part.values},
        {name: values[name] for name in part.features},
    )


@asynccontextmanager
async def lane(sut: str, *faults: str) -> AsyncIterator[Lane]:
    """Have a reference system in a process of its own."""
    product = reference(sut).products[0]
    made = await processes.reference_lane(SUITE, sut, product, configuration(sut), 1, faults)
    try:
        yield made
    finally:
        assert made.stop is not None
        await made.stop()
        await made.end.close()


def told(story: Story) -> list[tuple[str, str, str]]:
    return [(e.verdict.text, e.failed, e.reason) for e in story.done.values()]


async def on_lane(sut: str, cases: tuple[str, ...], *faults: str) -> Story:
    async with lane(sut, *faults) as made:
        return await run_on(made, *cases)


async def test_lanes_side_by_side() -> None:
    stations, csmss = ("TC_003_CS", "TC_012_CS", "TC_021_CS"), ("TC_003_CSMS", "TC_012_CSMS")
    station, bad_station, csms, bad_csms = await asyncio.gather(
        on_lane("station", stations),
        on_lane("station", ("TC_003_CS",), "starts-without-authorize"),
        on_lane("csms", csmss),
        on_lane("csms", ("TC_014_CSMS",), "sends-hard-instead-of-soft-reset"),
    )
    assert told(station) == [("PASS", "", "")] * 3
    assert told(csms) == [("PASS", "", "")] * 2
    [(verdict, step, reason)] = told(bad_station)
    assert (verdict, step) == ("FAIL", "3"), reason
    [(verdict, step, reason)] = told(bad_csms)
    assert (verdict, step) == ("FAIL", "1"), reason
    assert {e.by for e in station.told(events.ActionDone)} <= {"api", "case"}


@pytest.mark.parametrize("sut", ["station", "csms"])
async def test_a_reference_system_that_does_not_start(sut: str) -> None:
    with pytest.raises(processes.Unusable) as refused:
        await on_lane(sut, (), "nonsense")
    assert str(refused.value).startswith("the reference system did not start: Invalid value: ")
    assert "no fault 'nonsense'" in str(refused.value)
