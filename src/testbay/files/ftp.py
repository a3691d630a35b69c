"""FTP and explicit FTPS by pyftpdlib, in a thread of its own: real sockets, real time."""

from __future__ import annotations

import errno
import io
import logging
import posixpath
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from hmac import compare_digest
from typing import Any

from OpenSSL import SSL

from testbay.files.model import Certificate, Ftp, Limits
from testbay.files.names import shown
from testbay.files.secure import as_files
from testbay.files.shelf import OFFERED, TICK, Incoming, Refused, Shelf

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of asyncore, which it is built on
    from pyftpdlib.exceptions import AuthenticationFailed, FilesystemError
    from pyftpdlib.filesystems import AbstractedFS
    from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

_LOG = logging.getLogger("pyftpdlib")
_PERMISSIONS = "erawf"  # change the folder, fetch, append, store, rename; no lists, no removal
_LOST = {errno.ECONNRESET, errno.ECONNABORTED, errno.ETIMEDOUT, errno.EPIPE}
_COMMANDS = {
    name: {**about, "perm": "r"} if name in ("SIZE", "MDTM") else about
    for name, about in TLS_FTPHandler.proto_cmds.items()
}


class FtpServer:
    """Serve a shelf by FTP.

    Raises:
        SSL.Error, ValueError: a certificate cannot be used.
    """

    def __init__(
        self, shelf: Shelf, limits: Limits, ftp: Ftp, certificates: Sequence[Certificate]
    ) -> None:
        self._shelf = shelf
        self._limits = limits
        self._ftp = ftp
        self._certificates = certificates
        self._loop = IOLoop()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._listening: list[socket.socket] = []
        self._ours, self._theirs = socket.socketpair()
        if not _LOG.handlers:
            _LOG.addHandler(logging.NullHandler())  # otherwise it writes to the screen

    def listen(self, host: str, port: int, *, plain: bool, secure: bool) -> int:
        """Listen; return the port.

        Args:
            plain: whether FTP without TLS is spoken here.
            secure: whether FTPS is spoken here; without plain nothing else is.

        Raises:
            OSError: the port cannot be used.
        """
        sock = _bound(host, port)
        self._listening.append(sock)
        handler = self._handler(plain, secure)
        server = FTPServer(sock, handler, ioloop=self._loop)
        server.max_cons = self._limits.connections
        return int(sock.getsockname()[1])

    def start(self) -> None:
        """Begin to serve."""
        self._loop.register(self._theirs.fileno(), _Waker(self._theirs), self._loop.READ)
        self._thread = threading.Thread(target=self._run, name="ftp", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all connections and stop serving; waits for the thread."""
        self._stopping.set()
        self._ours.send(b".")
        if self._thread is None:
            self._loop.close()
        else:
            self._thread.join()
        for sock in (self._ours, self._theirs, *self._listening):
            sock.close()

    def _run(self) -> None:
        pause: float | None = None
        while not self._stopping.is_set():
            self._loop.poll(pause)
            pause = self._loop.sched.poll()
        self._loop.close()

    def _handler(self, plain: bool, secure: bool) -> type:
        """Return the class of connections; pyftpdlib takes its settings from the class."""
        settings: dict[str, Any] = {
            "authorizer": _Authorizer(self._ftp.account, self._shelf.tell),
            "abstracted_fs": _files(self._shelf),
            "dtp_handler": _SecureData if secure else _Data,
            "proto_cmds": _COMMANDS if secure else _without_tls(_COMMANDS),
            "timeout": self._limits.idle,
            "passive_ports": list(self._ftp.passive_ports) or None,
            "masquerade_address": self._ftp.public_address,
            "banner": "testbay",
            "auth_failed_timeout": 0,
            "use_sendfile": False,
        }
        if not secure:
            return type("Plain", (FTPHandler,), settings)
        settings["ssl_context"] = _tls(self._certificates, SSL.TLS1_3_VERSION)
        settings["data_context"] = _tls(self._certificates, SSL.TLS1_2_VERSION)
        settings["tls_control_required"] = settings["tls_data_required"] = not plain
        return type("Secure", (TLS_FTPHandler,), settings)


class _Waker:
    """Let the thread see that it is to stop."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._fileno = sock.fileno()

    def readable(self) -> bool:
        return True

    def handle_read_event(self) -> None:
        self._sock.recv(16)

    def close(self) -> None:
        """Nothing: the socket is closed by who stops the thread."""

    handle_close = close


class _Authorizer:
    """Let in who has the account, or everybody; and let them do what stations need."""

    def __init__(self, account: tuple[str, str] | None, tell: Callable[[str], None]) -> None:
        self._account = account
        self._tell = tell

    def validate_authentication(self, user: str, password: str, handler: Any) -> None:
        if self._account is None:
            return
        name, secret = self._account
        right = compare_digest(user.encode(), name.encode())
        if not right or not compare_digest(password.encode(), secret.encode()):
            what = "password" if right else "user name"
            self._tell(f"ftp: a log-in as {shown(user)} was refused: the {what} is wrong")
            raise AuthenticationFailed("Log-in failed.")

    def get_home_dir(self, user: str) -> str:
        return "/"

    def has_perm(self, user: str, perm: str, path: str | None = None) -> bool:
        return perm in _PERMISSIONS

    def get_perms(self, user: str) -> str:
        return _PERMISSIONS

    def get_msg_login(self, user: str) -> str:
        return "Welcome."

    def get_msg_quit(self, user: str) -> str:
        return "Goodbye."

    def impersonate_user(self, user: str, password: str) -> None:
        """Nothing: all files belong to the tool."""

    def terminate_impersonation(self, user: str) -> None:
        """Nothing."""


def _files(shelf: Shelf) -> type:
    """Return the class of the file system of a connection to a shelf."""

    class Files(AbstractedFS):  # type: ignore[misc]
        """The shelf as folders and files; its paths exist in FTP only."""

        @property
        def scheme(self) -> str:
            return "ftps" if getattr(self.cmd_channel, "_ssl_established", False) else "ftp"

        def ftp2fs(self, ftppath: str) -> str:
            joined = posixpath.normpath(posixpath.join(self.cwd, ftppath))
            return "/" + joined.lstrip("/")

        def fs2ftp(self, fspath: str) -> str:
            return fspath

        def validpath(self, path: str) -> bool:
            return True  # whatever a path says, only the shelf is asked for it

        def realpath(self, path: str) -> str:
            return path

        def chdir(self, path: str) -> None:
            if not shelf.is_folder(_parts(path)):
                shelf.tell(f"{self.scheme}: there is no folder {shown(path)} to change to")
                raise FilesystemError("No such folder")
            self.cwd = path

        def isdir(self, path: str) -> bool:
            return shelf.is_folder(_parts(path))

        def isfile(self, path: str) -> bool:
            return self._size(path) is not None

        lexists = isfile

        def getsize(self, path: str) -> int:
            size = self._size(path)
            if size is None:
                raise FilesystemError("No such file")
            return size

        def getmtime(self, path: str) -> float:
            stored = shelf.stored(_parts(path))
            return stored.stat().st_mtime if stored is not None else 0.0

        def rename(self, src: str, dst: str) -> None:
            try:
                shelf.rename(self.scheme, _parts(src), _parts(dst))
            except Refused as refused:
                raise FilesystemError(str(refused)) from None

        def mkstemp(self, *args: Any, **kwargs: Any) -> Any:
            raise FilesystemError("Name the file")

        def open(self, filename: str, mode: str) -> Any:
            if mode == "rb":
                return self._outgoing(filename)
            old = self._size(filename) or 0
            resume = old if mode == "ab" else None
            if mode == "r+b":  # REST came before; where to go on is said by seek()
                return _Writing(shelf, self.scheme, filename, resumed=True)
            return _Writing(shelf, self.scheme, filename, resume_at=resume)

        def _outgoing(self, path: str) -> _Reading:
            content = shelf.content(_parts(path))
            if content is None:
                shelf.tell(f"{self.scheme}: {shown(path)} was asked for and is not there")
                raise FilesystemError("No such file")
            return _Reading(content, _parts(path)[-1], shelf)

        def _size(self, path: str) -> int | None:
            content = shelf.content(_parts(path))
            if content is not None:
                return len(content)
            stored = shelf.stored(_parts(path))
            return stored.stat().st_size if stored is not None else None

    return Files


class _Reading(io.BytesIO):
    """An offered file on its way out."""

    def __init__(self, content: bytes, name: str, shelf: Shelf) -> None:
        super().__init__(content)
        self.name = name
        self._shelf = shelf
        self._counted = False

    @property
    def held(self) -> bool:
        """Whether its transfer must not end yet."""
        return self._shelf.held((OFFERED, self.name))

    def done(self, complete: bool) -> None:
        """Count it, if the peer has got its end."""
        if complete and not self._counted:
            self._counted = True
            self._shelf.was_fetched(self.name)


class _Writing:
    """A file on its way in, as pyftpdlib sees it."""

    def __init__(
        self,
        shelf: Shelf,
        scheme: str,
        path: str,
        *,
        resume_at: int | None = None,
        resumed: bool = False,
    ) -> None:
        self.name = path
        self.closed = False
        self.refusal = ""
        self._shelf = shelf
        self._scheme = scheme
        self._coming: Incoming | None = None
        if not resumed:
            self._begin(resume_at)

    def seek(self, position: int) -> None:
        """Go on after some bytes of what came before."""
        self._begin(position)

    def write(self, data: bytes) -> None:
        assert self._coming is not None
        try:
            self._coming.write(data)
        except Refused as refused:
            self.refusal = str(refused)
            raise OSError(errno.EFBIG, self.refusal) from None

    @property
    def held(self) -> bool:
        """Whether its transfer must not end yet."""
        return self._shelf.held(_parts(self.name))

    def done(self, complete: bool) -> None:
        """Keep the file, or give it up for the moment.

        Raises:
            OSError, Refused: it cannot be kept.
        """
        if self._coming is None or self._coming.over:
            return
        if complete:
            self._coming.finish()
        else:
            self._coming.break_off(resumable=True)

    def close(self) -> None:
        """Let go of the file; one that was not done is given up."""
        self.closed = True
        if self._coming is not None:
            self._coming.break_off(resumable=True)

    def _begin(self, resume_at: int | None) -> None:
        try:
            parts = _parts(self.name)
            self._coming = self._shelf.begin(self._scheme, parts, resume_at=resume_at)
        except Refused as refused:
            raise FilesystemError(str(refused)) from None


class _Data(DTPHandler):  # type: ignore[misc]
    """A data connection; its file is kept before the peer hears that all is well."""

    def handle_close(self) -> None:
        """End a transfer: a reset is no end of a file, whatever pyftpdlib makes of it."""
        error = sys.exc_info()[1]
        if self.receive and error is not None and set(error.args[:1]) & _LOST:
            self._resp = ("426 The connection broke; transfer aborted.", _LOG.debug)
            self.close()
        elif isinstance(self.file_obj, _Reading | _Writing) and self.file_obj.held:
            self.del_channel()
            self.ioloop.call_later(TICK, self.handle_close)
        else:
            super().handle_close()

    def close(self) -> None:
        """End the data connection."""
        if not self._closed and isinstance(self.file_obj, _Reading | _Writing):
            try:
                self.file_obj.done(self.transfer_finished)
            except (OSError, Refused) as error:
                self._resp = (f"451 {error}", _LOG.debug)
        super().close()

    def handle_error(self) -> None:
        """Say what was wrong with the file; other errors are left to pyftpdlib."""
        if self.refused:
            self._resp = (f"552 {self.file_obj.refusal}", _LOG.debug)
            self.close()
        else:
            super().handle_error()

    @property
    def refused(self) -> bool:
        """Tell whether the file was refused while it came."""
        return isinstance(self.file_obj, _Writing) and self.file_obj.refusal != ""


class _SecureData(TLS_DTPHandler, _Data):  # type: ignore[misc]
    """A data connection with TLS, if the client asks for that.

    In TLS 1.2: the tickets of 1.3, which pyOpenSSL cannot switch off, lie unread at a client that
    only sends; its system then resets the connection when it closes, and what is under way is lost.
    """

    def secure_connection(self, ssl_context: Any) -> None:
        """Begin TLS."""
        super().secure_connection(self.cmd_channel.data_context)

    def handle_error(self) -> None:
        """Say what was wrong with the file, without a shutdown: the peer still sends."""
        if self.refused:
            self._error = True
            _Data.handle_error(self)
        else:
            super().handle_error()


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _without_tls(commands: dict[str, Any]) -> dict[str, Any]:
    return {name: about for name, about in commands.items() if name in FTPHandler.proto_cmds}


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _tls(certificates: Sequence[Certificate], highest: int) -> SSL.Context:
    """Return TLS settings from version 1.2 on; pyftpdlib knows only those of pyOpenSSL."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_max_proto_version(highest)
    context.set_options(SSL.OP_NO_TICKET)
    for certificate in certificates:
        with as_files(certificate) as (chain, key):
            context.use_certificate_chain_file(chain)
            context.use_privatekey_file(key)
            context.check_privatekey()
    return context
