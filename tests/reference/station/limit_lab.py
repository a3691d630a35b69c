"""Charging profiles in short, for tests: seconds count from the moment 2030-01-01T00:00:00Z."""

from datetime import UTC, datetime, timedelta
from typing import Any

Payload = dict[str, Any]
BEGIN = datetime(2030, 1, 1, tzinfo=UTC)


def at(seconds: float) -> str:
    """Return a moment as the CSMS writes it."""
    return (BEGIN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def profile(
    purpose: str,
    limits: dict[int, float] | float,
    *,
    number: int = 1,
    level: int = 0,
    kind: str = "Absolute",
    start: float | None = 0,
    duration: int | None = None,
    unit: str = "A",
    phases: int | None = None,
    valid: tuple[float | None, float | None] = (None, None),
    least: float | None = None,
    **more: Any,
) -> Payload:
    """Return a charging profile; purpose: Max, Default or Tx; limits by their startPeriod."""
    names = {"Max": "ChargePointMaxProfile", "Default": "TxDefaultProfile", "Tx": "TxProfile"}
    periods = limits if isinstance(limits, dict) else {0: limits}
    extra = {} if phases is None else {"numberPhases": phases}
    schedule: Payload = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [
            {"startPeriod": first, "limit": limit, **extra} for first, limit in periods.items()
        ],
    }
    found: Payload = {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": names[purpose],
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
        **more,
    }
    if start is not None and kind != "Relative":
        schedule["startSchedule"] = at(start)
    if duration is not None:
        schedule["duration"] = duration
    if least is not None:
        schedule["minChargingRate"] = least
    for name, when in zip(("validFrom", "validTo"), valid, strict=True):
        if when is not None:
            found[name] = at(when)
    return found


async def put(bench, payload, connector=1):
    """Set a profile and return the status."""
    request = {"connectorId": connector, "csChargingProfiles": payload}
    status = (await bench.peer.call("SetChargingProfile", request))["status"]
    await bench.settle()
    return status


async def composite(bench, connector=1, duration=400, unit=None):
    """Return the limits of the composite schedule by startPeriod."""
    request = {"connectorId": connector, "duration": duration}
    answer = await bench.peer.call(
        "GetCompositeSchedule", request | ({"chargingRateUnit": unit} if unit else {})
    )
    entries = answer["chargingSchedule"]["chargingSchedulePeriod"]
    return {entry["startPeriod"]: entry["limit"] for entry in entries}


async def clear(bench, **criteria):
    """Clear profiles and return the status."""
    status = (await bench.peer.call("ClearChargingProfile", criteria))["status"]
    await bench.settle()
    return status


def drawn(bench, connector=1):
    return bench.station.outlets[connector].meter.power


def numbers(bench):
    """Return the ids of the installed profiles."""
    return [one["chargingProfileId"] for one in bench.station.state()["charging_profiles"]]


async def remote_start(bench, connector=1, **more):
    request = {"connectorId": connector, "idTag": "TAG1"} | more
    status = (await bench.peer.call("RemoteStartTransaction", request))["status"]
    await bench.settle()
    return status
