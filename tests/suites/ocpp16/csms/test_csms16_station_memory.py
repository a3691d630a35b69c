"""What the simulated station of OCPP 1.6 keeps: list, reservations, limits, what is under way."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from csms16_lab import BOOTED, CONFIG, NOW, accepted_station, answered, asks, starts, stops

from testbay.roles.composite16 import Installed, Use, composite
from testbay.roles.station_model16 import StationModel16
from testbay.scenario.values import CallError, Payload, Received

HOUR = NOW + timedelta(hours=1)


def stamp(moment: datetime) -> str:
    """Write a moment as a message has it."""
    return moment.isoformat().replace("+00:00", "Z")


def reports(model: StationModel16, connector: int, status: str) -> None:
    """Have the station report a status."""
    model.called("StatusNotification", {"connectorId": connector, "status": status}, {})


# -- the local list ------------------------------------------------------------------------------


def token(name: str, **more: Any) -> dict[str, Any]:
    """Return an entry of a list."""
    return {"idTag": name, "idTagInfo": {"status": "Accepted"}} | more


def send(model: StationModel16, kind: str, version: int, *entries: dict[str, Any]) -> str:
    """Send a list; return the status of the answer."""
    more = {"localAuthorizationList": list(entries)} if entries else {}
    reply = answered(model, "SendLocalList", updateType=kind, listVersion=version, **more)
    return str(reply["status"])


def version(model: StationModel16) -> int:
    """Ask for the version of the list."""
    return int(answered(model, "GetLocalListVersion")["listVersion"])


def test_an_empty_list_has_the_version_zero() -> None:
    model = accepted_station()
    assert version(model) == 0
    assert (send(model, "Full", 4, token("A")), version(model)) == ("Accepted", 4)
    assert (send(model, "Full", 5), version(model)) == ("Accepted", 0)


def test_additions_need_a_newer_version_and_a_whole_list_does_not() -> None:
    model = accepted_station()
    send(model, "Full", 4, token("A"))
    assert send(model, "Differential", 4, token("B")) == "VersionMismatch"
    assert send(model, "Differential", 5, token("B")) == "Accepted"
    assert (list(model.local_list.entries), version(model)) == (["a", "b"], 5)
    assert send(model, "Differential", 6, {"idTag": "a"}) == "Accepted"
    assert list(model.local_list.entries) == ["b"]
    assert send(model, "Full", 2, token("C")) == "Accepted"
    assert (list(model.local_list.entries), version(model)) == (["c"], 2)


def test_a_list_that_cannot_be_kept_fails() -> None:
    model = accepted_station()
    many = [token(f"T{n}") for n in range(101)]
    assert send(model, "Full", 1, *many) == "Failed"
    assert send(model, "Full", 0, token("A")) == "Failed"
    assert send(model, "Full", 1, {"idTag": "A"}) == "Failed"
    assert send(model, "Full", 1, *many[:100]) == "Accepted"
    assert send(model, "Differential", 2, many[100]) == "Failed"
    assert (len(model.local_list.entries), version(model)) == (100, 1)


# -- reservations --------------------------------------------------------------------------------


def reserve(number: int, connector: int = 1, **more: Any) -> dict[str, Any]:
    """Return a request for a reservation of an hour."""
    wanted = {"reservationId": number, "connectorId": connector, "idTag": "TAG"}
    return wanted | {"expiryDate": stamp(HOUR)} | more


def make(model: StationModel16, number: int, connector: int = 1, **more: Any) -> None:
    """Have a case accept a reservation."""
    message = asks("ReserveNow", **reserve(number, connector, **more))
    model.answered(message, {"status": "Accepted"})


@pytest.mark.parametrize(
    ("statuses", "connector", "status"),
    [
        ({}, 1, "Rejected"),
        ({1: "Available", 2: "Available"}, 0, "Rejected"),
        ({1: "Preparing"}, 1, "Occupied"),
        ({1: "Charging", 2: "Available"}, 0, "Rejected"),
        ({1: "Charging", 2: "Finishing"}, 0, "Occupied"),
        ({1: "Unavailable"}, 1, "Unavailable"),
        ({1: "Unavailable", 2: "Faulted"}, 0, "Unavailable"),
        ({1: "Faulted"}, 1, "Faulted"),
        ({1: "Faulted", 2: "Faulted"}, 0, "Faulted"),
        ({}, 3, "Rejected"),
    ],
)
def test_nothing_is_reserved_unless_a_case_says_so(
    statuses: dict[int, str], connector: int, status: str
) -> None:
    model = accepted_station()
    for number, reported in statuses.items():
        reports(model, number, reported)
    assert answered(model, "ReserveNow", **reserve(1, connector)) == {"status": status}
    assert model.reservations.made == {}


def test_what_is_reserved_is_occupied_and_may_be_replaced() -> None:
    model = accepted_station()
    make(model, 7)
    assert answered(model, "ReserveNow", **reserve(8)) == {"status": "Occupied"}
    again = reserve(7, idTag="OTHER")
    assert answered(model, "ReserveNow", **again) == {"status": "Accepted"}
    assert model.reservations.made[7].id_tag == "OTHER"


def test_a_reservation_is_cancelled_once() -> None:
    model = accepted_station()
    make(model, 7)
    assert answered(model, "CancelReservation", reservationId=8) == {"status": "Rejected"}
    assert answered(model, "CancelReservation", reservationId=7) == {"status": "Accepted"}
    assert answered(model, "CancelReservation", reservationId=7) == {"status": "Rejected"}


@pytest.mark.parametrize("expiry", ["2030-01-01T00:00:00Z", "2030-01-01T00:30:00+01:00"])
def test_a_reservation_ends_when_it_expires(expiry: str) -> None:
    model = accepted_station()
    make(model, 7, expiryDate=expiry)
    assert model.reservations.at(1, NOW) is None
    assert answered(model, "CancelReservation", reservationId=7) == {"status": "Rejected"}


def test_a_session_uses_the_reservation_of_its_connector_before_one_of_any() -> None:
    model = accepted_station()
    make(model, 7, 0)
    make(model, 8, 1)
    found = [model.reservations.at(connector, NOW) for connector in (1, 2)]
    assert [one.id for one in found if one] == [8, 7]
    payload = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": stamp(NOW)}
    model.called("StartTransaction", payload | {"reservationId": 8}, {"transactionId": 1})
    assert list(model.reservations.made) == [7]


@pytest.mark.parametrize("status", ["Faulted", "Unavailable"])
def test_a_connector_that_is_out_of_order_is_not_reserved(status: str) -> None:
    model = accepted_station()
    make(model, 7, 1)
    make(model, 8, 2)
    reports(model, 1, status)
    assert list(model.reservations.made) == [8]


# -- charging profiles ---------------------------------------------------------------------------


def profile(number: int = 1, purpose: str = "TxDefaultProfile", **more: Any) -> dict[str, Any]:
    """Return a charging profile: 10 A."""
    return {
        "chargingProfileId": number,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule((0, 10)),
    } | more


def schedule(*periods: tuple[int, float], **more: Any) -> dict[str, Any]:
    """Return a schedule in A."""
    steps = [{"startPeriod": start, "limit": limit} for start, limit in periods]
    return {"chargingRateUnit": "A", "chargingSchedulePeriod": steps} | more


def install(model: StationModel16, connector: int, wanted: dict[str, Any]) -> Any:
    """Send a profile; return the status of the answer, or the CALLERROR."""
    reply = answered(model, "SetChargingProfile", connectorId=connector, csChargingProfiles=wanted)
    return reply if isinstance(reply, CallError) else reply["status"]


@pytest.mark.parametrize(
    ("connector", "wanted", "status"),
    [
        (1, profile(), "Accepted"),
        (0, profile(), "Accepted"),
        (0, profile(purpose="ChargePointMaxProfile"), "Accepted"),
        (1, profile(purpose="ChargePointMaxProfile"), "Rejected"),
        (1, profile(purpose="TxProfile"), "Accepted"),
        (1, profile(purpose="TxProfile", transactionId=5), "Accepted"),
        (1, profile(purpose="TxProfile", transactionId=6), "Rejected"),
        (2, profile(purpose="TxProfile"), "Rejected"),
        (1, profile(stackLevel=9), "Rejected"),
        (1, profile(recurrencyKind="Daily"), "Rejected"),
        (1, profile(chargingProfileKind="Recurring"), "Rejected"),
        (1, profile(chargingProfileKind="Recurring", recurrencyKind="Daily"), "Accepted"),
        (1, profile(chargingSchedule=schedule((1, 6))), "Rejected"),
        (1, profile(chargingSchedule=schedule()), "Rejected"),
        (1, profile(chargingSchedule=schedule(*((n, 6) for n in range(25)))), "Rejected"),
    ],
)
def test_a_profile_is_installed_or_not(connector: int, wanted: Any, status: str) -> None:
    model = accepted_station()
    starts(model, 5)
    assert install(model, connector, wanted) == status
    assert len(model.profiles.installed) == (status == "Accepted")


def test_a_connector_that_is_not_there_gets_no_profile() -> None:
    reply = install(accepted_station(), 3, profile())
    assert reply == CallError("PropertyConstraintViolation", "connectorId is 0 to 2, not 3")


def test_a_profile_replaces_its_like_and_there_is_an_end_to_them() -> None:
    model = accepted_station()
    install(model, 1, profile(1))
    install(model, 1, profile(2))
    assert list(model.profiles.installed) == [2]
    install(model, 2, profile(2, stackLevel=1))
    install(model, 1, profile(3))
    assert [(n, one.connector) for n, one in model.profiles.installed.items()] == [(2, 2), (3, 1)]
    for level in range(2, 8):
        assert install(model, 1, profile(10 + level, stackLevel=level)) == "Accepted"
    assert install(model, 1, profile(30, stackLevel=8)) == "Rejected"
    assert install(model, 1, profile(12, stackLevel=8)) == "Accepted"


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        ({"id": 1}, [2, 3]),
        ({"id": 1, "stackLevel": 7}, [2, 3]),
        ({"id": 9}, [1, 2, 3]),
        ({"connectorId": 1}, [1]),
        ({"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile"}, [1, 3]),
        ({"stackLevel": 0}, []),
        ({}, []),
    ],
)
def test_profiles_are_cleared_by_number_or_criteria(criteria: Any, left: list[int]) -> None:
    model = accepted_station()
    starts(model, 5)
    install(model, 0, profile(1, "ChargePointMaxProfile"))
    install(model, 1, profile(2))
    install(model, 1, profile(3, "TxProfile"))
    status = "Unknown" if len(left) == 3 else "Accepted"
    assert answered(model, "ClearChargingProfile", **criteria) == {"status": status}
    assert list(model.profiles.installed) == left


def test_what_was_valid_for_a_transaction_ends_with_it() -> None:
    model = accepted_station()
    starts(model, 5)
    install(model, 1, profile(1))
    install(model, 1, profile(2, "TxProfile"))
    stops(model, 5, 1100)
    assert list(model.profiles.installed) == [1]


def test_the_profile_of_a_remote_start_is_that_of_the_transaction_to_come() -> None:
    model = accepted_station()
    wanted = profile(4, "TxProfile")
    start = asks("RemoteStartTransaction", idTag="TAG", connectorId=1, chargingProfile=wanted)
    assert model.answer(start, NOW) == {"status": "Rejected"}
    model.answered(start, {"status": "Accepted"})
    assert model.profiles.installed == {}
    starts(model, 5)
    assert model.profiles.installed[4].profile == wanted | {"transactionId": 5}


def test_a_composite_schedule_is_told() -> None:
    model = accepted_station()
    asked = {"connectorId": 1, "duration": 600, "chargingRateUnit": "W"}
    assert answered(model, "GetCompositeSchedule", **asked) == {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": "2030-01-01T00:00:00.000Z",
        "chargingSchedule": {
            "duration": 600,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11040.0}],
        },
    }
    everywhere = answered(model, "GetCompositeSchedule", connectorId=0, duration=60)
    assert everywhere["chargingSchedule"]["chargingRateUnit"] == "A"
    assert everywhere["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 32.0
    asked = {"connectorId": 3, "duration": 60}
    assert answered(model, "GetCompositeSchedule", **asked) == {"status": "Rejected"}


def dated(start: datetime, **more: Any) -> dict[str, Any]:
    """Return what makes a profile an absolute one."""
    timed = schedule((0, 10), startSchedule=stamp(start), **more)
    return {"chargingProfileKind": "Absolute", "chargingSchedule": timed}


LATER, EARLIER = NOW + timedelta(seconds=100), NOW - timedelta(seconds=100)
DEFAULT, TX, MOST = "TxDefaultProfile", "TxProfile", "ChargePointMaxProfile"


@pytest.mark.parametrize(
    ("profiles", "periods"),
    [
        ([], [(0, 16)]),
        ([(1, profile())], [(0, 10)]),
        ([(0, profile())], [(0, 10)]),
        ([(2, profile())], [(0, 16)]),
        ([(0, profile()), (1, profile(2, chargingSchedule=schedule((0, 8))))], [(0, 8)]),
        ([(1, profile()), (1, profile(2, TX, chargingSchedule=schedule((0, 12))))], [(0, 12)]),
        ([(1, profile()), (0, profile(2, MOST, chargingSchedule=schedule((0, 6))))], [(0, 6)]),
        ([(1, profile(chargingSchedule=schedule((0, 20))))], [(0, 16)]),
        ([(1, profile(**dated(LATER)))], [(0, 16), (100, 10)]),
        ([(1, profile(**dated(LATER, duration=50)))], [(0, 16), (100, 10), (150, 16)]),
        ([(1, profile(**dated(EARLIER, duration=150)))], [(0, 10), (50, 16)]),
        ([(1, profile(**dated(EARLIER), validTo=stamp(LATER)))], [(0, 10), (100, 16)]),
        ([(1, profile(**dated(EARLIER), validFrom=stamp(LATER)))], [(0, 16), (100, 10)]),
        (
            [(1, profile(chargingSchedule=schedule((0, 6), (160, 8), (170, 8))))],
            [(0, 6), (100, 8)],
        ),
        (
            [
                (1, profile(**dated(LATER, duration=50), stackLevel=2)),
                (1, profile(2, stackLevel=1, chargingSchedule=schedule((0, 7)))),
            ],
            [(0, 7), (100, 10), (150, 7)],
        ),
        (
            [
                (
                    1,
                    profile(
                        chargingProfileKind="Recurring",
                        recurrencyKind="Daily",
                        chargingSchedule=schedule(
                            (0, 9), startSchedule=stamp(LATER - timedelta(days=3)), duration=60
                        ),
                    ),
                )
            ],
            [(0, 16), (100, 9), (160, 16)],
        ),
        (
            [
                (
                    1,
                    profile(
                        chargingSchedule={
                            "chargingRateUnit": "W",
                            "chargingSchedulePeriod": [
                                {"startPeriod": 0, "limit": 2300, "numberPhases": 1}
                            ],
                        }
                    ),
                )
            ],
            [(0, 10)],
        ),
    ],
)
def test_profiles_are_combined_over_time(
    profiles: list[tuple[int, dict[str, Any]]], periods: list[tuple[int, float]]
) -> None:
    installed = [Installed(connector, one) for connector, one in profiles]
    use = Use(1, NOW, NOW - timedelta(seconds=60))
    found = composite(installed, use, 600, "A")
    assert [(one["startPeriod"], one["limit"]) for one in found] == periods


@pytest.mark.parametrize("seconds", [0, 10**12])
def test_a_schedule_of_any_length_can_be_asked_for(seconds: int) -> None:
    far = profile(chargingSchedule=schedule((0, 10), (10**12, 8), startSchedule=stamp(LATER)))
    installed = [Installed(1, far | {"chargingProfileKind": "Absolute"})]
    found = composite(installed, Use(1, NOW), seconds, "A")
    assert [one["startPeriod"] for one in found] == ([0] if not seconds else [0, 100])


# -- what is under way, and the connection --------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "statuses", "ends"),
    [
        ("FirmwareStatusNotification", ["Downloading"], "DownloadFailed"),
        ("FirmwareStatusNotification", ["Downloading", "Downloaded"], "InstallationFailed"),
        ("FirmwareStatusNotification", ["Installing"], "InstallationFailed"),
        ("FirmwareStatusNotification", ["Installing", "Installed"], ""),
        ("DiagnosticsStatusNotification", ["Uploading"], "UploadFailed"),
        ("DiagnosticsStatusNotification", ["Uploading", "Uploaded"], ""),
        ("DiagnosticsStatusNotification", ["Idle"], ""),
        ("LogStatusNotification", ["Uploading"], "UploadFailure"),
        ("LogStatusNotification", ["Uploading", "Uploaded"], ""),
        ("SignedFirmwareStatusNotification", ["SignatureVerified"], "InstallationFailed"),
        ("SignedFirmwareStatusNotification", ["InstallRebooting"], "InstallationFailed"),
        ("SignedFirmwareStatusNotification", ["InvalidSignature"], ""),
    ],
)
def test_what_has_begun_can_be_broken_off(action: str, statuses: list[str], ends: str) -> None:
    model = accepted_station()
    for status in statuses:
        model.called(action, {"status": status, "requestId": 7}, {})
    broken_off = {"status": ends, "requestId": 7}
    assert model.unfinished() == ([(action, broken_off)] if ends else [])


def connects(model: StationModel16, number: int) -> None:
    """Have a connection end and another one begin."""
    model.observe(Received("@c", "@closed", Payload(), number - 1))
    model.observe(Received("@o", "@connect", Payload(), number))


def test_a_station_that_was_offline_goes_on_where_it_was() -> None:
    model = accepted_station()
    model.offline = True
    assert not model.registered
    connects(model, 2)
    assert model.registered
    connects(model, 3)
    assert not model.registered
    model.called("BootNotification", {}, BOOTED)
    assert model.registered


def test_every_case_begins_without_list_reservations_and_limits() -> None:
    model = accepted_station()
    send(model, "Full", 4, token("A"))
    make(model, 7)
    install(model, 1, profile())
    answered(model, "ChangeAvailability", connectorId=1, type="Inoperative")
    model.forget()
    kept = model.known()
    fresh = accepted_station().known()
    assert kept == fresh


def test_a_model_made_from_what_is_known_answers_the_same() -> None:
    model = accepted_station()
    starts(model, 5)
    send(model, "Full", 4, token("A"))
    make(model, 7, 2, parentIdTag="P")
    install(model, 1, profile(3, "TxProfile", **dated(LATER)))
    wanted = {"idTag": "TAG", "chargingProfile": profile(9, "TxProfile")}
    model.answered(asks("RemoteStartTransaction", **wanted), {"status": "Accepted"})
    model.called("FirmwareStatusNotification", {"status": "Downloading"}, {})
    model.offline = True
    again = StationModel16(CONFIG, json.loads(json.dumps(model.known())))
    assert again.known() == model.known()
    for action, payload in (
        ("GetLocalListVersion", {}),
        ("ReserveNow", reserve(8, 2)),
        ("CancelReservation", {"reservationId": 7}),
        ("ClearChargingProfile", {"id": 3}),
        ("GetCompositeSchedule", {"connectorId": 1, "duration": 600}),
    ):
        message = asks(action, **payload)
        assert again.answer(message, NOW) == model.answer(message, NOW)
