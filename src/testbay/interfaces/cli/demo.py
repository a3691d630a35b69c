"""``testbay demo``: the reference systems of all versions, side by side, in a short time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from testbay.campaign import start
from testbay.campaign.budget import choose, estimate
from testbay.campaign.options import Options
from testbay.campaign.start import Plan
from testbay.campaign.suites import MODULES
from testbay.interfaces.cli.running import Job, carry_out, fresh

LANES = {"station": 6, "csms": 2}  # of each version
LONGEST = 70.0  # s that a lane may be busy; starting and ending everything comes on top
SLOWEST = 35.0  # s that a case may take: in that time others are more telling
SHORT = {
    "heartbeat_interval": 5,
    "boot_interval": 3,
    "connection_timeout": 5,
    "meter_value_interval": 2,
    "clock_aligned_interval": 5,
    "transaction_updated_meter_values_interval": 2,
    "message_attempts_transaction_event_interval": 2,
    "retry_back_off_wait_minimum": 5,
    "cert_signing_wait_minimum": 2,
    "offline_threshold": 5,
    "transaction_duration": 5,
    "settle_time": 1.5,
    "silence_time": 3.0,
}
"""Intervals that a demonstration can wait for; a version has some of them."""


def run_demo(out: Path | None) -> int:
    """Run a demonstration; return the exit code."""
    names = {(ocpp, sut): f"{sut}-{ocpp}" for ocpp in MODULES for sut in LANES}
    if out is not None:
        folders = {run: fresh(out / name, name) for run, name in names.items()}
    else:
        folder = fresh(None, "demo")
        folders = {run: folder / name for run, name in names.items()}
    return carry_out([Job(plan_of(*run), folder) for run, folder in folders.items()])


def plan_of(ocpp: str, sut: str) -> Plan:
    """Plan the demonstration for a system under test; say which cases are left out."""
    lanes = LANES[sut]
    plan = start.plan(Options(sut, ocpp, reference=True, lanes=lanes))
    made = plan.configuration
    config = replace(
        made, values=made.values | {k: v for k, v in SHORT.items() if k in made.values}
    )
    # A lane is never busy all the time: the last cases do not end together.
    took = estimate(plan.cases, plan.suite, config.values)
    choice = choose(plan.cases, took, lanes * LONGEST * 0.8, SLOWEST)
    if choice.left_out:
        print(
            f"OCPP {ocpp}, {sut}: {len(choice.cases)} of {len(plan.cases)} cases, some of every "
            f"group, so that the demonstration ends in time; testbay run {sut} --ocpp {ocpp} "
            f"--reference runs the other {len(choice.left_out)} as well"
        )
    return replace(plan, configuration=config, cases=choice.cases, order=choice.order)
