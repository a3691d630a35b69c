"""What the station has noted about itself: the content of its diagnostics."""

from collections import deque
from collections.abc import Callable
from datetime import datetime

from testbay_reference.timing import stamp

LENGTH = 5000  # lines; then the oldest go


class Diary:
    """Keep the last notes, in memory: they survive a reboot, but not the end of the program."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lines: deque[tuple[datetime, str]] = deque(maxlen=LENGTH)

    def note(self, line: str) -> None:
        """Keep a line."""
        self._lines.append((self._now(), line))

    def text(self, oldest: datetime | None = None, latest: datetime | None = None) -> str:
        """Return the notes, perhaps those of a time only; empty: there are none."""
        return "".join(
            f"{stamp(at)} {line}\n"
            for at, line in self._lines
            if (oldest is None or at >= oldest) and (latest is None or at <= latest)
        )
