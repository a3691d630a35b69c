"""Transactions, a station under test: when and how they begin (E01 to E03)."""

from __future__ import annotations

from testbay.scenario.case import if_implemented, if_writable
from testbay.scenario.checks import eq, present
from testbay.scenario.features import Not
from testbay.suites.ocpp201.actions import PLUG_IN
from testbay.suites.ocpp201.checks import ACCEPTED, CHARGING_STATE, TIMED_OUT, OfSigned
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    bay_sensor,
    cable_lock,
    local_authorization,
    signing_meter,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import Including, can_be, setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import LOCAL, REMOTE, StationTest
from testbay.suites.ocpp201.waiting import NO_EVENT, ON_TIME

GROUP = "E. Transactions"
START = ("TxCtrlr", "TxStartPoint")
POWER_PATH = Including(
    "PowerPathClosed", ("ParkingBayOccupancy", "EVConnected", "Authorized", "DataSigned")
)
ENERGY = Including("EnergyTransfer", (*POWER_PATH.without, "PowerPathClosed"))
CONNECTED = Including("EVConnected", ("ParkingBayOccupancy",))
AUTHORIZED = Including("Authorized")
SIGNED = Including("DataSigned", ("ParkingBayOccupancy", "EVConnected", "Authorized"))
BAY = Including("ParkingBayOccupancy")
OF_START = ("E01.FR.07", "E01.FR.10", "E01.FR.15", "E01.FR.16")
OF_LOCAL = ("C01.FR.02", "C02.FR.01", "C06.FR.02")
AUTHORIZES = (
    if_implemented(if_writable(setting("AuthCtrlr", "Enabled", "true"))),
    if_implemented(setting("AuthCtrlr", "DisableRemoteAuthorization", "false")),
)
NOT_EARLIER = (
    "The start points that would begin the transaction earlier are taken away where they can be: "
    "part 5 wants a station to which that is possible."
)
TO_THE_END = "As changed by erratum 6.2.44: the session goes on until energy flows."


@station(
    "TC_E_01_CS",
    "A transaction begins when the power path closes",
    group=GROUP,
    requirements=("E01.FR.05", *OF_START),
    needs=(can_be(*START, POWER_PATH),),
    before=(setting(*START, POWER_PATH), states.authorized),
    readings=(NOT_EARLIER, TO_THE_END),
)
async def tc_e_01_cs(t: StationTest) -> None:
    await t.run(1, states.ev_connected_pre_session)
    await t.run(2, states.energy_transfer_started)


@station(
    "TC_E_02_CS",
    "A transaction begins when energy flows",
    group=GROUP,
    requirements=("E01.FR.06", *OF_START),
    needs=(can_be(*START, ENERGY),),
    before=(setting(*START, ENERGY), states.authorized),
    readings=(NOT_EARLIER,),
)
async def tc_e_02_cs(t: StationTest) -> None:
    t.manual(PLUG_IN)
    await t.connector_is(1, "Occupied")
    t.should_be(energy=True)
    charging = eq(CHARGING_STATE, "Charging")
    reasons = ("ChargingStateChanged", "Authorized")
    await t.tx_event(3, reasons, charging, kind="Started", reply=ACCEPTED)


@station(
    "TC_E_03_CS",
    "A session begins with the cable, then somebody authorizes it at the station",
    group=GROUP,
    requires=local_authorization & Not(cable_lock),
    requirements=(
        *("E02.FR.01", "E02.FR.05", "E02.FR.06", "E02.FR.07", "E02.FR.13", "E02.FR.15"),
        *("E02.FR.16", "E02.FR.17", "E01.FR.16", *OF_LOCAL),
    ),
    before=(*AUTHORIZES, states.ev_connected_pre_session),
)
async def tc_e_03_cs(t: StationTest) -> None:
    await t.run(1, states.authorized(by=LOCAL))
    await t.run(2, states.energy_transfer_started)


@station(
    "TC_E_04_CS",
    "A session begins with an authorization at the station, then the cable comes",
    group=GROUP,
    requires=local_authorization,
    requirements=("E03.FR.01", "E03.FR.06", "E03.FR.12", "E01.FR.16", *OF_LOCAL),
    before=(*AUTHORIZES, states.parking_bay_occupied),
)
async def tc_e_04_cs(t: StationTest) -> None:
    await t.run(1, states.authorized(by=LOCAL))
    await t.run(2, states.energy_transfer_started)


@station(
    "TC_E_05_CS",
    "Nobody comes with a cable after an authorization at the station, then somebody does",
    group=GROUP,
    requires=local_authorization,
    requirements=("E03.FR.01", "E03.FR.05", "E03.FR.06", "E03.FR.12", *OF_LOCAL),
    before=(
        setting("TxCtrlr", "EVConnectionTimeOut", cfg.connection_timeout),
        *AUTHORIZES,
        if_implemented(setting("AuthCacheCtrlr", "Enabled", "false")),
        if_implemented(setting("AuthCtrlr", "LocalPreAuthorize", "false")),
        states.authorized(by=LOCAL),
    ),
    readings=(
        NO_EVENT,
        ON_TIME,
        "Whether the event ends the transaction is told by the stop points alone: the one that "
        "falls is the authorization.",
    ),
)
async def tc_e_05_cs(t: StationTest) -> None:
    session = t.session()
    begun = session.begun
    t.should_be(authorized=False)
    if begun:
        await t.stops_waiting(1, TIMED_OUT)
    else:
        await t.has_stopped_waiting()
    await t.run(3, states.authorized(by=LOCAL))
    await t.run(4, states.energy_transfer_started)


@station(
    "TC_E_09_CS",
    "A transaction begins with the cable",
    group=GROUP,
    requirements=("E01.FR.02", *OF_START),
    needs=(can_be(*START, CONNECTED),),
    before=(setting(*START, CONNECTED), states.parking_bay_occupied),
    readings=(NOT_EARLIER, TO_THE_END),
)
async def tc_e_09_cs(t: StationTest) -> None:
    await t.run(1, states.ev_connected_pre_session)
    await t.run(2, states.authorized)
    await t.run(3, states.energy_transfer_started)


@station(
    "TC_E_10_CS",
    "A transaction begins with an authorization at the station",
    group=GROUP,
    requires=local_authorization,
    requirements=("E01.FR.03", *OF_START, *OF_LOCAL),
    needs=(can_be(*START, AUTHORIZED),),
    before=(setting(*START, AUTHORIZED), *AUTHORIZES),
    readings=(TO_THE_END,),
)
async def tc_e_10_cs(t: StationTest) -> None:
    await t.run(1, states.authorized(by=LOCAL))
    await t.run(2, states.ev_connected_pre_session)
    await t.run(3, states.energy_transfer_started)


@station(
    "TC_E_11_CS",
    "A transaction begins when signed meter values are at hand",
    group=GROUP,
    requires=signing_meter,
    requirements=("E01.FR.04", *OF_START),
    needs=(can_be(*START, SIGNED),),
    before=(
        setting(*START, SIGNED),
        setting("SampledDataCtrlr", "SignReadings", "true"),
        states.authorized,
    ),
    readings=(
        NOT_EARLIER,
        "What is said of the sampled value is judged of the first one that is signed.",
    ),
)
async def tc_e_11_cs(t: StationTest) -> None:
    session = t.session()
    remote = session.remote_id is not None
    t.manual(PLUG_IN)
    await t.connector_is(1, "Occupied")
    t.should_be(signed=True)
    await t.tx_event(
        3,
        ("SignedDataReceived", "RemoteStart") if remote else "SignedDataReceived",
        OfSigned(eq("context", "Transaction.Begin")),
        OfSigned(present("signedMeterValue.encodingMethod")),
        OfSigned(present("signedMeterValue.publicKey")),
        OfSigned(present("signedMeterValue.signedMeterData")),
        OfSigned(present("signedMeterValue.signingMethod")),
        kind="Started",
        reply=ACCEPTED,
    )
    t.should_be(energy=True)
    charging = eq(CHARGING_STATE, "Charging")
    await t.tx_event(5, "ChargingStateChanged", charging, kind="Updated")


@station(
    "TC_E_12_CS",
    "A transaction begins with a vehicle in the parking bay",
    group=GROUP,
    requires=bay_sensor,
    requirements=("E01.FR.01", *OF_START),
    needs=(can_be(*START, BAY),),
    before=(setting(*START, BAY),),
    readings=(TO_THE_END,),
)
async def tc_e_12_cs(t: StationTest) -> None:
    await t.run(1, states.parking_bay_occupied)
    await t.run(2, states.authorized)
    await t.run(3, states.ev_connected_pre_session)
    await t.run(4, states.energy_transfer_started)


@station(
    "TC_E_13_CS",
    "A transaction begins with a remote start",
    group=GROUP,
    requirements=(
        *("E01.FR.03", "F01.FR.03", "F01.FR.04", "F01.FR.06", "F01.FR.19"),
        "F02.FR.01",
    ),
    needs=(can_be(*START, AUTHORIZED),),
    before=(setting(*START, AUTHORIZED), *AUTHORIZES),
    readings=(
        TO_THE_END,
        "Whether the station asks for the authorization goes by AuthorizeRemoteStart, as in the "
        "reusable state.",
    ),
)
async def tc_e_13_cs(t: StationTest) -> None:
    await t.run(1, states.authorized(by=REMOTE))
    await t.run(2, states.ev_connected_pre_session)
    await t.run(3, states.energy_transfer_started)
