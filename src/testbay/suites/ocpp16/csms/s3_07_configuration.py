"""3.7 Reading and changing the configuration of the station."""

from __future__ import annotations

from testbay.scenario.checks import Spoil, eq, one_of, satisfies
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp16.actions import CHANGE_SETTING, READ_ALL, READ_SOME
from testbay.suites.ocpp16.checks import same, same_text
from testbay.suites.ocpp16.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp16.registry import csms

GROUP = "3.7 Configuration"
ALL_KEYS = one_of("key", OMITTED, [])
PROFILES = "SupportedFeatureProfiles"
INTERVAL = "MeterValueSampleInterval"
ALONE = satisfies(
    "key",
    f"is {PROFILES} and nothing else",
    lambda keys, _: isinstance(keys, list) and len(keys) == 1 and same(keys[0], PROFILES),
    Spoil("set", "key", [PROFILES, INTERVAL]),
    values=(PROFILES,),
)
OTHERS = "Messages about other settings, which a CSMS may send at any time, are let pass."


@csms(
    "TC_019_1_CSMS",
    "The whole configuration is read",
    group=GROUP,
    readings=(
        "An empty key is one that is omitted, or an empty list: both ask for all keys (5.8).",
        OTHERS,
    ),
)
async def tc_019_1_csms(t: CsmsTest) -> None:
    t.manual(READ_ALL)
    await t.expect(1, "GetConfiguration", where=ALL_KEYS)


@csms("TC_019_2_CSMS", "One configuration key is read", group=GROUP, readings=(OTHERS,))
async def tc_019_2_csms(t: CsmsTest) -> None:
    t.manual(READ_SOME(keys=[PROFILES]))
    await t.expect(1, "GetConfiguration", where=ALONE)


@csms(
    "TC_021_CSMS",
    "A setting is changed",
    group=GROUP,
    readings=('Values of settings are texts: 60 seconds are sent as "60" (6.9).', OTHERS),
)
async def tc_021_csms(t: CsmsTest) -> None:
    t.manual(CHANGE_SETTING(key=INTERVAL, value="60"))
    await t.expect(
        1,
        "ChangeConfiguration",
        eq("value", "60"),
        where=same_text("key", INTERVAL),
        reply=ACCEPTED,
    )
