"""The states of a station under test that cases begin with or pass through (2.26 and 2.27)."""

from __future__ import annotations

from typing import Any

from testbay.scenario.case import state
from testbay.scenario.checks import eq, present
from testbay.scenario.values import ANY_CODE
from testbay.suites.ocpp16.actions import FAULT, PLUG_IN, PRESENT_TOKEN, UNPLUG
from testbay.suites.ocpp16.checks import ACCEPTED, HERE, enabled, same_text
from testbay.suites.ocpp16.composite import Limit
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.features import shared_reader
from testbay.suites.ocpp16.settings import Setting
from testbay.suites.ocpp16.station_test import StationTest

REMOTE_START = {"connectorId": cfg.connector_id, "idTag": cfg.valid_id_tag}
BY_CASE = "the case"
OPTIONAL = "is optional"


@state("GetConfiguration")
async def get_configuration(t: StationTest, key: str) -> None:
    await t.call(1, "GetConfiguration", {"key": [key]})


@state(
    "Authorized",
    readings=(
        "Where the case itself has a step for the status Preparing of this state, the message is "
        "judged there: it is sent once.",
    ),
)
async def authorized(
    t: StationTest, preparing: str = "", parent: Any = None, id_tag: Any = cfg.valid_id_tag
) -> None:
    accepted = {"idTagInfo": {"status": "Accepted", "parentIdTag": parent}} if parent else ACCEPTED
    before = t.model.status(t.value(cfg.connector_id))
    t.manual(PRESENT_TOKEN(id_tag=id_tag))
    authorize = t.expect(1, "Authorize", same_text("idTag", id_tag), reply=accepted)
    if before == "Preparing" or preparing == BY_CASE:
        t.also_in_either_order("Authorize", "Preparing")
        await authorize
    else:
        await t.any_order(
            authorize,
            t.expect(3, "StatusNotification", eq("status", "Preparing"), where=HERE),
        )


@state("Charging", holds=lambda t, **_: t.charging)
async def charging(
    t: StationTest,
    parent: Any = None,
    id_tag: Any = cfg.valid_id_tag,
    authorize: str = "",
    limit: Limit | None = None,
) -> None:
    accepted = {"idTagInfo": {"status": "Accepted", "parentIdTag": parent}} if parent else ACCEPTED
    t.token_is(id_tag, accepted)
    answer = await t.call(1, "GetConfiguration", {"key": ["AuthorizeRemoteTxRequests"]})
    remote_start: dict[str, Any] = {"connectorId": cfg.connector_id, "idTag": id_tag}
    if limit is not None:
        profile = t.profile(limit)
        t.limits.append(t.value(profile))
        remote_start = {**remote_start, "chargingProfile": profile}
    await t.call(3, "RemoteStartTransaction", remote_start, eq("status", "Accepted"))
    tag = same_text("idTag", id_tag)
    preparing = t.expect(7, "StatusNotification", eq("status", "Preparing"), where=HERE)
    if authorize == OPTIONAL:
        asks = t.maybe(5, "Authorize", tag, where=present("idTag"), reply=accepted)
        await t.sequence(asks, preparing)
    else:
        if enabled(answer, "AuthorizeRemoteTxRequests"):
            await t.expect(5, "Authorize", tag, reply=accepted)
        await preparing
    t.manual(PLUG_IN)
    await t.expect(9, "StartTransaction", HERE, tag, reply=accepted)
    await t.expect(11, "StatusNotification", eq("status", "Charging"), where=HERE)


@state("IdTagCached")
async def id_tag_cached(t: StationTest, id_tag: Any = cfg.valid_id_tag) -> None:
    await t.reach(Setting("AuthorizationCacheEnabled", "true"))
    await t.reach(charging(id_tag=id_tag))
    transaction = t.transaction
    stop = {"transactionId": transaction}
    await t.call(1, "RemoteStopTransaction", stop, eq("status", "Accepted"))
    own = eq("transactionId", transaction)
    await t.expect(3, "StopTransaction", own, reply=ACCEPTED)
    await t.expect(5, "StatusNotification", eq("status", "Finishing"), where=HERE)
    t.manual(UNPLUG)
    await t.expect(7, "StatusNotification", eq("status", "Available"), where=HERE)


@state("IdTagLocalAuthList")
async def id_tag_local_auth_list(t: StationTest, id_tag: Any = cfg.valid_id_tag) -> None:
    await t.reach(Setting("LocalAuthListEnabled", "true"))
    listed = [{"idTag": id_tag, "idTagInfo": {"status": "Accepted"}}]
    update = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": listed}
    await t.call(1, "SendLocalList", update, eq("status", "Accepted"))


@state("SetConnectorFaulted")
async def set_connector_faulted(t: StationTest) -> None:
    t.manual(FAULT)
    await t.expect(1, "StatusNotification", eq("status", "Faulted"), where=HERE)


@state("SetChargePointFaulted")
async def set_charge_point_faulted(t: StationTest) -> None:
    t.manual(FAULT(connector=0))
    await t.connectors_report(1, eq("status", "Faulted"))


@state(
    "Other connectors occupied",
    readings=(
        "Where one reader serves several connectors, the others have a cable in and are out of "
        "operation: a station may well begin a session where a cable waits for a token.",
    ),
)
async def others_occupied(t: StationTest) -> None:
    if not t.has(shared_reader):
        return
    for number in range(1, t.value(cfg.number_of_connectors) + 1):
        if number != t.value(cfg.connector_id):
            with t.round(f"connector {number}"):
                t.manual(PLUG_IN(connector=number))
                there = eq("connectorId", number)
                await t.expect(1, "StatusNotification", eq("status", "Preparing"), where=there)
                closed = {"connectorId": number, "type": "Inoperative"}
                await t.call("close", "ChangeAvailability", closed, or_error=ANY_CODE)
