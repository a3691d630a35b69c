"""What a system under test says of itself before a test, held against what is stated of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from testbay.scenario.values import Answer

Call = Callable[[str, dict[str, Any]], Awaitable[Answer]]
"""Sends a request and returns what came back."""

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

    async def read(self, call: Call, stated: Stated) -> Reading:
        """Ask the system all there is to know."""

    def findings(self, reading: Reading, stated: Stated) -> list[Finding]:
        """Return what cannot be so."""

    def put_back(
        self, before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]
    ) -> list[tuple[str, dict[str, Any], str]]:
        """Return what a case has changed in the settings: a request that undoes it, a sentence."""
