"""Remote control, a CSMS under test: starting, stopping, unlocking (F01 to F05)."""

from __future__ import annotations

from testbay.scenario.checks import eq, one_of
from testbay.scenario.values import OMITTED
from testbay.suites.ocpp201.actions import REMOTE_START, UNLOCK
from testbay.suites.ocpp201.checks import token
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.csms_test import ACCEPTED, TOKEN_ACCEPTED, CsmsTest
from testbay.suites.ocpp201.features import unlock_connector
from testbay.suites.ocpp201.registry import csms
from testbay.suites.ocpp201.states import csms as states

GROUP = "F. Remote control"
START = "RequestStartTransaction"
AS_WANTED = (*token(), one_of("evseId", cfg.evse_id, OMITTED))
WANTED = (
    "The text validates the token only: evseId must be the EVSE that the operator named, or be "
    "omitted."
)
NUMBER = (
    "The number of the remote start is the one that the CSMS has given it. The event carries the "
    "token of the CSMS, as the first event after an authorization does."
)


@csms(
    "TC_F_01_CSMS",
    "A session is started remotely, the cable is plugged in already",
    group=GROUP,
    before=(states.ev_connected_pre_session,),
    readings=(WANTED, NUMBER),
)
async def tc_f_01_csms(t: CsmsTest) -> None:
    running = {"status": "Accepted", "transactionId": t.transaction}
    t.manual(REMOTE_START)
    asked = await t.expect(1, START, *AS_WANTED, reply=running)
    await t.remotely_started(3, "Updated", asked)
    await t.run(5, states.energy_transfer_started)


@csms(
    "TC_F_02_CSMS",
    "A session is started remotely, and its token is authorized before",
    group=GROUP,
    requirements=("F01.FR.01", "F02.FR.01"),
    readings=(WANTED, NUMBER),
)
async def tc_f_02_csms(t: CsmsTest) -> None:
    t.manual(REMOTE_START)
    asked = await t.expect(1, START, *AS_WANTED, reply=ACCEPTED)
    await t.authorize(3, TOKEN_ACCEPTED)
    await t.remotely_started(5, "Started", asked)
    await t.run(7, states.energy_transfer_started)


@csms(
    "TC_F_03_CSMS",
    "A session is started remotely, and its token is not authorized again",
    group=GROUP,
    requirements=("F01.FR.02", "F02.FR.01"),
    readings=(WANTED, NUMBER),
)
async def tc_f_03_csms(t: CsmsTest) -> None:
    t.manual(REMOTE_START)
    asked = await t.expect(1, START, *AS_WANTED, reply=ACCEPTED)
    await t.remotely_started(3, "Started", asked)
    await t.run(5, states.energy_transfer_started)


@csms(
    "TC_F_04_CSMS",
    "A session is started remotely, but the cable is not plugged in in time",
    group=GROUP,
    requirements=("E03.FR.04", "E03.FR.05"),
    readings=(
        WANTED,
        NUMBER,
        "The note of step 5 names the duration of a transaction; meant is how long the station "
        "waits for the cable, as the purpose says.",
    ),
)
async def tc_f_04_csms(t: CsmsTest) -> None:
    t.manual(REMOTE_START)
    asked = await t.expect(1, START, *AS_WANTED, reply=ACCEPTED)
    await t.remotely_started(3, "Started", asked)
    await t.wait(cfg.connection_timeout, "the station gives up waiting for the cable")
    await t.tx(5, "Updated", "EVConnectTimeout")


@csms(
    "TC_F_06_CSMS",
    "A connector is unlocked",
    group=GROUP,
    requires=unlock_connector,
)
async def tc_f_06_csms(t: CsmsTest) -> None:
    here = (eq("evseId", cfg.evse_id), eq("connectorId", cfg.connector_id))
    t.manual(UNLOCK)
    await t.expect(1, "UnlockConnector", *here, reply={"status": "Unlocked"})
