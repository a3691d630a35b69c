"""Checks of what is shown in TLS, in upgrade requests and in requests for certificates (A00)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from testbay.pki.inspect import Certificate, certificates, csr, strong
from testbay.pki.lab import Lab
from testbay.pki.subjects import is_address
from testbay.roles.attempts import EC_SUITES, RSA_SUITES
from testbay.roles.certificates import KEY, Stands, in_certificate, key_of
from testbay.scenario.checks import Resolve, Spoil, at_least, at_most, eq, satisfies
from testbay.scenario.values import pick
from testbay.suites.ocpp201.configured import cfg

SERIAL = "has the serial number of the station, and no URL or address, as commonName"


def _flawed_requests(text: str) -> Iterator[str]:
    lab = Lab.seeded()
    yield _tampered(text)
    yield lab.request("ANOTHER-STATION", weak=True).csr


def _tampered(pem: str) -> str:
    """Return a request whose last byte is another one, so that the signature does not fit."""
    lines = [line for line in pem.splitlines() if line and not line.startswith("-")]
    content = bytearray(base64.b64decode("".join(lines)) or b"\0")
    content[-1] ^= 1
    label = "CERTIFICATE REQUEST"
    packed = base64.b64encode(content).decode()
    return f"-----BEGIN {label}-----\n{packed}\n-----END {label}-----\n"


IS_REQUEST = Stands(
    "csr",
    "is a certificate signing request in PEM, signed with the key that it is for",
    csr,
    lambda r, _: (r.signed, f"a request for {r.common_name} ({key_of(r)})"),
    _flawed_requests,
)
ASKS_FOR_LONG_KEY = Stands(
    "csr",
    f"is for a key of {KEY}",
    csr,
    lambda r, _: (strong(r.key, r.bits), key_of(r)),
    _flawed_requests,
)
REQUEST = (IS_REQUEST, ASKS_FOR_LONG_KEY)
"""What a request for a certificate must be like."""


def of_serial(told: tuple[str, ...]) -> Stands:
    """The commonName of the certificate is the serial number of the station (A00.FR.511).

    Args:
        told: the serial numbers that the station may have; none: nobody knows.
    """

    def accepts(shown: Certificate, _: Resolve) -> tuple[bool, str]:
        name = shown.common_name
        bare = name.removeprefix("[").removesuffix("]")
        if not name or "://" in name or is_address(bare):
            return False, name or "there is no commonName"
        if not told:
            return True, f"{name} (the station has told no serial number)"
        return name in told, f"{name} (the station is {' or '.join(told)})"

    return in_certificate(SERIAL, accepts)


def is_leaf_of(chain: str) -> Stands:
    """The certificate is the first of a chain (PEM)."""

    def accepts(shown: Certificate, _: Resolve) -> tuple[bool, str]:
        same = shown.fingerprint == certificates(chain)[0].fingerprint
        return same, f"that of {shown.common_name}, number {shown.serial_number}"

    return in_certificate("is the one that has been signed for the station", accepts)


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
OFFERS_SUITES = satisfies(
    "ciphers",
    f"has {' and '.join(EC_SUITES)}, or {' and '.join(RSA_SUITES)}",
    lambda offered, _: _has(offered, *EC_SUITES) or _has(offered, *RSA_SUITES),
    Spoil("set", "ciphers", [EC_SUITES[0], RSA_SUITES[1]]),
    values=(*EC_SUITES, *RSA_SUITES),
)
"""One of the pairs of cipher suites that every station must have (A00.FR.319, A00.FR.422)."""

# -- passwords -------------------------------------------------------------------------------------


def _last_part(path: Any) -> str:
    return unquote(str(path).split("?")[0].rstrip("/").rpartition("/")[2])


BASIC = (
    satisfies(
        "authorization.scheme",
        "is Basic",
        lambda scheme, _: str(scheme).lower() == "basic",
        values=("Basic",),
    ),
    eq("authorization.name", cfg.station_id),
    satisfies(
        "",
        "authorization.name is the last part of the path",
        lambda p, _: _last_part(pick(p, "path")) == pick(p, "authorization.name"),
        Spoil("set", "path", "/ocpp/another"),
    ),
    eq("authorization.password", "right"),
)
"""The Authorization header of an upgrade request."""
LONG_ENOUGH = (at_least("authorization.bytes", 16), at_most("authorization.bytes", 40))
"""The password of such a header has 16 to 40 characters."""
