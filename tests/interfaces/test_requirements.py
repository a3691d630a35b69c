"""Requirements and the cases that touch them: ``show --requirement`` and ``show --coverage``."""

from __future__ import annotations

import json

import pytest

from testbay.campaign import suites
from testbay.campaign.requirements import ranges, requirements, with_requirements
from testbay.interfaces.cli.requirements import coverage

from .conftest import Cli

VERSION = with_requirements("")[0]


def test_the_cases_that_touch_a_requirement(cli: Cli) -> None:
    shown = cli("show", "--requirement", "e03.fr.05").out.splitlines()
    assert shown[0] == f"E03.FR.05 of OCPP {VERSION}"
    named = {line.split()[0] for line in shown[1:]}
    cases = suites.load(VERSION).cases.values()
    assert named == {case.id for case in cases if "E03.FR.05" in case.requirements}
    assert {"TC_E_05_CS", "TC_F_04_CSMS"} <= named


def test_of_one_system_under_test_and_as_json(cli: Cli) -> None:
    shown = json.loads(
        cli("show", "--requirement", "E03.FR.05", "--sut", "csms", "--json", "--ocpp", VERSION).out
    )
    assert [one["id"] for one in shown] == ["E03.FR.05"]
    assert shown[0]["cases"] == ["TC_E_39_CSMS", "TC_F_04_CSMS"]


def test_a_use_case_shows_all_its_requirements(cli: Cli) -> None:
    lines = cli("show", "--requirement", "E03").out.splitlines()
    there = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert there == [id for id in requirements(VERSION) if id.startswith("E03.")]
    assert f"E03.FR.09 of OCPP {VERSION}: no test case names it" in lines
    assert any("E03.FR.04" in line and "named by test cases" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--requirement", "E03.FR.99"), "there is no requirement E03.FR.99 in OCPP 2.0.1; the"),
        (("--requirement", "?"), "there is no requirement ? in OCPP 2.0.1; one looks like this"),
        (("--requirement", "E03", "--ocpp", "1.6"), "the test cases of OCPP 1.6 name no"),
        (("--coverage", "--ocpp", "1.6"), "the test cases of OCPP 1.6 name no requirements"),
        (("--coverage", "--ocpp", "9"), "there is no OCPP 9 here; there is 1.6, 2.0.1"),
        (("--coverage", "--all"), "say which case to show"),
        (("TC_E_05_CS", "--requirement", "E03"), "say which case to show"),
        ((), "say which case to show"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(
    cli: Cli, arguments: tuple[str, ...], sentence: str
) -> None:
    result = cli("show", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"testbay: {sentence}")
    assert result.err.count("\n") == 1


def test_a_case_names_what_it_touches(cli: Cli) -> None:
    assert "\ntouches E03.FR.04, E03.FR.05\n" in cli("show", "TC_F_04_CSMS").out
    described = json.loads(cli("show", "TC_F_04_CSMS", "--json").out)
    assert "E03.FR.05" in described["requirements"]


def test_every_requirement_is_in_the_coverage_once(cli: Cli) -> None:
    shown = json.loads(cli("show", "--coverage", "--json").out)
    assert [one["id"] for one in shown] == list(requirements(VERSION))
    text = cli("show", "--coverage", "--ocpp", VERSION).out
    assert text == coverage(VERSION)
    for one in requirements(VERSION).values():
        if one.cases:
            assert text.count(f"| {one.id} ") == 1
            assert all(case.id in text for case in one.cases)


def test_the_coverage_of_one_system_leaves_the_other_out(cli: Cli) -> None:
    text = cli("show", "--coverage", "--sut", "csms").out
    assert "TC_E_39_CSMS" in text
    assert "TC_E_05_CS" not in text


def test_numbers_that_follow_each_other_are_a_range() -> None:
    ids = ["A1.FR.01", "A1.FR.02", "A1.FR.03", "A1.FR.05", "A1.FR.06", "A1.FR.101"]
    assert ranges(ids) == "A1.FR.01 to A1.FR.03, A1.FR.05, A1.FR.06, A1.FR.101"
    assert ranges([]) == ""
