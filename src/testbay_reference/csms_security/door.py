"""Who is let in: the connection URL, HTTP Basic authentication and the security profile."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote_to_bytes

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request

from testbay_reference.csms_security.csr import BadRequest, check_subject
from testbay_reference.csms_security.tls import Shown, shown

HIGHEST = 3
"""The highest security profile (white paper, 2.1); 0 stands for none."""


class Books(Protocol):
    """What has to be known about stations at the door."""

    def faulty(self, fault: str) -> bool:
        """Tell whether this CSMS has a fault."""

    def profiles(self, identity: str) -> tuple[int, ...]:
        """Return the security profiles with which a station is let in now."""

    def passwords(self, identity: str) -> tuple[str, ...]:
        """Return the passwords that a station may give, in hexadecimal; none: it is not asked."""

    def serials(self, identity: str) -> tuple[str, ...]:
        """Return what a certificate of a station may name."""

    def has_renewed(self, identity: str) -> bool:
        """Tell whether a station has accepted a new certificate."""

    def was_refused(self, identity: str) -> bool:
        """Tell whether a station was not let in lately."""

    @property
    def cpo_name(self) -> str:
        """What certificates of stations must have in their organizationName."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """What is known about a station that knocks.

    Args:
        authorization: all Authorization headers of its request.
        tls: what TLS tells, if it is used.
    """

    identity: str
    authorization: tuple[str, ...]
    tls: Shown | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say why a visitor is not let in."""

    status: HTTPStatus
    text: str


def admit(ledger: Books, visitor: Visitor) -> int | Refusal:
    """Return the security profile with which a station is let in, or why it is not.

    Only the profile that the station has to use is taken (A00.FR.002), and the one that it was
    told to change to, until it has done so (A05.FR.09).
    """
    if ledger.faulty("locks-out-after-refusal") and ledger.was_refused(visitor.identity):
        return Refusal(HTTPStatus.FORBIDDEN, "This station is not let in any more.")
    refusals = []
    for profile in sorted(ledger.profiles(visitor.identity), reverse=True):
        refusal = _refusal(ledger, visitor, profile)
        if refusal is None:
            return profile or _as_shown(visitor)
        refusals.append(refusal)
    unauthorized = (one for one in refusals if one.status == HTTPStatus.UNAUTHORIZED)
    return next(unauthorized, refusals[0])


def _as_shown(visitor: Visitor) -> int:
    if visitor.tls is None:
        return 1 if visitor.authorization else 0
    return 2 if visitor.tls.certificate is None or visitor.authorization else 3


def _refusal(ledger: Books, visitor: Visitor, profile: int) -> Refusal | None:
    if profile == 1 and visitor.tls is not None:
        return Refusal(HTTPStatus.FORBIDDEN, "This station connects without TLS (profile 1).")
    if profile >= 2 and visitor.tls is None:
        text = f"This station has to connect with TLS (profile {profile})."
        return Refusal(HTTPStatus.FORBIDDEN, text)
    if profile == 3:
        return _certificate(ledger, visitor)
    return _password(ledger, visitor, needed=profile > 0)


def _password(ledger: Books, visitor: Visitor, needed: bool) -> Refusal | None:
    passwords = ledger.passwords(visitor.identity)
    if not passwords and not needed:
        return None
    if ledger.faulty("accepts-any-password"):
        return None
    if ledger.faulty("accepts-missing-password") and not visitor.authorization:
        return None
    if ledger.faulty("compares-passwords-as-digits"):
        passwords = tuple(password.encode().hex() for password in passwords)
    right = authorized(visitor.authorization, visitor.identity, passwords)
    if right and not ledger.faulty("refuses-every-password"):
        return None
    return Refusal(HTTPStatus.UNAUTHORIZED, "The password is missing or wrong.")


def _certificate(ledger: Books, visitor: Visitor) -> Refusal | None:
    if ledger.faulty("asks-no-client-certificate"):
        return None
    shown = visitor.tls.certificate if visitor.tls is not None else None
    if shown is None:
        text = "This station has to show its certificate (profile 3)."
        return Refusal(HTTPStatus.FORBIDDEN, text)
    if ledger.faulty("accepts-any-client-certificate"):
        return None
    if ledger.faulty("refuses-renewed-certificate") and ledger.has_renewed(visitor.identity):
        return Refusal(HTTPStatus.FORBIDDEN, "This certificate is not known.")
    try:
        check_subject(shown.subject, ledger.serials(visitor.identity), ledger.cpo_name)
    except BadRequest as error:
        text = f"The certificate is not that of this station: {error}."
        return Refusal(HTTPStatus.FORBIDDEN, text)
    return None


def visitor(ws: ServerConnection, request: Request, identity: str) -> Visitor:
    """Return who a station is, as far as its request and its handshake say."""
    headers = tuple(request.headers.get_all("Authorization"))
    return Visitor(identity, headers, shown(ws.transport.get_extra_info("ssl_object")))


def identity_of(path: str, base: str) -> str | None:
    """Return the identity in the path of a connection URL (OCPP-J 3.1.1), None without one.

    Args:
        path: path of the request, percent-encoded, perhaps with a query.
        base: path of the endpoint, without slashes at its ends.
    """
    prefix = f"/{base}/" if base else "/"
    plain = path.partition("?")[0]
    if not plain.startswith(prefix):
        return None
    encoded = plain[len(prefix) :]
    if not encoded or "/" in encoded:
        return None
    try:
        return unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return None


def authorized(headers: Sequence[str], identity: str, passwords: Sequence[str]) -> bool:
    """Tell whether a station has given its identity and one of its passwords (OCPP-J 6.2.2).

    Args:
        headers: all Authorization headers of the request.
        passwords: in hexadecimal; bytes, as a password need not be text.
    """
    if len(headers) != 1:
        return False
    scheme, _, encoded = headers[0].strip().partition(" ")
    if scheme.casefold() != "basic":
        return False
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    name = identity.encode() + b":"
    wanted = [name + bytes.fromhex(password) for password in passwords]
    return any(hmac.compare_digest(given, one) for one in wanted)
