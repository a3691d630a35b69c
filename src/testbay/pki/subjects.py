"""Names that stand in certificates: of hosts, stations and operators."""

from __future__ import annotations

import ipaddress

from testbay.pki.errors import LabError

LONGEST = 64  # characters of a CN or O in X.509


def wildcard(host: str) -> str:
    """Return the wildcard that stands for a host, as far as one can stand for it.

    For a name of several parts, clients that allow wildcards take it for a match; an address and a
    name of one part have no wildcard.
    """
    rest = "" if is_address(host) else host.partition(".")[2]
    return f"*.{rest or host}"


def is_address(host: str) -> bool:
    """Return whether a host is given by its IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def check_host(host: str) -> str:
    """Return a host as it stands in certificates.

    Raises:
        LabError: it is no name and no address.
    """
    bare = host.strip().removeprefix("[").removesuffix("]").rstrip(".")
    wrong = not bare or any(c in bare for c in "/@?#* ") or (bare.count(":") == 1)
    if wrong:
        raise LabError(
            f"{host!r} is not the name or address of a host: give it without scheme, port and path"
        )
    try:
        ascii_name = bare if bare.isascii() else bare.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise LabError(f"{host!r} is not the name of a host: {error}") from error
    return check_length("name of the host", ascii_name)


def check_serial(serial: str) -> str:
    """Return a serial number of a station if it can stand in a certificate.

    Raises:
        LabError: it is empty or too long, or has characters that cannot be shown.
    """
    if not serial.strip():
        raise LabError("the serial number of the station is empty, a certificate needs one")
    if not serial.isprintable():
        raise LabError(f"the serial number of the station {serial!r} must be printable")
    return check_length("serial number of the station", serial)


def check_length(what: str, text: str) -> str:
    """Return a text if it can be a name in a certificate.

    Raises:
        LabError: it is empty or too long.
    """
    if not 0 < len(text) <= LONGEST:
        raise LabError(f"the {what} {text!r} must have 1 to {LONGEST} characters for certificates")
    return text
