"""One message that reports several things: each is for a step of its own."""

from collections.abc import Sequence
from typing import Any

from testbay.scenario.checks import eq
from testbay.scenario.values import Payload, Received
from testbay.scenario.verdict import Verdict

from .peers import Peer, Setup, SmallTest, run


class Grouping(SmallTest):
    """Events may be told several at once."""

    def parts(self, message: Received) -> Sequence[Payload]:
        if message.action != "Events":
            return ()
        return [Payload({"told": [one]}) for one in message["told"]]


def tells(*names: str, then: str = "") -> Setup:
    """Return a set-up whose peer reports all of these at once, and then says something."""
    told = [{"name": name} for name in names]

    def start(p: Peer) -> None:
        p.later(1, "Events", told=told)
        if then:
            p.later(2, then)

    return Setup(Grouping, start=start)


def named(name: str) -> Any:
    return eq("told[0].name", name)


async def test_each_report_is_for_a_step_of_its_own() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Events", where=named("a"))
        await t.expect(3, "Events", where=named("c"))
        await t.expect(5, "Events", where=named("b"))

    done = await run(body, None, tells("a", "b", "c"))
    assert (done.verdict, done.remarks) == (Verdict.PASS, [])
    claims = {r.label: r.subjects for r in done.results if r.label != "valid"}
    assert claims == {"1": ("m1",), "3": ("m1#3",), "5": ("m1#2",)}


async def test_reports_of_one_message_have_no_order() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Events", where=named("b"))
        await t.expect(3, "Events", where=named("a"))

    assert (await run(body, None, tells("a", "b"))).verdict == Verdict.PASS


async def test_what_was_reported_before_another_message_is_out_of_order_after_it() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Meter")
        await t.expect(3, "Events", where=named("b"))

    assert (await run(body, None, tells("a", "b", then="Meter"))).failed() == [
        ("3", "it comes in the order of the steps")
    ]


async def test_a_further_report_fails_its_own_step() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Events", eq("told[0].value", 1), where=named("a"))
        await t.expect(3, "Events", eq("told[0].value", 1), where=named("b"))

    done = await run(body, None, tells("b", "a"))
    assert done.failed()[0][0] == "1"


async def test_what_must_not_come_may_not_hide_behind_another_report() -> None:
    async def body(t: Any) -> None:
        await t.nothing(1, "Events", where=named("b"), during=5)

    assert (await run(body, None, tells("a", "c"))).verdict == Verdict.PASS
    assert (await run(body, None, tells("a", "b"))).verdict == Verdict.FAIL


async def test_a_report_that_no_step_wants_is_remarked_on() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Events", where=named("a"))

    done = await run(body, None, tells("a", "b"))
    assert done.remarks == ["not claimed by any step: Events at 1.0 s"]


async def test_the_message_is_answered_once_and_told_once() -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Events", where=named("b"))
        await t.expect(3, "Events", where=named("a"))

    done = await run(body, None, tells("a", "b"))
    assert [action for _, action, _, _ in done.peer.replies] == ["Events"]
    assert [line["uid"] for line in done.lines("received")] == ["m1"]
    assert [(line["uid"], line["whole"]) for line in done.lines("part")] == [("m1#2", "m1")]


async def test_a_malformed_message_has_no_reports() -> None:
    async def body(t: Any) -> None:
        await t.nothing(1, "Boot", during=5)

    def start(p: Peer) -> None:
        p.say("Events", servable=False, told=3)

    done = await run(body, None, Setup(Grouping, start=start))
    assert (done.verdict, done.lines("part")) == (Verdict.PASS, [])
