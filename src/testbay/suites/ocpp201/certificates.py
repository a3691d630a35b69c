"""Checks of what is shown in TLS, in upgrade requests and in requests for certificates (A00)."""

from __future__ import annotations

from collections.abc import Iterator

from testbay.pki.inspect import Certificate, certificates, csr, strong
from testbay.pki.lab import Lab
from testbay.pki.subjects import is_address
from testbay.roles.certificates import KEY, Stands, in_certificate, key_of, tampered
from testbay.roles.offered import basic
from testbay.scenario.checks import Resolve, at_least, at_most
from testbay.suites.ocpp201.configured import cfg

SERIAL = "has the serial number of the station, and no URL or address, as commonName"


def _flawed_requests(text: str) -> Iterator[str]:
    lab = Lab.seeded()
    yield tampered(text)
    yield lab.request("ANOTHER-STATION", weak=True).csr


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


# -- passwords -------------------------------------------------------------------------------------

BASIC = basic(cfg.station_id)
"""The Authorization header of an upgrade request."""
LONG_ENOUGH = (at_least("authorization.bytes", 16), at_most("authorization.bytes", 64))
"""The password of such a header has 16 to 64 characters (A00.FR.205 with its erratum)."""
