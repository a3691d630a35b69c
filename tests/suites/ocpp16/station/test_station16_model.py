"""What the tool knows of a station, and how it brings it to rest before a case."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from station16_lab import (
    AT_REST,
    CASES,
    CONFIG,
    OTHER_TAG,
    TAG,
    ScriptedStation,
    against,
    authorize,
    boot,
    reports,
    started,
    status,
)

from testbay.roles.csms_model16 import CsmsModel16
from testbay.scenario.role import Action
from testbay.scenario.values import CallError, Payload, Received
from testbay.suites.ocpp16.suite import suite

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MOMENT = "2030-01-01T00:00:00.000Z"


def model(**config: Any) -> CsmsModel16:
    return CsmsModel16({**CONFIG, **config}, {})


def message(action: str, **payload: Any) -> Received:
    return Received("s1", action, Payload.of(payload))


def act(name: str, **parameters: Any) -> tuple[Action, dict[str, Any]]:
    return Action(name, ""), {"connector": 1, **parameters}


# -- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "found"),
    [(TAG, "Accepted"), (OTHER_TAG.lower(), "Accepted"), ("nobody", "Invalid")],
)
def test_tokens(tag: str, found: str) -> None:
    known = model()
    for sent in (message("Authorize", idTag=tag), message("StopTransaction", idTag=tag)):
        assert known.answer(sent, NOW) == {"idTagInfo": {"status": found}}


def test_answers_by_default() -> None:
    known = model(heartbeat_interval=77)
    accepted = {"status": "Accepted", "interval": 77, "currentTime": MOMENT}
    assert known.answer(message("BootNotification"), NOW) == accepted
    assert known.answer(message("Heartbeat"), NOW) == {"currentTime": MOMENT}
    assert known.answer(message("DataTransfer"), NOW) == {"status": "UnknownVendorId"}
    assert known.answer(message("StopTransaction"), NOW) == {}
    assert known.answer(message("StatusNotification"), NOW) == {}


def test_transactions_are_numbered_and_an_answer_stays_the_same() -> None:
    known = model()
    first, second = (message("StartTransaction", idTag=TAG, connectorId=n) for n in (1, 2))
    for number, sent in ((1, first), (2, second)):
        reply = known.answer(sent, NOW)
        assert isinstance(reply, dict)
        assert reply["transactionId"] == number
        known.answered(sent, reply)
        assert known.answer(sent, NOW) == reply
    assert [known.transaction(n) for n in (1, 2, 3)] == [1, 2, None]
    known.answered(message("StopTransaction", transactionId=1), {})
    assert known.transaction(1) is None


def test_error_is_no_transaction() -> None:
    known = model()
    known.answered(message("StartTransaction", idTag=TAG, connectorId=1), CallError("X"))
    assert known.facts.transactions == {}


# -- what is learned ------------------------------------------------------------------------------


def test_cable() -> None:
    known = model()
    known.acted(*act("plug_in", side="both"))
    assert known.facts.plugged == {1: ["ev", "station"]}
    known.acted(*act("unplug", side="ev"))
    assert known.facts.plugged == {1: ["station"]}
    known.acted(*act("unplug", side="station"))
    assert known.facts.plugged == {}
    known.acted(*act("plug_in", side="halfway"))
    assert known.facts.plugged == {1: ["ev", "station"]}


def test_fixed_cable_has_one_plug() -> None:
    known = model(fixed_cable=True)
    known.acted(*act("plug_in", side="both"))
    assert known.facts.plugged == {1: ["ev"]}
    known.acted(*act("unplug", side="ev"))
    assert known.facts.plugged == {}


def test_power() -> None:
    known = model()
    known.acted(*act("power_off"))
    assert not known.facts.powered
    known.acted(*act("power_cycle"))
    assert known.facts.powered


def test_configuration() -> None:
    known = model()
    read = {
        "configurationKey": [{"key": "A", "readonly": False, "value": "1"}],
        "unknownKey": ["B"],
    }
    known.called("GetConfiguration", {"key": ["A", "B"]}, read)
    known.called("ChangeConfiguration", {"key": "A", "value": "2"}, {"status": "RebootRequired"})
    known.called("ChangeConfiguration", {"key": "A", "value": "3"}, {"status": "Rejected"})
    assert known.facts.keys == {"A": {"key": "A", "readonly": False, "value": "2"}, "B": None}
    assert known.facts.needs_reboot
    known.observe(message("BootNotification"))
    assert not known.facts.needs_reboot


def test_availability_cache_and_memory() -> None:
    known, accepted = model(), {"status": "Accepted"}
    for number in (1, 2):
        change = {"connectorId": number, "type": "Inoperative"}
        known.called("ChangeAvailability", change, {"status": "Scheduled"})
    assert known.facts.inoperative == [1, 2]
    known.called("ChangeAvailability", {"connectorId": 0, "type": "Operative"}, accepted)
    known.called("ClearCache", {}, accepted)
    assert (known.facts.inoperative, known.facts.cached) == ([], False)
    known.answered(message("Authorize"), {"idTagInfo": {"status": "Accepted"}})
    assert known.facts.cached
    known.called("ClearCache", {}, {"status": "Rejected"})
    known.answered(message("Authorize"), {"idTagInfo": {"status": "Accepted"}})
    assert known.facts.cached is None
    known.called("ReserveNow", {"reservationId": 3}, accepted)
    known.called("SetChargingProfile", {}, accepted)
    update = {"updateType": "Full", "localAuthorizationList": [{}]}
    known.called("SendLocalList", update, accepted)
    assert (known.facts.reservations, known.facts.profiles, known.facts.local_list) == (
        [3],
        True,
        True,
    )
    known.called("CancelReservation", {"reservationId": 3}, accepted)
    known.called("ClearChargingProfile", {}, {"status": "Unknown"})
    known.called("SendLocalList", {"updateType": "Full"}, accepted)
    assert (known.facts.reservations, known.facts.profiles, known.facts.local_list) == (
        [],
        False,
        False,
    )


def test_call_error_teaches_nothing() -> None:
    known = model()
    known.called("ClearCache", {}, CallError("NotImplemented"))
    assert known.facts.cached


def test_what_is_known_survives_as_json() -> None:
    known = model()
    known.observe(message("@connect"))
    known.observe(message("StatusNotification", connectorId=1, status="Charging"))
    known.answered(message("StartTransaction", connectorId=1, idTag=TAG), {"transactionId": 9})
    known.acted(*act("plug_in"))
    known.called("GetConfiguration", {}, {"unknownKey": ["B"]})
    again = CsmsModel16(CONFIG, json.loads(json.dumps(known.known())))
    assert again.facts == known.facts
    again.acted(*act("unplug"))
    assert known.facts.plugged == {1: ["ev", "station"]}


def test_suites() -> None:
    found = suite("station")
    assert found.model(CONFIG, {}).known() == model().known()
    assert (found.ocpp, found.sut) == ("1.6", "station")
    assert suite("csms").sut == "csms"
    assert all(c.ocpp == "1.6" for c in CASES.values())


# -- bringing a station to rest -------------------------------------------------------------------

SESSION: dict[str, Any] = {
    "plug_in": [(status("Preparing"),)],
    "present_token": [(authorize(), started(), status("Charging"))],
}


async def called(
    known: dict[str, Any], on: dict[str, Any], **answers: Any
) -> tuple[str, list[str]]:
    """Run a case; return its verdict, and what the tool called and had done before it."""
    station = ScriptedStation(on={**on, **SESSION}, answers=answers)
    run = await against(station, "TC_003_CS", {**AT_REST, **known})
    done = [name for name, _ in station.actions if name not in SESSION]
    return run.verdict, [*(a for a, _ in station.calls), *done]


async def test_station_that_boots() -> None:
    station = ScriptedStation(on=SESSION)
    run = await against(station, "TC_003_CS", {**AT_REST, "settled": False})
    assert run.verdict == "PASS"
    assert run.test.model.facts.settled


async def test_station_that_was_not_accepted() -> None:
    station = ScriptedStation(on={**SESSION, "ClearCache": [(boot(), *reports())]})
    known = {**AT_REST, "settled": False, "accepted": False, "cached": True}
    run = await against(station, "TC_003_CS", known)
    assert (run.verdict, run.ended.failed) == ("INCONCLUSIVE", "idle/online/1")


async def test_unavailable_connector() -> None:
    known = {"inoperative": [1], "statuses": {"1": "Unavailable"}}
    on = {"ChangeAvailability": [(status("Available"),)]}
    assert await called(known, on) == ("PASS", ["ChangeAvailability"])


async def test_faulted_connector() -> None:
    on = {"clear_fault": [(status("Available"),)]}
    assert await called({"statuses": {"1": "Faulted"}}, on) == ("PASS", ["clear_fault"])


async def test_memory_is_emptied() -> None:
    known = {"reservations": [4], "local_list": True, "profiles": True, "cached": True}
    calls = ["CancelReservation", "SendLocalList", "ClearChargingProfile", "ClearCache"]
    assert await called(known, {}) == ("PASS", calls)


async def test_token_that_waits_for_a_cable() -> None:
    station = ScriptedStation(on=SESSION)
    known = {**AT_REST, "statuses": {"1": "Preparing"}, "settled": False}
    station.on["late"] = [(50.0, status("Available"))]
    station._react("late")
    run = await against(station, "TC_003_CS", known)
    assert run.verdict == "PASS"


async def test_station_that_does_not_come_to_rest_is_restarted() -> None:
    on = {"Reset": [(boot(), *reports())]}
    found = await called({"statuses": {"1": "Finishing"}, "handled": [1]}, on)
    assert found == ("PASS", ["Reset"])


async def test_cable_that_was_in_before_the_run() -> None:
    on = {"unplug": [(status("Available"),)]}
    found = await called({"statuses": {"1": "Finishing"}}, on)
    assert found == ("PASS", ["unplug"])


async def test_station_that_never_comes_to_rest() -> None:
    on = {"Reset": [(boot(), *reports(here="Finishing"))]}
    verdict, done = await called({"statuses": {"1": "Finishing"}, "handled": [1]}, on)
    assert (verdict, done) == ("INCONCLUSIVE", ["Reset", "unplug"])


async def test_transaction_that_the_station_does_not_know() -> None:
    answers = {"RemoteStopTransaction": {"status": "Rejected"}}
    found = await called({"transactions": {"1": 1}}, {}, **answers)
    assert found == ("PASS", ["RemoteStopTransaction"])


async def test_setting_that_needs_a_restart() -> None:
    known = {**AT_REST, "keys": {}}
    station = ScriptedStation(
        on={**SESSION, "Reset": [(boot(), *reports())]},
        keys={"MinimumStatusDuration": ("10", False)},
        answers={"ChangeConfiguration": {"status": "RebootRequired"}},
    )
    run = await against(station, "TC_003_CS", known)
    calls = ["GetConfiguration", "ChangeConfiguration", "Reset"]
    assert (run.verdict, [a for a, _ in station.calls]) == ("PASS", calls)


async def test_duration_that_cannot_be_changed_is_a_remark() -> None:
    keys = {"MinimumStatusDuration": ("10", True)}
    station = ScriptedStation(on=SESSION, keys=keys)
    run = await against(station, "TC_003_CS", {**AT_REST, "keys": {}})
    assert run.verdict == "PASS"
    assert "MinimumStatusDuration must be 0" in run.test.recorder.remarks[0]


async def test_setting_is_put_back_however_the_case_ends() -> None:
    station = ScriptedStation(keys={"MeterValueSampleInterval": ("60", False)})
    run = await against(station, "TC_004_1_CS")
    assert (run.verdict, station.keys["MeterValueSampleInterval"][0]) == ("FAIL", "60")


async def test_value_that_the_case_does_not_want_is_changed_first() -> None:
    station = ScriptedStation(keys={"MeterValueSampleInterval": ("10", False)})
    run = await against(station, "TC_021_CS")
    set_to = [p["value"] for a, p in station.calls if a == "ChangeConfiguration"]
    assert (run.verdict, set_to) == ("PASS", ["40", "10"])
