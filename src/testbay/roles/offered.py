"""Checks of what a station offers: in the handshake of TLS, and in an upgrade request."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from testbay.roles.attempts import EC_SUITES, RSA_SUITES
from testbay.scenario.checks import Judges, Satisfies, Spoil, eq, satisfies
from testbay.scenario.configured import Configured
from testbay.scenario.values import pick

# -- TLS -------------------------------------------------------------------------------------------

BY_STATION = eq("by", "peer")
"""The station has ended the handshake, or what began with it; the tool has not."""


def _has(offered: Any, *wanted: str) -> bool:
    return isinstance(offered, list) and set(wanted) <= set(offered)


OFFERS_TLS_12 = satisfies(
    "versions",
    "has TLSv1.2 or a higher version of TLS",
    lambda offered, _: _has(offered, "TLSv1.2") or _has(offered, "TLSv1.3"),
    Spoil("set", "versions", ["TLSv1", "TLSv1.1"]),
    values=("TLSv1.2", "TLSv1.3"),
)
OFFERS_SUITES: Satisfies = satisfies(
    "ciphers",
    f"has {' and '.join(EC_SUITES)}, or {' and '.join(RSA_SUITES)}",
    lambda offered, _: _has(offered, *EC_SUITES) or _has(offered, *RSA_SUITES),
    Spoil("set", "ciphers", [EC_SUITES[0], RSA_SUITES[1]]),
    values=(*EC_SUITES, *RSA_SUITES),
)
"""One of the pairs of cipher suites that every station must have (A00.FR.318, .319 and .422)."""

# -- passwords -------------------------------------------------------------------------------------


def _last_part(path: Any) -> str:
    return unquote(str(path).split("?")[0].rstrip("/").rpartition("/")[2])


def basic(station: Configured) -> tuple[Judges, ...]:
    """The upgrade request has a right Authorization header.

    Args:
        station: the identity of the station.
    """
    return (
        satisfies(
            "authorization.scheme",
            "is Basic",
            lambda scheme, _: str(scheme).lower() == "basic",
            values=("Basic",),
        ),
        eq("authorization.name", station),
        satisfies(
            "",
            "authorization.name is the last part of the path",
            lambda p, _: _last_part(pick(p, "path")) == pick(p, "authorization.name"),
            Spoil("set", "path", "/ocpp/another"),
        ),
        eq("authorization.password", "right"),
    )
