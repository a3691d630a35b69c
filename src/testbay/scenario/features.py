"""Conditions on the product under test, decided before anything is connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """A property of the product: its name in the configuration and a sentence that states it.

    Args:
        run: for what is no property of the product, but of the run: the feature that a product
            must have for it; empty: any product can be run so.
    """

    name: str
    sentence: str
    default: bool
    run: str | None = None

    def unmet(self, product: Mapping[str, bool]) -> str:
        """Return why it does not hold, or nothing."""
        holds = product.get(self.name, self.default)
        return "" if holds else f"only where {self.sentence} ({self.name} is false)"

    @property
    def text(self) -> str:
        """The condition in words."""
        return self.sentence

    def __and__(self, other: Condition) -> All:
        return All((self, other))

    def __or__(self, other: Feature | All) -> Either:
        return Either((self, other))


@dataclass(frozen=True, slots=True)
class Not:
    """The product does not have the feature."""

    inner: Feature

    def unmet(self, product: Mapping[str, bool]) -> str:
        """Return why it does not hold, or nothing."""
        if self.inner.unmet(product):
            return ""
        return f"not where {self.inner.sentence} ({self.inner.name} is true)"

    @property
    def text(self) -> str:
        """The condition in words."""
        return f"not: {self.inner.sentence}"

    def __and__(self, other: Condition) -> All:
        return All((self, other))


@dataclass(frozen=True, slots=True)
class All:
    """Every one of the conditions holds."""

    parts: tuple[Condition, ...]

    def unmet(self, product: Mapping[str, bool]) -> str:
        """Return why it does not hold, or nothing."""
        return "; ".join(why for part in self.parts if (why := part.unmet(product)))

    @property
    def text(self) -> str:
        """The condition in words."""
        return " and ".join(part.text for part in self.parts)

    def __and__(self, other: Condition) -> All:
        return All((*self.parts, other))

    def __or__(self, other: Feature | All) -> Either:
        return Either((self, other))


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these holds."""

    parts: tuple[Feature | All, ...]

    def unmet(self, product: Mapping[str, bool]) -> str:
        """Return why it does not hold, or nothing."""
        missing = [part.unmet(product) for part in self.parts]
        if not all(missing):
            return ""
        if any(isinstance(part, All) for part in self.parts):
            return f"neither: {', nor: '.join(missing)}"
        names = " and ".join(part.name for part in self.parts if isinstance(part, Feature))
        return f"only where {self._words} ({names} are false)"

    @property
    def _words(self) -> str:
        return " or ".join(part.text for part in self.parts)

    @property
    def text(self) -> str:
        """The condition in words."""
        return f"({self._words})"

    def __and__(self, other: Condition) -> All:
        return All((self, other))

    def __or__(self, other: Feature | All) -> Either:
        return Either((*self.parts, other))


Condition = Feature | Not | All | Either
