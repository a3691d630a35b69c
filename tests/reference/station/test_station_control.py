"""The actions, by name and over HTTP."""

import asyncio

import httpx
import pytest
from station_lab import URL, lab

from testbay.clock import now
from testbay_reference.control import Refused, UnknownAction, control_app, serve_control
from testbay_reference.station import Station, StationOptions


async def test_plugging_twice_is_plugging_once():
    async with lab() as bench:
        for action in ("plug_in", "plug_in", "unplug", "unplug"):
            await bench.do(action)
        assert bench.peer.statuses() == ["Available", "Preparing", "Available"]


@pytest.mark.parametrize(
    ("action", "parameters", "text"),
    [
        ("plug_in", {"connector": 3}, "there is no connector 3: they are numbered from 1 to 2"),
        ("plug_in", {"connector": "x"}, "plug_in: connector: Input should be a valid integer"),
        ("plug_in", {"cable": 1}, "plug_in: cable: Extra inputs are not permitted"),
        ("plug_in", {"side": "left"}, "plug_in: side: Input should be 'both'"),
        ("fault", {"connector": 1, "error_code": "Boredom"}, "fault: error_code"),
        ("present_token", {"id_tag": "x" * 21}, "at most 20 characters"),
    ],
)
async def test_actions_that_are_refused(action, parameters, text):
    async with lab() as bench:
        with pytest.raises(Refused, match=text):
            await bench.station.control.perform(action, parameters)


async def test_an_unknown_action_names_the_nearest():
    async with lab() as bench:
        with pytest.raises(UnknownAction, match="did you mean plug_in"):
            await bench.station.control.perform("plugin", {})
        with pytest.raises(UnknownAction, match="there are: plug_in, unplug"):
            await bench.station.control.perform("zzz", {})


async def test_what_a_station_does_not_have_cannot_be_used():
    async with lab(cable="fixed", local_start=False) as bench:
        for action, text in (
            ("present_token", "no reader"),
            ("jam_lock", "no cable lock"),
            ("plug_in", "has no plug at the station"),
            ("unplug", "fixed to the station"),
        ):
            more = {"present_token": {"id_tag": "A"}, "plug_in": {"side": "halfway"}}
            more |= {"unplug": {"side": "station"}}
            with pytest.raises(Refused, match=text):
                await bench.station.control.perform(action, more.get(action, {}))
        await bench.peer.call("RemoteStartTransaction", {"connectorId": 1, "idTag": "TAG1"})
        await bench.do("plug_in")
        assert bench.peer.statuses()[-1] == "Charging"


async def test_state_is_for_display():
    async with lab() as bench:
        await bench.charge()
        state = bench.station.control.state()
        assert (state["connected"], state["registration"]) == (True, "Accepted")
        assert state["connectors"][0]["status"] == "Charging"
        assert state["connectors"][0]["locked"]
        assert (state["local_list_version"], state["reservations"]) == (0, [])
        await bench.do("power_off")
        assert bench.station.control.state() == {
            "identity": "CP1",
            "powered": False,
            "connected": False,
        }


async def test_control_over_http():
    async with lab() as bench:
        transport = httpx.ASGITransport(control_app(bench.station.control))
        async with httpx.AsyncClient(transport=transport, base_url="http://station") as client:
            paths = (await client.get("/openapi.json")).json()["paths"]
            assert set(paths) == {
                "/state",
                *(f"/actions/{action.name}" for action in bench.station.control.actions),
            }
            body = {"connector": 2, "side": "both"}
            assert (await client.post("/actions/plug_in", json=body)).json() == {}
            await bench.settle()
            assert bench.peer.statuses(2)[-1] == "Preparing"
            assert (await client.post("/actions/plug_in")).status_code == 200
            assert (await client.post("/actions/plug_in", json={"side": 3})).status_code == 422
            refused = await client.post("/actions/plug_in", json={"connector": 9})
            assert refused.status_code == 409
            assert "there is no connector 9" in refused.json()["detail"]
            assert (await client.post("/actions/dance")).status_code == 404
            assert (await client.get("/state")).json()["identity"] == "CP1"


@pytest.mark.real_clock
async def test_control_is_served_at_a_port():
    station = Station(StationOptions(URL, "CP1"), now)
    async with serve_control(station.control, 0) as port, httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/state")
        assert answer.json()["identity"] == "CP1"
        with pytest.raises(OSError, match="Address already in use"):
            async with serve_control(station.control, port):
                pass


async def test_a_station_can_be_stopped_and_run_again():
    async with lab() as bench:
        with pytest.raises(RuntimeError, match="runs already"):
            await bench.station.run()
        await bench.station.stop()
        await bench.task
        assert bench.peer.connections[0].close_code == 1001
        bench.task = asyncio.create_task(bench.station.run())
        await bench.settle(5)
        assert len(bench.peer.sent("BootNotification")) == 2
        await bench.station.stop()
        await bench.task


async def test_stop_without_power_or_connection():
    async with lab(connected=False) as bench:
        await bench.do("power_off")
        await bench.settle(100)
        await bench.station.stop()
        await bench.task
