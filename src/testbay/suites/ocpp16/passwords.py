"""Checks of passwords for HTTP Basic authentication (whitepaper 7.2)."""

from __future__ import annotations

import re
from typing import Any

from testbay.scenario.checks import Resolve, Spoil, satisfies

SHORTEST, LONGEST = 16, 20  # bytes
_DIGITS = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def _is_hex(value: Any, resolve: Resolve) -> bool:
    return isinstance(value, str) and _DIGITS.fullmatch(value) is not None


def _is_long_enough(value: Any, resolve: Resolve) -> bool:
    return isinstance(value, str) and len(value) >= 2 * SHORTEST


def _is_short_enough(value: Any, resolve: Resolve) -> bool:
    return isinstance(value, str) and len(value) <= 2 * LONGEST


HEX_PASSWORD = (
    satisfies("value", "is a password in hexadecimal digits, two for each byte", _is_hex),
    satisfies(
        "value",
        f"stands for {SHORTEST} bytes at least",
        _is_long_enough,
        Spoil("set", "value", "AB" * (SHORTEST - 1)),
    ),
    satisfies(
        "value",
        f"stands for {LONGEST} bytes at most ({2 * LONGEST} characters)",
        _is_short_enough,
        Spoil("set", "value", "AB" * (LONGEST + 1)),
    ),
)
"""What an AuthorizationKey must be like."""
