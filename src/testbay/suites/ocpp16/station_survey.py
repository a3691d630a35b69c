"""A station before it is tested: all its settings, and what of them cannot be so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from testbay.roles.csms_model16 import CsmsModel16
from testbay.scenario.survey import Call, Finding, Reading, Stated
from testbay.scenario.values import Answer
from testbay.suites.ocpp16.settings import equal
from testbay.suites.ocpp16.standard_keys import PROFILES, STANDARD, Standard
from testbay.suites.ocpp16.stated import disagreements
from testbay.suites.ocpp16.told_settings import FEATURE_PROFILES, Settings

HIDDEN = "AuthorizationKey"
ITS_OWN = ("heartbeatinterval", "minimumstatusduration", "authorizationkey", "securityprofile")
"""Settings that change by the way: by each boot, for all cases, or for good."""


class StationSurvey:
    """Asks for everything at once; that is a GetConfiguration without keys (5.8)."""

    def may_ask(self, model: Any) -> bool:
        """Return whether the station has been accepted, as far as is known."""
        return not isinstance(model, CsmsModel16) or model.facts.accepted is not False

    async def read(self, call: Call, stated: Stated) -> Reading:
        """Read all settings."""
        answer = await call("GetConfiguration", {})
        if not isinstance(answer, dict):
            return Reading(why=f"GetConfiguration was not answered with a result: {answer}")
        entries = answer.get("configurationKey")
        if not isinstance(entries, list):
            return Reading(why="the answer to GetConfiguration lists no settings")
        listed = [dict(e) for e in entries if isinstance(e, dict)]
        told = Settings(listed)
        return Reading(listed, absent=[k.name for k in STANDARD if not told.has(k.name)])

    async def look(self, call: Call, stated: Stated) -> Reading:
        """Read all settings again."""
        return await self.read(call, stated)

    def findings(self, reading: Reading, stated: Stated) -> list[Finding]:
        """Return what cannot be so: by the documents, by the PICS, by the configuration."""
        if reading.why:
            return []
        told = Settings(reading.entries)
        return [*reading.found, *_undocumented(told), *disagreements(told, stated)]

    def put_back(
        self, before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]
    ) -> list[tuple[str, dict[str, Any], str]]:
        """Return what has changed in the standard settings that can be written."""
        return list(_changed(Settings(before), Settings(now)))

    def status_of(self, answer: Answer) -> str:
        """Return what a system says to a request that undoes something."""
        return str(answer.get("status")) if isinstance(answer, dict) else str(answer)


def _undocumented(told: Settings) -> Iterator[Finding]:
    """Yield what the documents demand of settings and is otherwise."""
    names = [str(entry["key"]).casefold() for entry in told.entries]
    for entry in told.entries:
        if names.count(str(entry["key"]).casefold()) > 1:
            yield Finding("documents", entry["key"], "it is listed more than once")
    supported = [p for p in PROFILES if p == "Core" or told.supports(p)]
    for key in STANDARD:
        if told.has(key.name):
            yield from _demanded(key, told)
        elif key.required and key.profile in supported:
            says = f"it is not listed, but each station with the profile {key.profile} has it"
            yield Finding("documents", key.name, says)
    if told.has(FEATURE_PROFILES) and not told.supports("Core"):
        yield Finding("documents", FEATURE_PROFILES, "it does not name Core, which is required")


def _demanded(key: Standard, told: Settings) -> Iterator[Finding]:
    entry = told.entry(key.name)
    access = "R" if entry.get("readonly") else "RW"
    if access not in key.access.split(" or "):
        says = f"it is {access}, but must be {key.access}"
        yield Finding("documents", key.name, says)
    value = told.value(key.name)
    if key.name == HIDDEN:
        if value:
            yield Finding("documents", key.name, "it shows its value, but is write-only")
    elif value is None:
        if key.kind in ("boolean", "integer"):
            yield Finding("documents", key.name, f"it shows no value, expected {key.expected}")
    elif wrong := key.wrong(value):
        yield Finding("documents", key.name, f"it is {value!r}, expected {wrong}")


def _changed(before: Settings, now: Settings) -> Iterator[tuple[str, dict[str, Any], str]]:
    standard = [key.name.casefold() for key in STANDARD]
    for entry in before.entries:
        name, was = str(entry["key"]), before.value(str(entry["key"]))
        kept = name.casefold() in standard and name.casefold() not in ITS_OWN
        if not kept or was is None or not before.writable(name):
            continue
        value = now.value(name)
        if value is None or not equal(value, was):
            says = f"{name} is {now.shown(name)}, it was {was!r}"
            yield "ChangeConfiguration", {"key": name, "value": was}, says
