"""What a journal says of an earlier run that was ended before it was complete."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from testbay.campaign.journal import NAME
from testbay.campaign.wrong import Wrong
from testbay.scenario.execute import Ended
from testbay.scenario.verdict import Verdict


@dataclass
class Earlier:
    """An earlier run: how it was started, what has ended, how often each case was tried.

    Args:
        finished: how often each case has been run to its end.
    """

    started: dict[str, Any] = field(default_factory=dict)
    done: dict[str, Ended] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    finished: dict[str, int] = field(default_factory=dict)

    def left(self, case: str, repeat: int) -> int:
        """Return how often a case is still to be run, of so many times."""
        again = repeat - self.finished.get(case, 0)
        if case not in self.done:
            return max(again, 1)  # its last attempt has not ended
        return max(again, 0) if case in self.finished else 0

    def ends(self, case: str, ended: Ended) -> None:
        """Note how an attempt at a case has ended."""
        self.done[case] = ended
        self.finished[case] = self.finished.get(case, 0) + 1

    def again(self, case: str) -> None:
        """Let a case be run once more, as if it had never ended."""
        self.done.pop(case, None)
        self.finished.pop(case, None)


class NoRun(Wrong):
    """The folder holds no run that can go on; the text says why."""


def read(folder: Path) -> Earlier:
    """Read what an earlier run has done; a line that a kill has cut off is passed over.

    A case that ended because the run was stopped is run again.

    Raises:
        NoRun: there is no journal, or it does not say how the run was started.
    """
    path = folder / NAME
    if not path.is_file():
        raise NoRun(f"{folder}: there is no {NAME}, so no run can go on here")
    earlier = Earlier()
    with path.open("rb") as lines:
        for line in lines:
            try:
                _take(earlier, orjson.loads(line))
            except (orjson.JSONDecodeError, KeyError, TypeError):
                continue
    if not earlier.started:
        raise NoRun(f"{path}: it does not begin with the start of a run")
    return earlier


def _take(earlier: Earlier, line: dict[str, Any]) -> None:
    kind = line["kind"]
    if kind == "run_started" and not earlier.started:
        earlier.started = line
    elif kind == "case_started":
        earlier.attempts[line["case"]] = line["attempt"]
        earlier.done.pop(line["case"], None)  # the last attempt decides, also one that was cut
    elif kind == "case_finished" and not line.get("stopped"):
        ended = Ended(
            Verdict[line["verdict"]],
            line["reason"],
            line["failed"],
            line["checks"],
            line["seconds"],
        )
        earlier.ends(line["case"], ended)
    elif kind == "case_skipped":
        earlier.done[line["case"]] = Ended(Verdict.NOT_APPLICABLE, line["reason"], "", 0, 0.0)
