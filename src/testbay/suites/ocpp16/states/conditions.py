"""The states that a connector, or a whole station, is put into before it is reserved (2.26)."""

from __future__ import annotations

from testbay.scenario.case import state
from testbay.scenario.checks import eq
from testbay.suites.ocpp16.actions import PLUG_IN
from testbay.suites.ocpp16.checks import HERE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.station_test import StationTest

ACCEPTED, UNAVAILABLE = eq("status", "Accepted"), eq("status", "Unavailable")
PREPARING = eq("status", "Preparing")
INOPERATIVE = {"connectorId": cfg.connector_id, "type": "Inoperative"}
ALL_INOPERATIVE = {"connectorId": 0, "type": "Inoperative"}


@state("SetConnectorUnavailable")
async def set_connector_unavailable(t: StationTest) -> None:
    await t.call(1, "ChangeAvailability", INOPERATIVE, ACCEPTED)
    await t.expect(3, "StatusNotification", UNAVAILABLE, where=HERE)


@state("SetConnectorUnavailable for all unused connectors")
async def others_unavailable(t: StationTest) -> None:
    for number in t.unused_connectors:
        with t.round(f"connector {number}"):
            inoperative = {"connectorId": number, "type": "Inoperative"}
            await t.call(1, "ChangeAvailability", inoperative, ACCEPTED)
            there = eq("connectorId", number)
            await t.expect(3, "StatusNotification", UNAVAILABLE, where=there)


@state("SetChargePointUnavailable")
async def set_charge_point_unavailable(t: StationTest) -> None:
    await t.call(1, "ChangeAvailability", ALL_INOPERATIVE, ACCEPTED)
    await t.connectors_report(3, UNAVAILABLE)


@state("SetConnectorOccupied")
async def set_connector_occupied(t: StationTest) -> None:
    t.manual(PLUG_IN)
    await t.expect(1, "StatusNotification", PREPARING, where=HERE)


@state("SetConnectorOccupied for all connectors")
async def all_occupied(t: StationTest) -> None:
    for number in range(1, t.value(cfg.number_of_connectors) + 1):
        with t.round(f"connector {number}"):
            t.manual(PLUG_IN(connector=number))
            there = eq("connectorId", number)
            await t.expect(1, "StatusNotification", PREPARING, where=there)


@state("Reserved")
async def reserved(t: StationTest) -> None:
    await t.reserve(1, ACCEPTED)
    await t.expect(3, "StatusNotification", eq("status", "Reserved"), where=HERE)
