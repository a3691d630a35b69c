"""Reading journals: whole ones, damaged ones, resumed ones."""

from pathlib import Path

import orjson
import pytest

from testbay.report.journal_reader import Journal, event_of, read_journal, read_record
from testbay.scenario import events

from . import journals
from .conftest import written
from .journals import Case, journal, passing, silent


def lines_of(*cases: Case, end: bool = True) -> bytes:
    return b"".join(journal(cases, end=end))


def test_every_kind_of_event_comes_back_as_it_was_written() -> None:
    case = passing(Case("TC_001_CS", "Cold boot", "Core"))
    for stamped in case.lines:
        record = read_record(orjson.dumps(stamped.to_json()))
        assert record is not None
        again = event_of(record)
        assert again is not None
        assert again.event == stamped.event
        assert again.to_json() == stamped.to_json()


def test_the_events_of_one_attempt_are_found_among_those_of_another_lane(whole: Journal) -> None:
    for case, attempts in whole.cases.items():
        for attempt in attempts:
            for stamped in whole.events(attempt):
                assert (stamped.case, stamped.attempt) in ((case, attempt.number), (case, 0))


def test_neighbouring_lines_are_one_span(tmp_path: Path) -> None:
    found = written(tmp_path, lines_of(passing(Case("TC_001_CS", "Cold boot", "Core"))))
    assert len(found.cases["TC_001_CS"][0].spans) == 2


def test_a_journal_is_found_in_the_folder_of_the_run(tmp_path: Path) -> None:
    written(tmp_path, lines_of(passing(Case("TC_001_CS", "Cold boot", "Core"))))
    assert list(read_journal(tmp_path).cases) == ["TC_001_CS"]


def test_without_a_journal_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_journal(tmp_path)


def test_damaged_lines_are_left_out_and_counted(whole: Journal) -> None:
    assert whole.damaged == 2
    assert whole.cut
    assert whole.frames_between == 1


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b'{"t": 1, "at": "x"}',
        b'{"t": "1", "at": "x", "kind": "phase", "name": "main"}',
        b'{"t": 1, "at": "x", "kind": "phase"}',
        b'{"t": 1, "at": "x", "kind": "phase", "name": 7}',
        b'{"t": 1, "at": "x", "kind": "phase", "name": "main", "case": 3}',
        b'{"t": 1, "at": "x", "kind": "frame", "direction": "in", "text": {}, "connection": 1}',
    ],
)
def test_a_line_that_is_no_event_is_no_record(line: bytes) -> None:
    assert read_record(line) is None


def test_a_kind_of_a_later_version_is_no_damage() -> None:
    record = read_record(b'{"t": 1, "at": "x", "kind": "of a later version"}')
    assert record is not None
    assert event_of(record) is None


def test_what_a_later_version_adds_to_an_event_is_left_out() -> None:
    record = read_record(b'{"t": 1, "at": "x", "kind": "phase", "name": "main", "new": 1}')
    assert record is not None
    stamped = event_of(record)
    assert stamped is not None
    assert stamped.event == events.Phase("main")


def test_a_resumed_run_has_two_segments_and_counts_what_does_not_apply_once(tmp_path: Path) -> None:
    skip = journals.skipped("TC_030_CS", "Locks", "Core", "no lock")
    first = lines_of(silent(Case("TC_001_CS", "Cold boot", "Core")), end=False) + skip
    second = lines_of(passing(Case("TC_001_CS", "Cold boot", "Core", 600.0, attempt=2))) + skip
    found = written(tmp_path, first + second)
    assert found.starts == 2
    assert len(found.segments) == 2
    assert [len(a) for a in found.cases.values()] == [2, 1]


def test_the_same_attempt_begun_twice_is_two(tmp_path: Path) -> None:
    lines = lines_of(silent(Case("TC_001_CS", "Cold boot", "Core"))) * 2
    assert len(written(tmp_path, lines).cases["TC_001_CS"]) == 2


def test_an_empty_journal_is_one(tmp_path: Path) -> None:
    found = written(tmp_path, b"")
    assert found.cases == {}
    assert not found.cut


def test_a_last_line_that_lacks_only_its_end_is_read(tmp_path: Path) -> None:
    lines = lines_of(passing(Case("TC_001_CS", "Cold boot", "Core")))
    found = written(tmp_path, lines.removesuffix(b"\n"))
    assert not found.cut
    assert found.finished is not None
