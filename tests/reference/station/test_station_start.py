"""Starting at the station: plug and token in either order, cache, time-out."""

import pytest
from station_lab import Refusal, lab

GROUP = {"idTagInfo": {"status": "Accepted", "parentIdTag": "GROUP"}}
BLOCKED = {"idTagInfo": {"status": "Blocked"}}


async def test_plug_in_first():
    async with lab() as bench:
        mark = bench.mark
        await bench.do("plug_in")
        assert bench.peer.short(mark) == ["1 Preparing"]
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert bench.peer.short(mark)[1:] == ["Authorize", "StartTransaction", "1 Charging"]
        start = bench.peer.payloads("StartTransaction")[0]
        assert (start["connectorId"], start["idTag"], start["meterStart"]) == (1, "TAG1", 0)
        assert start["timestamp"].startswith("2030-01-01T00:00:05")


async def test_identification_first():
    async with lab() as bench:
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG1", connector=2)
        assert bench.peer.short(mark) == ["Authorize", "2 Preparing"]
        await bench.do("plug_in", connector=2)
        assert bench.peer.short(mark)[2:] == ["StartTransaction", "2 Charging"]


async def test_a_cable_at_one_side_is_not_enough():
    async with lab() as bench:
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.do("plug_in", side="ev")
        await bench.do("plug_in", side="ev")
        assert bench.peer.sent("StartTransaction") == []
        await bench.do("plug_in", side="station")
        assert len(bench.peer.sent("StartTransaction")) == 1


async def test_the_vehicle_side_alone_is_not_noticed_with_a_socket():
    async with lab() as bench:
        await bench.do("plug_in", side="ev")
        assert bench.peer.statuses() == ["Available"]


async def test_a_vehicle_that_does_not_want_energy_yet():
    async with lab() as bench:
        await bench.do("ev_not_ready")
        await bench.charge()
        assert bench.peer.statuses()[1:] == ["Preparing", "SuspendedEV"]
        await bench.do("ev_ready")
        assert bench.peer.statuses()[-1] == "Charging"


async def test_both_suspended_is_reported_as_suspended_by_the_station():
    async with lab() as bench:
        await bench.charge()
        await bench.do("ev_not_ready")
        await bench.do("suspend_evse")
        await bench.do("ev_ready")
        await bench.do("resume_evse")
        assert bench.peer.statuses()[2:] == ["Charging", "SuspendedEV", "SuspendedEVSE", "Charging"]


async def test_connection_timeout_makes_the_connector_available_again():
    async with lab() as bench:
        await bench.set(ConnectionTimeOut=20)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        start = bench.time
        await bench.settle(40)
        last = bench.peer.sent("StatusNotification")[-1]
        assert last.payload["status"] == "Available"
        assert last.time - start == pytest.approx(20, abs=0.5)
        await bench.do("plug_in")
        assert bench.peer.sent("StartTransaction") == []


async def test_a_cable_left_without_a_token_can_end_in_finishing():
    async with lab(plug_in_times_out=True) as bench:
        await bench.set(ConnectionTimeOut=20)
        await bench.do("plug_in")
        await bench.settle(30)
        assert bench.peer.statuses()[1:] == ["Preparing", "Finishing"]
        await bench.do("unplug")
        assert bench.peer.statuses()[-1] == "Available"


async def test_the_second_presentation_gives_up():
    async with lab() as bench:
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.do("present_token", id_tag="tag1", connector=1)
        assert bench.peer.short(mark) == ["Authorize", "1 Preparing", "1 Available"]


async def test_another_token_does_not_take_over_a_waiting_session():
    async with lab() as bench:
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.do("present_token", id_tag="TAG2", connector=1)
        await bench.do("plug_in")
        start = bench.peer.payloads("StartTransaction")[0]
        assert start["idTag"] == "TAG1"
        assert bench.peer.short(mark).count("Authorize") == 1


@pytest.mark.parametrize("answer", [BLOCKED, Refusal()])
async def test_a_refused_token_starts_nothing(answer):
    async with lab({"Authorize": answer}) as bench:
        mark = bench.mark
        await bench.charge()
        assert bench.peer.short(mark) == ["1 Preparing", "Authorize"]


async def test_one_reader_for_all_chooses_the_connector_with_a_cable():
    async with lab() as bench:
        await bench.do("plug_in", connector=2)
        await bench.do("present_token", id_tag="TAG1")
        assert bench.peer.payloads("StartTransaction")[0]["connectorId"] == 2
        await bench.do("present_token", id_tag="TAG2")
        assert bench.peer.statuses(1)[-1] == "Preparing"
        await bench.do("present_token", id_tag="TAG1")
        assert bench.peer.payloads("StopTransaction")[0]["idTag"] == "TAG1"


async def test_a_finished_connector_starts_again_through_preparing():
    async with lab() as bench:
        await bench.charge()
        await bench.do("present_token", id_tag="TAG1", connector=1)
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG2", connector=1)
        assert bench.peer.short(mark) == [
            "Authorize",
            "1 Preparing",
            "StartTransaction",
            "1 Charging",
        ]


async def test_registers_go_on_from_one_transaction_to_the_next():
    async with lab() as bench:
        await bench.charge()
        await bench.settle(3600)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        stop = bench.peer.payloads("StopTransaction")[0]
        assert stop["meterStop"] == pytest.approx(11040, abs=5)
        assert bench.peer.payloads("StartTransaction")[1]["meterStart"] == stop["meterStop"]


async def test_halfway_plug_is_a_lock_failure_until_it_is_pulled():
    async with lab() as bench:
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.do("plug_in", side="halfway")
        last = bench.peer.payloads("StatusNotification")[-1]
        assert (last["status"], last["errorCode"]) == ("Faulted", "ConnectorLockFailure")
        assert bench.peer.sent("StartTransaction") == []
        await bench.do("unplug")
        assert bench.peer.statuses()[-1] == "Available"


async def test_nothing_starts_at_a_broken_or_inoperative_connector():
    async with lab() as bench:
        await bench.do("fault", connector=1, error_code="GroundFailure")
        last = bench.peer.payloads("StatusNotification")[-1]
        assert (last["status"], last["errorCode"]) == ("Faulted", "GroundFailure")
        await bench.charge()
        change = {"connectorId": 2, "type": "Inoperative"}
        assert await bench.peer.call("ChangeAvailability", change) == {"status": "Accepted"}
        await bench.charge(connector=2)
        assert bench.peer.sent("Authorize") == []
        await bench.do("clear_fault", connector=1)
        assert bench.peer.statuses(1)[-1] == "Preparing"
        assert bench.peer.statuses(2)[-1] == "Unavailable"


async def test_a_fault_interrupts_the_energy_and_not_the_transaction():
    async with lab(keys={"MeterValueSampleInterval": "0"}) as bench:
        await bench.charge()
        await bench.do("fault", connector=1)
        await bench.settle(3600)
        await bench.do("clear_fault", connector=1)
        assert bench.peer.statuses()[-2:] == ["Faulted", "Charging"]
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert bench.peer.payloads("StopTransaction")[0]["meterStop"] < 10


async def test_a_broken_station_starts_nothing():
    async with lab() as bench:
        await bench.do("fault", connector=0)
        await bench.charge()
        assert [bench.peer.statuses(number)[-1] for number in range(3)] == ["Faulted"] * 3
        assert bench.peer.sent("Authorize") == []
        await bench.do("clear_fault", connector=0)
        shown = [bench.peer.statuses(number)[-1] for number in range(3)]
        assert shown == ["Available", "Preparing", "Available"]


async def test_a_connector_and_the_station_are_repaired_one_by_one():
    async with lab() as bench:
        await bench.do("fault", connector=1)
        await bench.do("fault", connector=0)
        await bench.do("clear_fault", connector=0)
        assert bench.peer.statuses(1)[-1] == "Faulted"
        assert bench.peer.statuses(2)[-1] == "Available"


async def test_a_cached_token_needs_no_authorize_if_so_configured():
    async with lab({"Authorize": GROUP}) as bench:
        await bench.set(LocalPreAuthorize=True)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert bench.peer.short(mark) == ["1 Preparing"]
        await bench.do("plug_in")
        assert bench.peer.short(mark)[1:] == ["StartTransaction", "1 Charging"]
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.set(LocalPreAuthorize=False)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert bench.peer.short(mark).count("Authorize") == 1


@pytest.mark.parametrize(
    "info",
    [
        {"status": "Blocked"},
        {"status": "Accepted", "expiryDate": "2030-01-01T00:00:30+00:00"},
    ],
)
async def test_a_cached_token_that_is_not_valid_is_asked_about(info):
    async with lab({"Authorize": {"idTagInfo": info}}) as bench:
        await bench.set(LocalPreAuthorize=True)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.settle(100)
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert bench.peer.short(mark)[0] == "Authorize"


async def test_clear_cache():
    async with lab() as bench:
        await bench.set(LocalPreAuthorize=True)
        await bench.charge()
        await bench.do("unplug")
        assert await bench.peer.call("ClearCache") == {"status": "Accepted"}
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert bench.peer.short(mark) == ["Authorize", "1 Preparing"]


async def test_without_a_cache_there_is_nothing_to_clear():
    async with lab(authorization_cache=False) as bench:
        assert await bench.peer.call("ClearCache") == {"status": "Rejected"}
        answer = await bench.peer.call("GetConfiguration", {"key": ["AuthorizationCacheEnabled"]})
        assert answer["unknownKey"] == ["AuthorizationCacheEnabled"]


async def test_a_disabled_cache_is_neither_used_nor_filled():
    async with lab() as bench:
        await bench.set(LocalPreAuthorize=True, AuthorizationCacheEnabled=False)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.set(AuthorizationCacheEnabled=True)
        await bench.do("present_token", id_tag="TAG1", connector=2)
        assert len(bench.peer.sent("Authorize")) == 2


async def test_the_cache_survives_a_restart():
    async with lab() as bench:
        await bench.set(LocalPreAuthorize=True)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        store = bench.store
    async with lab(store=store) as bench:
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert bench.peer.short()[-1] == "1 Preparing"
        assert bench.peer.sent("Authorize") == []
