"""Charging profiles made from what an operator wants: a limit, for so long."""

from datetime import datetime, timedelta
from typing import Any, Literal

from testbay_reference.csms.tokens import stamp

Unit = Literal["A", "W"]
Purpose = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]
Payload = dict[str, Any]


def session_profile(
    number: int,
    limit: float,
    unit: Unit,
    *,
    transaction: int | None = None,
    phases: int | None = None,
    stack_level: int = 0,
    since: datetime | None = None,
) -> Payload:
    """Limit one session; without a transaction: the one to come.

    Args:
        since: write it for a day from then on; none: relative to the session, while it lasts.
    """
    if since is None:
        profile: Payload = {
            "chargingProfileId": number,
            "stackLevel": stack_level,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": _schedule(limit, unit, phases),
        }
    else:
        profile = lasting_profile(
            number,
            "TxProfile",
            limit,
            unit,
            start=since,
            seconds=86400,
            phases=phases,
            stack_level=stack_level,
        )
    # In RemoteStartTransaction the id is not set: there is none yet (OCPP 1.6, 5.16.2).
    return profile if transaction is None else profile | {"transactionId": transaction}


def lasting_profile(
    number: int,
    purpose: Purpose,
    limit: float,
    unit: Unit,
    *,
    start: datetime,
    seconds: int,
    delay: int = 0,
    phases: int | None = None,
    stack_level: int = 0,
) -> Payload:
    """Limit a connector or the station from a moment on, for so many seconds.

    Args:
        delay: how long after that moment the limit begins (s).
    """
    schedule = {"startSchedule": stamp(start), "duration": seconds}
    return {
        "chargingProfileId": number,
        "stackLevel": stack_level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "validFrom": stamp(start),
        "validTo": stamp(start + timedelta(seconds=seconds)),
        "chargingSchedule": schedule | _schedule(limit, unit, phases, delay),
    }


def _schedule(limit: float, unit: Unit, phases: int | None, delay: int = 0) -> Payload:
    period: Payload = {"startPeriod": delay, "limit": limit}
    if phases is not None:
        period["numberPhases"] = phases
    return {"chargingRateUnit": unit, "chargingSchedulePeriod": [period]}
