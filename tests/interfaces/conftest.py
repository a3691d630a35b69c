"""The command line as a user has it: in this process, or in one that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from testbay.interfaces.cli import app

PATIENCE = 20.0  # s
MOMENT = 0.05  # s


@dataclass(frozen=True)
class Result:
    """What came of a command."""

    code: int
    out: str
    err: str


Cli = Callable[..., Result]
Lines = Iterator[dict[str, Any]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Return a function that runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Result:
        code = app.run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Result(code, said.out, said.err)

    return run


@dataclass
class Started:
    """A command in a process of its own, which writes to a folder."""

    process: subprocess.Popen[str]
    folder: Path

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until the journal has such a line."""
        journal = self.folder / "journal.jsonl"
        for _ in range(int(PATIENCE / MOMENT)):
            if journal.exists() and any(wanted(line) for line in lines_of(self.folder)):
                return
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(MOMENT)
                raise AssertionError(f"it ended before that: {self.process.communicate()[0]}")
        raise AssertionError("that did not come")

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the exit code and what was said."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


Launch = Callable[..., Started]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Return a function that starts a command in a process of its own."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path, folder: str = "run") -> Started:
        process = subprocess.Popen(
            [sys.executable, "-m", "testbay.interfaces.cli", *map(str, arguments)],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        running.append(process)
        return Started(process, tmp_path / folder)

    yield start
    for process in running:
        process.kill()
        process.communicate()


def lines_of(folder: Path) -> Lines:
    """Yield the lines of a journal that are whole."""
    for line in (folder / "journal.jsonl").read_text().splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue
