"""The journal of a run: JSON lines, only ever appended to, readable after a kill.

Every line is one event with its two time stamps. Secrets are masked before they are written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import orjson

from testbay.scenario.events import Stamped

NAME = "journal.jsonl"
MASK = b"(secret)"
SHORTEST = 4  # characters; masking shorter secrets would tear other words apart


class Journal:
    """Append events to ``journal.jsonl`` in a folder.

    Args:
        secrets: texts that are masked wherever they stand.

    Raises:
        OSError: the folder or file cannot be written.
    """

    def __init__(self, folder: Path, secrets: Iterable[str] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / NAME
        _end_cut_line(self.path)
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._secrets = masked_forms(secrets)

    def __call__(self, stamped: Stamped) -> None:
        """Write one event; it is with the operating system when this returns."""
        os.write(self._file, mask(line_of(stamped), self._secrets))

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


def masked_forms(secrets: Iterable[str]) -> tuple[bytes, ...]:
    """Return the forms in which secrets may stand in a line: as text, and as hex of it."""
    long = [s for s in secrets if len(s) >= SHORTEST]
    forms = [f for s in long for f in (s, s.encode().hex(), s.encode().hex().upper())]
    once = [orjson.dumps(form)[1:-1] for form in forms]
    twice = [orjson.dumps(form.decode())[1:-1] for form in once]  # JSON inside the text of a frame
    return tuple(sorted(dict.fromkeys([*once, *twice]), key=len, reverse=True))


def mask(line: bytes, secrets: tuple[bytes, ...]) -> bytes:
    """Replace every secret in a line."""
    for secret in secrets:
        if secret in line:
            line = line.replace(secret, MASK)
    return line


def _end_cut_line(path: Path) -> None:
    """Give a line that a kill has cut off its end, so that the next one stands by itself."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")
