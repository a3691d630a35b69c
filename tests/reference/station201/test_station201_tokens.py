"""Who may charge: the authorization cache, the local list, and what counts offline."""

import pytest
from station201_lab import lab201

TOKEN = {"idToken": "AA01", "type": "ISO14443"}
OTHER = {"idToken": "BB02", "type": "ISO14443"}
GROUP = {"groupIdToken": {"idToken": "G1", "type": "Central"}}
OFFLINE_TOO = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}
AHEAD = {"AuthCtrlr.LocalPreAuthorize": "true"}
STARTS = {"tx_start": ("Authorized",), "tx_stop": ("Authorized",)}


def info(status="Accepted", **more):
    return {"idTokenInfo": {"status": status, **more}}


def entry(token=TOKEN, status="Accepted", **more):
    return {"idToken": token, **info(status, **more)}


async def send(bench, version, *entries, kind="Full"):
    payload = {"versionNumber": version, "updateType": kind}
    if entries:
        payload["localAuthorizationList"] = list(entries)
    return (await bench.peer.call("SendLocalList", payload))["status"]


async def version(bench):
    return (await bench.peer.call("GetLocalListVersion", {}))["versionNumber"]


async def present(bench, token=TOKEN, evse=1):
    await bench.do("present_token", evse=evse, id_token=token["idToken"], type=token["type"])


async def charges(bench, token=TOKEN, evse=1):
    """Present a token; return whether it was asked about, and whether a transaction begins."""
    mark, queued = bench.mark, bench.station.state()["undelivered"]
    await present(bench, token, evse)
    began = bench.peer.sent("TransactionEvent", since=mark)
    later = bench.station.state()["undelivered"] > queued
    return bool(bench.peer.sent("Authorize", since=mark)), bool(began) or later


async def test_versions_of_the_list():
    async with lab201() as bench:
        assert await version(bench) == 0
        assert await send(bench, 2, entry()) == "Accepted"
        assert await version(bench) == 2
        assert await send(bench, 2, entry(OTHER), kind="Differential") == "VersionMismatch"
        assert await send(bench, 5, kind="Differential") == "Accepted"
        assert await version(bench) == 5
        assert await send(bench, 1) == "Accepted"
        assert await version(bench) == 1


@pytest.mark.parametrize(
    ("entries", "number"),
    [((entry(), entry()), 1), (({"idToken": TOKEN},), 1), ((entry(),), 0)],
)
async def test_lists_that_cannot_be(entries, number):
    async with lab201() as bench:
        assert await send(bench, number, *entries) == "Failed"
        assert await version(bench) == 0


async def test_a_list_that_is_switched_off_is_none():
    async with lab201(variables={"LocalAuthListCtrlr.Enabled": "false"}) as bench:
        assert await version(bench) == 0
        assert await send(bench, 1, entry()) == "Failed"


async def test_a_station_without_a_list():
    lacks = ("LocalAuthListCtrlr.Available", "LocalAuthListCtrlr.Enabled")
    async with lab201(lacks=lacks) as bench:
        frame = await bench.peer.ask("GetLocalListVersion", {})
        assert frame[:2] == [4, "NotSupported"]


async def test_the_list_decides_before_the_cache():
    async with lab201(variables=AHEAD, **STARTS) as bench:
        assert await charges(bench, evse=1) == (True, True)
        assert await send(bench, 1, entry(status="Blocked")) == "Accepted"
        bench.peer.script["Authorize"] = info("Blocked")
        assert await charges(bench, evse=2) == (True, False)


async def test_a_cached_token_need_not_be_asked_about():
    async with lab201(variables=AHEAD, **STARTS) as bench:
        assert await charges(bench, evse=1) == (True, True)
        assert await charges(bench, evse=2) == (False, True)


@pytest.mark.parametrize("enabled", [True, False])
async def test_clearing_the_cache(enabled):
    switch = {"AuthCacheCtrlr.Enabled": str(enabled).lower()}
    async with lab201(variables={**AHEAD, **switch}, **STARTS) as bench:
        assert await charges(bench, evse=1) == (True, True)
        status = (await bench.peer.call("ClearCache", {}))["status"]
        assert status == ("Accepted" if enabled else "Rejected")
        assert await charges(bench, evse=2) == (True, True)


async def test_the_answer_to_an_event_is_cached_too():
    script = {"TransactionEvent": lambda event: info("Invalid") if "idToken" in event else {}}
    async with lab201(script, variables=AHEAD, **STARTS) as bench:
        assert await charges(bench, evse=1) == (True, True)
        bench.peer.script["TransactionEvent"] = {}
        assert await charges(bench, evse=2) == (True, True)


@pytest.mark.parametrize(
    ("life", "more"), [({"AuthCacheCtrlr.LifeTime": "60"}, {}), ({}, {"until": 60})]
)
async def test_what_is_cached_has_an_end(life, more):
    end = {"cacheExpiryDateTime": "2030-01-01T00:01:00Z"} if more else {}
    script = {"Authorize": info(**end)}
    async with lab201(script, variables={**AHEAD, **life}, evses=3, **STARTS) as bench:
        assert await charges(bench, evse=1) == (True, True)
        assert await charges(bench, evse=2) == (False, True)
        await bench.settle(61)
        assert await charges(bench, evse=3) == (True, True)


async def test_remote_authorization_switched_off():
    off = {"AuthCtrlr.DisableRemoteAuthorization": "true"}
    async with lab201(variables=off, **STARTS) as bench:
        assert await charges(bench) == (False, False)
        assert await send(bench, 1, entry()) == "Accepted"
        assert await charges(bench) == (False, True)


async def test_offline_only_known_tokens_charge():
    async with lab201(**STARTS) as bench:
        assert await send(bench, 1, entry(), entry(OTHER, "Invalid")) == "Accepted"
        await bench.offline()
        assert await charges(bench, {**TOKEN, "type": "KeyCode"}) == (False, False)
        assert await charges(bench, OTHER) == (False, False)
        assert await charges(bench) == (False, True)


async def test_offline_unknown_tokens_charge_where_that_is_wanted():
    async with lab201(variables=OFFLINE_TOO, **STARTS) as bench:
        assert await send(bench, 1, entry(OTHER, "Blocked")) == "Accepted"
        await bench.offline()
        assert await charges(bench, OTHER) == (False, False)
        assert await charges(bench) == (False, True)


async def test_offline_nobody_charges_where_that_is_not_wanted():
    async with lab201(variables={"AuthCtrlr.LocalAuthorizeOffline": "false"}, **STARTS) as bench:
        assert await send(bench, 1, entry()) == "Accepted"
        await bench.offline()
        assert await charges(bench) == (False, False)


async def test_a_token_of_the_same_group_ends_a_session_without_a_question():
    async with lab201({"Authorize": info(**GROUP)}, **STARTS) as bench:
        assert await send(bench, 1, entry(OTHER, **GROUP)) == "Accepted"
        await present(bench)
        mark = bench.mark
        await present(bench, OTHER)
        [event] = bench.peer.payloads("TransactionEvent", since=mark)
        assert event["eventType"] == "Ended"
        assert not bench.peer.sent("Authorize", since=mark)


async def test_the_group_may_come_with_the_answer_to_an_event():
    script = {"TransactionEvent": lambda event: info(**GROUP) if "idToken" in event else {}}
    async with lab201(script, **STARTS) as bench:
        assert await send(bench, 1, entry(OTHER, **GROUP)) == "Accepted"
        await present(bench)
        await bench.offline()
        await present(bench, OTHER)
        assert bench.station.state()["evses"][0]["transaction"] is None


@pytest.mark.parametrize(("stop", "kind"), [("Authorized", "Ended"), ("EVConnected", "Updated")])
async def test_a_vehicle_ends_its_session(stop, kind):
    async with lab201(tx_stop=(stop,)) as bench:
        await bench.do("plug_in")
        await bench.do("present_token", id_token="01020304")
        await bench.do("ev_stops")
        last = bench.peer.payloads("TransactionEvent")[-1]
        told = (last["eventType"], last["triggerReason"], last["transactionInfo"]["chargingState"])
        assert told == (kind, "StopAuthorized", "EVConnected")
