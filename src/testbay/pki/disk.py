"""Certificates and keys in files, read and written with one sentence for what is wrong."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from testbay.pki import inspect
from testbay.pki.errors import LabError, NotPem
from testbay.pki.identity import Identity
from testbay.pki.keys import key_pem
from testbay.pki.names import ROOTS, Kind
from testbay.pki.pem import belong, parse_certificates, parse_key, parse_request, pem_of

if TYPE_CHECKING:
    from testbay.pki.lab import Lab

_LARGEST = 1_000_000  # bytes


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Raises:
        LabError: it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)  # what a run that was killed has left
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        part.replace(path)
    except OSError as error:
        raise LabError(f"{path} cannot be written: {error.strerror}") from error


def read_text(path: Path, what: str) -> str:
    """Return the text of a file.

    Raises:
        LabError: it is not there, cannot be read or is no text.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise LabError(f"{path} is too large for a {what}")
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise LabError(f"there is no file {path}, which should hold a {what}") from None
    except IsADirectoryError:
        raise LabError(f"{path} is a folder, not the file of a {what}") from None
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise LabError(
            f"{path} is not PEM; if it is DER, openssl x509, req or pkey converts it"
        ) from None


def read_identity(
    certificate: Path, key: Path | None = None, at: datetime | None = None, ours: bool = False
) -> Identity:
    """Return a certificate, with those that link it to its root, and its private key.

    Args:
        key: PEM file with the key; None if it is in the same file.
        at: a moment at which the certificate must be valid.
        ours: the files were written by this tool.

    Raises:
        LabError: a file is missing or cannot be read, the key belongs to another certificate, or
            the certificate is not valid.
    """
    text = read_text(certificate, "certificate")
    text_of_key = read_text(key, "private key") if key is not None else text
    with _named(certificate):
        parsed = parse_certificates(text)
    with _named(key or certificate):
        private = parse_key(text_of_key, ours)
    if not belong(private, parsed[0]):
        raise LabError(f"the private key in {key or certificate} is not that of {certificate}")
    if at is not None:
        check_dates(certificate, inspect.describe(parsed[0]), at)
    return Identity(pem_of(*parsed), key_pem(private))


def read_certificates(path: Path) -> list[inspect.Certificate]:
    """Return what stands in the certificates of a file, at least one.

    Raises:
        LabError: the file is missing or cannot be read.
    """
    text = read_text(path, "certificate")
    with _named(path):
        return inspect.certificates(text)


def read_root(path: Path, at: datetime | None = None) -> str:
    """Return the certificate of a root, or of several, as PEM.

    Raises:
        LabError: the file is missing or cannot be read, what it holds is no authority, or is not
            valid at the moment given.
    """
    text = read_text(path, "root certificate")
    with _named(path):
        found = inspect.certificates(text)
    for each in found:
        if not each.authority:
            raise LabError(f"{path} is no root: {each.common_name!r} is no certificate authority")
        if at is not None:
            check_dates(path, each, at)
    return "".join(each.pem for each in found)


def read_request(path: Path) -> str:
    """Return a certificate signing request as PEM.

    Raises:
        LabError: the file is missing or does not hold one.
    """
    text = read_text(path, "certificate signing request")
    with _named(path):
        parse_request(text)
    return text


class Files:
    """Certificates and keys of a laboratory as files that only their owner can read."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._lab, self._folder = lab, folder

    def path(self, what: str, kind: Kind = "ec") -> Path:
        """Return the PEM file of a root, or of a server with its chain and key."""
        if what in ROOTS:
            return self._file(f"{what}.pem", self._lab.root(what))
        return self.server(what, kind)

    def server(self, server: str = "server", kind: Kind = "ec") -> Path:
        """Return the PEM file with chain and key of a server's certificate."""
        return self._pair(f"server-{server}-{kind}", self._lab.server(server, kind))

    def client(self, serial: str, flaw: str = "", kind: Kind = "ec") -> Path:
        """Return the PEM file with chain and key of a station's certificate."""
        return self.identity(self._lab.client(serial, flaw, kind))

    def identity(self, identity: Identity) -> Path:
        """Return a PEM file with chain and key of any identity."""
        label = hashlib.sha256((identity.chain + identity.key).encode()).hexdigest()[:32]
        return self._pair(f"identity-{label}", identity)

    def _pair(self, label: str, identity: Identity) -> Path:
        return self._file(f"{label}.pem", identity.chain + identity.key)

    def _file(self, label: str, text: str) -> Path:
        path = self._folder / label
        if not path.exists():
            write_secret(path, text)
        return path


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file in what is said of its text."""
    try:
        yield
    except NotPem as error:
        raise NotPem(f"{path}: {error}") from error


def check_dates(path: Path, held: inspect.Certificate, at: datetime) -> None:
    """Refuse a certificate that is not valid at a moment.

    Raises:
        LabError: it has expired, or begins later.
    """
    if at > held.not_after:
        raise LabError(f"the certificate in {path} expired on {held.not_after:%Y-%m-%d}")
    if at < held.not_before:
        raise LabError(f"the certificate in {path} is not valid before {held.not_before:%Y-%m-%d}")
