"""Passwords of stations: how they are written, and how long they are."""

SHORTEST, LONGEST = 16, 20
"""How many bytes a password has (security white paper, A00.FR.205)."""

_HEX = "hex:"


def password_bytes(text: str) -> bytes:
    """Return the bytes of a password: a text, or hexadecimal digits.

    `hex:` marks digits; 32 to 40 of them need no mark, as no text may be that long (TC_085).

    Raises:
        ValueError: after the mark there is something else than pairs of digits.
    """
    if text.startswith(_HEX):
        try:
            return bytes.fromhex(text.removeprefix(_HEX))
        except ValueError:
            raise ValueError(f"after `{_HEX}` a password has pairs of hexadecimal digits") from None
    if 2 * SHORTEST <= len(text) <= 2 * LONGEST:
        try:
            return bytes.fromhex(text)
        except ValueError:
            return text.encode()
    return text.encode()


def checked_password(text: str) -> bytes:
    """Return the bytes of a password that a station may be given.

    Raises:
        ValueError: it is too short, too long or written wrongly.
    """
    raw = password_bytes(text)
    if not SHORTEST <= len(raw) <= LONGEST:
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} bytes, this one has {len(raw)}")
    return raw
