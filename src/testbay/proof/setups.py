"""In which set-ups a case is proved: some checks can only fail in a second configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from testbay.pki.lab import Lab
from testbay.proof.dress import MoreProfiles
from testbay.scenario.case import TestCase
from testbay.scenario.describe import describe


@dataclass(frozen=True)
class Setup:
    """A way to run a case.

    Args:
        config: configured values that differ.
        options: options of the reference system that differ.
        faults: named misbehaviours that are allowed here (a choice that the text leaves open).
        features: properties of the product that differ.
        product: name of the product; empty: the first that meets what the case requires.
        usual: it is for every case of its kind, so that it is no fault where one does not apply.
        dress: what the wire makes of each frame of the system, to stand for another one.
    """

    label: str = "as it is"
    config: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    features: Mapping[str, bool] = field(default_factory=dict)
    product: str = ""
    usual: bool = False
    dress: Callable[[list[Any]], list[Any]] | None = None


PLAIN = Setup()
_LISTS_AND_LIMITS = MoreProfiles(
    ("LocalAuthListManagement", "SmartCharging"),
    {
        "LocalAuthListEnabled": ("true", False),
        "LocalAuthListMaxLength": ("100", True),
        "SendLocalListMaxLength": ("20", True),
        "ChargeProfileMaxStackLevel": ("10", True),
        "ChargingScheduleAllowedChargingRateUnit": ("Current,Power", True),
        "ChargingScheduleMaxPeriods": ("24", True),
        "MaxChargingProfilesInstalled": ("10", True),
    },
)
_WITHOUT_ASKING = {"AuthorizeRemoteTxRequests": "false"}
_MODES_1_AND_2 = Setup("modes 1 and 2 only", product="modes 1 and 2 only")
_SECOND_CONNECTOR = Setup("second connector", config={"connector_id": 2})
_ABSOLUTE = Setup("absolute limits of a session", options={"session_kind": "Absolute"})
_POWER = Setup("limits in W", config={"charging_rate_unit": "W", "number_phases": 1})
_WATTS = Setup("limits in W", config={"charging_rate_unit": "W", "local_limit": 22080.0})
_ACCEPTS_DATA = Setup("data is accepted", options={"vendors": {"org.testbay.unsupported": ()}})

_ON_PROFILE_2 = Setup("on security profile 2", product="security profile 2")
_ON_PROFILE_3 = Setup("on security profile 3", product="security profile 3")
_DIGITS = Setup(
    "a password in hexadecimal digits", config={"authorization_key": "00FF" * 4 + "0A" * 12}
)
_SERIAL_NUMBER = Setup("serial number configured", config={"serial_number": "CS001"})
_RSA_KEYS = Setup("keys of RSA", options={"csr_key": "rsa"})
_LAB = Lab.seeded()
_INSTALLED = Setup(
    "installed already",
    options={
        "csms_roots": (_LAB.root("csms_root"), _LAB.root("csms_root_2")),
        "manufacturer_roots": (_LAB.root("manufacturer_root_2"),),
    },
)
_NO_MANUFACTURER = Setup("no root of the manufacturer yet", options={"manufacturer_roots": ()})
_ROOT_CHECK = Setup(
    "new roots are signed by the old one",
    options={"keys": {"AdditionalRootCertificateCheck": "true"}},
)
_SHA384 = Setup("hash data by SHA-384", options={"hash_algorithm": "SHA384"})
_SHA512 = Setup("hash data by SHA-512", options={"hash_algorithm": "SHA512"})
_BY_ECDSA = Setup("certificates by ECDSA", config={"signing_algorithm": "ECDSA"})
_AT_ONCE = Setup("the transaction ends at once", options={"ends_at_once": True})

_WAITS_OFFLINE = Setup("offline while rejected", options={"waits_offline": True})
_SECRETS = Setup(
    "write-only variables",
    options={"write_only": ("AuthCtrlr.Enabled", "AuthCtrlr.MasterPassGroupId")},
)

_REMOTE = Setup("remote", config={"authorize_by": "remote", "stop_by": "remote"})
_REMOTE_AT_ONCE = Setup("remote, at once", config=_REMOTE.config, options=_AT_ONCE.options)
_BAY = {"bay_sensor": True}


def _stops(*points: str) -> dict[str, Any]:
    """Return a station whose transactions end at these points and no others."""
    return {"tx_stop": points, "read_only": ("TxCtrlr.TxStopPoint",)}


_BY_CABLE = Setup("transactions end with the cable", options={"tx_stop": ("EVConnected",)})
_BY_ENERGY = Setup("transactions end with the energy", options={"tx_stop": ("EnergyTransfer",)})
_BY_BAY = Setup(
    "transactions end with the bay",
    options={"tx_stop": ("ParkingBayOccupancy",)},
    product="bay sensor",
)


def _down_early(setup: Setup) -> Setup:
    options = {**setup.options, "down_without_cable": True}
    return replace(setup, label=f"{setup.label}, out of operation without it", options=options)


_BY_STEPS = (_BY_ENERGY, _BY_CABLE, _BY_BAY, *map(_down_early, (_BY_CABLE, _BY_BAY)))

_SESSIONS = (
    Setup(
        "remote, from bay to bay",
        config=_REMOTE.config,
        options={
            **_BAY,
            "tx_start": ("ParkingBayOccupancy",),
            "tx_stop": ("ParkingBayOccupancy",),
        },
        features=_BAY,
        usual=True,
    ),
    Setup(
        "from signed data to the end of the energy",
        options={
            "signing_meter": True,
            "variables": {"SampledDataCtrlr.SignReadings": "true"},
            "tx_start": ("DataSigned",),
            "tx_stop": ("EnergyTransfer",),
        },
        features={"signing_meter": True},
        usual=True,
    ),
    Setup(
        "remote, from power path to power path",
        config=_REMOTE.config,
        options={"tx_start": ("PowerPathClosed",), "tx_stop": ("PowerPathClosed",)},
        usual=True,
    ),
    Setup(
        "from cable to cable",
        options={"tx_start": ("EVConnected",), "tx_stop": ("EVConnected",)},
        usual=True,
    ),
)
"""In which set-ups every case with a session is proved besides, where it applies."""

_MORE: dict[str, tuple[Setup, ...]] = {
    "TC_G_11_CS": (_REMOTE, *_BY_STEPS),
    "TC_G_14_CS": _BY_STEPS,
    "TC_G_17_CS": _BY_STEPS,
    "TC_E_04_CS": (
        Setup("begins with the power path", options={"tx_start": ("PowerPathClosed",)}),
    ),
    "TC_E_26_CS": (Setup("fixed cable", product="fixed cable"),),
    "TC_E_27_CS": (
        Setup(
            "ends with the bay",
            options={**_BAY, **_stops("ParkingBayOccupancy")},
            features=_BAY,
            product="fixed cable",
        ),
    ),
    "TC_E_31_CS": (
        _REMOTE,
        Setup("ends with the cable", options=_stops("EVConnected")),
        Setup(
            "ends with the bay", options={**_BAY, **_stops("ParkingBayOccupancy")}, features=_BAY
        ),
        Setup(
            "remote, ends with the energy",
            config=_REMOTE.config,
            options=_stops("EnergyTransfer"),
        ),
    ),
    "TC_E_39_CS": (
        _REMOTE,
        Setup(
            "begins with the bay",
            options={**_BAY, "tx_start": ("ParkingBayOccupancy",)},
            features=_BAY,
        ),
    ),
    "TC_003_CS": (_MODES_1_AND_2,),
    "TC_005_2_CS": (Setup("fixed cable", product="fixed cable"),),
    "TC_005_3_CS": (Setup("fixed cable", product="fixed cable"),),
    "TC_010_CS": (
        Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),
        _MODES_1_AND_2,
    ),
    "TC_011_1_CS": (Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),),
    "TC_011_2_CS": (Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),),
    "TC_015_CS": (Setup("stopped after the boot", options={"hard_reset": "after"}),),
    "TC_019_CS": (Setup("more profiles", dress=_LISTS_AND_LIMITS),),
    "TC_068_CS": (Setup("shared reader", features={"shared_reader": True}),),
    "TC_069_CS": (Setup("shared reader", features={"shared_reader": True}),),
    "TC_024_CS": (Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),),
    "TC_032_2_CS": (Setup("the transaction goes on", options={"power_loss": "resume"}),),
    "TC_041_CS": (Setup("no local start", product="no local start"),),
    "TC_042_1_CS": (Setup("refused by CALLERROR", options={"refusal": "error"}),),
    "TC_043_1_CS": (Setup("refused by CALLERROR", options={"refusal": "error"}),),
    "TC_044_1_CS": (
        Setup("waits for a reset", options={"activation": "reset"}),
        Setup("installed at once, reset all the same", options={"activation": "at once"}),
    ),
    "TC_044_2_CS": (Setup("closed for the download", options={"closes_for_download": True}),),
    "TC_044_3_CS": (Setup("reboots", options={"failed_installation": "reboots"}),),
    "TC_046_2_CS": (Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),),
    "TC_049_CS": (Setup("no authorization of remote starts", options={"keys": _WITHOUT_ASKING}),),
    "TC_054_CS": (
        Setup(
            "no firmware management",
            options={"without": ("FirmwareManagement",)},
            features={"firmware_management": False},
        ),
    ),
    "TC_056_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_057_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_059_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_066_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_067_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_072_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_073_CS": (_ON_PROFILE_2, _DIGITS),
    "TC_074_CS": (_SERIAL_NUMBER, _RSA_KEYS),
    "TC_075_1_CS": (_SHA512, _INSTALLED),
    "TC_075_2_CS": (_SHA512, _ROOT_CHECK, _INSTALLED),
    "TC_076_CS": (_SHA384, _ROOT_CHECK),
    "TC_077_CS": (_RSA_KEYS,),
    "TC_078_CS": (_ON_PROFILE_3,),
    "TC_080_CS": (Setup("reboot announced", options={"announces_reboot": True}), _NO_MANUFACTURER),
    "TC_081_CS": (_NO_MANUFACTURER,),
    "TC_082_CS": (_SECOND_CONNECTOR, _WATTS),
    "TC_083_CS": (
        Setup("connects anew by itself", options={"profile_change": "reconnect"}),
        Setup("no root of the CSMS yet", options={"csms_roots": ()}),
        _ON_PROFILE_2,
    ),
    "TC_084_CS": (_ON_PROFILE_3,),
    "TC_085_CS": (_ON_PROFILE_2, _DIGITS),
    "TC_086_CS": (_ON_PROFILE_3, _DIGITS),
    "TC_087_CS": (_SERIAL_NUMBER,),
    "TC_E_07_CS": (_AT_ONCE,),
    "TC_E_08_CS": (_AT_ONCE, _REMOTE, _REMOTE_AT_ONCE),
    "TC_017_1_CSMS": (_SECOND_CONNECTOR,),
    "TC_017_2_CSMS": (_SECOND_CONNECTOR,),
    "TC_018_1_CSMS": (_SECOND_CONNECTOR,),
    "TC_030_CSMS": (_SECOND_CONNECTOR,),
    "TC_032_1_CSMS": (_SECOND_CONNECTOR,),
    "TC_043_5_CSMS": (Setup("asks for the version", options={"asks_list_version": True}),),
    "TC_046_CSMS": (_SECOND_CONNECTOR,),
    "TC_048_3_CSMS": (_SECOND_CONNECTOR,),
    "TC_051_CSMS": (_SECOND_CONNECTOR,),
    "TC_053_CSMS": (_SECOND_CONNECTOR,),
    "TC_054_CSMS": (_SECOND_CONNECTOR,),
    "TC_056_CSMS": (_SECOND_CONNECTOR, _POWER),
    "TC_057_CSMS": (_SECOND_CONNECTOR, _ABSOLUTE),
    "TC_059_CSMS": (_SECOND_CONNECTOR, _ABSOLUTE),
    "TC_064_CSMS": (_ACCEPTS_DATA,),
    "TC_066_CSMS": (_SECOND_CONNECTOR, _POWER),
    "TC_067_CSMS": (_SECOND_CONNECTOR, _POWER),
    "TC_073_CSMS": (_ON_PROFILE_2, _DIGITS),
    "TC_074_CSMS": (_BY_ECDSA,),
    "TC_083_CSMS": (_ON_PROFILE_2,),
    "TC_085_CSMS": (_ON_PROFILE_2, _DIGITS),
    "TC_086_CSMS": (_ON_PROFILE_3,),
    "TC_A_01_CSMS": (_ON_PROFILE_2,),
    "TC_A_02_CSMS": (_ON_PROFILE_2,),
    "TC_A_03_CSMS": (_ON_PROFILE_2,),
    "TC_A_04_CSMS": (_ON_PROFILE_3,),
    "TC_A_06_CSMS": (_ON_PROFILE_3,),
    "TC_A_09_CSMS": (_ON_PROFILE_2,),
    "TC_A_10_CSMS": (_ON_PROFILE_2,),
    "TC_A_19_CSMS": (_ON_PROFILE_2,),
    "TC_A_01_CS": (_ON_PROFILE_2,),
    "TC_A_04_CS": (_ON_PROFILE_3,),
    "TC_A_05_CS": (_ON_PROFILE_3,),
    "TC_A_06_CS": (_ON_PROFILE_3,),
    "TC_E_46_CS": (Setup("transactions end with the cable", options=_stops("EVConnected")),),
    "TC_A_12_CS": (
        Setup("one SECC", options={"secc": "station"}),
        Setup("no SeccId", options={"secc": "none"}),
    ),
    "TC_A_19_CS": (_ON_PROFILE_2,),
    "TC_A_21_CS": (Setup("on security profile 2", product="roots replace each other"),),
    "TC_A_22_CS": (_ON_PROFILE_3,),
    "TC_B_50_CS": (
        Setup("roots replace each other", product="roots replace each other"),
        _ON_PROFILE_3,
    ),
    "TC_A_09_CS": (
        _ON_PROFILE_2,
        Setup("password after a restart", options={"password_change": "reboot"}),
    ),
    "TC_A_10_CS": (_ON_PROFILE_2,),
    "TC_A_23_CS": (Setup("keeps the keys of all requests", options={"keeps_keys": True}),),
    "TC_B_02_CS": (Setup("no trigger", options={"not_triggered": ("BootNotification",)}),),
    "TC_B_03_CS": (_WAITS_OFFLINE,),
    "TC_B_12_CS": (_SECRETS,),
    "TC_B_16_CS": (_SECRETS,),
    "TC_B_21_CS": (_BY_CABLE, _BY_BAY),
    "TC_B_26_CS": (_BY_CABLE, _BY_BAY),
    "TC_B_30_CS": (_WAITS_OFFLINE,),
    "TC_B_41_CS": (_BY_CABLE, _BY_BAY),
    "TC_B_53_CS": (_SECRETS,),
}


_PASSWORDS = ("sends-no-password@2", "authorizes-as-other-station@2", "password-as-digits@2")
_SUITES = ("tls-1.1@2", "old-cipher-suites@2", "half-the-cipher-suites@2")
LIKELY: dict[str, tuple[str, ...]] = {
    "TC_044_1_CS": ("boots-without-boot-notification", "firmware-not-downloaded"),
    "TC_073_CS": (
        *("keeps-old-password", "password-change-without-reconnect", "new-password-garbled"),
        "password-as-digits",
    ),
    "TC_045_1_CS": ("uploads-nothing",),
    "TC_074_CS": ("csr-keeps-key", "keeps-old-certificate", "new-certificate-without-reconnect"),
    "TC_079_CS": ("uploads-nothing", "security-log-stays-empty"),
    "TC_078_CS": (
        *("never-reconnects", "ignores-dates-of-server-certificate", "ignores-name-of-server"),
        *("accepts-any-server-certificate", "accepts-wildcards", "no-security-events"),
    ),
    "TC_083_CS": ("keeps-old-profile", "falls-back-to-old-profile", "reset-without-reboot"),
    "TC_085_CS": ("reset-without-reboot", *_PASSWORDS),
    "TC_086_CS": ("reset-without-reboot", *_SUITES, *_PASSWORDS),
    "TC_087_CS": ("reset-without-reboot", *_SUITES, "shows-no-certificate@2"),
    "TC_A_01_CS": (
        *("resets-nothing", "sends-no-password", "authorizes-as-other-station"),
        "no-startup-event",
    ),
    "TC_A_04_CS": (
        *("resets-nothing", "tls-1.1", "old-cipher-suites", "half-the-cipher-suites"),
        *("sends-no-password", "authorizes-as-other-station", "no-boot-notification"),
    ),
    "TC_A_05_CS": (
        *("never-reconnects", "ignores-dates-of-server-certificate", "ignores-name-of-server"),
        *("accepts-any-server-certificate", "accepts-wildcards", "no-security-events"),
    ),
    "TC_A_06_CS": (
        *("resets-nothing", "accepts-old-tls", "never-reconnects", "sends-no-password"),
        *("authorizes-as-other-station", "no-boot-notification", "no-startup-event"),
    ),
    "TC_A_07_CS": (
        *("resets-nothing", "tls-1.1", "old-cipher-suites", "half-the-cipher-suites"),
        *("shows-no-certificate", "no-boot-notification"),
    ),
    "TC_A_09_CS": (
        *("keeps-old-password", "password-change-without-reconnect", "new-password-garbled"),
        *("authorizes-as-other-station", "resets-nothing", "no-boot-notification"),
    ),
    "TC_A_10_CS": ("never-reconnects", "authorizes-as-other-station"),
    "TC_A_11_CS": ("keeps-old-certificate", "new-certificate-without-reconnect"),
    "TC_A_19_CS": ("keeps-old-profile", "falls-back-to-old-profile", "resets-nothing"),
    "TC_A_23_CS": (
        *("asks-once", "asks-too-soon", "keeps-old-certificate"),
        "refuses-signed-certificates",
    ),
    "TC_A_01_CSMS": ("locks-out-after-refusal",),
    "TC_A_02_CSMS": ("accepts-other-names",),
    "TC_A_03_CSMS": ("accepts-any-password",),
    "TC_A_04_CSMS": ("one-tls-handshake",),
    "TC_A_06_CSMS": ("tls-1.1", "locks-out-after-refusal"),
    "TC_A_07_CSMS": ("one-tls-handshake",),
    "TC_A_08_CSMS": (
        *("accepts-any-client-certificate", "asks-no-client-certificate", "few-tls-handshakes"),
        "locks-out-after-refusal",
    ),
    "TC_A_09_CSMS": ("keeps-old-password", "accepts-old-password"),
    "TC_A_10_CSMS": ("takes-refused-password",),
    "TC_A_11_CSMS": ("certificate-for-another-key", "refuses-renewed-certificate"),
    "TC_A_19_CSMS": ("refuses-new-profile", "accepts-old-profile", "locks-out-after-refusal"),
}
"""Misbehaviours that show in how a station connects: tried before anything that is made up."""


def likely_for(case: TestCase) -> tuple[str, ...]:
    """Return the named faults that are to be tried first."""
    return LIKELY.get(case.id, ())


def setups_of(case: TestCase) -> tuple[Setup, ...]:
    """Return the set-ups of a case: as it is, and those that it needs besides."""
    return (PLAIN, *_MORE.get(case.id, ()), *_usual(case))


def _usual(case: TestCase) -> tuple[Setup, ...]:
    """Return the set-ups for a case in which, or before which, somebody charges."""
    if (case.ocpp, case.sut) not in HOMES:
        return ()
    begins = ("Authorized", "ParkingBayOccupied", "EVConnected")
    labels = [step.label for step in describe(case).steps]
    return _SESSIONS if any(name in label for label in labels for name in begins) else ()


HOMES = {("2.0.1", "station"): ("TC_G_11_CS",)}
"""Cases whose states are proved in all usual set-ups; other cases need not prove them again."""
