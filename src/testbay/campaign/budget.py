"""Cases that fit into a given time, chosen so that every group is represented.

How long a case takes is told by the virtual clock, so the choice is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbay.campaign.suites import Loaded
from testbay.campaign.virtual import product_for, run_case
from testbay.scenario.case import TestCase


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen.

    Args:
        cases: in the order of the document.
        order: the same, the longest first, so that lanes end together.
        left_out: those that did not fit.
        seconds: how long they take on one lane.
    """

    cases: tuple[TestCase, ...]
    order: tuple[TestCase, ...]
    left_out: tuple[TestCase, ...]
    seconds: float


def estimate(
    cases: Sequence[TestCase], suite: Loaded, config: Mapping[str, Any]
) -> dict[str, float]:
    """Return how long each case takes (s); 0 for one that no product can run."""
    took: dict[str, float] = {}
    for case in cases:
        product, _ = product_for(case, suite)
        took[case.id] = (
            run_case(case, suite, product, config).ended.seconds if product is not None else 0.0
        )
    return took


def choose(
    cases: Sequence[TestCase], took: Mapping[str, float], limit: float, longest: float
) -> Choice:
    """Choose cases for a time: from every group in turn its next one, while that fits.

    Args:
        took: how long each case takes (s).
        limit: how long all of them may take, one after the other (s).
        longest: how long one of them may take (s).
    """
    groups: dict[str, list[TestCase]] = {}
    for case in cases:
        if took[case.id] <= longest:
            groups.setdefault(case.group, []).append(case)
    chosen: dict[str, TestCase] = {}
    total = 0.0
    for round_ in range(max((len(group) for group in groups.values()), default=0)):
        for group in groups.values():
            if round_ < len(group) and total + took[group[round_].id] <= limit:
                chosen[group[round_].id] = group[round_]
                total += took[group[round_].id]
    kept = tuple(case for case in cases if case.id in chosen)
    return Choice(
        kept,
        tuple(sorted(kept, key=lambda case: -took[case.id])),
        tuple(case for case in cases if case.id not in chosen),
        total,
    )
