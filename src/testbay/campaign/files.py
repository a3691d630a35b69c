"""The file servers of a run: started when a case needs them first, or at the beginning."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from testbay.roles.keyring import KINDS, Keyring

if TYPE_CHECKING:
    from testbay.files import FileServer, Ftp, Limits

LOCAL = "127.0.0.1"
EMBEDDED: dict[str, tuple[str, int]] = {"http": (LOCAL, 0), "https": (LOCAL, 0)}
EVERY = EMBEDDED | {"ftp": (LOCAL, 0), "ftps": (LOCAL, 0)}  # with threads: not on virtual time


def silent(_: str) -> None:
    """Tell nobody."""


@dataclass
class Files:
    """The file servers of a lane or of a whole run.

    Args:
        ring: whose certificate https and ftps show.
        folder: where uploads are kept; without, they are gone when the servers stop.
        addresses: host and port by scheme.
        public_host: what URLs name as the host; empty: the host listened at.
        say: takes a sentence about what was refused or broke off.
    """

    ring: Keyring | None = None
    folder: Path | None = None
    addresses: Mapping[str, tuple[str, int]] = field(default_factory=lambda: EMBEDDED)
    public_host: str = ""
    limits: Limits | None = None
    ftp: Ftp | None = None
    say: Callable[[str], None] = silent
    _server: FileServer | None = None
    _scratch: Path | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def open(self) -> FileServer:
        """Return the servers; they start if they have not yet.

        Raises:
            FileServerError: they cannot.
        """
        async with self._opening:
            if self._server is None:
                self._server = await self._start()
        return self._server

    async def _start(self) -> FileServer:
        from testbay.files import Certificate, FileServer

        folder = self.folder
        if folder is None:
            folder = self._scratch = Path(tempfile.mkdtemp(prefix="testbay-files-"))
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        shown = []
        if self.ring is not None and {"https", "ftps"} & self.addresses.keys():
            pairs = (self.ring.lab.server("server", kind) for kind in KINDS)
            shown = [Certificate(one.chain, one.key) for one in dict.fromkeys(pairs)]
        server = FileServer(
            folder,
            certificates=shown,
            limits=self.limits,
            ftp=self.ftp,
            say=lambda sentence: self.say(sentence),
        )
        try:
            await server.start(self.addresses, self.public_host or None)
        except BaseException:
            self._clear()
            _unmake(made)
            raise
        return server

    async def stop(self) -> None:
        """Stop them; what was uploaded to a folder that was given stays."""
        if self._server is not None:
            await self._server.stop()
            self._server = None
        self._clear()

    def _clear(self) -> None:
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None


def _unmake(made: Sequence[Path]) -> None:
    """Remove the folders that were made for nothing, innermost first; none that holds a file."""
    for path in (*(inner for folder in made[:1] for inner in folder.iterdir()), *made):
        with contextlib.suppress(OSError):
            path.rmdir()
