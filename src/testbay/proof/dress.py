"""Other conforming systems, made on the wire: what the reference system says is dressed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RESULT = 3


@dataclass(frozen=True)
class MoreProfiles:
    """A station that supports more feature profiles, with their configuration keys.

    Args:
        profiles: added to the list of supported ones.
        keys: name to value and whether it is read-only.
        listing: a longer list of keys than this is a list of all keys.
    """

    profiles: tuple[str, ...]
    keys: Mapping[str, tuple[str, bool]]
    listing: int = 10

    def __call__(self, frame: list[Any]) -> list[Any]:
        """Return a frame of the SUT as that station would send it."""
        if frame[0] != RESULT or not {"configurationKey", "unknownKey"} & frame[2].keys():
            return frame
        listed = [self._announced(entry) for entry in frame[2].get("configurationKey", ())]
        unknown = frame[2].get("unknownKey", ())
        wanted = self.keys if len(listed) > self.listing else [k for k in unknown if k in self.keys]
        listed += [self._entry(k) for k in wanted if k not in {e["key"] for e in listed}]
        answer = {"configurationKey": listed}
        if left := [k for k in unknown if k not in self.keys]:
            answer["unknownKey"] = left
        return [RESULT, frame[1], answer]

    def _announced(self, entry: dict[str, Any]) -> dict[str, Any]:
        if entry["key"] != "SupportedFeatureProfiles":
            return entry
        return {**entry, "value": ",".join([entry["value"], *self.profiles])}

    def _entry(self, key: str) -> dict[str, Any]:
        value, read_only = self.keys[key]
        return {"key": key, "readonly": read_only, "value": value}
