"""The tool as a server; the peers are the client of websockets and raw bytes."""

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidStatus

from testbay.clock import run
from testbay.transport import Accept, Limits, Refuse, Upgrade, Wire
from testbay.transport.events import (
    BadUpgrade,
    ClientHello,
    Closed,
    Connected,
    Opened,
    TextMessage,
    TransportEvent,
    UpgradeAnswered,
    UpgradeRequest,
)

from . import pki
from .peers import QUIET, Record, listening, raw_client, refuse, turns, upgrade_request
from .test_hello import hello_bytes

SHORT = Limits(open_timeout=5, close_timeout=3)


def url(port: int, path: str = "/CP1") -> str:
    return f"ws://csms.test:{port}{path}"


def echo(wire: Wire, event: TransportEvent) -> None:
    if isinstance(event, TextMessage):
        assert wire.send_text(event.text)


def seconds() -> float:
    return asyncio.get_running_loop().time()


async def test_a_session_from_the_first_byte_to_the_end() -> None:
    record = Record(echo)
    async with listening(record) as listener:
        async with connect(url(listener.port), subprotocols=["ocpp1.6"], **QUIET) as peer:
            assert peer.subprotocol == "ocpp1.6"
            await peer.send("hello")
            assert await peer.recv() == "hello"
        await record.wire.wait_closed()
    assert record.names() == [
        "Connected",
        "UpgradeRequest",
        "UpgradeAnswered",
        "Opened",
        "TextMessage",
        "Closed",
    ]
    assert record.one(Connected) == Connected("127.0.0.1:50000")
    assert record.one(Closed) == Closed(1000, "", "peer", clean=True)
    assert seconds() == 0.0


async def test_wires_are_numbered_from_1_on_every_loop() -> None:
    record = Record()
    async with listening(record) as listener:
        for _ in range(3):
            async with connect(url(listener.port), **QUIET):
                pass
    assert list(record.wires) == [1, 2, 3]


async def test_the_wire_knows_what_was_agreed_on() -> None:
    record = Record()
    async with listening(record) as listener:
        async with connect(url(listener.port, "/a%20b"), subprotocols=["ocpp1.6"], **QUIET):
            wire = record.wire
            assert (wire.path, wire.subprotocol) == ("/a%20b", "ocpp1.6")
            assert wire.is_open
            assert wire.is_server
            assert listener.wires == (wire,)
        await wire.wait_closed()
        assert listener.wires == ()
        assert not wire.is_open


async def test_headers_of_the_answer() -> None:
    record = Record()
    async with (
        listening(record, decide=lambda _: Accept(None, (("X-Bay", "7"),))) as listener,
        connect(url(listener.port), subprotocols=["ocpp1.6"], **QUIET) as peer,
    ):
        assert peer.subprotocol is None
        assert peer.response is not None
        assert peer.response.headers["X-Bay"] == "7"
        assert peer.response.headers["Date"] == "Tue, 01 Jan 2030 00:00:00 GMT"
    assert record.one(Opened).subprotocol is None


async def test_the_decision_can_depend_on_the_request() -> None:
    def decide(request: UpgradeRequest) -> Upgrade:
        if request.authorization is None:
            return refuse(request)
        return Accept(request.subprotocols[-1])

    record = Record()
    async with listening(record, decide=decide) as listener:
        with pytest.raises(InvalidStatus) as caught:
            await connect(url(listener.port), **QUIET)
        assert caught.value.response.headers["WWW-Authenticate"] == 'Basic realm="testbay"'
        with_password = url(listener.port).replace("ws://", "ws://CP1:secret@")
        async with connect(with_password, subprotocols=["ocpp2.0.1", "ocpp1.6"], **QUIET) as peer:
            assert peer.subprotocol == "ocpp1.6"
    assert record.all(UpgradeRequest)[1].authorization == "Basic Q1AxOnNlY3JldA=="


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
async def test_refusals_by_status(status: int) -> None:
    record = Record()
    async with listening(record, decide=lambda _: Refuse(status, "no")) as listener:
        with pytest.raises(InvalidStatus) as caught:
            await connect(url(listener.port), **QUIET)
        assert caught.value.response.status_code == status
        assert caught.value.response.body == b"no"
        await record.wire.wait_closed()
    assert record.names() == ["Connected", "UpgradeRequest", "UpgradeAnswered", "Closed"]
    assert record.one(UpgradeAnswered).status == status
    assert record.one(Closed) == Closed(None, f"refused with status {status}", "us", clean=False)
    assert seconds() == 0.0


async def test_a_wire_can_be_dropped_instead_of_answered() -> None:
    def drop(wire: Wire, event: TransportEvent) -> None:
        if isinstance(event, UpgradeRequest):
            wire.abort("dropped on purpose")

    record = Record(drop)
    async with listening(record) as listener:
        peer = await raw_client(listener.port)
        peer.send(upgrade_request())
        await peer.lost
        assert not peer.received
    assert record.one(Closed) == Closed(None, "dropped on purpose", "us", clean=False)


async def test_compression_is_agreed_on_unless_switched_off() -> None:
    options = QUIET | {"compression": "deflate"}
    record = Record(echo)
    async with listening(record) as listener:
        async with connect(url(listener.port), **options) as peer:
            await peer.send("x" * 5000)
            assert await peer.recv() == "x" * 5000
        listener.deflate = False
        async with connect(url(listener.port), **options) as peer:
            await peer.send("x" * 5000)
            assert await peer.recv() == "x" * 5000
    assert [opened.deflate for opened in record.all(Opened)] == [True, False]


# ---- peers that are no clients ------------------------------------------------------------------


@pytest.mark.parametrize("said", [b"", b"GET / HT"])
async def test_a_request_that_never_ends(said: bytes) -> None:
    record = Record()
    async with listening(record, limits=SHORT) as listener:
        peer = await raw_client(listener.port)
        peer.send(said)
        await peer.lost
        assert seconds() == 5.0
    assert record.names() == ["Connected", "Closed"]
    why = "no complete upgrade request within 5 s"
    assert record.one(Closed) == Closed(None, why, "us", clean=False)


@pytest.mark.parametrize("said", [b"", b"GET / HT"])
async def test_a_peer_that_leaves_before_its_request(said: bytes) -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await raw_client(listener.port)
        peer.send(said)
        peer.transport.close()
        await turns()
    assert record.names() == ["Connected", "Closed"]
    why = "the connection ended before a complete upgrade request"
    assert record.one(Closed) == Closed(None, why, "peer", clean=False)


@pytest.mark.parametrize("said", [b"\x00\x01\x02\r\n", b"EHLO csms.test\r\n", b"\x80" * 20_000])
async def test_garbage(said: bytes) -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await raw_client(listener.port)
        peer.send(said)
        await peer.lost
    assert record.names() == ["Connected", "BadUpgrade", "Closed"]
    closed = record.one(Closed)
    assert (closed.code, closed.by, closed.clean) == (None, "us", False)
    assert closed.reason == record.one(BadUpgrade).reason


async def test_a_browser_is_told_to_upgrade() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await raw_client(listener.port)
        peer.send(b"GET / HTTP/1.1\r\nHost: csms.test\r\n\r\n")
        await peer.lost
        assert peer.received.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
    assert record.names() == [
        "Connected",
        "UpgradeRequest",
        "BadUpgrade",
        "UpgradeAnswered",
        "Closed",
    ]


@pytest.mark.parametrize("size", [10_000, 100, 1])
async def test_tls_at_a_plain_port(size: int) -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await raw_client(listener.port)
        data = hello_bytes(pki.client())
        for at in range(0, len(data), size):
            peer.send(data[at : at + size])
        await peer.lost
    assert record.names() == ["Connected", "ClientHello", "BadUpgrade", "Closed"]
    assert record.one(ClientHello).server_name == "csms.test"
    assert "the client wants wss://" in record.one(BadUpgrade).reason
    assert record.one(Closed).by == "us"


async def test_bytes_that_only_look_like_tls() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await raw_client(listener.port)
        peer.send(b"\x16\x03\x01\x00\x04\x02\x00\x00\x00")
        peer.send(b"more")
        await peer.lost
    assert record.names() == ["Connected", "BadUpgrade", "Closed"]


async def test_a_refused_peer_that_stays_is_dropped() -> None:
    record = Record()
    async with listening(record, decide=refuse, limits=SHORT) as listener:
        peer = await raw_client(listener.port)
        peer.keep_open = True
        peer.send(upgrade_request())
        await peer.eof.wait()
        assert seconds() == 0.0
        await record.wire.wait_closed()
        assert seconds() == 3.0
        peer.transport.abort()
    assert record.one(Closed).reason == "refused with status 401"


# ---- the listener itself ------------------------------------------------------------------------


async def test_connections_can_be_refused_for_a_while() -> None:
    record = Record()
    async with listening(record) as listener:
        listener.refuse(True)
        with pytest.raises((OSError, InvalidMessage)):
            await connect(url(listener.port), **QUIET)
        listener.refuse(False)
        async with connect(url(listener.port), **QUIET):
            pass
    first = [type(event).__name__ for event in record.of(1)]
    assert first == ["Connected", "Closed"]
    why = "connections are refused at present"
    assert record.of(1)[1] == Closed(None, why, "us", clean=False)
    assert record.one(Opened)


async def test_open_connections_survive_a_refusal_of_others() -> None:
    record = Record(echo)
    async with listening(record) as listener, connect(url(listener.port), **QUIET) as peer:
        listener.refuse(True)
        await peer.send("still here")
        assert await peer.recv() == "still here"


async def test_closing_ends_all_connections_and_frees_the_port() -> None:
    record = Record()
    async with listening(record) as listener:
        first = await connect(url(listener.port), **QUIET)
        second = await connect(url(listener.port), **QUIET)
        waiting = await raw_client(listener.port)
        await turns(1)
        await listener.close(1012, "back soon")
        for peer in (first, second):
            await peer.wait_closed()
            assert (peer.close_code, peer.close_reason) == (1012, "back soon")
        await waiting.lost
        assert listener.wires == ()
        with pytest.raises(ConnectionRefusedError):
            await connect(url(listener.port), **QUIET)
        async with (
            listening(record, port=listener.port) as again,
            connect(url(again.port), **QUIET),
        ):
            pass
    assert [closed.clean for closed in record.all(Closed)] == [False, True, True, True]


async def test_a_port_in_use_is_an_error() -> None:
    async with listening(Record()) as listener:
        with pytest.raises(OSError, match="in use"):
            async with listening(Record(), port=listener.port):
                pass


async def test_a_handler_that_raises_ends_its_connection_only() -> None:
    problems: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: problems.append(repr(context["exception"]))
    )

    def stumble(wire: Wire, event: TransportEvent) -> None:
        if isinstance(event, TextMessage) and event.text == "stumble":
            raise LookupError("no such key")
        echo(wire, event)

    record = Record(stumble)
    async with (
        listening(record) as listener,
        connect(url(listener.port), **QUIET) as one,
        connect(url(listener.port), **QUIET) as other,
    ):
        await one.send("stumble")
        await one.wait_closed()
        await other.send("hello")
        assert await other.recv() == "hello"
    assert problems == ["LookupError('no such key')"]
    closed = record.all(Closed)[0]
    assert closed == Closed(1006, "this tool failed: LookupError", "us", clean=False)


def test_two_runs_tell_the_same() -> None:
    async def session() -> list[str]:
        record = Record(echo)
        async with listening(record) as listener, connect(url(listener.port), **QUIET) as peer:
            for number in range(20):
                await peer.send(f"message {number}")
                await asyncio.sleep(60)
        return [repr(event) for _, event in record.events]

    first, second = run(session(), virtual=True), run(session(), virtual=True)
    assert len(first) == 25
    assert first == second
