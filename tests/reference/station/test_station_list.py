"""The local authorization list: kept as it is sent, used before the cache, never changed here."""

import pytest
from station_lab import lab

ACCEPTED = {"status": "Accepted"}
START = {"connectorId": 1, "idTag": "TAG1"}


def entry(id_tag="TAG1", status="Accepted", **info):
    return {"idTag": id_tag, "idTagInfo": {"status": status, **info}}


async def send(bench, version, *entries, kind="Full", **more):
    payload = {"listVersion": version, "updateType": kind, **more}
    if entries:
        payload["localAuthorizationList"] = list(entries)
    return (await bench.peer.call("SendLocalList", payload))["status"]


async def version(bench):
    return (await bench.peer.call("GetLocalListVersion"))["listVersion"]


async def authorizes(bench, id_tag, connector):
    """Return whether the CSMS is asked about a token when it is presented."""
    mark = bench.mark
    await bench.do("present_token", id_tag=id_tag, connector=connector)
    return bool(bench.peer.sent("Authorize", since=mark))


async def test_versions():
    async with lab() as bench:
        assert await version(bench) == 0
        assert await send(bench, 2, entry()) == "Accepted"
        assert await version(bench) == 2
        assert await send(bench, 5, kind="Differential") == "Accepted"
        assert await version(bench) == 5
        assert await send(bench, 5, entry("TAG2"), kind="Differential") == "VersionMismatch"
        assert await send(bench, 4, kind="Differential") == "VersionMismatch"
        assert await version(bench) == 5
        assert await send(bench, 3, entry("TAG2")) == "Accepted"
        assert await version(bench) == 3
        assert await send(bench, 9) == "Accepted"
        assert await version(bench) == 0
        assert await send(bench, 1, entry("TAG2"), kind="Differential") == "Accepted"
        assert await version(bench) == 1


@pytest.mark.parametrize(
    ("number", "entries"),
    [
        (0, (entry(),)),
        (-1, ()),
        (2, (entry("TAG1"), entry("tag1"))),
        (2, (entry("TAG1"), {"idTag": "TAG2"})),
        (2, tuple(entry(f"T{number}") for number in range(4))),
    ],
)
async def test_a_full_list_that_cannot_be_taken_changes_nothing(number, entries):
    async with lab(keys={"SendLocalListMaxLength": "3"}) as bench:
        assert await send(bench, 1, entry("TAG9")) == "Accepted"
        assert await send(bench, number, *entries) == "Failed"
        assert await version(bench) == 1
        await bench.set(LocalPreAuthorize=True)
        assert not await authorizes(bench, "TAG9", 1)
        assert await authorizes(bench, "TAG1", 2)


async def test_the_list_has_a_greatest_length():
    async with lab(keys={"LocalAuthListMaxLength": "2"}) as bench:
        assert await send(bench, 1, entry("A"), entry("B"), entry("C")) == "Failed"
        assert await send(bench, 1, entry("A"), entry("B")) == "Accepted"
        assert await send(bench, 2, entry("C"), kind="Differential") == "Failed"
        changes = (entry("C"), {"idTag": "A"})
        assert await send(bench, 2, *changes, kind="Differential") == "Accepted"


async def test_a_memory_that_is_broken():
    async with lab() as bench:
        await bench.do("break_memory")
        assert await send(bench, 2, entry()) == "Failed"
        await bench.do("repair_memory")
        assert await send(bench, 2, entry()) == "Accepted"


async def test_a_differential_update_adds_changes_and_deletes():
    async with lab(connectors=4) as bench:
        await bench.set(LocalPreAuthorize=True)
        await send(bench, 1, entry("KEPT"), entry("GONE"), entry("BAD"))
        changes = ({"idTag": "gone"}, {"idTag": "NEVER"}, entry("BAD", "Blocked"), entry("NEW"))
        assert await send(bench, 2, *changes, kind="Differential") == "Accepted"
        tokens = ("KEPT", "GONE", "BAD", "NEW")
        asked = [await authorizes(bench, tag, at) for at, tag in enumerate(tokens, 1)]
        assert asked == [False, True, True, False]


@pytest.mark.parametrize("ahead", [True, False])
async def test_a_listed_token_starts_without_the_csms(ahead):
    async with lab() as bench:
        await bench.set(LocalPreAuthorize=ahead, AuthorizationCacheEnabled=False)
        await send(bench, 1, entry())
        mark = bench.mark
        await bench.charge()
        expected = ["1 Preparing", "StartTransaction", "1 Charging"]
        asked = [] if ahead else ["Authorize"]
        assert bench.peer.short(mark) == expected[:1] + asked + expected[1:]


async def test_a_listed_token_starts_remotely_without_authorize():
    async with lab() as bench:
        await bench.set(LocalPreAuthorize=True)
        await send(bench, 1, entry())
        mark = bench.mark
        assert await bench.peer.call("RemoteStartTransaction", START) == ACCEPTED
        await bench.settle()
        assert bench.peer.short(mark) == ["1 Preparing"]


@pytest.mark.parametrize(
    "listed", [entry(expiryDate="2020-01-01T00:00:00Z"), entry(status="ConcurrentTx")]
)
async def test_the_csms_is_asked_about_a_listed_token_that_is_not_valid(listed):
    async with lab() as bench:
        await bench.set(LocalPreAuthorize=True)
        await send(bench, 1, listed)
        assert await authorizes(bench, "TAG1", 1)


@pytest.mark.parametrize(
    ("listed", "starts"),
    [
        (entry(), True),
        (entry(status="Blocked"), False),
        (entry(status="ConcurrentTx"), False),
        (entry(expiryDate="2020-01-01T00:00:00Z"), False),
    ],
)
async def test_offline_the_list_decides_before_the_cache(listed, starts):
    async with lab() as bench:
        await bench.set(AllowOfflineTxForUnknownId=True)
        await bench.charge()  # the cache has it as Accepted now
        await bench.peer.call("RemoteStopTransaction", {"transactionId": 1})
        await bench.do("unplug")
        await send(bench, 1, listed)
        await bench.offline()
        await bench.charge()
        assert (bench.station.control.state()["connectors"][0]["status"] == "Charging") is starts


async def test_the_group_of_a_listed_token():
    async with lab() as bench:
        await bench.set(LocalPreAuthorize=True)
        await send(bench, 1, entry("TAG1", parentIdTag="G"), entry("TAG2", parentIdTag="G"))
        await bench.charge()
        await bench.offline()
        await bench.do("present_token", id_tag="TAG2", connector=1)
        assert bench.station.control.state()["connectors"][0]["status"] == "Finishing"


async def test_a_list_that_is_switched_off_is_not_there():
    async with lab() as bench:
        await bench.set(LocalPreAuthorize=True)
        await send(bench, 4, entry())
        await bench.set(LocalAuthListEnabled=False)
        assert await version(bench) == -1
        assert await send(bench, 5, entry()) == "NotSupported"
        assert await authorizes(bench, "TAG1", 1)
        await bench.set(LocalAuthListEnabled=True)
        assert await version(bench) == 4


async def test_listed_tokens_are_not_cached():
    async with lab() as bench:
        await send(bench, 1, entry())
        await bench.charge()
        await bench.peer.call("RemoteStopTransaction", {"transactionId": 1})
        await send(bench, 2)
        await bench.set(LocalPreAuthorize=True)
        assert await authorizes(bench, "TAG1", 2)


@pytest.mark.parametrize(
    ("listed", "said", "conflict"),
    [
        ("Accepted", "Invalid", True),
        ("Accepted", "ConcurrentTx", False),
        ("Accepted", "Accepted", False),
        ("Blocked", "Accepted", True),
        ("Blocked", "Invalid", False),
    ],
)
async def test_conflicts_between_list_and_csms(listed, said, conflict):
    async with lab({"Authorize": {"idTagInfo": {"status": said}}}) as bench:
        await send(bench, 1, entry(status=listed))
        mark = bench.mark
        await bench.do("present_token", id_tag="TAG1", connector=1)
        told = [p for p in bench.peer.payloads("StatusNotification", mark) if p["connectorId"] == 0]
        assert [(p["status"], p["errorCode"]) for p in told] == (
            [("Available", "LocalListConflict")] if conflict else []
        )
        assert await version(bench) == 1


async def test_the_list_survives_a_reboot():
    async with lab() as bench:
        await bench.set(LocalPreAuthorize=True)
        await send(bench, 7, entry())
        await bench.do("power_cycle")
        await bench.settle(5)
        assert await version(bench) == 7
        assert not await authorizes(bench, "TAG1", 1)


async def test_a_station_without_a_list():
    async with lab(without=("LocalAuthListManagement",)) as bench:
        assert await version(bench) == -1
        assert await send(bench, 1, entry()) == "NotSupported"
        keys = ["LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength"]
        answer = await bench.peer.call("GetConfiguration", {"key": keys})
        assert answer["unknownKey"] == keys


async def test_a_station_without_a_list_that_answers_with_errors():
    async with lab(without=("LocalAuthListManagement",), refusal="error") as bench:
        for action, payload in (
            ("GetLocalListVersion", {}),
            ("SendLocalList", {"listVersion": 1, "updateType": "Full"}),
        ):
            frame = await bench.peer.raw_call(action, payload)
            assert (frame[0], frame[2]) == (4, "NotSupported")
