"""Cases of remote control: what comes by itself does not stand for what is asked for."""

from collections.abc import Mapping
from typing import Any

import pytest

from testbay.scenario.verdict import Verdict

from .built_lab import run

FIXED_BEATS = {"read_only": ("OCPPCommCtrlr.HeartbeatInterval",)}


@pytest.mark.parametrize("options", [{}, FIXED_BEATS])
@pytest.mark.parametrize("interval", [3, 10, 30, 3600])
def test_a_heartbeat_that_is_due_is_not_the_one_that_is_asked_for(
    options: Mapping[str, Any], interval: int
) -> None:
    config = {"heartbeat_interval": interval}
    assert run("TC_F_20_CS", options, config).verdict == Verdict.PASS
    if interval > 4 or not options:  # else the next one comes too soon to tell
        ended = run("TC_F_20_CS", options, config, "trigger-does-nothing")
        assert (ended.verdict, ended.failed) == (Verdict.FAIL, "3")


@pytest.mark.parametrize("name", ["AuthorizeRemoteStart", "Enabled"])
@pytest.mark.parametrize("flag", ["true", "false"])
def test_a_variable_that_cannot_be_otherwise_decides_what_applies(name: str, flag: str) -> None:
    variable = f"AuthCtrlr.{name}"
    options = {"variables": {variable: flag}, "read_only": (variable,)}
    wrong = {"AuthorizeRemoteStart": {"true": "03", "false": "02"}, "Enabled": {"false": "02"}}
    for number in ("02", "03"):
        applies = wrong[name].get(flag) != number
        verdict = run(f"TC_F_{number}_CS", options).verdict
        assert verdict == (Verdict.PASS if applies else Verdict.NOT_APPLICABLE)


@pytest.mark.parametrize("number", ["02", "03"])
def test_a_variable_that_is_not_there_is_not_stuck(number: str) -> None:
    lacking = {"lacks": ("AuthCtrlr.AuthorizeRemoteStart", "AuthCtrlr.Enabled")}
    assert run(f"TC_F_{number}_CS", lacking).verdict == Verdict.PASS


EARLY = {
    "variables": {"AuthCtrlr.LocalPreAuthorize": "true", "AuthCtrlr.AuthorizeRemoteStart": "true"},
    "read_only": ("AuthCtrlr.LocalPreAuthorize",),
}


def test_a_token_that_is_cached_need_not_be_asked_about_again() -> None:
    assert run("TC_F_04_CS", EARLY).verdict == Verdict.PASS


def test_a_token_that_is_not_cached_must_be_asked_about() -> None:
    ended = run("TC_F_02_CS", EARLY, {}, "no-authorize")
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "1/Authorized(by=remote)/3")


@pytest.mark.parametrize(
    ("case", "fault"),
    [
        ("TC_F_05_CS", "unlocks-though-charging"),
        ("TC_F_09_CS", "stops-though-rejected"),
        ("TC_F_26_CS", "boots-though-rejected"),
    ],
)
def test_what_is_refused_may_not_be_done_all_the_same(case: str, fault: str) -> None:
    assert run(case).verdict == Verdict.PASS
    assert run(case, {}, {}, fault).verdict == Verdict.FAIL
