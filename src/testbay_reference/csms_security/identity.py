"""Certificates with their keys: PEM texts, as given."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Identity:
    """Hold a certificate with what leads to its root, and the private key that belongs to it.

    Args:
        chain: PEM, the certificate itself first.
        key: PEM, without a password; never shown.
    """

    chain: str
    key: str = field(repr=False)
