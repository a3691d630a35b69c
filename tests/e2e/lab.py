"""Runs of real cases with a lane made by hand, for peers that the tests bring along."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from testbay.campaign import suites
from testbay.campaign.between import attend
from testbay.campaign.lane import Lane
from testbay.campaign.operators import PluginOperator
from testbay.campaign.runner import Run
from testbay.roles.csms import CsmsEnd
from testbay.roles.station import StationEnd
from testbay.scenario import events
from testbay.scenario.events import Stamped
from testbay.scenario.execute import Ended

SUITE = suites.load("1.6")


def values_of(sut: str, **more: Any) -> dict[str, Any]:
    """Return the configured values and features, with the defaults of the suite."""
    part = SUITE.part(sut)
    values = {v.name: v.default for v in part.values.values()}
    return values | {f.name: f.default for f in part.features.values()} | more


def lane_of(sut: str, end: CsmsEnd | StationEnd, control: Any, **values: Any) -> Lane:
    """Make a lane by hand; what comes before a case is answered and told."""
    part, config = SUITE.part(sut), values_of(sut, **values)
    lane = Lane(
        number=1,
        end=end,
        operator=PluginOperator(control, "script"),
        model=part.make_model(config, {}),
        make_test=part.make_test,
        config=config,
        product={f.name: config[f.name] for f in part.features.values()},
    )
    attend(lane)
    return lane


@dataclass
class Story:
    """What came of a run."""

    journal: list[Stamped] = field(default_factory=list)
    done: dict[str, Ended] = field(default_factory=dict)

    def told(self, kind: type[Any]) -> list[Any]:
        """Return the events of a kind."""
        return [s.event for s in self.journal if isinstance(s.event, kind)]

    def told_of(self, case: str, kind: type[Any]) -> list[Any]:
        """Return the events of a kind in a case."""
        return [s.event for s in self.journal if s.case == case and isinstance(s.event, kind)]

    def heard(self) -> list[str]:
        """Return the texts that came from the SUT."""
        return [e.text for e in self.told(events.Frame) if e.direction == "in"]

    def verdicts(self) -> list[str]:
        """Return the verdicts in the order of the cases."""
        return [ended.verdict.text for ended in self.done.values()]

    def reason(self) -> str:
        """Return why the first case ended as it did."""
        return next(iter(self.done.values())).reason


async def run_on(lane: Lane, *cases: str) -> Story:
    """Run cases on a lane."""
    story = Story()
    run = Run([SUITE.cases[c] for c in cases], story.journal.append)
    await run.on([lane])
    story.done = run.done
    return story
