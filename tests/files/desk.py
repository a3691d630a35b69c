"""A file server in a folder of the test, and the plainest of clients."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import h11

from testbay.files import Certificate, FileServer, Limits
from testbay.pki.lab import Lab

HOST = "127.0.0.1"
LAB = Lab.seeded()


def certificate(kind: Literal["ec", "rsa"] = "ec") -> Certificate:
    """Return a certificate of a file server, valid on both clocks."""
    identity = LAB.server("server", kind)
    return Certificate(identity.chain, identity.key)


def trusting() -> ssl.SSLContext:
    """Return settings of a client that trusts that certificate and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=LAB.root("csms_root"))
    return context


@dataclass
class Desk:
    """The server, what it said, and where the folder is."""

    server: FileServer
    folder: Path
    said: list[str] = field(default_factory=list)

    def files(self) -> dict[str, bytes]:
        """Return every file in the folder and above it, by path."""
        top = self.folder.parent
        return {
            str(path.relative_to(top)): path.read_bytes()
            for path in sorted(top.rglob("*"))
            if path.is_file()
        }


@asynccontextmanager
async def desk(
    tmp_path: Path, *schemes: str, limits: Limits | None = None, **more: Any
) -> AsyncIterator[Desk]:
    """Run a file server for some schemes, each at a port that is free."""
    said: list[str] = []
    folder = tmp_path / "run" / "files"
    server = FileServer(
        folder,
        certificates=[certificate(), certificate("rsa")],
        limits=limits or Limits(idle=20.0),
        say=said.append,
        **more,
    )
    await server.start(dict.fromkeys(schemes or ("http",), (HOST, 0)))
    try:
        yield Desk(server, folder, said)
    finally:
        await server.stop()


@dataclass
class Answer:
    """What an HTTP server answered; status 0: it ended the connection."""

    status: int
    headers: dict[str, str]
    body: bytes


async def talk(
    port: int, *pieces: bytes, tls: ssl.SSLContext | None = None, answers: int = 1
) -> list[Answer]:
    """Send bytes and read answers until there are enough or the connection ends."""
    reader, writer = await asyncio.open_connection(HOST, port, ssl=tls)
    http = h11.Connection(h11.CLIENT)
    found: list[Answer] = []
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        method = "HEAD" if pieces[0].startswith(b"HEAD") else "GET"
        for _ in range(answers):
            if http.our_state is h11.DONE:
                http.start_next_cycle()
            http.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
            http.send(h11.EndOfMessage())
            answer = await _answer(http, reader)
            found.append(answer)
            if answer.status == 0 or http.their_state is h11.MUST_CLOSE:
                break
        return found
    finally:
        writer.transport.abort()


async def _answer(http: h11.Connection, reader: asyncio.StreamReader) -> Answer:
    answer = Answer(0, {}, b"")
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            try:
                http.receive_data(await reader.read(65_536))
            except ConnectionError:
                return answer
        elif isinstance(event, h11.Response):
            headers = {key.decode(): value.decode() for key, value in event.headers}
            answer = Answer(event.status_code, headers, b"")
        elif isinstance(event, h11.Data):
            answer.body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return answer


def request(
    method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> bytes:
    """Return a request as it goes over the wire."""
    lines = {"Host": HOST, **(headers or {})}
    if body is not None and not any(k in lines for k in ("Content-Length", "Transfer-Encoding")):
        lines["Content-Length"] = str(len(body))
    head = f"{method} {target} HTTP/1.1\r\n"
    head += "".join(f"{key}: {value}\r\n" for key, value in lines.items())
    return f"{head}\r\n".encode() + (body or b"")


async def ask(
    port: int,
    method: str,
    target: str,
    body: bytes | None = None,
    tls: ssl.SSLContext | None = None,
    **headers: str,
) -> Answer:
    """Send one request and return its answer."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return (await talk(port, request(method, target, body, named), tls=tls))[0]


def form(name: str, content: bytes, boundary: str = "xyz") -> bytes:
    """Return a form with a field and a file."""
    return (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="about"\r\n\r\nlog\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: text/plain\r\n\r\n"
        ).encode()
        + content
        + f"\r\n--{boundary}--\r\n".encode()
    )
