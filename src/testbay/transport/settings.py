"""TLS settings from certificates and keys as PEM texts; made once for the same ones."""

from __future__ import annotations

import functools
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from testbay.transport.tls import Settings, tls_client, tls_server

Identity = tuple[str, str]
"""A chain of certificates, the own one first, and its private key."""

VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
"""The versions that can be asked for, by the names that handshakes show."""


@functools.lru_cache(maxsize=256)
def server_settings(
    identities: tuple[Identity, ...], client_roots: str = "", maximum: str = ""
) -> Settings:
    """Make the settings of a server.

    Args:
        identities: one for each kind of key (EC, RSA); what the client offers decides.
        client_roots: with any, every client must show a certificate that leads to one of them.
        maximum: the only version of TLS that is spoken, as in VERSIONS; empty: 1.2 and above.

    Raises:
        ValueError: there is no such version; a certificate and a key do not belong together, or
            OpenSSL cannot use them.
    """
    if maximum and maximum not in VERSIONS:
        raise ValueError(f"there is no version {maximum!r} of TLS; use {', '.join(VERSIONS)}")
    most = VERSIONS.get(maximum, ssl.TLSVersion.MAXIMUM_SUPPORTED)
    least = VERSIONS.get(maximum, ssl.TLSVersion.TLSv1_2)
    with _usable():
        context = tls_server(None, minimum=least, maximum=most, weak_keys=True)
        for identity in identities:
            _load(context, identity)
        if client_roots:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=client_roots)
    return context


@functools.lru_cache(maxsize=256)
def client_settings(
    roots: str | None,
    identity: Identity | None = None,
    maximum: str = "",
    minimum: str = "",
    ciphers: tuple[str, ...] | None = None,
) -> Settings:
    """Make the settings of a client.

    Args:
        roots: of server certificates; empty: those of this machine; None: any certificate is
            accepted under any name.
        maximum, minimum: versions of TLS, as in VERSIONS; empty: TLS 1.2 and all above it, and
            with a lower maximum that version alone.
        ciphers: IANA names for TLS 1.2 and below.

    Raises:
        ValueError: certificate and key do not belong together, or OpenSSL cannot use them; there
            is no such version or cipher suite.
    """
    for version in (maximum, minimum):
        if version and version not in VERSIONS:
            raise ValueError(f"there is no version {version!r} of TLS; use {', '.join(VERSIONS)}")
    most = VERSIONS.get(maximum, ssl.TLSVersion.TLSv1_3)
    least = VERSIONS.get(minimum, min(most, ssl.TLSVersion.TLSv1_2))
    with _usable():
        context = tls_client(None, minimum=least, maximum=most, ciphers=ciphers, weak_keys=True)
        if roots is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.check_hostname = True
            if roots:
                context.load_verify_locations(cadata=roots)
            else:
                context.load_default_certs()
        if identity is not None:
            _load(context, identity)
    return context


def pem(certificate: bytes | None) -> str:
    """Return a certificate in DER as PEM; nothing if there is none."""
    return ssl.DER_cert_to_PEM_cert(certificate) if certificate else ""


def _load(context: Settings, identity: Identity) -> None:
    """Load certificate and key from a file that only this user can read and that goes at once."""
    chain, key = identity
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(f"{chain.rstrip()}\n{key}")
        file.flush()
        context.load_cert_chain(file.name)


_WRONG = {
    "KEY_VALUES_MISMATCH": "the private key does not fit the certificate",
    "NO_CERTIFICATE_ASSIGNED": "the private key does not fit the certificate",
    "PEM lib": "certificate or private key is damaged, or one of them is missing",
    "no start line": "there is no certificate in PEM",
}
"""What OpenSSL says, as a reason or in its text, in words."""


@contextmanager
def _usable() -> Iterator[None]:
    """Say in words what OpenSSL does not like about certificates and keys."""
    try:
        yield
    except ssl.SSLError as error:
        said = f"{error.reason} {error}"
        why = next((words for part, words in _WRONG.items() if part in said), error.reason)
        raise ValueError(f"these certificates cannot be used: {why or error}") from None
