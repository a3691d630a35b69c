"""Reservations, triggers and limits against a CSMS that makes other things of what is wanted."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from csms16_lab import CONFIG, OKAY, ScriptedCsms, Sends, Wishes, failed, run

from testbay.scenario.role import Performed
from testbay.scenario.values import OMITTED, CallError, put
from testbay.scenario.verdict import Verdict
from testbay.suites.ocpp16.csms_test import CsmsTest

VALID, SECOND, GROUP = (CONFIG[k] for k in ("valid_id_tag", "valid_id_tag_2", "parent_id_tag"))
HERE = "connectorId is <connector_id>"


# -- reservations --------------------------------------------------------------------------------


def reserves(**more: Any) -> Sends:
    """Return a ReserveNow for the connector and the token of the cases."""
    wanted = {"reservationId": 12, "connectorId": 1, "idTag": VALID}
    return "ReserveNow", {**wanted, "expiryDate": "2031-01-01T00:00:00Z", **more}


def cancels(number: int = 12) -> Sends:
    """Return a CancelReservation."""
    return "CancelReservation", {"reservationId": number}


async def test_the_session_at_a_reserved_connector_names_the_reservation() -> None:
    csms = Wishes([reserves()])
    ended, test = await run("TC_046_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    [start] = csms.sent("StartTransaction")
    assert start["reservationId"] == 12
    statuses = [s["status"] for s in csms.sent("StatusNotification") if s["connectorId"] == 1]
    assert statuses == ["Available", "Reserved", "Preparing", "Charging", "Available"]
    assert test.model.reservations.made == {}


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("TC_046_CSMS", "Accepted"),
        ("TC_048_1_CSMS", "Faulted"),
        ("TC_048_4_CSMS", "Rejected"),
    ],
)
@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"connectorId": 2}, HERE),
        ({"connectorId": 0}, HERE),
        ({"idTag": SECOND}, "idTag is <valid_id_tag>"),
    ],
)
async def test_what_is_reserved_is_what_was_wanted(
    case: str, status: str, more: dict[str, Any], wrong: str
) -> None:
    csms = Wishes([reserves(**more)])
    ended, test = await run(case, csms)
    assert (ended.verdict, failed(test)[0]) == (Verdict.FAIL, ("1", wrong))
    assert csms.replies[0] == ("ReserveNow", {"status": status})


@pytest.mark.parametrize(
    ("seconds", "wrong"),
    [
        (60, []),
        (61.9, []),
        (57, [True]),
        (63, [True]),
    ],
)
async def test_a_reservation_expires_when_the_operator_wants(
    seconds: float, wrong: list[bool]
) -> None:
    tests: list[CsmsTest] = []

    def wish() -> list[Sends]:
        ends = tests[0].now() + timedelta(seconds=seconds)
        return [reserves(expiryDate=ends.isoformat())]

    csms = Wishes(wish)
    ended, test = await run("TC_047_CSMS", csms, during=tests.append)
    assert ended.verdict == (Verdict.FAIL if wrong else Verdict.PASS)
    said = "expiryDate is the current time plus <expiry_date_offset> s"
    assert [text.startswith(said) for _, text in failed(test)] == wrong
    moments = {p["status"]: t for t, a, p in csms.calls if a == "StatusNotification"}
    assert moments["Available"] - moments["Reserved"] == pytest.approx(60, abs=0.1)
    assert csms.wanted == [("reserve", {"connector": 1, "id_tag": VALID, "seconds": 60})]


async def test_an_operator_may_take_his_time_to_enter_a_date() -> None:
    class Slow(Wishes):
        async def perform(self, *args: Any) -> Performed:
            ends = tests[0].now() + timedelta(seconds=60)
            await asyncio.sleep(20)
            self.wishes = [[reserves(expiryDate=ends.isoformat())]]
            return await super().perform(*args)

    tests: list[CsmsTest] = []
    ended, _ = await run("TC_047_CSMS", Slow(), during=tests.append)
    assert ended.verdict == Verdict.PASS


async def test_a_station_out_of_operation_is_put_back_in_the_end() -> None:
    out, back = ({"connectorId": 1, "type": kind} for kind in ("Inoperative", "Operative"))
    csms = Wishes([("ChangeAvailability", out)], [reserves()], [("ChangeAvailability", back)])
    ended, test = await run("TC_048_3_CSMS", csms)
    assert (ended.verdict, test.recorder.remarks) == (Verdict.PASS, [])
    assert csms.replies == [
        ("ChangeAvailability", {"status": "Accepted"}),
        ("ReserveNow", {"status": "Unavailable"}),
        ("ChangeAvailability", {"status": "Accepted"}),
    ]
    csms = Wishes([("ChangeAvailability", out)], [reserves()])
    ended, test = await run("TC_048_3_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    assert "there is no such button" in test.recorder.remarks[0]
    assert csms.sent("StatusNotification")[-1]["status"] == "Available"


@pytest.mark.parametrize(("connector", "wrong"), [(0, []), (1, [("1", "connectorId is 0")])])
async def test_any_connector_is_reserved(connector: int, wrong: list[Any]) -> None:
    csms = Wishes([reserves(connectorId=connector)])
    _, test = await run("TC_049_CSMS", csms)
    assert failed(test) == wrong
    reported = [s for s in csms.sent("StatusNotification") if s["status"] == "Reserved"]
    assert [s["connectorId"] for s in reported] == [1]


@pytest.mark.parametrize(
    ("case", "status"), [("TC_051_CSMS", "Accepted"), ("TC_052_CSMS", "Rejected")]
)
@pytest.mark.parametrize("number", [12, 13])
async def test_the_reservation_that_is_cancelled_is_that_one(
    case: str, status: str, number: int
) -> None:
    csms = Wishes([reserves()], [cancels(number)])
    _, test = await run(case, csms)
    assert failed(test) == ([] if number == 12 else [("5", "reservationId is 12")])
    if number == 12:
        assert csms.replies[-1] == ("CancelReservation", {"status": status})
    assert csms.sent("StatusNotification")[-1]["status"] == "Available"


def grouped(parent: str | None) -> dict[str, Any]:
    """Return an answer about a token of a group."""
    return {"idTagInfo": OKAY["idTagInfo"] | ({"parentIdTag": parent} if parent else {})}


@pytest.mark.parametrize(
    ("reserved", "told", "wrong"),
    [
        (GROUP, GROUP, ""),
        (GROUP, GROUP.lower(), ""),
        (GROUP, None, ""),
        (GROUP, "OTHER", "if idTagInfo.parentIdTag is present then"),
        ("OTHER", GROUP, "parentIdTag is <parent_id_tag>"),
        (None, GROUP, "parentIdTag is <parent_id_tag>"),
    ],
)
async def test_a_member_of_the_group_uses_the_reservation(
    reserved: str | None, told: str | None, wrong: str
) -> None:
    more = {"parentIdTag": reserved} if reserved else {}
    csms = Wishes([reserves(**more)], answers={"Authorize": grouped(told)})
    ended, test = await run("TC_053_CSMS", csms)
    assert ended.verdict == (Verdict.FAIL if wrong else Verdict.PASS)
    assert [text.startswith(wrong) for _, text in failed(test)] == ([True] if wrong else [])
    [start] = csms.sent("StartTransaction")
    assert (start["idTag"], start["reservationId"]) == (SECOND, 12)
    assert csms.sent("Authorize") == [{"idTag": SECOND}]


async def test_a_connector_that_nobody_reserved_is_used_without_a_reservation() -> None:
    csms = ScriptedCsms()
    ended, _ = await run("TC_028_CSMS", csms)
    assert ended.verdict == Verdict.FAIL  # nobody has stopped anything
    assert "reservationId" not in csms.sent("StartTransaction")[0]


# -- triggers ------------------------------------------------------------------------------------


def triggers(message: str, **more: Any) -> Sends:
    """Return a TriggerMessage."""
    return "TriggerMessage", {"requestedMessage": message, **more}


ASKED = (
    [triggers("MeterValues", connectorId=1)],
    [triggers("Heartbeat")],
    [triggers("StatusNotification", connectorId=1)],
    [triggers("DiagnosticsStatusNotification")],
    [triggers("FirmwareStatusNotification")],
)


async def test_what_is_asked_for_is_sent() -> None:
    csms = Wishes(*ASKED)
    ended, _ = await run("TC_054_CSMS", csms)
    assert ended.verdict == Verdict.PASS
    assert csms.names()[-5:] == [
        "MeterValues",
        "Heartbeat",
        "StatusNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
    ]
    [values] = csms.sent("MeterValues")
    [sample] = values["meterValue"][0]["sampledValue"]
    assert (values["connectorId"], sample["value"], sample["context"]) == (1, "1000", "Trigger")


async def test_other_messages_that_are_asked_for_are_let_pass() -> None:
    noise = triggers("Heartbeat")
    csms = Wishes([noise, *ASKED[0]], *ASKED[1:])
    ended, test = await run("TC_054_CSMS", csms)
    assert (ended.verdict, test.recorder.remarks) == (Verdict.PASS, [])


async def test_the_message_of_another_connector_is_another_one() -> None:
    elsewhere = triggers("MeterValues", connectorId=2)
    ended, test = await run("TC_054_CSMS", Wishes([elsewhere], *ASKED[1:]))
    assert ended.verdict is Verdict.FAIL
    assert failed(test) == [("1", "TriggerMessage is sent in time")]
    assert "connectorId is 1" in ended.reason
    ended, test = await run("TC_054_CSMS", Wishes([elsewhere, *ASKED[0]], *ASKED[1:]))
    assert (ended.verdict, test.recorder.remarks) == (Verdict.PASS, [])


async def test_a_refused_request_is_not_followed_by_the_message() -> None:
    csms = Wishes(ASKED[0])
    ended, _ = await run("TC_055_CSMS", csms)
    assert (ended.verdict, csms.sent("MeterValues")) == (Verdict.PASS, [])
    assert csms.replies == [("TriggerMessage", {"status": "Rejected"})]


# -- limits --------------------------------------------------------------------------------------

BEGINS, ENDS = "2030-01-01T00:00:00Z", "2030-01-01T00:05:00Z"
DEFAULT, TX, STATION = "TxDefaultProfile", "TxProfile", "ChargePointMaxProfile"
SCHEDULE = "csChargingProfiles.chargingSchedule"
PERIOD = f"{SCHEDULE}.chargingSchedulePeriod[0]"


def absolute(purpose: str, number: int = 1) -> dict[str, Any]:
    """Return an absolute profile: 6 A for 5 minutes."""
    return {
        "chargingProfileId": number,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "validFrom": BEGINS,
        "validTo": ENDS,
        "chargingSchedule": {
            "duration": 300,
            "startSchedule": BEGINS,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6, "numberPhases": 3}],
        },
    }


def relative(number: int = 1, **more: Any) -> dict[str, Any]:
    """Return a profile relative to the transaction: 6 A."""
    return {
        "chargingProfileId": number,
        "stackLevel": 0,
        "chargingProfilePurpose": TX,
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
        },
    } | more


def limits(profile: dict[str, Any], connector: int = 1, path: str = "", value: Any = None) -> Sends:
    """Return a SetChargingProfile, perhaps with another value at a path."""
    payload = {"connectorId": connector, "csChargingProfiles": profile}
    return "SetChargingProfile", put(payload, path, value) if path else payload


@pytest.mark.parametrize(
    ("path", "value", "fine"),
    [
        ("", None, True),
        (f"{PERIOD}.limit", 6.0, True),
        (f"{PERIOD}.numberPhases", OMITTED, True),
        ("connectorId", 2, False),
        ("csChargingProfiles.stackLevel", 1, False),
        ("csChargingProfiles.chargingProfileKind", "Relative", False),
        ("csChargingProfiles.validFrom", OMITTED, False),
        ("csChargingProfiles.validTo", OMITTED, False),
        ("csChargingProfiles.transactionId", 1, False),
        ("csChargingProfiles.recurrencyKind", "Daily", False),
        (f"{SCHEDULE}.startSchedule", OMITTED, False),
        (f"{SCHEDULE}.chargingRateUnit", "W", False),
        (f"{SCHEDULE}.duration", 301, False),
        (f"{PERIOD}.startPeriod", 1, False),
        (f"{PERIOD}.limit", 6000, False),
        (f"{PERIOD}.numberPhases", 1, False),
    ],
)
async def test_every_session_is_limited(path: str, value: Any, fine: bool) -> None:
    csms = Wishes([limits(absolute(DEFAULT), 1, path, value)])
    ended, test = await run("TC_056_CSMS", csms)
    assert ended.verdict == (Verdict.PASS if fine else Verdict.FAIL)
    assert [text.startswith(path) for _, text in failed(test)] == ([] if fine else [True])
    [(_, wanted)] = csms.wanted
    assert wanted == {
        "connector": 1,
        "limit": 6.0,
        "unit": "A",
        "seconds": 300,
        "start": 0,
        "phases": 3,
        "stack_level": 0,
    }


async def test_the_operator_is_told_when_the_limit_begins() -> None:
    csms = Wishes([limits(absolute(DEFAULT), 1, f"{PERIOD}.startPeriod", 60)])
    ended, _ = await run("TC_056_CSMS", csms, start_period=60)
    assert ended.verdict == Verdict.PASS
    [(_, wanted)] = csms.wanted
    assert wanted["start"] == 60


async def test_a_limit_in_watts_and_for_one_phase() -> None:
    profile = absolute(DEFAULT)
    profile["chargingSchedule"] |= {
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6000, "numberPhases": 1}],
    }
    config: dict[str, Any] = {"charging_rate_unit": "W", "number_phases": 1}
    ended, _ = await run("TC_056_CSMS", Wishes([limits(profile)]), **config)
    assert ended.verdict == Verdict.PASS
    without = limits(profile, 1, f"{PERIOD}.numberPhases", OMITTED)
    _, test = await run("TC_056_CSMS", Wishes([without]), **config)
    assert len(failed(test)) == 1


@pytest.mark.parametrize(
    ("profile", "fine"),
    [
        (relative(transactionId=41), True),
        (absolute(TX) | {"transactionId": 41}, True),
        (relative(), False),
        (relative(transactionId=40), False),
        (relative(transactionId=41, recurrencyKind="Daily"), False),
        (relative(transactionId=41, chargingProfileKind="Recurring"), False),
        (relative(transactionId=41, chargingProfileKind="Absolute"), False),
    ],
)
async def test_the_session_that_runs_is_limited(profile: dict[str, Any], fine: bool) -> None:
    noise = limits(absolute(STATION, 9), 0)
    csms = Wishes([noise, limits(profile)])
    ended, test = await run("TC_057_CSMS", csms)
    assert ended.verdict == (Verdict.PASS if fine else Verdict.FAIL)
    assert bool(failed(test)) != fine


async def test_a_relative_limit_has_no_beginning() -> None:
    profile = relative(transactionId=41)
    profile["chargingSchedule"] = {**profile["chargingSchedule"], "startSchedule": BEGINS}
    _, test = await run("TC_057_CSMS", Wishes([limits(profile)]))
    assert [text.endswith("startSchedule is omitted") for _, text in failed(test)] == [True]


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({}, []),
        ({"connectorId": 2}, [("1", HERE)]),
        ({"duration": 60}, [("1", "duration is <charging_schedule_duration>")]),
        ({"chargingRateUnit": "W"}, [("1", "chargingRateUnit is <charging_rate_unit>")]),
    ],
)
async def test_a_composite_schedule_is_asked_for(more: dict[str, Any], wrong: list[Any]) -> None:
    asked = {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"}
    csms = Wishes([("GetCompositeSchedule", asked | more)])
    _, test = await run("TC_066_CSMS", csms)
    assert failed(test) == wrong
    reply = csms.replies[0][1]
    assert isinstance(reply, dict)
    assert reply["chargingSchedule"]["chargingSchedulePeriod"][0]["startPeriod"] == 0


def three(first: int = 1, second: int = 2, third: int = 3) -> list[list[Sends]]:
    """Return the three profiles that are set, by their numbers."""
    return [
        [limits(absolute(STATION, first), 0)],
        [limits(absolute(DEFAULT, second))],
        [limits(relative(third, transactionId=41))],
    ]


def clears(**criteria: Any) -> list[Sends]:
    """Return a ClearChargingProfile."""
    return [("ClearChargingProfile", criteria)]


SOME = {"connectorId": 1, "chargingProfilePurpose": DEFAULT, "stackLevel": 0}


@pytest.mark.parametrize(
    ("numbers", "clear", "wrong"),
    [
        ((1, 2, 3), (clears(id=1), clears(**SOME), clears()), []),
        ((7, 8, 5), (clears(id=7), clears(**SOME), clears()), []),
        ((1, 1, 3), (clears(id=1), clears(**SOME), clears()), ["1"]),
        ((1, 2, 3), (clears(id=2), clears(**SOME), clears()), ["3"]),
        ((1, 2, 3), (clears(id=1, connectorId=0), clears(**SOME), clears()), ["3"]),
        ((1, 2, 3), (clears(id=1), clears(**SOME, id=2), clears()), ["5"]),
        ((1, 2, 3), (clears(id=1), clears(**SOME | {"stackLevel": 1}), clears()), ["5"]),
        ((1, 2, 3), (clears(id=1), clears(**SOME), clears(connectorId=1)), ["7"]),
    ],
)
async def test_profiles_are_cleared_in_three_ways(
    numbers: tuple[int, int, int], clear: tuple[list[Sends], ...], wrong: list[str]
) -> None:
    csms = Wishes(*three(*numbers), *clear)
    ended, test = await run("TC_067_CSMS", csms)
    assert ended.verdict == (Verdict.FAIL if wrong else Verdict.PASS)
    assert [label for label, _ in failed(test)] == wrong
    assert [r for _, r in csms.replies] == [{"status": "Accepted"}] * 6


@pytest.mark.parametrize(
    ("more", "fine"),
    [
        ({}, True),
        ({"chargingProfile": absolute(TX)}, True),
        ({"connectorId": None}, False),
        ({"idTag": SECOND}, False),
        ({"chargingProfile": None}, False),
        ({"chargingProfile": relative(transactionId=1)}, False),
        ({"chargingProfile": relative(chargingProfilePurpose=DEFAULT)}, False),
        ({"chargingProfile": relative(chargingProfileKind="Absolute")}, False),
    ],
)
async def test_a_remote_start_has_a_limit(more: dict[str, Any], fine: bool) -> None:
    start = {"idTag": VALID, "connectorId": 1, "chargingProfile": relative()} | more
    start = {k: v for k, v in start.items() if v is not None}
    csms = Wishes([("RemoteStartTransaction", start)])
    ended, test = await run("TC_059_CSMS", csms)
    assert ended.verdict == (Verdict.PASS if fine else Verdict.FAIL)
    assert csms.replies == [("RemoteStartTransaction", {"status": "Accepted"})]
    assert test.model.profiles.installed == {}


# -- data of a vendor ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "remarks"),
    [
        ("Rejected", []),
        ("UnknownVendorId", []),
        ("UnknownMessageId", []),
        ("Accepted", ["the CSMS accepts the data of a vendor that it does not support"]),
    ],
)
async def test_data_of_a_vendor_may_be_accepted_with_a_remark(
    status: str, remarks: list[str]
) -> None:
    csms = ScriptedCsms({"DataTransfer": {"status": status}})
    ended, test = await run("TC_064_CSMS", csms)
    assert (ended.verdict, test.recorder.remarks) == (Verdict.PASS, remarks)
    assert csms.sent("DataTransfer") == [{"vendorId": CONFIG["unsupported_vendor_id"]}]


async def test_data_of_a_vendor_must_be_answered() -> None:
    ended, _ = await run("TC_064_CSMS", ScriptedCsms({"DataTransfer": CallError("NotSupported")}))
    assert (ended.verdict, ended.failed) == (Verdict.FAIL, "2")
