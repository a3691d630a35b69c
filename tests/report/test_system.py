"""The report says who was tested, with which settings, how fast it is, and what that comes to."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from testbay.campaign.form import load_form
from testbay.campaign.pics import load
from testbay.campaign.suites import load as load_suite
from testbay.report.certificate import certification, lines
from testbay.report.html import html
from testbay.report.journal_reader import Journal, read_journal
from testbay.report.performance import Measured
from testbay.report.summary import CaseSummary, RunSummary, summarise
from testbay.report.table import totals
from testbay.scenario import events
from testbay.scenario.events import Event, Stamped
from testbay.scenario.verdict import Verdict

from .conftest import written
from .journals import HOSTILE, Case

DOCS = Path(__file__).parents[2] / "docs/pics"
ABOUT = {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "1.0"}
NEWER = {**ABOUT, "firmwareVersion": "2.0"}


def lines_of(*events_: tuple[str, Event]) -> bytes:
    """Return lines of a journal: each event with its case."""
    import orjson

    stamped = (Stamped(1.0, "2026-11-21T10:20:30.000Z", c, 1 if c else 0, e) for c, e in events_)
    return b"".join(orjson.dumps(s.to_json()) + b"\n" for s in stamped)


def journal_of(folder: Path, *more: tuple[str, Event]) -> Journal:
    started = events.RunStarted(
        "1.6", "station", 7, "real", "0", ["TC_1_CS"], {}, {}, {"order": "random"}
    )
    case = Case("TC_1_CS", "A case", "Cases")
    case.finish()
    told = ((s.case, s.event) for s in case.lines)
    return written(folder, lines_of(("", started), *told, *more))


def page_of(journal: Journal) -> str:
    return unescape("".join(html(journal)))


def test_who_was_tested_stands_at_the_top(tmp_path: Path) -> None:
    journal = journal_of(tmp_path, ("", events.Identified(1, ABOUT)))
    page = page_of(journal)
    assert "V M firmware 1.0" in page
    assert "<dt>Order</dt><dd>random</dd>" in page
    assert summarise(journal).systems == (ABOUT,)


def test_a_system_that_becomes_another_is_pointed_out(tmp_path: Path) -> None:
    changed = events.Identified(1, NEWER, before=ABOUT)
    run = summarise(journal_of(tmp_path, ("", events.Identified(1, ABOUT)), ("TC_1_CS", changed)))
    [sentence] = run.changes
    assert sentence == (
        "The system under test has changed in TC_1_CS: firmwareVersion from 1.0 to 2.0; what was "
        "run before that, was run with another system."
    )
    assert sentence in totals(run)
    assert run.systems == (ABOUT,)


def test_firmware_that_a_case_installs_is_another_matter(tmp_path: Path) -> None:
    update = events.Called("c1", "SignedUpdateFirmware", {})
    changed = events.Identified(1, NEWER, before=ABOUT)
    journal = journal_of(tmp_path, ("TC_1_CS", update), ("TC_1_CS", changed))
    run = summarise(journal)
    assert (run.changes, len(run.updates)) == ((), 1)
    assert "Firmware that cases have installed" in page_of(journal)


def test_settings_are_listed_with_what_is_wrong(tmp_path: Path) -> None:
    survey = events.Surveyed(
        1,
        [
            {"key": "A", "readonly": True, "value": "1"},
            {"key": HOSTILE, "readonly": False, "value": HOSTILE},
            {"key": "Hidden", "readonly": False},
            {},
        ],
        [["C-05", f"the PICS says no, but {HOSTILE}"], ["damaged"], []],
        absent=["LightIntensity"],
    )
    page = "".join(html(journal_of(tmp_path, ("", survey))))
    assert "Settings when the run began, 3 contradictions" in page
    assert "<td>A</td><td>1</td><td>R</td>" in page.replace("&quot;", "")
    assert "<td>(not shown)</td><td>RW</td>" in page
    assert "Optional and not there: LightIntensity" in page
    assert HOSTILE not in page


def test_a_device_model_is_listed_by_component_and_variable(tmp_path: Path) -> None:
    def variable(place: dict[str, Any], *attributes: Any, **more: Any) -> dict[str, Any]:
        return {
            "component": {"name": "Lock", "instance": "left", "evse": place},
            "variable": {"name": "State", "instance": "bolt"},
            "variableAttribute": list(attributes),
            **more,
        }

    entries: list[Any] = [
        variable(
            {"id": 1, "connectorId": 2},
            {"value": "5", "mutability": "ReadOnly"},
            {"type": "MaxSet", "value": "9"},
            variableCharacteristics={"unit": "mm"},
        ),
        variable({}, {"mutability": "WriteOnly"}),
        variable({}),
        {"component": HOSTILE, "variable": None, "variableAttribute": [7]},
    ]
    survey = events.Surveyed(1, entries, [])
    page = "".join(html(journal_of(tmp_path, ("", survey)))).replace("&quot;", "")

    def row(*cells: str) -> str:
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"

    assert "<th scope=col>Component</th>" in page
    own = ("Lock", "left", "1.2", "State", "bolt")
    assert row(*own, "Actual", "5", "mm", "ReadOnly") in page
    assert row(*own, "MaxSet", "9", "mm", "ReadWrite") in page
    assert (
        row("Lock", "left", "", "State", "bolt", "Actual", "(not shown)", "", "WriteOnly") in page
    )
    assert row("", "", "", "", "", "Actual", "(not shown)", "", "ReadWrite") in page
    assert HOSTILE not in page


def test_who_a_201_station_is_stands_at_the_top(tmp_path: Path) -> None:
    about = {"vendorName": "V", "model": "M", "firmwareVersion": "1.0", "modem": {"iccid": "1"}}
    page = page_of(journal_of(tmp_path, ("", events.Identified(1, about))))
    assert "V M firmware 1.0" in page


def test_settings_that_were_not_read(tmp_path: Path) -> None:
    survey = events.Surveyed(1, [], [], "nobody answers")
    assert "They were not read: nobody answers" in page_of(journal_of(tmp_path, ("", survey)))


def test_the_last_survey_of_a_system_counts(tmp_path: Path) -> None:
    one, other = ([{"key": key, "readonly": True}] for key in ("One", "Other"))
    surveys = [events.Surveyed(1, one, []), events.Surveyed(1, other, [])]
    journal = journal_of(tmp_path, *(("", s) for s in surveys))
    assert [s.entries[0]["key"] for s in summarise(journal).surveys] == ["Other"]


def test_systems_that_are_alike_are_shown_once(tmp_path: Path) -> None:
    entries = [{"key": "A", "readonly": True}]
    alike = [events.Surveyed(lane, entries, [], product="plain") for lane in (1, 2)]
    other = events.Surveyed(3, entries, [], product="fixed cable")
    journal = journal_of(tmp_path, *(("", s) for s in (*alike, other)))
    assert [s.product for s in summarise(journal).surveys] == ["plain", "fixed cable"]


def test_what_a_case_left_is_told(tmp_path: Path) -> None:
    page = page_of(journal_of(tmp_path, ("TC_1_CS", events.LeftBehind(["a cable is in"]))))
    assert "<h4>Left behind</h4>" in page
    assert "a cable is in" in page


def test_a_pause_is_told(tmp_path: Path) -> None:
    journal = journal_of(tmp_path, ("", events.Paused()), ("", events.Continued(60.0)))
    assert summarise(journal).pauses == (1, 60.0)
    assert "<dt>Paused</dt><dd>1 time</dd>" in page_of(journal)


def test_an_old_journal_has_none_of_that(tmp_path: Path) -> None:
    run = summarise(journal_of(tmp_path))
    assert (run.systems, run.changes, run.surveys, run.pauses) == ((), (), (), (0, 0.0))


# -- the certificate -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return dict(load(DOCS / "station.toml").answers)


def with_pics(run: RunSummary, answers: dict[str, Any], *passed: str) -> RunSummary:
    last = run.cases[0].last
    cases = [
        CaseSummary(c.id, c.title, c.group, "1.6", "station", (replace(last, verdict=v),))
        for c in load_suite("1.6").cases.values()
        if c.sut == "station"
        for v in [Verdict.PASS if not passed or c.id in passed else Verdict.FAIL]
    ]
    return replace(run, cases=tuple(cases), pics=answers, systems=(ABOUT,))


def test_without_a_pics_there_is_no_certificate(run: RunSummary) -> None:
    assert certification(run) is None
    assert list(lines(run)) == []


def test_a_run_in_which_everything_passed(run: RunSummary, answers: dict[str, Any]) -> None:
    done = with_pics(run, answers)
    found = certification(done)
    assert found is not None
    assert (found.complete, found.kind) == (True, "Full")
    assert [p.name for p in found.profiles] == ["Core", "Smart Charging", "Advanced Security"]
    first, *others = lines(done)
    assert first == "Certification of OCPP 1.6 by the PICS (Full): all that counts has passed."
    assert any("firmwareVersion 1.0" in line for line in others)


def test_what_has_not_passed_is_named(run: RunSummary, answers: dict[str, Any]) -> None:
    done = with_pics(run, answers, "TC_001_CS")
    found = certification(done)
    assert found is not None
    assert not found.complete
    core = found.profiles[0]
    assert "TC_001_CS FAIL" not in core.open
    assert core.open[0] == "TC_002_CS FAIL"
    assert any("more" in line for line in lines(done))


def test_what_was_not_run_is_named(run: RunSummary, answers: dict[str, Any]) -> None:
    done = with_pics(run, answers)
    without = [c for c in done.cases if c.id != "TC_013_CS"]
    found = certification(replace(done, cases=tuple(without)))
    assert found is not None
    assert found.profiles[0].open == ("TC_013_CS not run",)


def test_optional_cases_do_not_count(run: RunSummary, answers: dict[str, Any]) -> None:
    optional = [id for id, row in load_form("1.6").rows.items() if row.status == "O"]
    done = with_pics(run, answers)
    failed = replace(done.cases[0].last, verdict=Verdict.FAIL)
    cases = [replace(c, attempts=(failed,)) if c.id in optional else c for c in done.cases]
    found = certification(replace(done, cases=tuple(cases)))
    assert found is not None
    assert found.complete
    assert "TC_024_CS FAIL" in found.optional


def test_performance_stands_beside_what_is_stated(run: RunSummary, answers: dict[str, Any]) -> None:
    fast = Measured("response_timeout", "To answer a request", 3, 0.1, 0.2, 0.3, 2.0)
    slow = replace(fast, text="Slow", most=9.0)
    own = replace(fast, text="Own", stated=None)
    told = list(lines(replace(with_pics(run, answers), measured=(fast, slow, own))))
    assert told[-3:] == [
        "    To answer a request: 0.200 s, 0.300 s of 3; stated 2 s",
        "    Slow: 0.200 s, 9.000 s of 3; stated 2 s, which is less",
        "    Own: 0.200 s, 0.300 s of 3",
    ]


def test_a_damaged_pics_makes_no_certificate(run: RunSummary) -> None:
    assert certification(replace(run, pics={"C-05": "yes"})) is None
    assert certification(replace(run, ocpp="9.9", pics={"dut": "station"})) is None


def test_the_page_has_the_certificate(tmp_path: Path, answers: dict[str, Any]) -> None:
    journal_of(tmp_path)
    journal = read_journal(tmp_path)
    assert journal.started is not None
    journal.started = replace(journal.started, pics=answers)
    page = page_of(journal)
    assert "Certification (Full): not yet" in page
    assert "TC_001_CS not run" in page


def test_systems_that_are_built_alike_are_told_apart(tmp_path: Path) -> None:
    asked = [
        (
            "",
            events.Surveyed(
                lane=n,
                entries=[{"key": "K", "readonly": True, "value": str(n)}],
                findings=[],
                product=product,
            ),
        )
        for n, product in ((1, "as stated"), (2, "as stated"), (3, "fixed cable"))
    ]
    page = page_of(journal_of(tmp_path, *asked))
    for of in ("(as stated, lane 1)", "(as stated, lane 2)", "(fixed cable)"):
        assert f"Settings when the run began {of}" in page
