"""Cases of booting, variables and reports: conforming stations pass, others do not."""

from collections.abc import Mapping
from typing import Any

import pytest

from testbay.campaign import suites
from testbay.campaign.embedded import Build
from testbay.campaign.virtual import Recorded, product_for, run_case
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
) -> Recorded:
    case = SUITE.cases[case_id]
    product, why = product_for(case, SUITE)
    assert product is not None, why
    usual = {v.name: v.default for v in SUITE.part("station").values.values()}
    return run_case(case, SUITE, product, usual, build=Build(config, options, faults))


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


def test_a_variable_that_a_case_sets_is_put_back() -> None:
    last = run("TC_B_09_CS", {}, {"variables": {"OCPPCommCtrlr.OfflineThreshold": "77"}})
    assert last.lane.model.variable("OCPPCommCtrlr.OfflineThreshold") == "77"
