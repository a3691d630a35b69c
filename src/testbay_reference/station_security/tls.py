"""TLS towards the CSMS: what the station speaks, and what its failures mean (A00.FR.3xx, 4xx)."""

import ssl
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography import x509
from websockets.exceptions import InvalidStatus

from testbay_reference.certificates import load_identity
from testbay_reference.station_security.parts import Faults

# A00.FR.318: one of the two pairs without RSA's key exchange is demanded; this station has both,
# and ECDHE with certificates of RSA besides.
CIPHERS: tuple[str, ...] = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)
OLD_CIPHERS = ("ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "AES128-SHA", "AES256-SHA")

_STRONG, _ANY = "@SECLEVEL=2", "@SECLEVEL=0"  # 2: keys of 112 bits of security (A00.FR.501)
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which ssl has no name
_NO_WILDCARDS = 0x2  # X509_CHECK_FLAG_NO_WILDCARDS, likewise
_PEM = 1  # the encoding, in the module below ssl

_VERSION = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "VERSION_TOO_LOW")
_CIPHER = ("HANDSHAKE_FAILURE", "INSUFFICIENT_SECURITY", "WRONG_CIPHER", "UNKNOWN_CIPHER")
_CREDENTIALS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")


@dataclass(frozen=True, slots=True)
class Settings:
    """Describe the TLS of one attempt to connect; equal settings share a context.

    Args:
        roots: PEM; empty: those of the operating system.
        chain, key: the station's own certificate, if it shows one.
    """

    roots: str
    chain: str = ""
    key: str = ""
    faults: tuple[str, ...] = ()


def settings(roots: Sequence[str], chain: str, key: str, faults: Faults) -> Settings:
    """Describe the TLS of a station that may misbehave."""
    mine = (
        "tls-1.1",
        "accepts-old-tls",
        "old-cipher-suites",
        "half-the-cipher-suites",
        "accepts-any-server-certificate",
        "ignores-dates-of-server-certificate",
        "ignores-name-of-server",
        "accepts-wildcards",
    )
    return Settings("".join(roots), chain, key, tuple(name for name in mine if name in faults))


@lru_cache(maxsize=32)
def context(wanted: Settings) -> ssl.SSLContext:
    """Return the context of a TLS client."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    suites, level = CIPHERS, _STRONG
    if "half-the-cipher-suites" in wanted.faults:
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        suites = tuple(suite for suite in CIPHERS if "AES128" in suite)
    if "old-cipher-suites" in wanted.faults:
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        suites, level = OLD_CIPHERS, _ANY
    if "accepts-old-tls" in wanted.faults:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = ssl.TLSVersion.TLSv1
        suites, level = (*CIPHERS, *OLD_CIPHERS), _ANY
    if "tls-1.1" in wanted.faults:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # being old is the point
            made.minimum_version = ssl.TLSVersion.TLSv1
            made.maximum_version = ssl.TLSVersion.TLSv1_1
        suites, level = OLD_CIPHERS, _ANY
    made.set_ciphers(":".join((*suites, level)))
    if wanted.roots:
        made.load_verify_locations(cadata=wanted.roots)
    else:
        made.load_default_certs()
    # An installed certificate is trusted by itself, even if another one has signed it (7.1).
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if wanted.chain:
        _show(made, wanted, suites)
    if "ignores-dates-of-server-certificate" in wanted.faults:
        made.verify_flags |= _NO_CHECK_TIME
    if "accepts-wildcards" not in wanted.faults:  # A00.FR.308 wants the name itself
        settable: Any = made
        settable._host_flags |= _NO_WILDCARDS
    if "ignores-name-of-server" in wanted.faults:
        made.check_hostname = False
    if "accepts-any-server-certificate" in wanted.faults:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def _show(made: ssl.SSLContext, wanted: Settings, suites: Sequence[str]) -> None:
    """Let the station show its certificate, even one with a key that is too short."""
    try:
        load_identity(made, wanted.chain, wanted.key)
    except ssl.SSLError:
        made.set_ciphers(":".join((*suites, _ANY)))
        load_identity(made, wanted.chain, wanted.key)


def root_of(connection: ssl.SSLObject | None) -> x509.Certificate | None:
    """Return the installed certificate that the other end's led to; None if that is not known."""
    inner: Any = getattr(connection, "_sslobj", None)
    chain = inner.get_verified_chain() if hasattr(inner, "get_verified_chain") else None
    if not chain:
        return None
    return x509.load_pem_x509_certificate(chain[-1].public_bytes(_PEM).encode())


def meaning(error: BaseException) -> tuple[str, str] | None:
    """Return the security event that a failure to connect is, if it is one, and why."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, InvalidStatus) and found.response.status_code in (401, 403):
            status = found.response.status_code
            return "FailedToAuthenticationAtCentralSystem", f"the CSMS answered {status}"
        if isinstance(found, ssl.SSLCertVerificationError):
            return "InvalidCentralSystemCertificate", found.verify_message
        if isinstance(found, ssl.SSLError):
            return _of_alert(found.reason or "")
        found = found.__cause__ or found.__context__
    return None


def _of_alert(reason: str) -> tuple[str, str] | None:
    kinds = {
        "InvalidTLSVersion": _VERSION,
        "InvalidTLSCipherSuite": _CIPHER,
        "FailedToAuthenticationAtCentralSystem": _CREDENTIALS,
    }
    for kind, parts in kinds.items():
        if any(part in reason for part in parts):
            return kind, reason.lower().replace("_", " ")
    return None
