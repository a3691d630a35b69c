"""The documents say what is so: links, commands, examples, numbers and tables."""

from __future__ import annotations

import importlib
import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main

import testbay_reference.cli
from testbay.campaign import config
from testbay.campaign.suites import MODULES, load
from testbay.interfaces.cli import app
from testbay.scenario.role import Action

from . import guarded
from .test_official_steps import FILES, index

COMMANDS = {
    "testbay": typer.main.get_command(app.app),
    "testbay-reference": typer.main.get_command(testbay_reference.cli.app),
}
TEXTS = tuple(p for p in guarded.tracked() if p.suffix == ".md")
KINDS = ("incompatible", "new", "improved", "fixed")
"""Kinds of fragments of the changelog."""

FIRST = "1.6"
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.M | re.S)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?<![\w./-])testbay(?:-reference)? (?=[a-z-])[^\n]*")


def fenced(text: str, language: str) -> list[str]:
    """Return the fenced blocks in a language."""
    return [m[3] for m in _FENCE.finditer(text) if m[2] == language]


def prose(text: str) -> str:
    """Return a document without its fenced and indented blocks."""
    return re.sub(r"^(?: {4}|\t).*$", "", _FENCE.sub("", text), flags=re.M)


def broken_links(path: Path, text: str) -> Iterator[str]:
    """Yield links to files that are not there, or to headings that are not in them."""
    for target in _LINK.findall(prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        file = path.parent / name if name else path
        if not file.exists():
            yield f"there is no {target}"
        elif heading and heading not in headings(file.read_text("utf-8")):
            yield f"there is no heading {target}"


def headings(text: str) -> list[str]:
    """Return the anchors of the headings of a document."""
    titles = re.findall(r"^#+ (.*)$", _FENCE.sub("", text), re.M)
    return [re.sub(r"[^\w -]", "", t.lower()).replace(" ", "-") for t in titles]


def commands(text: str) -> Iterator[str]:
    """Yield the command lines of a document, each on one line."""
    blocks = "\n".join(m[3] for m in _FENCE.finditer(text) if m[2] in ("", "sh", "yaml"))
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(text))
    indented = re.findall(r"^(?: {4}|\t)(.*)$", _FENCE.sub("", text), re.M)
    folded = re.sub(r"\n +(?=--)", " ", blocks).replace("\\\n", " ")
    for line in [*folded.splitlines(), *indented, *spans]:
        for found in _COMMAND.findall(line):
            yield re.split(r" (?:\|\||&&|[|&>;#])(?: |$)", found)[0].strip()


def misuse(line: str) -> str:
    """Return why a command line is not understood, or nothing."""
    name, *arguments = shlex.split(line)
    command: Any = COMMANDS[name]
    try:
        context = command.make_context(name, arguments)
        while hasattr(command, "resolve_command"):
            rest = [*context._protected_args, *context.args]
            if not rest:
                return "" if arguments[-1:] in (["--help"], ["--version"]) else "no command"
            found, command, rest = command.resolve_command(context, rest)
            context = command.make_context(found, rest, parent=context)
    except typer.Exit:
        return ""  # --help, --version
    except typer.TyperException as wrong:
        return wrong.format_message()
    return ""


def of_version(text: str, version: str) -> str:
    """Return the part of a document about a version: its sections, or, for the first, all else."""
    for other in (v for v in MODULES if v != FIRST):
        heading = rf"^#+ [^\n]*\bOCPP {re.escape(other)}$.*?(?=^#|\Z)"
        if other == version:
            return "".join(re.findall(heading, text, re.M | re.S))
        text = re.sub(heading, "", text, flags=re.M | re.S)
    return text


def wrong_numbers(text: str, right: Iterable[tuple[int, ...]]) -> Iterator[str]:
    """Yield what a document says of the number of cases and is not so.

    Args:
        right: numbers that may be said, alone or ``n of m``.
    """
    said = re.finditer(r"(\d+)(?: of (?:the )?(\d+))? (?:official |test )*cases", prose(text))
    for m in said:
        numbers = tuple(int(n) for n in m.groups() if n is not None)
        if numbers not in right:
            yield f"{m[0]!r} is not so"


def rows(text: str) -> list[list[str]]:
    """Return the cells of all rows of tables."""
    lines = re.findall(r"^\| (.*) \|$", text, re.M)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in lines]


def misquoted(block: str, root: Path = guarded.ROOT) -> str:
    """Return why an example is not a piece of the file that its first line names, or nothing."""
    first, _, code = block.partition("\n")
    name = first.removeprefix("# ")
    if not (root / name).is_file():
        return f"the first line does not name a file: {first}"
    return "" if code in (root / name).read_text("utf-8") else f"{name} has it otherwise"


# -- the project ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEXTS, ids=guarded.shown)
def test_links_lead_somewhere(path: Path) -> None:
    assert list(broken_links(path, path.read_text("utf-8"))) == []


def test_commands_are_understood() -> None:
    lines = [(guarded.shown(p), line) for p in TEXTS for line in commands(p.read_text("utf-8"))]
    assert len(lines) > 40
    assert [f"{name}: {line}: {w}" for name, line in lines if (w := misuse(line))] == []


def test_targets_of_make_exist() -> None:
    makefile = (guarded.ROOT / "Makefile").read_text("utf-8")
    there = re.findall(r"^([a-z]+):", makefile, re.M)
    code = (
        t
        for p in TEXTS
        for t in re.findall(r"(?:^ {4}|`)make ([a-z ]+)", p.read_text("utf-8"), re.M)
    )
    named = [t.split("  ")[0].split() for t in code]
    assert named
    assert [t for names in named for t in names if t not in there] == []


def test_every_command_is_described() -> None:
    said = [line for p in TEXTS for line in commands(p.read_text("utf-8"))]
    names: Mapping[str, Any] = COMMANDS["testbay"].commands  # type: ignore[attr-defined]
    assert [n for n in names if not any(line.startswith(f"testbay {n}") for line in said)] == []


def counts(version: str) -> Counter[str]:
    """Return the number of cases of a version for each system under test."""
    return Counter(c.sut for c in guarded.cases().values() if c.ocpp == version)


def test_numbers_of_cases_are_right() -> None:
    right: list[tuple[int, ...]] = []
    text = " ".join((guarded.ROOT / "README.md").read_text("utf-8").split())
    for version in FILES:
        official, of = len(index(version)["cases"]), counts(version)
        right += [(of.total(),), (of.total(), official), (of["station"],), (of["csms"],)]
        assert f"OCPP {version} (JSON): {of.total()} of the {official} official cases" in text
        assert f"{of['station']} for a station and {of['csms']} for a CSMS" in text
    wrong = [
        f"{guarded.shown(p)}: {t}"
        for p in TEXTS
        for t in wrong_numbers(p.read_text("utf-8"), right)
    ]
    assert wrong == []


def test_the_table_of_what_is_covered_is_right() -> None:
    shown = rows((guarded.ROOT / "README.md").read_text("utf-8"))
    groups = Counter(case.group for case in guarded.cases().values())
    covered = {row[0]: int(row[1]) for row in shown if re.match(r"(\d+\.\d+|[A-Z]\.) ", row[0])}
    assert covered == dict(groups)
    blocks = Counter(case["section"] for case in index("2.0.1")["cases"].values())
    official = {row[0][0]: int(row[2]) for row in shown if re.match(r"[A-Z]\. ", row[0])}
    assert official == {block: blocks[block] for block in official}


def test_examples_of_code_are_pieces_of_the_sources() -> None:
    blocks = [(guarded.shown(p), b) for p in TEXTS for b in fenced(p.read_text("utf-8"), "python")]
    assert blocks
    assert [f"{name}: {w}" for name, block in blocks if (w := misquoted(block))] == []


@pytest.mark.parametrize("sut", ["station", "csms"])
def test_examples_of_configurations_can_be_used(sut: str, tmp_path: Path) -> None:
    text = (guarded.ROOT / f"docs/testing-a-{sut}.md").read_text("utf-8")
    for version in MODULES:
        blocks = fenced(of_version(text, version), "toml")
        assert blocks
        part = load(version).part(sut)
        for block in blocks:
            file = tmp_path / "example.toml"
            file.write_text(block, "utf-8")
            config.load(file, part.values, part.features)
            tables = tomllib.loads(block)
            assert all(
                len(t) <= 20 for k, t in tables.get("values", {}).items() if k.endswith("id_tag")
            )


@pytest.mark.parametrize("version", MODULES)
def test_the_tables_of_actions_are_complete(version: str) -> None:
    actions = importlib.import_module(f"{MODULES[version].rpartition('.')[0]}.actions")
    needed: dict[str, set[str]] = {}
    for action in vars(actions).values():
        if isinstance(action, Action):
            needed.setdefault(action.name, set()).update(k for k, _ in action.parameters)
    texts = [
        of_version((guarded.ROOT / f"docs/testing-a-{s}.md").read_text("utf-8"), version)
        for s in ("station", "csms")
    ]
    table = [
        row for text in texts for row in rows(text) if re.fullmatch(r"`[a-z]+(_[a-z]+)*`", row[0])
    ]
    told: dict[str, set[str]] = {}
    for row in table:
        told.setdefault(row[0].strip("`"), set()).update(re.findall(r"`(\w+)`", row[1]))
    assert told.keys() == needed.keys()
    assert [n for n in needed if not needed[n] <= told[n]] == []


def test_fragments_of_the_changelog_have_a_kind_and_a_sentence() -> None:
    for path in sorted((guarded.ROOT / "changelog.d").glob("*.md")):
        if path.name == "README.md":
            continue
        assert re.fullmatch(rf"[a-z0-9-]+\.({'|'.join(KINDS)})\.md", path.name), path.name
        text = path.read_text("utf-8").strip()
        assert text.endswith("."), path.name
        assert len(text) < 400, path.name


def test_decisions_are_numbered_without_a_gap_and_have_their_parts() -> None:
    files = sorted((guarded.ROOT / "docs/adr").glob("*.md"))
    assert [int(p.name[:4]) for p in files] == list(range(1, len(files) + 1))
    for path in files:
        text = path.read_text("utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        parts = [p for p in ("Decision.", "Why.", "Cost of reversing.") if f"**{p}**" not in text]
        assert parts == [], path.name


# -- the guard sees what is wrong -----------------------------------------------------------------


def test_it_sees_broken_links(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# One, two\n", "utf-8")
    text = "[a](b.md) [b](c.md) ![p](b.md#one-two) [h](b.md#three) [w](https://example.org)\n"
    found = list(broken_links(tmp_path / "a.md", f"{text}\n    [code](x.md)\n"))
    assert found == ["there is no c.md", "there is no heading b.md#three"]


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("testbay run station --case TC_1 --out DIR", True),
        ("testbay config new x.toml --sut csms", True),
        ("testbay --help", True),
        ("testbay run station --fast", False),
        ("testbay run car", False),
        ("testbay jump", False),
        ("testbay rejudge", False),
        ("testbay-reference station --fault x --url ws://a/b", True),
        ("testbay-reference station --faults x", False),
    ],
)
def test_it_sees_commands_that_are_not_understood(line: str, right: bool) -> None:
    assert (misuse(line) == "") == right


def test_it_finds_commands() -> None:
    text = (
        "See `testbay list` and testbay itself.\n\n    . x; testbay show TC_1  # why\n\n"
        "```yaml\n- run: >\n    testbay run csms\n    --out x || true\n```\n"
        "| `testbay report DIR` | `.venv/bin/testbay prove` |\n"
    )
    assert list(commands(text)) == [
        "testbay run csms --out x",
        "testbay show TC_1",
        "testbay list",
        "testbay report DIR",
    ]


def test_it_sees_wrong_numbers() -> None:
    text = "49 of the 184 official cases, 50 cases, 3 steps.\n\n    7 cases\n"
    assert list(wrong_numbers(text, [(49, 184)])) == ["'50 cases' is not so"]


def test_it_sees_examples_that_are_not_so(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\ny = 2\n", "utf-8")
    assert misquoted("# a.py\ny = 2\n", tmp_path) == ""
    assert misquoted("# a.py\ny = 3\n", tmp_path) == "a.py has it otherwise"
    assert misquoted("y = 2\n", tmp_path) == "the first line does not name a file: y = 2"
