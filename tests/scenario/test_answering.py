"""Answering: chosen by the step, held only where it matters, by default after a second."""

from typing import Any

import pytest

from testbay.scenario.checks import eq
from testbay.scenario.values import NO_ANSWER, CallError, Reply
from testbay.scenario.verdict import Verdict

from .peers import CONFIG, NumberedTest, Peer, Setup, SmallTest, cfg, run

INVALID: Reply = {"status": "Invalid"}
AS_THE_STEP_SAYS = "the tool answers as the step says"


@pytest.fixture(params=[SmallTest, NumberedTest])
def setup(request: pytest.FixtureRequest) -> Setup:
    return Setup(request.param)


async def test_the_step_overlays_the_default(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start", reply={"status": "Blocked", "info": {"tag": cfg.token}})

    setup.start = lambda p: p.send("Start")
    done = await run(body, None, setup)
    reply = {"status": "Blocked", "transaction": 1, "info": {"tag": "TAG"}}
    assert done.peer.replies == [("m1", "Start", reply, 0.0)]
    [replied] = done.lines("replied")
    assert (replied["reply"], replied["by"]) == (reply, "1")


@pytest.mark.parametrize("reply", [CallError("InternalError"), NO_ANSWER])
async def test_the_step_may_refuse_or_keep_silent(setup: Setup, reply: Reply) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start", reply=reply)

    setup.start = lambda p: p.send("Start")
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert done.peer.replies == [("m1", "Start", reply, 0.0)]


async def test_unclaimed_it_gets_the_default_after_a_second(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.wait(3, "nobody claims it")
        await t.expect(1, "Start")

    setup.start = lambda p: p.send("Start")
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    reply = {"status": "Accepted", "transaction": 1}
    assert done.peer.replies == [("m1", "Start", reply, 1.0)]


async def test_held_longer_while_a_block_runs_and_answered_at_its_end(setup: Setup) -> None:
    async def body(t: Any) -> None:
        with t.holding(5):
            await t.wait(3, "it stays open")
        await t.wait(3, "what comes now is held as ever")
        await t.expect(1, "Start")

    def start(p: Peer) -> None:
        p.send("Start")
        p.send("Start")  # once the one before it is answered

    setup.start = start
    done = await run(body, None, setup)
    assert [at for _, _, _, at in done.peer.replies] == [3.0, 4.0]


async def test_only_what_matters_is_held(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.wait(3, "nobody claims anything")
        await t.expect(1, "Status")

    def start(p: Peer) -> None:
        p.send("Status")
        p.send("Start")

    setup.start = start
    done = await run(body, None, setup)
    assert [(action, at) for _, action, _, at in done.peer.replies] == [
        ("Status", 0.0),
        ("Start", 1.0),
    ]


async def test_a_held_answer_does_not_keep_back_what_the_step_waits_for(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Boot")

    def start(p: Peer) -> None:
        p.send("Start")
        p.send("Boot")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert done.ended.seconds == 1


async def test_a_choice_after_the_default_is_not_the_fault_of_the_sut(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.wait(5, "nobody claims it")
        await t.expect(1, "Authorize", eq("tag", "X"), reply=INVALID)

    setup.start = lambda p: p.send("Authorize", tag="X")
    done = await run(body, None, setup)
    assert done.verdict == Verdict.INCONCLUSIVE
    assert done.failed() == [("1", AS_THE_STEP_SAYS)]


@pytest.mark.parametrize("chosen", [{"status": "Accepted"}, {}])
async def test_the_same_choice_after_the_default_is_fine(setup: Setup, chosen: Reply) -> None:
    """The answer to Boot carries the time, which has gone on since it was given."""

    async def body(t: Any) -> None:
        await t.wait(5, "nobody claims it")
        await t.expect(1, "Boot", reply=chosen)
        await t.expect(3, "Start", reply={"status": "Accepted"})

    def start(p: Peer) -> None:
        p.send("Boot")
        p.send("Start")

    setup.start = start
    assert (await run(body, None, setup)).verdict == Verdict.PASS


@pytest.mark.parametrize("chosen", [NO_ANSWER, CallError("InternalError")])
async def test_another_kind_of_answer_was_not_given(setup: Setup, chosen: Reply) -> None:
    async def body(t: Any) -> None:
        await t.wait(5, "nobody claims it")
        await t.expect(1, "Boot", reply=chosen)

    setup.start = lambda p: p.send("Boot")
    assert (await run(body, None, setup)).verdict == Verdict.INCONCLUSIVE


async def test_a_configured_choice_is_compared_resolved(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.wait(5, "nobody claims it")
        await t.expect(1, "Boot", reply={"status": cfg.token})

    setup.start = lambda p: p.send("Boot")
    setup.config = {**CONFIG, "token": "Accepted"}
    assert (await run(body, None, setup)).verdict == Verdict.PASS


async def test_a_request_before_the_answer_to_a_call_is_answered(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {})
        await t.expect(3, "Start", reply=INVALID)

    peer = Peer(answers={"Reset": lambda p, _: (p.send("Start"), {"status": "Accepted"})[1]})
    done = await run(body, peer, setup)
    assert done.verdict == Verdict.PASS
    assert done.peer.replies[0][2] == {"status": "Invalid", "transaction": 1}


async def test_events_and_what_cannot_be_served_are_not_answered(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "@connect", eq("identity", "A"))
        await t.expect(3, "Start", reply=INVALID)

    def start(p: Peer) -> None:
        p.say("@connect", identity="A")
        p.say("Start", servable=False, breaks="observe")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS, "and the model does not see what is malformed"
    assert done.peer.replies == []


async def test_when_the_case_is_over_everything_is_answered(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Boot")

    def start(p: Peer) -> None:
        p.say("Start")
        p.say("Boot")

    setup.start = start
    done = await run(body, None, setup)
    assert [action for _, action, _, _ in done.peer.replies] == ["Boot", "Start"]
    assert done.ended.seconds == 0


async def test_the_model_knows_what_was_answered(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")
        await t.expect(3, "Start", reply={"transaction": 9})
        await t.expect(5, "Start")

    def start(p: Peer) -> None:
        for _ in range(3):
            p.send("Start")

    setup.start, setup.known = start, 4
    done = await run(body, None, setup)
    given = [r["transaction"] for _, _, r, _ in done.peer.replies if isinstance(r, dict)]
    assert given == [5, 9, 7]
    assert done.test.model.known() == {"started": 7}


async def test_what_is_held_is_answered_in_the_order_of_arrival(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Boot", within=5)
        await t.wait(5, "nobody claims the rest")

    def start(p: Peer) -> None:
        for n in range(20):
            p.then(n // 5, lambda: p.say("Start"))
        p.then(0, lambda: p.say("Boot"))

    setup.start = start
    done = await run(body, None, setup)
    given = [(uid, at) for uid, action, _, at in done.peer.replies if action == "Start"]
    uids = [m.uid for m in done.test.box.log if m.action == "Start"]
    assert given == [(uid, 1 + n // 5) for n, uid in enumerate(uids)]
