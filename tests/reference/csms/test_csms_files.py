"""Firmware with its signature, and logs: what a station is told to fetch and to upload."""

from typing import Any

import pytest
from csms_lab import OK, Lab, ScriptedStation

from testbay_reference.control import Refused
from testbay_reference.csms import SignedFirmware

URL = "https://host/f.bin"
IMAGES = (
    SignedFirmware("c2ln", "-----PEM-----"),
    SignedFirmware("YmFk", "-----PEM-----", "ftp://f"),
)
SOON = "2030-01-01T00:00:00.000Z"


async def opened(lab: Lab, *faults: str, **options: Any) -> ScriptedStation:
    await lab.open(faults=faults, **options)
    return await lab.station()


async def test_signed_firmware(lab: Lab) -> None:
    station = await opened(lab, firmware=IMAGES)
    for number, location, signature in ((1, URL, "c2ln"), (2, "ftp://f", "YmFk")):
        order = lab.begin("update_firmware", location=location, signed=True)
        asked = await station.obey("SignedUpdateFirmware")
        assert asked == {
            "requestId": number,
            "firmware": {
                "location": location,
                "retrieveDateTime": SOON,
                "signingCertificate": "-----PEM-----",
                "signature": signature,
            },
        }
        assert (await order)["request"] == number


async def test_signed_firmware_for_later(lab: Lab) -> None:
    station = await opened(lab, firmware=IMAGES)
    times = {"after": 60, "install_after": 3600, "retries": 2, "retry_interval": 9}
    order = lab.begin("update_firmware", location=URL, signed=True, **times)
    asked = await station.obey("SignedUpdateFirmware")
    await order
    assert asked["firmware"]["retrieveDateTime"] == "2030-01-01T00:01:00.000Z"
    assert asked["firmware"]["installDateTime"] == "2030-01-01T01:00:00.000Z"
    assert (asked["retries"], asked["retryInterval"]) == (2, 9)
    with pytest.raises(Refused, match="only signed firmware"):
        await lab.act("update_firmware", location=URL, install_after=1)


async def test_a_signature_can_be_set_later(lab: Lab) -> None:
    station = await opened(lab)
    with pytest.raises(Refused, match="is known; set it first"):
        await lab.act("update_firmware", location=URL, signed=True)
    await lab.act("set_firmware", location=URL, signature="bmV3", certificate="PEM")
    order = lab.begin("update_firmware", location=URL, signed=True)
    assert (await station.obey("SignedUpdateFirmware"))["firmware"]["signature"] == "bmV3"
    await order
    with pytest.raises(Refused, match="no signature"):
        await lab.act("update_firmware", location="ftp://other", signed=True)


async def test_firmware_without_its_signature(lab: Lab) -> None:
    station = await opened(lab, "sends-firmware-unsigned", firmware=IMAGES)
    order = lab.begin("update_firmware", location=URL, signed=True)
    asked = await station.obey("UpdateFirmware", {})
    assert asked == {"location": URL, "retrieveDate": SOON}
    await order


LOG = {"status": "Accepted", "filename": "log.txt"}


async def test_the_security_log(lab: Lab) -> None:
    station = await opened(lab)
    times = {"since": "2029-12-31T00:00:00Z", "until": "2030-01-01T00:00:00Z"}
    order = lab.begin("fetch_security_log", location=URL, retries=1, retry_interval=5, **times)
    assert await station.obey("GetLog", LOG) == {
        "logType": "SecurityLog",
        "requestId": 1,
        "retries": 1,
        "retryInterval": 5,
        "log": {
            "remoteLocation": URL,
            "oldestTimestamp": "2029-12-31T00:00:00.000Z",
            "latestTimestamp": "2030-01-01T00:00:00.000Z",
        },
    }
    assert await order == {"station": "CP1", "action": "GetLog", "answer": LOG, "request": 1}


@pytest.mark.parametrize(
    ("action", "parameters", "faults"),
    [
        ("fetch_diagnostics", {"by_log": True}, ()),
        ("fetch_security_log", {}, ("fetches-diagnostics-instead-of-security-log",)),
    ],
)
async def test_diagnostics_by_log(
    lab: Lab, action: str, parameters: dict[str, Any], faults: tuple[str, ...]
) -> None:
    station = await opened(lab, *faults)
    order = lab.begin(action, location=URL, **parameters)
    asked = await station.obey("GetLog", LOG)
    assert asked == {"logType": "DiagnosticsLog", "requestId": 1, "log": {"remoteLocation": URL}}
    await order


async def test_each_request_has_a_number_of_its_own(lab: Lab) -> None:
    station = await opened(lab, firmware=IMAGES)
    numbers = []
    for _ in range(3):
        order = lab.begin("fetch_security_log", location=URL)
        numbers.append((await station.obey("GetLog", LOG))["requestId"])
        await order
    assert numbers == [1, 2, 3]
    order = lab.begin("update_firmware", location=URL, signed=True)
    assert (await station.obey("SignedUpdateFirmware", OK))["requestId"] == 1
    await order
