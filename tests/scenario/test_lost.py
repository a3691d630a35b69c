"""Connections that are lost while nothing is under way, and queues that take long to come."""

from __future__ import annotations

from typing import Any

import pytest

from testbay.scenario.checks import eq
from testbay.scenario.configured import Configured
from testbay.scenario.expectation import Expectation
from testbay.scenario.values import Lost, Received
from testbay.scenario.verdict import Verdict

from .peers import Peer, Setup, SmallTest, run

GONE = Lost("not connected")


class BackSoon(SmallTest):
    """Waits for a system that connects again; a queue tells that more comes."""

    def returns_within(self) -> float | Configured:
        return 60.0

    def heralds(self, message: Received, e: Expectation) -> bool:
        return message.action in e.actions and message.get("offline") is True


async def _asks(t: Any) -> None:
    await t.wait(10, "the connection is lost meanwhile")
    await t.call(1, "Ask", {})


def _loses(by: str, back: float | None) -> Any:
    """Return what loses the connection after 5 s, and may have it back after some more."""

    def begin(p: Peer) -> None:
        p.then(5, lambda: p.say("@closed", by=by))
        p.answers["Ask"] = GONE

        def again() -> None:
            p.answers["Ask"] = {}
            p.say("@connect")

        if back is not None:
            p.then(5 + back, again)

    return begin


async def test_a_request_waits_for_the_connection_to_come_back() -> None:
    done = await run(_asks, Peer(), Setup(kind=BackSoon, start=_loses("peer", 30)))
    assert done.verdict == Verdict.PASS
    assert done.ended.seconds == pytest.approx(35.02)


@pytest.mark.parametrize("setup", [BackSoon, SmallTest])
async def test_a_system_that_does_not_come_back_is_not_excused(setup: type[SmallTest]) -> None:
    done = await run(_asks, Peer(), Setup(kind=setup, start=_loses("peer", None)))
    assert done.verdict == Verdict.FAIL
    assert "Ask was not answered with a result: not connected" in done.ended.reason
    waited = done.lines("called")[0]["t"]
    assert waited == (65.0 if setup is BackSoon else 10.0)


async def test_what_the_tool_has_closed_itself_is_not_waited_for() -> None:
    done = await run(_asks, Peer(), Setup(kind=BackSoon, start=_loses("us", 30)))
    assert done.verdict == Verdict.FAIL
    assert done.lines("called")[0]["t"] == 10.0


async def _expects_the_last(t: Any) -> None:
    await t.expect(1, "Event", where=eq("last", True), within=30)


@pytest.mark.parametrize(("offline", "verdict"), [(True, Verdict.PASS), (False, Verdict.FAIL)])
async def test_time_starts_anew_with_each_event_from_a_queue(
    offline: bool, verdict: Verdict
) -> None:
    def begin(p: Peer) -> None:
        for n in range(1, 5):
            p.then(n * 20, lambda: p.say("Event", offline=offline))
        p.then(100, lambda: p.say("Event", last=True))

    done = await run(_expects_the_last, Peer(), Setup(kind=BackSoon, start=begin))
    assert done.verdict == verdict
    assert done.ended.seconds == (100 if offline else 30)
