"""3.4 Remote start and stop."""

from __future__ import annotations

from testbay.scenario.checks import eq, one_of
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp16.actions import REMOTE_START, REMOTE_STOP
from testbay.suites.ocpp16.checks import same_text
from testbay.suites.ocpp16.configured import cfg
from testbay.suites.ocpp16.csms_test import ACCEPTED, TOKEN_ACCEPTED, CsmsTest
from testbay.suites.ocpp16.registry import csms
from testbay.suites.ocpp16.states.csms import charging

GROUP = "3.4 Remote start and stop"
START_FOR_TOKEN = REMOTE_START(id_tag=cfg.valid_id_tag)
AS_WANTED = (
    same_text("idTag", cfg.valid_id_tag),
    one_of("connectorId", cfg.connector_id, OMITTED),
)
WANTED = (
    "The text validates no field of RemoteStartTransaction: idTag must be the token that the "
    "operator named, connectorId the connector or omitted (5.11)."
)


@csms(
    "TC_010_CSMS",
    "A session is started remotely, the cable is plugged in already",
    group=GROUP,
    readings=(WANTED,),
)
async def tc_010_csms(t: CsmsTest) -> None:
    await t.status(1, "Preparing")
    t.manual(START_FOR_TOKEN)
    await t.expect(3, "RemoteStartTransaction", *AS_WANTED, reply=ACCEPTED)
    await t.authorize(5, TOKEN_ACCEPTED)
    await t.start(7, TOKEN_ACCEPTED)
    await t.status(9, "Charging")


@csms(
    "TC_011_1_CSMS",
    "A session is started remotely, then the cable is plugged in",
    group=GROUP,
    readings=(
        WANTED,
        "The validation of Authorize.conf is given for step 6; it belongs to step 4.",
    ),
)
async def tc_011_1_csms(t: CsmsTest) -> None:
    t.manual(START_FOR_TOKEN)
    await t.expect(1, "RemoteStartTransaction", *AS_WANTED, reply=ACCEPTED)
    await t.authorize(3, TOKEN_ACCEPTED)
    await t.status(5, "Preparing")
    await t.start(7, TOKEN_ACCEPTED)
    await t.status(9, "Charging")


@csms(
    "TC_011_2_CSMS",
    "A session is started remotely, but the cable is not plugged in in time",
    group=GROUP,
    readings=(WANTED,),
)
async def tc_011_2_csms(t: CsmsTest) -> None:
    t.manual(START_FOR_TOKEN)
    await t.expect(1, "RemoteStartTransaction", *AS_WANTED, reply=ACCEPTED)
    await t.authorize(3, TOKEN_ACCEPTED)
    await t.status(5, "Preparing")
    await t.wait(cfg.connection_timeout, "the station gives up waiting for the cable")
    await t.status(7, "Available")


@csms(
    "TC_012_CSMS",
    "A session is stopped remotely",
    group=GROUP,
    before=(charging,),
    readings=(
        "The text validates no field of RemoteStopTransaction: transactionId must be the one that "
        "the CSMS gave to the running transaction.",
        "Step 7 is lost; its validation says that the connector is reported as Available.",
    ),
)
async def tc_012_csms(t: CsmsTest) -> None:
    t.manual(REMOTE_STOP)
    await t.expect(1, "RemoteStopTransaction", eq("transactionId", t.transaction), reply=ACCEPTED)
    await t.stop(3, "Remote")
    await t.status(5, "Finishing")
    await t.status(7, "Available")
