"""Section 2.18: the local authorization list."""

from __future__ import annotations

from functools import partial

from testbay.scenario.case import if_implemented
from testbay.scenario.checks import eq
from testbay.scenario.features import Not
from testbay.suites.ocpp16.actions import BREAK_MEMORY, PLUG_IN, PRESENT_TOKEN
from testbay.suites.ocpp16.checks import ACCEPTED, HERE
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import authorization_cache, local_list, local_start
from testbay.suites.ocpp16.registry import station
from testbay.suites.ocpp16.settings import Setting, can_be
from testbay.suites.ocpp16.states.station import REMOTE_START
from testbay.suites.ocpp16.station_test import StationTest

case = partial(station, group="2.18 Local authorization list")

DONE, MAY_CHARGE = eq("status", "Accepted"), {"status": "Accepted"}
LIST = Setting("LocalAuthListEnabled", "true")
FROM_LIST = (
    Setting("LocalPreAuthorize", "true"),
    if_implemented(Setting("AuthorizationCacheEnabled", "false")),
    LIST,
)
OURS = {"idTag": cfg.valid_id_tag, "idTagInfo": MAY_CHARGE}
FOUR = [
    OURS,
    {"idTag": cfg.valid_id_tag_2, "idTagInfo": MAY_CHARGE},
    {"idTag": "TESTBAY-LISTED-3", "idTagInfo": MAY_CHARGE},
    {"idTag": "TESTBAY-LISTED-4", "idTagInfo": MAY_CHARGE},
]
FIFTH = [{"idTag": "TESTBAY-LISTED-5", "idTagInfo": MAY_CHARGE}]
ADDED = [{"idTag": cfg.valid_id_tag_2, "idTagInfo": MAY_CHARGE}]

NOT_CERTIFIED_OTHERWISE = (
    "A station that has local lists, but can switch them off, is not asked: appendix C has the "
    "case for stations without them only."
)


@case(
    "TC_042_1_CS",
    "Version of the list, where there is none",
    requires=Not(local_list),
    before=(if_implemented(Setting("LocalAuthListEnabled", "false")),),
    readings=(NOT_CERTIFIED_OTHERWISE,),
)
async def tc_042_1_cs(t: StationTest) -> None:
    none = eq("listVersion", -1)
    await t.call(1, "GetLocalListVersion", {}, none, or_error="NotSupported")


@case("TC_042_2_CS", "Version of an empty list", requires=local_list, before=(LIST,))
async def tc_042_2_cs(t: StationTest) -> None:
    await t.call(1, "SendLocalList", {"listVersion": 1, "updateType": "Full"}, DONE)
    await t.call(3, "GetLocalListVersion", {}, eq("listVersion", 0))


@case(
    "TC_043_CS",
    "List that is sent and added to",
    requires=local_list,
    before=(LIST,),
    readings=(
        "Four tokens are sent, then a fifth, because appendix C speaks of five; the versions, "
        "which the text does not name, are 1 and 2.",
    ),
)
async def tc_043_cs(t: StationTest) -> None:
    full = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": FOUR}
    await t.call(1, "SendLocalList", full, DONE)
    more = {"listVersion": 2, "updateType": "Differential", "localAuthorizationList": FIFTH}
    await t.call(3, "SendLocalList", more, DONE)


@case(
    "TC_043_1_CS",
    "List that is sent where there is none",
    requires=Not(local_list),
    readings=("The list that is sent holds the valid token and has the version 1.",),
)
async def tc_043_1_cs(t: StationTest) -> None:
    full = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [OURS]}
    refused = eq("status", "NotSupported")
    await t.call(1, "SendLocalList", full, refused, or_error="NotSupported")


@case(
    "TC_043_2_CS",
    "Update that is older than the list",
    requires=local_list,
    before=(LIST,),
    readings=(
        "The full list holds the valid token, both updates add the second one: the text names "
        "versions only.",
    ),
)
async def tc_043_2_cs(t: StationTest) -> None:
    full = {"listVersion": 2, "updateType": "Full", "localAuthorizationList": [OURS]}
    await t.call(1, "SendLocalList", full, DONE)
    await t.call(3, "GetLocalListVersion", {}, eq("listVersion", 2))
    newer = {"listVersion": 5, "updateType": "Differential", "localAuthorizationList": ADDED}
    await t.call(5, "SendLocalList", newer, DONE)
    await t.call(7, "GetLocalListVersion", {}, eq("listVersion", 5))
    older = {"listVersion": 4, "updateType": "Differential", "localAuthorizationList": ADDED}
    await t.call(9, "SendLocalList", older, eq("status", "VersionMismatch"))
    await t.call(11, "GetLocalListVersion", {}, eq("listVersion", 5))


@case(
    "TC_043_3_CS",
    "List that the station fails to take over",
    requires=local_list,
    before=(LIST,),
    readings=(
        "How the station is kept from storing the list is left to the tester.",
        "The list that is sent holds the valid token.",
    ),
)
async def tc_043_3_cs(t: StationTest) -> None:
    t.manual(BREAK_MEMORY)
    full = {"listVersion": 2, "updateType": "Full", "localAuthorizationList": [OURS]}
    await t.call(1, "SendLocalList", full, eq("status", "Failed"))


VERSION = "The version that is sent follows the one that the station has told."


@case(
    "TC_008_1_CS",
    "Session at the station with a listed token",
    requires=local_list & local_start & authorization_cache,
    before=FROM_LIST,
    readings=(
        VERSION,
        "An Authorize fails the case: the scenario has none, and 3.5.2 and 9.1.13 have the "
        "station start without requesting it.",
        "The text says that steps 7 and 10 may be reversed; 7 and 9 are meant.",
    ),
)
async def tc_008_1_cs(t: StationTest) -> None:
    answer = await t.call(1, "GetLocalListVersion", {})
    version = t.next_version(answer)
    full = {"listVersion": version, "updateType": "Full", "localAuthorizationList": [OURS]}
    await t.call(3, "SendLocalList", full, DONE)
    t.manual(PRESENT_TOKEN(id_tag=cfg.valid_id_tag))
    async with t.forbid(5, "Authorize"):
        await t.expect(5, "StatusNotification", eq("status", "Preparing"), where=HERE)
        t.manual(PLUG_IN)
        await t.expect(7, "StartTransaction", HERE, reply=ACCEPTED)
        await t.expect(9, "StatusNotification", eq("status", "Charging"), where=HERE)


@case(
    "TC_008_2_CS",
    "Session started remotely with a listed token",
    requires=local_list & Not(local_start) & authorization_cache,
    needs=(can_be("AuthorizeRemoteTxRequests", "true"),),
    before=(*FROM_LIST, Setting("AuthorizeRemoteTxRequests", "true")),
    readings=(VERSION,),
)
async def tc_008_2_cs(t: StationTest) -> None:
    answer = await t.call(1, "GetLocalListVersion", {})
    version = t.next_version(answer)
    full = {"listVersion": version, "updateType": "Full", "localAuthorizationList": [OURS]}
    await t.call(3, "SendLocalList", full, DONE)
    await t.call(5, "RemoteStartTransaction", REMOTE_START, eq("status", "Accepted"))
    async with t.forbid(6, "Authorize"):
        await t.expect(7, "StatusNotification", eq("status", "Preparing"), where=HERE)
        t.manual(PLUG_IN)
        await t.expect(9, "StartTransaction", HERE, reply=ACCEPTED)
        await t.expect(11, "StatusNotification", eq("status", "Charging"), where=HERE)
