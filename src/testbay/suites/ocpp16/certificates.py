"""Checks of what a station asks to be signed, shows and lists (security white paper, 2 and 6.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from testbay.pki.hashes import ALGORITHMS, hash_data
from testbay.pki.hashes import same as names_the_same
from testbay.pki.inspect import Certificate, Csr, certificate, csr, strong
from testbay.pki.lab import Lab
from testbay.pki.subjects import is_address
from testbay.roles.certificates import KEY, Stands, in_certificate, key_of, tampered
from testbay.roles.offered import basic
from testbay.scenario.checks import (
    Fact,
    Members,
    Outcome,
    Resolve,
    Spoil,
    at_least,
    at_most,
    satisfies,
    show,
)
from testbay.scenario.many import moment
from testbay.scenario.values import pick
from testbay.suites.ocpp16.configured import cfg

REQUEST, LISTED = "csr", "certificateHashData"

# -- certificates and requests for them ------------------------------------------------------------


def _flawed_requests(text: str) -> Iterator[str]:
    lab = Lab.seeded()
    yield tampered(text)
    yield lab.request("ANOTHER-STATION").csr
    yield lab.request("ANOTHER-STATION", owner="Another Operator").csr
    yield lab.request("ANOTHER-STATION", weak=True).csr


def _in_request(
    wanted: str, accepts: Callable[[Csr, Resolve], tuple[bool, str]], *values: Any
) -> Stands:
    return Stands(REQUEST, wanted, csr, accepts, _flawed_requests, values)


IS_REQUEST = _in_request(
    "is a certificate signing request in PEM, signed with the key that it is for",
    lambda r, _: (r.signed, f"a request for {r.common_name} ({key_of(r)})"),
)
ASKS_FOR_LONG_KEY = _in_request(
    f"is for a key of {KEY}", lambda r, _: (strong(r.key, r.bits), key_of(r))
)


def asks_for_new_key(shown: Any) -> Stands:
    """The key of the request is another one than that of a certificate (A02.FR.02).

    Args:
        shown: the certificate that the station has shown last (PEM); nothing where it has not.
    """

    def accepts(request: Csr, resolve: Resolve) -> tuple[bool, str]:
        if not (known := str(resolve(shown))):
            return True, "the station has not shown a certificate yet"
        new = certificate(known).public_key != request.public_key
        return new, "another key" if new else "the key of the present certificate"

    return _in_request("is for a new key", accepts)


ASKS_FOR_OPERATOR = _in_request(
    f"has {show(cfg.vendor_name)}, which is CpoName, as organizationName",
    lambda r, resolve: (r.organization == resolve(cfg.vendor_name), r.organization),
    cfg.vendor_name,
)


def asks_for_serial(told: Any) -> Stands:
    """The commonName of the request is the serial number of the station; see ``_is_serial``."""
    return _in_request(SERIAL, lambda r, resolve: _is_serial(r.common_name, resolve(told)), told)


def of_serial(told: Any) -> Stands:
    """The commonName of the certificate is the serial number of the station."""
    return in_certificate(SERIAL, lambda c, resolve: _is_serial(c.common_name, resolve(told)), told)


def is_leaf_of(chain: Any) -> Stands:
    """The certificate is the first of a chain (PEM)."""

    def accepts(shown: Certificate, resolve: Resolve) -> tuple[bool, str]:
        first = re.split(r"(?<=-----END CERTIFICATE-----)", str(resolve(chain)))[0]
        same = shown.fingerprint == certificate(first).fingerprint
        return same, f"that of {shown.common_name}, number {shown.serial_number}"

    return in_certificate("is the one that has been signed for the station", accepts, chain)


SERIAL = "has the serial number of the station, and no URL or address, as commonName"


def _is_serial(name: str, known: Any) -> tuple[bool, str]:
    """Return whether a name is a serial number (A00.FR.511), and what was seen.

    Args:
        known: the serial numbers that the station may have; none: nobody knows.
    """
    if not name or "://" in name or is_address(name.removeprefix("[").removesuffix("]")):
        return False, name or "there is no commonName"
    if not known:
        return True, f"{name} (neither the station nor the configuration names a serial number)"
    return name in known, f"{name} (the station is {' or '.join(known)})"


# -- certificates that a station lists -------------------------------------------------------------


def _entries(payload: Any) -> list[Any]:
    entries = pick(payload, LISTED)
    return entries if isinstance(entries, list) else []


def place_of(payload: Any, pem: str, issuer: str = "") -> int | None:
    """Return where an answer to GetInstalledCertificateIds names a certificate (PEM).

    Args:
        issuer: the certificate of its issuer; nothing for a root, which is its own.
    """
    for place, entry in enumerate(_entries(payload)):
        name = str(pick(entry, "hashAlgorithm"))
        if name in ALGORITHMS and names_the_same(entry, hash_data(pem, issuer, name)):
            return place
    return None


def _nearest(payload: Any, pem: str, issuer: str) -> str:
    """Say what is listed instead of a certificate."""
    entries = _entries(payload)
    for entry in entries:
        name = str(pick(entry, "hashAlgorithm"))
        right = hash_data(pem, issuer, name if name in ALGORITHMS else ALGORITHMS[0])
        other = [f for f in right if str(pick(entry, f)).lower() != right[f].lower()]
        if len(other) < len(right) - 1:
            named = ", ".join(f"{f} {pick(entry, f)} instead of {right[f]}" for f in other)
            return f"one of {len(entries)} listed certificates is near: {named}"
    return f"{len(entries)} certificates are listed, and none is it"


@dataclass(frozen=True, slots=True)
class Lists:
    """A certificate (PEM) is listed, by hash data that the tool calculates itself.

    Args:
        issuer: the certificate of its issuer; nothing for a root.
    """

    certificate: Any
    issuer: Any = ""

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"{LISTED} names the certificate"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(LISTED, "satisfies"),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Look for the certificate among those that are listed."""
        pem, issuer = str(resolve(self.certificate)), str(resolve(self.issuer))
        place = place_of(payload, pem, issuer)
        if place is None:
            return Outcome(self.text, False, _nearest(payload, pem, issuer), self)
        algorithm = pick(payload, f"{LISTED}[{place}].hashAlgorithm")
        return Outcome(self.text, True, f"it is number {place + 1}, with {algorithm}", self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the list with another hash, another number, then without the certificate."""
        place = place_of(payload, str(resolve(self.certificate)), str(resolve(self.issuer)))
        if place is None:
            return
        yield Spoil("set", f"{LISTED}[{place}].issuerKeyHash", "0" * 64)
        yield Spoil("set", f"{LISTED}[{place}].serialNumber", "FFF")
        entries = _entries(payload)
        yield Spoil("set", LISTED, [*entries[:place], *entries[place + 1 :]])


@dataclass(frozen=True, slots=True)
class ListsNoMore:
    """A certificate (PEM) is not listed, whatever the algorithm.

    Args:
        issuer: the certificate of its issuer; nothing for a root.
    """

    certificate: Any
    issuer: Any = ""

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"{LISTED} does not name the certificate"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(LISTED, "satisfies"),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Look for the certificate among those that are listed."""
        place = place_of(payload, str(resolve(self.certificate)), str(resolve(self.issuer)))
        seen = f"{len(_entries(payload))} others" if place is None else f"it is number {place + 1}"
        return Outcome(self.text, place is None, seen, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield the list with the certificate in it."""
        named = hash_data(str(resolve(self.certificate)), str(resolve(self.issuer)))
        yield Spoil("set", LISTED, [*_entries(payload), named])


# -- passwords -------------------------------------------------------------------------------------

BASIC = basic(cfg.station_id)
"""The Authorization header of an upgrade request (TC_085)."""
LONG_ENOUGH = (at_least("authorization.bytes", 16), at_most("authorization.bytes", 20))
"""The password of such a header has 16 to 20 bytes, which are up to 40 hexadecimal digits."""

# -- files -----------------------------------------------------------------------------------------


def _there(seen: Any, resolve: Resolve) -> bool:
    files = pick(seen, "files")
    sizes = [pick(f, "size") for f in files] if isinstance(files, list) else []
    return pick(seen, "watched") is False or any(type(s) is int and s > 0 for s in sizes)


UPLOADED = satisfies("", "a file has been uploaded there, and it is not empty", _there)
"""What ``uploads`` tells; an upload to a server of the tester's cannot be seen."""


def _fetched(seen: Any, resolve: Resolve) -> bool:
    times = pick(seen, "times")
    return pick(seen, "watched") is False or (type(times) is int and times > 0)


WAS_FETCHED = satisfies("", "the file has been fetched there, as a whole", _fetched)
"""What ``fetched`` tells; what is fetched from a server of the tester's cannot be seen."""

# -- what stations report --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """A security event is of this type; to select it.

    Args:
        since: a moment before which it has not happened, apart from the deviation of clocks.
    """

    type: str
    since: datetime | None = None

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"type is {self.type}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact("type", "eq", (self.type,)),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Compare type and time stamp."""
        found = pick(payload, "type")
        if found == self.type and self.since is not None:
            try:
                happened = moment(pick(payload, "timestamp"))
            except ValueError:
                return Outcome(self.text, False, "the time stamp is omitted or malformed", self)
            early = (self.since - happened).total_seconds()
            return Outcome(self.text, early <= float(resolve(cfg.max_time_deviation)), found, self)
        return Outcome(self.text, found == self.type, found, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield nothing: a selection is not judged."""
        yield from ()
