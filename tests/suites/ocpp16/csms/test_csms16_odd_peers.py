"""Cases against a CSMS that does more, less, or other things than the text foresees."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from csms16_lab import CONFIG, OKAY, ScriptedCsms, boots, failed, run

from testbay.roles.station_model16 import StationModel16, Transaction
from testbay.scenario.values import CallError, Lost
from testbay.scenario.verdict import Verdict

START = {"connectorId": 1, "idTag": CONFIG["valid_id_tag"]}
SETTING = ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"})


def running(number: int = 7) -> StationModel16:
    """Return a station that is accepted and charges on connector 1."""
    model = StationModel16(CONFIG, registration="Accepted")
    model.transactions[1] = Transaction(number, 1, "TAG", 1000, "2029-12-31T23:00:00Z")
    model.statuses = {0: "Available", 1: "Charging", 2: "Available"}
    return model


# -- booting -------------------------------------------------------------------------------------


async def test_a_pending_station_boots_again_after_the_interval() -> None:
    csms = ScriptedCsms({"BootNotification": [boots("Pending", 60), boots("Pending", 60), boots()]})
    ended, _ = await run("TC_003_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    moments = [t for t, action, _ in csms.calls if action == "BootNotification"]
    assert [round(b - a) for a, b in itertools.pairwise(moments)] == [60, 60]


@pytest.mark.parametrize(
    ("answer", "times"), [(boots("Pending", 60), 5), (boots("Pending", 86400), 1)]
)
async def test_a_station_that_stays_pending_leaves_the_case_inconclusive(
    answer: dict[str, Any], times: int
) -> None:
    csms = ScriptedCsms({"BootNotification": answer})
    ended, _ = await run("TC_003_CSMS", csms)
    assert ended.verdict == Verdict.INCONCLUSIVE
    assert ended.reason.endswith("must not go on then: Pending")
    assert csms.names() == ["BootNotification"] * times


async def test_a_rejected_station_is_silent_and_does_not_answer() -> None:
    csms = ScriptedCsms({"BootNotification": boots("Rejected")}, greets=(("GetConfiguration", {}),))
    ended, test = await run("TC_003_CSMS", csms)
    assert ended.verdict == Verdict.INCONCLUSIVE
    assert failed(test) == [("Booted/2", "status is Accepted or Pending")]
    assert csms.names() == ["BootNotification"]


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_the_boot_of_a_cold_boot_is_judged_and_the_first_one(status: str) -> None:
    csms = ScriptedCsms({"BootNotification": boots(status)})
    ended, test = await run("TC_001_CSMS", csms)
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "2")
    assert failed(test) == [("2", "status is Accepted")]
    assert csms.names() == ["@reconnect", "BootNotification"]


@pytest.mark.parametrize(("interval", "distance"), [(20, 20), (0, CONFIG["heartbeat_interval"])])
async def test_heartbeats_come_at_the_interval_of_the_answer(interval: int, distance: int) -> None:
    csms = ScriptedCsms({"BootNotification": boots(interval=interval)})
    ended, _ = await run("TC_001_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    beats = [t for t, action, _ in csms.calls if action == "Heartbeat"]
    assert len(beats) == 3
    assert all(b - a == pytest.approx(distance, abs=0.1) for a, b in itertools.pairwise(beats))


async def test_an_accepted_station_does_not_boot_again() -> None:
    model = StationModel16(CONFIG, registration="Accepted", connection=1)
    csms = ScriptedCsms(connection=1)
    ended, _ = await run("TC_017_1_CSMS", csms, model)
    assert "BootNotification" not in csms.names()
    assert ended.verdict == Verdict.FAIL  # nobody has unlocked anything


async def test_a_station_boots_again_on_a_new_connection() -> None:
    csms = ScriptedCsms()
    _, test = await run("TC_003_CSMS", csms)
    assert test.model.registered
    csms.hang_up()
    assert not test.model.registered
    ended, _ = await run("TC_003_CSMS", csms, test.model)
    assert ended.verdict == Verdict.PASS
    assert csms.names().count("BootNotification") == 2


# -- what it sends unasked -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "action", "wanted"),
    [
        ("TC_019_1_CSMS", "read_configuration", ("GetConfiguration", {})),
        ("TC_019_1_CSMS", "read_configuration", ("GetConfiguration", {"key": []})),
        (
            "TC_019_2_CSMS",
            "read_configuration",
            ("GetConfiguration", {"key": ["SupportedFeatureProfiles"]}),
        ),
        ("TC_021_CSMS", "change_setting", SETTING),
    ],
)
async def test_messages_about_other_settings_are_not_taken_for_the_wanted_one(
    case: str, action: str, wanted: tuple[str, dict[str, Any]]
) -> None:
    others = (
        ("GetConfiguration", {"key": ["NumberOfConnectors"]}),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "30"}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}),
    )
    csms = ScriptedCsms(does={action: (*others, wanted)})
    ended, test = await run(case, csms)
    assert (ended.verdict, test.recorder.remarks) == (Verdict.PASS, [])
    asked = [action for action, _ in (*others, wanted)]
    assert sorted(action for action, _ in csms.replies) == sorted(asked)
    assert test.model.setting("HeartbeatInterval") == "30"


async def test_a_greeting_with_the_very_message_is_not_the_operators_one() -> None:
    csms = ScriptedCsms(greets=(SETTING, ("GetConfiguration", {})))
    for case in ("TC_021_CSMS", "TC_019_1_CSMS"):
        ended, _ = await run(case, csms)
        assert ended.verdict in (Verdict.INCONCLUSIVE, Verdict.FAIL)


async def test_a_remote_start_before_anybody_asked_is_nobodys_fault() -> None:
    csms = ScriptedCsms(greets=(("RemoteStartTransaction", START),))
    ended, _ = await run("TC_010_CSMS", csms)
    assert ended.verdict in (Verdict.INCONCLUSIVE, Verdict.FAIL)
    assert csms.replies[0] == ("RemoteStartTransaction", {"status": "Rejected"})


async def test_a_connection_that_it_ends_is_a_remark() -> None:
    csms = ScriptedCsms(does={"clear_cache": (("ClearCache", {}),)})
    ended, test = await run("TC_061_CSMS", csms)
    assert (ended.verdict, test.recorder.remarks) == (Verdict.PASS, [])

    class HangsUp(ScriptedCsms):
        async def perform(self, *args: Any) -> Any:
            self._event("@closed", by="peer", code=1001)
            self._connect()
            return await super().perform(*args)

    csms = HangsUp(does={"clear_cache": (("ClearCache", {}),)})
    ended, test = await run("TC_061_CSMS", csms)
    assert [r.split(" at ")[0] for r in test.recorder.remarks] == [
        "not claimed by any step: @closed"
    ]


# -- what it asks for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "wrong"),
    [
        (START, ""),
        ({"idTag": START["idTag"]}, ""),
        (START | {"idTag": str(START["idTag"]).lower()}, ""),
        (START | {"idTag": "SOMEBODY"}, "idTag is <valid_id_tag>"),
        (START | {"connectorId": 2}, "connectorId is <connector_id> or (omitted)"),
    ],
)
async def test_a_remote_start_is_for_the_token_and_connector_wanted(
    payload: dict[str, Any], wrong: str
) -> None:
    csms = ScriptedCsms(does={"remote_start": (("RemoteStartTransaction", payload),)})
    ended, test = await run("TC_010_CSMS", csms)
    assert ended.verdict == (Verdict.FAIL if wrong else Verdict.PASS)
    assert failed(test) == ([("3", wrong)] if wrong else [])
    assert csms.replies == [("RemoteStartTransaction", {"status": "Accepted"})]


@pytest.mark.parametrize(("number", "verdict"), [(41, Verdict.PASS), (40, Verdict.FAIL)])
async def test_a_remote_stop_names_the_transaction_of_the_answer(
    number: int, verdict: Verdict
) -> None:
    stop = ("RemoteStopTransaction", {"transactionId": number})
    csms = ScriptedCsms(does={"remote_stop": (stop,)})
    ended, _ = await run("TC_012_CSMS", csms)
    assert ended.verdict == verdict
    [stopped] = csms.sent("StopTransaction")
    assert (stopped["transactionId"], stopped["reason"]) == (41, "Remote")


@pytest.mark.parametrize(
    ("case", "payload", "fails"),
    [
        ("TC_017_1_CSMS", {"connectorId": 1}, []),
        ("TC_017_2_CSMS", {"connectorId": 2}, [("1", "connectorId is <connector_id>")]),
    ],
)
async def test_an_unlock_is_for_the_connector_wanted(
    case: str, payload: dict[str, Any], fails: list[tuple[str, str]]
) -> None:
    csms = ScriptedCsms(does={"unlock": (("UnlockConnector", payload),)})
    _, test = await run(case, csms)
    assert failed(test) == fails
    status = {"TC_017_1_CSMS": "Unlocked", "TC_017_2_CSMS": "NotSupported"}[case]
    assert csms.replies == [("UnlockConnector", {"status": status})]


@pytest.mark.parametrize(
    ("keys", "fails"),
    [
        (["supportedfeatureprofiles"], []),
        (
            ["SupportedFeatureProfiles", "ResetRetries"],
            [("1", "GetConfiguration is sent in time")],
        ),
    ],
)
async def test_one_key_is_read_alone(keys: list[str], fails: list[tuple[str, str]]) -> None:
    csms = ScriptedCsms(does={"read_configuration": (("GetConfiguration", {"key": keys}),)})
    _, test = await run("TC_019_2_CSMS", csms)
    assert failed(test) == fails
    answer = csms.replies[0][1]
    assert isinstance(answer, dict)
    assert answer["configurationKey"][0]["key"] == "SupportedFeatureProfiles"


async def test_a_station_that_restarts_is_gone_before_it_boots() -> None:
    csms = ScriptedCsms(does={"reset": (("Reset", {"type": "Hard"}),)})
    ended, _ = await run("TC_013_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    assert csms.replies == [("Reset", {"status": "Accepted"})]
    again = csms.names().index("@reconnect")
    assert csms.names()[again:] == ["@reconnect", "BootNotification"] + ["StatusNotification"] * 3


async def test_a_reset_that_no_case_has_seen_is_done_before_the_next_case() -> None:
    csms = ScriptedCsms(greets=())
    _, test = await run("TC_003_CSMS", csms)
    csms.send("Reset", {"type": "Soft"})
    assert test.model.resetting
    csms.calls.clear()
    await run("TC_003_CSMS", csms, test.model)
    assert csms.names()[:2] == ["@reconnect", "BootNotification"]


# -- transactions --------------------------------------------------------------------------------


async def test_a_transaction_is_ended_when_the_case_is_over() -> None:
    csms = ScriptedCsms()
    ended, test = await run("TC_003_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    assert [s["transactionId"] for s in csms.sent("StopTransaction")] == [41]
    assert csms.sent("StatusNotification")[-1]["status"] == "Available"
    assert test.model.transactions == {}


@pytest.mark.parametrize("case", ["TC_001_CSMS", "TC_003_CSMS"])
async def test_a_transaction_that_is_left_is_ended_before_the_case(case: str) -> None:
    csms = ScriptedCsms(connection=1)
    await run(case, csms, running())
    first = csms.sent("StopTransaction")[0]
    assert (first["transactionId"], first["reason"]) == (7, "Local")
    assert first["meterStop"] == 1000 + 11000


async def test_a_transaction_without_an_id_cannot_be_stopped() -> None:
    csms = ScriptedCsms({"StartTransaction": OKAY})
    ended, _ = await run("TC_018_1_CSMS", csms)
    assert ended.verdict == Verdict.FAIL
    csms = ScriptedCsms({"StartTransaction": OKAY}, {"unlock": (("UnlockConnector", START),)})
    ended, _ = await run("TC_018_1_CSMS", csms)
    assert "given no transaction id" in ended.reason


async def test_a_stop_that_is_refused_fails_and_is_not_repeated() -> None:
    csms = ScriptedCsms({"StopTransaction": CallError("InternalError")})
    ended, test = await run("TC_005_1_CSMS", csms)
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "4")
    assert len(csms.sent("StopTransaction")) == 1
    assert test.model.transactions == {}


async def test_a_stop_that_is_not_answered_is_sent_again_later() -> None:
    csms = ScriptedCsms({"StopTransaction": [Lost("no answer in 30 s"), {}]})
    ended, test = await run("TC_005_1_CSMS", csms)
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "4")
    assert len(csms.sent("StopTransaction")) == 2
    assert test.model.transactions == {}


@pytest.mark.parametrize(
    ("case", "verdict", "label"),
    [
        ("TC_003_CSMS", Verdict.FAIL, "6"),
        ("TC_004_1_CSMS", Verdict.FAIL, "1/Charging/4"),
        ("TC_007_CSMS", Verdict.FAIL, "4"),
        ("TC_005_1_CSMS", Verdict.INCONCLUSIVE, "Charging/4"),
    ],
)
async def test_a_token_that_is_refused_at_the_start(
    case: str, verdict: Verdict, label: str
) -> None:
    refused = {"transactionId": 41, "idTagInfo": {"status": "Blocked"}}
    ended, test = await run(case, ScriptedCsms({"StartTransaction": refused}))
    assert ended.verdict == verdict
    assert failed(test) == [(label, "idTagInfo.status is Accepted")]


@pytest.mark.parametrize("case", ["TC_004_2_CSMS", "TC_011_2_CSMS"])
async def test_the_connection_time_out_passes_before_the_connector_is_free(case: str) -> None:
    csms = ScriptedCsms(does={"remote_start": (("RemoteStartTransaction", START),)})
    ended, _ = await run(case, csms, connection_timeout=45)
    assert ended.verdict == Verdict.PASS
    moments = {p["status"]: t for t, action, p in csms.calls if action == "StatusNotification"}
    assert moments["Available"] - moments["Preparing"] == pytest.approx(45, abs=0.1)
