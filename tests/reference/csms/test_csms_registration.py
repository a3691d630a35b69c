"""Boots, and what is taken before one was accepted (OCPP 1.6, 4.2; OCPP-J errata 3.10)."""

import asyncio

import pytest
from csms_lab import BOOT, OK, Lab

from testbay_reference.control import Refused


async def test_boot_is_accepted_with_time_and_heartbeat_interval(lab: Lab) -> None:
    await lab.open(interval=120)
    station = await lab.connect()
    assert lab.record()["registration"] is None
    await asyncio.sleep(5)
    answer = await station.boot()
    assert answer == OK | {"currentTime": "2030-01-01T00:00:05.000Z", "interval": 120}
    assert lab.record()["registration"] == "Accepted"
    assert lab.record()["boot"] == BOOT


@pytest.mark.parametrize("policy", ["Pending", "Rejected"])
async def test_other_policies_give_the_retry_interval(lab: Lab, policy: str) -> None:
    await lab.open(registration=policy, retry_interval=30)
    station = await lab.connect()
    answer = await station.boot()
    assert (answer["status"], answer["interval"]) == (policy, 30)
    assert await station.call("Heartbeat") == "SecurityError"
    assert "Heartbeat came before the station was accepted" in lab.record()["remarks"]


async def test_nothing_but_a_boot_is_taken_from_a_station_that_never_booted(lab: Lab) -> None:
    await lab.open()
    station = await lab.connect()
    assert await station.call("Authorize", {"idTag": "TAG"}) == "SecurityError"
    assert await station.start() == "SecurityError"
    assert (await station.boot())["status"] == "Accepted"
    assert (await station.start())["transactionId"] == 1


async def test_the_policy_can_be_set_for_all_and_for_one(lab: Lab) -> None:
    await lab.open(interval=300)
    await lab.act("registration", policy="Pending", interval=7)
    await lab.act("registration", policy="Rejected", station="CP2")
    one, two = await lab.connect("/ocpp/CP1"), await lab.connect("/ocpp/CP2")
    assert (await one.boot())["interval"] == 7
    assert (await two.boot())["status"] == "Rejected"
    await lab.act("registration", policy="Accepted")
    assert (await one.boot()) | {"currentTime": ""} == OK | {"interval": 300, "currentTime": ""}
    assert (await two.boot())["status"] == "Rejected"


async def test_a_pending_station_may_send_what_was_triggered(lab: Lab) -> None:
    await lab.open(registration="Pending")
    station = await lab.connect()
    await station.boot()
    order = lab.begin("trigger", message="StatusNotification")
    await station.obey("TriggerMessage")
    status = {"connectorId": 0, "errorCode": "NoError", "status": "Available"}
    assert await station.call("StatusNotification", status) == {}
    assert await station.call("StatusNotification", status | {"connectorId": 1}) == {}
    assert await station.call("Heartbeat") == "SecurityError"
    assert (await order)["answer"] == OK
    await station.boot()
    assert await station.call("StatusNotification", status) == "SecurityError"


async def test_a_trigger_that_the_station_declines_allows_nothing(lab: Lab) -> None:
    await lab.open(registration="Pending")
    station = await lab.connect()
    await station.boot()
    order = lab.begin("trigger", message="Heartbeat")
    await station.obey("TriggerMessage", {"status": "NotImplemented"})
    await order
    assert await station.call("Heartbeat") == "SecurityError"


async def test_a_pending_station_is_configured_but_not_started(lab: Lab) -> None:
    await lab.open(registration="Pending")
    station = await lab.connect()
    with pytest.raises(Refused, match="has not booted yet"):
        await lab.act("remote_start", connector=1, id_tag="TAG")
    await station.boot()
    with pytest.raises(Refused, match="still pending: no RemoteStartTransaction"):
        await lab.act("remote_start", connector=1, id_tag="TAG")
    order = lab.begin("change_setting", key="HeartbeatInterval", value="60")
    await station.obey("ChangeConfiguration")
    await order
    await lab.act("registration", policy="Accepted")
    order = lab.begin("trigger", message="BootNotification")
    await station.obey("TriggerMessage")
    assert (await station.boot())["status"] == "Accepted"
    await order


async def test_a_rejected_station_is_sent_nothing(lab: Lab) -> None:
    await lab.open(registration="Rejected")
    station = await lab.connect()
    await station.boot()
    for name, parameters in (("clear_cache", {}), ("read_configuration", {})):
        with pytest.raises(Refused, match="is rejected: it is sent nothing"):
            await lab.act(name, **parameters)


async def test_an_accepted_station_is_not_asked_to_boot_again(lab: Lab) -> None:
    await lab.open()
    await lab.station()
    with pytest.raises(Refused, match="not asked to boot again"):
        await lab.act("trigger", message="BootNotification")


async def test_a_station_that_comes_back_need_not_boot(lab: Lab) -> None:
    await lab.open()
    station = await lab.station()
    await station.ws.close()
    again = await lab.connect()
    assert (await again.start())["idTagInfo"] == OK


async def test_greeting_reads_everything_and_sets_what_differs(lab: Lab) -> None:
    greeting = {"A": "1", "B": "2", "C": "3", "D": "4"}
    await lab.open(greets=True, greeting=greeting)
    station = await lab.station()
    settings = [
        {"key": "A", "readonly": False, "value": "1"},
        {"key": "B", "readonly": True, "value": "9"},
        {"key": "c", "readonly": False, "value": "9"},
    ]
    assert await station.obey("GetConfiguration", {"configurationKey": settings}) == {}
    assert await station.obey("ChangeConfiguration") == {"key": "C", "value": "3"}
    answer = {"status": "NotSupported"}
    assert await station.obey("ChangeConfiguration", answer) == {"key": "D", "value": "4"}
    await station.silence(10)
    assert lab.record()["settings"]["c"] == {"value": "3", "readonly": False}
    assert "D" not in lab.record()["settings"]


async def test_greeting_ends_with_the_connection(lab: Lab) -> None:
    await lab.open(greets=True)
    station = await lab.station()
    await station.take("GetConfiguration")
    await station.ws.close()
    again = await lab.station()
    assert await again.obey("GetConfiguration") == {}


async def test_greeting_gives_up_when_the_station_errs(lab: Lab) -> None:
    await lab.open(greets=True, greeting={"A": "1", "B": "2"})
    station = await lab.station()
    await station.obey("GetConfiguration", {})
    await station.refuse("ChangeConfiguration", "InternalError")
    await station.silence(10)
