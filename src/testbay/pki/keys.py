"""Private keys and serial numbers: derived from a seed, or random."""

from __future__ import annotations

import functools
import hashlib
import os
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

E = 65_537  # the public exponent of every RSA key
RSA_BITS, WEAK_RSA_BITS = 2048, 1024

OFFSETS = {
    ("server", 2048): (97, 452),
    ("client", 2048): (132, 204),
    ("signer", 2048): (480, 46),
    ("other", 2048): (32, 42),
    ("server", 1024): (251, 86),
    ("client", 1024): (47, 61),
    ("signer", 1024): (359, 34),
}
"""How many odd numbers lie between where the search for each prime begins and where it ends."""


class Keys(Protocol):
    """Where keys and serial numbers come from."""

    def ec(self, label: str, curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
        """Return the key with this label on a curve."""
        ...

    def rsa(self, role: str, bits: int) -> rsa.RSAPrivateKey:
        """Return a key for a role: server, client, signer, other."""
        ...

    def serial(self, label: str) -> int:
        """Return a number of 128 bits."""
        ...


class Seeded:
    """Keys that are the same in every process. They are no secret: for embedded systems only."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def ec(self, label: str, curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
        """Return the key with this label on a curve."""
        bits = curve.key_size - 1  # below the order of the curves that are used here
        return ec.derive_private_key(1 + self._number(f"key {label}", bits), curve)

    def rsa(self, role: str, bits: int) -> rsa.RSAPrivateKey:
        """Return the key for a role. It does not depend on the seed: see ``rsa_of``."""
        return rsa_of(role, bits)

    def serial(self, label: str) -> int:
        """Return the number of this label."""
        return self._number(f"serial {label}", 128)

    def _number(self, label: str, bits: int) -> int:
        data = f"testbay {self._seed} {label}".encode()
        size = -(-bits // 8)
        return int.from_bytes(hashlib.shake_256(data).digest(size), "big") >> (size * 8 - bits)


class Random:
    """Keys that nobody can guess, for laboratories that real systems trust."""

    def ec(self, label: str, curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
        """Return a new key on a curve."""
        return ec.generate_private_key(curve)

    def rsa(self, role: str, bits: int) -> rsa.RSAPrivateKey:
        """Return a new key."""
        return rsa.generate_private_key(E, bits)

    def serial(self, label: str) -> int:
        """Return a random number."""
        return int.from_bytes(os.urandom(16), "big")


@functools.cache
def rsa_of(role: str, bits: int) -> rsa.RSAPrivateKey:
    """Return the RSA key of a role that every seeded laboratory has.

    Searching primes takes a second, so where they are found is written down (``OFFSETS``).
    """
    after_p, after_q = OFFSETS[role, bits]
    p = _start(role, "p", bits // 2) + 2 * after_p
    q = _start(role, "q", bits // 2) + 2 * after_q
    d = pow(E, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(E, p * q)
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)  # a test validates them


def _start(role: str, which: str, bits: int) -> int:
    data = f"testbay rsa {role} {which} {bits}".encode()
    return int.from_bytes(hashlib.shake_256(data).digest(bits // 8), "big") | 3 << (bits - 2) | 1


def key_pem(key: PrivateKey) -> str:
    """Return a private key as PEM (PKCS #8, not encrypted)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
