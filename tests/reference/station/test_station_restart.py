"""Resets, power losses, restarts of the program."""

import pytest
from station_lab import Refusal, lab

OFF = {"connectorId": 1, "type": "Inoperative"}
BOOT = ["BootNotification", "0 Available"]


@pytest.mark.parametrize("kind", ["Hard", "Soft"])
async def test_reset_without_a_transaction_keeps_the_availability(kind):
    async with lab() as bench:
        await bench.peer.call("ChangeAvailability", OFF)
        await bench.settle()
        mark = bench.mark
        assert await bench.peer.call("Reset", {"type": kind}) == {"status": "Accepted"}
        await bench.settle(5)
        assert bench.peer.short(mark) == [*BOOT, "1 Unavailable", "2 Available"]
        assert bench.peer.calls[-1].connection == 2
        assert bench.peer.connections[0].close_code == 1001


@pytest.mark.parametrize("kind", ["Hard", "Soft"])
async def test_reset_stops_the_transaction_first(kind):
    async with lab() as bench:
        await bench.charge()
        mark = bench.mark
        await bench.peer.call("Reset", {"type": kind})
        await bench.settle(5)
        assert bench.peer.short(mark) == [
            "StopTransaction",
            "1 Finishing",
            *BOOT,
            "1 Preparing",
            "2 Available",
        ]
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == f"{kind}Reset"
        await bench.do("unplug")
        assert bench.peer.statuses()[-1] == "Available"


async def test_hard_reset_can_stop_the_transaction_after_the_boot():
    async with lab(hard_reset="after") as bench:
        await bench.charge()
        mark = bench.mark
        await bench.peer.call("Reset", {"type": "Hard"})
        await bench.settle(5)
        assert bench.peer.short(mark)[0] == "BootNotification"
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == "HardReset"
        assert "1 Preparing" in bench.peer.short(mark)


async def test_a_stop_that_fails_is_repeated_after_the_reset():
    async with lab({"StopTransaction": [Refusal(), {}]}) as bench:
        await bench.charge()
        await bench.peer.call("Reset", {"type": "Soft"})
        await bench.settle(60)
        stops = bench.peer.sent("StopTransaction")
        assert [call.connection for call in stops] == [1, 2]
        assert stops[0].payload == stops[1].payload


async def test_local_reboot():
    async with lab() as bench:
        await bench.charge()
        await bench.do("local_reboot")
        await bench.settle(5)
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == "Reboot"
        assert len(bench.peer.sent("BootNotification")) == 2


async def test_power_loss_with_a_backup_source():
    async with lab() as bench:
        await bench.charge()
        mark = bench.mark
        await bench.do("power_off")
        assert bench.peer.short(mark) == ["StopTransaction", "1 Finishing"]
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == "PowerLoss"
        assert bench.peer.connections[0].close_code == 1006
        assert not bench.station.state()["powered"]
        await bench.settle(100)
        assert len(bench.peer.connections) == 1
        await bench.do("power_on")
        await bench.settle(5)
        assert bench.peer.short(mark)[2:] == [*BOOT, "1 Preparing", "2 Available"]


async def test_power_loss_without_a_backup_source():
    async with lab(power_loss="after") as bench:
        await bench.charge()
        await bench.settle(29)
        mark = bench.mark
        await bench.do("power_off")
        await bench.settle(600)
        assert bench.peer.short(mark) == []
        await bench.do("power_on")
        await bench.settle(5)
        stop = bench.peer.payloads("StopTransaction")[0]
        assert stop["reason"] == "PowerLoss"
        assert stop["timestamp"].startswith("2030-01-01T00:00:34")
        assert stop["meterStop"] == 89
        assert bench.peer.short(mark)[0] == "BootNotification"


async def test_a_transaction_goes_on_after_a_power_loss():
    async with lab(power_loss="resume") as bench:
        await bench.charge()
        await bench.settle(29)
        await bench.do("power_off")
        await bench.settle(600)
        mark = bench.mark
        await bench.do("power_on")
        await bench.settle(5)
        assert bench.peer.short(mark) == [*BOOT, "1 Charging", "2 Available"]
        assert bench.station.outlets[1].locked
        await bench.settle(60)
        values = bench.peer.payloads("MeterValues")
        assert [entry["transactionId"] for entry in values] == [1]
        await bench.do("present_token", id_tag="TAG1", connector=1)
        stop = bench.peer.payloads("StopTransaction")[0]
        assert (stop["reason"], stop["transactionId"]) == ("Local", 1)
        assert stop["meterStop"] == pytest.approx((29 + 60 + 3) * 11040 / 3600, abs=10)


@pytest.mark.parametrize("end", ["unplug", "ChangeAvailability"])
async def test_a_transaction_does_not_go_on_without_cable_or_service(end):
    async with lab(power_loss="resume") as bench:
        await bench.charge()
        if end == "ChangeAvailability":
            await bench.peer.call(end, OFF)
        await bench.do("power_off")
        if end == "unplug":
            await bench.do(end, side="ev")
        await bench.do("power_on")
        await bench.settle(5)
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == "PowerLoss"


async def test_a_refused_transaction_gets_no_energy_after_a_power_loss():
    refused = {"idTagInfo": {"status": "Invalid"}}
    async with lab({"StartTransaction": refused}, power_loss="resume") as bench:
        await bench.set(StopTransactionOnInvalidId=False)
        await bench.charge()
        await bench.do("power_cycle")
        await bench.settle(5)
        assert bench.peer.statuses()[-1] == "SuspendedEVSE"
        assert bench.station.outlets[1].meter.power == 0


async def test_power_cycle_boots():
    async with lab() as bench:
        mark = bench.mark
        await bench.do("power_cycle")
        await bench.settle(5)
        assert bench.peer.short(mark) == [*BOOT, "1 Available", "2 Available"]


async def test_cables_move_while_the_power_is_off():
    async with lab() as bench:
        await bench.do("power_off")
        await bench.do("plug_in", connector=2)
        with pytest.raises(Exception, match="no power"):
            await bench.do("present_token", id_tag="TAG1", connector=2)
        await bench.do("power_on")
        await bench.settle(5)
        assert bench.peer.statuses(2)[-1] == "Preparing"


async def test_nobody_can_charge_while_the_station_boots():
    async with lab(boot_seconds=30.0) as bench:
        await bench.settle(40)
        mark = bench.mark
        await bench.do("power_cycle")
        await bench.charge()
        await bench.settle(60)
        assert bench.peer.short(mark)[-2:] == ["1 Preparing", "2 Available"]


async def test_a_reset_takes_effect_once():
    async with lab() as bench:
        mark = bench.mark
        await bench.peer.call("Reset", {"type": "Soft"})
        await bench.station.control.perform("local_reboot")
        await bench.settle(8)
        assert bench.peer.short(mark).count("BootNotification") == 1


async def test_scheduled_availability_takes_effect_with_the_reset():
    async with lab() as bench:
        await bench.charge()
        await bench.peer.call("ChangeAvailability", OFF)
        await bench.peer.call("Reset", {"type": "Soft"})
        await bench.settle(5)
        assert bench.peer.statuses()[-2:] == ["Finishing", "Unavailable"]


async def test_configuration_and_meters_survive_a_restart_of_the_program():
    async with lab() as bench:
        await bench.set(ConnectionTimeOut=33)
        await bench.charge()
        await bench.settle(3600)
        store = bench.store
    async with lab(store=store) as bench:
        stop = bench.peer.payloads("StopTransaction")[0]
        assert stop["reason"] == "PowerLoss"
        assert stop["transactionId"] == 1
        answer = await bench.peer.call("GetConfiguration", {"key": ["ConnectionTimeOut"]})
        assert answer["configurationKey"][0]["value"] == "33"
        await bench.charge()
        assert bench.peer.payloads("StartTransaction")[0]["meterStart"] == stop["meterStop"] > 0


async def test_a_killed_program_stops_its_transaction_at_the_last_reading():
    async with lab() as bench:
        await bench.charge()
        await bench.settle(70)
        kept = type(bench.store)()
        for name in ("transactions", "meters", "queue", "starts", "accepted"):
            kept.set(name, bench.store.get(name))
    async with lab(store=kept) as bench:
        stop = bench.peer.payloads("StopTransaction")[0]
        assert stop["reason"] == "PowerLoss"
        assert stop["timestamp"].startswith("2030-01-01T00:01:05")
        assert stop["meterStop"] == 184


async def test_ping_interval_takes_effect_with_the_next_boot():
    async with lab() as bench:
        change = {"key": "WebSocketPingInterval", "value": "20"}
        answer = await bench.peer.call("ChangeConfiguration", change)
        assert answer == {"status": "RebootRequired"}
        assert bench.station.life.config.effective("WebSocketPingInterval") == "0"
        await bench.peer.call("Reset", {"type": "Soft"})
        await bench.settle(5)
        assert bench.station.life.config.effective("WebSocketPingInterval") == "20"
        await bench.settle(100)
        assert len(bench.peer.connections) == 2
