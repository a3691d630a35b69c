"""TLS settings of the file servers."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from testbay.files.model import Certificate


@contextmanager
def as_files(certificate: Certificate) -> Iterator[tuple[str, str]]:
    """Give the paths of certificate and key for a moment: OpenSSL reads them from files only."""
    with tempfile.TemporaryDirectory() as folder:  # which only this user can read
        chain, key = Path(folder) / "chain.pem", Path(folder) / "key.pem"
        chain.write_text(certificate.chain, "ascii")
        key.write_text(certificate.key, "ascii")
        yield str(chain), str(key)


def https_settings(certificates: Sequence[Certificate]) -> ssl.SSLContext:
    """Make the TLS settings of an HTTPS server.

    Raises:
        ssl.SSLError, ValueError: OpenSSL cannot use a certificate or key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for certificate in certificates:
        with as_files(certificate) as (chain, key):
            context.load_cert_chain(chain, key, password=lambda: "")
    return context
