"""Stopping: own token, token of the group, vehicle side, invalid tokens."""

import pytest
from station_lab import lab

GROUP = {"idTagInfo": {"status": "Accepted", "parentIdTag": "GROUP"}}
OTHER = {"idTagInfo": {"status": "Accepted", "parentIdTag": "OTHER"}}
ALONE = {"idTagInfo": {"status": "Accepted"}}
INVALID = {"idTagInfo": {"status": "Invalid"}}


async def test_the_own_token_stops_without_authorize():
    async with lab() as bench:
        await bench.charge()
        mark = bench.mark
        await bench.do("present_token", id_tag="tag1", connector=1)
        assert bench.peer.short(mark) == ["StopTransaction", "1 Finishing"]
        stop = bench.peer.payloads("StopTransaction")[0]
        assert (stop["reason"], stop["idTag"], stop["transactionId"]) == ("Local", "tag1", 1)
        await bench.do("unplug")
        assert bench.peer.statuses()[-1] == "Available"


async def test_a_foreign_token_cannot_matter_without_a_group():
    async with lab() as bench:
        await bench.charge()
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG2", connector=1)
        assert bench.peer.short(mark) == []


@pytest.mark.parametrize("starts", [[GROUP, GROUP], [ALONE, GROUP]])
async def test_a_token_of_the_same_group_stops_after_authorize(starts):
    script = {"Authorize": starts, "StartTransaction": GROUP}
    async with lab(script) as bench:
        await bench.charge()
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG2", connector=1)
        assert bench.peer.short(mark) == ["Authorize", "StopTransaction", "1 Finishing"]
        stop = bench.peer.payloads("StopTransaction")[0]
        assert (stop["reason"], stop["idTag"]) == ("Local", "TAG2")


@pytest.mark.parametrize("answer", [OTHER, ALONE, INVALID])
async def test_a_token_of_another_group_does_not_stop(answer):
    async with lab({"Authorize": [GROUP, answer]}) as bench:
        await bench.charge()
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG2", connector=1)
        assert bench.peer.short(mark) == ["Authorize"]


async def test_the_parent_token_itself_is_an_ordinary_token():
    async with lab({"Authorize": [GROUP, ALONE]}) as bench:
        await bench.charge()
        await bench.do("present_token", id_tag="GROUP", connector=1)
        assert bench.peer.sent("StopTransaction") == []


async def test_vehicle_side_disconnect_stops_and_unlocks():
    async with lab() as bench:
        await bench.charge()
        mark = bench.mark
        await bench.do("unplug", side="ev")
        assert bench.peer.short(mark) == ["StopTransaction", "1 Finishing"]
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == "EVDisconnected"
        assert bench.peer.payloads("StatusNotification")[-1]["info"] == "EV side disconnected"
        await bench.do("unplug", side="station")
        assert bench.peer.statuses()[-1] == "Available"
        assert "info" not in bench.peer.payloads("StatusNotification")[-1]


async def test_vehicle_side_disconnect_can_leave_the_cable_locked():
    async with lab() as bench:
        await bench.set(UnlockConnectorOnEVSideDisconnect=False)
        await bench.charge()
        await bench.do("unplug", side="ev")
        with pytest.raises(Exception, match="holds the cable"):
            await bench.do("unplug", side="station")
        unlock = await bench.peer.call("UnlockConnector", {"connectorId": 1})
        assert unlock == {"status": "Unlocked"}
        await bench.do("unplug", side="station")
        assert bench.peer.statuses()[-2:] == ["Finishing", "Available"]


async def test_the_own_token_releases_a_cable_that_was_left_locked():
    async with lab() as bench:
        await bench.set(UnlockConnectorOnEVSideDisconnect=False)
        await bench.charge()
        await bench.do("unplug", side="ev")
        await bench.do("present_token", id_tag="TAG2", connector=1)
        assert bench.station.outlets[1].locked
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert not bench.station.outlets[1].locked
        await bench.do("unplug")
        assert bench.peer.statuses()[-2:] == ["Finishing", "Available"]


async def test_vehicle_side_disconnect_need_not_stop():
    async with lab() as bench:
        await bench.set(StopTransactionOnEVSideDisconnect=False)
        await bench.charge()
        mark = bench.mark
        await bench.do("unplug", side="ev")
        assert bench.peer.short(mark) == ["1 SuspendedEV"]
        assert bench.peer.payloads("StatusNotification")[-1]["info"] == "EV side disconnected"
        assert bench.station.outlets[1].locked
        await bench.do("plug_in", side="ev")
        await bench.do("unplug", side="ev")
        assert bench.peer.statuses()[-2:] == ["Charging", "SuspendedEV"]
        stop = {"transactionId": 1}
        assert await bench.peer.call("RemoteStopTransaction", stop) == {"status": "Accepted"}
        await bench.settle()
        assert bench.peer.short()[-2:] == ["StopTransaction", "1 Finishing"]


async def test_a_fixed_cable_is_available_as_soon_as_the_vehicle_is_gone():
    async with lab(cable="fixed") as bench:
        await bench.charge()
        await bench.do("unplug")
        assert bench.peer.statuses()[-2:] == ["Charging", "Available"]
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == "EVDisconnected"


async def test_a_fixed_cable_reports_and_keeps_the_unlock_key_false():
    async with lab(cable="fixed") as bench:
        key = "UnlockConnectorOnEVSideDisconnect"
        answer = await bench.peer.call("GetConfiguration", {"key": [key]})
        assert answer["configurationKey"] == [{"key": key, "readonly": True, "value": "false"}]
        change = await bench.peer.call("ChangeConfiguration", {"key": key, "value": "true"})
        assert change == {"status": "Rejected"}


async def test_a_socket_without_a_lock_loses_the_cable_and_the_transaction():
    async with lab(cable_lock=False) as bench:
        await bench.set(StopTransactionOnEVSideDisconnect=False)
        await bench.charge()
        await bench.do("unplug", side="station")
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == "EVDisconnected"
        assert bench.peer.statuses()[-1] == "Available"


async def test_an_invalid_token_is_stopped_and_its_cable_held():
    async with lab({"StartTransaction": INVALID}) as bench:
        mark = bench.mark
        await bench.charge()
        assert bench.peer.short(mark)[2:] == [
            "StartTransaction",
            "1 Charging",
            "StopTransaction",
            "1 Finishing",
        ]
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == "DeAuthorized"
        with pytest.raises(Exception, match="holds the cable"):
            await bench.do("unplug")
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.do("unplug")
        assert bench.peer.statuses()[-1] == "Available"


async def test_an_invalid_token_may_only_lose_the_energy():
    async with lab({"StartTransaction": INVALID}) as bench:
        await bench.set(StopTransactionOnInvalidId=False)
        await bench.charge()
        await bench.settle(100)
        assert bench.peer.statuses()[-2:] == ["Charging", "SuspendedEVSE"]
        assert bench.peer.sent("StopTransaction") == []
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert bench.peer.payloads("StopTransaction")[0]["meterStop"] == 0


@pytest.mark.parametrize("stops", [True, False])
async def test_an_invalid_token_may_have_some_energy_first(stops):
    async with lab({"StartTransaction": INVALID}, power=3600.0) as bench:
        await bench.set(MaxEnergyOnInvalidId=100, StopTransactionOnInvalidId=stops)
        await bench.charge()
        await bench.settle(50)
        assert bench.peer.statuses()[-1] == "Charging"
        await bench.do("ev_not_ready")
        await bench.settle(200)
        await bench.do("ev_ready")
        await bench.settle(45)
        assert bench.peer.statuses()[-1] == "Charging"
        await bench.settle(10)
        assert bench.peer.statuses()[-1] == ("Finishing" if stops else "SuspendedEVSE")
        assert round(bench.station.outlets[1].meter.exact(bench.time)) == 100


async def test_a_failed_start_transaction_makes_the_transaction_id_minus_one():
    from station_lab import Refusal

    keys = {"TransactionMessageAttempts": "2", "TransactionMessageRetryInterval": "10"}
    async with lab({"StartTransaction": Refusal()}, keys=keys) as bench:
        await bench.charge()
        await bench.settle(30)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        starts = bench.peer.sent("StartTransaction")
        assert [round(call.time - starts[0].time) for call in starts] == [0, 10]
        assert bench.peer.payloads("StopTransaction")[0]["transactionId"] == -1
