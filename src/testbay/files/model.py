"""What the file servers are told and what they tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

SCHEMES = ("http", "https", "ftp", "ftps")
"""How files travel; ftps is the explicit kind (AUTH TLS)."""

Kind = Literal["diagnostics", "logs"]


TOO_LARGE = "it is larger than the {} bytes that one upload may have"
TOO_MANY = "this run has taken {} files, which is its limit"
"""Why an upload is refused that a peer may well make: the limits are the tool's own."""


class FileServerError(OSError):
    """Say in one sentence why a file server cannot be had like this, and what to do."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound what a peer can do.

    Args:
        upload: size of one upload, in bytes.
        uploads: files of one run.
        idle: time without a byte after which a connection is ended, in s.
        connections: connections at a time, for each server.
    """

    upload: int = 64 * 2**20
    uploads: int = 1000
    idle: float = 60.0
    connections: int = 64


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server certificate with its chain, and its private key, as PEM texts."""

    chain: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ftp:
    """Say what is particular to FTP.

    Args:
        account: user and password that the URLs carry; without it everybody may log in, under
            any name.
        passive_ports: ports of data connections; none: any that is free.
        public_address: the IP address that data connections are told, where there is address
            translation; none: that of the control connection.
    """

    account: tuple[str, str] | None = field(default=None, repr=False)
    passive_ports: Sequence[int] = ()
    public_address: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come completely.

    Args:
        place: the folder it was uploaded to, as in the URL: `diagnostics/1`.
        name: as the sender called it.
        size: in bytes.
        sha256: in lower-case hexadecimal digits.
        path: where it lies.
    """

    place: str
    name: str
    scheme: str
    size: int
    sha256: str
    path: Path
