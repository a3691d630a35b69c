"""Cases against a CSMS that does more, less, or other things than the text foresees."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from csms201_lab import CONFIG, ScriptedCsms, boots, failed, run

from testbay.scenario.role import Performed
from testbay.scenario.values import CallError, Received, Reply
from testbay.scenario.verdict import Verdict

COMM, AUTH = {"name": "OCPPCommCtrlr"}, {"name": "AuthCtrlr"}
THRESHOLD, REMOTE = {"name": "OfflineThreshold"}, {"name": "AuthorizeRemoteStart"}
FULL = ("GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"})
TOKEN = {"idToken": CONFIG["valid_idtoken_idtoken"], "type": CONFIG["valid_idtoken_type"]}


def reads(*data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a request for variables."""
    return "GetVariables", {"getVariableData": list(data)}


# -- booting -------------------------------------------------------------------------------------


async def test_a_pending_station_boots_again_after_the_interval() -> None:
    csms = ScriptedCsms({"BootNotification": [boots("Pending", 60), boots("Pending", 60), boots()]})
    ended, _ = await run("TC_E_10_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    moments = [t for t, action, _ in csms.calls if action == "BootNotification"]
    assert [round(b - a) for a, b in itertools.pairwise(moments)] == [60, 60]


async def test_a_pending_station_reports_what_it_is_asked_for() -> None:
    answers = {"BootNotification": [boots("Pending", 60), boots()]}
    csms = ScriptedCsms(answers, after={"BootNotification": (FULL,)})
    ended, test = await run("TC_E_10_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    last = [part for part in csms.sent("NotifyReport") if not part["tbc"]]
    assert len(last) == 2
    actions = [action for _, action, _ in csms.calls]
    assert actions.index("NotifyReport") < len(actions) - actions[::-1].index("BootNotification")
    assert test.recorder.remarks == []


class Inquiring(ScriptedCsms):
    """A CSMS that accepts a station only when it has the report that it has asked for."""

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Any:
        if action == "BootNotification" and self.sent("BootNotification"):
            known = any(not part["tbc"] for part in self.sent("NotifyReport"))
            self.answers["BootNotification"] = boots() if known else boots("Pending")
        return await super().call(uid, action, payload)


async def test_a_csms_may_want_a_report_before_it_accepts_a_triggered_boot() -> None:
    trigger = ("TriggerMessage", {"requestedMessage": "BootNotification"})
    csms = Inquiring(does={"trigger": (FULL, trigger)})
    ended, _ = await run("TC_B_31_CSMS", csms)
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


class Configuring(ScriptedCsms):
    """A CSMS that writes forty variables one by one, and reads everything, before it asks."""

    queue: list[Any]

    async def perform(self, uid: str, action: Any, parameters: Any, closed: Any) -> Any:
        if action.name == "trigger":
            data = [{"component": COMM, "variable": THRESHOLD, "attributeValue": "60"}]
            self.queue = [("SetVariables", {"setVariableData": data})] * 40 + [FULL]
            self.queue.append(("TriggerMessage", {"requestedMessage": "BootNotification"}))
            self.send(*self.queue.pop(0))
        return Performed("done", "script")

    def answer(self, message: Received, reply: Reply) -> None:
        super().answer(message, reply)
        if self.queue:
            asyncio.get_running_loop().call_later(0.01, self.send, *self.queue.pop(0))


async def test_what_a_csms_writes_to_a_pending_station_does_not_keep_it_waiting() -> None:
    csms = Configuring({"BootNotification": [boots(), boots("Pending"), boots()]})
    ended, _ = await run("TC_B_31_CSMS", csms)
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


async def test_a_rejected_station_leaves_the_case_inconclusive() -> None:
    ended, _ = await run("TC_E_10_CSMS", ScriptedCsms({"BootNotification": boots("Rejected")}))
    assert ended.verdict == Verdict.INCONCLUSIVE


async def test_a_station_that_is_never_accepted_fails_the_case_about_it() -> None:
    for answer in (boots("Rejected"), boots("Pending", 60)):
        ended, _ = await run("TC_B_01_CSMS", ScriptedCsms({"BootNotification": answer}))
        assert ended.verdict == Verdict.FAIL


async def test_the_first_boot_of_all_may_be_pending() -> None:
    csms = ScriptedCsms(
        {"BootNotification": [boots("Pending", 60), boots(), boots()]},
        after={"BootNotification": (FULL,)},
    )
    ended, _ = await run("TC_B_01_CSMS", csms)
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")
    assert len(csms.sent("BootNotification")) == 3


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_a_cold_boot_must_be_accepted_at_once(status: str) -> None:
    csms = ScriptedCsms({"BootNotification": [boots(), boots(status)]})
    ended, _ = await run("TC_B_01_CSMS", csms)
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "1/Booted/2")


@pytest.mark.parametrize(
    ("answer", "verdict"), [("SecurityError", Verdict.PASS), ("InternalError", Verdict.FAIL)]
)
async def test_what_comes_too_early_is_a_security_error(answer: str, verdict: Verdict) -> None:
    answers = {
        "BootNotification": [boots(), boots("Rejected")],
        "StatusNotification": [{}, {}, CallError(answer)],
    }
    ended, _ = await run("TC_B_30_CSMS", ScriptedCsms(answers))
    assert ended.verdict == verdict


# -- variables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        ([{"component": COMM, "variable": THRESHOLD}], Verdict.PASS),
        ([{"component": COMM, "variable": THRESHOLD, "attributeType": "Actual"}], Verdict.PASS),
        (
            [
                {"component": COMM, "variable": THRESHOLD, "attributeType": "Target"},
                {"component": {"name": "ocppcommctrlr"}, "variable": THRESHOLD},
            ],
            Verdict.PASS,
        ),
        ([{"component": COMM, "variable": THRESHOLD, "attributeType": "Target"}], Verdict.FAIL),
        ([{"component": AUTH, "variable": THRESHOLD}], Verdict.FAIL),
    ],
)
async def test_the_actual_value_must_be_asked_for(
    data: list[dict[str, Any]], verdict: Verdict
) -> None:
    before = reads({"component": AUTH, "variable": REMOTE})
    csms = ScriptedCsms(does={"read_variables": (before, reads(*data))})
    ended, _ = await run("TC_B_06_CSMS", csms)
    assert ended.verdict == verdict


async def test_two_variables_must_be_read_by_one_message() -> None:
    first, second = {"component": COMM, "variable": THRESHOLD}, {"component": AUTH}
    both = reads({**second, "variable": REMOTE}, first)
    ended, _ = await run("TC_B_07_CSMS", ScriptedCsms(does={"read_variables": (both,)}))
    assert ended.verdict == Verdict.PASS
    apart = (reads(first), reads({**second, "variable": REMOTE}))
    ended, test = await run("TC_B_07_CSMS", ScriptedCsms(does={"read_variables": apart}))
    assert ended.verdict == Verdict.FAIL
    assert [label for label, _ in failed(test)] == ["1"]


@pytest.mark.parametrize(
    ("sizes", "verdict"),
    [
        ((4, 1), Verdict.PASS),
        ((1, 4), Verdict.PASS),
        ((3, 2), Verdict.PASS),
        ((1, 1, 1, 1, 1), Verdict.PASS),
        ((5,), Verdict.FAIL),
        ((4,), Verdict.FAIL),
    ],
)
async def test_the_csms_spreads_five_variables_as_it_likes(
    sizes: tuple[int, ...], verdict: Verdict
) -> None:
    items, size = ("ItemsPerMessage", "BytesPerMessage"), ("GetReport", "GetVariables")
    five = [
        {"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": n, "instance": i}}
        for n in items
        for i in size
    ]
    five.append({"component": AUTH, "variable": REMOTE})
    cuts = [0, *itertools.accumulate(sizes)]
    wanted = tuple(reads(*five[a:b]) for a, b in itertools.pairwise(cuts))

    class Reading(ScriptedCsms):
        async def perform(self, uid: str, action: Any, parameters: Any, closed: Any) -> Any:
            more = wanted if len(parameters["variables"]) == 5 else (reads(five[1]),)
            self.does = {"read_variables": more}
            return await super().perform(uid, action, parameters, closed)

    ended, _ = await run("TC_B_08_CSMS", Reading())
    assert ended.verdict == verdict


# -- what a CSMS does by itself ------------------------------------------------------------------


class Curious(ScriptedCsms):
    """A CSMS that asks about the transaction that was told last, by itself and when it is to."""

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Any:
        if action == "TransactionEvent":
            named = {"transactionId": payload["transactionInfo"]["transactionId"]}
            asks = (("GetTransactionStatus", {}), ("GetTransactionStatus", named))
            self.does, self.after = {"ask_transaction": asks}, {"@connect": asks}
        return await super().call(uid, action, payload)


@pytest.mark.parametrize("case", ["TC_E_29_CSMS", "TC_E_31_CSMS"])
async def test_a_csms_may_ask_about_a_transaction_by_itself(case: str) -> None:
    csms = Curious()
    ended, test = await run(case, csms)
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")
    assert test.recorder.remarks == []
    wanted = {"ongoingIndicator": case == "TC_E_29_CSMS", "messagesInQueue": True}
    assert wanted in csms.answers_to("GetTransactionStatus")


class Automatic(ScriptedCsms):
    """A CSMS that asks by itself when it must, and never because an operator wants it to."""

    def _connect(self) -> None:
        super()._connect()
        if self.sent("TransactionEvent"):
            for asks in (("GetTransactionStatus", {}), self._named()):
                self.send(*asks)

    def _named(self) -> tuple[str, dict[str, Any]]:
        last = self.sent("TransactionEvent")[-1]["transactionInfo"]["transactionId"]
        return "GetTransactionStatus", {"transactionId": last}

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Any:
        answer = await super().call(uid, action, payload)
        if payload.get("eventType") == "Ended":
            asyncio.get_running_loop().call_soon(self.send, *self._named())
        return answer


class Impatient(ScriptedCsms):
    """A CSMS that asks about a transaction before it answers the last event of it."""

    async def call(self, uid: str, action: str, payload: dict[str, Any]) -> Any:
        if payload.get("eventType") == "Ended" and payload.get("offline"):
            named = {"transactionId": payload["transactionInfo"]["transactionId"]}
            self.send("GetTransactionStatus", named)
            while not self.answers_to("GetTransactionStatus"):
                await asyncio.sleep(0.1)
        return await super().call(uid, action, payload)


async def test_a_csms_may_ask_before_it_answers() -> None:
    csms = Impatient()
    ended, _ = await run("TC_E_31_CSMS", csms)
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")
    told = {"ongoingIndicator": False, "messagesInQueue": True}
    assert csms.answers_to("GetTransactionStatus") == [told]


@pytest.mark.parametrize("case", ["TC_E_29_CSMS", "TC_E_31_CSMS", "TC_E_33_CSMS"])
async def test_a_csms_need_not_be_told_to_ask_about_a_transaction(case: str) -> None:
    ended, _ = await run(case, Automatic())
    assert (ended.verdict, ended.reason) == (Verdict.PASS, "")


async def test_requests_in_between_are_answered_and_do_no_harm() -> None:
    start = {"idToken": TOKEN, "remoteStartId": 5}
    noise = (
        reads({"component": COMM, "variable": THRESHOLD}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("ChangeAvailability", {"operationalStatus": "Operative"}),
    )
    csms = ScriptedCsms(
        does={"remote_start": (FULL, *noise, ("RequestStartTransaction", start))},
        after={"StatusNotification": noise, "TransactionEvent": noise},
    )
    ended, test = await run("TC_F_02_CSMS", csms)
    assert (ended.verdict, test.recorder.remarks) == (Verdict.PASS, [])
    last = [part["requestId"] for part in csms.sent("NotifyReport") if not part["tbc"]]
    assert last == [7], "the report that was promised has been sent"


async def test_optional_fields_of_an_answer_change_nothing() -> None:
    info = {
        "status": "Accepted",
        "groupIdToken": {"idToken": "GROUP", "type": "Central"},
        "cacheExpiryDateTime": "2031-01-01T00:00:00Z",
        "language1": "en",
    }
    event = {"idTokenInfo": info, "totalCost": 1.5, "updatedPersonalMessage": message()}
    csms = ScriptedCsms({"Authorize": {"idTokenInfo": info}, "TransactionEvent": event})
    ended, _ = await run("TC_E_04_CSMS", csms)
    assert ended.verdict == Verdict.PASS


def message() -> dict[str, str]:
    return {"format": "UTF8", "content": "hello"}


def limit(*periods: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a charging profile for one session."""
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": list(periods)}
    about = {"chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative"}
    return {"id": 1, "stackLevel": 0, **about, "chargingSchedule": [schedule], **more}


def period(start: int, **more: Any) -> dict[str, Any]:
    return {"startPeriod": start, "limit": 16.0, **more}


@pytest.mark.parametrize(
    ("action", "profile", "verdict"),
    [
        ("remote start", limit(period(0), period(60), period(60), period(90)), Verdict.PASS),
        ("remote start", limit(period(0), period(90), period(60)), Verdict.FAIL),
        ("remote start", limit(period(0, numberPhases=3, phaseToUse=2)), Verdict.PASS),
        ("set", limit(period(0), period(60)), Verdict.PASS),
        ("set", limit(period(60), period(0)), Verdict.FAIL),
        ("set", limit(period(0, numberPhases=1, phaseToUse=2)), Verdict.PASS),
        ("set", limit(period(0, numberPhases=3, phaseToUse=2)), Verdict.FAIL),
        ("set", limit(period(0, phaseToUse=2)), Verdict.FAIL),
    ],
)
async def test_general_rules_hold_for_every_charging_profile(
    action: str, profile: dict[str, Any], verdict: Verdict
) -> None:
    start: dict[str, Any] = {"idToken": TOKEN, "remoteStartId": 5}
    sent: tuple[Any, ...] = (("RequestStartTransaction", start),)
    if action == "set":
        sent = (("SetChargingProfile", {"evseId": 1, "chargingProfile": profile}), *sent)
    else:
        start["chargingProfile"] = profile
    ended, test = await run("TC_F_03_CSMS", ScriptedCsms(does={"remote_start": sent}))
    assert ended.verdict == verdict
    assert {label for label, _ in failed(test)} == ({"post"} if verdict == Verdict.FAIL else set())


# -- what is put back ----------------------------------------------------------------------------


async def test_what_was_taken_out_of_operation_is_put_back() -> None:
    evse = {"evse": {"id": 1}}

    class Switching(ScriptedCsms):
        async def perform(self, uid: str, action: Any, parameters: Any, closed: Any) -> Any:
            status = "Operative" if parameters["operative"] else "Inoperative"
            request = ("ChangeAvailability", {"operationalStatus": status, **evse})
            self.does = {"change_availability": (request,)}
            return await super().perform(uid, action, parameters, closed)

    csms = Switching()
    ended, test = await run("TC_G_03_CSMS", csms)
    assert (ended.verdict, test.recorder.remarks) == (Verdict.PASS, [])
    assert csms.answers_to("ChangeAvailability") == [{"status": "Accepted"}] * 2
    assert test.model.inoperative == []
    assert test.model.statuses == {"1.1": "Available", "2.1": "Available"}


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ({"evse": {"id": 1}}, []),
        ({"evse": {"id": 1, "connectorId": 1}}, ["evse.connectorId is omitted"]),
        ({"evse": {"id": 2}}, ["evse.id is 1"]),
        ({}, ["evse.id is 1"]),
    ],
)
async def test_the_place_must_be_the_one_that_was_named(
    place: dict[str, Any], wrong: list[str]
) -> None:
    request = ("ChangeAvailability", {"operationalStatus": "Inoperative", **place})
    csms = ScriptedCsms(does={"change_availability": (request,)})
    _, test = await run("TC_G_11_CSMS", csms)
    said = [text for label, text in failed(test) if label == "1"]
    assert [text.replace("<evse_id>", "1") for text in said] == wrong


# -- what the station says -------------------------------------------------------------------------


async def test_no_transaction_has_the_id_of_one_in_an_earlier_run() -> None:
    csms, identity = ScriptedCsms(), "S" * 48
    for day in (1, 2):
        begins = datetime(2030, 1, day, tzinfo=UTC)
        await run("TC_E_53_CSMS", csms, begins=begins, station_id=identity)
    events = csms.sent("TransactionEvent")
    starts = [e["transactionInfo"]["transactionId"] for e in events if e["eventType"] == "Started"]
    assert len(starts) == len(set(starts)) == 4
    assert {len(one) for one in starts} == {36}


@pytest.mark.parametrize(
    ("case", "named"),
    [
        ("TC_E_01_CSMS", [0]),
        ("TC_E_02_CSMS", [0]),
        ("TC_E_03_CSMS", [0]),
        ("TC_E_04_CSMS", [1]),
        ("TC_E_09_CSMS", [0]),
        ("TC_E_10_CSMS", []),
        ("TC_E_11_CSMS", [0]),
        ("TC_E_12_CSMS", []),
        ("TC_E_16_CSMS", []),
    ],
)
async def test_the_evse_is_named_once_the_vehicle_is_connected(case: str, named: list[int]) -> None:
    csms = ScriptedCsms()
    await run(case, csms)
    events = csms.sent("TransactionEvent")
    assert [i for i, event in enumerate(events) if "evse" in event] == named


@pytest.mark.parametrize("case", ["TC_E_29_CSMS", "TC_E_31_CSMS", "TC_E_33_CSMS"])
async def test_the_connection_is_closed_and_not_cut(case: str) -> None:
    csms = Curious()
    acts: list[str] = []

    async def link(uid: str, what: str, how: Any) -> dict[str, Any]:
        acts.append(what)
        return await ScriptedCsms.link(csms, uid, what, how)

    csms.link = link  # type: ignore[method-assign]
    assert (await run(case, csms))[0].verdict == Verdict.PASS
    assert acts == ["close", "dial"]
    assert len(csms.sent("BootNotification")) == 1
