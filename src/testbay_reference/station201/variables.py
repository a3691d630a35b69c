"""The variables of this station, with their values from the factory (part 2, 2.1 to 2.13)."""

from testbay_reference.station201.device_model import Variable
from testbay_reference.station201.options import POINTS, StationOptions

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "SoC",
)


SHORTEST_PASSWORD = 16  # characters (A00.FR.205)
SIZE = 1000  # tokens in the local authorization list


def variables(options: StationOptions) -> list[Variable]:
    """Return the device model of a station as it leaves the factory."""
    return [
        *_station(options),
        *_communication(options),
        *_reports(),
        *_monitoring(),
        _flag("ReservationCtrlr", "Available", True, fixed=True),
        *_security(options),
        *_authorization(),
        *_transactions(options),
        *_meters(options),
        *_limits(),
        *(_iso_15118(options) if options.iso_15118 else ()),
    ]


def _flag(
    component: str, name: str, value: bool, *, fixed: bool = False, **more: object
) -> Variable:
    return Variable(
        component,
        name,
        "true" if value else "false",
        "ReadOnly" if fixed else "ReadWrite",
        "boolean",
        **more,  # type: ignore[arg-type]
    )


def _count(
    component: str, name: str, value: int, *, fixed: bool = False, **more: object
) -> Variable:
    return Variable(
        component,
        name,
        str(value),
        "ReadOnly" if fixed else "ReadWrite",
        "integer",
        least=0,
        **more,  # type: ignore[arg-type]
    )


def _members(component: str, name: str, value: str, values: tuple[str, ...]) -> Variable:
    return Variable(component, name, value, "ReadWrite", "MemberList", values=values)


def _station(options: StationOptions) -> list[Variable]:
    states = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")
    found = [
        _flag("ChargingStation", "Available", True, fixed=True),
        Variable(
            "ChargingStation",
            "AvailabilityState",
            "Available",
            kind="OptionList",
            values=states,
        ),
        Variable("ChargingStation", "VendorName", options.vendor),
        Variable("ChargingStation", "Model", options.model),
        _count("ChargingStation", "SupplyPhases", 3, fixed=True),
    ]
    for evse in range(1, options.evses + 1):
        found += [
            _flag("EVSE", "Available", True, fixed=True, evse=evse),
            Variable(
                "EVSE",
                "AvailabilityState",
                "Available",
                kind="OptionList",
                values=states,
                evse=evse,
            ),
            _flag("EVSE", "AllowReset", options.evse_reset, fixed=True, evse=evse),
            Variable(
                "EVSE",
                "Power",
                None,
                kind="decimal",
                unit="W",
                most=options.power,
                evse=evse,
            ),
            _count("EVSE", "SupplyPhases", 3, fixed=True, evse=evse),
        ]
        for connector in range(1, options.connectors_per_evse + 1):
            place = {"evse": evse, "connector": connector}
            found += [
                _flag("Connector", "Available", True, fixed=True, **place),
                Variable(
                    "Connector",
                    "AvailabilityState",
                    "Available",
                    kind="OptionList",
                    values=states,
                    evse=evse,
                    connector=connector,
                ),
                Variable(
                    "Connector",
                    "ConnectorType",
                    "cType2" if options.cable == "fixed" else "sType2",
                    evse=evse,
                    connector=connector,
                ),
                Variable(
                    "Connector",
                    "SupplyPhases",
                    "3",
                    kind="integer",
                    evse=evse,
                    connector=connector,
                ),
            ]
    return found


def _communication(options: StationOptions) -> list[Variable]:
    comm = "OCPPCommCtrlr"
    event = "TransactionEvent"
    sources = ("Heartbeat", "RealTimeClock")
    return [
        _count(comm, "ActiveNetworkProfile", 1, fixed=True),
        _count(comm, "MessageTimeout", 30, fixed=True, instance="Default", unit="s"),
        Variable(
            comm,
            "FileTransferProtocols",
            ",".join(options.file_transfer),
            kind="MemberList",
            values=("FTP", "FTPS", "HTTP", "HTTPS", "SFTP"),
        ),
        _count(comm, "HeartbeatInterval", 300, unit="s"),
        Variable(
            comm,
            "NetworkConfigurationPriority",
            "1",
            "ReadWrite",
            "SequenceList",
            values=("1", "2", "3"),
            reboots=True,
        ),
        _count(comm, "NetworkProfileConnectionAttempts", 3),
        _count(comm, "OfflineThreshold", 300, unit="s"),
        _flag(comm, "QueueAllMessages", False),
        _count(comm, "MessageAttempts", 3, instance=event),
        _count(comm, "MessageAttemptInterval", 60, instance=event, unit="s"),
        _flag(comm, "UnlockOnEVSideDisconnect", True),
        _count(comm, "ResetRetries", 1),
        _count(comm, "RetryBackOffRepeatTimes", 3),
        _count(comm, "RetryBackOffRandomRange", 0, unit="s"),
        _count(comm, "RetryBackOffWaitMinimum", 5, unit="s"),
        _count(comm, "WebSocketPingInterval", 0, unit="s"),
        Variable("ClockCtrlr", "DateTime", None, kind="dateTime"),
        Variable("ClockCtrlr", "TimeOffset", "+01:00", "ReadWrite", most=6),
        Variable(
            "ClockCtrlr",
            "NextTimeOffsetTransitionDateTime",
            "2027-03-28T01:00:00Z",
            "ReadWrite",
            "dateTime",
        ),
        Variable(
            "ClockCtrlr",
            "TimeSource",
            "Heartbeat",
            "ReadWrite",
            "SequenceList",
            values=sources,
        ),
    ]


def _reports() -> list[Variable]:
    data, limits = "DeviceDataCtrlr", (("ItemsPerMessage", 20), ("BytesPerMessage", 32768))
    which = ("GetReport", "GetVariables", "SetVariables")
    return [
        _count(data, name, most, fixed=True, instance=w) for name, most in limits for w in which
    ]


def _monitoring() -> list[Variable]:
    monitoring, which = "MonitoringCtrlr", "SetVariableMonitoring"
    return [
        _flag(monitoring, "Available", True, fixed=True),
        _count(monitoring, "ItemsPerMessage", 20, fixed=True, instance=which),
        _count(monitoring, "BytesPerMessage", 32768, fixed=True, instance=which),
    ]


def _security(options: StationOptions) -> list[Variable]:
    security = "SecurityCtrlr"
    return [
        Variable(
            security,
            "BasicAuthPassword",
            options.password_text or None,
            "WriteOnly",
            least=SHORTEST_PASSWORD,
            most=40,
            reboots=options.password_change == "reboot",
        ),
        Variable(security, "Identity", options.identity, most=48),
        Variable(security, "OrganizationName", options.vendor, "ReadWrite", most=50),
        _count(security, "CertificateEntries", 0, fixed=True),
        _count(security, "SecurityProfile", options.security_profile, fixed=True),
        _flag(security, "AllowSecurityProfileDowngrade", False),
        _flag(
            security, "AdditionalRootCertificateCheck", options.additional_root_check, fixed=True
        ),
        _count(security, "CertSigningWaitMinimum", 30, unit="s"),
        _count(security, "CertSigningRepeatTimes", 2),
    ]


def _authorization() -> list[Variable]:
    auth = "AuthCtrlr"
    return [
        _flag(auth, "Enabled", True),
        _flag(auth, "AuthorizeRemoteStart", True),
        _flag(auth, "LocalAuthorizeOffline", True),
        _flag(auth, "LocalPreAuthorize", False),
        _flag(auth, "OfflineTxForUnknownIdEnabled", False),
        _flag(auth, "DisableRemoteAuthorization", False),
        Variable(auth, "MasterPassGroupId", "", "ReadWrite", most=36),
        _flag("AuthCacheCtrlr", "Available", True, fixed=True),
        _flag("AuthCacheCtrlr", "Enabled", True),
        _count("AuthCacheCtrlr", "LifeTime", 0, unit="s"),
        _flag("LocalAuthListCtrlr", "Available", True, fixed=True),
        _flag("LocalAuthListCtrlr", "Enabled", True),
        _count("LocalAuthListCtrlr", "Entries", 0, fixed=True, most=SIZE),
        _count("LocalAuthListCtrlr", "ItemsPerMessage", 100, fixed=True),
        _count("LocalAuthListCtrlr", "BytesPerMessage", 32768, fixed=True),
    ]


def _transactions(options: StationOptions) -> list[Variable]:
    tx = "TxCtrlr"
    lacking = {
        *(() if options.bay_sensor else ("ParkingBayOccupancy",)),
        *(() if options.signing_meter else ("DataSigned",)),
    }
    lacking_stop = {*lacking, "DataSigned"}
    starts = tuple(p for p in POINTS if p in options.tx_starts and p not in lacking)
    stops = tuple(p for p in POINTS if p in options.tx_stops and p not in lacking_stop)
    return [
        _count(tx, "EVConnectionTimeOut", 60, unit="s"),
        _flag(tx, "StopTxOnEVSideDisconnect", True),
        _flag(tx, "StopTxOnInvalidId", True),
        _flag(tx, "TxBeforeAcceptedEnabled", False),
        _count(tx, "MaxEnergyOnInvalidId", 0, unit="Wh"),
        _members(tx, "TxStartPoint", ",".join(options.tx_start), starts),
        _members(tx, "TxStopPoint", ",".join(options.tx_stop), stops),
    ]


def _meters(options: StationOptions) -> list[Variable]:
    energy = MEASURANDS[0]
    sampled, aligned = "SampledDataCtrlr", "AlignedDataCtrlr"
    signing = [_flag(sampled, "SignReadings", False)] if options.signing_meter else []
    return [
        *signing,
        _flag(sampled, "Enabled", True),
        _members(sampled, "TxStartedMeasurands", energy, MEASURANDS),
        _members(sampled, "TxUpdatedMeasurands", energy, MEASURANDS),
        _members(sampled, "TxEndedMeasurands", energy, MEASURANDS),
        _count(sampled, "TxUpdatedInterval", 0, unit="s"),
        _count(sampled, "TxEndedInterval", 0, unit="s"),
        _flag(aligned, "Enabled", True),
        _members(aligned, "Measurands", energy, MEASURANDS),
        _count(aligned, "Interval", 0, unit="s"),
        _members(aligned, "TxEndedMeasurands", "", MEASURANDS),
        _count(aligned, "TxEndedInterval", 0, unit="s"),
        _flag(aligned, "SendDuringIdle", False),
    ]


def _limits() -> list[Variable]:
    charging = "SmartChargingCtrlr"
    return [
        _flag(charging, "Available", False, fixed=True),
        Variable(
            charging,
            "LimitChangeSignificance",
            "1.0",
            "ReadWrite",
            "decimal",
            unit="Percent",
            least=0,
            most=100,
        ),
    ]


def _iso_15118(options: StationOptions) -> list[Variable]:
    vehicles = "ISO15118Ctrlr"
    places: dict[str, tuple[int | None, ...]] = {
        "evse": tuple(range(1, options.evses + 1)),
        "station": (None,),
        "none": (),
    }
    return [
        _flag(vehicles, "Enabled", True),
        _flag(vehicles, "ContractValidationOffline", False),
        _flag(vehicles, "PnCEnabled", False),
        _flag(vehicles, "V2GCertificateInstallationEnabled", True),
        Variable(vehicles, "CountryName", "DE", "ReadWrite", least=2, most=2),
        Variable(vehicles, "OrganizationName", options.vendor, "ReadWrite", most=50),
        *(
            Variable(
                vehicles,
                "SeccId",
                f"DE-TBY-S-{options.identity}-{evse or 0}",
                "ReadWrite",
                most=64,
                evse=evse,
            )
            for evse in places[options.secc]
        ),
    ]
