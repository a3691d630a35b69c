"""Claiming: each message once, by the step that it fits best (semantics 3)."""

from typing import Any

import pytest

from testbay.scenario.checks import eq, one_of
from testbay.scenario.verdict import Verdict

from .peers import NumberedTest, Peer, Setup, SmallTest, run


@pytest.fixture(params=[SmallTest, NumberedTest])
def setup(request: pytest.FixtureRequest) -> Setup:
    return Setup(request.param)


async def test_a_message_satisfies_one_step_only(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status", eq("status", "Available"))
        await t.expect(3, "Status", eq("status", "Available"), within=5)

    peer = Peer()
    setup.start = lambda p: p.send("Status", status="Available")
    done = await run(body, peer, setup)
    assert done.verdict == Verdict.FAIL
    assert done.failed() == [("3", "Status is sent in time")]
    assert done.ended.failed == "3"


async def test_where_selects(setup: Setup) -> None:
    async def body(t: Any) -> None:
        got = await t.expect(1, "Status", eq("status", "Charging"), where=eq("connectorId", 2))
        assert got["connectorId"] == 2

    def start(p: Peer) -> None:
        p.send("Status", connectorId=1, status="Charging")
        p.send("Status", connectorId=2, status="Charging")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert "not claimed by any step: Status at 0.0 s" in done.remarks


async def test_a_wrong_selection_is_not_sent_and_says_what_came_instead(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status", where=eq("connectorId", 2), within=5)

    setup.start = lambda p: p.send("Status", connectorId=1)
    done = await run(body, None, setup)
    assert done.failed() == [("1", "Status is sent in time")]
    [outcome] = done.results[0].outcomes
    assert outcome.actual == "not in 5 s; the one at 0.0 s fits no step"
    assert done.results[0].what == "SUT sends Status (connectorId is 2)"


async def test_checks_judge_and_the_first_that_fits_is_taken(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status", eq("status", "Charging"))

    def start(p: Peer) -> None:
        p.send("Status", status="Preparing")
        p.send("Status", status="Charging")

    setup.start = start
    done = await run(body, None, setup)
    assert done.failed() == [("1", "status is Charging")]
    assert done.ended.reason == "step 1: SUT sends Status: status is Charging; it was: Preparing"
    assert done.ended.seconds == 0.0, "a wrong field is a failed check and not a time-out"


async def test_a_failed_check_does_not_end_the_case(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status", eq("status", "Charging"))
        await t.expect(3, "Start", eq("tag", "A"))

    def start(p: Peer) -> None:
        p.send("Status", status="Preparing")
        p.send("Start", tag="B")

    setup.start = start
    done = await run(body, None, setup)
    assert [label for label, _ in done.failed()] == ["1", "3"]
    assert done.ended.failed == "1"


@pytest.mark.parametrize("first", [1, 2])
async def test_the_step_whose_checks_all_pass_goes_first(setup: Setup, first: int) -> None:
    async def body(t: Any) -> None:
        one, two = await t.any_order(
            t.expect(1, "Status", eq("connectorId", 1)),
            t.expect(3, "Status", eq("connectorId", 2)),
        )
        assert (one["connectorId"], two["connectorId"]) == (1, 2)

    def start(p: Peer) -> None:
        p.send("Status", connectorId=first)
        p.send("Status", connectorId=3 - first)

    setup.start = start
    assert (await run(body, None, setup)).verdict == Verdict.PASS


async def test_without_one_that_passes_the_step_listed_first_takes_it(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.any_order(
            t.expect(1, "Status", eq("connectorId", 1)),
            t.expect(3, "Status", eq("connectorId", 2)),
        )

    def start(p: Peer) -> None:
        p.send("Status", connectorId=9)
        p.send("Status", connectorId=2)

    setup.start = start
    assert (await run(body, None, setup)).failed() == [("1", "connectorId is 1")]


async def test_a_message_may_serve_one_of_two_steps_by_either(setup: Setup) -> None:
    async def body(t: Any) -> None:
        either = t.expect(1, "Status", eq("status", "Faulted")) | t.expect(
            3, "Status", eq("status", "Available")
        )
        assert either.name == "Status"
        await either
        await (t.expect(5, "Start") | t.expect(7, "Stop"))

    def start(p: Peer) -> None:
        p.send("Status", status="Available")
        p.send("Stop")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert done.outcomes("3")
    assert done.outcomes("7")["Start or Stop is sent in time"]


async def test_of_two_branches_that_fit_and_fail_the_first_is_taken(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await (
            t.expect(1, "Status", eq("status", "Faulted"))
            | t.expect(3, "Status", eq("status", "Available"))
        )

    setup.start = lambda p: p.send("Status", status="Charging")
    assert (await run(body, None, setup)).failed() == [("1", "status is Faulted")]


async def test_an_optional_step_takes_only_what_passes_all_its_checks(setup: Setup) -> None:
    async def body(t: Any) -> None:
        skipped, got = await t.sequence(
            t.maybe(1, "Authorize", eq("tag", "OTHER")),
            t.expect(3, "Authorize", eq("tag", "X"), reply={"status": "Invalid"}),
        )
        assert skipped is None
        assert got["tag"] == "X"

    setup.start = lambda p: p.send("Authorize", tag="X")
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert done.peer.replies == [("m1", "Authorize", {"status": "Invalid"}, 0.0)]


async def test_an_optional_step_with_a_selection_judges(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.sequence(
            t.maybe(1, "Status", eq("status", "Preparing"), where=eq("connectorId", 1)),
            t.expect(3, "Start"),
        )

    def start(p: Peer) -> None:
        p.send("Status", connectorId=1, status="Faulted")
        p.send("Start")

    setup.start = start
    done = await run(body, None, setup)
    assert done.failed() == [("1", "status is Preparing")]


async def test_an_optional_step_has_no_presence(setup: Setup) -> None:
    async def body(t: Any) -> None:
        assert await t.maybe(1, "Status", within=3) is None
        await t.sequence(t.maybe(3, "Status"), t.expect(5, "Start"))

    def start(p: Peer) -> None:
        p.later(5, "Status")
        p.later(6, "Start")

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert not done.outcomes("1")
    assert "Status is sent in time" not in done.outcomes("3")


async def test_an_optional_step_alone_waits_its_time(setup: Setup) -> None:
    async def body(t: Any) -> None:
        got = await t.maybe(1, "Status", one_of("status", "Available"), within=10)
        assert got is not None
        await t.expect(3, "Start")

    def start(p: Peer) -> None:
        p.later(8, "Status", status="Available")
        p.later(9, "Start")

    setup.start = start
    assert (await run(body, None, setup)).verdict == Verdict.PASS


async def test_a_spontaneous_message_is_taken_only_by_a_step_it_satisfies(setup: Setup) -> None:
    async def body(t: Any) -> None:
        got = await t.expect(1, "Event", eq("state", "Idle"))
        assert got.uid == "m2"
        await t.expect(3, "Event", eq("state", "Charging"))

    def start(p: Peer) -> None:
        p.send("Event", trigger="periodic", state="Charging")
        p.send("Event", trigger="plug", state="Idle")
        p.send("Event", trigger="periodic", state="Charging")

    setup.start = start
    assert (await run(body, None, setup)).verdict == Verdict.PASS


async def test_what_is_left_is_a_remark_unless_it_is_ambient(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Start")

    def start(p: Peer) -> None:
        p.send("Heartbeat")
        p.send("Status", status="Available")
        p.send("Start")

    setup.start = start
    done = await run(body, None, setup)
    assert done.remarks == ["not claimed by any step: Status at 0.0 s"]
    [remark] = done.lines("remark")
    assert remark["uid"] == "m2"


async def test_a_missing_message_stops_the_case(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status")
        raise AssertionError("not reached")

    done = await run(body, None, setup)
    assert done.verdict == Verdict.FAIL
    assert done.ended.reason == "step 1: Status did not come: not in 30 s"
    assert done.ended.seconds == 30
    assert done.ended.failed == "1"


async def test_a_closed_connection_is_named_as_the_reason(setup: Setup) -> None:
    async def body(t: Any) -> None:
        await t.expect(1, "Status")

    setup.start = lambda p: p.then(2, lambda: p.say("@closed", code=1006))
    done = await run(body, None, setup)
    [outcome] = done.results[0].outcomes
    assert outcome.actual == "not in 30 s; the connection has been closed since 2.0 s"


async def test_ids_are_unique_though_the_sut_repeats_them(setup: Setup) -> None:
    async def body(t: Any) -> None:
        for step in (1, 3, 5, 7):
            await t.expect(step, "Status")
        answer = await t.call(9, "Reset", {})
        assert t.payloads["c1"] is answer

    def start(p: Peer) -> None:
        for uid in ("x", "x", "x#2", "c1"):
            p.send("Status", uid=uid)

    setup.start = start
    done = await run(body, None, setup)
    assert done.verdict == Verdict.PASS
    assert [m.uid for m in done.test.box.log] == ["x", "x#2", "x#2#2", "c1#2"]
    assert [reply[0] for reply in done.peer.replies] == ["x", "x", "x#2", "c1"]
    assert done.retest is not None
    assert [m.uid for m in done.retest.box.log] == ["x", "x#2", "x#2#2", "c1#2"]
