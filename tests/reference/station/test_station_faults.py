"""Every fault changes what the CSMS sees, in the situation that it is about."""

import asyncio
from copy import deepcopy

import pytest
from file_lab import ROOTS
from file_situations import FILE_SITUATIONS
from limit_situations import SEEN_IN as LIMIT_SITUATIONS
from security_situations import SEEN_IN as SECURITY_SITUATIONS
from station_lab import lab

from testbay.clock import VirtualLoop
from testbay_reference.station import FAULTS
from testbay_reference.station.faults import Faults

GROUP = {"idTagInfo": {"status": "Accepted", "parentIdTag": "GROUP"}}
START = {"connectorId": 1, "idTag": "TAG1"}
PENDING = {"BootNotification": [{"status": "Pending", "interval": 30}, {"interval": 100}]}


async def boots(bench):
    await bench.settle(300)
    return [(round(call.time), call.action, call.payload) for call in bench.peer.calls]


async def configures(bench):
    answers = []
    try:
        await bench.set(ConnectionTimeOut=17)
        answers.append(await bench.peer.call("GetConfiguration", {"key": ["ConnectionTimeOut"]}))
        answers.append(await bench.peer.call("GetConfiguration"))
    except TimeoutError:
        answers.append("no answer")
    return answers


async def charges(bench):
    await bench.charge()
    await bench.settle(130)
    await bench.do("present_token", id_tag="TAG1", connector=1)
    await bench.do("unplug")
    sent = bench.peer.payloads("MeterValues") + bench.peer.payloads("StopTransaction")
    return bench.peer.short(), sent


async def plugs_in(bench):
    await bench.do("plug_in")
    return bench.peer.short()


async def waits_for_the_cable(bench):
    await bench.set(ConnectionTimeOut=20)
    await bench.do("present_token", id_tag="TAG1", connector=1)
    await bench.settle(30)
    early = bench.peer.statuses()
    await bench.settle(30)
    return early, bench.peer.statuses()


async def is_refused(bench):
    bench.peer.script["Authorize"] = {"idTagInfo": {"status": "Invalid"}}
    await bench.charge()
    return bench.peer.short()


async def reads_a_group_token(bench):
    bench.peer.script |= {"Authorize": GROUP, "StartTransaction": GROUP}
    await bench.charge()
    await bench.do("present_token", id_tag="TAG2", connector=1)
    return bench.peer.short()


async def reads_a_foreign_token(bench):
    await bench.charge()
    await bench.do("present_token", id_tag="TAG2", connector=1)
    return bench.peer.short()


async def loses_the_vehicle(bench):
    await bench.charge()
    await bench.do("unplug", side="ev")
    return bench.peer.short(), bench.station.outlets[1].locked


async def keeps_charging_without_the_vehicle(bench):
    await bench.set(StopTransactionOnEVSideDisconnect=False)
    return await loses_the_vehicle(bench)


async def uses_the_cache(bench):
    await bench.set(LocalPreAuthorize=True)
    await bench.do("present_token", id_tag="TAG1", connector=1)
    await bench.do("present_token", id_tag="TAG1", connector=2)
    return bench.peer.short()


async def clears_the_cache(bench):
    await bench.set(LocalPreAuthorize=True)
    await bench.do("present_token", id_tag="TAG1", connector=1)
    await bench.peer.call("ClearCache")
    await bench.do("present_token", id_tag="TAG1", connector=2)
    return bench.peer.short()


async def starts_remotely(bench):
    await bench.peer.call("RemoteStartTransaction", START)
    await bench.settle()
    return bench.peer.short()


async def starts_remotely_without_authorize(bench):
    await bench.set(AuthorizeRemoteTxRequests=False)
    return await starts_remotely(bench)


async def stops_remotely(bench):
    await bench.charge()
    await bench.peer.call("RemoteStopTransaction", {"transactionId": 1})
    await bench.settle()
    return bench.peer.short()


async def resets(bench):
    await bench.charge()
    await bench.peer.call("ChangeAvailability", {"connectorId": 2, "type": "Inoperative"})
    await bench.settle()
    before = bench.peer.short()
    await bench.peer.call("Reset", {"type": "Hard"})
    await bench.settle(10)
    return before, bench.peer.short()


async def unlocks(bench):
    await bench.charge()
    answer = await bench.peer.call("UnlockConnector", {"connectorId": 1})
    await bench.settle()
    return answer, bench.peer.short()


async def samples_aligned(bench):
    await bench.set(MeterValueSampleInterval=0, ClockAlignedDataInterval=30)
    return await charges(bench)


LISTED = {"idTag": "TAG1", "idTagInfo": {"status": "Accepted"}}


async def sends_lists(bench):
    """Send lists that are in order, one that is too old and one that is too long."""
    statuses = []
    long = [LISTED | {"idTag": f"T{number}"} for number in range(21)]
    for version, kind, entries in (
        (2, "Full", [LISTED, LISTED | {"idTag": "TAG8"}]),
        (5, "Differential", [LISTED | {"idTag": "TAG9"}]),
        (4, "Differential", []),
        (6, "Full", long),
        (7, "Full", [LISTED | {"idTag": "TAG7"}]),
    ):
        payload = {"listVersion": version, "updateType": kind, "localAuthorizationList": entries}
        statuses.append(await bench.peer.call("SendLocalList", payload))
        statuses.append(await bench.peer.call("GetLocalListVersion"))
        if version == 5:
            await bench.set(LocalPreAuthorize=True)
            await bench.do("present_token", id_tag="TAG1", connector=1)
    await bench.do("present_token", id_tag="TAG8", connector=2)
    await bench.peer.call("Reset", {"type": "Soft"})
    await bench.settle(5)
    statuses.append(await bench.peer.call("GetLocalListVersion"))
    return statuses, bench.peer.short()


async def is_listed_and_refused(bench):
    bench.peer.script["Authorize"] = {"idTagInfo": {"status": "Invalid"}}
    payload = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [LISTED]}
    await bench.peer.call("SendLocalList", payload)
    await bench.do("present_token", id_tag="TAG1", connector=1)
    return bench.peer.short()


RESERVE = {"connectorId": 1, "reservationId": 1, "idTag": "TAG1"}
RESERVE |= {"expiryDate": "2030-01-01T00:02:00Z"}


async def reserves(bench):
    """Let another token try before the right one."""
    await bench.peer.call("ReserveNow", RESERVE)
    await bench.do("present_token", id_tag="TAG2", connector=1)
    await bench.do("plug_in")
    await bench.do("present_token", id_tag="TAG1", connector=1)
    return bench.peer.short(), await bench.peer.call("CancelReservation", {"reservationId": 1})


async def reserves_for_a_group(bench):
    bench.peer.script |= {"Authorize": GROUP}
    await bench.peer.call("ReserveNow", RESERVE | {"parentIdTag": "GROUP"})
    await bench.charge("TAG2")
    return bench.peer.short()


async def lets_a_reservation_end(bench):
    await bench.peer.call("ReserveNow", RESERVE)
    await bench.settle(130)
    await bench.do("present_token", id_tag="TAG2", connector=1)
    return bench.peer.short()


async def waits_while_reserved(bench):
    await bench.peer.call("ReserveNow", RESERVE)
    await bench.settle(90)
    return bench.peer.short()


async def cancels(bench):
    await bench.peer.call("ReserveNow", RESERVE)
    await bench.peer.call("CancelReservation", {"reservationId": 1})
    await bench.settle()
    return bench.peer.short()


async def resets_with_a_reservation(bench):
    await bench.peer.call("ReserveNow", RESERVE)
    await bench.peer.call("Reset", {"type": "Hard"})
    await bench.settle(5)
    return bench.peer.short()


async def triggers(bench):
    """Trigger one kind of message, of all connectors, and one that is rejected."""
    await bench.peer.call("TriggerMessage", {"requestedMessage": "StatusNotification"})
    early = bench.peer.short()
    await bench.settle()
    for connector in (3, 1):
        payload = {"requestedMessage": "MeterValues", "connectorId": connector}
        await bench.peer.call("TriggerMessage", payload)
        await bench.settle()
    return early, bench.peer.short()


async def stops_an_unknown_transaction(bench):
    await bench.charge()
    await bench.peer.call("RemoteStopTransaction", {"transactionId": 99})
    await bench.settle()
    return bench.peer.short()


async def charges_offline(bench):
    await bench.set(AllowOfflineTxForUnknownId=True)
    await bench.offline()
    await bench.charge()
    await bench.settle(200)
    await bench.online()
    await bench.settle(70)
    return bench.peer.short(), bench.peer.payloads("MeterValues")


async def is_refused_late(bench):
    bench.peer.script["StartTransaction"] = {"idTagInfo": {"status": "Invalid"}}
    await bench.set(StopTransactionOnInvalidId=False)
    await bench.charge()
    return bench.peer.short()


async def plugs_in_halfway(bench):
    await bench.do("present_token", id_tag="TAG1", connector=1)
    await bench.do("plug_in", side="halfway")
    return bench.peer.short()


async def charges_with_a_fault(bench):
    await bench.do("fault", connector=1)
    return await plugs_in(bench), await bench.charge(), bench.peer.short()


SEEN_IN = {
    "answers-late": configures,
    "never-answers": configures,
    "boot-retry-ignores-interval": boots,
    "boot-gives-up": boots,
    "boots-without-boot-notification": boots,
    "boots-without-status": boots,
    "boot-reports-connectors-only": boots,
    "boot-reports-always-available": resets,
    "talks-before-accepted": boots,
    "silent-while-pending": configures,
    "heartbeat-ignores-interval": boots,
    "no-heartbeat": boots,
    "never-reconnects": charges_offline,
    "preparing-not-reported": charges,
    "charging-not-reported": charges,
    "starts-without-authorize": charges,
    "starts-despite-refusal": is_refused,
    "starts-on-plug-in": plugs_in,
    "never-starts": charges,
    "ignores-connection-timeout": waits_for_the_cable,
    "connection-timeout-doubled": waits_for_the_cable,
    "never-stops": charges,
    "finishing-not-reported": charges,
    "stuck-in-finishing": charges,
    "stops-on-foreign-token": reads_a_foreign_token,
    "ignores-own-token": charges,
    "ignores-parent-token": reads_a_group_token,
    "authorizes-own-token": charges,
    "ignores-ev-disconnect": loses_the_vehicle,
    "stops-on-ev-disconnect-despite-setting": keeps_charging_without_the_vehicle,
    "stays-locked-on-ev-disconnect": loses_the_vehicle,
    "remote-stop-ignores-id": stops_an_unknown_transaction,
    "refuses-offline": charges_offline,
    "drops-offline-meter-values": charges_offline,
    "delivers-newest-values-first": charges_offline,
    "stamps-values-at-delivery": charges_offline,
    "keeps-charging-refused-token": is_refused_late,
    "stops-refused-token-despite-setting": is_refused_late,
    "starts-despite-lock-failure": plugs_in_halfway,
    "lock-failure-not-reported": plugs_in_halfway,
    "faulted-not-reported": charges_with_a_fault,
    "starts-while-faulted": charges_with_a_fault,
    "authorizes-despite-cache": uses_the_cache,
    "caches-nothing": uses_the_cache,
    "keeps-cache-after-clear": clears_the_cache,
    "authorizes-despite-local-list": sends_lists,
    "local-list-not-stored": sends_lists,
    "local-list-full-adds": sends_lists,
    "local-list-differential-replaces": sends_lists,
    "local-list-ignores-version": sends_lists,
    "local-list-without-limit": sends_lists,
    "local-list-conflict-not-reported": is_listed_and_refused,
    "forgets-local-list-after-reset": sends_lists,
    "reserved-not-reported": reserves,
    "reservation-ignored": reserves,
    "reservation-asks-about-others": reserves,
    "reservation-ignores-parent": reserves_for_a_group,
    "reservation-never-expires": lets_a_reservation_end,
    "reservation-expires-early": waits_while_reserved,
    "reservation-blocks-after-end": lets_a_reservation_end,
    "reservation-survives-transaction": reserves,
    "cancel-reservation-does-nothing": cancels,
    "forgets-reservation-after-reset": resets_with_a_reservation,
    "trigger-does-nothing": triggers,
    "triggers-before-answer": triggers,
    "trigger-first-connector-only": triggers,
    "rejected-trigger-sends": triggers,
    "authorizes-remote-start-despite-setting": starts_remotely_without_authorize,
    "remote-start-without-authorize": starts_remotely,
    "remote-start-does-nothing": starts_remotely,
    "remote-start-on-next-connector": starts_remotely,
    "remote-stop-does-nothing": stops_remotely,
    "reset-without-reboot": resets,
    "reset-keeps-transaction": resets,
    "forgets-unavailable-after-reset": resets,
    "availability-not-reported": resets,
    "unlock-keeps-transaction": unlocks,
    "unlocks-fixed-cable": unlocks,
    "configuration-not-applied": configures,
    "configuration-list-incomplete": configures,
    **LIMIT_SITUATIONS,
    "no-meter-values": charges,
    "meter-ignores-interval": charges,
    "meter-misses-measurands": charges,
    "meter-not-aligned": samples_aligned,
    "meter-never-rises": charges,
    **FILE_SITUATIONS,
}
IN_LABS_OF_THEIR_OWN = SECURITY_SITUATIONS
OPTIONS = {
    "unlocks-fixed-cable": {"cable": "fixed"},
    **dict.fromkeys(FILE_SITUATIONS, ROOTS),
}
SCRIPTS = {"silent-while-pending": PENDING}


def observed(fault, faults):
    """Return what is seen in the situation of a fault, with these faults switched on."""
    if fault in IN_LABS_OF_THEIR_OWN:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(IN_LABS_OF_THEIR_OWN[fault](faults))
    situation = SEEN_IN[fault]
    script = PENDING if situation is boots else SCRIPTS.get(fault, {})

    async def run():
        options = OPTIONS.get(fault, {})
        async with lab(deepcopy(script), faults=faults, **options) as bench:
            return await situation(bench)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(run())


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_can_be_seen(fault):
    right = observed(fault, ())
    assert right == observed(fault, ())
    assert right != observed(fault, (fault,))


def test_sentences_are_sentences():
    assert sorted([*SEEN_IN, *IN_LABS_OF_THEIR_OWN]) == sorted(FAULTS)
    for sentence in FAULTS.values():
        assert sentence[0].isupper()
        assert sentence.endswith(".")


async def test_a_fault_from_the_second_boot_on():
    async with lab(faults=("boot-reports-connectors-only@2",)) as bench:
        assert bench.peer.statuses(0) == ["Available"]
        await bench.peer.call("Reset", {"type": "Hard"})
        await bench.settle(10)
        assert bench.peer.statuses(0) == ["Available"]
        assert bench.peer.statuses(1) == ["Available", "Available"]
    with pytest.raises(ValueError, match="number of a boot"):
        Faults(("never-stops@soon",))


def test_an_unknown_fault_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="did you mean never-stops"):
        Faults(("never-stop",))


def test_the_program_asks_for_faults_that_exist_only():
    with pytest.raises(AssertionError, match="not in the list"):
        _ = "sings" in Faults(())
