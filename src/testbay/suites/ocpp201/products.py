"""How the reference systems for OCPP 2.0.1 are built."""

from __future__ import annotations

from testbay.scenario.product import PROFILES, Product, Reference, as_it_is, connected

STATIONS = (
    Product("detachable cable"),
    Product("bay sensor", {"bay_sensor": True}, {"bay_sensor": True}),
    Product("signing meter", {"signing_meter": True}, {"signing_meter": True}),
    Product("no summary", {"summary": False}, {"report_summary": False}),
    Product(
        "fewer criteria",
        {"criteria": ("Available", "Enabled", "Problem")},
        {"unsupported_criterion": True},
    ),
    Product(
        "fixed cable",
        {"cable": "fixed"},
        {"fixed_cable": True, "mechanical_lock": False},
    ),
    Product("direct current", {"cable": "fixed"}, {"fixed_cable": True, "dc": True}),
    Product("no reset of an EVSE", {"evse_reset": False}, {"reset_evse": False}),
    *(Product(f"security profile {n}", features=connected(n)) for n in PROFILES),
)
"""The stations that together run every case."""

CSMSS = (
    Product("csms"),
    *(Product(f"security profile {n}", features=connected(n)) for n in PROFILES),
    Product("iso 15118", features={"iso_15118": True, "combined_certificate": True}),
)

TOKENS = {
    "valid_idtoken_idtoken": "Accepted",
    "valid_idtoken2_idtoken": "Accepted",
    "invalid_idtoken_idtoken": "Invalid",
}


def reference(sut: str) -> Reference:
    """Return how the reference system is built that stands for a system under test."""
    if sut == "station":
        return Reference(STATIONS, as_it_is)
    return Reference(CSMSS, as_it_is, TOKENS, "group_idtoken")
