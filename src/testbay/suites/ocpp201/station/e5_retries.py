"""Transactions, a station under test: events that the CSMS does not take (E13)."""

from __future__ import annotations

from testbay.scenario.case import state
from testbay.scenario.checks import all_of, eq
from testbay.scenario.many import times
from testbay.scenario.values import NO_ANSWER, CallError, pick
from testbay.scenario.verdict import NotDone
from testbay.suites.ocpp201.actions import EV_NOT_READY
from testbay.suites.ocpp201.checks import CHARGING_STATE, TRANSACTION_ID
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.offline import COMM, Asks, Gaps
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import Variable, setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

GROUP = "E. Transactions"
EVENT = "TransactionEvent"
PAUSE = cfg.message_attempts_transaction_event_interval
TIMEOUT = Variable(COMM, "MessageTimeout", "Default")
REFUSED = CallError("InternalError")
SIGNED = eq("triggerReason", "SignedDataReceived")
SUSPENDED = (eq("triggerReason", "ChargingStateChanged"), eq(CHARGING_STATE, "SuspendedEVSE"))


@state("MessageTimeout is known")
async def message_timeout_known(t: StationTest) -> None:
    if not await t.known(TIMEOUT):
        raise NotDone("not implemented", f"the station does not have {TIMEOUT}")


@state("An event is still to come")
async def event_to_come(t: StationTest) -> None:
    told = [m for m in t.received(EVENT) if m.claimed]
    if told and pick(told[-1], CHARGING_STATE) == "Charging":
        t.manual(EV_NOT_READY)


RETRIES = (
    setting(COMM, "MessageAttempts", cfg.message_attempts_transaction_event, EVENT),
    setting(COMM, "MessageAttemptInterval", PAUSE, EVENT),
    message_timeout_known,
    states.authorized,
    states.ev_connected_pre_session,
    event_to_come,
)
TWO = Asks(
    "message_attempts_transaction_event is 2 at least",
    lambda t: t.value(cfg.message_attempts_transaction_event) >= 2,
)
THREE = Asks(
    "message_attempts_transaction_event is 3 at least",
    lambda t: t.value(cfg.message_attempts_transaction_event) >= 3,
)
OF_RETRIES = ("E13.FR.01", "E13.FR.02", "E13.FR.03")
ANY = (
    "Step 5 is whatever event comes next, meter values too. Where the cable has made energy flow "
    "and the station has said so by the same event, the vehicle stops taking it, so that one comes."
)
WATCHED = (
    "The tool watches for one attempt more than is configured, with the pause that would belong "
    "to it and max_time_deviation, that no other comes."
)


def pauses(t: StationTest, timeout: float = 0.0) -> list[float]:
    """Return how long after each attempt the next one is due, after the last one too."""
    pause = float(t.value(PAUSE))
    tries = int(t.value(cfg.message_attempts_transaction_event))
    return [n * pause + timeout for n in range(1, tries + 1)]


@station(
    "TC_E_41_CS",
    "An event that is never answered is sent again until that is enough",
    group=GROUP,
    requirements=(*OF_RETRIES, "E13.FR.04"),
    before=(TWO, *RETRIES),
    readings=(ANY, WATCHED),
)
async def tc_e_41_cs(t: StationTest) -> None:
    slack, timeout = t.value(cfg.max_time_deviation), float(await t.known(TIMEOUT) or 0)
    waits = pauses(t, timeout)
    *_, first = await t.sequence(
        t.maybe(1, EVENT, where=SIGNED),
        t.maybe(3, EVENT, *SUSPENDED),
        t.expect(5, EVENT, reply=NO_ANSWER),
    )
    transaction = eq(TRANSACTION_ID, first["transactionInfo"]["transactionId"])
    same = all_of(transaction, eq("seqNo", first["seqNo"]))
    more = t.expect(5, EVENT, where=same, reply=NO_ANSWER)
    [repeated] = await t.collect(more, during=sum(waits) + slack)
    gaps = Gaps(PAUSE, timeout, cfg.max_time_deviation)
    t.review(5, [first, *repeated], times(len(waits)), gaps)


@station(
    "TC_E_42_CS",
    "An event that is answered at the second attempt is not sent again",
    group=GROUP,
    requirements=OF_RETRIES,
    before=(THREE, *RETRIES),
    readings=(ANY, WATCHED),
)
async def tc_e_42_cs(t: StationTest) -> None:
    slack, timeout = t.value(cfg.max_time_deviation), float(await t.known(TIMEOUT) or 0)
    [wait, next_wait, *_] = pauses(t, timeout)
    *_, first = await t.sequence(
        t.maybe(1, EVENT, where=SIGNED),
        t.maybe(3, EVENT, *SUSPENDED),
        t.expect(5, EVENT, reply=NO_ANSWER),
    )
    transaction = eq(TRANSACTION_ID, first["transactionInfo"]["transactionId"])
    same = all_of(transaction, eq("seqNo", first["seqNo"]))
    second = await t.expect(5, EVENT, where=same, within=wait + t.timeout)
    t.review(5, [first, second], Gaps(PAUSE, timeout, cfg.max_time_deviation))
    await t.nothing(5, EVENT, where=same, during=next_wait + slack)


@station(
    "TC_E_50_CS",
    "An event that is always refused is sent again until that is enough",
    group=GROUP,
    requirements=(*OF_RETRIES, "E13.FR.04"),
    before=(TWO, *RETRIES),
    readings=(ANY, WATCHED),
)
async def tc_e_50_cs(t: StationTest) -> None:
    slack, waits = t.value(cfg.max_time_deviation), pauses(t)
    *_, first = await t.sequence(
        t.maybe(1, EVENT, where=SIGNED),
        t.maybe(3, EVENT, *SUSPENDED),
        t.expect(5, EVENT, reply=REFUSED),
    )
    transaction = eq(TRANSACTION_ID, first["transactionInfo"]["transactionId"])
    same = all_of(transaction, eq("seqNo", first["seqNo"]))
    more = t.expect(5, EVENT, where=same, reply=REFUSED)
    [repeated] = await t.collect(more, during=sum(waits) + slack)
    gaps = Gaps(PAUSE, 0, cfg.max_time_deviation)
    t.review(5, [first, *repeated], times(len(waits)), gaps)


@station(
    "TC_E_51_CS",
    "An event that is refused once is not sent again after the second attempt",
    group=GROUP,
    requirements=OF_RETRIES,
    before=(THREE, *RETRIES),
    readings=(
        ANY,
        WATCHED,
        "The text adds MessageTimeout to the interval, as if there was no answer; a CALLERROR is "
        "one (TC_E_50_CS, E13.FR.03). Either interval will do, and what lies between.",
    ),
)
async def tc_e_51_cs(t: StationTest) -> None:
    slack, timeout = t.value(cfg.max_time_deviation), float(await t.known(TIMEOUT) or 0)
    [wait, next_wait, *_] = pauses(t)
    *_, first = await t.sequence(
        t.maybe(1, EVENT, where=SIGNED),
        t.maybe(3, EVENT, *SUSPENDED),
        t.expect(5, EVENT, reply=REFUSED),
    )
    transaction = eq(TRANSACTION_ID, first["transactionInfo"]["transactionId"])
    same = all_of(transaction, eq("seqNo", first["seqNo"]))
    second = await t.expect(5, EVENT, where=same, within=wait + timeout + t.timeout)
    gaps = Gaps(PAUSE, timeout, cfg.max_time_deviation, optional=True)
    t.review(5, [first, second], gaps)
    await t.nothing(5, EVENT, where=same, during=next_wait + timeout + slack)
