"""The same code on the ordinary loop, over TCP of this machine."""

import asyncio
import contextlib
import ssl

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from testbay.transport import DialFailed, Limits, Wire, dial, tls_client
from testbay.transport.events import (
    BadMessage,
    ClientHello,
    Closed,
    TextMessage,
    TlsEstablished,
    TlsRefused,
    TransportEvent,
)

from . import pki
from .peers import QUIET, QUIET_SERVER, Record, listening, refuse

pytestmark = pytest.mark.real_clock


def echo(wire: Wire, event: TransportEvent) -> None:
    if isinstance(event, TextMessage):
        wire.send_text(event.text)


def url(port: int, secure: bool = False) -> str:
    return f"{'wss' if secure else 'ws'}://127.0.0.1:{port}/CP1"


@pytest.mark.parametrize("secure", [False, True])
async def test_as_server(secure: bool) -> None:
    record = Record(echo)
    tls = pki.server(client_ca="root") if secure else None
    context = pki.client("good") if secure else None
    async with listening(record, tls=tls) as listener:
        async with connect(url(listener.port, secure), ssl=context, **QUIET) as peer:
            for size in (10, 100_000):
                await peer.send("x" * size)
                assert await peer.recv() == "x" * size
        assert await record.wire.wait_closed() == Closed(1000, "", "peer", clean=True)
    assert len(record.all(TlsEstablished)) == int(secure)


@pytest.mark.parametrize("secure", [False, True])
async def test_as_client(secure: bool) -> None:
    async def serve_echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    answered = asyncio.Event()
    record = Record(lambda _, event: answered.set() if isinstance(event, TextMessage) else None)
    context = pki.server() if secure else None
    async with serve(serve_echo, "127.0.0.1", 0, ssl=context, **QUIET_SERVER) as server:
        port = server.sockets[0].getsockname()[1]
        wire = await dial(record, url(port, secure), tls=pki.client() if secure else None)
        assert isinstance(wire, Wire)
        wire.send_text("hello")
        await answered.wait()
        wire.close(1000, "bye")
        assert await wire.wait_closed() == Closed(1000, "bye", "us", clean=True)


async def test_a_refusal_reaches_the_client() -> None:
    async with listening(Record(), decide=refuse) as listener:
        with pytest.raises(InvalidStatus) as caught:
            await connect(url(listener.port), **QUIET)
    assert caught.value.response.status_code == 401


async def test_a_refused_certificate_is_seen_at_both_ends() -> None:
    record = Record()
    async with listening(record, tls=pki.server("expired")) as listener:
        failure = await dial(Record(), url(listener.port, True), tls=pki.client())
        assert isinstance(failure, DialFailed)
        await record.wire.wait_closed()
    assert record.one(TlsRefused) == TlsRefused("peer", "CERTIFICATE_EXPIRED")
    assert record.one(ClientHello).versions == ("TLSv1.3", "TLSv1.2")


async def test_a_refused_client_certificate_is_seen_at_both_ends() -> None:
    async with listening(Record(), tls=pki.server(client_ca="root")) as listener:
        for maximum in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            client = pki.client("expired", maximum)
            failure = await dial(Record(), url(listener.port, True), tls=client)
            assert failure == DialFailed("tls", "TLS refused: CERTIFICATE_EXPIRED", "peer")


async def test_a_message_too_big_is_refused_by_its_code() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = await connect(url(listener.port), **QUIET)
        with contextlib.suppress(ConnectionClosedError):
            await peer.send("x" * 2**23)
        await peer.wait_closed()
        assert peer.close_code == 1009
        await record.wire.wait_closed()
    assert record.one(BadMessage).code == 1009


@pytest.mark.parametrize("reset", [False, True])
async def test_a_connection_cut_off(reset: bool) -> None:
    lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    class Peer(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            lost.set_result(exc)

    record = Record()
    async with listening(record) as listener:
        await asyncio.get_running_loop().create_connection(Peer, "127.0.0.1", listener.port)
        while not record.wires:
            await asyncio.sleep(0.001)
        record.wire.abort(reset=reset)
        error = await lost
        await record.wire.wait_closed()
    assert isinstance(error, ConnectionResetError) == reset


async def test_refused_connections_are_reset() -> None:
    record = Record()
    async with listening(record) as listener:
        listener.refuse(True)
        failure = await dial(Record(), url(listener.port))
        assert isinstance(failure, DialFailed)
        assert failure.by == "peer"
    assert [type(event).__name__ for event in record.of(1)] in ([], ["Connected", "Closed"])


async def test_a_peer_that_resets() -> None:
    record = Record()
    async with listening(record) as listener:
        peer = Record()
        wire = await dial(peer, url(listener.port))
        assert isinstance(wire, Wire)
        wire.abort(reset=True)
        server_side = next(one for number, one in record.wires.items() if number != wire.number)
        closed = await server_side.wait_closed()
    assert closed == Closed(1006, "the connection was reset without a close frame", "peer", False)


async def test_nobody_listens() -> None:
    async with listening(Record()) as listener:
        port = listener.port
    assert await dial(Record(), url(port)) == DialFailed("connect", "connection refused", "peer")


async def test_time_outs() -> None:
    record = Record()
    limits = Limits(open_timeout=0.05, close_timeout=0.05)
    async with listening(record, limits=limits) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        assert await reader.read() == b""
        writer.close()
    assert record.one(Closed).reason == "no complete upgrade request within 0.05 s"


async def test_a_suite_with_rsa() -> None:
    suite = "TLS_RSA_WITH_AES_256_GCM_SHA384"
    client = tls_client(pki.issue("root"), maximum=ssl.TLSVersion.TLSv1_2, ciphers=[suite])
    record = Record()
    async with listening(Record(), tls=pki.server("rsa")) as listener:
        wire = await dial(record, url(listener.port, True), tls=client)
        assert isinstance(wire, Wire)
    assert record.one(TlsEstablished).cipher == suite
