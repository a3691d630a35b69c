"""Transactions, a station under test: what it does while it is offline (E08, E11, E12)."""

from __future__ import annotations

from testbay.scenario.case import if_implemented
from testbay.scenario.checks import all_of, any_of, eq
from testbay.scenario.configured import Plus
from testbay.scenario.features import Not
from testbay.scenario.many import Every, Some
from testbay.suites.ocpp201.actions import PRESENT_TO_STOP
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    local_authorization,
    offline_authorization,
    start_button,
)
from testbay.suites.ocpp201.offline import (
    AWAY,
    HAS_TOKEN,
    LOST,
    METERED,
    NO_STATE,
    OFFLINE,
    QUEUED,
    QUEUES,
    REMEMBERS,
    SAMPLED,
    STILL_ONLINE,
    vehicle_leaves,
    while_away,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

GROUP = "E. Transactions"
ENDED = eq("eventType", "Ended")
OF_STOP = ("E08.FR.04", "E08.FR.05", "E08.FR.06", "E08.FR.07", "E08.FR.08")
BY_TOKEN = Some(eq("triggerReason", "StopAuthorized"))
TOKEN_ENDS_IT = (
    "One of the events tells that it was the token (E08.FR.01, E08.FR.02, E06.FR.15): the cable, "
    "which is taken out afterwards, may end the transaction as well."
)
STEP_BY_STEP = "Between what the driver does settle_time passes, as nothing can be seen of it."


@station(
    "TC_E_40_CS",
    "Connection lost during a transaction",
    group=GROUP,
    requirements=("E11.FR.01", "E11.FR.02", "E11.FR.06"),
    before=(
        if_implemented(setting(SAMPLED, "Enabled", "true")),
        *QUEUES,
        states.energy_transfer_started,
    ),
    readings=(
        *LOST,
        NO_STATE,
        STILL_ONLINE,
        "Which events are from the time without a connection is told by their time stamps, "
        "compared with that of an event from before; the first event is one of them anyway.",
    ),
)
async def tc_e_40_cs(t: StationTest) -> None:
    [*_, before] = t.received("TransactionEvent")
    await t.lose_connection(1)
    await t.wait(cfg.retry_back_off_wait_minimum, "meter values are queued meanwhile")
    await t.restore_connection(2)
    [*_, connected] = t.received("@connect")
    of_it = all_of(METERED, any_of(OFFLINE, t.since_lost()))
    first = await t.expect(3, "TransactionEvent", *QUEUED, where=of_it)
    more = Plus(cfg.transaction_updated_meter_values_interval, cfg.settle_time)
    [events] = await t.collect(t.expect(3, "TransactionEvent", where=of_it), during=more)
    queued = while_away(before, connected, events, t.value(cfg.max_time_deviation))
    t.review(3, [first, *queued], *(Every(check) for check in QUEUED))


@station(
    "TC_E_43_CS",
    "A whole transaction while offline",
    group=GROUP,
    requires=local_authorization & (offline_authorization | start_button),
    requirements=("E12.FR.01", "E12.FR.02", "E12.FR.06"),
    before=(states.transaction_events_in_queue_ended,),
    readings=(*LOST, "As changed by erratum 6.2.54: the transaction takes place before."),
)
async def tc_e_43_cs(t: StationTest) -> None:
    event = t.expect(1, "TransactionEvent", OFFLINE)
    [events] = await t.collect(event, until=ENDED)
    t.review(1, events, Some(eq("eventType", "Started")))


@station(
    "TC_E_44_CS",
    "A transaction ended while offline",
    group=GROUP,
    requires=local_authorization,
    requirements=("E08.FR.01", *OF_STOP),
    before=(*AWAY, states.energy_transfer_started),
    readings=(*LOST, STEP_BY_STEP, TOKEN_ENDS_IT),
)
async def tc_e_44_cs(t: StationTest) -> None:
    await t.lose_connection(1)
    t.manual(PRESENT_TO_STOP)
    await t.reach(vehicle_leaves)
    await t.restore_connection(2)
    [events] = await t.collect(t.expect(3, "TransactionEvent", OFFLINE), until=ENDED)
    t.review(3, events, BY_TOKEN)


@station(
    "TC_E_45_CS",
    "A transaction ended while offline, by another token of the same group",
    group=GROUP,
    requires=local_authorization & Not(start_button),
    requirements=("E08.FR.02", *OF_STOP),
    needs=(HAS_TOKEN, REMEMBERS),
    before=(
        *AWAY,
        states.tokens_grouped,
        if_implemented(states.id_token_cached(second=True)),
        if_implemented(states.id_token_local_auth_list(second=True, grouped=True)),
        states.energy_transfer_started,
    ),
    readings=(
        *LOST,
        STEP_BY_STEP,
        TOKEN_ENDS_IT,
        "The cache is filled before the list: a token that is listed need not be asked about.",
    ),
)
async def tc_e_45_cs(t: StationTest) -> None:
    other = {"id_token": cfg.valid_idtoken2_idtoken, "type": cfg.valid_idtoken2_type}
    await t.lose_connection(1)
    t.manual(PRESENT_TO_STOP(**other))
    await t.reach(vehicle_leaves)
    await t.restore_connection(2)
    [events] = await t.collect(t.expect(3, "TransactionEvent", OFFLINE), until=ENDED)
    t.review(3, events, BY_TOKEN)
