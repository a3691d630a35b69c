"""``testbay config new``: a configuration file with every value, its meaning and its default."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from testbay.campaign.config import Certificates, Connect, FileServers
from testbay.campaign.profiles import PROFILE
from testbay.campaign.security import password_name
from testbay.campaign.selection import suite_of
from testbay.campaign.wrong import Wrong

WIDTH = 98

CONNECT = {
    "identity": ("Identity of the station, the last part of the URL. Empty: station_id", ""),
    "listen": ("Where the tool waits for the station under test, ADDR:PORT", "station"),
    "url": ("Where the CSMS under test listens, without the identity", "csms"),
    "other_url": (
        "Where it listens with TLS if url is without, or the reverse; if both are with TLS, where "
        "for the next higher security profile. Empty: at the same address",
        "csms",
    ),
    "actions": ("Base URL of an automation API that acts on the system. Empty: you are asked", ""),
    "security_profile": (
        "Security profile with which they are connected: 1 password, 2 password and TLS, "
        "3 TLS with certificates of both, 0 none of these",
        "",
    ),
    "password": (
        "Password for HTTP Basic authentication; cases know it as {password}. Empty: none",
        "",
    ),
    "connect_timeout": ("How long the system under test may take to connect (seconds)", ""),
    "message_timeout": ("How long an answer or a message may take (seconds)", ""),
}
"""The keys of the connection: a sentence, and the system under test that they are for."""

LAB = {
    "folder": ("Folder of a laboratory that testbay lab new has made", ""),
    "server_certificate": (
        "PEM file with the certificate that the tool shows, and its chain",
        "station",
    ),
    "server_key": ("PEM file with its private key. Empty: it is in the same file", "station"),
    "client_certificate": ("PEM file with the certificate of the station, and its chain", "csms"),
    "client_key": ("PEM file with its private key. Empty: it is in the same file", "csms"),
    "csms_root": ("PEM file with the root of the certificates of the CSMS", ""),
    "csms_root_2": ("PEM file with another root for the CSMS, to be installed", ""),
    "station_root": ("PEM file with the root of the certificates of stations", ""),
    "manufacturer_root": ("PEM file with the root of certificates that sign firmware", ""),
}
"""The keys of the certificates; the files stand in the place of what is in the laboratory."""

FILES = {
    "http": ("Address of an HTTP server for firmware, diagnostics and logs, ADDR:PORT", ""),
    "https": ("The same with TLS", ""),
    "ftp": ("Address of an FTP server for the same, ADDR:PORT", ""),
    "ftps": ("The same with TLS (AUTH TLS)", ""),
    "host": ("What the system under test calls this machine. Empty: the address itself", ""),
    "scheme": ("How files travel where there is a choice: http, https, ftp or ftps", ""),
    "user": ("User of an account for FTP. Empty: everybody is let in", ""),
    "password": ("Password of that account; it is masked in every output", ""),
    "passive_ports": ("Ports of data connections of FTP, FIRST-LAST. Empty: any", ""),
    "public_address": ("Address that data connections of FTP are told. Empty: that of FTP", ""),
    "max_size": ("How large an upload may be (MiB)", ""),
    "max_files": ("How many files can be uploaded in a run", ""),
    "idle": ("How long a connection may say nothing (seconds)", ""),
    "firmware": (
        "File with a firmware image. Empty: the tool makes one, which no station runs",
        "",
    ),
    "signature": ("File with the signature of that image, in Base64", ""),
    "signing_certificate": ("PEM file with the certificate for that signature", ""),
}
"""The keys of the file servers."""


def write_template(file: Path | None, sut: str, ocpp: str) -> int:
    """Write a configuration file, or print it.

    Raises:
        Wrong: there is such a file already, or it cannot be written.
    """
    return write_new(file, "\n".join(_lines(sut, ocpp)) + "\n")


def write_new(file: Path | None, text: str) -> int:
    """Write a file that is not there yet, or print the text.

    Raises:
        Wrong: there is such a file already, or it cannot be written.
    """
    if file is None:
        print(text, end="")
        return 0
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise Wrong(f"{file} is there already and is left as it is; name another file") from None
    except OSError as error:
        raise Wrong(f"{file} cannot be written: {error.strerror}; name another file") from None
    print(file)
    return 0


def _lines(sut: str, ocpp: str) -> Iterator[str]:
    part = suite_of(ocpp).part(sut)
    yield f"# Configuration of testbay for a {sut} under test, OCPP {ocpp}."
    yield "# Lines that are commented out show the defaults."
    yield f"# testbay run {sut} --ocpp {ocpp} --config FILE runs with it."
    yield from ("", "[connect]")
    password = password_name(part.values)
    told = {k: (sentence.format(password=password), of) for k, (sentence, of) in CONNECT.items()}
    yield from _table(Connect, told, sut)
    yield from ("", "# Certificates, for security profiles 2 and 3.", "[lab]")
    yield from _table(Certificates, LAB, sut)
    if sut == "station":
        yield from ("", "# Servers that the tool starts for the station's files.", "[files]")
        yield from _table(FileServers, FILES, sut)
    yield from ("", "# What the cases need to know and what they set.", "[values]")
    for value in part.values.values():
        if value.name in (password, PROFILE):
            continue  # [connect] says it, and twice it could differ
        unit = f" ({value.unit})" if value.unit else ""
        secret = "; it is masked in every output" if value.secret else ""
        yield from _entry(value.name, f"{value.sentence}{unit}{secret}", value.default)
    yield from (
        "",
        "# What the product is and can do; this decides which cases apply.",
        "[product]",
    )
    for feature in part.features.values():
        if feature.run is not None:
            continue  # how a run is connected is no property of the product
        sentence = f"{feature.sentence[:1].upper()}{feature.sentence[1:]}"
        yield from _entry(feature.name, sentence, feature.default)


def _table(kind: type, known: Mapping[str, tuple[str, str]], sut: str) -> Iterator[str]:
    for name, default in ((f.name, f.default) for f in fields(kind)):
        sentence, of = known[name]
        if of in ("", sut):
            yield from _entry(name, sentence, default)


def _entry(name: str, sentence: str, default: Any) -> Iterator[str]:
    yield ""
    yield from textwrap.wrap(sentence, WIDTH, initial_indent="# ", subsequent_indent="# ")
    yield f"#{name} = {json.dumps(default, ensure_ascii=False)}"
