"""The page: well formed, complete, closed to what a system under test sends."""

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from testbay.report.html import html, write_html
from testbay.report.journal_reader import Journal, read_journal
from testbay.report.markup import anchor, brief, clock, day, duration, fit, shown, text

from . import journals
from .conftest import written
from .journals import Case, boot, journal, passing

VOID = {"meta", "link", "input", "img", "br"}


class Page(HTMLParser):
    """The elements of a page; fails where one is closed that is not open."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def attributes(self, name: str) -> list[str]:
        return [a[name] or "" for _, a in self.elements if name in a]


def case_of(page: str, id: str) -> str:
    """Return the part of a page on one case."""
    start = page.index(f'id="{id}" data-v')
    end = page.find('<details class="case', start)
    return page[start : end if end > 0 else None]


class Words(HTMLParser):
    """The words of a part of a page."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words_of(part: str) -> str:
    return re.sub(r"\s+", " ", "".join(Words(f"<x {part}").words))


def page_of(folder: Path, *cases: Case) -> str:
    return "".join(html(written(folder, b"".join(journal(cases)))))


def test_every_element_is_closed_and_every_id_unique(page: str) -> None:
    parsed = Page(page)
    assert parsed.open == []
    assert [i for i, n in Counter(parsed.attributes("id")).items() if n > 1] == []


def test_every_link_leads_to_a_place_on_the_page(page: str) -> None:
    parsed = Page(page)
    places = set(parsed.attributes("id"))
    links = [h for tag, a in parsed.elements if tag == "a" and (h := a.get("href"))]
    assert len(links) > 100
    assert [h for h in links if h[1:] not in places or h[0] != "#"] == []


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    parsed = Page(page)
    assert parsed.attributes("src") == []
    assert [a["href"] for tag, a in parsed.elements if tag == "link"] == ["data:,"]
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_what_a_system_under_test_sends_is_text(page: str) -> None:
    parsed = Page(page)
    assert [tag for tag, _ in parsed.elements].count("script") == 1
    assert [tag for tag, _ in parsed.elements if tag in ("img", "i", "b", "beta")].count("img") == 0
    assert [n for _, a in parsed.elements for n in a if n.startswith("on") or n == "style"] == []
    assert journals.HOSTILE in "".join(parsed.words)


def test_the_policy_allows_the_own_script_and_style_alone(page: str) -> None:
    [policy] = [p for p in Page(page).attributes("content") if "default-src" in p]
    assert "default-src 'none'" in policy
    for tag in ("script", "style"):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_what_cannot_be_seen_is_written_out(page: str) -> None:
    assert "üñî\\u202ecode" in page
    assert "\u202e" not in page


def test_the_head_says_how_the_run_ended(page: str) -> None:
    words = re.sub(r"\s+", " ", " ".join(Page(page).words))
    assert "2 of 7 cases failed, 1 ended in an error of the tool" in words
    assert "21 November 2026, 10:20:30 UTC" in words
    assert "2 damaged lines of the journal were left out" in words
    assert "a second connection of CP_1 <b>was</b> refused" in words
    assert "TC_044_CS, TC_050_CS" in words
    assert "(secret)" in words


def test_a_failed_case_leads_to_its_failed_step(page: str) -> None:
    part = case_of(page, "TC_003_CS")
    assert 'href="#TC_003_CS-failed"' in part
    step = part[part.index('id="TC_003_CS-failed"') :]
    words = words_of(step[: step.index("</div>")])
    assert (
        words.startswith("5SUT sends StatusNotification") or "SUT sends StatusNotification" in words
    )
    assert "✗status is Available" in words
    assert f"it was {journals.HOSTILE}" in words
    assert "(configured: TAG1)" in words


def test_a_case_tells_who_acted_and_how_long_it_took(page: str) -> None:
    words = words_of(case_of(page, "TC_001_CS"))
    assert "done by terminal in 3.20 s" in words
    assert "done by automation http://127.0.0.1:9000 in 4.10 s, as the SUT shows" in words
    assert "answered by web page in 2.50 s: yes" in words


def test_a_case_tells_what_was_read_into_it_and_what_was_left_over(page: str) -> None:
    words = words_of(case_of(page, "TC_001_CS"))
    assert "connector 0 is not meant" in words
    assert "left out: local list: not implemented" in words
    assert "Messages that no step claimed5.422 Heartbeat" in words
    assert "not claimed by any step" not in words
    assert "Known before the case" in words


def test_an_action_that_was_not_done_says_so(page: str) -> None:
    assert "not done by terminal in 1 min 00 s: nobody answered" in words_of(
        case_of(page, "TC_007_CS")
    )


def test_an_error_of_the_tool_shows_its_trace(page: str) -> None:
    assert "KeyError: 'x'" in words_of(case_of(page, "TC_010_CS"))
    assert "Traceback (most recent call last)" in words_of(case_of(page, "TC_010_CS"))


def test_a_case_that_does_not_apply_says_why(page: str) -> None:
    words = words_of(case_of(page, "TC_030_CS"))
    assert "Not run. the product has no cable lock (cable_lock)" in words


def test_an_earlier_attempt_stays_in_the_page(page: str) -> None:
    part = case_of(page, "TC_004_CS")
    assert 'id="TC_004_CS.1"' in part
    assert 'id="TC_004_CS.1-failed"' in part
    assert "2 of 2" in words_of(part)


def test_frames_are_there_as_they_were_sent(page: str) -> None:
    words = words_of(case_of(page, "TC_003_CS"))
    assert '[2,"t2-1","Reset",{"type":"Hard"}]' in words
    assert "this is no JSON <b>at all</b>" in words
    assert "10:20:54.038" in words


def test_the_phases_have_headings(page: str) -> None:
    part = case_of(page, "TC_001_CS")
    assert re.findall(r"<h5>(.*?)</h5>", part) == [
        "Preparation",
        "Test case",
        "Rules over all messages",
    ]


def test_of_many_frames_some_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journals.large(path, 1, 4000, lean=True)
    page = "".join(html(read_journal(path)))
    shown_frames = len(re.findall(r'id="TC_000_CS-f\d+"', page))
    assert 300 < shown_frames < 450
    assert f"4,000 raw frames, {4000 - shown_frames:,} of them left out here" in page
    left = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) frames? (?:is|are) left", page)]
    assert sum(left) == 4000 - shown_frames
    assert 'id="TC_000_CS-f2001"' in page  # the frame that failed, in the middle
    assert len(Page(page).open) == 0


def test_a_very_long_frame_is_cut_and_says_so(tmp_path: Path) -> None:
    case = Case("TC_1", "Long", "Core")
    boot(case)
    case.frame("in", [2, "x", "DataTransfer", {"data": "<" * 50_000}])
    page = page_of(tmp_path, case.finish())
    assert "Cut here; the whole text has 50,0" in page
    assert len(page) < 300_000


def test_a_journal_without_any_event_makes_a_page(tmp_path: Path) -> None:
    page = "".join(html(written(tmp_path, b"")))
    assert "No case was run" in page
    assert Page(page).open == []


def test_odd_ids_and_groups_cannot_leave_their_attributes(tmp_path: Path) -> None:
    case = passing(Case('"><script>x', 'T"><b>', '"><script>'))
    parsed = Page(page_of(tmp_path, case))
    assert parsed.open == []
    assert [tag for tag, _ in parsed.elements].count("script") == 1


def test_outcomes_that_are_damaged_do_not_stop_the_report(tmp_path: Path) -> None:
    case = Case("TC_1", "Odd", "Core")
    boot(case)
    lines = b"".join(journal([case.finish()]))
    lines = lines.replace(b'["connectorId is <connector_id>",true,1,"1"]', b'["half"],[7],[]')
    assert b'["half"],[7]' in lines
    page = "".join(html(written(tmp_path, lines)))
    assert "half" in page
    assert Page(page).open == []


def test_the_file_appears_when_it_is_whole(whole: Journal, page: str, tmp_path: Path) -> None:
    write_html(whole, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text("utf-8") == page
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


# -- pieces of text --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.00 s"), (9.994, "9.99 s"), (12.34, "12.3 s"), (61, "1 min 01 s"), (7322, "2 h 02 min")],
)
def test_durations_have_the_units_a_person_would_choose(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Accepted", "Accepted"),
        ("1", '"1"'),
        ("1.50", '"1.50"'),
        ("true", '"true"'),
        ("", '""'),
        (" x", '" x"'),
        (1, "1"),
        (True, "true"),
        (None, "null"),
        (["a"], '["a"]'),
    ],
)
def test_a_text_that_looks_like_a_number_is_quoted(value: object, words: str) -> None:
    assert shown(value) == words


def test_payloads_are_told_in_a_few_words() -> None:
    payload = {"connectorId": 1, "idTagInfo": {"status": "Accepted"}, "meterValue": [1, 2], "x": ""}
    assert brief(payload, 100) == (
        'connectorId: 1, idTagInfo: {status: Accepted}, meterValue: [2], x: ""'
    )
    assert brief(payload, 20) == "connectorId: 1, …"
    assert brief({"data": "x" * 50}, 10) == "data: xxx…"
    assert brief({"a": [[[[[1]]]]]}, 100) == "a: [[[1]]]"


def test_wide_characters_count_twice() -> None:
    assert fit("充电桩充电桩", 7) == "充电桩…"


def test_markup_is_escaped_and_ids_are_safe() -> None:
    assert text("<a href='x'>\x00&\"") == "&lt;a href=&#x27;x&#x27;&gt;\\u0000&amp;&quot;"
    assert anchor('a b"<c>') == "a_b_c_"


def test_dates_that_are_none_stay_as_they_are() -> None:
    assert day("<now>") == "<now>"
    assert clock("now") == "now"
    assert day("2026-11-21T10:20:30.123+01:00") == "21 November 2026, 10:20:30 +01:00"
