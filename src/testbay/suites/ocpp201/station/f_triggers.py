"""Remote control, a station under test: messages that the CSMS asks for (F06)."""

from __future__ import annotations

from testbay.scenario.case import if_implemented, if_writable, state
from testbay.scenario.checks import all_of, eq, one_of, present
from testbay.scenario.configured import Plus
from testbay.scenario.features import Not
from testbay.suites.ocpp201 import files, roots
from testbay.suites.ocpp201.checks import CHARGING_STATE
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    combined_certificate,
    trigger_boot,
    trigger_firmware_status,
    trigger_log_status,
    trigger_meter_values,
    trigger_status,
    trigger_transaction,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import Variable, setting
from testbay.suites.ocpp201.states import station as states
from testbay.suites.ocpp201.station_test import StationTest

GROUP = "F. Remote control"
ASKED = ("F06.FR.04", "F06.FR.05", "F06.FR.10")
ASKED_OF = ("F06.FR.02", *ASKED)
CONTEXT = eq("meterValue[0].sampledValue[0].context", "Trigger")
FAILED_BEFORE = (
    "Where the last update, in a case before this one, has ended otherwise than installed, "
    "its status is as good as Idle (L01.FR.26)."
)
EVENT = (eq(CHARGING_STATE, "Charging"), present("meterValue"), CONTEXT)


@station(
    "TC_F_11_CS",
    "Meter values of an EVSE on demand",
    group=GROUP,
    requires=trigger_meter_values,
    requirements=(*ASKED_OF, "F06.FR.06"),
)
async def tc_f_11_cs(t: StationTest) -> None:
    await t.trigger(1, "MeterValues", evse=t.value(cfg.evse_id))
    await t.expect(3, "MeterValues", where=all_of(eq("evseId", cfg.evse_id), CONTEXT))


@station(
    "TC_F_12_CS",
    "Meter values of all EVSEs on demand",
    group=GROUP,
    requires=trigger_meter_values,
    requirements=(*ASKED, "F06.FR.06", "F06.FR.11"),
)
async def tc_f_12_cs(t: StationTest) -> None:
    await t.trigger(1, "MeterValues")
    await t.any_order(
        *(
            t.expect(3, "MeterValues", where=all_of(eq("evseId", evse), CONTEXT))
            for evse in range(1, t.value(cfg.evse_count) + 1)
        )
    )


@station(
    "TC_F_13_CS",
    "The event of a transaction on demand",
    group=GROUP,
    requires=trigger_transaction,
    requirements=(*ASKED_OF, "F06.FR.07"),
    before=(states.energy_transfer_started,),
    readings=("An event need not name its EVSE; then its transaction tells which one it is.",),
)
async def tc_f_13_cs(t: StationTest) -> None:
    await t.trigger(1, "TransactionEvent", evse=t.value(cfg.evse_id))
    await t.tx_event(3, "Trigger", *EVENT)


@station(
    "TC_F_14_CS",
    "The events of all transactions on demand",
    group=GROUP,
    requires=trigger_transaction,
    requirements=(*ASKED, "F06.FR.07", "F06.FR.11"),
    before=(states.all_charging,),
    readings=("An event need not name its EVSE; then its transaction tells which one it is.",),
)
async def tc_f_14_cs(t: StationTest) -> None:
    await t.trigger(1, "TransactionEvent")
    await t.any_order(
        *(
            t.tx_event(3, "Trigger", *EVENT, evse=evse)
            for evse in range(1, t.value(cfg.evse_count) + 1)
        )
    )


@station(
    "TC_F_15_CS",
    "The status of an upload of logs on demand, while there is none",
    group=GROUP,
    requires=trigger_log_status,
    requirements=(*ASKED, "F06.FR.15"),
)
async def tc_f_15_cs(t: StationTest) -> None:
    await t.trigger(1, "LogStatusNotification")
    await t.expect(3, "LogStatusNotification", eq("status", "Idle"))


ENDS_OF_UPLOAD = ("Uploaded", "UploadFailure", "BadMessage", "NotSupportedOperation")
STILL = (
    "The server does not let the transfer end before its status was told, for 40 s at most. On a "
    "server of the tester's a station may be faster than that; then the case is inconclusive, and "
    "needs a larger file."
)


@station(
    "TC_F_16_CS",
    "The status of an upload of logs on demand, while there is one",
    group=GROUP,
    requires=trigger_log_status,
    requirements=(*ASKED, "F06.FR.14"),
    readings=(files.HOW, STILL),
)
async def tc_f_16_cs(t: StationTest) -> None:
    number, folder = t.fresh(), await t.place(held=True)
    wanted = {"logType": "DiagnosticsLog", "requestId": number, "log": {"remoteLocation": folder}}
    await t.call(1, "GetLog", wanted, eq("status", "Accepted"))
    await t.expect(3, "LogStatusNotification", eq("status", "Uploading"))
    await t.trigger(5, "LogStatusNotification")
    await t.still(7, "LogStatusNotification", "Uploading", number, *ENDS_OF_UPLOAD)


@station(
    "TC_F_17_CS",
    "The status of a firmware update on demand, though an EVSE is named",
    group=GROUP,
    requires=trigger_firmware_status,
    requirements=("F06.FR.03", *ASKED),
    readings=(FAILED_BEFORE,),
)
async def tc_f_17_cs(t: StationTest) -> None:
    await t.trigger(1, "FirmwareStatusNotification", evse=t.value(cfg.evse_id))
    told = one_of("status", *t.firmware_at_rest())
    await t.expect(3, "FirmwareStatusNotification", told)


@station(
    "TC_F_18_CS",
    "The status of a firmware update on demand, while there is none",
    group=GROUP,
    requires=trigger_firmware_status,
    requirements=(*ASKED, "F06.FR.16", "L01.FR.25"),
    readings=(FAILED_BEFORE,),
)
async def tc_f_18_cs(t: StationTest) -> None:
    await t.trigger(1, "FirmwareStatusNotification")
    told = one_of("status", *t.firmware_at_rest())
    await t.expect(3, "FirmwareStatusNotification", told)


ENDS_OF_DOWNLOAD = ("Downloaded", "DownloadFailed", "InvalidSignature")
EARLIER = -2 * 3600.0  # s from now


@station(
    "TC_F_19_CS",
    "The status of a firmware update on demand, while the firmware is fetched",
    group=GROUP,
    requires=trigger_firmware_status,
    requirements=(*ASKED, "L01.FR.26"),
    before=(roots.manufacturer_root_installed,),
    readings=(
        files.HOW,
        STILL,
        "As changed by erratum 6.2.59: the signature does not fit, so that nothing is installed. "
        "Steps 9 to 14 are waited for, but they may stay away.",
        "The certificate of the one who signs leads to manufacturer_root, which is installed "
        "before.",
    ),
)
async def tc_f_19_cs(t: StationTest) -> None:
    image, number = await t.firmware("wrong_signature", held=True), t.fresh()
    firmware = {
        "location": image["location"],
        "retrieveDateTime": t.stamp_later(EARLIER),
        "signingCertificate": image["signingCertificate"],
        "signature": image["signature"],
    }
    update = {"requestId": number, "firmware": firmware}
    await t.call(1, "UpdateFirmware", update, eq("status", "Accepted"))
    await t.expect(3, "FirmwareStatusNotification", eq("status", "Downloading"))
    await t.trigger(5, "FirmwareStatusNotification")
    await t.still(7, "FirmwareStatusNotification", "Downloading", number, *ENDS_OF_DOWNLOAD)
    fetched, wrong = eq("status", "Downloaded"), eq("status", "InvalidSignature")
    invalid, longest = eq("type", "InvalidFirmwareSignature"), cfg.file_transfer_time
    await t.maybe(9, "FirmwareStatusNotification", where=fetched, within=longest)
    await t.maybe(11, "FirmwareStatusNotification", where=wrong, within=longest)
    await t.maybe(13, "SecurityEventNotification", where=invalid)


SELDOM = "3600"  # s
LONGEST = 300  # s that a Heartbeat is waited for
BEATS = Variable("OCPPCommCtrlr", "HeartbeatInterval")


@state("The Heartbeat that was due has come")
async def beat_is_past(t: StationTest) -> None:
    if t.value(cfg.heartbeat_interval) <= LONGEST:
        due = Plus(cfg.heartbeat_interval, cfg.max_time_deviation)
        await t.maybe(1, "Heartbeat", within=due)


def none_is_due(t: StationTest) -> float:
    """Return for how long no Heartbeat comes by itself once one has come (s)."""
    spare = float(t.value(cfg.heartbeat_interval) - t.value(cfg.max_time_deviation))
    rare = t.model.variable(f"{BEATS}") == SELDOM
    return t.timeout if rare or spare <= 0 else min(t.timeout, spare)


@station(
    "TC_F_20_CS",
    "A heartbeat on demand",
    group=GROUP,
    requirements=ASKED,
    before=(
        if_implemented(if_writable(setting(BEATS.component, BEATS.name, SELDOM))),
        beat_is_past,
    ),
    readings=(
        "Heartbeats are made rare where they can be, and one that is due by then is waited for, so "
        "that one that comes by itself does not stand for step 3. Where they cannot be, step 3 "
        "must come before the next one is due.",
    ),
)
async def tc_f_20_cs(t: StationTest) -> None:
    await t.trigger(1, "Heartbeat")
    await t.expect(3, "Heartbeat", within=none_is_due(t))


@station(
    "TC_F_23_CS",
    "The status of a free connector on demand",
    group=GROUP,
    requires=trigger_status,
    requirements=ASKED_OF,
)
async def tc_f_23_cs(t: StationTest) -> None:
    here = {"evse": t.value(cfg.evse_id), "connector": t.value(cfg.connector_id)}
    await t.trigger(1, "StatusNotification", **here)
    await t.connector_is(3, "Available")


@station(
    "TC_F_24_CS",
    "The status of an occupied connector on demand",
    group=GROUP,
    requires=trigger_status,
    requirements=ASKED_OF,
    before=(states.ev_connected_pre_session,),
)
async def tc_f_24_cs(t: StationTest) -> None:
    here = {"evse": t.value(cfg.evse_id), "connector": t.value(cfg.connector_id)}
    await t.trigger(1, "StatusNotification", **here)
    await t.connector_is(3, "Occupied")


@station(
    "TC_F_26_CS",
    "A boot notification on demand, after an accepted one",
    group=GROUP,
    requires=trigger_boot,
    requirements=("F06.FR.04", "F06.FR.05", "F06.FR.17"),
    readings=("That the station does not send one all the same is watched for silence_time.",),
)
async def tc_f_26_cs(t: StationTest) -> None:
    await t.trigger(1, "BootNotification", "Rejected")
    await t.nothing("post", "BootNotification", during=cfg.silence_time)


@station(
    "TC_F_27_CS",
    "A message on demand that the station does not have",
    group=GROUP,
    requires=Not(combined_certificate),
    requirements=("F06.FR.08",),
)
async def tc_f_27_cs(t: StationTest) -> None:
    await t.trigger(1, "SignCombinedCertificate", "NotImplemented")
