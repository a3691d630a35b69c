"""Events of transactions: queued while offline, sent again, asked about."""

from itertools import pairwise

import pytest
from station201_lab import lab201

TOKEN = {"id_token": "AA01", "type": "ISO14443"}
FAST = {
    "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "3",
    "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "10",
}
SAMPLED = {"SampledDataCtrlr.TxUpdatedInterval": "10"}


async def charge(bench):
    await bench.do("plug_in", evse=1, connector=1)
    await bench.do("present_token", evse=1, **TOKEN)
    [first, *_] = bench.peer.payloads("TransactionEvent")
    return first["transactionInfo"]["transactionId"]


async def status(bench, transaction=None):
    asked = {} if transaction is None else {"transactionId": transaction}
    return await bench.peer.call("GetTransactionStatus", asked)


async def test_status_of_transactions():
    async with lab201() as bench:
        assert await status(bench) == {"messagesInQueue": False}
        nothing = {"ongoingIndicator": False, "messagesInQueue": False}
        assert await status(bench, "no-such") == nothing
        transaction = await charge(bench)
        assert await status(bench, transaction) == {**nothing, "ongoingIndicator": True}
        bench.peer.script["TransactionEvent"] = None
        await bench.do("present_token", evse=1, **TOKEN)
        waiting = {"ongoingIndicator": False, "messagesInQueue": True}
        assert await status(bench, transaction) == waiting
        assert await status(bench, "no-such") == nothing
        assert await status(bench) == {"messagesInQueue": True}


async def test_what_happened_offline_says_so():
    async with lab201(variables=SAMPLED) as bench:
        await charge(bench)
        await bench.offline()
        await bench.settle(25)
        mark = bench.mark
        await bench.online()
        await bench.settle(40)
        events = bench.peer.payloads("TransactionEvent", since=mark)
        stamps = [event["timestamp"] for event in events]
        assert stamps == sorted(stamps)
        offline = [event.get("offline", False) for event in events]
        assert offline[:2] == [True, True]
        assert offline[-1] is False
        numbers = [event["seqNo"] for event in bench.peer.payloads("TransactionEvent")]
        assert numbers == list(range(len(numbers)))


async def test_an_event_that_was_on_its_way_becomes_an_offline_one():
    async with lab201() as bench:
        await charge(bench)
        bench.peer.script["TransactionEvent"] = [None, {}]
        await bench.do("ev_not_ready", evse=1)
        await bench.offline()
        mark = bench.mark
        await bench.online()
        await bench.settle(15)
        [again] = bench.peer.payloads("TransactionEvent", since=mark)
        assert again["offline"] is True


@pytest.mark.parametrize(("refusal", "timeout"), [(None, 30), ("InternalError", 0)])
async def test_attempts_and_their_pauses(refusal, timeout):
    async with lab201(variables=FAST) as bench:
        await charge(bench)
        mark = bench.mark
        bench.peer.script["TransactionEvent"] = [refusal, refusal, refusal, {}]
        await bench.do("ev_not_ready", evse=1)
        await bench.do("ev_ready", evse=1)
        await bench.settle(200)
        sent = bench.peer.sent("TransactionEvent", since=mark)
        assert [call.payload["seqNo"] - sent[0].payload["seqNo"] for call in sent] == [0, 0, 0, 1]
        gaps = [later.time - one.time for one, later in pairwise(sent)]
        assert gaps[:2] == pytest.approx([10 + timeout, 20 + timeout], abs=0.5)


async def test_an_event_that_is_taken_at_last_is_not_sent_again():
    async with lab201(variables=FAST) as bench:
        await charge(bench)
        mark = bench.mark
        bench.peer.script["TransactionEvent"] = ["InternalError", {}]
        await bench.do("ev_not_ready", evse=1)
        await bench.settle(200)
        assert len(bench.peer.sent("TransactionEvent", since=mark)) == 2


async def test_a_fixed_cable_that_is_not_put_back_ends_the_authorization():
    variables = {"TxCtrlr.StopTxOnEVSideDisconnect": "false", "TxCtrlr.EVConnectionTimeOut": "20"}
    async with lab201(cable="fixed", tx_stop=("Authorized",), variables=variables) as bench:
        await charge(bench)
        await bench.do("unplug", evse=1, connector=1, side="ev")
        mark = bench.mark
        await bench.settle(21)
        [event] = bench.peer.payloads("TransactionEvent", since=mark)
        assert (event["triggerReason"], event["eventType"]) == ("EVConnectTimeout", "Ended")
        assert event["transactionInfo"]["stoppedReason"] == "Timeout"
