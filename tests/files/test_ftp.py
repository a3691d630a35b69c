"""The file server over FTP and FTPS: real sockets, in a thread."""

import asyncio
import ftplib
import io
import socket
import ssl
import struct
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from testbay.files import Ftp, Limits

from .desk import HOST, desk, trusting

pytestmark = pytest.mark.real_clock
LOG = b"2030-01-01 booted\r\n" * 5000


def client(port: int, scheme: str, user: str = "", password: str = "") -> ftplib.FTP:
    if scheme == "ftps":
        secure = ftplib.FTP_TLS(timeout=10, context=trusting())
        secure.connect(HOST, port)
        secure.login(user, password)
        secure.prot_p()
        return secure
    ftp = ftplib.FTP(timeout=10)
    ftp.connect(HOST, port)
    ftp.login(user, password)
    return ftp


async def use(
    port: int, do: Callable[[ftplib.FTP], Any], scheme: str = "ftp", *account: str
) -> Any:
    def work() -> Any:
        ftp = client(port, scheme, *account)
        try:
            return do(ftp)
        finally:
            ftp.close()

    return await asyncio.to_thread(work)


def store(name: str, body: bytes = LOG, **how: Any) -> Callable[[ftplib.FTP], str]:
    return lambda ftp: ftp.storbinary(f"STOR {name}", io.BytesIO(body), **how)


def refusal(do: Callable[[ftplib.FTP], Any]) -> Callable[[ftplib.FTP], str]:
    """Do something that the server refuses, and return how."""

    def tried(ftp: ftplib.FTP) -> str:
        with pytest.raises(ftplib.error_perm) as caught:
            do(ftp)
        return str(caught.value)

    return tried


def retrieved(ftp: ftplib.FTP, name: str, rest: int | None = None) -> bytes:
    parts: list[bytes] = []
    ftp.retrbinary(f"RETR {name}", parts.append, rest=rest)
    return b"".join(parts)


@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
async def test_a_file_is_fetched_and_an_upload_comes(tmp_path, scheme):
    async with desk(tmp_path, scheme) as bench:
        server, port = bench.server, bench.server.port(scheme)
        urls = server.offer("fw.bin", LOG)
        assert urls == {scheme: f"{scheme}://{HOST}:{port}/firmware/fw.bin"}
        place = urlsplit(server.place("diagnostics", scheme)).path

        def both(ftp: ftplib.FTP) -> tuple[bytes, str]:
            body = retrieved(ftp, "/firmware/fw.bin")
            return body, store(place + "a.log")(ftp)

        body, reply = await use(port, both, scheme)
        assert (body, reply[:3], server.fetched("fw.bin")) == (LOG, "226", 1)
        (upload,) = server.uploads()
        assert (upload.place, upload.name, upload.scheme) == ("diagnostics/1", "a.log", scheme)
        assert (upload.size, upload.path.read_bytes()) == (len(LOG), LOG)
        assert bench.said == []


async def test_ftp_and_ftps_at_one_port(tmp_path):
    with socket.create_server((HOST, 0)) as free:
        port = int(free.getsockname()[1])
    async with desk(tmp_path) as bench:
        server = bench.server
        await server.stop()
        await server.start({"ftp": (HOST, port), "ftps": (HOST, port)})
        server.place("logs", "ftp")
        for scheme in ("ftp", "ftps"):
            await use(server.port(scheme), store(f"/logs/1/{scheme}"), scheme)
        assert [(u.name, u.scheme) for u in server.uploads()] == [("ftp", "ftp"), ("ftps", "ftps")]


async def test_ftps_does_nothing_without_tls(tmp_path):
    async with desk(tmp_path, "ftps") as bench:
        port = bench.server.port("ftps")
        bench.server.place("logs", "ftps")

        def plain() -> str:
            return refusal(lambda _: client(port, "ftp"))(ftplib.FTP())

        assert "SSL/TLS required" in await asyncio.to_thread(plain)

        def clear(ftp: ftplib.FTP) -> str:
            assert isinstance(ftp, ftplib.FTP_TLS)
            ftp.prot_c()
            return refusal(store("/logs/1/x"))(ftp)

        assert "SSL/TLS required on the data" in await use(port, clear, "ftps")


async def test_only_tls_1_2_and_above(tmp_path):
    async with desk(tmp_path, "ftps") as bench:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")

        def old() -> None:
            ftp = ftplib.FTP_TLS(timeout=10, context=context)
            ftp.connect(HOST, bench.server.port("ftps"))
            try:
                with pytest.raises((ssl.SSLError, OSError)):
                    ftp.auth()
            finally:
                ftp.close()

        await asyncio.to_thread(old)


async def test_an_account(tmp_path):
    account = ("bay", "s/e:c@ret")
    async with desk(tmp_path, ftp=Ftp(account=account)) as bench:
        server = bench.server
        assert "s/e:c" not in repr(Ftp(account=account))
        await server.stop()
        await server.start({"ftp": (HOST, 0)})
        url = urlsplit(server.place("logs", "ftp"))
        assert (url.username, url.password) == ("bay", "s%2Fe%3Ac%40ret")
        port = server.port("ftp")
        await use(port, store("/logs/1/x"), "ftp", *account)
        for wrong in (("bay", "no"), ("bäy", "s/e:c@ret"), ()):
            with pytest.raises(ftplib.error_perm, match="530"):
                await use(port, store("/logs/1/y"), "ftp", *wrong)
        assert bench.said == [
            "ftp: a log-in as bay was refused: the password is wrong",
            "ftp: a log-in as b\\xe4y was refused: the user name is wrong",
            "ftp: a log-in as anonymous was refused: the user name is wrong",
        ]
        assert [u.name for u in server.uploads()] == ["x"]


async def test_folders_are_changed_to(tmp_path):
    async with desk(tmp_path, "ftp") as bench:
        bench.server.place("logs", "ftp")

        def step_by_step(ftp: ftplib.FTP) -> list[str]:
            where = [ftp.pwd()]
            for folder in ("logs", "1", "..", "/logs/1"):
                ftp.cwd(folder)
                where.append(ftp.pwd())
            store("x")(ftp)
            return where

        where = await use(bench.server.port("ftp"), step_by_step)
        assert where == ["/", "/logs", "/logs/1", "/logs", "/logs/1"]
        assert [u.name for u in bench.server.uploads()] == ["x"]


async def test_an_upload_can_be_resumed(tmp_path):
    async with desk(tmp_path, "ftp") as bench:
        bench.server.place("logs", "ftp")

        def resume(ftp: ftplib.FTP) -> int:
            ftp.voidcmd("TYPE I")
            with ftp.transfercmd("STOR /logs/1/x") as data:
                data.sendall(LOG[:1000])
                ftp.sock.sendall(b"ABOR\r\n")  # while the data connection is open
                if ftp.getmultiline().startswith("426"):  # 225 where nothing had come yet
                    assert ftp.getmultiline().startswith("226")
            size = ftp.size("/logs/1/x")
            store("/logs/1/x", LOG[size:], rest=size)(ftp)
            store("/logs/1/y", LOG[:10])(ftp)
            ftp.storbinary("APPE /logs/1/y", io.BytesIO(LOG[10:]))
            return size

        size = await use(bench.server.port("ftp"), resume)
        assert bench.said == [f"ftp: the upload of x broke off after {size} bytes"]
        names = [(u.name, u.size, u.path.read_bytes() == LOG) for u in bench.server.uploads()]
        assert names == [("x", len(LOG), True), ("y", 10, False), ("y", len(LOG), True)]


@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
async def test_a_connection_that_is_reset_is_no_end_of_a_file(tmp_path, scheme):
    async with desk(tmp_path, scheme) as bench:
        bench.server.place("logs", scheme)

        def work(ftp: ftplib.FTP) -> str:
            ftp.voidcmd("TYPE I")
            data = ftp.transfercmd("STOR /logs/1/x")
            data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            data.sendall(LOG)
            for _ in range(2):  # then the server has noticed the data connection
                ftp.sendcmd("NOOP")
            data.close()
            return ftp.getmultiline()

        reply = await use(bench.server.port(scheme), work, scheme)
        assert reply.startswith("426 ")
        assert bench.server.uploads() == ()


async def test_a_download_can_be_resumed(tmp_path):
    async with desk(tmp_path, "ftp") as bench:
        bench.server.offer("f", LOG)

        def work(ftp: ftplib.FTP) -> tuple[int | None, bytes]:
            ftp.voidcmd("TYPE I")
            return ftp.size("/firmware/f"), retrieved(ftp, "/firmware/f", 1000)

        size, rest = await use(bench.server.port("ftp"), work)
        assert (size, rest) == (len(LOG), LOG[1000:])


async def test_a_part_file_is_renamed(tmp_path):
    async with desk(tmp_path, "ftp") as bench:
        bench.server.place("logs", "ftp")

        def work(ftp: ftplib.FTP) -> None:
            store("/logs/1/x.part")(ftp)
            ftp.rename("/logs/1/x.part", "/logs/1/x")

        await use(bench.server.port("ftp"), work)
        (upload,) = bench.server.uploads()
        assert (upload.name, upload.path.read_bytes()) == ("x", LOG)


def _rename(to: str) -> Callable[[ftplib.FTP], Any]:
    def work(ftp: ftplib.FTP) -> None:
        store("/logs/1/x")(ftp)
        refused = refusal(lambda one: one.rename("/logs/1/x", to))(ftp)
        raise ftplib.error_perm(refused)

    return work


def _from(folder: str, name: str) -> Callable[[ftplib.FTP], Any]:
    def work(ftp: ftplib.FTP) -> None:
        ftp.cwd(folder)
        store(name)(ftp)

    return work


LEAVING: dict[str, Callable[[ftplib.FTP], Any]] = {
    "..": store("/logs/1/../x"),
    "many ..": store("/logs/1/../../../../../../tmp/x"),
    "relative": store("../../x"),
    "absolute": store("/tmp/x"),
    "encoded": store("/logs/1/%2e%2e%2fx"),
    "twice encoded": store("/logs/1/%252e%252e%252fx"),
    "backslash": store("/logs/1/..\\x"),
    "drive": store("/logs/1/c:x"),
    "firmware": store("/firmware/f"),
    "no folder": store("/x"),
    "folder below": store("/logs/1/sub/x"),
    "folder itself": store("/logs/1"),
    "CWD ..": _from("/logs/1/..", "x"),
    "CWD and ..": _from("/logs/1", "../../../x"),
    "APPE": lambda ftp: ftp.storbinary("APPE /logs/1/../x", io.BytesIO(LOG)),
    "RNTO ..": _rename("/logs/1/../../x"),
    "RNTO absolute": _rename("/tmp/x"),
    "RNTO another folder": _rename("/logs/2/x"),
    "RNTO backslash": _rename("/logs/1/..\\x"),
}


@pytest.mark.parametrize("how", LEAVING)
async def test_an_upload_that_wants_to_leave_its_folder(tmp_path, how):
    async with desk(tmp_path, "ftp") as bench:
        bench.server.offer("f", b"image")
        for _ in range(2):
            bench.server.place("logs", "ftp")
        reply = await use(bench.server.port("ftp"), refusal(LEAVING[how]))
        assert reply.startswith("550")
        (sentence,) = bench.said
        assert sentence.startswith("ftp: an upload to /")
        assert sentence.endswith("is not a file in a folder that was given for uploads")
        assert set(bench.files()) <= {"files/logs/1/x"}
        assert set(bench.files().values()) <= {LOG}


FORBIDDEN = """
LIST, NLST, MLSD, MLST /logs/1, STAT /logs/1, LIST /firmware, MKD /x, RETR /logs/1/x, STOU x,
RETR /etc/passwd, DELE /logs/1/x, RMD /logs/1, SIZE /etc/passwd, MDTM /etc/passwd, CWD /etc,
CWD ../../etc, RNFR /etc/passwd, RNFR /logs/1, SITE CHMOD 777 /x, MFMT 20300101000000 /logs/1/x
"""


@pytest.mark.parametrize("command", [one.strip() for one in FORBIDDEN.split(",")])
async def test_what_is_not_allowed(tmp_path, command):
    async with desk(tmp_path, "ftp") as bench:
        bench.server.offer("f", b"image")
        bench.server.place("logs", "ftp")

        def work(ftp: ftplib.FTP) -> str:
            store("/logs/1/x")(ftp)
            ftp.voidcmd("TYPE I")
            ftp.putcmd(command)
            return ftp.getmultiline()

        reply = await use(bench.server.port("ftp"), work)
        assert reply[0] in "45", reply
        assert str(tmp_path) not in reply
        assert list(bench.files()) == ["files/logs/1/x"]


async def test_a_folder_that_takes_nothing(tmp_path):
    async with desk(tmp_path, "ftp") as bench:
        bench.server.place("logs", "ftp", takes=False)
        reply = await use(bench.server.port("ftp"), refusal(store("/logs/1/x")))
        assert "takes nothing" in reply
        assert bench.server.uploads() == ()


@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
async def test_an_upload_that_is_too_large(tmp_path, scheme):
    limits = Limits(upload=100_000, idle=20)
    async with desk(tmp_path, scheme, limits=limits) as bench:
        bench.server.place("logs", scheme)

        def work(ftp: ftplib.FTP) -> str:
            ftp.voidcmd("TYPE I")
            data = ftp.transfercmd("STOR /logs/1/x")
            try:
                for _ in range(100):
                    data.sendall(b"x" * 10_000)
            except OSError:
                pass  # the server has ended the data connection
            finally:
                data.close()
            return ftp.getmultiline()

        reply = await use(bench.server.port(scheme), work, scheme)
        assert reply.startswith("552 ")
        assert "larger than the 100000 bytes" in bench.said[0]
        assert bench.files() == {}
        assert bench.server.uploads() == ()


async def test_too_many_files(tmp_path):
    async with desk(tmp_path, "ftp", limits=Limits(uploads=1)) as bench:
        bench.server.place("logs", "ftp")

        def work(ftp: ftplib.FTP) -> str:
            store("/logs/1/x")(ftp)
            return refusal(store("/logs/1/y"))(ftp)

        assert "has taken 1 files" in await use(bench.server.port("ftp"), work)


async def test_resuming_past_the_end(tmp_path):
    async with desk(tmp_path, "ftp") as bench:
        bench.server.place("logs", "ftp")

        def work(ftp: ftplib.FTP) -> list[str]:
            first = refusal(store("/logs/1/x", rest=10**12))(ftp)
            store("/logs/1/x", b"abc")(ftp)
            return [first, refusal(store("/logs/1/x", rest=10**12))(ftp)]

        replies = await use(bench.server.port("ftp"), work)
        assert [reply[:3] for reply in replies] == ["554", "554"]
        assert bench.files() == {"files/logs/1/x": b"abc"}


async def test_stopping_ends_connections(tmp_path):
    async with desk(tmp_path, "ftp") as bench:
        port = bench.server.port("ftp")
        ftp = await asyncio.to_thread(client, port, "ftp")
        await bench.server.stop()
        with pytest.raises((EOFError, OSError)):
            await asyncio.to_thread(ftp.voidcmd, "NOOP")
        with pytest.raises(OSError):  # noqa: PT011
            await asyncio.to_thread(client, port, "ftp")
        ftp.close()


@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
async def test_a_held_transfer_ends_when_it_is_let_go(tmp_path, scheme):
    came = bytearray()
    async with desk(tmp_path, scheme) as bench:
        server, port = bench.server, bench.server.port(scheme)
        image, place = server.offer("fw.bin", LOG)[scheme], server.place("logs", scheme)
        server.hold(image)
        server.hold(place)
        fetch = asyncio.create_task(
            use(port, lambda ftp: ftp.retrbinary("RETR /firmware/fw.bin", came.extend), scheme)
        )
        upload = asyncio.create_task(use(port, store("/logs/1/a.log"), scheme))
        done, _ = await asyncio.wait((fetch, upload), timeout=0.5)
        assert (done, server.fetched("fw.bin"), server.uploads()) == (set(), 0, ())
        server.let_go(image)
        assert (await fetch)[:3] == "226"
        assert (bytes(came), server.fetched("fw.bin")) == (LOG, 1)
        server.let_go(place)
        assert (await upload)[:3] == "226"
        assert [u.size for u in server.uploads(place)] == [len(LOG)]
