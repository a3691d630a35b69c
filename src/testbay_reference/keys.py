"""Private keys, passwords and serial numbers: random, or always the same ones from a seed."""

import functools
import hashlib
import itertools
import os
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_EXPONENT = 65537
_SMALL = tuple(n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))


class Keys:
    """Make secrets; each has a name, and with a seed the same name gives the same one.

    Args:
        seed: None makes all of them random.
    """

    def __init__(self, seed: int | None) -> None:
        self.seed = seed

    def ec(self, name: str, curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
        """Return a key on a curve, P-256 without one."""
        curve = curve or ec.SECP256R1()
        if self.seed is None:
            return ec.generate_private_key(curve)
        # 64 bits less than the order of the curve: the number is always in range.
        number = int.from_bytes(self._derived(name, (curve.key_size - 64) // 8))
        return ec.derive_private_key(number | 1, curve)

    def rsa(self, name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
        """Return an RSA key; from a seed it takes a moment, once in a process."""
        if self.seed is None:
            return rsa.generate_private_key(_EXPONENT, bits)
        return _derived_rsa(f"{self.seed} {name}", bits)

    def secret(self, name: str, size: int) -> bytes:
        """Return some bytes that nobody else knows."""
        return os.urandom(size) if self.seed is None else self._derived(name, size)

    def serial(self, name: str) -> int:
        """Return a serial number for a certificate: positive, and of 20 bytes at most."""
        if self.seed is None:
            return x509.random_serial_number()
        return int.from_bytes(self._derived(f"serial number of {name}", 16)) | 1

    def _derived(self, name: str, size: int) -> bytes:
        return _stretched(f"{self.seed} {name}", size)


def _stretched(text: str, size: int) -> bytes:
    return hashlib.shake_256(text.encode()).digest(size)


@functools.lru_cache
def _derived_rsa(name: str, bits: int) -> rsa.RSAPrivateKey:
    p, q = itertools.islice(_primes(name, bits // 2), 2)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    coefficients = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    return rsa.RSAPrivateNumbers(p, q, d, *coefficients, public).private_key()


def _primes(name: str, bits: int) -> Iterator[int]:
    """Find primes, each the first after a number that comes from the name."""
    for turn in itertools.count():
        start = int.from_bytes(_stretched(f"{name} {turn}", bits // 8))
        # The two highest bits make the product of two primes as long as wanted.
        candidate = start | 1 | 3 << (bits - 2)
        while not _is_prime(candidate):
            candidate += 2
        if candidate % _EXPONENT != 1:
            yield candidate


def _is_prime(number: int) -> bool:
    """Tell by Miller and Rabin's test, which errs for keys of a laboratory all but never."""
    if any(number % small == 0 for small in _SMALL):
        return False
    even = number - 1
    twos = (even & -even).bit_length() - 1
    odd = even >> twos
    for base in (2, 3, 5, 7, 11):
        power = pow(base, odd, number)
        if power in (1, even):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == even:
                break
        else:
            return False
    return True
