"""The configuration keys of the station: name, access, what a value must look like (section 9)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from testbay_reference.station.measurands import ENERGY, MEASURANDS, split
from testbay_reference.station.options import StationOptions

Check = Callable[[str], str]  # returns the value in its ordinary spelling, raises ValueError

MAX_KEYS = 50
MAX_ITEMS = len(MEASURANDS) + 8
MAX_STOP_VALUES = 500
MAX_STACK_LEVEL = 9
MAX_PERIODS = 24  # of one charging schedule
MAX_PROFILES = 20
LIST_LENGTH = 100  # entries of the local authorization list
SENT_LENGTH = 20  # of one update of it
_ROTATIONS = "NotApplicable|Unknown|RST|RTS|SRT|STR|TRS|TSR"


@dataclass(frozen=True, slots=True)
class Key:
    """Describe one key.

    Args:
        check: judges a value.
        default: value from the factory.
        writable: whether the CSMS may change it.
        reboot: whether a change takes effect with the next boot only.
        either: whether OCPP leaves it to the station to make it read-only.
        optional: whether a station may lack it, which then counts as false or 0.
        secret: whether its value is never told to anybody.
    """

    name: str
    check: Check
    default: str
    writable: bool = True
    reboot: bool = False
    either: bool = False
    optional: bool = False
    secret: bool = False


def boolean(value: str) -> str:
    """Accept true and false, in any case."""
    if value.lower() not in ("true", "false"):
        raise ValueError("it must be true or false")
    return value.lower()


def integer(least: int = 0) -> Check:
    """Accept whole numbers from a least one."""

    def check(value: str) -> str:
        if re.fullmatch(r"\d{1,9}", value) is None or int(value) < least:
            raise ValueError(f"it must be a whole number of {least} or more")
        return str(int(value))

    return check


def measurands(value: str) -> str:
    """Accept a list of measurands that this station has; it may be empty."""
    items = listed(value)
    for item in items:
        split(item)
    if len(items) > MAX_ITEMS:
        raise ValueError(f"it must have {MAX_ITEMS} items at most")
    return ",".join(items)


def listed(value: str) -> tuple[str, ...]:
    """Return the items of a comma separated list."""
    return tuple(item.strip() for item in value.split(",") if item.strip())


def rotation(connectors: int) -> Check:
    """Accept the phase rotation of each connector, such as `0.RST,1.RST` (9.1.7)."""

    def check(value: str) -> str:
        items = listed(value)
        for item in items:
            match = re.fullmatch(rf"(\d+)\.({_ROTATIONS})", item)
            if match is None or int(match[1]) > connectors:
                raise ValueError(f"{item} does not tell the phase rotation of a connector")
        return ",".join(items)

    return check


def quantities(value: str) -> str:
    """Accept a list of Current and Power, at least one of them (9.4.2)."""
    items = listed(value)
    if not items or any(item not in ("Current", "Power") for item in items):
        raise ValueError("it must be Current, Power or both")
    return ",".join(items)


def text(value: str) -> str:
    """Accept everything."""
    return value


def core_keys(options: StationOptions) -> tuple[Key, ...]:
    """Return the keys of the core profile for a station that is built like this (9.1)."""
    number = options.connectors
    rotations = ",".join(f"{connector}.RST" for connector in range(1, number + 1))
    unlocks = options.has_lock  # errata 3.84: with a fixed cable always false and read-only
    keys = (
        Key("AllowOfflineTxForUnknownId", boolean, "false", optional=True),
        Key("AuthorizationCacheEnabled", boolean, "true"),
        Key("AuthorizeRemoteTxRequests", boolean, "true", either=True),
        Key("ClockAlignedDataInterval", integer(), "0"),
        Key("ConnectionTimeOut", integer(), "60"),
        Key("ConnectorPhaseRotation", rotation(number), rotations),
        Key("ConnectorPhaseRotationMaxLength", integer(), str(number + 1), False),
        Key("GetConfigurationMaxKeys", integer(1), str(MAX_KEYS), False),
        Key("HeartbeatInterval", integer(), "300"),
        Key("LocalAuthorizeOffline", boolean, "true"),
        Key("LocalPreAuthorize", boolean, "false"),
        Key("MaxEnergyOnInvalidId", integer(), "0", optional=True),
        Key("MessageTimeout", integer(1), "30"),  # errata 3.83
        Key("MeterValuesAlignedData", measurands, f"{ENERGY},Power.Active.Import"),
        Key("MeterValuesAlignedDataMaxLength", integer(), str(MAX_ITEMS), False),
        Key("MeterValuesSampledData", measurands, f"{ENERGY},Power.Active.Import"),
        Key("MeterValuesSampledDataMaxLength", integer(), str(MAX_ITEMS), False),
        Key("MeterValueSampleInterval", integer(), "60"),
        Key("MinimumStatusDuration", integer(), "0", optional=True),
        Key("NumberOfConnectors", integer(1), str(number), False),
        Key("ResetRetries", integer(), "0"),
        Key("StopTransactionMaxMeterValues", integer(2), str(MAX_STOP_VALUES), False),
        Key("StopTransactionOnEVSideDisconnect", boolean, "true", either=True),
        Key("StopTransactionOnInvalidId", boolean, "true"),
        Key("StopTxnAlignedData", measurands, ""),
        Key("StopTxnAlignedDataMaxLength", integer(), str(MAX_ITEMS), False),
        Key("StopTxnSampledData", measurands, ENERGY),
        Key("StopTxnSampledDataMaxLength", integer(), str(MAX_ITEMS), False),
        Key("SupportedFeatureProfiles", text, ",".join(options.profiles), False),
        Key("TransactionMessageAttempts", integer(1), "3"),
        Key("TransactionMessageRetryInterval", integer(), "60"),
        Key(
            "UnlockConnectorOnEVSideDisconnect",
            boolean,
            "true" if unlocks else "false",
            unlocks,
            either=True,
        ),
        Key("WebSocketPingInterval", integer(), "0", reboot=True),
    )
    absent = () if options.authorization_cache else ("AuthorizationCacheEnabled",)
    return tuple(key for key in keys if key.name not in absent)


def profile_keys(options: StationOptions) -> tuple[Key, ...]:
    """Return the keys of the other profiles that the station supports (9.2 and following)."""
    protocols = ",".join(options.file_transfer)
    keys: dict[str, tuple[Key, ...]] = {
        "FirmwareManagement": (
            Key("SupportedFileTransferProtocols", text, protocols, False, optional=True),
        ),
        "LocalAuthListManagement": (
            Key("LocalAuthListEnabled", boolean, "true"),
            Key("LocalAuthListMaxLength", integer(1), str(LIST_LENGTH), False),
            Key("SendLocalListMaxLength", integer(1), str(SENT_LENGTH), False),
        ),
        "Reservation": (
            Key("ReserveConnectorZeroSupported", boolean, "true", False, optional=True),
        ),
        "SmartCharging": (
            Key("ChargeProfileMaxStackLevel", integer(), str(MAX_STACK_LEVEL), False),
            Key("ChargingScheduleAllowedChargingRateUnit", quantities, "Current,Power", False),
            Key("ChargingScheduleMaxPeriods", integer(1), str(MAX_PERIODS), False),
            Key("ConnectorSwitch3to1PhaseSupported", boolean, "true", False),
            Key("MaxChargingProfilesInstalled", integer(1), str(MAX_PROFILES), False),
        ),
    }
    return tuple(key for profile in options.profiles for key in keys.get(profile, ()))


def built(
    keys: Sequence[Key],
    values: Mapping[str, str],
    read_only: Sequence[str],
    lacks: Sequence[str] = (),
) -> dict[str, Key]:
    """Return the keys by lower-case name, with the values and access of one station.

    Raises:
        ValueError: a key is not known, a value not possible, or access not for the station to say.
    """
    found = {key.name.lower(): key for key in keys}
    for name, value in values.items():
        key = _known(found, name)
        try:
            default = key.check(value)
        except ValueError as error:
            raise ValueError(f"configuration key {key.name}: {error}") from None
        found[name.lower()] = _changed(key, default, key.writable)
    for name in read_only:
        key = _known(found, name)
        if not key.either and key.writable:
            raise ValueError(f"configuration key {key.name}: OCPP requires that it can be written")
        found[name.lower()] = _changed(key, key.default, False)
    for name in lacks:
        key = _known(found, name)
        if not key.optional:
            raise ValueError(f"configuration key {key.name}: this station cannot be without it")
        del found[name.lower()]
    return found


def _known(found: Mapping[str, Key], name: str) -> Key:
    key = found.get(name.lower())
    if key is None:
        raise ValueError(f"there is no configuration key {name!r} in this station")
    return key


def _changed(key: Key, default: str, writable: bool) -> Key:
    return replace(key, default=default, writable=writable)
