"""Transactions, a CSMS under test: how they start and how they end (E01 to E13)."""

from __future__ import annotations

from testbay.scenario.checks import one_of
from testbay.suites.ocpp201.actions import REMOTE_STOP
from testbay.suites.ocpp201.checks import TOKEN, identifier
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.csms_test import ACCEPTED, TOKEN_ACCEPTED, CsmsTest
from testbay.suites.ocpp201.registry import csms
from testbay.suites.ocpp201.states import csms as states

GROUP = "E. Transactions"
SUSPENDED = {"chargingState": "SuspendedEVSE"}
CHARGING = {"chargingState": "Charging"}
CONNECTED = {"chargingState": "EVConnected"}
UNPLUGGED = {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}
SIGNED = {
    "signedMeterData": "T0NNRnx7IlJEIjpbeyJSViI6MC4wLCJSVSI6IldoIn1dfXx7IlNEIjoiMDAifQ==",
    "signingMethod": "",
    "encodingMethod": "OCMF",
    "publicKey": "",
}
WHOLE = "The states are the scenario, and their validations are those of the case."


@csms(
    "TC_E_01_CSMS",
    "A transaction that starts when the power path is closed",
    group=GROUP,
    requirements=("E01.FR.05",),
)
async def tc_e_01_csms(t: CsmsTest) -> None:
    await t.authorize(1, TOKEN_ACCEPTED)
    await t.status(3, "Occupied")
    changed = "ChargingStateChanged"
    await t.tx(5, "Started", changed, TOKEN_ACCEPTED, info=SUSPENDED, idToken=TOKEN, place=True)
    await t.tx(7, "Updated", changed, info=CHARGING)


@csms(
    "TC_E_02_CSMS",
    "A transaction that starts when energy flows",
    group=GROUP,
    requirements=("E01.FR.06",),
)
async def tc_e_02_csms(t: CsmsTest) -> None:
    await t.authorize(1, TOKEN_ACCEPTED)
    await t.status(3, "Occupied")
    changed = "ChargingStateChanged"
    await t.tx(5, "Started", changed, TOKEN_ACCEPTED, info=CHARGING, idToken=TOKEN, place=True)


@csms(
    "TC_E_03_CSMS",
    "A session that begins with the cable",
    group=GROUP,
    requirements=("E02.FR.02",),
    before=(states.ev_connected_pre_session,),
    readings=(WHOLE,),
)
async def tc_e_03_csms(t: CsmsTest) -> None:
    await t.run(1, states.authorized)
    await t.run(2, states.energy_transfer_started)


@csms(
    "TC_E_04_CSMS",
    "A session that begins with the token",
    group=GROUP,
    requirements=("E03.FR.02",),
    readings=(WHOLE,),
)
async def tc_e_04_csms(t: CsmsTest) -> None:
    await t.run(1, states.authorized)
    await t.run(2, states.energy_transfer_started)


@csms(
    "TC_E_07_CSMS",
    "The token opens the power path, which ends the transaction",
    group=GROUP,
    requirements=("E06.FR.06",),
    before=(states.energy_transfer_started,),
)
async def tc_e_07_csms(t: CsmsTest) -> None:
    await t.tx(1, "Ended", "StopAuthorized", info={"stoppedReason": "Local"})


@csms(
    "TC_E_08_CSMS",
    "Energy flows no more after the token, which ends the transaction",
    group=GROUP,
    requirements=("E06.FR.07",),
    before=(states.stop_authorized,),
)
async def tc_e_08_csms(t: CsmsTest) -> None:
    info = {**CONNECTED, "stoppedReason": "Local"}
    await t.tx(1, "Ended", "ChargingStateChanged", info=info)


@csms(
    "TC_E_09_CSMS",
    "A transaction that starts with the cable",
    group=GROUP,
    requirements=("E01.FR.02",),
)
async def tc_e_09_csms(t: CsmsTest) -> None:
    await t.status(1, "Occupied")
    await t.tx(3, "Started", "CablePluggedIn", info=CONNECTED, place=True)


@csms(
    "TC_E_10_CSMS",
    "A transaction that starts with the token",
    group=GROUP,
    requirements=("E01.FR.03",),
)
async def tc_e_10_csms(t: CsmsTest) -> None:
    await t.authorize(1, TOKEN_ACCEPTED)
    await t.tx(3, "Started", "Authorized", TOKEN_ACCEPTED, idToken=TOKEN)


@csms(
    "TC_E_11_CSMS",
    "A transaction that starts when a signed meter value is there",
    group=GROUP,
    requirements=("E01.FR.04",),
    readings=("The signature is no true one: a CSMS must take it, it need not read it (part 5).",),
)
async def tc_e_11_csms(t: CsmsTest) -> None:
    await t.authorize(1, TOKEN_ACCEPTED)
    await t.status(3, "Occupied")
    sample = {"value": 0.0, "context": "Transaction.Begin", "signedMeterValue": SIGNED}
    signed = [{"timestamp": t.stamp(), "sampledValue": [sample]}]
    why, shown = "SignedDataReceived", TOKEN
    await t.tx(5, "Started", why, TOKEN_ACCEPTED, idToken=shown, meterValue=signed, place=True)
    await t.tx(7, "Updated", "ChargingStateChanged", info=CHARGING)


@csms(
    "TC_E_12_CSMS",
    "A transaction that starts when the vehicle is in the parking bay",
    group=GROUP,
    requirements=("E01.FR.01",),
)
async def tc_e_12_csms(t: CsmsTest) -> None:
    await t.tx(1, "Started", "EVDetected")


@csms(
    "TC_E_14_CSMS",
    "The cable is unplugged at the station, which ends the transaction",
    group=GROUP,
    requirements=("E06.FR.02",),
    before=(states.ev_connected_post_session,),
)
async def tc_e_14_csms(t: CsmsTest) -> None:
    await t.run(1, states.ev_disconnected)


@csms(
    "TC_E_15_CSMS",
    "The token ends the transaction",
    group=GROUP,
    requirements=("E06.FR.03",),
    before=(states.energy_transfer_started,),
)
async def tc_e_15_csms(t: CsmsTest) -> None:
    await t.tx(1, "Ended", "StopAuthorized", info={"stoppedReason": "Local"})


@csms(
    "TC_E_16_CSMS",
    "A token that may not charge ends the transaction",
    group=GROUP,
    requirements=("E01.FR.11", "E01.FR.12", "E06.FR.04"),
)
async def tc_e_16_csms(t: CsmsTest) -> None:
    refused = one_of("idTokenInfo.status", "Invalid", "Unknown")
    shown = {"idToken": cfg.invalid_idtoken_idtoken, "type": cfg.invalid_idtoken_type}
    await t.tx(1, "Started", "Authorized", refused, idToken=shown)
    await t.tx(3, "Ended", "Deauthorized", info={"stoppedReason": "DeAuthorized"})


@csms(
    "TC_E_17_CSMS",
    "The cable is unplugged at the vehicle, which takes the authorization away",
    group=GROUP,
    requirements=("E06.FR.04",),
    before=(states.energy_transfer_suspended,),
)
async def tc_e_17_csms(t: CsmsTest) -> None:
    await t.tx(1, "Ended", "EVCommunicationLost", info=UNPLUGGED)


@csms(
    "TC_E_19_CSMS",
    "The vehicle leaves the parking bay, which ends the transaction",
    group=GROUP,
    requirements=("E06.FR.01",),
    before=(states.ev_disconnected(ends=False),),
    readings=(
        "A transaction ends once: with this end of it, the cable that is unplugged before changes "
        "its state, and does not end it as the preparation says.",
    ),
)
async def tc_e_19_csms(t: CsmsTest) -> None:
    await t.tx(1, "Ended", "EVDeparted", info={"stoppedReason": "Local"})


@csms(
    "TC_E_20_CSMS",
    "The cable is unplugged at the vehicle, which ends the transaction",
    group=GROUP,
    requirements=("E06.FR.02",),
    before=(states.energy_transfer_suspended,),
)
async def tc_e_20_csms(t: CsmsTest) -> None:
    await t.run(1, states.ev_disconnected)


@csms(
    "TC_E_21_CSMS",
    "The CSMS ends the transaction",
    group=GROUP,
    requirements=("E06.FR.03", "F03.FR.01", "F03.FR.09", "F03.FR.10"),
    before=(states.energy_transfer_started,),
)
async def tc_e_21_csms(t: CsmsTest) -> None:
    running = identifier("transactionId", t.transaction)
    t.manual(REMOTE_STOP)
    await t.expect(1, "RequestStopTransaction", running, reply=ACCEPTED)
    await t.tx(3, "Ended", "RemoteStop", info={"stoppedReason": "Remote"})


@csms(
    "TC_E_22_CSMS",
    "The vehicle takes no energy any more, which ends the transaction",
    group=GROUP,
    requirements=("E06.FR.07",),
    before=(states.energy_transfer_started,),
)
async def tc_e_22_csms(t: CsmsTest) -> None:
    info = {"chargingState": "SuspendedEV", "stoppedReason": "StoppedByEV"}
    await t.tx(1, "Ended", "ChargingStateChanged", info=info)


@csms(
    "TC_E_26_CSMS",
    "The cable is unplugged at the vehicle and plugged in again: the transaction goes on",
    group=GROUP,
    requirements=("E10.FR.01",),
    before=(states.energy_transfer_suspended,),
)
async def tc_e_26_csms(t: CsmsTest) -> None:
    await t.tx(1, "Updated", "EVCommunicationLost", info={"chargingState": "Idle"})
    await t.status(3, "Available")
    await t.tx(5, "Updated", "CablePluggedIn", info=CONNECTED)
    await t.tx(7, "Updated", "ChargingStateChanged", info=CHARGING)


@csms(
    "TC_E_38_CSMS",
    "The vehicle is not ready to take energy",
    group=GROUP,
    before=(states.authorized,),
)
async def tc_e_38_csms(t: CsmsTest) -> None:
    await t.run(1, states.ev_connected_pre_session)
    await t.tx(2, "Updated", "ChargingStateChanged", info={"chargingState": "SuspendedEV"})


@csms(
    "TC_E_39_CSMS",
    "The cable is not plugged in in time, which ends the transaction",
    group=GROUP,
    requirements=("E03.FR.04", "E03.FR.05", "E06.FR.04"),
    before=(states.authorized,),
)
async def tc_e_39_csms(t: CsmsTest) -> None:
    await t.wait(cfg.connection_timeout, "the station gives up waiting for the cable")
    await t.tx(1, "Ended", "EVConnectTimeout", info={"stoppedReason": "Timeout"})


@csms(
    "TC_E_53_CSMS",
    "Every transaction begins with the number 0",
    group=GROUP,
    requirements=("E01.FR.07",),
    readings=("That the CSMS takes the number is seen by its answer to the first event.",),
)
async def tc_e_53_csms(t: CsmsTest) -> None:
    await t.run(1, states.energy_transfer_started)
    await t.run(2, states.ev_disconnected)
    await t.run(3, states.energy_transfer_started)
    await t.run(4, states.ev_disconnected)
