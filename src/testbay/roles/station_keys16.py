"""The configuration keys of the simulated station of OCPP 1.6, with the values they may have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from testbay.roles.station_security16 import LONGEST_CHAIN, MOST_CERTIFICATES

MOST_KEYS = 50  # in one GetConfiguration
LIST_LENGTH = 100  # tokens in the local list, and in one SendLocalList
MOST_STACK_LEVEL = 8
MOST_PERIODS = 24  # in one charging schedule
MOST_PROFILES = 8  # installed at a time
MEASURED = ("Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage")
ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")
PROFILES = (
    *("Core", "FirmwareManagement", "LocalAuthListManagement"),
    *("Reservation", "SmartCharging", "RemoteTrigger"),
)

SECRETS = ("AuthorizationKey",)
"""Keys that can be written and not be read."""

Accepts = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Key:
    """A configuration key: its value at first, and which values may be written.

    Args:
        accepts: judges a new value; None: the key is read-only.
    """

    value: str
    accepts: Accepts | None = None


def _whole(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _truth(value: str) -> bool:
    return value.lower() in ("true", "false")


def members(value: str) -> list[str]:
    """Return the members of a comma separated list."""
    return [part.strip() for part in value.split(",")] if value.strip() else []


def _text(value: str) -> bool:
    return True


def _never(value: str) -> bool:
    """Refuse: only a case takes a new password or security profile, and it chooses the answer."""
    return False


def _measurands(value: str) -> bool:
    """Whether all of them are measured here, each of them perhaps of one phase (9.1.17)."""
    return all(any(f"{m}.".startswith(f"{own}.") for own in MEASURED) for m in members(value))


def _rotations(value: str) -> bool:
    parts = (m.partition(".") for m in members(value))
    return all(_whole(number) and name in ROTATIONS for number, _, name in parts)


def keys_of(config: Mapping[str, Any]) -> dict[str, Key]:
    """Return the configuration keys of the station, with the accessibility of chapter 9."""
    connectors = int(config["number_of_connectors"])
    return {
        "AuthorizationCacheEnabled": Key("true", _truth),
        "AuthorizeRemoteTxRequests": Key("true", _truth),
        "ClockAlignedDataInterval": Key("0", _whole),
        "ConnectionTimeOut": Key(str(config["connection_timeout"]), _whole),
        "ConnectorPhaseRotation": Key(
            ",".join(f"{n}.RST" for n in range(connectors + 1)), _rotations
        ),
        "GetConfigurationMaxKeys": Key(str(MOST_KEYS)),
        "HeartbeatInterval": Key(str(config["heartbeat_interval"]), _whole),
        "LocalAuthorizeOffline": Key("true", _truth),
        "LocalPreAuthorize": Key("false", _truth),
        "MeterValuesAlignedData": Key("", _measurands),
        "MeterValuesSampledData": Key(MEASURED[0], _measurands),
        "MeterValueSampleInterval": Key(str(config["meter_value_interval"]), _whole),
        "NumberOfConnectors": Key(str(connectors)),
        "ResetRetries": Key("3", _whole),
        "StopTransactionOnEVSideDisconnect": Key("true", _truth),
        "StopTransactionOnInvalidId": Key("true", _truth),
        "StopTxnAlignedData": Key("", _measurands),
        "StopTxnSampledData": Key("", _measurands),
        "SupportedFeatureProfiles": Key(",".join(PROFILES)),
        "TransactionMessageAttempts": Key("3", _whole),
        "TransactionMessageRetryInterval": Key("60", _whole),
        "UnlockConnectorOnEVSideDisconnect": Key("true", _truth),
        "LocalAuthListEnabled": Key("true", _truth),
        "LocalAuthListMaxLength": Key(str(LIST_LENGTH)),
        "SendLocalListMaxLength": Key(str(LIST_LENGTH)),
        "ReserveConnectorZeroSupported": Key("true"),
        "ChargeProfileMaxStackLevel": Key(str(MOST_STACK_LEVEL)),
        "ChargingScheduleAllowedChargingRateUnit": Key("Current,Power"),
        "ChargingScheduleMaxPeriods": Key(str(MOST_PERIODS)),
        "MaxChargingProfilesInstalled": Key(str(MOST_PROFILES)),
        **_security_keys_of(config),
    }


def _security_keys_of(config: Mapping[str, Any]) -> dict[str, Key]:
    """Return the keys of the security extension (whitepaper 7)."""
    return {
        "AdditionalRootCertificateCheck": Key("false"),
        "AuthorizationKey": Key("", _never),
        "CertificateSignedMaxChainSize": Key(str(LONGEST_CHAIN)),
        "CertificateStoreMaxLength": Key(str(MOST_CERTIFICATES)),
        "CpoName": Key(str(config["vendor_name"]), _text),
        "SecurityProfile": Key(str(config.get("security_profile", 0)), _never),
    }
