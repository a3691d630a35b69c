"""What conforming stations of other makes do otherwise costs them nothing, and hides nothing."""

from typing import Any

import pytest

from testbay.scenario.checks import all_of, any_of
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp201.actions import PLUG_IN, REFUSE
from testbay.suites.ocpp201.offline import METERED, OFFLINE, QUEUED
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

from .scripted_lab import STAMP, Says, ScriptedStation, against, status, transaction

TOKEN = {"idToken": "01020304", "type": "ISO14443"}
PLACE: dict[str, Any] = {"evse": {"id": 1, "connectorId": 1}}
AUTHORIZED = {
    "TxCtrlr.TxStartPoint": "Authorized",
    "TxCtrlr.TxStopPoint": "Authorized",
    "OCPPCommCtrlr.MessageTimeout": "6",
    "OCPPCommCtrlr.MessageAttempts": "3",
    "OCPPCommCtrlr.MessageAttemptInterval": "10",
}
POWER_PATH = {"TxCtrlr.TxStartPoint": "PowerPathClosed", "TxCtrlr.TxStopPoint": "PowerPathClosed"}
ASKS: Says = ("Authorize", {"idToken": TOKEN})
BEGINS = transaction(0, "Started", "Authorized", "Idle", idToken=TOKEN)


def late(*events: Says) -> ScriptedStation:
    """Return a station that tells the status of its connector after these events."""
    present = [(ASKS, BEGINS)]
    plug = [(*events, status("Occupied"))]
    return ScriptedStation({"present_token": present, "plug_in": plug}, AUTHORIZED)


CABLE = transaction(1, "Updated", "CablePluggedIn", "EVConnected", **PLACE)
CHARGES = transaction(2, "Updated", "ChargingStateChanged", "Charging", **PLACE)


async def test_an_event_need_not_wait_for_the_status_of_the_connector() -> None:
    async def body(t: StationTest) -> None:
        await t.run(1, states.ev_connected_pre_session)

    station = ScriptedStation(
        {
            "plug_in": [
                (
                    transaction(0, "Started", "CablePluggedIn", "EVConnected", **PLACE),
                    status("Occupied"),
                )
            ]
        },
        {"TxCtrlr.TxStartPoint": "EVConnected", "TxCtrlr.TxStopPoint": "EVConnected"},
    )
    ended = await against(station, body)
    assert (ended.verdict, ended.seconds < 1) == (Verdict.PASS, True)


@pytest.mark.parametrize("case", ["TC_E_41_CS", "TC_E_42_CS", "TC_E_50_CS", "TC_E_51_CS"])
async def test_an_event_that_was_answered_too_soon_is_nothing_against_the_station(
    case: str,
) -> None:
    ended = await against(late(CABLE, CHARGES), case)
    assert ended.verdict == Verdict.INCONCLUSIVE
    assert ended.reason.endswith("was answered by default before the step could choose")


@pytest.mark.parametrize("trigger", ["CablePluggedIn", "ChargingStateChanged"])
async def test_the_cable_may_close_the_power_path(trigger: str) -> None:
    begins = transaction(0, "Started", trigger, "SuspendedEVSE", idToken=TOKEN, **PLACE)
    flows = transaction(1, "Updated", "ChargingStateChanged", "Charging")
    station = ScriptedStation(
        {"present_token": [(ASKS,)], "plug_in": [(status("Occupied"), begins, flows)]}, POWER_PATH
    )
    assert (await against(station, "TC_E_04_CS")).verdict == Verdict.PASS


@pytest.mark.parametrize(("told", "verdict"), [("Charging", "PASS"), ("EVConnected", "FAIL")])
async def test_energy_that_flows_with_the_cable_is_told_once(told: str, verdict: str) -> None:
    async def body(t: StationTest) -> None:
        await t.run(1, states.authorized)
        await t.run(2, states.ev_connected_pre_session)
        await t.run(3, states.energy_transfer_started)

    cable = transaction(1, "Updated", "CablePluggedIn", told, **PLACE)
    station = ScriptedStation(
        {"present_token": [(ASKS, BEGINS)], "plug_in": [(status("Occupied"), cable)]}, AUTHORIZED
    )
    ended = await against(station, body)
    assert ended.verdict.text == verdict, ended.reason


async def test_a_transaction_may_begin_before_its_evse_is_known() -> None:
    station = late(CABLE, CHARGES)
    station.does["plug_in"] = [(status("Occupied"), CABLE, CHARGES)]
    ended = await against(station, "TC_E_10_CS")
    assert ended.verdict == Verdict.PASS, ended.reason


async def test_a_transaction_that_begins_with_the_cable_names_its_evse() -> None:
    begins = transaction(0, "Started", "CablePluggedIn", "EVConnected")
    station = ScriptedStation(
        {"plug_in": [(status("Occupied"), begins)]},
        {"TxCtrlr.TxStartPoint": "EVConnected", "TxCtrlr.TxStopPoint": "EVConnected"},
    )
    ended = await against(station, "TC_E_09_CS")
    assert ended.verdict == Verdict.FAIL
    assert "evse.id is 1; it was: (omitted)" in ended.reason


async def test_an_event_of_another_evse_is_not_taken_for_one_that_names_none() -> None:
    other = transaction(0, "Started", "Authorized", "Idle", idToken=TOKEN, evse={"id": 2})
    station = ScriptedStation({"present_token": [(ASKS, other)]}, AUTHORIZED)
    ended = await against(station, "TC_E_10_CS")
    assert ended.verdict == Verdict.FAIL
    assert "it belongs to EVSE 1" in ended.reason


@pytest.mark.parametrize(("asks", "verdict"), [(False, "PASS"), (True, "FAIL")])
async def test_a_remote_start_that_needs_no_question_is_not_asked_about(
    asks: bool, verdict: str
) -> None:
    variables = {
        "TxCtrlr.TxStartPoint": "EVConnected",
        "TxCtrlr.TxStopPoint": "EVConnected",
        "AuthCtrlr.Enabled": "true",
        "AuthCtrlr.AuthorizeRemoteStart": "false",
    }
    station = ScriptedStation({}, variables)

    def begins(number: int) -> None:
        started = transaction(0, "Started", "RemoteStart", "EVConnected", idToken=TOKEN, **PLACE)
        info = started[1]["transactionInfo"]  # type: ignore[index]
        info["remoteStartId"] = number
        flows = transaction(1, "Updated", "ChargingStateChanged", "Charging")
        first = (ASKS,) if asks else ()
        station.does["plug_in"] = [(*first, status("Occupied"), started, flows)]

    station.remote_start = begins
    ended = await against(station, "TC_F_03_CS", stop_by="remote")
    assert ended.verdict.text == verdict, ended.reason
    assert not asks or "no Authorize comes" in ended.reason


@pytest.mark.parametrize(
    ("at", "marks", "verdict"),
    [
        ("00:00:00Z", {}, "PASS"),
        ("00:01:00Z", {}, "FAIL"),
        ("00:01:00Z", {"offline": True}, "PASS"),
    ],
)
async def test_an_event_from_before_the_connection_was_lost_is_not_one_of_the_queue(
    at: str, marks: dict[str, Any], verdict: str
) -> None:
    async def body(t: StationTest) -> None:
        await t.link(1, REFUSE)
        t.manual(PLUG_IN)
        of_it = all_of(METERED, any_of(OFFLINE, t.since_lost()))
        await t.expect(5, "TransactionEvent", *QUEUED, where=of_it)

    value: dict[str, Any] = {"meterValue": [{"timestamp": STAMP, "sampledValue": [{"value": 1}]}]}
    begins = transaction(0, "Started", "ChargingStateChanged", "Charging", **PLACE)
    first = transaction(1, "Updated", "MeterValuePeriodic", "Charging", **value, **marks)
    first[1]["timestamp"] = f"2030-01-01T{at}"  # type: ignore[index]
    then = transaction(2, "Updated", "MeterValuePeriodic", "Charging", **value, offline=True)
    ended = await against(ScriptedStation({"plug_in": [(begins, first, then)]}, AUTHORIZED), body)
    assert ended.verdict.text == verdict, ended.reason
    assert verdict == "PASS" or "offline is True" in ended.reason
