"""Timers by name on the clock of the loop, all of which end together."""

import asyncio
from collections.abc import Callable, Hashable


class Timers:
    """Run functions later; a new timer of the same name replaces the old one."""

    def __init__(self) -> None:
        self._handles: dict[Hashable, asyncio.TimerHandle] = {}

    def after(self, name: Hashable, seconds: float, do: Callable[[], None]) -> None:
        """Run a function once, some seconds from now."""
        self.at(name, self.time() + max(0.0, seconds), do)

    def at(self, name: Hashable, moment: float, do: Callable[[], None]) -> None:
        """Run a function once, at a moment of the loop's clock."""
        self.cancel(name)

        def fire() -> None:
            del self._handles[name]
            do()

        self._handles[name] = asyncio.get_running_loop().call_at(moment, fire)

    def time(self) -> float:
        """Return the time of the loop, in s."""
        return asyncio.get_running_loop().time()

    def cancel(self, name: Hashable) -> None:
        """Forget a timer; it need not exist."""
        handle = self._handles.pop(name, None)
        if handle is not None:
            handle.cancel()

    def clear(self) -> None:
        """Forget all timers."""
        for name in tuple(self._handles):
            self.cancel(name)
