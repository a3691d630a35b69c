"""Stations that speak TLS with the CSMS of a test: their contexts, and single handshakes."""

import asyncio
import base64
import ssl
import warnings
from contextlib import suppress
from typing import Any

from cryptography import x509

from testbay.pki.identity import Identity
from testbay.pki.lab import Lab as Pki
from testbay.pki.lab import Place
from testbay_reference.certificates import load_identity
from testbay_reference.csms import Identity as CsmsIdentity

ALL = "ALL:@SECLEVEL=0"
PKI = Pki.seeded()


def authority(kind: Any = "ec") -> CsmsIdentity:
    """Return the root of the laboratory, with its key."""
    held = PKI.identity(Place("root", "csms_root", "", kind))
    return CsmsIdentity(held.chain, held.key)


def station_context(
    shows: Identity | None = None,
    *,
    roots: str | None = None,
    ciphers: str | None = None,
    version: ssl.TLSVersion | None = None,
) -> ssl.SSLContext:
    """Return the context of a station; without roots it trusts anybody.

    Args:
        shows: its certificate.
        ciphers: in the words of OpenSSL, of any strength.
        version: speaks no other.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if roots is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(cadata=roots)
    if ciphers is not None:
        context.set_ciphers(ciphers)
    if version is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
    if shows is not None:
        load_identity(context, shows.chain, shows.key)
    return context


def basic(user: str, password: bytes) -> dict[str, Any]:
    """Return what makes a station give a password."""
    given = base64.b64encode(user.encode() + b":" + password).decode()
    return {"additional_headers": {"Authorization": f"Basic {given}"}}


async def handshake(
    port: int | None, context: ssl.SSLContext
) -> tuple[ssl.SSLObject, x509.Certificate]:
    """Shake hands and see whether that is the last word; return what TLS tells.

    Raises:
        ssl.SSLError: one of both ends did not agree.
        ConnectionError: the server ended it without a word.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await reader.readline(), "ended without a word"
        told = writer.get_extra_info("ssl_object")
        shown = x509.load_der_x509_certificate(told.getpeercert(binary_form=True))
        return told, shown
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
