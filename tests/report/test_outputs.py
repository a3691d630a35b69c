"""The reports for programs and terminals: JUnit, JSON, rows."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import orjson

from testbay.report.journal_reader import Journal
from testbay.report.json_report import json_report, write_json
from testbay.report.junit import junit, write_junit
from testbay.report.summary import RunSummary, summarise
from testbay.report.table import HEADINGS, Row, rows, totals
from testbay.scenario.verdict import Verdict


def test_json_holds_exactly_the_verdicts_and_the_cases(run: RunSummary) -> None:
    report = json_report(run)
    assert list(report) == ["verdicts", "cases"]
    assert report["verdicts"] == {
        "PASS": 2,
        "FAIL": 2,
        "INCONCLUSIVE": 2,
        "NOT APPLICABLE": 1,
        "ERROR": 1,
    }
    assert report["cases"][-1] == {
        "id": "TC_030_CS",
        "ocpp": "1.6",
        "sut": "station",
        "verdict": "NOT APPLICABLE",
        "reason": "the product has no cable lock (cable_lock)",
        "checks": 0,
        "seconds": 0.0,
    }
    assert sum(report["verdicts"].values()) == len(report["cases"])


def test_json_about_a_run_has_what_was_tested(whole: Journal, tmp_path: Path) -> None:
    write_json(whole, tmp_path / "report.json", about=True)
    said = orjson.loads((tmp_path / "report.json").read_bytes())
    run = summarise(whole)
    assert list(said) == ["verdicts", "cases", "run", "systems", "changes", "settings"]
    assert (said["run"]["ocpp"], said["run"]["sut"], said["run"]["seed"]) == ("1.6", "station", 7)
    assert said["systems"] == list(run.systems)
    assert len(said["settings"]) == len(run.surveys)
    for listed, survey in zip(said["settings"], run.surveys, strict=True):
        assert listed["entries"] == survey.entries


def test_json_is_written_as_it_is(whole: Journal, run: RunSummary, tmp_path: Path) -> None:
    write_json(whole, tmp_path / "report.json")
    assert orjson.loads((tmp_path / "report.json").read_bytes()) == json_report(run)


def test_junit_says_what_became_of_every_case(whole: Journal, tmp_path: Path) -> None:
    write_junit(whole, tmp_path / "junit.xml")
    root = ET.parse(tmp_path / "junit.xml").getroot()
    assert root.attrib["tests"] == "10"
    assert (root.attrib["failures"], root.attrib["errors"], root.attrib["skipped"]) == (
        "2",
        "3",
        "3",
    )
    assert [s.attrib["name"] for s in root] == [
        "Core: booting",
        "Core: charging sessions",
        "Reservation",
        "not run",
    ]
    kinds = {
        c.attrib["name"].split()[0]: next((e.tag for e in c if e.tag in KINDS), "")
        for c in root.iter("testcase")
    }
    assert kinds == {
        "TC_001_CS": "",
        "TC_003_CS": "failure",
        "TC_004_CS": "",
        "TC_005_CS": "failure",
        "TC_007_CS": "error",
        "TC_010_CS": "error",
        "TC_011_CS": "error",
        "TC_030_CS": "skipped",
        "TC_044_CS": "skipped",
        "TC_050_CS": "skipped",
    }


KINDS = ("failure", "error", "skipped")


def test_junit_carries_the_reason_and_the_facts(run: RunSummary) -> None:
    root = ET.fromstring("".join(junit(run)).encode())
    case = next(c for c in root.iter("testcase") if c.attrib["name"].startswith("TC_003_CS"))
    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "FAIL"
    assert "<script>" in failure.attrib["message"]
    facts = {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
    assert facts == {"id": "TC_003_CS", "verdict": "FAIL", "checks": "13", "step": "5"}


def test_junit_tells_of_earlier_attempts(run: RunSummary) -> None:
    root = ET.fromstring("".join(junit(run)).encode())
    case = next(c for c in root.iter("testcase") if c.attrib["name"].startswith("TC_004_CS"))
    assert case.findtext("system-out") == "attempt 1: FAIL StopTransaction did not come (step 2)"


def test_junit_stays_xml_whatever_the_reason_holds(run: RunSummary) -> None:
    case = run.cases[1]
    last = replace(case.last, reason="\x00\x1b[31m \ufffe ]]> & \" ' <\n")
    odd = replace(run, cases=(replace(case, attempts=(last, last)),))
    root = ET.fromstring("".join(junit(odd)).encode())
    failure = next(root.iter("failure"))
    assert failure.attrib["message"] == "\\u0000\\u001b[31m \\ufffe ]]> & \" ' <\n"


def test_rows_say_verdict_and_reason(run: RunSummary) -> None:
    assert len(HEADINGS) == len(Row._fields)
    table = rows(run)
    assert [r.id for r in table] == [c.id for c in run.cases]
    assert table[0] == Row("TC_001_CS", Verdict.PASS, "Cold boot", "", "15", "50.8 s")
    assert table[-1].time == ""
    assert table[-1].reason == "the product has no cable lock (cable_lock)"


def test_a_row_cannot_steer_the_terminal(run: RunSummary) -> None:
    case = run.cases[1]
    odd = replace(run, cases=(replace(case, title="\x1b[2Jgone"),))
    assert rows(odd)[0].title == "\\u001b[2Jgone"


def test_the_totals_say_what_a_reader_must_know(run: RunSummary) -> None:
    lines = totals(replace(run, stopped="the run was stopped by the tester"))
    assert lines[0] == (
        "2 of 7 cases failed, 1 ended in an error of the tool, 2 could not be judged, 2 not run."
    )
    assert lines[1] == "2 FAIL, 1 ERROR, 2 INCONCLUSIVE, 2 PASS, 1 NOT APPLICABLE in 5 min 02 s"
    assert lines[2] == "The run ended early: the run was stopped by the tester"
    assert lines[3] == "TC_004_CS: attempt 2 decides; before: FAIL"
    assert len(lines) == 7
