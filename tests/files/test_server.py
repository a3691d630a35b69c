"""What the file servers cannot do, in one sentence each."""

import socket

import pytest

from testbay.files import Certificate, FileServer, FileServerError
from testbay.files.names import harmless, shown

from .desk import HOST, ask, certificate, desk


def server(tmp_path, **more):
    return FileServer(tmp_path / "run", **more)


@pytest.mark.real_clock
@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "ftps"])
async def test_a_port_in_use(tmp_path, scheme):
    both = server(tmp_path, certificates=[certificate()])
    with socket.create_server((HOST, 0)) as taken:
        port = int(taken.getsockname()[1])
        free = {"http": "ftp", "https": "ftp", "ftp": "http", "ftps": "http"}[scheme]
        with pytest.raises(FileServerError) as caught:
            await both.start({free: (HOST, 0), scheme: (HOST, port)})
    assert str(caught.value) == (
        f"the {scheme} server cannot listen at port {port} of 127.0.0.1: it is in use; "
        "end the program that uses it, or choose another port"
    )
    assert both.schemes == ()
    await both.start({scheme: (HOST, port)})  # nothing of the attempt is left
    await both.stop()


@pytest.mark.real_clock
async def test_an_address_of_another_machine(tmp_path):
    for scheme in ("http", "ftp"):
        with pytest.raises(FileServerError, match="does not have that address"):
            await server(tmp_path).start({scheme: ("192.0.2.1", 0)})


async def test_every_address_needs_one_that_the_station_sees(tmp_path):
    with pytest.raises(FileServerError, match="say by which one the station reaches it"):
        await server(tmp_path).start({"http": ("0.0.0.0", 0)})
    one = server(tmp_path)
    await one.start({"http": ("0.0.0.0", 0)}, public_host="lab.test")
    assert one.offer("f", b"")["http"] == f"http://lab.test:{one.port('http')}/firmware/f"
    await one.stop()


async def test_the_port_that_a_scheme_has_anyway_is_not_in_urls(tmp_path):
    one = server(tmp_path)
    await one.start({"http": (HOST, 80)}, public_host="fd00::1")
    assert one.place("logs", "http") == "http://[fd00::1]/logs/1/"
    await one.stop()


async def test_no_certificate(tmp_path):
    for scheme in ("https", "ftps"):
        with pytest.raises(FileServerError, match="needs a server certificate"):
            await server(tmp_path).start({scheme: (HOST, 0)})


@pytest.mark.real_clock
@pytest.mark.parametrize("scheme", ["https", "ftps"])
@pytest.mark.parametrize("flaw", ["no PEM", "another key", "no key"])
async def test_a_certificate_that_cannot_be_used(tmp_path, scheme, flaw):
    good, other = certificate(), certificate("rsa")
    bad = {
        "no PEM": Certificate("nothing", good.key),
        "another key": Certificate(good.chain, other.key),
        "no key": Certificate(good.chain, good.chain),
    }[flaw]
    with pytest.raises(FileServerError, match="cannot use its certificate and key") as caught:
        await server(tmp_path, certificates=[bad]).start({scheme: (HOST, 0)})
    assert "PRIVATE" not in str(caught.value)


async def test_a_scheme_that_is_not_there(tmp_path):
    with pytest.raises(FileServerError, match="only for http, https, ftp, ftps"):
        await server(tmp_path).start({"sftp": (HOST, 0)})
    async with desk(tmp_path) as bench:
        with pytest.raises(FileServerError, match="no file server for ftp in this run, but http"):
            bench.server.place("logs", "ftp")
        with pytest.raises(FileServerError, match="run already"):
            await bench.server.start({"ftp": (HOST, 0)})


def test_a_folder_that_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileServerError, match="cannot be used: Not a directory"):
        FileServer(tmp_path / "file" / "run")
    (tmp_path / "run").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run" / "logs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileServerError, match="logs is a symbolic link"):
        FileServer(tmp_path / "run")


async def test_a_run_that_is_resumed_overwrites_nothing(tmp_path):
    for number in (1, 2):
        async with desk(tmp_path) as bench:
            place = bench.server.place("logs", "http")
            assert place.endswith(f"/logs/{number}/")
            await ask(bench.server.port("http"), "PUT", f"/logs/{number}/x", b"%d" % number)
    assert bench.files() == {"files/logs/1/x": b"1", "files/logs/2/x": b"2"}


@pytest.mark.parametrize("name", ["fw.bin", "a b", "ü", "x%y", "100%", ".hidden", "x..y", "~"])
def test_harmless_names(name):
    assert harmless(name)


HARMFUL = ["", ".", "..", "...", " ", "a/b", "a\\b", "c:d", "a\nb", "a\0", "\x7f", "\ud800"]


@pytest.mark.parametrize("name", [*HARMFUL, "%2e%2e", "%252f", "x" * 201])
def test_harmful_names(tmp_path, name):
    assert not harmless(name)
    with pytest.raises(ValueError, match="cannot be the name"):
        FileServer(tmp_path).offer(name, b"")


def test_texts_of_peers_are_shown_in_one_line():
    assert shown("a\r\nb\x1b[31m") == "a\\r\\nb\\x1b[31m"
    assert len(shown("x" * 1000)) == 80
