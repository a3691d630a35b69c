"""In which set-ups a case is proved: some checks can only fail in a second configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from testbay.scenario.case import TestCase


@dataclass(frozen=True)
class Setup:
    """A way to run a case.

    Args:
        config: configured values that differ.
        options: options of the reference system that differ.
        faults: named misbehaviours that are allowed here (a choice that the text leaves open).
        product: name of the product; empty: the first that meets what the case requires.
    """

    label: str = "as it is"
    config: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    product: str = ""


PLAIN = Setup()
_MORE: dict[str, tuple[Setup, ...]] = {}


def setups_of(case: TestCase) -> tuple[Setup, ...]:
    """Return the set-ups of a case: as it is, and those that it needs besides."""
    return (PLAIN, *_MORE.get(case.id, ()))
