"""How a waiting verb looks for the message that one of its open steps may take (semantics 3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from testbay.scenario.expectation import Branch, Expectation
from testbay.scenario.mailbox import Mailbox
from testbay.scenario.values import Received


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that an open step may take: which step, and by which branch."""

    index: int
    message: Received
    branch: Branch


@dataclass(eq=False, slots=True)
class _Fit:
    """A message with the members whose selection it meets; ``misplaced``: only at a deadline."""

    message: Received
    branches: dict[int, Branch]
    misplaced: bool = False


@dataclass
class Search:
    """What one waiting verb has seen of the log. A message is matched once, however often it looks.

    Args:
        rounds: the claims have no place in the order of the steps (``collect``).
    """

    box: Mailbox
    members: Sequence[Expectation]
    rounds: bool = False
    _misplaced: list[_Fit] = field(default_factory=list)

    def __post_init__(self) -> None:
        actions = dict.fromkeys(a for e in self.members for a in e.actions)
        self._cursors = {a: self.box.first_unclaimed(a) for a in actions}
        self._waiting: list[deque[_Fit]] = [deque() for _ in self.members]

    def find(
        self,
        open_: Mapping[int, Expectation],
        *,
        final: bool = False,
        among: Sequence[Received] = (),
    ) -> Claim | None:
        """Return what an open step may take; at the deadline also a message out of order.

        Among several candidates the one that may stand before all others is taken.

        Args:
            among: claims of the same group, with which it is not compared.
        """
        if final:
            return self._at_deadline(open_, among)
        if self.box.order.by_arrival:
            fit = self._earliest(open_, among)
        else:
            self._match_all()
            fit = self._before_others(list(self._takeable(open_, among)))
        return self._claim(fit, open_) if fit is not None else None

    # -- matching --------------------------------------------------------------------------------

    def _next(self) -> _Fit | None:
        """Match the next message that has come, or that earlier steps have left; None at the end.

        What fits no member is passed over for good.
        """
        while True:
            nearest: Received | None = None
            for action, at in self._cursors.items():
                alike = self.box.of(action)
                if at < len(alike) and (nearest is None or alike[at].position < nearest.position):
                    nearest = alike[at]
            if nearest is None:
                return None
            self._cursors[nearest.action] += 1
            if nearest.claimed:
                continue
            fitting = {i: b for i, e in enumerate(self.members) if (b := e.branch(nearest))}
            if fitting:
                fit = _Fit(nearest, fitting)
                for i in fitting:
                    self._waiting[i].append(fit)
                return fit

    def _match_all(self) -> None:
        while self._next() is not None:
            pass

    def _in_order(self, fit: _Fit, among: Sequence[Received]) -> bool:
        """Return whether it is in its place; what is not will not be again for this verb."""
        if not fit.misplaced:
            before_line = fit.message.position < self.box.line
            if before_line or not (self.rounds or self.box.ordered(fit.message, among)):
                fit.misplaced = True
                self._misplaced.append(fit)
        return not fit.misplaced

    def _takeable(
        self, open_: Mapping[int, Expectation], among: Sequence[Received], *, first: bool = False
    ) -> Iterator[_Fit]:
        """Yield what open steps may take now; only the ``first`` of each step if that will do."""
        seen: set[int] = set()
        for i in open_:
            waiting = self._waiting[i]
            while waiting and (waiting[0].message.claimed or waiting[0].misplaced):
                waiting.popleft()
            for fit in list(waiting) if not first else waiting:
                taken = fit.message.claimed or fit.misplaced
                if taken or not self.box.settled(fit.message) or not self._in_order(fit, among):
                    continue
                if fit.message.position not in seen:
                    seen.add(fit.message.position)
                    yield fit
                if first:
                    break

    def _earliest(self, open_: Mapping[int, Expectation], among: Sequence[Received]) -> _Fit | None:
        """Return the takeable message that came first; later ones need not even be matched."""
        known = list(self._takeable(open_, among, first=True))
        if known:
            return min(known, key=lambda f: f.message.position)
        while (fit := self._next()) is not None:
            wanted = any(i in open_ for i in fit.branches)
            if wanted and self.box.settled(fit.message) and self._in_order(fit, among):
                return fit
        return None

    # -- choosing --------------------------------------------------------------------------------

    def _before_others(self, fits: Sequence[_Fit]) -> _Fit | None:
        """Return the one that may stand before all others, else the one that came first."""
        fits = sorted(fits, key=lambda f: f.message.position)
        if not fits or self.box.order.by_arrival:
            return fits[0] if fits else None
        best = fits[0]
        for other in fits[1:]:
            if not self.box.order.in_order(best.message, other.message):
                best = other
        others = (f for f in fits if f is not best)
        before_all = all(self.box.order.in_order(best.message, o.message) for o in others)
        return best if before_all else fits[0]

    def _claim(self, fit: _Fit, open_: Mapping[int, Expectation]) -> Claim:
        """Choose the step: one whose checks all pass, else the one listed first."""
        fitting = [i for i in open_ if i in fit.branches]
        passing = (i for i in fitting if open_[i].passes(fit.branches[i], fit.message))
        chosen = fitting[0] if len(fitting) == 1 else next(passing, fitting[0])
        return Claim(chosen, fit.message, fit.branches[chosen])

    def _at_deadline(
        self, open_: Mapping[int, Expectation], among: Sequence[Received]
    ) -> Claim | None:
        """Find for a required step what is in order but not settled, else what is misplaced."""
        required = {i: e for i, e in open_.items() if not e.optional}
        self._match_all()
        waiting = {
            f.message.position: f
            for i in required
            for f in list(self._waiting[i])
            if not f.message.claimed and self._in_order(f, among)
        }
        misplaced = [
            f
            for f in self._misplaced
            if not f.message.claimed and any(i in required for i in f.branches)
        ]
        fit = self._before_others(list(waiting.values())) or self._before_others(misplaced)
        return self._claim(fit, required) if fit is not None else None
