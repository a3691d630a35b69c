"""The file servers of a run as one thing."""

from __future__ import annotations

import asyncio
import errno
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from testbay.files.http import HttpServer
from testbay.files.model import (
    SCHEMES,
    Certificate,
    FileServerError,
    Ftp,
    Kind,
    Limits,
    Upload,
)
from testbay.files.names import segments
from testbay.files.secure import https_settings
from testbay.files.shelf import OFFERED, Shelf

if TYPE_CHECKING:
    from testbay.files.ftp import FtpServer

Address = tuple[str, int]
_EVERYWHERE = ("", "0.0.0.0", "::")
_STANDARD = {"http": 80, "https": 443, "ftp": 21, "ftps": 21}


class FileServer:
    """Offer files to a station and take its uploads, by HTTP, HTTPS, FTP and FTPS.

    Args:
        folder: the folder of this run; it is made. Nothing outside it is read or written.
        certificates: what https and ftps show; one of each kind of key (EC, RSA) is possible.
        limits: sizes in bytes, times in s.
        ftp: what is particular to FTP.
        say: takes a sentence, on the loop, about what was refused or broke off.

    Raises:
        FileServerError: the folder cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        certificates: Sequence[Certificate] = (),
        limits: Limits | None = None,
        ftp: Ftp | None = None,
        say: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self._limits = limits or Limits()
        self._certificates = tuple(certificates)
        self._ftp_options = ftp or Ftp()
        self._say = say
        self._shelf = Shelf(folder, self._limits, self._tell, self._came)
        self._more = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.get_ident()
        self._http: dict[str, HttpServer] = {}
        self._ftp: FtpServer | None = None
        self._reached: dict[str, Address] = {}

    async def start(self, addresses: Mapping[str, Address], public_host: str | None = None) -> None:
        """Listen, by scheme, at host and port; port 0 is one that is free.

        Args:
            addresses: http and https on the running loop, ftp and ftps in a thread; ftp and ftps
                may share one port.
            public_host: what URLs name as the host; none: the host listened at.

        Raises:
            FileServerError: a port is in use or not allowed, a certificate is missing: one
                sentence. Then nothing listens.
        """
        self._loop = asyncio.get_running_loop()
        self._shelf.clock = self._loop.time
        self._thread = threading.get_ident()
        self._check(addresses, public_host)
        try:
            for scheme in ("http", "https"):
                if scheme in addresses:
                    await self._start_http(scheme, addresses[scheme])
            if "ftp" in addresses or "ftps" in addresses:
                self._start_ftp(addresses)
        except BaseException:
            await self.stop()
            raise
        if public_host:
            self._reached = {one: (public_host, at[1]) for one, at in self._reached.items()}

    async def stop(self) -> None:
        """End all connections and stop listening; what was uploaded stays."""
        self._reached = {}
        servers, self._http = tuple(self._http.values()), {}
        for server in servers:
            await server.stop()
        if self._ftp is not None:
            ftp, self._ftp = self._ftp, None
            await asyncio.get_running_loop().run_in_executor(None, ftp.stop)

    @property
    def schemes(self) -> tuple[str, ...]:
        """Return the schemes that are listened for, in the order of SCHEMES."""
        return tuple(scheme for scheme in SCHEMES if scheme in self._reached)

    def port(self, scheme: str) -> int:
        """Return the port of a scheme that is listened for.

        Raises:
            FileServerError: it is not.
        """
        return self._at(scheme)[1]

    def offer(self, name: str, content: bytes) -> dict[str, str]:
        """Offer a file for download, or other content under its name; return URLs by scheme.

        Raises:
            ValueError: this cannot be the name of a file.
        """
        self._shelf.offer(name, content)
        return {scheme: self.url(name, scheme) for scheme in self.schemes}

    def fresh(self, name: str) -> str:
        """Return a name that this was never called for before: several lanes may share a server.

        It is the given one, or that with a number before its last dot.
        """
        return self._shelf.fresh(name)

    def withdraw(self, name: str) -> None:
        """Offer a file no more."""
        self._shelf.withdraw(name)

    def url(self, name: str, scheme: str) -> str:
        """Return the URL of a file, offered or not: that of one which is not leads nowhere."""
        return self._url(scheme, f"{OFFERED}/{quote(name, safe='')}")

    def place(self, kind: Kind, scheme: str, *, takes: bool = True) -> str:
        """Make a new folder for uploads and return its URL, which ends in a slash.

        Args:
            takes: whether uploads to it are accepted; otherwise each is refused.

        Raises:
            FileServerError: the scheme is not listened for, or the folder cannot be made.
        """
        self._at(scheme)
        return self._url(scheme, self._shelf.place(kind, takes) + "/")

    def uploads(self, url: str | None = None) -> tuple[Upload, ...]:
        """Return what has come completely, oldest first.

        Args:
            url: of a folder that `place` returned; none: all of the run.
        """
        return self._shelf.uploads(None if url is None else "/".join(segments(url)))

    async def uploaded(self, url: str, within: float) -> tuple[Upload, ...]:
        """Return what has come completely to a folder, oldest first; wait until there is some.

        Args:
            within: how long, in s.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not self.uploads(url):
                    self._more.clear()
                    await self._more.wait()
        return self.uploads(url)

    def fetched(self, name: str) -> int:
        """Return how often an offered file was fetched completely."""
        return self._shelf.fetched(name)

    def hold(self, url: str) -> None:
        """Let no transfer of this file, or to this folder, end until it is let go, for a while."""
        self._shelf.hold(segments(url))

    def let_go(self, url: str) -> None:
        """Let the transfers of this file, or to this folder, end."""
        self._shelf.let_go(segments(url))

    # -- inside

    async def _start_http(self, scheme: str, at: Address) -> None:
        tls = None
        if scheme == "https":
            try:
                tls = https_settings(self._certificates)
            except (ssl.SSLError, ValueError) as error:
                raise _unusable(scheme, error) from error
        server = HttpServer(scheme, self._shelf, self._limits)
        try:
            port = await server.start(*at, tls)
        except OSError as error:
            raise _not_listening(scheme, at, error) from error
        self._http[scheme] = server
        self._reached[scheme] = (at[0], port)

    def _start_ftp(self, addresses: Mapping[str, Address]) -> None:
        from testbay.files.ftp import FtpServer  # only who needs FTP pays for its import

        self._ftp = FtpServer(self._shelf, self._limits, self._ftp_options, self._certificates)
        plain, secure = addresses.get("ftp"), addresses.get("ftps")
        shared = plain is not None and plain == secure and plain[1] != 0
        for scheme in ("ftp", "ftps"):
            at = addresses.get(scheme)
            if at is None or (shared and scheme == "ftps"):
                continue
            try:
                port = self._ftp.listen(
                    *at, plain=scheme == "ftp", secure=scheme == "ftps" or shared
                )
            except OSError as error:
                raise _not_listening(scheme, at, error) from error
            except Exception as error:  # OpenSSL's, of whichever library
                raise _unusable(scheme, error) from error
            for one in ("ftp", "ftps") if shared else (scheme,):
                self._reached[one] = (at[0], port)
        self._ftp.start()

    def _check(self, addresses: Mapping[str, Address], public_host: str | None) -> None:
        if self._reached:
            raise FileServerError("the file servers run already")
        for scheme, (host, _port) in addresses.items():
            if scheme not in SCHEMES:
                known = ", ".join(SCHEMES)
                raise FileServerError(f"there is no file server for {scheme}, only for {known}")
            if scheme in ("https", "ftps") and not self._certificates:
                raise FileServerError(f"{scheme} needs a server certificate, and there is none")
            if host in _EVERYWHERE and not public_host:
                what = f"{scheme} is to listen at every address of this machine"
                raise FileServerError(f"{what}: say by which one the station reaches it")

    def _at(self, scheme: str) -> Address:
        if scheme not in self._reached:
            has = ", ".join(self.schemes) or "none at all"
            raise FileServerError(f"there is no file server for {scheme} in this run, but {has}")
        return self._reached[scheme]

    def _url(self, scheme: str, path: str) -> str:
        host, port = self._at(scheme)
        host = f"[{host}]" if ":" in host else host
        at = host if port == _STANDARD[scheme] else f"{host}:{port}"
        account = self._ftp_options.account
        if account is not None and scheme in ("ftp", "ftps"):
            at = f"{quote(account[0], safe='')}:{quote(account[1], safe='')}@{at}"
        return f"{scheme}://{at}/{path}"

    def _tell(self, sentence: str) -> None:
        self._on_loop(lambda: self._say(sentence))

    def _came(self) -> None:
        self._on_loop(self._more.set)

    def _on_loop(self, do: Callable[[], None]) -> None:
        """Do something on the loop, whichever thread wants it."""
        if threading.get_ident() == self._thread or self._loop is None:
            do()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(do)


def _not_listening(scheme: str, at: Address, error: OSError) -> FileServerError:
    host, port = at
    why = f"{error.strerror or error}".lower()
    if error.errno == errno.EADDRINUSE:
        why = "it is in use; end the program that uses it, or choose another port"
    elif error.errno == errno.EACCES:
        why = "this user may not open it; choose a port from 1024 on"
    elif error.errno == errno.EADDRNOTAVAIL:
        why = "this machine does not have that address"
    return FileServerError(f"the {scheme} server cannot listen at port {port} of {host}: {why}")


def _unusable(scheme: str, error: Exception) -> FileServerError:
    reason = getattr(error, "reason", None) or type(error).__name__
    what = f"the {scheme} server cannot use its certificate and key"
    return FileServerError(f"{what} ({reason}): see that they are PEM and belong together")
