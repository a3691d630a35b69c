"""Cases of booting, variables and reports: conforming stations pass, others do not."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from testbay.campaign import suites
from testbay.campaign.embedded import Build
from testbay.campaign.lane import Lane
from testbay.campaign.virtual import Recorded, product_for, run_case
from testbay.proof.fault import WireFault
from testbay.proof.hearing import OVERHEARD, HardOfHearing
from testbay.proof.wire import RESULT, Wire
from testbay.scenario.events import Called, Frame
from testbay.scenario.verdict import Verdict

SUITE = suites.load("2.0.1")
IDS = [
    case.id
    for case in SUITE.cases.values()
    if case.body.__module__.split(".")[-1] in ("b1_booting", "b2_variables", "b3_reports")
    and case.sut == "station"
]
LISTS = [
    f"LocalAuthListCtrlr.{n}"
    for n in ("Available", "Enabled", "Entries", "ItemsPerMessage", "BytesPerMessage")
]
STATIONS: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "as it is": ({}, {}),
    "one EVSE": ({"evse_count": 1}, {"evses": 1}),
    "three connectors": ({"connectors_per_evse": 3}, {"connectors_per_evse": 3}),
    "tells by events": ({}, {"reports": "NotifyEvent"}),
    "tells several events at once": ({}, {"reports": "NotifyEvent", "groups_events": True}),
    "waits offline": ({}, {"waits_offline": True}),
    "secrets": ({}, {"write_only": ("AuthCtrlr.Enabled", "AuthCacheCtrlr.Enabled")}),
    "read-only": ({}, {"read_only": ("AuthCtrlr.AuthorizeRemoteStart", "TxCtrlr.TxStartPoint")}),
    "little": (
        {},
        {
            "lacks": (
                *LISTS,
                "SmartChargingCtrlr.Available",
                "SmartChargingCtrlr.LimitChangeSignificance",
                "ClockCtrlr.NextTimeOffsetTransitionDateTime",
            )
        },
    ),
    "no trigger": ({}, {"not_triggered": ("BootNotification",)}),
    "short messages": ({}, {"variables": {"DeviceDataCtrlr.ItemsPerMessage[GetVariables]": "2"}}),
    "boots often": ({"heartbeat_interval": 5}, {}),
}


def run(
    case_id: str,
    config: Mapping[str, Any],
    options: Mapping[str, Any],
    faults: tuple[str, ...] = (),
    **how: Any,
) -> Recorded:
    case = SUITE.cases[case_id]
    product, why = product_for(case, SUITE)
    assert product is not None, why
    usual = {v.name: v.default for v in SUITE.part("station").values.values()}
    return run_case(case, SUITE, product, usual, build=Build(config, options, faults), **how)


def dressed(case_id: str, dress: Callable[[list[Any]], list[Any]], **options: Any) -> Recorded:
    """Run a case against a station each of whose frames is changed on the wire."""
    return run(case_id, {}, options, interpose=lambda _: Wire(None, dress))


@pytest.mark.parametrize("station", STATIONS)
@pytest.mark.parametrize("case_id", IDS)
def test_a_conforming_station_passes(case_id: str, station: str) -> None:
    config, options = STATIONS[station]
    ended = run(case_id, config, options).ended
    assert ended.verdict == Verdict.PASS, ended.reason


@pytest.mark.parametrize(
    ("case_id", "lacks"),
    [
        ("TC_B_12_CS", "OCPPCommCtrlr.OfflineThreshold"),
        ("TC_B_13_CS", "EVSE@2.Power"),
        ("TC_B_53_CS", "SecurityCtrlr.OrganizationName"),
        ("TC_B_53_CS", "LocalAuthListCtrlr.Entries"),
    ],
)
def test_a_required_variable_must_be_there(case_id: str, lacks: str) -> None:
    ended = run(case_id, {}, {"lacks": (lacks,)}).ended
    assert ended.verdict == Verdict.FAIL
    assert lacks in ended.reason


@pytest.mark.parametrize("case_id", ["TC_B_02_CS", "TC_B_13_CS", "TC_B_17_CS", "TC_B_56_CS"])
def test_a_report_must_come(case_id: str) -> None:
    assert run(case_id, {}, {}, ("reports-nothing",)).ended.verdict == Verdict.FAIL


def test_a_report_of_all_evses_has_no_other() -> None:
    ended = run("TC_B_56_CS", {}, {"evses": 3}).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "3#1")


def test_a_variable_that_a_case_sets_is_put_back() -> None:
    last = run("TC_B_09_CS", {}, {"variables": {"OCPPCommCtrlr.OfflineThreshold": "77"}})
    assert last.lane.model.variable("OCPPCommCtrlr.OfflineThreshold") == "77"


@pytest.mark.parametrize("case_id", ["TC_B_32_CS", "TC_B_33_CS", "TC_B_34_CS"])
def test_what_cannot_be_read_has_no_value(case_id: str) -> None:
    def valued(frame: list[Any]) -> list[Any]:
        if frame[0] != RESULT or "getVariableResult" not in frame[2]:
            return frame
        results = [{"attributeValue": ""} | r for r in frame[2]["getVariableResult"]]
        return [*frame[:2], {"getVariableResult": results}]

    ended = dressed(case_id, valued).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "2")


def test_one_variable_is_read_by_the_type_of_its_attribute() -> None:
    journal = [s.event for s in run("TC_B_06_CS", {}, {}).journal]
    calls = [e.payload for e in journal if isinstance(e, Called) and e.action == "GetVariables"]
    assert calls[-1]["getVariableData"][0]["attributeType"] == "Actual"


@pytest.mark.parametrize("zero", ["evseId", "connectorId"])
def test_a_station_reports_connectors_and_nothing_else(zero: str) -> None:
    told = {"timestamp": "2030-01-01T00:00:00Z", "connectorStatus": "Available"}
    whole = {**told, "evseId": 1, "connectorId": 1, zero: 0}
    frames = [s.event for s in run("TC_B_01_CS", {}, {}).journal if isinstance(s.event, Frame)]
    security = [f.text for f in frames if "SecurityEventNotification" in f.text][-1]
    place = ("in", orjson.loads(security)[1])
    fault = WireFault("inject", frame=("StatusNotification", whole), before=place)
    ended = run("TC_B_01_CS", {}, {}, interpose=lambda _: Wire(fault)).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "1/Booted/5")


@pytest.mark.parametrize(("by", "verdict"), [("us", Verdict.PASS), ("peer", Verdict.FAIL)])
def test_an_older_connection_may_end_while_the_boot_is_pending(by: str, verdict: Verdict) -> None:
    waits = {"not_triggered": ("BootNotification",)}
    found = run("TC_B_02_CS", {}, waits, wrap=hearing_an_end(20.0, by))
    [told] = [m for m in found.test.received("@closed") if m.uid == "@made-up"]
    assert 15 < found.test.recorder.zero + told.at < 40
    assert found.ended.verdict is verdict


@pytest.mark.parametrize(("by", "asked"), [("us", True), ("peer", False)])
def test_a_rejected_station_is_asked_unless_it_has_hung_up(by: str, asked: bool) -> None:
    found = run("TC_B_30_CS", {}, {}, wrap=hearing_an_end(16.0, by))
    calls = [s.event.action for s in found.journal if isinstance(s.event, Called)]
    assert ("GetBaseReport" in calls) is asked


def hearing_an_end(at: float, by: str) -> Callable[[Lane], None]:
    """Return what makes the tool hear that a connection has ended at a moment."""
    heard = WireFault(OVERHEARD, value=at, frame=("@closed", {"by": by, "code": 1006}))

    def deafen(lane: Lane) -> None:
        lane.end = HardOfHearing(lane.end, heard)

    return deafen


EXPIRED = {"reservationId": 1, "reservationUpdateStatus": "Expired"}
BOOT = {"chargingStation": {"vendorName": "Testbay", "model": "Reference station"}}


@pytest.mark.parametrize(
    ("action", "payload", "failed"),
    [
        ("BootNotification", {**BOOT, "reason": "PowerUp"}, "15"),
        (
            "ReservationStatusUpdate",
            {"reservationId": 1, "reservationUpdateStatus": "Expired"},
            "15",
        ),
    ],
)
def test_a_pending_station_keeps_quiet_until_it_is_asked(action, payload, failed) -> None:
    wire = before_the_answer('"300"', action, payload)
    ended = run("TC_B_02_CS", {}, {}, interpose=lambda _: wire).ended
    assert wire.applied
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, failed)


def test_a_boot_by_the_interval_may_come_between_the_trigger_and_its_boot() -> None:
    often, again = {"heartbeat_interval": 1}, {**BOOT, "reason": "PowerUp"}
    frames = [s.event for s in run("TC_B_02_CS", often, {}).journal if isinstance(s.event, Frame)]
    [asked] = [f.text for f in frames if '"Triggered"' in f.text]
    wire = Wire(WireFault("inject", frame=("BootNotification", again), before=at(asked)))
    ended = run("TC_B_02_CS", often, {}, interpose=lambda _: wire).ended
    assert wire.applied
    assert ended.verdict is Verdict.PASS, ended.reason


def before_the_answer(to: str, action: str, payload: dict[str, Any]) -> Wire:
    """Return a wire on which a message comes before the answer to what contains a text."""
    frames = [s.event for s in run("TC_B_02_CS", {}, {}).journal if isinstance(s.event, Frame)]
    [asked] = [f.text for f in frames if f.direction == "out" and to in f.text]
    return Wire(WireFault("inject", frame=(action, payload), before=at(asked)))


def at(frame: str) -> tuple[str, str]:
    """Return the place of what the station sends with the id of a frame."""
    return "in", orjson.loads(frame)[1]
