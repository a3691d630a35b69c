"""``testbay config new``: a configuration file with every value, its meaning and its default."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from testbay.campaign.config import Connect
from testbay.campaign.selection import suite_of
from testbay.campaign.wrong import Wrong

WIDTH = 98

CONNECT = {
    "identity": ("Identity of the station, the last part of the URL. Empty: station_id", ""),
    "listen": ("Where the tool waits for the station under test, ADDR:PORT", "station"),
    "url": ("Where the CSMS under test listens, without the identity", "csms"),
    "actions": ("Base URL of an automation API that acts on the system. Empty: you are asked", ""),
    "password": ("Password for HTTP Basic authentication. Empty: none", ""),
    "connect_timeout": ("How long the system under test may take to connect (seconds)", ""),
    "message_timeout": ("How long an answer or a message may take (seconds)", ""),
}
"""The keys of the connection: a sentence, and the system under test that they are for."""


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
    yield f"# Lines that are commented out show the defaults. testbay run {sut} --config FILE"
    yield from ("", "[connect]")
    for name, default in ((f.name, f.default) for f in fields(Connect)):
        sentence, of = CONNECT[name]
        if of in ("", sut):
            yield from _entry(name, sentence, default)
    yield from ("", "# What the cases need to know and what they set.", "[values]")
    for value in part.values.values():
        unit = f" ({value.unit})" if value.unit else ""
        secret = "; it is masked in every output" if value.secret else ""
        yield from _entry(value.name, f"{value.sentence}{unit}{secret}", value.default)
    yield from (
        "",
        "# What the product is and can do; this decides which cases apply.",
        "[product]",
    )
    for feature in part.features.values():
        sentence = f"{feature.sentence[:1].upper()}{feature.sentence[1:]}"
        yield from _entry(feature.name, sentence, feature.default)


def _entry(name: str, sentence: str, default: Any) -> Iterator[str]:
    yield ""
    yield from textwrap.wrap(sentence, WIDTH, initial_indent="# ", subsequent_indent="# ")
    yield f"#{name} = {json.dumps(default, ensure_ascii=False)}"
