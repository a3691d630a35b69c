"""Checks of the certificates that a CSMS sends to a station."""

from __future__ import annotations

import base64
from typing import Any

from testbay.pki.hashes import hash_data
from testbay.pki.hashes import same as names_the_same
from testbay.roles.certificates import (
    CHAIN,
    LONG_ENOUGH,
    Found,
    Seen,
    Stands,
    about,
    in_chain,
    is_pem,
    of_client,
    of_the_key,
    read,
)
from testbay.scenario.checks import Judges, Resolve, Satisfies, satisfies
from testbay.suites.ocpp16.configured import cfg

TYPES = {"ECDSA": ("ecdsa-",), "RSA": ("RSASSA-PSS", "WithRSAEncryption")}
"""How the names of algorithms begin or end that sign certificates, by their type."""

# -- in messages -----------------------------------------------------------------------------------


def same_certificate(path: str, wanted: Any) -> Stands:
    """The field is the PEM of this certificate (PEM), however its lines are broken."""

    def accepts(found: Found, resolve: Resolve) -> Seen:
        right = [one.fingerprint for one in read(resolve(wanted))]
        return [one.fingerprint for one in found] == right, about(found)

    return in_chain(path, "is the configured root certificate", accepts, wanted)


def names(path: str, certificate: Any, algorithm: str) -> Satisfies:
    """The field is the hash data of this certificate (PEM), as the tool calculates them itself."""

    def accepts(data: Any, resolve: Resolve) -> bool:
        pem = resolve(certificate)
        return bool(read(pem)) and names_the_same(data, hash_data(pem, algorithm=algorithm))

    wanted = f"is the hash data of the certificate of step 1, with {algorithm}"
    return satisfies(path, wanted, accepts, values=(certificate, algorithm))


# -- the certificate of a station ------------------------------------------------------------------


def signed_for(request: Any) -> tuple[Judges, ...]:
    """The chain of a CertificateSigned is what has been asked for by this request (PEM)."""
    return (is_pem(CHAIN), of_the_key(request), SIGNED_AS_WANTED, NAMED, LONG_ENOUGH)


def _signed_as_wanted(found: Found, resolve: Resolve) -> Seen:
    algorithm, wanted = of_client(found).signature_algorithm, str(resolve(cfg.signing_algorithm))
    kind = next((t for t, parts in TYPES.items() if _is(algorithm, parts)), "")
    return bool(kind) and wanted in ("any", kind), f"{algorithm}; configured is {wanted}"


def _is(algorithm: str, parts: tuple[str, ...]) -> bool:
    return algorithm.startswith(parts) or algorithm.endswith(parts)


def serial_number(resolve: Resolve) -> str:
    """Return the serial number of the station, which is its identity where none is configured."""
    return str(resolve(cfg.serial_number) or resolve(cfg.station_id))


def _named(found: Found, resolve: Resolve) -> Seen:
    name, wanted = of_client(found).common_name, serial_number(resolve)
    return name == wanted, f"{name or 'there is none'}; the serial number is {wanted}"


SIGNED_AS_WANTED = in_chain(
    CHAIN,
    "is signed with the configured type of algorithm (signing_algorithm)",
    _signed_as_wanted,
    cfg.signing_algorithm,
)
NAMED = in_chain(
    CHAIN, "has the serial number of the station as its commonName", _named, cfg.serial_number
)


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
    right = [one.fingerprint for one in read(resolve(cfg.signing_certificate))]
    return prints == (right or prints), about(found)


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
CONFIGURED_SIGNER = in_chain(
    "firmware.signingCertificate",
    "is the configured one (signing_certificate)",
    _signer,
    cfg.signing_certificate,
)
