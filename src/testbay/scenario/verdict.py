"""Verdicts, and the exceptions that carry one: whose fault it is decides which."""

from __future__ import annotations

import enum


class Verdict(enum.IntEnum):
    """Ordered: the worst one seen is the verdict of the case."""

    PASS = 1
    NOT_APPLICABLE = 2
    INCONCLUSIVE = 3
    FAIL = 4
    ERROR = 5

    @property
    def text(self) -> str:
        """The verdict as people read it."""
        return self.name.replace("_", " ")


class StopCase(Exception):
    """The rest of the case cannot be judged."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict


class NotDone(StopCase):
    """A preparation that this system does not offer; ``if_implemented`` leaves it out.

    Args:
        why: ``"not implemented"`` or ``"not writable"``.
        reason: the sentence for the report.
    """

    def __init__(self, why: str, reason: str) -> None:
        super().__init__(Verdict.INCONCLUSIVE, reason)
        self.why = why


BEFOREHAND = "; that was before the scenario began, so what came before this case may be the cause"


class Broke(StopCase):
    """The SUT has done what no case allows, such as to restart: its failure in whatever phase.

    Args:
        phase: of the case; before the scenario, the reason says that it was that early.
    """

    def __init__(self, reason: str, phase: str = "main") -> None:
        early = phase in ("needs", "before")
        super().__init__(Verdict.FAIL, f"{reason}{BEFOREHAND}" if early else reason)


class CaseError(Exception):
    """The case or the tool is wrong; never a verdict on the system under test."""
