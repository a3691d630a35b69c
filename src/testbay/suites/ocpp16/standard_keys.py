"""The standard configuration keys of OCPP 1.6: chapter 9, its errata, and the security whitepaper.

Accessibility is that of the test case document (TC_019) where it names a key: it is newer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["boolean", "integer", "list", "text"]

PROFILES = (
    "Core",
    "FirmwareManagement",
    "LocalAuthListManagement",
    "Reservation",
    "SmartCharging",
    "RemoteTrigger",
)
SECURITY = "Security"
"""In the place of a feature profile: the security whitepaper, which has none."""


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard key.

    Args:
        profile: feature profile that it belongs to.
        access: ``R``, ``RW``, ``R or RW``, ``W``.
        required: of every station with the profile.
        kind: of its value.
        members: what a list may have in it; empty: anything.
    """

    name: str
    profile: str
    access: str
    required: bool
    kind: Kind
    members: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What its value is, in words."""
        match self.kind:
            case "boolean":
                return "true or false"
            case "integer":
                return "a whole number"
            case "list":
                return f"a list of {', '.join(self.members)}" if self.members else "a list"
        return "a text"

    def wrong(self, value: str) -> str:
        """Return what was expected instead of a value that cannot be, or nothing."""
        match self.kind:
            case "boolean":
                fits = value.strip().casefold() in ("true", "false")
            case "integer":
                fits = _whole(value)
            case "list":
                fits = not self.members or _among(value, self.members)
            case _:
                fits = True
        return "" if fits else self.expected


def _whole(value: str) -> bool:
    return re.fullmatch(r"\s*-?[0-9]+\s*", value) is not None


def members(value: str) -> list[str]:
    """Return the members of a comma separated list."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _among(value: str, allowed: tuple[str, ...]) -> bool:
    known = [one.casefold() for one in allowed]
    return all(part.casefold() in known for part in members(value))


def _keys(
    profile: str, *rows: tuple[str, str, str, Kind] | tuple[str, str, str, Kind, tuple[str, ...]]
) -> Iterator[Standard]:
    for row in rows:
        name, access, required, kind = row[:4]
        allowed = row[4] if len(row) > 4 else ()
        yield Standard(name, profile, access, required == "!", kind, allowed)


STANDARD: tuple[Standard, ...] = (
    *_keys(
        "Core",
        ("AllowOfflineTxForUnknownId", "RW", "", "boolean"),
        ("AuthorizationCacheEnabled", "RW", "", "boolean"),
        ("AuthorizeRemoteTxRequests", "R or RW", "!", "boolean"),
        ("BlinkRepeat", "RW", "", "integer"),
        ("ClockAlignedDataInterval", "RW", "!", "integer"),
        ("ConnectionTimeOut", "RW", "!", "integer"),
        ("ConnectorPhaseRotation", "RW", "!", "list"),
        ("ConnectorPhaseRotationMaxLength", "R", "", "integer"),
        ("GetConfigurationMaxKeys", "R", "!", "integer"),
        ("HeartbeatInterval", "RW", "!", "integer"),
        ("LightIntensity", "RW", "", "integer"),
        ("LocalAuthorizeOffline", "RW", "!", "boolean"),
        ("LocalPreAuthorize", "RW", "!", "boolean"),
        ("MaxEnergyOnInvalidId", "RW", "", "integer"),
        ("MessageTimeout", "RW", "", "integer"),
        ("MeterValuesAlignedData", "RW", "!", "list"),
        ("MeterValuesAlignedDataMaxLength", "R", "", "integer"),
        ("MeterValuesSampledData", "RW", "!", "list"),
        ("MeterValuesSampledDataMaxLength", "R", "", "integer"),
        ("MeterValueSampleInterval", "RW", "!", "integer"),
        ("MinimumStatusDuration", "RW", "", "integer"),
        ("NumberOfConnectors", "R", "!", "integer"),
        ("ResetRetries", "RW", "!", "integer"),
        ("StopTransactionMaxMeterValues", "R", "", "integer"),
        ("StopTransactionOnEVSideDisconnect", "R or RW", "", "boolean"),
        ("StopTransactionOnInvalidId", "RW", "!", "boolean"),
        ("StopTxnAlignedData", "RW", "!", "list"),
        ("StopTxnAlignedDataMaxLength", "R", "", "integer"),
        ("StopTxnSampledData", "RW", "!", "list"),
        ("StopTxnSampledDataMaxLength", "R", "", "integer"),
        ("SupportedFeatureProfiles", "R", "!", "list", PROFILES),
        ("SupportedFeatureProfilesMaxLength", "R", "", "integer"),
        ("TransactionMessageAttempts", "RW", "!", "integer"),
        ("TransactionMessageRetryInterval", "RW", "!", "integer"),
        ("UnlockConnectorOnEVSideDisconnect", "R or RW", "!", "boolean"),
        ("WebSocketPingInterval", "RW", "", "integer"),
    ),
    *_keys(
        "LocalAuthListManagement",
        ("LocalAuthListEnabled", "RW", "!", "boolean"),
        ("LocalAuthListMaxLength", "R", "!", "integer"),
        ("SendLocalListMaxLength", "R", "!", "integer"),
    ),
    *_keys("Reservation", ("ReserveConnectorZeroSupported", "R", "", "boolean")),
    *_keys(
        "SmartCharging",
        ("ChargeProfileMaxStackLevel", "R", "!", "integer"),
        ("ChargingScheduleAllowedChargingRateUnit", "R", "!", "list", ("Current", "Power")),
        ("ChargingScheduleMaxPeriods", "R", "!", "integer"),
        ("ConnectorSwitch3to1PhaseSupported", "R", "", "boolean"),
        ("MaxChargingProfilesInstalled", "R", "!", "integer"),
    ),
    *_keys(
        "FirmwareManagement",
        ("SupportedFileTransferProtocols", "R", "", "list", ("FTP", "FTPS", "HTTP", "HTTPS")),
    ),
    *_keys(
        SECURITY,
        ("AdditionalRootCertificateCheck", "R", "", "boolean"),
        ("AuthorizationKey", "W or RW", "", "text"),
        ("CertificateSignedMaxChainSize", "R", "", "integer"),
        ("CertificateStoreMaxLength", "R", "", "integer"),
        ("CpoName", "RW", "", "text"),
        ("SecurityProfile", "RW", "", "integer"),
    ),
)
"""In the order of the documents."""

BY_NAME = {key.name.casefold(): key for key in STANDARD}


def required(profile: str) -> tuple[Standard, ...]:
    """Return the keys that every station with a profile must have."""
    return tuple(key for key in STANDARD if key.required and key.profile == profile)
