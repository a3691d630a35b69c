"""What is seen while runs go on: plain lines, or a live view where there is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from testbay.campaign.start import Plan
from testbay.report.markup import duration, visible
from testbay.scenario import events
from testbay.scenario.execute import Ended
from testbay.scenario.verdict import Verdict

LONGEST = max(len(verdict.text) for verdict in Verdict)
NOTES = 100  # different notices that are told; a SUT that goes on forever is not heard forever


class Screen(Protocol):
    """Shows runs; every run has a sink of its own."""

    def sink(self, plan: Plan, done: Mapping[str, Ended]) -> events.Sink:
        """Return what is to be told of a run.

        Args:
            done: what ended before the run was resumed.
        """

    def say(self, text: str) -> None:
        """Show a line."""

    def paused(self) -> AbstractContextManager[None]:
        """Leave the terminal to a question."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def screen() -> Screen:
    """Return a live view on a terminal, else plain lines."""
    if sys.stdout.isatty():
        from testbay.interfaces.cli.live import LiveScreen

        return LiveScreen()
    return PlainScreen()


class PlainScreen:
    """One line for every case that has ended."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self._say = say or (lambda text: print(text, flush=True))
        self._noted: dict[str, None] = {}
        self._runs = 0

    def sink(self, plan: Plan, done: Mapping[str, Ended]) -> events.Sink:
        """Return what is to be told of a run."""
        ended = dict.fromkeys(done)
        self._runs += 1
        titles = {case.id: case.title for case in plan.cases}

        def tell(stamped: events.Stamped) -> None:
            event = stamped.event
            if isinstance(event, events.CaseFinished | events.CaseSkipped):
                ended[stamped.case] = None
                number = f"[{len(ended):{len(str(len(titles)))}}/{len(titles)}]"
                of = f"{plan.options.ocpp} {plan.options.sut:7} " if self._runs > 1 else ""
                self._say(f"{of}{number} {line_of(stamped, titles)}")
            else:
                for text in self.noted(stamped):
                    self._say(text)

        return tell

    def noted(self, stamped: events.Stamped) -> list[str]:
        """Return notices from between the cases, each once."""
        if stamped.case:
            return []
        new = [text for text in dict.fromkeys(_told(stamped.event)) if text not in self._noted]
        new = new[: NOTES - len(self._noted)]
        self._noted |= dict.fromkeys(new)
        return [visible(text) for text in new]

    def say(self, text: str) -> None:
        """Show a line."""
        self._say(text)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to a question."""
        yield

    def close(self) -> None:
        """Nothing is to be put back."""


def _told(event: events.Event) -> Iterator[str]:
    """Yield what is worth telling of an event outside the cases."""
    match event:
        case events.Noticed(text):
            yield f"note: {text}"
        case events.Identified(_, about, "") if about:  # of a reference system it is known
            yield f"the system under test says: {', '.join(f'{k} {v}' for k, v in about.items())}"
        case events.Surveyed(_, _, findings, why):
            if why:
                yield f"note: the settings were not read: {why}"
            yield from (f"contradiction: {': '.join(map(str, found))}" for found in findings)


def line_of(stamped: events.Stamped, titles: dict[str, str]) -> str:
    """Return what is told of a case that has ended."""
    event, title = stamped.event, titles.get(stamped.case, "")
    if isinstance(event, events.CaseSkipped):
        verdict, seconds, reason = Verdict.NOT_APPLICABLE, "", event.reason
    else:
        assert isinstance(event, events.CaseFinished)
        verdict, seconds = Verdict[event.verdict], f" ({duration(event.seconds)})"
        reason = event.reason if verdict is not Verdict.PASS else ""
    attempt = f", attempt {stamped.attempt}" if stamped.attempt > 1 else ""
    told = f"{verdict.text:{LONGEST}}  {stamped.case}  {title}{attempt}{seconds}"
    return f"{told}: {visible(reason)}" if reason else told
