"""Cases against the reference systems as processes of their own, over real sockets and time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from testbay.campaign import real
from testbay.campaign.config import Configuration, Connect
from testbay.campaign.embedded import PRODUCTS
from testbay.campaign.lane import Lane
from testbay.scenario import events

from .lab import SUITE, Story, run_on, values_of

pytestmark = pytest.mark.real_clock


def configuration(sut: str) -> Configuration:
    """Return one in which nothing takes long."""
    part = SUITE.part(sut)
    values = values_of(sut, settle_time=0.3, silence_time=0.3, reboot_time=5.0)
    return Configuration(
        Connect(identity="CP", connect_timeout=10, message_timeout=2),
        {name: values[name] for name in part.values},
        {name: values[name] for name in part.features},
    )


@asynccontextmanager
async def lane(sut: str, *faults: str) -> AsyncIterator[Lane]:
    """Have a reference system in a process of its own."""
    product = PRODUCTS["1.6", sut][0]
    made = await real.reference_lane(SUITE, sut, product, configuration(sut), 1, faults)
    try:
        yield made
    finally:
        assert made.stop is not None
        await made.stop()
        await made.end.close()


def told(story: Story) -> list[tuple[str, str]]:
    return [(e.verdict.text, e.reason) for e in story.done.values()]


async def test_the_station() -> None:
    async with lane("station") as station:
        story = await run_on(station, "TC_003_CS", "TC_012_CS", "TC_021_CS")
    assert told(story) == [("PASS", "")] * 3
    by = {e.by for e in story.told(events.ActionDone)}
    assert by <= {"api", "case"}


async def test_the_station_with_a_fault() -> None:
    async with lane("station", "starts-without-authorize") as station:
        story = await run_on(station, "TC_003_CS")
    assert (story.verdicts(), story.done["TC_003_CS"].failed) == (["FAIL"], "3")


async def test_the_csms() -> None:
    async with lane("csms") as csms:
        story = await run_on(csms, "TC_003_CSMS", "TC_012_CSMS", "TC_019_2_CSMS")
    assert told(story) == [("PASS", "")] * 3


async def test_the_csms_with_a_fault() -> None:
    async with lane("csms", "sends-hard-instead-of-soft-reset") as csms:
        story = await run_on(csms, "TC_014_CSMS")
    assert (story.verdicts(), story.done["TC_014_CSMS"].failed) == (["FAIL"], "1")


@pytest.mark.parametrize("sut", ["station", "csms"])
async def test_a_reference_system_that_does_not_start(sut: str) -> None:
    with pytest.raises(real.Unusable) as refused:
        async with lane(sut, "nonsense"):
            pass
    print(refused.value)
