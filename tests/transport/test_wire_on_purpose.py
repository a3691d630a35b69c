"""Wrong things that the tool does on purpose: pings, frames, bytes; and what chance does."""

import asyncio
import random

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from testbay.transport import Limits, Wire, frame
from testbay.transport.events import (
    Closed,
    PingReceived,
    PongReceived,
    TextMessage,
    TransportEvent,
)

from .peers import (
    QUIET,
    Record,
    echo,
    listening,
    opened,
    raw_client,
    seconds,
    turns,
    upgrade_request,
)

MASK = b"\x01\x02\x03\x04"
SHORT = Limits(open_timeout=5, close_timeout=3, max_unsent=2**20)


# ---- on purpose ---------------------------------------------------------------------------------


async def test_pings_both_ways() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened(listener.port)
        await asyncio.wait_for(await peer.ping(b"1"), 1)
        assert record.wire.ping(b"2")
        await turns(1)
        assert record.all(PingReceived) == [PingReceived(b"1")]
        assert record.all(PongReceived) == [PongReceived(b"2")]
        await peer.close()


async def test_pings_left_unanswered() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened(listener.port)
        record.wire.set_auto_pong(False)
        waiter = await peer.ping(b"1")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(waiter), 60)
        assert record.one(PingReceived).data == b"1"
        assert record.wire.pong(b"1")
        await asyncio.wait_for(waiter, 1)
        await peer.close()


async def test_a_peer_whose_pings_stay_unanswered_gives_up() -> None:
    record = Record()
    async with listening(record) as listener:
        address = f"ws://csms.test:{listener.port}/"
        options = QUIET | {"ping_interval": 20, "ping_timeout": 20, "close_timeout": 5}
        peer = await connect(address, **options)
        record.wire.set_auto_pong(False)
        closed = await record.wire.wait_closed()
        await peer.wait_closed()
    assert (closed.code, closed.by) == (1011, "peer")
    assert seconds() == 40.0


async def test_wrong_frames_on_purpose() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened(listener.port)
        record.wire.send_text("before")
        assert record.wire.send_raw(frame(3, b"what is this?"))
        assert await peer.recv() == "before"
        with pytest.raises(ConnectionClosedError):
            await peer.recv()
        closed = await record.wire.wait_closed()
    assert closed == Closed(1002, "invalid opcode", "peer", clean=True)


async def test_raw_bytes_keep_their_place_among_messages() -> None:
    def answer(wire: Wire, event: TransportEvent) -> None:
        if isinstance(event, TextMessage):
            wire.send_text("1")
            wire.send_raw(frame(1, b"2"))
            wire.send_text("3")
            wire.abort()

    async with listening(Record(answer)) as listener:
        peer = await opened(listener.port)
        await peer.send("go")
        assert [await peer.recv() for _ in range(3)] == ["1", "2", "3"]


async def test_half_a_message_on_purpose() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened(listener.port)
        record.wire.send_raw(frame(1, b"hello")[:-2])
        record.wire.abort("cut in mid-message")
        with pytest.raises(ConnectionClosedError):
            await peer.recv()


async def test_text_that_is_not_utf8_on_purpose() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened(listener.port)
        record.wire.send_raw(frame(1, b"\xff"))
        with pytest.raises(ConnectionClosedError):
            await peer.recv()
        closed = await record.wire.wait_closed()
    assert (closed.code, closed.by) == (1007, "peer")


@pytest.mark.parametrize("seed", range(20))
async def test_random_bytes_do_no_harm(seed: int) -> None:
    dice = random.Random(seed)
    record = Record(echo)
    async with listening(record, limits=SHORT) as listener:
        for opening in (b"", upgrade_request()):
            peer = await raw_client(listener.port)
            peer.send(opening)
            for _ in range(10):
                head = bytes(
                    [dice.choice((0x81, 0x82, 0x01, 0x80, 0x88, 0x89, dice.randrange(256)))]
                )
                peer.send(head + bytes([dice.choice((0x80, 0x85, 0xFE))]) + dice.randbytes(40))
            await turns(1)
            peer.transport.close()
        await turns()
    assert len(record.all(Closed)) == 2


async def test_a_hundred_connections_at_once() -> None:
    record = Record(echo)
    async with listening(record) as listener:
        peers = [await opened(listener.port) for _ in range(100)]
        for number, peer in enumerate(peers):
            await peer.send(str(number))
        assert [await peer.recv() for peer in peers] == [str(number) for number in range(100)]
        for peer in peers:
            await peer.close()
    closed = record.all(Closed)
    assert len(closed) == 100
    assert all(one.clean for one in closed)
