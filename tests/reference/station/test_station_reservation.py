"""Reservations: who may charge where, until when, and what ReserveNow is answered."""

from datetime import timedelta

import pytest
from station_lab import lab

from testbay.clock import now

GROUP = {"idTagInfo": {"status": "Accepted", "parentIdTag": "FAMILY"}}
OFF = {"connectorId": 1, "type": "Inoperative"}


def later(seconds):
    moment = now() + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def reserve(bench, number=1, connector=1, id_tag="TAG1", seconds=600.0, **more):
    payload = {"reservationId": number, "connectorId": connector, "idTag": id_tag, **more}
    payload |= {"expiryDate": later(seconds)}
    answer = await bench.peer.call("ReserveNow", payload)
    await bench.settle()
    return answer["status"]


async def cancel(bench, number=1):
    answer = await bench.peer.call("CancelReservation", {"reservationId": number})
    await bench.settle()
    return answer["status"]


async def start(bench, id_tag="TAG1", connector=None):
    payload = {"idTag": id_tag} | ({} if connector is None else {"connectorId": connector})
    answer = await bench.peer.call("RemoteStartTransaction", payload)
    await bench.settle()
    return answer["status"]


async def test_only_the_token_of_the_reservation_charges():
    async with lab() as bench:
        mark = bench.mark
        assert await reserve(bench, 7) == "Accepted"
        assert bench.peer.short(mark) == ["1 Reserved"]
        await bench.do("present_token", id_tag="TAG2", connector=1)
        assert bench.peer.short(mark) == ["1 Reserved"]
        await bench.do("present_token", id_tag="tag1", connector=1)
        await bench.do("plug_in")
        expected = ["1 Reserved", "Authorize", "1 Preparing", "StartTransaction", "1 Charging"]
        assert bench.peer.short(mark) == expected
        assert bench.peer.payloads("StartTransaction")[0]["reservationId"] == 7
        assert await cancel(bench, 7) == "Rejected"
        await bench.do("present_token", id_tag="tag1", connector=1)
        await bench.do("unplug")
        assert bench.peer.statuses()[-1] == "Available"


async def test_other_transactions_have_no_reservation_id():
    async with lab() as bench:
        await reserve(bench)
        await bench.charge("TAG1", connector=2)
        assert "reservationId" not in bench.peer.payloads("StartTransaction")[0]
        assert bench.peer.statuses(1)[-1] == "Reserved"


async def test_a_cable_does_not_end_a_reservation():
    async with lab() as bench:
        await reserve(bench)
        await bench.do("plug_in")
        assert bench.peer.statuses()[-1] == "Reserved"
        assert await start(bench, "TAG1", 1) == "Accepted"
        assert bench.peer.statuses()[-1] == "Charging"


async def test_remote_starts():
    async with lab() as bench:
        await reserve(bench, 7)
        assert await start(bench, "TAG2", 1) == "Rejected"
        assert await start(bench, "TAG1", 1) == "Accepted"
        assert bench.peer.statuses()[-1] == "Preparing"
        await bench.do("plug_in")
        assert bench.peer.payloads("StartTransaction")[0]["reservationId"] == 7


async def test_a_remote_start_without_connector_takes_the_reserved_one():
    async with lab(connectors=3) as bench:
        await reserve(bench, connector=2)
        await bench.do("plug_in", connector=3)
        assert await start(bench, "TAG1") == "Accepted"
        assert bench.peer.statuses(2)[-1] == "Preparing"
        assert await start(bench, "TAG2") == "Accepted"
        assert bench.peer.statuses(3)[-1] == "Charging"


async def test_a_token_at_the_common_reader_gets_the_reserved_connector():
    async with lab(connectors=3) as bench:
        await reserve(bench, connector=2)
        await bench.do("present_token", id_tag="TAG2")
        await bench.do("present_token", id_tag="TAG1")
        assert [bench.peer.statuses(number)[-1] for number in (1, 2)] == ["Preparing"] * 2
        assert [bench.peer.payloads("Authorize")[0]["idTag"]] == ["TAG2"]


async def test_a_reservation_expires():
    async with lab() as bench:
        await reserve(bench, seconds=30.0)
        await bench.settle(29)
        assert bench.peer.statuses()[-1] == "Reserved"
        await bench.settle(2)
        assert bench.peer.statuses()[-1] == "Available"
        assert await cancel(bench) == "Rejected"
        await bench.charge("TAG2")
        assert "reservationId" not in bench.peer.payloads("StartTransaction")[0]


async def test_a_token_that_waits_for_the_cable_outlives_its_reservation():
    async with lab() as bench:
        await reserve(bench, seconds=30.0)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.settle(31)
        await bench.do("plug_in")
        assert bench.peer.statuses()[-2:] == ["Preparing", "Charging"]
        assert "reservationId" not in bench.peer.payloads("StartTransaction")[0]


async def test_a_reservation_is_kept_when_the_holder_does_not_plug_in():
    async with lab(keys={"ConnectionTimeOut": "20"}) as bench:
        await reserve(bench)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.settle(21)
        assert bench.peer.statuses()[-3:] == ["Reserved", "Preparing", "Reserved"]


async def test_cancelling():
    async with lab() as bench:
        await reserve(bench, 7)
        assert await cancel(bench, 8) == "Rejected"
        assert bench.peer.statuses()[-1] == "Reserved"
        assert await cancel(bench, 7) == "Accepted"
        assert bench.peer.statuses()[-1] == "Available"
        await bench.charge("TAG2")
        assert bench.peer.statuses()[-1] == "Charging"


async def test_a_reservation_is_replaced_by_one_with_the_same_id():
    async with lab() as bench:
        await reserve(bench, 7)
        mark = bench.mark
        assert await reserve(bench, 7, id_tag="TAG2") == "Accepted"
        assert bench.peer.short(mark) == []
        assert await start(bench, "TAG1", 1) == "Rejected"
        assert await reserve(bench, 7, connector=2, id_tag="TAG2") == "Accepted"
        assert bench.peer.short(mark) == ["1 Available", "2 Reserved"]
        await bench.do("plug_in", connector=1)
        assert await reserve(bench, 7, connector=1, id_tag="TAG2") == "Occupied"
        assert bench.peer.statuses(2)[-1] == "Reserved"


async def test_a_token_that_waits_for_the_cable_gives_way_to_a_replacing_reservation():
    async with lab() as bench:
        await reserve(bench, 7)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert await reserve(bench, 7, id_tag="TAG2") == "Accepted"
        assert bench.peer.statuses()[-2:] == ["Preparing", "Reserved"]
        await bench.do("plug_in")
        assert bench.peer.sent("StartTransaction") == []


async def test_what_reserving_is_answered():
    async with lab(connectors=4) as bench:
        await bench.do("plug_in", connector=1)
        await bench.do("fault", connector=2)
        await bench.peer.call("ChangeAvailability", OFF | {"connectorId": 3})
        assert await reserve(bench, 1, 1) == "Occupied"
        assert await reserve(bench, 2, 2) == "Faulted"
        assert await reserve(bench, 3, 3) == "Unavailable"
        assert await reserve(bench, 4, 4) == "Accepted"
        assert await reserve(bench, 5, 4) == "Occupied"
        assert await reserve(bench, 6, 0) == "Occupied"
        assert await reserve(bench, 7, 9) == "Rejected"
        assert await reserve(bench, 8, 0, seconds=-1.0) == "Rejected"


@pytest.mark.parametrize(
    ("action", "status"), [("fault", "Faulted"), ("ChangeAvailability", "Unavailable")]
)
async def test_reserving_a_station_that_is_out_of_service(action, status):
    async with lab() as bench:
        if action == "fault":
            await bench.do("fault", connector=0)
        else:
            await bench.peer.call(action, OFF | {"connectorId": 0})
            await bench.settle()
        shown = [bench.peer.statuses(number)[-1] for number in range(3)]
        assert shown == [status] * 3
        assert await reserve(bench, connector=0) == status
        assert await reserve(bench, connector=1) == status


@pytest.mark.parametrize("action", ["fault", "ChangeAvailability"])
@pytest.mark.parametrize("whole", [False, True])
async def test_a_reservation_ends_with_the_service(action, whole):
    async with lab() as bench:
        number = 0 if whole else 1
        await reserve(bench)
        if action == "fault":
            await bench.do("fault", connector=number)
            await bench.do("clear_fault", connector=number)
        else:
            for kind in ("Inoperative", "Operative"):
                change = {"connectorId": number, "type": kind}
                answer = await bench.peer.call("ChangeAvailability", change)
                assert answer == {"status": "Accepted"}
                await bench.settle()
        broken = "Faulted" if action == "fault" else "Unavailable"
        assert bench.peer.statuses()[-3:] == ["Reserved", broken, "Available"]
        assert await cancel(bench) == "Rejected"


async def test_another_token_of_the_group_charges():
    async with lab({"Authorize": GROUP}) as bench:
        await reserve(bench, 7, parentIdTag="FAMILY")
        await bench.charge("TAG2")
        assert bench.peer.payloads("StartTransaction")[0]["reservationId"] == 7


async def test_a_token_of_no_group_does_not():
    async with lab() as bench:
        await reserve(bench, 7, parentIdTag="FAMILY")
        mark = bench.mark
        await bench.charge("TAG2")
        assert bench.peer.short(mark) == ["Authorize"]


@pytest.mark.parametrize("family", [True, False])
async def test_the_group_is_asked_for_even_at_a_remote_start_without_authorize(family):
    async with lab({"Authorize": GROUP} if family else {}) as bench:
        await bench.set(AuthorizeRemoteTxRequests=False)
        await reserve(bench, 7, parentIdTag="FAMILY")
        mark = bench.mark
        assert await start(bench, "TAG2", 1) == "Accepted"
        assert bench.peer.short(mark) == ["Authorize"] + ["1 Preparing"] * family


async def test_any_connector_with_one_left():
    async with lab(connectors=1) as bench:
        assert await reserve(bench, 7, 0) == "Accepted"
        assert bench.peer.statuses()[-1] == "Reserved"
        assert await start(bench, "TAG2", 1) == "Rejected"
        assert await start(bench, "TAG1") == "Accepted"
        await bench.do("plug_in")
        assert bench.peer.payloads("StartTransaction")[0]["reservationId"] == 7


async def test_any_connector_with_others_out_of_service():
    async with lab() as bench:
        await bench.peer.call("ChangeAvailability", OFF | {"connectorId": 2})
        assert await reserve(bench, 7, 0) == "Accepted"
        assert bench.peer.statuses(1)[-1] == "Reserved"
        assert bench.peer.statuses(0)[-1] == "Available"


async def test_any_connector_guards_the_last_one():
    async with lab() as bench:
        mark = bench.mark
        assert await reserve(bench, 7, 0) == "Accepted"
        assert bench.peer.short(mark) == []
        assert await reserve(bench, 8, 0, "TAG2") == "Occupied"
        await bench.charge("TAG2", connector=1)
        assert bench.peer.statuses(2)[-1] == "Reserved"
        await bench.do("plug_in", connector=2)
        assert bench.peer.statuses(2)[-1] == "Reserved"
        assert await start(bench, "TAG3", 2) == "Rejected"
        assert await start(bench, "TAG1", 2) == "Accepted"
        assert bench.peer.payloads("StartTransaction")[1]["reservationId"] == 7


async def test_any_connector_is_released_when_another_gets_free():
    async with lab() as bench:
        await reserve(bench, 7, 0)
        await bench.charge("TAG2", connector=1)
        await bench.do("present_token", id_tag="TAG2", connector=1)
        await bench.do("unplug", connector=1)
        assert bench.peer.statuses(2)[-2:] == ["Reserved", "Available"]


async def test_no_second_guard_once_the_holder_has_come():
    async with lab() as bench:
        await reserve(bench, 7, 0)
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert bench.peer.short(mark) == ["Authorize", "1 Preparing"]
        assert await reserve(bench, 8, 2, "TAG2") == "Occupied"


async def test_a_connector_is_not_reserved_when_none_would_be_left():
    async with lab() as bench:
        await reserve(bench, 7, 0)
        assert await reserve(bench, 8, 1, "TAG2") == "Accepted"
        assert bench.peer.statuses(2)[-1] == "Reserved"
        assert await reserve(bench, 9, 2, "TAG3") == "Occupied"
        await cancel(bench, 8)
        assert bench.peer.statuses(2)[-1] == "Available"
        assert await reserve(bench, 7, 1, "TAG1") == "Accepted"
        assert await reserve(bench, 9, 2, "TAG3") == "Accepted"


async def test_a_replaced_reservation_of_any_connector():
    async with lab(connectors=1) as bench:
        await reserve(bench, 7, 0)
        await bench.do("plug_in")
        assert await reserve(bench, 7, 0, "TAG2") == "Accepted"
        assert await start(bench, "TAG2") == "Accepted"


@pytest.mark.parametrize("status", ["Occupied", "Faulted", "Unavailable"])
async def test_any_connector_when_there_is_none(status):
    async with lab() as bench:
        for number in (1, 2):
            if status == "Occupied":
                await bench.do("plug_in", connector=number)
            elif status == "Faulted":
                await bench.do("fault", connector=number)
            else:
                await bench.peer.call("ChangeAvailability", OFF | {"connectorId": number})
        assert await reserve(bench, 7, 0) == status


async def test_any_connector_ends_when_all_are_broken():
    async with lab() as bench:
        await reserve(bench, 7, 0)
        await bench.do("fault", connector=1)
        assert bench.peer.statuses(2)[-1] == "Reserved"
        await bench.do("fault", connector=2)
        assert await cancel(bench, 7) == "Rejected"


async def test_two_tokens_at_once_and_one_place():
    async with lab() as bench:
        await reserve(bench, 7, 0)
        for number, id_tag in enumerate(("TAG2", "TAG3"), 1):
            await bench.station.control.perform(
                "present_token", {"id_tag": id_tag, "connector": number}
            )
        await bench.settle()
        assert bench.peer.statuses(1)[-1] == "Preparing"
        assert bench.peer.statuses(2)[-1] == "Reserved"


async def test_a_station_that_does_not_reserve_any_connector():
    async with lab(keys={"ReserveConnectorZeroSupported": "false"}) as bench:
        assert await reserve(bench, connector=0) == "Rejected"
        assert await reserve(bench, connector=1) == "Accepted"


async def test_reservations_survive_a_reboot_but_not_their_expiry():
    async with lab() as bench:
        await reserve(bench, 7, 1, seconds=600.0)
        await reserve(bench, 8, 2, seconds=20.0)
        await bench.do("power_off")
        await bench.settle(30)
        await bench.do("power_on")
        await bench.settle(5)
        assert [bench.peer.statuses(number)[-1] for number in (1, 2)] == ["Reserved", "Available"]
        assert await start(bench, "TAG2", 1) == "Rejected"
        await bench.settle(600)
        assert bench.peer.statuses()[-1] == "Available"


async def test_a_reservation_that_expires_offline():
    async with lab() as bench:
        await reserve(bench, seconds=20.0)
        await bench.offline()
        await bench.settle(20)
        await bench.online()
        await bench.settle(30)
        assert bench.peer.statuses()[-2:] == ["Reserved", "Available"]


async def test_a_station_without_reservations():
    async with lab(without=("Reservation",)) as bench:
        assert await reserve(bench, connector=0) == "Rejected"
        assert await reserve(bench, connector=1) == "Rejected"
        assert await cancel(bench) == "Rejected"
        answer = await bench.peer.call("GetConfiguration", {"key": ["SupportedFeatureProfiles"]})
        assert "Reservation" not in answer["configurationKey"][0]["value"]


async def test_a_date_that_is_none():
    async with lab() as bench:
        payload = {"reservationId": 1, "connectorId": 1, "idTag": "A", "expiryDate": "tomorrow"}
        frame = await bench.peer.raw_call("ReserveNow", payload)
        assert frame[0] == 4
