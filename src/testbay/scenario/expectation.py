"""Messages that a case waits for: values that describe; awaiting one waits."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from testbay.scenario.checks import Judges
from testbay.scenario.values import Received, Reply

EVENTS = {
    "@connect": "a connection",
    "@closed": "the end of the connection",
    "@client_hello": "a TLS handshake",
    "@tls": "the end of a TLS handshake",
    "@tls_refused": "the refusal of a TLS handshake",
    "@upgrade": "a request for a WebSocket",
    "@turned_away": "a request for a WebSocket that is turned away",
}
"""What is told of connections, in words."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One message that would do: its step, its action, what selects it and what it must contain."""

    step: int
    action: str
    checks: tuple[Judges, ...]
    where: Judges | None


class Waits(Protocol):
    """What an expectation needs of the test it belongs to."""

    def value(self, value: Any) -> Any: ...
    def spontaneous(self, message: Received) -> bool: ...
    def beside(self, message: Received, checks: Sequence[Judges]) -> bool: ...
    async def any_order(self, *expected: Expectation) -> list[Any]: ...


@dataclass(frozen=True)
class Expectation:
    """A message the case waits for. ``a | b`` is one of the two, each with its own step."""

    test: Waits
    step: int
    branches: tuple[Branch, ...]
    reply: Reply | None = None
    within: float | None = None
    optional: bool = False

    def __or__(self, other: Expectation) -> Expectation:
        return replace(self, branches=self.branches + other.branches)

    def __await__(self) -> Generator[Any, None, Received]:
        return self._alone().__await__()

    async def _alone(self) -> Received:
        [got] = await self.test.any_order(self)
        assert isinstance(got, Received)
        return got

    @property
    def name(self) -> str:
        """The action, or the actions, that would do."""
        return " or ".join(dict.fromkeys(b.action for b in self.branches))

    @property
    def told(self) -> str:
        """The same, with events of connections in words."""
        return " or ".join(dict.fromkeys(EVENTS.get(b.action, b.action) for b in self.branches))

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions of its branches."""
        return tuple(dict.fromkeys(b.action for b in self.branches))

    def branch(self, message: Received) -> Branch | None:
        """Return the branch this message fits; among several, one whose checks all pass."""
        fitting = [b for b in self.branches if self._fits(b, message)]
        if len(fitting) > 1:
            return next((b for b in fitting if self.passes(b, message)), fitting[0])
        return fitting[0] if fitting else None

    def _fits(self, b: Branch, message: Received) -> bool:
        if message.action != b.action:
            return False
        if self.test.beside(message, b.checks):
            return False
        if b.where is not None:
            return b.where.judge(message.payload, self.test.value).passed
        picky = self.optional or self.test.spontaneous(message)
        return not picky or self.passes(b, message)

    def passes(self, b: Branch, message: Received) -> bool:
        """Return whether all checks of the branch pass."""
        return all(c.judge(message.payload, self.test.value).passed for c in b.checks)


@dataclass(frozen=True)
class Maybe(Expectation):
    """A message that need not come; awaiting it gives None if it does not."""

    optional: bool = True

    def __await__(self) -> Generator[Any, None, Received | None]:  # type: ignore[override]
        return self._perhaps().__await__()

    async def _perhaps(self) -> Received | None:
        [got] = await self.test.any_order(self)
        return got if isinstance(got, Received) else None


def open_of(
    members: tuple[Expectation, ...], got: dict[int, Received], ordered: bool
) -> dict[int, Expectation]:
    """Return the members that may take a message now; a sequence opens up to a required one."""
    start = max(got, default=-1) + 1 if ordered else 0
    open_: dict[int, Expectation] = {}
    for i in range(start, len(members)):
        if i not in got:
            open_[i] = members[i]
            if ordered and not members[i].optional:
                break
    return open_
