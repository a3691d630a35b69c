"""Cases of resets and of the connection: conforming stations pass, others do not."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from testbay.campaign import suites
from testbay.campaign.embedded import Build
from testbay.campaign.virtual import Recorded, product_for, run_case
from testbay.clock import VirtualLoop
from testbay.proof.fault import WireFault
from testbay.proof.wire import Wire
from testbay.roles.csms_model201 import CsmsModel201
from testbay.scenario.replay import rejudge
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp201.station_test import StationTest

SUITE = suites.load("2.0.1")
IDS = [
    case.id
    for case in SUITE.cases.values()
    if case.body.__module__.split(".")[-1] in ("b4_reset", "b5_network") and case.sut == "station"
]
REMOTE = {"authorize_by": "remote", "stop_by": "remote"}
BAY = {"bay_sensor": True}
METERS = {"SampledDataCtrlr.TxUpdatedInterval": "3", "AlignedDataCtrlr.Interval": "5"}
STATIONS: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "as it is": ({}, {}),
    "three connectors": ({"connectors_per_evse": 3, "connector_id": 2}, {"connectors_per_evse": 3}),
    "tells resets": ({}, {"tells_reset": True}),
    "tells resets by events": ({}, {"tells_reset": True, "reports": "NotifyEvent"}),
    "tells several events at once": ({}, {"reports": "NotifyEvent", "groups_events": True}),
    "remote": (REMOTE, {"ends_at_once": True}),
    "ends with the cable": ({}, {"tx_stop": ("EVConnected",), "tells_reset": True}),
    "ends with the bay": (BAY, {**BAY, "tx_stop": ("ParkingBayOccupancy",), "tells_reset": True}),
    "ends with the energy": (
        {},
        {"tx_start": ("PowerPathClosed",), "tx_stop": ("EnergyTransfer",)},
    ),
    "measures often": ({}, {"variables": METERS}),
    "other slots": ({"configuration_slot": 1, "configuration_slot2": 3}, {}),
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
    features = {k: v for k, v in config.items() if k in SUITE.part("station").features}
    usual = {v.name: v.default for v in SUITE.part("station").values.values()}
    return run_case(
        case,
        SUITE,
        replace(product, features={**product.features, **features}),
        usual,
        build=Build(config, options, faults),
        **how,
    )


@pytest.mark.parametrize("name", list(STATIONS))
def test_a_conforming_station_passes(name: str) -> None:
    config, options = STATIONS[name]
    found = {i: run(i, config, options).ended for i in IDS}
    assert {i: e.reason for i, e in found.items() if e.verdict != Verdict.PASS} == {}


@pytest.mark.parametrize(
    ("case_id", "fault"),
    [
        ("TC_B_20_CS", "resets-nothing"),
        ("TC_B_21_CS", "resets-nothing"),
        ("TC_B_23_CS", "resets-nothing"),
        ("TC_B_24_CS", "forgets-reservations"),
        ("TC_B_45_CS", "stores-no-connection"),
        ("TC_B_47_CS", "no-fallback"),
        ("TC_B_47_CS", "accepts-any-server-certificate"),
        ("TC_B_50_CS", "stores-no-connection"),
        ("TC_B_50_CS", "certificate-not-stored"),
        ("TC_B_46_CS", "no-fallback"),
        ("TC_B_46_CS", "falls-back-elsewhere"),
        ("TC_B_46_CS", "tries-once-more"),
        ("TC_B_49_CS", "no-fallback"),
        ("TC_B_49_CS", "gives-up-refused-twice"),
        ("TC_B_51_CS", "tells-nothing-new"),
        ("TC_B_52_CS", "tells-nothing-new"),
        ("TC_B_57_CS", "hurries-back"),
        ("TC_B_57_CS", "never-doubles"),
        ("TC_B_57_CS", "reconnects-once"),
        ("TC_B_57_CS", "gives-up-refused"),
    ],
)
def test_a_station_that_does_not_conform_fails(case_id: str, fault: str) -> None:
    assert run(case_id, {}, {}, (fault,)).ended.verdict == Verdict.FAIL


def test_grouped_events_give_the_same_result_again() -> None:
    def make(role: Any, operator: Any, recorder: Any, known: Any, *, seed: int) -> StationTest:
        return StationTest(role, operator, recorder, CsmsModel201(recorder.config, known), seed)

    lines: list[str] = []
    case, groups = SUITE.cases["TC_B_20_CS"], {"reports": "NotifyEvent", "groups_events": True}
    found = run(case.id, {}, groups, sink=lambda s: lines.append(json.dumps(s.to_json())))
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        again = runner.run(rejudge(case, [json.loads(line) for line in lines], make))
    assert again == found.ended


class ResetsEvse(Wire):
    """Tells that a connector is unavailable, before an event, and that it is occupied again."""

    def start(self) -> None:
        super().start()
        again = WireFault("inject", value=22.35, frame=("StatusNotification", status("Occupied")))
        self._spawn(self._inject_later(again))


def status(told: str) -> dict[str, Any]:
    place = {"evseId": 1, "connectorId": 1}
    return {"timestamp": "2030-01-01T00:00:00Z", "connectorStatus": told, **place}


def test_an_evse_may_tell_how_it_resets_while_the_cable_is_plugged_in() -> None:
    plain = run("TC_B_26_CS", {}, {})
    [ended] = [m for m in plain.test.box.log if m.get("eventType") == "Ended"]
    [free] = [m for m in plain.test.box.log if m.get("connectorStatus") == "Available"][-1:]
    zero = plain.test.recorder.zero
    assert zero + ended.at < 22.35 < zero + free.at
    down = WireFault("inject", frame=("StatusNotification", status("Unavailable")))
    wire = ResetsEvse(replace(down, before=("in", ended.wire_uid)))
    found = run("TC_B_26_CS", {}, {}, interpose=lambda _: wire)
    told = [m["connectorStatus"] for m in found.test.received("StatusNotification")]
    assert told[-3:] == ["Unavailable", "Occupied", "Available"]
    assert found.ended.verdict is Verdict.PASS, found.ended.reason
