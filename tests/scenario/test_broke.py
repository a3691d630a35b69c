"""What no case allows fails it, in whatever phase it comes; here a boot that nobody asked for."""

from __future__ import annotations

from typing import Any

import pytest

from testbay.scenario.case import Need, state
from testbay.scenario.checks import eq
from testbay.scenario.verdict import BEFOREHAND, Verdict

from .peers import Body, Peer, Setup, SmallTest, run

WHY = "it has restarted by itself"


async def fine(t: Any) -> None:
    t.check(1, eq("a", 1), {"a": 1})


async def broken(t: Any) -> None:
    await t.wait(5, "it restarts meanwhile")


def restarts(**more: Any) -> Setup:
    """Return a set-up in which the SUT restarts by itself after a second."""
    return Setup(**more, start=lambda p: p.then(1, lambda: p.say("Boot", wild=True)))


async def in_main(t: Any) -> None:
    await fine(t)
    await broken(t)


async def late(t: Any) -> None:
    await fine(t)
    t.undo(lambda: broken(t))


@pytest.mark.parametrize(
    ("body", "setup", "told"),
    [
        (in_main, restarts(), WHY),
        (fine, restarts(before=(state("Prepared")(broken),)), f"{WHY}{BEFOREHAND}"),
        (fine, restarts(before=(state("Prepared")(broken),), strict=True), f"{WHY}{BEFOREHAND}"),
        (late, restarts(), f"while settings were put back, {WHY}"),
    ],
)
async def test_it_fails_the_case(body: Body, setup: Setup, told: str) -> None:
    done = await run(body, None, setup)
    assert (done.verdict, done.ended.reason) == (Verdict.FAIL, told)


async def test_while_it_is_asked_what_a_case_needs() -> None:
    async def ask(t: Any) -> bool:
        await broken(t)
        return True

    done = await run(fine, None, restarts(needs=(Need("there is a bay", ask),)))
    assert (done.verdict, done.ended.reason) == (Verdict.FAIL, f"{WHY}{BEFOREHAND}")


async def test_what_failed_first_is_told_first() -> None:
    async def body(t: Any) -> None:
        t.check(1, eq("a", 1), {"a": 2})
        await broken(t)

    done = await run(body, None, restarts())
    assert done.verdict == Verdict.FAIL
    assert done.ended.failed == "1"
    assert WHY in done.ended.reason


async def test_a_worse_verdict_stays() -> None:
    async def body(t: Any) -> None:
        await fine(t)
        t.undo(lambda: broken(t))
        raise ZeroDivisionError("a bug")

    done = await run(body, None, restarts())
    assert done.verdict == Verdict.ERROR


async def test_a_boot_that_is_no_alarm() -> None:
    async def body(t: Any) -> None:
        await fine(t)
        await t.expect(3, "Boot")

    done = await run(body, None, Setup(start=lambda p: p.send("Boot")))
    assert done.verdict == Verdict.PASS


async def test_what_a_case_leaves_behind_is_told() -> None:
    class Leaves(SmallTest):
        def left_behind(self) -> list[str]:
            return ["a cable"]

    done = await run(fine, Peer(), Setup(Leaves))
    assert [line["what"] for line in done.lines("left_behind")] == [["a cable"]]
    assert not (await run(fine)).lines("left_behind")
