"""Firmware that is fetched and checked, and logs that are uploaded (L01, N01)."""

from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from station201_lab import lab201

from testbay.files import FileServer
from testbay.pki import firmware
from testbay.pki.lab import Lab

LAB = Lab.seeded()
ROOTS = {
    "csms_roots": (LAB.root("csms_root"),),
    "manufacturer_roots": (LAB.root("manufacturer_root"),),
}
IMAGE = firmware.image("2.0.0")
STATUS, LOG = "FirmwareStatusNotification", "LogStatusNotification"


@asynccontextmanager
async def files(**options):
    """Run a station with a file server beside it."""
    with TemporaryDirectory() as folder:
        server = FileServer(Path(folder))
        await server.start({"http": ("127.0.0.1", 0)})
        try:
            async with lab201(**ROOTS | options) as bench:
                yield bench, server
        finally:
            await server.stop()


def statuses(bench, action):
    return [one["status"] for one in bench.peer.payloads(action)]


async def update(bench, server, *, flaw="", signer="", there=True, image=IMAGE, **more):
    name = server.fresh("firmware.bin")
    if there:
        server.offer(name, image)
    by = LAB.signer(signer)
    signature = firmware.signature(image, by.key)
    asked = {
        "location": server.url(name, "http"),
        "retrieveDateTime": "2029-01-01T00:00:00Z",
        "signingCertificate": by.chain,
        "signature": firmware.spoiled(signature) if flaw else signature,
    }
    return await bench.peer.call(
        "UpdateFirmware", {"requestId": 7, "retries": 0, "firmware": asked | more}
    )


async def test_firmware_is_fetched_checked_and_running():
    async with files() as (bench, server):
        assert await update(bench, server) == {"status": "Accepted"}
        await bench.settle(20)
        told = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"]
        assert statuses(bench, STATUS) == told
        assert {one["requestId"] for one in bench.peer.payloads(STATUS)} == {7}
        await bench.peer.call("Reset", {"type": "OnIdle"})
        await bench.settle(10)
        station = bench.peer.payloads("BootNotification")[-1]["chargingStation"]
        assert station["firmwareVersion"] == "2.0.0"


@pytest.mark.parametrize(
    ("how", "last"),
    [
        ({"flaw": "signature"}, "InvalidSignature"),
        ({"there": False}, "DownloadFailed"),
        ({"image": b"not firmware"}, "InstallationFailed"),
    ],
)
async def test_firmware_that_is_not_installed(how, last):
    async with files() as (bench, server):
        await update(bench, server, **how)
        await bench.settle(60)
        assert statuses(bench, STATUS)[-1] == last
        kinds = [event["type"] for event in bench.peer.payloads("SecurityEventNotification")]
        assert ("InvalidFirmwareSignature" in kinds) is (last == "InvalidSignature")


async def test_who_signs_must_be_trusted():
    async with files() as (bench, server):
        answer = await update(bench, server, signer="unknown_root")
        assert answer == {"status": "InvalidCertificate"}
        await bench.settle(20)
        assert statuses(bench, STATUS) == []


async def test_firmware_waits_for_its_time_and_for_the_end_of_a_session():
    async with files() as (bench, server):
        await bench.do("plug_in")
        await bench.do("present_token", id_token="01020304")
        await update(bench, server, retrieveDateTime="2030-01-01T00:00:30Z")
        await bench.settle(60)
        assert statuses(bench, STATUS)[0] == "DownloadScheduled"
        assert statuses(bench, STATUS)[-1] == "SignatureVerified"
        await bench.do("present_token", id_token="01020304")
        await bench.do("unplug")
        await bench.settle(20)
        assert statuses(bench, STATUS)[-1] == "Installed"


@pytest.mark.parametrize(("after", "told"), [(0.3, "Downloading"), (20, "Idle")])
async def test_the_status_of_an_update_on_demand(after, told):
    async with files() as (bench, server):
        await update(bench, server)
        await bench.settle(after)
        mark = bench.mark
        await bench.peer.call("TriggerMessage", {"requestedMessage": STATUS})
        await bench.settle(0.1)
        assert bench.peer.payloads(STATUS, since=mark)[0]["status"] == told


async def test_logs_are_uploaded():
    async with files() as (bench, server):
        place = server.place("logs", "http")
        wanted = {"logType": "DiagnosticsLog", "requestId": 3, "log": {"remoteLocation": place}}
        answer = await bench.peer.call("GetLog", wanted)
        assert answer["status"] == "Accepted"
        await bench.settle(0.2)
        await bench.peer.call("TriggerMessage", {"requestedMessage": LOG})
        await bench.settle(10)
        assert statuses(bench, LOG) == ["Uploading", "Uploading", "Uploaded"]
        (came,) = server.uploads(place)
        assert came.name == answer["filename"]
        assert "connected to ws://csms.test:9000/ocpp/CS1" in came.path.read_text()
