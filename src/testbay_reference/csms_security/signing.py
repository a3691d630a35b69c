"""Sign a certificate for a station, rightly or with a flaw that a fault demands."""

from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from testbay_reference.csms_security.authority import Authority


class Signs(Protocol):
    """What is needed to sign certificates."""

    def faulty(self, fault: str) -> bool:
        """Tell whether this CSMS has a fault."""

    @property
    def authority(self) -> Authority:
        """The authority that signs."""


def signed(books: Signs, request: x509.CertificateSigningRequest, name: str) -> str:
    """Return the certificate that was asked for, with what leads to its root (PEM)."""
    changed: dict[str, Any] = {
        "expired": books.faulty("certificate-expired"),
        "stranger": books.faulty("certificate-of-unknown-authority"),
        "other_kind": books.faulty("certificate-signed-by-other-algorithm"),
    }
    short = books.faulty("certificate-with-short-key")
    if short or books.faulty("certificate-for-another-key"):
        is_rsa = isinstance(request.public_key(), rsa.RSAPublicKey)
        key = books.authority.key("RSA" if is_rsa else "EC", f"key of {name}", short=short)
        changed["key"] = key.public_key()
    if books.faulty("certificate-for-another-name"):
        changed["common_name"] = "another station"
    return books.authority.sign(request, name, **changed)
