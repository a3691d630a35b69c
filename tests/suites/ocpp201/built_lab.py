"""Runs a case against a reference station that is built as the test wants it."""

from collections.abc import Mapping
from typing import Any

from testbay.campaign import suites
from testbay.campaign.embedded import Build
from testbay.campaign.virtual import run_case
from testbay.scenario.execute import Ended
from testbay.scenario.product import Product

SUITE = suites.load("2.0.1")


def run(
    case: str,
    options: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
    *faults: str,
) -> Ended:
    """Run a case on the virtual clock.

    Args:
        options: of the station, where they differ.
        config: configured values that differ.
    """
    defaults = {v.name: v.default for v in SUITE.part("station").values.values()}
    product = Product("as the test wants it", options or {}, {})
    values = defaults | dict(config or {})
    return run_case(SUITE.cases[case], SUITE, product, values, build=Build(faults=faults)).ended
