"""The table of verdicts (semantics 9): what happened, and in which phase."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from testbay.scenario.case import Need, Rule, state
from testbay.scenario.checks import eq
from testbay.scenario.many import Every, times
from testbay.scenario.values import ANY_CODE, CallError, Lost
from testbay.scenario.verdict import CaseError, NotDone, StopCase, Verdict

from .peers import PLUG_IN, Body, NumberedTest, Peer, Setup, SmallTest, run

PASS, INC, FAIL, ERROR = Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.ERROR


@dataclass(frozen=True)
class Happening:
    """Something that goes wrong, with the verdict in each phase (None: a remark)."""

    name: str
    body: Body
    before: Verdict
    strict: Verdict
    main: Verdict
    peer: Callable[[], Peer] = Peer
    start: Callable[[Peer], object] | None = None


async def failed_check(t: Any) -> None:
    t.check(90, eq("a", 1), {"a": 2})


async def missing_message(t: Any) -> None:
    await t.expect(90, "Never", within=1)


async def refused_call(t: Any) -> None:
    await t.call(90, "Bad", {})


async def lost_call(t: Any) -> None:
    await t.call(90, "Gone", {})


async def omitted_field(t: Any) -> None:
    answer = await t.call(90, "Good", {})
    assert answer["nothing"]["like"] == "this"


async def short_list(t: Any) -> None:
    answer = await t.call(90, "List", {})
    assert answer["values"][1] == 2


async def violation(t: Any) -> None:
    await t.call(90, "Wrong", {})


async def refused_action(t: Any) -> None:
    t.manual(PLUG_IN)
    await t.wait(5, "the action is refused")


async def no_answer(t: Any) -> None:
    await t.confirm(90, "Does it glow?")


async def answered_too_early(t: Any) -> None:
    await t.wait(5, "nobody claims it")
    await t.expect(90, "Authorize", reply={"status": "Invalid"})


async def acted_too_early(t: Any) -> None:
    await t.wait(5, "the token is presented too early")
    t.manual(PLUG_IN)
    await t.expect(90, "Authorize", within=5)


async def not_done(t: Any) -> None:
    raise NotDone("not writable", "the key is read-only")


async def exception(t: Any) -> None:
    raise ZeroDivisionError("a bug")


async def wrong_use(t: Any) -> None:
    raise CaseError("a bug of the case")


def wrong(p: Peer, payload: object) -> dict[str, Any]:
    p.inbox.violated("c1", "the answer to Wrong", ("status is too long",))
    return {"status": "x" * 99}


def peer() -> Peer:
    return Peer(
        refuses=("plug_in",),
        sees={"Does it glow?": None},
        answers={
            "Bad": CallError("NotSupported"),
            "Gone": Lost("no answer in 30 s"),
            "Good": {"status": "Accepted"},
            "List": {"values": [1]},
            "Wrong": wrong,
        },
    )


def willing() -> Peer:
    return Peer()


def automatic() -> Peer:
    return Peer(hook=True)


def authorize(p: Peer) -> None:
    p.send("Authorize")


HAPPENINGS = (
    Happening("a check fails", failed_check, INC, FAIL, FAIL),
    Happening("a message does not come", missing_message, INC, FAIL, FAIL),
    Happening("CALLERROR instead of a result", refused_call, INC, FAIL, FAIL, peer),
    Happening("no answer to a call", lost_call, INC, FAIL, FAIL, peer),
    Happening("a field is omitted", omitted_field, INC, FAIL, FAIL, peer),
    Happening("a list is too short", short_list, INC, FAIL, FAIL, peer),
    Happening("schema violation", violation, INC, FAIL, FAIL, peer),
    Happening("an action is not done", refused_action, INC, INC, INC, peer),
    Happening("a question is not answered", no_answer, INC, INC, INC, peer),
    Happening("answered by default", answered_too_early, INC, INC, INC, willing, authorize),
    Happening("acted too early", acted_too_early, INC, INC, INC, willing, authorize),
    Happening("no person acted", acted_too_early, INC, FAIL, FAIL, automatic, authorize),
    Happening("cannot be set", not_done, INC, INC, INC),
    Happening("exception", exception, ERROR, ERROR, ERROR),
    Happening("wrong use", wrong_use, ERROR, ERROR, ERROR),
)
every_happening = pytest.mark.parametrize("what", HAPPENINGS, ids=lambda h: h.name)


async def fine(t: Any) -> None:
    t.check(1, eq("a", 1), {"a": 1})


@every_happening
async def test_in_the_main_part(what: Happening) -> None:
    async def body(t: Any) -> None:
        await fine(t)
        await what.body(t)

    done = await run(body, what.peer(), Setup(start=what.start))
    assert done.verdict == what.main
    assert done.ended.reason


@every_happening
@pytest.mark.parametrize("strict", [False, True])
async def test_in_a_preparation(what: Happening, strict: bool) -> None:
    main_ran = []

    async def body(t: Any) -> None:
        main_ran.append(1)
        await fine(t)

    prepared = state("Prepared")(what.body)
    setup = Setup(before=(prepared,), strict=strict, start=what.start)
    done = await run(body, what.peer(), setup)
    assert done.verdict == (what.strict if strict else what.before)
    assert not main_ran, "the main part of a case that is not prepared is not run"
    if (bad := done.failed()) and bad[0][0] != "valid":
        assert bad[0][0] in ("Prepared/90", "Prepared/91")
    assert not any(x["name"] in ("main", "post") for x in done.lines("phase"))


@every_happening
async def test_while_restoring_it_is_a_remark(what: Happening) -> None:
    async def body(t: Any) -> None:
        t.undo(lambda: what.body(t))
        await fine(t)

    done = await run(body, what.peer(), Setup(start=what.start))
    assert done.verdict == PASS
    assert done.ended.reason == ""
    assert done.ended.failed == ""
    assert any("not restored" in remark for remark in done.remarks), done.remarks


@every_happening
async def test_what_needs_to_be_asked_fails_like_a_preparation(what: Happening) -> None:
    async def ask(t: Any) -> bool:
        await what.body(t)
        return True

    setup = Setup(needs=(Need("there is a bay", ask),), start=what.start)
    done = await run(fine, what.peer(), setup)
    assert done.verdict == what.before


async def test_a_need_that_is_false_is_not_applicable() -> None:
    async def ask(t: Any) -> bool:
        answer = await t.call("need", "Get", {})
        return bool(answer["status"] == "Yes")

    done = await run(fine, None, Setup(needs=(Need("there is a bay sensor", ask),)))
    assert done.verdict == Verdict.NOT_APPLICABLE
    assert done.ended.reason == "there is a bay sensor"


async def test_not_applicable_is_decided_before_the_main_part() -> None:
    async def na(t: Any) -> None:
        t.not_applicable("there is no bay")

    done = await run(fine, None, Setup(before=(state("A bay")(na),)))
    assert done.verdict == Verdict.NOT_APPLICABLE
    done = await run(na)
    assert done.verdict == ERROR
    assert "main part" in done.ended.reason


async def test_the_worst_wins() -> None:
    async def body(t: Any) -> None:
        t.check(1, eq("a", 1), {"a": 2})
        t.manual(PLUG_IN)
        await t.wait(5, "the action is refused")

    done = await run(body, peer())
    assert done.verdict == FAIL
    assert done.ended.failed == "1"
    assert done.ended.reason == "step 1: a is 1; it was: 2"

    async def worse(t: Any) -> None:
        t.check(1, eq("a", 1), {"a": 2})
        raise ValueError("a bug")

    done = await run(worse)
    assert done.verdict == ERROR
    assert done.ended.reason == "ValueError: a bug"


async def test_an_exception_comes_with_its_trace() -> None:
    done = await run(exception)
    assert done.ended.reason == "ZeroDivisionError: a bug"
    assert "in exception" in done.ended.trace
    [finished] = done.lines("case_finished")
    assert finished["trace"] == done.ended.trace
    assert finished["verdict"] == "ERROR"


@pytest.mark.parametrize("where", ["observe", "answer"])
@pytest.mark.parametrize("action", ["Status", "Start"])
@pytest.mark.parametrize("waits", ["expect", "other", "wait", "call", "end"])
async def test_a_bug_of_the_model_is_an_error(where: str, action: str, waits: str) -> None:
    async def body(t: Any) -> None:
        await fine(t)
        if waits == "expect":
            await t.expect(3, action)
        elif waits == "other":
            await t.expect(3, "Other", within=5)
        elif waits == "wait":
            await t.wait(5, "the text says so")
        elif waits == "call":
            await t.call(3, "Reset", {})
            await t.call(5, "Reset", {})

    peer = Peer(answers={"Reset": lambda p, _: (p.say(action, breaks=where), {"a": 1})[1]})
    setup = Setup(more={"hold": 0.01})
    if waits != "call":
        setup.start = lambda p: p.say(action, breaks=where)
    if waits == "end" and action == "Start" and where == "answer":
        return  # it is never answered while the case runs
    done = await run(body, peer, setup, again=False)  # an answer that cannot be made has no record
    assert done.verdict == ERROR, done.ended
    wrong = "the model does not know this" if where == "observe" else "the default cannot be made"
    assert wrong in done.ended.reason
    assert f"in {where}" in done.ended.trace


async def test_a_bug_of_the_model_is_not_hidden_by_what_it_causes() -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {})

    def reset(p: Peer, _: object) -> CallError:
        p.say("Status", breaks="observe")
        return CallError("InternalError")

    done = await run(body, Peer(answers={"Reset": reset}))
    assert done.verdict == ERROR
    assert "KeyError" in done.ended.reason


async def test_a_model_that_reads_an_omitted_field_blames_the_sut() -> None:
    class Reads(SmallTest):
        def spontaneous(self, message: Any) -> bool:
            return bool(message["trigger"])

    async def body(t: Any) -> None:
        await t.expect(1, "Status")

    done = await run(body, None, Setup(Reads, start=lambda p: p.say("Status")))
    assert done.verdict == FAIL
    assert "the field trigger is omitted" in done.ended.reason


# -- nothing judged --------------------------------------------------------------------------------


async def judges_nothing(t: Any) -> None:
    await t.wait(1, "nothing else")


async def only_calls(t: Any) -> None:
    t.review(1, [])


@pytest.mark.parametrize("body", [judges_nothing, only_calls])
@pytest.mark.parametrize("sends", [False, True])
async def test_a_case_that_judges_nothing_is_an_error(body: Body, sends: bool) -> None:
    """The validity of what came by the way is no judgement of the case."""
    setup = Setup(start=(lambda p: p.send("Status")) if sends else None)
    done = await run(body, None, setup)
    assert done.verdict == ERROR
    assert done.ended.reason == "nothing was judged"


async def test_nor_do_preparations_or_rules_of_the_suite_count() -> None:
    class Ruled(NumberedTest):
        hold_always = (Rule(("Status",), (times(1),)),)

    prepared = state("Prepared")(fine)
    setup = Setup(Ruled, before=(prepared,), start=lambda p: p.send("Status"))
    done = await run(judges_nothing, None, setup)
    assert (done.verdict, done.ended.reason) == (ERROR, "nothing was judged")


async def test_every_over_no_message_fails() -> None:
    async def body(t: Any) -> None:
        t.review(1, t.received("Meter"), Every(eq("value", 1)))
        t.review(3, t.received("Meter"), Every(eq("value", 1), may_be_none=True))

    assert (await run(body)).failed() == [("1", "in every message value is 1")]


# -- rules after the scenario ----------------------------------------------------------------------


class Ruled(NumberedTest):
    hold_always = (Rule(("Status",), (Every(eq("ok", True)),)),)


@pytest.mark.parametrize(
    ("sent", "failed"),
    [((), 0), ((True,), 0), ((True, False), 1)],
)
async def test_a_rule_of_the_suite_holds_where_there_is_something(
    sent: tuple[bool, ...], failed: int
) -> None:
    def start(p: Peer) -> None:
        for ok in sent:
            p.send("Status", ok=ok)

    done = await run(fine, None, Setup(Ruled, start=start))
    assert len(done.failed()) == failed
    assert bool(done.outcomes("post")) == bool(sent)


@pytest.mark.parametrize(("sent", "verdict"), [((), FAIL), ((1, 1), PASS), ((1, 9), FAIL)])
async def test_a_rule_of_the_case_also_fails_over_nothing(
    sent: tuple[int, ...], verdict: Verdict
) -> None:
    def start(p: Peer) -> None:
        p.send("Meter", value=99, connector=2)
        for value in sent:
            p.send("Meter", value=value, connector=1)

    rule = Rule(("Meter",), (Every(eq("value", 1)),), where=eq("connector", 1))
    done = await run(fine, None, Setup(post=(rule,), start=start))
    assert done.verdict == verdict
    assert [r.phase for r in done.results if r.label == "post"] == ["post"]


async def test_rules_are_not_judged_when_the_case_was_stopped() -> None:
    setup = Setup(Ruled, post=(Rule(("Meter",), (times(1),)),), start=lambda p: p.send("Status"))
    done = await run(missing_message, None, setup)
    assert done.failed() == [("90", "Never is sent in time")]
    assert not done.outcomes("post")
    assert not done.outcomes("valid")


# -- validity --------------------------------------------------------------------------------------


async def test_every_message_was_valid() -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Reset", {})

    done = await run(body)
    assert done.outcomes("valid") == {"every message and answer of the SUT is valid": True}


async def test_a_breach_names_message_and_fails_while_the_case_goes_on() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status")
        await t.expect(3, "Stop")

    def start(p: Peer) -> None:
        message = p.say("Status", servable=False)
        p.inbox.violated(message.uid, "Status", ("status is missing", "x is not known"))
        p.say("Stop")

    done = await run(body, None, Setup(start=start))
    assert done.verdict == FAIL
    assert done.failed() == [("valid", "every message and answer of the SUT is valid")]
    assert done.ended.reason.endswith(
        "broke the protocol: Status: status is missing; x is not known"
    )
    [violated] = done.lines("violated")
    assert violated["uid"] == "m1"
    assert len([r for r in done.results if r.label == "valid"]) == 1


async def test_a_notice_is_a_remark() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status")

    def start(p: Peer) -> None:
        p.inbox.notice("an answer came too late")
        p.inbox.frame("in", "[]", 1)
        p.say("Status")

    done = await run(body, None, Setup(start=start))
    assert done.verdict == PASS
    assert done.remarks == ["an answer came too late"]


async def test_a_stop_in_the_post_phase_is_a_failure() -> None:
    class Reads(NumberedTest):
        def rules(self) -> tuple[Rule, ...]:
            raise StopCase(FAIL, "the field seq is omitted")

    done = await run(fine, None, Setup(Reads))
    assert (done.verdict, done.ended.reason) == (FAIL, "the field seq is omitted")


async def test_calls_that_should_be_refused() -> None:
    async def body(t: Any) -> None:
        await t.call(1, "Bad", {}, error="NotSupported")
        await t.call(3, "Bad", {}, error=("NotImplemented", "NotSupported"))
        await t.call(5, "Bad", {}, error="InternalError")
        await t.call(7, "Good", {}, error="NotSupported")

    done = await run(body, peer())
    assert done.failed() == [
        ("6", "Bad is answered with CALLERROR InternalError"),
        ("8", "Good is answered with CALLERROR NotSupported"),
    ]


async def test_calls_that_may_be_refused() -> None:
    answered = "is answered with a result, or with CALLERROR"

    async def body(t: Any) -> None:
        assert await t.call(1, "Bad", {}, eq("a", 1), or_error="NotSupported") == {}
        await t.call(3, "Bad", {}, or_error=("NotImplemented", "NotSupported"))
        await t.call(5, "Bad", {}, or_error=ANY_CODE)
        assert await t.call(7, "Good", {}, eq("a", 1), or_error="NotSupported") == {"a": 2}
        await t.call(9, "Bad", {}, or_error="InternalError")
        await t.call(11, "Good", {})

    done = await run(body, Peer(answers={"Bad": CallError("NotSupported"), "Good": {"a": 2}}))
    assert done.failed() == [("8", "a is 1"), ("10", f"Bad {answered} InternalError")]
    assert "; then Bad was not answered with a result: CALLERROR NotSupp" in done.ended.reason
