"""Offline: who may charge, what is kept, in which order it is delivered, what is tried again."""

import pytest
from station_lab import Refusal, lab

INVALID = {"idTagInfo": {"status": "Invalid"}}
GROUP = {"idTagInfo": {"status": "Accepted", "parentIdTag": "GROUP"}}


async def known(bench, id_tag="TAG1"):
    """Let the station learn a token."""
    await bench.do("present_token", id_tag=id_tag, connector=1)
    await bench.do("present_token", id_tag=id_tag, connector=1)


async def test_a_transaction_that_began_and_ended_offline():
    async with lab() as bench:
        await known(bench)
        mark = bench.mark
        await bench.offline()
        await bench.charge()
        await bench.settle(130)
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.do("unplug")
        assert bench.station.state()["undelivered"] == 4
        await bench.online()
        await bench.settle(60)
        assert bench.peer.short(mark) == [
            "StartTransaction",
            "MeterValues",
            "MeterValues",
            "StopTransaction",
        ]
        ids = [call.payload.get("transactionId") for call in bench.peer.calls[mark:]]
        assert ids == [None, 1, 1, 1]
        start, stop = bench.peer.calls[mark].payload, bench.peer.calls[-1].payload
        assert start["timestamp"] < stop["timestamp"] < "2030-01-01T00:02:30"
        assert stop["reason"] == "Local"


async def test_a_transaction_that_goes_on_when_the_connection_comes_back():
    async with lab() as bench:
        await known(bench)
        mark = bench.mark
        await bench.offline()
        await bench.charge()
        await bench.online()
        await bench.settle(50)
        assert bench.peer.short(mark) == ["StartTransaction", "1 Charging"]
        await bench.settle(30)
        assert bench.peer.payloads("MeterValues")[0]["transactionId"] == 1


@pytest.mark.parametrize(
    ("stops", "last"),
    [(True, ["StopTransaction", "1 Finishing"]), (False, ["1 SuspendedEVSE"])],
)
async def test_an_unknown_token_that_turns_out_to_be_invalid(stops, last):
    async with lab({"StartTransaction": INVALID}) as bench:
        await bench.set(AllowOfflineTxForUnknownId=True, StopTransactionOnInvalidId=stops)
        mark = bench.mark
        await bench.offline()
        await bench.charge()
        await bench.online()
        await bench.settle(40)
        assert bench.peer.short(mark) == ["StartTransaction", "1 Charging", *last]


@pytest.mark.parametrize(
    ("settings", "id_tag", "starts"),
    [
        ({}, "TAG1", True),
        ({}, "TAG9", False),
        ({"LocalAuthorizeOffline": False}, "TAG1", False),
        ({"AllowOfflineTxForUnknownId": True}, "TAG9", True),
        ({"AllowOfflineTxForUnknownId": True}, "BAD", False),
        ({"AllowOfflineTxForUnknownId": True}, "OLD", False),
        ({"AuthorizationCacheEnabled": False}, "TAG1", False),
    ],
)
async def test_who_may_charge_offline(settings, id_tag, starts):
    infos = {
        "BAD": {"status": "Blocked"},
        "OLD": {"status": "Accepted", "expiryDate": "2030-01-01T00:00:09Z"},
    }

    def authorize(request):
        return {"idTagInfo": infos.get(request["idTag"], {"status": "Accepted"})}

    async with lab({"Authorize": authorize}) as bench:
        for token in ("TAG1", "BAD", "OLD"):
            await known(bench, token)
        await bench.set(**settings)
        await bench.offline()
        await bench.settle(10)
        await bench.do("plug_in", connector=2)
        await bench.do("present_token", id_tag=id_tag, connector=2)
        assert (bench.station.state()["connectors"][1]["id_tag"] == id_tag) is starts


async def test_a_station_that_was_never_accepted_does_not_charge():
    async with lab(connected=False, keys={"AllowOfflineTxForUnknownId": "true"}) as bench:
        await bench.charge()
        assert bench.station.state()["connectors"][0]["id_tag"] is None


async def test_a_station_that_was_accepted_once_charges_offline_after_a_reboot():
    async with lab(keys={"AllowOfflineTxForUnknownId": "true"}) as bench:
        await bench.offline()
        await bench.do("local_reboot")
        await bench.settle(5)
        await bench.charge()
        assert bench.station.state()["connectors"][0]["id_tag"] == "TAG1"
        mark = bench.mark
        await bench.online()
        await bench.settle(60)
        assert bench.peer.short(mark)[0] == "BootNotification"
        assert "StartTransaction" in bench.peer.short(mark)


async def test_a_group_token_stops_offline_if_the_cache_knows_the_group():
    async with lab({"Authorize": GROUP, "StartTransaction": GROUP}) as bench:
        await known(bench, "TAG2")
        await bench.charge()
        await bench.offline()
        await bench.do("present_token", id_tag="TAG9", connector=1)
        assert bench.station.state()["connectors"][0]["status"] == "Charging"
        await bench.do("present_token", id_tag="TAG2", connector=1)
        assert bench.station.state()["connectors"][0]["status"] == "Finishing"


async def test_a_connection_lost_while_asking_falls_back_to_what_is_known():
    async with lab() as bench:
        await known(bench)
        bench.peer.script["Authorize"] = None
        await bench.charge()
        assert bench.peer.short()[-1] == "Authorize"
        await bench.offline()
        assert bench.station.state()["connectors"][0]["status"] == "Charging"


async def test_failed_transaction_messages_are_tried_again_with_growing_pauses():
    keys = {"MeterValueSampleInterval": "0", "TransactionMessageRetryInterval": "20"}
    async with lab({"StopTransaction": Refusal()}, keys=keys) as bench:
        await bench.charge()
        await bench.do("present_token", id_tag="TAG1", connector=1)
        await bench.settle(5)
        await bench.do("present_token", id_tag="TAG2", connector=1)
        await bench.settle(100)
        stops = bench.peer.sent("StopTransaction")
        assert [round(call.time - stops[0].time) for call in stops] == [0, 20, 60]
        # The next transaction waits for its turn; what is not about transactions does not.
        starts = bench.peer.sent("StartTransaction")
        assert starts[1].time == pytest.approx(stops[2].time, abs=0.1)
        charging = [c for c in bench.peer.calls if c.payload.get("status") == "Charging"]
        assert charging[1].time < stops[1].time


async def test_a_message_without_an_answer_is_tried_again():
    keys = {"TransactionMessageRetryInterval": "5", "MessageTimeout": "10"}
    async with lab({"StartTransaction": [None, {}]}, keys=keys) as bench:
        await bench.charge()
        await bench.settle(20)
        starts = bench.peer.sent("StartTransaction")
        assert [round(call.time - starts[0].time) for call in starts] == [0, 15]


async def test_a_lost_connection_is_no_failed_attempt():
    keys = {"TransactionMessageAttempts": "1", "MeterValueSampleInterval": "0"}
    async with lab({"StartTransaction": [None, {}]}, keys=keys) as bench:
        await bench.charge()
        bench.peer.connections[0].transport.abort()
        await bench.settle(10)
        assert len(bench.peer.sent("StartTransaction")) == 2
        await bench.do("present_token", id_tag="TAG1", connector=1)
        assert bench.peer.payloads("StopTransaction")[0]["transactionId"] == 1


async def test_messages_survive_a_restart_of_the_program_offline():
    async with lab() as bench:
        await known(bench)
        await bench.offline()
        await bench.charge()
        await bench.do("present_token", id_tag="TAG1", connector=1)
        store = bench.store
    async with lab(store=store) as bench:
        assert bench.peer.sent("StartTransaction", "StopTransaction")[0].action == (
            "StartTransaction"
        )
        assert bench.peer.payloads("StopTransaction")[0]["transactionId"] == 1
