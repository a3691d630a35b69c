"""What a CSMS still knows after a restart."""

from pathlib import Path

import pytest
from csms_lab import OK, Lab
from websockets.exceptions import InvalidStatus

from testbay_reference.control import Refused
from testbay_reference.csms import Token
from testbay_reference.store import Store, open_store


async def test_everything_survives_a_restart(lab: Lab, tmp_path: Path) -> None:
    await lab.open(open_store(tmp_path), stations=())
    for identity in ("CP1", "CP 2"):
        await lab.act("set_station", station=identity)
    station = await lab.station()
    other = await lab.connect("/ocpp/CP%202")
    await other.ws.close()
    await lab.act("set_token", id_tag="NEW", parent="P")
    await lab.act("remove_token", id_tag="TAG")
    await lab.act("registration", policy="Pending", interval=11)
    await station.start("NEW", connector=2)
    status = {"connectorId": 2, "errorCode": "NoError", "status": "Charging"}
    await station.call("StatusNotification", status)
    values = [{"timestamp": "2030-01-01T00:00:00Z", "sampledValue": [{"value": "1"}]}]
    meter = {"connectorId": 2, "transactionId": 1, "meterValue": values}
    await station.call("MeterValues", meter)
    order = lab.begin("reserve", id_tag="NEW", connector=1)
    first_uid, _ = await station.take("ReserveNow")
    await station.send([3, first_uid, OK])
    await order
    order = lab.begin("read_configuration", keys=["A"])
    setting = {"key": "A", "readonly": False, "value": "1"}
    await station.obey("GetConfiguration", {"configurationKey": [setting]})
    await order
    await lab.csms.stop()
    before = lab.csms.control.state()

    await lab.open(open_store(tmp_path), stations=())
    assert lab.csms.control.state() == before
    again = await lab.connect()
    assert await again.call("Authorize", {"idTag": "TAG"}) == {"idTagInfo": {"status": "Invalid"}}
    order = lab.begin("remote_stop")
    uid, payload = await again.take("RemoteStopTransaction")
    assert payload == {"transactionId": 1}
    assert uid != first_uid
    await again.send([3, uid, OK])
    await order
    await again.stop(1)
    assert (await again.start("NEW"))["transactionId"] == 2
    boot = await again.boot()
    assert (boot["status"], boot["interval"]) == ("Pending", 11)


async def test_passwords_survive(lab: Lab) -> None:
    store = Store()
    await lab.open(store)
    await lab.act("set_station", station="CP1", password="sesame")
    await lab.csms.stop()
    await lab.open(store)
    with pytest.raises(InvalidStatus):
        await lab.connect()


async def test_options_hold_for_what_was_never_changed(lab: Lab) -> None:
    store = Store()
    await lab.open(store, tokens=(Token("A"),), registration="Pending")
    await lab.csms.stop()
    await lab.open(store, tokens=(Token("B"),), registration="Accepted")
    assert [one["id_tag"] for one in lab.csms.control.state()["tokens"]] == ["B"]
    await lab.station()


async def test_message_ids_differ_from_those_of_an_earlier_life(lab: Lab) -> None:
    store = Store()
    seen = []
    for _ in range(2):
        await lab.open(store)
        station = await lab.station()
        order = lab.begin("clear_cache")
        uid, _ = await station.take("ClearCache")
        await station.send([3, uid, OK])
        await order
        seen.append(uid)
        await lab.csms.stop()
    assert len(set(seen)) == 2


async def test_a_new_life_has_no_connections(lab: Lab) -> None:
    store = Store()
    await lab.open(store)
    await lab.station()
    await lab.csms.stop()
    await lab.open(store)
    assert not lab.record()["connected"]
    with pytest.raises(Refused, match="no station is connected"):
        await lab.act("clear_cache")
