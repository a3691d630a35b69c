"""Passwords that a run has set, kept beside its journal, which masks them.

A run that is killed before it has put a password back leaves one that nobody could read otherwise.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from testbay.campaign.journal import password_in
from testbay.scenario import events

NAME = "passwords.txt"


@dataclass
class Kept:
    """Keep passwords in ``passwords.txt``, which only its owner can read.

    Args:
        folder: of the run.
        configured: the password that the system had at first.
    """

    folder: Path
    configured: str
    passwords: list[str] = field(default_factory=list)
    """In the order in which they were set."""

    def __post_init__(self) -> None:
        self.passwords = read(self.folder)

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / NAME

    def __call__(self, stamped: events.Stamped) -> None:
        """Keep the password that an event is about to set, or has set."""
        password = password_in(stamped.event)
        as_digits = self.configured.encode().hex()
        if not password or password.lower() in (self.configured.lower(), as_digits):
            return
        if password in self.passwords:
            return
        self.passwords.append(password)
        with suppress(OSError):  # a folder that takes nothing any more ends the run by itself
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, password.encode() + b"\n")
            finally:
                os.close(file)

    def settle(self, in_use: str | None) -> str:
        """Forget everything once the configured password is in use again, else say where it is.

        Args:
            in_use: the password of the system; None: it has not shown one.
        """
        if in_use == self.configured:
            self.path.unlink(missing_ok=True)
            self.passwords.clear()
        if not self.passwords:
            return ""
        return (
            f"the system {'may have' if in_use is None else 'has'} another password than the "
            f"configured one: those that this run has given it stand in {self.path}, the latest "
            "in the last line"
        )


def read(folder: Path) -> list[str]:
    """Return the passwords that are kept in the folder of a run; none if there is no such file."""
    try:
        return [line for line in (folder / NAME).read_text().splitlines() if line]
    except OSError:
        return []
