"""What happened in a case: who answered what, which step took which message, what is drawn."""

import xml.etree.ElementTree as ET
from typing import Any

from testbay.report.diagram import diagram
from testbay.report.excerpt import Gap
from testbay.report.story import NO_STEP, Act, LinkAct, LinkEvent, Step, Story, tell
from testbay.report.wiretext import CALL, ERROR, OTHER, RESULT, Correlator, Message
from testbay.scenario import events

from .journals import HOSTILE, Case, boot, eq, failing, passing, silent


def story_of(case: Case, unclaimed: tuple[str, ...] = ()) -> Story:
    last = case.lines[-1].event
    failed = last.failed if isinstance(last, events.CaseFinished) else ""
    return tell(case.lines, failed, unclaimed)


def messages(story: Story) -> list[Message]:
    return [m for m in story.flow.items() if isinstance(m, Message)]


def steps(story: Story) -> list[Step]:
    return [s for s in story.steps.items() if isinstance(s, Step)]


def svg_of(story: Story) -> ET.Element:
    return ET.fromstring("".join(diagram(story.flow, "station", "TC")))


def texts(root: ET.Element) -> list[str]:
    return ["".join(t.itertext()) for t in root.iter("text")]


def test_frames_are_told_apart_and_answers_find_their_calls() -> None:
    wire = Correlator()

    def frame(t: float, way: str, text: str, connection: int = 1) -> Message:
        return wire.message(t, "", way, connection, text)

    call = frame(1.0, "in", '[2,"a","Heartbeat",{}]')
    same_id = frame(1.1, "out", '[2,"a","Reset",{"type":"Soft"}]')
    refused = frame(1.5, "in", '[4,"a","InternalError","no",{}]')
    answer = frame(2.0, "out", '[3,"a",{"currentTime":"now"}]')
    twice = frame(2.1, "out", '[3,"a",{}]')
    assert [m.sort for m in (call, same_id, refused, answer, twice)] == [
        CALL, CALL, ERROR, RESULT, RESULT,
    ]  # fmt: skip
    assert (answer.action, answer.answers, answer.seconds) == ("Heartbeat", call.number, 1.0)
    assert (refused.action, refused.answers) == ("Reset", same_id.number)
    assert call.answered == answer.number
    assert (twice.action, twice.answers) == ("", 0)
    assert refused.about == "CALLERROR InternalError: no"


def test_an_answer_over_another_connection_answers_nothing() -> None:
    wire = Correlator()
    wire.message(1.0, "", "in", 1, '[2,"a","Heartbeat",{}]')
    assert wire.message(2.0, "", "out", 2, '[3,"a",{}]').answers == 0


def test_what_is_no_message_is_shown_as_it_is() -> None:
    wire = Correlator()
    for odd in ("", "{", "7", "[2]", '[2,1,"A",{}]', '[9,"a"]', '[3,"a",[]]', "[" * 5000):
        assert wire.message(0.0, "", "in", 1, odd).sort == OTHER


def test_steps_know_their_messages_and_messages_their_steps() -> None:
    story = story_of(passing(Case("TC_1", "T", "G")))
    by_label = {s.label: s for s in steps(story)}
    sent = {m.number: m for m in messages(story)}
    assert [sent[n].action for n in by_label["3"].frames] == ["Authorize"]
    assert sent[by_label["3"].frames[0]].step == "3"
    answer = sent[by_label["8"].frames[0]]
    assert (answer.action, answer.sort, answer.incoming) == ("GetConfiguration", RESULT, True)
    assert by_label["7"].sent == {"key": ["HeartbeatInterval"]}
    assert by_label["3"].reply == ({"idTagInfo": {"status": "Accepted"}}, "3")


def test_what_no_step_claimed_is_kept_with_its_payload() -> None:
    case = failing(Case("TC_1", "T", "G"))
    [uid] = [e.uid for s in case.lines if isinstance(e := s.event, events.Remarked) and e.uid]
    story = story_of(case, (uid,))
    [left] = story.unclaimed
    assert left.text == "StatusNotification"
    assert left.payload is not None
    assert left.payload["connectorId"] == 0
    [message] = [m for m in messages(story) if m.step == NO_STEP]
    assert message.number == left.frame
    assert [r.text for r in story.remarks.items()][-1].startswith("not restored")


def test_a_breach_and_a_failed_validation_mark_their_message() -> None:
    story = story_of(failing(Case("TC_1", "T", "G")))
    bad = [(m.action, m.sort) for m in messages(story) if m.bad]
    assert bad == [("StatusNotification", CALL), ("ChangeAvailability", ERROR)]
    assert [s.label for s in steps(story) if s.decisive] == ["5"]
    assert [s.label for s in story.flow.items() if isinstance(s, Step)] == ["valid", "5", "8"]


def test_a_message_id_used_again_still_finds_its_frame() -> None:
    case = Case("TC_1", "T", "G")
    boot(case)
    for uid in ("same", "same#2"):
        case.frame("in", [2, "same", "Heartbeat", {}])
        case.emit(events.MessageReceived(uid, "Heartbeat", {}, 1, True))
        case.judge("7", "SUT sends Heartbeat", eq("x", 1, 1), subjects=(uid,))
    story = story_of(case)
    one, other = [s for s in steps(story) if s.label == "7"]
    assert [one.frames, other.frames] == [[5], [6]]


def test_a_further_report_of_a_message_finds_its_frame() -> None:
    case = Case("TC_1", "T", "G")
    boot(case)
    case.frame("in", [2, "m", "NotifyEvent", {}])
    case.emit(events.MessageReceived("m", "NotifyEvent", {}, 1, True))
    case.emit(events.PartTaken("m#2", "m"))
    case.frame("in", [2, "n", "Heartbeat", {}])
    case.judge("7", "SUT sends NotifyEvent", eq("x", 1, 1), subjects=("m#2",))
    [step] = [s for s in steps(story_of(case)) if s.label == "7"]
    assert step.frames == [5]


def test_acts_and_links_keep_their_ends() -> None:
    story = story_of(passing(Case("TC_1", "T", "G")))
    acts = [a for a in story.steps.items() if isinstance(a, Act)]
    assert [(a.result, a.by) for a in acts] == [
        ("done", "terminal"),
        ("closed", "automation http://127.0.0.1:9000"),
        ("yes", "web page"),
    ]
    [link] = [x for x in story.steps.items() if isinstance(x, LinkAct)]
    assert link.seen == {"code": 1000, "clean": True}
    seen = [e.name for e in story.flow.items() if isinstance(e, LinkEvent)]
    assert seen == ["connect", "closed", "connect"]


def test_an_act_without_an_end_stays_open() -> None:
    case = Case("TC_1", "T", "G")
    boot(case)
    case.emit(events.ActionAsked("a1", "plug_in", {}, "Plug in"))
    [act] = [a for a in story_of(case).steps.items() if isinstance(a, Act)]
    assert act.result == ""


def test_of_many_outcomes_the_failed_ones_are_kept() -> None:
    case = Case("TC_1", "T", "G")
    boot(case)
    case.judge("9", "validation", *(eq("x", i, 90 if i == 80 else i) for i in range(100)))
    [step] = [s for s in steps(story_of(case)) if s.label == "9"]
    assert step.left_out == 40
    assert [r.text for r in step.failed] == ["x is 80"]


def test_the_story_of_a_long_case_is_short() -> None:
    case = Case("TC_1", "T", "G")
    case.phase("main")
    for k in range(3000):
        bad = k == 1500
        case.later(0.01).sent("MeterValues", {"k": k}, f"3#{k}", eq("k", k, -1 if bad else k))
    story = story_of(case.finish("FAIL", "x", "3#1500"))
    assert story.frames == 6000
    assert len(messages(story)) < 400
    assert len(steps(story)) < 400
    failed = next(s for s in steps(story) if s.decisive)
    assert failed.label == "3#1500"
    assert {m.number for m in messages(story)} >= set(range(2990, 3020))
    assert sum(isinstance(x, Gap) for x in story.flow) == 2


# -- the diagram -----------------------------------------------------------------------------------


def test_the_diagram_draws_every_message_once_and_links_it() -> None:
    story = story_of(failing(Case("TC_1", "T", "G")))
    root = svg_of(story)
    links = [a.attrib["href"] for a in root.iter("a") if a.attrib["class"].startswith("m ")]
    assert links == [f"#TC-f{m.number}" for m in messages(story)]


def test_the_diagram_marks_the_failed_step() -> None:
    root = svg_of(story_of(failing(Case("TC_1", "T", "G"))))
    [mark] = [a for a in root.iter("a") if a.attrib["class"] == "note bad"]
    assert mark.attrib["href"] == "#TC-failed"
    assert "".join(mark.itertext()).startswith("✗ step 5: status is Available")
    others = [g for g in root.iter("g") if g.attrib["class"] == "note soft"]
    assert len(others) == 2


def test_the_diagram_shows_a_message_that_did_not_come() -> None:
    root = svg_of(story_of(silent(Case("TC_1", "T", "G"))))
    [mark] = [a for a in root.iter("a") if a.attrib["class"] == "note bad"]
    assert "StopTransaction is sent in time" in "".join(mark.itertext())
    assert "· · ·  30.0 s  · · ·" in texts(root)


def test_the_diagram_tells_acts_connections_and_times() -> None:
    said = texts(svg_of(story_of(passing(Case("TC_1", "T", "G")))))
    assert "▸ Plug in the cable at connector 1" in said
    assert "done by terminal in 3.20 s" in said
    assert "? Does the display say that the session is running?" in said
    assert "▸ close, code 1000" in said
    assert any(s.startswith("connection 1 closed: code 1000") for s in said)
    assert "Tool as CSMS" in said
    assert "Charging station under test" in said
    assert "0.918" in said


def test_the_diagram_stays_inside_its_edges_and_is_escaped() -> None:
    case = Case("TC_1", "T", "G")
    boot(case)
    case.act("x" * 500, HOSTILE * 20, "充" * 500, by=HOSTILE * 9)
    case.sent("充" * 300, {HOSTILE * 40: HOSTILE}, "a/" * 200, eq(HOSTILE * 40, 1, 2))
    story = story_of(case.finish("FAIL", "x", "a/" * 200))
    root = svg_of(story)
    wide: list[Any] = [
        r for r in root.iter("rect") if float(r.attrib["x"]) + float(r.attrib["width"]) > 720
    ]
    assert wide == []
    assert max(map(len, texts(root))) < 110
