"""What stands in certificates and requests, and whether a chain leads to a root."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from testbay.pki.issue import properly_signed
from testbay.pki.pem import parse_certificate, parse_certificates, parse_request, pem_of

_DEPTH = 8  # certificates in a chain, at most
_USES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "server",
    ExtendedKeyUsageOID.CLIENT_AUTH: "client",
    ExtendedKeyUsageOID.CODE_SIGNING: "signing",
}
_ALGORITHMS = {
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
}


@dataclass(frozen=True, slots=True)
class Csr:
    """What stands in a certificate signing request."""

    key: str
    """EC or RSA; otherwise the name of the kind of key."""
    bits: int
    common_name: str
    organization: str
    signed: bool
    """Whether its signature was made with the key that it asks to be certified."""
    signature_algorithm: str
    public_key: str
    """SHA-256 of the public key, as in ``Certificate``."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What stands in a certificate."""

    serial_number: str
    """In hexadecimal digits, without leading zeros."""
    common_name: str
    organization: str
    issuer: str
    """Common name of the issuer."""
    key: str
    """EC or RSA; otherwise the name of the kind of key."""
    bits: int
    not_before: datetime
    not_after: datetime
    signature_algorithm: str
    hosts: tuple[str, ...]
    """Names and addresses of subjectAltName."""
    authority: bool
    """Whether it is a certificate authority."""
    path_length: int | None
    """How many authorities may follow it; None for any number."""
    self_signed: bool
    key_usage: tuple[str, ...]
    """As RFC 5280 names them; empty if the certificate does not restrict its use."""
    uses: tuple[str, ...]
    """Of extendedKeyUsage: server, client, signing, or a number; empty if there is none."""
    public_key: str
    """SHA-256 of the public key: the same in a request and in its certificate."""
    fingerprint: str
    """SHA-256 of the certificate."""
    pem: str

    @property
    def strong(self) -> bool:
        """Whether the key is as long as the whitepaper demands (A00.FR.502, A00.FR.503)."""
        return strong(self.key, self.bits)


def strong(key: str, bits: int) -> bool:
    """Return whether a key is long enough: 2048 bits for RSA and DSA, else 224."""
    return bits >= (2048 if key in ("RSA", "DSA") else 224)


def csr(pem: str) -> Csr:
    """Return what stands in a certificate signing request.

    Raises:
        NotPem: the text is not the PEM of one request.
    """
    request = parse_request(pem)
    key, bits = _kind(request.public_key())
    return Csr(
        key=key,
        bits=bits,
        common_name=_first(request.subject, NameOID.COMMON_NAME),
        organization=_first(request.subject, NameOID.ORGANIZATION_NAME),
        signed=properly_signed(request),
        signature_algorithm=_algorithm(request.signature_algorithm_oid),
        public_key=_digest(request.public_key()),
    )


def certificate(pem: str) -> Certificate:
    """Return what stands in a certificate.

    Raises:
        NotPem: the text is not the PEM of one certificate.
    """
    return describe(parse_certificate(pem))


def certificates(chain_pem: str) -> list[Certificate]:
    """Return what stands in the certificates of a chain, in its order; at least one.

    Raises:
        NotPem: there is none, or one that cannot be read.
    """
    return [describe(c) for c in parse_certificates(chain_pem)]


def describe(parsed: x509.Certificate) -> Certificate:
    """Return what stands in a certificate that has been parsed."""
    key, bits = _kind(parsed.public_key())
    return Certificate(
        serial_number=f"{parsed.serial_number:x}",
        common_name=_first(parsed.subject, NameOID.COMMON_NAME),
        organization=_first(parsed.subject, NameOID.ORGANIZATION_NAME),
        issuer=_first(parsed.issuer, NameOID.COMMON_NAME),
        key=key,
        bits=bits,
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        signature_algorithm=_algorithm(parsed.signature_algorithm_oid),
        hosts=_hosts(parsed),
        authority=_authority(parsed),
        path_length=_path_length(parsed),
        self_signed=parsed.subject == parsed.issuer and _signed_by(parsed, parsed),
        key_usage=_key_usage(parsed),
        uses=_uses(parsed),
        public_key=_digest(parsed.public_key()),
        fingerprint=hashlib.sha256(parsed.public_bytes(Encoding.DER)).hexdigest(),
        pem=pem_of(parsed),
    )


def verifies(leaf: str, chain: str, roots: str | Iterable[str], at: datetime) -> str:
    """Return why a certificate does not lead to a root at a moment; empty if it does.

    The path is checked as RFC 5280 section 6 says: signatures, dates, who may sign, and how many
    authorities may follow. Names of hosts and revocation are not looked at.

    Args:
        leaf: PEM; if it holds more certificates, these belong to the chain.
        chain: PEM of the certificates in between; may be empty.
        roots: PEM of the roots that are trusted, in one text or in several.
        at: aware.

    Raises:
        NotPem: a text cannot be read.
    """
    first, *others = parse_certificates(leaf)
    between = [*others, *(parse_certificates(chain) if chain.strip() else [])]
    texts = [roots] if isinstance(roots, str) else list(roots)
    trusted = [c for text in texts if text.strip() for c in parse_certificates(text)]
    if first in trusted:
        return _not_at(first, at)
    return _path(first, between, trusted, at)


def _path(
    leaf: x509.Certificate,
    between: Sequence[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    at: datetime,
) -> str:
    current, authorities = leaf, 0
    while authorities < _DEPTH:
        if wrong := _not_at(current, at):
            return wrong
        named = [c for c in (*trusted, *between) if c.subject == current.issuer]
        if not named and _signed_by(current, current):
            return f"{_name(current)} is signed by itself and is none of the roots that are trusted"
        issuer = next((c for c in named if _signed_by(current, c)), None)
        if issuer is None:
            return _no_issuer(current, bool(named))
        if wrong := _may_not_sign(issuer, authorities):
            return wrong
        if issuer in trusted:
            return _not_at(issuer, at)
        if issuer == current:
            return f"{_name(current)} is signed by itself and is none of the roots that are trusted"
        current, authorities = issuer, authorities + 1
    return f"the chain of {_name(leaf)} has more than {_DEPTH} certificates"


def _no_issuer(current: x509.Certificate, named: bool) -> str:
    issuer = _first(current.issuer, NameOID.COMMON_NAME) or current.issuer.rfc4514_string()
    if named:
        return f"the signature of {_name(current)} was not made with the key of {issuer}"
    return f"{issuer}, which signed {_name(current)}, is neither a trusted root nor in the chain"


def _not_at(parsed: x509.Certificate, at: datetime) -> str:
    if at < parsed.not_valid_before_utc:
        return f"{_name(parsed)} is not valid before {parsed.not_valid_before_utc:%Y-%m-%d}"
    if at > parsed.not_valid_after_utc:
        return f"{_name(parsed)} expired on {parsed.not_valid_after_utc:%Y-%m-%d}"
    return ""


def _may_not_sign(issuer: x509.Certificate, below: int) -> str:
    if not _authority(issuer):
        return f"{_name(issuer)} signed a certificate and is no certificate authority"
    usage = _key_usage(issuer)
    if usage and "keyCertSign" not in usage:
        return f"the key usage of {_name(issuer)} does not let it sign certificates"
    length = _path_length(issuer)
    if length is not None and below > length:
        return f"more authorities follow {_name(issuer)} than its path length of {length} allows"
    return ""


def _signed_by(parsed: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        parsed.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _name(parsed: x509.Certificate) -> str:
    common = _first(parsed.subject, NameOID.COMMON_NAME)
    return f"the certificate {common!r}" if common else f"certificate {parsed.serial_number:x}"


def _extension(parsed: x509.Certificate, oid: x509.ObjectIdentifier) -> Any:
    try:
        return parsed.extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return None


def _authority(parsed: x509.Certificate) -> bool:
    constraints = _extension(parsed, ExtensionOID.BASIC_CONSTRAINTS)
    return constraints is not None and bool(constraints.ca)


def _path_length(parsed: x509.Certificate) -> int | None:
    constraints = _extension(parsed, ExtensionOID.BASIC_CONSTRAINTS)
    length: int | None = None if constraints is None else constraints.path_length
    return length


def _key_usage(parsed: x509.Certificate) -> tuple[str, ...]:
    usage = _extension(parsed, ExtensionOID.KEY_USAGE)
    if usage is None:
        return ()
    flags = {
        "digitalSignature": usage.digital_signature,
        "nonRepudiation": usage.content_commitment,
        "keyEncipherment": usage.key_encipherment,
        "dataEncipherment": usage.data_encipherment,
        "keyAgreement": usage.key_agreement,
        "keyCertSign": usage.key_cert_sign,
        "cRLSign": usage.crl_sign,
    }
    return tuple(name for name, is_set in flags.items() if is_set)


def _uses(parsed: x509.Certificate) -> tuple[str, ...]:
    uses = _extension(parsed, ExtensionOID.EXTENDED_KEY_USAGE)
    return tuple(_USES.get(oid, oid.dotted_string) for oid in uses or ())


def _hosts(parsed: x509.Certificate) -> tuple[str, ...]:
    names = _extension(parsed, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    wanted = x509.DNSName, x509.IPAddress
    return tuple(str(name.value) for name in names or () if isinstance(name, wanted))


def _kind(key: object) -> tuple[str, int]:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.curve.key_size
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, dsa.DSAPublicKey):
        return "DSA", key.key_size
    return type(key).__name__.removeprefix("_").removesuffix("PublicKey"), 0


def _digest(key: Any) -> str:
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def _algorithm(oid: x509.ObjectIdentifier) -> str:
    return _ALGORITHMS.get(oid.dotted_string, oid.dotted_string)


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""
