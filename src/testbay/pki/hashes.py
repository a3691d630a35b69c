"""CertificateHashDataType of OCPP: how a certificate is named without sending it."""

from __future__ import annotations

from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from testbay.pki.pem import parse_certificate

Algorithm = Literal["SHA256", "SHA384", "SHA512"]

ALGORITHMS: tuple[Algorithm, ...] = ("SHA256", "SHA384", "SHA512")
_HASHES = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(), "SHA512": hashes.SHA512()}


def hash_data(certificate_pem: str, issuer_pem: str = "", algorithm: str = "SHA256") -> HashData:
    """Return the hash data of a certificate (whitepaper 6.1, RFC 6960 CertID).

    Hexadecimal digits are small; OCPP does not mind the case.

    Args:
        issuer_pem: the certificate of its issuer; empty for a root, which is its own.

    Raises:
        NotPem: a text is not the PEM of one certificate.
        ValueError: there is no such algorithm in OCPP.
    """
    if algorithm not in _HASHES:
        raise ValueError(f"OCPP has no hash algorithm {algorithm!r}, only {', '.join(_HASHES)}")
    certificate = parse_certificate(certificate_pem)
    issuer = parse_certificate(issuer_pem) if issuer_pem else certificate
    named = _request(certificate, issuer, algorithm)
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": named.issuer_name_hash.hex(),
        "issuerKeyHash": named.issuer_key_hash.hex(),
        "serialNumber": f"{certificate.serial_number:x}",
    }


HashData = dict[str, str]


def _request(
    certificate: x509.Certificate, issuer: x509.Certificate, algorithm: str
) -> ocsp.OCSPRequest:
    builder = ocsp.OCSPRequestBuilder()
    return builder.add_certificate(certificate, issuer, _HASHES[algorithm]).build()


def same(one: object, other: object) -> bool:
    """Return whether two hash data name the same certificate, whatever the case of the digits."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    fields = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")
    return all(str(one.get(f, "")).lower() == str(other.get(f, " ")).lower() for f in fields)
