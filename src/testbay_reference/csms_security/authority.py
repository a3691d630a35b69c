"""The certificate authority of the operator: server certificates, and those of the stations."""

import base64
import functools
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from testbay_reference.certificates import certificates_of, key_text, pem_of, private_key_of
from testbay_reference.csms_security.identity import Identity
from testbay_reference.keys import Keys, PrivateKey

Kind = Literal["EC", "RSA"]
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
Span = tuple[datetime, datetime]

_OPERATOR = "Testbay reference operator"
_AGES = timedelta(days=20 * 365)
_LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate that signs others, with its key and what has to be sent along with them."""

    certificate: x509.Certificate
    key: PrivateKey
    between: tuple[x509.Certificate, ...] = ()

    @property
    def kind(self) -> Kind:
        """Tell what it signs with."""
        return "RSA" if isinstance(self.key, rsa.RSAPrivateKey) else "EC"


class Authority:
    """Sign certificates.

    Args:
        identities: what to sign with; none: a root of its own, made when it is needed first.
        keys: makes all other keys.
        now: the current date and time, aware.
        restore, keep: read and write the root of its own where it survives a restart.

    Raises:
        ValueError: one of the identities cannot be used.
    """

    def __init__(
        self,
        identities: Sequence[Identity],
        keys: Keys,
        now: Callable[[], datetime],
        restore: Callable[[], Identity | None],
        keep: Callable[[Identity], None],
    ) -> None:
        self._keys = keys
        self._now = now
        self._restore = restore
        self._keep = keep
        self._issuers = tuple(_issuer(identity) for identity in identities)

    @property
    def issuers(self) -> tuple[Issuer, ...]:
        """Return what it signs with; the first is used where no kind of key is wanted."""
        if not self._issuers:
            identity = self._restore()
            if identity is None:
                identity = self._own_root("root", "Testbay reference CSMS root")
                self._keep(identity)
            self._issuers = (_issuer(identity),)
        return self._issuers

    @property
    def roots(self) -> tuple[str, ...]:
        """Return the certificates that its own lead to, in PEM."""
        return tuple(pem_of((*one.between, one.certificate)[-1]) for one in self.issuers)

    @functools.cached_property
    def stranger(self) -> Identity:
        """Return a root that nobody knows."""
        return self._own_root("stranger", "Stranger")

    def sign(
        self,
        request: x509.CertificateSigningRequest,
        name: str,
        *,
        key: PublicKey | None = None,
        common_name: str | None = None,
        expired: bool = False,
        stranger: bool = False,
        other_kind: bool = False,
    ) -> str:
        """Return a certificate for a request, with those between it and the root, in PEM.

        Args:
            name: tells this certificate from all others it has signed.
            key, common_name: instead of those of the request.
            expired: make one that is not valid any more.
            stranger: sign with a root that nobody knows.
            other_kind: sign with the other kind of key (EC or RSA) than is right.
        """
        # Each begins later than those before: a station uses the newest (A02.FR.09).
        since = self._now().replace(microsecond=0) - _AGES
        wanted = request.public_key() if key is None else key
        assert isinstance(wanted, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
        kind: Kind = "RSA" if isinstance(wanted, rsa.RSAPublicKey) else "EC"
        issuer = self._issuer_for(kind)
        if other_kind:
            issuer = self._issuer_of(_other(issuer.kind))
        if stranger:
            issuer = _issuer(self.stranger)
        subject = request.subject
        if common_name is not None:
            subject = _renamed(subject, common_name)
        builder = self._leaf(
            subject, wanted, issuer, name, expired=expired, since=since
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        leaf = self._signed(builder, issuer.key)
        return "".join(pem_of(one) for one in _chain(leaf, issuer))

    def server(
        self,
        names: Sequence[str],
        kind: Kind,
        *,
        short: bool = False,
        expired: bool = False,
        self_signed: bool = False,
    ) -> Identity:
        """Make a certificate for the TLS server, with its key.

        Args:
            names: host names and addresses; the first is the commonName (A00.FR.510).
            short: with a key that is too short.
            expired: not valid any more.
            self_signed: signed by itself instead of by a root.
        """
        name = f"server {kind} {'short ' if short else ''}of {' '.join(names)}"
        key = self.key(kind, name, short=short)
        subject = _subject(names[0])
        issuer = self._issuer_for(kind)
        if self_signed:
            issuer = Issuer(self._root(key, subject, name), key)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = (
            self._leaf(subject, key.public_key(), issuer, name, expired=expired)
            .add_extension(usage, critical=False)
            .add_extension(x509.SubjectAlternativeName(_hosts(names)), critical=False)
        )
        leaf = self._signed(builder, issuer.key)
        chain = (leaf,) if self_signed else _chain(leaf, issuer)
        return Identity("".join(pem_of(one) for one in chain), key_text(key))

    def key(self, kind: Kind, name: str, *, short: bool = False) -> PrivateKey:
        """Return a new key; a short one is shorter than any that OCPP allows."""
        if kind == "RSA":
            return self._keys.rsa(name, 1024 if short else 2048)
        return self._keys.ec(name, ec.SECP192R1() if short else ec.SECP256R1())

    def _issuer_for(self, kind: Kind) -> Issuer:
        return next((one for one in self.issuers if one.kind == kind), self.issuers[0])

    def _issuer_of(self, kind: Kind) -> Issuer:
        found = next((one for one in self.issuers if one.kind == kind), None)
        return found or _issuer(self._own_root(f"other {kind}", _OPERATOR, kind))

    def _own_root(self, name: str, common_name: str, kind: Kind = "EC") -> Identity:
        key = self.key(kind, name)
        return Identity(pem_of(self._root(key, _subject(common_name), name)), key_text(key))

    def _root(self, key: PrivateKey, subject: x509.Name, name: str) -> x509.Certificate:
        begin, end = self._span(years=20)
        usage = _usage(key_cert_sign=True, crl_sign=True)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(self._keys.serial(name))
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
        )
        return self._signed(builder, key)

    def _leaf(
        self,
        subject: x509.Name,
        key: PublicKey,
        issuer: Issuer,
        name: str,
        *,
        expired: bool,
        since: datetime | None = None,
    ) -> x509.CertificateBuilder:
        begin, end = self._span(years=1, since=since)
        if expired:
            begin, end = _LONG_AGO - timedelta(days=365), _LONG_AGO
        usage = _usage(digital_signature=True, key_encipherment=isinstance(key, rsa.RSAPublicKey))
        by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.certificate.public_key())  # type: ignore[arg-type]
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject)
            .public_key(key)
            .serial_number(self._keys.serial(name))
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(by, critical=False)
        )

    def _span(self, years: int, since: datetime | None = None) -> Span:
        """Return how long a certificate is valid; from a seed, at any time that a clock shows."""
        if self._keys.seed is not None:
            return since or datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)
        now = self._now().replace(microsecond=0)
        return now - timedelta(days=1), now + timedelta(days=365 * years)

    def _signed(self, builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
        repeats = self._keys.seed is not None and isinstance(key, ec.EllipticCurvePrivateKey)
        return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=repeats or None)


def not_pem(chain: str) -> str:
    """Return the first certificate of a chain as bare base64, without the lines around it."""
    first = certificates_of(chain, "the chain")[0]
    return base64.b64encode(first.public_bytes(serialization.Encoding.DER)).decode()


def _issuer(identity: Identity) -> Issuer:
    what = "the certificate authority"
    key = private_key_of(identity.chain, identity.key, what)
    first, *rest = certificates_of(identity.chain, what)
    return Issuer(first, key, tuple(rest))


def _chain(leaf: x509.Certificate, issuer: Issuer) -> tuple[x509.Certificate, ...]:
    """Return what is sent: everything but the root, which the other end must have."""
    above = (issuer.certificate, *issuer.between)
    return (leaf, *(one for one in above if one.subject != one.issuer))


def _other(kind: Kind) -> Kind:
    return "EC" if kind == "RSA" else "RSA"


def _subject(common_name: str) -> x509.Name:
    owner = x509.NameAttribute(NameOID.ORGANIZATION_NAME, _OPERATOR)
    return x509.Name([owner, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _renamed(subject: x509.Name, common_name: str) -> x509.Name:
    others = [one for one in subject if one.oid != NameOID.COMMON_NAME]
    return x509.Name([*others, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _hosts(names: Sequence[str]) -> list[x509.GeneralName]:
    hosts: list[x509.GeneralName] = []
    for name in names:
        try:
            hosts.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            hosts.append(x509.DNSName(name))
    return hosts


def _usage(**allowed: bool) -> x509.KeyUsage:
    uses = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{use: allowed.get(use, False) for use in uses})
