"""What a case does is read from its source: steps, checks, blocks around them, states, settings."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from testbay.scenario.case import Body, Registry, Rule, State, TestCase, if_implemented, state
from testbay.scenario.checks import eq, omitted, one_of, present, satisfies
from testbay.scenario.configured import Configured, Plus
from testbay.scenario.describe import Description, Step, as_json, as_text, describe
from testbay.scenario.expectation import Expectation
from testbay.scenario.features import Feature
from testbay.scenario.many import Every, Near, Rising, times
from testbay.scenario.role import Action
from testbay.scenario.test import Test
from testbay.scenario.values import NO_ANSWER, OMITTED, CallError, Link

REGISTRY = Registry()
CONNECTOR = Configured("connector_id", int, 1, "The connector that is used")
TOKEN = Configured("valid_id_tag", str, "T1", "A token that is accepted")
PERIOD = Configured("sample_interval", float, 10.0, "Seconds between two samples", "s")
PRINTER = Feature("printer", "the station has a printer", False)
PLUG_IN = Action("plug_in", "Plug in the cable")
SERVE = Link("serve")
HERE = eq("connectorId", CONNECTOR)
BOTH = (eq("idTag", TOKEN), present("timestamp"))
FLAWS = ("expired", "unknown root")


def case(id: str, **more: Any) -> Callable[[Body], Body]:
    return REGISTRY.case(
        id, "A title", sut=more.pop("sut", "station"), ocpp="1.6", group="A group", **more
    )


@dataclass(frozen=True)
class Setting:
    key: str
    wanted: Any

    @property
    def name(self) -> str:
        return f"{self.key} is {self.wanted}"

    def holds(self, t: Any) -> bool:
        return False

    async def enter(self, t: Any) -> None:
        raise NotImplementedError


@dataclass
class StationTest(Test):
    """Composite verbs, as a suite has them."""

    @property
    def here(self) -> Any:
        return HERE

    async def connectors_report(self, step: int, status: str, *, zero: bool = True) -> None:
        if zero:
            await self.expect(
                step, "StatusNotification", eq("status", status), where=eq("connectorId", 0)
            )
        for connector in self.connectors():
            await self.expect(
                step,
                "StatusNotification",
                eq("status", status),
                where=eq("connectorId", connector),
            )

    def connectors(self) -> range:
        return range(1, self.value(CONNECTOR))

    def status(self, step: int, wanted: str) -> Expectation:
        return self.expect(step, "StatusNotification", eq("status", wanted), where=HERE)

    async def starts(self, step: int) -> Any:
        return await self.expect(step, "StartTransaction", HERE)

    @contextlib.asynccontextmanager
    async def offline(self, step: int) -> AsyncIterator[None]:
        await self.link(step, Link("close"))
        with self.recorder.under("offline"):
            yield
        await self.link(step + 3, Link("accept"))


@state("Authorized", readings=("Presented at the reader.",))
async def authorized(t: StationTest, token: Any = TOKEN) -> None:
    t.manual(Action("present_token", "Present the token")(id_tag=token))
    await t.expect(1, "Authorize", eq("idTag", token))


@state("Charging", holds=lambda t: True, readings=("Cable first.",))
async def charging(t: StationTest, by: str = "local") -> None:
    if by == "local":
        await t.reach(authorized)
    else:
        await t.call(1, "RemoteStartTransaction", {"idTag": TOKEN}, eq("status", "Accepted"))
    await t.expect(9, "StartTransaction", *BOTH)


def steps(case_id: str) -> tuple[Step, ...]:
    return describe(REGISTRY.cases[case_id]).steps


def rows(case_id: str) -> list[tuple[str, str, str]]:
    return [(s.label, s.verb, s.what) for s in steps(case_id)]


def checks(step: Step) -> list[str]:
    return [c.text for c in step.checks]


# -- messages -------------------------------------------------------------------------------------


@case("TC_CALL")
async def tc_call(t: StationTest) -> None:
    asked = {"connectorId": CONNECTOR, "profile": {"periods": [{"limit": 8}, {"limit": 6.0}]}}
    await t.call(1, "SetLimit", asked, eq("status", "Accepted"), one_of("unit", "A", OMITTED))
    await t.call(3, "Reset", {}, error=("NotSupported", "NotImplemented"))


def test_a_call_is_two_steps() -> None:
    sent, answered, reset, refused = steps("TC_CALL")
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


@case("TC_EXPECT")
async def tc_expect(t: StationTest) -> None:
    await t.expect(1, "Authorize", *BOTH, where=t.here, within=PERIOD)
    await t.expect(3, "Authorize", reply={"idTagInfo": {"status": "Invalid"}})
    await t.expect(5, "Authorize", reply=CallError("InternalError"))
    await t.expect(7, "Authorize", reply=NO_ANSWER)
    await t.expect(8, "@connect", eq("profile", 2))
    await t.maybe(9, "Heartbeat", within=3)


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


@case("TC_KINDS")
async def tc_kinds(t: StationTest) -> None:
    t.manual(PLUG_IN(connector=CONNECTOR))
    await t.nothing(1, "StartTransaction", "StopTransaction", where=HERE, during=Plus(PERIOD, 5))
    async with t.forbid("post", "Authorize"):
        await t.wait(PERIOD, "the text says so")
    await t.confirm(2, "Is the light on?")
    seen = await t.link(3, SERVE(profile=2), present("http_status"))
    t.check(3, Near("the time", 3, 1), seen["after"])
    t.undo(lambda: t.expect(99, "Never"))


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


@case("TC_BLOCKS")
async def tc_blocks(t: StationTest) -> None:
    await t.any_order(
        t.expect(1, "StopTransaction"),
        *[t.expect(3, "StatusNotification", where=eq("connectorId", n)) for n in t.connectors()],
    )
    await t.sequence(
        t.maybe(5, "Heartbeat"), t.expect(7, "Authorize") | t.expect(9, "DataTransfer")
    )
    [samples] = await t.collect(
        t.expect(11, "MeterValues", HERE), until=eq("context", "Transaction.End"), during=PERIOD
    )
    t.review(11, samples, times(2, 4), Every(eq("meterValue[0].unit", "Wh")), Rising("timestamp"))
    chosen = await t.which(t.expect(13, "Authorize"), t.expect(15, "Heartbeat"))
    if chosen == 0:
        await t.status(13, "Finishing")


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
        ("13", ("if chosen == 0",)),
    ]
    collected, reviewed = sent[5], sent[6]
    assert [c.role for c in collected.checks] == ["check", "until"]
    assert (reviewed.actions, reviewed.response) == (("MeterValues",), False)
    assert [f.path for c in reviewed.checks for f in c.facts] == [
        None,
        "meterValue[0].unit",
        "timestamp",
    ]


@case("TC_FLOW")
async def tc_flow(t: StationTest) -> None:
    boot = await t.maybe(1, "BootNotification", within=PERIOD)
    if boot:
        await t.expect(3, "StatusNotification")
    else:
        await t.expect(5, "StatusNotification")
    unit = t.value(CONNECTOR)
    if unit == 2:
        await t.expect(7, "Heartbeat", eq("unit", "W" if unit else "A"))
        return
    if not await t.maybe(9, "Heartbeat"):
        return
    for flaw, profile in (("expired", 2), ("unknown root", 3)):
        with t.round(flaw):
            await t.link(11, SERVE(certificate=flaw), eq("profile", profile))
    while unit < 3:
        await t.expect(13, "Heartbeat")
    for only in ("one",):
        await t.expect(15, "Heartbeat", eq("it", only))
    for _ in ():
        await t.expect(17, "Heartbeat")


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


# -- values ---------------------------------------------------------------------------------------


def limits(connector: Any, limit: Any) -> tuple[Any, ...]:
    return (eq("connectorId", connector), eq("limit", limit), omitted("id"))


@dataclass
class Opaque(StationTest):
    def computed_here(self, answer: Any) -> Any:
        return answer.anything


@case("TC_VALUES")
async def tc_values(t: Opaque) -> None:
    started = await t.expect(1, "StartTransaction", HERE)
    answer = await t.call(3, "GetLimit", {"at": t.stamp(), "of": started["connectorId"]})
    twice = 2 * t.value(PERIOD)
    await t.expect(5, "StopTransaction", eq("id", answer["schedule"]["ids"][0]))
    await t.expect(7, "Limit", *limits(t.value(CONNECTOR), twice), *[omitted(p) for p in FLAWS])
    await t.expect(9, "Limit", satisfies("sum", "adds up", lambda a, r: bool(a == answer["sum"])))
    t.check(4, one_of("[0].unit", "W"), answer["schedule"]["periods"], started)
    t.check(4, eq("status", "Accepted"), answer)
    later = await t.starts(11)
    t.check(11, eq("idTag", TOKEN), later)
    await t.expect(13, "Limit", t.computed_here(answer))
    sent = {"a": 1}
    sent["b"] = 2
    await t.call(15, "Limit", {**sent, **answer})


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
    assert unknown == [("13", "step 4.anything"), ("15", "**step 4")]
    [step] = [
        s for s in as_json(describe(REGISTRY.cases["TC_VALUES"]))["steps"] if s["step"] == "13"
    ]
    assert step["checks"] == [
        {"path": None, "rule": "satisfies", "values": [], "text": "step 4.anything"}
    ]


# -- states, settings, composite verbs -------------------------------------------------------------


@case(
    "TC_STATES",
    before=(if_implemented(Setting("Minimum", PERIOD)), charging(by="remote")),
    requires=PRINTER,
    post=(Rule(("MeterValues",), (Every(present("timestamp")),), where=HERE),),
    readings=("We read it so.",),
)
async def tc_states(t: StationTest) -> None:
    await t.run(1, charging)
    await t.reach(if_implemented(authorized(token="other")))
    await t.reach(Setting("Other", 1))


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


@case("TC_COMPOSITE")
async def tc_composite(t: StationTest) -> None:
    await t.connectors_report(1, "Available")
    await t.connectors_report(3, "Faulted", zero=False)
    later = t.status(5, "Charging")
    async with t.offline(7):
        await t.expect(8, "Heartbeat")
    await t.any_order(later, t.status(11, "Finishing"))
    await by_hand(13, t)
    await authorized.enter(t)


async def by_hand(step: int, test: StationTest) -> None:
    await test.expect(step, "Heartbeat")


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
    assert all(s.where.startswith("test_describe.py:") for s in shown)


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


def test_reading_is_fast_enough_to_show_all_cases_at_once() -> None:
    def read() -> list[Description]:
        return [describe(case) for case in REGISTRY.cases.values()]

    read()
    started = time.process_time()
    for _ in range(10):
        read()
    assert (time.process_time() - started) / (10 * len(REGISTRY.cases)) < 0.005
