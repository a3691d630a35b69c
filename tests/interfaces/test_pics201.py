"""``testbay pics`` and ``testbay run --pics`` for OCPP 2.0.1."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from .conftest import Cli, Result

DOCS = Path(__file__).parents[2] / "docs/pics/ocpp201"
STATION, FIXED, REMOTE = (DOCS / f"station{name}.toml" for name in ("", "-fixed", "-remote"))
CASES = ("TC_B_28_CS", "TC_E_38_CS", "TC_F_23_CS")
CHOSEN = [part for case in CASES for part in ("--case", case)]


def changed(folder: Path, pics: Path, question: str, answer: str) -> Path:
    """Write a PICS with an answer changed."""
    text = pics.read_text("utf-8")
    text, count = re.subn(f"^{question} = .*$", f'{question} = "{answer}"', text, flags=re.M)
    assert count == 1, question
    (folder / "product.toml").write_text(text, "utf-8")
    return folder / "product.toml"


def run(cli: Cli, pics: Path, *more: str) -> Result:
    fixed = ("run", "station", "--reference", "--virtual", "--ocpp", "2.0.1", "--json", "v.json")
    out = () if "--out" in more else ("--out", "a")
    return cli(*fixed, *out, "--pics", pics, *(more or CHOSEN))


def verdicts(folder: Path) -> dict[str, tuple[str, str]]:
    """Return verdict and reason of each case."""
    said = json.loads((folder / "v.json").read_text("utf-8"))
    return {case["id"]: (case["verdict"], case["reason"]) for case in said["cases"]}


def test_what_does_not_apply_is_skipped_with_the_answers(cli: Cli, tmp_path: Path) -> None:
    assert run(cli, FIXED).code == 0
    assert verdicts(tmp_path) == {
        "TC_B_28_CS": ("PASS", ""),
        "TC_E_38_CS": (
            "NOT APPLICABLE",
            "C-09.5 is yes (Can a transaction begin with the flow of energy (EnergyTransfer)?)",
        ),
        "TC_F_23_CS": ("NOT APPLICABLE", "C-29.5 is no (Can StatusNotification be triggered?)"),
    }
    assert run(cli, FIXED, "--all", "--case", "TC_E_38_CS", "--out", "b").code == 0
    assert verdicts(tmp_path) == {"TC_E_38_CS": ("PASS", "")}


def test_a_station_that_is_started_remotely_only(cli: Cli, tmp_path: Path) -> None:
    assert run(cli, REMOTE, "--case", "TC_E_21_CS", "--case", "TC_E_15_CS").code == 0
    found = verdicts(tmp_path)
    assert found["TC_E_21_CS"] == ("PASS", "")
    assert found["TC_E_15_CS"][0] == "NOT APPLICABLE"
    assert found["TC_E_15_CS"][1].startswith("C-30 is no (")


def test_the_selection_is_shown(cli: Cli) -> None:
    result = cli("pics", "check", STATION)
    told = " ".join(result.out.split())
    assert result.code == 0
    assert "station.toml: a station, OCPP 2.0.1, certificate Subset" in told
    assert "TC_B_14_CS mandatory applies" in told
    assert "TC_B_25_CS conditional applies" in told
    assert "TC_B_15_CS conditional not applicable C-56 is yes (Is there a summary report?)" in told
    assert re.search(r"\d+ cases: \d+ apply, \d+ do not apply\.", told)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("maybe", """C-56 is 'maybe', expected one of "yes", "no", or "unanswered" (Is"""),
        ("no", "contradicts itself: Advanced Device Management has the summary report"),
        ("unanswered", "product.toml: C-56 unanswered, and whether TC_B_15_CS apply"),
    ],
)
def test_what_is_wrong_is_named(cli: Cli, tmp_path: Path, answer: str, said: str) -> None:
    pics = changed(tmp_path, STATION, "C-56", answer)
    result = run(cli, pics, "--case", "TC_B_15_CS")
    assert result.code == 2
    assert said in " ".join(result.err.split())


def test_the_pics_of_another_version_is_refused(cli: Cli) -> None:
    result = run(cli, DOCS.parent / "station.toml", "--case", "TC_B_28_CS")
    assert result.code == 2
    assert "station.toml is for OCPP 1.6, not for 2.0.1" in result.err


def test_the_pics_says_which_version_is_run(cli: Cli, tmp_path: Path) -> None:
    how = ("--reference", "--virtual", "--pics", FIXED, "--group", "F", "--json", "v.json")
    assert cli("run", "station", *how, "--out", "a").code == 0
    assert "TC_F_20_CS" in verdicts(tmp_path)
    result = cli("check", "station", "--reference", "--pics", FIXED, "--json")
    assert json.loads(result.out)["ocpp"] == "2.0.1"
    nothing = cli("run", "station", "--pics", tmp_path / "none.toml")
    assert (nothing.code, "there is no such file" in nothing.err) == (2, True)
