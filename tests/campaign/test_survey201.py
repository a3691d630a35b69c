"""OCPP 2.0.1: a run reads the device model in parts, compares it, and puts back what cases left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from testbay.campaign.between import attend
from testbay.campaign.embedded import LANES, Build
from testbay.campaign.lane import Lane
from testbay.campaign.runner import Run
from testbay.campaign.suites import load
from testbay.campaign.survey import Surveyor, surveyor
from testbay.scenario import events
from testbay.scenario.case import TestCase
from testbay.scenario.checks import eq
from testbay.scenario.events import Stamped
from testbay.scenario.product import Product
from testbay.scenario.survey import Stated
from testbay.scenario.values import Answer, CallError, Payload, Received
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp201.station_survey import PATIENCE, StationSurvey

SUITE = load("2.0.1")
PART = SUITE.part("station")
VALUES = {v.name: v.default for v in PART.values.values()}
PRODUCT = {f.name: f.default for f in PART.features.values()}
CASE = "TC_B_06_CS"
OWN = ("OCPPCommCtrlr", "OfflineThreshold")


def asks(**values: Any) -> Surveyor:
    return surveyor(PART, "station", VALUES | values, PRODUCT, None)


@asynccontextmanager
async def lane_of(
    sut: str = "station", faults: tuple[str, ...] = (), **options: Any
) -> AsyncIterator[Lane]:
    product = Product("detachable cable" if sut == "station" else "csms")
    values = {v.name: v.default for v in SUITE.part(sut).values.values()}
    lane = await LANES[sut](SUITE, product, values, Build(options=options, faults=faults), None)
    try:
        yield lane
    finally:
        await lane.end.close()
        assert lane.stop is not None
        await lane.stop()


def told(journal: list[Stamped], kind: type[Any]) -> list[Any]:
    return [s.event for s in journal if isinstance(s.event, kind)]


def case(body: Any, name: str = "TC_1_CS") -> TestCase:
    return TestCase(name, "A case", "station", "2.0.1", "Cases", body)


def named(component: str, name: str) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": name}}


def sets(component: str, name: str, value: str, status: str = "Accepted") -> Callable[[Any], Any]:
    async def body(t: Any) -> None:
        data = {**named(component, name), "attributeValue": value}
        taken = eq("setVariableResult[0].attributeStatus", status)
        await t.call(1, "SetVariables", {"setVariableData": [data]}, taken)

    return body


async def reads_it(t: Any) -> None:
    value = eq("getVariableResult[0].attributeValue", "300")
    await t.call(1, "GetVariables", {"getVariableData": [named(*OWN)]}, value)


# -- surveys ---------------------------------------------------------------------------------------


async def test_a_station_is_surveyed_before_its_cases() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        run = Run([SUITE.cases[CASE]], journal.append, surveyor=asks())
        await run.on([lane])
    kinds = [s.event.kind for s in journal if s.event.kind in ("surveyed", "case_started")]
    assert kinds == ["surveyed", "case_started"]
    [survey] = told(journal, events.Surveyed)
    assert len(survey.entries) > 80
    assert (survey.why, survey.findings) == ("", [])
    assert "EVSE.EvseId" in survey.absent
    assert not [a for a in survey.absent if a.startswith("CHAdeMOCtrlr.")]
    [identified] = told(journal, events.Identified)
    assert identified.about["model"] == "Reference station"
    assert run.done[CASE].verdict == Verdict.PASS
    answered = [e.action for e in told(journal, events.Replied) if e.action == "NotifyReport"]
    assert len(answered) > 4, "every part is answered"


async def test_what_cannot_be_so_is_told_and_the_run_goes_on() -> None:
    journal: list[Stamped] = []
    async with lane_of(evses=3, lacks=("OCPPCommCtrlr.ResetRetries",)) as lane:
        run = Run([SUITE.cases[CASE]], journal.append, surveyor=asks())
        await run.on([lane])
    [survey] = told(journal, events.Surveyed)
    assert survey.findings == [
        ["OCPPCommCtrlr.ResetRetries", "it is not listed, but each station has it"],
        ["values.evse_count", "it is 2 in the configuration, but it lists 3 EVSEs"],
    ]
    assert run.done[CASE].verdict == Verdict.PASS


async def test_a_station_that_makes_no_report() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        call = lane.end.call

        async def refuse(uid: str, action: str, payload: dict[str, Any]) -> Any:
            if action == "GetBaseReport":
                return CallError("InternalError")
            return await call(uid, action, payload)

        lane.end.call = refuse  # type: ignore[method-assign]
        run = Run([SUITE.cases[CASE]], journal.append, surveyor=asks())
        await run.on([lane])
    [survey] = told(journal, events.Surveyed)
    why = "GetBaseReport (FullInventory) was not accepted: CALLERROR InternalError"
    assert (survey.why, survey.entries) == (why, [])
    assert run.done[CASE].verdict == Verdict.PASS


async def test_a_report_that_does_not_come_ends_the_wait() -> None:
    journal: list[Stamped] = []
    async with lane_of(faults=("reports-nothing",)) as lane:
        run = Run([SUITE.cases[CASE]], journal.append, surveyor=asks())
        await run.on([lane])
    [survey] = told(journal, events.Surveyed)
    assert survey.why.startswith("of its FullInventory nothing came for 30 s after it was accepted")
    assert [about for about, _ in survey.findings] == ["NotifyReport"]
    assert run.done[CASE].verdict == Verdict.PASS


# -- parts of a report -----------------------------------------------------------------------------


class Scripted:
    """Answers, and says what was laid down."""

    def __init__(self, *parts: Received, answers: tuple[Answer, ...] = ()) -> None:
        self.parts, self.answers = list(parts), list(answers)
        self.asked: list[Any] = []
        self.waited: list[float] = []

    async def __call__(self, action: str, payload: dict[str, Any]) -> Answer:
        self.asked.append(payload.get("reportBase"))
        return self.answers.pop(0) if self.answers else {"status": "Accepted"}

    async def hear(self, action: str, within: float) -> Received | None:
        self.waited.append(within)
        return self.parts.pop(0) if self.parts else None


def part(number: int, *names: str, request: int = 1, valid: bool = True, **more: Any) -> Received:
    data = [{**named("C", name), "variableAttribute": [{"value": "1"}]} for name in names]
    fields = {"requestId": request, "seqNo": number, "reportData": data, **more}
    return Received("m", "NotifyReport", Payload(fields), servable=valid)


async def test_all_parts_are_read_and_those_of_other_reports_are_not() -> None:
    call = Scripted(
        part(0, "A", tbc=True), part(0, "X", request=9), part(1, "B", tbc=True), part(2, "C")
    )
    reading = await StationSurvey().read(call, Stated())
    assert [e["variable"]["name"] for e in reading.entries] == ["A", "B", "C"]
    assert (reading.why, list(reading.found)) == ("", [])
    assert list(reading.asked) == ["GetBaseReport FullInventory: 3 variables in 3 parts"]
    assert set(call.waited) == {PATIENCE}


async def test_parts_whose_numbers_do_not_rise() -> None:
    call = Scripted(part(1, "A", tbc=True), part(1, "B", tbc=False))
    [one] = (await StationSurvey().read(call, Stated())).found
    assert str(one) == "NotifyReport.seqNo: the parts have the numbers 1, 1, expected 0, 1, 2 ..."


async def test_a_report_that_breaks_off() -> None:
    reading = await StationSurvey().read(Scripted(part(0, "A", tbc=True)), Stated())
    assert reading.why == (
        "of its FullInventory nothing came for 30 s after part 1, although more was to come"
    )
    assert StationSurvey().findings(reading, Stated()) == list(reading.found)
    assert len(reading.found) == 1, "what is missing is not looked for in half a report"


async def test_a_part_that_is_not_valid() -> None:
    call = Scripted(part(0, "A", tbc=True), part(1, "B", valid=False))
    reading = await StationSurvey().read(call, Stated())
    assert reading.why == "part 2 of its FullInventory is not valid, so the rest is not read"


async def test_a_report_without_an_end() -> None:
    call = Scripted(*(part(i, "A", tbc=True) for i in range(2100)))
    reading = await StationSurvey().read(call, Stated())
    assert reading.why == "its FullInventory does not end after 2000 parts"


async def test_what_can_be_written_is_looked_at_later() -> None:
    call = Scripted(part(0, "A", request=2))
    reading = await StationSurvey().look(call, Stated())
    assert (call.asked, len(reading.entries)) == (["ConfigurationInventory"], 1)
    call = Scripted(part(0, "A", "B"), answers=({"status": "NotSupported"},))
    reading = await StationSurvey().look(call, Stated())
    assert call.asked == ["ConfigurationInventory", "FullInventory"]
    assert len(reading.entries) == 2


# -- what cases leave ------------------------------------------------------------------------------


async def test_a_variable_that_a_case_has_left_is_named_and_put_back() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        cases = [case(sets(*OWN, "7")), case(reads_it, "TC_2_CS")]
        run = Run(cases, journal.append, surveyor=asks())
        await run.on([lane])
        known = lane.model.known()["variables"]
    assert [e.verdict for e in run.done.values()] == [Verdict.PASS, Verdict.PASS], run.done
    left = [
        (s.case, s.event.what)
        for s in journal
        if isinstance(s.event, events.LeftBehind) and "Offline" in str(s.event)
    ]
    says = "OCPPCommCtrlr.OfflineThreshold is '7', it was '300'; it is set back"
    assert left == [("TC_1_CS", [says])]
    assert known[".".join(OWN).casefold()] == "300", "what the tool knows of it is right"


async def test_a_variable_that_cannot_be_put_back_is_named() -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        call = lane.end.call

        async def refuse(uid: str, action: str, payload: dict[str, Any]) -> Any:
            if uid.startswith("s") and action == "SetVariables":
                return {"setVariableResult": [{**named(*OWN), "attributeStatus": "Rejected"}]}
            return await call(uid, action, payload)

        lane.end.call = refuse  # type: ignore[method-assign]
        await Run([case(sets(*OWN, "7"))], journal.append, surveyor=asks()).on([lane])
    said = [w for e in told(journal, events.LeftBehind) for w in e.what]
    says = "OCPPCommCtrlr.OfflineThreshold is '7', it was '300'; setting it back: Rejected"
    assert says in said


@pytest.mark.parametrize(
    ("component", "name", "value"),
    [
        ("OCPPCommCtrlr", "HeartbeatInterval", "77"),
        ("AuthCtrlr", "LocalPreAuthorize", "false"),
        ("SecurityCtrlr", "OrganizationName", "Other"),
        ("ClockCtrlr", "TimeOffset", "+02:00"),
    ],
)
async def test_what_changes_by_the_way_stays(component: str, name: str, value: str) -> None:
    journal: list[Stamped] = []
    async with lane_of() as lane:
        body = sets(component, name, value)
        await Run([case(body)], journal.append, surveyor=asks()).on([lane])
    assert not [w for e in told(journal, events.LeftBehind) for w in e.what if name in w]


def test_what_is_not_standard_or_cannot_be_written_is_left_alone() -> None:
    def reported(name: str, value: str | None, access: str) -> dict[str, Any]:
        attribute = {"mutability": access, **({} if value is None else {"value": value})}
        return {**named(*name.split(".")), "variableAttribute": [attribute]}

    def changed(
        name: str, was: str | None, is_: str | None, access: str = "ReadWrite"
    ) -> list[Any]:
        before = [reported(name, was, access)]
        now = [reported(name, is_, access)] if is_ != "gone" else []
        return StationSurvey().put_back(before, now)

    assert len(changed("TxCtrlr.TxStartPoint", "A,B", "A")) == 1
    assert changed("TxCtrlr.TxStartPoint", "A,B", "a, b") == []
    assert changed("TxCtrlr.TxStartPoint", "A", "B", "ReadOnly") == []
    assert changed("TxCtrlr.TxStartPoint", None, "B") == []
    assert changed("TxCtrlr.TxStartPoint", "A", "gone") == []
    assert changed("Vendor.Thing", "A", "B") == []


async def test_a_station_that_a_case_has_switched_off_is_switched_on() -> None:
    from testbay.suites.ocpp201.actions import POWER_OFF

    async def switches_off(t: Any) -> None:
        t.manual(POWER_OFF)
        await t.expect(1, "@closed", eq("by", "peer"))

    journal: list[Stamped] = []
    async with lane_of() as lane:
        cases = [case(switches_off), case(reads_it, "TC_2_CS")]
        run = Run(cases, journal.append, surveyor=asks())
        await run.on([lane])
    assert [e.verdict for e in run.done.values()] == [Verdict.PASS, Verdict.PASS], run.done
    left = told(journal, events.LeftBehind)
    assert left[0].what[0] == "the station is not connected", "it is not asked then"


# -- a CSMS ----------------------------------------------------------------------------------------


async def csms_found(**values: Any) -> tuple[list[str], list[str]]:
    part = SUITE.part("csms")
    known = {v.name: v.default for v in part.values.values()}
    async with lane_of("csms") as lane:
        lane.config = {**lane.config, **values}
        attend(lane)
        assert not await lane.end.ready(lane.connect_timeout)
        surveys = surveyor(part, "csms", known | values, {}, None)
        reading, found = await surveys.ask(lane)
        await asyncio.sleep(0)
    return list(reading.asked), [str(f) for f in found]


async def test_a_csms_that_is_as_configured() -> None:
    asked, found = await csms_found()
    assert found == []
    assert asked == [
        "BootNotification: Accepted",
        "Authorize with valid_idtoken_idtoken: Accepted",
        "Authorize with valid_idtoken2_idtoken: Accepted",
        "Authorize with invalid_idtoken_idtoken: Invalid",
    ]


async def test_tokens_that_a_csms_sees_otherwise() -> None:
    _, found = await csms_found(valid_idtoken2_idtoken="FFFF", invalid_idtoken_idtoken="01020304")
    assert found == [
        "values.valid_idtoken2_idtoken: the CSMS says Unknown to it, but the cases need Accepted",
        "values.invalid_idtoken_idtoken: the CSMS says Accepted to it, but the cases need Invalid "
        "or Unknown",
        "values.invalid_idtoken_idtoken: it is 01020304 in the configuration, but "
        "values.valid_idtoken_idtoken is the same token (upper and lower case are the same)",
    ]


async def test_where_nobody_shows_a_token_none_is_asked_about() -> None:
    asked, _ = await csms_found(valid_idtoken_type="NoAuthorization")
    assert "Authorize with valid_idtoken_idtoken" not in " ".join(asked)
