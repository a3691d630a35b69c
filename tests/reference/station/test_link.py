"""OCPP-J over one WebSocket: one open call, answers in order, nothing but valid frames."""

import asyncio
from contextlib import asynccontextmanager
from itertools import count

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from testbay.protocol.versions import OCPP16
from testbay_reference.link import (
    CONNECTION_LOST,
    INVALID_ANSWER,
    TIMED_OUT,
    Reply,
    Rpc,
    RpcError,
)

HEARTBEAT = {"currentTime": "2030-01-01T00:00:00Z"}


class Ends:
    """An Rpc at one end of a connection, bare frames at the other."""

    def __init__(self):
        self.notes = []
        self.received = asyncio.Queue()
        self.peer = None
        self.rpc = None

    async def frame(self):
        return orjson.loads(await asyncio.wait_for(self.received.get(), 5))

    async def say(self, *frame):
        await self.peer.send(orjson.dumps(frame).decode())


async def refuse(action, payload):
    return RpcError("NotSupported", action)


@asynccontextmanager
async def ends(on_call=refuse, timeout=10.0):
    both = Ends()

    async def handler(ws):
        both.peer = ws
        async for text in ws:
            both.received.put_nowait(text)

    async with (
        serve(handler, "csms.test", 80, subprotocols=["ocpp1.6"]),
        connect("ws://csms.test/CP1", subprotocols=["ocpp1.6"], proxy=None) as ws,
    ):
        ids = (f"m{number}" for number in count(1))
        both.rpc = Rpc(ws, OCPP16, on_call, timeout=timeout, ids=ids, note=both.notes.append)
        serving = asyncio.create_task(both.rpc.serve())
        await asyncio.sleep(0.1)
        yield both
        await both.rpc.close()
        await serving


async def test_calls_go_out_one_at_a_time_in_order():
    async with ends() as both:
        calls = [asyncio.create_task(both.rpc.call("Heartbeat", {})) for _ in range(3)]
        for number in (1, 2, 3):
            assert await both.frame() == [2, f"m{number}", "Heartbeat", {}]
            await asyncio.sleep(1)
            assert both.received.empty()
            await both.say(3, f"m{number}", HEARTBEAT)
        assert await asyncio.gather(*calls) == [HEARTBEAT] * 3


async def test_a_callerror_is_a_value():
    async with ends() as both:
        call = asyncio.create_task(both.rpc.call("Heartbeat", {}))
        await both.frame()
        await both.say(4, "m1", "InternalError", "no", {"a": 1})
        assert await call == RpcError("InternalError", "no", {"a": 1})


async def test_a_call_times_out_and_its_late_answer_is_ignored():
    async with ends(timeout=5.0) as both:
        answer = await both.rpc.call("Heartbeat", {})
        assert (answer.code, answer.local) == (TIMED_OUT, True)
        await both.say(3, "m1", HEARTBEAT)
        await both.say(3, "never-asked", HEARTBEAT)
        await asyncio.sleep(1)
        assert len([note for note in both.notes if "is not open" in note]) == 2
        both.rpc.timeout = 1.0
        begun = asyncio.get_running_loop().time()
        await both.rpc.call("Heartbeat", {})
        assert asyncio.get_running_loop().time() - begun == pytest.approx(1)


async def test_open_and_later_calls_are_lost_with_the_connection():
    async with ends() as both:
        calls = [asyncio.create_task(both.rpc.call("Heartbeat", {})) for _ in range(2)]
        await both.frame()
        both.peer.transport.abort()
        for call in calls:
            assert (await call).code == CONNECTION_LOST
        assert both.rpc.closed
        assert (await both.rpc.call("Heartbeat", {})).code == CONNECTION_LOST


async def test_answers_that_break_the_schema_are_errors_of_their_own():
    async with ends() as both:
        for answer in ({}, {"currentTime": 5}, HEARTBEAT | {"extra": 1}):
            call = asyncio.create_task(both.rpc.call("Heartbeat", {}))
            _, uid, *_ = await both.frame()
            await both.say(3, uid, answer)
            assert (await call).code == INVALID_ANSWER
        call = asyncio.create_task(both.rpc.call("Heartbeat", {}))
        _, uid, *_ = await both.frame()
        await both.say(3, uid, "text")
        assert (await call).code == INVALID_ANSWER


async def test_an_invalid_call_is_our_own_mistake():
    async with ends() as both:
        with pytest.raises(ValueError, match="invalid Heartbeat"):
            await both.rpc.call("Heartbeat", {"extra": 1})


async def test_calls_are_answered_in_the_order_of_arrival():
    async def slow(action, payload):
        await asyncio.sleep(3 if action == "ClearCache" else 0)
        return {"status": "Accepted"}

    async with ends(slow) as both:
        await both.say(2, "a", "ClearCache", {})
        await both.say(2, "b", "Reset", {"type": "Soft"})
        assert [(await both.frame())[1] for _ in range(2)] == ["a", "b"]


async def test_a_handler_may_call_while_it_is_asked():
    async def curious(action, payload):
        answer = await both.rpc.call("Heartbeat", {})
        assert answer == HEARTBEAT
        return {"status": "Accepted"}

    async with ends(curious) as both:
        await both.say(2, "a", "ClearCache", {})
        assert await both.frame() == [2, "m1", "Heartbeat", {}]
        await both.say(3, "m1", HEARTBEAT)
        assert await both.frame() == [3, "a", {"status": "Accepted"}]


async def test_what_follows_an_answer_comes_after_it():
    async def reply(action, payload):
        return Reply({"status": "Accepted"}, lambda: both.notes.append("then"))

    async with ends(reply) as both:
        await both.say(2, "a", "ClearCache", {})
        assert await both.frame() == [3, "a", {"status": "Accepted"}]
        assert both.notes == ["then"]


async def test_no_answer_at_all():
    async def silent(action, payload):
        return None

    async with ends(silent) as both:
        await both.say(2, "a", "ClearCache", {})
        await asyncio.sleep(1)
        assert both.received.empty()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[2,"a","Dance",{}]', "NotImplemented"),
        ('[2,"a","ClearCache",{}]', "NotSupported"),
        ('[2,"a","Reset",{"type":"Soft","why":1}]', "FormationViolation"),
        ('[2,"a","Reset",{}]', "OccurenceConstraintViolation"),
        ('[2,"a","Reset",[]]', "FormationViolation"),
        ('[2,"a","Reset"]', "FormationViolation"),
        ('[2,"a","Reset",{"type":NaN}]', "FormationViolation"),
    ],
)
async def test_calls_that_are_refused(text, code):
    async with ends() as both:
        await both.peer.send(text)
        frame = await both.frame()
        assert (frame[0], frame[1], frame[2]) == (4, "a", code)
        assert len(frame) == 5


@pytest.mark.parametrize("text", ["", "[]", "{}", '[7,"a",{}]', '[2,5,"Reset",{}]', b"[]", "x"])
async def test_what_cannot_be_answered_is_ignored(text):
    async with ends() as both:
        await both.peer.send(text)
        await asyncio.sleep(1)
        assert both.received.empty()
        assert len(both.notes) == 1
        await both.say(2, "a", "ClearCache", {})
        assert (await both.frame())[1] == "a"


async def test_an_id_that_is_being_handled_is_refused():
    async def slow(action, payload):
        await asyncio.sleep(3)
        return {"status": "Accepted"}

    async with ends(slow) as both:
        await both.say(2, "a", "ClearCache", {})
        await both.say(2, "a", "ClearCache", {})
        assert (await both.frame())[:3] == [4, "a", "GenericError"]
        assert (await both.frame())[:2] == [3, "a"]
        await both.say(2, "a", "ClearCache", {})
        assert (await both.frame())[:2] == [3, "a"]


@pytest.mark.parametrize("result", [{"status": "Perhaps"}, ZeroDivisionError()])
async def test_our_own_mistakes_are_internal_errors(result):
    async def wrong(action, payload):
        if isinstance(result, Exception):
            raise result
        return result

    async with ends(wrong) as both:
        await both.say(2, "a", "ClearCache", {})
        assert (await both.frame())[:3] == [4, "a", "InternalError"]
        assert "internal error" in both.notes[0]
