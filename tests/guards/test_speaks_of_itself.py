"""The files of the project speak of the project alone: no machine, no index, no making of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from . import guarded

# Each pattern is written so that it does not match itself.
PATTERNS = {
    "a folder of one machine": r"/(?:w[o]rk|r[o]ot|h[o]me|Us[e]rs)/[\w.]|/tm[p]/w[o]rk|C:\\[U]sers",
    "an address of a package index": r"\bpyp[i]\.org|pythonh[o]sted|(?:extra-)?ind[e]x-url|npmj[s]",
    "the making of the project": (
        r"\bco-auth[o]red-by\b|\bsub-?ag[e]nts?\b|\blanguage m[o]dels?\b|\bL[L]Ms?\b"
        r"|\bA[I][- ](?:generated|assisted|written)|\bprompt engin[e]er|\bchatb[o]ts?\b"
        r"|\bshared f[o]lder|\bscratch[ -]?p[a]d"
    ),
}
_TEXT = (".py", ".md", ".toml", ".txt", ".json", ".html", ".css", ".js", ".yml", ".yaml", ".cfg")
_NAMES = ("Makefile", "run", ".importlinter", ".gitignore")


def problems(name: str, text: str) -> Iterator[str]:
    """Yield what a file must not say, with the line."""
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in PATTERNS.items():
            if found := re.search(pattern, line, re.I if "making" in what else 0):
                yield f"{name}:{number} names {what}: {found[0]}"


# -- the project ----------------------------------------------------------------------------------


def test_no_file_speaks_of_anything_but_the_project() -> None:
    files = [p for p in guarded.tracked() if p.suffix in _TEXT or p.name in _NAMES]
    assert len(files) > 50
    found = [t for p in files for t in problems(guarded.shown(p), p.read_text("utf-8"))]
    assert found == []


# -- the guard sees what is wrong -----------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "see /wo" + "rk/main/notes.md",
        "see /ho" + "me/someone/notes.md",
        "/tmp" + "/work",
        "pip install --ind" + "ex-url https://x",
        "https://py" + "pi.org/simple",
        "Co-Auth" + "ored-By: someone",
        "made by a lang" + "uage model",
        "an A" + "I-generated text",
        "the sub" + "agent said",
    ],
)
def test_it_sees_what_does_not_belong(line: str) -> None:
    assert next(problems("a.md", f"fine\n{line}\n")).startswith("a.md:2 names ")


@pytest.mark.parametrize("line", ["at work / at home", "the framework/tools", "/workers/1", "AID"])
def test_it_lets_pass_what_is_harmless(line: str) -> None:
    assert list(problems("a.md", line)) == []
