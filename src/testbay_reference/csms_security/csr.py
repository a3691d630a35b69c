"""Certificate signing requests of stations: what is signed, and what is not."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from testbay_reference.certificates import LEAST_EC, LEAST_RSA


class BadRequest(ValueError):
    """Say in a sentence why no certificate is made of a certificate signing request."""


def read_request(
    text: str, serials: Sequence[str], organization: str
) -> x509.CertificateSigningRequest:
    """Read a certificate signing request of a station and check all that is in it.

    Args:
        serials: what the commonName may be (A00.FR.511).
        organization: what the organizationName must contain; empty: it may be any, or none.

    Raises:
        BadRequest: it cannot be signed; the sentence says why.
    """
    try:
        request = x509.load_pem_x509_csr(text.encode())
        subject, key = request.subject, request.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadRequest("this is not a certificate signing request in PEM") from error
    if isinstance(key, rsa.RSAPublicKey):
        least, name = LEAST_RSA, "RSA"
    elif isinstance(key, ec.EllipticCurvePublicKey):
        least, name = LEAST_EC, "EC"
    else:
        raise BadRequest("its key is neither an RSA nor an EC key")
    if key.key_size < least:
        raise BadRequest(f"its {name} key has {key.key_size} bits; {least} are the least")
    if not request.is_signature_valid:
        raise BadRequest("it is not signed by the key that is in it")
    check_subject(subject, serials, organization)
    return request


def check_subject(subject: x509.Name, serials: Sequence[str], organization: str) -> None:
    """Make sure that a subject names the station and its operator (A00.FR.404 and 405).

    Raises:
        BadRequest: it does not; the sentence says what is wrong.
    """
    common = _values(subject, NameOID.COMMON_NAME)
    if len(common) != 1 or common[0] not in serials:
        found = " and ".join(map(repr, common)) or "nothing"
        raise BadRequest(f"its commonName is {found}, not the serial number {serials[0]!r}")
    owners = _values(subject, NameOID.ORGANIZATION_NAME)
    if organization and not any(organization in owner for owner in owners):
        found = " and ".join(map(repr, owners)) or "missing"
        raise BadRequest(f"its organizationName is {found}, not {organization!r}")


def _values(subject: x509.Name, oid: x509.ObjectIdentifier) -> tuple[str, ...]:
    return tuple(str(one.value) for one in subject.get_attributes_for_oid(oid))
