"""Section 2.10: a session at the station that must not begin."""

from __future__ import annotations

from functools import partial

from testbay.scenario.case import if_implemented
from testbay.scenario.checks import eq
from testbay.suites.ocpp16.actions import PLUG_IN, PRESENT_TOKEN
from testbay.suites.ocpp16.checks import HERE, INVALID
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import authorization_cache, local_start
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.10 Sessions at the station that must not begin")

SLOWLY = if_implemented(Setting("MinimumStatusDuration", "10"))
FROM_CACHE = Setting("LocalPreAuthorize", "true")

REFUSED = (
    "MinimumStatusDuration is an optional key; without it a connector may be Preparing and "
    "Available again before the cable is in. These statuses are remarks (1.3): the first status "
    "Preparing after plugging in is the one that counts.",
    "That no transaction begins is watched from the start of the scenario until silence_time "
    "after its last status.",
)


@case(
    "TC_023_4_CS",
    "Session at the station with a token that the CSMS refuses",
    requires=local_start & authorization_cache,
    before=(SLOWLY, FROM_CACHE),
    readings=REFUSED,
)
async def tc_023_4_cs(t: StationTest) -> None:
    t.manual(PRESENT_TOKEN(id_tag=cfg.invalid_id_tag))
    async with t.forbid("post", "StartTransaction"):
        await t.expect(1, "Authorize", reply=INVALID)
        t.manual(PLUG_IN)
        await t.expect(3, "StatusNotification", HERE, where=eq("status", "Preparing"))
        await t.nothing("post", "StartTransaction", during=cfg.silence_time)
