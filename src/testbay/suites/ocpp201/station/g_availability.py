"""Availability, a station under test: statuses of connectors, in operation or not (G01 to G05)."""

from __future__ import annotations

from testbay.scenario.case import state
from testbay.scenario.checks import any_of, eq, one_of
from testbay.suites.ocpp201.actions import PLUG_IN_HALFWAY, UNPLUG
from testbay.suites.ocpp201.availability import (
    NO_OTHER,
    STATUSES,
    STAYS,
    STILL,
    other_goes_down,
)
from testbay.suites.ocpp201.checks import PLACE_ZERO, identifier
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import retention_lock
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

GROUP = "G. Availability"
STARTUP = one_of("type", "StartupOfTheDevice", "ResetOrReboot")
OF_STATUS = ("G01.FR.01", "N07.FR.19")
OF_EVSE = ("G03.FR.01", "G03.FR.02", "G03.FR.04")
OF_STATION = ("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05")
TOLD_BEFORE = (
    "What the station told when the preparation changed the availability is the report that is "
    "asked for after the scenario; what does not change need not be told again."
)
GOES_DOWN = (
    "Once the transaction is over the EVSE is out of operation: that the cable is taken out then "
    "changes no status. Where the transaction is not over before, the connector may tell "
    "Unavailable already when the cable is taken out, and need not tell it again after that.",
    "While the transaction goes on its connector stays in operation, which is watched for the "
    "duration that the note names (G03.FR.05, G04.FR.06).",
)
GOES_DOWN_ALONE = (*GOES_DOWN, NO_OTHER)


@station("TC_G_01_CS", "A connector becomes occupied", group=GROUP, requirements=OF_STATUS)
async def tc_g_01_cs(t: StationTest) -> None:
    await t.run(1, states.ev_connected_pre_session)


@station(
    "TC_G_02_CS",
    "A connector becomes available again",
    group=GROUP,
    requirements=OF_STATUS,
    before=(states.ev_connected_pre_session,),
)
async def tc_g_02_cs(t: StationTest) -> None:
    t.manual(UNPLUG)
    await t.connector_is(3, "Available")


@station(
    "TC_G_03_CS",
    "An EVSE is put out of operation",
    group=GROUP,
    requirements=(*OF_EVSE, "G03.FR.06"),
)
async def tc_g_03_cs(t: StationTest) -> None:
    await t.run(1, states.unavailable(evse=t.value(cfg.evse_id)))


@station(
    "TC_G_04_CS",
    "An EVSE is put back into operation",
    group=GROUP,
    requirements=(*OF_EVSE, "G03.FR.07"),
    before=(states.unavailable(evse=cfg.evse_id),),
)
async def tc_g_04_cs(t: StationTest) -> None:
    await t.change_availability(1, "Operative", evse=t.value(cfg.evse_id))
    await t.connectors_report(3, "Available", t.value(cfg.evse_id))


@station(
    "TC_G_05_CS",
    "The whole station is put out of operation",
    group=GROUP,
    requirements=(*OF_STATION, "G04.FR.07"),
)
async def tc_g_05_cs(t: StationTest) -> None:
    await t.run(1, states.unavailable)


@station(
    "TC_G_06_CS",
    "The whole station is put back into operation",
    group=GROUP,
    requirements=(*OF_STATION, "G04.FR.08"),
    before=(states.unavailable,),
)
async def tc_g_06_cs(t: StationTest) -> None:
    await t.change_availability(1, "Operative")
    await t.connectors_report(3, "Available")


@station(
    "TC_G_07_CS",
    "A connector is put out of operation",
    group=GROUP,
    requirements=(*OF_EVSE, "G03.FR.06"),
)
async def tc_g_07_cs(t: StationTest) -> None:
    here = {"evse": t.value(cfg.evse_id), "connector": t.value(cfg.connector_id)}
    await t.run(1, states.unavailable(**here))


@station(
    "TC_G_08_CS",
    "A connector is put back into operation",
    group=GROUP,
    requirements=(*OF_EVSE, "G03.FR.07"),
    before=(states.unavailable(evse=cfg.evse_id, connector=cfg.connector_id),),
)
async def tc_g_08_cs(t: StationTest) -> None:
    evse, connector = t.value(cfg.evse_id), t.value(cfg.connector_id)
    await t.change_availability(1, "Operative", evse=evse, connector=connector)
    await t.connector_is(3, "Available", evse, connector)


@station(
    "TC_G_09_CS",
    "An EVSE in operation is put into operation",
    group=GROUP,
    requirements=("G03.FR.01", "G03.FR.02", "G03.FR.03", "G03.FR.04"),
    readings=(STAYS,),
)
async def tc_g_09_cs(t: StationTest) -> None:
    await t.change_availability(1, "Operative", evse=t.value(cfg.evse_id))
    await t.stay_available("post")


@station(
    "TC_G_10_CS",
    "An EVSE out of operation is put out of operation",
    group=GROUP,
    requirements=("G03.FR.01", "G03.FR.02", "G03.FR.03", "G03.FR.04"),
    before=(states.unavailable(evse=cfg.evse_id),),
    readings=(TOLD_BEFORE, STAYS),
)
async def tc_g_10_cs(t: StationTest) -> None:
    await t.change_availability(1, "Inoperative", evse=t.value(cfg.evse_id))
    await t.stay_unavailable("post", cfg.evse_id)


@station(
    "TC_G_11_CS",
    "An EVSE is put out of operation during a transaction",
    group=GROUP,
    requirements=(*OF_EVSE, "G03.FR.05"),
    before=(states.energy_transfer_started,),
    readings=GOES_DOWN_ALONE,
)
async def tc_g_11_cs(t: StationTest) -> None:
    await t.change_availability(1, "Inoperative", "Scheduled", evse=t.value(cfg.evse_id))
    async with t.forbid("post", *STATUSES, where=other_goes_down(cfg.evse_id)):
        await t.goes_on_until_over(2)
        await t.run(3, states.stop_authorized)
        await t.down_once_over(4)
        await t.run(6, states.ev_connected_post_session)
        await t.down_once_over(7)
        await t.run(9, states.ev_disconnected(down=True))
        await t.down_once_over(10)
        await t.run(12, states.parking_bay_unoccupied)
        await t.down_once_over(13)
        await t.wait(cfg.settle_time, STILL)


@station(
    "TC_G_12_CS",
    "A station in operation is put into operation",
    group=GROUP,
    requirements=(*OF_STATION, "G04.FR.04"),
    readings=(TOLD_BEFORE, STAYS),
)
async def tc_g_12_cs(t: StationTest) -> None:
    await t.change_availability(1, "Operative")
    await t.stay_available("post")


@station(
    "TC_G_13_CS",
    "A station out of operation is put out of operation",
    group=GROUP,
    requirements=(*OF_STATION, "G04.FR.04"),
    before=(states.unavailable,),
    readings=(
        "Step 3: nothing has changed, so that the station need not tell it again; what it tells "
        "must be Unavailable.",
    ),
)
async def tc_g_13_cs(t: StationTest) -> None:
    await t.change_availability(1, "Inoperative")
    await t.stay_unavailable(3)


@station(
    "TC_G_14_CS",
    "The whole station is put out of operation during a transaction",
    group=GROUP,
    requirements=(*OF_STATION, "G04.FR.06"),
    before=(states.energy_transfer_started,),
    readings=GOES_DOWN,
)
async def tc_g_14_cs(t: StationTest) -> None:
    await t.change_availability(1, "Inoperative", "Scheduled")
    await t.goes_on_until_over(2, others=True)
    await t.run(5, states.stop_authorized)
    await t.down_once_over(6)
    await t.run(8, states.ev_connected_post_session)
    await t.down_once_over(9)
    await t.run(11, states.ev_disconnected(down=True))
    await t.down_once_over(12)
    await t.run(14, states.parking_bay_unoccupied)
    await t.down_once_over(15)


@station(
    "TC_G_15_CS",
    "A connector in operation is put into operation",
    group=GROUP,
    requirements=("G03.FR.01", "G03.FR.02", "G03.FR.03", "G03.FR.04"),
    readings=(TOLD_BEFORE, STAYS),
)
async def tc_g_15_cs(t: StationTest) -> None:
    evse, connector = t.value(cfg.evse_id), t.value(cfg.connector_id)
    await t.change_availability(1, "Operative", evse=evse, connector=connector)
    await t.stay_available("post")


@station(
    "TC_G_16_CS",
    "A connector out of operation is put out of operation",
    group=GROUP,
    requirements=("G03.FR.01", "G03.FR.02", "G03.FR.03", "G03.FR.04"),
    before=(states.unavailable(evse=cfg.evse_id, connector=cfg.connector_id),),
    readings=(TOLD_BEFORE, STAYS, "It is the connector that is out of operation before."),
)
async def tc_g_16_cs(t: StationTest) -> None:
    evse, connector = t.value(cfg.evse_id), t.value(cfg.connector_id)
    await t.change_availability(1, "Inoperative", evse=evse, connector=connector)
    await t.stay_unavailable("post", cfg.evse_id, cfg.connector_id)


@station(
    "TC_G_17_CS",
    "A connector is put out of operation during a transaction",
    group=GROUP,
    requirements=(*OF_EVSE, "G03.FR.05"),
    before=(states.energy_transfer_started,),
    readings=GOES_DOWN_ALONE,
)
async def tc_g_17_cs(t: StationTest) -> None:
    evse, connector = t.value(cfg.evse_id), t.value(cfg.connector_id)
    await t.change_availability(1, "Inoperative", "Scheduled", evse=evse, connector=connector)
    async with t.forbid("post", *STATUSES, where=other_goes_down(cfg.evse_id, cfg.connector_id)):
        await t.goes_on_until_over(2)
        await t.run(3, states.stop_authorized)
        await t.down_once_over(4, connector)
        await t.run(6, states.ev_connected_post_session)
        await t.down_once_over(7, connector)
        await t.run(9, states.ev_disconnected(down=True))
        await t.down_once_over(10, connector)
        await t.run(12, states.parking_bay_unoccupied)
        await t.down_once_over(13, connector)
        await t.wait(cfg.settle_time, STILL)


@station(
    "TC_G_18_CS",
    "An EVSE stays out of operation over a restart",
    group=GROUP,
    requirements=("G01.FR.01", "G03.FR.08"),
    readings=(
        "The preparation and the steps 1 to 4 are the same thing; it is done once, in the steps.",
        NO_OTHER,
    ),
)
async def tc_g_18_cs(t: StationTest) -> None:
    evse = t.value(cfg.evse_id)
    await t.change_availability(1, "Inoperative", evse=evse)
    other = any_of(other_goes_down(cfg.evse_id), PLACE_ZERO)
    async with t.forbid(3, *STATUSES, where=other):
        await t.connectors_report(3, "Unavailable", evse)
        await t.wait(cfg.settle_time, STILL)
    await t.run(5, states.booted(but={evse: "Unavailable"}))


@station(
    "TC_G_19_CS",
    "A connector stays out of operation over a restart",
    group=GROUP,
    requirements=("G03.FR.08",),
    before=(states.unavailable(evse=cfg.evse_id, connector=cfg.connector_id),),
)
async def tc_g_19_cs(t: StationTest) -> None:
    here = (t.value(cfg.evse_id), t.value(cfg.connector_id))
    await t.run(1, states.booting)
    await t.expect(2, "BootNotification", within=cfg.reboot_time)
    told = t.expect(6, "SecurityEventNotification", where=STARTUP)
    async with t.forbid(4, "StatusNotification", where=PLACE_ZERO):
        await t.any_order(*t.connectors(4, "Available", but={here: "Unavailable"}), told)


@state("EVConnectedPreSession, with a cable that is not in fully")
async def cable_halfway(t: StationTest) -> None:
    await t.reach(states.parking_bay_occupied)
    t.manual(PLUG_IN_HALFWAY)
    await t.connector_is(1, "Occupied")
    await t.wait(cfg.settle_time, "a station to which the vehicle is connected has told it then")
    session = t.session()
    if t.model.transaction(t.value(cfg.evse_id)) and not session.running:
        t.should_be(cable=True)
        session.begun = True


@station(
    "TC_G_20_CS",
    "A cable that does not lock is reported and does not charge",
    group=GROUP,
    requires=retention_lock,
    requirements=("G05.FR.01", "G05.FR.02"),
    before=(cable_halfway,),
    readings=(
        "The cable is put in only halfway, so that it cannot lock. Whether the vehicle counts as "
        "connected by that, so that a transaction begins, is up to the station.",
        "That it does not charge is watched for silence_time after it has told of the lock.",
    ),
)
async def tc_g_20_cs(t: StationTest) -> None:
    async with t.forbid(
        "post", "TransactionEvent", where=eq("transactionInfo.chargingState", "Charging")
    ):
        await t.run(1, states.authorized)
        await t.expect(
            2,
            "NotifyEvent",
            eq("eventData[0].trigger", "Delta"),
            identifier("eventData[0].variable.name", "Problem"),
            eq("eventData[0].actualValue", "true"),
            where=identifier("eventData[0].component.name", "ConnectorPlugRetentionLock"),
        )
        await t.wait(cfg.silence_time, "what does not charge shows that only with time")


@station(
    "TC_G_21_CS",
    "The whole station stays out of operation over a restart",
    group=GROUP,
    requirements=("G04.FR.09",),
    before=(states.unavailable,),
)
async def tc_g_21_cs(t: StationTest) -> None:
    await t.run(1, states.booting)
    await t.expect(2, "BootNotification", within=cfg.reboot_time)
    told = t.expect(6, "SecurityEventNotification", where=STARTUP)
    async with t.forbid(4, "StatusNotification", where=PLACE_ZERO):
        await t.any_order(*t.connectors(4, "Unavailable"), told)
