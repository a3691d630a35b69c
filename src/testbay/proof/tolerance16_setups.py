"""How else a conforming system may be built and configured, and the tool for it."""

from __future__ import annotations

from testbay.proof.setups import Setup

_MANY = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"
_NO_READER = {"local_start": False, "local_stop": False, "reader": False}
_ASKS, _STOPS = "AuthorizeRemoteTxRequests", "StopTransactionOnEVSideDisconnect"
_UNLOCKS = "UnlockConnectorOnEVSideDisconnect"

STATIONS: tuple[tuple[str, Setup], ...] = (
    ("Messages may be compressed (RFC 7692).", Setup("deflates", options={"deflate": True})),
    (
        "Without a back-up source the end of a transaction is told after the power is back.",
        Setup(
            "stopped after a loss of power",
            options={"power_loss": "after"},
            features={"stops_before_power_loss": False, "stops_after_power_loss": True},
        ),
    ),
    (
        "At a hard reset the end of a transaction may be told after the boot.",
        Setup("stopped after a hard reset", options={"hard_reset": "after"}),
    ),
    (
        "A cable without a token may end in Finishing (4.9, B6).",
        Setup("a cable times out", options={"plug_in_times_out": True}),
    ),
    (
        f"{_ASKS} may be read-only (9.1.2).",
        Setup("remote starts are always authorized", options={"read_only": (_ASKS,)}),
    ),
    (
        f"{_ASKS} may be read-only and false (9.1.2).",
        Setup(
            "remote starts are never authorized",
            options={"read_only": (_ASKS,), "keys": {_ASKS: "false"}},
        ),
    ),
    (
        f"{_ASKS} may be false.",
        Setup("remote starts are not authorized at first", options={"keys": {_ASKS: "false"}}),
    ),
    (
        f"{_STOPS} may be read-only (errata 3.80).",
        Setup("always stops at the vehicle's side", options={"read_only": (_STOPS,)}),
    ),
    (
        f"{_STOPS} may be read-only and false (errata 3.80).",
        Setup(
            "never stops at the vehicle's side",
            options={"read_only": (_STOPS,), "keys": {_STOPS: "false"}},
        ),
    ),
    (
        f"{_UNLOCKS} may be read-only (errata 3.84).",
        Setup("always unlocks", options={"read_only": (_UNLOCKS,)}),
    ),
    (
        f"{_UNLOCKS} may be read-only and false (errata 3.84).",
        Setup("never unlocks", options={"read_only": (_UNLOCKS,), "keys": {_UNLOCKS: "false"}}),
    ),
    (
        "An authorization cache is optional (3.5.1).",
        Setup(
            "no cache",
            options={"authorization_cache": False},
            features={"authorization_cache": False},
        ),
    ),
    (
        "A station may have no reader: sessions are started remotely.",
        Setup("no reader", options={"local_start": False}, features=_NO_READER),
    ),
    (
        "A station may have one connector.",
        Setup("one connector", {"number_of_connectors": 1}, {"connectors": 1}),
    ),
    (
        "A station may have three connectors.",
        Setup("three connectors", {"number_of_connectors": 3}, {"connectors": 3}),
    ),
    ("Any connector may be tested.", Setup("the second connector", {"connector_id": 2})),
    (
        "Any connector may be tested, also the last one.",
        Setup(
            "the third connector",
            {"number_of_connectors": 3, "connector_id": 3},
            {"connectors": 3},
        ),
    ),
    ("A start may take a minute.", Setup("a slow start", options={"boot_seconds": 60.0})),
    ("A start may take no time.", Setup("a quick start", options={"boot_seconds": 0.0})),
    ("A cable may be fixed.", Setup("fixed cable", product="fixed cable")),
    (
        "A socket may have no lock.",
        Setup("no lock", options={"cable_lock": False}, features={"mechanical_lock": False}),
    ),
    ("A meter may be coarse.", Setup("a coarse meter", options={"meter_resolution": 1000.0})),
    (
        "Settings may differ at first; the cases set those that they need.",
        Setup(
            "other settings at first",
            options={
                "keys": {
                    "LocalPreAuthorize": "true",
                    "MinimumStatusDuration": "3",
                    "ConnectionTimeOut": "300",
                    "HeartbeatInterval": "3600",
                    "StopTxnSampledData": _MANY,
                    "StopTxnAlignedData": "Energy.Active.Import.Register",
                }
            },
        ),
    ),
    (
        "A station may measure much.",
        Setup(
            "many measurands",
            options={"keys": {"MeterValuesSampledData": _MANY, "MeterValuesAlignedData": _MANY}},
        ),
    ),
    (
        "A station may send clock-aligned values all the time.",
        Setup("clock-aligned values", options={"keys": {"ClockAlignedDataInterval": "7"}}),
    ),
    (
        "A station may sample often.",
        Setup("frequent samples", options={"keys": {"MeterValueSampleInterval": "2"}}),
    ),
    (
        "A station may ping.",
        Setup("pings by itself", options={"keys": {"WebSocketPingInterval": "5"}}),
    ),
)

CSMSS: tuple[tuple[str, Setup], ...] = (
    (
        "A CSMS may read and change settings after a boot.",
        Setup("greets", options={"greets": True}),
    ),
    ("A CSMS may ping.", Setup("pings by itself", options={"ping_interval": 5.0})),
    ("A CSMS may compress.", Setup("deflates", options={"deflate": True})),
    (
        "A CSMS may upgrade where no subprotocol fits, and close at once (OCPP-J 3.1.2).",
        Setup("closes other subprotocols", options={"refuse_other_subprotocols": False}),
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
    (
        "A CSMS may let a token charge once at a time.",
        Setup("one transaction for a token", options={"one_transaction_per_token": True}),
    ),
    ("A CSMS may want heartbeats often.", Setup("short interval", options={"interval": 5})),
    ("The station may have one connector.", Setup("one connector", {"number_of_connectors": 1})),
    (
        "The station may have three connectors.",
        Setup("the third connector", {"number_of_connectors": 3, "connector_id": 3}),
    ),
    ("Any connector may be used.", Setup("the second connector", {"connector_id": 2})),
    (
        "A token may be any text.",
        Setup("odd tokens", {"valid_id_tag": '04:A1/b 2"\\é', "valid_id_tag_2": "0"}),
    ),
)

ONLY: dict[str, tuple[tuple[str, Setup], ...]] = {
    "TC_014_CS": (
        (
            "A soft reset need not boot the station: step 7 is optional.",
            Setup("a soft reset without a boot", faults=("reset-without-reboot",)),
        ),
    ),
}
"""What the text of single cases leaves open."""
