"""Section 2.22: the CSMS asks for a message."""

from __future__ import annotations

from functools import partial

from testbay.scenario.case import if_writable
from testbay.scenario.checks import eq, omitted, one_of, satisfies
from testbay.scenario.configured import Plus
from testbay.scenario.values import ANY_CODE, OMITTED
from testbay.suites.ocpp16.checks import HERE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import remote_trigger
from testbay.suites.ocpp16.metering import EverySample, has_sample
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.22 Messages that the CSMS asks for")

ACCEPTED, IDLE = eq("status", "Accepted"), eq("status", "Idle")
IF_IMPLEMENTED = one_of("status", "Accepted", "NotImplemented")
RAW = EverySample(one_of("format", "Raw", OMITTED))
TRIGGERED = EverySample(eq("context", "Trigger"))
SELDOM = "3600"  # s
METER = {"requestedMessage": "MeterValues", "connectorId": cfg.connector_id}
BEAT = {"requestedMessage": "Heartbeat"}
STATUS = {"requestedMessage": "StatusNotification", "connectorId": cfg.connector_id}
DIAGNOSTICS = {"requestedMessage": "DiagnosticsStatusNotification"}
FIRMWARE = {"requestedMessage": "FirmwareStatusNotification"}
NO_CONNECTOR = Plus(cfg.number_of_connectors, 1)
METER_NOWHERE = {"requestedMessage": "MeterValues", "connectorId": NO_CONNECTOR}
ASKED_FOR = satisfies(
    "",
    f"is about connector {NO_CONNECTOR} or has a value with the context Trigger",
    lambda p, r: p.get("connectorId") == r(NO_CONNECTOR) or has_sample(p, "context", "Trigger"),
)


@case(
    "TC_054_CS",
    "Messages that the CSMS asks for",
    requires=remote_trigger,
    before=(
        if_writable(Setting("ClockAlignedDataInterval", "0")),
        if_writable(Setting("HeartbeatInterval", SELDOM)),
    ),
    readings=(
        "Clock-aligned values are switched off and Heartbeats made rare, so that those that come "
        "by themselves do not stand for steps 3 and 7.",
        "Steps 15 and 19 come where the trigger is accepted.",
    ),
)
async def tc_054_cs(t: StationTest) -> None:
    await t.call(1, "TriggerMessage", METER, ACCEPTED)
    values = await t.expect(3, "MeterValues", omitted("transactionId"), where=HERE)
    t.review(3, [values], RAW, TRIGGERED)
    await t.call(5, "TriggerMessage", BEAT, ACCEPTED)
    await t.expect(7, "Heartbeat")
    await t.call(9, "TriggerMessage", STATUS, ACCEPTED)
    await t.expect(11, "StatusNotification", where=HERE)
    answer = await t.call(13, "TriggerMessage", DIAGNOSTICS, IF_IMPLEMENTED)
    if answer.get("status") == "Accepted":
        await t.expect(15, "DiagnosticsStatusNotification", IDLE)
    answer = await t.call(17, "TriggerMessage", FIRMWARE, IF_IMPLEMENTED)
    if answer.get("status") == "Accepted":
        await t.expect(19, "FirmwareStatusNotification", IDLE)


@case(
    "TC_055_CS",
    "Message that the CSMS asks for in vain",
    requires=remote_trigger,
    readings=(
        "The text names no code for the CALLERROR, so any of OCPP-J will do.",
        "That the message does not come is watched for silence_time; meter values that come for "
        "another reason are not meant.",
    ),
)
async def tc_055_cs(t: StationTest) -> None:
    rejected = eq("status", "Rejected")
    await t.call(1, "TriggerMessage", METER_NOWHERE, rejected, or_error=ANY_CODE)
    await t.nothing("post", "MeterValues", where=ASKED_FOR, during=cfg.silence_time)
