"""Provisioning, a station under test: booting, accepted or not yet (B01 to B03)."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import differs, eq
from testbay.scenario.configured import Plus
from testbay.scenario.many import NotBefore
from testbay.suites.ocpp201.actions import POWER_CYCLE
from testbay.suites.ocpp201.checks import HUNG_UP, TOKEN
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import Kept, Variable
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

case = partial(station, group="B. Provisioning")

THRESHOLD = Variable("OCPPCommCtrlr", "OfflineThreshold")
REJECTED = {"status": "Rejected", "interval": cfg.heartbeat_interval}
PENDING = {"status": "Pending", "interval": cfg.heartbeat_interval}
ACCEPTED = {"status": "Accepted", "interval": cfg.heartbeat_interval}
RETRY = NotBefore(cfg.heartbeat_interval, cfg.max_time_deviation)
RETRY_BY = Plus(cfg.heartbeat_interval, 60)
UNASKED = (
    *("StatusNotification", "NotifyEvent", "Heartbeat", "SecurityEventNotification"),
    *("MeterValues", "TransactionEvent", "Authorize", "DataTransfer", "SignCertificate"),
    *("FirmwareStatusNotification", "LogStatusNotification", "NotifyMonitoringReport"),
    *("ReservationStatusUpdate", "NotifyChargingLimit", "ClearedChargingLimit"),
    *("NotifyEVChargingNeeds", "GetCertificateStatus", "Get15118EVCertificate"),
)
"""What a station could send by itself, but for boot notifications and reports."""
TRIGGERED = eq("reason", "Triggered")
BY_ITSELF = differs("reason", "Triggered")
NOT_YET = "The interval is a minimum: how long after it the station boots again is left open."


@case(
    "TC_B_01_CS",
    "Boot that is accepted at once",
    requirements=("B01.FR.01", "B01.FR.05", "B01.FR.09"),
)
async def tc_b_01_cs(t: StationTest) -> None:
    await t.run(1, states.booted)


@case(
    "TC_B_02_CS",
    "Boot that is pending until the station has been read and set up",
    requirements=(
        *("B02.FR.01", "B02.FR.02", "B02.FR.04", "B02.FR.05", "B02.FR.06", "B02.FR.08"),
        "F06.FR.17",
    ),
    before=(Kept(THRESHOLD),),
    readings=(
        NOT_YET,
        "A boot notification that comes by the interval is answered with Pending again, also "
        "between the trigger and what it asks for; none may come earlier (B02.FR.04).",
        "Until it is accepted the station sends only what it was asked for, and keeps the "
        "connection (B02.FR.02, B02.FR.06).",
    ),
)
async def tc_b_02_cs(t: StationTest) -> None:
    t.answer_boots(PENDING)
    t.manual(POWER_CYCLE)
    first = await t.expect(1, "BootNotification", reply=PENDING, within=cfg.reboot_time)
    async with t.forbid(15, *UNASKED), t.forbid(15, "@closed", where=HUNG_UP):
        data = {**THRESHOLD.to_json(), "attributeValue": "300"}
        told = "setVariableResult[0].attributeStatus"
        await t.call(3, "SetVariables", {"setVariableData": [data]}, eq(told, "Accepted"))
        asked = {"getVariableData": [THRESHOLD.to_json()]}
        await t.call(
            5, "GetVariables", asked, eq("getVariableResult[0].attributeStatus", "Accepted")
        )
        number, accepted = t.fresh(), eq("status", "Accepted")
        base = {"requestId": number, "reportBase": "FullInventory"}
        await t.call(7, "GetBaseReport", base, accepted)
        await t.report(9, number)
        start = {"idToken": TOKEN, "remoteStartId": t.fresh(), "evseId": cfg.evse_id}
        await t.call(11, "RequestStartTransaction", start, eq("status", "Rejected"))
        known = ("Accepted", "NotImplemented")
        answer = await t.trigger(13, "BootNotification", known)
        if answer["status"] == "Accepted":
            await t.expect(15, "BootNotification", where=TRIGGERED, reply=ACCEPTED)
        else:
            await t.expect(15, "BootNotification", reply=ACCEPTED, within=RETRY_BY)
    boots = t.received("BootNotification", where=BY_ITSELF, since=first.position)
    if len(boots) > 1:
        t.review(15, boots, RETRY)
    t.answer_as_usual()  # the answer may be lost: then the station asks again
    await t.connectors_report(17, "Available")


@case(
    "TC_B_03_CS",
    "Boot that is rejected first",
    requirements=("B03.FR.02", "B03.FR.04", "B03.FR.06"),
    readings=(NOT_YET,),
)
async def tc_b_03_cs(t: StationTest) -> None:
    t.manual(POWER_CYCLE)
    first = await t.expect(1, "BootNotification", reply=REJECTED, within=cfg.reboot_time)
    async with t.forbid(3, *UNASKED, "NotifyReport"):
        second = await t.expect(3, "BootNotification", reply=ACCEPTED, within=RETRY_BY)
    t.review(3, [first, second], RETRY)
    await t.connectors_report(5, "Available")


@case(
    "TC_B_30_CS",
    "Request to a station whose boot was rejected",
    requirements=("B03.FR.08",),
    readings=(
        "The station is switched off and on to make it boot; the interval of the answer is the "
        "one of the cases about a boot that is rejected.",
        "A boot notification that comes again meanwhile is answered with Rejected again.",
        "Whether the station closes the connection shows while nothing else comes for a moment.",
    ),
)
async def tc_b_30_cs(t: StationTest) -> None:
    t.answer_boots(REJECTED)
    t.manual(POWER_CYCLE)
    await t.expect(1, "BootNotification", reply=REJECTED, within=cfg.reboot_time)
    if await t.maybe(2, "@closed", where=HUNG_UP, within=cfg.settle_time) is None:
        base = {"requestId": t.fresh(), "reportBase": "FullInventory"}
        await t.call(3, "GetBaseReport", base, error="SecurityError")
