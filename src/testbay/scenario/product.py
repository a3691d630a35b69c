"""How the reference systems of a suite are built, as products with features of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

PROFILES = (1, 2, 3)
"""Security profiles with which a system can be connected; 0 is none of them."""


def connected(profile: int) -> dict[str, bool]:
    """Return the features that say with which security profile a system is connected."""
    return {f"on_profile_{n}": n == profile for n in (0, *PROFILES)}


@dataclass(frozen=True)
class Product:
    """A way to build a reference system, with the features that it then has.

    Args:
        options: of the object, in this process.
        arguments: of its command line, for a process of its own.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, bool] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


class CannotBuild(Exception):
    """There is no reference system with these features; the text says which."""


@dataclass(frozen=True)
class Reference:
    """What a suite says of the reference systems that it is run against.

    Args:
        products: those that together run every case.
        tailored: makes one with a name, as all features and the answers of a PICS say; raises
            ``CannotBuild``.
        tokens: what a CSMS knows of configured tokens, by the name of the value; others are not.
        group: the configured value that is the group of the tokens that are accepted.
    """

    products: tuple[Product, ...]
    tailored: Callable[[str, Mapping[str, bool], Mapping[str, Any]], Product]
    tokens: Mapping[str, str] = field(default_factory=dict)
    group: str = ""

    def known(self, values: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
        """Return the tokens that a CSMS knows in a run: value, standing and group of each."""
        group = str(values.get(self.group, ""))
        found = {str(values[name]): s for name, s in self.tokens.items() if name in values}
        return tuple((value, standing, group) for value, standing in found.items())


def as_it_is(name: str, features: Mapping[str, bool], answers: Mapping[str, Any]) -> Product:
    """Return a system that has all features, whichever are used."""
    return Product(name, {}, features)
