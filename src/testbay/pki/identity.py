"""Certificates with their keys, and requests with theirs. Keys are not shown."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with those that link it to its root, and its private key."""

    chain: str
    """PEM: the certificate first; without the root."""
    key: str = field(repr=False)
    """PEM."""


@dataclass(frozen=True, slots=True)
class Request:
    """A certificate signing request and the key that it was made with."""

    csr: str
    """PEM."""
    key: str = field(repr=False)
    """PEM."""
