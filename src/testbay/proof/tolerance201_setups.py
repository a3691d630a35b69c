"""How else a system of OCPP 2.0.1 may be built and configured, and the tool for it."""

from __future__ import annotations

from testbay.proof.setups import Setup

_MANY = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"
_START, _STOP = "TxCtrlr.TxStartPoint", "TxCtrlr.TxStopPoint"
_SAMPLED, _ALIGNED = "SampledDataCtrlr", "AlignedDataCtrlr"
_NO_READER = {"local_authorization": False}
_REMOTE = {"authorize_by": "remote", "stop_by": "remote"}
_NO_LOCK = {"mechanical_lock": False, "retention_lock": False}
_BAY = {"bay_sensor": True}


def _begins(*points: str) -> Setup:
    label = f"begins with {' or '.join(points)}"
    bay = _BAY if "ParkingBayOccupancy" in points else {}
    options = {"tx_start": points, "read_only": (_START,), **bay}
    return Setup(label, options=options, features=bay)


def _ends(*points: str) -> Setup:
    label = f"ends with {' or '.join(points)}"
    bay = _BAY if "ParkingBayOccupancy" in points else {}
    options = {"tx_stop": points, "read_only": (_STOP,), **bay}
    return Setup(label, options=options, features=bay)


_POINTS = "Where transactions begin and end is for the maker to choose (2.12.3, 2.12.4)."
STATIONS: tuple[tuple[str, Setup], ...] = (
    (
        "Statuses may be told by NotifyEvent (G01.FR.01).",
        Setup("statuses by NotifyEvent", options={"reports": "NotifyEvent"}),
    ),
    (
        "A NotifyEvent may tell several events that happen together (1.38.1).",
        Setup(
            "several statuses in one NotifyEvent",
            {"connectors_per_evse": 2},
            {"connectors_per_evse": 2, "reports": "NotifyEvent", "groups_events": True},
        ),
    ),
    *(
        (_POINTS, setup)
        for setup in (
            _begins("EVConnected"),
            _begins("Authorized"),
            _begins("PowerPathClosed"),
            _begins("EnergyTransfer"),
            _begins("ParkingBayOccupancy"),
            _ends("EVConnected"),
            _ends("Authorized"),
            _ends("PowerPathClosed"),
            _ends("EnergyTransfer"),
            _ends("ParkingBayOccupancy"),
        )
    ),
    (
        "One event may tell that a session is ended and that energy stops.",
        Setup(
            "ends at once",
            options={
                "ends_at_once": True,
                "tx_stop": ("PowerPathClosed",),
                "read_only": (_STOP,),
            },
        ),
    ),
    ("Sessions may be begun and ended remotely.", Setup("remote", _REMOTE)),
    (
        "A station may have no reader: sessions are started remotely.",
        Setup("no reader", _REMOTE, {"local_start": False}, features=_NO_READER),
    ),
    (
        "A remote start need not be authorized (F01).",
        Setup(
            "remote starts are not authorized",
            _REMOTE,
            {
                "variables": {"AuthCtrlr.AuthorizeRemoteStart": "false"},
                "read_only": ("AuthCtrlr.AuthorizeRemoteStart",),
            },
        ),
    ),
    (
        "A station may have one EVSE.",
        Setup("one EVSE", {"evse_count": 1}, {"evses": 1}, features={"several_evses": False}),
    ),
    ("A station may have three EVSEs.", Setup("three EVSEs", {"evse_count": 3}, {"evses": 3})),
    (
        "An EVSE may have two connectors.",
        Setup("two connectors", {"connectors_per_evse": 2}, {"connectors_per_evse": 2}),
    ),
    (
        "Any connector may be tested.",
        Setup(
            "the second connector",
            {"connectors_per_evse": 2, "connector_id": 2},
            {"connectors_per_evse": 2},
        ),
    ),
    ("Any EVSE may be tested.", Setup("the second EVSE", {"evse_id": 2})),
    ("A start may take a minute.", Setup("a slow start", options={"boot_seconds": 60.0})),
    ("A start may take no time.", Setup("a quick start", options={"boot_seconds": 0.0})),
    ("A cable may be fixed.", Setup("fixed cable", product="fixed cable", features=_NO_LOCK)),
    ("A station may see the parking bay.", Setup("bay sensor", product="bay sensor")),
    ("A meter may sign.", Setup("signing meter", product="signing meter")),
    (
        "A socket may have no lock.",
        Setup("no lock", options={"cable_lock": False}, features=_NO_LOCK),
    ),
    ("A meter may be coarse.", Setup("a coarse meter", options={"meter_resolution": 1000.0})),
    ("Connectors may be told of a reset.", Setup("tells of resets", options={"tells_reset": True})),
    (
        "A rejected station may wait offline (B03).",
        Setup("waits offline", options={"waits_offline": True}),
    ),
    ("Keys may be of RSA.", Setup("keys of RSA", options={"csr_key": "rsa"})),
    (
        "A password may be used after a restart only.",
        Setup("passwords after a restart", options={"password_change": "reboot"}),
    ),
    (
        "An authorization cache is optional (C10).",
        Setup(
            "no cache",
            options={
                "lacks": (
                    *("AuthCacheCtrlr.Available", "AuthCacheCtrlr.Enabled"),
                    *("AuthCacheCtrlr.LifeTime",),
                )
            },
        ),
    ),
    (
        "Few variables may fit into a message.",
        Setup(
            "one variable at once",
            options={
                "variables": {
                    "DeviceDataCtrlr.ItemsPerMessage[GetReport]": "1",
                }
            },
        ),
    ),
    (
        "Variables may differ at first; the cases set those that they need.",
        Setup(
            "other variables at first",
            options={
                "variables": {
                    "AuthCtrlr.LocalPreAuthorize": "true",
                    "AuthCtrlr.AuthorizeRemoteStart": "false",
                    "TxCtrlr.EVConnectionTimeOut": "300",
                    "TxCtrlr.StopTxOnEVSideDisconnect": "false",
                    "TxCtrlr.StopTxOnInvalidId": "false",
                    "OCPPCommCtrlr.HeartbeatInterval": "3600",
                    "OCPPCommCtrlr.OfflineThreshold": "5",
                    "OCPPCommCtrlr.UnlockOnEVSideDisconnect": "false",
                    f"{_SAMPLED}.TxEndedMeasurands": _MANY,
                    f"{_ALIGNED}.TxEndedMeasurands": "Energy.Active.Import.Register",
                }
            },
        ),
    ),
    (
        "A station may measure much.",
        Setup(
            "many measurands",
            options={
                "variables": {
                    f"{_SAMPLED}.TxStartedMeasurands": _MANY,
                    f"{_SAMPLED}.TxUpdatedMeasurands": _MANY,
                    f"{_SAMPLED}.TxEndedMeasurands": _MANY,
                    f"{_ALIGNED}.Measurands": _MANY,
                }
            },
        ),
    ),
    (
        "A station may measure nothing (2.11).",
        Setup(
            "no measurands",
            options={
                "variables": {
                    f"{_SAMPLED}.TxStartedMeasurands": "",
                    f"{_SAMPLED}.TxUpdatedMeasurands": "",
                    f"{_SAMPLED}.TxEndedMeasurands": "",
                }
            },
        ),
    ),
    (
        "A station may send clock-aligned values all the time.",
        Setup(
            "clock-aligned values",
            options={
                "variables": {f"{_ALIGNED}.Interval": "7", f"{_ALIGNED}.SendDuringIdle": "true"}
            },
        ),
    ),
    (
        "A station may sample often.",
        Setup("frequent samples", options={"variables": {f"{_SAMPLED}.TxUpdatedInterval": "2"}}),
    ),
    (
        "A station may ping.",
        Setup(
            "pings by itself",
            options={"variables": {"OCPPCommCtrlr.WebSocketPingInterval": "5"}},
        ),
    ),
)

CSMSS: tuple[tuple[str, Setup], ...] = (
    (
        "A CSMS may read and change variables after a boot.",
        Setup("greets", options={"greets": True}),
    ),
    ("A CSMS may speak TLS.", Setup("on TLS", product="security profile 2")),
    (
        "A CSMS may ask for certificates in the handshake.",
        Setup(
            "certificates in the handshake",
            options={"client_certificates": "required"},
            product="security profile 3",
        ),
    ),
    (
        "A CSMS may look at certificates at the upgrade only.",
        Setup(
            "certificates at the upgrade",
            options={"client_certificates": "optional"},
            product="security profile 3",
        ),
    ),
    ("A CSMS may want heartbeats often.", Setup("short interval", options={"interval": 5})),
    (
        "A CSMS may hold a station back by rejecting its boot.",
        Setup("rejects at first", options={"holds_back": "rejected"}),
    ),
    ("The station may have one EVSE.", Setup("one EVSE", {"evse_count": 1})),
    ("Any EVSE may be used.", Setup("the third EVSE", {"evse_count": 3, "evse_id": 3})),
    (
        "Any connector may be used.",
        Setup("the second connector", {"connectors_per_evse": 2, "connector_id": 2}),
    ),
    (
        "The station may tell statuses by NotifyEvent.",
        Setup("statuses by NotifyEvent", {"status_by": "NotifyEvent"}),
    ),
    (
        "Tokens may be of any type.",
        Setup(
            "tokens of other types",
            {
                "valid_idtoken_idtoken": "NL-TNM-C00122045-K",
                "valid_idtoken_type": "eMAID",
                "valid_idtoken2_idtoken": "1",
                "valid_idtoken2_type": "KeyCode",
            },
        ),
    ),
)
