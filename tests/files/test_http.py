"""The file server over HTTP and HTTPS, on the virtual clock."""

import asyncio
import hashlib
from urllib.parse import urlsplit

import pytest

from testbay.files import Limits
from testbay.files.shelf import LONGEST

from .desk import HOST, ask, desk, form, request, talk, trusting

LOG = b"2030-01-01 booted\r\n" * 100
IMAGE = bytes(range(256)) * 2000


def path_of(url: str) -> str:
    return urlsplit(url).path


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_file_is_fetched_and_an_upload_comes(tmp_path, scheme):
    tls = trusting() if scheme == "https" else None
    async with desk(tmp_path, scheme) as bench:
        server, port = bench.server, bench.server.port(scheme)
        urls = server.offer("fw-2.0.0.bin", IMAGE)
        assert urls == {scheme: f"{scheme}://{HOST}:{port}/firmware/fw-2.0.0.bin"}
        got = await ask(port, "GET", path_of(urls[scheme]), tls=tls)
        assert (got.status, got.body, server.fetched("fw-2.0.0.bin")) == (200, IMAGE, 1)
        place = server.place("diagnostics", scheme)
        assert place == f"{scheme}://{HOST}:{port}/diagnostics/1/"
        answer = await ask(port, "PUT", path_of(place) + "a.log", LOG, tls=tls)
        assert answer.status == 201
        (upload,) = server.uploads()
        assert (upload.place, upload.name, upload.scheme) == ("diagnostics/1", "a.log", scheme)
        assert (upload.size, upload.sha256) == (len(LOG), hashlib.sha256(LOG).hexdigest())
        assert upload.path == bench.folder / "diagnostics" / "1" / "a.log"
        assert upload.path.read_bytes() == LOG
        assert bench.said == []


async def test_places_are_told_apart(tmp_path):
    async with desk(tmp_path) as bench:
        port = bench.server.port("http")
        first, logs = bench.server.place("diagnostics", "http"), bench.server.place("logs", "http")
        second = bench.server.place("diagnostics", "http")
        assert [path_of(u) for u in (first, second, logs)] == [
            "/diagnostics/1/",
            "/diagnostics/2/",
            "/logs/1/",
        ]
        await ask(port, "PUT", "/diagnostics/2/x", b"2")
        await ask(port, "PUT", "/logs/1/x", b"")
        assert [u.place for u in bench.server.uploads()] == ["diagnostics/2", "logs/1"]
        assert bench.server.uploads(first) == ()
        assert [u.size for u in bench.server.uploads(logs)] == [0]


async def test_the_same_name_twice_keeps_both(tmp_path):
    async with desk(tmp_path) as bench:
        port = bench.server.port("http")
        bench.server.place("logs", "http")
        for body in (b"one", b"two"):
            await ask(port, "PUT", "/logs/1/x", body)
        assert [u.name for u in bench.server.uploads()] == ["x", "x"]
        assert [u.path.read_bytes() for u in bench.server.uploads()] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "name"),
    [
        ("PUT", "/logs/1", {}, LOG, "upload"),
        ("PUT", "/logs/1/", {"Content-Disposition": 'attachment; filename="b.log"'}, LOG, "b.log"),
        ("POST", "/logs/1/c.log", {}, LOG, "c.log"),
        ("POST", "//logs//1//d.log?x=1#y", {}, LOG, "d.log"),
        ("PUT", "/logs/1/a%20b%C3%BC.log", {}, LOG, "a bü.log"),
        (
            "POST",
            "/logs/1/",
            {"Content-Type": "multipart/form-data; boundary=xyz"},
            form("e.log", LOG),
            "e.log",
        ),
        (
            "POST",
            "/logs/1/f.log",
            {"Content-Type": 'multipart/form-data; boundary="x y"'},
            form("ignored.log", LOG, "x y"),
            "f.log",
        ),
    ],
)
async def test_ways_to_upload(tmp_path, method, target, headers, body, name):
    async with desk(tmp_path) as bench:
        bench.server.place("logs", "http")
        sent = request(method, target, body, headers)
        (answer,) = await talk(bench.server.port("http"), sent)
        assert answer.status in (200, 201)
        (upload,) = bench.server.uploads()
        assert (upload.name, upload.path.read_bytes()) == (name, LOG)


async def test_chunks_and_100_continue(tmp_path):
    async with desk(tmp_path) as bench:
        port = bench.server.port("http")
        bench.server.place("logs", "http")
        reader, writer = await asyncio.open_connection(HOST, port)
        headers = {"Transfer-Encoding": "chunked", "Expect": "100-continue"}
        writer.write(request("PUT", "/logs/1/x", b"", headers))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(b"3\r\nabc\r\n")
        await asyncio.sleep(1)
        assert bench.server.uploads() == ()
        writer.write(b"2\r\nde\r\n0\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 201")
        writer.close()
        assert bench.server.uploads()[0].path.read_bytes() == b"abcde"


async def test_several_requests_over_one_connection(tmp_path):
    async with desk(tmp_path) as bench:
        bench.server.place("logs", "http")
        bench.server.offer("f", IMAGE)
        puts = [request("PUT", f"/logs/1/{n}", b"x" * n) for n in range(3)]
        answers = await talk(bench.server.port("http"), b"".join(puts), answers=3)
        assert [a.status for a in answers] == [201] * 3
        gets = request("GET", "/firmware/f") * 2
        answers = await talk(bench.server.port("http"), gets, answers=2)
        assert [a.body == IMAGE for a in answers] == [True, True]
        assert bench.server.fetched("f") == 2


@pytest.mark.parametrize(
    ("wanted", "status", "part", "complete"),
    [
        ("bytes=100-199", 206, slice(100, 200), 0),
        ("bytes=100-", 206, slice(100, None), 1),
        ("bytes=-10", 206, slice(-10, None), 1),
        ("bytes=0-", 200, slice(None), 1),
        ("bytes=5-2", 200, slice(None), 1),
        ("lines=1-2", 200, slice(None), 1),
        ("bytes=1-2,5-6", 200, slice(None), 1),
        ("bytes=512000-", 416, slice(0, 0), 0),
    ],
)
async def test_parts_of_a_file(tmp_path, wanted, status, part, complete):
    async with desk(tmp_path) as bench:
        bench.server.offer("f", IMAGE)
        answer = await ask(bench.server.port("http"), "GET", "/firmware/f", Range=wanted)
        assert (answer.status, answer.body) == (status, IMAGE[part])
        assert bench.server.fetched("f") == complete


async def test_a_head_is_not_a_fetch(tmp_path):
    async with desk(tmp_path) as bench:
        bench.server.offer("f", IMAGE)
        answer = await ask(bench.server.port("http"), "HEAD", "/firmware/f")
        assert (answer.status, answer.headers["content-length"]) == (200, str(len(IMAGE)))
        assert (answer.body, bench.server.fetched("f")) == (b"", 0)


async def test_what_is_not_there(tmp_path):
    async with desk(tmp_path) as bench:
        bench.server.offer("f", IMAGE)
        url = bench.server.url("does_not_exist_f", "http")
        bench.server.place("logs", "http")
        port = bench.server.port("http")
        await ask(port, "PUT", "/logs/1/x", LOG)
        for target in (path_of(url), "/", "/firmware", "/logs/1/x", "/logs/1/", "/../f", "/%2e%2e"):
            answer = await ask(port, "GET", target)
            assert answer.status == 404, target
        assert bench.said[0] == "http: /firmware/does_not_exist_f was asked for and is not there"
        bench.server.withdraw("f")
        assert (await ask(port, "GET", "/firmware/f")).status == 404


async def test_names_for_several_lanes(tmp_path):
    async with desk(tmp_path) as bench:
        server = bench.server
        names = [server.fresh(name) for name in ("a.bin", "a.bin", "b", "b", ".c", "a.bin")]
        assert names == ["a.bin", "a-2.bin", "b", "b-2", ".c", "a-3.bin"]
        server.offer("d", b"")
        assert server.fresh("d") == "d-2"


async def test_a_fetch_that_breaks_off_does_not_count(tmp_path):
    async with desk(tmp_path) as bench:
        bench.server.offer("f", IMAGE * 20)
        reader, writer = await asyncio.open_connection(HOST, bench.server.port("http"))
        writer.write(request("GET", "/firmware/f"))
        await reader.read(1000)
        writer.transport.abort()
        await asyncio.sleep(1)
        assert bench.server.fetched("f") == 0


async def test_a_folder_that_takes_nothing(tmp_path):
    async with desk(tmp_path) as bench:
        place = bench.server.place("logs", "http", takes=False)
        answer = await ask(bench.server.port("http"), "PUT", path_of(place) + "x", LOG)
        assert answer.status == 403
        assert b"takes nothing" in answer.body
        assert bench.server.uploads() == ()


@pytest.mark.parametrize("how", ["length", "chunks", "form", "form in chunks"])
async def test_an_upload_that_is_too_large(tmp_path, how):
    async with desk(tmp_path, limits=Limits(upload=1000)) as bench:
        bench.server.place("logs", "http")
        body, headers, method = b"x" * 100_000, {}, "PUT"
        if "form" in how:
            method, body = "POST", form("x", body)
            headers["Content-Type"] = "multipart/form-data; boundary=xyz"
        if "chunks" in how:
            headers["Transfer-Encoding"] = "chunked"
            body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        sent = request(method, "/logs/1/x", body, headers)
        (answer,) = await talk(bench.server.port("http"), sent)
        assert answer.status == 413
        assert "larger than the 1000 bytes" in bench.said[0]
        assert len(bench.said) == 1
        assert bench.files() == {}
        assert (await ask(bench.server.port("http"), "PUT", "/logs/1/y", LOG[:1000])).status == 201


async def test_a_large_upload_is_refused_before_it_is_sent(tmp_path):
    async with desk(tmp_path, limits=Limits(upload=1000)) as bench:
        bench.server.place("logs", "http")
        headers = {"Content-Length": "1001", "Expect": "100-continue"}
        (answer,) = await talk(bench.server.port("http"), request("PUT", "/logs/1/x", b"", headers))
        assert answer.status == 413


async def test_too_many_files(tmp_path):
    async with desk(tmp_path, limits=Limits(uploads=2)) as bench:
        bench.server.place("logs", "http")
        port = bench.server.port("http")
        answers = [(await ask(port, "PUT", f"/logs/1/{n}", b"x")).status for n in range(3)]
        assert answers == [201, 201, 507]
        assert "has taken 2 files" in bench.said[0]


OUTSIDE = [
    "/logs/1/../x",
    "/logs/1/../../x",
    "/logs/1/../../../../../../tmp/x",
    "/logs/1/%2e%2e/x",
    "/logs/1/%2e%2e%2fx",
    "/logs/1/..%2f..%2fx",
    "/logs/1/%252e%252e%252fx",
    "/logs/1/..%5cx",
    "/logs/1/..\\..\\x",
    "/logs/1/%2ftmp%2fx",
    "/logs/1/c:x",
    "/logs/1/..",
    "/logs/1/%2e",
    "/logs/1/x%00y",
    "/logs/1/" + "x" * 300,
    "/logs/1/sub/x",
    "/logs/2/x",
    "/logs/x",
    "/firmware/f",
    "/x",
    "/",
    "http://127.0.0.1/logs/1/../x",
]


@pytest.mark.parametrize("target", OUTSIDE)
async def test_an_upload_that_wants_to_leave_its_folder(tmp_path, target):
    async with desk(tmp_path) as bench:
        bench.server.offer("f", IMAGE)
        bench.server.place("logs", "http")
        answer = await ask(bench.server.port("http"), "PUT", target, LOG)
        assert answer.status == 403
        (sentence,) = bench.said
        assert sentence.startswith("http: an upload to /")
        assert sentence.endswith("is not a file in a folder that was given for uploads")
        assert bench.files() == {}


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "..\\x", "a/b", "..", "%2e%2e%2fx"])
async def test_a_form_that_wants_to_leave_its_folder(tmp_path, name):
    async with desk(tmp_path) as bench:
        bench.server.place("logs", "http")
        headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
        sent = request("POST", "/logs/1/", form(name, LOG), headers)
        (answer,) = await talk(bench.server.port("http"), sent)
        assert answer.status == 403
        assert bench.files() == {}


async def test_links_lead_nowhere(tmp_path):
    """Somebody else on this machine put links into the folder of the run."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    async with desk(tmp_path) as bench:
        port = bench.server.port("http")
        for _ in range(2):
            bench.server.place("logs", "http")
        (bench.folder / "logs" / "1" / "x").symlink_to(outside / "secret")
        assert (await ask(port, "PUT", "/logs/1/x", LOG)).status == 201
        assert bench.server.uploads()[0].path.read_bytes() == LOG
        (bench.folder / "logs" / "2").rmdir()
        (bench.folder / "logs" / "2").symlink_to(outside)
        assert (await ask(port, "PUT", "/logs/2/x", LOG)).status == 500
        assert bench.said == [f"http: {bench.folder}/logs/2 became a symbolic link"]
        assert [path.read_bytes() for path in outside.iterdir()] == [b"secret"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("DELETE", "/logs/1/x"), 405),
        (request("PUT", "/logs/1/x", b"x", {"Content-Range": "bytes 0-0/5"}), 400),
        (b"PUT /logs/1/x HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET\x16\x03\x01\x02\x00" + b"\x01" * 400 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: " + b"x" * 20_000, 431),
        (request("GET", "/" + "x" * 40_000), 414),
        (
            request("POST", "/logs/1/", b"--no", {"Content-Type": "multipart/form-data"}),
            400,
        ),
        (
            request(
                "POST",
                "/logs/1/",
                b"--xyz\r\n\r\nno name\r\n--xyz--\r\n",
                {"Content-Type": "multipart/form-data; boundary=xyz"},
            ),
            400,
        ),
    ],
)
async def test_requests_that_are_not_right(tmp_path, sent, status):
    async with desk(tmp_path) as bench:
        bench.server.place("logs", "http")
        (answer,) = await talk(bench.server.port("http"), sent)
        assert answer.status == status
        assert bench.files() == {}


@pytest.mark.parametrize("end", ["gone", "silent"])
async def test_an_upload_that_breaks_off(tmp_path, end):
    async with desk(tmp_path) as bench:
        bench.server.place("logs", "http")
        _, writer = await asyncio.open_connection(HOST, bench.server.port("http"))
        writer.write(request("PUT", "/logs/1/x", b"half", {"Content-Length": "8"}))
        await asyncio.sleep(1)
        if end == "gone":
            writer.transport.abort()
            await asyncio.sleep(1)
        else:
            await asyncio.sleep(25)
            writer.close()
        assert bench.said == ["http: the upload of x broke off after 4 bytes"]
        assert bench.files() == {}
        assert bench.server.uploads() == ()


async def test_idle_connections_end_and_there_are_not_too_many(tmp_path):
    async with desk(tmp_path, limits=Limits(idle=10, connections=2)) as bench:
        port = bench.server.port("http")
        both = [await asyncio.open_connection(HOST, port) for _ in range(2)]
        assert (await ask(port, "GET", "/firmware/f")).status == 0
        assert bench.said == ["http: a connection too many was ended"]
        assert [await reader.read() for reader, _ in both] == [b"", b""]
        assert (await ask(port, "GET", "/firmware/f")).status == 404
        for _, writer in both:
            writer.close()


async def test_stopping_ends_uploads(tmp_path):
    async with desk(tmp_path) as bench:
        bench.server.place("logs", "http")
        reader, writer = await asyncio.open_connection(HOST, bench.server.port("http"))
        writer.write(request("PUT", "/logs/1/x", b"half", {"Content-Length": "8"}))
        await asyncio.sleep(1)
        await bench.server.stop()
        assert await reader.read() == b""
        assert bench.files() == {}
        writer.close()


async def test_two_runs_say_the_same(tmp_path):
    """What HTTP servers add by themselves, such as the date, is of the clock of the run."""
    seen = []
    for run in range(2):
        async with desk(tmp_path / str(run)) as bench:
            bench.server.offer("f", b"x")
            seen.append(await ask(bench.server.port("http"), "GET", "/firmware/f"))
    assert seen[0].headers["date"] == "Tue, 01 Jan 2030 00:00:00 GMT"
    assert seen[0] == seen[1]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_held_fetch_ends_when_it_is_let_go(tmp_path, scheme):
    tls = trusting() if scheme == "https" else None
    async with desk(tmp_path, scheme) as bench:
        url = bench.server.offer("fw.bin", IMAGE)[scheme]
        bench.server.hold(url)
        fetch = asyncio.create_task(ask(bench.server.port(scheme), "GET", path_of(url), tls=tls))
        await asyncio.sleep(5)
        assert (fetch.done(), bench.server.fetched("fw.bin")) == (False, 0)
        bench.server.let_go(url)
        got = await fetch
        assert (got.status, got.body, bench.server.fetched("fw.bin")) == (200, IMAGE, 1)


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_a_held_upload_ends_when_it_is_let_go(tmp_path, method):
    async with desk(tmp_path) as bench:
        place = bench.server.place("logs", "http")
        other = bench.server.place("logs", "http")
        bench.server.hold(place)
        port, path = bench.server.port("http"), path_of(place) + "a.log"
        upload = asyncio.create_task(ask(port, method, path, LOG))
        assert (await ask(port, "PUT", path_of(other) + "b.log", LOG)).status == 201
        await asyncio.sleep(5)
        assert (upload.done(), bench.server.uploads(place)) == (False, ())
        bench.server.let_go(place)
        assert (await upload).status in (200, 201)
        assert [u.size for u in bench.server.uploads(place)] == [len(LOG)]


async def test_nothing_is_held_for_ever(tmp_path):
    async with desk(tmp_path) as bench:
        url = bench.server.offer("fw.bin", IMAGE)["http"]
        bench.server.hold(url)
        before = asyncio.get_running_loop().time()
        got = await ask(bench.server.port("http"), "GET", path_of(url))
        assert got.body == IMAGE
        assert LONGEST <= asyncio.get_running_loop().time() - before < LONGEST + 1
