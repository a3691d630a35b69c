"""The state in which a station has charging profiles (2.27), and what it must be able to keep."""

from __future__ import annotations

from testbay.scenario.case import Need, state
from testbay.scenario.checks import eq
from testbay.suites.ocpp16.composite import Limit
from testbay.suites.ocpp16.station_test import StationTest


@state("SetChargingProfile")
async def set_charging_profile(t: StationTest, limit: Limit) -> None:
    session = t.transaction if limit.purpose == "TxProfile" else None
    await t.set_limit(1, limit, eq("status", "Accepted"), session)


def can_keep(key: str, least: int) -> Need:
    """The key is there as a number, and not below this."""

    async def ask(t: StationTest) -> bool:
        await t.online()
        found = await t.read_key(key)
        value = str((found or {}).get("value") or "").strip()
        return value.isdigit() and int(value) >= least

    return Need(f"only where {key} is at least {least}", ask)
