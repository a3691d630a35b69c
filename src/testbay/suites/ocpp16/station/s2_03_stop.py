"""Section 2.3: a charging session is stopped at the station, or by unplugging the vehicle."""

from __future__ import annotations

from functools import partial

from testbay.scenario.case import if_implemented
from testbay.scenario.checks import eq, one_of
from testbay.scenario.features import Not
from testbay.suites.ocpp16.actions import PRESENT_TOKEN, UNPLUG_EV, UNPLUG_STATION
from testbay.suites.ocpp16.checks import HERE, other_text, same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import (
    fixed_cable,
    local_stop,
    mechanical_lock,
    shared_reader,
)
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting, can_be, has_key, writable
from testbay.suites.ocpp16.states.station import charging, others_occupied
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.3 Stopping a charging session")

EV_STOPS, EV_UNLOCKS = "StopTransactionOnEVSideDisconnect", "UnlockConnectorOnEVSideDisconnect"
AT_ONCE = if_implemented(Setting("MinimumStatusDuration", "0"))
OPTIONAL = "MinimumStatusDuration is an optional key; without it statuses are reported at once."
NO_KEY = (
    f"{EV_STOPS} is an optional key (errata 3.80); a station without it does not stop at the "
    "vehicle's side (4.10), so the case does not apply."
)


@case(
    "TC_068_CS",
    "Only the token that started the transaction stops it",
    requires=local_stop,
    before=(charging,),
    readings=(
        "How long the other token must be without effect is the configured silence_time.",
        "Where one reader serves several connectors, an Authorize for the other token is allowed.",
    ),
)
async def tc_068_cs(t: StationTest) -> None:
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag_2))
    if t.has(shared_reader):
        await t.nothing(1, "StopTransaction", during=cfg.silence_time)
    else:
        await t.nothing(1, "Authorize", "StopTransaction", during=cfg.silence_time)
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
    await t.expect(3, "StopTransaction", same_text("idTag", cfg.valid_id_tag))
    await t.expect(5, "StatusNotification", eq("status", "Finishing"), where=HERE)


SAME_GROUP = {"idTagInfo": {"status": "Accepted", "parentIdTag": cfg.parent_id_tag}}


@case(
    "TC_069_CS",
    "Another token of the same group stops the transaction",
    requires=local_stop,
    before=(others_occupied, charging(parent=cfg.parent_id_tag)),
    readings=("The other token is the second valid one; the answers put both into one group.",),
)
async def tc_069_cs(t: StationTest) -> None:
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag_2))
    other = other_text("idTag", cfg.valid_id_tag)
    authorize = await t.expect(1, "Authorize", other, reply=SAME_GROUP)
    tag = same_text("idTag", authorize["idTag"])
    await t.expect(3, "StopTransaction", tag, reply=SAME_GROUP)
    await t.expect(5, "StatusNotification", eq("status", "Finishing"), where=HERE)


@case(
    "TC_005_1_CS",
    "Unplugged at the vehicle: transaction stops, connector unlocks",
    requires=Not(fixed_cable) & mechanical_lock,
    needs=(has_key(EV_STOPS, "true"), can_be(EV_UNLOCKS, "true")),
    before=(AT_ONCE, Setting(EV_STOPS, "true"), Setting(EV_UNLOCKS, "true"), charging),
    readings=(
        OPTIONAL,
        NO_KEY,
        "The status that the text validates at step 6 is that of step 5.",
    ),
)
async def tc_005_1_cs(t: StationTest) -> None:
    t.manual(UNPLUG_EV)
    await t.expect(1, "StopTransaction", eq("reason", "EVDisconnected"))
    await t.expect(3, "StatusNotification", eq("status", "Finishing"), where=HERE)
    t.manual(UNPLUG_STATION)
    await t.expect(5, "StatusNotification", eq("status", "Available"), where=HERE)


@case(
    "TC_005_2_CS",
    "Unplugged at the vehicle: transaction stops, connector stays locked",
    needs=(has_key(EV_STOPS, "true"), can_be(EV_UNLOCKS, "false")),
    before=(AT_ONCE, Setting(EV_STOPS, "true"), Setting(EV_UNLOCKS, "false"), charging),
    readings=(
        OPTIONAL,
        NO_KEY,
        "The two values that the text has lost are those of its title.",
    ),
)
async def tc_005_2_cs(t: StationTest) -> None:
    t.manual(UNPLUG_EV)
    ended = one_of("status", "Finishing", "Available")
    await t.any_order(
        t.expect(1, "StopTransaction", eq("reason", "EVDisconnected")),
        t.expect(3, "StatusNotification", ended, where=HERE),
    )
    unlock = {"connectorId": cfg.connector_id}
    await t.call(5, "UnlockConnector", unlock, one_of("status", "Unlocked", "NotSupported"))
    if not t.has(fixed_cable):
        t.manual(UNPLUG_STATION)
        await t.expect(7, "StatusNotification", eq("status", "Available"), where=HERE)


SUSPENDED = one_of("status", "SuspendedEV", "SuspendedEVSE")
BECAUSE = same_text("info", "EV side disconnected")


@case(
    "TC_005_3_CS",
    "Unplugged at the vehicle: transaction goes on until it is stopped remotely",
    needs=(writable(EV_STOPS), can_be(EV_UNLOCKS, "false")),
    before=(AT_ONCE, Setting(EV_STOPS, "false"), Setting(EV_UNLOCKS, "false"), charging),
    readings=(
        OPTIONAL,
        "The two values that the text has lost are those of its title.",
        "Where both suspended statuses are reported, the second one comes within settle_time.",
    ),
)
async def tc_005_3_cs(t: StationTest) -> None:
    t.manual(UNPLUG_EV)
    async with t.forbid(1, "StopTransaction"):
        await t.expect(1, "StatusNotification", SUSPENDED, BECAUSE, where=HERE)
        await t.maybe(1, "StatusNotification", SUSPENDED, BECAUSE, HERE, within=cfg.settle_time)
    stop = {"transactionId": t.transaction}
    await t.call(3, "RemoteStopTransaction", stop, eq("status", "Accepted"))
    if t.has(fixed_cable):
        ended = one_of("status", "Finishing", "Available")
        status = t.expect(5, "StatusNotification", ended, where=HERE)
    else:
        status = t.expect(5, "StatusNotification", eq("status", "Finishing"), where=HERE)
    await t.any_order(status, t.expect(7, "StopTransaction", eq("reason", "Remote")))
