"""Fetch and send files by HTTP, HTTPS, FTP and explicit FTPS, as a station does."""

import asyncio
import ftplib
import io
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote, urljoin, urlsplit

import h11

Reason = Literal["unreachable", "refused", "missing", "unsupported", "protocol", "too large"]
Method = Literal["PUT", "POST"]

SCHEMES = ("ftp", "ftps", "http", "https")
_PORTS = {"ftp": 21, "ftps": 21, "http": 80, "https": 443}
_REDIRECTIONS = 5
_CHUNK = 65_536


class TransferFailed(Exception):
    """Say in a sentence why a file could not be fetched or sent.

    Args:
        reason: the kind of failure; "refused" and "missing" come from the server.
    """

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Transfer:
    """How files are transferred.

    Args:
        tls: makes the settings for https and ftps.
        schemes: those that are supported.
        timeout: how long the server may be silent, in s.
        limit: size of a file that is fetched, in bytes.
        method: how files are sent by HTTP.
    """

    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    schemes: tuple[str, ...] = SCHEMES
    timeout: float = 30.0
    limit: int = 256 * 2**20
    method: Method = "PUT"


async def fetch(url: str, how: Transfer) -> bytes:
    """Return the content of a file.

    Raises:
        TransferFailed: there is none, or it did not come completely.
    """
    if _scheme(url, how) in ("ftp", "ftps"):
        return await _by_ftp(url, how, None)
    return await _by_http(url, how, "GET", b"")


async def send(url: str, content: bytes, how: Transfer) -> None:
    """Send a file to a URL that ends in its name.

    Raises:
        TransferFailed: the server did not take it.
    """
    if _scheme(url, how) in ("ftp", "ftps"):
        await _by_ftp(url, how, content)
    else:
        await _by_http(url, how, how.method, content)


def inside(folder: str, name: str) -> str:
    """Return the URL of a file in a folder; the folder's may end in a slash or not."""
    parts = urlsplit(folder)
    path = parts.path.rstrip("/") + "/" + quote(name, safe="")
    return parts._replace(path=path).geturl()


def _scheme(url: str, how: Transfer) -> str:
    """Return the scheme of a URL that can be used."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise TransferFailed("protocol", f"{shown(url)} is not a URL: {error}") from None
    if parts.scheme not in how.schemes or parts.scheme not in SCHEMES:
        can = ", ".join(how.schemes)
        raise TransferFailed("unsupported", f"{shown(url)}: files are transferred by {can} only")
    if not host or port == 0:
        raise TransferFailed("protocol", f"{shown(url)} names no server")
    return parts.scheme


def shown(url: str) -> str:
    """Return a URL as it can be logged: without user and password."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    server, slash, path = rest.partition("/")
    return f"{scheme}://{server.rpartition('@')[2]}{slash}{path}"


# -- HTTP


async def _by_http(url: str, how: Transfer, method: str, content: bytes) -> bytes:
    for _ in range(_REDIRECTIONS):
        try:
            answer, body = await _exchange(url, how, method, content)
        except TimeoutError:
            text = f"{shown(url)}: the server was silent for {how.timeout:g} s"
            raise TransferFailed("unreachable", text) from None
        except h11.RemoteProtocolError as error:
            raise TransferFailed("protocol", f"{shown(url)}: {error}") from None
        except ssl.SSLError as error:
            why = getattr(error, "verify_message", "") or error.reason
            raise TransferFailed("unreachable", f"{shown(url)}: TLS failed: {why}") from None
        except OSError as error:
            text = f"{shown(url)} cannot be reached: {error.strerror or type(error).__name__}"
            raise TransferFailed("unreachable", text) from None
        if answer.status_code not in (301, 302, 303, 307, 308):
            _check(url, answer)
            return body
        url = urljoin(url, _header(answer, b"location"))
        _scheme(url, how)
    raise TransferFailed("protocol", f"{shown(url)}: too many redirections")


async def _exchange(
    url: str, how: Transfer, method: str, content: bytes
) -> tuple[h11.Response, bytes]:
    """Send one request over a connection of its own and return the answer."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    tls = how.tls() if parts.scheme == "https" else None
    async with asyncio.timeout(how.timeout):
        reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    try:
        http = h11.Connection(h11.CLIENT)
        target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        server = parts.netloc.rpartition("@")[2]
        headers = [("Host", server), ("User-Agent", "testbay-station"), ("Connection", "close")]
        if method != "GET":
            headers.append(("Content-Type", "application/octet-stream"))
            headers.append(("Content-Length", str(len(content))))
        writer.write(http.send(h11.Request(method=method, target=target, headers=headers)) or b"")
        sending = asyncio.create_task(_send_body(writer, http, content, how.timeout))
        try:
            return await _receive(reader, http, how)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    finally:
        writer.transport.abort()


async def _send_body(
    writer: asyncio.StreamWriter, http: h11.Connection, content: bytes, timeout: float
) -> None:
    """Send the body; the server may answer before it has all of it."""
    try:
        for at in range(0, len(content), _CHUNK):
            writer.write(http.send(h11.Data(data=content[at : at + _CHUNK])) or b"")
            async with asyncio.timeout(timeout):
                await writer.drain()
        writer.write(http.send(h11.EndOfMessage()) or b"")
    except (OSError, TimeoutError):
        pass  # whoever waits for the answer hears of it


async def _receive(
    reader: asyncio.StreamReader, http: h11.Connection, how: Transfer
) -> tuple[h11.Response, bytes]:
    answer: h11.Response | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            async with asyncio.timeout(how.timeout):
                http.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            answer = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > how.limit:
                text = f"the file is larger than the {how.limit} bytes that there is room for"
                raise TransferFailed("too large", text)
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            if answer is None:
                raise h11.RemoteProtocolError("the server ended the connection without an answer")
            return answer, bytes(body)


def _check(url: str, answer: h11.Response) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        return
    text = f"{shown(url)}: the server answered {status} {answer.reason.decode('latin-1')}".rstrip()
    if status in (404, 410):
        raise TransferFailed("missing", text)
    if status in (401, 402, 403, 407, 451):
        raise TransferFailed("refused", text)
    if status in (405, 501):
        raise TransferFailed("unsupported", text)
    raise TransferFailed("too large" if status in (413, 507) else "protocol", text)


def _header(answer: h11.Response, name: bytes) -> str:
    found = (value.decode("latin-1") for key, value in answer.headers if key == name)
    return next(found, "")


# -- FTP


async def _by_ftp(url: str, how: Transfer, content: bytes | None) -> bytes:
    """Fetch or send in a thread; if this is cancelled, the connection is cut there."""
    ftp = _client(url, how)
    work = asyncio.get_running_loop().run_in_executor(None, _ftp, ftp, url, how, content)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        ftp.cut()
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise


class _Ftp(ftplib.FTP):
    """A client that another thread can cut off."""

    over = False
    data: socket.socket | None = None

    def getline(self) -> str:
        """Receive a line, unless it was cut off before there was a connection to cut."""
        if self.over:
            raise EOFError
        return super().getline()

    def ntransfercmd(
        self, cmd: str, rest: int | str | None = None
    ) -> tuple[socket.socket, int | None]:
        """Remember the data connection."""
        self.data, size = super().ntransfercmd(cmd, rest)
        if self.over:
            self.data.close()
            raise EOFError
        return self.data, size

    def cut(self) -> None:
        """End its connections, so that whoever waits for them is woken up."""
        self.over = True
        for sock in (self.sock, self.data):
            if sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)


class _FtpTls(_Ftp, ftplib.FTP_TLS):
    """The same with TLS."""


def _client(url: str, how: Transfer) -> _Ftp:
    if urlsplit(url).scheme == "ftps":
        return _FtpTls(timeout=how.timeout, context=how.tls())
    return _Ftp(timeout=how.timeout)


def _ftp(ftp: _Ftp, url: str, how: Transfer, content: bytes | None) -> bytes:
    """Do all of it, blocking."""
    parts = urlsplit(url)
    path = unquote(parts.path) or "/"
    fetched = bytearray()

    def take(data: bytes) -> None:
        fetched.extend(data)
        if len(fetched) > how.limit:
            text = f"the file is larger than the {how.limit} bytes that there is room for"
            raise TransferFailed("too large", text)

    try:
        ftp.connect(parts.hostname or "", parts.port or _PORTS[parts.scheme])
        ftp.login(unquote(parts.username or ""), unquote(parts.password or ""))
        if isinstance(ftp, ftplib.FTP_TLS):
            ftp.prot_p()
        if content is None:
            ftp.retrbinary(f"RETR {path}", take)
        else:
            ftp.storbinary(f"STOR {path}", io.BytesIO(content))
        with suppress(*ftplib.all_errors):
            ftp.quit()
        return bytes(fetched)
    except ftplib.Error as error:
        raise _said(url, str(error), sent=content is not None) from None
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason
        raise TransferFailed("unreachable", f"{shown(url)}: TLS failed: {why}") from None
    except TimeoutError:
        text = f"{shown(url)}: the server was silent for {how.timeout:g} s"
        raise TransferFailed("unreachable", text) from None
    except (OSError, EOFError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise TransferFailed("unreachable", f"{shown(url)} cannot be reached: {why}") from None
    except (ValueError, AttributeError) as error:  # a line break in a path; a socket that was cut
        raise TransferFailed("protocol", f"{shown(url)}: {error}") from None
    finally:
        ftp.close()


def _said(url: str, reply: str, sent: bool) -> TransferFailed:
    """Return what a reply of the server means; 550 is also said of what must not be written."""
    text = f"{shown(url)}: the server answered {reply}"
    code = reply[:3]
    if code in ("530", "532"):
        return TransferFailed("refused", text)
    if code in ("550", "553"):
        return TransferFailed("refused" if sent else "missing", text)
    if code in ("500", "501", "502", "504"):
        return TransferFailed("unsupported", text)
    return TransferFailed("too large" if code in ("452", "552") else "protocol", text)
