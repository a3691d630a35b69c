"""Remote control, a CSMS under test: messages that it asks for (F06)."""

from __future__ import annotations

from testbay.scenario.checks import eq
from testbay.suites.ocpp201.actions import TRIGGER
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp201.features import (
    trigger_firmware_status,
    trigger_log_status,
    trigger_meter_values,
    trigger_status,
    trigger_transaction,
)
from testbay.suites.ocpp201.registry import csms
from testbay.suites.ocpp201.states import csms as states

GROUP = "F. Remote control"
LOG, FIRMWARE = "LogStatusNotification", "FirmwareStatusNotification"
HERE = eq("evse.id", cfg.evse_id)
OTHERS = "Requests for other messages, which a CSMS may send at any time, are let pass."
CHARGING = {"chargingState": "Charging"}
OF_ANY, OF_ONE = ("F06.FR.01",), ("F06.FR.01", "F06.FR.02")
OF_STATUS = ("F06.FR.01", "F06.FR.02", "F06.FR.13")


@csms(
    "TC_F_11_CSMS",
    "Meter values of one EVSE are asked for",
    group=GROUP,
    requirements=OF_ONE,
    requires=trigger_meter_values,
    readings=(OTHERS,),
)
async def tc_f_11_csms(t: CsmsTest) -> None:
    t.manual(TRIGGER(message="MeterValues", evse=cfg.evse_id))
    asked = eq("requestedMessage", "MeterValues")
    await t.expect(1, "TriggerMessage", HERE, where=asked, reply=ACCEPTED)
    await t.meter_values(3, t.value(cfg.evse_id))


@csms(
    "TC_F_12_CSMS",
    "Meter values of all EVSEs are asked for",
    group=GROUP,
    requirements=OF_ANY,
    requires=trigger_meter_values,
    readings=(OTHERS, "evseId cannot be omitted: the meter values of each EVSE carry its number."),
)
async def tc_f_12_csms(t: CsmsTest) -> None:
    t.manual(TRIGGER(message="MeterValues"))
    asked = eq("requestedMessage", "MeterValues")
    await t.expect(1, "TriggerMessage", where=asked, reply=ACCEPTED)
    for evse in range(1, t.value(cfg.evse_count) + 1):
        with t.round(f"EVSE {evse}"):
            await t.meter_values(3, evse)


@csms(
    "TC_F_13_CSMS",
    "An event of the transaction of one EVSE is asked for",
    group=GROUP,
    requirements=OF_ONE,
    requires=trigger_transaction,
    before=(states.energy_transfer_started,),
    readings=(OTHERS,),
)
async def tc_f_13_csms(t: CsmsTest) -> None:
    t.manual(TRIGGER(message="TransactionEvent", evse=cfg.evse_id))
    asked = eq("requestedMessage", "TransactionEvent")
    await t.expect(1, "TriggerMessage", HERE, where=asked, reply=ACCEPTED)
    meter = t.meter_value("Trigger")
    await t.tx(3, "Updated", "Trigger", info=CHARGING, place=True, meterValue=meter)


@csms(
    "TC_F_14_CSMS",
    "Events of all transactions are asked for",
    group=GROUP,
    requirements=OF_ANY,
    requires=trigger_transaction,
    before=(states.energy_transfer_started,),
    readings=(OTHERS, "A transaction runs at one EVSE only: it has one event to tell."),
)
async def tc_f_14_csms(t: CsmsTest) -> None:
    t.manual(TRIGGER(message="TransactionEvent"))
    asked = eq("requestedMessage", "TransactionEvent")
    await t.expect(1, "TriggerMessage", where=asked, reply=ACCEPTED)
    meter = t.meter_value("Trigger")
    await t.tx(3, "Updated", "Trigger", info=CHARGING, meterValue=meter)


@csms(
    "TC_F_15_CSMS",
    "The status of an upload of logs is asked for",
    group=GROUP,
    requirements=OF_ANY,
    requires=trigger_log_status,
    readings=(OTHERS,),
)
async def tc_f_15_csms(t: CsmsTest) -> None:
    t.manual(TRIGGER(message=LOG))
    asked = eq("requestedMessage", LOG)
    await t.expect(1, "TriggerMessage", where=asked, reply=ACCEPTED)
    await t.call(3, LOG, {"status": "Idle"})


@csms(
    "TC_F_18_CSMS",
    "The status of a firmware update is asked for",
    group=GROUP,
    requirements=OF_ANY,
    requires=trigger_firmware_status,
    readings=(OTHERS,),
)
async def tc_f_18_csms(t: CsmsTest) -> None:
    t.manual(TRIGGER(message=FIRMWARE))
    asked = eq("requestedMessage", FIRMWARE)
    await t.expect(1, "TriggerMessage", where=asked, reply=ACCEPTED)
    await t.call(3, FIRMWARE, {"status": "Idle"})


@csms(
    "TC_F_20_CSMS",
    "A heartbeat is asked for",
    group=GROUP,
    requirements=OF_ANY,
    readings=(OTHERS,),
)
async def tc_f_20_csms(t: CsmsTest) -> None:
    t.manual(TRIGGER(message="Heartbeat"))
    asked = eq("requestedMessage", "Heartbeat")
    await t.expect(1, "TriggerMessage", where=asked, reply=ACCEPTED)
    await t.call(3, "Heartbeat", {})


@csms(
    "TC_F_23_CSMS",
    "The status of a connector that is available is asked for",
    group=GROUP,
    requirements=OF_STATUS,
    requires=trigger_status,
    readings=(OTHERS,),
)
async def tc_f_23_csms(t: CsmsTest) -> None:
    here = {"evse": cfg.evse_id, "connector": cfg.connector_id}
    t.manual(TRIGGER(message="StatusNotification", **here))
    asked = eq("requestedMessage", "StatusNotification")
    await t.expect(1, "TriggerMessage", HERE, where=asked, reply=ACCEPTED)
    await t.status(3, "Available")


@csms(
    "TC_F_24_CSMS",
    "The status of a connector that is occupied is asked for",
    group=GROUP,
    requirements=OF_STATUS,
    requires=trigger_status,
    readings=(OTHERS, "The validation is given for step 1; it belongs to step 3."),
)
async def tc_f_24_csms(t: CsmsTest) -> None:
    await t.status(1, "Occupied")
    here = {"evse": cfg.evse_id, "connector": cfg.connector_id}
    t.manual(TRIGGER(message="StatusNotification", **here))
    asked = eq("requestedMessage", "StatusNotification")
    await t.expect(3, "TriggerMessage", HERE, where=asked, reply=ACCEPTED)
    await t.status(5, "Occupied")


@csms(
    "TC_F_27_CSMS",
    "A message is asked for that the station does not have",
    group=GROUP,
    requirements=("F06.FR.08",),
    readings=("Whatever message is asked for, the station says that it does not have it.",),
)
async def tc_f_27_csms(t: CsmsTest) -> None:
    t.manual(TRIGGER(message="Heartbeat"))
    await t.expect(1, "TriggerMessage", reply={"status": "NotImplemented"})
