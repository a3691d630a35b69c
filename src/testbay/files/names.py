"""Names that come from outside: what is harmless as a name in a folder, and how to show it."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

LONGEST = 200  # bytes of a file name; what is put before it must fit, too
_SHOWN = 80


def harmless(name: str) -> bool:
    """Tell whether a name stays in its folder, also if somebody decodes it once more."""
    while True:
        if not name or name.strip(". ") == "" or any(c in name for c in "/\\:"):
            return False
        if any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) < 0xE000 for c in name):
            return False
        if len(name.encode()) > LONGEST:
            return False
        decoded = unquote(name)
        if decoded == name:
            return True
        name = decoded


def segments(target: str) -> tuple[str, ...]:
    """Return the decoded parts of the path of a request target; empty parts do not count."""
    path = urlsplit(target).path if "://" in target else target.split("?")[0].split("#")[0]
    return tuple(unquote(part) for part in path.split("/") if part)


def shown(text: str) -> str:
    """Return a text of a peer as it can stand in a sentence: printable and not too long."""
    quoted = text.encode("unicode_escape", "backslashreplace").decode("ascii")
    return quoted if len(quoted) <= _SHOWN else quoted[: _SHOWN - 3] + "..."
