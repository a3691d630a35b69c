"""The control over HTTP, and the CSMS on the ordinary loop."""

import asyncio

import httpx
import pytest
from csms_lab import OK, Lab

from testbay_reference.control import control_app


async def test_actions_over_http(lab: Lab) -> None:
    await lab.open()
    station = await lab.station()
    transport = httpx.ASGITransport(control_app(lab.csms.control))
    async with httpx.AsyncClient(transport=transport, base_url="http://csms.test") as client:
        posting = asyncio.create_task(client.post("/actions/reset", json={"kind": "hard"}))
        await station.obey("Reset")
        assert (await posting).json()["answer"] == OK
        token = {"id_tag": "NEW", "expiry": "2030-06-01T00:00:00Z"}
        assert (await client.post("/actions/set_token", json=token)).status_code == 200
        refused = await client.post("/actions/remote_stop", json={})
        assert refused.status_code == 409
        assert "no transaction runs" in refused.json()["detail"]
        document = (await client.get("/openapi.json")).json()
        state = (await client.get("/state")).json()
    offered = [path.removeprefix("/actions/") for path in document["paths"] if path != "/state"]
    assert offered == [action.name for action in lab.csms.control.actions]
    assert state["stations"]["CP1"]["connected"]
    assert {"id_tag": "NEW", "status": "Accepted", "expiryDate": "2030-06-01T00:00:00.000Z"} in (
        state["tokens"]
    )


async def test_every_action_tells_what_it_does(lab: Lab) -> None:
    await lab.open()
    names = [action.name for action in lab.csms.control.actions]
    assert len(set(names)) == len(names)
    for action in lab.csms.control.actions:
        assert action.sentence.endswith(".")
        assert action.parameters.__doc__


@pytest.mark.real_clock
async def test_the_same_on_the_real_clock(lab: Lab) -> None:
    await lab.open()
    station = await lab.station()
    assert (await station.start())["transactionId"] == 1
    order = lab.begin("remote_stop")
    assert await station.obey("RemoteStopTransaction") == {"transactionId": 1}
    assert (await order)["answer"] == OK
