"""Long lists of which only parts are shown: the beginning, the end, and what surrounds a mark."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gap:
    """How many items are left out between two that are shown."""

    left_out: int


class Excerpt(Generic[T]):
    """Keep the first and the last items of a list that may be of any length.

    Args:
        first: how many items are kept from the beginning.
        last: how many are kept from the end.
        around: how many are kept on either side of a mark.
        marks: how many marks are kept, besides those that are ``decisive``.
    """

    def __init__(self, first: int, last: int, around: int = 0, marks: int = 0) -> None:
        self.count = 0
        self._first, self._around, self._marks = first, around, marks
        self._kept: dict[int, T] = {}
        self._tail: deque[tuple[int, T]] = deque(maxlen=max(last, around))
        self._last = last
        self._following = 0

    def add(self, item: T) -> None:
        """Append an item."""
        if self.count < self._first or self._following:
            self._kept[self.count] = item
            self._following = max(0, self._following - 1)
        self._tail.append((self.count, item))
        self.count += 1

    def mark(self, item: T, *, decisive: bool = False) -> None:
        """Append an item that is kept: with what surrounds it when it decides, else alone."""
        if decisive:
            self._kept.update(list(self._tail)[-self._around :] if self._around else ())
            self._following = self._around + 1
        elif self._marks:
            self._marks -= 1
            self._kept[self.count] = item
        self.add(item)

    def __iter__(self) -> Iterator[T | Gap]:
        """Yield what is kept, in order, and a gap wherever something is left out."""
        tail = list(self._tail)[-self._last :] if self._last else []
        kept = self._kept | dict(tail)
        expected = 0
        for position in sorted(kept):
            if position > expected:
                yield Gap(position - expected)
            yield kept[position]
            expected = position + 1
        if expected < self.count:
            yield Gap(self.count - expected)

    def items(self) -> Iterator[T]:
        """Yield what is kept, without the gaps."""
        return (item for item in self if not isinstance(item, Gap))
