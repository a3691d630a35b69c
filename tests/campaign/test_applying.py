"""What a run leaves out and what it runs all the same, against a system of the tester's."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbay.campaign.config import ConfigError
from testbay.campaign.options import Options
from testbay.campaign.start import Plan, plan
from testbay.campaign.suites import load
from testbay.scenario.product import CannotBuild
from testbay.suites.ocpp16.products import station

PICS = Path(__file__).parents[2] / "docs/pics"
REMOTE = str(PICS / "station-remote.toml")
NAMES = ("TC_001_CS", "TC_003_CS")


def planned(**more: object) -> Plan:
    return plan(Options("station", "1.6", cases=NAMES, **more))  # type: ignore[arg-type]


def test_without_a_pics_nothing_is_left_out_beforehand() -> None:
    found = planned()
    assert (found.pics, found.excluded, found.products) == (None, {}, ())
    assert [case.requires is None for case in found.cases] == [True, False]


def test_a_pics_leaves_out_and_says_what_the_product_is() -> None:
    found = planned(pics=REMOTE)
    assert list(found.excluded) == ["TC_003_CS"]
    assert found.excluded["TC_003_CS"].startswith("C-07 is no (")
    assert found.configuration.product["local_start"] is False
    assert found.configuration.product["authorization_cache"] is True


def test_all_takes_away_only_requirements_that_are_not_met(tmp_path: Path) -> None:
    found = planned(pics=REMOTE, all=True)
    assert found.excluded == {}
    assert [case.requires for case in found.cases] == [None, None]
    config = tmp_path / "c.toml"
    config.write_text("[product]\nlocal_start = false")
    assert planned(config=str(config), all=True).cases[1].requires is None
    config.write_text("[product]\nlocal_start = true")
    assert planned(config=str(config), all=True).cases[1].requires is not None


def test_the_configuration_may_add_what_the_pics_leaves_open(tmp_path: Path) -> None:
    pics, config = tmp_path / "p.toml", tmp_path / "c.toml"
    text = Path(REMOTE).read_text("utf-8")
    pics.write_text(text.replace('AQ-9 = "yes"', 'AQ-9 = "unanswered"'))
    config.write_text("[product]\nmechanical_lock = false")
    found = planned(pics=str(pics), config=str(config))
    assert found.configuration.product["mechanical_lock"] is False
    with pytest.raises(ConfigError, match=r"AQ-9 is yes .* leave product\.mechanical_lock out"):
        planned(pics=REMOTE, config=str(config))


def test_a_reference_station_is_built_as_the_features_say() -> None:
    features = {name: f.default for name, f in load("1.6").part("station").features.items()}
    plain = station("x", features)
    assert plain.options == {"power_loss": "before"}
    changed = {
        "fixed_cable": True,
        "mechanical_lock": False,
        "local_start": False,
        "authorization_cache": False,
        "mode_1_2_only": True,
        "stops_before_power_loss": False,
        "local_list": False,
        "reservations": False,
    }
    built = station("x", features | changed)
    assert built.options == {
        "cable": "fixed",
        "cable_lock": False,
        "local_start": False,
        "authorization_cache": False,
        "short_power_flow": 3.0,
        "power_loss": "resume",
        "without": ("LocalAuthListManagement", "Reservation"),
    }
    with pytest.raises(CannotBuild, match="no lock at its side"):
        station("x", features | {"fixed_cable": True})


def test_arguments_build_what_the_options_build() -> None:
    """Every argument of the command line is understood, and gives the same station."""
    import typer.main

    import testbay_reference.cli

    features = {name: f.default for name, f in load("1.6").part("station").features.items()}
    changed = {name: not value for name, value in features.items() if name != "mechanical_lock"}
    built = station("x", features | changed | {"mechanical_lock": False})
    group = typer.main.get_command(testbay_reference.cli.app)
    command = group.commands["station"]  # type: ignore[attr-defined]
    read = command.make_context("station", list(built.arguments)).params
    names = {"authorization_cache": "cache"}
    for option, value in built.options.items():
        got = read[names.get(option, option)]
        assert (tuple(got) if isinstance(value, tuple) else got) == value, option
