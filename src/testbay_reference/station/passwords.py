"""AuthorizationKey: how a password of HTTP Basic authentication is written (whitepaper 7.2)."""

import re

LEAST, MOST = 16, 20  # bytes

_HEXADECIMAL = re.compile(rf"(?:[0-9A-Fa-f]{{2}}){{{LEAST},{MOST}}}")


def password_bytes(text: str) -> bytes:
    """Return what is sent for a password; 32 to 40 hexadecimal digits stand for their bytes."""
    return bytes.fromhex(text) if _HEXADECIMAL.fullmatch(text) else text.encode()


def password_text(password: str | bytes | None) -> str:
    """Return how a password is kept, so that `password_bytes` gives it back.

    Raises:
        ValueError: it is of bytes, and too short or too long for hexadecimal digits.
    """
    if not isinstance(password, bytes):
        return password or ""
    if not LEAST <= len(password) <= MOST:
        raise ValueError(f"password: bytes must be {LEAST} to {MOST}, not {len(password)}")
    return password.hex()


def authorization_key(value: str) -> str:
    """Accept a password that is as long as OCPP wants it, as digits or as a text.

    Raises:
        ValueError: it is too short or too long.
    """
    if not LEAST <= len(password_bytes(value)) <= MOST:
        raise ValueError(f"it must have {LEAST} to {MOST} bytes")
    return value
