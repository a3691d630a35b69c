"""The messages of the SUT in one case: their order, who claimed them, what may not come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from testbay.scenario.checks import Judges, Resolve
from testbay.scenario.expectation import Branch, Expectation
from testbay.scenario.values import Received


class Order(Protocol):
    """What the suite says about order."""

    def in_order(self, earlier: Received, later: Received) -> bool: ...
    def due(self, message: Received) -> bool: ...


@dataclass
class Watch:
    """What may not arrive, from a position in the log on."""

    actions: tuple[str, ...]
    where: Judges | None
    start: int
    hit: list[Received] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that an open step may take: which one, by which branch."""

    index: int
    message: Received
    branch: Branch


@dataclass
class Mailbox:
    """Log, claims, watches, and the line that the last stimulus drew (semantics 3, 7 and 10).

    Args:
        patience: how long a message waits for one that belongs before it (s).
    """

    order: Order
    resolve: Resolve
    elapsed: Callable[[], float]
    patience: float = 5.0
    log: list[Received] = field(default_factory=list)
    claims: list[Received] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    line: int = 0
    by_action: bool = False
    waited: bool = True

    def __post_init__(self) -> None:
        self._unclaimed: dict[str, list[Received]] = {}
        self._early: list[Received] = []
        self._uids: dict[str, int] = {}
        self._top = 0

    # -- taking in ----------------------------------------------------------------------------

    def add(self, message: Received) -> None:
        """Take in a message: give it its place, and show it to the watches."""
        message.position, message.at = len(self.log), self.elapsed()
        message.wire_uid = message.uid
        seen = self._uids[message.uid] = self._uids.get(message.uid, 0) + 1
        if seen > 1:
            message.uid = f"{message.uid}#{seen}"
        self.log.append(message)
        self._unclaimed.setdefault(message.action, []).append(message)
        if not self.order.due(message):
            self._early.append(message)
        for watch in self.watches:
            self.show(watch, message)

    def show(self, watch: Watch, message: Received) -> None:
        """Let a watch see a message."""
        if (
            not message.claimed
            and message.position >= watch.start
            and message.action in watch.actions
            and (watch.where is None or watch.where.judge(message.payload, self.resolve).passed)
        ):
            watch.hit.append(message)

    def next_settled(self) -> float | None:
        """Seconds until a message that waits for its predecessor stops waiting, or None."""
        now = self.elapsed()
        self._early = [m for m in self._early if not m.claimed and m.at + self.patience > now]
        return min((m.at + self.patience - now for m in self._early), default=None)

    # -- stimulus -------------------------------------------------------------------------------

    def stimulus(self, *, by_action: bool = False) -> None:
        """Draw the line: what came before cannot be the effect of what is done now."""
        if self.waited:
            self.line, self.by_action, self.waited = len(self.log), by_action, False

    def since(self) -> int:
        """Position from which silence counts: the last stimulus or claim."""
        return max(self.line, self._top)

    # -- claiming -------------------------------------------------------------------------------

    def find(
        self, open_: dict[int, Expectation], *, final: bool, among: Sequence[Received] = ()
    ) -> Claim | None:
        """Return what an open step may take; at the deadline also a message out of order.

        Among several candidates the one that may stand before all others is taken.
        """
        found: list[Claim] = []
        for message in self._candidates(open_):
            fitting = {i: b for i, e in open_.items() if (b := e.branch(message))}
            if not fitting:
                continue
            if not final and not (self._settled(message) and self.ordered(message, among)):
                continue
            passing = (i for i, b in fitting.items() if open_[i].passes(b, message))
            chosen = next(passing, next(iter(fitting)))
            if not (final and open_[chosen].optional):
                found.append(Claim(chosen, message, fitting[chosen]))
        for claim in found:
            others = (c.message for c in found if c is not claim)
            if all(self.order.in_order(claim.message, other) for other in others):
                return claim
        return found[0] if found else None

    def _candidates(self, open_: dict[int, Expectation]) -> list[Received]:
        actions = dict.fromkeys(a for e in open_.values() for a in e.actions)
        lists = [self._unclaimed.get(a, []) for a in actions]
        if len(lists) == 1:
            return lists[0]
        return sorted((m for some in lists for m in some), key=lambda m: m.position)

    def _settled(self, message: Received) -> bool:
        return self.order.due(message) or self.elapsed() >= message.at + self.patience

    def ordered(self, message: Received, among: Sequence[Received] = ()) -> bool:
        """Return whether it came after the stimulus and after what earlier steps claimed."""
        if message.position < self.line:
            return False
        return all(self.order.in_order(m, message) for m in self.claims if m not in among)

    def take(self, message: Received, label: str) -> None:
        """Claim a message for a step."""
        message.claimed = label
        self._unclaimed[message.action].remove(message)
        self.claims.append(message)
        self._top = max(self._top, message.position + 1)

    def unclaimed(self, *actions: str) -> list[Received]:
        """Return the messages of these actions (all, if none is named) that no step claimed."""
        return [m for m in self.log if not m.claimed and (not actions or m.action in actions)]
