"""Section 2.25, new credentials: the password of the station, and its certificate."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.suites.ocpp16.certificates import (
    ASKS_FOR_LONG_KEY,
    ASKS_FOR_OPERATOR,
    IS_REQUEST,
    asks_for_new_key,
    asks_for_serial,
    is_leaf_of,
)
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import on_profile_1, on_profile_2, on_profile_3
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.states.security import RENEWAL
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.25 Security")

ACCEPTED = eq("status", "Accepted")
AFTERWARDS = "what the station sends once it is connected has come by then"
FIRST = "4F43415F4F4354545F61646D696E5F74657374"  # the document's: OCA_OCTT_admin_test


@case(
    "TC_073_CS",
    "Password of the station is changed",
    requires=on_profile_1 | on_profile_2,
    readings=(
        "The status of step 2, which the text leaves out, is that of step 5: only what is Accepted "
        "has been changed (white paper A01.FR.03).",
        "From the request on, the tool lets the station in with the new password only: it is the "
        "bytes that the hexadecimal digits stand for.",
        "Between steps 3 and 4 the station may send what it sends after it has connected.",
        "After the case the station gets its configured password again.",
    ),
)
async def tc_073_cs(t: StationTest) -> None:
    await t.change_password(1, FIRST, ACCEPTED)
    await t.expect(3, "@connect", within=cfg.reconnect_time)
    await t.wait(cfg.settle_time, AFTERWARDS)
    await t.change_password(4, t.made_up_password(), ACCEPTED)
    await t.expect(6, "@connect", within=cfg.reconnect_time)


@case(
    "TC_074_CS",
    "Certificate of the station is renewed",
    requires=on_profile_3,
    before=(Setting("CpoName", cfg.vendor_name),),
    readings=(
        "What the white paper demands of the request is judged in step 3: PEM, a signature by the "
        "key in it, which is new and long enough, CpoName as organizationName, the serial number "
        "as commonName (A00.FR.501 to A00.FR.511, A02.FR.02, A02.FR.03, A02.FR.13).",
        "The serial number is serial_number, or one that the station has told when it booted, or "
        "its identity; where it has told none, any name will do that is no URL and no address.",
        "The station has reconnect_time to connect again. The new certificate stays.",
    ),
)
async def tc_074_cs(t: StationTest) -> None:
    await t.call(1, "ExtendedTriggerMessage", RENEWAL, ACCEPTED)
    asked = await t.expect(
        3,
        "SignCertificate",
        IS_REQUEST,
        ASKS_FOR_LONG_KEY,
        asks_for_new_key(t.model.facts.certificate),
        ASKS_FOR_OPERATOR,
        asks_for_serial(t.serial_numbers),
        reply={"status": "Accepted"},
    )
    chain = await t.signed(asked["csr"])
    await t.call(5, "CertificateSigned", {"certificateChain": chain}, ACCEPTED)
    await t.expect(7, "@tls", is_leaf_of(chain), within=cfg.reconnect_time)
    await t.expect(7, "@connect", within=cfg.reconnect_time)
