"""OCPP versions as data: actions with their direction, schema files, ids and error codes.

Another version is another table here; no code asks which version it is dealing with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Local = Literal["station", "csms"]


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """Hold what differs between versions of OCPP-J.

    Args:
        name: what people call it ("1.6").
        subprotocol: the WebSocket subprotocol ("ocpp1.6").
        station_sends: actions a station may call.
        csms_sends: actions a CSMS may call.
        error_codes: codes of a CALLERROR, in the spelling of the document.
        error_aliases: other spellings a peer may use, with the official one.
        codes: constraint of a JSON schema (or kind of framing error) -> code of the CALLERROR.
        schemas: folder of the schema files inside the schema distribution.
        request_file: file name of a request's schema, with {action}.
        response_file: file name of a response's schema, with {action}.
        max_id_length: characters of a message id.
        max_description_length: characters of an errorDescription, None without a limit.
        null_payload: whether ``null`` may stand for an empty payload.
        unreadable_id: message id of the answer to a frame without a readable id, None: no answer.
        hex_passwords: whether hexadecimal digits stand for the bytes of a password.
    """

    name: str
    subprotocol: str
    station_sends: frozenset[str]
    csms_sends: frozenset[str]
    error_codes: tuple[str, ...]
    error_aliases: Mapping[str, str]
    codes: Mapping[str, str]
    schemas: str
    request_file: str
    response_file: str
    max_id_length: int
    max_description_length: int | None
    null_payload: bool
    unreadable_id: str | None
    hex_passwords: bool = False

    @property
    def actions(self) -> tuple[str, ...]:
        """Return all actions, sorted."""
        return tuple(sorted(self.station_sends | self.csms_sends))

    def sends(self, side: Local) -> frozenset[str]:
        """Return the actions that a side may call."""
        return self.station_sends if side == "station" else self.csms_sends

    def error_code(self, spelling: str) -> str | None:
        """Return the official spelling of an error code, or None if there is no such code."""
        if spelling in self.error_codes:
            return spelling
        return self.error_aliases.get(spelling)

    def code(self, constraint: str) -> str:
        """Return the error code for a constraint that a message breaks."""
        return self.codes.get(constraint) or self.codes["other"]


_PROPERTY = (
    *("enum", "const", "maxLength", "minLength", "minimum", "maximum", "format", "pattern"),
    *("exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems"),
)
_OCCURRENCE = ("required", "minItems", "maxItems", "minProperties", "maxProperties")

# OCPP-J 1.6 spells it with one r (4.2.3; errata 5.1 keeps the slip) and writes FormationViolation
# where later versions say FormatViolation (errata 5.2); a peer may use either.
OCPP16 = Version(
    name="1.6",
    subprotocol="ocpp1.6",
    station_sends=frozenset(
        {
            "Authorize",
            "BootNotification",
            "DataTransfer",
            "DiagnosticsStatusNotification",
            "FirmwareStatusNotification",
            "Heartbeat",
            "LogStatusNotification",
            "MeterValues",
            "SecurityEventNotification",
            "SignCertificate",
            "SignedFirmwareStatusNotification",
            "StartTransaction",
            "StatusNotification",
            "StopTransaction",
        }
    ),
    csms_sends=frozenset(
        {
            "CancelReservation",
            "CertificateSigned",
            "ChangeAvailability",
            "ChangeConfiguration",
            "ClearCache",
            "ClearChargingProfile",
            "DataTransfer",
            "DeleteCertificate",
            "ExtendedTriggerMessage",
            "GetCompositeSchedule",
            "GetConfiguration",
            "GetDiagnostics",
            "GetInstalledCertificateIds",
            "GetLocalListVersion",
            "GetLog",
            "InstallCertificate",
            "RemoteStartTransaction",
            "RemoteStopTransaction",
            "ReserveNow",
            "Reset",
            "SendLocalList",
            "SetChargingProfile",
            "SignedUpdateFirmware",
            "TriggerMessage",
            "UnlockConnector",
            "UpdateFirmware",
        }
    ),
    error_codes=(
        "NotImplemented",
        "NotSupported",
        "InternalError",
        "ProtocolError",
        "SecurityError",
        "FormationViolation",
        "PropertyConstraintViolation",
        "OccurenceConstraintViolation",
        "TypeConstraintViolation",
        "GenericError",
    ),
    error_aliases=MappingProxyType(
        {
            "FormatViolation": "FormationViolation",
            "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
        }
    ),
    codes=MappingProxyType(
        {
            "json": "FormationViolation",
            "frame": "FormationViolation",
            "message type": "FormationViolation",
            "message id": "GenericError",
            "additionalProperties": "FormationViolation",
            "type": "TypeConstraintViolation",
            "unknown action": "NotImplemented",
            "wrong direction": "NotSupported",
            "other": "GenericError",
            **dict.fromkeys(_OCCURRENCE, "OccurenceConstraintViolation"),
            **dict.fromkeys(_PROPERTY, "PropertyConstraintViolation"),
        }
    ),
    schemas="v16/schemas",
    request_file="{action}.json",
    response_file="{action}Response.json",
    max_id_length=36,
    max_description_length=None,
    null_payload=True,
    unreadable_id=None,
    hex_passwords=True,
)

OCPP201 = Version(
    name="2.0.1",
    subprotocol="ocpp2.0.1",
    station_sends=frozenset(
        {
            "Authorize",
            "BootNotification",
            "ClearedChargingLimit",
            "DataTransfer",
            "FirmwareStatusNotification",
            "Get15118EVCertificate",
            "GetCertificateStatus",
            "Heartbeat",
            "LogStatusNotification",
            "MeterValues",
            "NotifyChargingLimit",
            "NotifyCustomerInformation",
            "NotifyDisplayMessages",
            "NotifyEVChargingNeeds",
            "NotifyEVChargingSchedule",
            "NotifyEvent",
            "NotifyMonitoringReport",
            "NotifyReport",
            "PublishFirmwareStatusNotification",
            "ReportChargingProfiles",
            "ReservationStatusUpdate",
            "SecurityEventNotification",
            "SignCertificate",
            "StatusNotification",
            "TransactionEvent",
        }
    ),
    csms_sends=frozenset(
        {
            "CancelReservation",
            "CertificateSigned",
            "ChangeAvailability",
            "ClearCache",
            "ClearChargingProfile",
            "ClearDisplayMessage",
            "ClearVariableMonitoring",
            "CostUpdated",
            "CustomerInformation",
            "DataTransfer",
            "DeleteCertificate",
            "GetBaseReport",
            "GetChargingProfiles",
            "GetCompositeSchedule",
            "GetDisplayMessages",
            "GetInstalledCertificateIds",
            "GetLocalListVersion",
            "GetLog",
            "GetMonitoringReport",
            "GetReport",
            "GetTransactionStatus",
            "GetVariables",
            "InstallCertificate",
            "PublishFirmware",
            "RequestStartTransaction",
            "RequestStopTransaction",
            "ReserveNow",
            "Reset",
            "SendLocalList",
            "SetChargingProfile",
            "SetDisplayMessage",
            "SetMonitoringBase",
            "SetMonitoringLevel",
            "SetNetworkProfile",
            "SetVariableMonitoring",
            "SetVariables",
            "TriggerMessage",
            "UnlockConnector",
            "UnpublishFirmware",
            "UpdateFirmware",
        }
    ),
    error_codes=(
        "FormatViolation",
        "GenericError",
        "InternalError",
        "MessageTypeNotSupported",
        "NotImplemented",
        "NotSupported",
        "OccurrenceConstraintViolation",
        "PropertyConstraintViolation",
        "ProtocolError",
        "RpcFrameworkError",
        "SecurityError",
        "TypeConstraintViolation",
    ),
    error_aliases=MappingProxyType({}),
    codes=MappingProxyType(
        {
            "json": "RpcFrameworkError",
            "frame": "RpcFrameworkError",
            "message type": "MessageTypeNotSupported",
            "message id": "RpcFrameworkError",
            "additionalProperties": "FormatViolation",
            "type": "TypeConstraintViolation",
            "unknown action": "NotImplemented",
            "wrong direction": "NotSupported",
            "other": "GenericError",
            **dict.fromkeys(_OCCURRENCE, "OccurrenceConstraintViolation"),
            **dict.fromkeys(_PROPERTY, "PropertyConstraintViolation"),
        }
    ),
    schemas="v201/schemas",
    request_file="{action}Request.json",
    response_file="{action}Response.json",
    max_id_length=36,
    max_description_length=255,
    null_payload=True,
    unreadable_id="-1",
)

VERSIONS = (OCPP16, OCPP201)


def by_name(name: str) -> Version:
    """Return a version by its name ("1.6").

    Raises:
        KeyError: no such version; the message lists those there are.
    """
    for version in VERSIONS:
        if version.name == name:
            return version
    known = ", ".join(version.name for version in VERSIONS)
    raise KeyError(f"OCPP {name} is not known here; known: {known}")


def by_subprotocol(subprotocol: str) -> Version | None:
    """Return the version of a WebSocket subprotocol ("ocpp1.6"), or None."""
    for version in VERSIONS:
        if version.subprotocol == subprotocol:
            return version
    return None
