"""Whatever is damaged in a journal, there is a report, and it is a page."""

import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from testbay.report.html import html
from testbay.report.journal_reader import read_journal
from testbay.report.write import write_reports

from . import journals
from .test_html import Page

ODD: tuple[Any, ...] = (
    None,
    -1,
    1e300,
    True,
    "",
    "x" * 5000,
    "<script>",
    [],
    {},
    [[]],
    [None],
    {"": None},
    [{}] * 9,
)


def spoiled(lines: list[bytes], chance: random.Random) -> bytes:
    """Return the lines with a few of them changed, in their fields or in their bytes."""
    lines = list(lines)
    for _ in range(12):
        at = chance.randrange(len(lines))
        try:
            record = orjson.loads(lines[at])
        except orjson.JSONDecodeError:
            continue
        act = chance.randrange(5)
        key = chance.choice(list(record))
        if act == 0:
            lines[at] = lines[at][: chance.randrange(len(lines[at]))]
        elif act == 1:
            del record[key]
            lines[at] = orjson.dumps(record) + b"\n"
        elif act == 2:
            lines.insert(chance.randrange(len(lines)), lines[at])
        elif act == 3 and isinstance(record.get("outcomes"), list):
            record["outcomes"] = [chance.choice(ODD) for _ in range(3)]
            lines[at] = orjson.dumps(record) + b"\n"
        else:
            record[key] = chance.choice(ODD)
            lines[at] = orjson.dumps(record) + b"\n"
    return b"".join(lines)


@pytest.mark.parametrize("seed", range(40))
def test_damage_never_stops_the_report(tmp_path: Path, seed: int) -> None:
    lines = journals.everything().splitlines(keepends=True)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(spoiled(lines, random.Random(seed)))
    page = "".join(html(read_journal(path)))
    parsed = Page(page)
    assert parsed.open == []
    assert [tag for tag, _ in parsed.elements].count("script") == 1


def test_all_reports_are_written_beside_the_journal(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(journals.everything())
    paths = write_reports(tmp_path)
    assert [p.name for p in paths] == ["report.html", "junit.xml", "report.json"]
    assert all(p.stat().st_size > 500 for p in paths)
    [moved, *_] = write_reports(tmp_path, tmp_path / "elsewhere")
    assert moved.read_bytes() == paths[0].read_bytes()
