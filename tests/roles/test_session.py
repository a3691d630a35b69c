"""Calls and answers of the tool's end, with a raw station at the other end of the connection."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from testbay.scenario.values import CallError, Lost
from testbay.transport import frame

from .peers import TIMEOUT, csms, dial, heard, now, online, turns

RESET = {"type": "Hard"}
ACCEPTED = {"status": "Accepted"}
BEAT = '[2,"b","Heartbeat",{}]'
MASK = b"\x01\x02\x03\x04"


async def reset(end: Any, uid: str = "c1") -> Any:
    return await end.call(uid, "Reset", RESET)


def started(end: Any, uid: str = "c1") -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(reset(end, uid))


# -- calls of the tool ----------------------------------------------------------------------------


async def test_a_call_and_its_answer() -> None:
    async with online() as (end, inbox, peer):
        call = started(end)
        assert await heard(peer) == [2, "1-c1", "Reset", RESET]
        await peer.send('[3, "1-c1", {"status":"Accepted"}]')
        assert await call == ACCEPTED
        assert inbox.frames == [
            ("out", '[2,"1-c1","Reset",{"type":"Hard"}]', 1),
            ("in", '[3, "1-c1", {"status":"Accepted"}]', 1),
        ]
        assert (inbox.breaches, inbox.notices) == ([], [])


async def test_a_callerror() -> None:
    async with online() as (end, inbox, peer):
        call = started(end)
        await peer.send('[4,"1-c1","NotSupported","no",{"a":1}]')
        assert await call == CallError("NotSupported", "no", {"a": 1})
        assert inbox.breaches == []


async def test_a_callerror_with_a_code_of_its_own() -> None:
    async with online() as (end, inbox, peer):
        call = started(end)
        await peer.send('[4,"1-c1","Busy","",{}]')
        assert await call == CallError("Busy")
        assert inbox.breach().startswith(
            'the CALLERROR to Reset: errorCode is "Busy", which is none of NotImplemented, '
        )


async def test_an_answer_that_breaks_the_schema_is_an_answer() -> None:
    async with online() as (end, inbox, peer):
        call = started(end)
        await peer.send('[3,"1-c1",{"status":"Maybe","extra":1}]')
        assert await call == {"status": "Maybe", "extra": 1}
        [(uid, where, sentences)] = inbox.breaches
        assert (uid, where) == ("1-c1", "the answer to Reset")
        assert sorted(sentences) == [
            "extra is not a field of this message",
            'status is "Maybe", which is none of Accepted, Rejected',
        ]


async def test_nobody_is_connected() -> None:
    async with csms() as (end, inbox):
        assert await reset(end) == Lost("the system under test is not connected")
        assert inbox.frames == []


async def test_ids_are_unique_over_all_cases() -> None:
    async with online() as (end, inbox, peer):
        for epoch in ("1", "2", "3"):
            call = started(end)
            uid = (await heard(peer))[1]
            assert uid == f"{epoch}-c1"
            await peer.send(json.dumps([3, uid, ACCEPTED]))
            assert await call == ACCEPTED
            end.attach(inbox)


# -- no answer ------------------------------------------------------------------------------------


async def test_a_time_out_and_the_late_answer() -> None:
    async with online() as (end, inbox, peer):
        begun = now()
        assert await reset(end) == Lost("no answer in 10 s")
        assert now() - begun == pytest.approx(TIMEOUT)
        await peer.send('[3,"1-c1",{"status":"Accepted"}]')
        await turns()
        assert inbox.breaches == []
        [notice] = inbox.notices
        assert notice == (
            "the answer to Reset (1-c1) came 10.0 s after the call, which had timed out after 10 s"
        )


async def test_the_time_out_is_counted_anew_for_each_call() -> None:
    async with online() as (end, _, peer):
        call = started(end)
        await asyncio.sleep(8)
        await peer.send('[3,"1-c1",{"status":"Accepted"}]')
        assert await call == ACCEPTED
        begun = now()
        assert await reset(end, "c2") == Lost("no answer in 10 s")
        assert now() - begun == pytest.approx(TIMEOUT)


@pytest.mark.parametrize(
    ("sent", "instead", "breach"),
    [
        (
            "hello",
            "the text 'hello', which cannot be read",
            "the text 'hello': the message is not JSON (line 1, column 1: expecting value); "
            "OCPP-J sends JSON arrays such as [2, id, action, payload]",
        ),
        (
            '[3,"1-c1",[]]',
            "the text '[3,\"1-c1\",[]]', which cannot be read",
            "the answer to Reset: the payload of the CALLRESULT is a JSON array, but must be a "
            "JSON object; a CALLRESULT is [3, id, payload]",
        ),
        (
            '[4,"1-c1","GenericError"]',
            'the text \'[4,"1-c1","GenericError"]\', which cannot be read',
            "the answer to Reset: a CALLERROR has 5 elements, this one has 3; a CALLERROR is "
            "[4, id, code, description, details]",
        ),
        (
            '[3,"other",{}]',
            "an answer with the id 'other'",
            "an answer: no call with the id other was sent; an answer has the id of its call, "
            "and there is one to each call",
        ),
        (
            b'[3,"1-c1",{}]',
            "a binary message",
            "a binary message: it has 13 bytes, '[3,\"1-c1\",{}]'; OCPP-J sends text messages only",
        ),
    ],
)
async def test_a_time_out_says_what_came_instead(
    sent: str | bytes, instead: str, breach: str
) -> None:
    async with online() as (end, inbox, peer):
        call = started(end)
        await peer.send(sent)
        assert await call == Lost(f"no answer in 10 s; instead came {instead}")
        assert inbox.breach() == breach
        assert await reset(end, "c2") == Lost("no answer in 10 s")


async def test_a_second_answer() -> None:
    async with online() as (end, inbox, peer):
        call = started(end)
        for _ in range(2):
            await peer.send('[3,"1-c1",{"status":"Accepted"}]')
        assert await call == ACCEPTED
        await turns()
        assert inbox.breach() == (
            "an answer: the call Reset (1-c1) has been answered before; an answer has the id of "
            "its call, and there is one to each call"
        )


# -- the connection ends --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("close", "by the system under test (1001: going)"),
        ("abort", "by the system under test (1006: the connection ended without a close frame)"),
        ("cut", "by the system under test (1006: the connection ended in the middle of a message)"),
        ("garble", "by the tool (1002: invalid opcode)"),
    ],
)
async def test_the_connection_ends_in_mid_call(how: str, why: str) -> None:
    async with online() as (end, inbox, peer):
        call, begun = started(end), now()
        await turns()
        await end_by(peer, how)
        assert await call == Lost(f"the connection was closed {why}")
        assert now() - begun < 1
        assert [m.action for m in inbox.messages] == ["@upgrade", "@connect", "@closed"]
        assert await reset(end, "c2") == Lost("the system under test is not connected")


async def end_by(peer: ClientConnection, how: str) -> None:
    if how == "close":
        await peer.close(1001, "going")
    elif how == "garble":
        peer.transport.write(frame(5, b"", mask=MASK))
    else:
        if how == "cut":
            peer.transport.write(frame(1, b'[3,"1-c1",', mask=MASK, length=30))
        peer.transport.abort()


async def test_the_answer_comes_over_another_connection() -> None:
    async with csms() as (end, inbox):
        async with dial(end) as peer:
            call = started(end)
            await heard(peer)
        assert isinstance(await call, Lost)
        async with dial(end) as peer:
            await peer.send('[3,"1-c1",{"status":"Accepted"}]')
            await turns()
            told = "the answer to Reset (1-c1) came over another connection than the call"
            assert (inbox.notices, inbox.breaches) == ([told], [])
            await peer.send('[3,"1-c1",{"status":"Accepted"}]')
            await turns()
            assert inbox.breach().startswith("an answer: no call with the id 1-c1 was sent")


# -- a case that was stopped in mid-call ----------------------------------------------------------


async def stopped(end: Any) -> None:
    call = started(end)
    await turns()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_after_a_stopped_case_its_answer_is_waited_for() -> None:
    async with online() as (end, inbox, peer):
        await stopped(end)
        second = started(end, "c2")
        await turns()
        assert [f[0] for f in inbox.frames] == ["out"], "one call at a time"
        await peer.send('[3,"1-c1",{"status":"Rejected"}]')
        assert (await heard(peer), await heard(peer))[1][1] == "1-c2"
        await peer.send('[3,"1-c2",{"status":"Accepted"}]')
        assert await second == ACCEPTED
        assert (inbox.breaches, inbox.notices) == ([], [])


async def test_after_a_stopped_case_without_an_answer() -> None:
    async with online() as (end, inbox, peer):
        begun = now()
        await stopped(end)
        second = started(end, "c2")
        await asyncio.sleep(TIMEOUT + 1)
        await peer.send('[3,"1-c2",{"status":"Accepted"}]')
        assert await second == ACCEPTED
        assert now() - begun < TIMEOUT + 2
        assert inbox.breaches == []


async def test_after_a_stopped_case_whose_connection_ends() -> None:
    async with online() as (end, _, peer):
        await stopped(end)
        second = started(end, "c2")
        await turns()
        await peer.close()
        assert await second == Lost("the connection was closed by the system under test (1000)")


async def test_stopped_at_the_moment_of_the_answer() -> None:
    async with online() as (end, inbox, peer):
        call = started(end)
        await heard(peer)
        await peer.send('[3,"1-c1",{"status":"Accepted"}]')
        while len(inbox.frames) < 2:
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        second = started(end, "c2")
        assert (await heard(peer))[1] == "1-c2"
        second.cancel()
