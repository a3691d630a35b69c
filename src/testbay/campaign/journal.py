"""The journal of a run: JSON lines, only ever appended to, readable after a kill.

Every line is one event with its two time stamps. Secrets are masked before they are written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from testbay.scenario import events
from testbay.scenario.events import Stamped
from testbay.scenario.secret import HEX, MASK, stand_in

NAME = "journal.jsonl"
KEYS = ("authorizationkey", "basicauthpassword")  # settings whose values are passwords
_NAMED = re.compile("|".join(KEYS), re.IGNORECASE)  # their names are CiStrings
SHORTEST = 4  # characters; masking shorter secrets would tear other words apart


class Journal:
    """Append events to ``journal.jsonl`` in a folder.

    Passwords that are set in the run are masked, too, from the first line on that has them.

    Args:
        secrets: texts that are masked wherever they stand.
        set_before: passwords that an earlier part of the run has set, in this order.

    Raises:
        OSError: the folder or file cannot be written.
    """

    def __init__(
        self, folder: Path, secrets: Iterable[str] = (), set_before: Iterable[str] = ()
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / NAME
        _end_cut_line(self.path)
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._secrets = {s: MASK for s in secrets if len(s) >= SHORTEST}
        self._forms = masked_forms(self._secrets)
        for secret in set_before:
            self._learn(secret)

    def __call__(self, stamped: Stamped) -> None:
        """Write one event; it is with the operating system when this returns."""
        if secret := password_in(stamped.event):
            self._learn(secret)
        os.write(self._file, mask(line_of(stamped), self._forms))

    def _learn(self, secret: str) -> None:
        """Mask a password from now on, as it is written and as the text that it stands for."""
        text = ""
        if HEX.issuperset(secret) and len(secret) % 2 == 0:
            text = bytes.fromhex(secret).decode("utf-8", "replace")
        if secret in self._secrets or text in self._secrets or len(secret) < SHORTEST:
            return
        stands = stand_in(secret, len(self._secrets) + 1)
        self._secrets |= {secret.upper(): stands, secret.lower(): stands, secret: stands}
        if text.isprintable() and len(text) >= SHORTEST:
            self._secrets[text] = MASK
        self._forms = masked_forms(self._secrets)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def line_of(stamped: Stamped) -> bytes:
    """Return the line of the journal, with its line end: what ``Stamped.to_json`` has in it.

    The head is written by hand, as none of its texts needs escaping: this runs for every frame.
    """
    t, at, case, attempt, event = stamped
    head = f'{{"t":{round(t, 6)},"at":"{at}","kind":"{event.kind}"'
    if case:
        head += f',"case":"{case}","attempt":{attempt}'
    facts = orjson.dumps(event, default=str)
    return head.encode() + (b"}\n" if facts == b"{}" else b"," + facts[1:] + b"\n")


Forms = tuple[tuple[bytes, bytes], ...]
_PRIVATE = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----")


def masked_forms(secrets: Mapping[str, str]) -> Forms:
    """Return the forms in which secrets may stand in a line, and what stands for each.

    They are the text, and hex of it; each plain, and inside the text of a frame.

    Args:
        secrets: each with what stands for it.
    """
    forms: dict[bytes, bytes] = {}
    for secret, stands in secrets.items():
        numbered = stands != MASK  # its hex would be hex of hex
        hexed = () if numbered else (secret.encode().hex(), secret.encode().hex().upper())
        for form in (secret, *hexed):
            once = orjson.dumps(form)[1:-1]
            twice = orjson.dumps(once.decode())[1:-1]  # JSON inside the text of a frame
            forms |= dict.fromkeys((once, twice), stands.encode())
    return tuple(sorted(forms.items(), key=lambda form: len(form[0]), reverse=True))


def mask(line: bytes, forms: Forms) -> bytes:
    """Replace every secret in a line, and every private key."""
    for secret, stands in forms:
        if secret in line:
            line = line.replace(secret, stands)
    if b"PRIVATE KEY" in line:
        line = _PRIVATE.sub(MASK.encode(), line)
    return line


def password_in(event: events.Event) -> str:
    """Return a password that is set by this event; nothing if none is."""
    match event:
        case events.Linked(what="password", how=how):
            return str(how.get("value", ""))
        case events.Called(payload=payload) | events.MessageReceived(payload=payload):
            return _value(payload)
        case events.Frame(text=text) if _NAMED.search(text):
            try:
                frame = orjson.loads(text)
            except ValueError:
                return ""
            return _value(frame[-1]) if isinstance(frame, list) and frame else ""
    return ""


def _value(payload: Any) -> str:
    """Return the password that is set by a request, by itself or among others."""
    if not isinstance(payload, Mapping):
        return ""
    if str(payload.get("key")).lower() in KEYS:
        return str(payload.get("value", ""))
    for listed in payload.values():
        for one in listed if isinstance(listed, list) else ():
            named = one.get("variable") if isinstance(one, Mapping) else None
            if isinstance(named, Mapping) and str(named.get("name")).lower() in KEYS:
                return str(one.get("attributeValue", ""))
    return ""


def _end_cut_line(path: Path) -> None:
    """Give a line that a kill has cut off its end, so that the next one stands by itself."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")
