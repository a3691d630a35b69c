"""Checks of what came of an attempt to connect: to the end of TLS, or to the end of the upgrade."""

from __future__ import annotations

from typing import Any

from testbay.scenario.checks import Resolve, Satisfies, eq, satisfies
from testbay.scenario.values import OMITTED, pick
from testbay.suites.ocpp16.certificates import EC_SUITES, RSA_SUITES

SUITES = (*EC_SUITES, *RSA_SUITES)
"""The cipher suites that every CSMS must have (A00.FR.317, A00.FR.421)."""

UPGRADED = eq("upgraded", True)
"""The CSMS lets the station in."""

AGREED = eq("agreed", True)
"""The TLS handshake comes to its end."""


def _refused(seen: Any, resolve: Resolve) -> bool:
    if pick(seen, "upgraded") is not False or pick(seen, "late") is True:
        return False
    return pick(seen, "by") == "peer" and pick(seen, "stage") in ("tls", "upgrade")


REFUSED: Satisfies = satisfies("", "the CSMS ends it and does not let the station in", _refused)
"""The CSMS has ended what had begun: the TLS handshake, with or without an alert, or the upgrade.

What the tool itself could not do, a TCP connection that was not opened, and silence are none.
"""


def _not_agreed(seen: Any, resolve: Resolve) -> bool:
    if pick(seen, "upgraded") is True:
        return pick(seen, "subprotocol") is OMITTED and pick(seen, "ended") is True
    return _refused(seen, resolve)


NO_COMMON_PROTOCOL: Satisfies = satisfies(
    "", "the CSMS agrees to no subprotocol, and does not keep the connection", _not_agreed
)
