"""Ten times as many messages cost about ten times as much: nothing looks through all of them."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from testbay.scenario.checks import eq
from testbay.scenario.many import times
from testbay.scenario.verdict import Verdict

from .peers import NumberedTest, Peer, Setup, run

FEW, MANY = 300, 3_000
RATIO = 15  # linear is 10, quadratic is 100

Start = Callable[[Peer, int], object]
Body = Callable[[Any, int], Any]


class Lines:
    """Counts the lines that run while it is open, be the machine idle or busy."""

    def __enter__(self) -> "Lines":
        self.count, self.before = 0, sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *why: object) -> None:
        sys.settrace(self.before)

    def trace(self, frame: FrameType, event: str, arg: object) -> Any:
        self.count += 1
        return self.trace


async def grows(body: Body, start: Start, kind: Any = None) -> Verdict:
    """Run with few and with many messages; compare the work of the two."""
    cost, verdict = {}, Verdict.ERROR
    for count in (FEW, MANY):
        setup = Setup(start=lambda p, n=count: start(p, n))  # type: ignore[misc]
        if kind is not None:
            setup.kind = kind
        with Lines() as lines:
            told = lambda t, n=count: body(t, n)  # type: ignore[misc]  # noqa: E731
            done = await run(told, None, setup, again=False, journaled=False)
        cost[count], verdict = lines.count, done.verdict
    assert cost[MANY] < RATIO * cost[FEW]
    return verdict


def at_once(p: Peer, count: int) -> None:
    for n in range(count):
        p.say("Meter", value=n % 3)


def in_rounds(p: Peer, count: int) -> None:
    """Every message wakes the waiting verb."""
    for n in range(count):
        p.then(n / 1000, lambda n=n: p.say("Meter", value=n % 3))  # type: ignore[misc]


@pytest.mark.parametrize("comes", [at_once, in_rounds])
async def test_a_step_that_none_of_them_fits(comes: Start) -> None:
    async def body(t: Any, count: int) -> None:
        await t.expect(1, "Meter", where=eq("value", 9))

    assert await grows(body, comes) == Verdict.FAIL


@pytest.mark.parametrize("comes", [at_once, in_rounds])
async def test_collecting_them_all(comes: Start) -> None:
    async def body(t: Any, count: int) -> None:
        [meters] = await t.collect(t.expect(1, "Meter"), during=30)
        t.review(1, meters, times(count))

    assert await grows(body, comes) == Verdict.PASS


async def test_claiming_them_one_by_one() -> None:
    async def body(t: Any, count: int) -> None:
        for n in range(count):
            with t.round(str(n)):
                await t.expect(1, "Meter", eq("value", n % 3))

    assert await grows(body, at_once) == Verdict.PASS


async def test_what_came_before_the_stimulus() -> None:
    async def body(t: Any, count: int) -> None:
        await t.wait(1, "they come")
        await t.call(1, "Reset", {})
        await t.expect(3, "Meter")

    assert await grows(body, at_once) == Verdict.FAIL


async def test_members_of_a_group_that_have_theirs() -> None:
    async def body(t: Any, count: int) -> None:
        await t.any_order(t.expect(1, "Meter"), t.expect(3, "Stop", within=60))

    def start(p: Peer, count: int) -> None:
        in_rounds(p, count)
        p.later(20, "Stop")

    assert await grows(body, start) == Verdict.PASS


async def test_held_requests() -> None:
    async def body(t: Any, count: int) -> None:
        await t.expect(1, "Boot")

    def start(p: Peer, count: int) -> None:
        for _ in range(count):
            p.say("Start")
        p.later(2, "Boot")

    assert await grows(body, start) == Verdict.PASS


async def test_a_suite_with_its_own_order_where_few_fit() -> None:
    async def body(t: Any, count: int) -> None:
        await t.nothing(1, "Never", during=5)
        await t.expect(3, "Meter", where=eq("value", 9), within=20)

    def start(p: Peer, count: int) -> None:
        in_rounds(p, count)
        p.later(15, "Meter", value=9)

    assert await grows(body, start, NumberedTest) == Verdict.PASS
