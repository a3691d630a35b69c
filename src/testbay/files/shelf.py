"""The files of a run: those that are offered, and those that come. Used by several threads."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from testbay.files.model import TOO_LARGE, TOO_MANY, FileServerError, Kind, Limits, Upload
from testbay.files.names import harmless, shown

OFFERED = "firmware"
"""The folder in URLs where offered files are."""

TICK = 0.1  # s
LONGEST = 40.0  # s that a transfer is held: more than a message may take to come
_KINDS: tuple[Kind, ...] = ("diagnostics", "logs")
_COMING = "incoming"


class Refused(Exception):
    """Say why a file is not taken.

    Args:
        sentence: for a person.
        status: as HTTP numbers it.
    """

    def __init__(self, sentence: str, status: int = 403) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(slots=True)
class _Place:
    takes: bool
    stored: dict[str, Path]
    """The newest content of each name, complete or not."""


class Incoming:
    """A file that is being received; made by `Shelf.begin`."""

    def __init__(
        self, shelf: Shelf, place: str, name: str, scheme: str, file: BinaryIO, path: Path
    ) -> None:
        self.place = place
        self.name = name
        self.scheme = scheme
        self.size = 0
        self.digest = hashlib.sha256()
        self.path = path
        self.over = False
        self._shelf = shelf
        self._file = file

    def write(self, data: bytes) -> None:
        """Take some bytes.

        Raises:
            Refused: there are more than one upload may have; it is then over.
        """
        if self.over:
            return
        self.size += len(data)
        limit = self._shelf.limits.upload
        if self.size > limit:
            self._close()
            self._shelf.drop(self)
            raise self._shelf.refuse_large(self.scheme, self.name)
        self.digest.update(data)
        self._file.write(data)

    def finish(self) -> Upload:
        """Keep the file: it is complete.

        Raises:
            Refused: it cannot be kept; or it was over before.
        """
        if self.over:
            raise Refused(f"the upload of {shown(self.name)} was over before", 409)
        self._close()
        return self._shelf.keep(self)

    def break_off(self, *, resumable: bool = False) -> None:
        """Give the file up; nothing happens if it is over.

        Args:
            resumable: whether what came stays, so that the sender can go on there.
        """
        if not self.over:
            self._close()
            self._shelf.lose(self, resumable)

    def _close(self) -> None:
        self.over = True
        self._file.close()


class Shelf:
    """Know the files of a run.

    Args:
        folder: is made; nothing outside it is read or written.
        tell: takes sentences about what was refused or broke off; from any thread.
        came: hears of each file that has come completely; likewise.

    Raises:
        FileServerError: the folder cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        tell: Callable[[str], None],
        came: Callable[[], None] = lambda: None,
    ) -> None:
        self.limits = limits
        self._came = came
        self.tell = tell
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._folder = folder.resolve(strict=True)
            for kind in (*_KINDS, _COMING):
                (self._folder / kind).mkdir(exist_ok=True)
        except OSError as error:
            why = error.strerror or error
            raise FileServerError(f"the folder for files {folder} cannot be used: {why}") from error
        for kind in (*_KINDS, _COMING):
            if (self._folder / kind).is_symlink():
                where = self._folder / kind
                raise FileServerError(f"{where} is a symbolic link: files would leave the folder")
        self._lock = threading.RLock()
        self._offers: dict[str, bytes] = {}
        self._fetched: dict[str, int] = {}
        self._given: dict[str, None] = {}
        self._places: dict[str, _Place] = {}
        self._uploads: list[Upload] = []
        self._held: dict[tuple[str, ...], float | None] = {}
        self.clock: Callable[[], float] = lambda: 0.0  # that of the loop, once there is one
        self._begun = 0

    # -- files to be fetched

    def offer(self, name: str, content: bytes) -> None:
        """Offer a file.

        Raises:
            ValueError: this cannot be a file name.
        """
        if not harmless(name):
            raise ValueError(f"{shown(name)} cannot be the name of a file")
        with self._lock:
            self._offers[name] = content
            self._fetched.setdefault(name, 0)

    def fresh(self, name: str) -> str:
        """Return a name that nobody was given before."""
        stem, dot, ending = name.rpartition(".")
        with self._lock:
            number, found = 1, name
            while found in self._given or found in self._fetched:
                number += 1
                found = f"{stem}-{number}{dot}{ending}" if stem else f"{name}-{number}"
            self._given[found] = None
            return found

    def withdraw(self, name: str) -> None:
        """Offer a file no more."""
        with self._lock:
            self._offers.pop(name, None)

    def content(self, path: Sequence[str]) -> bytes | None:
        """Return what is offered at a path; None: nothing."""
        with self._lock:
            if len(path) == 2 and path[0] == OFFERED:
                return self._offers.get(path[1])
            return None

    def was_fetched(self, name: str) -> None:
        """Count a complete fetch."""
        with self._lock:
            self._fetched[name] = self._fetched.get(name, 0) + 1

    def fetched(self, name: str) -> int:
        """Return how often a file was fetched completely."""
        with self._lock:
            return self._fetched.get(name, 0)

    # -- transfers that are kept going

    def hold(self, path: Sequence[str]) -> None:
        """Let no transfer of an offered file, or to a folder, end until it is let go."""
        with self._lock:
            self._held[tuple(path[:2])] = None

    def let_go(self, path: Sequence[str]) -> None:
        """Let its transfers end."""
        with self._lock:
            self._held.pop(tuple(path[:2]), None)

    def held(self, path: Sequence[str]) -> bool:
        """Tell whether a transfer that has come to its end must not end yet; ask again in `TICK` s.

        It may after `LONGEST` s: a station must not take the server for a dead one.
        """
        key = tuple(path[:2])
        with self._lock:
            if key not in self._held:
                return False
            now, since = self.clock(), self._held[key]
            if since is None:
                since = self._held[key] = now
            return now < since + LONGEST

    # -- folders for uploads

    def place(self, kind: Kind, takes: bool) -> str:
        """Make a folder for uploads and return its path in URLs, such as `diagnostics/1`.

        Raises:
            FileServerError: it cannot be made.
        """
        with self._lock:
            number = sum(name.startswith(f"{kind}/") for name in self._places) + 1
            while (self._folder / kind / str(number)).exists():  # of a run that is resumed
                number += 1
            try:
                (self._folder / kind / str(number)).mkdir()
            except OSError as error:
                where, why = self._folder / kind / str(number), error.strerror or error
                raise FileServerError(f"the folder {where} cannot be made: {why}") from error
            name = f"{kind}/{number}"
            self._places[name] = _Place(takes, {})
            return name

    def is_folder(self, path: Sequence[str]) -> bool:
        """Tell whether a path is that of a folder."""
        with self._lock:
            name = "/".join(path)
            return name in ("", OFFERED, *_KINDS) or name in self._places

    def stored(self, path: Sequence[str]) -> Path | None:
        """Return the newest content of an uploaded file, complete or not."""
        with self._lock:
            place = self._places.get("/".join(path[:2]))
            return place.stored.get(path[2]) if place is not None and len(path) == 3 else None

    def uploads(self, place: str | None) -> tuple[Upload, ...]:
        """Return what came completely, oldest first."""
        with self._lock:
            return tuple(one for one in self._uploads if place in (None, one.place))

    # -- uploads

    def begin(
        self,
        scheme: str,
        path: Sequence[str],
        *,
        size: int | None = None,
        resume_at: int | None = None,
    ) -> Incoming:
        """Begin to receive a file.

        Args:
            path: where the sender wants it to be.
            size: how much will come, in bytes, if the sender tells.
            resume_at: how many bytes of what came before are kept.

        Raises:
            Refused: it is not taken; the sentence was told.
        """
        with self._lock:
            place, name = self._checked(scheme, path)
            limits = self.limits
            if size is not None and size > limits.upload:
                raise self.refuse_large(scheme, name)
            if self._begun >= limits.uploads:
                much = TOO_MANY.format(limits.uploads)
                raise self._refuse(scheme, f"the upload of {shown(name)} was refused: {much}", 507)
            kept = b""
            if resume_at is not None:
                old = self._places[place].stored.get(name)
                kept = old.read_bytes()[:resume_at] if old is not None else b""
                if len(kept) < resume_at:
                    what = f"{shown(name)} cannot be resumed at byte {resume_at}"
                    raise self._refuse(scheme, f"{what}: {len(kept)} have come", 416)
            folder = self._folder / _COMING
            if folder.is_symlink():
                raise self._refuse(scheme, f"{folder} became a symbolic link", 500)
            self._begun += 1
            number = self._begun
            while os.path.lexists(folder / str(number)):  # left over from a run that is resumed
                number += 1
            path_now = folder / str(number)
            file = _create(path_now)
        coming = Incoming(self, place, name, scheme, file, path_now)
        coming.write(kept)
        return coming

    def rename(self, scheme: str, old: Sequence[str], new: Sequence[str]) -> None:
        """Give an uploaded file another name in its folder.

        Raises:
            Refused: it would leave its folder, or there is no such file.
        """
        with self._lock:
            path = self.stored(old)
            place, name = self._checked(scheme, new)
            if path is None or place != "/".join(old[:2]):
                raise self._leaves(scheme, new)
            del self._places[place].stored[old[2]]
            self._places[place].stored[name] = path
            for at, upload in enumerate(self._uploads):
                if upload.path == path:
                    self._uploads[at] = replace(upload, name=name)

    def keep(self, coming: Incoming) -> Upload:
        """Move what has come completely to its folder."""
        with self._lock:
            path = self._moved(coming)
            digest = coming.digest.hexdigest()
            upload = Upload(coming.place, coming.name, coming.scheme, coming.size, digest, path)
            self._uploads.append(upload)
        self._came()
        return upload

    def lose(self, coming: Incoming, resumable: bool) -> None:
        """Tell that a file broke off; keep what came if it can be resumed."""
        if resumable:
            with self._lock:
                self._moved(coming)
        else:
            self.drop(coming)
        what = f"the upload of {shown(coming.name)} broke off after {coming.size} bytes"
        self.tell(f"{coming.scheme}: {what}")

    def drop(self, coming: Incoming) -> None:
        """Remove what came of a file."""
        coming.path.unlink(missing_ok=True)

    def refuse_large(self, scheme: str, name: str) -> Refused:
        """Tell that a file is too large; return it as the reason."""
        limit = TOO_LARGE.format(self.limits.upload)
        return self._refuse(scheme, f"the upload of {shown(name)} was refused: {limit}", 413)

    def _checked(self, scheme: str, path: Sequence[str]) -> tuple[str, str]:
        """Return the folder and the name that a path stands for."""
        place, name = "/".join(path[:2]), path[2] if len(path) == 3 else ""
        if place not in self._places or not harmless(name):
            raise self._leaves(scheme, path)
        if not self._places[place].takes:
            what = f"the upload of {shown(name)} was refused: this folder takes nothing"
            raise self._refuse(scheme, f"{what}, as the test wants it")
        return place, name

    def _leaves(self, scheme: str, path: Sequence[str]) -> Refused:
        where = shown("/" + "/".join(path))
        why = "that is not a file in a folder that was given for uploads"
        return self._refuse(scheme, f"an upload to {where} was refused: {why}")

    def _refuse(self, scheme: str, sentence: str, status: int = 403) -> Refused:
        self.tell(f"{scheme}: {sentence}")
        return Refused(sentence, status)

    def _moved(self, coming: Incoming) -> Path:
        """Move a file from where it came to its folder; older ones of its name stay."""
        folder = self._folder / coming.place
        if folder.resolve() != folder:
            self.drop(coming)
            raise self._refuse(coming.scheme, f"{folder} became a symbolic link", 500)
        old = self._places[coming.place].stored.get(coming.name)
        if old is not None and all(upload.path != old for upload in self._uploads):
            old.unlink(missing_ok=True)  # it broke off, and is complete now or begun anew
        path = folder / coming.name
        again = 1
        while os.path.lexists(path):
            again += 1
            path = folder / f"{again}~{coming.name}"
        coming.path.rename(path)
        coming.path = path
        self._places[coming.place].stored[coming.name] = path
        return path


def _create(path: Path) -> BinaryIO:
    """Open a new file; neither an old one nor what a link points to is written."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    return os.fdopen(os.open(path, flags, 0o640), "wb")
