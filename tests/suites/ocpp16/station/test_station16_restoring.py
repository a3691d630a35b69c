"""What cases leave behind: faults, locks, lists and lost connections, and how it is undone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from station16_lab import (
    AT_REST,
    CHARGES,
    CONFIG,
    Says,
    ScriptedStation,
    against,
    authorize,
    boot,
    reports,
    started,
    status,
)

from testbay.roles.csms_model16 import CsmsModel16
from testbay.scenario.role import Action, Performed
from testbay.scenario.values import Answer, CallError, Lost, Payload, Received
from testbay.suites.ocpp16 import actions

SESSION: dict[str, Any] = {
    "plug_in": [(status("Preparing"),)],
    "present_token": [(authorize(), started(), status("Charging"))],
}
EMPTY = {"listVersion": 1, "updateType": "Full"}


async def prepared(
    known: dict[str, Any], on: dict[str, Any], **more: Any
) -> tuple[str, list[str], list[str]]:
    """Run a case; return its verdict, what was called and done before it, and the remarks."""
    answers = more.pop("answers", {})
    station = ScriptedStation(on={**on, **SESSION}, answers=answers)
    run = await against(station, "TC_003_CS", {**AT_REST, **known}, **more)
    done = [
        f"{name} {parameters.get('connector', '')}".strip()
        for name, parameters in station.actions
        if name not in SESSION
    ]
    return run.verdict, [*(a for a, _ in station.calls), *done], run.test.recorder.remarks


FREE: tuple[Says, ...] = (status("Available"),)


@pytest.mark.parametrize(
    ("known", "on", "wanted"),
    [
        (
            {"faulted": [1], "statuses": {"1": "Faulted"}},
            {"clear_fault": [FREE]},
            ["clear_fault 1"],
        ),
        (
            {"faulted": [0], "statuses": {"0": "Faulted", "1": "Faulted", "2": "Faulted"}},
            {"clear_fault": [reports()]},
            ["clear_fault 0"],
        ),
        ({"faulted": [2]}, {}, ["clear_fault 2"]),
        (
            {"statuses": {"1": "Faulted"}, "plugged": {"1": ["ev", "station"]}},
            {"unplug": [FREE]},
            ["unplug 1"],
        ),
        (
            {"statuses": {"1": "Faulted"}, "plugged": {"1": ["ev", "station"]}},
            {"clear_fault": [FREE]},
            ["unplug 1", "clear_fault 1"],
        ),
        ({"jammed": [1]}, {}, ["free_lock 1"]),
        (
            {"jammed": [1], "statuses": {"1": "Faulted"}},
            {"free_lock": [FREE]},
            ["free_lock 1"],
        ),
        ({"memory_broken": True, "local_list": True}, {}, ["SendLocalList", "repair_memory"]),
        (
            {
                "locked": [1],
                "statuses": {"1": "Finishing"},
                "plugged": {"1": ["ev", "station"]},
            },
            {"unplug": [FREE]},
            ["UnlockConnector", "unplug 1"],
        ),
    ],
)
async def test_what_is_done_before_the_next_case(
    known: dict[str, Any], on: dict[str, Any], wanted: list[str]
) -> None:
    assert await prepared(known, on) == ("PASS", wanted, [])


async def test_power_and_connection_that_a_case_has_taken_away() -> None:
    on = {"power_on": [(("@connect", {}), boot(), *reports())]}
    known = {"powered": False, "connected": False, "settled": False}
    station = ScriptedStation(on={**on, **SESSION})
    run = await against(station, "TC_003_CS", {**AT_REST, **known})
    assert (run.verdict, [a for a, _ in station.actions][:1]) == ("PASS", ["power_on"])


@pytest.mark.parametrize(
    ("known", "answer", "verdict", "remark"),
    [
        (None, {"status": "Accepted"}, "PASS", ""),
        (None, {"status": "NotSupported"}, "PASS", "it cannot be emptied"),
        (None, CallError("NotSupported"), "PASS", "it cannot be emptied"),
        (True, {"status": "Accepted"}, "PASS", ""),
        (True, {"status": "Failed"}, "INCONCLUSIVE", ""),
    ],
)
async def test_list_that_is_emptied(
    known: bool | None, answer: Any, verdict: str, remark: str
) -> None:
    facts, answers = {"local_list": known}, {"SendLocalList": answer}
    found, calls, remarks = await prepared(facts, {}, answers=answers)
    assert (found, calls) == (verdict, ["SendLocalList"])
    assert [r for r in remarks if remark not in r] == []
    assert bool(remarks) is bool(remark)


class SwitchedOff(ScriptedStation):
    """A station that has neither list nor cache to empty as long as it does not use them."""

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Answer:
        answer = await super().call(uid, action, payload)
        needed = {
            "SendLocalList": "LocalAuthListEnabled",
            "ClearCache": "AuthorizationCacheEnabled",
        }
        if action in needed and self.keys[needed[action]][0] == "false":
            return Payload.of({"status": refusal(action)})
        return answer


def refusal(action: str) -> str:
    return "NotSupported" if action == "SendLocalList" else "Rejected"


@pytest.mark.parametrize(
    ("known", "emptied"),
    [
        ({"local_list": True}, "SendLocalList"),
        ({"local_list": None}, "SendLocalList"),
        ({"cached": True}, "ClearCache"),
    ],
)
async def test_what_is_emptied_where_it_is_switched_off(
    known: dict[str, Any], emptied: str
) -> None:
    keys = {"LocalAuthListEnabled": ("false", False), "AuthorizationCacheEnabled": ("false", False)}
    told = {k: {"key": k, "value": v, "readonly": False} for k, (v, _) in keys.items()}
    station = SwitchedOff(on=dict(SESSION), keys=keys)
    before = {**AT_REST, **known, "keys": {**AT_REST["keys"], **told}}
    run = await against(station, "TC_003_CS", before)
    assert run.verdict == "PASS"
    assert [r for r in run.test.recorder.remarks if "emptied" in r] == []
    asked = [a for a, _ in station.calls]
    assert asked == [
        emptied,
        *("GetConfiguration", "ChangeConfiguration", emptied),
        *("GetConfiguration", "ChangeConfiguration"),
    ]
    assert {station.keys[k] for k in keys} == {("false", False)}
    facts = run.test.model.facts
    assert (facts.local_list, facts.cached) == (False, True)  # what the session has left


async def test_list_that_is_switched_off_and_cannot_be_emptied_at_all() -> None:
    keys = {"LocalAuthListEnabled": ("false", False)}
    told = {k: {"key": k, "value": v, "readonly": False} for k, (v, _) in keys.items()}
    answers = {"SendLocalList": [{"status": "NotSupported"}, Lost("no answer")]}
    station = ScriptedStation(on=dict(SESSION), keys=keys, answers=answers)
    before = {**AT_REST, "local_list": True, "keys": {**AT_REST["keys"], **told}}
    run = await against(station, "TC_003_CS", before)
    assert run.verdict == "INCONCLUSIVE"
    assert station.keys["LocalAuthListEnabled"] == ("false", False)


async def test_list_of_a_station_that_has_none() -> None:
    assert await prepared({"local_list": None}, {}, local_list=False) == ("PASS", [], [])


def model(**known: Any) -> CsmsModel16:
    """Return what knows a station."""
    return CsmsModel16(CONFIG, {**AT_REST, **known})


def test_faults_locks_and_memory_are_remembered_over_cases() -> None:
    first = model()
    first.acted(actions.FAULT, {"connector": 1})
    first.acted(actions.FAULT, {"connector": 0})
    first.acted(actions.JAM_LOCK, {"connector": 2})
    first.acted(actions.BREAK_MEMORY, {})
    known = CsmsModel16(CONFIG, first.known())
    facts = known.facts
    assert (facts.faulted, facts.jammed, facts.memory_broken) == ([1, 0], [2], True)
    known.acted(actions.CLEAR_FAULT, {"connector": 0})
    known.acted(actions.FREE_LOCK, {"connector": 2})
    known.acted(actions.REPAIR_MEMORY, {})
    assert (facts.faulted, facts.jammed, facts.memory_broken) == ([1], [], False)
    assert first.facts.faulted == [1, 0]


@pytest.mark.parametrize(("reason", "locked"), [("DeAuthorized", [1]), ("Local", [])])
def test_cable_that_may_be_locked(reason: str, locked: list[int]) -> None:
    known = model(transactions={"4": 1}, plugged={"1": ["ev", "station"]})
    payload = Payload.of({"transactionId": 4, "reason": reason})
    known.answered(Received("s1", "StopTransaction", payload), {})
    assert known.facts.locked == locked
    known.acted(actions.UNPLUG, {"connector": 1, "side": "both"})
    assert known.facts.locked == []


async def test_token_that_a_case_has_laid_down() -> None:
    tag = CONFIG["invalid_id_tag"]
    known = model(tokens={tag.casefold(): {"status": "Accepted", "parentIdTag": "P"}})
    known = CsmsModel16(CONFIG, known.known())
    request = Received("s1", "Authorize", Payload.of({"idTag": tag.lower()}))
    now = datetime(2030, 1, 1, tzinfo=UTC)
    laid_down = {"idTagInfo": {"status": "Accepted", "parentIdTag": "P"}}
    assert known.answer(request, now) == laid_down
    station = ScriptedStation(on=SESSION)
    run = await against(station, "TC_003_CS", known.known())
    assert run.test.model.answer(request, now) == {"idTagInfo": {"status": "Invalid"}}


async def test_token_of_a_session_is_accepted_however_often_it_is_asked_about() -> None:
    tag = CONFIG["invalid_id_tag"]
    asked = (authorize(tag), authorize(tag), status("Preparing"))
    names = ("LocalAuthorizeOffline", "AuthorizationCacheEnabled")
    keys = dict.fromkeys(names, ("true", False))
    keys["StopTransactionOnInvalidId"] = ("true", False)
    station = ScriptedStation(on={"RemoteStartTransaction": [asked]}, keys=keys)
    await against(station, "TC_037_3_CS")
    told = [reply for action, reply in station.replies if action == "Authorize"]
    assert told == [{"idTagInfo": {"status": "Accepted"}}] * 2


def test_cable_that_is_halfway_in() -> None:
    known = model()
    known.acted(actions.PLUG_IN_HALFWAY, {"connector": 1, "side": "halfway"})
    assert known.facts.plugged == {1: ["ev", "station"]}


class Unattended(ScriptedStation):
    """A station where nobody presents a token."""

    async def perform(
        self, uid: str, action: Action, parameters: Mapping[str, Any], closed: asyncio.Event
    ) -> Performed:
        if action.name == "present_token":
            return Performed("nobody is there", "script")
        return await super().perform(uid, action, parameters, closed)


async def test_connection_is_restored_where_the_case_has_not_come_to_that() -> None:
    station = Unattended(on=CHARGES)
    run = await against(station, "TC_038_CS")
    assert (run.verdict, run.test.recorder.remarks) == ("INCONCLUSIVE", [])
    assert "nobody is there" in run.ended.reason
    assert isinstance(run.test.model, CsmsModel16)
    assert run.test.model.facts.connected
