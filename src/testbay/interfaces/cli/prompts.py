"""Asks the person at the terminal to act on the system under test, one question at a time."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

import orjson

from testbay.report.markup import visible
from testbay.scenario.role import Action, Confirmed, Performed

NOBODY = "no terminal and no --actions URL"
_YES = {"y": True, "yes": True, "n": False, "no": False, "?": None}


class Nobody:
    """An operator where there is no terminal: nothing is asked, nothing is done."""

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        """Say that it was not done."""
        return Performed(NOBODY, "nobody")

    async def confirm(self, uid: str, question: str) -> Confirmed:
        """Leave the question open."""
        return Confirmed(None, "nobody")


class Terminal:
    """An operator who sits at the terminal.

    Args:
        paused: gives the terminal to a question for as long as it is open.
        about: what the questions are about at the moment.
        file: number of the file that the answers are read from.
    """

    def __init__(
        self,
        paused: Callable[[], AbstractContextManager[None]],
        about: Callable[[], str] = lambda: "",
        file: int = 0,
    ) -> None:
        self._paused, self._about, self._file = paused, about, file
        self._one = asyncio.Lock()
        self._ended = False
        self._hears: Callable[[str], None] | None = None

    def listen(self, hears: Callable[[str], None]) -> None:
        """Hand every line to this that is typed while no question is open."""
        self._hears = hears
        asyncio.get_running_loop().add_reader(self._file, self._heard)

    def _heard(self) -> None:
        data = os.read(self._file, 4096)
        if not data:
            self._ended = True
            asyncio.get_running_loop().remove_reader(self._file)
        elif self._hears is not None:
            self._hears(data.decode(errors="replace").strip())

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        """Ask for an action; the question closes by itself when the SUT has shown the effect."""
        async with self._one:
            if closed.is_set():
                return Performed("closed", "person")
            with self._paused():
                self._show(uid, action.text, parameters)
                said = await self._ask("Enter when it is done, or say why it is not: ", closed)
                if said is None and closed.is_set():
                    print("\n  seen: it is done", flush=True)
                    return Performed("closed", "person")
        if said is None:
            return Performed("the input has ended", "person")
        return Performed(said or "done", "person")

    async def confirm(self, uid: str, question: str) -> Confirmed:
        """Ask a question; ? leaves it open."""
        async with self._one:
            with self._paused():
                self._show(uid, question, {})
                said: str | None = ""
                while said is not None and said.lower() not in _YES:
                    said = await self._ask("y, n, or ? if you cannot tell: ", asyncio.Event())
        return Confirmed(None if said is None else _YES[said.lower()], "person")

    def _show(self, uid: str, sentence: str, parameters: Mapping[str, Any]) -> None:
        about = self._about()
        print(f"\n{about}{' ' if about else ''}{uid}: {visible(sentence)}")
        for name, value in parameters.items():
            print(f"  {name} = {visible(orjson.dumps(value, default=str).decode())}")

    async def _ask(self, text: str, closed: asyncio.Event) -> str | None:
        """Return the line that is typed; None when the question was closed or the input ended."""
        if self._ended:
            return None
        with suppress(termios.error):  # what was typed before was meant for an earlier question
            termios.tcflush(self._file, termios.TCIFLUSH)
        print(f"  {text}", end="", flush=True)
        loop = asyncio.get_running_loop()
        typed = loop.create_future()
        loop.add_reader(self._file, self._read, typed)
        seen = loop.create_task(closed.wait())
        try:
            await asyncio.wait((typed, seen), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            print()
            raise
        finally:
            loop.remove_reader(self._file)
            if self._hears is not None and not self._ended:
                loop.add_reader(self._file, self._heard)
            seen.cancel()
        return typed.result() if typed.done() else None

    def _read(self, typed: asyncio.Future[str | None]) -> None:
        data = os.read(self._file, 4096)
        self._ended = not data
        if not typed.done():
            typed.set_result(data.decode(errors="replace").strip() if data else None)


def operator(
    paused: Callable[[], AbstractContextManager[None]], about: Callable[[], str]
) -> Nobody | Terminal:
    """Return the person at the terminal, where there is one."""
    interactive = sys.stdin is not None and sys.stdin.isatty()
    return Terminal(paused, about, sys.stdin.fileno()) if interactive else Nobody()
