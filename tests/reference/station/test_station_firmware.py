"""Firmware updates of the reference station, signed or not (5.19; whitepaper L01)."""

import pytest
from file_lab import (
    GARBAGE,
    IMAGE,
    PKI,
    PLAIN,
    SIGNED,
    UP_TO_REBOOT,
    UP_TO_SIGNED_REBOOT,
    desk,
    images,
)
from station_lab import Refusal, lab

from testbay_reference.store import Store


def at(seconds):
    """Return a moment of the virtual clock as OCPP writes it."""
    return f"2030-01-01T00:{int(seconds // 60):02}:{seconds % 60:06.3f}Z"


def times(bench, action, since=0):
    return [(call.payload["status"], round(call.time)) for call in bench.peer.sent(action)[since:]]


async def test_an_update_from_the_download_to_the_next_boot():
    async with desk() as bench:
        mark = bench.bench.mark
        assert await bench.update() == {}
        await bench.settle()
        assert bench.peer.short(mark) == [
            PLAIN,
            PLAIN,
            "1 Unavailable",
            "2 Unavailable",
            PLAIN,
            "BootNotification",
            "0 Available",
            "1 Available",
            "2 Available",
            PLAIN,
        ]
        assert bench.statuses() == [*UP_TO_REBOOT, "Installed"]
        assert bench.versions == ["1.0.0", "2.0.0"]
        assert bench.server.fetched("fw.bin") == 1
        assert bench.peer.wrong == []


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "ftps"])
async def test_each_way_to_fetch_it(scheme):
    """FTP is spoken by threads over real sockets, for which the virtual clock waits."""
    async with desk(schemes=(scheme,)) as bench:
        await bench.update()
        await bench.settle()
        assert bench.versions == ["1.0.0", "2.0.0"]
        assert bench.server.fetched("fw.bin") == 1


@pytest.mark.parametrize(
    ("more", "attempts", "seconds"),
    [({"retries": 0}, 1, 1), ({}, 3, 21), ({"retries": 3, "retryInterval": 100}, 4, 301)],
)
async def test_a_download_that_fails_is_repeated(more, attempts, seconds):
    async with desk() as bench:
        begin = bench.bench.time
        location = bench.location("does_not_exist", None)
        await bench.update(location, **more)
        await bench.settle(400)
        assert bench.statuses() == ["Downloading", "DownloadFailed"]
        assert len([line for line in bench.said if "is not there" in line]) == attempts
        assert bench.peer.sent(PLAIN)[-1].time - begin == pytest.approx(seconds, abs=0.1)
        assert bench.versions == ["1.0.0"]
        assert bench.peer.statuses()[-1] == "Available"


async def test_a_download_that_succeeds_later():
    async with desk() as bench:
        location = bench.location("late", None)
        await bench.update(location, retries=5, retryInterval=10)
        await bench.settle(15)
        bench.location("late")
        await bench.settle()
        assert bench.statuses() == [*UP_TO_REBOOT, "Installed"]


@pytest.mark.parametrize(
    "location",
    ["http://nowhere.test:1/fw", "gopher://127.0.0.1/fw", "http://", "nonsense", "ftp://[::1/x"],
)
async def test_locations_that_lead_nowhere(location):
    async with desk(file_retries=0) as bench:
        payload = {"location": location, "retrieveDate": at(0)}
        frame = await bench.peer.raw_call("UpdateFirmware", payload)
        await bench.settle()
        if frame[0] == 3:  # otherwise the schema forbids it
            assert bench.statuses() == ["Downloading", "DownloadFailed"]


async def test_what_is_no_firmware_is_not_installed():
    async with desk() as bench:
        await bench.update(bench.location("bad", GARBAGE))
        await bench.settle()
        assert bench.statuses() == [*UP_TO_REBOOT, "InstallationFailed"]
        assert bench.versions == ["1.0.0"]
        assert bench.peer.statuses()[-2:] == ["Unavailable", "Available"]


NAMELESS = [b"", b"testbay firmware ", b"testbay firmware \n", b"testbay firmware \xff\n"]


@pytest.mark.parametrize(
    "image", [*NAMELESS, b"testbay firmware 1\x1b2\n", b"testbay firmware " + b"1" * 51 + b"\n"]
)
async def test_images_that_name_no_version(image):
    async with desk() as bench:
        await bench.update(bench.location("bad", image))
        await bench.settle()
        assert bench.statuses()[-1] == "InstallationFailed"


async def test_the_date_of_retrieval():
    async with desk() as bench:
        await bench.update(at=at(100))
        await bench.settle(60)
        assert bench.statuses() == []
        assert await trigger(bench, PLAIN) == ["Idle"]
        await bench.settle(60)
        assert times(bench, PLAIN)[1:] == [
            ("Downloading", 100),
            ("Downloaded", 101),
            ("Installing", 101),
            ("Installed", 108),
        ]


async def test_the_end_of_transactions_is_waited_for():
    async with desk() as bench:
        await bench.bench.charge()
        await bench.update()
        await bench.settle(100)
        assert bench.statuses() == ["Downloading", "Downloaded"]
        assert (bench.peer.statuses(1)[-1], bench.peer.statuses(2)[-1]) == (
            "Charging",
            "Unavailable",
        )
        await bench.bench.do("plug_in", connector=2)
        await bench.bench.do("present_token", id_tag="TAG2", connector=2)
        assert len(bench.peer.sent("StartTransaction")) == 1
        await bench.bench.do("unplug")
        await bench.settle()
        assert bench.peer.payloads("StopTransaction")[0]["reason"] == "EVDisconnected"
        assert bench.statuses() == [*UP_TO_REBOOT, "Installed"]


async def test_another_update_takes_the_place_of_the_first():
    async with desk(download_seconds=20) as bench:
        await bench.update(bench.location("one", images.image("1.5")))
        await bench.settle(10)
        await bench.update()
        await bench.settle(60)
        assert bench.statuses() == ["Downloading", *UP_TO_REBOOT, "Installed"]
        assert bench.versions == ["1.0.0", "2.0.0"]
        assert bench.server.fetched("one") == 0


async def test_reports_wait_for_a_connection():
    async with desk(download_seconds=10, install_seconds=60, reconnect=(1, 2)) as bench:
        await bench.update()
        await bench.settle(5)
        await bench.bench.offline()
        await bench.settle(10)
        assert bench.statuses() == ["Downloading"]
        await bench.bench.online()
        await bench.settle(10)
        assert bench.statuses() == UP_TO_REBOOT
        await bench.settle(60)
        assert bench.statuses() == [*UP_TO_REBOOT, "Installed"]


async def test_a_report_that_the_csms_cannot_process_is_not_repeated():
    async with desk({PLAIN: [Refusal("NotSupported"), {}]}) as bench:
        await bench.update()
        await bench.settle()
        assert bench.statuses() == [*UP_TO_REBOOT, "Installed"]


async def test_a_loss_of_power_begins_the_update_anew():
    async with desk(install_seconds=20) as bench:
        await bench.update()
        await bench.settle(10)
        await bench.bench.do("power_cycle")
        await bench.settle(60)
        assert bench.statuses() == [*UP_TO_REBOOT, *UP_TO_REBOOT, "Installed"]
        assert bench.versions == ["1.0.0", "1.0.0", "2.0.0"]


async def test_a_csms_that_does_not_hear_of_the_end_before_the_reboot_hears_of_it_later():
    async with desk({"BootNotification": [{}, {"status": "Pending", "interval": 60}, {}]}) as bench:
        await bench.update()
        await bench.settle(30)
        assert bench.statuses() == UP_TO_REBOOT
        await bench.settle(60)
        assert bench.statuses() == [*UP_TO_REBOOT, "Installed"]


async def test_the_version_survives_the_program():
    store = Store()
    async with desk(store=store) as bench:
        await bench.update()
        await bench.settle()
    async with lab(store=store) as bench:
        assert bench.peer.payloads("BootNotification")[0]["firmwareVersion"] == "2.0.0"
        assert bench.peer.payloads(PLAIN) == []


async def test_ways_to_activate_firmware():
    async with desk(activation="at once") as bench:
        await bench.update()
        await bench.settle()
        assert bench.statuses() == [*UP_TO_REBOOT, "Installed"]
        assert bench.versions == ["1.0.0"]
        assert bench.peer.statuses()[-1] == "Available"
    async with desk(activation="reset") as bench:
        await bench.update()
        await bench.settle(100)
        assert bench.statuses() == UP_TO_REBOOT
        await bench.peer.call("Reset", {"type": "Hard"})
        await bench.settle()
        assert bench.statuses() == [*UP_TO_REBOOT, "Installed"]
        assert bench.versions == ["1.0.0", "2.0.0"]


async def test_the_profile_can_be_left_out():
    async with desk(without=("FirmwareManagement",)) as bench:
        key = "SupportedFileTransferProtocols"
        answer = await bench.peer.call("GetConfiguration", {"key": [key]})
        assert answer["unknownKey"] == [key]
        update = {"location": bench.location(), "retrieveDate": at(0)}
        for action, payload in (
            ("UpdateFirmware", update),
            ("GetDiagnostics", {"location": bench.location()}),
        ):
            assert (await bench.peer.raw_call(action, payload))[2] == "NotSupported"
        firmware = {
            "location": bench.location(),
            "retrieveDateTime": at(0),
            "signingCertificate": "x",
            "signature": "x",
        }
        signed = {"requestId": 1, "firmware": firmware}
        assert (await bench.peer.raw_call("SignedUpdateFirmware", signed))[2] == "NotSupported"
        wanted = {"requestedMessage": PLAIN}
        for action in ("TriggerMessage", "ExtendedTriggerMessage"):
            assert await bench.peer.call(action, wanted) == {"status": "NotImplemented"}


async def test_the_supported_protocols():
    async with desk(file_transfer=("HTTP",)) as bench:
        answer = await bench.peer.call("GetConfiguration")
        keys = {entry["key"]: entry for entry in answer["configurationKey"]}
        entry = keys["SupportedFileTransferProtocols"]
        assert (entry["value"], entry["readonly"]) == ("HTTP", True)
        await bench.update("ftp://127.0.0.1/fw")
        await bench.settle(2)
        assert bench.statuses() == ["Downloading", "DownloadFailed"]


# -- signed firmware


@pytest.mark.parametrize("kind", ["ec", "rsa"])
async def test_a_signed_update(kind):
    async with desk() as bench:
        assert await bench.signed_update(kind=kind) == "Accepted"
        await bench.settle()
        assert bench.statuses(SIGNED) == [*UP_TO_SIGNED_REBOOT, "Installed"]
        assert {p["requestId"] for p in bench.peer.payloads(SIGNED)} == {1}
        assert bench.versions == ["1.0.0", "2.0.0"]
        assert events(bench) == ["FirmwareUpdated"]
        assert bench.statuses(PLAIN) == []


def events(bench):
    """Return the security events that have to do with firmware."""
    found = [event["type"] for event in bench.peer.payloads("SecurityEventNotification")]
    return [one for one in found if "Firmware" in one]


@pytest.mark.parametrize("signature", ["spoiled", "of another image", "no base64", "empty"])
async def test_a_wrong_signature(signature):
    key = PKI.signer("").key
    text = {
        "spoiled": images.spoiled(images.signature(IMAGE, key)),
        "of another image": images.signature(IMAGE + b"x", key),
        "no base64": "!!!",
        "empty": "====",
    }[signature]
    async with desk() as bench:
        assert await bench.signed_update(signature=text) == "Accepted"
        await bench.settle()
        assert bench.statuses(SIGNED) == ["Downloading", "Downloaded", "InvalidSignature"]
        assert events(bench) == ["InvalidFirmwareSignature"]
        assert bench.versions == ["1.0.0"]


FLAWS = ["expired", "not_yet_valid", "unknown_root", "self_signed", "wrong_root"]


@pytest.mark.parametrize("flaw", [*FLAWS, "bad_signature", "wrong_use", "weak_key"])
async def test_a_wrong_signing_certificate(flaw):
    async with desk() as bench:
        assert await bench.signed_update(flaw=flaw) == "InvalidCertificate"
        await bench.settle()
        assert bench.statuses(SIGNED) == []
        assert events(bench) == ["InvalidFirmwareSigningCertificate"]
        assert bench.server.fetched("fw.bin") == 0


async def test_a_signing_certificate_that_is_none():
    async with desk() as bench:
        firmware = {
            "location": bench.location(),
            "retrieveDateTime": at(0),
            "signingCertificate": "certificate",
            "signature": "x",
        }
        payload = {"requestId": 1, "firmware": firmware}
        answer = await bench.peer.call("SignedUpdateFirmware", payload)
        assert answer == {"status": "InvalidCertificate"}


async def test_dates_of_a_signed_update():
    async with desk() as bench:
        assert await bench.signed_update(at=at(50), install=at(100)) == "Accepted"
        await bench.settle(200)
        assert times(bench, SIGNED) == [
            ("DownloadScheduled", 5),
            ("Downloading", 50),
            ("Downloaded", 51),
            ("SignatureVerified", 51),
            ("InstallScheduled", 51),
            ("Installing", 100),
            ("Installed", 107),
        ]


async def test_a_signed_update_is_canceled_by_another_one():
    async with desk() as bench:
        assert await bench.signed_update(install=at(1000)) == "Accepted"
        await bench.settle(20)
        assert await bench.signed_update(bench.location("nothing", None), retries=0) == (
            "AcceptedCanceled"
        )
        await bench.settle(2000)
        assert bench.statuses(SIGNED) == [
            *("Downloading", "Downloaded", "SignatureVerified", "InstallScheduled"),
            *("Downloading", "DownloadFailed"),
        ]
        assert [p["requestId"] for p in bench.peer.payloads(SIGNED)] == [1, 1, 1, 1, 2, 2]
        assert bench.versions == ["1.0.0"]
        assert await bench.signed_update() == "Accepted"


async def test_what_cannot_be_canceled_any_more():
    async with desk(activation="reset", announces_reboot=True) as bench:
        await bench.signed_update()
        await bench.settle(20)
        assert await bench.signed_update() == "Rejected"


async def test_a_reboot_can_be_announced():
    async with desk(announces_reboot=True) as bench:
        await bench.signed_update()
        await bench.settle()
        assert bench.statuses(SIGNED) == [*UP_TO_SIGNED_REBOOT, "InstallRebooting", "Installed"]


async def trigger(bench, message, extended=False):
    """Ask for a status and return what comes."""
    mark = bench.bench.mark
    action = "ExtendedTriggerMessage" if extended else "TriggerMessage"
    answer = await bench.peer.call(action, {"requestedMessage": message})
    assert answer == {"status": "Accepted"}
    await bench.settle(0.5)
    sent = SIGNED if extended and message == PLAIN else message
    return bench.statuses(sent, mark)


async def test_the_status_can_be_asked_for():
    async with desk(download_seconds=20) as bench:
        assert await trigger(bench, PLAIN) == ["Idle"]
        await bench.update()
        await bench.settle(5)
        assert await trigger(bench, PLAIN) == ["Downloading"]
        await bench.settle(60)
        assert await trigger(bench, PLAIN) == ["Idle"]


async def test_the_status_of_a_signed_update_can_be_asked_for():
    async with desk() as bench:
        assert await trigger(bench, PLAIN, True) == ["Idle"]
        assert "requestId" not in bench.peer.payloads(SIGNED)[-1]
        await bench.signed_update(install=at(60))
        await bench.settle(20)
        assert await trigger(bench, PLAIN, True) == ["InstallScheduled"]
        assert bench.peer.payloads(SIGNED)[-1]["requestId"] == 1
        assert await trigger(bench, PLAIN) == ["Downloaded"]
        await bench.settle(60)
        assert bench.statuses(SIGNED)[-1] == "Installed"
        assert await trigger(bench, PLAIN, True) == ["Idle"]
        await bench.signed_update(bench.location("nothing", None), retries=0)
        await bench.settle(20)
        assert await trigger(bench, PLAIN, True) == ["DownloadFailed"]


async def test_firmware_without_a_signature_is_refused_where_security_matters():
    payload = {"location": "http://127.0.0.1/fw", "retrieveDate": at(0)}
    password = {"security_profile": 1, "password": "a password of sixteen"}
    for options, refused in (
        ({}, False),
        (password, True),
        (password | {"unsigned_firmware": "always"}, False),
        ({"unsigned_firmware": "never"}, True),
    ):
        async with lab(**options) as bench:
            frame = await bench.peer.raw_call("UpdateFirmware", payload)
            assert (frame[0] == 4) == refused
            if refused:
                assert frame[2] == "NotSupported"
