"""``testbay pics``, and runs whose cases a PICS chooses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from testbay.campaign.form import load_form

from .conftest import Cli, Result, lines_of

DOCS = Path(__file__).parents[2] / "docs/pics"
STATION = DOCS / "station.toml"
CASES = ("TC_003_CS", "TC_010_CS", "TC_017_2_CS")
CHOSEN = [part for case in CASES for part in ("--case", case)]


def changed(folder: Path, **answers: str) -> Path:
    """Write the PICS of the reference station with some answers changed."""
    text = STATION.read_text("utf-8")
    for id, answer in answers.items():
        key = id.replace("_", "-") if id[:2].isupper() or id[1] == "_" else id
        text, count = re.subn(rf"^{key} = .*$", f'{key} = "{answer}"', text, flags=re.M)
        assert count == 1, key
    file = folder / "product.toml"
    file.write_text(text, "utf-8")
    return file


def run(cli: Cli, pics: Path, *more: str, out: str = "a") -> Result:
    fixed = ("run", "station", "--reference", "--virtual", "--out", out, "--json", "v.json")
    return cli(*fixed, "--pics", pics, *(more or CHOSEN))


def verdicts(folder: Path) -> dict[str, tuple[str, str]]:
    """Return verdict and reason of each case."""
    said: dict[str, Any] = json.loads((folder / "v.json").read_text("utf-8"))
    return {case["id"]: (case["verdict"], case["reason"]) for case in said["cases"]}


# -- pics new --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ocpp", ["1.6", "2.0.1"])
@pytest.mark.parametrize("sut", ["station", "csms"])
def test_a_new_pics_is_printed_or_written(cli: Cli, tmp_path: Path, sut: str, ocpp: str) -> None:
    printed = cli("pics", "new", "--sut", sut, "--ocpp", ocpp)
    written = cli("pics", "new", "p.toml", "--sut", sut, "--ocpp", ocpp)
    assert (printed.code, written.code, written.out) == (0, 0, "p.toml\n")
    assert (tmp_path / "p.toml").read_text("utf-8") == printed.out
    assert cli("pics", "check", "p.toml").code == 3


def test_a_file_that_is_there_is_left_alone(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("mine")
    result = cli("pics", "new", "p.toml")
    assert (result.code, "p.toml is there already" in result.err) == (2, True)
    assert (tmp_path / "p.toml").read_text() == "mine"


def test_there_is_no_form_for_another_version(cli: Cli) -> None:
    result = cli("pics", "new", "--ocpp", "3")
    assert (result.code, "there is no OCPP 3 here" in result.err) == (2, True)


# -- pics check ------------------------------------------------------------------------------------


def test_the_selection_is_shown(cli: Cli) -> None:
    result = cli("pics", "check", STATION)
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    assert result.code == 0
    assert lines[0].endswith("station.toml: a station, OCPP 1.6, certificate Full")
    assert "TC_001_CS mandatory applies" in lines
    assert (
        "TC_017_2_CS conditional not applicable fixed_cable is no (Is the cable fixed to the"
        in (" ".join(lines))
    )
    assert [x for x in lines if x in ("Core", "Smart Charging", "Advanced Security")] == [
        "Core",
        "Smart Charging",
        "Advanced Security",
    ]
    assert lines.index("Not part of the certification") > lines.index("Advanced Security")
    assert re.search(r"^107 cases: \d+ apply, \d+ do not apply\.$", result.out, re.M)


def test_the_selection_as_json(cli: Cli) -> None:
    result = cli("pics", "check", STATION, "--json")
    said = json.loads(result.out)
    assert (said["sut"], said["ocpp"], said["certificate"]) == ("station", "1.6", "Full")
    assert (said["contradictions"], said["notes"], said["unanswered"]) == ([], [], [])
    cases = {case["case"]: case for case in said["cases"]}
    assert list(cases) == [id for id in load_form("1.6").rows if id.endswith("_CS")]
    found = cases["TC_017_2_CS"]
    assert (found["status"], found["profile"]) == ("conditional", "Core")
    assert (found["applies"], found["questions"]) == ("not applicable", ["fixed_cable", "AQ-9"])


def test_what_cannot_be_so_is_shown_with_all_else(cli: Cli, tmp_path: Path) -> None:
    result = cli("pics", "check", changed(tmp_path, R_0="no"))
    assert result.code == 2
    assert "TC_003_CS" in result.out
    assert "Cannot be so: R-0 has no reservations at all" in result.out
    said = json.loads(cli("pics", "check", tmp_path / "product.toml", "--json").out)
    assert len(said["contradictions"]) == 1


def test_what_is_missing_is_shown(cli: Cli, tmp_path: Path) -> None:
    result = cli("pics", "check", changed(tmp_path, AQ_2="unanswered"))
    assert result.code == 3
    assert "Unanswered: AQ-2." in result.out
    assert re.search(r"TC_010_CS +conditional +undetermined +AQ-2 is unanswered", result.out)


def test_prerequisites_and_notes_are_shown(cli: Cli, tmp_path: Path) -> None:
    text = STATION.read_text("utf-8").replace(
        "LocalAuthListMaxLength = 100", "LocalAuthListMaxLength = 3"
    )
    (tmp_path / "p.toml").write_text(text.replace('AQ-8 = "no"', 'AQ-8 = "yes"'))
    result = cli("pics", "check", "p.toml")
    told = " ".join(result.out.split())
    assert result.code == 0
    assert "LocalAuthListMaxLength is 3" in told
    assert "and the case needs at least 5" in told
    assert "See whether it is so: AQ-8 has further ports" in told


@pytest.mark.parametrize("command", [("pics", "check"), ("run", "station", "--pics")])
def test_a_mistake_ends_it_with_a_sentence(cli: Cli, tmp_path: Path, command: tuple[str]) -> None:
    result = cli(*command, changed(tmp_path, AQ_2="maybe"))
    assert result.code == 2
    assert """product.toml: AQ-2 is 'maybe', expected one of "yes", "no", or""" in result.err
    assert result.err.count("\n") == 1
    assert "there is no such file" in cli(*command, "nowhere.toml").err


# -- run --pics ------------------------------------------------------------------------------------


def test_what_does_not_apply_is_skipped_with_the_answers(cli: Cli, tmp_path: Path) -> None:
    result = run(cli, changed(tmp_path, AQ_2="yes"))
    assert result.code == 0, result.err
    found = verdicts(tmp_path)
    lock = "AQ-2 is yes (Does a lock keep the cable from being plugged in before authorization?)"
    assert found["TC_003_CS"] == found["TC_010_CS"] == ("NOT APPLICABLE", lock)
    assert found["TC_017_2_CS"][1].startswith("fixed_cable is no (")


def test_the_product_is_what_the_pics_says(cli: Cli, tmp_path: Path) -> None:
    assert run(cli, DOCS / "station-modes-1-2.toml", "--case", "TC_017_2_CS").code == 0
    assert verdicts(tmp_path)["TC_017_2_CS"][0] == "PASS"
    started = next(lines_of(tmp_path / "a"))
    assert started["product"]["fixed_cable"] is True
    assert started["product"]["mode_1_2_only"] is True
    assert started["product"]["local_start"] is False
    assert started["pics"]["C-06"] == "both"
    assert started["pics"]["communication"] == ["ethernet"]
    report = (tmp_path / "a/report.html").read_text("utf-8")
    assert "<summary>PICS</summary>" in report
    assert "mode_1_2_only" in report


def test_all_runs_what_does_not_apply(cli: Cli, tmp_path: Path) -> None:
    result = run(cli, changed(tmp_path, AQ_2="yes"), "--all", *CHOSEN[:4])
    assert result.code == 0, result.err
    assert {v for v, _ in verdicts(tmp_path).values()} == {"PASS"}


def test_all_without_a_pics(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[product]\nlocal_start = false")
    fixed = ("run", "station", "--reference", "--virtual", "--config", "c.toml", "--all")
    result = cli(*fixed, "--out", "a", "--json", "v.json", *CHOSEN)
    assert result.code == 0, result.err
    assert {v for v, _ in verdicts(tmp_path).values()} == {"PASS"}


def test_an_answer_that_is_missing_and_decides_is_asked_for(cli: Cli, tmp_path: Path) -> None:
    pics = changed(tmp_path, AQ_2="unanswered", C_02="unanswered")
    result = run(cli, pics)
    assert result.code == 2
    assert "product.toml: AQ-2 unanswered, and whether TC_003_CS, TC_010_CS apply" in result.err
    assert not (tmp_path / "a").exists()
    assert run(cli, pics, "--case", "TC_001_CS").code == 0
    assert run(cli, pics, "--all", "--case", "TC_010_CS", out="b").code == 0


def test_a_pics_that_contradicts_itself_is_refused(cli: Cli, tmp_path: Path) -> None:
    result = run(cli, changed(tmp_path, R_0="no"), "--all")
    assert result.code == 2
    assert "product.toml contradicts itself: R-0 has no reservations at all" in result.err


def test_the_pics_of_another_system_is_refused(cli: Cli) -> None:
    result = run(cli, DOCS / "csms.toml")
    assert result.code == 2
    assert "csms.toml describes a csms, but a station is tested" in result.err


def test_a_configuration_that_says_otherwise_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[product]\nfixed_cable = true")
    result = run(cli, STATION, "--config", "c.toml")
    assert result.code == 2
    assert "product.fixed_cable is true in the configuration, but in " in result.err
    assert "fixed_cable is no (Is the cable fixed to the station?): leave product." in result.err
    (tmp_path / "c.toml").write_text("[product]\nfixed_cable = false")
    assert run(cli, STATION, "--config", "c.toml").code == 0


def test_a_reference_station_that_cannot_be_built(cli: Cli, tmp_path: Path) -> None:
    result = run(cli, changed(tmp_path, fixed_cable="yes"))
    assert result.code == 2
    assert "the reference station has no lock at its side where its cable is fixed" in result.err


def test_the_same_run_writes_the_same_journal(cli: Cli, tmp_path: Path) -> None:
    run(cli, STATION, out="a")
    run(cli, STATION, out="b")
    one, other = (tmp_path / name / "journal.jsonl" for name in "ab")
    assert one.read_bytes() == other.read_bytes()


def test_going_on_uses_the_answers_the_run_began_with(cli: Cli, tmp_path: Path) -> None:
    pics = changed(tmp_path, AQ_2="yes")
    run(cli, pics)
    journal = tmp_path / "a/journal.jsonl"
    journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[0])
    pics.write_text("gone")
    result = cli("run", "--resume", "a", "--json", "v.json")
    assert result.code == 0, result.err
    assert {v for v, _ in verdicts(tmp_path).values()} == {"NOT APPLICABLE"}
    skipped = [line["case"] for line in lines_of(tmp_path / "a") if line["kind"] == "case_skipped"]
    assert skipped == list(CASES)
    assert cli("run", "--resume", "a").code == 0
    again = [line["case"] for line in lines_of(tmp_path / "a") if line["kind"] == "case_skipped"]
    assert again == skipped


@pytest.mark.parametrize("sut", ["station", "csms"])
def test_on_the_real_clock(cli: Cli, tmp_path: Path, sut: str) -> None:
    ids = {"station": CASES, "csms": ("TC_021_CSMS", "TC_003_CSMS")}[sut]
    chosen = [part for case in ids[1:] for part in ("--case", case)]
    fixed = ("run", sut, "--reference", "--out", "a", "--json", "v.json")
    result = cli(*fixed, "--pics", DOCS / f"{sut}.toml", *chosen)
    assert result.code == 0, result.err
    assert set(verdicts(tmp_path)) == set(ids[1:])
