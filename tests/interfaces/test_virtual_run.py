"""Runs on the virtual clock: verdicts, reports, the same journal twice, going on, judging again."""

from __future__ import annotations

import errno
import json
import os
import signal
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

from testbay.campaign.journal import Journal
from testbay.interfaces.cli.reports import exit_code
from testbay.interfaces.cli.screen import PlainScreen
from testbay.scenario import events
from testbay.scenario.verdict import Verdict

from .conftest import Cli, Result, lines_of

CASES = ("TC_003_CS", "TC_013_CS", "TC_010_CS")


def run(cli: Cli, out: str, *more: str) -> Result:
    chosen = [part for case in CASES for part in ("--case", case)]
    return cli("run", "station", "--reference", "--virtual", "--out", out, *chosen, *more)


def test_all_cases_pass(cli: Cli) -> None:
    for sut in ("station", "csms"):
        result = cli("run", sut, "--reference", "--virtual")
        assert result.code == 0, result.out


def test_a_run_writes_all_reports(cli: Cli, tmp_path: Path) -> None:
    result = run(cli, "a", "--json", "here/v.json", "--junit", "j.xml")
    assert result.code == 0
    assert "Report:  a/report.html\nJournal: a/journal.jsonl\n" in result.out
    assert "All 3 cases passed." in result.out
    for name in ("report.html", "verdicts.json", "junit.xml"):
        assert (tmp_path / "a" / name).stat().st_size
    said = json.loads((tmp_path / "here/v.json").read_text())
    assert said.keys() == {"verdicts", "cases"}
    assert said["verdicts"]["PASS"] == 3
    assert [c["id"] for c in said["cases"]] == ["TC_003_CS", "TC_010_CS", "TC_013_CS"]
    keys = {"id", "ocpp", "sut", "verdict", "reason", "checks", "seconds"}
    assert all(case.keys() == keys for case in said["cases"])
    assert ElementTree.parse(tmp_path / "j.xml").getroot().get("tests") == "3"
    full = json.loads((tmp_path / "a/verdicts.json").read_text())
    assert {key: full[key] for key in said} == said
    assert full["run"]["config"]["authorization_key"] == "(secret)"
    [system], [settings] = full["systems"], full["settings"]
    assert (system["chargePointVendor"], system["firmwareVersion"]) == ("Testbay", "1.0.0")
    assert "HeartbeatInterval" in [entry["key"] for entry in settings["entries"]]


def test_one_line_for_every_case_where_there_is_no_terminal(cli: Cli) -> None:
    lines = run(cli, "a").out.splitlines()
    assert lines[0] == "OCPP 1.6: 3 cases against the reference station on the virtual clock"
    assert [line[:5] for line in lines[1:4]] == ["[1/3]", "[2/3]", "[3/3]"]
    assert "PASS            TC_003_CS " in lines[1]
    assert "\x1b" not in "".join(lines)


def test_two_runs_write_the_same_journal(cli: Cli, tmp_path: Path) -> None:
    run(cli, "a")
    run(cli, "b")
    assert (tmp_path / "a/journal.jsonl").read_bytes() == (
        tmp_path / "b/journal.jsonl"
    ).read_bytes()


def test_the_seed_is_in_the_journal(cli: Cli, tmp_path: Path) -> None:
    run(cli, "a", "--seed", "7")
    assert next(lines_of(tmp_path / "a"))["seed"] == 7


def test_secrets_are_masked(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[values]\nauthorization_key = 'the-secret-key'")
    assert run(cli, "a", "--config", "c.toml").code == 0
    for file in (tmp_path / "a").iterdir():
        assert b"the-secret-key" not in file.read_bytes()
    started = next(lines_of(tmp_path / "a"))
    assert started["config"]["authorization_key"] == "(secret)"


def test_a_folder_with_a_run_is_left_alone(cli: Cli) -> None:
    run(cli, "a")
    result = run(cli, "a")
    assert result.code == 2
    assert "a holds a run already; go on with it by --resume a" in result.err


def test_a_folder_is_named_by_date_and_system(cli: Cli, tmp_path: Path) -> None:
    for _ in range(2):
        cli("run", "csms", "--reference", "--virtual", "--case", "TC_021_CSMS")
    folders = sorted(folder.name for folder in (tmp_path / "runs").iterdir())
    assert len(folders) == 2
    assert all("csms" in name for name in folders)


def test_a_virtual_run_tells_the_time_that_it_has_simulated(cli: Cli) -> None:
    cases = ("--case", "TC_003_CS", "--case", "TC_004_2_CS")
    done = cli("run", "station", "--reference", "--virtual", *cases, "--out", "a")
    assert "2 PASS in 50.0 s of simulated time" in done.out


# -- going on --------------------------------------------------------------------------------------


def cut(folder: Path, case: str) -> None:
    """Cut the journal as a kill does, in the middle of a line of a case."""
    journal = folder / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    of_case = [i for i, line in enumerate(lines) if orjson.loads(line).get("case") == case]
    journal.write_bytes(b"".join(lines[: of_case[9]]) + lines[of_case[9]][:20])


def test_a_cut_run_goes_on(cli: Cli, tmp_path: Path) -> None:
    run(cli, "a", "--seed", "7")
    cut(tmp_path / "a", "TC_010_CS")
    result = cli("run", "--resume", "a", "--json", "v.json")
    assert result.code == 0, result.err
    assert "going on in a: 1 ended before and are not run again" in result.out
    tried = [
        (line["case"], line["attempt"], line["seed"])
        for line in lines_of(tmp_path / "a")
        if line["kind"] == "case_started"
    ]
    assert tried == [
        ("TC_003_CS", 1, 7),
        ("TC_010_CS", 1, 7),
        ("TC_010_CS", 2, 7),
        ("TC_013_CS", 1, 7),
    ]
    assert json.loads((tmp_path / "v.json").read_text())["verdicts"]["PASS"] == 3


def test_a_complete_run_has_nothing_to_go_on_with(cli: Cli, tmp_path: Path) -> None:
    run(cli, "a")
    assert cli("run", "station", "--resume", "a").code == 0
    started = [line for line in lines_of(tmp_path / "a") if line["kind"] == "case_started"]
    assert len(started) == 3


def test_going_on_uses_the_values_the_run_began_with(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[values]\nsettle_time = 1.0")
    run(cli, "a", "--config", "c.toml")
    cut(tmp_path / "a", "TC_010_CS")
    (tmp_path / "c.toml").write_text("[values]\nsettle_time = 2.0")
    cli("run", "--resume", "a")
    values = [x["config"]["settle_time"] for x in lines_of(tmp_path / "a") if "config" in x]
    assert set(values) == {1.0}


def test_another_system_under_test_is_refused(cli: Cli) -> None:
    run(cli, "a")
    result = cli("run", "csms", "--resume", "a")
    assert (result.code, "the run in a tests a station" in result.err) == (2, True)


def test_a_journal_without_a_beginning_cannot_go_on(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/journal.jsonl").write_text('{"kind":"frame"}\n')
    result = cli("run", "--resume", "a")
    assert (result.code, "does not begin with the start of a run" in result.err) == (2, True)


def test_a_random_order_is_that_of_its_seed(cli: Cli, tmp_path: Path) -> None:
    def order(folder: str) -> list[str]:
        lines = lines_of(tmp_path / folder)
        return [line["case"] for line in lines if line["kind"] == "case_started"]

    for folder, seed in (("a", "1"), ("b", "1"), ("c", "5")):
        result = run(cli, folder, "--order", "random", "--seed", seed)
        assert f"in random order (seed {seed})" in result.out
    assert order("a") == order("b") != order("c")
    assert sorted(order("c")) == sorted(CASES)


def test_a_random_order_without_a_seed_prints_one(cli: Cli, tmp_path: Path) -> None:
    said = run(cli, "a", "--order", "random").out
    seed = next(lines_of(tmp_path / "a"))["seed"]
    assert f"in random order (seed {seed})" in said


def test_a_random_order_goes_on_in_the_same_order(cli: Cli, tmp_path: Path) -> None:
    run(cli, "a", "--order", "random", "--seed", "5")
    run(cli, "b", "--order", "random", "--seed", "5")
    first = next(line["case"] for line in lines_of(tmp_path / "b") if "case" in line)
    cut(tmp_path / "b", first)
    assert cli("run", "--resume", "b").code == 0
    began = [x["case"] for x in lines_of(tmp_path / "b") if x["kind"] == "case_started"]
    wanted = [x["case"] for x in lines_of(tmp_path / "a") if x["kind"] == "case_started"]
    assert began == [first, *wanted]


def test_cases_are_repeated_and_every_attempt_is_kept(cli: Cli, tmp_path: Path) -> None:
    result = run(cli, "a", "--repeat", "3")
    assert "3 cases against the reference station on the virtual clock, each 3 times" in result.out
    assert "TC_003_CS: attempt 3 decides; before: PASS, PASS" in result.out
    page = (tmp_path / "a/report.html").read_text("utf-8")
    assert 'id="TC_003_CS.1"' in page
    assert 'id="TC_003_CS.2"' in page


def test_a_run_that_is_cut_repeats_what_is_left(cli: Cli, tmp_path: Path) -> None:
    run(cli, "a", "--repeat", "2", "--case", "TC_003_CS")
    cut(tmp_path / "a", "TC_010_CS")
    assert cli("run", "--resume", "a").code == 0
    tried = [x["case"] for x in lines_of(tmp_path / "a") if x["kind"] == "case_finished"]
    assert sorted(tried) == sorted([*CASES, *CASES])


def test_a_case_of_a_run_is_run_again(cli: Cli, tmp_path: Path) -> None:
    run(cli, "a")
    result = cli("run", "--resume", "a", "--again", "tc_010_cs")
    assert result.code == 0, result.err
    tried = [
        (x["case"], x["attempt"])
        for x in lines_of(tmp_path / "a")
        if x["kind"] == "case_started" and x["case"] == "TC_010_CS"
    ]
    assert tried == [("TC_010_CS", 1), ("TC_010_CS", 2)]
    assert "TC_010_CS: attempt 2 decides; before: PASS" in result.out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--resume", "a", "--again", "TC_001_CS"), "the run in a does not have TC_001_CS; it has"),
        (("--resume", "a", "--again", "TC_999"), "there is no case TC_999"),
        (("station", "--again", "TC_003_CS"), "say which one with --resume DIR"),
        (("--resume", "a", "--repeat", "2"), "leave out --repeat"),
        (("--resume", "a", "--order", "random"), "leave out --order"),
        (("station", "--reference", "--repeat", "0"), "--repeat is a number from 1 on"),
    ],
)
def test_what_cannot_be_run_again(cli: Cli, arguments: tuple[str, ...], why: str) -> None:
    run(cli, "a")
    result = cli("run", *arguments)
    assert result.code == 2
    assert why in result.err
    assert result.err.count("\n") == 1


def test_a_case_that_does_not_apply_is_not_run_again(cli: Cli) -> None:
    pics = Path(__file__).parents[2] / "docs/pics/station-modes-1-2.toml"
    result = run(cli, "a", "--pics", str(pics))
    assert result.code == 0
    again = cli("run", "--resume", "a", "--again", "TC_003_CS")
    assert again.code == 2
    assert "TC_003_CS does not apply to this product: C-07 is no" in again.err


# -- ended early -----------------------------------------------------------------------------------


def test_ctrl_c_ends_the_run_after_the_case(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = PlainScreen.noted

    def interrupted(self: PlainScreen, stamped: events.Stamped) -> str:
        if isinstance(stamped.event, events.CaseStarted):
            signal.raise_signal(signal.SIGINT)
        return shown(self, stamped)

    monkeypatch.setattr(PlainScreen, "noted", interrupted)
    result = run(cli, "a")
    assert result.code == 3
    assert "The one case passed, 2 not run." in result.out
    assert "The run ended early: the run was stopped by the tester" in result.out
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert cli("run", "--resume", "a").code == 0


def test_a_full_disk_ends_the_run_and_it_goes_on(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Journal.__call__

    def full(self: Journal, stamped: events.Stamped) -> None:
        if stamped.case == CASES[2]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(self, stamped)

    monkeypatch.setattr(Journal, "__call__", full)
    result = run(cli, "a")
    assert result.code == 2
    assert "a/journal.jsonl cannot be written: No space left on device" in result.err
    assert "testbay run --resume a goes on" in result.err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert cli("run", "--resume", "a").code == 0


# -- reading a run ---------------------------------------------------------------------------------


def test_reports_again(cli: Cli, tmp_path: Path) -> None:
    run(cli, "a")
    before = (tmp_path / "a/report.html").read_bytes()
    (tmp_path / "a/report.html").unlink()
    result = cli("report", "a", "--json", "v.json", "--junit", "j.xml")
    assert (result.code, result.out) == (0, "a/report.html\n")
    assert (tmp_path / "a/report.html").read_bytes() == before
    said = json.loads((tmp_path / "v.json").read_text())
    full = json.loads((tmp_path / "a/verdicts.json").read_text())
    assert said == {key: full[key] for key in ("verdicts", "cases")}


def test_judged_again_it_is_the_same(cli: Cli) -> None:
    run(cli, "a")
    result = cli("rejudge", "a", "--case", "TC_003_CS", "--case", "TC_013_CS")
    assert result.code == 0
    assert "2 of 2 cases judged again." in result.out


def test_judged_again_after_a_cut(cli: Cli, tmp_path: Path) -> None:
    run(cli, "a")
    cut(tmp_path / "a", "TC_010_CS")
    result = cli("rejudge", "a")
    assert result.code == 3
    assert "cannot be judged again" in result.out
    assert "1 of 2 cases judged again, 1 cannot be judged again." in result.out


def test_judging_again_names_the_cases_there_are(cli: Cli) -> None:
    run(cli, "a")
    result = cli("rejudge", "a", "--case", "TC_001_CS")
    assert result.code == 2
    assert "it has TC_003_CS, TC_010_CS, TC_013_CS" in result.err


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([], 0),
        ([Verdict.PASS, Verdict.NOT_APPLICABLE], 0),
        ([Verdict.PASS, Verdict.INCONCLUSIVE], 3),
        ([Verdict.INCONCLUSIVE, Verdict.FAIL], 1),
        ([Verdict.FAIL, Verdict.ERROR], 4),
    ],
)
def test_exit_codes(verdicts: list[Verdict], code: int) -> None:
    assert exit_code(verdicts) == code


def test_not_applicable_is_no_failure(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[product]\nlocal_start = false")
    result = run(cli, "a", "--config", "c.toml", "--json", "v.json")
    assert result.code == 0
    said = json.loads((tmp_path / "v.json").read_text())
    assert said["verdicts"]["NOT APPLICABLE"] == 1
    assert "local_start is false" in said["cases"][0]["reason"]
