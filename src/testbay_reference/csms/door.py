"""Who is let in: the connection URL, HTTP Basic authentication and the subprotocol."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes


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
