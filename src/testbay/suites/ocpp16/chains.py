"""Checks of the certificates that a CSMS sends to a station, and of the one that it shows."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from testbay.pki.errors import NotPem
from testbay.pki.hashes import hash_data
from testbay.pki.hashes import same as names_the_same
from testbay.pki.inspect import Certificate, certificates, csr
from testbay.pki.subjects import is_address
from testbay.scenario.checks import Judges, Resolve, Satisfies, satisfies
from testbay.scenario.values import pick
from testbay.suites.ocpp16.certificates import (
    IS_CERTIFICATE,
    KEY,
    LONG_KEY,
    NUMBERED,
    SHOWN,
    Stands,
)
from testbay.suites.ocpp16.checks import same
from testbay.suites.ocpp16.configured import cfg

CHAIN = "certificateChain"
TYPES = {"ECDSA": ("ecdsa-",), "RSA": ("RSASSA-PSS", "WithRSAEncryption")}
"""How the names of algorithms begin or end that sign certificates, by their type."""

Seen = tuple[bool, str]
Found = list[Certificate]


def _flawed(text: str) -> list[str]:
    """Return a text that is no PEM, and another certificate."""
    from testbay.pki.lab import Lab

    return [text.replace("-", ""), Lab.seeded().root("stranger_root")]


def _in(path: str, wanted: str, accepts: Callable[[Found, Resolve], Seen], *values: Any) -> Stands:
    return Stands(path, wanted, certificates, accepts, lambda text: iter(_flawed(text)), values)


def _about(found: Found) -> str:
    return ", ".join(f"one of {one.common_name} by {one.issuer}" for one in found)


def _read(text: Any) -> Found:
    try:
        return certificates(text) if isinstance(text, str) else []
    except NotPem:
        return []


# -- in messages -----------------------------------------------------------------------------------


def is_pem(path: str) -> Stands:
    """The field holds certificates in PEM, and all of them can be read."""
    return _in(path, "is X.509 in PEM", lambda found, _: (True, _about(found)))


def same_certificate(path: str, wanted: Any) -> Stands:
    """The field is the PEM of this certificate (PEM), however its lines are broken."""

    def accepts(found: Found, resolve: Resolve) -> Seen:
        right = [one.fingerprint for one in _read(resolve(wanted))]
        return [one.fingerprint for one in found] == right, _about(found)

    return _in(path, "is the configured root certificate", accepts, wanted)


def names(path: str, certificate: Any, algorithm: str) -> Satisfies:
    """The field is the hash data of this certificate (PEM), as the tool calculates them itself."""

    def accepts(data: Any, resolve: Resolve) -> bool:
        pem = resolve(certificate)
        return bool(_read(pem)) and names_the_same(data, hash_data(pem, algorithm=algorithm))

    wanted = f"is the hash data of the certificate of step 1, with {algorithm}"
    return satisfies(path, wanted, accepts, values=(certificate, algorithm))


# -- the certificate of a station ------------------------------------------------------------------


def signed_for(request: Any) -> tuple[Judges, ...]:
    """The chain of a CertificateSigned is what has been asked for by this request (PEM)."""
    return (is_pem(CHAIN), of_the_key(request), SIGNED_AS_WANTED, NAMED, LONG_ENOUGH)


def of_the_key(request: Any) -> Stands:
    """The chain has a certificate for the key of the request.

    Args:
        request: certificate signing request, PEM.
    """

    def accepts(found: Found, resolve: Resolve) -> Seen:
        key = csr(resolve(request)).public_key
        fits = any(one.public_key == key for one in found)
        return fits, _about(found) if fits else f"{_about(found)}, for another key"

    return _in(CHAIN, "has a certificate for the key of the request of step 3", accepts, request)


def _clients(found: Found) -> Certificate:
    """Return the certificate of the station: the one that is no authority, or else the first."""
    return next((one for one in found if not one.authority), found[0])


def _signed_as_wanted(found: Found, resolve: Resolve) -> Seen:
    algorithm, wanted = _clients(found).signature_algorithm, str(resolve(cfg.signing_algorithm))
    kind = next((t for t, parts in TYPES.items() if _is(algorithm, parts)), "")
    return bool(kind) and wanted in ("any", kind), f"{algorithm}; configured is {wanted}"


def _is(algorithm: str, parts: tuple[str, ...]) -> bool:
    return algorithm.startswith(parts) or algorithm.endswith(parts)


def serial_number(resolve: Resolve) -> str:
    """Return the serial number of the station, which is its identity where none is configured."""
    return str(resolve(cfg.serial_number) or resolve(cfg.station_id))


def _named(found: Found, resolve: Resolve) -> Seen:
    name, wanted = _clients(found).common_name, serial_number(resolve)
    return name == wanted, f"{name or 'there is none'}; the serial number is {wanted}"


def _long_enough(found: Found, _: Resolve) -> Seen:
    one = _clients(found)
    return one.strong, f"{one.key}, {one.bits} bits"


SIGNED_AS_WANTED = _in(
    CHAIN,
    "is signed with the configured type of algorithm (signing_algorithm)",
    _signed_as_wanted,
    cfg.signing_algorithm,
)
NAMED = _in(
    CHAIN, "has the serial number of the station as its commonName", _named, cfg.serial_number
)
LONG_ENOUGH = _in(CHAIN, f"has a key of {KEY}", _long_enough)


# -- firmware --------------------------------------------------------------------------------------


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (AttributeError, ValueError):
        return b""


def _signature(text: Any, resolve: Resolve) -> bool:
    wanted = _bytes(resolve(cfg.firmware_signature))
    return bool(_bytes(text)) and _bytes(text) == (wanted or _bytes(text))


def _other_signature(text: Any, resolve: Resolve) -> bool:
    return bool(_bytes(text)) and _bytes(text) != _bytes(resolve(cfg.firmware_signature))


def _signer(found: Found, resolve: Resolve) -> Seen:
    prints = [one.fingerprint for one in found]
    right = [one.fingerprint for one in _read(resolve(cfg.signing_certificate))]
    return prints == (right or prints), _about(found)


CONFIGURED_SIGNATURE = satisfies(
    "firmware.signature",
    "is the configured one (firmware_signature)",
    _signature,
    values=(cfg.firmware_signature,),
)
OTHER_SIGNATURE = satisfies(
    "firmware.signature",
    "is none that fits: not the configured one (firmware_signature)",
    _other_signature,
    values=(cfg.firmware_signature,),
)
CONFIGURED_SIGNER = _in(
    "firmware.signingCertificate",
    "is the configured one (signing_certificate)",
    _signer,
    cfg.signing_certificate,
)


# -- the certificate that a CSMS shows -------------------------------------------------------------


def _of_the_host(seen: Any, _: Resolve) -> bool:
    found, host = _read(pick(seen, SHOWN)), str(pick(seen, "host"))
    if not found or not found[0].common_name:
        return False
    return is_address(host) or same(found[0].common_name, host.rstrip("."))


OF_THE_HOST = satisfies(
    "", "the commonName of the certificate is the host of the URL", _of_the_host
)
SERVER_CERTIFICATE: tuple[Judges, ...] = (IS_CERTIFICATE, LONG_KEY, NUMBERED, OF_THE_HOST)
"""What the certificate that a CSMS shows must be like (whitepaper 2.6.1)."""
