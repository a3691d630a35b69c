"""Reusable states for a CSMS under test (3.18): what the simulated station does to get there."""

from __future__ import annotations

from typing import Any

from testbay.scenario.case import state
from testbay.scenario.checks import eq, one_of
from testbay.suites.ocpp201.access import renew
from testbay.suites.ocpp201.actions import READ_VARIABLES
from testbay.suites.ocpp201.checks import TOKEN, AboutVariable
from testbay.suites.ocpp201.configured import cfg
from testbay.suites.ocpp201.csms_test import (
    LONGEST_PENDING,
    MOST_BOOTS,
    TOKEN_ACCEPTED,
    CsmsTest,
)

ACCEPTED_SOON = one_of("status", "Accepted", "Pending")


@state("Booted", holds=lambda t: t.model.registered)
async def booted(t: CsmsTest) -> None:
    """Boot, and report all connectors."""
    await t.boot(1, eq("status", "Accepted"))
    await t.connectors_report(3, "Available")


@state("Registered", holds=lambda t: t.model.registered)
async def registered(t: CsmsTest) -> None:
    """Boot until the CSMS accepts the station: it may be pending at first (B02)."""
    answer = await t.boot(1, ACCEPTED_SOON)
    for again in range(1, MOST_BOOTS):
        pause = t.interval(answer)
        if answer["status"] != "Pending" or pause > LONGEST_PENDING:
            break
        await t.stay_pending(pause)
        with t.round(f"again {again}"):
            answer = await t.boot(1, ACCEPTED_SOON)
    await t.connectors_report(3, "Available")


@state("Authorized", holds=lambda t: t.passed("authorized"))
async def authorized(t: CsmsTest) -> None:
    """The driver presents a token."""
    await t.authorize(1, TOKEN_ACCEPTED)
    kind = "Updated" if t.passed("connected") else "Started"
    await t.tx(3, kind, "Authorized", TOKEN_ACCEPTED, idToken=TOKEN)
    t.stage.append("authorized")


@state("EVConnectedPreSession", holds=lambda t: t.passed("connected"))
async def ev_connected_pre_session(t: CsmsTest) -> None:
    """The driver plugs in."""
    await t.status(1, "Occupied")
    kind = "Updated" if t.passed("authorized") else "Started"
    info = {"chargingState": "EVConnected"}
    await t.tx(3, kind, "CablePluggedIn", info=info, place=True)
    t.stage.append("connected")


@state("EnergyTransferStarted", holds=lambda t: t.passed("energy"))
async def energy_transfer_started(t: CsmsTest) -> None:
    """Energy flows; before that the driver presents a token and plugs in, if he has not yet."""
    await t.reach(authorized)
    if not t.passed("connected"):
        await t.status(1, "Occupied")
        info = {"chargingState": "EVConnected"}
        await t.tx(3, "Updated", "CablePluggedIn", info=info, place=True)
        t.stage.append("connected")
    await t.tx(5, "Updated", "ChargingStateChanged", info={"chargingState": "Charging"})
    t.stage.append("energy")


@state("EnergyTransferSuspended", holds=lambda t: t.passed("suspended"))
async def energy_transfer_suspended(t: CsmsTest) -> None:
    """The vehicle takes no energy any more."""
    await t.reach(energy_transfer_started)
    await t.wait(cfg.transaction_duration, "the transaction has its configured duration")
    await t.tx(1, "Updated", "ChargingStateChanged", info={"chargingState": "SuspendedEV"})
    t.stage.append("suspended")


@state("StopAuthorized", holds=lambda t: t.passed("stopped"))
async def stop_authorized(t: CsmsTest) -> None:
    """The driver presents the token again."""
    await t.reach(energy_transfer_started)
    await t.wait(cfg.transaction_duration, "the transaction has its configured duration")
    await t.tx(1, "Updated", "StopAuthorized", TOKEN_ACCEPTED, idToken=TOKEN)
    t.stage.append("stopped")


@state("EVConnectedPostSession", holds=lambda t: t.passed("post"))
async def ev_connected_post_session(t: CsmsTest) -> None:
    """Energy flows no more; the cable is still in."""
    await t.reach(stop_authorized)
    await t.tx(1, "Updated", "ChargingStateChanged", info={"chargingState": "EVConnected"})
    t.stage.append("post")


@state("EVDisconnected")
async def ev_disconnected(t: CsmsTest, ends: bool = True) -> None:
    """The driver unplugs, which ends the transaction unless the station goes on with it."""
    await t.reach(ev_connected_post_session)
    await t.status(1, "Available")
    if ends:
        info = {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}
        await t.tx(3, "Ended", "EVCommunicationLost", info=info)
    else:
        await t.tx(3, "Updated", "EVCommunicationLost", info={"chargingState": "Idle"})
    t.stage.clear()


@state(
    "Unavailable",
    holds=lambda t, evse=None, connector=None: t.inoperative(evse, connector),
)
async def unavailable(t: CsmsTest, evse: Any = None, connector: Any = None) -> None:
    """The CSMS takes a connector, an EVSE or the whole station out of operation."""
    await t.availability(1, "Inoperative", evse, connector)
    await t.connectors_report(3, "Unavailable", evse, connector)


@state("LimitKnown")
async def limit_known(t: CsmsTest, most: int) -> None:
    """The CSMS reads how many variables the station takes at once."""
    t.take_at_once(most)
    t.manual(READ_VARIABLES(variables=["DeviceDataCtrlr.ItemsPerMessage[GetVariables]"]))
    limit = AboutVariable("getVariableData", "DeviceDataCtrlr", "ItemsPerMessage", "GetVariables")
    await t.expect(1, "GetVariables", where=limit)


# -- security --------------------------------------------------------------------------------------


BELOW = (
    "The configured root of the CSMS is csms_root, or station_root where stations have one of "
    "their own ([lab]); what is between it and the configured certificate of the station will do, "
    "too. Where neither is configured, any root will do.",
)


@state("RenewChargingStationCertificate", readings=BELOW)
async def certificate_renewed(t: CsmsTest) -> None:
    """The CSMS has the station ask for a certificate, and signs it."""
    await renew(t)


@state(
    "RenewChargingStationCertificate",
    holds=lambda t: t.value(cfg.security_profile) != 2,
    readings=(
        "RenewChargingStationCertificate is needed only where the security profile is 2.",
        *BELOW,
    ),
)
async def certificate_for_higher_profile(t: CsmsTest) -> None:
    """The CSMS signs the certificate with which the station will connect."""
    await renew(t)
