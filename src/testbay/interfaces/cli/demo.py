"""``testbay demo``: the reference station and the reference CSMS, side by side, in a short time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from testbay.campaign import start
from testbay.campaign.budget import choose, estimate
from testbay.campaign.options import Options
from testbay.campaign.start import Plan
from testbay.interfaces.cli.running import Job, carry_out, fresh

OCPP = "1.6"
LANES = {"station": 6, "csms": 2}
LONGEST = 70.0  # s that a lane may be busy; starting and ending everything comes on top
SHORT = {
    "heartbeat_interval": 5,
    "boot_interval": 3,
    "connection_timeout": 5,
    "meter_value_interval": 2,
    "clock_aligned_interval": 5,
    "transaction_duration": 5,
    "settle_time": 1.5,
    "silence_time": 3.0,
}
"""Intervals that a demonstration can wait for."""


def run_demo(out: Path | None) -> int:
    """Run a demonstration; return the exit code."""
    if out is not None:
        folders = {sut: fresh(out / sut, sut) for sut in LANES}
    else:
        folder = fresh(None, "demo")
        folders = {sut: folder / sut for sut in LANES}
    return carry_out([Job(plan_of(sut), folders[sut]) for sut in LANES])


def plan_of(sut: str) -> Plan:
    """Plan the demonstration for a system under test; say which cases are left out."""
    lanes = LANES[sut]
    plan = start.plan(Options(sut, OCPP, reference=True, lanes=lanes))
    made = plan.configuration
    config = replace(
        made, values=made.values | {k: v for k, v in SHORT.items() if k in made.values}
    )
    # A lane is never busy all the time: the last cases do not end together.
    took = estimate(plan.cases, plan.suite, config.values)
    choice = choose(plan.cases, took, lanes * LONGEST * 0.8, LONGEST)
    if choice.left_out:
        print(
            f"{sut}: {len(choice.cases)} of {len(plan.cases)} cases, some of every group, so that "
            f"the demonstration ends in time; testbay run {sut} --reference runs the other "
            f"{len(choice.left_out)} as well"
        )
    return replace(plan, configuration=config, cases=choice.cases, order=choice.order)
