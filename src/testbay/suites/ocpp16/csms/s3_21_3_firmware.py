"""3.21.3 Security: signed updates of the firmware."""

from __future__ import annotations

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.actions import (
    RECONNECT,
    UPDATE_SIGNED_FIRMWARE,
    UPDATE_SPOILED_FIRMWARE,
)
from testbay.suites.ocpp16.chains import CONFIGURED_SIGNATURE, CONFIGURED_SIGNER, OTHER_SIGNATURE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms.s3_21_1_connection import GROUP
from testbay.suites.ocpp16.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp16.features import (
    firmware_management,
    security_profile_1,
    security_profile_2,
    security_profile_3,
)
from testbay.suites.ocpp16.registry import csms

SECURE = security_profile_1 | security_profile_2 | security_profile_3
SIMULATED = (
    "The simulated station fetches no file and does not wait for retrieveDateTime or "
    "installDateTime: it says so only."
)
UNSIGNED = "Where no signature is configured, any is taken; so is any signing certificate."


@csms(
    "TC_080_CSMS",
    "Signed firmware is fetched and installed",
    group=GROUP,
    requires=firmware_management & SECURE,
    readings=(
        SIMULATED,
        UNSIGNED,
        "The words of step 10 are lost: it is the answer to step 9.",
        "The steps name no status: Downloading, Downloaded, SignatureVerified, Installing and "
        "InstallRebooting are those of an update that works (whitepaper 6.8).",
        "Before step 9 the connectors become Unavailable; connector 0, the station, does not.",
        "The station restarts with the new firmware: it comes with a new connection.",
    ),
)
async def tc_080_csms(t: CsmsTest) -> None:
    t.manual(UPDATE_SIGNED_FIRMWARE)
    update = await t.expect(
        1,
        "SignedUpdateFirmware",
        eq("firmware.location", cfg.firmware_location),
        CONFIGURED_SIGNATURE,
        CONFIGURED_SIGNER,
        reply=ACCEPTED,
    )
    await t.signed_firmware(3, "Downloading", update)
    await t.signed_firmware(5, "Downloaded", update)
    await t.signed_firmware(7, "SignatureVerified", update)
    await t.connectors_report("unavailable", "Unavailable", first=1)
    await t.signed_firmware(9, "Installing", update)
    await t.signed_firmware(11, "InstallRebooting", update)
    await t.link(13, RECONNECT)
    await t.boot(13)
    await t.security_event(15, "FirmwareUpdated")
    await t.connectors_report(17, "Available")
    await t.signed_firmware(19, "Installed", update)


@csms(
    "TC_081_CSMS",
    "The signature of the firmware is invalid",
    group=GROUP,
    requires=firmware_management & SECURE,
    readings=(
        SIMULATED,
        UNSIGNED,
        "The CSMS has been given a signature that does not fit for a location of its own "
        "(spoiled_firmware_location).",
    ),
)
async def tc_081_csms(t: CsmsTest) -> None:
    t.manual(UPDATE_SPOILED_FIRMWARE)
    update = await t.expect(
        1,
        "SignedUpdateFirmware",
        eq("firmware.location", cfg.spoiled_firmware_location),
        OTHER_SIGNATURE,
        reply=ACCEPTED,
    )
    await t.signed_firmware(3, "Downloading", update)
    await t.signed_firmware(5, "Downloaded", update)
    await t.signed_firmware(7, "InvalidSignature", update)
