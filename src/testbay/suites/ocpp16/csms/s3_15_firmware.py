"""3.15 Updates of the firmware."""

from __future__ import annotations

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.actions import RECONNECT, UPDATE_FIRMWARE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import CsmsTest
from testbay.suites.ocpp16.features import firmware_management
from testbay.suites.ocpp16.registry import csms

GROUP = "3.15 Firmware"
SIMULATED = (
    "The simulated station fetches no file and does not wait for retrieveDate: it says so only."
)
RESTARTED = "The station restarts with the new firmware: it comes with a new connection."
CONNECTORS = "Step 7 is of the connectors; connector 0, the station, does not become Unavailable."


@csms(
    "TC_044_1_CSMS",
    "New firmware is fetched and installed",
    group=GROUP,
    requires=firmware_management,
    readings=("firmware.location is location.", SIMULATED, CONNECTORS, RESTARTED),
)
async def tc_044_1_csms(t: CsmsTest) -> None:
    t.manual(UPDATE_FIRMWARE)
    await t.expect(1, "UpdateFirmware", eq("location", cfg.firmware_location), reply={})
    await t.firmware(3, "Downloading")
    await t.firmware(5, "Downloaded")
    await t.connectors_report(7, "Unavailable", first=1)
    await t.firmware(9, "Installing")
    await t.link(11, RECONNECT)
    await t.boot(11)
    await t.connectors_report(13, "Available")
    await t.firmware(15, "Installed")


@csms(
    "TC_044_2_CSMS",
    "New firmware cannot be fetched",
    group=GROUP,
    requires=firmware_management,
    readings=(SIMULATED,),
)
async def tc_044_2_csms(t: CsmsTest) -> None:
    t.manual(UPDATE_FIRMWARE)
    await t.expect(1, "UpdateFirmware", reply={})
    await t.firmware(3, "Downloading")
    await t.firmware(5, "DownloadFailed")


@csms(
    "TC_044_3_CSMS",
    "New firmware cannot be installed",
    group=GROUP,
    requires=firmware_management,
    readings=(SIMULATED, CONNECTORS, RESTARTED),
)
async def tc_044_3_csms(t: CsmsTest) -> None:
    t.manual(UPDATE_FIRMWARE)
    await t.expect(1, "UpdateFirmware", reply={})
    await t.firmware(3, "Downloading")
    await t.firmware(5, "Downloaded")
    await t.connectors_report(7, "Unavailable", first=1)
    await t.firmware(9, "Installing")
    await t.link(11, RECONNECT)
    await t.boot(11)
    await t.connectors_report(13, "Available")
    await t.firmware(15, "InstallationFailed")
