"""Judging a record again to the moment: inputs of one instant, latencies of real time."""

from datetime import timedelta
from typing import Any

import pytest

from testbay.scenario import replay
from testbay.scenario.execute import Ended
from testbay.scenario.recorder import Recorder
from testbay.scenario.replay import BURST, Record
from testbay.scenario.verdict import Verdict

from .peers import STARTED, Line, NumberedTest, Peer, Setup, SmallTest, judge_again, run, steps
from .test_replay import INVALID, recorded, session


@pytest.mark.parametrize("kind", [SmallTest, NumberedTest])
@pytest.mark.parametrize("offset", [-1e-6, 0.0, 1e-6])
async def test_a_message_at_the_moment_of_a_deadline(kind: Any, offset: float) -> None:
    """Timers of one moment fire in no order one could rely on; the journal has the order."""

    async def body(t: Any) -> None:
        await t.collect(t.expect(1, "Status"), during=10)
        await t.nothing(3, "Start", during=10)
        await t.maybe(5, "Authorize", within=10)
        await t.wait(10, "the text says so")
        await t.call(7, "Reset", {})
        await t.expect(9, "Boot", within=10)

    def start(p: Peer) -> None:
        for n, action in enumerate(("Status", "Start", "Authorize", "Meter"), 1):
            p.later(10 * n + offset, action)
        p.later(50.02 + offset, "Boot")

    await recorded(body, None, kind=kind, start=start)


async def test_a_hold_that_ends_at_the_moment_of_a_step() -> None:
    async def body(t: Any) -> None:
        await t.wait(1, "exactly as long as a request is held")
        await t.expect(1, "Start", reply={"info": "x"})
        await t.expect(3, "Boot", reply={"status": "Pending"})

    def start(p: Peer) -> None:
        p.say("Start")
        p.then(1, lambda: p.say("Boot"))

    await recorded(body, None, start=start)


async def test_answers_and_messages_of_one_moment_keep_their_order() -> None:
    """A message right before an answer is not its effect; one right after it may be."""

    async def body(t: Any) -> None:
        await t.call(1, "Reset", {})
        await t.call(3, "Unlock", {})
        await t.expect(5, "Status", within=5)
        await t.nothing(7, "Stop", during=1)

    def reset(p: Peer, _: object) -> dict[str, Any]:
        p.say("Stop")
        p._loop.call_soon(lambda: p._loop.call_soon(lambda: p.say("Status")))
        return {"status": "Accepted"}

    await recorded(body, Peer(answers={"Reset": reset}))


async def test_what_a_busy_engine_saw_together_is_played_together() -> None:
    """In real time the engine may look only after two messages; so it must when they are played."""

    async def body(t: Any) -> None:
        await t.expect(1, "Status")
        await t.call(3, "Reset", {})
        await t.expect(5, "Boot", within=5)

    def start(p: Peer) -> None:
        p.say("Status")
        p.say("Boot")

    setup = Setup(start=start)
    done = await run(body, None, setup)
    assert done.verdict == Verdict.FAIL, "Boot came before the call"
    apart = [dict(x) for x in done.journal]
    moved = next(x for x in apart if x.get("action") == "Boot")
    for line in apart[apart.index(moved) :]:
        line["t"] += BURST / 2
    again = await judge_again(done, setup, body, journal=apart)
    assert isinstance(again, Ended)
    assert again.verdict == Verdict.FAIL
    assert done.retest is not None
    assert [m.at for m in done.retest.box.log] == [0, BURST / 2]


async def test_a_record_of_real_time_has_latencies() -> None:
    """Whatever the tool does comes a little later in a record of real time; inputs do not."""
    setup, done = Setup(), await recorded()
    late = 0.0
    lines = []
    for line in done.journal:
        late += 0.0003
        inputs = line["kind"] in replay._INPUTS
        lines.append({**line, "t": line["t"] + (late % 0.002 if not inputs else 0.0)})
    again = await judge_again(done, setup, session, journal=lines)
    assert isinstance(again, Ended)
    assert again.verdict == Verdict.PASS
    assert done.retest is not None
    assert steps(done.retest.recorder.results) == steps(done.results)


async def test_a_request_is_held_as_long_as_it_was() -> None:
    """A timer that fired late in real time, so that a step could still choose."""

    async def body(t: Any) -> None:
        await t.which(t.expect(3, "Status"))
        await t.expect(1, "Start", reply=INVALID)
        await t.expect(3, "Status")

    def start(p: Peer) -> None:
        p.say("Start")
        p.then(0.9997, lambda: p.say("Status"))

    setup = Setup(start=start)
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    late = [{**x, "t": x["t"] + 0.0006 * bool(x["t"])} for x in done.journal]
    assert await judge_again(done, setup, body, journal=late) == Ended(
        Verdict.PASS, "", "", done.ended.checks, 1.0
    )


def test_the_record_is_taken_apart() -> None:
    def line(kind: str, t: float, **more: Any) -> Line:
        return {"kind": kind, "t": t, "case": "TC", "attempt": 1, **more}

    lines = [
        line("case_started", 0),
        line("phase", 0.5, name="needs"),
        line("received", 1, uid="m1", action="A"),
        line("replied", 1, uid="m1", by="default"),
        line("received", 1.004, uid="m2", action="B"),
        line("received", 1.1, uid="m3", action="C"),
        line("judged", 1.1, label="1"),
        line("received", 1.1, uid="m4", action="D"),
        line("called", 2, uid="c1"),
        line("received", 2.1, uid="m5", action="E"),
        line("answered", 2.1, uid="c1", reply={}),
        line("received", 2.1, uid="m6", action="F"),
        line("replied", 3.1, uid="m6", by="default"),
        line("violated", 3.1, uid="m7"),
        line("phase", 4, name="restore"),
        line("noticed", 5, text="x"),
    ]
    record = Record.of("TC", lines)
    assert [[x.get("uid", "") for x in b.inputs] for b in record.bursts] == [
        ["m1", "m2"],
        ["m3"],
        ["m4"],
        ["m5", "c1"],
        ["m6"],
        ["m6", "m7"],
        [""],
    ]
    assert [b.after for b in record.bursts] == [
        [("phase", "needs")],
        [],
        [("judged", "1")],
        [("called", "c1")],
        [("answered", "c1")],
        [],
        [("phase", "restore")],
    ]
    assert [b.due for b in record.bursts] == [1.004, 1.1, 1.1, 2.1, 2.1, 3.1, 5]
    assert (record.begun, record.horizon, record.restored) == (0.5, 4, 5)


async def test_moments_are_compared_with_some_slack() -> None:
    alike = replay._alike
    assert alike(
        {"a": [1, {"t": "2030-01-01T00:00:00.100Z"}]}, {"a": [1, {"t": "2030-01-01T00:00:01Z"}]}
    )
    assert not alike("2030-01-01T00:00:00Z", "2030-01-01T00:00:02Z")
    for then, now in (({"a": 1}, {"b": 1}), ({"a": 1}, {}), ([1], [1, 2]), (1, True), ("a", "b")):
        assert not alike(then, now)
    assert alike(1, 1.0)
    assert alike(None, None)


async def test_while_an_input_is_handed_in_the_clock_shows_its_moment() -> None:
    recorder = replay._Recorder("TC", 1, lambda _: None, STARTED, {})
    assert isinstance(recorder, Recorder)
    recorder.pinned = 5.0
    assert recorder.elapsed() == 5
    assert recorder.now() == STARTED + timedelta(seconds=5)
