"""Groups, repetition and choice: any_order, sequence, collect, which (semantics 2, 10)."""

from typing import Any

import pytest

from testbay.scenario.checks import eq, one_of
from testbay.scenario.engine import IN_ORDER
from testbay.scenario.many import times
from testbay.scenario.verdict import Verdict

from .peers import PLUG_IN, NumberedTest, Peer, Setup, SmallTest, cfg, run


@pytest.fixture(params=[SmallTest, NumberedTest])
def setup(request: pytest.FixtureRequest) -> Setup:
    return Setup(request.param)


async def test_any_order_reports_all_that_are_missing(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.any_order(
            t.expect(1, "Start"), t.expect(3, "Stop"), t.maybe(5, "Boot"), t.expect(7, "Status")
        )

    setup.start = lambda p: p.send("Stop")
    done = await run(body, None, setup)
    assert [label for label, _ in done.failed()] == ["1", "7"]
    missing = "step 1: Start did not come: not in 30 s; step 7: Status did not come: not in 30 s"
    assert done.ended.reason == missing


async def test_sequence_reports_the_first(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.sequence(
            t.expect(1, "Start"), t.maybe(3, "Boot"), t.expect(5, "Stop"), t.expect(7, "Status")
        )

    setup.start = lambda p: p.send("Start")
    done = await run(body, None, setup)
    assert [label for label, _ in done.failed()] == ["5"]


async def test_members_come_back_in_the_order_they_were_written(setup: Setup) -> None:
    async def body(t: Any) -> None:
        start, boot, stop = await t.any_order(
            t.expect(1, "Start"), t.maybe(3, "Boot"), t.expect(5, "Stop")
        )
        assert (start.action, boot, stop.action) == ("Start", None, "Stop")

    def start(p: Peer) -> None:
        p.send("Stop")
        p.send("Start")

    setup.start = start
    assert (await run(body, None, setup)).verdict == Verdict.PASS


async def test_a_sequence_gives_each_member_its_own_time(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.sequence(*(t.expect(step, "Status") for step in (1, 3, 5)))

    def start(p: Peer) -> None:
        for seconds in (25, 50, 75):
            p.later(seconds, "Status")

    setup.start = start
    assert (await run(body, None, setup)).verdict == Verdict.PASS


async def test_optional_members_are_skipped_as_soon_as_a_later_one_comes(setup: Setup) -> None:
    async def body(t: Any) -> None:
        got = await t.sequence(
            t.maybe(1, "Status", eq("status", "A")),
            t.maybe(3, "Status", eq("status", "B")),
            t.expect(5, "Status", eq("status", "C")),
        )
        assert [m and m["status"] for m in got] == [None, "B", last]

    def start(p: Peer) -> None:
        for status in "BAC":
            if status in ("B", last):
                p.send("Status", status=status)

    setup.start, last = start, "C"
    assert (await run(body, None, setup)).verdict == Verdict.PASS
    last = "A"  # after B it fits the required step only
    assert (await run(body, None, setup)).failed() == [("5", "status is C")]


async def test_each_member_has_to_come_within_its_own_time(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.any_order(
            t.expect(1, "Status", within=5), t.expect(3, "Boot", within=60), t.expect(5, "Stop")
        )

    def start(p: Peer) -> None:
        p.later(20, "Status")
        p.later(50, "Stop")
        p.later(55, "Boot")

    setup.start = start
    done = await run(body, None, setup)
    assert done.failed() == [("1", "Status is sent in time")]
    assert done.ended.reason.endswith("it was: at 20.000 s, not in 5 s")


async def test_the_time_may_be_configured(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status", within=cfg.delay)

    setup.start = lambda p: p.later(8, "Status")
    done = await run(body, None, setup)
    assert done.ended.seconds == 7


async def test_no_time_at_all_is_no_time_out(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status", within=0)

    assert (await run(body, None, setup)).ended.seconds == 0


# -- collect ---------------------------------------------------------------------------------------


async def test_collect_takes_everything_for_some_time(setup: Setup) -> None:
    async def body(t: Any) -> None:
        meters, statuses = await t.collect(
            t.expect(1, "Meter", eq("value", 1)), t.expect(3, "Status"), during=25
        )
        t.review(1, meters, times(2))
        assert [len(meters), len(statuses)] == [2, 1]

    def start(p: Peer) -> None:
        p.later(10, "Meter", value=1)
        p.later(15, "Status")
        p.later(20, "Meter", value=2)
        p.later(30, "Meter", value=3)

    setup.start = start
    done = await run(body, None, setup)
    assert done.failed() == [("1#2", "value is 1")]
    assert done.ended.seconds == 25
    assert [r.label for r in done.results] == ["1#1", "3#1", "1#2", "1", "valid"]


async def test_collect_ends_with_the_message_that_is_the_last(setup: Setup) -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        [parts] = await t.collect(t.expect(1, "Report"), until=eq("last", True))
        assert len(parts) == 3
        t.check(1, eq("n", 3), {"n": len(parts)})

    def plug(p: Peer) -> None:
        for n in range(3):
            p.later(1 + 20 * n, "Report", last=n == 2)

    done = await run(body, Peer(slow=20, does={"plug_in": plug}), setup)
    assert done.verdict == Verdict.PASS
    assert done.ended.seconds == 51, "each part has its own time-out"


async def test_collect_whose_end_never_comes_fails(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.collect(t.expect(1, "Report"), until=eq("last", True))

    setup.start = lambda p: p.later(10, "Report", last=False)
    done = await run(body, None, setup)
    assert done.verdict == Verdict.FAIL
    assert done.failed() == [("1", "a message comes in which last is True")]
    assert done.ended.seconds == 40


async def test_rounds_have_no_presence_and_no_place_of_their_own(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")
        await t.collect(t.expect(3, "Meter"), during=5)

    def start(p: Peer) -> None:
        p.send("Meter")
        p.send("Start")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert "3#1" in [r.label for r in done.results]
    assert not done.outcomes("3#1")


async def test_rounds_do_not_reach_behind_the_stimulus(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.wait(1, "one comes")
        await t.call(1, "Reset", {})
        [meters] = await t.collect(t.expect(3, "Meter"), during=5)
        t.review(3, meters, times(0))

    setup.start = lambda p: p.send("Meter")
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert done.remarks == ["not claimed by any step: Meter at 0.0 s"]


async def test_what_follows_rounds_is_compared_with_them(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.collect(t.expect(1, "Meter"), during=5)
        await t.expect(3, "Stop", within=5)

    def start(p: Peer) -> None:
        p.later(1, "Stop")
        p.later(2, "Meter")

    setup.start = start
    assert (await run(body, None, setup)).failed() == [("3", IN_ORDER)]


# -- which -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "index"), [("Start", 0), ("Boot", 1), ("Status", None)])
async def test_which_sees_what_comes_first_and_claims_nothing(
    setup: Setup, first: str, index: int | None
) -> None:
    async def body(t: Any) -> None:
        chosen = await t.which(t.expect(1, "Start"), t.expect(5, "Boot", within=40))
        assert chosen == index
        if chosen == 0:
            await t.expect(1, "Start", reply={"status": "Blocked"})
        elif chosen == 1:
            await t.expect(5, "Boot", reply={"status": "Pending"})
        else:
            await t.expect(7, "Status", one_of("status", "Idle"))

    def start(p: Peer) -> None:
        p.later(3, first, status="Idle")
        p.later(4, "Boot" if first == "Start" else "Other")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert done.ended.seconds == (3 if index is not None else 40)


async def test_which_closes_the_prompt() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        assert await t.which(t.expect(1, "Status")) == 0
        await t.expect(1, "Status")

    peer = Peer(slow=60, does={"plug_in": lambda p: p.send("Status")})
    done = await run(body, peer)
    assert done.verdict == Verdict.PASS
    assert peer.performed == [("plug_in", "closed", 30.0)]
