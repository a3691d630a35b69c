"""Cases of passwords and certificates: conforming stations pass, others do not."""

from collections.abc import Mapping
from typing import Any

import pytest

from testbay.campaign import suites
from testbay.campaign.embedded import Build, features_of
from testbay.campaign.virtual import Recorded, run_case
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp201.products import STATIONS

SUITE = suites.load("2.0.1")
IDS = [
    case.id
    for case in SUITE.cases.values()
    if case.body.__module__.split(".")[-1] in ("a_security", "a_signing") and case.sut == "station"
]
PRODUCT = {p.name: p for p in STATIONS}
PROFILES = [PRODUCT[f"security profile {n}"] for n in (1, 2, 3)]
DIGITS = {"basic_auth_password": "0123456789abcdef0123456789ABCDEF"}
STATIONS: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "as it is": ({}, {}),
    "tells by events": ({}, {"reports": "NotifyEvent"}),
    "keys of RSA": ({}, {"csr_key": "rsa"}),
    "tells its serial number": ({}, {"serial": "CS001"}),
    "a password that looks like a number": (DIGITS, {}),
    "password after a restart": ({}, {"password_change": "reboot"}),
}


def runs(config: Mapping[str, Any], options: Mapping[str, Any], case_id: str) -> list[Recorded]:
    """Run a case with every security profile that it is for."""
    case, part = SUITE.cases[case_id], SUITE.part("station")
    values = {v.name: v.default for v in part.values.values()} | dict(config)
    fitting = [
        product
        for product in PROFILES
        if case.requires is None or not case.requires.unmet(_features(product))
    ]
    assert fitting
    return [
        run_case(case, SUITE, product, values, build=Build(options=options)) for product in fitting
    ]


def _features(product):
    return features_of(SUITE, "station", product, {})


@pytest.mark.parametrize("case_id", IDS)
@pytest.mark.parametrize("station", STATIONS)
def test_a_conforming_station_passes(station, case_id):
    for run in runs(*STATIONS[station], case_id):
        assert run.ended.verdict is Verdict.PASS, run.ended.reason


def test_a_station_that_takes_no_certificate_fails():
    case, part = SUITE.cases["TC_A_23_CS"], SUITE.part("station")
    values = {v.name: v.default for v in part.values.values()}
    build = Build(faults=("refuses-signed-certificates",))
    run = run_case(case, SUITE, PROFILES[2], values, build=build)
    assert run.ended.verdict is Verdict.FAIL
