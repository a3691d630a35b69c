"""How the reference systems for OCPP 1.6 are built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testbay.scenario.product import (
    PROFILES,
    CannotBuild,
    Product,
    Reference,
    as_it_is,
    connected,
)

STATIONS = (
    Product("detachable cable"),
    Product(
        "fixed cable",
        {"cable": "fixed"},
        {"fixed_cable": True, "mechanical_lock": False},
        ("--cable", "fixed"),
    ),
    Product(
        "modes 1 and 2 only",
        {"short_power_flow": 3.0},
        {"mode_1_2_only": True},
        ("--short-power-flow", "3"),
    ),
    Product(
        "no local start",
        {"local_start": False},
        {"local_start": False, "local_stop": False},
        ("--no-local-start",),
    ),
    Product(
        "no local list",
        {"without": ("LocalAuthListManagement",)},
        {"local_list": False},
        ("--without", "LocalAuthListManagement"),
    ),
    Product(
        "no reservations",
        {"without": ("Reservation",)},
        {"reservations": False},
        ("--without", "Reservation"),
    ),
    Product(
        "no back-up power",
        {"power_loss": "after"},
        {"stops_before_power_loss": False, "stops_after_power_loss": True},
        ("--power-loss", "after"),
    ),
    *(Product(f"security profile {n}", features=connected(n)) for n in PROFILES),
)
"""The stations that together run every case."""

CSMSS = (
    Product("csms"),
    *(Product(f"security profile {n}", features=connected(n)) for n in PROFILES),
)

TOKENS = {
    "valid_id_tag": "Accepted",
    "valid_id_tag_2": "Accepted",
    "blocked_id_tag": "Blocked",
    "expired_id_tag": "Expired",
}

_WITHOUT = {
    "firmware_management": "FirmwareManagement",
    "local_list": "LocalAuthListManagement",
    "reservations": "Reservation",
    "smart_charging": "SmartCharging",
    "remote_trigger": "RemoteTrigger",
}
"""Feature profiles that a reference station can be built without, by the feature."""


def station(
    name: str, features: Mapping[str, bool], answers: Mapping[str, Any] | None = None
) -> Product:
    """Return a reference station that is built as these features say.

    Args:
        features: every feature of the suite.
        answers: of a PICS; here, nothing but the features is built.

    Raises:
        CannotBuild: it cannot be built like this.
    """
    has = features.__getitem__
    if has("fixed_cable") and has("mechanical_lock"):
        raise CannotBuild("the reference station has no lock at its side where its cable is fixed")
    before, after = has("stops_before_power_loss"), has("stops_after_power_loss")
    without = tuple(profile for feature, profile in _WITHOUT.items() if not has(feature))
    loss = "before" if before else "after" if after else "resume"
    chosen: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
        ("cable", "fixed", ("--cable", "fixed") if has("fixed_cable") else ()),
        ("cable_lock", False, () if has("mechanical_lock") else ("--no-cable-lock",)),
        ("local_start", False, () if has("local_start") else ("--no-local-start",)),
        ("authorization_cache", False, () if has("authorization_cache") else ("--no-cache",)),
        ("short_power_flow", 3.0, ("--short-power-flow", "3") if has("mode_1_2_only") else ()),
        ("power_loss", loss, ("--power-loss", loss)),
        ("without", without, tuple(part for name in without for part in ("--without", name))),
    )
    options = {option: value for option, value, arguments in chosen if arguments}
    arguments = tuple(part for _, _, arguments in chosen for part in arguments)
    return Product(name, options, features, arguments)


def reference(sut: str) -> Reference:
    """Return how the reference system is built that stands for a system under test."""
    if sut == "station":
        return Reference(STATIONS, station)
    return Reference(CSMSS, as_it_is, TOKENS, "parent_id_tag")
