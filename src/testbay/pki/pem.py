"""PEM texts: what is in them, and one sentence for what is wrong with them."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key

from testbay.pki.errors import NotPem
from testbay.pki.keys import PrivateKey

_BLOCK = re.compile(
    r"^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n(.*?)^-----END \1-----[ \t]*\r?$", re.M | re.S
)
_CERTIFICATE = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
_REQUEST = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_KEY = ("PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY")


def parse_certificates(text: str) -> list[x509.Certificate]:
    """Return the certificates in a text, in its order, at least one.

    Raises:
        NotPem: there is none, or one that cannot be read.
    """
    found = _blocks(text, _CERTIFICATE, "certificate")
    return [_certificate(der, n, len(found)) for n, der in enumerate(found, 1)]


def parse_certificate(text: str) -> x509.Certificate:
    """Return the one certificate in a text.

    Raises:
        NotPem: there is none, or more than one, or it cannot be read.
    """
    found = parse_certificates(text)
    if len(found) > 1:
        raise NotPem(f"one certificate is expected, but the PEM text holds {len(found)}")
    return found[0]


def parse_request(text: str) -> x509.CertificateSigningRequest:
    """Return the certificate signing request in a text.

    Raises:
        NotPem: there is none, or more than one, or it cannot be read.
    """
    found = _blocks(text, _REQUEST, "certificate signing request")
    if len(found) > 1:
        raise NotPem(f"one certificate signing request is expected, but there are {len(found)}")
    try:
        request = x509.load_der_x509_csr(found[0])
        _ = (request.subject, request.extensions)
        request.public_key()
    except _UNREADABLE as error:
        raise NotPem(f"the certificate signing request cannot be read: {_why(error)}") from error
    return request


def parse_key(text: str, ours: bool = False) -> PrivateKey:
    """Return the private key in a text.

    Args:
        ours: it was written by this tool, so that the numbers of an RSA key need no (slow) proof.

    Raises:
        NotPem: there is none, it cannot be read, is encrypted, or of a kind that TLS with OCPP
            does not use.
    """
    if "ENCRYPTED" in text:
        raise NotPem("the private key is encrypted; write it without a passphrase")
    found = _blocks(text, _KEY, "private key")
    try:
        key = load_der_private_key(found[0], None, unsafe_skip_rsa_key_validation=ours)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NotPem(f"the private key cannot be read: {_why(error)}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise NotPem("the private key is neither an RSA key nor one of an elliptic curve")
    return key


def belong(key: PrivateKey, certificate: x509.Certificate) -> bool:
    """Return whether a private key is that of a certificate: what it signs is verified."""
    public = certificate.public_key()
    if key.public_key() != public:
        return False
    try:
        if isinstance(key, rsa.RSAPrivateKey) and isinstance(public, rsa.RSAPublicKey):
            signed = key.sign(_PROBE, padding.PKCS1v15(), hashes.SHA256())
            public.verify(signed, _PROBE, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePrivateKey):
            signed = key.sign(_PROBE, ec.ECDSA(hashes.SHA256()))
            key.public_key().verify(signed, _PROBE, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


_PROBE = b"testbay"


def pem_of(*certificates: x509.Certificate) -> str:
    """Return certificates as PEM, one after the other."""
    return "".join(c.public_bytes(Encoding.PEM).decode("ascii") for c in certificates)


def _blocks(text: str, labels: tuple[str, ...], what: str) -> list[bytes]:
    blocks = [(m[1], m[2]) for m in _BLOCK.finditer(text)]
    wanted = [body for label, body in blocks if label in labels]
    if wanted:
        return [_decoded(body, what) for body in wanted]
    begin = f'"-----BEGIN {labels[0]}-----"'
    if not text.strip():
        raise NotPem(f"the text is empty where a {what} in PEM is expected")
    if blocks:
        held = ", ".join(dict.fromkeys(label.lower() for label, _ in blocks))
        raise NotPem(f"a {what} in PEM is expected, but the text holds: {held}")
    if "-----BEGIN" not in text:
        raise NotPem(f"this is not PEM: a {what} begins with {begin}")
    if "\\n" in text:
        raise NotPem("this is not PEM: its line breaks are the two characters \\ and n")
    raise NotPem(f"this is not PEM: {begin} and its END must stand on lines of their own")


def _decoded(body: str, what: str) -> bytes:
    try:
        return a2b_base64("".join(body.split()), strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise NotPem(f"the {what} is not PEM: its Base64 is damaged") from error


def _certificate(der: bytes, number: int, of: int) -> x509.Certificate:
    which = f" {number} of {of}" if of > 1 else ""
    try:
        certificate = x509.load_der_x509_certificate(der)
        # What is wrong inside is only found when it is looked at.
        _ = (certificate.subject, certificate.issuer, certificate.extensions)
        certificate.public_key()
    except _UNREADABLE as error:
        raise NotPem(f"the certificate{which} cannot be read: {_why(error)}") from error
    return certificate


def _why(error: Exception) -> str:
    text = str(error).partition("\n")[0].strip().rstrip(".")
    return "it is damaged" if not text or "ParseError" in text or len(text) > 150 else text
