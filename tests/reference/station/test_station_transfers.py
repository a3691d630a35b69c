"""How the reference station fetches and sends files, from servers of all kinds."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from file_lab import PKI

from testbay_reference.certificates import certificates_of
from testbay_reference.files import Transfer, TransferFailed, fetch, inside, send, shown
from testbay_reference.station.options import StationOptions
from testbay_reference.station_files.transfers import way

OK = b"HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def serving(*replies, after=b"\r\n\r\n", hangs=False):
    """Serve replies, one for each connection; each begins when something has come up to a mark."""
    asked = []

    async def serve(reader, writer):
        head = await reader.readuntil(after)
        asked.append(head)
        writer.write(replies[min(len(asked), len(replies)) - 1])
        if hangs:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**20)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/fw", asked
    finally:
        server.close()


async def failure(doing):
    with pytest.raises(TransferFailed) as caught:
        await doing
    return caught.value.reason, str(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        OK + b"Content-Length: 3\r\n\r\nabc",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        OK + b"\r\nabc",
        b"HTTP/1.0 200\r\n\r\nabc",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 3\r\n\r\nabc",
    ],
)
async def test_forms_of_answers(reply):
    async with serving(reply) as (url, asked):
        assert await fetch(url + "?a=1#part", Transfer()) == b"abc"
        assert asked[0].startswith(b"GET /fw?a=1 HTTP/1.1\r\n")


async def test_redirections():
    async with serving(OK + b"Content-Length: 1\r\n\r\nx") as (there, _):
        moved = f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode()
        async with serving(moved) as (here, _):
            assert await fetch(here, Transfer()) == b"x"
    forever = b"HTTP/1.1 301 Moved\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
    async with serving(forever) as (url, asked):
        assert (await failure(fetch(url, Transfer())))[0] == "protocol"
        assert len(asked) == 5
    elsewhere = b"HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"
    async with serving(elsewhere) as (url, _):
        assert (await failure(fetch(url, Transfer())))[0] == "unsupported"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "missing"),
        (b"HTTP/1.1 401 Who\r\n\r\n", "refused"),
        (b"HTTP/1.1 403 No\r\n\r\n", "refused"),
        (b"HTTP/1.1 405 No\r\n\r\n", "unsupported"),
        (b"HTTP/1.1 413 No\r\n\r\n", "too large"),
        (b"HTTP/1.1 500 Oh\r\n\r\n", "protocol"),
        (b"HTTP/1.1 302 Away\r\n\r\n", "protocol"),
        (b"SSH-2.0-server\r\n", "protocol"),
        (b"", "protocol"),
        (OK + b"Content-Length: 30\r\n\r\nabc", "protocol"),
        (OK + b"Content-Length: 30\r\n\r\n" + b"x" * 30, "too large"),
        (OK + b"\r\n" + b"x" * 30, "too large"),
    ],
)
async def test_answers_that_fail(reply, reason):
    async with serving(reply) as (url, _):
        found, sentence = await failure(fetch(url, Transfer(limit=29)))
        assert found == reason
        assert "127.0.0.1" in sentence or "29 bytes" in sentence


@pytest.mark.parametrize("reply", [b"", OK, OK + b"Content-Length: 30\r\n\r\nabc"])
async def test_silent_servers(reply):
    async with serving(reply, hangs=True) as (url, _):
        begin = asyncio.get_running_loop().time()
        found, sentence = await failure(fetch(url, Transfer(timeout=5)))
        assert (found, sentence) == ("unreachable", f"{url}: the server was silent for 5 s")
        assert asyncio.get_running_loop().time() - begin == pytest.approx(5)


async def test_an_upload():
    async with serving(b"HTTP/1.1 201\r\n\r\n", after=b"end") as (url, asked):
        await send(inside(url, "a b.log"), b"x" * 200_000 + b"end", Transfer())
        head, _, body = asked[0].partition(b"\r\n\r\n")
        assert head.startswith(b"PUT /fw/a%20b.log HTTP/1.1\r\n")
        assert b"Content-Length: 200003" in head
        assert len(body) == 200_003


async def test_an_upload_that_is_refused_early():
    async with serving(b"HTTP/1.1 413\r\nContent-Length: 0\r\n\r\n", hangs=True) as (url, _):
        found, _ = await failure(send(url, b"x" * 5_000_000, Transfer()))
        assert found == "too large"


async def test_a_server_that_is_not_there():
    async with serving(b"") as (url, _):
        pass
    found, sentence = await failure(fetch(url, Transfer()))
    assert (found, "cannot be reached" in sentence) == ("unreachable", True)


async def test_a_fetch_can_be_given_up():
    async with serving(b"", hangs=True) as (url, asked):
        task = asyncio.create_task(fetch(url, Transfer()))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert len(asked) == 1


@pytest.mark.real_clock
@pytest.mark.parametrize("greeting", [b"", b"220 hello\r\n"])
async def test_an_ftp_transfer_can_be_given_up(greeting):
    """The thread that serves it ends, too, and does not hold up the end of the program."""
    connected = asyncio.Event()

    async def serve(reader, writer):
        writer.write(greeting)
        connected.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    task = asyncio.create_task(fetch(f"ftp://127.0.0.1:{port}/fw", Transfer(timeout=60)))
    await connected.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(10):
        await asyncio.get_running_loop().shutdown_default_executor()
    server.close()


def test_urls_of_files_in_folders():
    assert inside("http://h/a/", "b c") == "http://h/a/b%20c"
    assert inside("ftp://u:p@h:21/a", "b") == "ftp://u:p@h:21/a/b"
    assert inside("http://h", "b") == "http://h/b"
    assert inside("http://h/a?x=1", "b") == "http://h/a/b?x=1"


def test_urls_are_shown_without_secrets():
    assert shown("ftp://user:p@ss@host/a@b") == "ftp://host/a@b"
    assert shown("nonsense") == "nonsense"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://host/fw", "unsupported"),
        ("file:///etc/passwd", "unsupported"),
        ("", "unsupported"),
        ("http://", "protocol"),
        ("http://host:70000/", "protocol"),
        ("http://[::1/", "protocol"),
    ],
)
async def test_urls_that_cannot_be_used(url, reason):
    assert (await failure(fetch(url, Transfer(schemes=("http",)))))[0] == reason


def test_the_station_trusts_the_roots_of_the_csms():
    class Trust:
        csms = tuple(certificates_of(PKI.root("csms_root"), "root"))
        fallback = ()

    made = way(StationOptions("ws://x", "CP1", file_transfer=("HTTPS",)), Trust())
    assert made.schemes == ("https",)
    (root,) = made.tls().get_ca_certs(binary_form=True)
    assert root == Trust.csms[0].public_bytes(Encoding.DER)
