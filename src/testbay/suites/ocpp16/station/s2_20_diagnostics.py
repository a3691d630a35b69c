"""Section 2.20: diagnostics."""

from __future__ import annotations

from functools import partial

from testbay.suites.ocpp16.actions import UPLOADS
from testbay.suites.ocpp16.certificates import UPLOADED
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.files import HOW_FILES_TRAVEL
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.20 Diagnostics", before=(HOW_FILES_TRAVEL,))

STATUS = "DiagnosticsStatusNotification"
TRAVELS = (
    "The place is one for a protocol that SupportedFileTransferProtocols names; where the station "
    "does not say, for the first that the tool has a server for.",
    "A status may be told again.",
)


@case(
    "TC_045_1_CS",
    "Diagnostics are uploaded",
    readings=(
        *TRAVELS,
        "What has been uploaded to a server of the tester's own (log_location) cannot be seen.",
    ),
)
async def tc_045_1_cs(t: StationTest) -> None:
    place = await t.place("diagnostics")
    await t.call(1, "GetDiagnostics", {"location": place["location"]})
    await t.tells(3, STATUS, "Uploading")
    await t.tells(5, STATUS, "Uploaded", within=cfg.file_transfer_time)
    await t.link("post", UPLOADS, UPLOADED)


@case(
    "TC_045_2_CS",
    "Diagnostics cannot be uploaded",
    readings=(
        *TRAVELS,
        "The place is one at which the file server of the tool refuses everything.",
        "That the station goes on is judged by its answer to a GetConfiguration.",
    ),
)
async def tc_045_2_cs(t: StationTest) -> None:
    place = await t.place("diagnostics", "refused")
    await t.call(1, "GetDiagnostics", {"location": place["location"], "retries": 0})
    await t.tells(3, STATUS, "Uploading")
    await t.tells(5, STATUS, "UploadFailed", within=cfg.file_transfer_time)
    await t.call("post", "GetConfiguration", {"key": ["HeartbeatInterval"]})
