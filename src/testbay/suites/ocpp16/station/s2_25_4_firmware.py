"""Section 2.25, firmware with a signature."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq, one_of
from testbay.suites.ocpp16.actions import FETCHED
from testbay.suites.ocpp16.certificates import WAS_FETCHED, SecurityEvent
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import (
    security_profile_1,
    security_profile_2,
    security_profile_3,
)
from testbay.suites.ocpp16.files import HOW_FILES_TRAVEL
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.secure import MANUFACTURER_ROOT
from testbay.suites.ocpp16.states.security import certificate_installed
from testbay.suites.ocpp16.station_test import StationTest

case = partial(
    station,
    group="2.25 Security",
    requires=security_profile_1 | security_profile_2 | security_profile_3,
    before=(
        HOW_FILES_TRAVEL,
        certificate_installed(name="manufacturer_root", use=MANUFACTURER_ROOT),
    ),
)

STATUS = "SignedFirmwareStatusNotification"
ACCEPTED, AVAILABLE = eq("status", "Accepted"), eq("status", "Available")
BOOTED = {"status": "Accepted"}
GOES_ON = one_of("status", "SignatureVerified", "InstallRebooting", "Installing", "Installed")

READINGS = (
    "The certificate of the one who signs leads to manufacturer_root, which is installed before "
    "if the station does not have it.",
    "The file is offered by a protocol that SupportedFileTransferProtocols names; where the "
    "station does not say, by the first that the tool has a server for.",
    "Each status names the request (white paper L01.FR.10). A status may be told again, and those "
    "of waiting may come between: DownloadScheduled, DownloadPaused, InstallScheduled, "
    "InstallRebooting.",
    "That the firmware is fetched is judged by what the tool's file server has sent.",
)


@case(
    "TC_080_CS",
    "Signed firmware is fetched and installed",
    readings=(
        *READINGS,
        "The lost words of step 10 are those of step 8.",
        "The status Installing may be left out, as a station that has to restart may be unable to "
        "tell (white paper L01.FR.22).",
        "Before and while it is installed, connectors may be Unavailable.",
        "The status Accepted that the text has at step 14 belongs to step 12.",
        "The SHA-256 of the image is a remark in the report. The firmware stays installed.",
    ),
)
async def tc_080_cs(t: StationTest) -> None:
    t.pass_over("Unavailable")
    image, number = await t.firmware(), t.fresh()
    t.remark(f"the firmware at {image['location']} has the SHA-256 {image['sha256'] or 'unknown'}")
    own, update = eq("requestId", number), t.signed_update(image, number)
    await t.call(1, "SignedUpdateFirmware", update, ACCEPTED)
    await t.tells(3, STATUS, "Downloading", own)
    await t.tells(5, STATUS, "Downloaded", own, within=cfg.file_transfer_time)
    await t.tells(7, STATUS, "SignatureVerified", own)
    await t.any_order(
        t.maybe(9, STATUS, own, where=eq("status", "Installing")),
        t.expect(11, "BootNotification", reply=BOOTED, within=cfg.installation_time),
        t.maybe(13, "SecurityEventNotification", where=SecurityEvent("FirmwareUpdated")),
        *t.reports(15, AVAILABLE),
        t.tells(17, STATUS, "Installed", own, within=cfg.installation_time),
    )
    await t.link("post", FETCHED, WAS_FETCHED)


@case(
    "TC_081_CS",
    "Signature of firmware is not valid",
    readings=(
        *READINGS,
        "A security event may overtake the statuses before it.",
        "That the station rejects the firmware is judged by what does not come in silence_time: a "
        "status of an installation.",
    ),
)
async def tc_081_cs(t: StationTest) -> None:
    image, number = await t.firmware("wrong_signature"), t.fresh()
    own, update = eq("requestId", number), t.signed_update(image, number)
    await t.call(1, "SignedUpdateFirmware", update, ACCEPTED)
    await t.tells(3, STATUS, "Downloading", own)
    await t.tells(5, STATUS, "Downloaded", own, within=cfg.file_transfer_time)
    t.also_in_either_order("SecurityEventNotification", "Downloading")
    t.also_in_either_order("SecurityEventNotification", "Downloaded")
    invalid = SecurityEvent("InvalidFirmwareSignature")
    await t.any_order(
        t.tells(7, STATUS, "InvalidSignature", own),
        t.expect(9, "SecurityEventNotification", where=invalid),
    )
    await t.nothing("post", STATUS, where=GOES_ON, during=cfg.silence_time)
    await t.link("post", FETCHED, WAS_FETCHED)
