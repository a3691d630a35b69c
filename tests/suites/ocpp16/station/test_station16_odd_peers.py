"""Stations that do it another way than the reference, rightly or wrongly, and their verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from station16_lab import (
    AT_REST,
    CHARGES,
    OTHER_TAG,
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
SESSION: Script = {
    "plug_in": [(status("Preparing"),)],
    "present_token": [(authorize(), started(), status("Charging"))],
}


FROM_CACHE = {"LocalPreAuthorize": ("true", False)}


async def verdict(name: str, on: Script, **more: Any) -> tuple[str, str]:
    """Return the verdict and the label of the step that decided it."""
    answers, keys = more.pop("answers", {}), more.pop("keys", {})
    run = await against(ScriptedStation(on=on, answers=answers, keys=keys), name, **more)
    return run.verdict, run.ended.failed


# -- 2.1 ------------------------------------------------------------------------------------------

BEAT: tuple[Says, ...] = (29.98, ("Heartbeat", {}))
BEATS = BEAT * 4


@pytest.mark.parametrize(
    ("pause", "found"),
    [
        ((14.98,), ("PASS", "")),
        ((13.5,), ("PASS", "")),
        ((40.0,), ("PASS", "")),  # the interval is a minimum
        ((5.0,), ("FAIL", "3")),
        ((1.0, "@closed", 12.0, "@connect", 1.0), ("PASS", "")),
        ((5.0, status("Available"), 9.9), ("FAIL", "3")),
        ((5.0, ("Heartbeat", {}), 9.9), ("FAIL", "3")),
    ],
)
async def test_boot_after_a_rejection(pause: Any, found: tuple[str, str]) -> None:
    lines = [(x, {}) if isinstance(x, str) else x for x in pause]
    script = (boot(), *lines, boot(), *reports(), *BEATS)
    assert await verdict("TC_001_CS", {"power_cycle": [script]}) == found


async def test_a_longer_boot_interval_is_waited_for() -> None:
    script = (boot(), 200.0, boot(), *reports(), *BEATS)
    found = await verdict("TC_001_CS", {"power_cycle": [script]}, boot_interval=200)
    assert found == ("PASS", "")


async def test_other_order_of_the_reports() -> None:
    script = (boot(), 15.0, boot(), *reversed(reports()), *BEATS)
    assert await verdict("TC_001_CS", {"power_cycle": [script]}) == ("PASS", "")


async def test_one_report_says_unavailable() -> None:
    script = (boot(), 15.0, boot(), *reports(here="Unavailable"), *BEATS)
    assert await verdict("TC_001_CS", {"power_cycle": [script]}) == ("FAIL", "5")


async def test_three_heartbeats_are_too_few() -> None:
    script = (boot(), 15.0, boot(), *reports(), *BEATS[:6])
    assert await verdict("TC_001_CS", {"power_cycle": [script]}) == ("FAIL", "7")


async def test_pending_station_gets_its_setting_back() -> None:
    script = (boot(), 15.0, boot(), *reports(), *BEATS)
    keys = {"MeterValueSampleInterval": ("60", False)}
    station = ScriptedStation(on={"power_cycle": [script]}, keys=keys)
    run = await against(station, "TC_002_CS")
    assert (run.verdict, station.keys["MeterValueSampleInterval"][0]) == ("PASS", "60")
    booted = [r for a, r in station.replies if a == "BootNotification" and isinstance(r, dict)]
    assert [r["status"] for r in booted] == ["Pending", "Accepted"]


# -- 2.2 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ((authorize(), started(), status("Charging")), ("PASS", "")),
        ((authorize(), status("Charging"), started()), ("PASS", "")),
        ((authorize("a button"), started("a button"), status("Charging")), ("PASS", "")),
        ((authorize(), ("Heartbeat", {}), started(), status("Charging")), ("PASS", "")),
        ((authorize(), started(), status("Preparing", 2), status("Charging")), ("PASS", "")),
        ((authorize(), started(), status("SuspendedEVSE")), ("FAIL", "7")),
        ((authorize(), started(connector=2), status("Charging")), ("FAIL", "5")),
        ((started(), authorize(), status("Charging")), ("FAIL", "5")),
        ((started(), status("Charging")), ("FAIL", "3")),
    ],
)
async def test_session_cable_first(lines: tuple[Says, ...], found: tuple[str, str]) -> None:
    script: Script = {"plug_in": [(status("Preparing"),)], "present_token": [lines]}
    assert await verdict("TC_003_CS", script) == found


async def test_status_that_came_before_the_cable() -> None:
    script: Script = {"present_token": SESSION["present_token"]}
    assert await verdict("TC_003_CS", script) == ("FAIL", "1")


KEYS = {"MeterValueSampleInterval": ("10", False), "ConnectionTimeOut": ("30", False)}


@pytest.mark.parametrize(
    "lines", [(authorize(), status("Preparing")), (status("Preparing"), authorize())]
)
async def test_token_first_in_either_order(lines: tuple[Says, ...]) -> None:
    script: Script = {"present_token": [lines], "plug_in": [(started(), status("Charging"))]}
    assert await verdict("TC_004_1_CS", script, keys=KEYS) == ("PASS", "")


async def test_token_in_lower_case() -> None:
    lines = (authorize(TAG.lower()), status("Preparing"))
    script: Script = {"present_token": [lines], "plug_in": [(started(), status("Charging"))]}
    assert await verdict("TC_004_1_CS", script, keys=KEYS) == ("PASS", "")


@pytest.mark.parametrize(
    ("pause", "found"),
    [(30.0, ("PASS", "")), (31.9, ("PASS", "")), (20.0, ("FAIL", "2")), (40.0, ("FAIL", "2"))],
)
async def test_time_until_the_connector_is_free(pause: float, found: tuple[str, str]) -> None:
    lines = (authorize(), status("Preparing"), pause - 0.02, status("Available"))
    assert await verdict("TC_004_2_CS", {"present_token": [lines]}, keys=KEYS) == found


# -- 2.3 ------------------------------------------------------------------------------------------

ENDS = (stopped("Local", idTag=TAG), status("Finishing"))


@pytest.mark.parametrize(
    ("shared", "foreign", "found"),
    [
        (False, (), ("PASS", "")),
        (False, (authorize(OTHER_TAG),), ("FAIL", "1")),
        (True, (authorize(OTHER_TAG),), ("PASS", "")),
        (True, ENDS, ("FAIL", "1")),
    ],
)
async def test_foreign_token(shared: bool, foreign: Any, found: tuple[str, str]) -> None:
    script = {**CHARGES, "present_token": [foreign, ENDS]}
    assert await verdict("TC_068_CS", script, shared_reader=shared) == found


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (ENDS[::-1], ("PASS", "")),
        ((stopped("Local", idTag=TAG.lower()), status("Finishing")), ("PASS", "")),
        ((stopped("Local", idTag=OTHER_TAG), status("Finishing")), ("FAIL", "3")),
        ((stopped("Local"), status("Finishing")), ("FAIL", "3")),
    ],
)
async def test_own_token(lines: tuple[Says, ...], found: tuple[str, str]) -> None:
    script = {**CHARGES, "present_token": [(), lines]}
    assert await verdict("TC_068_CS", script) == found


async def test_group_is_in_all_answers() -> None:
    lines = (authorize(OTHER_TAG), stopped("Local", idTag=OTHER_TAG), status("Finishing"))
    station = ScriptedStation(on={**CHARGES, "present_token": [lines]})
    run = await against(station, "TC_069_CS")
    told = [r["idTagInfo"] for _, r in station.replies if isinstance(r, dict) and "idTagInfo" in r]
    group = {"status": "Accepted", "parentIdTag": "TESTBAY-PARENT"}
    assert (run.verdict, told) == ("PASS", [group] * 4)


async def test_other_connectors_are_occupied_where_they_share_the_reader() -> None:
    lines = (authorize(OTHER_TAG), stopped("Local", idTag=OTHER_TAG), status("Finishing"))
    plugs = [(status("Preparing", 2),), *CHARGES["plug_in"]]
    station = ScriptedStation(on={**CHARGES, "plug_in": plugs, "present_token": [lines]})
    run = await against(station, "TC_069_CS", shared_reader=True)
    assert run.verdict == "PASS"
    assert [p["connector"] for name, p in station.actions if name == "plug_in"] == [2, 1]


@dataclass
class Eager(ScriptedStation):
    """A station that begins a session wherever a cable waits and the connector is in operation."""

    open: bool = True

    def _react(self, name: str) -> None:
        self.open = self.open and name != "ChangeAvailability"
        if name == "present_token" and self.open:
            self.on[name].insert(0, (authorize(OTHER_TAG), started(OTHER_TAG, 2)))
        super()._react(name)


@pytest.mark.parametrize("answer", [{"status": "Accepted"}, {"status": "Rejected"}])
async def test_no_session_begins_where_another_connector_is_occupied(answer: Any) -> None:
    lines = (authorize(OTHER_TAG), stopped("Local", idTag=OTHER_TAG), status("Finishing"))
    on = {
        **CHARGES,
        "plug_in": [(status("Preparing", 2),), *CHARGES["plug_in"]],
        "ChangeAvailability": [(status("Unavailable", 2),)],
        "present_token": [lines],
    }
    station = Eager(on=on, answers={"ChangeAvailability": answer})
    run = await against(station, "TC_069_CS", shared_reader=True)
    assert run.verdict == "PASS"


@pytest.mark.parametrize(
    ("number", "dropped", "found"),
    [
        (1, False, ("PASS", "")),
        (2, False, ("FAIL", "post")),
        (-1, False, ("FAIL", "post")),
        (-1, True, ("PASS", "")),
    ],
)
async def test_transaction_that_the_tool_has_numbered(
    number: int, dropped: bool, found: tuple[str, str]
) -> None:
    gone: tuple[Says, ...] = (("@closed", {}), ("@connect", {})) if dropped else ()
    ends = (*gone, stopped("Remote", transactionId=number), status("Finishing"))
    script = {**CHARGES, "RemoteStopTransaction": [ends]}
    assert await verdict("TC_012_CS", script) == found


async def test_reason_of_a_session_that_must_not_begin() -> None:
    script = {"present_token": [(authorize("TESTBAY-INVALID"),)], "plug_in": [(started(),)]}
    run = await against(ScriptedStation(on=script, keys=FROM_CACHE), "TC_023_4_CS")
    assert run.verdict == "FAIL"
    assert "Preparing" in run.ended.reason
    assert "; then step post: no StartTransaction comes" in run.ended.reason


SIDE = {
    "StopTransactionOnEVSideDisconnect": ("true", False),
    "UnlockConnectorOnEVSideDisconnect": ("false", False),
}
GONE = stopped("EVDisconnected")


@pytest.mark.parametrize(
    ("lines", "fixed", "found"),
    [
        (((GONE, status("Finishing")), (status("Available"),)), False, ("PASS", "")),
        (((status("Finishing"), GONE), (status("Available"),)), False, ("PASS", "")),
        (((status("Available"), GONE),), True, ("PASS", "")),
        (((GONE, status("Finishing")),), False, ("FAIL", "7")),
        (((stopped("Local"), status("Finishing")),), True, ("FAIL", "1")),
    ],
)
async def test_unplugged_at_the_vehicle(lines: Any, fixed: bool, found: tuple[str, str]) -> None:
    script = {**CHARGES, "unplug": list(lines)}
    unlock = {"UnlockConnector": {"status": "NotSupported"}}
    more = {"keys": SIDE, "answers": unlock, "fixed_cable": fixed}
    assert await verdict("TC_005_2_CS", script, **more) == found


WHY: dict[str, Any] = {"info": "EV side disconnected"}


@pytest.mark.parametrize(
    ("lines", "end", "found"),
    [
        ((status("SuspendedEV", **WHY),), "Finishing", ("PASS", "")),
        ((status("SuspendedEVSE", info="ev side disconnected"),), "Finishing", ("PASS", "")),
        (
            (status("SuspendedEV", **WHY), 1.0, status("SuspendedEVSE", **WHY)),
            "Finishing",
            ("PASS", ""),
        ),
        ((status("SuspendedEV"),), "Finishing", ("FAIL", "1")),
        ((status("Finishing", **WHY),), "Finishing", ("FAIL", "1")),
        ((status("SuspendedEV", **WHY),), "Available", ("FAIL", "5")),
    ],
)
async def test_transaction_goes_on(lines: Any, end: str, found: tuple[str, str]) -> None:
    ends = [(status(end), stopped("Remote"))]
    script = {**CHARGES, "unplug": [lines], "RemoteStopTransaction": ends}
    assert await verdict("TC_005_3_CS", script, keys=SIDE) == found


@pytest.mark.parametrize("name", ["TC_005_1_CS", "TC_005_2_CS", "TC_005_3_CS"])
async def test_station_without_the_optional_key(name: str) -> None:
    keys = {"UnlockConnectorOnEVSideDisconnect": ("false", False)}
    assert (await verdict(name, CHARGES, keys=keys))[0] == "NOT APPLICABLE"


# -- 2.4 ------------------------------------------------------------------------------------------

CACHE = {
    "AuthorizationCacheEnabled": ("true", False),
    "LocalPreAuthorize": ("true", False),
    "ConnectionTimeOut": ("30", False),
}


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ((authorize(), status("Preparing")), (status("Available"),), ("PASS", "")),
        ((status("Preparing"), authorize()), (status("Available"),), ("PASS", "")),
        ((authorize(), status("Preparing")), (29.9, status("Available")), ("PASS", "")),
        ((authorize(), status("Preparing")), (), ("FAIL", "3")),
        ((authorize(), status("Available")), (status("Available"),), ("FAIL", "1")),
    ],
)
async def test_cache_is_cleared(first: Any, second: Any, found: tuple[str, str]) -> None:
    script = {"present_token": [first, second, (authorize(),)]}
    assert await verdict("TC_061_1_CS", script, keys=CACHE) == found


async def test_cleared_cache_is_used_still() -> None:
    lines = [(authorize(), status("Preparing")), (status("Available"),), (status("Preparing"),)]
    assert await verdict("TC_061_1_CS", {"present_token": lines}, keys=CACHE) == ("FAIL", "7")


# -- 2.5 to 2.7 -----------------------------------------------------------------------------------


async def test_call_error_instead_of_an_answer() -> None:
    answers = {"RemoteStartTransaction": CallError("NotSupported")}
    assert await verdict("TC_011_1_CS", {}, answers=answers) == ("FAIL", "4")


async def test_key_that_the_station_must_have_is_unknown() -> None:
    answers = {"GetConfiguration": {"unknownKey": ["AuthorizeRemoteTxRequests"]}}
    script: Script = {"RemoteStartTransaction": [(status("Preparing"),)], **SESSION}
    assert (await verdict("TC_011_1_CS", script, answers=answers))[1] == "2"


@pytest.mark.parametrize(
    ("name", "lines", "found"),
    [
        ("TC_015_CS", (status("Finishing"), stopped("HardReset"), 2.0, boot()), ("PASS", "")),
        ("TC_015_CS", (boot(), stopped("HardReset")), ("PASS", "")),
        ("TC_015_CS", (boot(), stopped("PowerLoss")), ("FAIL", "3")),
        ("TC_015_CS", (stopped("HardReset"), boot()), ("FAIL", "5")),
        ("TC_015_CS", (boot(),), ("FAIL", "3")),
        ("TC_016_CS", (stopped("SoftReset"), status("Finishing"), boot()), ("PASS", "")),
        ("TC_016_CS", (stopped("SoftReset"), boot()), ("FAIL", "5")),
    ],
)
@pytest.mark.parametrize("here", ["Preparing", "Finishing"])
async def test_reset(name: str, lines: Any, here: str, found: tuple[str, str]) -> None:
    script = {**CHARGES, "Reset": [(*lines, *reports(here=here))]}
    assert await verdict(name, script) == found


async def test_status_after_a_late_stop() -> None:
    late = (boot(), *reports(here="Preparing"), stopped("HardReset"), status("Finishing"))
    assert await verdict("TC_015_CS", {**CHARGES, "Reset": [late]}) == ("PASS", "")


async def test_soft_reset_without_a_boot() -> None:
    script = {**CHARGES, "Reset": [(stopped("SoftReset"), status("Finishing"))]}
    assert await verdict("TC_016_CS", script) == ("PASS", "")
    changes: list[tuple[Says, ...]] = [(status("Unavailable"),), (status("Available"),)]
    assert await verdict("TC_014_CS", {"ChangeAvailability": changes}) == ("PASS", "")


async def test_station_that_is_gone() -> None:
    answers = {"Reset": Lost("the station is not connected")}
    assert (await verdict("TC_015_CS", CHARGES, answers=answers))[0] == "FAIL"


# -- 2.9 ------------------------------------------------------------------------------------------

METERED = {
    "MeterValueSampleInterval": ("10", False),
    "ClockAlignedDataInterval": ("0", False),
    "MeterValuesSampledData": ("", False),
}


@pytest.mark.parametrize(
    ("sample", "found"),
    [
        ({}, ("PASS", "")),
        ({"context": "Sample.Periodic", "format": "Raw", "location": "Outlet"}, ("PASS", "")),
        ({"context": "Sample.Clock"}, ("FAIL", "1")),
        ({"location": "EV"}, ("FAIL", "1")),
        ({"format": "SignedData"}, ("FAIL", "1")),
        ({"measurand": "Voltage"}, ("FAIL", "1")),
    ],
)
async def test_samples(sample: dict[str, str], found: tuple[str, str]) -> None:
    stamps = ("01:00:00+01:00", "00:00:10.4Z", "00:00:20z", "00:00:30Z")
    lines = [x for s in stamps for x in (9.9, metered(f"2030-01-01T{s}", **sample))]
    plugged = (started(), status("Charging"), *lines)
    assert await verdict("TC_070_CS", {**CHARGES, "plug_in": [plugged]}, keys=METERED) == found


async def test_station_that_must_be_prepared_first() -> None:
    known = {**AT_REST, "transactions": {"1": 1}, "plugged": {"1": ["ev", "station"]}}
    known |= {"statuses": {"1": "Charging"}, "cached": True, "next_transaction": 2}
    on: Script = {
        "RemoteStopTransaction": [(stopped("Remote"), status("Finishing"))],
        "unplug": [(status("Available"),)],
        **SESSION,
    }
    station = ScriptedStation(on=on)
    run = await against(station, "TC_003_CS", known)
    assert run.verdict == "PASS"
    assert [a for a, _ in station.calls] == ["RemoteStopTransaction", "ClearCache"]


async def test_station_that_needs_nothing_is_left_alone() -> None:
    station = ScriptedStation(on=SESSION)
    run = await against(station, "TC_003_CS")
    assert (run.verdict, station.calls) == ("PASS", [])
