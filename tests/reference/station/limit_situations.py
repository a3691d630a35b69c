"""Situations in which the faults of smart charging can be seen."""

from limit_lab import profile


async def _put(bench, payload, connector=1):
    request = {"connectorId": connector, "csChargingProfiles": payload}
    return await bench.peer.call("SetChargingProfile", request)


async def _plan(bench, connector=1):
    request = {"connectorId": connector, "duration": 300}
    return await bench.peer.call("GetCompositeSchedule", request)


async def is_limited(bench):
    await bench.charge()
    await _put(bench, profile("Default", 6))
    await bench.settle(60)
    return await _plan(bench), bench.peer.payloads("MeterValues")


async def is_limited_and_reset(bench):
    await _put(bench, profile("Max", 6), 0)
    await bench.peer.call("Reset", {"type": "Soft"})
    await bench.settle(10)
    return await _plan(bench)


async def has_a_stack(bench):
    await _put(bench, profile("Default", {0: 6, 100: 8}))
    await _put(bench, profile("Default", {0: 10, 50: 12}, number=2, level=1, duration=80))
    return await _plan(bench)


async def has_all_purposes(bench):
    await _put(bench, profile("Default", 14), 0)
    await bench.charge()
    await _put(bench, profile("Max", {0: 10, 50: 20}, number=2), 0)
    await _put(bench, profile("Tx", {0: 16, 30: 6}, number=3))
    return await _plan(bench)


async def gets_a_default_limit_late(bench):
    await bench.charge()
    await _put(bench, profile("Default", 6), 0)
    return await _plan(bench)


async def has_two_default_limits(bench):
    await _put(bench, profile("Default", 6), 0)
    await _put(bench, profile("Default", 10, number=2), 1)
    return await _plan(bench, 1), await _plan(bench, 2)


async def charges_twice(bench):
    await bench.charge()
    await _put(bench, profile("Tx", 6))
    await bench.do("present_token", id_tag="TAG1", connector=1)
    await bench.do("present_token", id_tag="TAG1", connector=1)
    return await _plan(bench)


async def starts_with_a_limit(bench):
    request = {"connectorId": 1, "idTag": "TAG1", "chargingProfile": profile("Tx", 6)}
    await bench.do("plug_in")
    await bench.peer.call("RemoteStartTransaction", request)
    await bench.settle()
    return await _plan(bench)


async def clears_a_limit(bench):
    await _put(bench, profile("Default", 6))
    await _put(bench, profile("Default", 8, number=2, level=1))
    await bench.peer.call("ClearChargingProfile", {"id": 2})
    return await _plan(bench)


SEEN_IN = {
    "charging-profiles-not-stored": is_limited,
    "charging-profiles-ignored": is_limited,
    "forgets-charging-profiles-after-reset": is_limited_and_reset,
    "stack-levels-reversed": has_a_stack,
    "no-fallback-after-duration": has_a_stack,
    "ignores-station-limit": has_all_purposes,
    "ignores-session-limit": has_all_purposes,
    "default-limit-for-later-sessions-only": gets_a_default_limit_late,
    "default-limit-of-all-connectors-wins": has_two_default_limits,
    "tx-profile-survives-transaction": charges_twice,
    "remote-start-ignores-profile": starts_with_a_limit,
    "clear-profiles-does-nothing": clears_a_limit,
    "clear-profiles-ignores-criteria": clears_a_limit,
    "composite-restarts-schedules": has_a_stack,
    "composite-ignores-later-limits": has_a_stack,
}
