"""Provisioning, a station under test: variables are read and set (B05, B06)."""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson

from testbay.scenario.checks import eq, omitted
from testbay.suites.ocpp201.registry import station
from testbay.suites.ocpp201.results import (
    ATTEMPTS,
    GOT,
    SET,
    OneForEach,
    about,
    as_many,
    each,
    no_error,
)
from testbay.suites.ocpp201.settings import Kept, Variable, has, setting
from testbay.suites.ocpp201.station_test import StationTest

case = partial(station, group="B. Provisioning")

COMM, AUTH = "OCPPCommCtrlr", "AuthCtrlr"
THRESHOLD = Variable(COMM, "OfflineThreshold")
OFFLINE = Variable(AUTH, "LocalAuthorizeOffline")
REMOTE = Variable(AUTH, "AuthorizeRemoteStart")
LIMIT = Variable("SmartChargingCtrlr", "LimitChangeSignificance")
TRANSITION = Variable("ClockCtrlr", "NextTimeOffsetTransitionDateTime")
TIMEOUT = Variable(COMM, "MessageTimeout", "Default")
DATA = "DeviceDataCtrlr"
LIMITED = (DATA, "ItemsPerMessage", "GetVariables")
FRAME = 100  # bytes of a request besides its elements, at most
NOWHERE = Variable("UnknownComponent", "OfflineThreshold")
NOTHING = Variable(COMM, "UnknownVariable")


def get(*variables: Variable, kind: str = "") -> dict[str, Any]:
    """Return a request for the values of variables."""
    type_ = {"attributeType": kind} if kind else {}
    return {"getVariableData": [{**v.to_json(), **type_} for v in variables]}


def put(variable: Variable, value: Any, kind: str = "") -> dict[str, Any]:
    """Return what a request says to set one variable."""
    type_ = {"attributeType": kind} if kind else {}
    return {**variable.to_json(), "attributeValue": value, **type_}


# -- reading -------------------------------------------------------------------------------------

READ = (
    *("B06.FR.01", "B06.FR.02", "B06.FR.03", "B06.FR.04"),
    "B06.FR.10",
)


@case(
    "TC_B_06_CS",
    "One variable is read",
    requirements=(*READ, "B06.FR.11"),
    before=(setting(COMM, "OfflineThreshold", "300"),),
)
async def tc_b_06_cs(t: StationTest) -> None:
    found = (
        as_many(GOT, 1),
        eq(f"{GOT}[0].attributeStatus", "Accepted"),
        eq(f"{GOT}[0].attributeType", "Actual"),
        eq(f"{GOT}[0].attributeValue", "300"),
        *about(GOT, THRESHOLD),
        no_error(f"{GOT}[0].attributeStatusInfo"),
    )
    await t.call(1, "GetVariables", get(THRESHOLD, kind="Actual"), *found)


@case(
    "TC_B_07_CS",
    "Two variables are read at once",
    requirements=READ,
    before=(
        setting(COMM, "OfflineThreshold", "300"),
        setting(AUTH, "LocalAuthorizeOffline", "true"),
    ),
)
async def tc_b_07_cs(t: StationTest) -> None:
    fine = (
        eq("attributeStatus", "Accepted"),
        eq("attributeType", "Actual"),
        no_error("attributeStatusInfo"),
    )
    found = (
        as_many(GOT, 2),
        *each(GOT, THRESHOLD, *fine, eq("attributeValue", "300")),
        *each(GOT, OFFLINE, *fine, eq("attributeValue", "true")),
    )
    await t.call(1, "GetVariables", get(THRESHOLD, OFFLINE, kind="Actual"), *found)


@case(
    "TC_B_08_CS",
    "As many variables are read at once as the station takes",
    requirements=(*READ, "B06.FR.05"),
    needs=(has(*LIMITED),),
    readings=(
        "The documents have the title of this case only. It is that of TC_B_08_CSMS, seen from the "
        "other side: what the station says that it takes in one message, it takes.",
        "The request has as many elements as ItemsPerMessage[GetVariables] says, and no more than "
        "BytesPerMessage[GetVariables] bytes. One variable may be asked for several times.",
    ),
)
async def tc_b_08_cs(t: StationTest) -> None:
    most = int(await t.known(Variable(*LIMITED)) or 0)
    size = await t.read(Variable(DATA, "BytesPerMessage", "GetVariables"))
    asked = (THRESHOLD, OFFLINE, REMOTE, TIMEOUT)
    element = len(orjson.dumps(TIMEOUT.to_json())) + 1
    number = min(most, (int(size) - FRAME) // element) if size else most
    wanted = [asked[i % len(asked)].to_json() for i in range(number)]
    await t.call("read", "GetVariables", {"getVariableData": wanted}, OneForEach(wanted))


NO_VALUE = omitted(f"{GOT}[0].attributeValue")
OMITTED_VALUE = "The result has no value: the requirement wants it to be left out."


@case(
    "TC_B_32_CS",
    "A variable of an unknown component is read",
    requirements=("B06.FR.06",),
    readings=(OMITTED_VALUE,),
)
async def tc_b_32_cs(t: StationTest) -> None:
    unknown = eq(f"{GOT}[0].attributeStatus", "UnknownComponent")
    await t.call(1, "GetVariables", get(NOWHERE), unknown, NO_VALUE, *about(GOT, NOWHERE))


@case(
    "TC_B_33_CS",
    "An unknown variable is read",
    requirements=("B06.FR.07",),
    readings=(OMITTED_VALUE,),
)
async def tc_b_33_cs(t: StationTest) -> None:
    unknown = eq(f"{GOT}[0].attributeStatus", "UnknownVariable")
    await t.call(1, "GetVariables", get(NOTHING), unknown, NO_VALUE, *about(GOT, NOTHING))


@case(
    "TC_B_34_CS",
    "An attribute that a variable does not have is read",
    requirements=("B06.FR.08",),
    readings=(OMITTED_VALUE,),
)
async def tc_b_34_cs(t: StationTest) -> None:
    refused = (
        eq(f"{GOT}[0].attributeStatus", "NotSupportedAttributeType"),
        eq(f"{GOT}[0].attributeType", "Target"),
        NO_VALUE,
    )
    asked = get(THRESHOLD, kind="Target")
    await t.call(1, "GetVariables", asked, *refused, *about(GOT, THRESHOLD))


# -- setting -------------------------------------------------------------------------------------

WRITE = ("B05.FR.01", "B05.FR.02", "B05.FR.03", "B05.FR.10", "B05.FR.12")
ANY_VALUE = (
    "The text names no value, but a message has one: it is one that the variable could have."
)


@case("TC_B_09_CS", "One variable is set", requirements=WRITE, before=(Kept(THRESHOLD),))
async def tc_b_09_cs(t: StationTest) -> None:
    done = (
        as_many(SET, 1),
        eq(f"{SET}[0].attributeStatus", "Accepted"),
        eq(f"{SET}[0].attributeType", "Actual"),
        *about(SET, THRESHOLD),
        no_error(f"{SET}[0].attributeStatusInfo"),
    )
    await t.call(1, "SetVariables", {"setVariableData": [put(THRESHOLD, "300", "Actual")]}, *done)


@case(
    "TC_B_10_CS",
    "Two variables are set at once",
    requirements=WRITE,
    before=(Kept(THRESHOLD), Kept(OFFLINE)),
)
async def tc_b_10_cs(t: StationTest) -> None:
    fine = (
        eq("attributeStatus", "Accepted"),
        eq("attributeType", "Actual"),
        no_error("attributeStatusInfo"),
    )
    done = (as_many(SET, 2), *each(SET, THRESHOLD, *fine), *each(SET, OFFLINE, *fine))
    both = [put(THRESHOLD, "300", "Actual"), put(OFFLINE, "true", "Actual")]
    await t.call(1, "SetVariables", {"setVariableData": both}, *done)


@case(
    "TC_B_35_CS",
    "A variable of an unknown component is set",
    requirements=("B05.FR.04",),
    readings=(ANY_VALUE,),
)
async def tc_b_35_cs(t: StationTest) -> None:
    unknown = eq(f"{SET}[0].attributeStatus", "UnknownComponent")
    data = {"setVariableData": [put(NOWHERE, "300")]}
    await t.call(1, "SetVariables", data, unknown, *about(SET, NOWHERE))


@case(
    "TC_B_36_CS",
    "An unknown variable is set",
    requirements=("B05.FR.05",),
    readings=(ANY_VALUE,),
)
async def tc_b_36_cs(t: StationTest) -> None:
    unknown = eq(f"{SET}[0].attributeStatus", "UnknownVariable")
    data = {"setVariableData": [put(NOTHING, "300")]}
    await t.call(1, "SetVariables", data, unknown, *about(SET, NOTHING))


@case(
    "TC_B_37_CS",
    "An attribute that a variable does not have is set",
    requirements=("B05.FR.06",),
    readings=(ANY_VALUE,),
)
async def tc_b_37_cs(t: StationTest) -> None:
    refused = (
        eq(f"{SET}[0].attributeStatus", "NotSupportedAttributeType"),
        eq(f"{SET}[0].attributeType", "Target"),
    )
    data = {"setVariableData": [put(THRESHOLD, "300", "Target")]}
    await t.call(1, "SetVariables", data, *refused, *about(SET, THRESHOLD))


@case(
    "TC_B_39_CS",
    "A variable that can only be read is set",
    requirements=("B05.FR.09",),
    readings=(ANY_VALUE,),
)
async def tc_b_39_cs(t: StationTest) -> None:
    refused = eq(f"{SET}[0].attributeStatus", "Rejected")
    data = {"setVariableData": [put(TIMEOUT, "30")]}
    await t.call(1, "SetVariables", data, refused, *about(SET, TIMEOUT))


# -- values that are none ------------------------------------------------------------------------


@case(
    "TC_B_11_CS",
    "Variables are set to values of a wrong type",
    requirements=("B05.FR.07",),
    before=(Kept(THRESHOLD), Kept(LIMIT), Kept(REMOTE), Kept(TRANSITION)),
    readings=(
        "What is no value of the type of a variable must be rejected (B05.FR.07). What is one must "
        "be accepted where it is the configured threshold or a boolean; another number or a date "
        "may be out of range. An integer is a decimal as well.",
        "The results of steps 4 and 6 are described in each other's place; each belongs to the "
        "variable of its own request.",
        "Whether the third variable can be set shows when it is given the value that it has.",
    ),
)
async def tc_b_11_cs(t: StationTest) -> None:
    charging = await t.read(LIMIT) is not None
    remote = await t.writable(REMOTE)
    clock = await t.read(TRANSITION) is not None
    for attempt in ATTEMPTS:
        with t.round(attempt.word):
            await t.try_value(1, THRESHOLD, attempt)
            if charging:
                await t.try_value(3, LIMIT, attempt)
            if remote:
                await t.try_value(5, REMOTE, attempt)
            if clock:
                await t.try_value(7, TRANSITION, attempt)
