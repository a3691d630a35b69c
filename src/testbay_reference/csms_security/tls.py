"""The TLS server: which versions, cipher suites and certificates it has, and who has shown one."""

import functools
import itertools
import ssl
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from testbay_reference.certificates import (
    certificates_of,
    common_names,
    load_identity,
    private_key_of,
)
from testbay_reference.csms_security.authority import Authority
from testbay_reference.csms_security.identity import Identity
from testbay_reference.keys import PrivateKey

# What OCPP demands (A00.FR.317 and 421), and the same with the forward secrecy of ECDHE for RSA.
DEMANDED = {
    "lacks-ecdhe-ecdsa-aes128": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "lacks-ecdhe-ecdsa-aes256": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "lacks-rsa-aes128": "AES128-GCM-SHA256",
    "lacks-rsa-aes256": "AES256-GCM-SHA384",
}
_BESIDES = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384")
_WEAK = ("ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "AES128-SHA", "AES256-SHA")
_ONE_KIND: dict[str, type[PrivateKey]] = {
    "rsa-certificate-only": rsa.RSAPrivateKey,
    "ec-certificate-only": ec.EllipticCurvePrivateKey,
}
_ANY_STRENGTH = "@SECLEVEL=0"
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which ssl has no name for

_SERVER = "the certificate of the TLS server"

Faulty = Callable[[str], bool]
Asks = Literal["none", "optional", "required"]


class TlsOptions(Protocol):
    """What is chosen about a TLS server; the options of a CSMS of any version have it."""

    @property
    def certificates(self) -> tuple[Identity, ...]:
        """Its own certificates; none: an authority makes them."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names in certificates that are made."""

    @property
    def client_roots(self) -> tuple[str, ...]:
        """Roots of certificates of stations, in PEM."""

    @property
    def client_certificates(self) -> Asks | None:
        """Whether it asks for certificates of stations; None: by the security profile."""

    @property
    def security_profile(self) -> int:
        """The security profile of all stations."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Describe a TLS server; equal settings share a context."""

    certificates: tuple[Identity, ...]
    ciphers: str
    roots: str
    asks: Asks
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
    any_time: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What TLS tells about a connection.

    Args:
        version, cipher: as OpenSSL names them.
        certificate: of the station, if it has shown one; it was verified up to a root.
    """

    version: str
    cipher: str
    certificate: x509.Certificate | None

    def to_json(self) -> dict[str, str]:
        """Return what there is to show of it."""
        plain = {"version": self.version, "cipher": self.cipher}
        if self.certificate is not None:
            plain |= {
                "common_name": ", ".join(common_names(self.certificate)),
                "serial_number": f"{self.certificate.serial_number:x}",
                "fingerprint": self.certificate.fingerprint(hashes.SHA256()).hex(),
            }
        return plain


def shown(connection: ssl.SSLObject | None) -> Shown | None:
    """Return what TLS tells about a connection; None: it has none."""
    if connection is None:
        return None
    der = connection.getpeercert(binary_form=True)
    certificate = x509.load_der_x509_certificate(der) if der else None
    cipher = connection.cipher()
    return Shown(connection.version() or "", cipher[0] if cipher else "", certificate)


def settings(options: TlsOptions, authority: Authority, faulty: Faulty) -> Settings:
    """Decide how the TLS server is set up.

    Raises:
        ValueError: an own certificate cannot be made.
    """
    suites = [suite for fault, suite in DEMANDED.items() if not faulty(fault)]
    ciphers = sorted([*suites, *_BESIDES], key=lambda suite: not suite.startswith("ECDHE"))
    oldest, newest = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MAXIMUM_SUPPORTED
    if faulty("short-server-key"):  # shown to all: in TLS 1.2 the server chooses the suite
        newest = ssl.TLSVersion.TLSv1_2
        ciphers = [*reversed(ciphers), _ANY_STRENGTH]
    if faulty("tls-1.1"):
        oldest = ssl.TLSVersion.TLSv1_1
    if faulty("tls-1.1") or faulty("weak-ciphers"):
        ciphers += [*_WEAK, _ANY_STRENGTH]
    return Settings(
        certificates=_of_kinds(_certificates(options, authority, faulty), faulty),
        ciphers=":".join(ciphers),
        roots="\n".join(_checked(root) for root in (*options.client_roots, *authority.roots)),
        asks=_asks(options, faulty),
        oldest=oldest,
        newest=newest,
        any_time=faulty("accepts-any-client-certificate"),
    )


def _asks(options: TlsOptions, faulty: Faulty) -> Asks:
    if faulty("asks-no-client-certificate"):
        return "none"
    usual: Asks = "required" if options.security_profile == 3 else "optional"
    return options.client_certificates or usual


def _certificates(
    options: TlsOptions, authority: Authority, faulty: Faulty
) -> tuple[Identity, ...]:
    names = options.names
    if faulty("server-certificate-for-another-name"):
        names = ("another.example",)
    short = faulty("short-server-key")
    expired = faulty("server-certificate-expired")
    self_signed = faulty("server-certificate-self-signed")
    if options.certificates and names is options.names and not (short or expired or self_signed):
        return options.certificates
    return (
        authority.server(names, "EC", expired=expired, self_signed=self_signed),
        authority.server(names, "RSA", short=short, expired=expired, self_signed=self_signed),
    )


def _of_kinds(found: tuple[Identity, ...], faulty: Faulty) -> tuple[Identity, ...]:
    for fault, kind in _ONE_KIND.items():
        if faulty(fault):
            return tuple(one for one in found if isinstance(_key(one), kind))
    return found


def limited(wanted: Settings, most: int = 1) -> ssl.SSLContext:
    """Return the context of a TLS server that refuses every handshake after the first ones.

    Args:
        most: how many handshakes it makes.

    Raises:
        ValueError: a certificate or key cannot be used; the sentence says which.
    """
    made, handshakes = _made(wanted), itertools.count()

    def begin(
        _connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext
    ) -> int | None:
        return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE if next(handshakes) >= most else None

    made.sni_callback = begin
    return made


@functools.lru_cache(maxsize=32)
def context(wanted: Settings) -> ssl.SSLContext:
    """Return the context of a TLS server.

    Raises:
        ValueError: a certificate or key cannot be used; the sentence says which.
    """
    return _made(wanted)


def _made(wanted: Settings) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.1 is meant, where it is
        made.minimum_version = wanted.oldest
    made.maximum_version = wanted.newest
    made.set_ciphers(wanted.ciphers)
    made.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    for identity in wanted.certificates:
        _load(made, identity)
    made.load_verify_locations(cadata=wanted.roots)
    if wanted.asks != "none":
        required = wanted.asks == "required"
        made.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    if wanted.any_time:
        made.verify_flags |= _NO_CHECK_TIME
    return made


def _load(made: ssl.SSLContext, identity: Identity) -> None:
    _key(identity)
    try:
        load_identity(made, identity.chain, identity.key)
    except ssl.SSLError as error:
        raise ValueError(f"{_SERVER} cannot be used: {error.reason}") from error


def _key(identity: Identity) -> PrivateKey:
    return private_key_of(identity.chain, identity.key, _SERVER)


def _checked(root: str) -> str:
    certificates_of(root, "a root of client certificates")
    return root
