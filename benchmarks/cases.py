"""CPU of the cases on the virtual clock: every one, and all of them in one run."""

from __future__ import annotations

import statistics
from time import process_time

from testbay.campaign import suites
from testbay.campaign.runner import Settings
from testbay.campaign.virtual import product_for, run_all, run_case
from testbay.scenario.verdict import Verdict


def table(ocpp: str = "1.6") -> tuple[int, float, float, float]:
    """Return how many cases there are, median and worst seconds a case, seconds of one run."""
    suite = suites.load(ocpp)
    seconds = []
    for case in suite.cases.values():
        product, _ = product_for(case, suite)
        assert product is not None
        config = {v.name: v.default for v in suite.part(case.sut).values.values()}
        run_case(case, suite, product, config)  # warm: imports, schemas
        started = process_time()
        run = run_case(case, suite, product, config)
        seconds.append(process_time() - started)
        assert run.ended.verdict == Verdict.PASS, f"{case.id}: {run.ended.reason}"
    started = process_time()
    for sut in suites.SUTS:
        config = {v.name: v.default for v in suite.part(sut).values.values()}
        cases = [c for c in suite.cases.values() if c.sut == sut]
        run_all(cases, suite, config, lambda _: None, Settings())
    total = process_time() - started
    return len(seconds), statistics.median(seconds), max(seconds), total
