"""Commands of an operator: what is sent for an intent, and what is told about the answer."""

import asyncio
from typing import Any

import pytest
from csms_lab import OK, Lab, ScriptedStation

from testbay_reference.control import Refused, UnknownAction


async def opened(lab: Lab, **options: Any) -> ScriptedStation:
    await lab.open(**options)
    return await lab.station()


@pytest.mark.parametrize(
    ("name", "parameters", "action", "payload", "answer"),
    [
        ("remote_start", {"id_tag": "TAG"}, "RemoteStartTransaction", {"idTag": "TAG"}, OK),
        (
            "remote_start",
            {"id_tag": "TAG", "connector": 2},
            "RemoteStartTransaction",
            {"idTag": "TAG", "connectorId": 2},
            OK,
        ),
        (
            "remote_start",
            {"id_tag": "TAG", "connector": 1, "limit": 6.5},
            "RemoteStartTransaction",
            {
                "idTag": "TAG",
                "connectorId": 1,
                "chargingProfile": {
                    "chargingProfileId": 1,
                    "stackLevel": 0,
                    "chargingProfilePurpose": "TxProfile",
                    "chargingProfileKind": "Relative",
                    "chargingSchedule": {
                        "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.5}],
                    },
                },
            },
            OK,
        ),
        ("unlock", {"connector": 2}, "UnlockConnector", {"connectorId": 2}, {"status": "Unlocked"}),
        ("reset", {"kind": "hard"}, "Reset", {"type": "Hard"}, OK),
        ("reset", {"kind": "soft"}, "Reset", {"type": "Soft"}, {"status": "Rejected"}),
        (
            "change_availability",
            {"operative": False},
            "ChangeAvailability",
            {"connectorId": 0, "type": "Inoperative"},
            {"status": "Scheduled"},
        ),
        (
            "change_availability",
            {"operative": True, "connector": 2},
            "ChangeAvailability",
            {"connectorId": 2, "type": "Operative"},
            OK,
        ),
        (
            "change_setting",
            {"key": "MeterValueSampleInterval", "value": "60"},
            "ChangeConfiguration",
            {"key": "MeterValueSampleInterval", "value": "60"},
            {"status": "NotSupported"},
        ),
        ("clear_cache", {}, "ClearCache", {}, OK),
        (
            "data_transfer",
            {"vendor": "com.vendor", "message": "m", "data": "d"},
            "DataTransfer",
            {"vendorId": "com.vendor", "messageId": "m", "data": "d"},
            OK | {"data": "back"},
        ),
        ("data_transfer", {"vendor": "v"}, "DataTransfer", {"vendorId": "v"}, OK),
        (
            "trigger",
            {"message": "MeterValues", "connector": 1},
            "TriggerMessage",
            {"requestedMessage": "MeterValues", "connectorId": 1},
            {"status": "NotImplemented"},
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
    assert await order == {"station": "CP1", "action": action, "answer": answer}


async def test_remote_stop_finds_the_transaction(lab: Lab) -> None:
    station = await opened(lab)
    with pytest.raises(Refused, match="no transaction runs at station 'CP1'"):
        await lab.act("remote_stop")
    await station.start(connector=1)
    order = lab.begin("remote_stop")
    assert await station.obey("RemoteStopTransaction") == {"transactionId": 1}
    assert (await order)["answer"] == OK
    await station.start(connector=2)
    with pytest.raises(Refused, match="say which connector: 1, 2"):
        await lab.act("remote_stop")
    order = lab.begin("remote_stop", connector=2)
    assert await station.obey("RemoteStopTransaction") == {"transactionId": 2}
    await order
    await station.stop(2)
    with pytest.raises(Refused, match="no transaction runs on connector 2"):
        await lab.act("remote_stop", connector=2)


async def test_all_settings_are_read_without_a_key(lab: Lab) -> None:
    station = await opened(lab)
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "Unset", "readonly": True},
    ]
    for parameters in ({}, {"keys": None}, {"keys": []}):
        order = lab.begin("read_configuration", **parameters)
        assert await station.obey("GetConfiguration", {"configurationKey": keys}) == {}
        assert (await order)["answer"] == {"configurationKey": keys, "unknownKey": []}
    assert lab.record()["settings"] == {
        "HeartbeatInterval": {"value": "300", "readonly": False},
        "Unset": {"value": None, "readonly": True},
    }


async def test_some_settings_are_read_by_their_keys(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("read_configuration", keys=["A", "B", "A"])
    assert await station.obey("GetConfiguration", {"unknownKey": ["A", "B"]}) == {"key": ["A", "B"]}
    assert (await order)["answer"] == {"configurationKey": [], "unknownKey": ["A", "B"]}


async def test_reading_keeps_to_the_number_of_keys_the_station_takes(lab: Lab) -> None:
    station = await opened(lab)
    limit = {"key": "GetConfigurationMaxKeys", "readonly": True, "value": "2"}
    order = lab.begin("read_configuration")
    await station.obey("GetConfiguration", {"configurationKey": [limit]})
    await order
    order = lab.begin("read_configuration", keys=["A", "B", "C"])
    assert await station.obey("GetConfiguration", {"unknownKey": ["A", "B"]}) == {"key": ["A", "B"]}
    assert await station.obey("GetConfiguration", {"unknownKey": ["C"]}) == {"key": ["C"]}
    assert (await order)["answer"]["unknownKey"] == ["A", "B", "C"]


async def test_a_read_that_fails_says_so(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("read_configuration")
    await station.refuse("GetConfiguration", "InternalError")
    assert (await order)["error"] == {"code": "InternalError", "description": ""}


async def test_a_changed_setting_is_known(lab: Lab) -> None:
    station = await opened(lab)
    for key, status in (("A", "Accepted"), ("B", "RebootRequired"), ("C", "Rejected")):
        order = lab.begin("change_setting", key=key, value="1")
        await station.obey("ChangeConfiguration", {"status": status})
        await order
    assert list(lab.record()["settings"]) == ["A", "B"]


@pytest.mark.parametrize(
    ("status", "accepted"),
    [
        ("Accepted", ["new password 12345"]),
        ("RebootRequired", ["old", "new password 12345"]),
        ("Rejected", ["old"]),
    ],
)
async def test_a_new_password_counts_once_the_station_took_it(
    lab: Lab, status: str, accepted: list[str]
) -> None:
    await lab.open()
    station = await lab.station()
    await lab.act("set_station", station="CP1", password="old")
    order = lab.begin("change_password", password="new password 12345")
    asked = await station.obey("ChangeConfiguration", {"status": status})
    assert asked == {"key": "AuthorizationKey", "value": b"new password 12345".hex().upper()}
    assert "new password" not in str(await order)
    assert "AuthorizationKey" not in lab.record()["settings"]
    known = lab.csms._ledger.station("CP1").passwords  # not shown to anybody
    assert [bytes.fromhex(one).decode() for one in known] == accepted


async def test_a_password_has_16_to_20_bytes(lab: Lab) -> None:
    await opened(lab)
    with pytest.raises(Refused, match="16 to 20 bytes, this one has 3"):
        await lab.act("change_password", password="abc")


async def test_an_authorization_key_that_is_not_hexadecimal(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("change_setting", key="authorizationkey", value="plain text")
    await station.obey("ChangeConfiguration")
    await order
    assert lab.csms._ledger.station("CP1").passwords == (b"plain text".hex(),)


async def test_which_station_is_meant(lab: Lab) -> None:
    await lab.open()
    with pytest.raises(Refused, match="no station is connected"):
        await lab.act("clear_cache")
    with pytest.raises(Refused, match="'CP9' is not connected; connected: none"):
        await lab.act("clear_cache", station="CP9")
    one, two = await lab.station("CP1"), await lab.station("CP2")
    with pytest.raises(Refused, match="say which: CP1, CP2"):
        await lab.act("clear_cache")
    with pytest.raises(Refused, match="'CP9' is not connected; connected: CP1, CP2"):
        await lab.act("clear_cache", station="CP9")
    order = lab.begin("clear_cache", station="CP2")
    await two.obey("ClearCache")
    assert (await order)["station"] == "CP2"
    await two.ws.close()
    await asyncio.sleep(1)
    order = lab.begin("clear_cache")
    await one.obey("ClearCache")
    assert (await order)["station"] == "CP1"


async def test_an_order_can_be_given_without_waiting(lab: Lab) -> None:
    station = await opened(lab)
    assert await lab.act("reset", kind="hard", wait=False) == {"station": "CP1", "sent": True}
    assert await lab.act("clear_cache", wait=False) == {"station": "CP1", "sent": True}
    uid, _ = await station.take("Reset")
    await station.silence(10)  # the second waits for the answer to the first (OCPP-J 4.1.1)
    await station.send([3, uid, OK])
    await station.obey("ClearCache")


async def test_what_makes_no_sense_is_refused_at_once_even_without_waiting(lab: Lab) -> None:
    await opened(lab)
    with pytest.raises(Refused, match="no transaction runs"):
        await lab.act("remote_stop", wait=False)


async def test_a_callerror_is_told(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("clear_cache")
    await station.refuse("ClearCache", "NotSupported")
    told = {"station": "CP1", "action": "ClearCache"}
    assert await order == told | {"error": {"code": "NotSupported", "description": ""}}
    assert lab.record()["remarks"] == ["ClearCache was answered with NotSupported: "]


async def test_a_missing_answer_is_told_after_the_time_limit(lab: Lab) -> None:
    station = await opened(lab, timeout=12)
    start = asyncio.get_running_loop().time()
    result = await lab.act("clear_cache")
    assert result["error"]["code"] == "TimedOut"
    assert asyncio.get_running_loop().time() - start == 12
    uid, _ = await station.take("ClearCache")
    await station.send([3, uid, OK])  # too late: ignored
    order = lab.begin("clear_cache")
    await station.obey("ClearCache")
    assert (await order)["answer"] == OK


async def test_an_invalid_answer_is_told(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("clear_cache")
    await station.obey("ClearCache", {"status": "Perhaps"})
    assert (await order)["error"]["code"] == "InvalidAnswer"


async def test_a_connection_that_ends_is_told(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("reset", kind="hard")
    await station.take("Reset")
    await station.ws.close()
    assert (await order)["error"]["code"] == "ConnectionLost"
    assert not lab.record()["connected"]


async def test_calls_of_the_station_are_served_while_an_order_is_open(lab: Lab) -> None:
    station = await opened(lab)
    order = lab.begin("remote_start", connector=1, id_tag="TAG")
    uid, _ = await station.take("RemoteStartTransaction")
    assert await station.call("Authorize", {"idTag": "TAG"}) == {"idTagInfo": OK}
    await station.send([3, uid, OK])
    assert (await order)["answer"] == OK


async def test_wrong_orders_are_refused_in_a_sentence(lab: Lab) -> None:
    await opened(lab)
    for name, parameters in (
        ("unlock", {"connector": 0}),
        ("reset", {"kind": "gentle"}),
        ("read_configuration", {"keys": ["x" * 51]}),
        ("remote_start", {"id_tag": "x" * 21}),
        ("clear_cache", {"colour": "red"}),
    ):
        with pytest.raises(Refused, match=f"^{name}: "):
            await lab.act(name, **parameters)
    with pytest.raises(Refused, match="ChangeConfiguration cannot be sent like this: "):
        await lab.act("change_setting", key="x" * 51, value="1")
    with pytest.raises(UnknownAction, match="did you mean remote_start"):
        await lab.act("remote_strat")


async def test_message_ids_never_repeat_even_over_connections(lab: Lab) -> None:
    await lab.open()
    seen: list[str] = []
    for _ in range(3):
        station = await lab.station()
        for _ in range(2):
            order = lab.begin("clear_cache")
            uid, _ = await station.take("ClearCache")
            await station.send([3, uid, OK])
            await order
            seen.append(uid)
        await station.ws.close()
    assert len(set(seen)) == 6
