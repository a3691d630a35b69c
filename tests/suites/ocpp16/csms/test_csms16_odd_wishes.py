"""Cases of sections 3.8 to 3.20 against a CSMS that makes other things of what is wanted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from csms16_lab import CONFIG, ScriptedCsms, Sends, Wishes, failed, run

from testbay.scenario.values import CallError
from testbay.scenario.verdict import Verdict

VALID, SECOND = CONFIG["valid_id_tag"], CONFIG["valid_id_tag_2"]


def token(id_tag: str) -> dict[str, Any]:
    """Return an entry of a local list."""
    return {"idTag": id_tag, "idTagInfo": {"status": "Accepted"}}


def sends(kind: str, version: int, *entries: dict[str, Any]) -> Sends:
    """Return a SendLocalList."""
    listed = {"localAuthorizationList": list(entries)} if entries else {}
    return "SendLocalList", {"listVersion": version, "updateType": kind, **listed}


# -- tokens and transactions ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "id_tag", "status"),
    [
        ("TC_023_1_CSMS", "invalid_id_tag", "Invalid"),
        ("TC_023_2_CSMS", "expired_id_tag", "Expired"),
        ("TC_023_3_CSMS", "blocked_id_tag", "Blocked"),
    ],
)
async def test_a_token_is_refused_for_its_reason(case: str, id_tag: str, status: str) -> None:
    csms = ScriptedCsms({"Authorize": {"idTagInfo": {"status": status}}})
    ended, _ = await run(case, csms)
    assert ended.verdict == Verdict.PASS
    assert csms.sent("Authorize") == [{"idTag": CONFIG[id_tag]}]
    other = "Blocked" if status != "Blocked" else "Invalid"
    csms = ScriptedCsms({"Authorize": {"idTagInfo": {"status": other}}})
    ended, test = await run(case, csms)
    assert failed(test) == [("2", f"idTagInfo.status is {status}")]


async def test_a_lock_failure_is_reported_and_repaired() -> None:
    csms = ScriptedCsms()
    ended, _ = await run("TC_024_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    told = [(s["status"], s["errorCode"]) for s in csms.sent("StatusNotification")][-3:]
    assert told == [
        ("Preparing", "NoError"),
        ("Faulted", "ConnectorLockFailure"),
        ("Available", "NoError"),
    ]


async def test_any_transaction_and_any_connector_may_be_named_where_the_station_refuses() -> None:
    csms = Wishes([("RemoteStopTransaction", {"transactionId": 9999})])
    ended, _ = await run("TC_028_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    assert csms.replies == [("RemoteStopTransaction", {"status": "Rejected"})]
    csms = Wishes([("UnlockConnector", {"connectorId": 1})])
    ended, _ = await run("TC_031_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    assert csms.wanted == [("unlock", {"connector": 3})]
    assert csms.replies == [("UnlockConnector", {"status": "NotSupported"})]


async def test_after_a_power_failure_the_transaction_ended_when_it_failed() -> None:
    csms = ScriptedCsms()
    ended, _ = await run("TC_032_1_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    names = csms.names()
    lost = names.index("@abort")
    assert names[lost : lost + 3] == ["@abort", "@dial", "BootNotification"]
    statuses = [s["status"] for s in csms.sent("StatusNotification")]
    assert statuses[-4:] == ["Available", "Finishing", "Available", "Available"]
    [start], [stop] = csms.sent("StartTransaction"), csms.sent("StopTransaction")
    assert stop["reason"] == "PowerLoss"
    ran = datetime.fromisoformat(stop["timestamp"]) - datetime.fromisoformat(start["timestamp"])
    assert timedelta(0) <= ran < timedelta(seconds=1)


async def test_what_happened_offline_is_told_with_the_time_of_then() -> None:
    csms = ScriptedCsms()
    ended, test = await run("TC_039_CSMS", csms, transaction_duration=3600.0)
    assert ended.verdict == Verdict.PASS
    assert csms.names().count("BootNotification") == 1
    [start], [stop] = csms.sent("StartTransaction"), csms.sent("StopTransaction")
    began, over = (datetime.fromisoformat(m["timestamp"]) for m in (start, stop))
    assert (over - began).total_seconds() == pytest.approx(3600, abs=0.1)
    assert stop["meterStop"] - start["meterStart"] == 11000
    assert test.model.registered


@pytest.mark.parametrize("case", ["TC_037_1_CSMS", "TC_037_3_CSMS", "TC_039_CSMS"])
async def test_a_csms_that_wants_another_boot_fails(case: str) -> None:
    csms = ScriptedCsms({"StartTransaction": CallError("SecurityError")})
    ended, _ = await run(case, csms)
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "2")


async def test_a_csms_that_cannot_be_dialled_again_fails_the_step_and_the_next_case_boots() -> None:
    csms = ScriptedCsms(reachable=False)
    ended, test = await run("TC_037_1_CSMS", csms)
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "2")
    assert not test.model.registered


# -- settings and the local list ------------------------------------------------------------------


@pytest.mark.parametrize("key", ["TestbayNoSuchKey", "testbaynosuchkey"])
async def test_an_unknown_setting_is_refused(key: str) -> None:
    other = ("ChangeConfiguration", {"key": "ResetRetries", "value": "2"})
    csms = Wishes([other, ("ChangeConfiguration", {"key": key, "value": "1"})])
    ended, test = await run("TC_040_1_CSMS", csms)
    assert (ended.verdict, test.recorder.remarks) == (Verdict.PASS, [])
    assert [r for _, r in csms.replies] == [{"status": "Accepted"}, {"status": "NotSupported"}]


async def test_a_csms_that_sends_a_valid_value_leaves_the_case_inconclusive() -> None:
    setting = {"key": "MeterValueSampleInterval", "value": "60"}
    ended, _ = await run("TC_040_2_CSMS", Wishes([("ChangeConfiguration", setting)]))
    assert ended.verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("case", "reply"),
    [
        ("TC_042_1_CSMS", {"listVersion": -1}),
        ("TC_042_2_CSMS", {"listVersion": 0}),
        ("TC_043_1_CSMS", {"status": "NotSupported"}),
        ("TC_043_3_CSMS", {"status": "Failed"}),
        ("TC_043_4_CSMS", {"status": "Accepted"}),
    ],
)
async def test_the_station_answers_about_its_list_as_the_case_says(case: str, reply: Any) -> None:
    version = "042" in case
    message = ("GetLocalListVersion", {}) if version else sends("Full", 3, token(VALID))
    csms = Wishes([message])
    ended, _ = await run(case, csms)
    assert (ended.verdict, [r for _, r in csms.replies]) == (Verdict.PASS, [reply])


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        (sends("Full", 3, token(VALID), {"idTag": SECOND}), ["has entries, each of them"]),
        (sends("Differential", 3, token(VALID)), ["updateType is Full"]),
        (sends("Full", 3), ["SendLocalList is sent in time"]),
    ],
)
async def test_a_list_that_is_not_whole_fails(message: Sends, wrong: list[str]) -> None:
    ended, test = await run("TC_043_4_CSMS", Wishes([message]))
    assert ended.verdict == Verdict.FAIL
    assert all(part in text for part, (_, text) in zip(wrong, failed(test), strict=True))


INITIAL = sends("Full", 3, token(VALID))


@pytest.mark.parametrize(
    ("messages", "wrong"),
    [
        ([sends("Differential", 4, token(SECOND))], ""),
        ([sends("Differential", 4, token(SECOND.lower()))], ""),
        ([("GetLocalListVersion", {}), sends("Differential", 9, token(SECOND))], ""),
        ([INITIAL, sends("Differential", 4, token(SECOND))], ""),
        ([sends("Differential", 3, token(SECOND))], "listVersion is more than 3"),
        ([sends("Differential", 4, {"idTag": SECOND})], "with an idTagInfo and nothing else"),
        ([sends("Differential", 4, token(SECOND), token("X"))], "and nothing else"),
        ([sends("Full", 4, token(SECOND))], "updateType is Differential"),
        ([sends("Differential", 4, token("X"))], "SendLocalList is sent in time"),
    ],
)
async def test_one_token_is_added_to_the_list(messages: list[Sends], wrong: str) -> None:
    csms = Wishes([INITIAL], messages)
    ended, test = await run("TC_043_5_CSMS", csms)
    assert ended.verdict == (Verdict.FAIL if wrong else Verdict.PASS)
    assert [wrong in text for _, text in failed(test)] == ([True] if wrong else [])
    asked = [r for action, r in csms.replies if action == "GetLocalListVersion"]
    assert asked in ([], [{"listVersion": 3}])
    assert csms.wanted == [
        ("send_local_list", {"without": SECOND}),
        ("send_local_list", {"id_tag": SECOND}),
    ]


# -- firmware and diagnostics ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "statuses", "ends"),
    [
        ("TC_044_1_CSMS", ["Downloading", "Downloaded", "Installing", "Installed"], True),
        ("TC_044_2_CSMS", ["Downloading", "DownloadFailed"], False),
        ("TC_044_3_CSMS", ["Downloading", "Downloaded", "Installing", "InstallationFailed"], True),
    ],
)
async def test_the_station_tells_how_its_update_goes(
    case: str, statuses: list[str], ends: bool
) -> None:
    update = {"location": CONFIG["firmware_location"], "retrieveDate": "2030-01-01T00:00:00Z"}
    csms = Wishes([("UpdateFirmware", update)])
    ended, _ = await run(case, csms)
    assert ended.verdict == Verdict.PASS
    assert [s["status"] for s in csms.sent("FirmwareStatusNotification")] == statuses
    assert csms.replies == [("UpdateFirmware", {})]
    assert csms.names().count("BootNotification") == (2 if ends else 1)
    away = [s["connectorId"] for s in csms.sent("StatusNotification") if s["status"] != "Available"]
    assert away == ([1, 2] if ends else [])


async def test_the_firmware_must_lie_where_the_operator_said() -> None:
    update = {"location": "http://elsewhere/x", "retrieveDate": "2030-01-01T00:00:00Z"}
    _, test = await run("TC_044_1_CSMS", Wishes([("UpdateFirmware", update)]))
    assert failed(test) == [("1", "location is <firmware_location>")]


async def test_an_update_that_a_case_leaves_behind_is_broken_off() -> None:
    update = {"location": CONFIG["firmware_location"], "retrieveDate": "2030-01-01T00:00:00Z"}
    csms = Wishes(
        [("UpdateFirmware", update)],
        answers={"FirmwareStatusNotification": [{}, CallError("InternalError"), {}]},
    )
    ended, test = await run("TC_044_2_CSMS", csms)
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "6")
    statuses = [s["status"] for s in csms.sent("FirmwareStatusNotification")]
    assert statuses == ["Downloading", "DownloadFailed", "DownloadFailed"]
    assert test.model.unfinished() == []


@pytest.mark.parametrize(
    ("case", "last"), [("TC_045_1_CSMS", "Uploaded"), ("TC_045_2_CSMS", "UploadFailed")]
)
async def test_the_station_tells_how_its_upload_goes(case: str, last: str) -> None:
    csms = Wishes([("GetDiagnostics", {"location": "ftp://elsewhere/"})])
    ended, _ = await run(case, csms)
    assert ended.verdict == Verdict.PASS
    told = [s["status"] for s in csms.sent("DiagnosticsStatusNotification")]
    assert told == ["Uploading", last]
    assert csms.replies == [("GetDiagnostics", {"fileName": "diagnostics.txt"})]
