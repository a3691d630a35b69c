"""Firmware images of this station, and the signatures over them (whitepaper L01.FR.04)."""

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from testbay_reference.certificates import certificates_of, chain_flaw

MAGIC = b"testbay firmware "
LONGEST = 50  # characters of a version, in BootNotification


def version_of(image: bytes) -> str:
    """Return the version that the first line of an image names; empty: this is no image."""
    line, newline, _ = image[: len(MAGIC) + 4 * LONGEST].partition(b"\n")
    if not line.startswith(MAGIC) or not newline:
        return ""
    try:
        version = line.removeprefix(MAGIC).decode().strip()
    except UnicodeDecodeError:
        return ""
    return version if len(version) <= LONGEST and version.isprintable() else ""


def signing_flaw(pem: str, roots: tuple[x509.Certificate, ...], now: datetime) -> str:
    """Say why a certificate must not be used to check signatures of firmware; nothing if it may.

    Between it and a root of the manufacturer there is nothing (whitepaper L01, remarks).
    """
    try:
        found = certificates_of(pem, "the signing certificate")
    except ValueError as error:
        return str(error)
    if len(found) != 1:
        return "there must be one certificate"
    flaw = chain_flaw(found, roots, now)
    if flaw:
        return flaw
    extensions = found[0].extensions
    try:
        uses = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if not {ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & {
            *uses
        }:
            return "it is not for signing code"
    except x509.ExtensionNotFound:
        pass
    try:
        if not extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature:
            return "it is not for signatures"
    except x509.ExtensionNotFound:
        pass
    return ""


def signed_by(image: bytes, signature: str, pem: str) -> bool:
    """Tell whether a signature over an image was made with the key of a certificate.

    RSA-PSS, or for EC keys ECDSA in the place of the ECSchnorr that nobody has; with SHA-256.
    """
    try:
        key = certificates_of(pem, "the signing certificate")[0].public_key()
        raw = b64decode("".join(signature.split()), validate=True)
        if isinstance(key, rsa.RSAPublicKey):
            salted = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
            key.verify(raw, image, salted, hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, image, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except (InvalidSignature, NotBase64, ValueError):
        return False
    return True
