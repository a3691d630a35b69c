"""What a case does is read from its source: steps, checks, blocks around them, states, settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from testbay.scenario.case import State, TestCase, state
from testbay.scenario.checks import eq
from testbay.scenario.describe import Step, as_json, as_text, describe
from testbay.scenario.values import CallError

from . import peers
from .described import BOTH, HERE, REGISTRY, StationTest


def steps(case_id: str) -> tuple[Step, ...]:
    return describe(REGISTRY.cases[case_id]).steps


def rows(case_id: str) -> list[tuple[str, str, str]]:
    return [(s.label, s.verb, s.what) for s in steps(case_id)]


def checks(step: Step) -> list[str]:
    return [c.text for c in step.checks]


# -- messages -------------------------------------------------------------------------------------


def test_a_call_is_two_steps() -> None:
    sent, answered, reset, refused, _, either = steps("TC_CALL")
    assert (sent.label, sent.verb, sent.direction, sent.actions) == (
        "1",
        "call",
        "tool",
        ("SetLimit",),
    )
    assert checks(sent) == [
        "connectorId is <connector_id>",
        "profile.periods[0].limit is 8",
        "profile.periods[1].limit is 6.0",
    ]
    assert (answered.label, answered.verb, answered.direction) == ("2", "answer", "sut")
    assert answered.response
    assert checks(answered) == ["status is Accepted", "unit is A or (omitted)"]
    assert reset.checks == ()
    assert checks(refused) == ["is a CALLERROR NotSupported or NotImplemented"]
    assert checks(either) == ["status is Accepted", "or is a CALLERROR NotSupported"]


def test_checks_that_a_run_chooses_are_all_shown() -> None:
    [asked, _] = steps("TC_EITHER")
    assert checks(asked) == [c.text for c in (*BOTH, HERE, *BOTH[:1])]


def test_checks_of_a_loop_are_shown_each_by_itself() -> None:
    [*_, shown] = steps("TC_EACH")
    assert checks(shown) == [c.text for c in BOTH]
    assert shown.under == ("for each check",)


def test_an_expectation_is_a_message_and_the_answer_of_the_tool() -> None:
    shown = steps("TC_EXPECT")
    assert [s.label for s in shown] == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]
    first, answer, *_ = shown
    assert [(c.role, c.text) for c in first.checks] == [
        ("where", "connectorId is <connector_id>"),
        ("check", "idTag is <valid_id_tag>"),
        ("check", "timestamp is present"),
    ]
    assert (first.direction, first.under) == ("sut", ("within <sample_interval> s",))
    assert (answer.verb, answer.direction, answer.checks) == ("answer", "tool", ())
    assert checks(shown[3]) == ["idTagInfo.status is Invalid"]
    assert checks(shown[5]) == ["CALLERROR InternalError"]
    assert shown[7].actions == ("@connect",)
    assert [s.optional for s in shown[7:]] == [False, True, True]


def test_every_verb_is_shown() -> None:
    shown = steps("TC_KINDS")
    assert rows("TC_KINDS") == [
        ("", "manual", "Plug in the cable"),
        ("1", "nothing", "no StartTransaction or StopTransaction"),
        ("post", "forbid", "no Authorize"),
        ("", "wait", "the text says so (<sample_interval> s)"),
        ("2", "confirm", "Is the light on?"),
        ("3", "link", "serve, profile 2"),
        ("4", "seen", "serve, profile 2"),
        ("3", "check", "seen['after']"),
    ]
    assert checks(shown[0]) == ["connector is <connector_id>"]
    assert shown[1].actions == ("StartTransaction", "StopTransaction")
    assert shown[1].under == ("for <sample_interval> + 5 s",)
    assert shown[3].under == ("without Authorize",)
    assert shown[6].direction == "sut"


# -- blocks around --------------------------------------------------------------------------------


def test_blocks_are_named_around_their_steps() -> None:
    sent = [s for s in steps("TC_BLOCKS") if s.verb != "answer"]
    assert [(s.label, s.under) for s in sent] == [
        ("1", ("any order",)),
        ("3", ("any order", "for each n in connectors")),
        ("5", ("in sequence",)),
        ("7", ("in sequence", "one of")),
        ("9", ("in sequence", "one of")),
        ("11", ("repeatedly until context is Transaction.End for <sample_interval> s",)),
        ("11", ()),
        ("13", ("whichever comes first",)),
        ("15", ("whichever comes first",)),
        ("13", ("if step 13 comes first",)),
    ]
    collected, reviewed = sent[5], sent[6]
    assert [c.role for c in collected.checks] == ["check", "until"]
    assert (reviewed.actions, reviewed.response) == (("MeterValues",), False)
    assert [f.path for c in reviewed.checks for f in c.facts] == [
        None,
        "meterValue[0].unit",
        "timestamp",
    ]


def test_conditions_and_loops_are_named_around_their_steps() -> None:
    shown = [s for s in steps("TC_FLOW") if s.verb != "answer"]
    assert [(s.label, s.under) for s in shown] == [
        ("1", ("within <sample_interval> s",)),
        ("3", ("if step 1 comes",)),
        ("5", ("unless step 1 comes",)),
        ("7", ("if <connector_id> == 2",)),
        ("9", ("unless <connector_id> == 2",)),
        ("11", (*AFTER, "for each (flaw, profile) in ('expired', 2), ('unknown root', 3)", ROUND)),
        ("12", (*AFTER, "for each (flaw, profile) in ('expired', 2), ('unknown root', 3)", ROUND)),
        ("13", (*AFTER, "while <connector_id> < 3")),
        ("15", AFTER),
    ]
    assert shown[5].what == "serve, certificate flaw"
    [profile] = shown[6].checks[0].facts
    assert profile.values[0].values == (2, 3)
    assert checks(shown[8]) == ["it is one"]


AFTER = ("unless <connector_id> == 2", "if step 9 comes")
ROUND = "round flaw"


def test_an_expectation_is_shown_where_it_is_awaited() -> None:
    shown = [s for s in steps("TC_CHOICE") if s.verb != "answer"]
    printer = "if the station has a printer"
    assert [(s.label, s.actions[0], s.under) for s in shown] == [
        ("1", "StopTransaction", ("if step 1 comes first", "within <sample_interval> s")),
        ("3", "BootNotification", ("if step 1 comes first",)),
        ("3", "BootNotification", ("unless step 1 comes first", "any order")),
        (
            "1",
            "StopTransaction",
            ("unless step 1 comes first", "any order", "within <sample_interval> s"),
        ),
        ("5", "MeterValues", (printer,)),
        ("5", "MeterValues", (printer,)),
        ("7", "Heartbeat", ("for each n in 0 to <connector_id>",)),
    ]
    assert checks(shown[5]) == ["connectorId is 1"]
    assert checks(shown[6]) == ["connectorId is <connector_id> or id is omitted"]


# -- values ---------------------------------------------------------------------------------------


def test_what_only_a_run_knows_keeps_path_rule_and_source() -> None:
    shown = {(s.label, s.verb): s for s in steps("TC_VALUES")}
    assert checks(shown["3", "call"]) == ["at is stamp", "of is connectorId of step 1"]
    [last] = shown["5", "expect"].checks
    assert last.text == "id is schedule.ids[0] of step 4"
    assert (last.facts[0].path, last.facts[0].rule) == ("id", "eq")
    assert checks(shown["7", "expect"]) == [
        "connectorId is <connector_id>",
        "limit is 2 * <sample_interval>",
        "id is omitted",
        "expired is omitted",
        "unknown root is omitted",
    ]
    assert checks(shown["9", "expect"]) == ["sum adds up"]


def test_checks_on_parts_of_an_answer_have_the_whole_path() -> None:
    first, second, third = (s for s in steps("TC_VALUES") if s.verb == "check")
    assert (first.actions, first.response) == (("GetLimit", "StartTransaction"), False)
    assert first.checks[0].facts[0].path == "schedule.periods[0].unit"
    assert checks(first) == ["schedule.periods[0].unit is W"]
    assert (second.actions, second.response) == (("GetLimit",), True)
    assert (third.label, third.actions) == ("11", ("StartTransaction",))


def test_what_cannot_be_evaluated_is_visible() -> None:
    unknown = [(s.label, c.text) for s in steps("TC_VALUES") for c in s.checks if not c.known]
    assert unknown == [("13", "computed_here(step 4)"), ("15", "**step 4")]
    [step] = [
        s for s in as_json(describe(REGISTRY.cases["TC_VALUES"]))["steps"] if s["step"] == "13"
    ]
    assert step["checks"] == [
        {"path": None, "rule": "satisfies", "values": [], "text": "computed_here(step 4)"}
    ]


# -- states, settings, composite verbs -------------------------------------------------------------


def test_states_are_read_with_the_labels_of_a_run() -> None:
    assert rows("TC_STATES") == [
        ("Minimum is <sample_interval> (if implemented)", "setting", MINIMUM),
        ("Charging(by=remote)", "reach", "Charging(by=remote)"),
        ("Charging(by=remote)/1", "call", "RemoteStartTransaction"),
        ("Charging(by=remote)/2", "answer", "RemoteStartTransaction"),
        ("Charging(by=remote)/9", "expect", "StartTransaction"),
        ("Charging(by=remote)/10", "answer", "StartTransaction"),
        ("1/Charging", "run", "Charging"),
        ("1/Charging/Authorized", "reach", "Authorized"),
        ("1/Charging/Authorized/", "manual", "Present the token"),
        ("1/Charging/Authorized/1", "expect", "Authorize"),
        ("1/Charging/Authorized/2", "answer", "Authorize"),
        ("1/Charging/9", "expect", "StartTransaction"),
        ("1/Charging/10", "answer", "StartTransaction"),
        (OTHER, "reach", OTHER),
        (f"{OTHER}/", "manual", "Present the token"),
        (f"{OTHER}/1", "expect", "Authorize"),
        (f"{OTHER}/2", "answer", "Authorize"),
        ("Other is 1", "setting", "Other is 1"),
        ("post", "rule", "MeterValues"),
    ]
    shown = steps("TC_STATES")
    assert shown[2].under == ("unless it holds",)
    assert shown[6].under == ()
    assert shown[13].under == ()
    assert (shown[9].number, shown[9].inside) == ("1", "1/Charging/Authorized")


MINIMUM = "Minimum is <sample_interval> (if implemented)"
OTHER = "Authorized(token=other) (if implemented)"


def test_the_case_around_the_steps() -> None:
    described = describe(REGISTRY.cases["TC_STATES"])
    assert described.before == (MINIMUM, "Charging(by=remote)")
    assert described.readings == ("We read it so.", "Cable first.", "Presented at the reader.")
    assert described.requires == "the station has a printer"
    assert described.post == (
        "MeterValues: connectorId is <connector_id>, in every message timestamp is present",
    )
    assert described.configured == ("sample_interval", "valid_id_tag", "connector_id")


def test_composite_verbs_show_their_own_steps() -> None:
    shown = [s for s in steps("TC_COMPOSITE") if s.verb != "answer"]
    assert [(s.label, s.what, s.under) for s in shown] == [
        ("1", "StatusNotification", ()),
        ("1", "StatusNotification", ("for each connector in connectors",)),
        ("3", "StatusNotification", ("for each connector in connectors",)),
        ("7", "close", ()),
        ("offline/8", "Heartbeat", ()),
        ("10", "accept", ()),
        ("5", "StatusNotification", ("any order",)),
        ("11", "StatusNotification", ("any order",)),
        ("13", "Heartbeat", ()),
        ("", "Present the token", ()),
        ("1", "Authorize", ()),
    ]
    assert checks(shown[2]) == ["connectorId is connector", "status is Faulted"]
    assert all(s.where.startswith("described.py:") for s in shown)


@state("Started")
async def started(t: peers.SmallTest, token: str = "A") -> None:
    await t.call(1, "Remote", {"token": token}, eq("status", "Accepted"))
    await t.expect(3, "Start")


@state("Ready")
async def ready(t: peers.SmallTest) -> None:
    await t.reach(started(token="B"))
    await t.expect(1, "Boot")


async def labelled(t: peers.SmallTest) -> None:
    await t.run(1, started)
    await t.call(2, "Reset", {}, error="NotSupported")
    await t.any_order(t.expect(4, "Start"), t.expect(6, "Boot"))
    t.check("post", eq("x", 1), {"x": 1})


async def test_a_run_labels_its_steps_in_the_same_way() -> None:
    def send(peer: peers.Peer) -> None:
        for n, action in enumerate(["Start", "Boot", "Start", "Start", "Boot"]):
            peer.later(1 + n, action)

    setup = peers.Setup(before=(ready,), start=send)
    peer = peers.Peer(answers={"Reset": CallError("NotSupported")})
    run = await peers.run(labelled, peer, setup)
    described = [s.label for s in describe(setup.case(labelled)).steps if not s.state]
    judged = [r.label for r in run.results if r.label != "valid"]
    assert judged == [
        *("Ready/Started(token=B)/1", "Ready/Started(token=B)/2", "Ready/Started(token=B)/3"),
        *("Ready/1", "1/Started/1", "1/Started/2", "1/Started/3", "2", "3", "4", "6", "post"),
    ]
    default_answers = ["Ready/Started(token=B)/4", "Ready/2", "1/Started/4", "5", "7"]
    assert [label for label in described if label not in default_answers] == judged


# -- what is wrong with a case ---------------------------------------------------------------------


async def tc_number(t: StationTest) -> None:
    for n in (1, 3):
        await t.expect(n, "Heartbeat")


async def tc_composite_number(t: StationTest) -> None:
    n = 1
    await t.connectors_report(n, "Available")


async def tc_verb(t: StationTest) -> None:
    await t.dance(1)  # type: ignore[attr-defined]


async def tc_unannotated(t) -> None:  # type: ignore[no-untyped-def]
    await t.connectors_report(1, "Available")


async def tc_recursive(t: StationTest) -> None:
    await t.reach(State("Endless", tc_recursive))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (tc_number, "the number of a step must be written out"),
        (tc_composite_number, "the number of a step must be written out"),
        (tc_verb, "StationTest has no verb dance"),
        (tc_unannotated, "the class of the test, not annotated, has no verb connectors_report"),
        (tc_recursive, "tc_recursive calls itself"),
    ],
)
def test_what_cannot_be_read_names_file_and_line(body: Any, message: str) -> None:
    case = TestCase("TC_X", "", "station", "1.6", "", body)
    with pytest.raises(ValueError, match=rf"^test_describe\.py:\d+: {message}"):
        describe(case)


# -- JSON and text ----------------------------------------------------------------------------


def test_json_has_the_keys_that_readers_rely_on() -> None:
    made = as_json(describe(REGISTRY.cases["TC_EXPECT"]))
    assert json.loads(json.dumps(made)) == made
    assert {"id", "ocpp", "sut", "title", "group", "steps", "before", "readings"} <= set(made)
    assert made["steps"][0] == {
        "step": "1",
        "verb": "expect",
        "action": "Authorize",
        "direction": "sut",
        "what": "Authorize",
        "checks": [
            {
                "path": "connectorId",
                "rule": "eq",
                "values": ["<connector_id>"],
                "text": "connectorId is <connector_id>",
                "where": True,
            },
            {
                "path": "idTag",
                "rule": "eq",
                "values": ["<valid_id_tag>"],
                "text": "idTag is <valid_id_tag>",
            },
            {"path": "timestamp", "rule": "present", "values": [], "text": "timestamp is present"},
        ],
        "under": ["within <sample_interval> s"],
    }
    silent = as_json(describe(REGISTRY.cases["TC_KINDS"]))["steps"][1]
    assert (silent["verb"], silent["action"]) == ("nothing", "StartTransaction | StopTransaction")
    omitted_too = as_json(describe(REGISTRY.cases["TC_CALL"]))["steps"][1]["checks"][1]
    assert omitted_too["values"] == ["A", None]
    computed = as_json(describe(REGISTRY.cases["TC_VALUES"]))["steps"][4]["checks"][0]
    assert (computed["rule"], computed["values"]) == ("eq", [])


def test_the_text_is_a_table_of_the_width_asked_for() -> None:
    described = describe(REGISTRY.cases["TC_STATES"])
    text = as_text(described, 100)
    assert text.startswith("TC_STATES  A title\nOCPP 1.6, station under test, A group\n")
    assert "\nsetting: ".replace("\n", "") in text
    assert "\nCharging(by=remote) (unless it holds)\n1     tool     RemoteStartTransaction" in text
    assert "\n1 / Charging / Authorized\n" in text
    assert "\n(the case)\npost  station  MeterValues" in text
    assert "answer to StartTransaction" not in text  # by default
    assert "- We read it so." in text
    assert all(len(line) <= 100 for line in text.splitlines())
    assert max(len(line) for line in as_text(described, 60).splitlines()[3:]) <= 60
