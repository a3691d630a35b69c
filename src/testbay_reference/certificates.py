"""Certificates as PEM texts: read, checked against roots, named by their hash data."""

import ssl
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from testbay_reference.keys import PrivateKey

LEAST_RSA = 2048  # bits; also of DSA (security whitepaper, A00.FR.502)
LEAST_EC = 224  # bits (A00.FR.503)
ALGORITHMS = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(), "SHA512": hashes.SHA512()}

_LONGEST_CHAIN = 10
_OLD_HASHES = ("md5", "sha1")


def certificates_of(text: str, what: str) -> list[x509.Certificate]:
    """Return all certificates of a PEM text, in their order.

    Args:
        what: how to name them in a sentence.

    Raises:
        ValueError: there is none, or one that cannot be read.
    """
    try:
        found = x509.load_pem_x509_certificates(text.encode())
        for certificate in found:  # they are read piece by piece, so that some trouble comes late
            certificate.public_key()
            _ = certificate.extensions, certificate.subject, certificate.issuer
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise ValueError(f"{what} cannot be read: it is not a certificate in PEM") from error
    return found


def private_key_of(chain: str, key: str, what: str) -> PrivateKey:
    """Return a private key that belongs to the first certificate of a chain.

    Args:
        what: how to name the certificate in a sentence.

    Raises:
        ValueError: it is no EC or RSA key in PEM, or belongs to another certificate.
    """
    try:
        found = serialization.load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        text = f"the key of {what} cannot be read: it is not a private key in PEM without password"
        raise ValueError(text) from error
    if not isinstance(found, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError(f"the key of {what} is neither an EC nor an RSA key")
    if certificates_of(chain, what)[0].public_key() != found.public_key():
        raise ValueError(f"the key of {what} does not belong to its certificate")
    return found


def key_text(key: PrivateKey) -> str:
    """Return a private key as PEM."""
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, pkcs8, serialization.NoEncryption()).decode()


def pem_of(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def common_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return every commonName of the subject."""
    return _attributes(certificate, NameOID.COMMON_NAME)


def organizations(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return every organizationName of the subject."""
    return _attributes(certificate, NameOID.ORGANIZATION_NAME)


def is_authority(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate may sign others (RFC 5280 4.2.1.3 and 4.2.1.9)."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        return constraints.value.ca
    return constraints.value.ca and usage.value.key_cert_sign


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether a certificate was signed with the key of another, and names it as issuer."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def flaw_of(certificate: x509.Certificate, at: datetime) -> str:
    """Say what is wrong with a certificate by itself at a moment; nothing if all is right."""
    if at < certificate.not_valid_before_utc:
        return "it is not valid yet"
    if at > certificate.not_valid_after_utc:
        return "it has expired"
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
        least = LEAST_RSA
    elif isinstance(key, ec.EllipticCurvePublicKey):
        least = LEAST_EC
    else:
        return ""
    if key.key_size < least:
        return f"its key has {key.key_size} bits; {least} are the least"
    hashed = certificate.signature_hash_algorithm
    if hashed is not None and hashed.name in _OLD_HASHES:
        return f"it is signed with {hashed.name.upper()}"
    return ""


def chain_flaw(
    chain: Sequence[x509.Certificate], roots: Iterable[x509.Certificate], at: datetime
) -> str:
    """Say why a chain does not lead from its first certificate to a root; nothing if it does.

    Args:
        chain: the certificate itself first; those between it and a root in any order.
        at: the moment at which everything must be valid.
    """
    anchors, between = tuple(roots), list(chain[1:])
    current = chain[0]
    for _ in range(_LONGEST_CHAIN):
        flaw = flaw_of(current, at)
        if flaw:
            which = "" if current is chain[0] else "an authority above it: "
            return which + flaw
        for root in anchors:
            if issued_by(current, root) and is_authority(root):
                flaw = flaw_of(root, at)
                return f"its root: {flaw}" if flaw else ""
        above = next((c for c in between if is_authority(c) and issued_by(current, c)), None)
        if above is None:
            break
        between.remove(above)
        current = above
    return "it does not lead to an installed root"


def hash_data(
    certificate: x509.Certificate, issuer: x509.Certificate, algorithm: str
) -> dict[str, str]:
    """Return what names a certificate in OCPP (security whitepaper 6.1; RFC 6960 4.1.1).

    Args:
        algorithm: one of ALGORITHMS.
    """
    builder = ocsp.OCSPRequestBuilder()
    named = builder.add_certificate(certificate, issuer, ALGORITHMS[algorithm]).build()
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": named.issuer_name_hash.hex(),
        "issuerKeyHash": named.issuer_key_hash.hex(),
        "serialNumber": f"{certificate.serial_number:X}",
    }


def same_certificate(one: dict[str, str], other: dict[str, str]) -> bool:
    """Tell whether hash data name the same certificate; their texts are case insensitive."""
    return {name: value.casefold() for name, value in one.items()} == {
        name: value.casefold() for name, value in other.items()
    }


def load_identity(context: ssl.SSLContext, chain: str, key: str) -> None:
    """Let TLS use a certificate; OpenSSL takes it from files only.

    Raises:
        ssl.SSLError: it does not want it; its key may be too short for its security level.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "identity.pem"
        file.touch(0o600)
        file.write_text(f"{chain.rstrip()}\n{key}")
        context.load_cert_chain(file)


def _attributes(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> tuple[str, ...]:
    return tuple(str(one.value) for one in certificate.subject.get_attributes_for_oid(oid))
