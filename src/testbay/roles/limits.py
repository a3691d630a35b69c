"""What a limit of the tool's own has kept the system under test from."""

from __future__ import annotations

from collections.abc import Sequence


def limited(notices: Sequence[str]) -> str:
    """Return which notice says that a limit of the tool's own has refused an upload; else nothing.

    The system under test is not to blame for that.
    """
    if not notices:
        return ""
    from testbay.files.model import TOO_LARGE, TOO_MANY

    limits = [text.partition("{}")[2] for text in (TOO_LARGE, TOO_MANY)]
    return next((told for told in notices if any(limit in told for limit in limits)), "")
