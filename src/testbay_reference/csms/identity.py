"""Certificates with their keys, and what belongs to a firmware image: PEM texts, as given."""

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


@dataclass(frozen=True, slots=True)
class SignedFirmware:
    """Hold what a SignedUpdateFirmware tells about an image besides its location.

    Args:
        signature: of the image, in base64.
        certificate: the one that the image was signed with, PEM.
        location: where the image lies; empty: this is for every location without its own.
    """

    signature: str
    certificate: str
    location: str = ""
