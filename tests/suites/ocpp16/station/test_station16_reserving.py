"""Reservations, triggered messages and data of a vendor: the cases of 2.21, 2.22 and 2.24."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from station16_lab import (
    CASES,
    CHARGES,
    CONFIG,
    OTHER_TAG,
    PART,
    SUITE,
    TAG,
    Scripted,
    ScriptedStation,
    against,
    against_reference,
    authorize,
    failed,
    started,
    status,
)

from testbay.campaign.embedded import Build, station_lane
from testbay.campaign.runner import Run
from testbay.clock import VirtualLoop
from testbay.scenario.values import CallError
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp16.products import STATIONS

GROUPS = ("2.21", "2.22", "2.24")
HERE = [n for n, c in CASES.items() if c.group.split()[0] in GROUPS]
ZERO = "ReserveConnectorZeroSupported"
WHOLE_STATION = ("TC_049_CS", "TC_050_1_CS", "TC_050_2_CS", "TC_050_3_CS")

FAULTS = (
    ("TC_046_1_CS", "reserved-not-reported", "3"),
    ("TC_046_1_CS", "reservation-asks-about-others", "5"),
    ("TC_046_1_CS", "never-starts", "10"),
    ("TC_046_1_CS", "charging-not-reported", "12"),
    ("TC_046_2_CS", "reserved-not-reported", "3"),
    ("TC_047_CS", "reservation-never-expires", "5"),
    ("TC_047_CS", "reservation-expires-early", "5"),
    ("TC_047_CS", "reservation-blocks-after-end", "7/Charging(id_tag=<valid_id_tag_2>)/4"),
    ("TC_049_CS", "remote-start-does-nothing", "5/Charging(authorize=is optional)/7"),
    ("TC_050_3_CS", "availability-not-reported", "SetChargePointUnavailable/3"),
    ("TC_051_CS", "cancel-reservation-does-nothing", "3"),
    ("TC_051_CS", "reservation-blocks-after-end", "5/Charging(id_tag=<valid_id_tag_2>)/4"),
    ("TC_053_2_CS", "reserved-not-reported", "3"),
    ("TC_054_CS", "trigger-does-nothing", "3"),
    ("TC_055_CS", "rejected-trigger-sends", "post"),
)


def unmet(name: str, features: dict[str, Any]) -> str:
    """Return why a case does not apply to a product, or nothing."""
    requires = CASES[name].requires
    return requires.unmet(features) if requires is not None else ""


APPLICABLE = [
    (name, product.name)
    for product in STATIONS
    for name in HERE
    if not unmet(name, {**CONFIG, **product.features})
]


def run(station: ScriptedStation, name: str, **config: Any) -> Scripted:
    """Run a case against a scripted station."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(against(station, name, **config))


def labels(done: Scripted) -> list[str]:
    """Return the labels of the steps that failed."""
    return [r.label for r in done.test.recorder.results if any(not o.passed for o in r.outcomes)]


# -- the reference station ------------------------------------------------------------------------


def test_all_cases_are_there_and_run_somewhere() -> None:
    assert len(HERE) == 19
    assert list(dict.fromkeys(sorted(name for name, _ in APPLICABLE))) == sorted(HERE)


@pytest.mark.parametrize(("name", "product"), APPLICABLE)
def test_conforming(name: str, product: str) -> None:
    done = against_reference(name, product=product)
    assert (done.ended.verdict, done.ended.reason) == (Verdict.PASS, "")
    assert done.test.recorder.remarks == []


@pytest.mark.parametrize(("name", "fault", "step"), FAULTS)
def test_faulty(name: str, fault: str, step: str) -> None:
    done = against_reference(name, fault)
    assert done.ended.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE)  # a state was not reached
    assert step in failed(done)


@pytest.mark.parametrize("name", WHOLE_STATION)
def test_station_that_cannot_be_reserved_as_a_whole(name: str) -> None:
    done = against_reference(name, options={"keys": {ZERO: "false"}})
    assert done.ended.verdict == Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("name", ["TC_046_2_CS", "TC_049_CS", "TC_051_CS"])
def test_remote_start_that_asks_for_no_authorization(name: str) -> None:
    keys = {"keys": {"AuthorizeRemoteTxRequests": "false"}}
    assert against_reference(name, options=keys).ended.verdict == Verdict.PASS


def test_group_is_asked_for_although_the_key_was_false() -> None:
    keys = {"keys": {"AuthorizeRemoteTxRequests": "false"}}
    done = against_reference("TC_053_2_CS", options=keys)
    assert done.ended.verdict == Verdict.PASS
    read_only = {**keys, "read_only": ("AuthorizeRemoteTxRequests",)}
    done = against_reference("TC_053_2_CS", options=read_only)
    assert done.ended.verdict == Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("seed", range(4))
def test_cases_leave_nothing_to_each_other(seed: int) -> None:
    names = [n for n in HERE if unmet(n, CONFIG) == ""] * 2
    random.Random(seed).shuffle(names)

    async def main() -> list[str]:
        bad = []
        product = STATIONS[0]
        values = {v.name: v.default for v in PART.values.values()}
        lane = await station_lane(SUITE, product, values, Build())
        for name in names:
            done = Run([CASES[name]], lambda _: None)
            await done.on([lane])
            bad += [name for ended in done.done.values() if ended.verdict != Verdict.PASS]
        await lane.end.close()
        assert lane.stop is not None
        await lane.stop()
        return bad

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(main()) == []


# -- stations that chose otherwise ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "wrong"),
    [(status("Preparing"), False), (authorize(OTHER_TAG), True), (authorize(TAG), False)],
)
def test_authorize_of_a_reserved_remote_start_is_optional(first: Any, wrong: bool) -> None:
    script = (first,) if first[0] == "StatusNotification" else (first, status("Preparing"))
    station = ScriptedStation(
        on={
            "ReserveNow": [(status("Reserved"),)],
            "RemoteStartTransaction": [script],
            "plug_in": CHARGES["plug_in"],
        }
    )
    done = run(station, "TC_046_2_CS")
    assert ("5/Charging(authorize=is optional)/5" in labels(done)) == wrong


def test_start_without_the_reservation_fails() -> None:
    station = ScriptedStation(on={"ReserveNow": [(status("Reserved"),)], **CHARGES})
    done = run(station, "TC_046_2_CS")
    assert (done.verdict, labels(done)) == ("FAIL", ["5"])


def test_reservation_that_ends_at_once_fails() -> None:
    station = ScriptedStation(
        on={"ReserveNow": [(status("Reserved"), 3.0, status("Available"))], **CHARGES}
    )
    done = run(station, "TC_047_CS", number_of_connectors=1)
    assert (done.verdict, labels(done)[0]) == ("FAIL", "5")


@pytest.mark.parametrize(("reserved", "free", "step"), [(8.0, 52.5, ""), (0.02, 40.0, "5")])
def test_reservation_ends_with_its_date(reserved: float, free: float, step: str) -> None:
    lines = (reserved, status("Reserved"), free, status("Available"))
    charges = (authorize(OTHER_TAG), status("Preparing"))
    plugged = (started(OTHER_TAG), status("Charging"))
    on = {"ReserveNow": [lines], "RemoteStartTransaction": [charges], "plug_in": [plugged]}
    done = run(ScriptedStation(on=on), "TC_047_CS", number_of_connectors=1)
    assert (done.verdict, labels(done)) == (("FAIL", [step]) if step else ("PASS", []))


def test_status_reserved_of_connector_0_will_do() -> None:
    station = ScriptedStation(
        on={"ReserveNow": [(status("Reserved", 0),)], **CHARGES}, keys={ZERO: ("true", True)}
    )
    done = run(station, "TC_049_CS", number_of_connectors=1)
    assert labels(done) == ["5"]  # its StartTransaction has no reservationId


def test_unknown_reservation_that_ends_the_other_fails() -> None:
    station = ScriptedStation(
        on={
            "ReserveNow": [(status("Reserved"),)],
            "CancelReservation": [(status("Available"),)],
        },
        answers={"CancelReservation": {"status": "Rejected"}},
    )
    done = run(station, "TC_052_CS")
    assert (done.verdict, labels(done)) == ("FAIL", ["post"])


def triggered(number: int, answer: str, idle: str = "Idle") -> ScriptedStation:
    """Return a station that sends what is asked for, the first ``number`` messages of it."""
    sample = {"value": "1", "context": "Trigger"}
    values = {"timestamp": "2030-01-01T00:00:00Z", "sampledValue": [sample]}
    says = [
        ("MeterValues", {"connectorId": 1, "meterValue": [values]}),
        ("Heartbeat", {}),
        status("Available"),
        ("DiagnosticsStatusNotification", {"status": idle}),
        ("FirmwareStatusNotification", {"status": idle}),
    ]
    answers = [{"status": "Accepted" if n < 3 else answer} for n in range(5)]
    scripts: Any = [(say,) for say in says[:number]]
    return ScriptedStation(on={"TriggerMessage": scripts}, answers={"TriggerMessage": answers})


@pytest.mark.parametrize(
    ("number", "answer", "idle", "wrong"),
    [
        (5, "Accepted", "Idle", []),
        (3, "NotImplemented", "Idle", []),
        (3, "Rejected", "Idle", ["14", "18"]),
        (3, "Accepted", "Idle", ["15"]),
        (4, "Accepted", "Idle", ["19"]),
        (5, "Accepted", "Uploading", ["15"]),
    ],
)
def test_messages_that_need_not_be_implemented(
    number: int, answer: str, idle: str, wrong: list[str]
) -> None:
    done = run(triggered(number, answer, idle), "TC_054_CS")
    assert labels(done)[: len(wrong) or None] == wrong


def test_trigger_may_be_refused_by_a_callerror() -> None:
    refused = ScriptedStation(answers={"TriggerMessage": CallError("PropertyConstraintViolation")})
    assert run(refused, "TC_055_CS").verdict == "PASS"


def test_meter_values_that_nobody_asked_for_are_not_meant() -> None:
    sample = {"value": "1", "context": "Sample.Clock"}
    values = {"timestamp": "2030-01-01T00:00:00Z", "sampledValue": [sample]}
    aligned = ("MeterValues", {"connectorId": 1, "meterValue": [values]})
    rejected = {"TriggerMessage": {"status": "Rejected"}}
    station = ScriptedStation(on={"TriggerMessage": [(aligned,)]}, answers=rejected)
    assert run(station, "TC_055_CS").verdict == "PASS"


@pytest.mark.parametrize(
    ("answer", "remarks"),
    [("Rejected", 0), ("UnknownVendorId", 0), ("UnknownMessageId", 0), ("Accepted", 1)],
)
def test_data_of_an_unknown_vendor(answer: str, remarks: int) -> None:
    done = run(ScriptedStation(answers={"DataTransfer": {"status": answer}}), "TC_062_CS")
    assert (done.verdict, len(done.test.recorder.remarks)) == ("PASS", remarks)
