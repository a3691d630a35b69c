"""The profiles that are installed: which replaces which, which are cleared, what is kept."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from testbay_reference.station.charging_profile import ChargingProfile, read_profile
from testbay_reference.store import Store

NAME = "charging_profiles"

Status = Literal["Rejected", "NotSupported"]


class ProfileRefused(Exception):
    """Say why a profile is not installed, and with which status that is answered."""

    def __init__(self, status: Status, why: str) -> None:
        super().__init__(why)
        self.status = status


class ChargingProfiles:
    """Hold the installed profiles, also over restarts (errata 3.37).

    Args:
        most: how many there may be.
    """

    def __init__(self, store: Store, most: Callable[[], int]) -> None:
        self._store = store
        self._most = most
        kept: list[dict[str, Any]] = store.get(NAME, [])
        self._installed = tuple(_restored(one) for one in kept)

    @property
    def installed(self) -> tuple[ChargingProfile, ...]:
        """Return all of them, the oldest first."""
        return self._installed

    def make_room(self, profile: ChargingProfile, at: int) -> tuple[ChargingProfile, ...]:
        """Return those that stay when a profile is installed.

        Raises:
            ProfileRefused: there are too many of them.
        """
        stay = tuple(one for one in self._installed if not _replaces(profile, one))
        if len(stay) >= self._most():  # what has expired can never count again
            stay = tuple(one for one in stay if one.valid_to is None or one.valid_to > at)
        if len(stay) >= self._most():
            raise ProfileRefused("Rejected", f"{len(stay)} profiles are installed: no more fit")
        return stay

    def install(self, profile: ChargingProfile) -> None:
        """Install a profile in place of those that it replaces.

        Raises:
            ProfileRefused: there are too many of them.
        """
        self._keep((*self.make_room(profile, profile.since), profile))

    def clear(self, criteria: Mapping[str, Any]) -> tuple[ChargingProfile, ...]:
        """Remove the profiles that meet all criteria, an id alone if there is one (errata 3.26)."""
        gone = tuple(one for one in self._installed if _meets(one, criteria))
        self._keep(one for one in self._installed if one not in gone)
        return gone

    def end(self, session: int) -> None:
        """Remove the profiles of a transaction that is over."""
        self._keep(one for one in self._installed if one.session != session)

    def hand_on(self, connector: int, session: int) -> None:
        """Let profiles of a former transaction count for another one; OCPP forbids it (7.10)."""
        self._keep(
            replace(one, session=session)
            if one.session is not None and one.connector == connector
            else one
            for one in self._installed
        )

    def _keep(self, profiles: Iterable[ChargingProfile]) -> None:
        self._installed = tuple(profiles)
        kept = [
            {
                "connector": one.connector,
                "since": one.since,
                "session": one.session,
                "profile": dict(one.payload),
            }
            for one in self._installed
        ]
        self._store.set(NAME, kept)


def _restored(kept: Mapping[str, Any]) -> ChargingProfile:
    profile = read_profile(kept["profile"], kept["connector"])
    return replace(profile, since=kept["since"], session=kept["session"])


def _replaces(new: ChargingProfile, old: ChargingProfile) -> bool:
    """Tell whether a profile takes the place of another one (5.16.3).

    Stack level and purpose count connector by connector: a default profile of a connector leaves
    the one for all others where it is (3.13.1).
    """
    place = (new.connector, new.purpose, new.level)
    return new.id == old.id or place == (old.connector, old.purpose, old.level)


def _meets(profile: ChargingProfile, criteria: Mapping[str, Any]) -> bool:
    if "id" in criteria:
        return bool(profile.id == criteria["id"])
    facts = {
        "connectorId": profile.connector,
        "chargingProfilePurpose": profile.purpose,
        "stackLevel": profile.level,
    }
    return all(facts[name] == value for name, value in criteria.items())
