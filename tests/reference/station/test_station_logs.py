"""Diagnostics and logs of the reference station (5.9; whitepaper N01)."""

import pytest
from file_lab import DIAGNOSTICS, LOG, desk

from testbay.files import Limits


def uploads(bench):
    """Return names and contents of what has come."""
    return [(one.name, one.path.read_text()) for one in bench.server.uploads()]


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "ftps"])
async def test_diagnostics_are_uploaded(scheme):
    async with desk(schemes=(scheme,)) as bench:
        answer = await bench.diagnostics()
        await bench.settle(10)
        assert bench.statuses(DIAGNOSTICS) == ["Uploading", "Uploaded"]
        ((name, text),) = uploads(bench)
        assert answer == {"fileName": name} == {"fileName": "CP1-diagnostics-20300101T000005Z.log"}
        assert "2030-01-01T00:00:02.000Z connected to ws://csms.test:9000/ocpp/CP1\n" in text
        assert bench.said == []


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "ftps"])
async def test_the_security_log_is_uploaded(scheme):
    async with desk(schemes=(scheme,)) as bench:
        answer = await bench.log()
        await bench.settle(10)
        reports = bench.peer.payloads(LOG)
        assert reports == [
            {"status": "Uploading", "requestId": 1},
            {"status": "Uploaded", "requestId": 1},
        ]
        ((name, text),) = uploads(bench)
        assert answer == {"status": "Accepted", "filename": name}
        assert name == "CP1-security-20300101T000005Z.log"
        assert text == "2030-01-01T00:00:02.000Z StartupOfTheDevice\n"


async def test_the_other_kind_of_log_and_the_other_method():
    async with desk(upload_method="POST") as bench:
        await bench.log("DiagnosticsLog")
        await bench.settle(10)
        ((name, text),) = uploads(bench)
        assert name.startswith("CP1-diagnostics-")
        assert "connected to" in text


async def test_a_part_of_the_time():
    async with desk() as bench:
        await bench.settle(60)
        await bench.bench.do("plug_in")
        await bench.diagnostics(startTime="2030-01-01T00:01:00Z", stopTime="2030-01-01T00:02:00Z")
        await bench.settle(10)
        ((_, text),) = uploads(bench)
        assert [line.split()[1:] for line in text.splitlines()] == [
            ["connector", "1:", "Preparing"]
        ]
        never = "2029-01-01T00:00:00Z"
        assert await bench.diagnostics(stopTime=never) == {}
        assert await bench.log(log={"latestTimestamp": never}) == {"status": "Rejected"}
        await bench.settle(10)
        assert len(bench.statuses(DIAGNOSTICS)) == 2
        assert bench.statuses(LOG) == []


@pytest.mark.parametrize("scheme", ["http", "ftp"])
@pytest.mark.parametrize(
    ("more", "attempts"), [({"retries": 0}, 1), ({}, 3), ({"retries": 3, "retryInterval": 1}, 4)]
)
async def test_an_upload_that_is_refused_is_repeated(scheme, more, attempts):
    async with desk(schemes=(scheme,)) as bench:
        place = bench.server.place("diagnostics", scheme, takes=False)
        await bench.diagnostics(place, **more)
        await bench.settle(60)
        assert bench.statuses(DIAGNOSTICS) == ["Uploading", "UploadFailed"]
        assert len(bench.said) == attempts
        assert uploads(bench) == []


@pytest.mark.parametrize(
    ("location", "status"),
    [
        ("http://nowhere.test:1/logs", "UploadFailure"),
        ("gopher://127.0.0.1/logs", "NotSupportedOperation"),
        ("nonsense", "NotSupportedOperation"),
        ("http:///logs", "BadMessage"),
    ],
)
async def test_log_locations_that_lead_nowhere(location, status):
    async with desk() as bench:
        await bench.log(location=location, retries=0)
        await bench.settle(60)
        assert bench.statuses(LOG) == ["Uploading", status]


@pytest.mark.parametrize("scheme", ["http", "ftp"])
async def test_the_reason_of_a_refused_log(scheme):
    async with desk(schemes=(scheme,)) as bench:
        place = bench.server.place("logs", scheme, takes=False)
        await bench.log(location=place, retries=0)
        await bench.settle(60)
        assert bench.statuses(LOG) == ["Uploading", "PermissionDenied"]


async def test_a_new_log_takes_the_place_of_the_one_before():
    async with desk(upload_seconds=20) as bench:
        assert (await bench.log())["status"] == "Accepted"
        await bench.settle(5)
        assert (await bench.log())["status"] == "AcceptedCanceled"
        await bench.settle(60)
        ids = [(p["status"], p["requestId"]) for p in bench.peer.payloads(LOG)]
        assert ids == [("Uploading", 1), ("Uploading", 2), ("Uploaded", 2)]
        assert len(uploads(bench)) == 1


async def test_diagnostics_and_logs_do_not_disturb_each_other():
    async with desk(upload_seconds=20) as bench:
        await bench.diagnostics()
        assert (await bench.log())["status"] == "Accepted"
        await bench.settle(60)
        assert bench.statuses(DIAGNOSTICS) == bench.statuses(LOG) == ["Uploading", "Uploaded"]


@pytest.mark.parametrize(
    ("message", "action"), [(DIAGNOSTICS, "TriggerMessage"), (LOG, "ExtendedTriggerMessage")]
)
async def test_the_status_can_be_asked_for(message, action):
    async with desk(upload_seconds=20) as bench:
        begin = bench.diagnostics if message == DIAGNOSTICS else bench.log
        about = {} if message == DIAGNOSTICS else {"requestId": 1}

        async def asked():
            mark = bench.bench.mark
            answer = await bench.peer.call(action, {"requestedMessage": message})
            assert answer == {"status": "Accepted"}
            await bench.settle(1)
            return bench.peer.payloads(message, mark)

        assert await asked() == [{"status": "Idle"}]
        await begin()
        await bench.settle(5)
        assert await asked() == [{"status": "Uploading", **about}]
        await bench.settle(60)
        assert await asked() == [{"status": "Idle"}]


async def test_a_server_with_an_unknown_certificate_gets_nothing():
    async with desk(schemes=("https", "ftps"), csms_roots=()) as bench:
        for scheme in ("https", "ftps"):
            place = bench.server.place("diagnostics", scheme)
            await bench.diagnostics(place, retries=0)
            await bench.settle(30)
        assert bench.statuses(DIAGNOSTICS) == ["Uploading", "UploadFailed"] * 2
        assert uploads(bench) == []
        assert any("TLS failed" in line for line in bench.bench.log)


async def test_what_is_secret_is_not_in_the_diagnostics():
    password = "a password of sixteen"
    async with desk(security_profile=1, password=password) as bench:
        location = bench.server.place("diagnostics", "http").replace("//", "//me:secret@")
        await bench.diagnostics(location)
        await bench.settle(30)
        await bench.diagnostics()
        await bench.settle(30)
        text = uploads(bench)[-1][1]
        assert "was uploaded to http://127.0.0.1" in text
        assert "secret" not in text
        assert password not in text


async def test_without_the_security_extension_there_is_no_log():
    async with desk(security_profiles=()) as bench:
        payload = {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "http://x"}}
        assert (await bench.peer.raw_call("GetLog", payload))[2] == "NotSupported"


async def test_a_log_that_is_too_large_for_the_server():
    async with desk(limits=Limits(upload=10)) as bench:
        await bench.log(retries=0)
        await bench.settle(30)
        assert bench.statuses(LOG) == ["Uploading", "UploadFailure"]
