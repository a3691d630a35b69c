"""The flow that a station for modes 1 and 2 only may take, and the ordinary one, both pass."""

from __future__ import annotations

import pytest

from testbay.campaign.suites import load
from testbay.campaign.virtual import Recorded, product_for, run_case
from testbay.scenario.verdict import Verdict

SUITE = load("1.6")


def run(id: str, product: str, *, subtype: bool = True) -> Recorded:
    case = SUITE.cases[id]
    config = {v.name: v.default for v in SUITE.part("station").values.values()}
    found, why = product_for(case, SUITE, product)
    assert found is not None, why
    return run_case(case, SUITE, found, config | {"mode_1_2_only": subtype})


def statuses(recorded: Recorded) -> list[str]:
    log = recorded.test.box.log
    seen = [m for m in log if m.action == "StatusNotification" and m["connectorId"] == 1]
    return [str(m["status"]) for m in seen]


@pytest.mark.parametrize("id", ["TC_003_CS", "TC_010_CS"])
def test_the_flow_of_the_subtype_passes(id: str) -> None:
    recorded = run(id, "modes 1 and 2 only")
    assert recorded.ended.verdict is Verdict.PASS, recorded.ended.reason
    assert statuses(recorded)[1:5] == ["Preparing", "Available", "Preparing", "Charging"]


@pytest.mark.parametrize("id", ["TC_003_CS", "TC_010_CS"])
def test_the_flow_is_not_demanded(id: str) -> None:
    recorded = run(id, "detachable cable")
    assert recorded.ended.verdict is Verdict.PASS, recorded.ended.reason
    assert statuses(recorded)[1:3] == ["Preparing", "Charging"]


def test_other_products_are_not_waited_for() -> None:
    waited = run("TC_003_CS", "detachable cable").ended.seconds
    assert run("TC_003_CS", "detachable cable", subtype=False).ended.seconds < waited - 20
