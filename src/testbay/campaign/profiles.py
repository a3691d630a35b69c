"""Security profiles: with which one a system is connected in a run, and which ones it has."""

from __future__ import annotations

from collections.abc import Mapping

from testbay.scenario.product import PROFILES

PROFILE = "security_profile"  # the configured value


def profile_of(features: Mapping[str, bool]) -> int:
    """Return the security profile with which a system is connected."""
    return next((n for n in PROFILES if features.get(f"on_profile_{n}")), 0)


def supported(features: Mapping[str, bool]) -> tuple[int, ...]:
    """Return the security profiles that a product has."""
    return tuple(n for n in PROFILES if features.get(f"security_profile_{n}", True))
