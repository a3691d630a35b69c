"""What there is: ``list``, ``show`` and ``config new``."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from testbay.campaign import config, suites
from testbay.campaign.config import Certificates, Connect, FileServers
from testbay.campaign.security import password_name
from testbay.interfaces.cli.template import CONNECT, FILES, LAB

from .conftest import Cli


def test_list_as_json(cli: Cli) -> None:
    cases = json.loads(cli("list", "--json").out)
    assert {"id", "ocpp", "sut", "title", "group"} <= cases[0].keys()
    assert [c["id"] for c in cases] == [id for v in suites.MODULES for id in suites.load(v).cases]
    assert {c["sut"] for c in cases} == {"station", "csms"}


def test_list_selects(cli: Cli) -> None:
    cases = json.loads(cli("list", "--sut", "csms", "--group", "3.6", "--json").out)
    assert {c["sut"] for c in cases} == {"csms"}
    assert len({c["group"] for c in cases}) == 1


def test_list_for_people(cli: Cli) -> None:
    shown = cli("list", "--ocpp", "1.6").out
    assert "TC_003_CS " in shown
    assert shown.endswith(f"{len(suites.load('1.6').cases)} cases\n")


def test_show_a_case(cli: Cli) -> None:
    shown = cli("show", "tc_003_cs").out
    assert shown.startswith("TC_003_CS ")
    assert "StartTransaction" in shown


def test_show_as_json(cli: Cli) -> None:
    case = json.loads(cli("show", "TC_003_CS", "--json").out)
    assert {"id", "ocpp", "sut", "steps", "before", "readings"} <= case.keys()
    step = case["steps"][1]
    assert {"step", "verb", "action", "direction", "checks"} <= step.keys()


def test_show_all_as_json(cli: Cli) -> None:
    cases = json.loads(cli("show", "--all", "--json", "--sut", "csms").out)
    assert {c["sut"] for c in cases} == {"csms"}
    assert all(case["steps"] for case in cases)


@pytest.mark.parametrize("sut", suites.SUTS)
@pytest.mark.parametrize("ocpp", suites.MODULES)
def test_the_template_holds_every_value_with_its_default(
    cli: Cli, tmp_path: Path, ocpp: str, sut: str
) -> None:
    assert cli("config", "new", "--sut", sut, "--ocpp", ocpp, "new.toml").out == "new.toml\n"
    file, part = tmp_path / "new.toml", suites.load(ocpp).part(sut)
    as_it_is = config.load(file, part.values, part.features)
    assert as_it_is == config.load(None, part.values, part.features)
    text = "".join(
        line.removeprefix("#") if not line.startswith("# ") else ""
        for line in file.read_text().splitlines(keepends=True)
    )
    tables = tomllib.loads(text)
    said = ("security_profile", password_name(part.values))  # by [connect]
    told = {v.name: v.default for v in part.values.values() if v.name not in said}
    assert tables["values"] == told
    of_product = [f for f in part.features.values() if f.run is None]
    assert tables["product"] == {f.name: f.default for f in of_product}
    assert tables["connect"].items() <= asdict(Connect()).items()
    assert tables["lab"].items() <= asdict(Certificates()).items()
    assert tables.get("files", {}).items() <= asdict(FileServers()).items()
    for value in part.values.values():
        assert value.sentence.split()[0] in file.read_text()
    file.write_text(text)
    cases = suites.load(ocpp).cases.values()
    first = next(c.id for c in cases if c.sut == sut and c.requires is None)
    asked = ("check", sut, "--reference", "--ocpp", ocpp, "--case", first)
    result = cli(*asked, "--config", file)
    assert (result.code, result.err) == (0, ""), result.out


@pytest.mark.parametrize(
    ("written", "ocpp", "sut", "told"),
    [
        ("[values]\noffline_threshold = 5\n", "1.6", "station", "station and OCPP 2.0.1"),
        ("[values]\nstack_level = 5\n", "2.0.1", "station", "station and OCPP 1.6"),
    ],
)
def test_a_file_for_something_else_says_for_what(
    cli: Cli, tmp_path: Path, written: str, ocpp: str, sut: str, told: str
) -> None:
    (tmp_path / "c.toml").write_text(written)
    result = cli("check", sut, "--reference", "--ocpp", ocpp, "--config", "c.toml")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"is for a {told}, but a {sut} is tested with OCPP {ocpp}" in result.err


@pytest.mark.parametrize(
    ("known", "kind"), [(CONNECT, Connect), (LAB, Certificates), (FILES, FileServers)]
)
def test_the_template_explains_every_key(known: dict[str, object], kind: type) -> None:
    assert list(known) == [f.name for f in fields(kind)]


def test_a_file_is_never_overwritten(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("# mine")
    result = cli("config", "new", "mine.toml")
    assert result.code == 2
    assert "mine.toml is there already" in result.err
    assert (tmp_path / "mine.toml").read_text() == "# mine"
