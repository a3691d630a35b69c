"""Local list, reservations, limits and files: what is sent for each intent."""

import asyncio
from typing import Any

import pytest
from csms_lab import OK, Lab, ScriptedStation

from testbay_reference.control import Refused
from testbay_reference.csms import Token

TOKENS = (Token("A"), Token("B", "Blocked"), Token("C", parent="P"))


async def opened(lab: Lab, **options: Any) -> ScriptedStation:
    await lab.open(**({"tokens": TOKENS} | options))
    return await lab.station()


async def test_the_whole_local_list(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("send_local_list")
    assert await station.obey("SendLocalList") == {
        "listVersion": 1,
        "updateType": "Full",
        "localAuthorizationList": [
            {"idTag": "A", "idTagInfo": {"status": "Accepted"}},
            {"idTag": "B", "idTagInfo": {"status": "Blocked"}},
            {"idTag": "C", "idTagInfo": {"status": "Accepted", "parentIdTag": "P"}},
        ],
    }
    assert (await order)["answer"] == OK


async def test_an_empty_local_list(lab: Lab) -> None:
    station = await opened(lab, tokens=())
    order = lab.begin("send_local_list")
    assert await station.obey("SendLocalList") == {"listVersion": 1, "updateType": "Full"}
    await order


async def test_one_token_is_added_or_removed(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("read_local_list_version")
    await station.obey("GetLocalListVersion", {"listVersion": 41})
    assert (await order)["answer"] == {"listVersion": 41}
    order = lab.begin("send_local_list", id_tag="a")
    assert await station.obey("SendLocalList") == {
        "listVersion": 42,
        "updateType": "Differential",
        "localAuthorizationList": [{"idTag": "A", "idTagInfo": {"status": "Accepted"}}],
    }
    await order
    order = lab.begin("send_local_list", id_tag="GONE", remove=True)
    sent = await station.obey("SendLocalList")
    assert sent["localAuthorizationList"] == [{"idTag": "GONE"}]
    assert sent["listVersion"] == 43
    await order
    with pytest.raises(Refused, match="token 'GONE' is not known; set it first"):
        await lab.act("send_local_list", id_tag="GONE")


@pytest.mark.parametrize("listed", [-1, 0])
async def test_versions_begin_with_one(lab: Lab, listed: int) -> None:
    station = await opened(lab)
    order = lab.begin("read_local_list_version")
    await station.obey("GetLocalListVersion", {"listVersion": listed})
    await order
    order = lab.begin("send_local_list", id_tag="A")
    assert (await station.obey("SendLocalList"))["listVersion"] == 1
    await order


@pytest.mark.parametrize("status", ["Failed", "VersionMismatch"])
async def test_an_addition_that_failed_is_followed_by_the_whole_list(lab: Lab, status: str) -> None:
    station = await opened(lab)
    order = lab.begin("send_local_list", id_tag="A")
    await station.obey("SendLocalList", {"status": status})
    again = await station.obey("SendLocalList")
    assert (again["updateType"], again["listVersion"]) == ("Full", 2)
    assert (await order)["answer"] == OK


async def test_a_list_longer_than_a_message_comes_in_portions(lab: Lab) -> None:
    station = await opened(lab)
    limit = {"key": "SendLocalListMaxLength", "readonly": True, "value": "2"}
    order = lab.begin("read_configuration")
    await station.obey("GetConfiguration", {"configurationKey": [limit]})
    await order
    order = lab.begin("send_local_list")
    first = await station.obey("SendLocalList")
    second = await station.obey("SendLocalList")
    assert (first["updateType"], len(first["localAuthorizationList"])) == ("Full", 2)
    assert (second["updateType"], second["listVersion"]) == ("Differential", 2)
    assert [one["idTag"] for one in second["localAuthorizationList"]] == ["C"]
    await order
    order = lab.begin("send_local_list")
    await station.obey("SendLocalList", {"status": "NotSupported"})
    assert (await order)["answer"] == {"status": "NotSupported"}
    await station.silence(10)


async def test_a_reservation_is_made_used_and_cancelled(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("reserve", id_tag="C", connector=1, seconds=600)
    assert await station.obey("ReserveNow") == {
        "reservationId": 1,
        "connectorId": 1,
        "idTag": "C",
        "parentIdTag": "P",
        "expiryDate": "2030-01-01T00:10:00.000Z",
    }
    assert (await order)["reservation"] == 1
    await station.start("C", reservationId=1)
    assert lab.record()["reservations"] == {}
    order = lab.begin("reserve", id_tag="A")
    assert (await station.obey("ReserveNow"))["connectorId"] == 0
    await order
    order = lab.begin("cancel_reservation")
    assert await station.obey("CancelReservation") == {"reservationId": 2}
    assert (await order)["answer"] == OK
    assert lab.record()["reservations"] == {}


async def test_which_reservation_is_meant(lab: Lab) -> None:
    station = await opened(lab)
    with pytest.raises(Refused, match="none that fits is known"):
        await lab.act("cancel_reservation")
    for connector, status in ((1, "Accepted"), (2, "Accepted"), (3, "Occupied")):
        order = lab.begin("reserve", id_tag="A", connector=connector)
        await station.obey("ReserveNow", {"status": status})
        await order
    with pytest.raises(Refused, match="several fit, say which one: 1, 2"):
        await lab.act("cancel_reservation", id_tag="a")
    with pytest.raises(Refused, match="none that fits"):
        await lab.act("cancel_reservation", id_tag="B")
    order = lab.begin("cancel_reservation", connector=2)
    assert await station.obey("CancelReservation") == {"reservationId": 2}
    await order
    order = lab.begin("cancel_reservation", reservation=77)
    assert await station.obey("CancelReservation", {"status": "Rejected"}) == {"reservationId": 77}
    await order
    await asyncio.sleep(3600)
    with pytest.raises(Refused, match="none that fits"):
        await lab.act("cancel_reservation")


async def test_a_reservation_can_be_replaced(lab: Lab) -> None:
    station = await opened(lab)
    for connector in (1, 2):
        order = lab.begin("reserve", id_tag="A", connector=connector, reservation=9)
        assert (await station.obey("ReserveNow"))["reservationId"] == 9
        await order
    assert lab.record()["reservations"]["9"]["connector"] == 2


async def test_limits(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("set_default_limit", limit=6.0, connector=1, seconds=60, phases=3)
    assert await station.obey("SetChargingProfile") == {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "validFrom": "2030-01-01T00:00:00.000Z",
            "validTo": "2030-01-01T00:01:00.000Z",
            "chargingSchedule": {
                "startSchedule": "2030-01-01T00:00:00.000Z",
                "duration": 60,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0, "numberPhases": 3}],
            },
        },
    }
    assert (await order)["profile"] == 1
    order = lab.begin("set_station_limit", limit=8.1, unit="W", stack_level=2)
    sent = await station.obey("SetChargingProfile")
    profile = sent["csChargingProfiles"]
    assert sent["connectorId"] == 0
    assert profile["chargingProfilePurpose"] == "ChargePointMaxProfile"
    assert (profile["stackLevel"], profile["chargingProfileId"]) == (2, 2)
    await order


async def test_a_limit_of_the_running_session(lab: Lab) -> None:
    station = await opened(lab)
    with pytest.raises(Refused, match="no transaction runs"):
        await lab.act("set_session_limit", limit=6)
    await station.start("A", connector=2)
    order = lab.begin("set_session_limit", limit=6)
    sent = await station.obey("SetChargingProfile")
    profile = sent["csChargingProfiles"]
    assert (sent["connectorId"], profile["transactionId"]) == (2, 1)
    assert (profile["chargingProfilePurpose"], profile["chargingProfileKind"]) == (
        "TxProfile",
        "Relative",
    )
    assert "startSchedule" not in profile["chargingSchedule"]
    await order


async def test_a_limit_has_one_decimal(lab: Lab) -> None:
    await opened(lab)
    with pytest.raises(Refused, match="SetChargingProfile cannot be sent like this"):
        await lab.act("set_station_limit", limit=6.25)


@pytest.mark.parametrize(
    ("name", "parameters", "action", "payload", "answer"),
    [
        (
            "read_composite_schedule",
            {"connector": 1, "seconds": 300, "unit": "A"},
            "GetCompositeSchedule",
            {"connectorId": 1, "duration": 300, "chargingRateUnit": "A"},
            {"status": "Rejected"},
        ),
        ("clear_profiles", {}, "ClearChargingProfile", {}, OK),
        (
            "clear_profiles",
            {"profile": 3, "stack_level": 1},
            "ClearChargingProfile",
            {"id": 3},
            {"status": "Unknown"},
        ),
        (
            "clear_profiles",
            {"connector": 0, "purpose": "TxDefaultProfile", "stack_level": 1},
            "ClearChargingProfile",
            {"connectorId": 0, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1},
            OK,
        ),
        (
            "update_firmware",
            {"location": "ftp://host/f.bin", "after": 60, "retries": 2, "retry_interval": 9},
            "UpdateFirmware",
            {
                "location": "ftp://host/f.bin",
                "retrieveDate": "2030-01-01T00:01:00.000Z",
                "retries": 2,
                "retryInterval": 9,
            },
            {},
        ),
        (
            "fetch_diagnostics",
            {"location": "ftp://host/d", "since": "2029-12-31T00:00:00Z"},
            "GetDiagnostics",
            {"location": "ftp://host/d", "startTime": "2029-12-31T00:00:00.000Z"},
            {"fileName": "log.txt"},
        ),
    ],
)
async def test_one_command_one_message(
    lab: Lab,
    name: str,
    parameters: dict[str, Any],
    action: str,
    payload: dict[str, Any],
    answer: dict[str, Any],
) -> None:
    station = await opened(lab)
    order = lab.begin(name, **parameters)
    assert await station.obey(action, answer) == payload
    assert (await order)["answer"] == answer


async def test_a_token_is_left_out_of_the_whole_list(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("send_local_list", without="b")
    sent = await station.obey("SendLocalList")
    assert [entry["idTag"] for entry in sent["localAuthorizationList"]] == ["A", "C"]
    await order


async def test_the_version_is_asked_for_before_a_token_is_added(lab: Lab) -> None:
    station = await opened(lab, asks_list_version=True)
    order = lab.begin("send_local_list", id_tag="A")
    await station.obey("GetLocalListVersion", {"listVersion": 7})
    sent = await station.obey("SendLocalList")
    assert (sent["updateType"], sent["listVersion"]) == ("Differential", 8)
    await order


@pytest.mark.parametrize("group", [True, False])
async def test_a_reservation_is_for_the_group_if_wanted(lab: Lab, group: bool) -> None:
    station = await opened(lab)
    order = lab.begin("reserve", id_tag="C", connector=1, group=group)
    sent = await station.obey("ReserveNow")
    assert sent.get("parentIdTag") == ("P" if group else None)
    await order


async def reserved(lab: Lab, station: ScriptedStation, connector: int) -> None:
    order = lab.begin("reserve", id_tag="A", connector=connector)
    await station.obey("ReserveNow")
    await order


@pytest.mark.parametrize(
    ("connector", "status", "left"),
    [(1, "Available", [0, 2]), (0, "Available", [0, 1, 2]), (1, "Reserved", [0, 1, 2])],
)
async def test_a_connector_that_is_available_is_not_reserved_any_more(
    lab: Lab, connector: int, status: str, left: list[int]
) -> None:
    station = await opened(lab)
    for place in (0, 1, 2):
        await reserved(lab, station, place)
    told = {"connectorId": connector, "status": status, "errorCode": "NoError"}
    await station.call("StatusNotification", told)
    kept = lab.record()["reservations"].values()
    assert [one["connector"] for one in kept] == left


async def test_a_reservation_that_the_station_does_not_know_is_forgotten(lab: Lab) -> None:
    station = await opened(lab)
    await reserved(lab, station, 1)
    order = lab.begin("cancel_reservation", connector=1)
    await station.obey("CancelReservation", {"status": "Rejected"})
    await order
    assert lab.record()["reservations"] == {}
