"""What a system under test says of itself before a test, held against what is stated of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from testbay.scenario.values import Answer, Received

Call = Callable[[str, dict[str, Any]], Awaitable[Answer]]
"""Sends a request and returns what came back."""


class Asking(Protocol):
    """Asks a system, and hears what it sends because it was asked."""

    async def __call__(self, action: str, payload: dict[str, Any]) -> Answer:
        """Send a request and return what came back."""

    async def hear(self, action: str, within: float) -> Received | None:
        """Return the next request of the system with this action, heard since the first question.

        Args:
            within: how long to wait for one (s); after that, None.
        """


PATIENCE = 60.0  # s, for a system that puts the tool off


async def ask_again(call: Asking, action: str, payload: dict[str, Any], while_: str) -> list[str]:
    """Send a request, and again after the interval of the answer while its status is this one.

    Returns:
        The status of each answer, or what came instead; the last one counts.
    """
    statuses: list[str] = []
    left = PATIENCE
    while True:
        answer = await call(action, payload)
        if not isinstance(answer, dict):
            return [*statuses, str(answer)]
        statuses.append(str(answer.get("status")))
        pause = answer.get("interval")
        if statuses[-1] != while_ or not isinstance(pause, int) or not 0 < pause <= left:
            return statuses
        left -= pause
        await call.hear("", pause)  # nothing is called like this: it is the time that is waited for


Sort = Literal["documents", "pics", "configuration", "product"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that cannot be so.

    Args:
        sort: what the system disagrees with: the documents, the PICS, the configuration, or what
            the configuration says of the product.
        about: the setting, the question of the PICS, or the configured value.
        says: the sentence.
    """

    sort: Sort
    about: str
    says: str

    def __str__(self) -> str:
        return f"{self.about}: {self.says}"


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated of the system.

    Args:
        answers: of the PICS, by question.
        asked: the questions themselves, in words.
        values: the configured values.
        product: the features of the product; where there is a PICS, it says them.
        about: what the system has said of itself when it connected.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    product: Mapping[str, bool] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """All settings of a system, or why there are none.

    Args:
        entries: as they came.
        asked: what was asked besides, with what came: a sentence each.
        found: what is wrong whatever is stated.
        absent: standard settings that the system lacks and need not have.
    """

    entries: Sequence[dict[str, Any]] = ()
    why: str = ""
    asked: Sequence[str] = ()
    found: Sequence[Finding] = ()
    absent: Sequence[str] = ()


class Survey(Protocol):
    """How a suite surveys one kind of system."""

    def may_ask(self, model: Any) -> bool:
        """Return whether the system may be asked already."""

    async def read(self, call: Asking, stated: Stated) -> Reading:
        """Ask the system all there is to know."""

    async def look(self, call: Asking, stated: Stated) -> Reading:
        """Ask the system for all that a case can have changed."""

    def findings(self, reading: Reading, stated: Stated) -> list[Finding]:
        """Return what cannot be so."""

    def put_back(
        self, before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]
    ) -> list[tuple[str, dict[str, Any], str]]:
        """Return what a case has changed in the settings: a request that undoes it, a sentence."""

    def status_of(self, answer: Answer) -> str:
        """Return what a system says to a request that undoes something."""


def against_pics(question: str, stated: Stated, why: str) -> Finding:
    """Return the finding that an answer of the PICS cannot be so.

    Args:
        why: what is so instead.
    """
    answer = stated.answers[question]
    said = ", ".join(answer) if isinstance(answer, list | tuple) else str(answer)
    asked = f" ({stated.asked[question]})" if question in stated.asked else ""
    return Finding("pics", question, f"the PICS says {said}{asked}, but {why}")


def against_value(values: Mapping[str, Any], name: str, why: str) -> Finding:
    """Return the finding that a configured value cannot be so.

    Args:
        why: what is so instead.
    """
    says = f"it is {values[name]} in the configuration, but {why}"
    return Finding("configuration", f"values.{name}", says)


def same_tokens(values: Mapping[str, Any], tokens: Iterable[str]) -> Iterator[Finding]:
    """Yield tokens that are configured twice.

    Args:
        tokens: the names of the configured values that are tokens.
    """
    seen: dict[str, str] = {}
    for name in tokens:
        token = str(values.get(name, "")).casefold()
        if token and seen.setdefault(token, name) != name:
            why = f"values.{seen[token]} is the same token (upper and lower case are the same)"
            yield against_value(values, name, why)
