"""The engine knows no message and no version; layers import only from those below them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from testbay.protocol.versions import VERSIONS

from . import guarded

NEUTRAL = ("src/testbay/scenario", "src/testbay/transport", "src/testbay/campaign")
SUITES = "src/testbay/suites"
ACTIONS = frozenset(action for version in VERSIONS for action in version.actions)
_WORD = re.compile(r"[A-Za-z]+")
_SNAKES = {action: re.sub(r"(?<=[a-z\d])(?=[A-Z])", "_", action).lower() for action in ACTIONS}
# What no word of English can be: BootNotificationRequest, on_boot_notification, boot-notification.
_LONG = re.compile(
    "|".join(
        part
        for action, snake in sorted(_SNAKES.items())
        if "_" in snake
        for part in (action, snake.replace("_", "[_ -]"))
    )
)
_NUMBER = re.compile(
    "|".join(
        rf"(?<![\d.]){re.escape(version.name)}(?!\.?\d)"
        rf"|(?:[a-z_]|ocpp[ -]){version.name.replace('.', '')}(?!\d)"
        for version in VERSIONS
    )
    + r"|ocpp[ _-]?2\.?1",
    re.I,
)

ALLOWED: dict[str, str] = {}
"""Files that may name a version, and why."""


def versions_named(text: str) -> list[str]:
    """Return the versions of OCPP that a source names, with the line."""
    lines = text.splitlines()
    return [f"line {n}: {m[0]}" for n, line in enumerate(lines, 1) for m in _NUMBER.finditer(line)]


def actions_named(text: str) -> list[str]:
    """Return the messages of OCPP that a source names, with the line.

    Names that are also a word of English may stand in docstrings, and in lower case.
    """
    tree = ast.parse(text)
    documents = {id(node) for node in _docstrings(tree)}
    found = [
        f"line {n}: {m[0]}"
        for n, line in enumerate(text.splitlines(), 1)
        for m in _LONG.finditer(line)
    ]
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = "" if id(node) in documents else node.value
        elif isinstance(node, ast.Name | ast.Attribute):
            text = node.id if isinstance(node, ast.Name) else node.attr
        line = getattr(node, "lineno", 0)
        found += [f"line {line}: {word}" for word in _WORD.findall(text) if word in ACTIONS]
    return found


def _docstrings(tree: ast.Module) -> Iterable[ast.expr]:
    """Yield strings that stand alone: of modules, classes, functions and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def suites_named(name: str, text: str, packages: Iterable[str]) -> list[str]:
    """Return the packages of other suites that a file of a suite names, also in its strings."""
    others = (p for p in packages if f"/{p}/" not in name)
    return [f"{name}: {p}" for p in others if re.search(rf"\b{p}\b", text)]


def problems(files: Mapping[str, str], allowed: Mapping[str, str]) -> list[str]:
    """Return what neutral files name, and allowances that are not needed."""
    texts = [f"{name}, {t}" for name, source in files.items() for t in actions_named(source)]
    named = {name: versions_named(source) for name, source in files.items()}
    texts += [f"{name}: its name names {m[0]}" for name in files if (m := _NUMBER.search(name))]
    texts += [f"{n}, {t}" for n, found in named.items() if n not in allowed for t in found]
    return texts + [f"{n}: the allowance is not needed" for n in allowed if not named.get(n)]


# -- the project ----------------------------------------------------------------------------------


def test_engine_transport_and_campaign_name_no_message_and_no_version() -> None:
    files = {guarded.shown(p): p.read_text("utf-8") for p in guarded.modules(*NEUTRAL)}
    assert files
    assert problems(files, ALLOWED) == []
    folders = tuple(f"{folder}/" for folder in NEUTRAL)
    tracked = [name for p in guarded.tracked() if (name := guarded.shown(p)).startswith(folders)]
    assert [name for name in tracked if not name.endswith(".py")] == []  # no data beside the code


def test_no_suite_names_another() -> None:
    folders = sorted(p.parent.name for p in (guarded.ROOT / SUITES).glob("*/__init__.py"))
    assert len(folders) == len(VERSIONS)
    files = {guarded.shown(p): p.read_text("utf-8") for p in guarded.modules(SUITES)}
    assert [t for name, text in files.items() for t in suites_named(name, text, folders)] == []


# -- the guard sees what is wrong -----------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        'if action == "StatusNotification": pass',
        'text = "wait for BootNotification please"',
        "Heartbeat = 1",
        "x = actions.Authorize",
        'if version == "1.6": pass',
        "# only OCPP 2.0.1",
        "from testbay.protocol.versions import OCPP16",
        'subprotocol = "ocpp1.6"',
        "import testbay.suites.ocpp201.suite",
        "from testbay.roles.csms_model16 import CsmsModel16",
        'name = f"v201_{n}"',
        "class StationModel201: ...",
        "# for OCPP 2.1 too",
        "async def on_boot_notification(): ...",
        'key = "boot-notification"',
        "x = BootNotificationRequest",
        '"""Wait for a StatusNotification."""',
        "# after MeterValues",
    ],
)
def test_it_sees_a_message_or_a_version(source: str) -> None:
    assert problems({"engine.py": source}, {}) != []


@pytest.mark.parametrize(
    "source",
    [
        '"""Reset the counters. Authorize nobody."""',
        'tls = "1.2"\nhttp = "HTTP/1.1"\nnumber = 1.65',
        'class X:\n    y = 1\n    """Reset of it."""',
        "def reset(): return heartbeat",
        "size = 16 * 2**20\nwait = 1.60\nport = 2016\nx = a2010",
    ],
)
def test_it_lets_pass_what_is_no_message_and_no_version(source: str) -> None:
    assert problems({"engine.py": source}, {}) == []


def test_it_sees_a_version_in_the_name_of_a_file() -> None:
    assert problems({"src/testbay/campaign/keys16.py": ""}, {}) != []


def test_it_sees_a_suite_that_names_another() -> None:
    packages = ("ocpp16", "ocpp201")
    name = "src/testbay/suites/ocpp16/a.py"
    assert suites_named(name, 'import_module("testbay.suites.ocpp201.b")', packages)
    assert suites_named(name, "from testbay.suites.ocpp16 import b", packages) == []
    assert len(suites_named("src/testbay/suites/__init__.py", "ocpp16 ocpp201", packages)) == 2


def test_an_allowance_must_be_needed() -> None:
    assert problems({"a.py": "x = '1.6'"}, {"a.py": "why"}) == []
    assert problems({"a.py": "x = 1"}, {"a.py": "why"}) == ["a.py: the allowance is not needed"]


# -- the contracts of the import linter -----------------------------------------------------------

PACKAGES = (
    *("clock", "protocol", "transport", "files", "pki", "scenario", "roles", "suites"),
    *("suites/ocpp16", "suites/ocpp201", "campaign", "report", "proof", "interfaces"),
)
REFERENCE = (
    *("cli", "systems", "station", "station201", "csms", "csms201"),
    *("station_files", "station_security", "csms_security"),
)
BROKEN = {
    "protocol/a.py": "import asyncio",
    "protocol/b.py": "import testbay.transport",
    "scenario/a.py": "import testbay.roles",
    "scenario/b.py": "import testbay.protocol",
    "transport/a.py": "import testbay.protocol",
    "pki/a.py": "import ssl",
    "suites/ocpp16/a.py": "import testbay.suites.ocpp201",
    "roles/a.py": "import testbay_reference",
    "report/a.py": "import socket",
    "interfaces/a.py": "import ocpp",
    "../testbay_reference/a.py": "import testbay.clock",
    "../testbay_reference/station201/a.py": "import testbay_reference.station",
}


def _lint(folder: Path, files: Mapping[str, str]) -> str:
    """Run the import linter with our contracts over a project of these files."""
    reference = (f"../testbay_reference/{name}" for name in REFERENCE)
    for package in (*PACKAGES, "../testbay_reference", *reference, "."):
        (folder / "testbay" / package).mkdir(parents=True, exist_ok=True)
        (folder / "testbay" / package / "__init__.py").touch()
    for name, source in files.items():
        (folder / "testbay" / name).write_text(source, "utf-8")
    linter = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--config"]
    config = str(guarded.ROOT / ".importlinter")
    made = subprocess.run(
        [*linter, config],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    return made.stdout + made.stderr


def test_the_contracts_see_forbidden_imports(tmp_path: Path) -> None:
    kept = re.findall(r"^(.*) KEPT$", _lint(tmp_path / "good", {}), re.M)
    broken = re.findall(r"^(.*) BROKEN$", _lint(tmp_path / "bad", BROKEN), re.M)
    assert len(kept) == 11
    assert sorted(kept) == sorted(broken)
