"""The configuration keys that a station must have (9), by feature profile, as checks."""

from __future__ import annotations

from typing import Any

from testbay.scenario.checks import Satisfies, satisfies
from testbay.scenario.values import pick
from testbay.suites.ocpp16.checks import ListsKey, place_of, same

PROFILES = (
    "Core",
    "FirmwareManagement",
    "LocalAuthListManagement",
    "Reservation",
    "SmartCharging",
    "RemoteTrigger",
)

CORE = (
    ListsKey("AuthorizeRemoteTxRequests", "R or RW"),
    ListsKey("ClockAlignedDataInterval", "RW"),
    ListsKey("ConnectionTimeOut", "RW"),
    ListsKey("ConnectorPhaseRotation", "RW"),
    ListsKey("GetConfigurationMaxKeys", "R"),
    ListsKey("HeartbeatInterval", "RW"),
    ListsKey("LocalAuthorizeOffline", "RW"),
    ListsKey("LocalPreAuthorize", "RW"),
    ListsKey("MeterValuesAlignedData", "RW"),
    ListsKey("MeterValuesSampledData", "RW"),
    ListsKey("MeterValueSampleInterval", "RW"),
    ListsKey("NumberOfConnectors", "R"),
    ListsKey("ResetRetries", "RW"),
    ListsKey("StopTransactionOnInvalidId", "RW"),
    ListsKey("StopTxnAlignedData", "RW"),
    ListsKey("StopTxnSampledData", "RW"),
    ListsKey("SupportedFeatureProfiles", "R"),
    ListsKey("TransactionMessageAttempts", "RW"),
    ListsKey("TransactionMessageRetryInterval", "RW"),
    ListsKey("UnlockConnectorOnEVSideDisconnect", "R or RW"),
)

LOCAL_LIST = (
    ListsKey("LocalAuthListEnabled", "RW"),
    ListsKey("LocalAuthListMaxLength", "R"),
    ListsKey("SendLocalListMaxLength", "R"),
)

SMART_CHARGING = (
    ListsKey("ChargeProfileMaxStackLevel", "R"),
    ListsKey("ChargingScheduleAllowedChargingRateUnit", "R"),
    ListsKey("ChargingScheduleMaxPeriods", "R"),
    ListsKey("MaxChargingProfilesInstalled", "R"),
)


def members(value: Any) -> list[str]:
    """Return the members of a comma separated list."""
    parts = value.split(",") if isinstance(value, str) else []
    return [p.strip() for p in parts if p.strip()]


def supports(value: Any, profile: str) -> bool:
    """Return whether the value of SupportedFeatureProfiles names a profile."""
    return any(same(member, profile) for member in members(value))


def only_profiles(path: str) -> Satisfies:
    """The value names feature profiles of OCPP 1.6 and nothing else."""
    return satisfies(
        path,
        f"names nothing but {', '.join(PROFILES)}",
        lambda a, r: all(any(same(m, p) for p in PROFILES) for m in members(a)),
        values=PROFILES,
    )


def has_member(path: str, member: str) -> Satisfies:
    """The comma separated list has this member."""
    return satisfies(path, f"contains {member}", lambda a, r: supports(a, member), values=(member,))


def lists_all(keys: list[str]) -> Satisfies:
    """The answer lists each of these keys."""

    def accepts(entries: Any, resolve: Any) -> bool:
        answer = {"configurationKey": entries}
        return all(place_of(answer, key) is not None for key in keys)

    return satisfies("configurationKey", "lists all keys that were asked for", accepts)


def names(answer: Any, most: int) -> list[str]:
    """Return the first keys that an answer to GetConfiguration lists."""
    entries = pick(answer, "configurationKey")
    found = [pick(e, "key") for e in entries] if isinstance(entries, list) else []
    return [key for key in found if isinstance(key, str)][:most]
