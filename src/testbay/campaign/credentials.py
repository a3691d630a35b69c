"""What a run against a system of the tester's is given: profile, password, certificates, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from testbay.campaign.addresses import host_and_port
from testbay.campaign.config import IDENTITY, Certificates, ConfigError, Configuration
from testbay.campaign.files import Files
from testbay.campaign.profiles import PROFILE
from testbay.campaign.security import (
    LOCATION,
    LOGS,
    password_name,
    serial_number,
)
from testbay.campaign.wrong import Wrong
from testbay.clock.wall import now
from testbay.files import SCHEMES, Ftp, Limits
from testbay.pki.dates import Calendar
from testbay.pki.disk import read_certificates, read_identity, read_root
from testbay.pki.errors import LabError
from testbay.pki.folder import files_of, read_manifest
from testbay.pki.identity import Identity
from testbay.pki.keys import Random
from testbay.pki.lab import Lab, Place
from testbay.pki.names import LATER
from testbay.pki.subjects import check_serial
from testbay.roles.desk import Firmware
from testbay.roles.end import NO_LAB
from testbay.roles.gate import MUTUAL, SECURE
from testbay.roles.keyring import KINDS, Keyring
from testbay.scenario.product import PROFILES, connected


def secured(
    configuration: Configuration,
    path: Path | None,
    sut: str,
    *,
    profile: int | None,
    lab: str,
    reference: bool,
) -> Configuration:
    """Let options and file agree on security profile, password and lab; put them everywhere.

    Args:
        path: of the configuration file, for what is wrong with it.
        profile: as an option says it; None: it does not.
        reference: the system brings its password along.

    Raises:
        ConfigError: the file contradicts itself, or something is missing.
    """
    where = f"{path}: " if path is not None else ""
    connect, values, stated = configuration.connect, configuration.values, configuration.stated
    secret = password_name(values)
    _once(
        where, stated, f"connect.{PROFILE}", connect.security_profile, f"values.{PROFILE}", values
    )
    _once(where, stated, "connect.password", connect.password, f"values.{secret}", values)
    if named := [name for name in configuration.given if name in connected(0)]:
        raise ConfigError(
            f"{where}product.{named[0]} is no property of the product: leave it out, and say "
            f"connect.{PROFILE}"
        )
    found = connect.security_profile
    if f"values.{PROFILE}" in stated:
        found = values[PROFILE]
    found = found if profile is None else profile
    if found not in (0, *PROFILES):
        said = where if profile is None else ""
        raise ConfigError(f"{said}there is no security profile {found}; there are 0 to 3")
    password = connect.password
    if not password and (f"values.{secret}" in stated or (reference and found)):
        password = str(values.get(secret, "")) if found in (1, 2) else ""
    if found in (1, 2) and not password:
        raise ConfigError(
            f"security profile {found} needs the password of the station: "
            '[connect] password = "..." in the configuration'
        )
    if sut == "csms" and not reference:
        _scheme_fits(connect.url, found)
    known = dict(values)
    if PROFILE in known:
        known |= {PROFILE: found}
    if password and secret in known:
        known |= {secret: password}
    features = {n: v for n, v in connected(found).items() if n in configuration.product}
    return replace(
        configuration,
        connect=replace(connect, security_profile=found, password=password),
        lab=replace(configuration.lab, folder=lab or configuration.lab.folder),
        values=known,
        product=configuration.product | features,
    )


def _once(
    where: str, stated: Sequence[str], one: str, value: Any, other: str, values: Mapping[str, Any]
) -> None:
    """See that two keys for the same thing do not say different things."""
    again = values.get(other.partition(".")[2])
    if one in stated and other in stated and value != again:
        shown = "" if one.endswith("password") else f" ({value} and {again})"
        raise ConfigError(
            f"{where}{one} and {other} are the same thing, but differ{shown}; leave one of them out"
        )


def _scheme_fits(url: str, profile: int) -> None:
    secure = url.startswith("wss:")
    if profile >= SECURE and not secure:
        raise ConfigError(
            f"security profile {profile} is encrypted, so the URL must begin with wss://, but it "
            f"is {url}"
        )
    if profile == 1 and secure:
        raise ConfigError(
            f"security profile 1 is not encrypted, so the URL must begin with ws://, but it is "
            f"{url}; say --security-profile 2 or 3"
        )


def keyring(configuration: Configuration, sut: str) -> Keyring | None:
    """Return the certificates of a run against a system of the tester's; None: there are none.

    Raises:
        Wrong: a file is missing, cannot be used or has expired; or there is none at all, but the
            security profile needs some.
    """
    named, profile = configuration.lab, configuration.connect.security_profile
    if named == Certificates():
        if profile >= (SECURE if sut == "station" else MUTUAL):
            raise Wrong(f"security profile {profile} needs certificates, but {NO_LAB}")
        return None
    serial = serial_number(configuration.values | {IDENTITY: configuration.connect.identity})
    try:
        return _keyring(named, serial)
    except LabError as error:
        raise Wrong(str(error)) from None


def _keyring(named: Certificates, serial: str) -> Keyring:
    at = now()
    check_serial(serial)
    # Without a lab what is not named is made up, and nobody trusts it.
    made_up = Lab(Random(), Calendar.at(at), lacks=LATER)
    lab = Lab.load(named.folder) if named.folder else made_up
    roots = {
        name: read_root(Path(file), at)
        for name in ("csms_root", "csms_root_2", "station_root", "manufacturer_root")
        if (file := getattr(named, name))
    }
    pairs = {
        "server": (named.server_certificate, named.server_key),
        "client": (named.client_certificate, named.client_key),
    }
    own: dict[str, Identity] = {}
    for name, (certificate, key) in pairs.items():
        if key and not certificate:
            raise LabError(f"[lab] names {name}_key, but no {name}_certificate to go with it")
        if certificate:
            read = read_identity(Path(certificate), Path(key) if key else None, at)
            own[name] = read
    servers = {("server", kind): own["server"] for kind in KINDS} if "server" in own else None
    clients = {(serial, kind): own["client"] for kind in KINDS} if "client" in own else None
    trusted = bool(named.folder or named.csms_root)
    return Keyring(lab.replaced(roots, servers, clients), serial, issuing=lab, verifies=trusted)


def root_path(configuration: Configuration) -> str:
    """Return the file with the root that a station under test must trust; empty: not known."""
    named = configuration.lab
    if named.csms_root or not named.folder or named.server_certificate:
        return named.csms_root
    path, _ = files_of(Path(named.folder), Place("root", "csms_root", "", "ec"))
    return str(path)


def file_servers(
    configuration: Configuration, ring: Keyring | None, folder: Path | None
) -> Files | None:
    """Return the file servers of a run; None: there are none.

    Args:
        folder: where uploads are kept.

    Raises:
        Wrong: an address or a number cannot be used.
    """
    named = configuration.files
    listen = {scheme: getattr(named, scheme) for scheme in SCHEMES}
    addresses = {scheme: host_and_port(at) for scheme, at in listen.items() if at}
    if not addresses:
        return None
    if {"https", "ftps"} & addresses.keys() and ring is None:
        raise Wrong(f"[files] https and ftps need a certificate, but {NO_LAB}")
    account = (named.user, named.password) if named.user else None
    limits = Limits(upload=int(named.max_size * 2**20), uploads=named.max_files, idle=named.idle)
    ftp = Ftp(account, _ports(named.passive_ports), named.public_address or None)
    return Files(ring, folder, addresses, named.host, limits, ftp)


def _ports(text: str) -> Sequence[int]:
    if not text:
        return ()
    first, dash, last = text.partition("-")
    if not (first.strip().isdecimal() and (last if dash else first).strip().isdecimal()):
        raise Wrong(f"[files] passive_ports is {text!r}; write FIRST-LAST, such as 50000-50009")
    return range(int(first), int(last if dash else first) + 1)


def firmware_of(configuration: Configuration) -> Firmware:
    """Return the firmware image of the tester's, as far as there is one.

    Raises:
        Wrong: a file is missing or cannot be read.
    """
    named, values = configuration.files, configuration.values
    own = LOCATION in values and f"values.{LOCATION}" in configuration.stated
    signature = _read(named.signature).decode("ascii", "replace").strip()
    try:
        certificate = ""
        if named.signing_certificate:
            certificate = "".join(c.pem for c in read_certificates(Path(named.signing_certificate)))
    except LabError as error:
        raise Wrong(str(error)) from None
    if signature and not certificate:
        raise Wrong("[files] names signature, but no signing_certificate to go with it")
    location = str(values[LOCATION]) if own else ""
    return Firmware(_read(named.firmware), location, signature, certificate)


def _read(file: str) -> bytes:
    if not file:
        return b""
    try:
        return Path(file).read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Wrong(f"[files] {file} cannot be read: {why}") from None


def log_location(configuration: Configuration) -> str:
    """Return the folder on a server of the tester's to which files go, if there is one."""
    stated = f"values.{LOGS}" in configuration.stated
    return str(configuration.values[LOGS]) if stated else ""


# -- told at the beginning -------------------------------------------------------------------------

_SHOWS = {
    1: "without TLS, with the password of the station",
    2: "with TLS and the password of the station",
    3: "with TLS and the certificate of the station",
}


def needs(configuration: Configuration, sut: str) -> list[str]:
    """Return what the system under test must be told for this run, a sentence each.

    Raises:
        Wrong: there is no lab in the folder that is named.
    """
    profile, named = configuration.connect.security_profile, configuration.lab
    lines = [f"Security profile {profile}: {_SHOWS[profile]}"] if profile else []
    root = root_path(configuration)
    if root and sut == "station" and profile >= SECURE:
        lines.append(f"The station must trust the root certificate in {root}{_hosts(named)}")
    if root and sut == "csms" and profile == MUTUAL and not named.client_certificate:
        lines.append(f"The CSMS must trust the root certificate in {root}, for the station's")
    files = configuration.files
    served = [f"{one} at {at}" for one in SCHEMES if (at := getattr(files, one))]
    return lines + ([f"Files travel by {', '.join(served)}"] if served else [])


def _hosts(named: Certificates) -> str:
    if not named.folder or named.server_certificate:
        return ""
    try:
        hosts = read_manifest(Path(named.folder)).hosts
    except LabError as error:
        raise Wrong(str(error)) from None
    return f"; the tool shows a certificate for {' and '.join(hosts)}"
