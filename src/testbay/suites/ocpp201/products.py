"""How the reference systems for OCPP 2.0.1 are built."""

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

NO, YES = "no", "yes"

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
        {"fixed_cable": True, "mechanical_lock": False, "retention_lock": False},
    ),
    Product(
        "direct current",
        {"cable": "fixed"},
        {"fixed_cable": True, "dc": True, "retention_lock": False},
    ),
    Product("no reset of an EVSE", {"evse_reset": False}, {"reset_evse": False}),
    *(Product(f"security profile {n}", features=connected(n)) for n in PROFILES),
    Product(
        "certificates can be removed",
        features={**connected(1), "last_root_goes": True, "own_certificate_goes": True},
    ),
    Product(
        "roots replace each other",
        {"additional_root_check": True},
        {**connected(2), "additional_root_check": True, "own_certificate_goes": True},
    ),
    Product("iso 15118", {"iso_15118": True}, {"iso_15118": True}),
    Product(
        "combined certificate",
        {"iso_15118": True, "combined_certificate": True},
        {**connected(3), "iso_15118": True, "combined_certificate": True},
    ),
    Product("reservations", features={"reservations": True}),
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


STARTS = {
    "C-09.6": "ParkingBayOccupancy",
    "C-09.1": "EVConnected",
    "C-09.2": "Authorized",
    "C-09.3": "DataSigned",
    "C-09.4": "PowerPathClosed",
    "C-09.5": "EnergyTransfer",
}
STOPS = {
    "C-10.5": "ParkingBayOccupancy",
    "C-10.1": "EVConnected",
    "C-10.2": "Authorized",
    "C-10.3": "PowerPathClosed",
    "C-10.4": "EnergyTransfer",
}
"""The points at which transactions begin and end, by the feature."""

USUAL = ("EVConnected", "Authorized")
"""At which they do in the factory, where nothing else is stated."""

TRIGGERS = {
    "trigger_meter_values": "MeterValues",
    "trigger_transaction": "TransactionEvent",
    "trigger_log_status": "LogStatusNotification",
    "trigger_firmware_status": "FirmwareStatusNotification",
    "trigger_status": "StatusNotification",
    "trigger_boot": "BootNotification",
}

LACKS = {
    "C-02": ("AuthCtrlr.OfflineTxForUnknownIdEnabled",),
    "C-03": ("TxCtrlr.MaxEnergyOnInvalidId",),
    "C-49": ("AuthCacheCtrlr.Available", "AuthCacheCtrlr.Enabled", "AuthCacheCtrlr.LifeTime"),
    "C-53": ("AuthCacheCtrlr.LifeTime",),
    "C-58": ("AuthCtrlr.DisableRemoteAuthorization",),
    "C-28": ("AlignedDataCtrlr.SendDuringIdle",),
    "reservation": ("ReservationCtrlr.Available",),
    "advanced_device_management": (
        "MonitoringCtrlr.Available",
        "MonitoringCtrlr.ItemsPerMessage[SetVariableMonitoring]",
        "MonitoringCtrlr.BytesPerMessage[SetVariableMonitoring]",
    ),
    "local_authorization_list_management": tuple(
        f"LocalAuthListCtrlr.{name}"
        for name in ("Available", "Enabled", "Entries", "ItemsPerMessage", "BytesPerMessage")
    ),
}
"""What is not in the device model where a feature is answered no."""

EITHER = {
    "TxCtrlr.StopTxOnEVSideDisconnect": ("C-06.2", "C-06.1"),
    "OCPPCommCtrlr.UnlockOnEVSideDisconnect": ("C-12.1", "C-12.2"),
    "AuthCtrlr.AuthorizeRemoteStart": ("C-48.1", "C-48.2"),
}
"""Variables with the features that say whether they can be true, and whether false."""


def station(name: str, features: Mapping[str, bool], answers: Mapping[str, Any]) -> Product:
    """Return a reference station that is built as a PICS says, as far as it can be.

    Args:
        features: every feature of the suite.
        answers: by question; what is not answered is as usual.

    Raises:
        CannotBuild: it cannot be built like this.
    """
    has = features.__getitem__
    if has("fixed_cable") and has("mechanical_lock"):
        raise CannotBuild("the reference station has no lock at its side where its cable is fixed")
    if answers.get("retention_lock") == YES and not has("mechanical_lock"):
        raise CannotBuild("the reference station keeps no plug locked without a lock at its side")
    fixed = [key for key, pair in EITHER.items() if NO in map(answers.get, pair)]
    options: dict[str, Any] = {
        "cable": "fixed" if has("fixed_cable") else "detachable",
        "cable_lock": has("mechanical_lock"),
        "bay_sensor": has("bay_sensor"),
        "signing_meter": has("signing_meter"),
        "local_start": has("local_authorization") and not has("start_button"),
        "start_button": has("start_button"),
        "summary": has("report_summary"),
        "custom_reports": has("custom_report"),
        "evse_reset": has("reset_evse"),
        "additional_root_check": has("additional_root_check"),
        "iso_15118": has("iso_15118"),
        "combined_certificate": has("combined_certificate"),
        "evses": answers.get("HFS-8", 2),
        # One that cannot be asked for this message has another one in its stead (G01).
        "reports": "StatusNotification" if has("trigger_status") else "NotifyEvent",
        "not_triggered": tuple(message for f, message in TRIGGERS.items() if not has(f)),
        "lacks": tuple(key for q, keys in LACKS.items() if answers.get(q) == NO for key in keys),
        "variables": {key: str(answers.get(EITHER[key][0]) != NO).lower() for key in fixed},
    }
    if has("unsupported_criterion"):
        options["criteria"] = ("Available", "Enabled", "Problem")
    for option, variable, known, changed in (
        ("tx_start", "TxCtrlr.TxStartPoint", STARTS, "C-51"),
        ("tx_stop", "TxCtrlr.TxStopPoint", STOPS, "C-52"),
    ):
        can = tuple(point for q, point in known.items() if answers.get(q) != NO)
        usual = tuple(point for point in can if point in USUAL)
        options[f"{option}s"] = can
        options[option] = can if answers.get(changed) == NO else usual or can[:1]
        if answers.get(changed) == NO:
            fixed.append(variable)
    return Product(name, options | {"read_only": tuple(fixed)}, features)


def reference(sut: str) -> Reference:
    """Return how the reference system is built that stands for a system under test."""
    if sut == "station":
        return Reference(STATIONS, station)
    return Reference(CSMSS, as_it_is, TOKENS, "group_idtoken")
