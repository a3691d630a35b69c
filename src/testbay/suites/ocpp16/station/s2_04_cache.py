"""Section 2.4: the authorization cache."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.scenario.configured import Plus
from testbay.suites.ocpp16.actions import PLUG_IN, PRESENT_TOKEN
from testbay.suites.ocpp16.checks import ACCEPTED, HERE, same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import authorization_cache, local_start
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting, can_be
from testbay.suites.ocpp16.states.station import (
    BY_CASE,
    REMOTE_START,
    authorized,
    charging,
    id_tag_cached,
)
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.4 Authorization cache")

CACHE = Setting("AuthorizationCacheEnabled", "true")
FROM_CACHE = Setting("LocalPreAuthorize", "true")
ASK_FIRST = Setting("AuthorizeRemoteTxRequests", "true")


@case(
    "TC_007_1_CS",
    "Session at the station with a cached token",
    requires=local_start & authorization_cache,
    before=(CACHE, FROM_CACHE, id_tag_cached),
    readings=(
        "An Authorize fails the case: the scenario has none, and 9.1.13 has the station start "
        "without requesting it.",
        "The text says that steps 3 and 6 may be reversed; 3 and 5 are meant.",
    ),
)
async def tc_007_1_cs(t: StationTest) -> None:
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
    async with t.forbid(1, "Authorize"):
        await t.expect(1, "StatusNotification", eq("status", "Preparing"), where=HERE)
        t.manual(PLUG_IN)
        await t.expect(3, "StartTransaction", HERE, reply=ACCEPTED)
        await t.expect(5, "StatusNotification", eq("status", "Charging"), where=HERE)


@case(
    "TC_007_2_CS",
    "Session started remotely with a cached token",
    requires=authorization_cache,
    needs=(can_be("AuthorizeRemoteTxRequests", "true"),),
    before=(CACHE, FROM_CACHE, ASK_FIRST, id_tag_cached),
)
async def tc_007_2_cs(t: StationTest) -> None:
    await t.call(1, "RemoteStartTransaction", REMOTE_START, eq("status", "Accepted"))
    async with t.forbid(2, "Authorize"):
        await t.expect(3, "StatusNotification", eq("status", "Preparing"), where=HERE)
        t.manual(PLUG_IN)
        await t.expect(5, "StartTransaction", HERE, reply=ACCEPTED)
        await t.expect(7, "StatusNotification", eq("status", "Charging"), where=HERE)


@case(
    "TC_061_1_CS",
    "Cache cleared: a token is asked about again at the station",
    requires=local_start & authorization_cache,
    before=(
        CACHE,
        FROM_CACHE,
        Setting("ConnectionTimeOut", cfg.connection_timeout),
        authorized(preparing=BY_CASE),
    ),
    readings=(
        "Step 1 is the status of the state Authorized, which is sent once; it is judged here and "
        "may come before the Authorize, as the state says.",
        "For step 3 the token is presented again; a station that does not end the authorization "
        "then has the connection time-out to do so.",
        "The token of step 7 is that of the state.",
    ),
)
async def tc_061_1_cs(t: StationTest) -> None:
    await t.expect(1, "StatusNotification", eq("status", "Preparing"), where=HERE)
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
    soon = Plus(cfg.connection_timeout, 30)
    await t.expect(3, "StatusNotification", eq("status", "Available"), where=HERE, within=soon)
    await t.call(5, "ClearCache", {}, eq("status", "Accepted"))
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
    await t.expect(7, "Authorize", same_text("idTag", cfg.valid_id_tag), reply=ACCEPTED)


@case(
    "TC_061_2_CS",
    "Cache cleared: a token is asked about again at a remote start",
    requires=authorization_cache,
    needs=(can_be("AuthorizeRemoteTxRequests", "true"),),
    before=(CACHE, FROM_CACHE, ASK_FIRST, id_tag_cached),
    readings=("That the cache is empty shows in the Authorize of the state Charging.",),
)
async def tc_061_2_cs(t: StationTest) -> None:
    await t.call(1, "ClearCache", {}, eq("status", "Accepted"))
    await t.run(3, charging)
