"""A connection in memory behaves like one of websockets, as far as systems and wires need it."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK

from testbay.proof.pipe import pipe


async def read(end: Any) -> list[str]:
    return [text async for text in end]


async def test_texts_go_both_ways_in_order() -> None:
    near, far = pipe()
    await near.send("a", text=True)
    await near.send(["b", "c"])
    assert [await far.recv(), await far.recv()] == ["a", "bc"]
    waiting = asyncio.ensure_future(near.recv())
    await asyncio.sleep(1)
    await far.send("d")
    assert await waiting == "d"


async def test_what_stands_between_closes() -> None:
    near, far = pipe()
    await far.send("last")
    await far.close(1001, "going")
    assert await near.recv() == "last"
    with pytest.raises(ConnectionClosedOK):
        await near.recv()
    with pytest.raises(ConnectionClosed):
        await near.send("x")
    assert (near.close_code, near.close_reason) == (1001, "going")
    await near.close()
    assert near.close_code == 1001


async def test_the_system_closes_and_waits_for_what_is_on_its_way() -> None:
    near, far = pipe()
    await near.send("last")
    closing = asyncio.ensure_future(near.close(1001, "restart"))
    await asyncio.sleep(1)
    assert not closing.done()
    assert await read(far) == ["last"]
    assert far.close_code == 1001
    await far.wait_closed()
    with pytest.raises(ConnectionClosedOK):
        await far.send("x")
    await far.close()
    await closing


async def test_it_does_not_wait_for_ever() -> None:
    near, _ = pipe()
    begun = asyncio.get_running_loop().time()
    await near.close()
    assert asyncio.get_running_loop().time() - begun == 10


async def test_a_connection_that_is_lost() -> None:
    near, far = pipe()
    waiting = asyncio.ensure_future(near.recv())
    await asyncio.sleep(0.1)
    far.transport.abort()
    with pytest.raises(ConnectionClosedError):
        await waiting
    for end in (near, far):
        assert end.close_code == 1006
        with pytest.raises(ConnectionClosedError):
            await end.send("x")
        await end.close()
        await end.wait_closed()
