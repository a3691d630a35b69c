"""Section 2.8: configuration keys are read and changed."""

from __future__ import annotations

from functools import partial

from testbay.scenario.checks import eq, one_of
from testbay.scenario.configured import Plus
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp16.checks import HidesKey, same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.keys import (
    CORE,
    LOCAL_LIST,
    SMART_CHARGING,
    has_member,
    lists_all,
    names,
    only_profiles,
    supports,
)
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import OtherThan
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.8 Configuration")

PROFILES, MAX_KEYS = "SupportedFeatureProfiles", "GetConfigurationMaxKeys"
INTERVAL = "MeterValueSampleInterval"
ALL_KNOWN = one_of("unknownKey", OMITTED, [])
KEY, VALUE = "configurationKey[0].key", "configurationKey[0].value"


@case(
    "TC_019_CS",
    "Configuration keys are read, some and all",
    readings=(
        "AuthorizationKey is not written first: the configured one is the one in use, and another "
        "would end the connection.",
        "Keys are compared without case, because they are CiStrings.",
    ),
)
async def tc_019_cs(t: StationTest) -> None:
    listed = (same_text(KEY, PROFILES), has_member(VALUE, "Core"), only_profiles(VALUE))
    await t.call(1, "GetConfiguration", {"key": [PROFILES]}, ALL_KNOWN, *listed)
    profiles = t.setting(PROFILES)
    hidden = HidesKey("AuthorizationKey", cfg.authorization_key)
    everything = await t.call(3, "GetConfiguration", {"key": []}, *CORE, hidden)
    if supports(profiles, "LocalAuthListManagement"):
        for key in LOCAL_LIST:
            t.check(4, key, everything)
    if supports(profiles, "SmartCharging"):
        for key in SMART_CHARGING:
            t.check(4, key, everything)
    answer = await t.call(5, "GetConfiguration", {"key": [MAX_KEYS]})
    some = names(everything, t.number(6, answer, MAX_KEYS))
    await t.call(7, "GetConfiguration", {"key": some}, ALL_KNOWN, lists_all(some))


@case(
    "TC_021_CS",
    "A configuration key is changed",
    before=(OtherThan(INTERVAL, cfg.meter_value_interval, Plus(cfg.meter_value_interval, 30)),),
)
async def tc_021_cs(t: StationTest) -> None:
    wanted = t.text(cfg.meter_value_interval)
    change = {"key": INTERVAL, "value": wanted}
    await t.call(1, "ChangeConfiguration", change, eq("status", "Accepted"))
    changed = (same_text(KEY, INTERVAL), eq(VALUE, wanted))
    await t.call(3, "GetConfiguration", {"key": [INTERVAL]}, *changed)
