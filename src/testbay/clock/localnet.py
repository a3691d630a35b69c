"""The network of one process: what it listens to and connects to by port runs over AF_UNIX.

Mixed into an event loop, it changes only create_server, create_connection and getaddrinfo, so that
code written for TCP needs no change: host names need no DNS, nothing lingers in TIME_WAIT, and sent
data is readable at once (which the jumping clock relies on). A port is looked up whatever the host.

A port that no server of this loop ever had goes to the real network, and there the clock is held.
A port whose server has closed refuses, like every port of a host under ``.test``: those exist only
inside this process (RFC 6761).
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import socket
from typing import Any

BACKLOG = 4096

_serial = itertools.count()

_SERVER_OPTIONS = ("sock", "family", "flags", "reuse_address", "reuse_port", "keep_alive")
_CLIENT_OPTIONS = (
    "sock",
    "family",
    "proto",
    "flags",
    "local_addr",
    "happy_eyeballs_delay",
    "interleave",
    "all_errors",
)


class LocalSocket(socket.socket):
    """An AF_UNIX stream socket that names itself and its peer as if it were TCP."""

    local: Any = ("127.0.0.1", 0)
    remote: Any = None
    clients: list[Any]
    """Of a listening socket: names of those that connected and wait, oldest first."""

    @property
    def family(self) -> socket.AddressFamily:
        """Pretend to be IPv4."""
        return socket.AF_INET

    def setsockopt(self, level: int, *args: Any) -> None:
        """Ignore the options of TCP and IP, which there is nothing to set on."""
        if level not in (socket.IPPROTO_TCP, socket.IPPROTO_IP):
            super().setsockopt(level, *args)

    def getsockname(self) -> Any:
        """Return host and port."""
        return self.local

    def getpeername(self) -> Any:
        """Return host and port of the other end."""
        if self.remote is None:
            raise OSError(errno.ENOTCONN, "not connected")
        return self.remote

    def accept(self) -> Any:
        """Accept a connection and give it the names of both ends."""
        fd, _ = self._accept()  # type: ignore[attr-defined]
        sock = LocalSocket(fileno=fd)
        sock.local = self.local
        sock.remote = self.clients.pop(0)
        return sock, sock.remote


class LocalNet(asyncio.SelectorEventLoop):
    """Mix in before the loop class."""

    def __init__(self) -> None:
        self._listening: dict[int, LocalSocket] = {}
        self._paths: dict[int, str] = {}
        self._client_ports = itertools.count(50_000)
        self._free_ports = itertools.count(40_000)
        super().__init__()

    async def create_server(
        self, protocol_factory: Any, host: Any = None, port: Any = None, **kwargs: Any
    ) -> Any:
        """Listen inside the process; port 0 is a port free there."""
        if kwargs.get("sock") is not None:
            return await super().create_server(protocol_factory, **kwargs)
        for option in _SERVER_OPTIONS:
            kwargs.pop(option, None)
        if not port:
            port = next(free for free in self._free_ports if free not in self._paths)
        if port in self._listening and self._listening[port].fileno() >= 0:
            raise OSError(errno.EADDRINUSE, f"port {port} is in use")
        sock = LocalSocket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.local, sock.clients = (host or "127.0.0.1", port), []
        self._paths[port] = f"\0testbay-{os.getpid()}-{next(_serial)}"
        sock.bind(self._paths[port])
        sock.listen(BACKLOG)
        self._listening[port] = sock
        kwargs["backlog"] = BACKLOG
        return await super().create_server(protocol_factory, sock=sock, **kwargs)

    async def create_connection(
        self, protocol_factory: Any, host: Any = None, port: Any = None, **kwargs: Any
    ) -> Any:
        """Connect inside the process where a server of this loop has, or had, the port."""
        if kwargs.get("sock") is not None or not self._is_local(host, port):
            return await super().create_connection(protocol_factory, host, port, **kwargs)
        for option in _CLIENT_OPTIONS:
            kwargs.pop(option, None)
        server = self._listening.get(port)
        if server is None or server.fileno() < 0:
            raise ConnectionRefusedError(
                errno.ECONNREFUSED, f"Connect call failed ({host!r}, {port})"
            )
        sock = LocalSocket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.local, sock.remote = ("127.0.0.1", next(self._client_ports)), ("127.0.0.1", port)
        sock.setblocking(False)  # a full backlog is an error, not a wait
        try:
            sock.connect(self._paths[port])
        except OSError:
            sock.close()
            raise
        server.clients.append(sock.local)
        if kwargs.get("ssl"):
            kwargs.setdefault("server_hostname", host)
        return await super().create_connection(protocol_factory, sock=sock, **kwargs)

    async def getaddrinfo(self, host: Any, port: Any, **kwargs: Any) -> Any:
        """Resolve without DNS what lives inside the process."""
        if self._is_local(host, port):
            address = ("127.0.0.1", port)
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)]
        return await super().getaddrinfo(host, port, **kwargs)

    def _is_local(self, host: Any, port: Any) -> bool:
        return port in self._paths or (isinstance(host, str) and host.endswith(".test"))
