"""Silence: nothing and forbid look back to the last stimulus or claim (semantics 10)."""

from typing import Any

import pytest

from testbay.scenario.checks import eq
from testbay.scenario.verdict import Verdict

from .peers import PLUG_IN, Peer, Setup, cfg, run

QUIET = "no Start comes"


async def test_nothing_waits_and_passes() -> None:
    async def body(t: Any) -> None:
        await t.nothing(1, "Start", during=cfg.delay)

    done = await run(body)
    assert done.verdict == Verdict.PASS
    assert done.outcomes("1") == {QUIET: True}
    assert done.ended.seconds == 7


async def test_nothing_ends_at_the_first_that_comes() -> None:
    async def body(t: Any) -> None:
        await t.nothing(1, "Start", "Stop", during=60)

    done = await run(body, None, Setup(start=lambda p: p.later(9, "Stop")))
    assert done.failed() == [("1", "no Start or Stop comes")]
    assert done.ended.seconds == 9
    [judged] = [r for r in done.results if r.label == "1"]
    assert judged.subjects == ("m1",)
    assert judged.outcomes[0].actual == ["Stop at 9.0 s"]


async def test_only_what_is_selected_breaks_the_silence() -> None:
    async def body(t: Any) -> None:
        await t.nothing(1, "Start", where=eq("connectorId", 1), during=10)

    done = await run(body, None, Setup(start=lambda p: p.later(5, "Start", connectorId=2)))
    assert done.verdict == Verdict.PASS
    assert done.outcomes("1") == {"no Start with connectorId is 1 comes": True}


async def test_silence_counts_over_the_waits_since_the_last_stimulus_or_claim() -> None:
    async def body(t: Any) -> None:
        await t.nothing(1, "Stop", during=10)
        await t.nothing(3, "Start", during=10)

    done = await run(body, None, Setup(start=lambda p: p.later(5, "Start")))
    assert done.failed() == [("3", QUIET)]
    assert done.ended.seconds == 10


async def test_what_came_while_the_call_was_answered_counts() -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {})
        await t.nothing(3, "Start", during=5)

    peer = Peer(answers={"Reset": lambda p, _: (p.say("Start"), {"status": "Accepted"})[1]})
    done = await run(body, peer)
    assert done.failed() == [("3", QUIET)]


@pytest.mark.parametrize("stimulus", ["call", "claim", "manual"])
async def test_what_came_before_the_last_stimulus_or_claim_does_not(stimulus: str) -> None:
    async def body(t: Any) -> None:
        await t.wait(5, "one comes")
        if stimulus == "call":
            await t.call(1, "Reset", {})
        elif stimulus == "claim":
            await t.expect(1, "Status")
        else:
            t.manual(PLUG_IN)
        await t.nothing(3, "Start", during=5)

    def start(p: Peer) -> None:
        p.say("Start")
        p.later(6, "Status")

    assert (await run(body, None, Setup(start=start))).verdict == Verdict.PASS


async def test_of_two_calls_the_last_one_counts() -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {})
        await t.call(3, "Unlock", {})
        await t.nothing(5, "Start", during=5)

    peer = Peer(answers={"Reset": lambda p, _: (p.say("Start"), {"status": "Accepted"})[1]})
    assert (await run(body, peer)).verdict == Verdict.PASS


async def test_silence_is_kept_while_actions_are_done() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        await t.nothing(1, "Start", during=5)

    peer = Peer(slow=20, does={"plug_in": lambda p: p.later(12, "Start")})
    done = await run(body, peer)
    assert done.failed() == [("1", QUIET)]
    assert done.ended.seconds == 22
    peer = Peer(slow=20, does={"plug_in": lambda p: p.later(16, "Start")})
    done = await run(body, peer)
    assert done.verdict == Verdict.PASS, "its time starts when the action is done"
    assert done.ended.seconds == 25


async def test_forbid_holds_while_its_block_runs() -> None:
    async def body(t: Any) -> None:
        async with t.forbid("post", "Start"):
            await t.expect(1, "Status")
            await t.expect(3, "Stop")
        await t.expect(5, "Start")

    def start(p: Peer) -> None:
        p.later(1, "Status")
        p.later(2, "Stop")
        p.later(3, "Start")

    assert (await run(body, None, Setup(start=start))).verdict == Verdict.PASS

    def early(p: Peer) -> None:
        start(p)
        p.later(1.5, "Start")

    assert (await run(body, None, Setup(start=early))).failed() == [("post", QUIET)]


async def test_forbid_sees_what_a_step_inside_claims() -> None:
    async def body(t: Any) -> None:
        async with t.forbid(1, "Start"):
            await t.expect(3, "Start")

    assert (await run(body, None, Setup(start=lambda p: p.later(1, "Start")))).failed() == [
        ("1", QUIET)
    ]


async def test_forbid_looks_back_to_the_call_before_it() -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {})
        async with t.forbid(3, "Start"):
            await t.expect(3, "Status")

    peer = Peer(answers={"Reset": lambda p, _: (p.say("Start"), {"status": "Accepted"})[1]})
    done = await run(body, peer, Setup(start=lambda p: p.later(2, "Status")))
    assert ("3", QUIET) in done.failed()


async def test_a_silence_that_was_cut_short_is_not_judged_as_kept() -> None:
    async def body(t: Any) -> None:
        async with t.forbid(1, "Start"):
            await t.expect(3, "Status")

    done = await run(body)
    assert done.verdict == Verdict.FAIL
    assert not done.outcomes("1")
    done = await run(body, None, Setup(start=lambda p: p.later(1, "Start")))
    assert done.failed() == [("3", "Status is sent in time"), ("1", QUIET)]


async def test_wait_lets_time_pass_whatever_comes() -> None:
    async def body(t: Any) -> None:
        await t.wait(cfg.delay, "the text says so")
        t.check(1, eq("messages", 5), {"messages": len(t.received("Status"))})

    def start(p: Peer) -> None:
        for n in range(9):
            p.later(1.5 * n, "Status")

    assert (await run(body, None, Setup(start=start))).verdict == Verdict.PASS


async def test_received_sees_everything_claimed_or_not() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status", where=eq("connectorId", 2))
        mark = t.mark()
        await t.wait(5, "more comes")
        assert [m.uid for m in t.received("Status")] == ["m1", "m2", "m4"]
        assert [m.uid for m in t.received("Status", "Stop", since=mark)] == ["m3", "m4"]
        assert [m.uid for m in t.received("Status", where=eq("connectorId", 1))] == ["m1", "m4"]

    def start(p: Peer) -> None:
        p.send("Status", connectorId=1)
        p.send("Status", connectorId=2)
        p.later(1, "Stop")
        p.later(2, "Status", connectorId=1)

    assert (await run(body, None, Setup(start=start))).verdict == Verdict.PASS


async def test_two_silences_alike_are_kept_apart() -> None:
    async def body(t: Any) -> None:
        async with t.forbid(1, "Start"):
            await t.nothing(3, "Start", during=5)
            await t.wait(5, "one comes after the inner silence")

    done = await run(body, None, Setup(start=lambda p: p.later(7, "Start")))
    assert done.failed() == [("1", QUIET)]
