"""Order: the line of the stimulus, the suite's predicate, due and patience (semantics 3 and 7)."""

from typing import Any

import pytest

from testbay.scenario.checks import eq
from testbay.scenario.engine import IN_ORDER
from testbay.scenario.values import CallError, Link
from testbay.scenario.verdict import Verdict

from .peers import PLUG_IN, UNPLUG, NumberedTest, Peer, Run, Setup, SmallTest, run

CLOSE = Link("close")


@pytest.fixture(params=[SmallTest, NumberedTest])
def setup(request: pytest.FixtureRequest) -> Setup:
    return Setup(request.param)


def sends(*actions: str) -> Any:
    def start(p: Peer) -> None:
        for action in actions:
            p.send(action)

    return start


# -- misplaced messages ----------------------------------------------------------------------------


async def test_a_misplaced_message_is_taken_at_the_deadline_and_named(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")
        await t.expect(3, "Status", eq("status", "Idle"))

    def start(p: Peer) -> None:
        p.send("Status", status="Idle")
        p.send("Start")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.FAIL
    assert done.failed() == [("3", IN_ORDER)]
    assert done.ended.seconds == 30, "only at the deadline"
    assert done.outcomes("3")["Status is sent in time"]


async def test_one_in_order_is_preferred_to_a_misplaced_one(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")
        got = await t.expect(3, "Boot", eq("reason", "new"))
        assert got["reason"] == "new"

    def start(p: Peer) -> None:
        p.send("Boot", reason="old")
        p.send("Start")
        p.later(29, "Boot", reason="new")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert done.remarks == ["not claimed by any step: Boot at 0.0 s"]


async def test_an_optional_step_never_takes_a_misplaced_one(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")
        assert await t.maybe(3, "Boot", within=5) is None

    setup.start = sends("Boot", "Start")
    assert (await run(body, None, setup)).verdict == Verdict.PASS


@pytest.mark.parametrize(("sent", "told"), [(("Boot", "Start"), False), (("Start",), False)])
async def test_order_behind_an_optional_step_of_the_sequence_holds_by_construction(
    sent: tuple[str, ...], told: bool
) -> None:
    async def body(t: Any) -> None:
        await t.sequence(t.maybe(1, "Boot"), t.expect(3, "Start"))

    done = await run(body, None, Setup(start=sends(*sent)))
    assert done.verdict == Verdict.PASS
    assert (IN_ORDER in done.outcomes("3")) == told


async def test_beside_an_optional_step_the_required_one_takes_it(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")
        await t.sequence(t.maybe(3, "Boot", eq("reason", "x")), t.expect(5, "Boot"))

    def start(p: Peer) -> None:
        p.send("Boot", reason="x")
        p.send("Start")

    setup.start = start
    assert (await run(body, None, setup)).failed() == [("5", IN_ORDER)]


async def test_members_of_a_group_are_not_compared(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.any_order(t.expect(1, "Start"), t.expect(3, "Boot"), t.expect(5, "Stop"))

    setup.start = sends("Stop", "Boot", "Start")
    assert (await run(body, None, setup)).verdict == Verdict.PASS


async def test_a_sequence_wants_its_order(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.sequence(t.expect(1, "Start"), t.expect(3, "Boot"))

    setup.start = sends("Boot", "Start")
    assert (await run(body, None, setup)).failed() == [("3", IN_ORDER)]


async def test_a_group_is_compared_with_what_came_before_it(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")
        await t.any_order(t.expect(3, "Boot", within=5), t.expect(5, "Stop", within=5))

    setup.start = sends("Stop", "Start", "Boot")
    assert (await run(body, None, setup)).failed() == [("5", IN_ORDER)]


async def test_what_may_come_in_either_order_is_written_as_plain_lines(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")
        await t.expect(3, "Status", eq("status", "Charging"))

    def start(p: Peer) -> None:
        p.send("Status", status="Charging")
        p.send("Start")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert done.ended.seconds == 0


async def test_order_is_recorded_only_where_it_could_be_wrong(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")  # the first
        await t.expect(3, "Status")  # free by the rule of the suite
        await t.expect(5, "Stop")  # has its place
        await t.call(7, "Reset", {})
        await t.expect(9, "Boot")  # behind a stimulus

    def start(p: Peer) -> None:
        p.send("Start")
        p.send("Status", status="Charging")
        p.send("Stop")
        p.answers["Reset"] = lambda q, _: (q.send("Boot"), {"status": "Accepted"})[1]

    peer = Peer()
    setup.start = start
    done = await run(body, peer, setup)
    assert [label for label in "13579" if IN_ORDER in done.outcomes(label)] == ["5", "9"]


# -- the line of the stimulus ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stimulus", "verdict"),
    [("call", Verdict.FAIL), ("link", Verdict.FAIL), ("manual", Verdict.INCONCLUSIVE)],
)
async def test_what_came_before_the_stimulus_is_not_its_effect(
    setup: Setup, stimulus: str, verdict: Verdict
) -> None:
    async def body(t: Any) -> None:
        await t.wait(5, "the message comes too early")
        if stimulus == "call":
            await t.call(1, "Reset", {})
        elif stimulus == "link":
            await t.link(1, CLOSE)
        else:
            t.manual(UNPLUG)
        await t.expect(3, "Status", within=5)

    setup.start = sends("Status")
    done = await run(body, None, setup)
    assert done.verdict == verdict
    assert done.failed() == [("3", IN_ORDER)]


async def test_the_line_is_that_of_the_first_stimulus_since_the_last_waiting(
    setup: Setup,
) -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {})
        await t.call(3, "Unlock", {})
        await t.expect(5, "Status")

    peer = Peer(answers={"Reset": lambda p, _: (p.send("Status"), {"status": "Accepted"})[1]})
    done = await run(body, peer, setup)
    assert done.verdict == Verdict.PASS


async def test_an_action_before_a_call_draws_the_line(setup: Setup) -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        await t.call(1, "Reset", {})
        await t.expect(3, "Status")

    peer = Peer(does={"plug_in": lambda p: p.send("Status")})
    assert (await run(body, peer, setup)).verdict == Verdict.PASS


async def test_waiting_ends_what_a_stimulus_may_cause(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {})
        await t.wait(2, "something comes")
        await t.call(3, "Unlock", {})
        await t.expect(5, "Status", within=3)

    peer = Peer(answers={"Reset": lambda p, _: (p.later(1, "Status"), {"status": "Accepted"})[1]})
    assert (await run(body, peer, setup)).failed() == [("5", IN_ORDER)]


async def test_the_sut_may_send_before_it_answers(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {}, eq("status", "Accepted"))
        await t.expect(3, "Stop")

    peer = Peer(answers={"Reset": lambda p, _: (p.say("Stop"), {"status": "Accepted"})[1]})
    assert (await run(body, peer, setup)).verdict == Verdict.PASS


# -- the predicate of the suite --------------------------------------------------------------------


async def numbered(body: Any, *numbers: int, gap: float = 0.0, **more: Any) -> Run:
    """Run a case of the numbered suite, to which events of these numbers are sent at once."""

    def start(p: Peer) -> None:
        for i, seq in enumerate(numbers):
            p.then(i * gap, lambda seq=seq: p.say("Event", seq=seq, **more))  # type: ignore[misc]

    return await run(body, None, Setup(NumberedTest, start=start))


async def in_steps(t: Any) -> None:
    for step in (1, 3, 5):
        await t.expect(step, "Event", eq("seq", (step - 1) // 2))


async def test_numbers_decide_and_not_arrival() -> None:
    done = await numbered(in_steps, 2, 1, 0)
    assert done.verdict == Verdict.PASS
    assert done.ended.seconds == 0


async def test_what_is_not_due_waits_for_its_predecessors() -> None:
    done = await numbered(in_steps, 2, 0, 1, gap=1.5)
    assert done.verdict == Verdict.PASS


async def test_but_no_longer_than_patience() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Event", eq("seq", 0))

    done = await numbered(body, 3)
    assert done.failed() == [("1", "seq is 0")]
    assert 5 <= done.ended.seconds < 5.1


async def test_a_predecessor_that_comes_too_late_is_out_of_order() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Event")
        await t.expect(3, "Event", within=10)

    done = await numbered(body, 1, 0, gap=7)
    assert done.failed() == [("3", IN_ORDER)]


async def test_an_identical_repeat_is_in_order_and_another_of_that_number_is_not() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Event")
        await t.expect(3, "Event", within=5)

    assert (await numbered(body, 0, 0)).verdict == Verdict.PASS

    def start(p: Peer) -> None:
        p.say("Event", seq=0, state="a")
        p.say("Event", seq=0, state="b")

    done = await run(body, None, Setup(NumberedTest, start=start))
    assert done.failed() == [("3", IN_ORDER)]


async def test_what_is_not_due_is_answered_at_once() -> None:
    async def body(t: Any) -> None:
        await in_steps(t)

    def start(p: Peer) -> None:
        for seq in (2, 1, 0):
            p.send("Event", seq=seq)

    done = await run(body, None, Setup(NumberedTest, start=start))
    assert done.verdict == Verdict.PASS
    assert done.ended.seconds == 0, "holding would keep the SUT from sending the others"


# -- composites of order and answers ---------------------------------------------------------------


async def test_a_refused_call_stops_the_case(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {})
        raise AssertionError("not reached")

    peer = Peer(answers={"Reset": CallError("NotSupported", "no such thing")})
    done = await run(body, peer, setup)
    assert done.verdict == Verdict.FAIL
    assert done.failed() == [("2", "Reset is answered with a result")]
    assert "CALLERROR NotSupported (no such thing)" in done.ended.reason


async def test_waiting_for_a_predecessor_does_not_prolong_the_time() -> None:
    async def body(t: Any) -> None:
        await t.nothing(1, "Stop", during=5.0004)

    done = await numbered(body, 3)
    assert [x["t"] for x in done.lines("judged") if x["label"] == "1"] == [5.0004]


# -- composites of the suites ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "failed"),
    [
        (("Stop", "Boot"), []),
        (("Boot", "Stop"), [("1", "Stop is sent in time")]),
        (("Boot",), [("1", "Stop is sent in time")]),
        ((), [("1", "Stop is sent in time")]),
    ],
)
async def test_what_must_come_ahead_of_another(
    setup: Setup, sent: tuple[str, ...], failed: list[tuple[str, str]]
) -> None:
    async def body(t: Any) -> None:
        await t.call("first", "Reset", {})
        await t.ahead(t.expect(1, "Stop"), t.expect(3, "Boot", within=60))
        await t.expect(3, "Boot", reply={"status": "Pending"})

    def start(p: Peer) -> None:
        for n, action in enumerate(sent):
            p.later(10 * n + 1, action)

    setup.start = start
    done = await run(body, None, setup)
    assert done.failed() == failed
    if sent[:1] == ("Boot",):
        assert "Boot came first" in done.ended.reason
        assert done.ended.seconds == 1


async def test_ahead_takes_a_misplaced_one_when_the_other_has_come(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status")
        await t.ahead(t.expect(3, "Stop"), t.expect(5, "Boot"))
        await t.expect(5, "Boot")

    def start(p: Peer) -> None:
        for action in ("Stop", "Status", "Boot"):
            p.send(action)

    setup.start = start
    done = await run(body, None, setup)
    assert done.failed() == [("3", IN_ORDER)]
    assert done.ended.seconds == 0


async def test_what_is_put_aside_is_for_no_step_and_no_remark(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.wait(1, "they come")
        t.box.put_aside("aside")
        await t.expect(1, "Status", within=5)

    def start(p: Peer) -> None:
        p.send("Status")
        p.send("Stop")
        p.later(3, "Status")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert done.remarks == []
    assert [m.claimed for m in done.test.box.log] == ["aside", "aside", "1"]
