"""HTTP on the running loop: GET of what is offered, PUT and POST to folders for uploads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from email.utils import format_datetime
from ssl import SSLContext

import h11

from testbay.clock import now
from testbay.files.model import Limits
from testbay.files.multipart import boundary_of, file_name, first_file
from testbay.files.names import segments, shown
from testbay.files.shelf import OFFERED, TICK, Incoming, Refused, Shelf

_CHUNK = 65_536
_FORM = 65_536  # bytes of a form besides its file
_LINGER = 5.0  # s, to let a peer read why its upload was refused before the connection ends
_HEAD = 16_384  # bytes of the head of a request
_ALLOW = "GET, HEAD, PUT, POST"
Headers = list[tuple[str, str]]


class HttpServer:
    """Serve a shelf by HTTP or HTTPS.

    Args:
        scheme: http or https, for sentences.
    """

    def __init__(self, scheme: str, shelf: Shelf, limits: Limits) -> None:
        self.scheme = scheme
        self.shelf = shelf
        self.limits = limits
        self.open: dict[_Connection, None] = {}
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int, tls: SSLContext | None) -> int:
        """Listen; return the port.

        Raises:
            OSError: the port cannot be used.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), host, port, ssl=tls)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and end all connections."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self.open):
            connection.abort()
        while self.open:
            await next(iter(self.open)).lost.wait()


class _Connection(asyncio.Protocol):
    """One connection, which may bring several requests."""

    def __init__(self, server: HttpServer) -> None:
        self.lost = asyncio.Event()
        self._server = server
        self._shelf = server.shelf
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD)
        self._request: h11.Request | None = None
        self._coming: Incoming | None = None
        self._form: bytearray | None = None
        self._sending: memoryview | None = None
        self._fetching: str | None = None
        self._complete = False
        self._path: tuple[str, ...] = ()
        self._waiting: asyncio.TimerHandle | None = None
        self._paused = False
        self._lingers = False
        self._ended = False
        self._secure = server.scheme == "https"
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None

    # -- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=1, low=0)  # with 0, TLS never resumes writing
        self._server.open[self] = None
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._watch()
        if len(self._server.open) > self._server.limits.connections:
            self._shelf.tell(f"{self._server.scheme}: a connection too many was ended")
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.open.pop(self, None)
        for timer in (self._timer, self._waiting):
            if timer is not None:
                timer.cancel()
        self._give_up()
        self._sending = None
        self.lost.set()

    def data_received(self, data: bytes) -> None:
        self._last = self._loop.time()
        if self._lingers or self._transport.is_closing():
            return
        self._http.receive_data(data)
        self._serve()

    def eof_received(self) -> bool:
        if self._lingers or self._transport.is_closing():
            return False
        if self._sending is None and not self._complete:
            self._http.receive_data(b"")
            self._serve()
            return self._sending is not None and not self._secure
        self._ended = True
        return not self._secure  # the answer still goes out, except over TLS

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._last = self._loop.time()
        self._send_on()

    def abort(self) -> None:
        """End the connection at once."""
        self._give_up()
        self._transport.abort()

    # -- requests

    def _serve(self) -> None:
        """Handle what has come, until more is needed or an answer must go out first."""
        try:
            while self._sending is None and not self._lingers:
                if self._complete:
                    if self._held(self._serve_more):
                        return
                    self._complete = False
                    self._end()
                    continue
                if self._http.they_are_waiting_for_100_continue and self._expected():
                    self._send(h11.InformationalResponse(status_code=100, headers=[]))
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                if isinstance(event, h11.ConnectionClosed):
                    self._give_up()
                    self._transport.close()
                    return
                self._take(event)
        except Refused as refused:
            self._fail(refused.status, str(refused))
        except h11.RemoteProtocolError as error:
            self._give_up()
            self._fail(error.error_status_hint, f"this is not HTTP: {error}")
        except OSError as error:
            self._shelf.tell(f"{self._server.scheme}: an upload failed: {error}")
            self._fail(500, f"the file cannot be kept: {error.strerror}")

    def _expected(self) -> bool:
        return self._coming is not None or self._form is not None

    def _take(self, event: h11.Event | type) -> None:
        if isinstance(event, h11.Request):
            self._begin(event)
        elif isinstance(event, h11.Data) and self._form is not None:
            self._form += event.data
            if len(self._form) > self._server.limits.upload + _FORM:
                raise self._shelf.refuse_large(self._server.scheme, "a form")
        elif isinstance(event, h11.Data) and self._coming is not None:
            self._coming.write(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            self._complete = True

    def _held(self, then: Callable[[], None]) -> bool:
        """Return whether the transfer must not end yet; then it is tried again later."""
        if self._waiting is not None or not self._shelf.held(self._path):
            return self._waiting is not None

        def again() -> None:
            self._waiting, self._last = None, self._loop.time()
            then()

        self._waiting = self._loop.call_later(TICK, again)
        return True

    def _begin(self, request: h11.Request) -> None:
        self._request = request
        if len(request.target) > _HEAD:  # h11 measures only heads that come in pieces
            raise Refused("the request is too long", 414)
        method = request.method.decode("ascii")
        self._path = path = segments(request.target.decode("ascii", "replace"))
        if method in ("PUT", "POST"):
            self._begin_upload(request, path)
        elif method not in ("GET", "HEAD"):
            raise Refused(f"{shown(method)} is not among {_ALLOW}", 405)

    def _begin_upload(self, request: h11.Request, path: tuple[str, ...]) -> None:
        """Find out where a file is to go, and begin to take it."""
        if _header(request, "content-range"):
            raise Refused("a part of a file cannot be uploaded: send all of it", 400)
        boundary = boundary_of(_header(request, "content-type"))
        length = _header(request, "content-length")
        size = int(length) if length else None
        if request.method == b"POST" and boundary is not None:
            self._form = bytearray()
            if size is not None and size > self._server.limits.upload + _FORM:
                raise self._shelf.refuse_large(self._server.scheme, "a form")
            return
        self._coming = self._shelf.begin(self._server.scheme, self._named(path), size=size)

    def _named(self, path: tuple[str, ...], name: str = "") -> tuple[str, ...]:
        """Return a path with the name of the file, also where only a folder was given."""
        if len(path) != 2:
            return path
        assert self._request is not None
        given = name or file_name(_header(self._request, "content-disposition"))
        return (*path, given or "upload")

    def _end(self) -> None:
        """Answer a request that has come completely."""
        request, target = self._request, self._path
        assert request is not None
        if request.method in (b"GET", b"HEAD"):
            self._fetch(request, target)
            return
        if self._form is not None:
            body, self._form = bytes(self._form), None
            try:
                boundary = boundary_of(_header(request, "content-type")) or b""
                name, content = first_file(body, boundary)
            except ValueError as error:
                raise Refused(str(error), 400) from None
            self._coming = self._shelf.begin(self._server.scheme, self._named(target, name))
            self._coming.write(content)
        assert self._coming is not None
        coming, self._coming = self._coming, None
        coming.finish()
        self._answer(201 if request.method == b"PUT" else 200, b"", [])

    def _fetch(self, request: h11.Request, path: tuple[str, ...]) -> None:
        content = self._shelf.content(path)
        if content is None:
            where = shown("/" + "/".join(path))
            self._shelf.tell(f"{self._server.scheme}: {where} was asked for and is not there")
            raise Refused(f"{where} is not there", 404)
        status, headers, part = 200, [("Accept-Ranges", "bytes")], memoryview(content)
        first, last = _range(_header(request, "range"), len(content))
        if first > last and content:
            headers = [("Content-Range", f"bytes */{len(content)}")]
            self._answer(416, b"", headers)
            return
        if (first, last) != (0, len(content) - 1) and content:
            status, part = 206, part[first : last + 1]
            headers.append(("Content-Range", f"bytes {first}-{last}/{len(content)}"))
        headers.append(("Content-Type", "application/octet-stream"))
        if request.method == b"GET" and last == len(content) - 1:
            self._fetching = path[1] if path[0] == OFFERED else None
        self._answer(status, part, headers)

    # -- answers

    def _answer(self, status: int, body: bytes | memoryview, headers: Headers) -> None:
        head = [
            ("Date", format_datetime(now(), usegmt=True)),
            ("Server", "testbay"),
            ("Content-Length", str(len(body))),
            *headers,
        ]
        self._send(h11.Response(status_code=status, headers=head))
        only_head = self._request is not None and self._request.method == b"HEAD"
        self._sending = memoryview(b"") if only_head else memoryview(body)
        self._send_on()

    def _send_on(self) -> None:
        """Send the body as fast as the peer reads it, then go on with the next request."""
        while self._sending is not None and not self._paused:
            if self._sending:
                size = min(_CHUNK, len(self._sending))
                if size == len(self._sending) and self._held(self._send_on):
                    size -= 1
                if not size:
                    return
                chunk, self._sending = self._sending[:size], self._sending[size:]
                self._send(h11.Data(data=bytes(chunk)))
                continue
            self._sending = None
            if self._fetching is not None:
                self._shelf.was_fetched(self._fetching)
                self._fetching = None
            self._send(h11.EndOfMessage())
            self._next()

    def _next(self) -> None:
        self._request = None
        if self._lingers:
            self._linger()
        elif self._http.our_state is h11.MUST_CLOSE or self._ended:
            self._transport.close()
        elif self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._loop.call_soon(self._serve_more)

    def _serve_more(self) -> None:
        if not self._transport.is_closing():
            self._serve()

    def _fail(self, status: int, sentence: str) -> None:
        """Refuse a request; what still comes of it is not read."""
        self._give_up()
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self._transport.close()
            return
        self._lingers = True
        more = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")]
        if status == 405:
            more.append(("Allow", _ALLOW))
        self._answer(status, f"{sentence}\n".encode(), more)

    def _linger(self) -> None:
        """End the connection, but not before the peer could read the answer."""
        if self._transport.can_write_eof():
            self._transport.write_eof()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(_LINGER, self._transport.abort)

    def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def _give_up(self) -> None:
        self._form = None
        if self._coming is not None:
            coming, self._coming = self._coming, None
            coming.break_off()

    def _watch(self) -> None:
        """End the connection when nothing has moved for too long."""
        due = self._last + self._server.limits.idle
        if self._loop.time() >= due:
            self.abort()
        else:
            self._timer = self._loop.call_at(due, self._watch)


def _header(request: h11.Request, name: str) -> str:
    found: Iterable[bytes] = (value for key, value in request.headers if key == name.encode())
    return next((value.decode("latin-1") for value in found), "")


def _range(header: str, size: int) -> tuple[int, int]:
    """Return the first and the last byte that are wanted; first > last: there are none.

    What is no range of bytes, or several, counts as all (RFC 9110, 14.2).
    """
    everything = (0, size - 1)
    unit, _, wanted = header.partition("=")
    first, dash, last = wanted.strip().partition("-")
    numbers = all(part == "" or (part.isascii() and part.isdigit()) for part in (first, last))
    if unit.strip() != "bytes" or not dash or not numbers or first + last == "":
        return everything
    if not first:
        return max(0, size - int(last)), size - 1
    if last and int(last) < int(first):
        return everything
    return int(first), min(int(last) if last else size - 1, size - 1)
