"""Transactions, a CSMS under test: it asks what is still to come of one (E14)."""

from __future__ import annotations

from testbay.scenario.checks import omitted
from testbay.suites.ocpp201.actions import ASK_QUEUE, ASK_TRANSACTION
from testbay.suites.ocpp201.checks import identifier
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.csms_test import CsmsTest
from testbay.suites.ocpp201.features import ask_transaction
from testbay.suites.ocpp201.registry import csms
from testbay.suites.ocpp201.states import csms as states

GROUP = "E. Transactions"
NONE_NAMED = omitted("transactionId")
OTHERS = "Questions about other transactions, which a CSMS may ask at any time, are let pass."
LATE = "What happened offline carries the time at which it happened."


@csms(
    "TC_E_29_CSMS",
    "A transaction that runs is asked about, and an event of it is still to come",
    group=GROUP,
    requirements=("E14.FR.02", "E14.FR.04"),
    requires=ask_transaction,
    before=(states.energy_transfer_started,),
    readings=(OTHERS, LATE),
)
async def tc_e_29_csms(t: CsmsTest) -> None:
    this = identifier("transactionId", t.transaction)
    await t.go_offline(1, waiting=1)
    await t.wait(cfg.transaction_duration, "the station is offline for this long")
    when = t.stamp()
    meter = t.meter_value("Sample.Periodic", at=when)
    await t.come_back(2)
    answer = {"ongoingIndicator": True, "messagesInQueue": True}
    await t.asks_status(3, ASK_TRANSACTION, this, answer)
    why = "MeterValuePeriodic"
    await t.tx(5, "Updated", why, meterValue=meter, offline=True, timestamp=when)


@csms(
    "TC_E_30_CSMS",
    "A transaction that runs is asked about, and no event of it is still to come",
    group=GROUP,
    requirements=("E14.FR.02", "E14.FR.05"),
    requires=ask_transaction,
    before=(states.energy_transfer_started,),
    readings=(OTHERS,),
)
async def tc_e_30_csms(t: CsmsTest) -> None:
    this = identifier("transactionId", t.transaction)
    answer = {"ongoingIndicator": True, "messagesInQueue": False}
    await t.asks_status(1, ASK_TRANSACTION, this, answer)


@csms(
    "TC_E_31_CSMS",
    "A transaction that has ended is asked about, and events of it are still to come",
    group=GROUP,
    requirements=("E14.FR.03", "E14.FR.04"),
    requires=ask_transaction,
    before=(states.energy_transfer_started,),
    readings=(OTHERS, LATE, "The validation is given for step 5; it belongs to step 7."),
)
async def tc_e_31_csms(t: CsmsTest) -> None:
    this = identifier("transactionId", t.transaction)
    of = t.running
    await t.go_offline(1, waiting=3)
    stopped = t.stamp()
    await t.wait(cfg.transaction_duration, "the station is offline for this long")
    ended = t.stamp()
    await t.come_back(2)
    await t.status(3, "Available")
    info = {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}
    lost = "EVCommunicationLost"
    last = of.seq + 2
    await t.tx(5, "Ended", lost, info=info, of=of, seqNo=last, timestamp=ended, offline=True)
    answer = {"ongoingIndicator": False, "messagesInQueue": True}
    await t.asks_status(7, ASK_TRANSACTION, this, answer)
    first = of.seq
    why = "StopAuthorized"
    await t.tx(9, "Updated", why, of=of, seqNo=first, timestamp=stopped, offline=True)
    info = {"chargingState": "EVConnected"}
    why, second = "ChargingStateChanged", of.seq + 1
    await t.tx(11, "Updated", why, info=info, of=of, seqNo=second, timestamp=stopped, offline=True)


@csms(
    "TC_E_33_CSMS",
    "No transaction is named, and an event is still to come",
    group=GROUP,
    requirements=("E14.FR.06", "E14.FR.07"),
    requires=ask_transaction,
    before=(states.energy_transfer_started,),
    readings=(OTHERS, LATE),
)
async def tc_e_33_csms(t: CsmsTest) -> None:
    await t.go_offline(1, waiting=1)
    await t.wait(cfg.transaction_duration, "the station is offline for this long")
    when = t.stamp()
    meter = t.meter_value("Sample.Periodic", at=when)
    await t.come_back(2)
    answer = {"messagesInQueue": True}
    await t.asks_status(3, ASK_QUEUE, NONE_NAMED, answer)
    why = "MeterValuePeriodic"
    await t.tx(5, "Updated", why, meterValue=meter, offline=True, timestamp=when)


@csms(
    "TC_E_34_CSMS",
    "No transaction is named, and nothing is still to come",
    group=GROUP,
    requirements=("E14.FR.06", "E14.FR.08"),
    requires=ask_transaction,
    readings=(OTHERS,),
)
async def tc_e_34_csms(t: CsmsTest) -> None:
    answer = {"messagesInQueue": False}
    await t.asks_status(1, ASK_QUEUE, NONE_NAMED, answer)
