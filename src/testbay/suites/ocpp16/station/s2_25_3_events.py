"""Section 2.25, security events and the security log."""

from __future__ import annotations

from functools import partial

from testbay.roles.offered import BY_STATION
from testbay.scenario.case import if_writable
from testbay.scenario.checks import eq
from testbay.suites.ocpp16.actions import CLOSE, UPLOADS
from testbay.suites.ocpp16.certificates import UPLOADED, SecurityEvent
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import (
    on_profile_2,
    on_profile_3,
    security_profile_1,
    security_profile_2,
    security_profile_3,
)
from testbay.suites.ocpp16.files import HOW_FILES_TRAVEL
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.states.security import RENEWAL
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.25 Security")

ACCEPTED = eq("status", "Accepted")
FLAWS = ("expired", "not_yet_valid", "unknown_root", "wrong_host", "wildcard")
WHATEVER_IT_TRIES = "the station may try again with the certificate that is not valid"


@case(
    "TC_077_CS",
    "Certificate for the station is not valid",
    requires=on_profile_3,
    before=(Setting("CpoName", cfg.vendor_name),),
    readings=(
        "The certificate has expired, and everything else in it is right: the dates are what a "
        "station must check first (white paper A02.FR.06).",
        "Security events of other types may come as well.",
    ),
)
async def tc_077_cs(t: StationTest) -> None:
    await t.call(1, "ExtendedTriggerMessage", RENEWAL, ACCEPTED)
    asked = await t.expect(3, "SignCertificate", reply={"status": "Accepted"})
    chain = await t.signed(asked["csr"], "expired")
    await t.call(5, "CertificateSigned", {"certificateChain": chain}, eq("status", "Rejected"))
    invalid = SecurityEvent("InvalidChargePointCertificate")
    await t.expect(7, "SecurityEventNotification", where=invalid)


@case(
    "TC_078_CS",
    "Certificate of the CSMS is not valid",
    requires=on_profile_2 | on_profile_3,
    before=(if_writable(Setting("AllowCSMSTLSWildcards", "false")),),
    readings=(
        "The scrambled note is read as in TC_A_05 of OCPP 2.0.1: five certificates, one after the "
        "other. Another one in the place of the host's name has a wildcard.",
        "Step 7 is that the station ends the TLS handshake, or the connection before it asks for a "
        "WebSocket, with an alert or without; that it has begun is step 5, and that it comes back "
        "to a valid certificate step 9.",
        "The station has reconnect_time for every attempt. That it does not connect is watched "
        "from its attempt on until twice the time is over that it has taken in step 2.",
        "Security events of other types may come as well, and events of earlier rounds.",
    ),
)
async def tc_078_cs(t: StationTest) -> None:
    await t.link(1, CLOSE)
    hello = await t.expect(2, "@client_hello", within=cfg.reconnect_time)
    patience = 2 * t.reconnected_after(hello)
    await t.expect(3, "@connect", within=cfg.reconnect_time)
    for flaw in FLAWS:
        with t.round(flaw):
            begun = t.now()
            await t.serve(6, flaw)
            await t.link(4, CLOSE)
            await t.expect(5, "@client_hello", within=cfg.reconnect_time)
            async with t.forbid(7, "@connect"):
                await t.expect(7, "@tls_refused", where=BY_STATION)
                await t.wait(patience, WHATEVER_IT_TRIES)
            await t.serve(9, "server")
            await t.expect(8, "@client_hello", within=cfg.reconnect_time)
            await t.expect(9, "@connect", within=cfg.reconnect_time)
            invalid = SecurityEvent("InvalidCentralSystemCertificate", begun)
            await t.expect(10, "SecurityEventNotification", where=invalid)


@case(
    "TC_079_CS",
    "Security log is uploaded",
    requires=security_profile_1 | security_profile_2 | security_profile_3,
    before=(HOW_FILES_TRAVEL,),
    readings=(
        "The place is one for a protocol that SupportedFileTransferProtocols names; where the "
        "station does not say, for the first that the tool has a server for.",
        "A status may be told again.",
        "What has been uploaded to a server of the tester's own (log_location) cannot be seen.",
    ),
)
async def tc_079_cs(t: StationTest) -> None:
    place, number = await t.place("logs"), t.fresh()
    log, own = {"remoteLocation": place["location"]}, eq("requestId", number)
    wanted = {"log": log, "logType": "SecurityLog", "requestId": number}
    await t.call(1, "GetLog", wanted, ACCEPTED)
    await t.tells(3, "LogStatusNotification", "Uploading", own)
    await t.tells(5, "LogStatusNotification", "Uploaded", own, within=cfg.file_transfer_time)
    await t.link("post", UPLOADS, UPLOADED)
