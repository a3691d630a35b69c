"""The tool as a client; the peers are the server of websockets and raw bytes."""

import asyncio
from http import HTTPStatus

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from testbay.transport import DialFailed, Limits, Wire, dial
from testbay.transport.events import (
    BadUpgrade,
    Closed,
    Opened,
    TextMessage,
    UpgradeAnswered,
)

from . import pki
from .peers import QUIET_SERVER, Raw, Record, raw_server


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


def url(server: Server, path: str = "/CP1") -> str:
    return f"ws://csms.test:{server.sockets[0].getsockname()[1]}{path}"


def seconds() -> float:
    return asyncio.get_running_loop().time()


async def dialled(record: Record, address: str, **options: object) -> Wire:
    wire = await dial(record, address, **options)  # type: ignore[arg-type]
    assert isinstance(wire, Wire), wire
    return wire


async def failed(record: Record, address: str, **options: object) -> DialFailed:
    outcome = await dial(record, address, **options)  # type: ignore[arg-type]
    assert isinstance(outcome, DialFailed)
    return outcome


async def test_a_session_from_the_first_byte_to_the_end() -> None:
    record = Record()
    async with serve(echo, "127.0.0.1", 0, subprotocols=["ocpp1.6"], **QUIET_SERVER) as server:
        wire = await dialled(record, url(server), subprotocols=["ocpp2.0.1", "ocpp1.6"])
        assert (wire.path, wire.subprotocol, wire.is_open) == ("/CP1", "ocpp1.6", True)
        assert not wire.is_server
        assert wire.send_text("hello")
        assert wire.send_binary(b"\x00")
        await asyncio.sleep(1)
        wire.close(1000, "done")
        assert await wire.wait_closed() == Closed(1000, "done", "us", clean=True)
    assert record.names() == [
        "Connected",
        "UpgradeAnswered",
        "Opened",
        "TextMessage",
        "BinaryMessage",
        "Closed",
    ]
    assert seconds() == 1.0


async def test_headers_and_password() -> None:
    seen: list[Request] = []

    def look(connection: ServerConnection, request: Request) -> None:
        seen.append(request)

    async with serve(echo, "127.0.0.1", 0, process_request=look, **QUIET_SERVER) as server:
        address = url(server, "/a/b?c=d").replace("ws://", "ws://CP1:p%40ss@")
        wire = await dialled(Record(), address, headers=(("X-One", "1"), ("X-One", "2")))
        wire.close()
        await wire.wait_closed()
        replaced = (("Authorization", "Basic other"), ("Host", "elsewhere"))
        wire = await dialled(Record(), address, headers=replaced)
        wire.close()
        await wire.wait_closed()
    first, second = seen
    assert first.path == "/a/b?c=d"
    assert first.headers["Authorization"] == "Basic Q1AxOnBAc3M="
    assert first.headers.get_all("X-One") == ["1", "2"]
    assert second.headers.get_all("Authorization") == ["Basic other"]
    assert second.headers.get_all("Host") == ["elsewhere"]


@pytest.mark.parametrize("status", [401, 403, 404, 503])
async def test_a_refusal_by_status(status: int) -> None:
    def refuse(connection: ServerConnection, _: Request) -> Response:
        return connection.respond(HTTPStatus(status), "no entry")

    record = Record()
    async with serve(echo, "127.0.0.1", 0, process_request=refuse, **QUIET_SERVER) as server:
        failure = await failed(record, url(server))
    assert (failure.stage, failure.by, failure.status) == ("upgrade", "peer", status)
    assert failure.reason == f"refused with status {status}"
    assert failure.answer is not None
    assert failure.answer.body == "no entry"
    assert record.names() == ["Connected", "UpgradeAnswered", "Closed"]
    assert seconds() == 0.0


async def test_a_refused_connection_is_not_kept_open() -> None:
    answer = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"  # and keeps it alive
    async with raw_server(answer) as (port, peers):
        failure = await failed(Record(), f"ws://csms.test:{port}/")
        assert failure.status == 401
        await peers[0].lost
    assert seconds() == 0.0


async def test_a_subprotocol_that_was_not_offered_is_not_accepted() -> None:
    def select(connection: ServerConnection, _: object) -> str:
        return "ocpp9"

    record = Record()
    async with serve(echo, "127.0.0.1", 0, select_subprotocol=select, **QUIET_SERVER) as server:
        failure = await failed(record, url(server), subprotocols=["ocpp1.6"])
    assert (failure.stage, failure.by, failure.status) == ("upgrade", "us", 101)
    assert failure.reason == "unsupported subprotocol: ocpp9"
    assert record.one(UpgradeAnswered).subprotocol == "ocpp9"
    assert record.one(BadUpgrade).reason == failure.reason


async def test_a_server_without_subprotocol() -> None:
    record = Record()
    async with serve(echo, "127.0.0.1", 0, **QUIET_SERVER) as server:
        wire = await dialled(record, url(server), subprotocols=["ocpp1.6"])
        assert wire.subprotocol is None
        wire.close()
        await wire.wait_closed()


async def test_compression_only_if_offered_and_agreed_on() -> None:
    record = Record()
    options = QUIET_SERVER | {"compression": "deflate"}
    async with serve(echo, "127.0.0.1", 0, **options) as server:
        for deflate in (True, False):
            wire = await dialled(record, url(server), deflate=deflate)
            wire.send_text("x" * 5000)
            await asyncio.sleep(1)
            wire.close()
            await wire.wait_closed()
    assert [opened.deflate for opened in record.all(Opened)] == [True, False]
    assert record.all(TextMessage) == [TextMessage("x" * 5000)] * 2


async def test_nobody_listens() -> None:
    record = Record()
    failure = await failed(record, "ws://csms.test:9/CP1")
    assert failure == DialFailed("connect", "connection refused", "peer")
    assert failure.status is None
    assert record.events == []


async def test_a_server_that_never_answers() -> None:
    record = Record()
    async with raw_server() as (port, _):
        failure = await failed(record, f"ws://csms.test:{port}/", open_timeout=4)
    assert failure == DialFailed("upgrade", "not open within 4 s", "peer")
    assert record.one(Closed) == Closed(None, "not open within 4 s", "us", clean=False)
    assert seconds() == 4.0


async def test_a_server_that_hangs_up() -> None:
    record = Record()
    async with raw_server(hang_up=True) as (port, _):
        failure = await failed(record, f"ws://csms.test:{port}/")
    why = "the connection ended before a complete answer to the upgrade request"
    assert failure == DialFailed("upgrade", why, "peer")
    assert record.one(Closed) == Closed(None, why, "peer", clean=False)


async def test_a_refusal_without_length() -> None:
    async with raw_server(b"HTTP/1.1 403 Forbidden\r\n\r\ngo away", hang_up=True) as (port, _):
        failure = await failed(Record(), f"ws://csms.test:{port}/")
    assert failure.status == 403
    assert failure.answer is not None
    assert failure.answer.body == "go away"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"220 ftp.test ready\r\n", "unsupported protocol"),
        (b"\x00" * 9000, "no more than 8192 bytes"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "the server wants wss://"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "Connection"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: d3Jvbmc=\r\n\r\n",
            "invalid Sec-WebSocket-Accept header",
        ),
    ],
)
async def test_garbage_for_an_answer(said: bytes, reason: str) -> None:
    record = Record()
    async with raw_server(said) as (port, peers):
        failure = await failed(record, f"ws://csms.test:{port}/", limits=Limits(close_timeout=2))
        await peers[0].lost
    assert (failure.stage, failure.by) == ("upgrade", "us")
    assert reason in failure.reason
    assert reason in record.one(BadUpgrade).reason


@pytest.mark.parametrize(
    "address", ["http://csms.test/", "csms.test", "ws://csms.test:99999999/", "ws:///x"]
)
async def test_urls_that_are_none(address: str) -> None:
    with pytest.raises(ValueError, match="not the URL of a WebSocket"):
        await dial(Record(), address)


async def test_tls_settings_must_fit_the_url() -> None:
    with pytest.raises(ValueError, match="needs TLS settings"):
        await dial(Record(), "wss://csms.test/")
    with pytest.raises(ValueError, match="did you mean wss"):
        await dial(Record(), "ws://csms.test/", tls=pki.client())


async def test_a_dial_that_is_cancelled_leaves_nothing_behind() -> None:
    record = Record()
    async with raw_server() as (port, peers):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await dial(record, f"ws://csms.test:{port}/")
        await peers[0].lost
    assert record.one(Closed) == Closed(None, "aborted", "us", clean=False)


async def test_a_real_refusal() -> None:
    # A port that was never served in this process goes to the real network.
    failure = await failed(Record(), "ws://127.0.0.1:1/")
    assert failure == DialFailed("connect", "connection refused", "peer")


async def test_the_peer_sees_no_difference_between_raw_and_dialled() -> None:
    async with raw_server() as (port, peers):
        await failed(Record(), f"ws://csms.test:{port}/CP1", open_timeout=1)
        (peer,) = peers
        assert isinstance(peer, Raw)
        assert peer.received.startswith(b"GET /CP1 HTTP/1.1\r\nHost: csms.test:")
