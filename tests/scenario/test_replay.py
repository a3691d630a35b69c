"""Judging a record again (semantics 12). Every other run of these tests is judged again as well."""

import json
from datetime import timedelta
from typing import Any

import pytest

from testbay.scenario import events
from testbay.scenario.case import state
from testbay.scenario.checks import at_most, eq, satisfies
from testbay.scenario.execute import Ended
from testbay.scenario.many import Spaced, times
from testbay.scenario.replay import Diverged, rejudge
from testbay.scenario.values import NO_ANSWER, CallError, Link, Reply
from testbay.scenario.verdict import Verdict

from .peers import (
    CONFIG,
    PLUG_IN,
    PRESENT,
    STARTED,
    Body,
    Line,
    Peer,
    Run,
    Setup,
    cfg,
    judge_again,
    run,
    steps,
)

INVALID: Reply = {"status": "Invalid"}


async def session(t: Any) -> None:
    t.manual(PLUG_IN)
    await t.expect(1, "Status", eq("status", "Preparing"))
    t.manual(PRESENT(tag=cfg.token))
    await t.expect(3, "Authorize", eq("tag", cfg.token))
    await t.expect(5, "Start", reply={"info": "x"}, within=10)
    await t.call(7, "Meter", {"every": 10, "from": t.stamp()}, eq("status", "Accepted"))
    [meters] = await t.collect(t.expect(9, "MeterValues"), during=45)
    t.review(9, meters, times(4), Spaced(10, 1))
    await t.confirm(11, "Does it glow?")
    await t.link(13, Link("restart", (("profile", 2),)), eq("refused", False))
    await t.expect(15, "@connect", eq("profile", 2))


def station(**more: Any) -> Peer:
    def plug(p: Peer) -> None:
        p.send("Status", status="Preparing")

    def present(p: Peer) -> None:
        p.send("Authorize", tag="TAG")
        p.send("Start")

    def meter(p: Peer, payload: dict[str, Any]) -> dict[str, Any]:
        for n in range(4):
            p.later(10 * n, "MeterValues", n=n)
        return {"status": "Accepted"}

    def restart(p: Peer, how: Any) -> dict[str, Any]:
        p.then(3, lambda: p.say("@connect", **how))
        return {"refused": False}

    return Peer(
        does={"plug_in": plug, "present": present},
        answers={"Meter": meter},
        links={"restart": restart},
        **more,
    )


async def recorded(body: Body = session, peer: Peer | None = None, **setup: Any) -> Run:
    done = await run(body, peer or station(), Setup(**setup))
    assert isinstance(done.again, Ended)
    return done


async def test_an_unchanged_case_gives_the_same_result() -> None:
    done = await recorded()
    assert done.verdict == Verdict.PASS
    assert done.retest is not None
    assert done.retest.recorder.results == done.results


@pytest.mark.parametrize("fault", ["slow", "hook", "refuses", "quick"])
async def test_whatever_people_do(fault: str) -> None:
    more: dict[str, dict[str, Any]] = {
        "slow": {"slow": 77.7},
        "hook": {"hook": True},
        "refuses": {"refuses": ("present",)},
        "quick": {"slow": 0.0},
    }
    await recorded(session, station(**more[fault]))


async def test_a_stricter_check_gives_a_new_verdict() -> None:
    done = await recorded()
    early = satisfies("n", "is below 3", lambda n, r: n < 3)
    for label, check in (("1", eq("errorCode", "NoError")), ("9#4", early), ("8", eq("x", 1))):
        again = await judge_again(done, Setup(), session, {label: (check,)})
        assert isinstance(again, Ended)
        assert (again.verdict, again.failed) == (Verdict.FAIL, label)


async def test_an_added_review_gives_a_new_verdict() -> None:
    async def strict(t: Any) -> None:
        await session(t)
        t.review("post", t.received("Status"), times(2))

    done = await recorded()
    again = await judge_again(done, Setup(), strict)
    assert isinstance(again, Ended)
    assert (again.verdict, again.failed) == (Verdict.FAIL, "post")


async def test_a_shorter_time_gives_a_new_verdict() -> None:
    async def slow(t: Any) -> None:
        await t.expect(1, "Status", within=30)

    async def quick(t: Any) -> None:
        await t.expect(1, "Status", within=10)

    done = await recorded(slow, None, start=lambda p: p.later(20, "Status"))
    again = await judge_again(done, Setup(), quick)
    assert isinstance(again, Ended)
    assert (again.verdict, again.seconds) == (Verdict.FAIL, 10)


async def test_a_milder_case_that_waits_for_no_more_than_there_is() -> None:
    async def strict(t: Any) -> None:
        await t.expect(1, "Status", eq("a", 1))
        await t.expect(3, "Never", within=5)

    async def mild(t: Any) -> None:
        await t.expect(1, "Status", eq("a", 2))

    done = await recorded(strict, None, start=lambda p: p.send("Status", a=2))
    assert done.verdict == Verdict.FAIL
    again = await judge_again(done, Setup(), mild)
    assert isinstance(again, Ended)
    assert again.verdict == Verdict.PASS


# -- what cannot be judged again -------------------------------------------------------------------


async def plain(t: Any) -> None:
    await t.wait(10, "the text says so")
    await t.call(1, "Reset", {"type": "Soft"})
    await t.expect(3, "Authorize", reply=INVALID)
    t.manual(PLUG_IN)
    await t.expect(5, "Start")
    await t.confirm(7, "Does it glow?")
    await t.link(9, Link("close"))


def resets() -> Peer:
    return Peer(
        answers={"Reset": lambda p, _: (p.later(1, "Authorize"), {"status": "Accepted"})[1]},
        does={"plug_in": lambda p: p.send("Start")},
    )


def changed(**how: Any) -> Body:
    async def body(t: Any) -> None:
        await t.wait(how.get("wait", 10), "the text says so")
        if how.get("call", True):
            await t.call(1, how.get("action", "Reset"), {"type": how.get("type", "Soft")})
        await t.expect(3, "Authorize", reply=how.get("reply", INVALID))
        t.manual(how.get("manual", PLUG_IN))
        await t.expect(5, "Start")
        await t.confirm(7, how.get("question", "Does it glow?"))
        if "again" in how:
            await t.call(9, "Reset", {"type": "Soft"})
        await t.link(9, how.get("link", Link("close")))
        if "more" in how:
            await t.expect(11, "Status")

    return body


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"action": "Unlock"}, "the case now wants to call Unlock in another way"),
        (
            {"type": "Hard"},
            "the case now wants to call Reset in another way: payload was {'type': 'Soft'}, "
            "now it is {'type': 'Hard'}",
        ),
        ({"again": 1}, "the case now wants to call Reset, which is not in the record"),
        ({"wait": 5}, "call Reset at another moment: then at 10.0 s, now at 5.0 s"),
        ({"wait": 12}, "call Reset at another moment: then at 10.0 s, now at 12.0 s"),
        (
            {"reply": {"status": "Blocked"}},
            "the case now answers Authorize with {'status': 'Blocked'}, "
            "then with {'status': 'Invalid'}",
        ),
        ({"reply": NO_ANSWER}, "the case now answers Authorize with {'@no answer': True}"),
        ({"reply": CallError("X")}, "the case now answers Authorize with {'@error': 'X'"),
        ({"manual": PRESENT}, "the case now wants to ask for the action present in another way"),
        (
            {"manual": PLUG_IN(evse=2)},
            "ask for the action plug_in in another way: parameters was {}, now it is {'evse': 2}",
        ),
        ({"question": "Is it warm?"}, "the case now wants to ask 'Is it warm?' in another way"),
        ({"link": Link("restart")}, "act on the connection (restart) in another way"),
        ({"link": Link("close", (("code", 1),))}, "act on the connection (close) in another way"),
        ({"more": 1}, "the case now waits until 44.0 s; the record ends at 14.0 s"),
    ],
)
async def test_what_the_record_cannot_say_is_no_verdict(how: dict[str, Any], reason: str) -> None:
    done = await recorded(plain, resets())
    assert done.verdict == Verdict.PASS
    assert isinstance(await judge_again(done, Setup(), changed()), Ended)
    again = await judge_again(done, Setup(), changed(**how))
    assert isinstance(again, Diverged), again
    assert reason in again.reason
    assert str(again) == f"cannot be judged again: {again.reason}"


async def test_a_case_that_does_less_is_not_the_recorded_one() -> None:
    async def calls(t: Any) -> None:
        await t.call(1, "Reset", {})
        t.check(3, eq("a", 1), {"a": 1})

    async def calls_no_more(t: Any) -> None:
        t.check(3, eq("a", 1), {"a": 1})

    done = await recorded(calls)
    again = await judge_again(done, Setup(), calls_no_more)
    assert again == Diverged("the case does not call Reset any more")


async def test_one_that_was_stopped_by_a_verdict_need_not_do_the_rest() -> None:
    async def calls(t: Any) -> None:
        t.undo(lambda: t.call("set", "Set", {}))
        await t.expect(1, "Status")
        await t.call(3, "Reset", {})

    async def stops(t: Any) -> None:
        t.undo(lambda: t.call("set", "Set", {}))
        await t.expect(1, "Never", within=1)

    done = await recorded(calls, None, start=lambda p: p.later(3, "Status"))
    again = await judge_again(done, Setup(), stops)
    assert isinstance(again, Ended)
    assert again.verdict == Verdict.FAIL, "what goes otherwise while restoring changes nothing"


async def test_an_answer_that_was_not_given() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")

    done = await recorded(body, None, start=lambda p: p.send("Start"))
    lines = [x for x in done.journal if x["kind"] != "replied"]
    again = await judge_again(done, Setup(), body, journal=lines)
    assert again == Diverged("the case now answers Start; then it had no answer")


async def test_an_interrupted_run_cannot_be_judged_again() -> None:
    async def body(t: Any) -> None:
        await t.confirm(1, "Does it glow?")

    def interrupt(test: Any, task: Any) -> None:
        test.interrupted = "enough"
        test.recorder._loop.call_later(1, task.cancel)

    setup = Setup()
    done = await run(body, None, setup, again=False, interrupt=interrupt)
    again = await judge_again(done, setup, body)
    assert isinstance(again, Diverged)
    assert again.reason == "the record ends before it says what came of this: ask 'Does it glow?'"


@pytest.mark.parametrize("cut", range(4, 40, 5))
async def test_a_run_that_was_killed_never_hangs(cut: int) -> None:
    setup, done = Setup(), await recorded()
    again = await judge_again(done, setup, session, journal=done.journal[:cut])
    assert isinstance(again, Diverged)


async def test_a_journal_without_the_start_is_refused() -> None:
    done = await recorded()
    with pytest.raises(ValueError, match="does not say how TC_1 was started"):
        await judge_again(done, Setup(), session, journal=done.journal[1:])


# -- what is taken from the record -----------------------------------------------------------------


async def test_configuration_seed_start_and_knowledge_come_from_the_record() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")
        await t.call(3, "Set", {"id": t.fresh(), "token": cfg.token, "now": t.stamp()})
        t.check(5, eq("seconds", 4.0), {"seconds": (t.now() - STARTED) / timedelta(seconds=1)})

    config = {**CONFIG, "token": "another", "password": "pa55-word"}
    done = await recorded(body, None, start=lambda p: p.later(4, "Start"), config=config, known=41)
    assert done.verdict == Verdict.FAIL, "4.02 s"
    [replied] = [x for x in done.lines("replied") if x["action"] == "Start"]
    assert replied["reply"]["transaction"] == 42
    assert done.retest is not None
    assert done.retest.recorder.config == config
    assert done.retest.model.known() == {"started": 42}


@pytest.mark.parametrize("strict", [False, True])
async def test_strictness_comes_from_the_record_or_is_given(strict: bool) -> None:
    async def body(t: Any) -> None:
        t.check(1, eq("a", 1), {"a": 1})

    async def prepare(t: Any) -> None:
        t.check(1, eq("a", 1), {"a": 2})

    setup = Setup(before=(state("Prepared")(prepare),), strict=strict)
    done = await run(body, None, setup)
    wanted = {False: Verdict.INCONCLUSIVE, True: Verdict.FAIL}
    assert done.verdict == wanted[strict]
    case = setup.case(body)
    for other in (False, True):
        again = await rejudge(case, done.journal, setup.make_test, strict=other)
        assert isinstance(again, Ended)
        assert again.verdict == wanted[other]


async def test_the_lines_of_other_cases_and_attempts_are_passed_over() -> None:
    done = await recorded()
    other = [{**x, "case": "TC_2"} for x in done.journal]
    later = [{**x, "attempt": 2, "t": x["t"] / 3} for x in done.journal]
    outside = {"t": 3.0, "at": "", "kind": "received", "uid": "m9", "action": "X"}
    mixed = [line for lines in zip(other, done.journal, later, strict=True) for line in lines]
    again = await judge_again(done, Setup(), session, journal=[outside, *mixed])
    assert again == done.ended


async def test_the_new_run_is_told_like_the_old_one() -> None:
    told: list[Line] = []

    def sink(stamped: events.Stamped) -> None:
        told.append(json.loads(json.dumps(stamped.to_json())))

    setup, done = Setup(), await recorded()
    await rejudge(setup.case(session), done.journal, setup.make_test, sink=sink)
    assert told == done.journal[1:]


async def test_a_journal_needs_no_uids_of_the_wire() -> None:
    async def body(t: Any) -> None:
        for step in (1, 3, 5):
            await t.expect(step, "Start", reply={"n": step})

    def start(p: Peer) -> None:
        for uid in ("x", "x", "c1"):
            p.send("Start", uid=uid)

    done = await recorded(body, None, start=start)
    assert [x["uid"] for x in done.lines("received")] == ["x", "x#2", "c1#2"]
    assert done.retest is not None
    assert steps(done.retest.recorder.results) == steps(done.results)
    assert done.results[1].subjects == done.retest.recorder.results[1].subjects == ("x#2",)


async def test_messages_before_the_case_begins_are_played_before_it() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status", within=5)
        t.check(3, at_most("seconds", 2.5), {"seconds": t.recorder.elapsed()})

    setup, done = Setup(), await recorded(body, None, start=lambda p: p.send("Status"))
    lines = [{**x, "t": x["t"] + (0 if x["kind"] == "received" else 2.5)} for x in done.journal]
    lines.sort(key=lambda x: float(x["t"]))
    again = await judge_again(done, setup, body, journal=[done.journal[0], *lines])
    assert isinstance(again, Ended)
    assert again.verdict == Verdict.PASS
