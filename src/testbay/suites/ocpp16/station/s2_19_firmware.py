"""Section 2.19: firmware without a signature, as OCPP 1.6 itself has it."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq, one_of
from testbay.suites.ocpp16.actions import FETCHED
from testbay.suites.ocpp16.certificates import WAS_FETCHED
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import firmware_management, on_profile_0
from testbay.suites.ocpp16.files import HOW_FILES_TRAVEL, WHETHER_SECURED
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.station_test import StationTest

case = partial(
    station,
    group="2.19 Firmware",
    requires=firmware_management & on_profile_0,
    before=(HOW_FILES_TRAVEL, WHETHER_SECURED),
)

STATUS = "FirmwareStatusNotification"
ACCEPTED, AVAILABLE = eq("status", "Accepted"), eq("status", "Available")
INSTALLED, FAILED = eq("status", "Installed"), eq("status", "InstallationFailed")
GOES_ON = one_of("status", "Downloaded", "Installing", "Installed")
HARD, BOOTED = {"type": "Hard"}, {"status": "Accepted"}

TRAVELS = (
    "The file is offered by a protocol that SupportedFileTransferProtocols names; where the "
    "station does not say, by the first that the tool has a server for.",
    "A status may be told again.",
    "With a security profile a station takes signed firmware only (white paper L01.FR.20); one "
    "that does so without, too, cannot be judged.",
)


@case(
    "TC_044_1_CS",
    "Firmware is fetched and installed",
    readings=(
        *TRAVELS,
        "Before and while it is installed, connectors may be Unavailable.",
        "The time-out after which the station is reset is installation_time; what is judged after "
        "that is the same as if it had restarted by itself.",
        "That the firmware is fetched is judged by what the tool's file server has sent.",
        "The SHA-256 of the image is a remark in the report. The firmware stays installed.",
    ),
)
async def tc_044_1_cs(t: StationTest) -> None:
    t.pass_over("Unavailable")
    start = t.mark()
    image = await t.firmware()
    t.remark(f"the firmware at {image['location']} has the SHA-256 {image['sha256'] or 'unknown'}")
    update = {"location": image["location"], "retrieveDate": t.stamp()}
    await t.update_firmware(1, update)
    await t.tells(3, STATUS, "Downloading")
    await t.tells(5, STATUS, "Downloaded", within=cfg.file_transfer_time)
    await t.tells(7, STATUS, "Installing", within=cfg.installation_time)
    boot = t.expect(9, "BootNotification", reply=BOOTED, within=cfg.installation_time)
    waits = await t.which(boot) is None and not t.received("BootNotification", since=start)
    early = None
    if waits:
        early = await t.maybe(13, STATUS, where=INSTALLED, within=cfg.settle_time)
        await t.call(15, "Reset", HARD, ACCEPTED)
    if early is not None:
        await t.any_order(boot, *t.reports(11, AVAILABLE))
    else:
        installed = t.tells(13, STATUS, "Installed", within=cfg.installation_time)
        await t.any_order(boot, *t.reports(11, AVAILABLE), installed)
    await t.link("post", FETCHED, WAS_FETCHED)


@case(
    "TC_044_2_CS",
    "Firmware cannot be fetched",
    readings=(
        *TRAVELS,
        "That the old firmware stays is judged by what does not come in silence_time: a status of "
        "an installation.",
    ),
)
async def tc_044_2_cs(t: StationTest) -> None:
    t.pass_over("Unavailable")
    start = t.mark()
    image = await t.firmware("missing_file")
    update = {"location": image["location"], "retries": 0, "retrieveDate": t.stamp()}
    await t.update_firmware(1, update)
    await t.sequence(
        t.maybe(3, STATUS, where=eq("status", "Downloading")),
        t.tells(5, STATUS, "DownloadFailed", within=cfg.file_transfer_time),
    )
    await t.nothing("post", STATUS, where=GOES_ON, during=cfg.silence_time)
    await t.available_again(start)


@case(
    "TC_044_3_CS",
    "Firmware cannot be installed",
    readings=(
        *TRAVELS,
        "The image is one that no station takes for firmware: random bytes.",
        "Where the station restarts, all its connectors have to report (4.9).",
    ),
)
async def tc_044_3_cs(t: StationTest) -> None:
    t.pass_over("Unavailable")
    start = t.mark()
    image = await t.firmware("not_firmware")
    update = {"location": image["location"], "retrieveDate": t.stamp()}
    await t.update_firmware(1, update)
    await t.tells(3, STATUS, "Downloading")
    await t.tells(5, STATUS, "Downloaded", within=cfg.file_transfer_time)
    installing = t.maybe(7, STATUS, where=eq("status", "Installing"))
    failed = t.tells(11, STATUS, "InstallationFailed", within=cfg.installation_time)
    boot = t.maybe(9, "BootNotification", reply=BOOTED, within=cfg.settle_time)
    if await t.which(t.expect(9, "BootNotification"), failed) == 0:
        await t.any_order(installing, boot, failed, *t.reports(13, AVAILABLE))
    else:
        await t.sequence(installing, failed)
        if await boot:
            await t.connectors_report(13, AVAILABLE)
    await t.available_again(start)
