"""Cases of passwords and certificates: conforming stations pass, others do not."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from websockets.exceptions import ConnectionClosed

from testbay.campaign import suites
from testbay.campaign.embedded import Build, features_of
from testbay.campaign.lane import Lane
from testbay.campaign.virtual import Recorded, product_for, run_case
from testbay.clock import VirtualLoop
from testbay.proof.fault import WireFault
from testbay.proof.hearing import OVERHEARD, HardOfHearing
from testbay.proof.wire import CALL, RESULT, Wire
from testbay.roles.csms_model201 import CsmsModel201
from testbay.scenario.events import Frame
from testbay.scenario.replay import rejudge
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp201.products import STATIONS
from testbay.suites.ocpp201.station_test import StationTest

SUITE = suites.load("2.0.1")
IDS = [
    case.id
    for case in SUITE.cases.values()
    if case.body.__module__.split(".")[-1] in ("a_security", "a_signing") and case.sut == "station"
]
PRODUCT = {p.name: p for p in STATIONS}
PROFILES = [PRODUCT[f"security profile {n}"] for n in (1, 2, 3)]
SECC = "1/RenewV2GChargingStationCertificate/EVSE 1"
VEHICLES = [PRODUCT[name] for name in ("iso 15118", "combined certificate")]
DIGITS = {"basic_auth_password": "0123456789abcdef0123456789ABCDEF"}
STATIONS: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "as it is": ({}, {}),
    "tells by events": ({}, {"reports": "NotifyEvent"}),
    "keys of RSA": ({}, {"csr_key": "rsa"}),
    "tells its serial number": ({}, {"serial": "CS001"}),
    "a password that looks like a number": (DIGITS, {}),
    "a long password": ({"basic_auth_password": "seven-words-and-a-number " + "7" * 39}, {}),
    "password after a restart": ({}, {"password_change": "reboot"}),
}


def runs(config: Mapping[str, Any], options: Mapping[str, Any], case_id: str) -> list[Recorded]:
    """Run a case with every security profile that it is for."""
    case, part = SUITE.cases[case_id], SUITE.part("station")
    values = {v.name: v.default for v in part.values.values()} | dict(config)
    fitting = [p for p in PROFILES if _fits(case, p)] or [p for p in VEHICLES if _fits(case, p)]
    assert fitting
    return [
        run_case(case, SUITE, product, values, build=Build(options=options)) for product in fitting
    ]


def _fits(case, product):
    features = features_of(SUITE, "station", product, {})
    return case.requires is None or not case.requires.unmet(features)


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


RAISED = [i for i, c in SUITE.cases.items() if c.body.__module__.endswith("station.a_profiles")]


def raised(case_id: str, options: Mapping[str, Any], faults: tuple[str, ...] = ()) -> Recorded:
    case, part = SUITE.cases[case_id], SUITE.part("station")
    values = {v.name: v.default for v in part.values.values()}
    product, why = product_for(case, SUITE)
    assert product is not None, why
    return run_case(case, SUITE, product, values, build=Build(options=options, faults=faults))


@pytest.mark.parametrize("case_id", RAISED)
@pytest.mark.parametrize("station", ["as it is", "tells by events", "keys of RSA"])
def test_a_station_passes_that_keeps_to_its_security_profile(station, case_id):
    ended = raised(case_id, STATIONS[station][1]).ended
    assert ended.verdict is Verdict.PASS, ended.reason


@pytest.mark.parametrize(
    ("case_id", "fault", "step"),
    [
        ("TC_A_12_CS", "csr-for-other-use", f"{SECC}/3"),
        ("TC_A_12_CS", "csr-with-weak-key", f"{SECC}/3"),
        ("TC_A_12_CS", "refuses-signed-certificates", f"{SECC}/6"),
        ("TC_A_13_CS", "csr-with-weak-key", "3"),
        ("TC_A_13_CS", "refuses-signed-certificates", "6"),
        ("TC_A_19_CS", "keeps-old-profile", "8"),
        ("TC_A_19_CS", "keeps-lower-connections", "14"),
        ("TC_A_19_CS", "falls-back-to-old-profile", "16"),
        ("TC_A_20_CS", "raises-profile-unprepared", "4"),
        ("TC_A_21_CS", "raises-profile-unprepared", "4"),
    ],
)
def test_a_station_fails_that_does_not(case_id, fault, step):
    ended = raised(case_id, {}, (fault,)).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, step)


@pytest.mark.parametrize("case_id", ["TC_F_16_CS", "TC_F_19_CS"])
def test_a_status_that_nobody_has_told_while_there_was_time_fails(case_id):
    ended = raised(case_id, {"upload_seconds": 0.0}, ("trigger-does-nothing",)).ended
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "7")


@pytest.mark.parametrize("case_id", ["TC_F_16_CS", "TC_F_19_CS"])
def test_a_transfer_takes_as_long_as_its_status_is_asked_for(case_id):
    fast = {"upload_seconds": 0.0, "download_seconds": 0.0}
    assert raised(case_id, fast, ()).ended.verdict is Verdict.PASS


def test_a_transfer_that_is_over_at_once_shows_nothing():
    ended = raised("TC_F_16_CS", {"upload_seconds": 0.0}, ("uploads-nothing",)).ended
    assert (ended.verdict, "larger file" in ended.reason) == (Verdict.INCONCLUSIVE, True)


def test_what_a_slot_keeps_is_a_remark() -> None:
    def rejects(frame: list[Any]) -> list[Any]:
        stored = frame[0] == RESULT and frame[1] in asked
        return [*frame[:2], {"status": "Rejected"}] if stored else frame

    case, part = SUITE.cases["TC_A_20_CS"], SUITE.part("station")
    values = {v.name: v.default for v in part.values.values()}
    product, _ = product_for(case, SUITE)
    assert product is not None
    plain = run_case(case, SUITE, product, values)
    frames = [s.event.text for s in plain.journal if isinstance(s.event, Frame)]
    asked = [orjson.loads(f)[1] for f in frames if "SetNetworkProfile" in f]
    found = run_case(case, SUITE, product, values, interpose=lambda _: Wire(None, rejects))
    assert found.ended.verdict is Verdict.PASS, found.ended.reason
    assert any("keeps what it had" in text for text in found.test.recorder.remarks)
    assert not any("keeps what it had" in text for text in plain.test.recorder.remarks)


class TellsTwice(Wire):
    """Tells the first invalid certificate twice, when it can, and does not tell the second one."""

    def __init__(self) -> None:
        super().__init__(dress=self.look)
        self.seen = 0

    def look(self, frame: list[Any]) -> list[Any]:
        if frame[0] == CALL and frame[3].get("type") == "InvalidCsmsCertificate":
            self.seen += 1
            self._muted = frame[2] if self.seen == 2 else None
            if self.seen == 1:
                self._spawn(self.again(*frame[2:]))
        return frame

    async def again(self, action: str, payload: dict[str, Any]) -> None:
        told = False
        while not told:
            await asyncio.sleep(1)
            with contextlib.suppress(ConnectionClosed, IndexError):
                await self._send_own(self._towards_tool[-1], action, payload)
                told = True


def test_an_event_counts_for_the_certificate_that_it_is_about() -> None:
    case, part = SUITE.cases["TC_A_05_CS"], SUITE.part("station")
    values = {v.name: v.default for v in part.values.values()}
    found = run_case(case, SUITE, PROFILES[1], values, interpose=lambda _: TellsTwice())
    told = found.test.received("SecurityEventNotification")
    assert "InvalidCsmsCertificate" in [m["type"] for m in told]
    assert (found.ended.verdict, found.ended.failed) == (Verdict.FAIL, "not_yet_valid/10")


def test_the_end_of_a_connection_that_was_replaced_brings_no_other() -> None:
    """The station has got a certificate, and stays connected: security profile 2."""
    case, part = SUITE.cases["TC_A_19_CS"], SUITE.part("station")
    values = {v.name: v.default for v in part.values.values()}
    heard = WireFault(OVERHEARD, value=14.0, frame=("@closed", {"by": "us", "code": 1006}))

    def deafen(lane: Lane) -> None:
        lane.end = HardOfHearing(lane.end, heard)

    found = run_case(case, SUITE, PROFILES[1], values, wrap=deafen)
    assert "@made-up" in [m.uid for m in found.test.received("@closed")]
    assert found.ended.verdict is Verdict.PASS, found.ended.reason


class Ahead(Wire):
    """Sends what a station asks to be signed before or right after an answer, in one burst."""

    def __init__(self, answer: str, request: list[Any], *, before: bool) -> None:
        super().__init__()
        self.answer, self.request, self.before = answer, request, before

    async def _before(self, direction: str, uid: str, tool: Any) -> None:
        if (direction, uid) == ("in", self.answer) and self.before:
            await self._send_own(tool, *self.request[2:])

    async def _after(self, uid: str, tool: Any) -> None:
        if uid == self.answer and not self.before:
            await self._send_own(tool, *self.request[2:])


@pytest.mark.parametrize(
    ("before", "ends"), [(True, (Verdict.FAIL, "2")), (False, (Verdict.PASS, ""))]
)
def test_what_is_asked_for_comes_after_the_answer(before: bool, ends: tuple[Verdict, str]) -> None:
    case, part = SUITE.cases["TC_A_15_CS"], SUITE.part("station")
    values = {v.name: v.default for v in part.values.values()}
    plain = run_case(case, SUITE, PROFILES[2], values)
    frames = [s.event.text for s in plain.journal if isinstance(s.event, Frame)]
    asked = next(orjson.loads(f) for f in frames if "TriggerMessage" in f)
    request = next(orjson.loads(f) for f in frames if "SignCertificate" in f)
    wire, lines = Ahead(asked[1], request, before=before), list[str]()
    found = run_case(
        case,
        SUITE,
        PROFILES[2],
        values,
        interpose=lambda _: wire,
        sink=lambda s: lines.append(orjson.dumps(s.to_json()).decode()),
    )
    assert (found.ended.verdict, found.ended.failed) == ends
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        again = runner.run(rejudge(case, [orjson.loads(line) for line in lines], station_test))
    assert again == found.ended


def station_test(role: Any, operator: Any, recorder: Any, known: Any, *, seed: int) -> StationTest:
    return StationTest(role, operator, recorder, CsmsModel201(recorder.config, known), seed)
