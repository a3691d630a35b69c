"""Reusable states for a CSMS under test (3.22): what the simulated station does to get there."""

from __future__ import annotations

from testbay.scenario.case import state
from testbay.scenario.checks import one_of
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import LONGEST_PENDING, MOST_BOOTS, TOKEN_ACCEPTED, CsmsTest

ACCEPTED_SOON = one_of("status", "Accepted", "Pending")


@state(
    "Booted",
    holds=lambda t: t.model.registered,
    readings=(
        "A CSMS may answer Pending at first: the station waits the interval and boots again, "
        f"{MOST_BOOTS} times at most and no longer than {LONGEST_PENDING} s each.",
    ),
)
async def booted(t: CsmsTest) -> None:
    """Boot until the CSMS accepts the station (4.2), and report all connectors."""
    answer = await t.boot(1, ACCEPTED_SOON)
    for again in range(1, MOST_BOOTS):
        pause = t.interval(answer, cfg.boot_interval)
        if answer["status"] != "Pending" or pause > LONGEST_PENDING:
            break
        await t.wait(pause, "a pending station must not boot again earlier")
        with t.round(f"again {again}"):
            answer = await t.boot(1, ACCEPTED_SOON)
    await t.connectors_report(3, "Available")


@state("Authorized")
async def authorized(t: CsmsTest) -> None:
    """The driver presents a token."""
    await t.authorize(1, TOKEN_ACCEPTED)


@state("Charging", holds=lambda t: t.charging)
async def charging(t: CsmsTest) -> None:
    """The driver plugs in, and charging begins."""
    await t.reach(authorized)
    await t.status(1, "Preparing", cfg.connector_id)
    await t.start(3, TOKEN_ACCEPTED)
    await t.status(5, "Charging", cfg.connector_id)
