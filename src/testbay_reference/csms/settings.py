"""Settings of a station: read them, keep what is known of them, greet with them."""

from collections.abc import Sequence

from testbay_reference.csms.desk import Desk, Payload, told
from testbay_reference.csms.ledger import Ledger
from testbay_reference.csms.records import Setting, StationRecord
from testbay_reference.link import RpcError

PASSWORD = "AuthorizationKey"
PROFILE = "SecurityProfile"

# The required keys of OCPP 1.6, chapter 9.1: what one asks for who cannot ask for all.
STANDARD_KEYS = (
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
)


async def read_settings(desk: Desk, station: StationRecord, keys: Sequence[str]) -> Payload:
    """Read some settings, or all; in portions, where the station takes only so many keys."""
    found: list[Payload] = []
    unknown: list[str] = []
    for portion in _portions(desk.ledger, station, tuple(dict.fromkeys(keys))):
        asked: Payload = {"key": list(portion)} if portion else {}
        answer = await desk.send(station, "GetConfiguration", asked)
        if isinstance(answer, RpcError):
            return told(station, "GetConfiguration", answer)
        found += answer.get("configurationKey", [])
        unknown += answer.get("unknownKey", [])
    if not keys:
        station.settings = {}
    for one in found:
        station.keep_setting(one["key"], Setting(one.get("value"), one["readonly"]))
    desk.ledger.keep(station)
    result: Payload = {"configurationKey": found, "unknownKey": unknown}
    return told(station, "GetConfiguration", result)


def _portions(ledger: Ledger, station: StationRecord, keys: Sequence[str]) -> list[Sequence[str]]:
    if ledger.faulty("reads-one-key-at-a-time"):
        return [(key,) for key in keys or STANDARD_KEYS]
    size = station.number_setting("GetConfigurationMaxKeys") or len(keys) or 1
    return [keys[i : i + size] for i in range(0, len(keys), size)] or [()]


def setting_answered(
    ledger: Ledger, station: StationRecord, key: str, value: str, status: str
) -> None:
    """Keep what a station made of a new value; a new password replaces the old one."""
    if status not in ("Accepted", "RebootRequired"):
        return
    if key.casefold() == PASSWORD.casefold():
        # After Accepted the old one is worth nothing any more (OCPP-J 6.2.2); until a reboot
        # that has been announced, the station may use either.
        kept = status == "RebootRequired" or ledger.faulty("accepts-old-password")
        old = station.passwords if kept else ()
        if not ledger.faulty("keeps-old-password"):
            station.passwords = (*old, _as_hex(value))
        return
    if key.casefold() == PROFILE.casefold() and value in ("1", "2", "3"):
        station.next_profile = int(value)
    known = station.setting(key)
    station.keep_setting(key, Setting(value, known.readonly if known else False))


def _as_hex(value: str) -> str:
    try:
        return bytes.fromhex(value).hex()
    except ValueError:
        return value.encode().hex()  # some stations take the password itself


async def greet(desk: Desk, station: StationRecord) -> Payload:
    """Do what many CSMSs do after a boot: read all settings and set those that differ."""
    result = await read_settings(desk, station, ())
    for key, value in desk.ledger.options.greeting.items():
        known = station.setting(key)
        if known is not None and (known.readonly or known.value == value):
            continue
        answer = await desk.send(station, "ChangeConfiguration", {"key": key, "value": value})
        if isinstance(answer, RpcError):
            break
        setting_answered(desk.ledger, station, key, value, answer["status"])
        desk.ledger.keep(station)
    return result
