"""Checks of certificates: of the chain that a CSMS sends, and of the one that an end shows."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from testbay.pki.errors import NotPem
from testbay.pki.inspect import Certificate, Csr, certificate, certificates, csr, verifies
from testbay.pki.lab import Lab
from testbay.pki.subjects import is_address
from testbay.scenario.checks import (
    Fact,
    Judges,
    Members,
    Outcome,
    Resolve,
    Spoil,
    one_of,
    satisfies,
)
from testbay.scenario.values import pick

SHOWN, CHAIN = "certificate", "certificateChain"
KEY = "2048 bits (RSA, DSA) or 224 bits (elliptic curves) at least"

Seen = tuple[bool, str]
Found = list[Certificate]


@dataclass(frozen=True, slots=True)
class Stands:
    """Something stands in a request for a certificate, or in a certificate; both are PEM.

    Args:
        read: makes of the text what ``accepts`` gets; it raises NotPem.
        accepts: judges it, with the resolver of configured values; returns what it has seen, too.
        flawed: texts of which one at least does not pass.
    """

    path: str
    wanted: str
    read: Callable[[str], Any]
    accepts: Callable[[Any, Resolve], tuple[bool, str]]
    flawed: Callable[[str], Iterator[str]]
    values: tuple[Any, ...] = ()

    @property
    def text(self) -> str:
        """The sentence that states it."""
        return f"{self.path} {self.wanted}"

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What it looks at."""
        return (Fact(self.path, "satisfies", self.values),)

    def judge(self, payload: Any, resolve: Resolve) -> Outcome:
        """Read the text and look at what stands in it."""
        text = pick(payload, self.path)
        try:
            passed, seen = self.accepts(self.read(text if isinstance(text, str) else ""), resolve)
        except NotPem as error:
            passed, seen = False, str(error)
        return Outcome(self.text, passed, seen, self)

    def spoils(self, payload: Any, resolve: Resolve, members: Members) -> Iterator[Spoil]:
        """Yield texts in which something is wrong."""
        text = pick(payload, self.path)
        for flawed in self.flawed(text if isinstance(text, str) else ""):
            yield Spoil("set", self.path, flawed)


# -- a chain in a message --------------------------------------------------------------------------


def _flawed(text: str) -> list[str]:
    """Return a text that is no PEM, and another certificate."""
    return [text.replace("-", ""), Lab.seeded().root("stranger_root")]


def in_chain(
    path: str, wanted: str, accepts: Callable[[Found, Resolve], Seen], *values: Any
) -> Stands:
    """The chain in this field, read, passes.

    Args:
        wanted: the sentence that states it.
        accepts: judges it and says what it has seen.
        values: what it compares with.
    """
    return Stands(path, wanted, certificates, accepts, lambda text: iter(_flawed(text)), values)


def about(found: Found) -> str:
    """Say which certificates these are."""
    return ", ".join(f"one of {one.common_name} by {one.issuer}" for one in found)


def read(text: Any) -> Found:
    """Return the certificates in a text (PEM); none if it is something else."""
    try:
        return certificates(text) if isinstance(text, str) else []
    except NotPem:
        return []


def is_pem(path: str) -> Stands:
    """The field holds certificates in PEM, and all of them can be read."""
    return in_chain(path, "is X.509 in PEM", lambda found, _: (True, about(found)))


def of_the_key(request: Any) -> Stands:
    """The chain has a certificate for the key of the request.

    Args:
        request: certificate signing request, PEM.
    """

    def accepts(found: Found, resolve: Resolve) -> Seen:
        key = csr(resolve(request)).public_key
        fits = any(one.public_key == key for one in found)
        return fits, about(found) if fits else f"{about(found)}, for another key"

    return in_chain(
        CHAIN, "has a certificate for the key of the request of step 3", accepts, request
    )


def under(roots: Any) -> Stands:
    """The certificate of the station is signed under one of these roots (PEM), whatever the date.

    Args:
        roots: as one text; empty: nobody knows them, and every chain will do.
    """

    def accepts(found: Found, resolve: Resolve) -> Seen:
        own, text = of_client(found), str(resolve(roots))
        trusted = certificates(text) if text else []
        at = max(one.not_before for one in (*found, *trusted))  # a clock that is off is no matter
        others = "".join(one.pem for one in found if one is not own)
        why = verifies(own.pem, others, text, at) if text else ""
        return not why, f"{why}; is its root station_root ([lab])?" if why else about(found)

    return in_chain(CHAIN, "leads to the configured root", accepts, roots)


def of_client(found: Found) -> Certificate:
    """Return the certificate of the station: the one that is no authority, or else the first."""
    return next((one for one in found if not one.authority), found[0])


def _long_enough(found: Found, _: Resolve) -> Seen:
    one = of_client(found)
    return one.strong, f"{one.key}, {one.bits} bits"


LONG_ENOUGH = in_chain(CHAIN, f"has a key of {KEY}", _long_enough)


# -- a request for a certificate -------------------------------------------------------------------


def tampered(pem: str) -> str:
    """Return a request in PEM whose last byte is another one, so that the signature is wrong."""
    lines = [line for line in pem.splitlines() if line and not line.startswith("-")]
    content = bytearray(base64.b64decode("".join(lines)) or b"\0")
    content[-1] ^= 1
    packed = base64.b64encode(content).decode()
    body = "\n".join(packed[i : i + 64] for i in range(0, len(packed), 64))
    label = "CERTIFICATE REQUEST"
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


# -- the certificate that an end shows -------------------------------------------------------------


def _flawed_certificates(_: str) -> Iterator[str]:
    lab = Lab.seeded()
    for flaw in ("weak_key", ""):
        yield certificates(lab.client("ANOTHER-STATION", flaw).chain)[0].pem
    yield ""


def in_certificate(
    wanted: str, accepts: Callable[[Certificate, Resolve], tuple[bool, str]], *values: Any
) -> Stands:
    """The certificate that is shown passes.

    Args:
        wanted: the sentence that states it.
        accepts: judges it and says what it has seen.
        values: what it compares with.
    """
    return Stands(SHOWN, wanted, certificate, accepts, _flawed_certificates, values)


def key_of(read: Csr | Certificate) -> str:
    """Say what kind of key it is for."""
    return f"{read.key}, {read.bits} bits"


IS_CERTIFICATE = in_certificate(
    "is shown, in X.509", lambda c, _: (True, f"of {c.common_name}, by {c.issuer}")
)
LONG_KEY = in_certificate(f"has a key of {KEY}", lambda c, _: (c.strong, key_of(c)))
NUMBERED = in_certificate(
    "has a serial number", lambda c, _: (c.serial_number.strip("0-") != "", c.serial_number)
)
NEW_ENOUGH = one_of("version", "TLSv1.2", "TLSv1.3")
"""The version of TLS on which a handshake has agreed."""


def _of_the_host(seen: Any, _: Resolve) -> bool:
    found, host = read(pick(seen, SHOWN)), str(pick(seen, "host"))
    if not found or not found[0].common_name:
        return False
    return is_address(host) or found[0].common_name.casefold() == host.rstrip(".").casefold()


OF_THE_HOST = satisfies(
    "", "the commonName of the certificate is the host of the URL", _of_the_host
)
SERVER_CERTIFICATE: tuple[Judges, ...] = (IS_CERTIFICATE, LONG_KEY, NUMBERED, OF_THE_HOST)
"""What the certificate that a CSMS shows must be like ."""
