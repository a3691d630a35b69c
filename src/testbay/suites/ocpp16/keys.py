"""The configuration keys that a station must have (9), by feature profile, as checks."""

from __future__ import annotations

from typing import Any

from testbay.scenario.checks import Satisfies, satisfies
from testbay.scenario.values import pick
from testbay.suites.ocpp16.checks import ListsKey, place_of, same
from testbay.suites.ocpp16.standard_keys import PROFILES, members, required

CORE, LOCAL_LIST, SMART_CHARGING = (
    tuple(ListsKey(key.name, key.access) for key in required(profile))
    for profile in ("Core", "LocalAuthListManagement", "SmartCharging")
)


def supports(value: Any, profile: str) -> bool:
    """Return whether the value of SupportedFeatureProfiles names a profile."""
    return any(same(member, profile) for member in _members(value))


def _members(value: Any) -> list[str]:
    return members(value) if isinstance(value, str) else []


def only_profiles(path: str) -> Satisfies:
    """The value names feature profiles of OCPP 1.6 and nothing else."""
    return satisfies(
        path,
        f"names nothing but {', '.join(PROFILES)}",
        lambda a, r: all(any(same(m, p) for p in PROFILES) for m in _members(a)),
        values=PROFILES,
    )


def has_member(path: str, member: str) -> Satisfies:
    """The comma separated list has this member."""
    return satisfies(path, f"contains {member}", lambda a, r: supports(a, member), values=(member,))


def lists_all(keys: list[str]) -> Satisfies:
    """The answer lists each of these keys."""

    def accepts(entries: Any, resolve: Any) -> bool:
        answer = {"configurationKey": entries}
        return all(place_of(answer, key) is not None for key in keys)

    return satisfies("configurationKey", "lists all keys that were asked for", accepts)


def names(answer: Any, most: int) -> list[str]:
    """Return the first keys that an answer to GetConfiguration lists."""
    entries = pick(answer, "configurationKey")
    found = [pick(e, "key") for e in entries] if isinstance(entries, list) else []
    return [key for key in found if isinstance(key, str)][:most]
