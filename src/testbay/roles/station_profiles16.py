"""The charging profiles of the simulated station of OCPP 1.6: installed, cleared, combined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from testbay.roles.composite16 import Installed, Use, composite
from testbay.roles.station_keys16 import MOST_PERIODS, MOST_PROFILES, MOST_STACK_LEVEL

Payload = Mapping[str, Any]


@dataclass
class Profiles:
    """The charging profiles that are installed, by their ids.

    Args:
        wanted: that of an accepted remote start, until its transaction begins (5.16.2).
    """

    installed: dict[int, Installed] = field(default_factory=dict)
    wanted: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, plain: Payload) -> Profiles:
        """Make them from what they were as JSON."""
        made = cls(wanted=dict(plain["wanted"]))
        for one in plain["installed"]:
            made._put(Installed(one["connector"], one["profile"]))
        return made

    def known(self) -> dict[str, Any]:
        """Return them as JSON."""
        installed = [
            {"connector": one.connector, "profile": dict(one.profile)}
            for one in self.installed.values()
        ]
        return {"installed": installed, "wanted": dict(self.wanted)}

    def judge(self, connector: int, profile: Payload, running: int | None) -> str:
        """Return the status that a profile is answered with.

        Args:
            running: the id of the transaction on the connector, if one runs.
        """
        schedule, purpose = profile["chargingSchedule"], profile["chargingProfilePurpose"]
        periods = schedule["chargingSchedulePeriod"]
        fits = {
            "ChargePointMaxProfile": connector == 0,
            "TxDefaultProfile": True,
            "TxProfile": running is not None and profile.get("transactionId", running) == running,
        }[purpose]
        fine = (
            fits
            and profile["stackLevel"] <= MOST_STACK_LEVEL
            and len(periods) <= MOST_PERIODS
            and bool(periods)
            and periods[0]["startPeriod"] == 0
            and (profile["chargingProfileKind"] == "Recurring") == ("recurrencyKind" in profile)
            and len(self._others(connector, profile)) < MOST_PROFILES
        )
        return "Accepted" if fine else "Rejected"

    def install(self, connector: int, profile: Payload) -> None:
        """Install one; it replaces one with its id, or with its level, purpose and connector."""
        self.installed = self._others(connector, profile)
        self._put(Installed(connector, dict(profile)))

    def begin(self, connector: int, transaction: int) -> None:
        """Install the profile of a remote start for the transaction that it has brought about."""
        if self.wanted:
            self.install(connector, {**self.wanted, "transactionId": transaction})
            self.wanted = {}

    def end(self, connector: int) -> None:
        """Drop what was valid for the transaction that has ended (7.10)."""
        self.installed = {
            number: one
            for number, one in self.installed.items()
            if one.connector != connector or one.profile["chargingProfilePurpose"] != "TxProfile"
        }

    def matching(self, request: Payload) -> list[int]:
        """Return the ids of those that a ClearChargingProfile is about (errata 3.26)."""
        if "id" in request:
            return [number for number in self.installed if number == request["id"]]
        return [
            number
            for number, one in self.installed.items()
            if request.get("connectorId", one.connector) == one.connector
            and all(
                request.get(key, one.profile[key]) == one.profile[key]
                for key in ("chargingProfilePurpose", "stackLevel")
            )
        ]

    def clear(self, request: Payload) -> None:
        """Clear what a request is about."""
        for number in self.matching(request):
            del self.installed[number]

    def schedule(self, request: Payload, use: Use) -> dict[str, Any]:
        """Return the schedule that a GetCompositeSchedule is answered with."""
        seconds, unit = request["duration"], request.get("chargingRateUnit", "A")
        periods = composite(tuple(self.installed.values()), use, seconds, unit)
        return {
            "duration": seconds,
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods[:MOST_PERIODS],
        }

    def _put(self, one: Installed) -> None:
        self.installed[one.profile["chargingProfileId"]] = one

    def _others(self, connector: int, profile: Payload) -> dict[int, Installed]:
        """Return those that a new profile does not replace."""
        return {
            number: one
            for number, one in self.installed.items()
            if number != profile["chargingProfileId"]
            and (
                one.connector != connector
                or any(
                    one.profile[key] != profile[key]
                    for key in ("chargingProfilePurpose", "stackLevel")
                )
            )
        }
