"""What a vendor states of a station, held against what the station says of itself.

There is a rule for every question of the PICS that a setting answers as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from testbay.scenario.survey import (
    Finding,
    Stated,
    against_pics,
    against_value,
    same_tokens,
)
from testbay.scenario.survey_stated import by_features, by_itself, by_rules
from testbay.suites.ocpp16.told_settings import FEATURE_PROFILES, Settings

YES = "yes"
Rule = Callable[[Any, Settings], str]
"""Returns what is otherwise than an answer says, or nothing."""

_STOPS = "StopTransactionOnEVSideDisconnect"
_UNLOCKS = "UnlockConnectorOnEVSideDisconnect"


# -- kinds of rules --------------------------------------------------------------------------------


def _offers(key: str, answer: Any, told: Settings) -> str:
    """The setting is there, and is not false for good, where the feature is there (9)."""
    off = not told.writable(key) and told.value(key) is not None and told.value(key) == "false"
    there = told.has(key) and not off
    if (answer == YES) == there:
        return ""
    if not told.has(key):
        return f"the station does not list {key}"
    return f"{key} is read-only and false" if off else f"the station lists {key}"


def _profile(profile: str, answer: Any, told: Settings) -> str:
    """The feature profile is supported where the answer says so."""
    if not told.has(FEATURE_PROFILES) or (answer == YES) == told.supports(profile):
        return ""
    does = "names" if told.supports(profile) else "does not name"
    return f"{FEATURE_PROFILES} {does} {profile}"


def _certified(profile: str, answer: Any, told: Settings) -> str:
    """A feature profile that is to be certified is supported; one that is not may be as well."""
    return _profile(profile, answer, told) if answer == YES else ""


def _disconnecting(key: str, either: str, answer: Any, told: Settings) -> str:
    """What happens when the cable is taken out at the vehicle can be chosen, or is fixed."""
    if not told.has(key):
        return ""
    right = either if told.writable(key) else YES if told.true(key) else "no"
    can = "can be written" if told.writable(key) else f"is read-only, {told.shown(key)}"
    return "" if answer == right else f"{key} {can}: answer {right}"


def _equals(key: str, answer: Any, told: Settings) -> str:
    """The limit is what the setting says, where it is listed."""
    number = told.number(key)
    return "" if number is None or number == answer else f"{key} is {number}"


def _least(key: str, answer: Any, told: Settings) -> str:
    """The present value is not below what is stated; 0 means never."""
    number = told.number(key)
    return f"{key} is {number}, which is less" if number and number < answer else ""


def _most(key: str, answer: Any, told: Settings) -> str:
    """The present value is not above what is stated."""
    number = told.number(key)
    return f"{key} is {number}, which is more" if number and number > answer else ""


def _secured(profile: int, answer: Any, told: Settings) -> str:
    """The security profile that is in use is one that is supported."""
    now = told.number("SecurityProfile")
    return "" if answer == YES or now != profile else f"SecurityProfile is {now}"


# -- single rules ----------------------------------------------------------------------------------


def _status_duration(answer: Any, told: Settings) -> str:
    key = "MinimumStatusDuration"
    wrong = _offers(key, answer, told)
    if wrong or answer != YES or told.number(key) in (0, None):
        return wrong
    return f"{key} is {told.shown(key)}; such a station comes to the test with the value 0"


def _connectors(answer: Any, told: Settings) -> str:
    number = told.number("NumberOfConnectors")
    if number is None or (answer == "multiple") == (number > 1):
        return ""
    return f"NumberOfConnectors is {number}"


def _whole_station(answer: Any, told: Settings) -> str:
    key = "ReserveConnectorZeroSupported"
    if (answer == YES) == told.true(key):
        return ""
    return f"{key} is {told.shown(key)}" if told.has(key) else f"the station does not list {key}"


def _units(answer: Any, told: Settings) -> str:
    key = "ChargingScheduleAllowedChargingRateUnit"
    units = {"current": "A", "power": "W"}
    found = [units[m.casefold()] for m in told.members(key) if m.casefold() in units]
    wanted = ["A", "W"] if answer == "both" else [answer]
    return "" if not found or sorted(found) == wanted else f"{key} is {told.shown(key)}"


def _list(answer: Any, told: Settings) -> str:
    return _profile("LocalAuthListManagement", answer, told) or (
        _offers("LocalAuthListEnabled", answer, told) if answer == YES else ""
    )


def _protocols(answer: Any, told: Settings) -> str:
    key = "SupportedFileTransferProtocols"
    found = sorted(m.casefold() for m in told.members(key))
    return "" if not found or found == sorted(answer) else f"{key} is {told.shown(key)}"


RULES: Mapping[str, Rule] = {
    "connectors": _connectors,
    "C-02": partial(_offers, "AllowOfflineTxForUnknownId"),
    "C-03": partial(_offers, "MaxEnergyOnInvalidId"),
    "C-04": partial(_offers, "AuthorizationCacheEnabled"),
    "C-05": _status_duration,
    "C-06": partial(_disconnecting, _STOPS, "both"),
    "C-10": partial(_disconnecting, _UNLOCKS, "configurable"),
    "C-11": partial(_secured, 1),
    "security_profile_2": partial(_secured, 2),
    "advanced_security": partial(_secured, 3),
    "R-0": partial(_profile, "Reservation"),
    "R-1": _whole_station,
    "SC-1": _units,
    "LA-0": _list,
    "RT-0": partial(_profile, "RemoteTrigger"),
    "smart_charging": partial(_certified, "SmartCharging"),
    "firmware_management": partial(_profile, "FirmwareManagement"),
    "MeterValueSampleInterval_min": partial(_least, "MeterValueSampleInterval"),
    "MeterValueSampleInterval_max": partial(_most, "MeterValueSampleInterval"),
    "HeartbeatInterval_min": partial(_least, "HeartbeatInterval"),
    "HeartbeatInterval_max": partial(_most, "HeartbeatInterval"),
    "file_transfer_protocols": _protocols,
    **{
        key: partial(_equals, key)
        for key in (
            *("GetConfigurationMaxKeys", "MeterValuesAlignedDataMaxLength"),
            *("MeterValuesSampledDataMaxLength", "StopTransactionMaxMeterValues"),
            *("StopTxnAlignedDataMaxLength", "StopTxnSampledDataMaxLength"),
            *("WebSocketPingInterval", "LocalAuthListMaxLength", "SendLocalListMaxLength"),
            *("ChargeProfileMaxStackLevel", "ChargingScheduleMaxPeriods"),
            *("CertificateSignedMaxChainSize", "CertificateStoreMaxLength"),
        )
    },
}
"""By question of the PICS."""

FEATURES = {
    "authorization_cache": "C-04",
    "unknown_offline": "C-02",
    "local_list": "LA-0",
    "reservations": "R-0",
    "remote_trigger": "RT-0",
    "smart_charging": "smart_charging",
    "firmware_management": "firmware_management",
}
"""Features of the product that say the same as a question."""

SAID = {"vendor": "chargePointVendor", "model": "chargePointModel"}
"""Questions whose answers the station gives when it boots, perhaps in more or fewer words."""
EXACTLY = {"software_version": "firmwareVersion"}
"""The same, in these words."""


def disagreements(told: Settings, stated: Stated) -> Iterator[Finding]:
    """Yield what the PICS, or without one the configuration, says otherwise than the station."""
    if stated.answers:
        yield from _answers(told, stated)
    else:
        yield from by_features(FEATURES, RULES, told, stated)
    yield from _values(told, stated)


def _answers(told: Settings, stated: Stated) -> Iterator[Finding]:
    yield from by_rules(RULES, told, stated)
    lowest, now = _lowest_profile(stated), told.number("SecurityProfile")
    wanted = stated.values.get("security_profile")  # of this run; later ones are at higher ones
    if lowest is not None and now is not None and now > lowest[1] and now != wanted:
        why = f"SecurityProfile is {now}; a station comes to the test with its lowest one"
        yield against_pics(lowest[0], stated, why)
    yield from by_itself(stated, SAID, EXACTLY)


def _lowest_profile(stated: Stated) -> tuple[str, int] | None:
    asked = (("C-11", 1), ("security_profile_2", 2), ("advanced_security", 3))
    return next(((q, n) for q, n in asked if stated.answers.get(q) == YES), None)


# -- configured values -----------------------------------------------------------------------------

TOKENS = (
    *("valid_id_tag", "valid_id_tag_2", "invalid_id_tag", "expired_id_tag", "blocked_id_tag"),
)
_LIMITED = {
    "heartbeat_interval": "HeartbeatInterval",
    "meter_value_interval": "MeterValueSampleInterval",
}


def _values(told: Settings, stated: Stated) -> Iterator[Finding]:
    values = stated.values
    there, wanted = told.number("NumberOfConnectors"), values.get("number_of_connectors")
    if there is not None and wanted is not None and there != wanted:
        yield against_value(values, "number_of_connectors", f"NumberOfConnectors is {there}")
    if there is not None and int(values.get("connector_id", 1)) > there:
        yield against_value(values, "connector_id", f"the station has {there}: NumberOfConnectors")
    unit, units = values.get("charging_rate_unit"), _allowed(told)
    if unit is not None and units and unit not in units:
        says = told.shown("ChargingScheduleAllowedChargingRateUnit")
        yield against_value(
            values, "charging_rate_unit", f"ChargingScheduleAllowedChargingRateUnit is {says}"
        )
    highest = told.number("ChargeProfileMaxStackLevel")
    if highest is not None and int(values.get("stack_level", 0)) > highest:
        yield against_value(values, "stack_level", f"ChargeProfileMaxStackLevel is {highest}")
    profile, wanted = told.number("SecurityProfile"), values.get("security_profile")
    if wanted and profile is not None and profile != wanted:
        yield against_value(values, "security_profile", f"SecurityProfile is {profile}")
    for name, key in _LIMITED.items():
        yield from _limited(name, key, stated)
    yield from repeated(values)


def repeated(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield tokens that are configured twice: a CSMS says one thing to a token."""
    return same_tokens(values, TOKENS)


def _allowed(told: Settings) -> list[str]:
    members = [m.casefold() for m in told.members("ChargingScheduleAllowedChargingRateUnit")]
    return [unit for unit, name in (("A", "current"), ("W", "power")) if name in members]


def _limited(name: str, key: str, stated: Stated) -> Iterator[Finding]:
    """Yield a configured interval that the PICS says the station cannot have."""
    value = stated.values.get(name)
    least, most = (stated.answers.get(f"{key}_{end}") for end in ("min", "max"))
    if value is not None and least is not None and value < least:
        yield against_value(stated.values, name, f"{key}_min of the PICS is {least:g}")
    if value is not None and most is not None and value > most:
        yield against_value(stated.values, name, f"{key}_max of the PICS is {most:g}")
