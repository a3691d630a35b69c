"""Passwords of HTTP Basic authentication: how they are written down, and what a header shows."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

HEX_LENGTHS = range(32, 41)  # characters; a shorter text is the password itself (TC_085)
HEX = frozenset("0123456789abcdefABCDEF")


def password_bytes(text: str, hexadecimal: bool = True) -> bytes:
    """Return the password that a text stands for.

    Args:
        hexadecimal: whether 32 to 40 hexadecimal digits are its bytes.
    """
    if hexadecimal and len(text) in HEX_LENGTHS and len(text) % 2 == 0 and HEX.issuperset(text):
        return bytes.fromhex(text)
    return text.encode()


def basic(identity: str, password: str, hexadecimal: bool = True) -> str:
    """Return the value of an Authorization header."""
    shown = identity.encode() + b":" + password_bytes(password, hexadecimal)
    return f"Basic {base64.b64encode(shown).decode()}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What an Authorization header shows.

    Args:
        wrong: what is wrong with it as Basic authentication, apart from the password; or nothing.
    """

    scheme: str = ""
    name: str = ""
    password: bytes | None = None
    wrong: str = ""

    def told(self, right: bytes | None) -> dict[str, Any]:
        """Return it for a journal, without the password.

        Args:
            right: the password that is expected; None: none is.
        """
        told = "none"
        if self.password is not None:
            told = "right" if self.password == right else "wrong"
        digits = (self.password or b"").decode("latin-1")
        return {
            "scheme": self.scheme,
            "name": self.name,
            "password": told,
            "bytes": len(self.password or b""),
            "hex": bool(digits) and HEX.issuperset(digits),
        }


def shown_in(header: str | None) -> Shown:
    """Read an Authorization header."""
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return Shown(scheme, wrong="shows no name and password")
    try:
        shown = base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        return Shown(scheme, wrong="shows a name and password that are not Base64")
    name, colon, password = shown.partition(b":")
    return Shown(scheme, name.decode("utf-8", "backslashreplace"), password if colon else None)
