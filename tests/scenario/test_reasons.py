"""The reason of a verdict: what failed first, and everything once."""

from typing import Any

import pytest

from testbay.scenario.case import state
from testbay.scenario.checks import eq

from .peers import Body, Setup, run
from .test_verdicts import INC, fine, lost_call, missing_message, peer, refused_call


async def test_a_reason_begins_with_the_step_whose_failure_lets_the_case_stop() -> None:
    async def body(t: Any) -> None:
        answer = await t.call(1, "Good", {}, eq("status", "Rejected"))
        answer["requestId"]

    done = await run(body, peer())
    assert done.ended.reason == (
        "step 2: SUT answers Good: status is Rejected; it was: Accepted; "
        "then the field requestId is omitted, but the case needs it"
    )


@pytest.mark.parametrize("body", [refused_call, lost_call, missing_message])
async def test_a_step_that_stops_the_case_by_itself_is_told_once(body: Body) -> None:
    done = await run(body, peer())
    assert "; then " not in done.ended.reason


async def test_a_breach_while_preparing_is_told_once() -> None:
    @state("Broken")
    async def broken(t: Any) -> None:
        await t.call(1, "Wrong", {})
        t.check(3, eq("a", 1), {"a": 2})

    done = await run(fine, peer(), Setup(before=(broken,)))
    assert (done.verdict, done.ended.reason.count("status is too long")) == (INC, 1)
