"""A connection in trouble: too much, too big, cut off, silent."""

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosedError

from testbay.transport import Limits, Wire, dial, frame
from testbay.transport.events import (
    BadMessage,
    Closed,
    Opened,
    TextMessage,
    TransportEvent,
)

from .peers import (
    QUIET_SERVER,
    Record,
    echo,
    listening,
    opened,
    opened_raw,
    raw_client,
    seconds,
    turns,
)

MASK = b"\x01\x02\x03\x04"
SHORT = Limits(open_timeout=5, close_timeout=3, max_unsent=2**20)


# ---- much and big -------------------------------------------------------------------------------


async def test_a_burst_of_10_000_messages_in_both_directions() -> None:
    record = Record(echo)
    async with listening(record) as listener:
        peer = await opened(listener.port)
        sent = [f"[2,{number},{'x' * 200}]" for number in range(10_000)]

        async def read() -> list[str]:
            return [str(await peer.recv()) for _ in sent]

        reading = asyncio.create_task(read())
        for text in sent:
            await peer.send(text)
        assert await reading == sent
        await peer.close()
        await record.wire.wait_closed()
    assert [message.text for message in record.all(TextMessage)] == sent
    assert seconds() == 0.0


async def test_a_burst_from_the_tool_goes_out_in_order() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened(listener.port)
        for number in range(10_000):
            assert record.wire.send_text(str(number))
        assert [await peer.recv() for _ in range(10_000)] == [str(n) for n in range(10_000)]
        await peer.close()


async def test_a_message_of_a_megabyte_is_taken() -> None:
    record = Record(echo)
    async with listening(record) as listener:
        peer = await opened(listener.port)
        await peer.send("x" * 2**20)
        assert await peer.recv() == "x" * 2**20
        await peer.close()


async def test_8_megabytes_are_refused_without_being_kept() -> None:
    kept: list[int] = []

    def watch(wire: Wire, event: TransportEvent) -> None:
        if isinstance(event, BadMessage):
            kept.append(len(wire._websocket._protocol.reader.buffer))

    record = Record(watch)
    async with listening(record) as listener:
        peer = await opened(listener.port)
        await peer.send("x" * 2**23)
        with pytest.raises(ConnectionClosedError):
            await peer.recv()
        assert peer.close_code == 1009
        await record.wire.wait_closed()
        assert not record.wire._websocket._protocol.reader.buffer
    bad = record.one(BadMessage)
    assert bad.code == 1009
    assert "8388608 bytes" in bad.reason
    assert kept[0] <= 2**18
    assert record.one(Closed) == Closed(1009, bad.reason, "us", clean=False)
    assert seconds() == 0.0


async def test_a_client_refuses_big_messages_too() -> None:
    async def talk(connection: ServerConnection) -> None:
        await connection.send("x" * 2001)
        await connection.wait_closed()
        codes.append(connection.close_code)

    codes: list[int | None] = []
    record = Record()
    async with serve(talk, "127.0.0.1", 0, **QUIET_SERVER) as server:
        port = server.sockets[0].getsockname()[1]
        wire = await dial(record, f"ws://csms.test:{port}/", max_size=2000)
        assert isinstance(wire, Wire)
        closed = await wire.wait_closed()
        assert (closed.code, closed.by) == (1009, "us")
        await turns()
    assert codes == [1009]
    assert record.one(BadMessage).code == 1009


async def test_a_peer_that_never_reads() -> None:
    record = Record()
    async with listening(record, limits=SHORT) as listener:
        peer = await opened_raw(listener.port)
        peer.transport.pause_reading()
        sent = 0
        while record.wire.send_text("x" * 10_000):
            sent += 1
            assert sent < 1000, "nothing bounds what waits"
        assert sent > 100
        closed = await record.wire.wait_closed()
        peer.transport.abort()
    why = "the peer does not read: more than 1 MiB wait to be sent"
    assert closed == Closed(1006, why, "us", clean=False)


async def test_a_peer_that_never_reads_cannot_keep_a_closing_connection() -> None:
    record = Record()
    async with listening(record, limits=SHORT) as listener:
        peer = await opened_raw(listener.port)
        peer.transport.pause_reading()
        for _ in range(80):
            record.wire.send_text("x" * 10_000)
        record.wire.close()
        closed = await record.wire.wait_closed()
        peer.transport.abort()
    assert closed == Closed(1000, "no answer to the close frame within 3 s", "us", clean=False)
    assert seconds() == 3.001


# ---- broken -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(1, b"\xff", mask=MASK), 1007),
        (frame(1, b"no mask"), 1002),
        (frame(5, b"?", mask=MASK), 1002),
        (frame(1, b"?", rsv=2, mask=MASK), 1002),
        (frame(0, b"?", mask=MASK), 1002),
        (frame(8, b"\x00\x01", mask=MASK), 1002),
    ],
)
async def test_wrong_bytes_of_a_peer(data: bytes, code: int) -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened_raw(listener.port)
        peer.send(data)
        await peer.lost
        assert int.from_bytes(peer.received[2:4], "big") == code
    assert record.names()[-2:] == ["BadMessage", "Closed"]
    assert record.one(BadMessage).code == code
    closed = record.one(Closed)
    assert (closed.code, closed.by, closed.clean) == (code, "us", False)
    assert closed.reason == record.one(BadMessage).reason


async def test_messages_before_a_wrong_one_can_still_be_answered() -> None:
    record = Record(echo)
    async with listening(record) as listener:
        peer = await opened_raw(listener.port)
        peer.send(frame(1, b"good", mask=MASK) + frame(1, b"\xff", mask=MASK))
        await peer.lost
        assert peer.received.startswith(frame(1, b"good"))
    assert record.names()[-3:] == ["TextMessage", "BadMessage", "Closed"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "the connection ended without a close frame"),
        (frame(1, b"hello", mask=MASK)[:-1], "the connection ended in the middle of a message"),
        (frame(1, b"a", fin=False, mask=MASK), "the connection ended in the middle of a message"),
    ],
)
async def test_a_peer_that_just_leaves(said: bytes, why: str) -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened_raw(listener.port)
        peer.send(said)
        peer.transport.close()
        assert await record.wire.wait_closed() == Closed(1006, why, "peer", clean=False)


async def test_what_came_before_the_end_is_told_though_sending_fails() -> None:
    # On a socket of the same process sending fails as soon as the peer has closed, and asyncio
    # then reads no more.
    record = Record()
    async with listening(record) as listener:
        peer = await opened_raw(listener.port)
        sock = peer.transport.get_extra_info("socket")
        with sock.dup() as same:
            peer.transport.abort()
            await turns(1)
            same.send(frame(1, b"last words", mask=MASK) + frame(8, b"\x03\xe9", mask=MASK))
            record.wire._transport.pause_reading()  # type: ignore[union-attr]
        assert record.wire.send_text("hello?")
        closed = await record.wire.wait_closed()
    assert record.one(TextMessage).text == "last words"
    assert closed == Closed(1001, "", "peer", clean=True)


# ---- closing ------------------------------------------------------------------------------------


async def test_we_close() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened(listener.port)
        record.wire.close(1001, "restart")
        assert not record.wire.send_text("too late")
        await peer.wait_closed()
        assert (peer.close_code, peer.close_reason) == (1001, "restart")
        assert await record.wire.wait_closed() == Closed(1001, "restart", "us", clean=True)
        record.wire.close()
        record.wire.abort()
        assert not record.wire.send_raw(b"x")
        assert not record.wire.ping()


async def test_the_peer_closes_with_its_own_code() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened(listener.port)
        await peer.close(4321, "enough")
        assert await record.wire.wait_closed() == Closed(4321, "enough", "peer", clean=True)


async def test_messages_after_our_close_frame_are_still_told() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened_raw(listener.port)
        record.wire.close()
        peer.send(frame(1, b"in flight", mask=MASK))
        peer.send(frame(8, b"\x03\xe8", mask=MASK))
        await peer.lost
        assert await record.wire.wait_closed() == Closed(1000, "", "us", clean=True)
    assert record.one(TextMessage).text == "in flight"


async def test_a_close_frame_that_is_never_answered() -> None:
    record = Record()
    async with listening(record, limits=SHORT) as listener:
        peer = await opened_raw(listener.port)
        record.wire.close(1000, "bye")
        closed = await record.wire.wait_closed()
        assert closed == Closed(1000, "no answer to the close frame within 3 s", "us", clean=False)
        assert seconds() == 3.001
        await peer.lost


async def test_a_close_frame_answered_by_hanging_up() -> None:
    record = Record()
    async with listening(record, limits=SHORT) as listener:
        peer = await opened_raw(listener.port)
        record.wire.close()
        await turns(1)
        peer.transport.close()
        closed = await record.wire.wait_closed()
    why = "the connection ended without an answer to the close frame"
    assert closed == Closed(1000, why, "us", clean=False)


async def test_a_peer_that_closes_but_stays_connected() -> None:
    record = Record()
    async with listening(record, limits=SHORT) as listener:
        peer = await opened_raw(listener.port)
        peer.keep_open = True
        peer.send(frame(8, b"\x03\xe8bye", mask=MASK))
        await peer.eof.wait()
        assert await record.wire.wait_closed() == Closed(1000, "bye", "peer", clean=True)
        assert seconds() == 3.001
        peer.transport.abort()


async def test_a_server_that_closes_but_stays_connected() -> None:
    async def hold(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        await asyncio.sleep(60)

    record = Record()
    async with serve(hold, "127.0.0.1", 0, **QUIET_SERVER) as server:
        port = server.sockets[0].getsockname()[1]
        wire = await dial(record, f"ws://csms.test:{port}/", limits=SHORT)
        assert isinstance(wire, Wire)
        wire.close()
        closed = await wire.wait_closed()
    assert closed == Closed(1000, "no answer to the close frame within 3 s", "us", clean=False)


async def test_closing_before_the_opening_just_ends() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await raw_client(listener.port)
        await turns(1)
        record.wire.close(1000)
        await peer.lost
        assert not peer.received
    why = "ended by us before it was open"
    assert record.one(Closed) == Closed(None, why, "us", clean=False)


@pytest.mark.parametrize("reset", [False, True])
async def test_a_connection_cut_off_by_us(reset: bool) -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await opened(listener.port)
        record.wire.send_text("last words")
        record.wire.abort("power cut", reset=reset)
        assert not record.wire.is_open
        assert not record.wire.send_text("too late")
        assert await peer.recv() == "last words"
        with pytest.raises(ConnectionClosedError):
            await peer.recv()
        assert peer.close_code == 1006
        closed = await record.wire.wait_closed()
    assert closed == Closed(1006, "power cut", "us", clean=False)


async def test_a_connection_cut_off_by_the_handler_tells_nothing_more() -> None:
    def cut(wire: Wire, event: TransportEvent) -> None:
        if isinstance(event, TextMessage):
            wire.send_text("heard")
            wire.abort()

    record = Record(cut)
    async with listening(record) as listener:
        peer = await opened_raw(listener.port)
        peer.send(frame(1, b"one", mask=MASK) + frame(1, b"two", mask=MASK))
        await peer.lost
        assert peer.received == frame(1, b"heard")
    assert [event.text for event in record.all(TextMessage)] == ["one"]
    assert record.one(Closed).reason == "aborted"


async def test_a_handler_can_close_when_the_connection_opens() -> None:
    def close(wire: Wire, event: TransportEvent) -> None:
        if isinstance(event, Opened):
            wire.send_text("welcome and goodbye")
            wire.close(1008, "not today")

    record = Record(close)
    async with listening(record) as listener:
        peer = await opened(listener.port)
        assert await peer.recv() == "welcome and goodbye"
        await peer.wait_closed()
        assert peer.close_code == 1008
        await record.wire.wait_closed()
    assert record.one(Closed) == Closed(1008, "not today", "us", clean=True)
