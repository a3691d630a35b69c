"""A station that has booted before the run, perhaps in the middle of a session, is no failure."""

from __future__ import annotations

from testbay.campaign.embedded import Build, station_lane
from testbay.campaign.runner import Run
from testbay.campaign.suites import load
from testbay.scenario.events import Stamped
from testbay.scenario.product import Product
from testbay.scenario.verdict import Verdict

SUITE = load("1.6")


async def test_a_run_that_begins_in_the_middle_of_a_session() -> None:
    values = {v.name: v.default for v in SUITE.part("station").values.values()}
    lane = await station_lane(SUITE, Product("detachable cable"), values, Build())
    told: list[Stamped] = []
    first = Run([SUITE.cases["TC_003_CS"]], told.append)
    await first.on([lane])
    assert lane.model.facts.transactions, "the session goes on"  # type: ignore[attr-defined]

    lane.model = SUITE.part("station").make_model(lane.config, {})  # a new run knows nothing
    wanted = ["TC_013_CS", "TC_003_CS", "TC_012_CS"]
    second = Run([SUITE.cases[c] for c in wanted], told.append)
    await second.on([lane])
    assert {c: e.verdict for c, e in second.done.items()} == dict.fromkeys(wanted, Verdict.PASS)
    remarks = [s.event.text for s in told if s.event.kind == "remark"]  # type: ignore[attr-defined]
    assert any("its state is unknown" in text for text in remarks)
    await lane.end.close()
    assert lane.stop is not None
    await lane.stop()
