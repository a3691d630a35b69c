"""What is told of a run: events, labels, configured values, secrets, remarks, the clock."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from testbay.scenario import events
from testbay.scenario.checks import When, eq, one_of
from testbay.scenario.configured import Configured, Plus, declared, resolve
from testbay.scenario.many import Near
from testbay.scenario.recorder import plain
from testbay.scenario.values import (
    NO_ANSWER,
    OMITTED,
    CallError,
    Link,
    Lost,
    Payload,
    answer_from_json,
    pick,
    put,
    reply_to_json,
)
from testbay.scenario.verdict import CaseError, StopCase, Verdict

from .peers import CONFIG, STARTED, Peer, Setup, cfg, run

# -- the journal -----------------------------------------------------------------------------------


async def test_the_journal_tells_everything_with_its_time() -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {"tag": cfg.token}, eq("status", "Accepted"))
        await t.expect(3, "Boot")
        await t.link(5, Link("restart", (("profile", 1),)), eq("again", True))

    peer = Peer(links={"restart": {"again": True}})
    done = await run(body, peer, Setup(start=lambda p: p.later(2, "Boot", vendor="V")))
    assert [x["kind"] for x in done.journal] == [
        "case_started",
        *["phase"] * 3,
        *["judged", "called", "answered", "judged"],
        *["received", "judged", "replied"],
        *["judged", "linked", "link_seen", "judged"],
        *["phase", "judged", "phase", "case_finished"],
    ]
    [received] = done.lines("received")
    assert received == {
        "t": 2.0,
        "at": "2030-01-01T00:00:02.000Z",
        "kind": "received",
        "case": "TC_1",
        "attempt": 1,
        "uid": "m1",
        "action": "Boot",
        "payload": {"vendor": "V"},
        "connection": 1,
        "servable": True,
    }
    [called] = done.lines("called")
    assert called["payload"] == {"tag": "TAG"}
    assert [x["name"] for x in done.lines("phase")] == [
        "needs",
        "before",
        "main",
        "post",
        "restore",
    ]
    [finished] = done.lines("case_finished")
    assert finished["verdict"] == "PASS"
    assert finished["checks"] == done.ended.checks == 5
    assert finished["stopped"] is False
    assert done.test.recorder.results[-2].subjects == ("k1",)


async def test_what_is_judged_names_configured_values_but_no_secrets() -> None:
    async def body(t: Any) -> None:
        answer = await t.call(1, "Get", {})
        t.check(3, eq("tag", cfg.token), answer)
        t.check(5, eq("password", cfg.password), answer)
        t.check(7, eq("pin", Plus(cfg.pin, 1)), answer)
        t.check(9, one_of("tag", "A", cfg.token, cfg.password), answer)
        t.check(11, When(eq("tag", "other"), eq("x", missing)), answer)
        t.check(13, Near("the time", Plus(cfg.delay, 2), 1), 9.5)

    missing = Configured("missing", str, "", "what nobody has set")
    answers = {"Get": {"tag": "TAG", "password": "s3cret-word", "pin": 4712}}
    done = await run(body, Peer(answers=answers))
    assert done.verdict == Verdict.PASS
    wanted = {x["label"]: x["outcomes"][0][3] for x in done.lines("judged") if x["outcomes"]}
    secret = "(configured, secret)"
    assert wanted["3"] == "TAG"
    assert wanted["5"] == secret
    assert wanted["7"] == secret
    assert wanted["9"] == f"TAG, {secret}"
    assert wanted["11"] == "(not configured)"
    assert wanted["13"] == "9.0"
    texts = {x["label"]: x["outcomes"][0][0] for x in done.lines("judged") if x["outcomes"]}
    assert texts["5"] == "password is <password>"
    assert texts["7"] == "pin is <pin> + 1"


async def test_an_unset_value_is_an_error_of_the_campaign() -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Get", {"tag": cfg.token})

    done = await run(body, None, Setup(config={}))
    assert done.verdict == Verdict.ERROR
    assert done.ended.reason == "CaseError: token is not configured"


async def test_times_and_ids_come_from_the_record() -> None:
    async def body(t: Any) -> None:
        await t.wait(90, "the clock goes on")
        assert t.now() == STARTED + timedelta(seconds=90)
        assert t.stamp() == "2030-01-01T00:01:30.000Z"
        await t.call(1, "Start", {"id": t.fresh(), "other": t.random.random()})

    one, two = await run(body), await run(body)
    assert one.peer.calls == two.peer.calls
    assert one.test.recorder.zero < two.test.recorder.zero
    assert one.journal == two.journal


async def test_the_first_bad_step_decides() -> None:
    async def body(t: Any) -> None:
        t.check(1, eq("a", 1), {"a": 1})
        t.check(3, eq("a", 1), {})
        t.check(5, eq("a", 1), {"a": 5})

    done = await run(body)
    assert (done.ended.failed, done.ended.reason) == ("3", "step 3: a is 1; it was: (omitted)")
    [bad] = [x for x in done.lines("judged") if x["label"] == "3"]
    assert bad["outcomes"] == [["a is 1", False, "(omitted)", ""]]
    assert bad["verdict"] == "FAIL"


# -- interruption ----------------------------------------------------------------------------------


async def test_an_interrupted_case_is_inconclusive_and_restored() -> None:
    async def body(t: Any) -> None:
        async def act() -> None:
            await t.call("set", "Set", {})
            await t.expect("back", "Status", within=10)

        t.undo(act)
        t.check(1, eq("a", 1), {"a": 1})
        await t.expect(3, "Never", within=600)

    def interrupt(test: Any, task: asyncio.Task[Any]) -> None:
        def now() -> None:
            test.interrupted = "the tester has stopped the run"
            task.cancel()

        asyncio.get_running_loop().call_later(5, now)

    peer = Peer(answers={"Set": lambda p, _: (p.later(4, "Status"), {"a": 1})[1]})
    done = await run(body, peer, again=False, interrupt=interrupt)
    assert done.verdict == Verdict.INCONCLUSIVE
    assert done.ended.reason == "the tester has stopped the run"
    assert peer.calls == [("Set", {})]
    assert done.remarks == []
    assert 9 < done.ended.seconds < 9.1
    [finished] = done.lines("case_finished")
    assert finished["stopped"] is True


async def test_an_interruption_while_a_person_acts() -> None:
    from .peers import PLUG_IN

    async def body(t: Any) -> None:
        t.manual(PLUG_IN)
        await t.expect(1, "Status")

    def interrupt(test: Any, task: asyncio.Task[Any]) -> None:
        test.interrupted = "enough"
        asyncio.get_running_loop().call_later(5, task.cancel)

    done = await run(body, Peer(slow=600), again=False, interrupt=interrupt)
    assert (done.verdict, done.ended.seconds) == (Verdict.INCONCLUSIVE, 5)
    assert done.peer.performed == []


async def test_an_interruption_while_restoring_skips_what_is_being_put_back() -> None:
    async def body(t: Any) -> None:
        async def slow() -> None:
            await t.wait(60, "it takes long")

        async def quick() -> None:
            await t.call("set", "Set", {})

        t.undo(quick)
        t.undo(slow)
        t.check(1, eq("a", 1), {"a": 1})

    def interrupt(test: Any, task: asyncio.Task[Any]) -> None:
        def now() -> None:
            test.interrupted = "enough"
            task.cancel()

        asyncio.get_running_loop().call_later(5, now)

    done = await run(body, again=False, interrupt=interrupt)
    assert done.verdict == Verdict.PASS
    assert done.remarks == ["not restored: enough"]
    assert done.peer.calls == [("Set", {})]


@pytest.mark.parametrize("restoring", [False, True])
async def test_any_other_cancellation_goes_through(restoring: bool) -> None:
    async def body(t: Any) -> None:
        t.check(1, eq("a", 1), {"a": 1})
        if restoring:
            t.undo(lambda: t.wait(60, "it takes long"))
        else:
            await t.wait(60, "it takes long")

    def interrupt(test: Any, task: asyncio.Task[Any]) -> None:
        asyncio.get_running_loop().call_later(5, task.cancel)

    with pytest.raises(asyncio.CancelledError):
        await run(body, again=False, interrupt=interrupt)


# -- values ----------------------------------------------------------------------------------------


def test_configured_values() -> None:
    assert str(cfg.token) == "<token>"
    assert str(Plus(cfg.delay, 2.5)) == "<delay> + 2.5"
    assert resolve({"a": [cfg.token, {"b": Plus(cfg.delay, 1)}], "c": 3}, CONFIG) == {
        "a": ["TAG", {"b": 8.0}],
        "c": 3,
    }
    assert list(declared(cfg)) == ["token", "password", "pin", "delay"]
    with pytest.raises(CaseError, match="token is not configured"):
        resolve(cfg.token, {})


def test_what_the_sut_left_out_is_its_failure() -> None:
    payload = Payload.of({"a": {"b": [{"c": 1}]}})
    assert payload["a"]["b"][0]["c"] == 1
    assert payload["a"].get("x") is None
    assert payload.get("a", {}).get("x", 5) == 5
    reads: list[tuple[Any, str | int]] = [(payload, "x"), (payload["a"], "x")]
    for broken, key in (*reads, (payload["a"]["b"], 1)):
        with pytest.raises(StopCase) as stop:
            broken[key]
        assert stop.value.verdict == Verdict.FAIL
    with pytest.raises(StopCase, match="a list has 1 elements, but the case needs element 1"):
        payload["a"]["b"][1]


def test_paths() -> None:
    payload = {"a": [{"b": 1}, {"b": 2}], "c": "text"}
    assert pick(payload, "a[1].b") == 2
    for path in ("a[2].b", "a[x]", "a.b", "c.d", "x", "c[0]"):
        assert pick(payload, path) is OMITTED
    assert put(payload, "a[1].b", 3) == {"a": [{"b": 1}, {"b": 3}], "c": "text"}
    assert put(payload, "a[2].b", 3)["a"][2] == {"b": 3}
    assert put(payload, "c.d", 1)["c"] == {"d": 1}
    assert put(payload, "x[0].y", 1)["x"] == [{"y": 1}]
    assert put(payload, "a[0]", OMITTED)["a"] == [{"b": 2}]
    assert put(payload, "a[0].b", OMITTED)["a"] == [{}, {"b": 2}]
    assert put(payload, "x.y", OMITTED) == payload
    assert pick(payload, "a[0].b") == 1, "the payload itself is as it was"


def test_replies_in_the_journal() -> None:
    error = CallError("NotSupported", "no", {"a": 1})
    for answer in (error, Lost("no answer"), {"status": "Accepted"}):
        assert answer_from_json(plain(reply_to_json(answer))) == answer
    assert reply_to_json(NO_ANSWER) == {"@no answer": True}
    assert str(CallError("X")) == "CALLERROR X"
    assert str(NO_ANSWER) == "no answer"
    assert str(Link("restart")(profile=1)) == "restart, profile 1"
    assert plain({1: (OMITTED, None, 1.5)}) == {"1": ["(omitted)", None, 1.5]}


def test_verdicts_are_ordered_and_readable() -> None:
    assert [v.text for v in sorted(Verdict)] == [
        "PASS",
        "NOT APPLICABLE",
        "INCONCLUSIVE",
        "FAIL",
        "ERROR",
    ]


def test_an_event_outside_a_case_names_none() -> None:
    line = events.Stamped(0.12345678, "now", "", 0, events.Noticed("text")).to_json()
    assert line == {"t": 0.123457, "at": "now", "kind": "noticed", "text": "text"}
