"""The configuration file of a run: TOML, checked, with errors that name file, key and what fits."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbay.campaign.wrong import Wrong
from testbay.scenario.configured import Configured
from testbay.scenario.features import Feature

IDENTITY = "station_id"  # the configured value that is the identity of the station

_KINDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
}


class ConfigError(Wrong):
    """The configuration cannot be used; the text says file, key, and what is expected."""


@dataclass(frozen=True, slots=True)
class Connect:
    """How the tool and the system under test find each other.

    Args:
        identity: of the station, the last part of the URL; empty: the value station_id.
        listen: address and port at which the tool waits for a station.
        url: where a CSMS under test listens, without the identity.
        other_url: where it listens encrypted, if ``url`` is not, or the reverse; if both are, where
            it listens for the next higher security profile.
        actions: base URL of an automation API; without it a person is asked.
        security_profile: with which they are connected; 0: nothing is demanded.
        password: for HTTP Basic authentication; 32 to 40 hexadecimal digits are its bytes.
        connect_timeout: how long the SUT may take to connect (s).
        message_timeout: how long an answer or message may take (s).
    """

    identity: str = ""
    listen: str = "127.0.0.1:9000"
    url: str = ""
    other_url: str = ""
    actions: str = ""
    security_profile: int = 0
    password: str = field(default="", repr=False)
    connect_timeout: float = 60.0
    message_timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where certificates are: in a lab, and in single PEM files in the place of some of it.

    Args:
        folder: of the lab, as ``testbay lab new`` has made it.
        server_certificate, server_key: what the tool shows as a CSMS.
        client_certificate, client_key: what it shows as a station.
        csms_root: to which certificates of the CSMS under test lead.
        csms_root_2: another one, to install.
        station_root: to which certificates of the station under test lead.
        manufacturer_root: to which certificates for signing firmware lead.
    """

    folder: str = ""
    server_certificate: str = ""
    server_key: str = ""
    client_certificate: str = ""
    client_key: str = ""
    csms_root: str = ""
    csms_root_2: str = ""
    station_root: str = ""
    manufacturer_root: str = ""


@dataclass(frozen=True, slots=True)
class FileServers:
    """Where the tool serves firmware and takes uploads, and a firmware image of the tester's.

    Args:
        http, https, ftp, ftps: address and port to listen at; empty: not by this.
        host: what the system under test calls this machine; empty: the address listened at.
        scheme: how files travel where there is a choice.
        user, password: of an account for FTP; empty: everybody is let in.
        passive_ports: of data connections of FTP, FIRST-LAST; empty: any.
        public_address: that data connections of FTP are told; empty: that of the connection.
        max_size: of an upload (MiB).
        max_files: how many can be uploaded in a run.
        idle: how long a connection may say nothing (s).
        firmware: file with an image; empty: the tool makes one.
        signature: file with its signature in base64.
        signing_certificate: PEM file with the certificate for it.
    """

    http: str = ""
    https: str = ""
    ftp: str = ""
    ftps: str = ""
    host: str = ""
    scheme: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    passive_ports: str = ""
    public_address: str = ""
    max_size: float = 64.0
    max_files: int = 1000
    idle: float = 60.0
    firmware: str = ""
    signature: str = ""
    signing_certificate: str = ""


class UnknownKey(ConfigError):
    """The configuration has a key that there is not, in this table."""

    def __init__(self, text: str, table: str, key: str) -> None:
        super().__init__(text)
        self.table, self.key = table, key


PATHS = {
    "lab": tuple(Certificates.__dataclass_fields__),
    "files": ("firmware", "signature", "signing_certificate"),
}
"""Keys that name a file or folder; it may be relative to the folder of the configuration file."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything a run is told: connection, values of the cases, features of the product.

    Args:
        given: the features that the file names.
        stated: the keys that the file has, such as ``connect.listen``.
    """

    connect: Connect = field(default_factory=Connect)
    values: dict[str, Any] = field(default_factory=dict)
    product: dict[str, bool] = field(default_factory=dict)
    given: dict[str, bool] = field(default_factory=dict)
    lab: Certificates = field(default_factory=Certificates)
    files: FileServers = field(default_factory=FileServers)
    stated: tuple[str, ...] = ()


def load(
    path: Path | None, values: Mapping[str, Configured], features: Mapping[str, Feature]
) -> Configuration:
    """Read a configuration file; without one, everything has its default.

    Args:
        values: the configured values that the suite declares.
        features: the features of a product that the suite declares.

    Raises:
        ConfigError: it is missing, unreadable, no TOML, or has a wrong key or type.
    """
    tables = _read(path) if path is not None else {}
    _known(path, "", tables, ("connect", "lab", "files", "values", "product"))
    connect = _typed(path, "connect", tables, _fields(Connect))
    lab = _typed(path, "lab", tables, _fields(Certificates))
    files = _typed(path, "files", tables, _fields(FileServers))
    for table, found in (("lab", lab), ("files", files)):
        for key in PATHS[table]:
            if path is not None and found.get(key):
                found[key] = str(path.parent / found[key])
    kinds = {v.name: v.kind for v in values.values()}
    given = _typed(path, "values", tables, kinds)
    product = _typed(path, "product", tables, dict.fromkeys(features, bool))
    return Configuration(
        Connect(**connect),
        {v.name: v.default for v in values.values()} | given,
        {f.name: f.default for f in features.values()} | product,
        product,
        Certificates(**lab),
        FileServers(**files),
        tuple(f"{table}.{key}" for table, found in tables.items() for key in found),
    )


def secrets(configuration: Configuration, values: Mapping[str, Configured]) -> list[str]:
    """Return the texts that must be masked in every output."""
    secret = [str(configuration.values[v.name]) for v in values.values() if v.secret]
    passwords = configuration.connect.password, configuration.files.password
    return list(dict.fromkeys(s for s in (*secret, *passwords) if s))


def _fields(kind: type) -> dict[str, type]:
    defaults = kind()
    return {name: type(getattr(defaults, name)) for name in kind.__dataclass_fields__}  # type: ignore[attr-defined]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: the file is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None


def _typed(
    path: Path | None, table: str, tables: Mapping[str, Any], kinds: Mapping[str, type]
) -> dict[str, Any]:
    found = tables.get(table, {})
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: {table} must be a table, [{table}]")
    _known(path, table, found, tuple(kinds))
    return {k: _value(path, f"{table}.{k}", v, kinds[k]) for k, v in found.items()}


def _value(path: Path | None, key: str, value: Any, kind: type) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        expected = _KINDS.get(kind, kind.__name__)
        raise ConfigError(f"{path}: {key} is {value!r}, expected {expected}")
    return value


def _known(path: Path | None, table: str, found: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for key in found:
        if key not in names:
            full = f"{table}.{key}" if table else key
            near = difflib.get_close_matches(key, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
            raise UnknownKey(f"{path}: the key {full} is unknown; {hint}", table, key)
