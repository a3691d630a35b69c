"""3.14 The local authorization list of the station."""

from __future__ import annotations

from typing import Any

from testbay.scenario.checks import Spoil, eq, more_than, present, satisfies
from testbay.scenario.values import OMITTED, pick
from testbay.suites.ocpp16.actions import READ_LIST_VERSION, SEND_LIST, SEND_TOKEN
from testbay.suites.ocpp16.checks import same
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import ACCEPTED, CsmsTest
from testbay.suites.ocpp16.features import local_list
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import local_list_sent

GROUP = "3.14 Local authorization list"
FULL = eq("updateType", "Full")
LISTED = present("localAuthorizationList")


def _complete(entries: Any) -> bool:
    whole = isinstance(entries, list) and bool(entries)
    return whole and all(pick(entry, "idTagInfo") is not OMITTED for entry in entries)


def _about(entry: Any, id_tag: str) -> bool:
    return same(pick(entry, "idTag"), id_tag)


COMPLETE = satisfies(
    "localAuthorizationList",
    "has entries, each of them with an idTagInfo",
    lambda entries, _: _complete(entries),
    Spoil("set", "localAuthorizationList[0].idTagInfo", OMITTED),
)
ADDS = satisfies(
    "localAuthorizationList",
    f"contains {cfg.valid_id_tag_2}",
    lambda entries, r: (
        isinstance(entries, list) and any(_about(e, r(cfg.valid_id_tag_2)) for e in entries)
    ),
    values=(cfg.valid_id_tag_2,),
)
ALONE = satisfies(
    "localAuthorizationList",
    f"is {cfg.valid_id_tag_2} with an idTagInfo and nothing else",
    lambda entries, r: (
        _complete(entries) and all(_about(e, r(cfg.valid_id_tag_2)) for e in entries)
    ),
    Spoil("set", "localAuthorizationList[0].idTagInfo", OMITTED),
    values=(cfg.valid_id_tag_2,),
)


@csms(
    "TC_042_1_CSMS",
    "The version of the list is read from a station without lists",
    group=GROUP,
    requires=local_list,
)
async def tc_042_1_csms(t: CsmsTest) -> None:
    t.manual(READ_LIST_VERSION)
    await t.expect(1, "GetLocalListVersion", reply={"listVersion": -1})


@csms("TC_042_2_CSMS", "The version of an empty list is read", group=GROUP, requires=local_list)
async def tc_042_2_csms(t: CsmsTest) -> None:
    t.manual(READ_LIST_VERSION)
    await t.expect(1, "GetLocalListVersion", reply={"listVersion": 0})


@csms(
    "TC_043_1_CSMS",
    "The list is sent to a station without lists",
    group=GROUP,
    requires=local_list,
)
async def tc_043_1_csms(t: CsmsTest) -> None:
    t.manual(SEND_LIST)
    await t.expect(1, "SendLocalList", FULL, reply={"status": "NotSupported"})


@csms("TC_043_3_CSMS", "The station cannot store the list", group=GROUP, requires=local_list)
async def tc_043_3_csms(t: CsmsTest) -> None:
    t.manual(SEND_LIST)
    await t.expect(1, "SendLocalList", FULL, reply={"status": "Failed"})


@csms(
    "TC_043_4_CSMS",
    "The whole list is sent",
    group=GROUP,
    requires=local_list,
    readings=(
        "The CSMS has a token at least (prerequisites): a list without entries is not whole.",
        "Of a list that takes more than one message the first one is judged.",
    ),
)
async def tc_043_4_csms(t: CsmsTest) -> None:
    t.manual(SEND_LIST)
    await t.expect(1, "SendLocalList", FULL, COMPLETE, where=LISTED, reply=ACCEPTED)


@csms(
    "TC_043_5_CSMS",
    "A token is added to the list",
    group=GROUP,
    requires=local_list,
    before=(local_list_sent(without=cfg.valid_id_tag_2),),
    readings=(
        "The token that is added is the second valid one: the CSMS leaves it out of the list that "
        "it sends first.",
        "versionNumber is listVersion. Lists without that token, which a CSMS may send at any "
        "time, are let pass.",
    ),
)
async def tc_043_5_csms(t: CsmsTest) -> None:
    initial = t.model.local_list.version
    t.manual(SEND_TOKEN(id_tag=cfg.valid_id_tag_2))
    await t.sequence(
        t.maybe(1, "GetLocalListVersion", reply={"listVersion": initial}),
        t.expect(
            3,
            "SendLocalList",
            eq("updateType", "Differential"),
            ALONE,
            more_than("listVersion", initial),
            where=ADDS,
            reply=ACCEPTED,
        ),
    )
