"""The live view: what every lane is doing, how far the runs are, how the verdicts stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from testbay.campaign.start import Plan
from testbay.interfaces.cli.screen import PlainScreen, line_of
from testbay.report.markup import clip, visible
from testbay.scenario import events
from testbay.scenario.execute import Ended
from testbay.scenario.verdict import Verdict

STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold magenta",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_APPLICABLE: "bright_black",
}
BAR = 40  # columns
WAITING = "waiting for the system under test"
LONGEST = 60  # characters of a message or sentence


@dataclass
class _Lane:
    """What a lane is doing."""

    case: str = ""
    title: str = ""
    step: str = ""
    last: str = ""
    since: float = 0.0


@dataclass
class _Progress:
    """How far a run is."""

    plan: Plan
    ended: dict[str, Verdict]
    began: float
    lanes: dict[int, _Lane] = field(default_factory=dict)
    of_case: dict[str, _Lane] = field(default_factory=dict)


class LiveScreen:
    """Redraws a few lines at the bottom of the terminal; what is worth keeping goes above them."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._plain = PlainScreen(self.say)
        self._runs: list[_Progress] = []
        self._live = self._begin()

    def _begin(self) -> Live:
        """Begin a view; one that is started again would overwrite what was printed since."""
        live = Live(
            console=self.console,
            get_renderable=self.view,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        live.start()
        return live

    def sink(self, plan: Plan, done: Mapping[str, Ended]) -> events.Sink:
        """Return what is to be told of a run."""
        before = {id: ended.verdict for id, ended in done.items()}
        run = _Progress(plan, before, self.console.get_time())
        self._runs.append(run)
        titles = {case.id: case.title for case in plan.cases}

        def tell(stamped: events.Stamped) -> None:
            event = stamped.event
            if isinstance(event, events.CaseStarted):
                lane = run.lanes.setdefault(event.lane, _Lane())
                run.of_case[stamped.case] = lane
                lane.case, lane.title = stamped.case, event.title
                lane.step, lane.last, lane.since = "", "", self.console.get_time()
            elif isinstance(event, events.CaseFinished | events.CaseSkipped):
                self._ended(run, stamped, titles)
            elif (show := _SHOWN.get(type(event))) is not None:
                if (of := run.of_case.get(stamped.case)) is not None:
                    show(of, event)
                else:
                    self._say_all(stamped)
            else:
                self._say_all(stamped)

        return tell

    def _say_all(self, stamped: events.Stamped) -> None:
        for text in self._plain.noted(stamped):
            self.say(text)

    def _ended(self, run: _Progress, stamped: events.Stamped, titles: dict[str, str]) -> None:
        name = getattr(stamped.event, "verdict", Verdict.NOT_APPLICABLE.name)
        verdict = run.ended[stamped.case] = Verdict[name]
        if (lane := run.of_case.pop(stamped.case, None)) is not None:
            lane.case, lane.title, lane.step, lane.last = "", "", "", ""
        if verdict > Verdict.NOT_APPLICABLE:
            self.console.print(Text(line_of(stamped, titles), STYLES[verdict]))

    def say(self, text: str) -> None:
        """Show a line above the view."""
        self.console.print(Text(text))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to a question."""
        self._live.stop()
        try:
            yield
        finally:
            self._live = self._begin()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._live.stop()

    def view(self) -> RenderableType:
        """Return the view as it is now."""
        now = self.console.get_time()
        lanes = Table.grid(padding=(0, 2), expand=True)
        for ratio in (None, None, 3, None, 2, None):
            lanes.add_column(no_wrap=True, overflow="ellipsis", ratio=ratio)
        totals = Table.grid(padding=(0, 2))
        runs = list(self._runs)
        several = len({run.plan.options.ocpp for run in runs}) > 1
        for run in runs:
            of = run.plan.options
            name = f"{of.ocpp} {of.sut}" if several else of.sut
            there = sorted(run.lanes.copy().items()) or [(1, _Lane(title=WAITING))]
            for number, lane in there:
                lanes.add_row(*_row(name, number, lane, now))
            totals.add_row(*_total(name, run, now))
        return Group(lanes, totals)


def _row(name: str, number: int, lane: _Lane, now: float) -> tuple[Text, ...]:
    took = _clock(now - lane.since) if lane.case else ""
    return (
        Text(f"{name} {number}", "cyan"),
        Text(lane.case, "bold"),
        Text(lane.title),
        Text(f"step {lane.step}" if lane.step else "", "bright_black"),
        Text(lane.last),
        Text(took, "bright_black", justify="right"),
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _total(name: str, run: _Progress, now: float) -> tuple[RenderableType, ...]:
    of, ended = len(run.plan.cases), list(run.ended.values())
    counts = Text("  ").join(
        Text(f"{ended.count(v)} {v.text}", STYLES[v]) for v in Verdict if v in ended
    )
    return (
        Text(name, "bold cyan"),
        ProgressBar(
            total=max(of, 1),
            completed=len(ended),
            width=BAR,
            complete_style="cyan",
            finished_style="cyan",
        ),
        Text(f"{len(ended)}/{of}"),
        counts,
        Text(_clock(now - run.began), "bright_black"),
    )


# -- what an event changes in a lane ---------------------------------------------------------------


def _says(text: str) -> str:
    return clip(visible(text), LONGEST)


def _phase(lane: _Lane, event: events.Phase) -> None:
    if event.name != "main":
        lane.step = event.name


def _judged(lane: _Lane, event: events.Judged) -> None:
    lane.step = _says(event.label)


def _received(lane: _Lane, event: events.MessageReceived) -> None:
    lane.last = f"← {_says(event.action)}"


def _called(lane: _Lane, event: events.Called) -> None:
    lane.last = f"→ {event.action}"


def _linked(lane: _Lane, event: events.Linked) -> None:
    lane.last = f"→ {event.what}"


def _action(lane: _Lane, event: events.ActionAsked) -> None:
    lane.last = f"… {_says(event.text)}"


def _ignored(lane: _Lane, event: events.Noticed) -> None:
    """A notice inside a case stands in the report."""


_SHOWN: dict[type[events.Event], Callable[[_Lane, Any], None]] = {
    events.Phase: _phase,
    events.Judged: _judged,
    events.MessageReceived: _received,
    events.Called: _called,
    events.Linked: _linked,
    events.ActionAsked: _action,
    events.Noticed: _ignored,
}
