"""Making certificates: what stands in those of authorities, servers, stations and signers."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from testbay.pki.keys import PrivateKey
from testbay.pki.subjects import is_address

Purpose = Literal["authority", "server", "client", "signing", "both"]
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_USES = {
    "server": (ExtendedKeyUsageOID.SERVER_AUTH,),
    "client": (ExtendedKeyUsageOID.CLIENT_AUTH,),
    "signing": (ExtendedKeyUsageOID.CODE_SIGNING,),
    "both": (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: a certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKey


@dataclass(frozen=True, slots=True)
class Draft:
    """What a certificate is to say."""

    purpose: Purpose
    subject: x509.Name
    key: PublicKey
    serial: int
    not_before: datetime
    not_after: datetime
    hosts: Sequence[str] = ()
    path_length: int | None = None
    damaged: bool = False


def name(owner: str, common: str) -> x509.Name:
    """Return a subject with O and CN (whitepaper A00.FR.509 to A00.FR.511)."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def issue(draft: Draft, issuer: Issuer | PrivateKey) -> x509.Certificate:
    """Sign a certificate; with a key alone, it signs itself."""
    if isinstance(issuer, Issuer):
        signer, issued_by, key_of_issuer = (
            issuer.key,
            issuer.certificate.subject,
            issuer.certificate.public_key(),
        )
    else:
        signer, issued_by, key_of_issuer = issuer, draft.subject, draft.key
    builder = (
        x509.CertificateBuilder()
        .subject_name(draft.subject)
        .issuer_name(issued_by)
        .public_key(draft.key)
        .serial_number(draft.serial)
        .not_valid_before(draft.not_before)
        .not_valid_after(draft.not_after)
    )
    authority = draft.purpose == "authority"
    builder = (
        builder.add_extension(
            x509.BasicConstraints(ca=authority, path_length=draft.path_length), critical=True
        )
        .add_extension(_usage(draft), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(draft.key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key_of_issuer),  # type: ignore[arg-type]
            critical=False,
        )
    )
    if not authority:
        use = x509.ExtendedKeyUsage(_USES[draft.purpose])
        builder = builder.add_extension(use, critical=False)
    if draft.hosts:
        names = x509.SubjectAlternativeName([host_name(h) for h in draft.hosts])
        builder = builder.add_extension(names, critical=False)
    made = builder.sign(signer, hashes.SHA256(), ecdsa_deterministic=deterministic(signer))
    return damaged(made) if draft.damaged else made


def deterministic(key: PrivateKey) -> bool | None:
    """Return how to sign so that a seeded laboratory is the same in every process.

    ECDSA must be told; RSA as it is used for certificates (PKCS #1 v1.5) is the same anyway.
    """
    return True if isinstance(key, ec.EllipticCurvePrivateKey) else None


def properly_signed(request: x509.CertificateSigningRequest) -> bool:
    """Return whether a request is signed with the key that it asks to be certified."""
    try:
        return request.is_signature_valid
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False


def host_name(host: str) -> x509.GeneralName:
    """Return a host as it stands in subjectAltName."""
    if is_address(host):
        return x509.IPAddress(ipaddress.ip_address(host))
    return x509.DNSName(host)


def damaged(made: x509.Certificate) -> x509.Certificate:
    """Return the certificate with a signature that does not fit: its last byte is another."""
    der = bytearray(made.public_bytes(Encoding.DER))
    der[-1] ^= 1
    return x509.load_der_x509_certificate(bytes(der))


def _usage(draft: Draft) -> x509.KeyUsage:
    """Return what the key may be used for (A00.FR.512).

    The suites TLS_RSA_* send a secret that is encrypted with the key of the server.
    """
    authority = draft.purpose == "authority"
    decrypts = draft.purpose == "server" and isinstance(draft.key, rsa.RSAPublicKey)
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=decrypts,
        data_encipherment=False,
        key_agreement=draft.purpose == "both",  # ISO 15118-2, annex F
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
