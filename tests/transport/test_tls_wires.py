"""TLS connections, the tool at either end; the peers are websockets on asyncio's own TLS.

Those peers never send an alert when they refuse: asyncio drops what OpenSSL has written. Where the
alert matters, the tool itself is the peer.
"""

import asyncio
import ssl
from collections.abc import Callable

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidMessage

from testbay.clock import run
from testbay.transport import DialFailed, Limits, Wire, dial, tls_client, tls_server
from testbay.transport.events import (
    ClientHello,
    Closed,
    TextMessage,
    TlsEnded,
    TlsEstablished,
    TlsRefused,
    TransportEvent,
)

from . import pki
from .peers import QUIET, QUIET_SERVER, Record, listening, raw_client, raw_server, turns
from .test_hello import hello_bytes

SHORT = Limits(open_timeout=5, close_timeout=3)


def url(port: int) -> str:
    return f"wss://csms.test:{port}/CP1"


def echo(wire: Wire, event: TransportEvent) -> None:
    if isinstance(event, TextMessage):
        wire.send_text(event.text)


def seconds() -> float:
    return asyncio.get_running_loop().time()


async def station(port: int, context: ssl.SSLContext) -> str:
    """Connect as a station would, and say how that went."""
    try:
        async with connect(url(port), ssl=context, **QUIET) as peer:
            await peer.send("hello")
            return str(await peer.recv())
    except (OSError, InvalidMessage) as error:
        await turns()
        return type(error).__name__


# ---- the tool as server -------------------------------------------------------------------------


@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("certificate", ["", "good"])
async def test_a_session_as_server(maximum: ssl.TLSVersion, certificate: str) -> None:
    record = Record(echo)
    tls = pki.server(client_ca="root" if certificate else None)
    async with listening(record, tls=tls) as listener:
        assert await station(listener.port, pki.client(certificate, maximum)) == "hello"
        await record.wire.wait_closed()
    assert record.names() == [
        "Connected",
        "ClientHello",
        "TlsEstablished",
        "UpgradeRequest",
        "UpgradeAnswered",
        "Opened",
        "TextMessage",
        "Closed",
    ]
    established = record.one(TlsEstablished)
    assert established.version == maximum.name.replace("v1_", "v1.")
    assert (established.peer_certificate is not None) == bool(certificate)
    assert record.one(ClientHello).server_name == "csms.test"
    assert record.one(Closed) == Closed(1000, "", "peer", clean=True)
    assert seconds() == 0.0


@pytest.mark.parametrize(
    ("flaw", "alert"),
    [
        ("expired", "CERTIFICATE_EXPIRED"),
        ("not yet valid", "BAD_CERTIFICATE"),
        ("unknown root", "UNKNOWN_CA"),
        ("wrong name", "BAD_CERTIFICATE"),
    ],
)
async def test_a_client_refuses_our_certificate(flaw: str, alert: str) -> None:
    record, peer = Record(), Record()
    async with listening(record, tls=pki.server(flaw)) as listener:
        failure = await dial(peer, url(listener.port), tls=pki.client())
        assert isinstance(failure, DialFailed)
        await turns()
        silent = await station(listener.port, pki.client())
    assert (failure.stage, failure.by) == ("tls", "us")
    told = peer.one(TlsRefused).detail
    assert failure.reason == f"TLS refused: CERTIFICATE_VERIFY_FAILED ({told})"
    with_alert = record.of(2)
    assert [type(event) for event in with_alert[1:]] == [ClientHello, TlsRefused, Closed]
    assert with_alert[2] == TlsRefused("peer", alert)
    assert with_alert[3] == Closed(None, f"TLS refused: {alert}", "peer", clean=False)
    # A peer on asyncio refuses just as well, but without its alert that is not known.
    assert silent == "SSLCertVerificationError"
    without = record.of(3)
    assert [type(event) for event in without[1:]] == [ClientHello, TlsEnded, Closed]
    assert without[2] == TlsEnded("handshake", "end of file")
    assert seconds() < 1


@pytest.mark.parametrize(
    ("certificate", "reason", "detail"),
    [
        ("", "PEER_DID_NOT_RETURN_A_CERTIFICATE", ""),
        ("expired", "CERTIFICATE_VERIFY_FAILED", "certificate has expired"),
        ("unknown root", "CERTIFICATE_VERIFY_FAILED", "unable to get local issuer certificate"),
    ],
)
@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_we_refuse_a_client_certificate(
    certificate: str, reason: str, detail: str, maximum: ssl.TLSVersion
) -> None:
    record = Record()
    async with listening(record, tls=pki.server(client_ca="root")) as listener:
        assert await station(listener.port, pki.client(certificate, maximum)) != "hello"
        await record.wire.wait_closed()
    assert record.names() == ["Connected", "ClientHello", "TlsRefused", "Closed"]
    refused = record.one(TlsRefused)
    assert (refused.by, refused.reason) == ("us", reason)
    assert detail in refused.detail
    told = f" ({refused.detail})" if detail else ""
    assert record.one(Closed) == Closed(None, f"TLS refused: {reason}{told}", "us", clean=False)
    assert seconds() < 1


async def test_an_old_client() -> None:
    record = Record()
    old = tls_client(
        pki.issue("root"), minimum=ssl.TLSVersion.TLSv1, maximum=ssl.TLSVersion.TLSv1_1
    )
    async with listening(record, tls=pki.server()) as listener:
        failure = await dial(Record(), url(listener.port), tls=old)
        assert isinstance(failure, DialFailed)
        assert failure.by == "peer"
        assert "PROTOCOL_VERSION" in failure.reason
        await turns()
    assert record.one(ClientHello).versions == ("TLSv1.1",)
    assert record.one(TlsRefused) == TlsRefused("us", "UNSUPPORTED_PROTOCOL")


async def test_plain_http_at_a_tls_port() -> None:
    record = Record()
    async with listening(record, tls=pki.server()) as listener:
        peer = await raw_client(listener.port)
        peer.send(b"GET / HTTP/1.1\r\nHost: csms.test\r\n\r\n")
        await peer.lost
    assert record.names() == ["Connected", "TlsRefused", "Closed"]
    assert record.one(TlsRefused) == TlsRefused("us", "HTTP_REQUEST")


async def test_garbage_at_a_tls_port() -> None:
    record = Record()
    async with listening(record, tls=pki.server()) as listener:
        peer = await raw_client(listener.port)
        peer.send(b"\x00\x01\x02\x03" * 1000)
        await peer.lost
    assert record.names() == ["Connected", "TlsRefused", "Closed"]
    assert record.one(TlsRefused).by == "us"


@pytest.mark.parametrize("said", [b"", "hello"])
async def test_a_tls_handshake_that_never_ends(said: bytes | str) -> None:
    record = Record()
    async with listening(record, tls=pki.server(), limits=SHORT) as listener:
        peer = await raw_client(listener.port)
        peer.send(hello_bytes(pki.client()) if said else b"")
        await peer.lost
        assert seconds() == 5.0
    why = "no complete TLS handshake within 5 s"
    assert record.one(Closed) == Closed(None, why, "us", clean=False)
    assert len(record.all(ClientHello)) == (1 if said else 0)
    assert not record.all(TlsEnded)


async def test_a_tls_client_that_never_asks() -> None:
    record = Record()
    loop = asyncio.get_running_loop()
    async with listening(record, tls=pki.server(), limits=SHORT) as listener:
        transport, _ = await loop.create_connection(
            asyncio.Protocol, "csms.test", listener.port, ssl=pki.client()
        )
        await record.wire.wait_closed()
        transport.abort()
    assert seconds() == 5.0
    assert record.names()[-2:] == ["TlsEstablished", "Closed"]
    assert record.one(Closed).reason == "no complete upgrade request within 5 s"


async def test_a_hello_in_single_bytes() -> None:
    record = Record()
    async with listening(record, tls=pki.server()) as listener:
        peer = await raw_client(listener.port)
        for byte in hello_bytes(pki.client()):
            peer.send(bytes([byte]))
            await asyncio.sleep(0.01)
        assert record.one(ClientHello).versions == ("TLSv1.3", "TLSv1.2")
        peer.transport.close()
        await record.wire.wait_closed()
    assert record.one(TlsEnded) == TlsEnded("handshake", "end of file")


async def test_new_tls_settings_hold_for_later_connections() -> None:
    record = Record(echo)
    async with listening(record, tls=pki.server()) as listener:
        async with connect(url(listener.port), ssl=pki.client(), **QUIET) as peer:
            listener.tls = pki.server("expired")
            await peer.send("still here")
            assert await peer.recv() == "still here"
            assert await station(listener.port, pki.client()) == "SSLCertVerificationError"
        listener.tls = pki.server()
        assert await station(listener.port, pki.client()) == "hello"


async def test_much_data_through_tls() -> None:
    record = Record(echo)
    async with (
        listening(record, tls=pki.server()) as listener,
        connect(url(listener.port), ssl=pki.client(), **QUIET) as peer,
    ):
        await peer.send("x" * 1_000_000)
        assert await peer.recv() == "x" * 1_000_000
        for number in range(1000):
            await peer.send(str(number))
        assert [await peer.recv() for _ in range(1000)] == [str(n) for n in range(1000)]
    assert seconds() == 0.0


async def test_a_tls_connection_that_breaks_off() -> None:
    record = Record()
    async with listening(record, tls=pki.server()) as listener:
        peer = await connect(url(listener.port), ssl=pki.client(), **QUIET)
        await turns(1)
        peer.transport.abort()
        closed = await record.wire.wait_closed()
    why = "the connection ended without a close frame"
    assert closed == Closed(1006, why, "peer", clean=False)
    assert not record.all(TlsEnded)


async def test_tls_that_goes_wrong_in_mid_connection() -> None:
    record = Record()
    async with listening(record, tls=pki.server()) as listener:
        peer = Record()
        wire = await dial(peer, url(listener.port), tls=pki.client())
        assert isinstance(wire, Wire)
        wire._transport.write(b"\x17\x03\x03\x00\x20" + bytes(32))  # type: ignore[union-attr]
        closed = await wire.wait_closed()
        await turns()
    assert record.one(TlsRefused).by == "us"
    assert peer.one(TlsRefused) == TlsRefused("peer", "BAD_RECORD_MAC")
    assert (closed.code, closed.by) == (1006, "peer")


# ---- the tool as client -------------------------------------------------------------------------


async def echo_server(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def dialled(
    record: Record, server: ssl.SSLContext, client: ssl.SSLContext, **options: object
) -> Wire | DialFailed:
    """Dial a server of websockets, exchange a message, close."""
    async with serve(echo_server, "127.0.0.1", 0, ssl=server, **QUIET_SERVER) as peer:
        port = peer.sockets[0].getsockname()[1]
        outcome = await dial(record, url(port), tls=client, **options)  # type: ignore[arg-type]
        if isinstance(outcome, Wire):
            outcome.send_text("hello")
            await turns(2)
            outcome.close()
            await outcome.wait_closed()
        await turns()
        return outcome


@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("certificate", ["", "good"])
async def test_a_session_as_client(maximum: ssl.TLSVersion, certificate: str) -> None:
    record = Record()
    server = pki.server(client_ca="root" if certificate else None)
    outcome = await dialled(record, server, pki.client(certificate, maximum))
    assert isinstance(outcome, Wire)
    assert record.names() == [
        "Connected",
        "TlsEstablished",
        "UpgradeAnswered",
        "Opened",
        "TextMessage",
        "Closed",
    ]
    assert record.one(TlsEstablished).peer_certificate is not None
    assert record.one(Closed) == Closed(1000, "", "us", clean=True)


@pytest.mark.parametrize(
    ("flaw", "detail"),
    [
        ("expired", "certificate has expired"),
        ("not yet valid", "certificate is not yet valid"),
        ("unknown root", "unable to get local issuer certificate"),
        ("wrong name", "Hostname mismatch"),
    ],
)
async def test_we_refuse_a_server_certificate(flaw: str, detail: str) -> None:
    record = Record()
    failure = await dialled(record, pki.server(flaw), pki.client())
    assert isinstance(failure, DialFailed)
    assert (failure.stage, failure.by) == ("tls", "us")
    assert record.names() == ["Connected", "TlsRefused", "Closed"]
    assert detail in record.one(TlsRefused).detail
    assert seconds() < 1


async def test_another_server_name_can_be_asked_for() -> None:
    outcome = await dialled(
        Record(), pki.server("wrong name"), pki.client(), server_name="other.test"
    )
    assert isinstance(outcome, Wire)


@pytest.mark.parametrize(
    ("certificate", "alert"),
    [
        ("", "CERTIFICATE_REQUIRED"),
        ("expired", "CERTIFICATE_EXPIRED"),
        ("unknown root", "UNKNOWN_CA"),
    ],
)
async def test_a_server_refuses_our_certificate(certificate: str, alert: str) -> None:
    record = Record()
    async with listening(Record(), tls=pki.server(client_ca="root")) as listener:
        failure = await dial(record, url(listener.port), tls=pki.client(certificate))
    why = f"TLS refused: {alert}"
    assert failure == DialFailed("tls", why, "peer")
    # With TLS 1.3 our own handshake was complete before the refusal.
    assert record.names() == ["Connected", "TlsEstablished", "TlsRefused", "Closed"]
    assert record.one(Closed) == Closed(None, why, "peer", clean=False)


@pytest.mark.parametrize(
    ("maximum", "stage", "before"),
    [
        (ssl.TLSVersion.TLSv1_2, "handshake", ["Connected"]),
        (ssl.TLSVersion.TLSv1_3, "first read", ["Connected", "TlsEstablished"]),
    ],
)
async def test_a_server_refuses_our_certificate_without_alert(
    maximum: ssl.TLSVersion, stage: str, before: list[str]
) -> None:
    record = Record()
    server, client = pki.server(client_ca="root"), pki.client("expired", maximum)
    failure = await dialled(record, server, client)
    assert isinstance(failure, DialFailed)
    assert (failure.stage, failure.by) == ("tls", "peer")
    assert record.names() == [*before, "TlsEnded", "Closed"]
    assert record.one(TlsEnded).stage == stage


async def test_tls_at_a_plain_server() -> None:
    record = Record()
    async with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n", hang_up=True) as (port, _):
        failure = await dial(record, url(port), tls=pki.client())
    assert failure == DialFailed("tls", "TLS refused: WRONG_VERSION_NUMBER", "us")


async def test_plain_at_a_tls_server() -> None:
    # OpenSSL recognizes HTTP and says nothing; others send an alert.
    async with listening(Record(), tls=pki.server()) as listener:
        failure = await dial(Record(), url(listener.port).replace("wss", "ws"))
    why = "the connection ended before a complete answer to the upgrade request"
    assert failure == DialFailed("upgrade", why, "peer")


async def test_a_tls_server_that_never_answers() -> None:
    record = Record()
    async with raw_server() as (port, _):
        failure = await dial(record, url(port), tls=pki.client(), open_timeout=4)
    assert failure == DialFailed("tls", "not open within 4 s", "peer")
    assert not record.all(TlsEnded)
    assert seconds() == 4.0


async def test_a_tls_server_that_hangs_up() -> None:
    record = Record()
    async with raw_server(hang_up=True) as (port, _):
        failure = await dial(record, url(port), tls=pki.client())
    assert isinstance(failure, DialFailed)
    assert (failure.stage, failure.by) == ("tls", "peer")
    assert record.one(TlsEnded).stage == "handshake"


async def test_a_cipher_suite_of_rsa() -> None:
    suite = "TLS_RSA_WITH_AES_128_GCM_SHA256"
    client = tls_client(pki.issue("root"), maximum=ssl.TLSVersion.TLSv1_2, ciphers=[suite])
    record = Record()
    async with listening(Record(echo), tls=pki.server("rsa")) as listener:
        outcome = await dial(record, url(listener.port), tls=client)
        assert isinstance(outcome, Wire)
        outcome.close()
        await outcome.wait_closed()
    assert record.one(TlsEstablished).cipher == suite


def test_settings_that_cannot_work_are_told_before_connecting() -> None:
    context = tls_client(pki.issue("root"), maximum=ssl.TLSVersion.TLSv1_2)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    record = Record()
    with pytest.raises(ValueError, match="fail without a peer"):
        run(dial(record, "wss://csms.test:1/", tls=context), virtual=True)
    assert record.events == []


@pytest.mark.parametrize("flaw", ["", "expired"])
def test_two_runs_tell_the_same(flaw: str) -> None:
    async def session() -> list[str]:
        server, client = Record(echo), Record()
        async with listening(server, tls=pki.server(flaw, "root")) as listener:
            outcome = await dial(client, url(listener.port), tls=pki.client("good"))
            if isinstance(outcome, Wire):
                outcome.send_text("hello")
                await asyncio.sleep(1)
                outcome.close()
                await outcome.wait_closed()
            await asyncio.sleep(1)
        return [repr(event) for record in (server, client) for event in record.events]

    runs: list[Callable[[], list[str]]] = [lambda: run(session(), virtual=True)] * 3
    first, second, third = [one() for one in runs]
    assert first == second == third


async def test_server_settings_can_be_limited() -> None:
    context = tls_server(pki.issue(pki.HOST, issuer="root"), maximum=ssl.TLSVersion.TLSv1_2)
    record = Record()
    outcome = await dialled(record, context, pki.client())
    assert isinstance(outcome, Wire)
    assert record.one(TlsEstablished).version == "TLSv1.2"
