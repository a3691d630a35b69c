"""Checks of what came of an attempt to connect: to the end of TLS, or to the end of the upgrade."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from testbay.scenario.checks import Fact, Members, Outcome, Resolve, Spoil
from testbay.scenario.values import OMITTED, pick

EC_SUITES = ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
RSA_SUITES = ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384")
SUITES = (*EC_SUITES, *RSA_SUITES)
"""The cipher suites that every CSMS must have (A00.FR.317, A00.FR.421)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt as a whole; only the system under test can break it.

    Args:
        accepts: judges what ``dial`` or ``probe`` tells.
    """

    text: str
    accepts: Callable[[Any], bool]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(None, "satisfies"),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Judge it, and say in words what came of it."""
        return Outcome(self.text, self.accepts(payload), told(payload), self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield nothing: it is no message."""
        return iter(())


def told(seen: Any) -> str:
    """Say what came of an attempt."""
    if pick(seen, "upgraded") is True:
        protocol = pick(seen, "subprotocol")
        return "let in" + ("" if protocol is OMITTED else f" with {protocol}")
    if pick(seen, "agreed") is True:
        return f"agreed on {pick(seen, 'version')} with {pick(seen, 'cipher')}"
    by = "the tool" if pick(seen, "by") == "us" else "the CSMS"
    return f"{pick(seen, 'reason')} (by {by})"


def _ended_by_csms(seen: Any) -> bool:
    if pick(seen, "upgraded") is not False or pick(seen, "late") is True:
        return False
    return pick(seen, "by") == "peer" and pick(seen, "stage") in ("tls", "upgrade")


def _no_protocol(seen: Any) -> bool:
    if pick(seen, "upgraded") is True:
        return pick(seen, "subprotocol") is OMITTED and pick(seen, "ended") is True
    return _ended_by_csms(seen)


UPGRADED = Attempt("the CSMS lets the station in", lambda seen: pick(seen, "upgraded") is True)

AGREED = Attempt("the TLS handshake succeeds", lambda seen: pick(seen, "agreed") is True)

REFUSED = Attempt("the CSMS ends it and does not let the station in", _ended_by_csms)
"""The CSMS has ended what had begun: the TLS handshake, with or without an alert, or the upgrade.

What the tool itself could not do, a TCP connection that was not opened, and silence are none.
"""

NO_COMMON_PROTOCOL = Attempt(
    "the CSMS agrees to no subprotocol, and does not keep the connection", _no_protocol
)
