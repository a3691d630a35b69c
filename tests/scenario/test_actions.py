"""Actions: armed before they are asked for, closed by the effect, never racing (semantics 5)."""

from typing import Any

import pytest

from testbay.scenario.checks import eq
from testbay.scenario.many import times
from testbay.scenario.values import Link
from testbay.scenario.verdict import Verdict

from .peers import PLUG_IN, PRESENT, UNPLUG, Peer, Setup, cfg, run


def plug(p: Peer) -> None:
    p.send("Status", status="Occupied")


def present(p: Peer) -> None:
    p.send("Authorize", tag="TAG")


async def test_however_long_a_person_takes_it_does_not_count() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        await t.expect(1, "Status", eq("status", "Occupied"), within=5)

    done = await run(body, Peer(slow=80, does={"plug_in": plug}))
    assert done.verdict == Verdict.PASS
    assert done.ended.seconds == 40, "the prompt has closed by itself"
    assert done.peer.performed == [("plug_in", "closed", 40.0)]
    [line] = done.lines("performed")
    assert (line["result"], line["by"], line["seconds"]) == ("closed", "person", 40)


def test_what_nobody_names_is_left_out_of_the_parameters() -> None:
    action = PLUG_IN(evse=None, connector=2, operative=False)
    assert action.parameters == (*PLUG_IN.parameters, ("connector", 2), ("operative", False))


async def test_the_time_starts_when_the_action_is_done() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        await t.expect(1, "Status", within=5)

    done = await run(body, Peer(slow=40))
    assert done.verdict == Verdict.FAIL
    assert done.ended.seconds == 45
    assert done.failed() == [("1", "Status is sent in time")]


async def test_no_message_is_missed_between_asking_and_waiting() -> None:
    async def body(t: Any) -> None:
        t.manual(PRESENT)
        await t.expect(1, "Authorize", reply={"status": "Invalid"})
        await t.expect(3, "Status", within=5)

    def both(p: Peer) -> None:
        present(p)
        p.send("Status")

    done = await run(body, Peer(slow=40, does={"present": both}))
    assert done.verdict == Verdict.PASS
    assert done.peer.replies[0] == ("m1", "Authorize", {"status": "Invalid"}, 20.0)


async def test_earlier_actions_of_the_verb_are_always_carried_out() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        t.manual(UNPLUG)
        t.manual(PRESENT)
        await t.expect(1, "Status")

    done = await run(body, Peer(does={"plug_in": plug}))
    assert done.verdict == Verdict.PASS
    assert [(name, result) for name, result, _ in done.peer.performed] == [
        ("plug_in", "done"),
        ("unplug", "done"),
    ]
    assert [line["result"] for line in done.lines("performed")] == ["done", "done", "closed"]
    assert done.lines("performed")[-1]["by"] == "case", "the last prompt was never shown"


async def test_one_verb_waits_for_what_several_actions_cause() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        t.manual(PRESENT)
        await t.sequence(t.expect(1, "Status"), t.expect(3, "Authorize", within=5))

    peer = Peer(slow=20, does={"plug_in": plug, "present": present})
    done = await run(body, peer)
    assert done.verdict == Verdict.PASS
    assert [name for name, _, _ in peer.performed] == ["plug_in", "present"]


async def test_a_hook_is_not_cancelled() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        await t.expect(1, "Status")

    done = await run(body, Peer(slow=40, hook=True, does={"plug_in": plug}))
    assert done.verdict == Verdict.PASS
    assert done.peer.performed == [("plug_in", "done", 40.0)]
    assert done.ended.seconds == 40


@pytest.mark.parametrize("waits", ["expect", "collect", "which", "nothing", "wait", "call", "end"])
async def test_a_refused_action_is_inconclusive_and_never_hangs(waits: str) -> None:
    async def body(t: Any) -> None:
        t.check(1, eq("a", 1), {"a": 1})
        t.manual(PLUG_IN)
        if waits == "expect":
            await t.expect(3, "Status")
        elif waits == "collect":
            await t.collect(t.expect(3, "Status"))
        elif waits == "which":
            await t.which(t.expect(3, "Status"))
        elif waits == "nothing":
            await t.nothing(3, "Status", during=10)
        elif waits == "wait":
            await t.wait(10, "the text says so")
        elif waits == "call":
            await t.call(3, "Reset", {})

    done = await run(body, Peer(refuses=("plug_in",)))
    assert done.verdict == Verdict.INCONCLUSIVE
    assert done.ended.reason == "the action was not done: Plug in the cable (refused)"
    assert done.ended.seconds == 2


async def test_the_first_refused_action_ends_the_verb() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        t.manual(PRESENT)
        await t.expect(1, "Authorize")

    done = await run(body, Peer(refuses=("plug_in",), does={"present": present}))
    assert done.verdict == Verdict.INCONCLUSIVE
    assert done.peer.performed == []


async def test_an_action_refused_after_its_effect_is_still_inconclusive() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        await t.expect(1, "Status")

    def start(p: Peer) -> None:
        p.later(1, "Status")

    done = await run(body, Peer(refuses=("plug_in",)), Setup(start=start))
    assert done.verdict == Verdict.INCONCLUSIVE
    assert not done.failed()


@pytest.mark.parametrize("verb", ["call", "link", "confirm", "reach", "end"])
async def test_what_does_not_wait_has_actions_done_first(verb: str) -> None:
    class Nothing:
        name = "nothing"

        def holds(self, t: Any) -> bool:
            assert peer.performed
            return True

        async def enter(self, t: Any) -> None: ...

    async def body(t: Any) -> None:
        t.check(1, eq("a", 1), {"a": 1})
        t.manual(PLUG_IN)
        t.manual(PRESENT)
        if verb == "call":
            await t.call(3, "Reset", {})
        elif verb == "link":
            await t.link(3, Link("close"))
        elif verb == "confirm":
            await t.confirm(3, "Does it glow?")
        elif verb == "reach":
            await t.reach(Nothing())

    peer = Peer(does={"plug_in": plug})
    done = await run(body, peer)
    assert done.verdict == Verdict.PASS
    assert peer.performed == [("plug_in", "done", 2.0), ("present", "done", 4.0)], "never closed"
    kinds = [x["kind"] for x in done.journal if x["kind"] in ("performed", "called", "asked")]
    assert kinds[:2] == ["performed", "performed"]


async def test_judging_while_an_action_is_open_is_an_error_of_the_case() -> None:
    async def check(t: Any) -> None:
        t.manual(PLUG_IN)
        t.check(1, eq("a", 1), {"a": 1})

    async def review(t: Any) -> None:
        t.manual(PLUG_IN)
        t.review(1, [], times(0))

    for body in (check, review):
        done = await run(body)
        assert done.verdict == Verdict.ERROR
        assert "the action before it has not been carried out yet" in done.ended.reason


async def test_what_an_action_gets_is_resolved_and_told() -> None:
    async def body(t: Any) -> None:
        t.manual(PRESENT(tag=cfg.token)(reader=2))
        await t.expect(1, "Authorize")

    done = await run(body, Peer(does={"present": present}))
    [asked] = done.lines("action")
    assert asked["parameters"] == {"tag": "TAG", "reader": 2}
    assert asked["text"] == "Present the token"
    assert done.test.model.acts == ["present"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [(True, Verdict.PASS), (False, Verdict.FAIL), (None, Verdict.INCONCLUSIVE)],
)
async def test_questions(seen: bool | None, verdict: Verdict) -> None:
    async def body(t: Any) -> None:
        await t.confirm(1, "Does it glow?")

    done = await run(body, Peer(sees={"Does it glow?": seen}))
    assert done.verdict == verdict
    if seen is None:
        assert done.ended.reason == "nobody could tell: Does it glow?"
    else:
        assert done.outcomes("1") == {"Does it glow?": seen}


async def test_an_operator_that_breaks_is_an_error() -> None:
    def broken(p: Peer) -> None:
        raise OSError("no such device")

    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        await t.expect(1, "Status")

    done = await run(body, Peer(does={"plug_in": broken}), again=False)
    assert done.verdict == Verdict.ERROR
    assert done.ended.reason == "OSError: no such device"
    assert "in perform" in done.ended.trace


async def test_a_stopped_case_asks_for_nothing_more() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        raise ValueError("a bug")

    done = await run(body)
    assert done.verdict == Verdict.ERROR
    assert not done.lines("action")


async def test_the_same_action_twice_is_done_twice() -> None:
    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        t.manual(PLUG_IN)
        await t.expect(1, "Status")

    def start(p: Peer) -> None:
        p.later(1.5, "Status")

    done = await run(body, Peer(), Setup(start=start))
    assert done.peer.performed == [("plug_in", "done", 2.0)], "only the last prompt may close"
    assert [x["uid"] for x in done.lines("performed")] == ["a1", "a2"]
