"""Sections 2.10 to 2.18: stations that do it otherwise, rightly or wrongly, and their verdicts."""

from __future__ import annotations

from typing import Any

import pytest
from station16_lab import (
    CHARGES,
    CONFIG,
    TAG,
    Says,
    ScriptedStation,
    against,
    authorize,
    boot,
    metered,
    reports,
    started,
    status,
    stopped,
)

from testbay.scenario.values import CallError, Lost

Script = dict[str, list[tuple[Says, ...]]]
INVALID_TAG = CONFIG["invalid_id_tag"]
REJECTED = {"status": "Rejected"}


async def verdict(name: str, on: Script, **more: Any) -> tuple[str, str]:
    """Return the verdict and the label of the step that decided it."""
    answers, keys = more.pop("answers", {}), more.pop("keys", {})
    run = await against(ScriptedStation(on=on, answers=answers, keys=keys), name, **more)
    return run.verdict, run.ended.failed


# -- 2.10 and 2.11 --------------------------------------------------------------------------------

PRE = {"LocalPreAuthorize": ("true", False), "MinimumStatusDuration": ("0", False)}


@pytest.mark.parametrize(
    ("presented", "plugged", "found"),
    [
        ((authorize(INVALID_TAG),), (9.9, status("Preparing")), ("PASS", "")),
        (
            (status("Preparing"), authorize(INVALID_TAG), status("Available")),
            (status("Preparing"),),
            ("PASS", ""),
        ),
        ((authorize(INVALID_TAG),), (status("Charging"),), ("FAIL", "3")),
        ((authorize(INVALID_TAG),), (status("Preparing"), started(INVALID_TAG)), ("FAIL", "post")),
        ((authorize(INVALID_TAG), started(INVALID_TAG)), (status("Preparing"),), ("FAIL", "post")),
        ((status("Preparing"),), (), ("FAIL", "1")),
    ],
)
async def test_refused_token(presented: Any, plugged: Any, found: tuple[str, str]) -> None:
    script = {"present_token": [presented], "plug_in": [plugged]}
    assert await verdict("TC_023_4_CS", script, keys=PRE) == found


async def test_refused_token_is_answered_so_and_the_duration_is_optional() -> None:
    keys = {"LocalPreAuthorize": ("true", False)}
    script: Script = {
        "present_token": [(authorize("A TOKEN OF ITS OWN"),)],
        "plug_in": [(status("Preparing"),)],
    }
    station = ScriptedStation(on=script, keys=keys)
    run = await against(station, "TC_023_4_CS")
    assert (run.verdict, station.replies[0][1]) == ("PASS", {"idTagInfo": {"status": "Invalid"}})


LOCK: dict[str, Any] = {"errorCode": "ConnectorLockFailure"}


@pytest.mark.parametrize(
    ("asks", "failure", "found"),
    [
        ("true", (status("Faulted", **LOCK),), ("PASS", "")),
        ("false", (status("Faulted", **LOCK),), ("PASS", "")),
        ("true", (status("Faulted"),), ("FAIL", "9")),
        ("true", (status("Preparing", **LOCK),), ("FAIL", "9")),
        ("true", (status("Faulted", **LOCK), 5.0, started()), ("FAIL", "post")),
    ],
)
async def test_cable_that_cannot_be_locked(asks: str, failure: Any, found: Any) -> None:
    first = (authorize(), status("Preparing")) if asks == "true" else (status("Preparing"),)
    script = {"RemoteStartTransaction": [first], "plug_in": [failure]}
    keys = {"AuthorizeRemoteTxRequests": (asks, False)}
    assert await verdict("TC_024_CS", script, keys=keys) == found


# -- 2.12 and 2.13 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (REJECTED, ("PASS", "")),
        (CallError("PropertyConstraintViolation"), ("PASS", "")),
        (CallError("GenericError"), ("PASS", "")),
        ({"status": "Accepted"}, ("FAIL", "2")),
        (Lost("no answer"), ("FAIL", "2")),
    ],
)
async def test_remote_start_at_the_station(answer: Any, found: tuple[str, str]) -> None:
    assert await verdict("TC_027_CS", {}, answers={"RemoteStartTransaction": answer}) == found


async def test_remote_start_and_stop_that_must_be_rejected() -> None:
    keys = {"LocalPreAuthorize": ("true", False)}
    twice = [{"status": "Accepted"}, REJECTED]
    more: dict[str, Any] = {"keys": keys, "answers": {"RemoteStartTransaction": twice}}
    assert await verdict("TC_026_CS", CHARGES, **more) == ("PASS", "")
    assert await verdict("TC_026_CS", CHARGES, keys=keys) == ("FAIL", "2")
    station = ScriptedStation(on=CHARGES, answers={"RemoteStopTransaction": REJECTED})
    run = await against(station, "TC_028_CS")
    assert (run.verdict, station.calls[-1][1]) == ("PASS", {"transactionId": 1002})


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ((), ("PASS", "")),
        ((status("Faulted", **LOCK),), ("PASS", "")),
        ((1.0, status("Available")), ("PASS", "")),
        ((status("Unavailable"),), ("FAIL", "3")),
        ((status("Unavailable", 2),), ("PASS", "")),
    ],
)
async def test_status_after_an_unlock_that_failed(lines: Any, found: tuple[str, str]) -> None:
    answers = {"UnlockConnector": {"status": "UnlockFailed"}}
    assert await verdict("TC_030_CS", {"UnlockConnector": [lines]}, answers=answers) == found


async def test_unlock_of_the_connector_after_the_last() -> None:
    station = ScriptedStation(answers={"UnlockConnector": {"status": "NotSupported"}})
    run = await against(station, "TC_031_CS", number_of_connectors=4)
    assert (run.verdict, station.calls[-1][1]) == ("PASS", {"connectorId": 5})


# -- 2.14 -----------------------------------------------------------------------------------------

AFTER = {"stops_before_power_loss": False, "stops_after_power_loss": True}
LOST = stopped("PowerLoss")


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ((boot(), *reports(here="Preparing"), LOST), ("PASS", "")),
        ((boot(), LOST, *reports(here="Finishing")), ("PASS", "")),
        ((boot(), *reports(here="Finishing"), LOST), ("PASS", "")),
        ((boot(), *reports(here="Preparing"), LOST, status("Finishing")), ("PASS", "")),
        ((boot(), *reports(), status("Unavailable"), LOST, status("Finishing")), ("PASS", "")),
        ((boot(), *reports(), LOST), ("FAIL", "3")),
        ((boot(), *reports(here="SuspendedEV"), LOST), ("FAIL", "3")),
        ((boot(), *reports("Unavailable", here="Preparing"), LOST), ("FAIL", "3")),
        ((boot(), *reports(here="Preparing"), stopped("Local")), ("FAIL", "5")),
        ((boot(), *reports(here="Preparing")), ("FAIL", "5")),
        ((LOST, boot(), *reports(here="Preparing")), ("FAIL", "5")),
    ],
)
async def test_transaction_that_is_stopped_after_the_power_failure(lines: Any, found: Any) -> None:
    assert await verdict("TC_032_2_CS", {**CHARGES, "power_cycle": [lines]}, **AFTER) == found


@pytest.mark.parametrize(
    ("back", "ends", "found"),
    [
        ("Charging", (stopped("Local"), status("Finishing")), ("PASS", "")),
        ("Charging", (status("Preparing"), stopped("Local")), ("FAIL", "7")),
        ("Charging", (stopped("Local"), status("Preparing")), ("PASS", "")),
        ("Charging", (LOST, status("Finishing")), ("FAIL", "5")),
        ("Charging", (stopped("Local"),), ("FAIL", "7")),
    ],
)
async def test_transaction_that_goes_on(back: str, ends: Any, found: tuple[str, str]) -> None:
    lines = (boot(), *reports(here=back))
    script = {**CHARGES, "power_cycle": [lines], "present_token": [ends]}
    assert await verdict("TC_032_2_CS", script, **AFTER) == found


@pytest.mark.parametrize(
    ("down", "here", "found"),
    [
        ((LOST, status("Finishing")), "Preparing", ("PASS", "")),
        ((status("Finishing"), LOST), "Finishing", ("PASS", "")),
        ((LOST, status("Finishing")), "Available", ("FAIL", "7")),
        ((stopped("Other"), status("Finishing")), "Preparing", ("FAIL", "1")),
        ((LOST,), "Preparing", ("FAIL", "3")),
    ],
)
async def test_transaction_that_is_stopped_first(down: Any, here: str, found: Any) -> None:
    up = (boot(), *reports(here=here))
    script = {**CHARGES, "power_off": [down], "power_on": [up]}
    assert await verdict("TC_032_1_CS", script) == found


# -- 2.15 -----------------------------------------------------------------------------------------

METERED = {
    "MeterValueSampleInterval": ("10", False),
    "ClockAlignedDataInterval": ("0", False),
}


def values(*seconds: float, **sample: str) -> list[Says]:
    """Return meter values, by the seconds after the start of the transaction."""
    return [metered(f"2030-01-01T00:{s // 60:02.0f}:{s % 60:04.1f}Z", **sample) for s in seconds]


@pytest.mark.parametrize(
    ("queued", "found"),
    [
        (values(10, 20, 30), ("PASS", "")),
        (values(10, 20, 30, context="Sample.Periodic", format="Raw"), ("PASS", "")),
        (values(11.5, 21, 31), ("PASS", "")),
        (values(10, 10, 20, 30), ("PASS", "")),  # one is sent again, as it was not answered
        (values(20, 30), ("FAIL", "1")),
        (values(10, 30), ("FAIL", "1")),
        (values(10, 20), ("FAIL", "1")),
        (values(20, 10, 30), ("FAIL", "1")),
        (values(10, 20, 30, context="Sample.Clock"), ("FAIL", "1")),
        (values(10, 20, 30, format="SignedData"), ("FAIL", "1")),
        ([], ("FAIL", "1")),
    ],
)
async def test_meter_values_of_the_time_offline(queued: list[Says], found: Any) -> None:
    more = {"context": "Sample.Periodic"}
    back = (*queued, 7.5, *values(40, **more))
    script = {**CHARGES, "accept": [back]}
    assert await verdict("TC_036_CS", script, keys=METERED) == found


async def test_meter_values_from_before_the_loss_are_judged_too() -> None:
    plugged = (started(), status("Charging"), *values(10))
    back = (*values(20, 30, 40), 7.5, *values(50))
    script = {**CHARGES, "plug_in": [plugged], "accept": [back]}
    assert await verdict("TC_036_CS", script, keys=METERED) == ("PASS", "")
    script["accept"] = [(*values(30, 40), 7.5, *values(50))]
    assert await verdict("TC_036_CS", script, keys=METERED) == ("FAIL", "1")


OFFLINE = {
    "LocalAuthorizeOffline": ("true", False),
    "AllowOfflineTxForUnknownId": ("true", False),
    "StopTransactionOnInvalidId": ("true", False),
}
WITHOUT: dict[str, Any] = {"local_list": False, "authorization_cache": False}


@pytest.mark.parametrize(
    ("name", "lines", "found"),
    [
        ("TC_037_1_CS", (started(), status("Charging")), ("PASS", "")),
        ("TC_037_1_CS", (status("Charging"), started()), ("PASS", "")),
        ("TC_037_1_CS", (started("04A1B2"), status("Charging")), ("PASS", "")),
        ("TC_037_1_CS", (started(connector=2), status("Charging")), ("FAIL", "1")),
        ("TC_037_1_CS", (started(),), ("FAIL", "3")),
        ("TC_037_2_CS", (started(), status("Charging"), status("SuspendedEVSE")), ("PASS", "")),
        ("TC_037_2_CS", (started(), status("Charging"), status("SuspendedEV")), ("FAIL", "5")),
        ("TC_037_2_CS", (started(), status("SuspendedEVSE")), ("FAIL", "3")),
        (
            "TC_037_3_CS",
            (started(), status("Charging"), status("Finishing"), stopped("DeAuthorized")),
            ("PASS", ""),
        ),
        (
            "TC_037_3_CS",
            (started(), status("Charging"), stopped("Local"), status("Finishing")),
            ("FAIL", "5"),
        ),
        ("TC_039_CS", (started(), stopped("Local")), ("PASS", "")),
        ("TC_039_CS", (started(), stopped("Other")), ("FAIL", "3")),
        ("TC_039_CS", (stopped("Local"), started()), ("FAIL", "3")),
    ],
)
async def test_what_happened_offline(name: str, lines: Any, found: tuple[str, str]) -> None:
    more = {"keys": OFFLINE, **WITHOUT}
    assert await verdict(name, {"accept": [lines]}, **more) == found


@pytest.mark.parametrize(
    ("lock", "order"),
    [(False, ["plug_in", "present_token"]), (True, ["present_token", "plug_in"])],
)
async def test_driver_begins_as_the_lock_allows(lock: bool, order: list[str]) -> None:
    station = ScriptedStation(on={"accept": [(started(), status("Charging"))]}, keys=OFFLINE)
    run = await against(station, "TC_037_1_CS", cable_lock=lock, **WITHOUT)
    assert (run.verdict, [name for name, _ in station.actions]) == ("PASS", order)


async def test_reason_that_is_left_out() -> None:
    bare = {"transactionId": 1, "meterStop": 5, "timestamp": "2030-01-01T00:01:00Z"}
    lines: tuple[Says, ...] = (status("Finishing"), ("StopTransaction", bare))
    assert await verdict("TC_038_CS", {**CHARGES, "accept": [lines]}) == ("PASS", "")


async def test_conflict_with_the_list_needs_no_remark() -> None:
    conflict = status("Available", 0, errorCode="LocalListConflict")
    lines = (started(), status("Charging"), conflict, status("SuspendedEVSE"))
    station = ScriptedStation(on={"accept": [lines]}, keys=OFFLINE)
    run = await against(station, "TC_037_2_CS", **WITHOUT)
    assert run.verdict == "PASS"
    assert all(r.startswith("left out") for r in run.test.recorder.remarks)


# -- 2.16 to 2.18 ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "action", "answer", "found"),
    [
        ("TC_040_1_CS", "ChangeConfiguration", {"status": "NotSupported"}, ("PASS", "")),
        ("TC_040_1_CS", "ChangeConfiguration", REJECTED, ("FAIL", "2")),
        ("TC_040_2_CS", "ChangeConfiguration", REJECTED, ("PASS", "")),
        ("TC_040_2_CS", "ChangeConfiguration", {"status": "NotSupported"}, ("FAIL", "2")),
        (
            "TC_040_2_CS",
            "ChangeConfiguration",
            CallError("PropertyConstraintViolation"),
            ("PASS", ""),
        ),
        ("TC_040_2_CS", "ChangeConfiguration", CallError("GenericError"), ("FAIL", "2")),
        ("TC_042_1_CS", "GetLocalListVersion", {"listVersion": -1}, ("PASS", "")),
        ("TC_042_1_CS", "GetLocalListVersion", {"listVersion": 0}, ("FAIL", "2")),
        ("TC_042_1_CS", "GetLocalListVersion", CallError("NotSupported"), ("PASS", "")),
        ("TC_042_1_CS", "GetLocalListVersion", CallError("NotImplemented"), ("FAIL", "2")),
        ("TC_043_1_CS", "SendLocalList", {"status": "NotSupported"}, ("PASS", "")),
        ("TC_043_1_CS", "SendLocalList", {"status": "Failed"}, ("FAIL", "2")),
        ("TC_043_1_CS", "SendLocalList", CallError("NotSupported"), ("PASS", "")),
        ("TC_043_1_CS", "SendLocalList", CallError("NotImplemented"), ("FAIL", "2")),
    ],
)
async def test_answers_and_errors(name: str, action: str, answer: Any, found: Any) -> None:
    keys = {"MeterValueSampleInterval": ("60", False)}
    answers = {action: answer}
    assert await verdict(name, {}, answers=answers, keys=keys, local_list=False) == found


async def test_value_that_should_have_been_refused_is_put_back() -> None:
    station = ScriptedStation(keys={"MeterValueSampleInterval": ("60", False)})
    run = await against(station, "TC_040_2_CS")
    assert (run.verdict, station.keys["MeterValueSampleInterval"][0]) == ("FAIL", "60")


@pytest.mark.parametrize(
    ("faulted", "tried", "found"),
    [
        (reports("Faulted"), (), ("PASS", "")),
        ((status("Faulted", 0),), (authorize(),), ("PASS", "")),
        ((status("Faulted", 2), status("Unavailable", 1)), (), ("PASS", "")),
        ((status("Available"), status("Available", 0), status("Faulted")), (), ("PASS", "")),
        ((status("Unavailable", 0), status("Faulted")), (), ("FAIL", "1")),
        ((status("Faulted"),), (authorize(), started(), status("Charging")), ("FAIL", "3")),
    ],
)
async def test_faulted_station(faulted: Any, tried: Any, found: tuple[str, str]) -> None:
    script = {"fault": [faulted], "present_token": [tried]}
    assert await verdict("TC_041_CS", script) == found


@pytest.mark.parametrize(("told", "sent"), [(0, 1), (7, 8), (-1, 1), ("x", 1)])
async def test_version_that_follows_the_one_that_was_told(told: Any, sent: int) -> None:
    keys = {"LocalPreAuthorize": ("true", False), "LocalAuthListEnabled": ("true", False)}
    lines: tuple[Says, ...] = (status("Preparing"),)
    script: Script = {"present_token": [lines], "plug_in": [(started(), status("Charging"))]}
    station = ScriptedStation(
        on=script, keys=keys, answers={"GetLocalListVersion": {"listVersion": told}}
    )
    run = await against(station, "TC_008_1_CS")
    [update] = [p for a, p in station.calls if a == "SendLocalList"]
    assert (run.verdict, update["listVersion"]) == ("PASS", sent)
    assert update["localAuthorizationList"] == [{"idTag": TAG, "idTagInfo": {"status": "Accepted"}}]
