"""Secrets in a record: what stands for them, so that the record can still be judged again."""

from __future__ import annotations

MASK = "(secret)"
ZEROS = 12  # at least so many begin a number that stands for a secret of hexadecimal digits
HEX = frozenset("0123456789abcdefABCDEF")


def stand_in(secret: str, number: int) -> str:
    """Return what stands for a secret: of hexadecimal digits a number of the same length.

    Args:
        number: which secret it is, from 1 on.
    """
    if HEX.issuperset(secret) and len(secret) > ZEROS:
        return f"{number:0{len(secret)}x}"
    return MASK


def stands_for(recorded: str, text: str) -> bool:
    """Return whether a recorded text may be this one, with a secret in it."""
    if MASK in recorded:
        before, after = recorded.split(MASK)[:: max(1, recorded.count(MASK))]
        return text.startswith(before) and text.endswith(after)
    numbered = len(recorded) > ZEROS and set(recorded[:ZEROS]) == {"0"} and HEX.issuperset(recorded)
    return numbered and len(recorded) == len(text) and HEX.issuperset(text)
