"""The settings of a station as it has told them, looked up without regard to case (5.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from testbay.suites.ocpp16.standard_keys import members

FEATURE_PROFILES = "SupportedFeatureProfiles"


class Settings:
    """What an answer to GetConfiguration lists."""

    def __init__(self, entries: Iterable[Mapping[str, Any]]) -> None:
        self.entries = [e for e in entries if isinstance(e.get("key"), str)]
        named = {str(e["key"]).casefold(): e for e in reversed(self.entries)}
        self._by_name: dict[str, Mapping[str, Any]] = named

    def has(self, key: str) -> bool:
        """Return whether it is listed."""
        return key.casefold() in self._by_name

    def entry(self, key: str) -> Mapping[str, Any]:
        """Return a setting; an empty one where it is not listed."""
        return self._by_name.get(key.casefold(), {})

    def value(self, key: str) -> str | None:
        """Return its value; None where it is not listed or shows none."""
        value = self.entry(key).get("value")
        return value if isinstance(value, str) else None

    def shown(self, key: str) -> str:
        """Return its value for a sentence."""
        value = self.value(key)
        return "without a value" if value is None else repr(value)

    def number(self, key: str) -> int | None:
        """Return its value as a number; None where it is none."""
        value = (self.value(key) or "").strip()
        return int(value) if value.isascii() and value.isdigit() else None

    def members(self, key: str) -> list[str]:
        """Return the members of its value."""
        return members(self.value(key) or "")

    def writable(self, key: str) -> bool:
        """Return whether it is listed and can be written."""
        return self.has(key) and self.entry(key).get("readonly") is False

    def true(self, key: str) -> bool:
        """Return whether it is listed as true."""
        return (self.value(key) or "").strip().casefold() == "true"

    def supports(self, profile: str) -> bool:
        """Return whether a feature profile is supported."""
        return profile.casefold() in (m.casefold() for m in self.members(FEATURE_PROFILES))
