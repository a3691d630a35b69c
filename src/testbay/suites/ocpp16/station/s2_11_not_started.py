"""Section 2.11: a remote start after which no transaction must begin."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq
from testbay.scenario.features import Not
from testbay.suites.ocpp16.actions import PLUG_IN, PLUG_IN_HALFWAY
from testbay.suites.ocpp16.checks import ACCEPTED, HERE, INVALID, enabled, same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import (
    authorization_cache,
    fixed_cable,
    local_start,
    mechanical_lock,
)
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting, can_be
from testbay.suites.ocpp16.states.station import REMOTE_START
from testbay.suites.ocpp16.station.s2_10_refused import FROM_CACHE, REFUSED, SLOWLY
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.11 Remote starts after which no session must begin")

ASKS = "AuthorizeRemoteTxRequests"
ASKED = same_text("configurationKey[0].key", ASKS)
START_INVALID = {"connectorId": cfg.connector_id, "idTag": cfg.invalid_id_tag}
PREPARING = eq("status", "Preparing")


@case(
    "TC_023_5_CS",
    "Remote start with a token that the CSMS refuses",
    requires=Not(local_start) & authorization_cache,
    needs=(can_be(ASKS, "true"),),
    before=(SLOWLY, FROM_CACHE, Setting(ASKS, "true")),
    readings=REFUSED,
)
async def tc_023_5_cs(t: StationTest) -> None:
    await t.call(1, "RemoteStartTransaction", START_INVALID, eq("status", "Accepted"))
    async with t.forbid("post", "StartTransaction"):
        await t.expect(3, "Authorize", reply=INVALID)
        t.manual(PLUG_IN)
        await t.expect(5, "StatusNotification", HERE, where=PREPARING)
        await t.nothing("post", "StartTransaction", during=cfg.silence_time)


@case(
    "TC_024_CS",
    "Cable that cannot be locked",
    requires=Not(fixed_cable) & mechanical_lock,
    readings=(
        "A connector without a lock of its own cannot fail to lock, so AQ-9 is required.",
        "The steps that belong to the preparation are steps of the case, as they are numbered.",
        "That no transaction begins is watched from step 7 until silence_time after step 9.",
    ),
)
async def tc_024_cs(t: StationTest) -> None:
    answer = await t.call(1, "GetConfiguration", {"key": [ASKS]}, ASKED)
    await t.call(3, "RemoteStartTransaction", REMOTE_START, eq("status", "Accepted"))
    if enabled(answer, ASKS):
        await t.expect(5, "Authorize", reply=ACCEPTED)
    async with t.forbid("post", "StartTransaction"):
        await t.expect(7, "StatusNotification", PREPARING, where=HERE)
        t.manual(PLUG_IN_HALFWAY)
        failure = eq("errorCode", "ConnectorLockFailure")
        await t.expect(9, "StatusNotification", HERE, failure, where=eq("status", "Faulted"))
        await t.nothing("post", "StartTransaction", during=cfg.silence_time)
