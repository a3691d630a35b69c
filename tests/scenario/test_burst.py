"""Many messages at once cost little: the time is that of the computer, generously bounded."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from testbay.scenario.checks import eq
from testbay.scenario.many import times
from testbay.scenario.verdict import Verdict

from .peers import NumberedTest, Peer, Setup, run

MANY = 10_000
SECONDS = 6.0  # a run takes below one; a quadratic one takes minutes


async def cost(body: Any, start: Callable[[Peer], object], kind: Any = None) -> Verdict:
    before = time.process_time()
    setup = Setup(kind, start=start) if kind else Setup(start=start)
    done = await run(body, None, setup, again=False, journaled=False)
    assert time.process_time() - before < SECONDS
    return done.verdict


def at_once(p: Peer) -> None:
    for n in range(MANY):
        p.say("Meter", value=n % 3)


def in_rounds(p: Peer) -> None:
    """Every message wakes the waiting verb."""
    for n in range(MANY):
        p.then(n / 1000, lambda n=n: p.say("Meter", value=n % 3))  # type: ignore[misc]


@pytest.mark.parametrize("comes", [at_once, in_rounds])
async def test_a_step_that_none_of_them_fits(comes: Callable[[Peer], None]) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Meter", where=eq("value", 9))

    assert await cost(body, comes) == Verdict.FAIL


@pytest.mark.parametrize("comes", [at_once, in_rounds])
async def test_collecting_them_all(comes: Callable[[Peer], None]) -> None:
    async def body(t: Any) -> None:
        [meters] = await t.collect(t.expect(1, "Meter"), during=30)
        t.review(1, meters, times(MANY))

    assert await cost(body, comes) == Verdict.PASS


async def test_claiming_them_one_by_one() -> None:
    async def body(t: Any) -> None:
        for n in range(MANY):
            with t.round(str(n)):
                await t.expect(1, "Meter", eq("value", n % 3))

    assert await cost(body, at_once) == Verdict.PASS


async def test_what_came_before_the_stimulus() -> None:
    async def body(t: Any) -> None:
        await t.wait(1, "they come")
        await t.call(1, "Reset", {})
        await t.expect(3, "Meter")

    assert await cost(body, at_once) == Verdict.FAIL


async def test_members_of_a_group_that_have_theirs() -> None:
    async def body(t: Any) -> None:
        await t.any_order(t.expect(1, "Meter"), t.expect(3, "Stop", within=60))

    def start(p: Peer) -> None:
        in_rounds(p)
        p.later(20, "Stop")

    assert await cost(body, start) == Verdict.PASS


async def test_held_requests() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Boot")

    def start(p: Peer) -> None:
        for _ in range(MANY):
            p.say("Start")
        p.later(2, "Boot")

    assert await cost(body, start) == Verdict.PASS


async def test_a_suite_with_its_own_order_where_few_fit() -> None:
    async def body(t: Any) -> None:
        await t.nothing(1, "Never", during=5)
        await t.expect(3, "Meter", where=eq("value", 9), within=20)

    def start(p: Peer) -> None:
        in_rounds(p)
        p.later(15, "Meter", value=9)

    assert await cost(body, start, NumberedTest) == Verdict.PASS
