"""The live view, drawn into a text."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from testbay.campaign import start
from testbay.campaign.options import Options
from testbay.interfaces.cli.live import LiveScreen
from testbay.scenario import events


def screen() -> tuple[LiveScreen, io.StringIO]:
    file = io.StringIO()
    console = Console(file=file, width=100, force_terminal=True, color_system=None)
    return LiveScreen(console), file


def stamped(event: events.Event, case: str = "") -> events.Stamped:
    return events.Stamped(0.0, "2030-01-01T00:00:00.000Z", case, 1 if case else 0, event)


def test_every_lane_shows_case_step_and_last_message() -> None:
    live, file = screen()
    plan = start.plan(Options("station", "1.6", reference=True, cases=("TC_003_CS", "TC_010_CS")))
    tell = live.sink(plan, {})
    begun = events.CaseStarted("Cable first", "1.6", "station", "g", 2, 1, "", {}, {}, [])
    tell(stamped(begun, "TC_003_CS"))
    tell(stamped(events.Judged("3", "SUT sends Authorize", [], "PASS", "main", []), "TC_003_CS"))
    tell(stamped(events.MessageReceived("1", "Author\x1bize", {}, 1, True), "TC_003_CS"))
    view = drawn(live)
    assert "station 2  TC_003_CS  Cable first" in view
    assert "step 3" in view
    assert "← Author\\u001bize" in view
    tell(stamped(events.CaseFinished("PASS", "", 3, 1.0, ""), "TC_003_CS"))
    view = drawn(live)
    assert "TC_003_CS" not in view
    assert "1/2  1 PASS" in view
    live.close()
    assert cursor_shown(file)


def cursor_shown(file: io.StringIO) -> bool:
    return file.getvalue().rfind("\x1b[?25h") > file.getvalue().rfind("\x1b[?25l")


def drawn(live: LiveScreen) -> str:
    with live.console.capture() as taken:
        live.console.print(live.view())
    return taken.get()


def test_what_did_not_pass_stays_above_the_view() -> None:
    live, file = screen()
    plan = start.plan(Options("station", "1.6", reference=True, cases=("TC_003_CS",)))
    tell = live.sink(plan, {})
    tell(stamped(events.CaseFinished("FAIL", "step 3: no", 3, 1.0, "3"), "TC_003_CS"))
    tell(stamped(events.Noticed("a station with the identity X was refused")))
    tell(stamped(events.Noticed("a station with the identity X was refused")))
    live.close()
    assert "FAIL            TC_003_CS" in file.getvalue()
    assert file.getvalue().count("note: a station with the identity X was refused") == 1


def test_a_question_has_the_terminal_for_itself() -> None:
    live, file = screen()
    live.sink(start.plan(Options("csms", "1.6", reference=True)), {})
    with live.paused():
        assert cursor_shown(file)
    assert not cursor_shown(file)
    live.close()


@pytest.mark.parametrize("sut", ["station", "csms"])
def test_it_follows_a_whole_run(sut: str) -> None:
    live, _ = screen()
    plan = start.plan(Options(sut, "1.6", reference=True, virtual=True))
    start.run_virtual(plan, live.sink(plan, {}))
    count = len(plan.cases)
    assert f"{count}/{count}" in drawn(live)
    live.close()
