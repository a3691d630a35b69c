"""Firmware images made by the tool, and signatures over images (whitepaper L01)."""

from __future__ import annotations

import base64
import hashlib
from binascii import Error as Base64Error

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from testbay.pki.pem import parse_certificates, parse_key

_SALT = 32  # bytes, as many as SHA-256 has


def image(version: str, size: int = 65_536, seed: int = 1) -> bytes:
    """Return the bytes of an image: a line that names the version, then bytes of the seed.

    Args:
        size: in bytes; at least the line is there.
    """
    head = f"testbay firmware {version}\n".encode()
    rest = max(0, size - len(head))
    return head + hashlib.shake_256(f"{seed} {version}".encode()).digest(rest)


def version_of(content: bytes) -> str:
    """Return the version that an image of the tool names, or nothing for other images."""
    head, _, _ = content[:200].partition(b"\n")
    if not head.startswith(b"testbay firmware "):
        return ""
    return head.removeprefix(b"testbay firmware ").decode("utf-8", "replace")


def signature(content: bytes, key_pem: str, salt: int = _SALT) -> str:
    """Sign an image as a manufacturer does: RSA-PSS or ECDSA, with SHA-256, in Base64.

    The whitepaper asks for RSA-PSS or ECSchnorr; ECDSA is what libraries have for elliptic curves.
    ECDSA signatures are the same each time, those of RSA-PSS are not.

    Args:
        salt: bytes of salt of RSA-PSS.

    Raises:
        NotPem: the key cannot be read.
    """
    key = parse_key(key_pem)
    if isinstance(key, rsa.RSAPrivateKey):
        signed = key.sign(
            content, padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256()
        )
    else:
        signed = key.sign(content, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return base64.b64encode(signed).decode("ascii")


def spoiled(signed: str) -> str:
    """Return a signature that has the form of the given one and does not fit.

    What is no Base64 does not fit anyway and stays as it is.
    """
    try:
        raw = bytearray(base64.b64decode(signed, validate=True))
    except (Base64Error, ValueError):
        return signed
    raw[-1:] = bytes([raw[-1] ^ 1]) if raw else bytes(_SALT)
    return base64.b64encode(raw).decode("ascii")


def verifies(content: bytes, signed: str, certificate_pem: str) -> bool:
    """Return whether a signature over an image fits the key of the (first) certificate.

    Raises:
        NotPem: the certificate cannot be read.
    """
    key = parse_certificates(certificate_pem)[0].public_key()
    try:
        raw = base64.b64decode(signed, validate=True)
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(
                raw,
                content,
                padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO),
                hashes.SHA256(),
            )
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, content, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except (InvalidSignature, Base64Error, ValueError):
        return False
    return True


def sha256(content: bytes) -> str:
    """Return the SHA-256 of an image, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
