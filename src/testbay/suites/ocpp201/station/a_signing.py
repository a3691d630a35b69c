"""Security, a station under test: its certificate is renewed (A02)."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import at_least, eq
from testbay.suites.ocpp201 import secure, v2g
from testbay.suites.ocpp201.certificates import REQUEST
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.features import (
    combined_certificate,
    iso_15118,
    on_profile_3,
    signing_timeout,
)
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.settings import setting
from testbay.suites.ocpp201.station_test import StationTest

case = partial(station, group="A. Security")

WAIT = cfg.cert_signing_wait_minimum
LATE = 30.0  # s that a request may come too late: no step limits it
TAKES_ONE = at_least("accepted", 1)


@case(
    "TC_A_11_CS",
    "Certificate of the station is renewed",
    requirements=(
        *("A02.FR.02", "A02.FR.03", "A02.FR.06", "A02.FR.08", "A02.FR.09"),
        *("F06.FR.04", "F06.FR.05", "F06.FR.10"),
    ),
    requires=on_profile_3,
)
async def tc_a_11_cs(t: StationTest) -> None:
    await t.run(1, secure.renewed)


@case(
    "TC_A_12_CS",
    "Certificate for ISO 15118 is renewed",
    requirements=(
        *("A02.FR.02", "A02.FR.03", "A02.FR.06", "A02.FR.13", "A02.FR.15"),
        *("F06.FR.04", "F06.FR.05", "F06.FR.10"),
    ),
    requires=iso_15118,
    before=(*v2g.BEFORE, v2g.known),
)
async def tc_a_12_cs(t: StationTest) -> None:
    await t.run(1, v2g.renewed)


@case(
    "TC_A_13_CS",
    "Certificate for OCPP and ISO 15118 is renewed",
    requirements=("A00.FR.428", "A02.FR.02", "A02.FR.03", "A02.FR.06"),
    requires=on_profile_3 & iso_15118 & combined_certificate,
    readings=(
        "What comes back is of the type that the request names; a combined one names none.",
        "The station may connect again with what it got, and keeps it: it trusts v2g_root already.",
    ),
)
async def tc_a_13_cs(t: StationTest) -> None:
    await t.trigger(1, "SignCombinedCertificate")
    request = await t.asked_to_sign(3, *REQUEST)
    chain = await t.signed(request, use="v2g")
    signed = secure.handed_over(chain, request.get("certificateType", ""))
    await t.call(5, "CertificateSigned", signed, secure.ACCEPTED)
    await t.settles(6)


@case(
    "TC_A_14_CS",
    "Certificate for the station is not valid",
    requirements=("A02.FR.07", "A03.FR.07"),
    requires=on_profile_3,
    readings=(
        "The certificate has expired, and everything else in it is right.",
        "Security events of other types may come as well.",
    ),
)
async def tc_a_14_cs(t: StationTest) -> None:
    await t.trigger(1, secure.RENEWAL)
    request = await t.asked_to_sign(3, *REQUEST)
    chain = await t.signed(request, "expired")
    await t.call(5, "CertificateSigned", secure.handed_over(chain), eq("status", "Rejected"))
    invalid = eq("type", "InvalidChargingStationCertificate")
    await t.expect(7, "SecurityEventNotification", where=invalid)


@case(
    "TC_A_15_CS",
    "CSMS does not have a certificate signed",
    requires=on_profile_3,
)
async def tc_a_15_cs(t: StationTest) -> None:
    await t.trigger(1, secure.RENEWAL)
    await t.expect(3, "SignCertificate", reply={"status": "Rejected"})


@case(
    "TC_A_23_CS",
    "Signed certificate does not come",
    requirements=("A02.FR.17", "A02.FR.18"),
    requires=on_profile_3 & signing_timeout,
    before=(
        setting("SecurityCtrlr", "CertSigningWaitMinimum", WAIT),
        setting("SecurityCtrlr", "CertSigningRepeatTimes", 1),
    ),
    readings=(
        "As changed by erratum 6.2.5: in the end the certificates of all three requests come, and "
        "one of them at least is accepted.",
        "A request may come 30 s late, as no step limits that, and as early as clocks deviate.",
        "A station that accepts a certificate may connect again before it gets the next one.",
    ),
)
async def tc_a_23_cs(t: StationTest) -> None:
    await t.trigger(1, secure.RENEWAL)
    early, wait = t.value(cfg.max_time_deviation), t.value(WAIT)
    first = await t.asked_to_sign(3, *REQUEST)
    await t.nothing(5, "SignCertificate", during=max(wait - early, 0))
    second = await t.asked_to_sign(6, *REQUEST, within=early + LATE)
    await t.nothing(8, "SignCertificate", during=max(2 * wait - early, 0))
    third = await t.asked_to_sign(9, *REQUEST, within=early + LATE)
    handed = [
        await t.hand_over(11, first),
        await t.hand_over(13, second),
        await t.hand_over(15, third),
    ]
    t.check("post", TAKES_ONE, {"accepted": sum(handed)})
