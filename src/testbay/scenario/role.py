"""What the engine asks of the tool's end of the connection, and of whoever acts on the SUT."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from testbay.scenario.values import Answer, Received, Reply

IMPOSSIBLE = "impossible"
"""In the result of an act on the link: why it could not be done, which is not the SUT's doing."""


class Inbox(Protocol):
    """Takes what arrives at the tool's end."""

    def receive(self, message: Received) -> None:
        """Take a request of the SUT or an event of the connection."""

    def violated(self, uid: str, where: str, sentences: tuple[str, ...]) -> None:
        """Take a breach of schema or protocol; ``where`` names the message or frame."""

    def notice(self, text: str) -> None:
        """Take something that is worth a remark, not a verdict."""

    def frame(self, direction: str, text: str, connection: int) -> None:
        """Take a raw text, ``in`` or ``out``."""


class Role(Protocol):
    """The tool's end of the connection: a CSMS, or a station."""

    def attach(self, inbox: Inbox) -> None:
        """Hand everything that arrives from now on to this inbox."""

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        """Send a request and wait for what comes back."""

    def answer(self, message: Received, reply: Reply) -> None:
        """Answer a request of the SUT."""

    async def link(self, uid: str, what: str, how: Mapping[str, Any]) -> dict[str, Any]:
        """Act on the connection; return what the other end did."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something done at the system under test, by a person, a hook or a script.

    Args:
        name: stable id, from the vocabulary of actions.
        text: the sentence for a person.
        parameters: typed intent; never a payload that will be judged.
    """

    name: str
    text: str
    parameters: tuple[tuple[str, Any], ...] = ()

    def __call__(self, **parameters: Any) -> Action:
        """Return it with these parameters; what is None is left out, as is what nobody names."""
        named = ((name, value) for name, value in parameters.items() if value is not None)
        return replace(self, parameters=(*self.parameters, *named))


@dataclass(frozen=True, slots=True)
class Performed:
    """How an action ended: ``done``, ``closed``, or why it was not done; and by whom."""

    result: str
    by: str


AUTOMATON = "api"
"""Who acts when asked and never before, unlike a person."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The answer to a question (None: nobody can tell), and by whom."""

    answer: bool | None
    by: str


class Model(Protocol):
    """What the tool's end knows of the SUT and answers by itself; it lives on between cases."""

    def observe(self, message: Received) -> None:
        """See a request of the SUT, or an event of the connection, as it arrives."""

    def answer(self, message: Received, now: datetime) -> Reply:
        """Return the answer when no step chooses one; this must not change anything."""

    def answered(self, message: Received, reply: Reply) -> None:
        """See what was answered to a request of the SUT."""

    def called(self, action: str, payload: Mapping[str, Any], reply: Answer) -> None:
        """See a call of the tool with what came back."""

    def acted(self, action: Action, parameters: Mapping[str, Any]) -> None:
        """See an action on the SUT that has been done."""

    def known(self) -> dict[str, Any]:
        """Return what it knows, as JSON; a model made from it answers the same."""

    @property
    def alarm(self) -> str:
        """Why the last message of the SUT fails whatever case is running; else nothing."""

    def about(self) -> dict[str, Any]:
        """Return what the SUT has said of itself: its model, its firmware."""


class Operator(Protocol):
    """Whoever acts on the SUT."""

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        """Do it. ``closed`` is set when the SUT has shown the effect; then it need not be said."""

    async def confirm(self, uid: str, question: str) -> Confirmed:
        """Answer a question about what can only be seen."""
