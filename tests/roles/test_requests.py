"""Requests of a raw station, right and wrong, and what is below the messages."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from testbay.scenario.values import NO_ANSWER, CallError, Payload, Received
from testbay.transport import frame

from .peers import heard, online, turns

RESET = {"type": "Hard"}
ACCEPTED = {"status": "Accepted"}
BEAT = '[2,"b","Heartbeat",{}]'
MASK = b"\x01\x02\x03\x04"


async def reset(end: Any, uid: str = "c1") -> Any:
    return await end.call(uid, "Reset", RESET)


def started(end: Any, uid: str = "c1") -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(reset(end, uid))


# -- calls of the peer ----------------------------------------------------------------------------


async def test_a_request_and_its_answer() -> None:
    async with online() as (end, inbox, peer):
        await peer.send(BEAT)
        await turns()
        message = inbox.messages[-1]
        assert (message.uid, message.action, message.payload) == ("b", "Heartbeat", {})
        assert (message.connection, message.servable) == (1, True)
        end.answer(message, {"currentTime": "2030-01-01T00:00:00Z"})
        assert await heard(peer) == [3, "b", {"currentTime": "2030-01-01T00:00:00Z"}]


async def test_the_case_chooses_callerror_or_nothing() -> None:
    async with online() as (end, inbox, peer):
        await peer.send(BEAT)
        await turns()
        end.answer(inbox.messages[-1], NO_ANSWER)
        end.answer(inbox.messages[-1], CallError("InternalError", "busy", {"for": 3}))
        assert await heard(peer) == [4, "b", "InternalError", "busy", {"for": 3}]


async def test_an_answer_nobody_waits_for_is_not_sent() -> None:
    async with online() as (end, inbox, peer):
        await peer.send(BEAT)
        await turns()
        message = inbox.messages[-1]
        end.answer(message, {"currentTime": "2030-01-01T00:00:00Z"})
        end.answer(message, {"currentTime": "2030-01-01T00:00:00Z"})
        end.answer(Received("x", "Heartbeat", Payload(), 1), {})
        end.answer(Received("b", "Heartbeat", Payload(), 99), {})
        await turns()
        assert [f[0] for f in inbox.frames] == ["in", "out"]
        await peer.send('[2,"later","Heartbeat",{}]')
        await peer.close()
        await turns()
        end.answer(inbox.all("Heartbeat")[-1], {"currentTime": "2030-01-01T00:00:00Z"})
        assert [f[0] for f in inbox.frames] == ["in", "out", "in"]


async def test_a_message_renamed_by_the_case_keeps_its_id_on_the_wire() -> None:
    async with online() as (end, inbox, peer):
        await peer.send(BEAT)
        await turns()
        message = inbox.messages[-1]
        message.uid, message.wire_uid = "b#2", "b"
        end.answer(message, {"currentTime": "2030-01-01T00:00:00Z"})
        assert (await heard(peer))[1] == "b"


@pytest.mark.parametrize(
    ("sent", "code", "where", "sentence"),
    [
        ('"Dance",{}', "NotImplemented", "Dance", "Dance is not a message of OCPP 1.6"),
        (
            '"Reset",{"type":"Hard"}',
            "NotSupported",
            "Reset",
            "Reset is for a csms to send, not for a station",
        ),
        ('"Authorize",{}', "OccurenceConstraintViolation", "Authorize", "idTag is missing"),
        (
            '"Authorize",{"idTag":7}',
            "TypeConstraintViolation",
            "Authorize",
            "idTag is 7, not a string",
        ),
        (
            '"Authorize",{"idTag":"123456789012345678901"}',
            "PropertyConstraintViolation",
            "Authorize",
            "idTag is longer than 20 characters (21)",
        ),
        (
            '"Heartbeat",{"now":1}',
            "FormationViolation",
            "Heartbeat",
            "now is not a field of this message",
        ),
    ],
)
async def test_a_request_that_cannot_be_served(
    sent: str, code: str, where: str, sentence: str
) -> None:
    async with online() as (end, inbox, peer):
        await peer.send(f'[2,"u",{sent}]')
        assert await heard(peer) == [4, "u", code, sentence, {}]
        assert inbox.breaches == [("u", where, (sentence,))]
        message = inbox.messages[-1]
        assert (message.action, message.servable) == (where, False)
        end.answer(message, {})
        await turns()
        assert [f[0] for f in inbox.frames] == ["in", "out"]


@pytest.mark.parametrize(
    ("sent", "code", "breach"),
    [
        (
            '[2,"u","Heartbeat"]',
            "FormationViolation",
            'the text \'[2,"u","Heartbeat"]\': a CALL has 4 elements, this one has 3; a CALL is '
            "[2, id, action, payload]",
        ),
        (
            '[2,"u","Heartbeat",{}',
            "FormationViolation",
            'the text \'[2,"u","Heartbeat",{}\': the message is not JSON (line 1, column 22: '
            "expecting ',' delimiter); a CALL is [2, id, action, payload]",
        ),
        (
            '["2","u","Heartbeat",{}]',
            None,
            'the text \'["2","u","Heartbeat",{}]\': the message type number is "2", which is none '
            "of 2 (CALL), 3 (CALLRESULT), 4 (CALLERROR); OCPP-J sends JSON arrays such as "
            "[2, id, action, payload]",
        ),
        (
            "x" * 100,
            None,
            f"the text '{'x' * 60}...': the message is not JSON (line 1, column 1: expecting "
            "value); OCPP-J sends JSON arrays such as [2, id, action, payload]",
        ),
    ],
)
async def test_a_text_that_is_no_message(sent: str, code: str | None, breach: str) -> None:
    async with online() as (_, inbox, peer):
        await peer.send(sent)
        await turns()
        assert inbox.breach() == breach
        assert inbox.frames[0] == ("in", sent, 1)
        assert [json.loads(f[1])[2] for f in inbox.frames[1:]] == ([code] if code else [])
        assert [m.action for m in inbox.messages] == ["@upgrade", "@connect"]


# -- ids of the peer ------------------------------------------------------------------------------


async def test_overlapping_requests_are_told_once() -> None:
    async with online() as (_, inbox, peer):
        for number in range(4):
            await peer.send(f'[2,"u{number}","Heartbeat",{{}}]')
            await asyncio.sleep(1.5)
        assert inbox.notices == [
            "Heartbeat came while an earlier request was unanswered for 1.5 s (OCPP-J advises "
            "against it)"
        ]
        assert len(inbox.all("Heartbeat")) == 4


async def test_the_same_request_again_is_a_retry() -> None:
    async with online() as (end, inbox, peer):
        for _ in range(2):
            await peer.send(BEAT)
            await turns()
            end.answer(inbox.messages[-1], {"currentTime": "2030-01-01T00:00:00Z"})
        assert inbox.notices == ["Heartbeat was sent again with the message id b"]
        assert inbox.breaches == []


async def test_another_request_with_an_id_that_was_used() -> None:
    async with online() as (end, inbox, peer):
        await peer.send(BEAT)
        await turns()
        end.answer(inbox.messages[-1], {"currentTime": "2030-01-01T00:00:00Z"})
        await heard(peer)
        await peer.send('[2,"b","Authorize",{"idTag":"T"}]')
        await turns()
        end.answer(inbox.messages[-1], {"idTagInfo": {"status": "Invalid"}})
        assert (await heard(peer))[:2] == [3, "b"]
        assert inbox.breach() == (
            "Authorize: the message id b was used before on this connection; every call needs an "
            "id of its own"
        )


async def test_another_request_with_an_id_that_is_open() -> None:
    async with online() as (end, inbox, peer):
        await peer.send(BEAT)
        await peer.send('[2,"b","Authorize",{"idTag":"T"}]')
        assert await heard(peer) == [
            4,
            "b",
            "GenericError",
            "a call with the id b is still open",
            {},
        ]
        assert inbox.breach() == "Authorize: a call with the id b is still open"
        beat, second = inbox.messages[2:]
        assert (beat.servable, second.servable) == (True, False)
        end.answer(beat, {"currentTime": "2030-01-01T00:00:00Z"})
        assert (await heard(peer))[:2] == [3, "b"]


# -- below the messages ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "sentence"),
    [
        (frame(1, b"\xff", mask=MASK), 1007, "text that is not UTF-8: invalid start byte"),
        (frame(1, b"[]"), 1002, "incorrect masking"),
        (frame(1, b"[]", mask=MASK, rsv=4), 1002, "reserved bits must be 0"),
        (frame(1, mask=MASK, length=2**23), 1009, "exceeds limit of 1048576 bytes"),
    ],
)
async def test_a_broken_frame_ends_the_connection(data: bytes, code: int, sentence: str) -> None:
    async with online() as (_, inbox, peer):
        peer.transport.write(data)
        await peer.wait_closed()
        assert peer.close_code == code
        breach = inbox.breach()
        assert breach.startswith("the WebSocket connection: ")
        assert sentence in breach
        assert breach.endswith(f"; the tool ends it with the close code {code} (RFC 6455)")
        closed = inbox.all("@closed")[0]
        assert (closed["code"], closed["by"]) == (code, "us")


async def test_a_binary_message_is_kept() -> None:
    async with online() as (_, inbox, peer):
        await peer.send(b"\x00\xff" + b"z" * 100)
        await turns()
        assert inbox.frames == [("in", "(binary) \x00\\xff" + "z" * 100, 1)]
        assert inbox.breach() == (
            f"a binary message: it has 102 bytes, '\\x00\\\\xff{'z' * 55}...'; OCPP-J sends text "
            "messages only"
        )


async def test_ping_and_pong() -> None:
    async with online() as (_, inbox, peer):
        await asyncio.wait_for(await peer.ping(b"hello"), 1)
        assert (inbox.frames, inbox.breaches, inbox.notices) == ([], [], [])
