"""Pieces of text for the pages: escaped, shortened, and times as people read them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from itertools import islice
from typing import Any

import orjson

from testbay.scenario.verdict import Verdict

# Characters that a reader cannot see, that turn the direction of text, or that HTML forbids.
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_NUMBERLIKE = re.compile(r"-?\d+(\.\d*)?([eE][+-]?\d+)?|true|false|null|\s.*|.*\s|", re.DOTALL)
_UNSAFE_ID = re.compile(r"[^A-Za-z0-9_.\-]+")

CLASSES = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "fail",
    Verdict.INCONCLUSIVE: "inc",
    Verdict.NOT_APPLICABLE: "na",
    Verdict.ERROR: "err",
}


def visible(value: str) -> str:
    """Write what cannot be seen as an escape, so that nothing in a text hides."""
    return _ODD.sub(lambda m: f"\\u{ord(m[0]):04x}", value) if _ODD.search(value) else value


def text(value: object) -> str:
    """Return a value as text of a page: escaped, and nothing in it hidden."""
    return escape(visible(str(value)))


def clip(value: str, most: int) -> str:
    """Cut a text that is longer than so many characters."""
    return value if len(value) <= most else f"{value[: most - 1]}…"


def width(value: str) -> int:
    """Return how many columns a text takes; wide characters take two."""
    if value.isascii():
        return len(value)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in value)


def fit(value: str, columns: int) -> str:
    """Cut a text to so many columns."""
    if width(value) <= columns:
        return value
    taken, room = [], columns - 1
    for char in value[:columns]:
        room -= width(char)
        if room < 0:
            break
        taken.append(char)
    return "".join(taken).rstrip() + "…"


def compact(value: Any, most: int = 4000) -> str:
    """Return a value as one line of JSON."""
    return clip(orjson.dumps(value, default=str).decode(), most)


def shown(value: Any) -> str:
    """Return a judged value for reading; quoted where a text could be taken for a number."""
    if isinstance(value, str) and not _NUMBERLIKE.fullmatch(value):
        return value
    return compact(value, 1 << 20)


def brief(fields: Any, columns: int) -> str:
    """Return the first fields of a payload in a few words."""
    if not isinstance(fields, dict):
        return fit(compact(fields, columns + 1), columns)
    parts: list[str] = []
    room = columns
    for key, value in fields.items():
        part = f"{clip(str(key), 60)}: {_short(value)}"
        room -= width(part) + 2
        if room < 0:
            parts.append(fit(part, room + width(part) + 2) if not parts else "…")
            break
        parts.append(part)
    return ", ".join(parts)


def _short(value: Any, levels: int = 2) -> str:
    if isinstance(value, str):
        return clip(value, 200) or '""'
    if isinstance(value, dict):
        if not levels or not value:
            return "{…}" if value else "{}"
        first = islice(value.items(), 3)
        parts = [f"{clip(str(k), 60)}: {_short(v, levels - 1)}" for k, v in first]
        return f"{{{', '.join(parts)}{', …' if len(value) > 3 else ''}}}"
    if isinstance(value, list):
        if len(value) == 1 and levels:
            return f"[{_short(value[0], levels - 1)}]"
        return f"[{len(value)}]" if value else "[]"
    return compact(value, 200)


def anchor(name: str) -> str:
    """Return a name as the id of an element."""
    return _UNSAFE_ID.sub("_", name)


def clock(at: str) -> str:
    """Return the time of day of an ISO date, to the millisecond."""
    return at[11:23] if len(at) >= 19 and at[10] == "T" else at


def day(at: str) -> str:
    """Return an ISO date as people write it."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return at
    zone = "UTC" if moment.utcoffset() is not None and not moment.utcoffset() else at[23:]
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} {zone}".rstrip()


def duration(seconds: float) -> str:
    """Return a duration in the units a person would choose."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def badge(verdict: Verdict) -> str:
    """Return the verdict as a coloured word."""
    return f'<span class="badge {CLASSES[verdict]}">{verdict.text}</span>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return a list of facts; the values are markup."""
    inner = "".join(f"<div><dt>{text(k)}</dt><dd>{v}</dd></div>" for k, v in rows if v)
    return f'<dl class="facts">{inner}</dl>'


def values(mapping: Mapping[str, Any]) -> str:
    """Return a mapping as a table of names and values."""
    rows = "".join(
        f"<tr><th scope=row>{text(k)}</th><td>{text(clip(shown(v), 4000))}</td></tr>"
        for k, v in mapping.items()
    )
    return f'<div class="scroll"><table class="values">{rows}</table></div>'


def tool_name(sut: str) -> str:
    """Return what the tool plays against this kind of system."""
    return {"station": "Tool as CSMS", "csms": "Tool as station"}.get(sut, "Tool")


def sut_name(sut: str) -> str:
    """Return the kind of the system under test in words."""
    return {"station": "Charging station", "csms": "CSMS"}.get(sut, sut or "System under test")
